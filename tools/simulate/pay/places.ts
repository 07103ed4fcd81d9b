import { findConnector } from '#connectors/catalogue.ts';
import type { PaymentCapability } from '#connectors/contract.ts';
import { money } from '#core/money.ts';
import type { TransferPolicy } from '#core/payment-happenings.ts';
import type { PaymentLimit } from '#core/payment-limits.ts';
import type { PaymentRail } from '#core/payments.ts';
import { policyOf } from '#flows/payment/payment-deps.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Banks of which the model has the declared semantics. */
export type BankId = 'bca' | 'bri' | 'airwallex';

/** How a model bank behaves, beside what its connector declares. */
export interface BankTraits {
  readonly id: BankId;
  readonly capability: PaymentCapability<unknown>;
  readonly timeoutMs: number;
  /** A second transfer with the same end-to-end id is refused. */
  readonly hasKey: boolean;
  /** How far the clock of a request may be off; absent: it carries none. */
  readonly clockToleranceMs: number | undefined;
  /** Status inquiries find the call with an X-EXTERNAL-ID, or whatever carries our reference. */
  readonly foundBy: 'externalId' | 'reference';
  readonly notices: 'all' | 'rejections';
  readonly zoneOffsetMs: number;
  /** What the statement shows of a debit on each rail. */
  readonly rails: readonly RailMix[];
}

export interface RailMix {
  readonly rail: PaymentRail;
  readonly weight: number;
  /** Accepted first, ends later. */
  readonly isSlow: boolean;
  /** Business hours of the bank, in minutes of its day, on weekdays only. */
  readonly hours?: { readonly fromMinute: number; readonly toMinute: number };
  readonly narrative: 'reference' | 'bankReference' | 'creditor' | 'nameless';
}

export interface Account {
  readonly accountId: string;
  readonly number: string;
  readonly currency: string;
  readonly bank: BankTraits;
  readonly limits: readonly PaymentLimit[];
}

const OFFICE_HOURS = { fromMinute: 8 * 60, toMinute: 15 * 60 };

const traits: readonly Omit<BankTraits, 'capability' | 'timeoutMs'>[] = [
  {
    id: 'bca',
    hasKey: false,
    clockToleranceMs: 5 * MINUTE_MS,
    foundBy: 'externalId',
    notices: 'rejections',
    zoneOffsetMs: 7 * HOUR_MS,
    rails: [
      { rail: 'intrabank', weight: 5, isSlow: false, narrative: 'reference' },
      { rail: 'instant', weight: 3, isSlow: false, narrative: 'creditor' },
      { rail: 'switch', weight: 1, isSlow: false, narrative: 'nameless' },
      { rail: 'urgent', weight: 2, isSlow: true, hours: OFFICE_HOURS, narrative: 'reference' },
      { rail: 'clearing', weight: 1, isSlow: true, hours: OFFICE_HOURS, narrative: 'reference' },
    ],
  },
  {
    id: 'bri',
    hasKey: false,
    clockToleranceMs: 5 * MINUTE_MS,
    foundBy: 'reference',
    notices: 'all',
    zoneOffsetMs: 7 * HOUR_MS,
    rails: [
      { rail: 'intrabank', weight: 5, isSlow: false, narrative: 'reference' },
      { rail: 'instant', weight: 2, isSlow: false, narrative: 'bankReference' },
      { rail: 'urgent', weight: 1, isSlow: true, hours: OFFICE_HOURS, narrative: 'reference' },
      { rail: 'clearing', weight: 1, isSlow: true, hours: OFFICE_HOURS, narrative: 'reference' },
    ],
  },
  {
    id: 'airwallex',
    hasKey: true,
    clockToleranceMs: undefined,
    foundBy: 'reference',
    notices: 'all',
    zoneOffsetMs: 8 * HOUR_MS,
    rails: [
      { rail: 'instant', weight: 3, isSlow: true, narrative: 'bankReference' },
      { rail: 'clearing', weight: 2, isSlow: true, narrative: 'bankReference' },
      { rail: 'swift', weight: 1, isSlow: true, narrative: 'reference' },
    ],
  },
];

export const banks: readonly BankTraits[] = traits.map((own) => {
  const connector = findConnector(own.id);
  const capability = connector.payments;
  if (!capability) throw new Error(`${own.id} does not pay`);
  const declared = capability.idempotency.kind === 'key';
  if (declared !== own.hasKey) throw new Error(`${own.id} declares another idempotency`);
  return { ...own, capability, timeoutMs: connector.traits.timeoutMs };
});

const ACCOUNTS_PER_BANK = 4;
/** Of the largest payments some exceed it; of the busiest days some do. */
export const AMOUNT_MAX = 10_000_000_00n;
export const USUAL_PER_DAY = 180;

/** Four accounts at each bank. The first of each has little money, and a limit for each payment. */
export function makeAccounts(): Account[] {
  return banks.flatMap((bank) => {
    const currency = bank.id === 'airwallex' ? 'HKD' : 'IDR';
    return Array.from({ length: ACCOUNTS_PER_BANK }, (_, index) => {
      const accountId = `acc_${bank.id}${index}`;
      const number = `${bank.id === 'bca' ? 10 : 20}${String(index).padStart(8, '0')}`;
      return { accountId, number, currency, bank, limits: limitsOf(accountId, currency, index) };
    });
  });
}

function limitsOf(accountId: string, currency: string, index: number): PaymentLimit[] {
  const perDay = (AMOUNT_MAX / 2n) * BigInt(USUAL_PER_DAY);
  const limits: PaymentLimit[] = [
    {
      limitId: `lim_day_${accountId}`,
      accountId,
      period: 'day',
      amountMax: money((perDay * 115n) / 100n, currency),
      countMax: Math.round(USUAL_PER_DAY * 1.3),
    },
  ];
  if (index > 0) return limits;
  const amountMax = money((AMOUNT_MAX * 999n) / 1000n, currency);
  return [...limits, { limitId: `lim_one_${accountId}`, accountId, period: 'payment', amountMax }];
}

/** What the connector promises for a rail. */
export function policyFor({ bank }: Account, rail: PaymentRail): TransferPolicy {
  const key = `${bank.id}/${rail}`;
  let policy = policies.get(key);
  if (!policy) {
    policy = policyOf(bank.capability, { rail });
    policies.set(key, policy);
  }
  return policy;
}

const policies = new Map<string, TransferPolicy>();

/** Whether the statement tells a debit of this rail by a reference, as its connector declares. */
export function isReferenced({ bank }: Account, rail: PaymentRail): boolean {
  const declared = bank.capability.rails.find((one) => one.rail === rail);
  return declared?.isDebitReferenced ?? bank.capability.isDebitReferenced;
}

/** Number of the bank's day, and when it is over. */
export function dayOf({ bank }: Account, atMs: number): number {
  return Math.floor((atMs + bank.zoneOffsetMs) / DAY_MS);
}

export function dayEndMs(account: Account, atMs: number): number {
  return (dayOf(account, atMs) + 1) * DAY_MS - account.bank.zoneOffsetMs;
}

export function railOf({ bank }: Account, rail: PaymentRail): RailMix {
  const found = bank.rails.find((one) => one.rail === rail);
  if (!found) throw new Error(`${bank.id} has no ${rail}`);
  return found;
}

/** When a rail takes a transfer at the earliest; undefined: now. */
export function opensAtMs(account: Account, rail: PaymentRail, atMs: number): number | undefined {
  const { hours } = railOf(account, rail);
  if (!hours) return undefined;
  for (let day = dayOf(account, atMs); ; day += 1) {
    const midnightMs = day * DAY_MS - account.bank.zoneOffsetMs;
    const fromMs = midnightMs + hours.fromMinute * MINUTE_MS;
    const isClosed = isWeekend(day) || atMs >= midnightMs + hours.toMinute * MINUTE_MS;
    if (!isClosed) return atMs >= fromMs ? undefined : fromMs;
  }
}

/** Day 0 of the epoch was a Thursday. */
function isWeekend(day: number): boolean {
  const weekday = (day + 4) % 7;
  return weekday === 0 || weekday === 6;
}
