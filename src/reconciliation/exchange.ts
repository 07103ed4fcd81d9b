import { reason } from '#core/match-reasons.ts';
import type { CurrencyCode } from '#core/money.ts';
import { exponentOf, parseMoney } from '#core/money.ts';
import type { Board } from './board.ts';
import type { Difference } from './difference.ts';
import { lineOf } from './propose.ts';
import { readWrittenExchange } from './written-rates.ts';

/** Banks show a rate to a few digits only. */
const OWN_RATE_SLACK = 0.0005;
const RATE_DIGITS = 8;

/** Explains an entry of one currency that settles an item of another, all of each. */
export function explainExchange(board: Board, entry: number, item: number): Difference | undefined {
  for (const found of listRates(board, entry, item)) {
    const [from, to] = [lineOf(board.entries, entry).amount, lineOf(board.items, item).amount];
    const moved = convert(board.entries.left[entry] ?? 0, found.rate, from.currency, to.currency);
    const expected = board.items.left[item] ?? 0;
    const gap = moved - expected;
    if (!(Math.abs(gap) <= found.slack * expected + 1)) continue;
    const units = board.entries.isCredit[entry] === 1 ? gap : -gap;
    const { rate, source } = found;
    const residual = { kind: 'exchange', units, entry, item, rate, rateSource: source } as const;
    const values = { rate, from: from.currency, to: to.currency, source };
    return {
      residuals: [residual],
      reasons: [reason(found.isBanks ? 'exchangeBankRate' : 'exchangeStatedRate', values)],
      ...(found.isBanks ? {} : { why: reason('why.estimatedRate', values) }),
    };
  }
  return undefined;
}

/** Takes the rate that would make both equal; it proves nothing. */
export function implyExchange(board: Board, entry: number, item: number): Difference {
  const [from, to] = [lineOf(board.entries, entry).amount, lineOf(board.items, item).amount];
  const rate = impliedRate(board, entry, item);
  const values = { rate, from: from.currency, to: to.currency, source: '=' };
  return {
    residuals: [{ kind: 'exchange', units: 0, entry, item, rate, rateSource: 'implied' }],
    reasons: [],
    why: reason('why.estimatedRate', values),
  };
}

/** Units of the item's currency for one of the entry's, as decimal text. */
export function impliedRate(board: Board, entry: number, item: number): string {
  const [from, to] = [lineOf(board.entries, entry).amount, lineOf(board.items, item).amount];
  const whole =
    (board.items.left[item] ?? 0) /
    10 ** exponentOf(to.currency) /
    ((board.entries.left[entry] ?? 1) / 10 ** exponentOf(from.currency));
  return decimalOf(whole);
}

interface FoundRate {
  readonly rate: string;
  readonly source: string;
  readonly slack: number;
  readonly isBanks: boolean;
}

/** The bank's own rates first: as a field, or in its text; then the stated one of the nearest day. */
function listRates(board: Board, entry: number, item: number): readonly FoundRate[] {
  const line = lineOf(board.entries, entry);
  const { currency } = lineOf(board.items, item).amount;
  const found: FoundRate[] = [];
  const ofBank = (rate: string, slack: number): void => {
    found.push({ rate, source: 'bank', slack, isBanks: true });
  };
  if (line.rate?.counterCurrency === currency) ofBank(line.rate.rate, OWN_RATE_SLACK);
  const written = readWrittenExchange(line.text, currency);
  if (written.amounts.some((amount) => isAmount(board, item, amount))) {
    ofBank(impliedRate(board, entry, item), OWN_RATE_SLACK);
  }
  for (const rate of written.rates) {
    if (!(Number(rate) > 0)) continue;
    ofBank(rate, OWN_RATE_SLACK);
    ofBank(decimalOf(1 / Number(rate)), OWN_RATE_SLACK);
  }
  const stated = findStated(board, entry, currency);
  if (stated) found.push({ ...stated, slack: board.settings.rateSlack, isBanks: false });
  return found;
}

function isAmount({ items }: Board, item: number, written: string): boolean {
  const { currency } = lineOf(items, item).amount;
  try {
    return Number(parseMoney(written, currency).amountMinorUnits) === items.left[item];
  } catch {
    return false;
  }
}

function findStated(board: Board, entry: number, to: CurrencyCode) {
  const line = lineOf(board.entries, entry);
  let best: { readonly rate: string; readonly source: string } | undefined;
  let distance = Infinity;
  for (const { from, to: other, day, rate, source } of board.settings.rates) {
    const apart = Math.abs(day - line.bookingDay);
    if (from !== line.amount.currency || other !== to || apart >= distance) continue;
    best = { rate, source };
    distance = apart;
  }
  return best;
}

function decimalOf(value: number): string {
  const digits = Math.max(0, RATE_DIGITS - Math.floor(Math.log10(Math.max(value, 1e-9))) - 1);
  return value.toFixed(Math.min(15, digits));
}

const SCALE_DIGITS = 15;

/** Exact in whole numbers, rounded half up at the end. */
export function convert(units: number, rate: string, from: CurrencyCode, to: CurrencyCode): number {
  const [whole = '0', fraction = ''] = rate.split('.');
  const scaled = BigInt(whole + fraction.slice(0, SCALE_DIGITS).padEnd(SCALE_DIGITS, '0'));
  const shift = SCALE_DIGITS + exponentOf(from) - exponentOf(to);
  const divisor = 10n ** BigInt(shift);
  return Number((BigInt(units) * scaled + divisor / 2n) / divisor);
}
