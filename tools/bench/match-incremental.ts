import { parsePlainDate } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { EntryReport } from '#core/statements.ts';
import { createDirectory } from '#store/directory.ts';
import { recordReports } from '#store/entries.ts';
import { inTransaction } from '#store/transaction.ts';
import { matchEntries } from '../../src/flows/reconciliation/match-entries.ts';
import { prepareItem } from '../../src/flows/reconciliation/line-keys.ts';
import { percentile, round } from '../harness/figures.ts';
import { addOrg } from '../harness/furnish.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { createTeller, machine, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';

const FIRST = 40_000_000;
const PARTIES = 20_000;
const AMOUNTS = 19_997;
const DAY = '2026-11-23';
const WARM = 40;

/**
 * One new entry after the other, each matched in the transaction that records it, against so many open
 * items; beside it one look-up by key in the same table. A quarter of the entries name their invoice, a
 * quarter only their customer, a quarter pay two invoices of a customer, a quarter nobody expected.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { items: 1_000_000, entries: 400 });
  const tell = createTeller(options.isQuiet);
  const world = await openWorld();
  try {
    tell(`${options.items} open items are written …`);
    const orgId = await furnish(world, options.items);
    const services = world.services;
    const directory = createDirectory(services);
    const times = { match: new Array<number>(), whole: new Array<number>() };
    const floor: number[] = [];
    const told = { matched: 0, suggested: 0, partial: 0, unknown: 0, exempt: 0 };
    let failed = 0;
    for (let index = 0; index < options.entries + WARM; index += 1) {
      const entry = entryOf(index, options.items);
      const now = new Date();
      const began = performance.now();
      const { ms, state } = await inTransaction(services.pool, async (_client, transaction) => {
        const { versions } = await recordReports(transaction, [
          {
            orgId: parseId('org', orgId),
            accountId: parseId('acc', 'acc_bench'),
            source: 'push',
            reports: [{ report: entry, messageKey: `bench/${index}` }],
            completeDays: new Set(),
            seenAt: now,
          },
        ]);
        const start = performance.now();
        const matches = await matchEntries(transaction, versions, {
          directory,
          now,
          links: new Map(),
          onProblem: (error) => {
            failed += 1;
            tell(`entry ${index} was not matched: ${String(error)}`);
          },
        });
        return { ms: performance.now() - start, state: [...matches.values()][0]?.state };
      });
      const whole = performance.now() - began;
      const lookUp = performance.now();
      await services.pool.query({
        name: 'bench-floor',
        text: `SELECT i.* FROM item_key k JOIN expected_item i USING (org_id, item_id)
               WHERE k.org_id = $1 AND k.key = $2`,
        values: [orgId, `INV${FIRST + ((index * 7_919) % options.items)}`],
      });
      if (index < WARM) continue;
      floor.push(performance.now() - lookUp);
      times.match.push(ms);
      times.whole.push(whole);
      if (state) told[state] += 1;
    }
    return printResult({
      name: 'match-incremental',
      work: { ...machine(), items: options.items, entries: options.entries, parties: PARTIES },
      cashbell: {
        p50Ms: round(percentile(times.match, 0.5)),
        p99Ms: round(percentile(times.match, 0.99)),
        maxMs: round(percentile(times.match, 1)),
        transactionP50Ms: round(percentile(times.whole, 0.5)),
        transactionP99Ms: round(percentile(times.whole, 0.99)),
        ...told,
        // Rang without being matched, because it took too long: should be 0.
        failed,
      },
      floor: { p50Ms: round(percentile(floor, 0.5)), p99Ms: round(percentile(floor, 0.99)) },
      peers: {},
      ratios: { p50OfFloor: round(percentile(times.match, 0.5) / percentile(floor, 0.5)) },
    });
  } finally {
    await world.stop();
  }
}

/** The n-th item's amount and customer, as the database makes them too. */
function amountOf(n: number): bigint {
  return BigInt(100_000 + ((n * 7_919) % AMOUNTS) * 100);
}

function partyOf(n: number): string {
  const letters = [...String(n % PARTIES)].map((digit) => 'ABCDEFGHIJ'[Number(digit)] ?? 'A');
  return `PT ${letters.join('')}WATI JAYA`;
}

function entryOf(index: number, items: number): EntryReport {
  const n = (index * 7_919 + 13) % items;
  const second = (n + PARTIES) % items;
  const kind = index % 4;
  const units = [
    amountOf(n),
    amountOf(n),
    amountOf(n) + amountOf(second),
    7_777_777_777n + BigInt(index),
  ];
  const text = [
    `TRSF E-BANKING CR INV-${FIRST + n} ${partyOf(n)}`,
    `TRSF E-BANKING CR ${partyOf(n)}`,
    `TRSF E-BANKING CR ${partyOf(n)}`,
    'SETORAN TUNAI 0987',
  ];
  return {
    creditDebitIndicator: 'credit',
    amount: money(units[kind] ?? 0n, 'IDR'),
    status: 'booked',
    bookingDate: parsePlainDate(DAY),
    remittanceInformation: text[kind] ?? '',
    evidence: [],
  };
}

async function furnish(world: World, items: number): Promise<string> {
  const orgId = await addOrg(world, 'Matching benchmark');
  const { pool } = world.services;
  const client = await pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    for (const text of FURNISH_SQL) {
      const isCounted = text.includes('$2');
      await client.query({ text, values: isCounted ? [orgId, items] : [orgId] });
    }
    await client.query('VACUUM ANALYZE');
    await proveKeys(world, orgId);
  } finally {
    client.release();
  }
  return orgId;
}

/** The keys that SQL wrote are those that the product would have written. */
async function proveKeys(world: World, orgId: string): Promise<void> {
  const { rows } = await world.services.pool.query<{ match_keys: string[]; fold: string }>(
    `SELECT match_keys, counterparty_fold AS fold FROM expected_item
     WHERE org_id = $1 AND item_id = 'itm_000000123'`,
    [orgId],
  );
  const wanted = prepareItem({
    kind: 'invoice',
    creditDebitIndicator: 'credit',
    source: 'bench',
    sourceKey: '123',
    number: `INV-${FIRST + 123}`,
    counterpartyName: partyOf(123),
    amount: money(amountOf(123), 'IDR'),
  });
  const [row] = rows;
  const same = row?.match_keys.toSorted().join() === wanted.keys.toSorted().join();
  if (!same || row?.fold !== wanted.counterpartyFold) {
    throw new Error(`keys differ: ${JSON.stringify(row)} and ${JSON.stringify(wanted)}`);
  }
}

const LETTERS = `translate((n % ${PARTIES})::text, '0123456789', 'ABCDEFGHIJ')`;

const FURNISH_SQL = [
  `INSERT INTO connection (org_id, connection_id, connector, name, environment, base_url)
   VALUES ($1, 'con_bench', 'bca', 'BCA', 'sandbox', 'http://127.0.0.1:9')`,
  `INSERT INTO account (org_id, account_id, connection_id, number, name, currency, zone)
   VALUES ($1, 'acc_bench', 'con_bench', '7010', 'Bench', 'IDR', 'Asia/Jakarta')`,
  `INSERT INTO expected_item (org_id, item_id, kind, credit_debit_indicator, source, source_key,
     number, counterparty_name, counterparty_fold, currency, amount_minor_units, due_on, match_keys,
     created_by, created_at, changed_at)
   SELECT $1, 'itm_' || lpad(n::text, 9, '0'), 'invoice', 'credit', 'bench', n::text,
     'INV-' || ${FIRST} + n, 'PT ' || ${LETTERS} || 'WATI JAYA', 'PT ' || ${LETTERS} || 'WATI JAYA',
     'IDR', 100000 + ((n * 7919::bigint) % ${AMOUNTS}) * 100,
     date '${DAY}' - 30 + (n % 60)::int,
     ARRAY['=INV' || ${FIRST} + n, 'INV' || ${FIRST} + n, (${FIRST} + n)::text],
     'bench', now(), now()
   FROM generate_series(0, $2::int - 1) n`,
  `INSERT INTO item_key (org_id, key, item_id)
   SELECT org_id, k.key, item_id FROM expected_item, unnest(match_keys) AS k (key)
   WHERE org_id = $1`,
  `INSERT INTO item_party_token (org_id, token, counterparty_fold)
   SELECT $1, t.token, 'PT ' || ${LETTERS} || 'WATI JAYA'
   FROM generate_series(0, ${PARTIES - 1}) n
   CROSS JOIN LATERAL (VALUES ('PT'), (${LETTERS} || 'WATI'), ('JAYA')) t (token)`,
  `INSERT INTO match_settings (org_id, expects_credit, changed_by, changed_at)
   VALUES ($1, true, 'bench', now())`,
] as const;
