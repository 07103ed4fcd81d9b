import { expect, test } from 'vitest';
import type { EntryLine, ItemLine } from '#core/matches.ts';
import { money } from '#core/money.ts';
import { defaultMatchSettings, noKnowledge } from '#reconciliation/match-settings.ts';
import { matchLines } from '#reconciliation/match.ts';
import { matchApart } from './match-apart.ts';

const COUNT = 1_800;

function linesOf(): { entries: EntryLine[]; items: ItemLine[] } {
  const lines = Array.from({ length: COUNT }, (_, place) => ({
    direction: 'credit' as const,
    amount: money(BigInt(100_000 + place), 'IDR'),
    number: `INV-${4_000_000 + place}`,
  }));
  return {
    entries: lines.map(({ number, ...line }, place) => ({
      ...line,
      id: `ent_${place}`,
      accountId: 'acc_1',
      bookingDay: 20_000,
      text: `BAYAR ${number}`,
      references: [],
    })),
    items: lines.map((line, place) => ({
      ...line,
      id: `itm_${place}`,
      references: [],
      text: '',
      dueDay: 20_000,
    })),
  };
}

test('match apart: many lines are matched in a thread, with the same outcome as here', async () => {
  const { entries, items } = linesOf();
  const settings = defaultMatchSettings(20_000);
  let turns = 0;
  const clock = setInterval(() => {
    turns += 1;
  }, 1);
  const apart = await matchApart(entries, items, settings, noKnowledge);
  clearInterval(clock);
  expect(apart).toEqual(matchLines(entries, items, settings, noKnowledge));
  expect(apart.matches).toHaveLength(COUNT);
  // Others had their turn meanwhile.
  expect(turns).toBeGreaterThan(5);
});

test('match apart: a thread that fails is a failure, not a wait for ever', async () => {
  const { entries, items } = linesOf();
  const broken = { ...defaultMatchSettings(20_000), tolerances: [{ id: 'tol_1' }] };
  const settings = JSON.parse(JSON.stringify(broken));
  await expect(
    matchApart([...entries, JSON.parse('{"id":"ent_x"}')], items, settings, noKnowledge),
  ).rejects.toThrow();
});
