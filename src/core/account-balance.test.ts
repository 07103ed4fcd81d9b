import { describe, expect, test } from 'vitest';
import { balanceAtEnd, balanceAtStart } from './account-balance.ts';
import type { BalanceLine } from './account-balance.ts';
import { parseInstant, parsePlainDate } from './dates.ts';
import { parseMoney } from './money.ts';

const idr = (text: string) => parseMoney(text, 'IDR');

function line(
  day: string,
  amount: string,
  more: { after?: string; state?: BalanceLine['state']; at?: string } = {},
): BalanceLine {
  const isDebit = amount.startsWith('-');
  return {
    state: more.state ?? 'booked',
    creditDebitIndicator: isDebit ? 'debit' : 'credit',
    amount: idr(amount.replace('-', '')),
    bookingDate: parsePlainDate(day),
    bookedAt: more.at === undefined ? undefined : parseInstant(more.at),
    seenAt: parseInstant('2026-11-23T00:00:00Z'),
    balanceAfter: more.after === undefined ? undefined : idr(more.after),
  };
}

const stated = (
  type: 'closingBooked' | 'interimBooked' | 'interimAvailable',
  amount: string,
  at: string,
) => ({
  type,
  amount: idr(amount),
  at: parseInstant(at),
});

const at = (lines: BalanceLine[], said: ReturnType<typeof stated>[] = []) => {
  const known = balanceAtEnd(lines, said, 'Asia/Jakarta');
  return known && [known.minorUnits, known.basis, known.added];
};

describe('balance at the end', () => {
  test('balance: the running balance behind the last line', () => {
    expect(
      at([
        line('2026-11-01', '5.00', { after: '105.00' }),
        line('2026-11-02', '-1.00', { after: '104.00' }),
      ]),
    ).toEqual([10_400n, 'running', 0]);
  });

  test('balance: lines after it without one are added, pending and reversed ones are not', () => {
    const lines = [
      line('2026-11-01', '5.00', { after: '105.00' }),
      line('2026-11-02', '2.00'),
      line('2026-11-02', '50.00', { state: 'pending' }),
      line('2026-11-03', '70.00', { state: 'reversed' }),
    ];
    expect(at(lines)).toEqual([10_700n, 'running', 1]);
  });

  test('balance: lines of a day count in the order of their running balances, however they came', () => {
    const lines = [
      line('2026-11-02', '-1.00', { after: '104.00' }),
      line('2026-11-02', '5.00', { after: '105.00' }),
    ];
    expect(at(lines)).toEqual([10_400n, 'running', 0]);
    expect(at(lines.toReversed())).toEqual([10_400n, 'running', 0]);
  });

  test('balance: a stated balance of a later day wins, with what came after it', () => {
    const lines = [line('2026-11-01', '5.00', { after: '105.00' }), line('2026-11-05', '3.00')];
    expect(at(lines, [stated('closingBooked', '110.00', '2026-11-04T10:00:00Z')])).toEqual([
      11_300n,
      'stated',
      1,
    ]);
  });

  test('balance: of the day of a stated balance only what was booked after it is added', () => {
    const lines = [
      line('2026-11-04', '3.00', { at: '2026-11-04T12:00:00Z' }),
      line('2026-11-04', '4.00', { at: '2026-11-04T08:00:00Z' }),
      line('2026-11-04', '9.00'),
    ];
    expect(at(lines, [stated('interimBooked', '110.00', '2026-11-04T10:00:00Z')])).toEqual([
      11_300n,
      'stated',
      1,
    ]);
  });

  test('balance: what may be spent counts only where nothing else was said', () => {
    const available = stated('interimAvailable', '90.00', '2026-11-04T10:00:00Z');
    expect(at([], [available])).toEqual([9_000n, 'available', 0]);
    expect(at([line('2026-11-01', '5.00', { after: '105.00' })], [available])).toEqual([
      10_500n,
      'running',
      0,
    ]);
  });

  test('balance: nothing said is nothing known', () => {
    expect(at([line('2026-11-01', '5.00')])).toBeUndefined();
    expect(at([])).toBeUndefined();
  });
});

test('balance at the start: it goes back from the first running balance', () => {
  const lines = [
    line('2026-11-01', '2.00'),
    line('2026-11-02', '5.00', { after: '107.00' }),
    line('2026-11-03', '1.00', { after: '108.00' }),
  ];
  expect(balanceAtStart(lines)).toBe(10_000n);
  expect(balanceAtStart([line('2026-11-01', '2.00')])).toBeUndefined();
});
