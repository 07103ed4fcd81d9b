import type { Random } from '../../harness/random.ts';
import type { Market } from './own-accounts.ts';

const DAY_MS = 86_400_000;
const dayOf = (date: string): number => Date.parse(date) / DAY_MS;

/** The statements cover one quarter. */
export const FIRST_DAY = dayOf('2026-04-01');
export const LAST_DAY = dayOf('2026-06-30');

/** Fridays and Saturdays in Kuwait, Saturdays and Sundays elsewhere; day 0 was a Thursday. */
const weekends: Readonly<Record<Market, readonly number[]>> = {
  ID: [6, 0],
  HK: [6, 0],
  CN: [6, 0],
  AE: [6, 0],
  KW: [5, 6],
  VN: [6, 0],
};

const holidays: Readonly<Record<Market, ReadonlySet<string>>> = {
  ID: new Set(['2026-04-03', '2026-05-01', '2026-05-14', '2026-05-27', '2026-06-01', '2026-06-16']),
  HK: new Set(['2026-04-03', '2026-04-06', '2026-05-01', '2026-05-25', '2026-06-19']),
  CN: new Set(['2026-04-06', '2026-05-01', '2026-05-04', '2026-05-05', '2026-06-19']),
  AE: new Set(['2026-05-26', '2026-05-27', '2026-05-28', '2026-05-29', '2026-06-16']),
  KW: new Set(['2026-05-26', '2026-05-27', '2026-05-28', '2026-06-16']),
  VN: new Set(['2026-04-27', '2026-04-30', '2026-05-01']),
};

export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function isBusinessDay(market: Market, day: number): boolean {
  const weekday = (day + 4) % 7;
  return !weekends[market].includes(weekday) && !holidays[market].has(dateText(day));
}

/** The day itself or the next one on which banks of the market book. */
export function businessDayFrom(market: Market, day: number): number {
  let found = day;
  while (!isBusinessDay(market, found)) found += 1;
  return found;
}

/** A day on which somebody pays: any business day, with heaps on the 25th and at month ends. */
export function drawPaymentDay(random: Random, market: Market): number {
  const heaps = [
    '2026-04-25',
    '2026-04-30',
    '2026-05-25',
    '2026-05-31',
    '2026-06-25',
    '2026-06-30',
  ];
  const wished = random.chance(0.22)
    ? dayOf(random.pick(heaps))
    : random.whole(FIRST_DAY, LAST_DAY);
  const day = businessDayFrom(market, wished);
  return day <= LAST_DAY ? day : businessDayFrom(market, FIRST_DAY + (wished % 28));
}

/**
 * How many days after the due day a payment comes. In Asia 46 % of what is sold on credit is paid
 * late (Atradius, B2B payment practices trends, Asia 2024); how late is our own spread.
 */
export function drawDelay(random: Random): number {
  const share = random.next();
  if (share < 0.14) return -random.whole(1, 7);
  if (share < 0.54) return 0;
  if (share < 0.7) return random.whole(1, 5);
  if (share < 0.84) return random.whole(6, 14);
  if (share < 0.93) return random.whole(15, 30);
  return random.whole(31, 45);
}
