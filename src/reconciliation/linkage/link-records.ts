import { assignPairs } from './assign-pairs.ts';
import { layChance } from './chance-tables.ts';
import { describeOutcome } from './describe-outcome.ts';
import { findCandidates } from './find-candidates.ts';
import { delaysByShare, learnModel } from './learn-model.ts';
import { createLexicon } from './lexicon.ts';
import { indexLines } from './line-index.ts';
import { findCut, poolName, readLineTable } from './line-table.ts';
import type { LineTable } from './line-table.ts';
import type { LinkModel, LinkOptions, LinkRecord, LinkResult } from './link-types.ts';
import { layNumbers } from './number-tables.ts';
import { createPairScorer } from './score-pair.ts';
import type { Lines, PairTraits } from './score-pair.ts';
import { solveMarginals } from './solve-marginals.ts';

const CANDIDATES_MAX = 12;
const PROBABILITY_MIN = 0.02;

/**
 * Finds which left line and which right line are the same happening, without being told examples:
 * reads both sides into columns, learns what true pairs look like, compares what blocking brings
 * together, and assigns each line at most once. The order of the input changes nothing; time is
 * bounded however alike the lines are.
 *
 * @throws RangeError for amounts that are not whole or beyond 2^53, and for windows that are none.
 */
export function linkRecords(
  leftRecords: readonly LinkRecord[],
  rightRecords: readonly LinkRecord[],
  options: LinkOptions,
): LinkResult {
  checkWindow(options);
  const isCrossCurrency = options.crossCurrency ?? false;
  const lexicon = createLexicon();
  const pools = namePools(leftRecords, rightRecords, isCrossCurrency);
  const { leftCut = findCut(leftRecords), rightCut = findCut(rightRecords) } =
    options.model?.text ?? {};
  const hasCut = leftCut > 0 || rightCut > 0;
  const read = (records: readonly LinkRecord[], cut: number): LineTable =>
    readLineTable(records, { lexicon, pools, isCrossCurrency, cut, hasCut });
  const left = read(leftRecords, leftCut);
  const right = read(rightRecords, rightCut);
  const index = indexLines(right, lexicon, { poolCount: pools.length, hasCut });
  const candidatesMax = options.candidatesMax ?? CANDIDATES_MAX;
  const workMax = options.workMax ?? defaultWork(left.count);
  const model =
    options.model ??
    learnModel({ left, right, lexicon, index, pools, window: options, candidatesMax, workMax });
  const lines: Lines = {
    left,
    right,
    texts: layChance(left, right, lexicon, model.text),
    numbers: layNumbers(left, right, pools, model),
  };
  const traits = toTraits(model);
  const scorer = createPairScorer(lines, traits);
  const priors = pools.map((name) => (model.pools[name] ?? model.pools[''])?.prior ?? 0);
  const candidates = findCandidates({
    lines,
    index,
    scorer,
    lefts: Int32Array.from({ length: left.count }, (_, rank) => rank),
    delays: delaysByShare(traits),
    priors,
    amountRatio: options.amountRatio,
    candidatesMax,
    workMax,
    onCompare: toOriginal(lines, options.onCompare),
  });
  const byLeft = Float64Array.from(left.pool, (pool) => priors[pool] ?? 0);
  const marginals = solveMarginals(candidates, right.count, byLeft);
  const chosen = assignPairs(
    candidates,
    marginals,
    right.count,
    options.probabilityMin ?? PROBABILITY_MIN,
  );
  return {
    ...describeOutcome({
      lines,
      scorer,
      candidates,
      marginals,
      chosen,
      explain: options.explain ?? true,
    }),
    model,
    candidates: candidates.compared,
    expectedMatches: marginals.pairs.reduce((sum, probability) => sum + probability, 0),
  };
}

function checkWindow({ delayDays, amountRatio }: LinkOptions): void {
  const isDelay = Number.isInteger(delayDays.min) && delayDays.max - delayDays.min < DELAYS_MAX;
  if (!isDelay || delayDays.max < delayDays.min || !Number.isInteger(delayDays.max)) {
    throw new RangeError('delayDays are whole days, min first, not ten years apart');
  }
  if (!(amountRatio.min > 0 && amountRatio.max >= amountRatio.min)) {
    throw new RangeError('amountRatio is above 0, min first');
  }
}

const DELAYS_MAX = 3_660;

/** All currencies of both sides by sign, ascending, so that input order cannot matter. */
function namePools(
  left: readonly LinkRecord[],
  right: readonly LinkRecord[],
  isCrossCurrency: boolean,
): readonly string[] {
  const names = new Set<string>();
  for (const record of left) names.add(poolName(record, isCrossCurrency));
  for (const record of right) names.add(poolName(record, isCrossCurrency));
  return [...names].sort();
}

/** Lines looked at for each left line: all that are near when there are few, fewer when many. */
function defaultWork(lefts: number): number {
  return Math.max(WORK_LEAST, Math.min(WORK_MOST, Math.floor(WORK_ALL / Math.max(1, lefts))));
}

const WORK_ALL = 20_000_000;
const WORK_MOST = 1_000;
const WORK_LEAST = 40;

function toTraits(model: LinkModel): PairTraits {
  const { amount, day, text, account } = model;
  return {
    ...amount,
    delayFrom: day.delayFrom,
    delays: day.delays,
    styles: text.styles,
    silentShare: text.silentShare,
    sameAccount: account.sameShare,
  };
}

function toOriginal(
  { left, right }: Lines,
  onCompare: LinkOptions['onCompare'],
): LinkOptions['onCompare'] {
  if (onCompare === undefined) return undefined;
  return (l, r) => onCompare(left.original[l] ?? 0, right.original[r] ?? 0);
}
