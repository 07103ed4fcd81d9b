import { AMOUNT_BIN } from './count-chance.ts';
import type { LineTable } from './line-table.ts';
import type { AccountModel, DayModel, PoolModel } from './link-types.ts';

/** What chance offers, by line: amounts, days, accounts. */
export interface NumberTables {
  /** Log share of the right lines that have just this left line's amount. */
  readonly leftExact: Float32Array;
  /** Log density of right amounts at this right line's, by log amount. */
  readonly rightDensity: Float32Array;
  readonly rightDay: Float32Array;
  readonly rightAccount: Float32Array;
}

type Counted = Omit<PoolModel, 'prior'>;

export interface NumberCounts {
  readonly pools: Readonly<Record<string, Counted>>;
  readonly day: Pick<DayModel, 'dayFrom' | 'days' | 'elsewhere'>;
  readonly account: Omit<AccountModel, 'sameShare'>;
}

export function layNumbers(
  left: LineTable,
  right: LineTable,
  pools: readonly string[],
  counts: NumberCounts,
): NumberTables {
  const counted = pools.map((name) => counts.pools[name] ?? counts.pools['']);
  const repeats = counted.map((pool) => toMap(pool?.amounts ?? [], pool?.amountCounts ?? []));
  const leftExact = Float32Array.from(left.amount, (amount, line) => {
    const pool = left.pool[line] ?? 0;
    return Math.log(exactShare(counted[pool], repeats[pool], amount));
  });
  const rightDensity = Float32Array.from(right.logAmount, (log, line) =>
    Math.log(densityAt(counted[right.pool[line] ?? 0], log)),
  );
  const { dayFrom, days, elsewhere } = counts.day;
  const rightDay = Float32Array.from(right.day, (day) =>
    Math.log(days[day - dayFrom] ?? elsewhere),
  );
  const accounts = toMap(counts.account.hashes, counts.account.counts);
  const rightAccount = Float32Array.from(right.account, (account) =>
    Math.log((accounts.get(account) ?? 1) / (counts.account.lines + BACKGROUND)),
  );
  return { leftExact, rightDensity, rightDay, rightAccount };
}

/** Small round amounts meet by chance even where none is on the right yet. */
function exactShare(
  pool: Counted | undefined,
  repeats: ReadonlyMap<number, number> | undefined,
  amount: number,
): number {
  const count = repeats?.get(amount) ?? 1;
  const lines = pool?.lines ?? 0;
  const seen = count / (lines + BACKGROUND / (count * count));
  return Math.min(1, Math.max(seen, densityAt(pool, Math.log(Math.max(1, amount))) / (amount + 1)));
}

/** Right lines per unit of log amount, as a share; a broad background where few are known. */
function densityAt(pool: Counted | undefined, log: number): number {
  const bin = pool === undefined ? 0 : Math.floor((log - pool.densityFrom) / AMOUNT_BIN + 1e-9);
  const lines = pool?.lines ?? 0;
  const count = pool?.density[bin] ?? 0;
  return (count / AMOUNT_BIN + BROAD_LINES * BROAD_DENSITY) / (lines + BROAD_LINES);
}

/** As if so many lines had been seen before the first. */
const BACKGROUND = 200;
const BROAD_LINES = 20;
const BROAD_DENSITY = 0.1;

function toMap(keys: readonly number[], values: readonly number[]): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (const [at, key] of keys.entries()) map.set(key, values[at] ?? 0);
  return map;
}
