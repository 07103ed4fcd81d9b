import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { matchByReference } from './floors.ts';
import { makeBooks } from './make-books.ts';
import { runMatchFiles } from './run-match-files.ts';
import { scoreOutcome } from './score-outcome.ts';
import { writeBooks } from './write-books.ts';

const LIMIT_SECONDS = 60;
/** The command has to start and end, on a machine that may be busy. */
const PATIENCE = { timeout: LIMIT_SECONDS * 1000 };

test(
  'the command finds more than the numbers that stand there letter for letter',
  PATIENCE,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cashbell-match-files-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const books = makeBooks({ seed: 1, rows: 150 });
    const ran = await runMatchFiles(await writeBooks(books, folder), LIMIT_SECONDS);
    const floor = scoreOutcome(books.truth, matchByReference(books));
    expect(scoreOutcome(books.truth, ran.outcome).f1).toBeGreaterThan(floor.f1);
    expect(ran.seconds).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(ran.peakMb).toBeGreaterThan(20);
  },
);

test('a command that fails says why', PATIENCE, async () => {
  const files = { bank: '/nowhere/bank.csv', ledger: '/nowhere/ledger.csv' };
  await expect(runMatchFiles(files, LIMIT_SECONDS)).rejects.toThrow(/match files ended with [1-9]/);
});
