import { describe, expect, test } from 'vitest';
import type { Loose } from '../test-world.ts';
import { beneficiaryBody, orderBody, startTransferWorld } from './test-transfers.ts';

const without = (name: string): Record<string, unknown> => ({ ...orderBody(), [name]: undefined });
const bank = (change: Record<string, unknown>): Record<string, unknown> => ({
  beneficiary: beneficiaryBody(change),
});

describe('validation', () => {
  test.each([
    ['request_id', without('request_id'), '001'],
    ['reason', without('reason'), '001'],
    ['reference', without('reference'), '001'],
    ['transfer_currency', without('transfer_currency'), '001'],
    ['beneficiary', without('beneficiary'), '001'],
    ['transfer_amount', without('transfer_amount'), '001'],
    ['source_amount', { source_amount: '1.00' }, '011'],
    // Amounts are texts; a JSON number may have lost digits before it came here.
    ['transfer_amount', { transfer_amount: 100.1 }, '011'],
    ['transfer_amount', { transfer_amount: '100.101' }, '011'],
    ['transfer_amount', { transfer_amount: '0.00' }, '011'],
    ['transfer_amount', { transfer_amount: '-1.00' }, '011'],
    ['transfer_currency', { transfer_currency: 'QQQ' }, '011'],
    ['transfer_currency', { transfer_currency: 'USD' }, '011'],
    ['source_currency', { source_currency: 'EUR' }, '011'],
    ['transfer_method', { transfer_method: 'FPS' }, '011'],
    [
      'swift_charge_option',
      { transfer_method: 'SWIFT', ...bank({ swift_code: 'HSBCHKHH' }) },
      '001',
    ],
    ['fee_paid_by', { fee_paid_by: 'NOBODY' }, '011'],
    ['transfer_date', { transfer_date: '2020-01-01' }, '011'],
    ['transfer_date', { transfer_date: '2099-13-40' }, '011'],
    ['reference', { reference: 'x'.repeat(141) }, '021'],
    ['metadata', { metadata: { payment: 5 } }, '011'],
    ['beneficiary_id', { beneficiary_id: 'b-1' }, '011'],
    ['beneficiary.bank_details.account_name', bank({ account_name: '' }), '001'],
    ['beneficiary.bank_details.account_number', bank({ account_number: '12-34' }), '011'],
    [
      'beneficiary.bank_details.account_routing_value1',
      bank({ account_routing_value1: '04' }),
      '011',
    ],
    [
      'beneficiary.bank_details.local_clearing_system',
      bank({ local_clearing_system: 'GIRO' }),
      '011',
    ],
    ['beneficiary.bank_details.bank_country_code', bank({ bank_country_code: 'HKG' }), '011'],
    [
      'beneficiary.bank_details.swift_code',
      { transfer_method: 'SWIFT', swift_charge_option: 'PAYER' },
      '001',
    ],
  ])(
    '%s: a wrong one is refused by name, and no transfer is made',
    async (source, change, code) => {
      const world = await startTransferWorld();
      const answer = await world.create(change);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe('validation_failed');
      expect(answer.json.details.errors).toContainEqual(expect.objectContaining({ source, code }));
      expect(await world.books()).toEqual([]);
    },
  );

  test('everything that is wrong is told at once, and a refused request id can be used again', async () => {
    const world = await startTransferWorld();
    const { json } = await world.create({ reason: '', transfer_amount: 'x', reference: undefined });
    expect(json.details.errors.map(({ source }: Loose) => source).toSorted()).toEqual([
      'reason',
      'reference',
      'transfer_amount',
    ]);
    expect((await world.create()).status).toBe(201);
  });

  test('a body that is no JSON is refused', async () => {
    const world = await startTransferWorld();
    const answer = await world.post('/api/v1/transfers/create', '{"request_id":');
    expect([answer.status, answer.json.code]).toEqual([400, 'malformed_request']);
  });

  test('validate: says what create would say, and makes nothing', async () => {
    const world = await startTransferWorld();
    const validate = (change: object) =>
      world.post('/api/v1/transfers/validate', JSON.stringify({ ...orderBody(), ...change }));
    const good = await validate({});
    expect([good.status, good.json]).toEqual([200, {}]);
    expect((await validate({ reason: '' })).json.code).toBe('validation_failed');
    expect(await world.books()).toEqual([]);
    await world.create();
    expect((await validate({})).json.code).toBe('duplicate_request_id');
  });
});

describe('amounts', () => {
  const dollarBeneficiary = beneficiaryBody({ account_currency: 'USD' });

  test.each([
    // 100 USD for 780 HKD; the local fee of 3 USD is 23.40 HKD.
    ['transfer_amount', '100.00', 780, 100],
    ['source_amount', '780.00', 780, 100],
    ['source_amount', '1.00', 1, 0.13],
  ])(
    '%s %s of HKD into USD: the other side follows from the frozen rate',
    async (name, text, source, transfer) => {
      const world = await startTransferWorld();
      const { json } = await world.create({
        transfer_amount: undefined,
        [name]: text,
        transfer_currency: 'USD',
        beneficiary: dollarBeneficiary,
      });
      expect(json).toMatchObject({
        source_amount: source,
        source_currency: 'HKD',
        transfer_amount: transfer,
        transfer_currency: 'USD',
        fee_amount: 23.4,
        fee_currency: 'HKD',
        conversion: { currency_pair: 'USDHKD', rate: 7.8 },
      });
      expect(json.amount_payer_pays).toBeCloseTo(source + 23.4, 5);
      await world.manage('POST', 'transfers/pay-0001/process');
      expect(await world.available()).toBeCloseTo(2_450_000 - source - 23.4, 5);
    },
  );

  test('fees: the payer pays on top, or the beneficiary receives less', async () => {
    const world = await startTransferWorld();
    const swift = {
      source_currency: 'USD',
      transfer_currency: 'USD',
      transfer_method: 'SWIFT',
      beneficiary: beneficiaryBody({ account_currency: 'USD', swift_code: 'HSBCHKHHHKH' }),
    };
    const shared = await world.create({ ...swift, swift_charge_option: 'SHARED' });
    expect(shared.json).toMatchObject({
      fee_amount: 15,
      fee_currency: 'USD',
      amount_payer_pays: 115.1,
      amount_beneficiary_receives: 100.1,
      swift_charge_option: 'SHARED',
    });
    expect(shared.json).not.toHaveProperty('conversion');
    const ours = { ...swift, request_id: 'b', swift_charge_option: 'PAYER' };
    const deducted = await world.create({ ...ours, fee_paid_by: 'BENEFICIARY' });
    expect(deducted.json).toMatchObject({
      fee_amount: 25,
      amount_payer_pays: 100.1,
      amount_beneficiary_receives: 75.1,
    });
    const small = {
      ...ours,
      request_id: 'c',
      fee_paid_by: 'BENEFICIARY',
      transfer_amount: '25.00',
    };
    expect((await world.create(small)).json.code).toBe('validation_failed');
    await world.progress({ fees: { swiftShared: '1.25' } });
    const cheap = await world.create({ ...swift, request_id: 'd', swift_charge_option: 'SHARED' });
    expect(cheap.json.fee_amount).toBe(1.25);
  });

  test('digits: an amount of more digits than a float holds keeps all of them', async () => {
    const world = await startTransferWorld();
    const { text } = await world.create({ transfer_amount: '90071992547409931.55' });
    expect(text).toContain('"transfer_amount":90071992547409931.55,');
  });
});

describe('beneficiaries', () => {
  const contact = (change: object = {}) =>
    JSON.stringify({
      nickname: 'Far East',
      transfer_methods: ['LOCAL'],
      beneficiary: beneficiaryBody(),
      ...change,
    });

  test('a registered one is listed and can be paid by its id', async () => {
    const world = await startTransferWorld();
    const created = await world.post('/api/v1/beneficiaries/create', contact());
    expect(created.status).toBe(201);
    const { id } = created.json;
    expect((await world.get(`/api/v1/beneficiaries/${id}`)).json).toEqual(created.json);
    const list = async (query: string) => (await world.get(`/api/v1/beneficiaries${query}`)).json;
    expect(await list('?bank_account_number=123456789')).toEqual({
      has_more: false,
      items: [created.json],
    });
    expect((await list('?nick_name=Other')).items).toEqual([]);
    const paid = await world.create({ beneficiary: undefined, beneficiary_id: id });
    expect(paid.json).toMatchObject({ beneficiary_id: id, beneficiary: beneficiaryBody() });
    expect(await world.books()).toMatchObject([{ beneficiaryAccount: '123456789' }]);
  });

  test('a wrong one is refused by validate and create, an unknown one is 404', async () => {
    const world = await startTransferWorld();
    const wrong = contact({ transfer_methods: ['SWIFT'] });
    for (const verb of ['validate', 'create']) {
      const answer = await world.post(`/api/v1/beneficiaries/${verb}`, wrong);
      expect(answer.json).toMatchObject({
        code: 'validation_failed',
        source: 'beneficiary.bank_details.swift_code',
      });
    }
    const good = await world.post('/api/v1/beneficiaries/validate', contact());
    expect([good.status, good.json]).toEqual([200, {}]);
    expect((await world.get('/api/v1/beneficiaries')).json.items).toEqual([]);
    expect((await world.get('/api/v1/beneficiaries/none')).status).toBe(404);
    expect((await world.get('/api/v1/transfers/none')).status).toBe(404);
  });
});
