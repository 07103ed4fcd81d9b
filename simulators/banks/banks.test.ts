import { expect, onTestFinished, test } from 'vitest';
import { createAirwallexSimulator } from '../airwallex/simulator.ts';
import type { AccountView, BankSimulator, MovementView } from '../lib/bank.ts';
import { listen, readBody, sendJson } from '../lib/http.ts';
import { createSnapSimulator } from '../snap/simulator.ts';
import { Bench } from '../snap/test-kit.ts';
import { composeBanks } from './composition.ts';
import { renderPage } from './page.ts';
import { createSimulators } from './simulators.ts';

/** A parsed answer; its shape is what the tests are about. */
type Loose = ReturnType<typeof JSON.parse>;

interface RunningBanks {
  readonly url: string;
  readonly adminUrl: string;
  call(method: string, path: string, body?: unknown): Promise<Loose>;
}

async function start(simulators: readonly BankSimulator[]): Promise<RunningBanks> {
  let adminPort = 0;
  const banks = composeBanks({ seed: 3, simulators, adminPort: () => adminPort });
  const wire = await listen(banks.wire, 0);
  const admin = await listen(banks.admin, 0);
  adminPort = admin.port;
  onTestFinished(async () => {
    await banks.stop();
    await Promise.all([wire.close(), admin.close()]);
  });
  return {
    url: wire.url,
    adminUrl: admin.url,
    async call(method, path, body) {
      const response = await fetch(`${admin.url}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: Loose = await response.json();
      if (!response.ok) throw new Error(`${response.status} ${answer.error}`);
      return answer;
    },
  };
}

/** A bank of another family, just large enough to see where calls go. */
function createOtherBank(): BankSimulator & { readonly managed: string[] } {
  const managed: string[] = [];
  const movements: MovementView[] = [];
  const account: AccountView = {
    bank: 'other',
    account: '1234567890',
    name: 'PT Contoh',
    currency: 'IDR',
    balance: '0.00',
    movements,
  };
  const bank: BankSimulator = {
    name: 'other',
    handles: (path) => path.startsWith('/other/'),
    wire: async (request, response) =>
      sendJson(response, 200, { bank: 'other', body: (await readBody(request)).toString() }),
    async manage(method, path, body) {
      managed.push(`${method} ${path} ${JSON.stringify(body) ?? ''}`.trim());
      if (path === 'movements') {
        movements.push({
          reference: 'MV000000000001',
          at: '2026-01-01T00:00:00.000Z',
          creditDebitIndicator: 'credit',
          amount: '1.00',
          currency: 'IDR',
          status: 'booked',
          remark: '',
          pushes: [],
        });
        return { reference: 'MV000000000001' };
      }
      return path === 'nothing' ? undefined : { active: [], known: { slow: 'Late.' } };
    },
    accounts: () => [account],
    move: () => ({ reference: 'MV000000000001' }),
    stop: async () => undefined,
  };
  return { ...bank, managed };
}

const order = (account: string) => ({
  account,
  creditDebitIndicator: 'credit',
  amount: '12.50',
  push: false,
});
const HKD = 'acct_SimCashbellHK0001:HKD';

test('wire: each bank gets the calls of its own paths, the rest is refused', async () => {
  const banks = await start([createOtherBank(), createAirwallexSimulator({ seed: 1 })]);
  const other = await fetch(`${banks.url}/other/v1?x=1`, { method: 'POST', body: 'hello' });
  expect(await other.json()).toEqual({ bank: 'other', body: 'hello' });
  const airwallex = await fetch(`${banks.url}/api/v1/balances/current`);
  expect(airwallex.status).toBe(403);
  const nobody = await fetch(`${banks.url}/elsewhere`);
  expect(nobody.status).toBe(404);
  expect(await nobody.text()).toContain('other, airwallex');
});

test('wire: management calls are not reachable beside the bank', async () => {
  const banks = await start([createAirwallexSimulator({ seed: 1 })]);
  expect((await fetch(`${banks.url}/_sim/state`)).status).toBe(404);
});

test('page: served on the management port, and the wire port leads there', async () => {
  const banks = await start([createAirwallexSimulator({ seed: 1 })]);
  const redirect = await fetch(`${banks.url}/`, { redirect: 'manual' });
  expect(redirect.headers.get('location')).toBe(`${banks.adminUrl}/`);
  const page = await fetch(`${banks.url}/`);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toBe(renderPage());
});

test('page: says that it is no real money and loads nothing from outside', () => {
  const page = renderPage();
  expect(page).toContain('Simulated bank – no real money');
  expect(page).toContain('--ground');
  expect(page).toContain('function refresh');
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|@import/);
});

test('movements: an order goes to the bank that keeps the account', async () => {
  const other = createOtherBank();
  const banks = await start([other, createAirwallexSimulator({ seed: 1 })]);
  const { reference } = await banks.call('POST', 'movements', order(HKD));
  expect(reference).toBe('MV500000000001');
  expect(other.managed).toEqual([]);
  await banks.call('POST', 'movements', order('1234567890'));
  await banks.call('POST', `movements/${reference}/reverse`);
  await banks.call('POST', 'movements/MV000000000001/push', {});
  expect(other.managed).toEqual([
    `POST movements ${JSON.stringify(order('1234567890'))}`,
    'POST movements/MV000000000001/push {}',
  ]);
  const state = await banks.call('GET', 'state');
  expect(state.simulators.airwallex.accounts[0].movements[0].status).toBe('reversed');
  expect(state.accounts.map((account: Loose) => account.account)).toEqual([
    '1234567890',
    HKD,
    'acct_SimCashbellHK0001:USD',
  ]);
  await expect(banks.call('POST', 'movements', order('none'))).rejects.toThrow('no account "none"');
  await expect(banks.call('POST', 'movements/MV9/book')).rejects.toThrow('no movement MV9');
});

test('management: a call below the name of a bank reaches that bank', async () => {
  const other = createOtherBank();
  const banks = await start([other, createAirwallexSimulator({ seed: 1 })]);
  const partner = await banks.call('PUT', 'airwallex/partner', { retryBaseMs: 9 });
  expect(partner.retryBaseMs).toBe(9);
  await banks.call('PUT', 'other/partners/bca', { a: 1 });
  expect(other.managed).toEqual(['PUT partners/bca {"a":1}']);
  await expect(banks.call('GET', 'other/nothing')).rejects.toThrow('404');
  await expect(banks.call('GET', 'unknown')).rejects.toThrow('404');
});

test('faults: switched for one named bank, listed and cleared for all', async () => {
  const banks = await start([createOtherBank(), createAirwallexSimulator({ seed: 1 })]);
  await banks.call('POST', 'faults', { simulator: 'airwallex', name: 'slow', ms: 10, count: 2 });
  const listed = await banks.call('GET', 'faults');
  expect(listed.airwallex.active).toEqual([{ name: 'slow', ms: 10, count: 2 }]);
  expect(listed.other.known).toEqual({ slow: 'Late.' });
  await banks.call('DELETE', 'faults', { simulator: 'airwallex', name: 'slow' });
  expect((await banks.call('GET', 'faults')).airwallex.active).toEqual([]);
  await banks.call('POST', 'faults', { simulator: 'airwallex', name: 'throttle' });
  await banks.call('DELETE', 'faults');
  expect((await banks.call('GET', 'faults')).airwallex.active).toEqual([]);
  const nobody = banks.call('POST', 'faults', { name: 'slow' });
  await expect(nobody).rejects.toThrow('no bank simulator');
});

test('the shipped banks: SNAP and Airwallex run side by side without sharing references', async () => {
  const banks = await start(createSimulators(11));
  const state = await banks.call('GET', 'state');
  expect(Object.keys(state.simulators)).toEqual(['snap', 'airwallex']);
  const references: string[] = [];
  for (const { account } of state.accounts) {
    references.push((await banks.call('POST', 'movements', order(account))).reference);
  }
  expect(new Set(references).size).toBe(state.accounts.length);
  await banks.call('POST', 'generate', { count: 10, push: false });
  const page = await banks.call('GET', 'page');
  expect(page.accounts).toHaveLength(state.accounts.length);
  for (const account of page.accounts) {
    const newest = account.movements[0];
    const oldest = account.movements.at(-1);
    expect(newest.at >= oldest.at).toBe(true);
    expect(account.movements.length).toBeLessThanOrEqual(5);
  }
  for (const { known } of page.faults)
    expect(Object.keys(known)).toContain('timeoutAfterAccepting');
  await banks.call('POST', 'clock', { offsetMs: 1000 });
});

test('the shipped banks: a token call of each family is answered by its own bank', async () => {
  const banks = await start(createSimulators(11));
  const answers = await Promise.all(
    ['/openapi/v1.0/access-token/b2b', '/api/v1/authentication/login'].map(async (path) => {
      const response = await fetch(`${banks.url}${path}`, { method: 'POST', body: '{}' });
      return response.json();
    }),
  );
  expect(answers[0]).toHaveProperty('responseCode');
  expect(answers[1]).toHaveProperty('code', 'credentials_invalid');
});

test('state: what an auditor asks for reaches each bank, and leaves the movements out', async () => {
  const banks = await start([createAirwallexSimulator({ seed: 11 })]);
  await banks.call('POST', 'generate', { count: 3, push: false });
  const all = await banks.call('GET', 'state');
  expect(all.accounts.flatMap(({ movements }: Loose) => movements)).toHaveLength(3);
  const further = await banks.call('GET', 'state?since=0');
  expect(further).not.toHaveProperty('accounts');
  const { transfers, accounts } = further.simulators.airwallex;
  expect(transfers).toEqual([]);
  expect(accounts.flatMap(({ movements }: Loose) => movements)).toEqual([]);
  expect(await banks.call('GET', 'airwallex/state?since=0')).toMatchObject({ transferCount: 0 });
});

test('page: shows the transfers of an account, and its buttons return and reject them', async () => {
  const snap = createSnapSimulator({ seed: 11 });
  const banks = await start([snap, createAirwallexSimulator({ seed: 11 })]);
  const bench = new Bench(snap, banks.url);
  const settings = { settleAfterMs: { skn: null } };
  await banks.call('PUT', 'snap/transfer-settings/bca', settings);
  const body = {
    amount: { value: '10000.00', currency: 'IDR' },
    sourceAccountNo: '1234567890',
    transactionDate: await bench.timestamp('bca'),
  };
  const paid = await bench.call('bca', 'transfer-intrabank', {
    ...body,
    partnerReferenceNo: 'PAY-1',
    beneficiaryAccountNo: '8010001575',
  });
  expect(paid.json['responseCode']).toBe('2001700');
  const sent = await bench.call('bca', 'transfer-skn', {
    ...body,
    partnerReferenceNo: 'PAY-2',
    beneficiaryAccountNo: '1370001234567',
    beneficiaryAccountName: 'BUDI',
    beneficiaryBankCode: 'BMRIIDJA',
    beneficiaryAddress: 'JAKARTA',
    beneficiaryCustomerResidence: '1',
    beneficiaryCustomerType: '1',
  });
  expect(sent.json['responseCode']).toBe('2002300');
  const shown = async (): Promise<Loose> =>
    (await banks.call('GET', 'page')).accounts.find(
      ({ account }: Loose) => account === '1234567890',
    );
  const before = await shown();
  expect(before.transfers).toMatchObject([
    { creditor: 'BUDI', state: 'open', status: '03 Transaction In Progress', amount: '10000.00' },
    { creditor: '8010001575', state: 'done', status: '00 Success', answered: '200 2001700' },
  ]);
  expect(before.movements[0]).toMatchObject({
    creditDebitIndicator: 'debit',
    counterparty: 'BUDI',
  });
  const [skn, intrabank] = before.transfers;
  expect(skn.verbs.map(({ label }: Loose) => label)).toEqual(['Settle', 'Reject this SKN']);
  expect(intrabank.verbs.map(({ label }: Loose) => label)).toEqual(['Return this transfer']);
  await banks.call('POST', `${before.simulator}/transfers/${skn.id}/reject`);
  await banks.call('POST', `${before.simulator}/transfers/${intrabank.id}/return`);
  const after = await shown();
  expect(after.transfers.map(({ state }: Loose) => state)).toEqual(['failed', 'returned']);
  expect(after.transfers.flatMap(({ verbs }: Loose) => verbs)).toEqual([]);
  const { transfers } = (await banks.call('GET', 'state')).simulators.snap;
  expect(transfers.map(({ reversed }: Loose) => reversed)).toEqual([true, true]);
});
