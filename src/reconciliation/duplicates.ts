import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';
import { wholeKeyOf } from './key-forms.ts';

/** Says of what stayed open that it looks like a line which another match has used already. */
export function tellDuplicates(board: Board): void {
  const { entries, items } = board;
  tell(board, 'entry', entries.isTouched, (place) => {
    const line = entries.lines[place];
    return line && `${line.accountId} ${line.bookingDay} ${foldLine(line.text)} ${sumOf(line)}`;
  });
  tell(board, 'item', items.isTouched, (place) => {
    const line = items.lines[place];
    const number = wholeKeyOf(line?.number ?? line?.references[0] ?? '');
    return line && number !== '' ? `${number} ${sumOf(line)}` : undefined;
  });
}

function sumOf({
  amount,
  direction,
}: Board['entries']['lines'][number] | Board['items']['lines'][number]): string {
  return `${direction} ${amount.amountMinorUnits} ${amount.currency}`;
}

function tell(
  board: Board,
  side: 'entry' | 'item',
  isTouched: Uint8Array,
  keyOf: (place: number) => string | undefined,
): void {
  const lines = side === 'entry' ? board.entries.lines : board.items.lines;
  const used = new Set<string>();
  for (let place = 0; place < lines.length; place += 1) {
    const key = isTouched[place] === 1 ? keyOf(place) : undefined;
    if (key !== undefined) used.add(key);
  }
  for (let place = 0; place < lines.length; place += 1) {
    if (isTouched[place] === 1) continue;
    const key = keyOf(place);
    const id = lines[place]?.id;
    if (key !== undefined && used.has(key)) {
      board.openReasons.set(`${side}:${id ?? ''}`, reason('open.duplicate'));
    }
  }
}
