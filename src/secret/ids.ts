import { randomBytes, randomInt } from 'node:crypto';
import { formatId } from '#core/ids.ts';
import type { Id, IdPrefix } from '#core/ids.ts';

const DIGITS = 16;
let lastMs = 0;
let last = new Uint8Array(DIGITS);

/**
 * Makes a new id of the given kind; the only place where our ids are born. Ids of one process sort
 * in the order in which they were made, also within one millisecond: messages that arrive together
 * are taken in by it.
 */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    last = randomBytes(DIGITS).map((byte) => byte & 31);
    // Room to count on within the millisecond.
    last[0] = (last[0] ?? 0) & 15;
  } else {
    last = successor(last);
  }
  return formatId(prefix, lastMs, last);
}

/** The next number in base 32; its sixteen digits do not run out within a millisecond. */
function successor(digits: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = Uint8Array.from(digits);
  for (let place = DIGITS - 1; place >= 0; place -= 1) {
    const digit = (next[place] ?? 0) + 1;
    next[place] = digit % 32;
    if (digit < 32) break;
  }
  return next;
}

const REFERENCE_EPOCH_MS = Date.UTC(2020, 0, 1);
const TAIL = 1_000_000;
let lastReferenceMs = 0;
let tail = 0;

/**
 * Mints an end-to-end id: twelve digits of milliseconds since 2020 and six that begin by chance and
 * count on within a millisecond. Eighteen digits pass every bank's field (A8.3) and stay whole in the
 * first half of BCA's narrative, which is all that its statement shows of a remark (A13). It is made
 * once per payment and repeated with every attempt; the table's unique key refuses a second use.
 */
export function newEndToEndId(): string {
  const nowMs = Date.now();
  if (nowMs > lastReferenceMs) {
    lastReferenceMs = nowMs;
    tail = randomInt(TAIL);
  } else {
    tail += 1;
    // A full wheel: the next millisecond is borrowed, so that no number comes twice.
    if (tail >= TAIL) [lastReferenceMs, tail] = [lastReferenceMs + 1, 0];
  }
  const moment = String(lastReferenceMs - REFERENCE_EPOCH_MS).padStart(12, '0');
  return moment + String(tail).padStart(6, '0');
}
