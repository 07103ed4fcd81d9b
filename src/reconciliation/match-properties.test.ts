import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EntryLine, ItemLine, MatchResult, ToleranceRule } from '#core/matches.ts';
import { entry, item, match } from './match-cases.ts';

const names = ['PT Maju Jaya Tekstil', 'CV Sinar Abadi', 'Wah Kee Trading', '东莞市鑫锋进出口', ''];
const files = { mayTrustCalibration: true };

interface World {
  readonly entries: readonly EntryLine[];
  readonly items: readonly ItemLine[];
}

/** Few amounts, few names and few numbers, so that everything collides with everything. */
const amount = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((units) => units * 5_000),
  fc.integer({ min: 100, max: 99_999 }),
);
const line = fc.record({
  units: amount,
  isCredit: fc.boolean(),
  currency: fc.constantFrom('IDR', 'USD'),
  name: fc.constantFrom(...names),
  number: fc.integer({ min: 10_041, max: 10_048 }),
  days: fc.integer({ min: 0, max: 20 }),
  isWritten: fc.boolean(),
  isVoid: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
});
type Line = (typeof line)['generate'] extends (...args: never[]) => { value: infer Value }
  ? Value
  : never;

function textOf({ units, isCredit, currency }: Line): string {
  return `${isCredit ? '' : '-'}${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')} ${currency}`;
}

const world: fc.Arbitrary<World> = fc
  .record({
    bank: fc.array(line, { maxLength: 14 }),
    book: fc.array(line, { maxLength: 14 }),
  })
  .map(({ bank, book }) => ({
    entries: bank.map((each, place) =>
      entry(`e${place}`, textOf(each), {
        accountId: each.days % 2 === 0 ? 'acc_1' : 'acc_2',
        bookingDay: 20_580 + each.days,
        text: `${each.isWritten ? `INV-${each.number} ` : ''}${each.isVoid ? 'RETUR ' : ''}${each.name}`,
        counterpartyName: each.name === '' || each.days % 3 === 0 ? undefined : each.name,
      }),
    ),
    items: book.map((each, place) =>
      item(`i${place}`, textOf(each), {
        dueDay: 20_580 + each.days,
        number: each.isWritten ? `INV-${each.number}` : undefined,
        text: each.isVoid ? 'VOID' : '',
        counterpartyName: each.name === '' ? undefined : each.name,
      }),
    ),
  }));

const shuffled = world.chain((lines) =>
  fc.record({
    lines: fc.constant(lines),
    entries: fc.shuffledSubarray([...lines.entries], { minLength: lines.entries.length }),
    items: fc.shuffledSubarray([...lines.items], { minLength: lines.items.length }),
  }),
);

test('the order of the lines changes nothing, and neither does asking twice', () => {
  fc.assert(
    fc.property(shuffled, ({ lines, entries, items }) => {
      const told = match(lines.entries, lines.items, files);
      expect(match(entries, items, files)).toEqual(told);
      expect(match(lines.entries, lines.items, files)).toEqual(told);
    }),
    { numRuns: 300 },
  );
});

test('no line is used beyond its amount, and by one match only', () => {
  fc.assert(
    fc.property(world, ({ entries, items }) => {
      const result = match(entries, items, files);
      const used = new Map<string, bigint>();
      const use = (id: string, units: bigint): void => {
        expect(units >= 0n).toBe(true);
        used.set(id, (used.get(id) ?? 0n) + units);
      };
      for (const { allocations } of result.matches) {
        for (const each of allocations) {
          use(each.entryId, each.entryAmount.amountMinorUnits);
          use(each.itemId, each.itemAmount.amountMinorUnits);
        }
      }
      for (const { id, amount: whole } of [...entries, ...items]) {
        expect((used.get(id) ?? 0n) <= whole.amountMinorUnits).toBe(true);
      }
      const all = result.matches.flatMap(({ entryIds, itemIds }) => [...entryIds, ...itemIds]);
      expect(new Set(all).size).toBe(all.length);
    }),
    { numRuns: 300 },
  );
});

test('sums are conserved: what the bank moved is what was settled, with fees and differences said', () => {
  fc.assert(
    fc.property(world, ({ entries, items }) => {
      const entryOf = new Map(entries.map((each) => [each.id, each]));
      const itemOf = new Map(items.map((each) => [each.id, each]));
      for (const { allocations, residuals } of match(entries, items, files).matches) {
        const [first] = allocations;
        const known = first && entryOf.get(first.entryId);
        if (!known || residuals.some(({ kind }) => kind === 'exchange')) continue;
        const sign = known.direction === 'credit' ? 1n : -1n;
        let moved = 0n;
        let settled = 0n;
        for (const { itemId, entryAmount, itemAmount } of allocations) {
          moved += entryAmount.amountMinorUnits;
          const isSame = itemOf.get(itemId)?.direction === known.direction;
          settled += isSame ? itemAmount.amountMinorUnits : -itemAmount.amountMinorUnits;
        }
        const between = residuals.reduce((sum, each) => sum + each.amount.amountMinorUnits, 0n);
        expect(moved).toBe(settled + sign * between);
      }
    }),
    { numRuns: 300 },
  );
});

test('every line is either in a match or open, with a reason; suggested always says why', () => {
  fc.assert(
    fc.property(world, ({ entries, items }) => {
      const { matches, open, stats } = match(entries, items, files);
      const told = [
        ...matches.flatMap(({ entryIds }) => entryIds.map((id) => `entry ${id}`)),
        ...matches.flatMap(({ itemIds }) => itemIds.map((id) => `item ${id}`)),
        ...open.map(({ side, id }) => `${side} ${id}`),
      ];
      const all = [
        ...entries.map(({ id }) => `entry ${id}`),
        ...items.map(({ id }) => `item ${id}`),
      ];
      expect(told.toSorted()).toEqual(all.toSorted());
      for (const each of matches) {
        expect(each.whyNotAutomatic === undefined).toBe(each.decision === 'automatic');
        expect(each.reasons.length).toBeGreaterThan(0);
        expect(each.probability > 0 && each.probability <= 1).toBe(true);
      }
      expect(stats.automatic + stats.suggested).toBe(matches.length);
    }),
    { numRuns: 200 },
  );
});

test('currencies and directions never meet, except by a rate that somebody stated', () => {
  fc.assert(
    fc.property(world, ({ entries, items }) => {
      const entryOf = new Map(entries.map((each) => [each.id, each]));
      for (const { allocations, residuals, decision } of match(entries, items, files).matches) {
        for (const { entryId, entryAmount, itemAmount } of allocations) {
          if (entryAmount.currency === itemAmount.currency) continue;
          expect(decision).toBe('suggested');
          expect(residuals).toMatchObject([
            { kind: 'exchange', entryId: entryOf.get(entryId)?.id },
          ]);
        }
      }
    }),
    { numRuns: 200 },
  );
});

const strangers: World = {
  entries: [
    entry('x1', '77777.31', {
      text: 'ZZZ QQQ',
      accountId: 'acc_9',
      counterpartyName: 'Xylophone Yard',
    }),
  ],
  items: [item('x2', '-88888.47', { text: 'WWW', counterpartyName: 'Quince Kiosk' })],
};

test('a line that has nothing to do with the others changes no match', () => {
  fc.assert(
    fc.property(world, ({ entries, items }) => {
      const before = linesOf(match(entries, items));
      const after = linesOf(
        match([...strangers.entries, ...entries], [...items, ...strangers.items]),
      );
      expect(after).toEqual(before);
    }),
    { numRuns: 200 },
  );
});

function linesOf({ matches }: MatchResult): string[] {
  return matches.map(
    ({ decision, kind, entryIds, itemIds }) =>
      `${decision} ${kind} ${entryIds.join()} ${itemIds.join()}`,
  );
}

test('candidates that nothing tells apart are never decided', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(...names),
      (entryCount, itemCount, name) => {
        const entries = Array.from({ length: entryCount }, (_, place) =>
          entry(`e${place}`, '500.00', { counterpartyName: name }),
        );
        const items = Array.from({ length: itemCount }, (_, place) =>
          item(`i${place}`, '500.00', { counterpartyName: name }),
        );
        const bands = Array.from(
          { length: 24 },
          (_, band) => ({ basis: 'score', band, right: 9_999, wrong: 0 }) as const,
        );
        const { matches } = match(entries, items, files, { bands });
        expect(matches.filter(({ decision }) => decision === 'automatic')).toEqual([]);
      },
    ),
  );
});

test('more tolerance never decides less', () => {
  const limits = fc.tuple(fc.nat({ max: 9_000 }), fc.nat({ max: 9_000 }));
  const gaps = fc.array(fc.integer({ min: -9_000, max: 9_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(limits, gaps, ([one, other], differences) => {
      const decided = (limit: number): string[] => {
        const rule: ToleranceRule = { id: 'tol', currency: 'IDR', limitMinorUnits: BigInt(limit) };
        const entries = differences.map((gap, place) =>
          entry(
            `e${place}`,
            `${Math.floor((1_000_000 + gap) / 100)}.${String((1_000_000 + gap) % 100).padStart(2, '0')}`,
            {
              text: `INV-9004${place}`,
            },
          ),
        );
        const items = differences.map((_, place) =>
          item(`i${place}`, '10000.00', { number: `INV-9004${place}` }),
        );
        return match(entries, items, { tolerances: [rule] })
          .matches.filter(({ decision }) => decision === 'automatic')
          .flatMap(({ entryIds }) => entryIds);
      };
      const [less, more] = one < other ? [one, other] : [other, one];
      expect(decided(more)).toEqual(expect.arrayContaining(decided(less)));
    }),
  );
});

test('thousands of equal amounts end within their work, undecided', () => {
  const entries = Array.from({ length: 3_000 }, (_, place) => entry(`e${place}`, '500.00'));
  const items = Array.from({ length: 3_000 }, (_, place) => item(`i${place}`, '500.00'));
  const { matches, stats } = match(entries, items, files);
  expect(matches.filter(({ decision }) => decision === 'automatic')).toEqual([]);
  expect(stats.work).toBeLessThan(3_000 * 100);
});

test('a counterparty with any number of open items ends in bounded work, and is told as undecided', () => {
  const name = { counterpartyName: 'PT Maju Jaya Tekstil' };
  const items = Array.from({ length: 400 }, (_, place) =>
    item(`i${place}`, `${100 + (place % 37)}.00`, name),
  );
  const entries = Array.from({ length: 40 }, (_, place) =>
    entry(`e${place}`, `${5_000 + place}.00`, name),
  );
  const { matches, stats } = match(entries, items, files);
  expect(matches.filter(({ decision }) => decision === 'automatic')).toEqual([]);
  expect(stats.work).toBeLessThan(40 * 2_000_000);
  const tight = match(entries, items, { ...files, workMax: 1_000 });
  expect(tight.stats.work).toBeLessThan(2_000_000);
});
