import { ACCOUNTS, startBench } from '../test-kit.ts';
import type { Bench, Json, Reply } from '../test-kit.ts';
import type { BankCode } from '../profiles.ts';
import type { WorldOptions } from '../world.ts';

/**
 * What the tests of transfers share: orders as A10.10 and the banks' tables show them, signed by
 * midtrans-client through the bench.
 */
export type Service = '15' | '16' | '17' | '18' | '22' | '23' | '36';

export const TRANSFER_PATHS: Readonly<Record<BankCode, Readonly<Record<Service, string>>>> = {
  bca: {
    '15': '/openapi/v1.0/account-inquiry-internal',
    '16': '/openapi/v2.0/account-inquiry-external',
    '17': '/openapi/v1.0/transfer-intrabank',
    '18': '/openapi/v2.0/transfer-interbank',
    '22': '/openapi/v1.0/transfer-rtgs',
    '23': '/openapi/v1.0/transfer-skn',
    '36': '/openapi/v1.0/transfer/status',
  },
  bri: {
    '15': '/intrabank/snap/v1.0/account-inquiry-internal',
    '16': '/interbank/snap/v1.0/account-inquiry-external',
    '17': '/intrabank/snap/v1.0/transfer-intrabank',
    '18': '/interbank/snap/v1.0/transfer-interbank',
    '22': '/rtgs/snap/v2.0/transfer-rtgs',
    '23': '/snap/v1.0/transfer-sknbi',
    '36': '/snap/v1.0/transfer/status',
  },
  bni: {
    '15': '/snap-service/v1/account-inquiry-internal',
    '16': '/snap-service/v1/account-inquiry-external',
    '17': '/snap-service/v1/transfer-intrabank',
    '18': '/snap-service/v1/transfer-interbank',
    '22': '/snap-service/v1/transfer-rtgs',
    '23': '/snap-service/v1/transfer-skn',
    '36': '/snap-service/v1/transfer/status',
  },
};

/** A beneficiary at the bank itself. */
export const PAYEES = { bca: '8010001575', bri: '888801000157508', bni: '0115476151' } as const;

/** Mandiri, as each bank wants it named in interbank transfers. */
const INTERBANK_CODE = { bca: 'BMRIIDJA', bri: '008', bni: '008' } as const;
const CLEARING_CODE = { bca: 'BMRIIDJA', bri: '008', bni: 'BMRIIDJAXXX' } as const;

/** A bench with words for payments. */
export interface TransferBench extends Bench {
  order(bank: BankCode, service: Service, changes?: Json): Promise<Json>;
  pay(
    bank: BankCode,
    service: Service,
    changes?: Json,
    headers?: Record<string, string>,
  ): Promise<Reply>;
  status(bank: BankCode, service: string, reference: string, changes?: Json): Promise<Reply>;
  transfers(): Promise<Json[]>;
  balanceOf(account: string): Promise<string>;
  movements(account: string): Promise<Json[]>;
}

/** Starts a simulator whose RTGS and SKN wait for the test, unless it says otherwise. */
export async function startTransfers(options: Partial<WorldOptions> = {}): Promise<TransferBench> {
  const bench = await startBench(options);
  for (const bank of ['bca', 'bri', 'bni']) {
    const settleAfterMs = { rtgs: null, skn: null };
    const limits = { rtgs: { min: '0.01' } };
    await bench.manage('PUT', `transfer-settings/${bank}`, { settleAfterMs, limits });
  }
  const state = async (): Promise<Json> => bench.manage('GET', 'state');
  const order = async (bank: BankCode, service: Service, changes: Json = {}): Promise<Json> => {
    const body = { ...(await standardOrder(bench, bank, service)), ...changes };
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  };
  return Object.assign(bench, {
    order,
    pay: async (
      bank: BankCode,
      service: Service,
      changes: Json = {},
      headers: Record<string, string> = {},
    ) =>
      bench.call(bank, TRANSFER_PATHS[bank][service], await order(bank, service, changes), headers),
    status: async (bank: BankCode, service: string, reference: string, changes: Json = {}) =>
      bench.call(bank, TRANSFER_PATHS[bank]['36'], {
        originalPartnerReferenceNo: reference,
        serviceCode: service,
        ...changes,
      }),
    transfers: async () => (await state())['transfers'],
    balanceOf: async (account: string) => (await accountOf(state, account))['balance'],
    movements: async (account: string) => (await accountOf(state, account))['movements'],
  });
}

async function accountOf(state: () => Promise<Json>, number: string): Promise<Json> {
  const { accounts } = await state();
  return accounts.find(({ account }: Json) => account === number);
}

let made = 0;

/** The smallest body that the bank takes, with a fresh reference. */
async function standardOrder(bench: Bench, bank: BankCode, service: Service): Promise<Json> {
  made += 1;
  const common = {
    partnerReferenceNo: `2025063000000000${String(made).padStart(4, '0')}`,
    amount: { value: '10000.00', currency: 'IDR' },
    sourceAccountNo: ACCOUNTS[bank],
    transactionDate: await bench.timestamp(bank === 'bri' ? 'bri' : 'bca'),
  };
  if (service === '17') return { ...common, beneficiaryAccountNo: PAYEES[bank] };
  const other = {
    ...common,
    beneficiaryAccountName: 'BUDI',
    beneficiaryAccountNo: '1370001234567',
  };
  if (service === '18') {
    const additionalInfo = bank === 'bca' ? { transferType: '2', purposeCode: '99' } : {};
    return { ...other, beneficiaryBankCode: INTERBANK_CODE[bank], additionalInfo };
  }
  return {
    ...other,
    beneficiaryBankCode: CLEARING_CODE[bank],
    beneficiaryAddress: 'JAKARTA',
    beneficiaryCustomerResidence: '1',
    beneficiaryCustomerType: '2',
  };
}
