import type { LineTable } from './line-table.ts';
import { WORDS_MAX } from './word-columns.ts';

/** What became of a word of the left line on the right. */
export const LeftState = {
  missing: 0,
  /** Follows the word found before at once. */
  next: 1,
  /** Follows it with other words between. */
  later: 2,
  /** Is there, in another order. */
  elsewhere: 3,
  /** Begins as a word on the other side begins, and one of both is cut off. */
  fragment: 4,
  /** Would stand behind the cut. */
  hidden: 5,
} as const;

export const RightState = { added: 0, used: 1, hidden: 2 } as const;

/** Filled anew for each pair: no pair costs an object. */
export interface Alignment {
  leftFrom: number;
  leftCount: number;
  rightFrom: number;
  rightCount: number;
  readonly leftState: Uint8Array;
  /** Place of the right word that a left word was found at. */
  readonly partner: Int32Array;
  readonly rightState: Uint8Array;
  /** Whether the fragment that agreed is the left one. */
  isLeftFragment: boolean;
}

export function createAlignment(): Alignment {
  return {
    leftFrom: 0,
    leftCount: 0,
    rightFrom: 0,
    rightCount: 0,
    leftState: new Uint8Array(WORDS_MAX),
    partner: new Int32Array(WORDS_MAX),
    rightState: new Uint8Array(WORDS_MAX),
    isLeftFragment: false,
  };
}

/** Lays the words of two lines beside each other, in order as far as possible. */
export function alignWords(
  left: LineTable,
  l: number,
  right: LineTable,
  r: number,
  to: Alignment,
): void {
  const leftFrom = left.offsets[l] ?? 0;
  const leftCount = (left.offsets[l + 1] ?? 0) - leftFrom;
  const rightFrom = right.offsets[r] ?? 0;
  const rightCount = (right.offsets[r + 1] ?? 0) - rightFrom;
  to.leftFrom = leftFrom;
  to.leftCount = leftCount;
  to.rightFrom = rightFrom;
  to.rightCount = rightCount;
  const { leftState, partner, rightState } = to;
  for (let j = 0; j < rightCount; j += 1) rightState[j] = RightState.added;
  const leftTerms = left.terms;
  const rightTerms = right.terms;
  const fragment = (left.fragment[l] ?? -1) - leftFrom;
  let last = -1;
  for (let i = 0; i < leftCount; i += 1) {
    leftState[i] = LeftState.missing;
    if (i === fragment) continue;
    const term = leftTerms[leftFrom + i] ?? 0;
    let found = -1;
    for (let j = last + 1; j < rightCount; j += 1) {
      if (rightTerms[rightFrom + j] !== term) continue;
      found = j;
      break;
    }
    if (found >= 0) {
      leftState[i] = found === last + 1 ? LeftState.next : LeftState.later;
      last = found;
    } else {
      for (let j = 0; j < last; j += 1) {
        if (rightTerms[rightFrom + j] !== term) continue;
        found = j;
        break;
      }
      if (found < 0) continue;
      leftState[i] = LeftState.elsewhere;
    }
    partner[i] = found;
    rightState[found] = RightState.used;
  }
  if (left.isCut[l] === 1 || right.isCut[r] === 1) alignCut(left, l, right, r, to);
}

function alignCut(left: LineTable, l: number, right: LineTable, r: number, to: Alignment): void {
  const { leftState, partner, rightState, leftFrom, leftCount, rightFrom, rightCount } = to;
  let leftEnd = leftCount;
  let rightEnd = rightCount;
  const leftFragment = left.fragment[l] ?? -1;
  const rightFragment = right.fragment[r] ?? -1;
  if (leftFragment >= 0) {
    const found = findBeginning(left, l, leftFragment, right, r, to);
    if (found >= 0) {
      leftState[leftFragment - leftFrom] = LeftState.fragment;
      partner[leftFragment - leftFrom] = found;
      rightState[found] = RightState.used;
      rightEnd = found + 1;
      to.isLeftFragment = !(
        rightFragment === rightFrom + found && isShorter(right, rightFragment, left, leftFragment)
      );
      if (rightFragment === rightFrom + found) leftEnd = leftFragment - leftFrom + 1;
    }
  }
  if (rightFragment >= 0 && rightState[rightFragment - rightFrom] === RightState.added) {
    const found = findWhole(left, l, right, r, rightFragment, to);
    if (found >= 0) {
      leftState[found] = LeftState.fragment;
      partner[found] = rightFragment - rightFrom;
      rightState[rightFragment - rightFrom] = RightState.used;
      to.isLeftFragment = false;
      leftEnd = found + 1;
    }
  }
  if (right.isCut[r] === 1) hideLeft(left, right.cut, leftEnd, to);
  if (left.isCut[l] === 1) hideRight(right, left.cut, rightEnd, to);
}

function hideLeft(left: LineTable, cut: number, end: number, to: Alignment): void {
  for (let i = 0; i < to.leftCount; i += 1) {
    if (to.leftState[i] !== LeftState.missing) continue;
    const start = left.starts[to.leftFrom + i] ?? 0;
    if ((i >= end || start >= cut) && start !== FAR) to.leftState[i] = LeftState.hidden;
  }
}

function hideRight(right: LineTable, cut: number, end: number, to: Alignment): void {
  for (let j = 0; j < to.rightCount; j += 1) {
    if (to.rightState[j] !== RightState.added) continue;
    const start = right.starts[to.rightFrom + j] ?? 0;
    if ((j >= end || start >= cut) && start !== FAR) to.rightState[j] = RightState.hidden;
  }
}

const FAR = 0xffff;

/** The first free right word that begins with the left fragment, or that the right cut shortened. */
function findBeginning(
  left: LineTable,
  l: number,
  fragment: number,
  right: LineTable,
  r: number,
  to: Alignment,
): number {
  const leftText = left.texts[l] ?? '';
  const rightText = right.texts[r] ?? '';
  const start = left.starts[fragment] ?? 0;
  const length = (left.ends[fragment] ?? 0) - start;
  for (let j = 0; j < to.rightCount; j += 1) {
    if (to.rightState[j] !== RightState.added) continue;
    const at = to.rightFrom + j;
    const rightStart = right.starts[at] ?? 0;
    if (rightStart === FAR) continue;
    const rightLength = (right.ends[at] ?? 0) - rightStart;
    const isFragment = at === right.fragment[r];
    if (rightLength < length && !isFragment) continue;
    if (isSame(leftText, start, rightText, rightStart, Math.min(length, rightLength))) return j;
  }
  return -1;
}

/** The first free left word that begins with the right fragment. */
function findWhole(
  left: LineTable,
  l: number,
  right: LineTable,
  r: number,
  fragment: number,
  to: Alignment,
): number {
  const leftText = left.texts[l] ?? '';
  const rightText = right.texts[r] ?? '';
  const start = right.starts[fragment] ?? 0;
  const length = (right.ends[fragment] ?? 0) - start;
  for (let i = 0; i < to.leftCount; i += 1) {
    if (to.leftState[i] !== LeftState.missing) continue;
    const at = to.leftFrom + i;
    const leftStart = left.starts[at] ?? 0;
    if (leftStart === FAR || (left.ends[at] ?? 0) - leftStart < length) continue;
    if (isSame(leftText, leftStart, rightText, start, length)) return i;
  }
  return -1;
}

function isShorter(one: LineTable, a: number, other: LineTable, b: number): boolean {
  return (one.ends[a] ?? 0) - (one.starts[a] ?? 0) < (other.ends[b] ?? 0) - (other.starts[b] ?? 0);
}

function isSame(a: string, aFrom: number, b: string, bFrom: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) {
    if (a.charCodeAt(aFrom + at) !== b.charCodeAt(bFrom + at)) return false;
  }
  return true;
}
