import { startWorld } from '../test-world.ts';
import type { Loose, TestWorld } from '../test-world.ts';

export const CREATE = '/api/v1/transfers/create';

/** A running simulator with what tests of transfers do again and again. */
export interface TransferWorld extends TestWorld {
  create(change?: Record<string, unknown>): Promise<{ status: number; text: string; json: Loose }>;
  progress(settings: Record<string, unknown>): Promise<Loose>;
  /** What the auditor reads. */
  books(query?: string): Promise<Loose>;
  available(currency?: string): Promise<number>;
}

/** Starts a simulator that leaves transfers where they are, with a company that hears its events. */
export async function startTransferWorld(seed = 7): Promise<TransferWorld> {
  const world = await startWorld(seed);
  await world.manage('POST', 'transfers/progress', { mode: 'manual' });
  return {
    ...world,
    create: (change = {}) => world.post(CREATE, JSON.stringify({ ...orderBody(), ...change })),
    progress: (settings) => world.manage('POST', 'transfers/progress', settings),
    books: async (query = '') => (await world.manage('GET', `state${query}`)).transfers,
    async available(currency = 'HKD') {
      const { json } = await world.get('/api/v1/balances/current');
      return json.find((wallet: Loose) => wallet.currency === currency).available_amount;
    },
  };
}

/** The body of a payment by FPS. */
export function orderBody(): Record<string, unknown> {
  return {
    request_id: 'pay-0001',
    reason: 'goods_purchased',
    reference: 'INV 2025-118',
    source_currency: 'HKD',
    transfer_currency: 'HKD',
    transfer_amount: '100.10',
    transfer_method: 'LOCAL',
    fee_paid_by: 'PAYER',
    metadata: { payment: 'pm_1' },
    beneficiary: beneficiaryBody(),
  };
}

/** A company with an account at HSBC in Hong Kong. */
export function beneficiaryBody(bank: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'BANK_ACCOUNT',
    entity_type: 'COMPANY',
    company_name: '香港遠東貿易有限公司',
    bank_details: {
      account_currency: 'HKD',
      account_name: 'Far East Trading Limited',
      account_number: '123456789',
      account_routing_type1: 'bank_code',
      account_routing_value1: '004',
      bank_country_code: 'HK',
      bank_name: 'HSBC',
      ...bank,
    },
  };
}
