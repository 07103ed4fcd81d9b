/**
 * Numbers and counts of 52 bit hashes, in typed arrays: a million invoices have a million numbers,
 * and nobody needs to read them back.
 */
export interface HashTable {
  size: number;
  /** Open addressing: number of a key + 1 by slot; 0 is free. */
  slots: Int32Array;
  keys: Float64Array;
  counts: Int32Array;
}

export function createHashTable(): HashTable {
  const capacity = 1024;
  return {
    size: 0,
    slots: new Int32Array(capacity * 2),
    keys: new Float64Array(capacity),
    counts: new Int32Array(capacity),
  };
}

/** The number of a key; a new one when it was never seen. */
export function internKey(table: HashTable, key: number): number {
  const { slots, keys } = table;
  const mask = slots.length - 1;
  let slot = slotOf(key, mask);
  for (;;) {
    const found = slots[slot] ?? 0;
    if (found === 0) break;
    if (keys[found - 1] === key) return found - 1;
    slot = (slot + 1) & mask;
  }
  if (table.size === keys.length) {
    grow(table);
    return internKey(table, key);
  }
  const id = table.size;
  table.size += 1;
  slots[slot] = id + 1;
  keys[id] = key;
  return id;
}

export function countKey(table: HashTable, key: number): void {
  const id = internKey(table, key);
  table.counts[id] = (table.counts[id] ?? 0) + 1;
}

/** Hash of a piece of text: FNV-1a twice, with a final shift so that short words spread too. */
export function hashText(text: string, start: number, end: number): number {
  let low = LOW_SEED;
  let high = HIGH_SEED;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    low ^= low >>> 13;
    high = Math.imul(high ^ code, 0x85ebca6b) + 0x27d4eb2f;
    high ^= high >>> 15;
  }
  return join(low, high);
}

/** Hash of one hash and another number, in this order. */
export function hashPair(one: number, other: number): number {
  const first = Math.floor(one / 0x100000) | 0;
  const second = Math.floor(other / 0x100000) | 0;
  let low = Math.imul(first ^ LOW_SEED, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  low ^= low >>> 15;
  let high = Math.imul((first >>> 7) ^ second ^ HIGH_SEED, 0xc2b2ae35);
  high ^= Math.imul((one % 0x100000) + Math.imul(other % 0x100000, 31), 0x27d4eb2f);
  high ^= high >>> 13;
  return join(Math.imul(low, 0x2c1b3c6d), high);
}

const LOW_SEED = 0x811c9dc5 | 0;
const HIGH_SEED = 0x9747b28c | 0;

function join(low: number, high: number): number {
  return (low >>> 0) * 0x100000 + (high >>> 12);
}

function slotOf(key: number, mask: number): number {
  return (Math.imul(Math.floor(key / 0x100000) | 0, 0x9e3779b1) >>> 7) & mask;
}

function grow(table: HashTable): void {
  const capacity = table.keys.length * 2;
  table.keys = copied(new Float64Array(capacity), table.keys);
  table.counts = copied(new Int32Array(capacity), table.counts);
  const slots = new Int32Array(capacity * 2);
  const mask = slots.length - 1;
  for (let id = 0; id < table.size; id += 1) {
    let slot = slotOf(table.keys[id] ?? 0, mask);
    while ((slots[slot] ?? 0) !== 0) slot = (slot + 1) & mask;
    slots[slot] = id + 1;
  }
  table.slots = slots;
}

function copied<Numbers extends { set(from: Numbers): void }>(to: Numbers, from: Numbers): Numbers {
  to.set(from);
  return to;
}
