import type { Outcome, OutcomeMatch } from './outcome.ts';
import type { CaseKind } from './shares.ts';
import type { Truth, TruthGroup } from './truth.ts';

/** Two lines that really belong together, and who found out. */
export interface TruePair {
  readonly ids: readonly [string, string];
  readonly kind: CaseKind;
  /** All pairs of one line of the bank; what is left out of it makes a match wrong. */
  readonly ofBankLine: TruePair[];
  foundBy: OutcomeMatch['decision'] | undefined;
}

export interface JudgedPair {
  readonly ids: readonly [string, string];
  readonly found: TruePair | undefined;
}

export interface JudgedMatch {
  readonly decision: OutcomeMatch['decision'];
  readonly score: number | undefined;
  readonly kind: string;
  readonly pairs: readonly JudgedPair[];
  /** Nothing in it is wrong, and nothing of its lines of the bank was left out. */
  readonly isRight: boolean;
}

export interface JudgedGroup {
  readonly kind: CaseKind;
  readonly isBatch: boolean;
  readonly isFound: boolean;
}

export interface Judgement {
  readonly truePairs: readonly TruePair[];
  readonly matches: readonly JudgedMatch[];
  /** Only those of more than one pair. */
  readonly groups: readonly JudgedGroup[];
}

type Ids = readonly [string, string];

/**
 * Compares by classes of lines that nobody can tell apart: a pair is true when as many true pairs
 * of the same two classes are still unclaimed. Automatic matches claim first.
 */
export function judgePairs(truth: Truth, outcome: Outcome): Judgement {
  const classOf = classes(truth);
  const { truePairs, unclaimed } = readTruth(truth, classOf);
  const claimed = new Map<OutcomeMatch, JudgedPair[]>();
  for (const decision of ['automatic', 'suggested'] as const) {
    for (const match of outcome.matches.filter((each) => each.decision === decision)) {
      const pairs = pairsOf(match).map((ids): JudgedPair => {
        const found = unclaimed.get(pairKey(ids, classOf))?.pop();
        if (found) found.foundBy = decision;
        return { ids, found };
      });
      claimed.set(match, pairs);
    }
  }
  const matches = outcome.matches.map((match) => judgeMatch(match, claimed.get(match) ?? []));
  return { truePairs, matches, groups: judgeGroups(truth, matches, classOf) };
}

type ClassOf = (id: string) => string;

function classes({ sameBank, sameLedger }: Truth): ClassOf {
  const first = new Map<string, string>();
  for (const set of [...sameBank, ...sameLedger]) {
    for (const id of set) first.set(id, set[0] ?? id);
  }
  return (id) => first.get(id) ?? id;
}

function pairKey(ids: Ids, classOf: ClassOf): string {
  return ids.map(classOf).toSorted().join(' ');
}

function readTruth(
  truth: Truth,
  classOf: ClassOf,
): { truePairs: TruePair[]; unclaimed: Map<string, TruePair[]> } {
  const truePairs: TruePair[] = [];
  const unclaimed = new Map<string, TruePair[]>();
  const ofLine = new Map<string, TruePair[]>();
  for (const group of truth.groups) {
    for (const ids of truePairsOf(group)) {
      const ofBankLine = ofLine.get(ids[0]) ?? [];
      const pair: TruePair = { ids, kind: group.kind, ofBankLine, foundBy: undefined };
      ofBankLine.push(pair);
      ofLine.set(ids[0], ofBankLine);
      truePairs.push(pair);
      const key = pairKey(ids, classOf);
      unclaimed.set(key, [...(unclaimed.get(key) ?? []), pair]);
    }
  }
  return { truePairs, unclaimed };
}

function truePairsOf(group: TruthGroup): Ids[] {
  return [...group.allocations.map(({ bank, ledger }) => [bank, ledger] as const), ...group.pairs];
}

/** Its allocations; without any, every line with every other, across or on the one side it has. */
export function pairsOf({ bank, ledger, allocations }: OutcomeMatch): Ids[] {
  if (allocations.length > 0) return allocations.map((each) => [each.bank, each.ledger]);
  if (bank.length > 0 && ledger.length > 0) {
    return bank.flatMap((one) => ledger.map((other) => [one, other] as const));
  }
  const side = bank.length > 0 ? bank : ledger;
  return side.flatMap((one, index) => side.slice(index + 1).map((other) => [one, other] as const));
}

function judgeMatch(match: OutcomeMatch, pairs: readonly JudgedPair[]): JudgedMatch {
  const isRight =
    pairs.length > 0 &&
    pairs.every(({ found }) => found?.ofBankLine.every(({ foundBy }) => foundBy !== undefined));
  return { decision: match.decision, score: match.score, kind: match.kind, pairs, isRight };
}

/** A group is found when the lines that matches hang together are exactly its lines. */
function judgeGroups(
  { groups }: Truth,
  matches: readonly JudgedMatch[],
  classOf: ClassOf,
): JudgedGroup[] {
  const found = new Map<string, number>();
  for (const lines of hangTogether(matches.flatMap(({ pairs }) => pairs.map(({ ids }) => ids)))) {
    const key = linesKey(lines, classOf);
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return groups
    .filter((group) => truePairsOf(group).length > 1)
    .map(({ kind, bank, ledger }) => {
      const key = linesKey([...bank, ...ledger], classOf);
      const left = found.get(key) ?? 0;
      found.set(key, left - 1);
      return { kind, isBatch: bank.length === 1 && ledger.length > 1, isFound: left > 0 };
    });
}

function linesKey(lines: Iterable<string>, classOf: ClassOf): string {
  return [...lines].map(classOf).toSorted().join(' ');
}

function hangTogether(pairs: readonly Ids[]): Set<Set<string>> {
  const home = new Map<string, Set<string>>();
  for (const [one, other] of pairs) {
    const smaller = home.get(one) ?? new Set([one]);
    const larger = home.get(other) ?? new Set([other]);
    const [from, to] = smaller.size < larger.size ? [smaller, larger] : [larger, smaller];
    for (const id of from) {
      to.add(id);
      home.set(id, to);
    }
    for (const id of [one, other]) home.set(id, to);
  }
  return new Set(home.values());
}
