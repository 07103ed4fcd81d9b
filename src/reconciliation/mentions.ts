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
  const numbersOf = new Map<number, ReadonlySet<string>>();
  const readNumbers = (entry: number): ReadonlySet<string> => {
    const known = numbersOf.get(entry);
    if (known) return known;
    const line = board.entries.lines[entry];
    const numbers = new Set<string>();
    for (const text of [line?.text ?? '', ...(line?.references ?? [])]) {
      for (const part of splitParts(foldLine(text))) {
        if (/^\d/.test(part)) numbers.add(stripZeros(part));
      }
    }
    numbersOf.set(entry, numbers);
    return numbers;
  };
  return {
    has: (entry, item) => {
      const tied = ties.byEntry.get(entry)?.some((tie) => tie.isOwn && tie.item === item);
      if (tied === true) return true;
      const line = board.items.lines[item];
      const tail = tailOf(line?.number ?? line?.references[0] ?? '');
      return tail !== '' && readNumbers(entry).has(tail);
    },
  };
}

/** The last run of digits of a number without leading zeros; empty when it says too little. */
function tailOf(number: string): string {
  const last = splitParts(foldLine(number)).findLast((part) => /^\d/.test(part)) ?? '';
  return last.length >= TAIL_DIGITS_MIN ? stripZeros(last) : '';
}
