import { listOf, textOf } from '../../harness/child.ts';

/** What somebody made of the two files, as far as it is judged. */
export interface Outcome {
  readonly matches: readonly OutcomeMatch[];
  readonly open: { readonly bank: readonly string[]; readonly ledger: readonly string[] };
}

export interface OutcomeMatch {
  readonly bank: readonly string[];
  readonly ledger: readonly string[];
  readonly allocations: readonly { readonly bank: string; readonly ledger: string }[];
  readonly kind: string;
  readonly decision: 'automatic' | 'suggested';
  /** The probability that it is right, where one is stated. */
  readonly score: number | undefined;
}

/** Reads what `cashbell match files --json` printed. */
export function readOutcome(text: string): Outcome {
  const answer: unknown = JSON.parse(text);
  const open: unknown = Object(answer).open;
  return {
    matches: listOf(answer, 'matches').map(readMatch),
    open: { bank: idsOf(open, 'bank'), ledger: idsOf(open, 'ledger') },
  };
}

function readMatch(match: unknown): OutcomeMatch {
  const decision = textOf(match, 'decision');
  if (decision !== 'automatic' && decision !== 'suggested') {
    throw new Error(`"${decision}" is no decision`);
  }
  const score: unknown = Object(match).score;
  return {
    bank: listOf(match, 'bank').map(String),
    ledger: listOf(match, 'ledger').map(String),
    allocations: listOf(match, 'allocations').map((each) => ({
      bank: textOf(each, 'bank'),
      ledger: textOf(each, 'ledger'),
    })),
    kind: textOf(match, 'kind'),
    decision,
    score: score === undefined || score === null ? undefined : Number(score),
  };
}

function idsOf(open: unknown, side: string): string[] {
  return listOf(open, side).map((line) => textOf(line, 'id'));
}
