import { describe, expect, test } from 'vitest';
import { credit, startWorld, until } from './test-world.ts';
import type { TestWorld } from './test-world.ts';

async function deposit(world: TestWorld, count: number): Promise<void> {
  await world.manage('PUT', 'partner', { webhookUrl: '' });
  for (let index = 0; index < count; index += 1) {
    await credit(world, { amount: `${index + 1}.00` });
  }
}

const amounts = (items: { amount: number }[]): number[] => items.map(({ amount }) => amount);

describe('lists', () => {
  test('paging: pages join to the whole, newest first', async () => {
    const world = await startWorld();
    await deposit(world, 7);
    const page = async (number: number) =>
      (await world.get(`/api/v1/financial_transactions?page_size=3&page_num=${number}`)).json;
    const pages = [await page(0), await page(1), await page(2)];
    expect(pages.map((one) => one.has_more)).toEqual([true, true, false]);
    expect(pages.flatMap((one) => amounts(one.items))).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  test.each([
    ['page_num=2001', 'page_num'],
    ['page_num=-1', 'page_num'],
    ['page_size=1001', 'page_size'],
    ['page_size=0', 'page_size'],
    ['from_created_at=yesterday', 'from_created_at'],
    // A plus sign that was not percent-encoded arrives as a blank.
    ['from_created_at=2025-06-30T00:00:00+0800', 'from_created_at'],
    ['status=BOOKED', 'status'],
  ])('parameters: %s is refused by name', async (query, source) => {
    const world = await startWorld();
    const answer = await world.get(`/api/v1/financial_transactions?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'validation_error', source });
  });

  test('filters: currency, source and time narrow the list, both ends included', async () => {
    const world = await startWorld();
    await credit(world);
    await credit(world, { account: 'USD', amount: '5.00' });
    const list = async (query: string) =>
      (await world.get(`/api/v1/financial_transactions?${query}`)).json.items;
    const [usd] = await list('currency=USD');
    expect(usd.amount).toBe(5);
    expect(await list(`source_id=${usd.source_id}`)).toEqual([usd]);
    expect(await list(`batch_id=${usd.batch_id}`)).toHaveLength(2);
    const at = encodeURIComponent(usd.created_at);
    expect(await list(`currency=USD&from_created_at=${at}&to_created_at=${at}`)).toEqual([usd]);
    expect(await list('to_created_at=2020-01-01')).toEqual([]);
  });

  test('deposits: without a start the list reaches back thirty days', async () => {
    const world = await startWorld();
    await deposit(world, 1);
    const count = async (query = '') =>
      (await world.get(`/api/v1/deposits${query}`)).json.items.length;
    expect(await count()).toBe(1);
    await world.manage('POST', 'clock', { offsetMs: 31 * 86_400_000 });
    await world.login();
    expect(await count()).toBe(0);
    expect(await count('?from_created_at=2020-01-01')).toBe(1);
  });

  test('history: seven days at most, walked by cursor, with the running balance', async () => {
    const world = await startWorld();
    await deposit(world, 5);
    const history = (query: string) => world.get(`/api/v1/balances/history?${query}`);
    const first = (await history('page=0&page_size=2')).json;
    expect(first.page_before).toBeUndefined();
    const second = (await history(`page=${first.page_after}&page_size=2`)).json;
    const third = (await history(`page=${second.page_after}&page_size=2`)).json;
    expect(third.page_after).toBeUndefined();
    const lines = [...first.items, ...second.items, ...third.items];
    expect(amounts(lines)).toEqual([5, 4, 3, 2, 1]);
    expect(lines.map((line) => line.balance)).toEqual([
      2_450_015, 2_450_010, 2_450_006, 2_450_003, 2_450_001,
    ]);
    const back = (await history(`page=${second.page_before}&page_size=2`)).json;
    expect(back.items).toEqual(first.items);
    const wide = await history('from_post_at=2025-06-01T00:00:00Z&to_post_at=2025-06-08T00:00:01Z');
    expect(wide.status).toBe(400);
    expect(wide.json.code).toBe('time_range_exceed');
    const week = await history('from_post_at=2025-06-01T00:00:00Z&to_post_at=2025-06-08T00:00:00Z');
    expect(week.json.items).toEqual([]);
    expect((await history('page=rubbish')).json.source).toBe('page');
  });

  test('endpoints: an unknown one is 404, a wrong version is refused', async () => {
    const world = await startWorld();
    const unknown = await world.get('/api/v1/issuing/cards');
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not_found']);
    const response = await fetch(`${world.url}/api/v1/balances/current`, {
      headers: { authorization: `Bearer ${await world.login()}`, 'x-api-version': 'latest' },
    });
    expect(await response.json()).toMatchObject({ source: 'x-api-version' });
  });
});

describe('faults', () => {
  test.each([
    ['serverError', 500, 'internal_error'],
    ['throttle', 429, 'too_many_requests'],
    ['maintenance', 503, 'service_unavailable'],
    ['ipNotAllowed', 403, 'forbidden'],
  ])('%s: strikes as often as asked, then the call works', async (name, status, code) => {
    const world = await startWorld();
    await world.login();
    await world.manage('POST', 'faults', { name, count: 1 });
    const struck = await world.get('/api/v1/deposits');
    expect([struck.status, struck.json.code]).toEqual([status, code]);
    const hints = [...struck.headers.keys()].filter((key) => /retry|limit/.test(key));
    expect(hints).toEqual([]);
    expect((await world.get('/api/v1/deposits')).status).toBe(200);
  });

  test('htmlError: a gateway answers instead of Airwallex', async () => {
    const world = await startWorld();
    await world.login();
    await world.manage('POST', 'faults', { name: 'htmlError' });
    const answer = await world.get('/api/v1/deposits');
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toContain('text/html');
    await world.manage('DELETE', 'faults/htmlError');
    expect((await world.get('/api/v1/deposits')).status).toBe(200);
  });

  test('path: a fault aimed at one path leaves the others alone and keeps its count', async () => {
    const world = await startWorld();
    await world.manage('POST', 'faults', {
      name: 'serverError',
      count: 1,
      path: '/api/v1/deposits',
    });
    expect((await world.get('/api/v1/balances/current')).status).toBe(200);
    expect((await world.get('/api/v1/deposits')).status).toBe(500);
    expect((await world.manage('GET', 'faults')).active).toEqual([]);
  });

  test.each([
    ['timeoutAfterAccepting', 1],
    ['timeoutBeforeAccepting', 0],
  ])('%s: no answer, and %i deposit afterwards', async (name, count) => {
    const world = await startWorld();
    const id = (await world.get('/api/v1/global_accounts')).json.items[0].id;
    await world.manage('POST', 'faults', { name, count: 1, ms: 20 });
    const body = `{"amount":5,"global_account_id":"${id}"}`;
    await expect(world.post('/api/v1/simulation/deposit/create', body)).rejects.toThrow();
    expect((await world.get('/api/v1/deposits')).json.items).toHaveLength(count);
  });

  test('stop: ends a call that is being held without an answer', async () => {
    const world = await startWorld();
    await world.login();
    await world.manage('POST', 'faults', { name: 'timeoutBeforeAccepting' });
    const held = world.get('/api/v1/deposits').catch(() => 'ended');
    const calls = async () => (await world.manage('GET', 'state')).calls.length;
    await until('the call to arrive', async () => (await calls()) === 2);
    await world.simulator.stop();
    expect(await held).toBe('ended');
  });

  test('slow: the answer is right but late', async () => {
    const world = await startWorld();
    await world.login();
    await world.manage('POST', 'faults', { name: 'slow', ms: 60 });
    const start = performance.now();
    expect((await world.get('/api/v1/deposits')).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(55);
  });

  test('tokenExpiresAtOnce: the token of the log-in is refused', async () => {
    const world = await startWorld();
    await world.manage('POST', 'faults', { name: 'tokenExpiresAtOnce', count: 1 });
    expect((await world.get('/api/v1/deposits')).status).toBe(401);
    await world.login();
    expect((await world.get('/api/v1/deposits')).status).toBe(200);
  });

  test('pageSize and shuffledOrder: small pages in any order still hold every item once', async () => {
    const world = await startWorld();
    await deposit(world, 8);
    await world.manage('POST', 'faults', { name: 'pageSize' });
    await world.manage('POST', 'faults', { name: 'shuffledOrder' });
    const found: number[] = [];
    for (let number = 0, more = true; more; number += 1) {
      const path = `/api/v1/financial_transactions?page_size=100&page_num=${number}`;
      const { items, has_more } = (await world.get(path)).json;
      expect(items.length).toBeLessThanOrEqual(3);
      found.push(...amounts(items));
      more = has_more;
    }
    expect(found.toSorted((one, other) => other - one)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(found).not.toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });
});
