import { reason } from '#core/match-reasons.ts';
import { roundnessOf } from './amount-chance.ts';
import type { Found } from './batch-parts.ts';
import { rank, sumReasons, toAlternative, toLegs } from './batch-parts.ts';
import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { percentOf } from './decision.ts';
import type { Differences } from './difference.ts';
import type { Pool } from './pools.ts';
import { amountText, lineOf } from './propose.ts';
import { findSubsetsNear } from './subset-near.ts';

const SOLUTIONS_MAX = 30;
const NEAREST_MAX = 20;
/** Where no fee is known, this share of the entry is looked at. */
const SHARE_MAX = 0.002;
const SEEN_WEIGHT = 20;
const ROUND_WEIGHT = 5;
const PRIOR = 0.85;

/** A batch that is short of a fee which nobody has confirmed: only ever suggested. */
export function searchWithFee(
  board: Board,
  differences: Differences,
  entry: number,
  pool: Pool,
): Found | undefined {
  const { entries, items, settings } = board;
  const target = entries.left[entry] ?? 0;
  const isCredit = entries.isCredit[entry] === 1;
  const seen = new Set(differences.feesNear(entry).map(({ units }) => units));
  const most = Math.min(Math.max(SHARE_MAX * target, ...seen), settings.plausibleFeeShare * target);
  if (board.work.spent > board.work.max) return undefined;
  const open = pool.lines.filter((line) => isWhole(items, line));
  const mentioned = open.filter((line) => pool.mentioned.has(line));
  // Numbers that the entry writes are all of it, where there are several.
  const lines = mentioned.length >= 2 ? mentioned : open.slice(0, NEAREST_MAX);
  const found = findSubsetsNear({
    amounts: lines.map((line) => {
      const units = items.left[line] ?? 0;
      return items.isCredit[line] === entries.isCredit[entry] ? units : -units;
    }),
    from: isCredit ? target + 1 : target - most,
    to: isCredit ? target + most : target - 1,
    solutionsMax: SOLUTIONS_MAX,
    sizeMin: 2,
  });
  board.work.spent += 2 ** Math.min(13, lines.length / 2 + 1);
  const fees = new Map<readonly number[], number>(
    found.map(({ places, sum }) => [
      places.map((place) => lines[place] ?? 0),
      Math.abs(sum - target),
    ]),
  );
  const ranked = rank(items.day, [...fees.keys()], pool)
    .map((each) => ({ ...each, fee: fees.get(each.lines) ?? 0 }))
    .map((each) => ({ ...each, weight: each.share * weighFee(each.fee, seen) }))
    .toSorted((left, right) => right.weight - left.weight);
  const [best] = ranked;
  if (!best || best.missed > 0) return undefined;
  const sum = ranked.reduce((total, { weight }) => total + weight, 0);
  const probability = PRIOR * (best.weight / sum);
  const amount = amountText(lineOf(entries, entry), best.fee);
  return {
    one: entry,
    lines: best.lines,
    isMentioned: pool.mentioned.size > 0 && best.missed === 0,
    draft: {
      kind: 'batch',
      basis: 'score',
      ...toLegs(board, 'batch', { one: entry, lines: best.lines, fee: best.fee }),
      probability,
      isUnique: ranked.length === 1,
      reasons: [
        ...pool.reasons,
        ...sumReasons(board, 'batch', entry, best.lines),
        reason('feePlausible', { amount }),
        reason('probability', { percent: percentOf(probability) }),
      ],
      why: reason('why.feeUnproven', { amount }),
      alternatives: ranked
        .slice(1)
        .map((each) => toAlternative('batch', entry, each.lines, (PRIOR * each.weight) / sum)),
    },
  };
}

/** Fees are round, and the same again and again. */
function weighFee(fee: number, seen: ReadonlySet<number>): number {
  if (seen.has(fee)) return SEEN_WEIGHT;
  const significant = String(fee).length - roundnessOf(fee);
  return significant <= 2 ? ROUND_WEIGHT : significant <= 3 ? 2 : 0.5;
}
