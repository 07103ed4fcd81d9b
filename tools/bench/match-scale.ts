import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { round } from '../harness/figures.ts';
import { createTeller, machine, printResult } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';
import type { ScaleRow } from './parts/match-scale-process.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const ROW_LIMIT_MS = 600_000;

/**
 * Time and memory of matching as many bank lines with as many ledger lines, one size after the
 * other, each in a process of its own: reading, learning, blocking, scoring and assigning. The
 * lines are made from a seed: most name their invoice, some name only the payer, some neither.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      sizes: { type: 'string', default: SIZES.join(',') },
    },
  });
  const tell = createTeller(call.json || values.json);
  const seed = Number(values.seed);
  const sizes = values.sizes.split(',').map(Number);
  if (![seed, ...sizes].every((number) => Number.isSafeInteger(number) && number > 0)) {
    throw new Error('--seed and --sizes are whole numbers above 0');
  }
  const rows: ScaleRow[] = [];
  for (const n of sizes) {
    tell(`${n} lines against ${n} …`);
    rows.push(await measure(n, seed));
  }
  const [first] = rows;
  const last = rows.at(-1);
  return printResult({
    name: 'match-scale',
    work: { ...machine(), seed, sizes },
    cashbell: {
      rows,
      /** 1 when time grows as the lines do. */
      growth: growth(first, last),
    },
    floor: {},
    peers: {},
    ratios: {},
  });
}

/** The exponent of time over lines, between the smallest and the largest row. */
function growth(first: ScaleRow | undefined, last: ScaleRow | undefined): number | undefined {
  if (first === undefined || last === undefined || first.n === last.n) return undefined;
  return round(Math.log(last.seconds / first.seconds) / Math.log(last.n / first.n), 3);
}

async function measure(n: number, seed: number): Promise<ScaleRow> {
  const file = fileURLToPath(new URL('parts/match-scale-process.ts', import.meta.url));
  const child = fork(file, [String(n), String(seed)], { timeout: ROW_LIMIT_MS });
  const row = await new Promise<ScaleRow>((resolve, reject) => {
    child.once('message', (message: ScaleRow) => resolve(message));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${n} lines: the process ended with ${code}`)));
  });
  return row;
}
