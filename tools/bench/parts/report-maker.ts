// Makes one month-end pack, or writes the same rows as plain CSV; a process of its own, so that its
// peak memory is its own. Each line of input is a job, each line of output what it took.
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { connectors } from '#connectors/catalogue.ts';
import { instantFromMs, parseInstant } from '#core/dates.ts';
import { openDatabase } from '#database/connection.ts';
import { forPages, makeDocument } from '#flows/reports/make-document.ts';
import { toPdf } from '#reports/pdf.ts';
import { toXlsx } from '#reports/xlsx.ts';
import { createDirectory } from '#store/directory.ts';
import type { Keyring } from '#store/keyring.ts';

interface Job {
  readonly kind: 'pack' | 'csv';
  readonly url: string;
  readonly orgId: string;
  readonly asOf: string;
  readonly from: string;
  readonly to: string;
}

/** The organisation of the benchmark has no secrets. */
const noKeys: Keyring = {
  instanceId: 'bench',
  seal: () => Promise.reject(new Error('nothing is sealed here')),
  unseal: () => Promise.reject(new Error('nothing is sealed here')),
  currentKey: () => Promise.reject(new Error('nothing is sealed here')),
  keys: () => Promise.reject(new Error('nothing is sealed here')),
  rotate: () => Promise.reject(new Error('nothing is sealed here')),
};

const LOOK_MS = 25;
const PAGE_ROWS = 5_000;

const lines = createInterface({ input: process.stdin });
process.stdout.write('{"url":null}\n');
for await (const line of lines) {
  const job: Job = JSON.parse(line);
  const done = job.kind === 'pack' ? await makePack(job) : await writeCsv(job);
  process.stdout.write(`${JSON.stringify({ ...done, rssMb: peakMb() })}\n`);
}

function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

async function makePack({ url, orgId, asOf, from, to }: Job): Promise<object> {
  const database = await openDatabase({ url, applicationName: 'bench' });
  const { pool } = database;
  const home = await mkdtemp(join(tmpdir(), 'cashbell-bench-report-'));
  const directory = createDirectory({ pool, keyring: noKeys });
  const connectorOf = (id: string) => connectors.find((one) => one.id === id);
  try {
    const started = performance.now();
    const { document } = await makeDocument(
      { pool, directory, connectorOf, now: () => instantFromMs(Date.now()) },
      {
        orgId,
        kind: 'monthEnd',
        settings: { from, to },
        language: 'en',
        zone: 'Asia/Jakarta',
        asOf: parseInstant(asOf),
        actor: 'cli',
      },
    );
    const read = performance.now();
    const workbook = await toXlsx(document);
    const written = performance.now();
    const rssBeforePagesMb = peakMb();
    const watch = watchChildren();
    const pages = await toPdf(forPages(document), { home });
    const seconds = (until: number, since: number): number => (until - since) / 1000;
    return {
      seconds: seconds(performance.now(), started),
      readSeconds: seconds(read, started),
      workbookSeconds: seconds(written, read),
      pagesSeconds: seconds(performance.now(), written),
      workbookBytes: workbook.length,
      pagesBytes: pages.length,
      rssBeforePagesMb,
      pagesRssMb: watch.stop(),
    };
  } finally {
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** The peak of the process that makes pages, where the system tells. */
function watchChildren(): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    for (const pid of childrenOf(process.pid)) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      } catch {
        // It has just ended.
      }
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.round(peak);
    },
  };
}

function childrenOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((id) => id !== ''),
    );
  } catch {
    return [];
  }
}

/** The floor: the same rows, as the database gives them, as text with commas. */
async function writeCsv({ url, orgId, from, to }: Job): Promise<object> {
  const database = await openDatabase({ url, applicationName: 'bench floor' });
  const folder = await mkdtemp(join(tmpdir(), 'cashbell-bench-csv-'));
  const path = join(folder, 'rows.csv');
  try {
    const started = performance.now();
    const file = createWriteStream(path);
    let rows = 0;
    let after = '';
    for (;;) {
      const page = await database.pool.query<{ entry_id: string; line: string }>({
        name: 'floor',
        text: `SELECT entry_id, concat_ws(',', booking_date, credit_debit_indicator,
                 amount_minor_units, currency, quote_ident(remittance_information),
                 balance_after_minor_units) AS line
               FROM entry WHERE org_id = $1 AND booking_date BETWEEN $2 AND $3 AND entry_id > $4
               ORDER BY entry_id LIMIT ${PAGE_ROWS}`,
        values: [orgId, from, to, after],
      });
      rows += page.rows.length;
      file.write(`${page.rows.map(({ line }) => line).join('\n')}\n`);
      after = page.rows.at(-1)?.entry_id ?? '';
      if (page.rows.length < PAGE_ROWS) break;
    }
    file.end();
    await finished(file);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, rows, bytes: (await stat(path)).size };
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
