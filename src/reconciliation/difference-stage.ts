import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isInWindow, isWhole, mayMeet } from './board.ts';
import { percentOf } from './decision.ts';
import type { Differences } from './difference.ts';
import { isTransposed } from './difference.ts';
import { dayReason } from './evidence.ts';
import { explainExchange, implyExchange } from './exchange.ts';
import { keyReason, wholeLeg } from './key-stage.ts';
import type { Tie } from './key-ties.ts';
import { isStrong } from './key-ties.ts';
import type { PoolTools } from './pools.ts';
import type { DraftResidual, Leg } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';

const RELATED_MAX = 40;
const NAMED_SHARE = 0.55;
const ROUNDING_SHARE = 0.0005;
const ROUNDING_UNITS = 10;
const TIE_WEIGHT = 8;
const WEAK_TIE_WEIGHT = 3;
const NEEDED = 1.5;

/** One way in which an entry and an item belong together although their amounts differ. */
interface Hypothesis {
  readonly entry: number;
  readonly item: number;
  readonly weight: number;
  readonly leg: Leg;
  readonly residuals: readonly DraftResidual[];
  readonly reasons: readonly MatchReason[];
  readonly why: MatchReason;
}

/**
 * What no sum explains: an entry that names an item or its counterparty, and whose amount is short
 * of a fee, rounded, mistyped, in another currency, or only a part. Always left to a person.
 */
export function suggestDifferent(
  board: Board,
  tools: PoolTools & { readonly differences: Differences; readonly probabilityMin: number },
): void {
  const found: {
    readonly best: Hypothesis;
    readonly probability: number;
    readonly rivals: readonly Hypothesis[];
  }[] = [];
  for (let entry = 0; entry < board.entries.lines.length; entry += 1) {
    if (!isWhole(board.entries, entry)) continue;
    const all = listHypotheses(board, tools, entry).toSorted(
      (left, right) => right.weight - left.weight || left.item - right.item,
    );
    const [best, ...rivals] = all;
    if (!best || best.weight < NEEDED) continue;
    const sum = all.reduce((total, { weight }) => total + Math.exp(weight - best.weight), 0);
    const probability = 1 / (sum + Math.exp(-best.weight + 0.5));
    if (probability >= tools.probabilityMin) found.push({ best, probability, rivals });
  }
  const inTurn = found.toSorted(
    (left, right) => right.probability - left.probability || left.best.entry - right.best.entry,
  );
  for (const { best, probability, rivals } of inTurn) {
    if (isWhole(board.entries, best.entry) && isWhole(board.items, best.item)) {
      proposeHypothesis(board, best, { probability, rivals });
    }
  }
}

function proposeHypothesis(
  board: Board,
  best: Hypothesis,
  { probability, rivals }: { readonly probability: number; readonly rivals: readonly Hypothesis[] },
): void {
  propose(board, {
    kind: 'single',
    basis: 'score',
    legs: [best.leg],
    residuals: best.residuals,
    probability: Math.min(0.99, probability),
    isUnique: rivals.length === 0,
    reasons: [...best.reasons, reason('probability', { percent: percentOf(probability) })],
    why: best.why,
    alternatives: rivals.map(({ entry, item, weight }) => ({
      entries: [entry],
      items: [item],
      probability: probability * Math.exp(weight - best.weight),
    })),
  });
}

function listHypotheses(
  board: Board,
  tools: Parameters<typeof suggestDifferent>[1],
  entry: number,
): readonly Hypothesis[] {
  const ties = new Map<number, Tie>();
  for (const tie of tools.ties.byEntry.get(entry) ?? []) if (tie.isOwn) ties.set(tie.item, tie);
  const items = new Set(ties.keys());
  for (const item of nearItems(board, tools, entry)) items.add(item);
  return [...items].flatMap((item) => {
    const tie = ties.get(item);
    if (!isWhole(board.items, item) || !mayMeet(board, entry, item)) return [];
    if (!tie && !isInWindow(board, entry, item)) return [];
    const compared = tools.evidence.compare(entry, item);
    if (!tie && compared.nameShare < NAMED_SHARE) return [];
    const prior = explain(board, tools, entry, item, tie);
    if (!prior) return [];
    const tieWeight = tie ? (isStrong(tie) ? TIE_WEIGHT : WEAK_TIE_WEIGHT) : ties.size > 0 ? -3 : 0;
    return [
      {
        ...prior,
        entry,
        item,
        weight: compared.weight + tieWeight + prior.weight,
        reasons: [
          ...(tie ? [keyReason(tie)] : []),
          ...prior.reasons,
          ...compared.reasons.filter(({ code }) => !code.startsWith('day')),
          dayReason(board, entry, item),
        ],
      },
    ];
  });
}

/** Open items of the parties that the entry names, those of the nearest amounts first. */
function nearItems(
  board: Board,
  { names, parties, related }: PoolTools,
  entry: number,
): readonly number[] {
  const named = names.find(entry).filter(({ share }) => share >= NAMED_SHARE);
  const items = [
    ...named.flatMap(({ party }) => parties.itemsOf(party)),
    ...related.find(entry).map(({ place }) => place),
  ].filter((item) => isWhole(board.items, item) && isInWindow(board, entry, item));
  const amount = board.entries.left[entry] ?? 0;
  const apart = (item: number): number => Math.abs((board.items.left[item] ?? 0) - amount);
  return items
    .toSorted((left, right) => apart(left) - apart(right) || left - right)
    .slice(0, RELATED_MAX);
}

type Prior = Pick<Hypothesis, 'weight' | 'leg' | 'residuals' | 'reasons' | 'why'>;

function explain(
  board: Board,
  { differences }: { readonly differences: Differences },
  entry: number,
  item: number,
  tie: Tie | undefined,
): Prior | undefined {
  if (board.entries.currency[entry] !== board.items.currency[item]) {
    return explainOtherCurrency(board, entry, item, tie);
  }
  const [entryUnits, itemUnits] = [board.entries.left[entry] ?? 0, board.items.left[item] ?? 0];
  const whole = { leg: wholeLeg(board, entry, item) };
  const known = differences.explain({ entry, items: [item], entryUnits, itemUnits });
  if (known) {
    return {
      ...whole,
      weight: known.why ? -2 : -0.5,
      residuals: known.residuals,
      reasons: known.reasons,
      why: known.why ?? reason('why.noKey'),
    };
  }
  const gap = Math.abs(entryUnits - itemUnits);
  const amount = amountText(lineOf(board.entries, entry), gap);
  const values = {
    entry: amountText(lineOf(board.entries, entry), entryUnits),
    item: amountText(lineOf(board.items, item), itemUnits),
  };
  const differs = [reason('amountDiffers', values)];
  if (gap <= Math.max(ROUNDING_UNITS, ROUNDING_SHARE * itemUnits)) {
    const sign = board.entries.isCredit[entry] === 1 ? 1 : -1;
    const units = sign * (entryUnits - itemUnits);
    return {
      ...whole,
      weight: -1.5,
      residuals: [{ kind: 'tolerance', units, entry, item }],
      reasons: gap === 0 ? [reason('amountEqual')] : differs,
      why: gap === 0 ? reason('why.noKey') : reason('why.amountUnexplained', { amount }),
    };
  }
  const least = Math.min(entryUnits, itemUnits);
  const part = { leg: { entry, item, entryUnits: least, itemUnits: least }, residuals: [] };
  if (isTransposed(entryUnits, itemUnits)) {
    return {
      ...part,
      weight: -1.5,
      reasons: [reason('amountTransposed', values)],
      why: reason('why.digitsDiffer'),
    };
  }
  const isTied = tie !== undefined && isStrong(tie);
  if (entryUnits < itemUnits) {
    const reasons = [reason('partOfAmount', { part: values.entry, whole: values.item })];
    return { ...part, weight: isTied ? -3 : -6, reasons, why: reason('why.partial', { amount }) };
  }
  return {
    ...part,
    weight: isTied ? -4 : -9,
    reasons: differs,
    why: reason('why.amountUnexplained', { amount }),
  };
}

function explainOtherCurrency(
  board: Board,
  entry: number,
  item: number,
  tie: Tie | undefined,
): Prior | undefined {
  const stated = explainExchange(board, entry, item);
  const found = stated ?? (tie && isStrong(tie) ? implyExchange(board, entry, item) : undefined);
  if (!found) return undefined;
  return {
    leg: wholeLeg(board, entry, item),
    weight: stated ? 0 : -3,
    residuals: found.residuals,
    reasons: found.reasons,
    why: found.why ?? reason('why.noKey'),
  };
}
