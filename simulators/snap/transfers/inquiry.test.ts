import { expect, test } from 'vitest';
import { PAYEES, startTransfers, TRANSFER_PATHS } from './transfer-kit.ts';
import type { BankCode } from '../profiles.ts';
import type { Json } from '../test-kit.ts';
import type { TransferBench } from './transfer-kit.ts';

const BANKS = ['bca', 'bri', 'bni'] as const;

function inquire(bench: TransferBench, bank: BankCode, service: '15' | '16', body: Json) {
  const fields = { partnerReferenceNo: '20250630000000000017', ...body };
  return bench.call(bank, TRANSFER_PATHS[bank][service], fields);
}

test.each(BANKS)('internal inquiry: %s tells the name that it holds', async (bank) => {
  const bench = await startTransfers();
  const name = 'PT NUSANTARA LOGISTIK UTAMA SENTOSA';
  const code = { bca: '014', bri: '002', bni: '009' }[bank];
  const account = PAYEES[bank];
  await bench.manage('POST', 'payees', { bank: code, account, name });
  const { json } = await inquire(bench, bank, '15', { beneficiaryAccountNo: account });
  expect(json).toMatchObject({
    responseCode: '2001500',
    beneficiaryAccountName: bank === 'bca' ? 'PT NUSANTARA LOGISTIK UT' : name,
    beneficiaryAccountNo: account,
    currency: 'IDR',
  });
});

test('internal inquiry: closed, unknown, dormant and blocked accounts are refused', async () => {
  const bench = await startTransfers();
  const ask = async (account: string) =>
    (await inquire(bench, 'bca', '15', { beneficiaryAccountNo: account })).json['responseCode'];
  const conditions = {
    closed: '4041511',
    unknown: '4041511',
    dormant: '4031509',
    blocked: '4031505',
    active: '2001500',
  };
  for (const [condition, responseCode] of Object.entries(conditions)) {
    await bench.manage('POST', 'payees', { bank: 'CENAIDJA', account: '8010000001', condition });
    expect(await ask('8010000001')).toBe(responseCode);
    const { json } = await bench.pay('bca', '17', { beneficiaryAccountNo: '8010000001' });
    expect(json['responseCode']).toBe(responseCode.replace(/15(..)$/, '17$1'));
  }
  expect(await ask('8010000002')).toBe('2001500');
  await bench.manage('PUT', 'payees', { unlisted: 'unknown' });
  expect(await ask('8010000002')).toBe('4041511');
  expect(await ask('1234567891')).toBe('2001500');
});

test('inquiries: an invented name is the same for one seed and another for another', async () => {
  const names: string[] = [];
  for (const seed of [7, 7, 8]) {
    const bench = await startTransfers({ seed });
    const body = { beneficiaryAccountNo: '1370001234567', beneficiaryBankCode: '008' };
    names.push((await inquire(bench, 'bri', '16', body)).json['beneficiaryAccountName']);
  }
  expect(names[0]).toBe(names[1]);
  expect(names[0]).not.toBe(names[2]);
});

test.each([
  ['bri', '008'],
  ['bni', 'BMRIIDJA'],
] as const)('external inquiry: %s wants the bank as %s', async (bank, code) => {
  const bench = await startTransfers();
  const body = { beneficiaryAccountNo: '1370001234567', beneficiaryBankCode: code };
  const { json } = await inquire(bench, bank, '16', body);
  expect(json).toMatchObject({
    responseCode: '2001600',
    beneficiaryBankCode: code,
    beneficiaryBankName: 'BANK MANDIRI',
  });
  const other = { ...body, beneficiaryBankCode: code === '008' ? 'BMRIIDJA' : '008' };
  expect((await inquire(bench, bank, '16', other)).json['responseCode']).toBe('4001601');
  const nobody = { ...body, beneficiaryBankCode: code === '008' ? '777' : 'ZZZZIDJA' };
  expect((await inquire(bench, bank, '16', nobody)).json['responseCode']).toBe('4041603');
});

test('external inquiry: the second version of BRI answers as 81', async () => {
  const bench = await startTransfers();
  const { json } = await bench.call('bri', '/interbank/snap/v2.0/account-inquiry-external', {
    beneficiaryAccountNo: '@628123456789',
    beneficiaryBankCode: '008',
  });
  expect(json['responseCode']).toBe('2008100');
});

test('external inquiry: BCA wants to know more for BI-FAST, and 404xx02 is its company limit', async () => {
  const bench = await startTransfers();
  const base = { beneficiaryAccountNo: '1370001234567', beneficiaryBankCode: 'BMRIIDJA' };
  const ask = async (additionalInfo: Json, changes: Json = {}) =>
    (await inquire(bench, 'bca', '16', { ...base, ...changes, additionalInfo })).json;
  const bifast = {
    inquiryService: '2',
    sourceAccountNo: '1234567890',
    amount: { value: '10000.00', currency: 'IDR' },
    purposeCode: '99',
  };
  expect((await ask({}))['responseCode']).toBe('4001602');
  expect((await ask({ inquiryService: '1' }))['responseCode']).toBe('2001600');
  for (const name of ['sourceAccountNo', 'amount', 'purposeCode']) {
    expect((await ask({ ...bifast, [name]: undefined }))['responseCode']).toBe('4001602');
  }
  expect(await ask(bifast)).toMatchObject({
    responseCode: '2001600',
    beneficiaryAccountName: expect.any(String),
  });
  const much = { value: '250000000.01', currency: 'IDR' };
  expect((await ask({ ...bifast, amount: much }))['responseCode']).toBe('4041602');
  const jago = { beneficiaryBankCode: 'JAGBIDJA' };
  expect((await ask(bifast, jago))['responseCode']).toBe('4041603');
  expect((await ask({ inquiryService: '1' }, jago))['responseCode']).toBe('2001600');
  await bench.manage('POST', 'payee-banks', { code: '008', bifast: 'unavailable' });
  expect((await ask(bifast))['responseCode']).toBe('4031615');
  const inquiryNameField = 'benefiaryAccountName';
  await bench.manage('PUT', 'transfer-settings/bca', { inquiryNameField });
  const misspelt = await ask({ inquiryService: '1' });
  expect(misspelt).toHaveProperty(inquiryNameField);
  expect(misspelt).not.toHaveProperty('beneficiaryAccountName');
});

test('inquiries: the journal tells whether a transfer used the reference of its inquiry', async () => {
  const bench = await startTransfers();
  const partnerReferenceNo = '20250630000000000099';
  await inquire(bench, 'bca', '15', { partnerReferenceNo, beneficiaryAccountNo: PAYEES.bca });
  await bench.pay('bca', '17', { partnerReferenceNo });
  await bench.pay('bca', '17');
  expect((await bench.transfers()).map(({ inquired }) => inquired)).toEqual([true, false]);
});
