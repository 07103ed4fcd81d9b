import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addMs, parseInstant } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { formatDecimal } from '#core/money.ts';
import type { ReportCell, ReportDocument } from '#core/report-document.ts';
import { verifyAudit } from '#store/audit.ts';
import { databaseClock, waitUntilSettled } from '#store/report-clock.ts';
import { insertRate } from '#store/report-facts.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn } from '#tests/ring-world.ts';
import { forPages, makeDocument } from './make-document.ts';
import type { ReportKind, SettledSettings } from '#core/reports.ts';

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
});
afterAll(() => database.drop());

const NOVEMBER = { from: '2026-11-01', to: '2026-11-30' };

async function make(
  kind: ReportKind,
  settings: SettledSettings = NOVEMBER,
  options: { asOf?: Instant; actor?: string; language?: 'en' | 'ar' } = {},
): Promise<ReportDocument> {
  const { services, directory, connectorOf, orgId } = world;
  const { document } = await makeDocument(
    { pool: services.pool, directory, connectorOf, now: services.now },
    {
      orgId,
      kind,
      settings,
      language: options.language ?? 'en',
      zone: 'Asia/Jakarta',
      asOf: options.asOf ?? (await databaseClock(services.pool)),
      actor: options.actor ?? 'cli',
    },
  );
  return document;
}

/** A moment that is over: whatever is recorded from now on is later. */
async function moment(): Promise<Instant> {
  const at = await databaseClock(database.pool);
  await waitUntilSettled(database.pool, at);
  return at;
}

/** A cell as a test says it. */
function said(cell: ReportCell | null): string | number | null {
  if (cell === null) return null;
  switch (cell.kind) {
    case 'text':
    case 'code':
      return cell.text;
    case 'money':
      return formatDecimal(cell.money);
    case 'date':
      return cell.date.toString();
    case 'moment':
      return cell.at.toString();
    case 'count':
      return cell.count;
    case 'share':
      return cell.share;
    case 'rate':
      return cell.rate;
  }
}

function section(document: ReportDocument, title: string) {
  const found = document.sections.find((one) => one.title === title);
  if (!found)
    throw new Error(`no section ${title}: ${document.sections.map((one) => one.title).join()}`);
  return found;
}

function rowsOf(document: ReportDocument, title: string): (string | number | null)[][] {
  return (section(document, title).tables?.[0]?.rows ?? []).map((row) => row.map(said));
}

function figuresOf(
  document: ReportDocument,
  title: string,
): Record<string, string | number | null> {
  const figures = section(document, title).figures ?? [];
  return Object.fromEntries(figures.map(({ label, cell }) => [label, said(cell)]));
}

/** Everything but when the copy was made. */
function content({ madeAt: _madeAt, ...rest }: ReportDocument): unknown {
  return JSON.parse(
    JSON.stringify(rest, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  );
}

const line = (key: string, amount: string, more: object = {}) => ({ key, amount, ...more });

describe('statement', () => {
  test('statement: opening, movements and closing add up to what the bank says', async () => {
    await bringIn(world, {
      id: 'a',
      movements: [
        line('k0', '40.00', { day: '2026-10-30', balanceAfter: '140.00' }),
        line('k1', '60.00', { day: '2026-11-02', balanceAfter: '200.00' }),
        line('k2', '25.50', { day: '2026-11-03', side: 'debit', balanceAfter: '174.50' }),
      ],
    });
    const document = await make('statement');
    expect(figuresOf(document, 'Story Bank · One · IDR')).toMatchObject({
      'Opening balance': '140.00',
      In: '60.00',
      Out: '25.50',
      'Closing balance': '174.50',
      'Closing stated by the bank': '174.50',
      Movements: 2,
    });
    expect(section(document, 'Story Bank · One · IDR').notes).toContain(
      'Opening, movements and closing add up.',
    );
    expect(rowsOf(document, 'Reconciliation of accounts')[0]).toEqual([
      'Story Bank',
      'One',
      'IDR',
      '140.00',
      '60.00',
      '25.50',
      '174.50',
      '174.50',
      '0.00',
      'adds up',
    ]);
  });

  test('statement: a line that was not told shows as a difference', async () => {
    await bringIn(world, {
      id: 'a',
      movements: [
        line('k1', '60.00', { day: '2026-11-02', balanceAfter: '200.00' }),
        line('k2', '10.00', { day: '2026-11-03', balanceAfter: '215.00' }),
      ],
    });
    const [row] = rowsOf(await make('statement'), 'Reconciliation of accounts');
    expect(row?.slice(3)).toEqual([
      '140.00',
      '70.00',
      '0.00',
      '210.00',
      '215.00',
      '5.00',
      'does not add up',
    ]);
  });

  test('statement: nothing is guessed where the bank told no balance', async () => {
    await bringIn(world, { id: 'a', movements: [line('k1', '60.00', { day: '2026-11-02' })] });
    const [row] = rowsOf(await make('statement'), 'Reconciliation of accounts');
    expect(row?.slice(3)).toEqual([null, '60.00', '0.00', null, null, null, 'cannot be checked']);
  });

  test('statement: what is pending or was taken back is listed and not counted', async () => {
    await bringIn(world, {
      id: 'a',
      movements: [
        line('k1', '60.00', { day: '2026-11-02', status: 'pending' }),
        line('k2', '70.00', { day: '2026-11-02' }),
      ],
    });
    await bringIn(world, {
      id: 'b',
      movements: [line('k2', '70.00', { day: '2026-11-02', reversed: true })],
    });
    const document = await make('statement');
    expect(figuresOf(document, 'Story Bank · One · IDR')).toMatchObject({
      In: '0.00',
      Movements: 2,
    });
    const states = rowsOf(document, 'Story Bank · One · IDR').map((row) => row[8]);
    expect(new Set(states)).toEqual(new Set(['pending', 'reversed']));
  });
});

describe('as of', () => {
  test('as of: what came or changed later does not change a report of before', async () => {
    await bringIn(world, {
      id: 'a',
      movements: [
        line('k1', '60.00', { day: '2026-11-02', status: 'pending', balanceAfter: '160.00' }),
      ],
      balances: [{ account: '1001', amount: '160.00', at: '2026-11-02T05:00:00Z' }],
    });
    const asOf = await moment();
    const kinds = [
      'dailyCash',
      'statement',
      'matching',
      'payments',
      'bankDelay',
      'monthEnd',
    ] as const;
    const before = new Map<string, unknown>();
    for (const kind of kinds) before.set(kind, content(await make(kind, NOVEMBER, { asOf })));
    await bringIn(world, {
      id: 'b',
      movements: [
        line('k1', '60.00', { day: '2026-11-02', balanceAfter: '160.00' }),
        line('k3', '5.00', { day: '2026-11-02', balanceAfter: '165.00' }),
      ],
      balances: [{ account: '1001', amount: '165.00', at: '2026-11-02T05:00:00Z' }],
    });
    for (const kind of kinds) {
      expect(content(await make(kind, NOVEMBER, { asOf })), kind).toEqual(before.get(kind));
    }
    const later = await make('statement');
    expect(rowsOf(later, 'Story Bank · One · IDR')).toHaveLength(2);
  });

  test('as of: a match that was taken back later still stands before', async () => {
    await bringIn(world, { id: 'a', movements: [line('k1', '60.00', { day: '2026-11-02' })] });
    const { orgId } = world;
    const [entry] = await world.ask<{ entry_id: string }>(
      'SELECT entry_id FROM entry WHERE org_id = $1',
      [orgId],
    );
    const entryId = entry?.entry_id;
    const ask = (text: string, values: unknown[] = []) => world.ask(text, [orgId, ...values]);
    await ask(
      `INSERT INTO expected_item (org_id, item_id, kind, credit_debit_indicator, source, source_key,
         number, currency, amount_minor_units, due_on, created_by, created_at, changed_at)
       VALUES ($1, 'itm_1', 'invoice', 'credit', 'test', '1', 'INV/4711', 'IDR', 10000, '2026-11-01',
         'test', now(), now())`,
    );
    await ask(
      `INSERT INTO match (org_id, match_id, kind, state, basis, decision, probability, reasons,
         decided_at, created_at)
       VALUES ($1, 'mat_1', 'single', 'suggested', 'exactKey', 'none', 0.99,
         '[{"code": "invoiceNumber", "values": {"number": "INV/4711"}}]', NULL, now())`,
    );
    await ask(
      `INSERT INTO match_leg (org_id, match_id, leg, role, entry_id, item_id, entry_minor_units,
         entry_currency, item_minor_units, item_currency)
       VALUES ($1, 'mat_1', 1, 'allocation', $2, 'itm_1', 6000, 'IDR', 6000, 'IDR')`,
      [entryId],
    );
    const suggested = await moment();
    await ask(
      `UPDATE match SET state = 'standing', decision = 'automatic', decided_at = now()
       WHERE org_id = $1`,
    );
    const standing = await moment();
    await ask(`UPDATE match SET state = 'undone', undone_at = now() WHERE org_id = $1`);
    const undone = await moment();

    const seen = async (asOf: Instant) => {
      const document = await make('matching', NOVEMBER, { asOf });
      return [
        rowsOf(document, 'How much is matched')[0]?.slice(3, 7),
        rowsOf(document, 'Expected, not yet seen').map((row) => [row[6], row[7]]),
      ];
    };
    expect(await seen(suggested)).toEqual([[0, 0, 1, 0], [['100.00', 'suggested']]]);
    expect(await seen(standing)).toEqual([[1, 0, 0, 0], [['40.00', 'partly matched']]]);
    expect(await seen(undone)).toEqual([[0, 0, 0, 1], [['100.00', 'open']]]);
    // In a closed period it would have been taken back by a match that reverses it.
    await ask(`UPDATE match SET state = 'standing' WHERE org_id = $1`);
    await ask(
      `INSERT INTO match (org_id, match_id, kind, state, basis, decision, reverses_match_id, created_at)
       VALUES ($1, 'mat_2', 'single', 'standing', 'person', 'person', 'mat_1', now())`,
    );
    await ask(
      `INSERT INTO match_leg SELECT org_id, 'mat_2', leg, role, entry_id, item_id, other_entry_id,
         entry_minor_units, entry_currency, item_minor_units, item_currency
       FROM match_leg WHERE org_id = $1`,
    );
    const reversed = await moment();
    expect(await seen(reversed)).toEqual([[0, 0, 0, 1], [['100.00', 'open']]]);
    expect(await seen(standing)).toEqual([[1, 0, 0, 0], [['40.00', 'partly matched']]]);
    const pack = await make('monthEnd', NOVEMBER, { asOf: standing });
    expect(rowsOf(pack, 'Automatic decisions')).toEqual([
      [
        'mat_1',
        '2026-11-02',
        null,
        'IDR',
        '60.00',
        'INV/4711',
        expect.any(String),
        0.99,
        expect.any(String),
      ],
    ]);
    // What was left over from before the time stands among what is open, as it stood then.
    await ask(`UPDATE entry SET match_state = 'unknown' WHERE org_id = $1`);
    const december = { from: '2026-12-01', to: '2026-12-31' };
    const open = async (asOf: Instant) =>
      rowsOf(await make('monthEnd', december, { asOf }), 'Movements without a match').map(
        (row) => row[7],
      );
    expect(await open(reversed)).toEqual(['60.00']);
    await ask(`UPDATE entry SET match_state = 'matched' WHERE org_id = $1`);
    expect(await open(reversed)).toEqual([]);
    expect(await open(undone)).toEqual(['60.00']);
    expect(await open(standing)).toEqual([]);
    const head = figuresOf(pack, 'Audit')['Head of the chain (SHA-256)'];
    const verdict = await verifyAudit(database.pool, orgId);
    expect(head).toBe(verdict.lastHash);
  });

  test('as of: a moment that is still to come is refused', async () => {
    const { pool, now } = world.services;
    await expect(
      make('statement', NOVEMBER, { asOf: addMs(await databaseClock(pool), 86_400_000) }),
    ).rejects.toMatchObject({ code: 'api.invalid' });
    expect(now().epochMilliseconds).toBeGreaterThan(0);
  });

  test('as of: a transaction that still writes is waited for', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('UPDATE org SET name = name WHERE org_id = $1', [world.orgId]);
      const asOf = await databaseClock(world.services.pool);
      let isDone = false;
      const making = make('statement', NOVEMBER, { asOf }).then(() => {
        isDone = true;
      });
      await client.query('SELECT pg_sleep(0.15)');
      expect(isDone).toBe(false);
      await client.query('COMMIT');
      await making;
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});

describe('daily cash', () => {
  const today = { from: '2026-11-23', to: '2026-11-23' };

  test('daily cash: each currency stands for itself, and without a rate there is no total', async () => {
    await bringIn(world, {
      id: 'a',
      movements: [line('k1', '100.00', { balanceAfter: '1000.00' })],
    });
    await database.pool.query(
      `UPDATE account SET currency = 'USD' WHERE org_id = $1 AND account_id = $2`,
      [world.orgId, world.accounts[1]],
    );
    world.directory.forget();
    await bringIn(world, {
      id: 'b',
      movements: [line('k2', '7.00', { account: '1002', currency: 'USD', balanceAfter: '50.00' })],
    });
    const without = await make('dailyCash', { ...today, currency: 'IDR' });
    expect(figuresOf(without, 'Whole company')).toEqual({
      'Total in IDR': '1000.00',
      'Total in USD': '50.00',
    });
    expect(section(without, 'Whole company').notes?.join('\n')).toContain(
      'no rate for USD into IDR',
    );
    await insertRate(world.services.pool, {
      orgId: world.orgId,
      base: 'USD',
      quote: 'IDR',
      rate: '16250.5',
      asOf: parseInstant('2026-11-23T03:00:00Z'),
      source: 'JISDOR',
      recordedBy: 'test',
    });
    const total = await make('dailyCash', { ...today, currency: 'IDR' });
    expect(rowsOf(total, 'By currency')).toEqual([
      ['IDR', '1000.00', null, null, null, '1000.00'],
      ['USD', '50.00', '16250.5', 'USD/IDR · JISDOR', expect.any(String), '812525.00'],
    ]);
    const sums = section(total, 'By currency').tables?.[0]?.totals?.[0]?.map(said);
    expect(sums?.at(-1)).toBe('813525.00');
  });
});

test('pages: a long table is cut on pages and says so', async () => {
  const document = await make('statement');
  const [first] = document.sections;
  const rows = Array.from({ length: 1_001 }, () => [{ kind: 'count' as const, count: 1 }]);
  const table = { columns: [{ title: 'n' }], rows, empty: '' };
  const cut = forPages({ ...document, sections: first ? [{ ...first, tables: [table] }] : [] });
  expect(cut.sections[0]?.tables?.[0]?.rows).toHaveLength(1_000);
  expect(cut.sections[0]?.notes?.join()).toContain('first 1000 lines');
});
