import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { CashbellError } from '#core/errors.ts';
import type { ReportDocument } from '#core/report-document.ts';
import { fontsFor } from './pdf-fonts.ts';
import { layOutPages, type Pages } from './pdf-pages.ts';
import { cutRuns } from './pdf-runs.ts';

export interface PdfOptions {
  /** Folder for font files made from the packages once; `CASHBELL_HOME` in the program. */
  readonly home: string;
  readonly timeLimitMs?: number;
  /** Resident memory that the process which makes the pages may use. */
  readonly memoryMaxBytes?: number;
  /** Rows laid out at once; fewer need less memory and leave more pages half empty. */
  readonly rowsPerRun?: number;
}

/** What the other process is told before it is given the pages. */
export interface RenderTask {
  readonly fontFolder: string;
  readonly memoryMaxBytes: number;
  /** How many lines of pages follow the line of the frame. */
  readonly runs: number;
}

/** A busy machine needs 80 s for 50,000 rows, an idle one a fifth of that. */
const TIME_LIMIT_MS = 300_000;
const MEMORY_MAX_BYTES = 2 * 1024 ** 3;
/** Beyond so many rows nobody reads pages; the spreadsheet takes them all. */
const ROWS_MAX = 100_000;

/**
 * Turns a report into pages. The compiler of pages is native code that nothing in this process
 * could stop, so it runs in a process of its own, without our environment, and is ended when it
 * takes too long or too much memory. The same document gives the same bytes.
 */
export async function toPdf(document: ReportDocument, options: PdfOptions): Promise<Uint8Array> {
  const tables = document.sections.flatMap((section) => section.tables ?? []);
  const rows = tables.reduce((total, table) => total + table.rows.length, 0);
  if (rows > ROWS_MAX) throw notRendered('tooLong', `${rows} rows`);
  const pages = await layOutPages(document, fontsFor);
  return await render(pages, options);
}

async function render(pages: Pages, options: PdfOptions): Promise<Uint8Array> {
  const program = fileURLToPath(new URL('./pdf-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', program],
    {
      // Nothing of our environment: the compiler has no business with our secrets.
      env: { TZ: 'UTC' },
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    },
  );
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  const limit = AbortSignal.timeout(options.timeLimitMs ?? TIME_LIMIT_MS);
  limit.addEventListener('abort', stop);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [pdf, complaint, exitCode] = await Promise.all([
      readAll(child.stdio[3]),
      readAll(child.stderr),
      ended,
      feed(child.stdin, taskLines(pages, options)),
    ]);
    if (exitCode === 0 && pdf.length > 0) return new Uint8Array(pdf);
    const said = complaint.toString('utf8').trim().slice(-2000);
    throw notRendered(limit.aborted ? 'timeLimit' : reasonOf(said), said);
  } finally {
    limit.removeEventListener('abort', stop);
    stop();
  }
}

/** Task, frame, and each run on a line of its own, so that no side holds all of them as text. */
function* taskLines({ frame, groups }: Pages, options: PdfOptions): Generator<string> {
  const runs = cutRuns(groups, options.rowsPerRun);
  const task: RenderTask = {
    fontFolder: join(options.home, 'fonts'),
    memoryMaxBytes: options.memoryMaxBytes ?? MEMORY_MAX_BYTES,
    runs: runs.length,
  };
  yield `${JSON.stringify(task)}\n`;
  yield `${JSON.stringify(frame)}\n`;
  for (const run of runs) yield `${JSON.stringify(run)}\n`;
}

/** A process that ended early closes its input: its exit says more than the broken pipe. */
async function feed(input: Writable | null, lines: Iterable<string>): Promise<void> {
  if (input === null) throw notRendered('failed', 'no pipe to the page compiler');
  await pipeline(Readable.from(lines), input).catch(() => undefined);
}

/** The watch of the process says so before it ends it (`pdf-watch.ts`). */
function reasonOf(said: string): 'memoryLimit' | 'failed' {
  return said.includes('memoryLimit: ') ? 'memoryLimit' : 'failed';
}

async function readAll(stream: unknown): Promise<Buffer> {
  if (!isReadable(stream)) throw notRendered('failed', 'no pipe to the page compiler');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function isReadable(stream: unknown): stream is AsyncIterable<Uint8Array> {
  return typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream;
}

function notRendered(
  reason: 'timeLimit' | 'memoryLimit' | 'tooLong' | 'failed',
  complaint: string,
): CashbellError {
  const cause = new Error(complaint === '' ? reason : complaint);
  return new CashbellError('report.notRendered', { reason }, { cause });
}
