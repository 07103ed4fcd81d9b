import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { linkRecords } from '../../src/reconciliation/linkage/link-records.ts';
import type {
  LinkedPair,
  LinkOptions,
  LinkRecord,
} from '../../src/reconciliation/linkage/link-types.ts';
import { round } from '../harness/figures.ts';
import { createTeller, machine, printResult } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data/bank-transfer-linkage');
/** Wide enough for what a bank's fee, a rate and a weekend may do; nothing here knows the truth. */
const OPTIONS: LinkOptions = {
  delayDays: { min: -3, max: 30 },
  amountRatio: { min: 0.85, max: 1.15 },
};
/** A pair is told when it is likelier true than not … */
const TOLD_FROM = 0.5;
/** … and acted on without asking when it is as sure as an organisation states by default. */
const AUTOMATIC_FROM = 0.995;

/**
 * Precision and recall of linkage on bank transfers seen from both ends, learnt without labels:
 * the column `truth` is read for the score at the end only.
 */
export async function run(call: BenchCall): Promise<BenchResult | undefined> {
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      json: { type: 'boolean', default: false },
      origin: { type: 'string', default: resolve(DATA, 'origin.csv') },
      destination: { type: 'string', default: resolve(DATA, 'destination.csv') },
    },
  });
  const { origin, destination } = values;
  const missing = [origin, destination].find((file) => !existsSync(file));
  if (missing !== undefined) {
    process.stdout.write(`match-quality skipped: ${missing} is not there\n`);
    return undefined;
  }
  const tell = createTeller(call.json || values.json);
  const left = readSide(origin);
  const right = readSide(destination);
  tell(`${left.records.length} lines against ${right.records.length} …`);
  const truths = new Map(right.truths.map((truth, at) => [truth, at]));
  const partner = left.truths.map((truth) => (truth === '' ? -1 : (truths.get(truth) ?? -1)));
  const began = performance.now();
  const { pairs, candidates, expectedMatches } = linkRecords(left.records, right.records, OPTIONS);
  const seconds = (performance.now() - began) / 1000;
  const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const isTrue = (pair: { readonly left: number; readonly right: number }): boolean =>
    partner[pair.left] === pair.right;
  const told = pairs.filter(({ probability }) => probability >= TOLD_FROM);
  const automatic = pairs.filter(({ probability }) => probability >= AUTOMATIC_FROM);
  const all = partner.filter((at) => at >= 0).length;
  const score = rate(told, isTrue, all);
  const exact = rate(pairExactly(left.records, right.records), isTrue, all);
  return printResult({
    name: 'match-quality',
    work: {
      ...machine(),
      left: left.records.length,
      right: right.records.length,
      truePairs: all,
      ...OPTIONS,
      toldFrom: TOLD_FROM,
      automaticFrom: AUTOMATIC_FROM,
    },
    cashbell: {
      ...score,
      autoPrecision: rate(automatic, isTrue, all).precision,
      autoShare: round(automatic.length / Math.max(1, told.length), 4),
      blockingRecall: measureBlocking(left.records, right.records, partner, all),
      candidates,
      expectedMatches: round(expectedMatches, 1),
      calibrationError: calibrationError(pairs, isTrue),
      seconds: round(seconds),
      rssMb,
    },
    floor: { exactAmountNearestDate: exact },
    peers: {},
    ratios: { f1: round(score.f1 / exact.f1, 2) },
  });
}

interface Side {
  readonly records: readonly LinkRecord[];
  readonly truths: readonly string[];
}

/** Columns: transaction_date, amount, memo, and truth for the score. */
function readSide(file: string): Side {
  const rows: readonly Record<string, string>[] = parse(readFileSync(file), {
    columns: true,
    bom: true,
  });
  const records = rows.map((row, at) => ({
    id: String(at).padStart(9, '0'),
    day: toDay(row['transaction_date'] ?? ''),
    amount: toMinorUnits(row['amount'] ?? ''),
    currency: '',
    text: row['memo'] ?? '',
  }));
  return { records, truths: rows.map((row) => row['truth'] ?? '') };
}

function toDay(text: string): number {
  return Math.round(Date.parse(`${text}T00:00:00Z`) / 86_400_000);
}

function toMinorUnits(text: string): bigint {
  const [whole = '0', part = ''] = text.split('.');
  return BigInt(`${whole}${part.padEnd(2, '0').slice(0, 2)}`);
}

interface Rate {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

function rate<Pair>(found: readonly Pair[], isTrue: (pair: Pair) => boolean, all: number): Rate {
  const right = found.filter(isTrue).length;
  const precision = right / Math.max(1, found.length);
  const recall = right / Math.max(1, all);
  const f1 = right === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision: round(precision, 4), recall: round(recall, 4), f1: round(f1, 4) };
}

/** Mean distance between what was said and what was so, over bands of a tenth. */
function calibrationError(
  pairs: readonly LinkedPair[],
  isTrue: (pair: LinkedPair) => boolean,
): number {
  let error = 0;
  for (let band = 0; band < 10; band += 1) {
    const inside = pairs.filter(
      ({ probability }) => Math.min(9, Math.floor(probability * 10)) === band,
    );
    const said = inside.reduce((sum, { probability }) => sum + probability, 0);
    error += Math.abs(said - inside.filter(isTrue).length);
  }
  return round(error / Math.max(1, pairs.length), 4);
}

/** Share of the true pairs that were compared at all. */
function measureBlocking(
  left: readonly LinkRecord[],
  right: readonly LinkRecord[],
  partner: readonly number[],
  all: number,
): number {
  const compared = new Uint8Array(left.length);
  linkRecords(left, right, {
    ...OPTIONS,
    onCompare: (l, r) => {
      if (partner[l] === r) compared[l] = 1;
    },
  });
  return round(compared.reduce((sum, one) => sum + one, 0) / Math.max(1, all), 4);
}

/** The floor: the very same amount, the nearest day, first come. */
function pairExactly(
  left: readonly LinkRecord[],
  right: readonly LinkRecord[],
): readonly { readonly left: number; readonly right: number }[] {
  const byAmount = new Map<number | bigint, number[]>();
  for (const [at, { amount }] of right.entries()) {
    const same = byAmount.get(amount);
    if (same) same.push(at);
    else byAmount.set(amount, [at]);
  }
  const used = new Set<number>();
  const found: { left: number; right: number }[] = [];
  for (const [at, { amount, day }] of left.entries()) {
    let best = -1;
    let nearest = Infinity;
    for (const other of byAmount.get(amount) ?? []) {
      const delay = (right[other]?.day ?? 0) - day;
      if (used.has(other) || delay < 0 || delay >= nearest) continue;
      best = other;
      nearest = delay;
    }
    if (best < 0) continue;
    used.add(best);
    found.push({ left: at, right: best });
  }
  return found;
}
