import type { Board } from './board.ts';
import { mayMeet } from './board.ts';
import type { Key } from './key-index.ts';
import { KEY_ITEMS_MAX, createKeyIndex } from './key-index.ts';

/** A key that so many entries carry is an account number or a slogan. */
const KEY_ENTRIES_MAX = 64;
/** Shorter keys tie lines only where the amount agrees too. */
const STRONG_LENGTH_MIN = 6;

/** An entry that carries a key of an item. */
export interface Tie {
  readonly entry: number;
  readonly item: number;
  readonly key: Key;
  /** The key belongs to this item alone. */
  readonly isOwn: boolean;
}

/** All that is tied by keys, by both sides. */
export interface KeyTies {
  readonly byEntry: ReadonlyMap<number, readonly Tie[]>;
  readonly byItem: ReadonlyMap<number, readonly Tie[]>;
}

export function findKeyTies(board: Board): KeyTies {
  const { entries, items, settings } = board;
  const index = createKeyIndex(items.lines, settings.paymentCodeTemplates);
  const found = entries.lines.map((entry) => index.find(entry));
  const carried = new Int32Array(index.keys.length);
  for (const keys of found) for (const key of keys) carried[key] = (carried[key] ?? 0) + 1;
  const byEntry = new Map<number, Tie[]>();
  const byItem = new Map<number, Tie[]>();
  found.forEach((keys, entry) => {
    for (const tie of tiesOf(board, entry, keys, { index: index.keys, carried })) {
      push(byEntry, entry, tie);
      push(byItem, tie.item, tie);
    }
  });
  return { byEntry, byItem };
}

function push(map: Map<number, Tie[]>, place: number, tie: Tie): void {
  const known = map.get(place);
  if (known) known.push(tie);
  else map.set(place, [tie]);
}

/** Each item once, by the key that says most: own before shared, long before short. */
function tiesOf(
  board: Board,
  entry: number,
  places: readonly number[],
  { index, carried }: { readonly index: readonly Key[]; readonly carried: Int32Array },
): readonly Tie[] {
  const best = new Map<number, Tie>();
  for (const place of places) {
    const key = index[place];
    if (!key || key.items.length > KEY_ITEMS_MAX || (carried[place] ?? 0) > KEY_ENTRIES_MAX)
      continue;
    const isOwn = key.items.length === 1;
    for (const item of key.items) {
      if (!mayMeet(board, entry, item)) continue;
      const before = best.get(item);
      if (!before || isBetter({ key, isOwn }, before)) best.set(item, { entry, item, key, isOwn });
    }
  }
  return [...best.values()].toSorted((left, right) => left.item - right.item);
}

function isBetter(tie: Pick<Tie, 'key' | 'isOwn'>, than: Pick<Tie, 'key' | 'isOwn'>): boolean {
  if (tie.isOwn !== than.isOwn) return tie.isOwn;
  const [left, right] = [tie.key.text, than.key.text];
  return left.length === right.length ? left < right : left.length > right.length;
}

/** Long enough to mean the item even where the amount differs. */
export function isStrong({ key, isOwn }: Tie): boolean {
  return isOwn && key.text.length >= STRONG_LENGTH_MIN;
}
