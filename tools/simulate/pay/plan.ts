import { money } from '#core/money.ts';
import { paymentPurposes } from '#core/payments.ts';
import type { ApprovedContent, PaymentPurpose, PaymentRail } from '#core/payments.ts';
import type { Chance } from './chance.ts';
import { createChance } from './chance.ts';
import { AMOUNT_MAX, DAY_MS, HOUR_MS, makeAccounts, MINUTE_MS, USUAL_PER_DAY } from './places.ts';
import type { Account } from './places.ts';

/** What is written on a request; everything that an approval covers. */
export type Content = ApprovedContent & { readonly purpose: PaymentPurpose };

/** What people do to one request, each so long after the one before. */
export interface Act {
  readonly afterMs: number;
  readonly what:
    | 'agree'
    /** A node that agrees by itself, without anybody. */
    | 'agreeByItself'
    | 'refuse'
    | 'revoke'
    | 'changeAmount'
    | 'changeCreditor'
    /** Somebody tells us of an agreement that there is not. */
    | 'forgeAgreement'
    /** The maker takes it back in our console. */
    | 'cancel';
  readonly by: string;
}

export interface PlannedRequest {
  readonly number: number;
  readonly atMs: number;
  /** What the money is owed for, on the remark; a second request for it is a double. */
  readonly invoice: string;
  readonly account: Account;
  readonly payee: number;
  readonly amountMinorUnits: bigint;
  readonly purpose: PaymentPurpose;
  readonly rail: PaymentRail;
  readonly via: 'dingtalk' | 'local';
  readonly maker: string;
  readonly approvalsRequired: number;
  /** Not to be paid before so long after the request. */
  readonly restsMs: number;
  /** How often its trigger fires. */
  readonly triggers: number;
  readonly acts: readonly Act[];
}

/** A payee's account changes, by two people of ours. */
export interface PlannedPayeeChange {
  readonly atMs: number;
  readonly payee: number;
}

/** Somebody pulls the kill switch, for an account or for everything. */
export interface PlannedStop {
  readonly atMs: number;
  readonly forMs: number;
  readonly account: Account | undefined;
}

export interface Plan {
  readonly seed: number;
  readonly beginMs: number;
  /** The last request. */
  readonly endMs: number;
  readonly accounts: readonly Account[];
  readonly requests: readonly PlannedRequest[];
  readonly payeeChanges: readonly PlannedPayeeChange[];
  readonly stops: readonly PlannedStop[];
}

export const PAYEES = 300;
const PEOPLE = 20;
/** A Monday, six in the morning of Jakarta. */
const BEGIN_MS = Date.UTC(2026, 10, 22, 23, 0, 0);
const RESUBMITTED = 0.03;
const SCHEDULED = 0.12;

/** Makes the plan of a seed; the same seed and size give the same plan. */
export function makePlan(options: { readonly seed: number; readonly payments: number }): Plan {
  const chance = createChance(options.seed, 1);
  const accounts = makeAccounts();
  const meanMs = DAY_MS / (USUAL_PER_DAY * accounts.length);
  const requests: PlannedRequest[] = [];
  let atMs = BEGIN_MS;
  while (requests.length < options.payments) {
    atMs += chance.exponential(meanMs);
    const first = planRequest(chance, accounts, requests.length, atMs);
    requests.push(first);
    if (requests.length < options.payments && chance.chance(RESUBMITTED)) {
      requests.push(planAgain(chance, first, requests.length));
    }
  }
  const endMs = Math.max(...requests.map((request) => request.atMs));
  return {
    seed: options.seed,
    beginMs: BEGIN_MS,
    endMs,
    accounts,
    requests,
    payeeChanges: planEvery(chance, endMs, 6 * HOUR_MS, (at) => ({
      atMs: at,
      payee: chance.whole(0, PAYEES - 1),
    })),
    stops: planEvery(chance, endMs, 16 * HOUR_MS, (at) => ({
      atMs: at,
      forMs: chance.between(5 * MINUTE_MS, 5 * HOUR_MS),
      account: chance.chance(0.7) ? chance.pick(accounts) : undefined,
    })),
  };
}

function planEvery<T>(
  chance: Chance,
  endMs: number,
  meanMs: number,
  make: (atMs: number) => T,
): T[] {
  const all: T[] = [];
  for (let atMs = BEGIN_MS + chance.exponential(meanMs / 4); atMs < endMs; ) {
    all.push(make(atMs));
    atMs += chance.exponential(meanMs);
  }
  return all;
}

function planRequest(
  chance: Chance,
  accounts: readonly Account[],
  number: number,
  atMs: number,
): PlannedRequest {
  const account = chance.pick(accounts);
  const rails = account.bank.rails.map(({ rail, weight }) => [rail, weight] as const);
  const via = chance.chance(0.7) ? 'dingtalk' : 'local';
  const maker = person(chance);
  const approvalsRequired = chance.chance(0.3) ? 2 : 1;
  const course = chance.weighted(COURSES[via]);
  const isLater = chance.chance(
    course === 'changedAfter' || course === 'revokedAfter' ? 0.5 : SCHEDULED,
  );
  return {
    number,
    atMs,
    invoice: `INV${String(number).padStart(7, '0')}`,
    account,
    payee: chance.whole(0, PAYEES - 1),
    // Round amounts are often the same.
    amountMinorUnits: chance.chance(0.3)
      ? BigInt(chance.whole(1, 10)) * (AMOUNT_MAX / 10n)
      : BigInt(chance.whole(100_00, Number(AMOUNT_MAX))),
    purpose: chance.pick(paymentPurposes),
    rail: chance.weighted(rails),
    via,
    maker,
    approvalsRequired,
    restsMs: isLater ? chance.between(HOUR_MS, 3 * DAY_MS) : 0,
    triggers: chance.chance(0.1) ? chance.whole(2, 4) : 1,
    acts: planActs(chance, course, { maker, approvalsRequired }),
  };
}

/** Somebody asks a second time for what was asked for already, with another request. */
function planAgain(chance: Chance, first: PlannedRequest, number: number): PlannedRequest {
  const { approvalsRequired } = first;
  const maker = chance.chance(0.5) ? first.maker : person(chance);
  return {
    ...first,
    number,
    atMs: first.atMs + chance.between(1_000, 2 * DAY_MS),
    maker,
    restsMs: 0,
    triggers: 1,
    acts: planActs(chance, 'plain', { maker, approvalsRequired }),
  };
}

type Course =
  | 'plain'
  | 'refused'
  | 'forgotten'
  | 'revoked'
  | 'revokedAfter'
  | 'changed'
  | 'changedAfter'
  | 'forged'
  | 'cancelled'
  | 'bySelf'
  | 'byNobody'
  | 'byTooFew';

const COURSES: Readonly<Record<'dingtalk' | 'local', readonly (readonly [Course, number])[]>> = {
  dingtalk: [
    ['plain', 800],
    ['refused', 30],
    ['forgotten', 8],
    ['revoked', 10],
    ['revokedAfter', 25],
    ['changed', 30],
    ['changedAfter', 25],
    ['forged', 20],
    ['cancelled', 8],
    ['bySelf', 2],
    ['byNobody', 2],
    ['byTooFew', 2],
  ],
  // In our own console nobody changes what is asked for, and nobody agrees to their own request.
  local: [
    ['plain', 900],
    ['refused', 40],
    ['forgotten', 8],
    ['revokedAfter', 4],
    ['cancelled', 20],
  ],
};

interface Roles {
  readonly maker: string;
  readonly approvalsRequired: number;
}

function planActs(chance: Chance, course: Course, roles: Roles): Act[] {
  const { maker, approvalsRequired } = roles;
  const checkers = pickOthers(chance, maker, approvalsRequired);
  const act = (
    what: Act['what'],
    by: string,
    afterMs = chance.exponential(20 * MINUTE_MS),
  ): Act => ({
    afterMs,
    what,
    by,
  });
  const yes = checkers.map((by) => act('agree', by));
  const change = (): Act => act(chance.chance(0.5) ? 'changeAmount' : 'changeCreditor', maker);
  const soon = (): number => chance.between(0, chance.chance(0.6) ? 8_000 : HOUR_MS);
  const [checker = ''] = checkers;
  switch (course) {
    case 'plain':
      return yes;
    case 'refused':
      return [act('refuse', checker)];
    case 'forgotten':
      return [];
    case 'revoked':
      return [act('revoke', maker)];
    case 'revokedAfter':
      return [...yes, act('revoke', maker, soon())];
    case 'changed':
      return [change(), ...yes];
    case 'changedAfter':
      return [...yes, { ...change(), afterMs: soon() }];
    case 'forged': {
      const end = chance.chance(0.5) ? yes : [act('refuse', checker)];
      return [act('forgeAgreement', 'stranger'), ...end];
    }
    case 'cancelled':
      return [act('cancel', maker), ...yes];
    case 'bySelf':
      return [...yes.slice(1), act('agree', maker)];
    case 'byNobody':
      return [act('agreeByItself', 'nobody')];
    case 'byTooFew':
      return yes.slice(1).concat(act('agreeByItself', 'nobody'));
  }
}

function person(chance: Chance): string {
  return `per_${chance.whole(1, PEOPLE)}`;
}

function pickOthers(chance: Chance, maker: string, count: number): string[] {
  const others = new Set<string>();
  while (others.size < count) {
    const other = person(chance);
    if (other !== maker) others.add(other);
  }
  return [...others];
}

export function contentOf(request: PlannedRequest, creditor: ApprovedContent['creditor']): Content {
  return {
    debtorAccountId: request.account.accountId,
    creditor,
    instructedAmount: money(request.amountMinorUnits, request.account.currency),
    purpose: request.purpose,
  };
}
