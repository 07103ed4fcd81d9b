import { reason } from '#core/match-reasons.ts';
import type { CurrencyCode } from '#core/money.ts';
import { exponentOf } from '#core/money.ts';
import type { Board } from './board.ts';
import type { Difference } from './difference.ts';
import { lineOf } from './propose.ts';

/** Banks round to their own minor unit, and some rates show four decimals only. */
const OWN_RATE_SLACK = 0.0005;

/** Explains an entry of one currency that settles an item of another, all of each. */
export function explainExchange(board: Board, entry: number, item: number): Difference | undefined {
  const found = findRate(board, entry, item);
  if (!found) return undefined;
  const [from, to] = [lineOf(board.entries, entry).amount, lineOf(board.items, item).amount];
  const moved = convert(board.entries.left[entry] ?? 0, found.rate, from.currency, to.currency);
  const expected = board.items.left[item] ?? 0;
  const gap = moved - expected;
  if (!(Math.abs(gap) <= found.slack * expected + 1)) return undefined;
  const units = board.entries.isCredit[entry] === 1 ? gap : -gap;
  const { rate, source } = found;
  const residual = { kind: 'exchange', units, entry, item, rate, rateSource: source } as const;
  const values = { rate, from: from.currency, to: to.currency, source };
  if (found.isBanks) {
    return { residuals: [residual], reasons: [reason('exchangeBankRate', values)] };
  }
  return {
    residuals: [residual],
    reasons: [reason('exchangeStatedRate', values)],
    why: reason('why.estimatedRate', values),
  };
}

interface FoundRate {
  readonly rate: string;
  readonly source: string;
  readonly slack: number;
  readonly isBanks: boolean;
}

/** The bank's own rate, or the stated one whose day is nearest. */
function findRate(board: Board, entry: number, item: number): FoundRate | undefined {
  const line = lineOf(board.entries, entry);
  const to = lineOf(board.items, item).amount.currency;
  if (line.rate?.counterCurrency === to) {
    return { rate: line.rate.rate, source: 'bank', slack: OWN_RATE_SLACK, isBanks: true };
  }
  let best: { readonly rate: string; readonly source: string } | undefined;
  let distance = Infinity;
  for (const stated of board.settings.rates) {
    const apart = Math.abs(stated.day - line.bookingDay);
    if (stated.from !== line.amount.currency || stated.to !== to || apart >= distance) continue;
    best = stated;
    distance = apart;
  }
  return best && { ...best, slack: board.settings.rateSlack, isBanks: false };
}

const SCALE_DIGITS = 12;

/** Exact in whole numbers, rounded half up at the end. */
export function convert(units: number, rate: string, from: CurrencyCode, to: CurrencyCode): number {
  const [whole = '0', fraction = ''] = rate.split('.');
  const scaled = BigInt(whole + fraction.slice(0, SCALE_DIGITS).padEnd(SCALE_DIGITS, '0'));
  const shift = exponentOf(to) - exponentOf(from) - SCALE_DIGITS;
  const product = BigInt(units) * scaled;
  const divisor = 10n ** BigInt(-shift);
  return Number((product + divisor / 2n) / divisor);
}
