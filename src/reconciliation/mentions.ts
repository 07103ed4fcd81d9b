import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';
import { splitParts, stripZeros } from './key-forms.ts';
import type { KeyTies } from './key-ties.ts';

/** Lists of several invoices write only the end of each number. */
const TAIL_DIGITS_MIN = 3;

/** Whether an entry writes the number of an item, be it only its end. */
export interface Mentions {
  readonly has: (entry: number, item: number) => boolean;
}

export function createMentions(board: Board, ties: KeyTies): Mentions {
  const tails = board.items.lines.map((line) => tailOf(line.number ?? line.references[0] ?? ''));
  const written = new Map<number, Written>();
  const read = (entry: number): Written => {
    let known = written.get(entry);
    if (known === undefined) {
      known = readWritten(board, ties, entry);
      written.set(entry, known);
    }
    return known;
  };
  return {
    has: (entry, item) => {
      const { numbers, items } = read(entry);
      const tail = tails[item] ?? '';
      return (tail !== '' && numbers.has(tail)) || items.has(item);
    },
  };
}

interface Written {
  readonly numbers: ReadonlySet<string>;
  /** Items tied by a key of their own. */
  readonly items: ReadonlySet<number>;
}

function readWritten({ entries }: Board, ties: KeyTies, entry: number): Written {
  const line = entries.lines[entry];
  const numbers = new Set<string>();
  for (const text of [line?.text ?? '', ...(line?.references ?? [])]) {
    for (const part of splitParts(foldLine(text))) {
      if (isDigit(part)) numbers.add(stripZeros(part));
    }
  }
  const own = (ties.byEntry.get(entry) ?? []).filter(({ isOwn }) => isOwn);
  return { numbers, items: new Set(own.map(({ item }) => item)) };
}

function isDigit(part: string): boolean {
  const code = part.charCodeAt(0);
  return code >= 48 && code <= 57;
}

/** The last run of digits of a number without leading zeros; empty when it says too little. */
function tailOf(number: string): string {
  const last = splitParts(foldLine(number)).findLast(isDigit) ?? '';
  return last.length >= TAIL_DIGITS_MIN ? stripZeros(last) : '';
}
