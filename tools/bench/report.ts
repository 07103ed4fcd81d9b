import { median, round } from '../harness/figures.ts';
import { numberOf, startChild } from '../harness/child.ts';
import { addOrg } from '../harness/furnish.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { createTeller, machine, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';

const ACCOUNTS = 4;
const MONTH = { from: '2026-10-01', to: '2026-10-31' } as const;

/**
 * A month-end pack: statements of all accounts with their matches, reconciliation, open lines, automatic
 * decisions and audit, as workbook and pages; against the same rows as plain CSV in the same run. Each
 * run is a process of its own, so that peak memory is that of one report.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { entries: 50_000, rounds: 3 });
  const tell = createTeller(options.isQuiet);
  const world = await openWorld();
  try {
    tell(`${options.entries} entries are written …`);
    const orgId = await furnish(world, options.entries);
    const asOf = new Date(Date.now() - 1_000).toISOString();
    const job = { url: world.databaseUrl, orgId, asOf, ...MONTH };
    const packs: unknown[] = [];
    const floors: unknown[] = [];
    for (let index = 1; index <= options.rounds; index += 1) {
      packs.push(await ask({ ...job, kind: 'pack' }));
      floors.push(await ask({ ...job, kind: 'csv' }));
      const seconds = round(numberOf(packs.at(-1), 'seconds'));
      const floor = round(numberOf(floors.at(-1), 'seconds'), 3);
      tell(`round ${index}: pack ${seconds} s, plain CSV ${floor} s`);
    }
    const middle = (of: readonly unknown[], name: string, digits = 2): number =>
      round(median(of.map((one) => numberOf(one, name))), digits);
    const rows = numberOf(floors[0], 'rows');
    if (rows !== options.entries) throw new Error(`the floor wrote ${rows} rows`);
    return printResult({
      name: 'report',
      work: { ...machine(), entries: options.entries, accounts: ACCOUNTS, rounds: options.rounds },
      cashbell: {
        seconds: middle(packs, 'seconds'),
        readSeconds: middle(packs, 'readSeconds'),
        workbookSeconds: middle(packs, 'workbookSeconds'),
        pagesSeconds: middle(packs, 'pagesSeconds'),
        // Of the process that makes the report; pages are made by a process of their own.
        rssMb: middle(packs, 'rssMb', 0),
        rssBeforePagesMb: middle(packs, 'rssBeforePagesMb', 0),
        pagesRssMb: middle(packs, 'pagesRssMb', 0),
        workbookBytes: middle(packs, 'workbookBytes', 0),
        pagesBytes: middle(packs, 'pagesBytes', 0),
      },
      floor: {
        seconds: middle(floors, 'seconds', 3),
        rssMb: middle(floors, 'rssMb', 0),
        bytes: middle(floors, 'bytes', 0),
      },
      peers: {},
      ratios: {
        ofFloor: round(middle(packs, 'seconds') / middle(floors, 'seconds', 4)),
        workbookOfFloor: round(
          (middle(packs, 'readSeconds') + middle(packs, 'workbookSeconds')) /
            middle(floors, 'seconds', 4),
        ),
      },
    });
  } finally {
    await world.stop();
  }
}

async function ask(job: object): Promise<unknown> {
  const child = await startChild({ script: 'tools/bench/parts/report-maker.ts' });
  try {
    return JSON.parse(await child.ask(JSON.stringify(job)));
  } finally {
    await child.stop();
  }
}

/** Accounts with running balances; four in five movements belong to an invoice by themselves. */
async function furnish(world: World, entries: number): Promise<string> {
  const orgId = await addOrg(world, 'Report benchmark');
  const { pool } = world.services;
  for (const text of FURNISH_SQL) {
    await pool.query({ text, values: [orgId, entries, ACCOUNTS].slice(0, placesOf(text)) });
  }
  await pool.query('ANALYZE');
  return orgId;
}

function placesOf(text: string): number {
  return Math.max(...[...text.matchAll(/\$(\d)/g)].map(([, number]) => Number(number)));
}

/** Made by the database itself, so that the benchmark's own memory stays small. */
const FURNISH_SQL = [
  `INSERT INTO connection (org_id, connection_id, connector, name, environment, base_url)
   VALUES ($1, 'con_bench', 'bca', 'BCA', 'sandbox', 'http://127.0.0.1:9')`,
  `INSERT INTO account (org_id, account_id, connection_id, number, name, currency, zone)
   SELECT $1, 'acc_bench' || n, 'con_bench', '70' || n, 'Account ' || n, 'IDR', 'Asia/Jakarta'
   FROM generate_series(0, $3::int - 1) n WHERE $2::int >= 0`,
  `INSERT INTO entry (org_id, entry_id, account_id, version, state, credit_debit_indicator,
     amount_minor_units, currency, booking_date, remittance_information, sources, position,
     balance_after_minor_units, seen_at, match_state)
   SELECT $1, 'ent_' || lpad(n::text, 9, '0'), 'acc_bench' || n % $3::int, 1, 'booked', side, amount,
     'IDR', day, 'TRSF E-BANKING CR INV/' || n || ' PT CUSTOMER NUMBER ' || n % 997, '{statement}',
     n, 900000000000 + sum(CASE side WHEN 'credit' THEN amount ELSE -amount END)
       OVER (PARTITION BY n % $3::int ORDER BY n), now() - interval '1 hour', 'matched'
   FROM (SELECT n, CASE WHEN n % 3 = 0 THEN 'debit' ELSE 'credit' END AS side,
           100000 + (n * 7919::bigint) % 90000000 AS amount,
           date '2026-10-01' + (n * 31::bigint / $2::int)::int AS day
         FROM generate_series(0, $2::int - 1) n) made`,
  `INSERT INTO entry_version (org_id, entry_id, version, state, amount_minor_units, currency, source,
     report, seen_at, recorded_at)
   SELECT org_id, entry_id, 1, state, amount_minor_units, currency, 'statement', jsonb_build_object(
     'creditDebitIndicator', credit_debit_indicator, 'status', 'booked',
     'bookingDate', booking_date::text, 'remittanceInformation', remittance_information,
     'counterparty', jsonb_build_object('name', 'PT CUSTOMER NUMBER ' || position % 997),
     'accountServicerReference', 'REF' || position, 'evidence', '[]'::jsonb,
     'amount', jsonb_build_object('value', (amount_minor_units / 100)::numeric(38, 2)::text,
       'currency', 'IDR'),
     'balanceAfter', jsonb_build_object('value',
       (balance_after_minor_units / 100)::numeric(38, 2)::text, 'currency', 'IDR')),
     seen_at, now() - interval '1 hour'
   FROM entry WHERE org_id = $1`,
  `INSERT INTO expected_item (org_id, item_id, kind, credit_debit_indicator, source, source_key,
     number, counterparty_name, currency, amount_minor_units, settled_minor_units, due_on, state,
     created_by, created_at, changed_at, closed_at)
   SELECT org_id, 'itm_' || substr(entry_id, 5), 'invoice', credit_debit_indicator, 'bench', entry_id,
     'INV/' || position, 'PT CUSTOMER NUMBER ' || position % 997, 'IDR', amount_minor_units,
     CASE WHEN position % 5 = 0 THEN 0 ELSE amount_minor_units END, booking_date,
     CASE WHEN position % 5 = 0 THEN 'open' ELSE 'closed' END, 'bench',
     now() - interval '2 hours', now() - interval '1 hour',
     CASE WHEN position % 5 = 0 THEN NULL ELSE now() - interval '1 hour' END
   FROM entry WHERE org_id = $1`,
  `INSERT INTO match (org_id, match_id, kind, state, basis, decision, probability, reasons,
     decided_by, decided_at, created_at)
   SELECT org_id, 'mat_' || substr(entry_id, 5), 'single', 'standing', 'exactKey', 'automatic', 0.9999,
     jsonb_build_array(jsonb_build_object('code', 'invoiceNumber',
       'values', jsonb_build_object('number', 'INV/' || position))),
     'system', now() - interval '1 hour', now() - interval '1 hour'
   FROM entry WHERE org_id = $1 AND position % 5 <> 0`,
  `UPDATE match_history SET recorded_at = now() - interval '1 hour' WHERE org_id = $1`,
  `INSERT INTO match_leg (org_id, match_id, leg, role, entry_id, item_id, entry_minor_units,
     entry_currency, item_minor_units, item_currency)
   SELECT org_id, 'mat_' || substr(entry_id, 5), 1, 'allocation', entry_id,
     'itm_' || substr(entry_id, 5), amount_minor_units, 'IDR', amount_minor_units, 'IDR'
   FROM entry WHERE org_id = $1 AND position % 5 <> 0`,
] as const;
