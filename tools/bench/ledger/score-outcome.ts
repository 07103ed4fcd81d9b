import { round } from '../../harness/figures.ts';
import type { Outcome } from './outcome.ts';
import { judgePairs } from './judge-pairs.ts';
import type { JudgedMatch, Judgement } from './judge-pairs.ts';
import { caseKinds } from './shares.ts';
import type { Truth } from './truth.ts';
import { wilsonLower } from './wilson-lower.ts';

/** A wrong automatic match costs as much as fifty that somebody has to find (matching.md). */
const HARM_OF_WRONG_AUTOMATIC = 50;

export interface Score {
  /** Of the pairs that were put together, automatically or as suggestion, so many are true. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of the lines of the bank that pay several documents, so many with exactly these. */
  readonly batchRecall: number;
  /** Of all that is more than one pair: batches, parts, instalments. */
  readonly groupRecall: number;
  /** Of the automatic matches, so many are wholly right. */
  readonly autoPrecision: number;
  readonly autoPrecisionLower: number;
  readonly autoMatches: number;
  readonly autoWrong: number;
  readonly autoPairPrecision: number;
  /** Shares of all true pairs. */
  readonly automatic: number;
  readonly suggested: number;
  readonly missed: number;
  readonly harm: number;
  /** How far stated and true shares are apart, over ten bands; undefined without scores. */
  readonly calibrationError: number | undefined;
  /** Lines that belong to nothing and were left alone. */
  readonly openKept: number;
  readonly kinds: Readonly<Record<string, KindScore>>;
}

interface KindScore {
  readonly pairs: number;
  readonly recall: number;
  readonly automatic: number;
}

/** Judges an outcome by what really happened. */
export function scoreOutcome(truth: Truth, outcome: Outcome): Score {
  const judgement = judgePairs(truth, outcome);
  const { truePairs, matches } = judgement;
  const pairs = matches.flatMap(({ pairs: own }) => own);
  const right = pairs.filter(({ found }) => found !== undefined).length;
  const found = truePairs.filter(({ foundBy }) => foundBy !== undefined).length;
  const byMachine = truePairs.filter(({ foundBy }) => foundBy === 'automatic').length;
  const automatic = matches.filter(({ decision }) => decision === 'automatic');
  const autoPairs = automatic.flatMap(({ pairs: own }) => own);
  const autoRight = automatic.filter(({ isRight }) => isRight).length;
  const precision = share(right, pairs.length);
  const recall = share(found, truePairs.length);
  const missed = truePairs.length - found;
  const wrong = automatic.length - autoRight;
  return {
    precision: round(precision, 4),
    recall: round(recall, 4),
    f1: round(right === 0 ? 0 : (2 * precision * recall) / (precision + recall), 4),
    batchRecall: shareOfGroups(judgement, ({ isBatch }) => isBatch),
    groupRecall: shareOfGroups(judgement, () => true),
    autoPrecision: round(share(autoRight, automatic.length), 4),
    autoPrecisionLower: round(wilsonLower(autoRight, automatic.length), 4),
    autoMatches: automatic.length,
    autoWrong: wrong,
    autoPairPrecision: round(
      share(autoPairs.filter((pair) => pair.found !== undefined).length, autoPairs.length),
      4,
    ),
    automatic: round(share(byMachine, truePairs.length), 4),
    suggested: round(share(found - byMachine, truePairs.length), 4),
    missed: round(share(missed, truePairs.length), 4),
    harm: round(share(HARM_OF_WRONG_AUTOMATIC * wrong + missed, truePairs.length), 4),
    calibrationError: calibrationError(matches),
    openKept: openKept(truth, matches),
    kinds: kindScores(judgement),
  };
}

function shareOfGroups(
  { groups }: Judgement,
  isWanted: (group: Judgement['groups'][number]) => boolean,
): number {
  const wanted = groups.filter(isWanted);
  return round(share(wanted.filter(({ isFound }) => isFound).length, wanted.length), 4);
}

function kindScores({ truePairs }: Judgement): Record<string, KindScore> {
  const byKind = Map.groupBy(truePairs, ({ kind }) => kind);
  return Object.fromEntries(
    caseKinds.flatMap((kind) => {
      const own = byKind.get(kind);
      if (own === undefined) return [];
      const found = own.filter(({ foundBy }) => foundBy !== undefined).length;
      const automatic = own.filter(({ foundBy }) => foundBy === 'automatic').length;
      const row: KindScore = {
        pairs: own.length,
        recall: round(share(found, own.length), 3),
        automatic: round(share(automatic, own.length), 3),
      };
      return [[kind, row]];
    }),
  );
}

function calibrationError(matches: readonly JudgedMatch[]): number | undefined {
  const scored = matches.flatMap(({ score, isRight }) =>
    score === undefined ? [] : [{ score, right: isRight ? 1 : 0 }],
  );
  if (scored.length === 0) return undefined;
  const bands = Map.groupBy(scored, ({ score }) => Math.min(9, Math.floor(score * 10)));
  let apart = 0;
  for (const band of bands.values()) {
    apart += Math.abs(band.reduce((sum, { score, right }) => sum + score - right, 0));
  }
  return round(apart / scored.length, 4);
}

function openKept(truth: Truth, matches: readonly JudgedMatch[]): number {
  const used = new Set(matches.flatMap(({ pairs }) => pairs.flatMap(({ ids }) => ids)));
  return round(share(truth.open.filter(({ id }) => !used.has(id)).length, truth.open.length), 4);
}

/** The part of a whole; nothing of nothing is nothing. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
