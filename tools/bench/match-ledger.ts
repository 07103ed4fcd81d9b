import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { round } from '../harness/figures.ts';
import { matchByAmountAndDate, matchByReference } from './ledger/floors.ts';
import { makeBooks } from './ledger/make-books.ts';
import type { Books } from './ledger/make-books.ts';
import type { Outcome } from './ledger/outcome.ts';
import { runMatchFiles } from './ledger/run-match-files.ts';
import type { MatchFilesRun } from './ledger/run-match-files.ts';
import { scoreOutcome } from './ledger/score-outcome.ts';
import type { Score } from './ledger/score-outcome.ts';
import { describeShares } from './ledger/shares.ts';
import { writeBooks } from './ledger/write-books.ts';
import { createTeller, machine, printResult } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';

/** No matching of files may take longer than this. */
const LIMIT_SECONDS = 900;

/**
 * How well and how fast the lines of a bank find their documents, on made-up statements and books
 * whose truth is known: `cashbell match files` against two simple rules.
 *
 * Development used seeds 1 to 10; 101 to 110 are held out. `--write FOLDER` only writes the files.
 */
export async function run(call: BenchCall): Promise<BenchResult | undefined> {
  const options = readOptions(call);
  const tell = createTeller(options.isQuiet);
  tell(describeShares());
  const books = makeBooks(options);
  if (options.write !== undefined) {
    const files = await writeBooks(books, options.write);
    process.stdout.write(`${JSON.stringify(files)}\n`);
    return undefined;
  }
  const ran = await runOnFiles(books);
  const score = scoreOutcome(books.truth, ran.outcome);
  const floor = {
    amountAndDate: floorOf(books, matchByAmountAndDate),
    reference: floorOf(books, matchByReference),
  };
  tell(describeKinds(score));
  return printResult({
    name: 'match-ledger',
    work: {
      ...machine(),
      seed: options.seed,
      bankLines: books.bank.length,
      ledgerLines: books.ledger.length,
      truePairs: Object.values(score.kinds).reduce((sum, { pairs }) => sum + pairs, 0),
      openLines: books.truth.open.length,
    },
    cashbell: {
      ...score,
      // A match says what it chose, not all that it looked at: bench match-quality asks the engine.
      blockingRecall: null,
      seconds: round(ran.seconds),
      rssMb: ran.peakMb === undefined ? null : round(ran.peakMb, 0),
    },
    floor,
    peers: {},
    ratios: {
      f1: round(score.f1 / Math.max(floor.amountAndDate.f1, floor.reference.f1)),
    },
  });
}

function readOptions(call: BenchCall) {
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      rows: { type: 'string', default: '2000' },
      write: { type: 'string' },
    },
  });
  return {
    seed: readCount('seed', values.seed),
    rows: readCount('rows', values.rows),
    write: values.write,
    isQuiet: call.json || values.json,
  };
}

function readCount(name: string, text: string): number {
  if (!/^\d{1,8}$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return Number(text);
}

async function runOnFiles(books: Books): Promise<MatchFilesRun> {
  const folder = await mkdtemp(join(tmpdir(), 'cashbell-match-ledger-'));
  try {
    return await runMatchFiles(await writeBooks(books, folder), LIMIT_SECONDS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type FloorScore = Pick<Score, 'precision' | 'recall' | 'f1' | 'batchRecall'>;

function floorOf(books: Books, match: (books: Books) => Outcome): FloorScore {
  const { precision, recall, f1, batchRecall } = scoreOutcome(books.truth, match(books));
  return { precision, recall, f1, batchRecall };
}

function describeKinds({ kinds }: Score): string {
  const lines = Object.entries(kinds).map(([kind, { pairs, recall, automatic }]) =>
    [
      kind.padEnd(20),
      String(pairs).padStart(7),
      recall.toFixed(3).padStart(8),
      automatic.toFixed(3).padStart(10),
    ].join(''),
  );
  return ['kind                  pairs  recall  automatic', ...lines].join('\n');
}
