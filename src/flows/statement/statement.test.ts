import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CashbellError } from '#core/errors.ts';
import type { StatementPage } from '#core/statements.ts';
import type { BankCaller } from '#engine/bank-calls.ts';
import { claimPolls } from '#store/polls.ts';
import type { Services } from '#store/services.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { storyReport } from '#tests/story-bank.ts';
import type { StoryLine } from '#tests/story-bank.ts';
import { pollStatement } from './statement-flow.ts';
import { createUnchangedStatements, finishPollBatch, statementSteps } from './statement-steps.ts';

let database: TestDatabase;
let world: FlowWorld;
let pages: (() => StatementPage)[];
let asked: number;
const today = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  await makeWorld();
  pages = [];
  asked = 0;
});
afterAll(() => database.drop());

/** What is before today is known already, so that windows reach until now. */
async function makeWorld(): Promise<void> {
  world = await createFlowWorld(database);
  await database.pool.query(
    `UPDATE poll SET proven_until = now() - interval '5 hours' WHERE org_id = $1`,
    [world.orgId],
  );
}

const line = (text: string, amount: string, balanceAfter: string): StoryLine => ({
  text,
  amount,
  balanceAfter,
  day: today,
});
const page =
  (...lines: StoryLine[]) =>
  (): StatementPage => ({
    entries: lines.map(storyReport),
    balances: [],
  });

/** Polls account 1001 as a worker would, on a database that may fail. */
async function poll(services: Services = world.services): Promise<unknown> {
  await database.pool.query(
    `UPDATE poll SET next_at = CASE WHEN account_id = $1 THEN now() - interval '1 second'
       ELSE now() + interval '1 year' END, lease_until = NULL`,
    [world.accounts[0]],
  );
  const options = { now: new Date(), leaseMs: 60_000, limit: 10 };
  const [due] = await claimPolls(database.pool, 'wrk_a', options);
  if (!due) throw new Error('no poll is due');
  const banks = {
    ask: () => {
      asked += 1;
      const next = pages.length > 1 ? pages.shift() : pages[0];
      return Promise.resolve().then(() => next?.());
    },
  } as unknown as BankCaller;
  const steps = await statementSteps(
    {
      services,
      directory: world.directory,
      banks,
      announcer: world.announcer,
      unchanged: createUnchangedStatements(),
      finish: (result) => finishPollBatch(world.services, [result]),
      onRings: () => {},
    },
    due,
  );
  return pollStatement(steps);
}

const books = async () => ({
  entries: await world.ask(
    `SELECT remittance_information AS text, version, state FROM entry WHERE org_id = $1
     ORDER BY position`,
    [world.orgId],
  ),
  events: (
    await world.ask(`SELECT 1 FROM event WHERE org_id = $1 AND subject_id IS NOT NULL`, [
      world.orgId,
    ])
  ).length,
});

interface PollRow {
  readonly proven_until: Date;
  readonly failures: number;
  readonly last_code: string | null;
  readonly waits: boolean;
}
async function pollRow(): Promise<PollRow> {
  const [row] = await world.ask<PollRow>(
    `SELECT proven_until, failures, last_code, lease_owner IS NULL AND next_at > now() AS waits
     FROM poll WHERE account_id = $1`,
    [world.accounts[0]],
  );
  if (!row) throw new Error('no poll');
  return row;
}

describe('statement', () => {
  test('statement: lines are recorded once, however often they are read', async () => {
    pages = [page(line('rent', '10.00', '110.00'), line('tax', '5.00', '115.00'))];
    const before = await pollRow();
    await poll();
    await poll();
    expect(await books()).toMatchObject({
      entries: [
        { text: 'rent', version: 1 },
        { text: 'tax', version: 1 },
      ],
      events: 2,
    });
    expect((await pollRow()).proven_until > before.proven_until).toBe(true);
    expect(await pollRow()).toMatchObject({ failures: 0, last_code: null, waits: true });
  });

  test('statement: a line of a day that was not asked for waits for the window of its day', async () => {
    const tomorrow = { ...line('rent', '10.00', '110.00'), day: '2099-01-01' };
    pages = [page(tomorrow, line('tax', '5.00', '115.00'))];
    await poll();
    await poll();
    expect((await books()).entries).toMatchObject([{ text: 'tax', version: 1 }]);
  });

  test('statement: two real equal lines stay two, and a third that comes later is the third', async () => {
    const [first, second, third] = ['110.00', '120.00', '130.00'].map((after) =>
      line('coffee', '10.00', after),
    );
    if (!first || !second || !third) throw new Error('no lines');
    pages = [page(first, second)];
    await poll();
    expect((await books()).entries).toHaveLength(2);
    pages = [page(first, second, third)];
    await poll();
    expect((await books()).entries).toHaveLength(3);
  });

  test.each([
    ['a throttled bank', new CashbellError('bank.throttled', { waitSeconds: 7 }), 'bank.throttled'],
    ['an unreadable answer', new TypeError('no lines'), 'connector.answerUnreadable'],
    [
      'a closed bank',
      new CashbellError('bank.maintenance', { until: '2099-01-01T00:00:00Z' }),
      'bank.maintenance',
    ],
  ])(
    'statement: %s moves no window, records nothing and bars no later attempt',
    async (_what, error, code) => {
      const before = await pollRow();
      pages = [
        () => {
          throw error;
        },
      ];
      await poll();
      const after = await pollRow();
      expect(after.proven_until).toEqual(before.proven_until);
      expect(after).toMatchObject({ failures: 1, last_code: code, waits: true });
      expect((await books()).entries).toEqual([]);
      pages = [page(line('rent', '10.00', '110.00'))];
      await poll();
      expect((await books()).entries).toHaveLength(1);
    },
  );

  test('statement: pages that never end are an error, not a flood', async () => {
    const endless = (): StatementPage => ({ entries: [], balances: [], nextCursor: `c${asked}` });
    pages = [endless];
    await poll();
    expect(asked).toBeLessThanOrEqual(200);
    expect(await pollRow()).toMatchObject({ last_code: 'connector.answerUnreadable' });
  });

  test('statement: lines of another currency are refused whole', async () => {
    pages = [page({ amount: '1.00', currency: 'HKD', day: today })];
    await poll();
    expect(await pollRow()).toMatchObject({ failures: 1, last_code: 'statement.currencyMismatch' });
  });

  test('statement: a connection that fails three times is told once, and once when it is back', async () => {
    pages = [
      () => {
        throw new CashbellError('bank.unavailable');
      },
    ];
    for (let index = 0; index < 5; index += 1) await poll();
    const kinds = async (): Promise<unknown[]> =>
      (
        await world.ask<{ kind: string }>(
          `SELECT kind FROM event WHERE org_id = $1 AND subject_id IS NULL ORDER BY created_at`,
          [world.orgId],
        )
      ).map(({ kind }) => kind);
    expect(await kinds()).toEqual(['connection.failing']);
    pages = [page(line('rent', '10.00', '110.00'))];
    await poll();
    expect(await kinds()).toEqual(['connection.failing', 'connection.recovered']);
  });

  test.each(['before', 'after'] as const)(
    'statement: a kill %s any statement loses nothing and records once',
    async (when) => {
      let step = 0;
      for (let isThrough = false; !isThrough; step += 1) {
        await makeWorld();
        pages = [page(line('rent', '10.00', '110.00'), line('tax', '5.00', '115.00'))];
        let left = step;
        let isDead = false;
        const die = (text: string): void => {
          if (text === 'ROLLBACK') return;
          if (!isDead && left > 0) {
            left -= 1;
            return;
          }
          isDead = true;
          throw new Error('killed');
        };
        const pool = interpose(database.pool, { [when]: die });
        await poll({ ...world.services, pool }).catch(() => undefined);
        isThrough = !isDead;
        const before = await pollRow();
        if (isDead && when === 'before') expect(before.failures).toBe(1);
        await poll();
        expect(await books(), `after step ${step}`).toMatchObject({
          entries: [{ text: 'rent' }, { text: 'tax' }],
          events: 2,
        });
      }
      expect(step).toBeGreaterThan(6);
    },
  );
});
