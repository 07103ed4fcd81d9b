import { describe, expect, test } from 'vitest';
import type { Loose } from '../test-world.ts';
import { CREATE, orderBody, startTransferWorld } from './test-transfers.ts';

describe('create', () => {
  test('a transfer is answered in numbers and found by its id and its request id', async () => {
    const world = await startTransferWorld();
    const created = await world.create();
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      request_id: 'pay-0001',
      status: 'SCHEDULED',
      source_amount: 100.1,
      transfer_amount: 100.1,
      amount_payer_pays: 100.1,
      amount_beneficiary_receives: 100.1,
      fee_amount: 0,
      fee_currency: 'HKD',
      funding: { status: 'SCHEDULED' },
      metadata: { payment: 'pm_1' },
    });
    expect(created.text).toContain('"transfer_amount":100.1,');
    expect(created.json.short_reference_id).toMatch(/^P\d{6}-[0-9A-Z]{7}$/);
    const byId = await world.get(`/api/v1/transfers/${created.json.id}`);
    expect(byId.json).toEqual(created.json);
    const found = (await world.get('/api/v1/transfers?request_id=pay-0001')).json;
    expect(found).toEqual({ items: [created.json] });
    expect((await world.get('/api/v1/transfers?request_id=pay-0002')).json.items).toEqual([]);
  });

  test('a request id makes one transfer only; the refusal names it', async () => {
    const world = await startTransferWorld();
    const { id } = (await world.create()).json;
    const again = await world.create({ transfer_amount: '5.00' });
    expect(again.status).toBe(400);
    expect(again.json).toMatchObject({
      code: 'duplicate_request_id',
      source: 'request_id',
      details: { id, request_id: 'pay-0001' },
    });
    expect(await world.books()).toHaveLength(1);
  });

  test('fifty simultaneous calls with one request id make one transfer', async () => {
    const world = await startTransferWorld();
    await world.login();
    await world.progress({ mode: 'immediate' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.create()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await world.available()).toBe(2_449_899.9);
  });

  test('the call that is cut off after accepting has made its transfer', async () => {
    const world = await startTransferWorld();
    await world.login();
    await world.manage('POST', 'faults', {
      name: 'timeoutAfterAccepting',
      count: 1,
      ms: 5,
      path: CREATE,
    });
    await expect(world.create()).rejects.toThrow();
    const found = (await world.get('/api/v1/transfers?request_id=pay-0001')).json.items;
    expect(found.map(({ status }: Loose) => status)).toEqual(['SCHEDULED']);
    expect(await world.books()).toMatchObject([{ requestId: 'pay-0001', answered: false }]);
    expect((await world.create()).json.code).toBe('duplicate_request_id');
  });
});

describe('books', () => {
  test('the auditor reads what was taken, by whom it was asked for and who got it', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    const { json } = await world.create();
    expect(await world.books()).toEqual([
      {
        sequence: 1,
        revision: expect.any(Number),
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        id: json.id,
        requestId: 'pay-0001',
        shortReferenceId: json.short_reference_id,
        account: 'acct_SimCashbellHK0001:HKD',
        sourceCurrency: 'HKD',
        sourceAmount: '100.10',
        currency: 'HKD',
        transferAmount: '100.10',
        beneficiaryName: '香港遠東貿易有限公司',
        beneficiaryAccount: '123456789',
        beneficiaryBank: '004',
        reference: 'INV 2025-118',
        metadata: { payment: 'pm_1' },
        status: 'PAID',
        fundingStatus: 'FUNDED',
        debited: true,
        debitedAmount: '100.10',
        feeAmount: '0.00',
        debitReference: 'MV500000000001',
        returned: false,
        returnedAmount: '0.00',
        answered: true,
      },
    ]);
    const [entry] = (await world.get(`/api/v1/financial_transactions?source_id=${json.id}`)).json
      .items;
    expect(entry).toMatchObject({ amount: -100.1, transaction_type: 'PAYOUT', status: 'SETTLED' });
    expect(entry.description).toContain(`INV 2025-118 ${json.short_reference_id}`);
  });

  test('since and changedSince leave out what was read before', async () => {
    const world = await startTransferWorld();
    for (let index = 0; index < 5; index += 1) {
      await world.create({ ...orderBody(), request_id: `pay-${index}` });
    }
    const sequences = async (query: string) =>
      (await world.books(query)).map(({ sequence }: Loose) => sequence);
    expect(await sequences('?since=3')).toEqual([4, 5]);
    const state = await world.manage('GET', 'state?since=0&limit=2');
    expect(state.transfers).toHaveLength(2);
    expect(state.transferCount).toBe(5);
    expect(state.accounts[0].movements).toEqual([]);
    await world.manage('POST', 'transfers/pay-1/process');
    expect(await sequences(`?changedSince=${state.transferRevision}`)).toEqual([2]);
  });
});
