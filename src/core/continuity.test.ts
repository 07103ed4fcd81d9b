import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findGaps, orderLines } from './continuity.ts';
import { parseInstant, parsePlainDate } from './dates.ts';
import { money } from './money.ts';
import type { EntryReport } from './statements.ts';

/** Lines of one day from signed amounts, with the balances that follow from the opening. */
function lines(opening: bigint, amounts: readonly bigint[]): EntryReport[] {
  let balance = opening;
  return amounts.map((amount, index) => {
    balance += amount;
    return {
      creditDebitIndicator: amount < 0n ? 'debit' : 'credit',
      amount: money(amount < 0n ? -amount : amount, 'IDR'),
      status: 'booked',
      bookingDate: parsePlainDate('2026-11-23'),
      bookedAt: parseInstant(`2026-11-23T08:00:${String(index % 60).padStart(2, '0')}+07:00`),
      remittanceInformation: `line ${index}`,
      evidence: [],
      balanceAfter: money(balance, 'IDR'),
    };
  });
}

const texts = (ordered: readonly EntryReport[]): string[] =>
  ordered.map(({ remittanceInformation }) => remittanceInformation);

describe('continuity', () => {
  it('a whole chain has no gap, one without its middle has one', () => {
    const whole = lines(1000n, [50n, -20n, 30n]);
    expect(findGaps(whole, 1000n)).toEqual([]);
    const [first, , third] = whole;
    const broken = [first, third].filter((line) => line !== undefined);
    expect(findGaps(broken, 1000n)).toEqual([
      { index: 1, expectedMinorUnits: 1050n, statedMinorUnits: 1030n },
    ]);
  });

  it('a line that is missing in front shows against the opening balance', () => {
    const [, second] = lines(1000n, [50n, -20n]);
    expect(second && findGaps([second], 1000n)).toEqual([
      { index: 0, expectedMinorUnits: 1000n, statedMinorUnits: 1050n },
    ]);
  });

  it('pending lines are no part of the chain', () => {
    const whole = lines(0n, [5n, 7n]);
    const [first, second] = whole;
    if (!first || !second) throw new Error('two lines expected');
    const pending: EntryReport = { ...first, status: 'pending' };
    expect(findGaps([first, pending, second], 0n)).toEqual([]);
  });

  it('newest first is turned round, also when all lines carry one moment', () => {
    const whole = lines(0n, [5n, 7n, 11n]);
    expect(texts(orderLines(whole.toReversed()))).toEqual(texts(whole));
    const oneMoment = whole.map((line) => ({
      ...line,
      bookedAt: parseInstant('2026-11-23T08:00:00+07:00'),
    }));
    expect(texts(orderLines(oneMoment.toReversed()))).toEqual(texts(whole));
  });

  it('any shuffled statement with balances that differ comes back in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 1000n }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (amounts, seed) => {
          const whole = lines(0n, amounts);
          const shuffled = whole
            .map((line, index) => ({ line, key: (index * 7919 + seed) % 13 }))
            .toSorted((left, right) => left.key - right.key)
            .map(({ line }) => line);
          expect(texts(orderLines(shuffled, 0n))).toEqual(texts(whole));
        },
      ),
    );
  });
});
