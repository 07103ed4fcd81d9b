import { expect, test } from 'vitest';
import { ACCOUNTS } from '../test-kit.ts';
import type { Json } from '../test-kit.ts';
import type { BankCode } from '../profiles.ts';
import { startTransfers } from './transfer-kit.ts';
import type { Service } from './transfer-kit.ts';

const amount = (value: string, currency = 'IDR') => ({ value, currency });

type Row = readonly [BankCode, Service, Json, string, string];

/** Each row: what is changed in the smallest body, the code, and the field that is named. */
const ROWS: readonly Row[] = [
  // Mandatory for everybody (A10.5).
  ['bni', '17', { partnerReferenceNo: undefined }, '4001702', 'partnerReferenceNo'],
  ['bni', '17', { amount: undefined }, '4001702', 'amount'],
  ['bni', '17', { amount: { value: '1.00' } }, '4001702', 'amount.currency'],
  ['bni', '17', { beneficiaryAccountNo: undefined }, '4001702', 'beneficiaryAccountNo'],
  ['bni', '17', { sourceAccountNo: '' }, '4001702', 'sourceAccountNo'],
  ['bni', '17', { transactionDate: undefined }, '4001702', 'transactionDate'],
  ['bni', '18', { beneficiaryAccountName: undefined }, '4001802', 'beneficiaryAccountName'],
  ['bni', '18', { beneficiaryBankCode: undefined }, '4001802', 'beneficiaryBankCode'],
  [
    'bni',
    '22',
    { beneficiaryCustomerResidence: undefined },
    '4002202',
    'beneficiaryCustomerResidence',
  ],
  ['bni', '23', { beneficiaryCustomerType: undefined }, '4002302', 'beneficiaryCustomerType'],
  // Forms of everybody: two decimals, text, lengths, known words.
  ['bni', '17', { amount: amount('10000') }, '4001701', 'amount.value'],
  ['bni', '17', { amount: { value: 10000, currency: 'IDR' } }, '4001701', 'amount.value'],
  ['bni', '17', { amount: amount('-1.00') }, '4001701', 'amount.value'],
  ['bni', '17', { amount: amount('12345678901234567.00') }, '4001701', 'amount.value'],
  ['bni', '17', { amount: amount('1.00', 'USD') }, '4001701', 'amount.currency'],
  ['bni', '17', { partnerReferenceNo: 'x'.repeat(65) }, '4001701', 'partnerReferenceNo'],
  ['bni', '17', { customerReference: 'x'.repeat(31) }, '4001701', 'customerReference'],
  ['bni', '17', { remark: 'x'.repeat(51) }, '4001701', 'remark'],
  ['bni', '17', { feeType: 'ALL' }, '4001701', 'feeType'],
  ['bni', '17', { beneficiaryEmail: 'nobody' }, '4001701', 'beneficiaryEmail'],
  ['bni', '17', { additionalInfo: 'x' }, '4001701', 'additionalInfo'],
  ['bni', '22', { beneficiaryCustomerType: '4' }, '4002201', 'beneficiaryCustomerType'],
  ['bni', '22', { senderPhone: '0'.repeat(21) }, '4002201', 'senderPhone'],
  ['bni', '23', { recieverPhone: '0'.repeat(21) }, '4002301', 'recieverPhone'],
  ['bni', '17', { originatorInfos: {} }, '4001701', 'originatorInfos'],
  [
    'bni',
    '17',
    { originatorInfos: [{ originatorCustomerNo: '1', originatorCustomerName: 'A' }] },
    '4001702',
    'originatorInfos.originatorBankCode',
  ],
  // Dates: 25 characters and a real day; BRI also takes milliseconds.
  ['bca', '17', { transactionDate: '2025-06-30T10:15:30.000+07:00' }, '4001701', 'transactionDate'],
  ['bca', '17', { transactionDate: '2025-06-30T03:15:30+00:00' }, '4001701', 'transactionDate'],
  ['bni', '17', { transactionDate: '2025-02-30T10:15:30+07:00' }, '4001701', 'transactionDate'],
  // BCA (A13): ten digits, thirteen before the point, two fields of eighteen characters.
  ['bca', '17', { beneficiaryAccountNo: '80100015751' }, '4001701', 'beneficiaryAccountNo'],
  ['bca', '17', { amount: amount('12345678901234.00') }, '4001701', 'amount.value'],
  ['bca', '17', { remark: 'A'.repeat(37) }, '4001701', 'remark'],
  ['bca', '17', { remark: 'INV #1' }, '4001701', 'remark'],
  ['bca', '18', { additionalInfo: {} }, '4001802', 'additionalInfo.transferType'],
  [
    'bca',
    '18',
    { additionalInfo: { transferType: '3' } },
    '4001801',
    'additionalInfo.transferType',
  ],
  ['bca', '18', { additionalInfo: { transferType: '2' } }, '4001802', 'additionalInfo.purposeCode'],
  [
    'bca',
    '18',
    { additionalInfo: { transferType: '2', purposeCode: '04' } },
    '4001801',
    'additionalInfo.purposeCode',
  ],
  ['bca', '18', { beneficiaryBankCode: '008' }, '4001801', 'beneficiaryBankCode'],
  ['bca', '18', { beneficiaryBankCode: 'BMRIIDJAXXX' }, '4001801', 'beneficiaryBankCode'],
  ['bca', '22', { beneficiaryAddress: undefined }, '4002202', 'beneficiaryAddress'],
  ['bca', '23', { beneficiaryAddress: undefined }, '4002302', 'beneficiaryAddress'],
  // BRI (A14): fifteen digits, three digits for a bank, twenty characters in RTGS.
  ['bri', '17', { beneficiaryAccountNo: '8010001575' }, '4001701', 'beneficiaryAccountNo'],
  ['bri', '18', { beneficiaryBankCode: 'BMRIIDJA' }, '4001801', 'beneficiaryBankCode'],
  ['bri', '22', { partnerReferenceNo: '1'.repeat(21) }, '4002201', 'partnerReferenceNo'],
  ['bri', '18', { beneficiaryAccountNo: '@budi@example.com' }, '4001801', 'beneficiaryAccountNo'],
  // BNI (A15): three digits in interbank, SWIFT in RTGS and SKN.
  ['bni', '18', { beneficiaryBankCode: 'BMRIIDJA' }, '4001801', 'beneficiaryBankCode'],
  ['bni', '22', { beneficiaryBankCode: '008' }, '4002201', 'beneficiaryBankCode'],
];

test('fields: each rule of the standard and of the banks has its case', async () => {
  const bench = await startTransfers();
  for (const [bank, service, changes, code, field] of ROWS) {
    const { json } = await bench.pay(bank, service, changes);
    const words = code.endsWith('02') ? 'Invalid Mandatory Field' : 'Invalid Field Format';
    expect({ changes, ...json }).toEqual({
      changes,
      responseCode: code,
      responseMessage: `${words} [${field}]`,
    });
  }
  const { transfers, refusedTransfers } = await bench.manage('GET', 'transfers');
  expect([transfers.length, refusedTransfers.length]).toEqual([0, ROWS.length]);
});

test('fields: what the banks leave open is taken', async () => {
  const bench = await startTransfers();
  const taken: readonly (readonly [BankCode, Service, Json])[] = [
    ['bri', '18', { beneficiaryAccountName: undefined }],
    ['bri', '17', { transactionDate: '2025-06-30T10:15:30.000+07:00' }],
    ['bri', '22', { partnerReferenceNo: '1'.repeat(20), beneficiaryAddress: undefined }],
    ['bni', '18', { additionalInfo: { transferType: '2' } }],
    ['bni', '23', { beneficiaryBankCode: 'CENAIDJA' }],
    ['bca', '17', { remark: 'A'.repeat(36) }],
    ['bca', '18', { beneficiaryBankCode: '999', additionalInfo: { transferType: '1' } }],
    ['bni', '17', { feeType: '1000' }],
  ];
  for (const [bank, service, changes] of taken) {
    const { json } = await bench.pay(bank, service, changes);
    expect({ changes, code: json['responseCode'] }).toEqual({ changes, code: `200${service}00` });
  }
});

test('headers: X-EXTERNAL-ID of transfers has 32 digits at BCA, 36 at the others', async () => {
  const bench = await startTransfers();
  const digits = (length: number) => ({ 'X-EXTERNAL-ID': '1'.repeat(length) });
  const code = async (bank: BankCode, length: number) =>
    (await bench.pay(bank, '17', {}, digits(length))).json['responseCode'];
  expect(await code('bca', 33)).toBe('4001701');
  expect(await code('bca', 32)).toBe('2001700');
  expect(await code('bri', 36)).toBe('2001700');
  expect(await code('bni', 36)).toBe('2001700');
  expect((await bench.balance('bri', digits(36))).json['responseCode']).toBe('4001101');
});

test('fields: BCA wants an activity of foreign citizens and a purpose for dollar accounts', async () => {
  const bench = await startTransfers();
  const payee = { bank: '014', account: '8010009999' };
  const code = async (additionalInfo: Json) => {
    const changes = { beneficiaryAccountNo: payee.account, additionalInfo };
    return (await bench.pay('bca', '17', changes)).json['responseMessage'];
  };
  await bench.manage('POST', 'payees', { ...payee, foreign: true });
  expect(await code({})).toBe('Invalid Mandatory Field [additionalInfo.economicActivity]');
  expect(await code({ economicActivity: '02' })).toBe('Successful');
  await bench.manage('POST', 'payees', { ...payee, currency: 'USD' });
  expect(await code({})).toBe('Invalid Mandatory Field [additionalInfo.transactionPurpose]');
  expect(await code({ transactionPurpose: '16' })).toContain('Invalid Field Format');
  expect(await code({ transactionPurpose: '15' })).toBe('Successful');
});

test('accounts: the one that pays must be of the company and usable', async () => {
  const bench = await startTransfers();
  const code = async (changes: Json = {}) =>
    (await bench.pay('bca', '17', changes)).json['responseCode'];
  expect(await code({ sourceAccountNo: '9999999999' })).toBe('4041711');
  expect(await code({ sourceAccountNo: ACCOUNTS.bni })).toBe('4041711');
  const cases = {
    dormant: ['4031709', '0009'],
    suspended: ['4031716', '0006'],
    frozen: ['4031705', '0007'],
    inactive: ['4031718', '0006'],
    closed: ['4041711', '0002'],
    active: ['2001700', '0001'],
  } as const;
  for (const [condition, [responseCode, status]] of Object.entries(cases)) {
    await bench.manage('PUT', `accounts/${ACCOUNTS.bca}`, { condition });
    expect(await code()).toBe(responseCode);
    expect((await bench.balance('bca')).json['accountInfos'].status).toBe(status);
  }
});
