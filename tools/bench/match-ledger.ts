import { parseArgs } from 'node:util';
import { makeBooks } from './ledger/make-books.ts';
import { describeShares } from './ledger/shares.ts';
import { writeBooks } from './ledger/write-books.ts';
import { createTeller } from './parts/output.ts';
import type { BenchCall } from './parts/output.ts';

export async function run(call: BenchCall): Promise<void> {
  const options = readOptions(call);
  const books = makeBooks(options);
  const files = await writeBooks(books, options.write);
  createTeller(options.isQuiet)(`${describeShares()}`);
  process.stdout.write(`${JSON.stringify(files)}\n`);
}

function readOptions(call: BenchCall) {
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      rows: { type: 'string', default: '2000' },
      write: { type: 'string', default: '' },
    },
  });
  return {
    seed: Number(values.seed),
    rows: Number(values.rows),
    write: values.write,
    isQuiet: call.json || values.json,
  };
}
