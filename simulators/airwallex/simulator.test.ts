import { describe, expect, test } from 'vitest';
import { formatAmount, parseMinorUnits, toJsonNumberText } from './money.ts';
import { createAirwallexSimulator } from './simulator.ts';
import { credit, nameOf, startWorld, until } from './test-world.ts';
import type { Loose } from './test-world.ts';

describe('money', () => {
  test.each([
    ['100.10', 'HKD', '100.1', '100.10'],
    ['100', 'HKD', '100', '100.00'],
    ['0.05', 'USD', '0.05', '0.05'],
    // More digits than a float holds.
    ['90071992547409931.55', 'HKD', '90071992547409931.55', '90071992547409931.55'],
    ['1500', 'JPY', '1500', '1500'],
    ['1.234', 'KWD', '1.234', '1.234'],
  ])('amount: %s %s goes onto the wire as %s', (text, currency, wire, shown) => {
    const minorUnits = parseMinorUnits(text, currency);
    expect(toJsonNumberText(minorUnits, currency)).toBe(wire);
    expect(formatAmount(minorUnits, currency)).toBe(shown);
  });

  test.each(['1.005', '-5', '1e3', '', '1,000.00'])('amount: "%s" is refused', (text) => {
    expect(() => parseMinorUnits(text, 'HKD')).toThrow('no amount');
  });
});

describe('access', () => {
  test('login: good credentials give a token for thirty minutes', async () => {
    const world = await startWorld();
    const response = await fetch(`${world.url}/api/v1/authentication/login`, {
      method: 'POST',
      headers: {
        'x-client-id': 'sim_client_hk_0001',
        'x-api-key': 'sim_apikey_sandbox_0123456789abcdef',
      },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-simulated-by')).toBe('cashbell');
    const body: Loose = await response.json();
    expect(body.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    const lifetime = Date.parse(body.expires_at.replace('+0000', 'Z')) - Date.now();
    expect(lifetime).toBeGreaterThan(29 * 60_000);
    expect(lifetime).toBeLessThanOrEqual(30 * 60_000);
  });

  test('login: a wrong key is refused in Airwallex error shape', async () => {
    const world = await startWorld();
    const response = await fetch(`${world.url}/api/v1/authentication/login`, {
      method: 'POST',
      headers: { 'x-client-id': 'sim_client_hk_0001', 'x-api-key': 'wrong' },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'credentials_invalid' });
  });

  test('token: missing, unknown and expired ones are refused', async () => {
    const world = await startWorld();
    const call = (authorization?: string) =>
      fetch(`${world.url}/api/v1/balances/current`, {
        headers: authorization ? { authorization } : {},
      });
    expect((await call()).status).toBe(403);
    expect((await call('Bearer nonsense')).status).toBe(401);
    expect((await world.get('/api/v1/balances/current')).status).toBe(200);
    await world.manage('POST', 'clock', { offsetMs: 30 * 60_000 + 1_000 });
    const expired = await world.get('/api/v1/balances/current');
    expect(expired.status).toBe(401);
    expect(expired.json.code).toBe('unauthorized');
  });

  test('allow-list: an address that is not on it is refused before its key is looked at', async () => {
    const world = await startWorld();
    await world.manage('PUT', 'partner', { allowedIps: ['203.0.113.1'] });
    const response = await fetch(`${world.url}/api/v1/authentication/login`, { method: 'POST' });
    expect(response.status).toBe(403);
  });

  test('partner: a subscription outside this machine needs to be asked for', async () => {
    const world = await startWorld();
    const change = { webhookUrl: 'https://hooks.example.com/a' };
    await expect(world.manage('PUT', 'partner', change)).rejects.toThrow('allowRemoteWebhook');
    await world.manage('PUT', 'partner', { ...change, allowRemoteWebhook: true });
    await expect(world.manage('PUT', 'partner', { apikey: 'x' })).rejects.toThrow('"apikey"');
  });
});

describe('deposits', () => {
  test('deposit: pending, settled and reversed move the money and are told', async () => {
    const world = await startWorld();
    const balance = async () => (await world.get('/api/v1/balances/current')).json[0];
    const reference = await credit(world, { status: 'pending' });
    expect(reference).toBe('MV500000000001');
    expect(await balance()).toEqual({
      available_amount: 2_450_000,
      currency: 'HKD',
      pending_amount: 100.1,
      reserved_amount: 0,
      total_amount: 2_450_100.1,
    });
    expect((await world.get('/api/v1/financial_transactions')).json.items).toEqual([]);

    await world.manage('POST', `movements/${reference}/book`);
    expect(await balance()).toMatchObject({ available_amount: 2_450_100.1, pending_amount: 0 });
    const list = await world.get('/api/v1/deposits');
    const [deposit] = list.json.items;
    expect(deposit).toMatchObject({
      status: 'SETTLED',
      type: 'BANK_TRANSFER',
      reference: `Invoice 2025-118 ${reference}`,
      payer: { name: 'Harbour Trading Limited' },
    });
    expect(list.text).toContain('"amount":100.1,');
    expect((await world.get(`/api/v1/deposits/${deposit.id}`)).json).toEqual(deposit);
    const [transaction] = (await world.get('/api/v1/financial_transactions')).json.items;
    expect(transaction).toMatchObject({
      amount: 100.1,
      status: 'SETTLED',
      source_id: deposit.id,
      source_type: 'DEPOSIT',
    });
    expect(transaction.description).toContain(reference);

    await world.manage('POST', `movements/${reference}/reverse`);
    expect(await balance()).toMatchObject({ available_amount: 2_450_000, pending_amount: 0 });
    const transactions = (await world.get('/api/v1/financial_transactions')).json.items;
    expect(transactions.map((item: Loose) => item.amount)).toEqual([-100.1, 100.1]);
    await until('three events', () => world.received.length === 3);
    expect(world.received.map(nameOf).toSorted()).toEqual([
      'deposit.pending',
      'deposit.reversed',
      'deposit.settled',
    ]);
    await expect(world.manage('POST', `movements/${reference}/book`)).rejects.toThrow('REVERSED');
  });

  test('deposit: a rejected one never reaches the balance', async () => {
    const world = await startWorld();
    const reference = await credit(world, { status: 'pending' });
    await world.manage('POST', `movements/${reference}/reject`);
    const [deposit] = (await world.get('/api/v1/deposits?status=REJECTED')).json.items;
    expect(deposit.failure_details.code).toBe('DEPOSIT_REJECTED');
    expect((await world.get('/api/v1/balances/current')).json[0].total_amount).toBe(2_450_000);
  });

  test('debit: a payout holds money back, then leaves; no event tells of it', async () => {
    const world = await startWorld();
    const reference = await credit(world, { creditDebitIndicator: 'debit', status: 'pending' });
    const [before] = (await world.get('/api/v1/balances/current')).json;
    expect(before).toMatchObject({ available_amount: 2_449_899.9, reserved_amount: 100.1 });
    const pending = await world.get('/api/v1/financial_transactions?status=PENDING');
    expect(pending.json.items[0]).toMatchObject({ amount: -100.1, source_type: 'PAYOUT' });
    await world.manage('POST', `movements/${reference}/book`);
    const settled = await world.get('/api/v1/financial_transactions?status=SETTLED');
    expect(settled.json.items[0].id).toBe(pending.json.items[0].id);
    expect((await world.get('/api/v1/balances/history')).json.items).toHaveLength(1);
    expect(world.received).toEqual([]);
    await expect(world.manage('POST', `movements/${reference}/push`)).rejects.toThrow('debit');
    const poor = credit(world, { creditDebitIndicator: 'debit', amount: '99999999' });
    await expect(poor).rejects.toThrow('insufficient funds');
  });

  test('global account: its lines show deposits without sign and the recall as a debit', async () => {
    const world = await startWorld();
    const reference = await credit(world);
    await world.manage('POST', `movements/${reference}/reverse`);
    const accounts = (await world.get('/api/v1/global_accounts')).json.items;
    const path = `/api/v1/global_accounts/${accounts[0].id}/transactions`;
    const lines = (await world.get(path)).json.items;
    expect(lines.map((line: Loose) => [line.type, line.amount, line.status])).toEqual([
      ['DEBIT', 100.1, 'SETTLED'],
      ['CREDIT', 100.1, 'SETTLED'],
    ]);
    expect((await world.get('/api/v1/global_accounts/none/transactions')).status).toBe(404);
  });

  test('sandbox: a simulated deposit keeps every digit and exists in the sandbox only', async () => {
    const world = await startWorld();
    const id = (await world.get('/api/v1/global_accounts')).json.items[0].id;
    const body = `{"amount":90071992547409931.55,"global_account_id":"${id}","payer_name":"Tester"}`;
    const path = '/api/v1/simulation/deposit/create';
    const created = await world.post(path, body);
    expect(created.status).toBe(201);
    expect(created.text).toContain('"amount":90071992547409931.55,');
    expect(created.json.reference).toMatch(/^MV5\d{11}$/);
    expect((await world.post(path, `{"amount":5}`)).json).toMatchObject({
      code: 'validation_error',
      source: 'global_account_id',
    });
    await world.manage('PUT', 'partner', { environment: 'production' });
    expect((await world.post(path, body)).status).toBe(404);
  });
});

describe('management', () => {
  test('generate: one seed gives the same movements again', async () => {
    const amounts = () => {
      const simulator = createAirwallexSimulator({ seed: 42 });
      void simulator.manage('POST', 'generate', { count: 20 });
      return simulator.accounts().flatMap(({ movements }) => movements.map(({ amount }) => amount));
    };
    expect(amounts()).toHaveLength(20);
    expect(amounts()).toEqual(amounts());
  });

  test('generate: a rate spreads the movements over time', async () => {
    const world = await startWorld();
    await world.manage('POST', 'generate', { count: 12, perSecond: 400, account: 'USD' });
    const movements = async () => (await world.manage('GET', 'state')).counts.movements;
    await until('twelve movements', async () => (await movements()) === 12);
    const { accounts } = await world.manage('GET', 'state');
    expect(accounts[1].movements).toHaveLength(12);
  });

  test('state: shows calls without secrets, and the answer to each push', async () => {
    const world = await startWorld();
    world.answers.push(500);
    await credit(world);
    await until('two attempts', () => world.received.length === 2);
    await world.get('/api/v1/deposits?page_size=5');
    const state = await world.manage('GET', 'state');
    expect(state.calls.map((call: Loose) => `${call.path}${call.query} ${call.status}`)).toEqual([
      '/api/v1/authentication/login 201',
      '/api/v1/deposits?page_size=5 200',
    ]);
    const [movement] = state.accounts[0].movements;
    expect(movement.pushes.map((push: Loose) => push.status)).toEqual([500, 200]);
    expect(state.faults).toEqual([]);
    expect(JSON.stringify(state)).not.toContain('sim_apikey');
  });

  test('management: unknown calls and wrong members are refused with the reason', async () => {
    const world = await startWorld();
    await expect(world.manage('GET', 'nothing')).rejects.toThrow('404');
    await expect(world.manage('POST', 'faults', { name: 'typo' })).rejects.toThrow('unknown fault');
    await expect(credit(world, { account: 'EUR' })).rejects.toThrow('no account "EUR"');
    await expect(credit(world, { amount: 5 })).rejects.toThrow('amount');
  });
});
