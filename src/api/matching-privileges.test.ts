import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { GrantAction } from '#core/grants.ts';
import { reason } from '#core/match-reasons.ts';
import { parseMoney } from '#core/money.ts';
import { addItems } from '#flows/reconciliation/add-items.ts';
import { newId } from '#secret/ids.ts';
import { inTransaction } from '#store/transaction.ts';
import { insertMatches } from '#store/matches.ts';
import { startRun } from '#store/match-runs.ts';
import type { PersonActor } from '#store/persons.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import { createToken } from '#store/tokens.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { buildApiServer } from './app.ts';

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The one right that it needs; absent: every reader may. */
  readonly right?: GrantAction;
  readonly body?: () => object;
  readonly passes?: number;
}

let database: TestDatabase;
let world: PeopleWorld;
let app: FastifyInstance;
let ids: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createPeopleWorld(database);
  await app?.close();
  app = await buildApiServer(world.services);
  ids = await prepare();
});
afterAll(async () => {
  await app.close();
  await world.close();
  await database.drop();
});

const now = new Date('2026-11-23T08:00:00Z');

/** A receipt of 1,000, an invoice of as much, a suggestion that they belong together, and more. */
async function prepare(): Promise<Record<string, string>> {
  const { orgId, accounts } = world;
  const entryIds = [newId('ent'), newId('ent'), newId('ent')];
  for (const [place, entryId] of entryIds.entries()) {
    await ask(
      `INSERT INTO entry (org_id, entry_id, account_id, version, state, credit_debit_indicator,
         amount_minor_units, currency, booking_date, remittance_information, sources, position,
         seen_at, match_state)
       VALUES ($1, $2, $3, 1, 'booked', 'credit', 100000, 'IDR', '2026-11-20', 'RAHASIA', '{push}',
         $4, $5, 'unknown')`,
      [orgId, entryId, accounts[0], place + 100, now],
    );
    await ask(
      `INSERT INTO entry_version (org_id, entry_id, version, state, amount_minor_units, currency,
         source, report, seen_at) VALUES ($1, $2, 1, 'booked', 100000, 'IDR', 'push', '{}', $3)`,
      [orgId, entryId, now],
    );
  }
  const [entryId = '', otherId = '', thirdId = ''] = entryIds;
  const items = await inTransaction(database.pool, (client) =>
    addItems(
      client,
      { orgId, createdBy: 'test', now },
      ['A', 'B', 'C'].map((number) => ({
        kind: 'invoice',
        creditDebitIndicator: 'credit',
        source: 'test',
        sourceKey: number,
        number,
        amount: parseMoney('1000.00', 'IDR'),
      })),
    ),
  );
  const [itemId = '', otherItem = ''] = items.map((item) => item.itemId);
  const amount = parseMoney('1000.00', 'IDR');
  const leg = (entry: string, item: string) => ({
    role: 'allocation' as const,
    entryId: entry,
    itemId: item,
    entryAmount: amount,
    itemAmount: amount,
  });
  const base = {
    kind: 'single' as const,
    basis: 'score' as const,
    probability: 0.9,
    reasons: [reason('counterpartyEqual', { name: 'RAHASIA' })],
    alternatives: [],
  };
  const runId = await startRun(database.pool, orgId, {
    kind: 'run',
    settings: {},
    startedBy: 'test',
    now,
  });
  const [suggestion = ''] = await insertMatches(
    database.pool,
    orgId,
    [{ ...base, state: 'suggested', decision: 'none', legs: [leg(entryId, itemId)] }],
    now,
  );
  const [standing = ''] = await insertMatches(
    database.pool,
    orgId,
    [{ ...base, runId, state: 'standing', decision: 'automatic', legs: [leg(otherId, otherItem)] }],
    now,
  );
  const [lockId, ruleId, aliasId] = [newId('lck'), newId('tol'), newId('als')];
  await ask(
    `INSERT INTO period_lock (org_id, lock_id, account_id, locked_until, reason, locked_by,
       locked_at) VALUES ($1, $2, $3, '2026-01-31', 'closed', 'test', $4)`,
    [orgId, lockId, accounts[0], now],
  );
  await ask(
    `INSERT INTO tolerance_rule (org_id, rule_id, name, currency, limit_minor_units,
       daily_cap_minor_units, ledger_account, proposed_by, proposed_at)
     VALUES ($1, $2, 'Rounding', 'IDR', 100, 1000, '7990', 'per_other', $3)`,
    [orgId, ruleId, now],
  );
  await ask(
    `INSERT INTO match_alias (org_id, alias_id, bank_key, counterparty_fold, confirmed)
     VALUES ($1, $2, 'name:X', 'Y', 1)`,
    [orgId, aliasId],
  );
  return {
    suggestion,
    standing,
    runId,
    lockId,
    ruleId,
    aliasId,
    entryId,
    thirdId,
    itemId,
    accountId: accounts[0],
  };
}

async function ask(text: string, values: readonly unknown[]): Promise<void> {
  await database.pool.query(text, [...values]);
}

const routes: readonly Route[] = [
  { method: 'GET', path: 'matches' },
  { method: 'GET', path: 'matches/{suggestion}' },
  {
    method: 'POST',
    path: 'matches',
    right: 'match.decide',
    passes: 201,
    body: () => ({
      allocations: [
        {
          entryId: ids['thirdId'],
          itemId: ids['itemId'],
          entryAmount: { amount: '10.00', currency: 'IDR' },
        },
      ],
    }),
  },
  { method: 'POST', path: 'matches/{suggestion}/confirm', right: 'match.decide' },
  { method: 'POST', path: 'matches/{suggestion}/refuse', right: 'match.decide' },
  {
    method: 'POST',
    path: 'matches/{standing}/undo',
    right: 'match.undo',
    body: () => ({ reason: 'wrong' }),
  },
  { method: 'POST', path: 'matching/runs', right: 'match.decide', passes: 201 },
  { method: 'GET', path: 'matching/runs' },
  { method: 'GET', path: 'matching/runs/{runId}' },
  {
    method: 'POST',
    path: 'matching/runs/{runId}/undo',
    right: 'match.undo',
    body: () => ({ reason: 'wrong' }),
  },
  { method: 'GET', path: 'matching/evaluation' },
  { method: 'GET', path: 'matching/breaks' },
  {
    method: 'PUT',
    path: 'matching/breaks/{thirdId}',
    right: 'match.decide',
    body: () => ({ note: 'asked' }),
  },
  {
    method: 'POST',
    path: 'entries/{thirdId}/exempt',
    right: 'match.decide',
    body: () => ({ reason: 'interest' }),
  },
  { method: 'GET', path: 'matching/settings' },
  {
    method: 'PATCH',
    path: 'matching/settings',
    right: 'match.decide',
    body: () => ({ statedPrecision: 0.99 }),
  },
  { method: 'GET', path: 'matching/aliases' },
  { method: 'DELETE', path: 'matching/aliases/{aliasId}', right: 'match.undo' },
  { method: 'GET', path: 'matching/tolerances' },
  {
    method: 'POST',
    path: 'matching/tolerances',
    right: 'tolerance.propose',
    passes: 201,
    body: () => ({
      name: 'Cents',
      limit: { amount: '1.00', currency: 'IDR' },
      dailyCap: { amount: '10.00', currency: 'IDR' },
      ledgerAccount: '7990',
    }),
  },
  { method: 'POST', path: 'matching/tolerances/{ruleId}/confirm', right: 'tolerance.confirm' },
  { method: 'DELETE', path: 'matching/tolerances/{ruleId}', right: 'tolerance.propose' },
  { method: 'GET', path: 'matching/locks' },
  {
    method: 'POST',
    path: 'matching/locks',
    right: 'period.lock',
    passes: 201,
    body: () => ({ accountId: ids['accountId'], until: '2026-02-28', reason: 'closed' }),
  },
  {
    method: 'POST',
    path: 'matching/locks/{lockId}/reopen',
    right: 'period.reopen',
    body: () => ({ reason: 'late' }),
  },
];

async function bearer(scope: 'read' | 'write', person?: PersonActor): Promise<string> {
  const { token } = await createToken(
    world.services,
    { orgId: world.orgId, name: 'test', scopes: [scope], personId: person?.personId },
    'test',
  );
  return token.reveal();
}

async function call({ method, path, body }: Route, token: string) {
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const url = path.replace(/\{(\w+)\}/g, (_found, name: string) => ids[name] ?? '');
  return app.inject({
    method,
    url: `/api/v1/${url}`,
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': newId('tok'),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { payload: JSON.stringify(body?.() ?? {}) } : {}),
  });
}

const deciding = routes.filter(({ right }) => right !== undefined);

describe('rights around matching', () => {
  test('api: every route of matching stands in this table', async () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse((await app.inject({ url: '/api/openapi.json' })).json());
    const shape = (path: string): string => path.replace(/\{\w+\}/g, '{}');
    const known = new Set(routes.map(({ method, path }) => `${method} /api/v1/${shape(path)}`));
    const missing = Object.entries(paths)
      .filter(([path]) => /\/(matches|matching)\b|exempt/.test(path))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${shape(path)}`),
      )
      .filter((route) => !known.has(route));
    // A preview only reads, and an exemption is taken back by the right that makes it.
    expect(missing.toSorted()).toEqual([
      'POST /api/v1/entries/{}/unexempt',
      'POST /api/v1/matching/preview',
    ]);
  });

  test.each(deciding)('api: $method $path needs $right, and nothing else', async (route) => {
    const nobody = await world.person('Nobody');
    const other = deciding.find(({ right }) => right !== route.right)?.right ?? 'claim.make';
    const wrong = await world.entitled('Wrong', other);
    expect((await call(route, await bearer('read', nobody))).statusCode).toBe(403);
    expect((await call(route, await bearer('write'))).statusCode).toBe(403);
    expect((await call(route, await bearer('write', nobody))).statusCode).toBe(403);
    expect((await call(route, await bearer('write', wrong))).statusCode).toBe(403);
    const entitled = await world.entitled('Entitled', route.right ?? 'match.decide');
    const answer = await call(route, await bearer('write', entitled));
    expect([answer.statusCode, answer.body]).toEqual([route.passes ?? 200, expect.anything()]);
  });

  test('api: a right for another account is none for this one', async () => {
    const person = await world.person('Elsewhere');
    await world.grant(person, 'match.decide', { accountId: world.accounts[1] });
    const [, , , confirm] = routes;
    if (!confirm) throw new Error('no route');
    expect((await call(confirm, await bearer('write', person))).statusCode).toBe(403);
  });

  test('api: whoever may not read the account sees that there is a match, and no more', async () => {
    const nobody = await world.person('Nobody');
    const reader = await world.entitled('Reader', 'account.read');
    const small = await world.person('Small');
    await world.grant(small, 'account.read', { amountMax: parseMoney('999.99', 'IDR') });
    const read = async (person: PersonActor, path: string): Promise<string> =>
      (await call({ method: 'GET', path }, await bearer('read', person))).body;
    for (const path of ['matches', 'matches/{suggestion}', 'matching/breaks']) {
      for (const person of [nobody, small]) {
        const masked = await read(person, path);
        expect(masked).toContain('"isMasked":true');
        expect(masked).not.toMatch(/1000\.00|RAHASIA/);
      }
      expect(await read(reader, path)).toMatch(/1000\.00/);
    }
    // Reasons name the other side, so they are for readers only.
    expect(await read(reader, 'matches/{suggestion}')).toContain('RAHASIA');
  });
});
