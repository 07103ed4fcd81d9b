import { parseEpochDay } from '#core/epoch-day.ts';
import type {
  EntryLine,
  ItemLine,
  MatchKnowledge,
  MatchResult,
  MatchSettings,
} from '#core/matches.ts';
import { parseMoney } from '#core/money.ts';
import { matchLines } from './match.ts';
import { defaultMatchSettings, noKnowledge } from './match-settings.ts';

/** An entry of a test: signed amount, then what differs from a plain receipt. */
export function entry(id: string, amount: string, more: Partial<EntryLine> = {}): EntryLine {
  const [text, currency = 'IDR'] = amount.split(' ');
  const money = parseMoney((text ?? '').replace('-', ''), currency);
  return {
    id,
    accountId: 'acc_1',
    direction: amount.startsWith('-') ? 'debit' : 'credit',
    amount: money,
    bookingDay: parseEpochDay('2026-05-10'),
    text: '',
    references: [],
    ...more,
  };
}

/** An item of a test, due on the day of `entry`. */
export function item(id: string, amount: string, more: Partial<ItemLine> = {}): ItemLine {
  const { direction, amount: money } = entry(id, amount);
  return {
    id,
    direction,
    amount: money,
    dueDay: parseEpochDay('2026-05-10'),
    references: [],
    text: '',
    ...more,
  };
}

export function day(text: string): number {
  return parseEpochDay(text);
}

/** Matches with the settings of a new organisation, or with what the test wants otherwise. */
export function match(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
  settings: Partial<MatchSettings> = {},
  knowledge: Partial<MatchKnowledge> = {},
): MatchResult {
  return matchLines(
    entries,
    items,
    { ...defaultMatchSettings(day('2026-05-31')), ...settings },
    { ...noKnowledge, ...knowledge },
  );
}

/** Each match on one line, such as `automatic batch e1 = i1 i2`. */
export function told({ matches }: MatchResult): string[] {
  return matches.map(
    ({ decision, kind, entryIds, itemIds }) =>
      `${decision} ${kind} ${entryIds.join(' ')} = ${itemIds.join(' ')}`,
  );
}
