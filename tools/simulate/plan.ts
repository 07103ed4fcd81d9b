import { createRandom } from '../harness/random.ts';
import type { Random } from '../harness/random.ts';

/** Everything that happens in a run, decided by its seed before it begins. */
export interface Plan {
  readonly seed: number;
  readonly perSecond: number;
  /** Length of the part in which movements happen. */
  readonly durationMs: number;
  readonly accounts: readonly PlannedAccount[];
  readonly destinations: readonly PlannedDestination[];
  readonly movements: readonly PlannedMovement[];
  readonly kills: readonly PlannedKill[];
  readonly faults: readonly PlannedFault[];
  readonly pollSeconds: number;
}

export type Bank = 'bca' | 'bri' | 'bni' | 'airwallex';

export interface PlannedAccount {
  readonly bank: Bank;
  readonly number: string;
  readonly currency: string;
  readonly companyCode: string;
  readonly merchantId: string;
  /** Index of the destination that hears of it. */
  readonly destination: number;
}

export interface PlannedDestination {
  readonly name: string;
  readonly kind: 'robot' | 'appCard' | 'appMessage';
}

export interface PlannedMovement {
  readonly atMs: number;
  readonly account: number;
  readonly creditDebitIndicator: 'credit' | 'debit';
  readonly amount: string;
  readonly channel?: 'va' | 'qr' | 'transfer';
  /** Pending first, booked so much later. */
  readonly bookAfterMs?: number;
}

export type Target = 'worker' | 'server' | 'database';

export interface PlannedKill {
  readonly atMs: number;
  readonly target: Target;
}

/** A fault that a simulator is told to have; `forMs` ends it, else its `count` does. */
export interface PlannedFault {
  readonly atMs: number;
  readonly where: 'dingtalk' | 'snap' | 'airwallex';
  readonly fault: Readonly<Record<string, string | number | boolean>>;
  readonly forMs?: number;
}

/** BCA allows 30 calls a minute; polls may take 20 of them. */
const POLLS_PER_MINUTE = 20;
const ACCOUNTS_MAX = 18;
const WALLET_PER_MINUTE = 6;
const SNAP_BANKS = ['bca', 'bri', 'bni'] as const;
/** Account numbers have 15 digits at BRI, ten at the others. */
const NUMBER_DIGITS = { bca: 10, bri: 15, bni: 10 } as const;
const DESTINATION_KINDS = ['robot', 'robot', 'appCard', 'robot', 'appMessage'] as const;

/** Makes the plan of a seed; the same seed and sizes give the same plan. */
export function makePlan(options: {
  readonly seed: number;
  readonly movements: number;
  readonly kills: number;
}): Plan {
  const random = createRandom(options.seed);
  const perSecond = Math.min(20, Math.max(10, options.movements / 30));
  const durationMs = Math.round((options.movements / perSecond) * 1000);
  const perBank = Math.min(ACCOUNTS_MAX, Math.max(2, Math.ceil(options.movements / 400)));
  const { accounts, destinations } = planAccounts(perBank);
  const movements = planMovements(random, accounts, options.movements, durationMs);
  return {
    seed: options.seed,
    perSecond,
    durationMs,
    accounts,
    destinations,
    movements,
    kills: planKills(random, options.kills, durationMs),
    faults: planFaults(random, Math.round(6 + options.movements / 150), durationMs),
    pollSeconds: Math.max(10, Math.ceil((perBank * 60) / POLLS_PER_MINUTE)),
  };
}

/** Three accounts share two destinations, so that both kinds of company are there. */
function planAccounts(perBank: number): Pick<Plan, 'accounts' | 'destinations'> {
  const accounts: PlannedAccount[] = [];
  let count = 0;
  for (const [order, bank] of SNAP_BANKS.entries()) {
    for (let index = 0; index < perBank; index += 1) {
      accounts.push({
        bank,
        number: `${order + 4}${String(index).padStart(NUMBER_DIGITS[bank] - 1, '0')}`,
        currency: 'IDR',
        companyCode: `${order + 4}3${String(index).padStart(3, '0')}`,
        merchantId: `00088${order}${String(index).padStart(9, '0')}`,
        destination: Math.floor((count * 2) / 3),
      });
      count += 1;
    }
  }
  const others = Math.floor(((count - 1) * 2) / 3) + 1;
  const destinations: PlannedDestination[] = Array.from({ length: others }, (_, index) => ({
    name: `Group ${index}`,
    kind: DESTINATION_KINDS[index % DESTINATION_KINDS.length] ?? 'robot',
  }));
  for (const currency of ['HKD', 'USD']) {
    accounts.push({
      bank: 'airwallex',
      number: `acct_SimCashbellHK0001:${currency}`,
      currency,
      companyCode: '',
      merchantId: '',
      destination: destinations.length,
    });
    destinations.push({ name: `Wallet ${currency}`, kind: 'appCard' });
  }
  return { accounts, destinations };
}

function planMovements(
  random: Random,
  accounts: readonly PlannedAccount[],
  count: number,
  durationMs: number,
): PlannedMovement[] {
  const lastAmount = new Map<number, string>();
  // Changes of cards are never folded, so a wallet that moves faster than this is told ever later.
  const walletShare = (2 * WALLET_PER_MINUTE * durationMs) / 60_000 / count;
  const wallets = accounts.flatMap(({ bank }, index) => (bank === 'airwallex' ? [index] : []));
  const others = accounts.flatMap(({ bank }, index) => (bank === 'airwallex' ? [] : [index]));
  const times = Array.from({ length: count }, () => random.whole(0, durationMs)).toSorted(
    (left, right) => left - right,
  );
  return times.map((atMs) => {
    const account = random.pick(random.chance(walletShare) ? wallets : others);
    const bank = accounts[account]?.bank ?? 'bca';
    // Two real movements of one amount must stay two.
    const repeated = random.chance(0.08) ? lastAmount.get(account) : undefined;
    const amount = repeated ?? `${random.whole(10, 900) * (bank === 'airwallex' ? 1 : 1000)}.00`;
    lastAmount.set(account, amount);
    const isCredit = random.chance(0.9);
    return {
      atMs,
      account,
      amount,
      creditDebitIndicator: isCredit ? ('credit' as const) : ('debit' as const),
      ...wayOf(random, bank, isCredit),
    };
  });
}

function wayOf(
  random: Random,
  bank: Bank,
  isCredit: boolean,
): Pick<PlannedMovement, 'channel' | 'bookAfterMs'> {
  if (bank === 'airwallex') {
    return isCredit && random.chance(0.5) ? { bookAfterMs: random.whole(500, 6_000) } : {};
  }
  // What comes by transfer is never pushed: only the statement tells of it.
  if (!isCredit) return { channel: 'transfer' };
  const dice = random.next();
  if (dice < 0.18) return { channel: 'transfer' };
  return { channel: dice < 0.32 && bank !== 'bri' ? 'qr' : 'va' };
}

function planKills(random: Random, count: number, durationMs: number): PlannedKill[] {
  const targets = ['worker', 'server', 'database'] as const;
  return Array.from({ length: count }, (_, index) => ({
    // Each third of the kills is sure to meet one target; the moments are free.
    target: targets[index % targets.length] ?? 'worker',
    atMs: random.whole(Math.round(durationMs * 0.05), durationMs),
  })).toSorted((left, right) => left.atMs - right.atMs);
}

type FaultMaker = (random: Random) => Omit<PlannedFault, 'atMs'>;

const counted =
  (where: PlannedFault['where'], name: string, max: number, settings = {}): FaultMaker =>
  (random) => ({ where, fault: { name, count: random.whole(1, max), ...settings } });

const lasting =
  (where: PlannedFault['where'], name: string, maxMs: number, settings = {}): FaultMaker =>
  (random) => ({ where, fault: { name, ...settings }, forMs: random.whole(500, maxMs) });

/**
 * Quotas, removed and muted robots are left out: they stop a destination for ten minutes or an hour,
 * as they should. Long runs have one muted robot at their beginning.
 */
const FAULT_MAKERS: readonly FaultMaker[] = [
  lasting('dingtalk', 'outage', 6_000),
  lasting('dingtalk', 'slow', 3_000, { ms: 1_200 }),
  counted('dingtalk', 'timeoutAfterAccepting', 4),
  counted('dingtalk', 'timeoutAfterAccepting', 4),
  counted('dingtalk', 'timeoutBeforeAccepting', 4),
  counted('dingtalk', 'throttleQps', 4, { path: '/v1.0/' }),
  counted('dingtalk', 'systemBusy', 3),
  counted('dingtalk', 'serverError', 3),
  counted('snap', 'lateCallback', 5, { ms: 2_500 }),
  lasting('snap', 'reorderedCallbacks', 4_000, { size: 3, ms: 1_000 }),
  counted('snap', 'duplicateCallback', 8),
  counted('snap', 'callbackBadSignature', 2),
  counted('snap', 'serverError', 2),
  counted('snap', 'throttle', 2),
  counted('snap', 'timeoutAfterAccepting', 1, { ms: 2_000 }),
  counted('airwallex', 'lateCallback', 3, { ms: 2_500 }),
  counted('airwallex', 'reorderedCallbacks', 3, { ms: 1_500 }),
  counted('airwallex', 'duplicateCallback', 4),
  counted('airwallex', 'serverError', 2),
  counted('airwallex', 'throttle', 2),
];

function planFaults(random: Random, count: number, durationMs: number): PlannedFault[] {
  const faults: PlannedFault[] = Array.from({ length: count }, () => ({
    atMs: random.whole(0, durationMs),
    ...random.pick(FAULT_MAKERS)(random),
  }));
  if (durationMs > MUTE_MS) {
    const fault = { name: 'throttleQps', count: 1, path: '/robot/send' };
    faults.push({ atMs: random.whole(0, durationMs - MUTE_MS), where: 'dingtalk', fault });
  }
  return faults.toSorted((left, right) => left.atMs - right.atMs);
}

/** A robot that spoke too fast is silent for ten minutes (dingtalk.md 1.5). */
const MUTE_MS = 600_000;
