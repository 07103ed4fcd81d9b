import type { Board } from './board.ts';
import { daysAfter } from './board.ts';
import type { DayModel } from './day-model.ts';
import { createDayModel } from './day-model.ts';
import { forEachEqualClass } from './equal-amounts.ts';

/** Learns the usual delay from pairs whose amount occurs once on both sides: most of them are true. */
export function learnDays(board: Board): DayModel {
  const samples: number[] = [...board.delays];
  forEachEqualClass(board, ({ entries, items, pairs }) => {
    const [pair] = pairs;
    if (!pair || entries.length !== 1 || items.length !== 1) return;
    samples.push(daysAfter(board, pair[0], pair[1]));
  });
  return createDayModel(samples, board.settings.windowDays);
}
