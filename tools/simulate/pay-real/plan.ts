import { createChance } from '../pay/chance.ts';
import type { Chance } from '../pay/chance.ts';

export type RealBank = 'bca' | 'airwallex';

/** A payment that somebody asks for, and what people do with the request. */
export interface RealRequest {
  readonly number: number;
  readonly atMs: number;
  readonly invoice: string;
  readonly via: 'dingtalk' | 'local';
  readonly bank: RealBank;
  /** Which of the bank's accounts, and which of its payees. */
  readonly account: number;
  readonly payee: number;
  /** Decimal text; no two invoices have the same amount, so that each transfer is known by it. */
  readonly amount: string;
  readonly maker: number;
  readonly checker: number;
  readonly course: 'plain' | 'refused' | 'changed' | 'revoked' | 'again';
  /** How often the same request is sent, with the same key. */
  readonly triggers: number;
}

export interface RealKill {
  readonly atMs: number;
  readonly worker: number;
}

/** A fault that a simulator is told to have until the requests are over. */
export interface RealFault {
  readonly where: 'snap' | 'airwallex' | 'dingtalk';
  readonly fault: Readonly<Record<string, string | number>>;
}

export interface RealPlan {
  readonly seed: number;
  readonly durationMs: number;
  readonly requests: readonly RealRequest[];
  readonly kills: readonly RealKill[];
  readonly faults: readonly RealFault[];
}

export const WORKERS = 2;
export const MAKERS = 4;
export const CHECKERS = 3;
export const BCA_ACCOUNTS = 3;
export const PAYEES = 8;
const PER_SECOND = 4;

/** Makes the plan of a seed; the same seed and sizes give the same plan. */
export function makeRealPlan(options: {
  readonly seed: number;
  readonly payments: number;
  readonly kills: number;
}): RealPlan {
  const chance = createChance(options.seed, 1);
  const perSecond = PER_SECOND;
  const durationMs = Math.round((options.payments / perSecond) * 1000);
  const requests: RealRequest[] = [];
  for (let number = 0; number < options.payments; number += 1) {
    const atMs = Math.round((number / perSecond) * 1000);
    const before = requests.at(-1);
    const isAgain = before && before.course === 'plain' && chance.chance(0.03);
    requests.push(isAgain ? again(before, number, atMs) : planRequest(chance, number, atMs));
  }
  return {
    seed: options.seed,
    durationMs,
    requests,
    kills: Array.from({ length: options.kills }, (_, index) => ({
      // One in each part of the run, so that they do not all come together.
      atMs: Math.round(((index + chance.next()) / options.kills) * durationMs),
      worker: chance.whole(0, WORKERS - 1),
    })),
    faults,
  };
}

function planRequest(chance: Chance, number: number, atMs: number): RealRequest {
  const bank = chance.weighted<RealBank>([
    ['bca', 7],
    ['airwallex', 3],
  ]);
  const via = chance.weighted<RealRequest['via']>([
    ['dingtalk', 6],
    ['local', 4],
  ]);
  return {
    number,
    atMs,
    invoice: `INV${String(number).padStart(7, '0')}`,
    via,
    bank,
    account: chance.whole(0, bank === 'bca' ? BCA_ACCOUNTS - 1 : 0),
    payee: chance.whole(0, PAYEES - 1),
    amount: bank === 'bca' ? `${100_000 + number}.00` : `${(1_000 + number) / 10}0`,
    maker: chance.whole(0, MAKERS - 1),
    checker: chance.whole(0, CHECKERS - 1),
    course: chance.weighted<RealRequest['course']>(
      via === 'dingtalk'
        ? [
            ['plain', 86],
            ['refused', 5],
            ['changed', 5],
            ['revoked', 4],
          ]
        : [
            ['plain', 93],
            ['refused', 7],
          ],
    ),
    triggers: chance.chance(0.1) ? 3 : 1,
  };
}

/** What somebody changes a request to, before it is agreed to. */
export function changedAmount(amount: string): string {
  return `9${amount}`;
}

/** Another person asks for what was asked for already. */
function again(first: RealRequest, number: number, atMs: number): RealRequest {
  return {
    ...first,
    number,
    atMs,
    maker: (first.maker + 1) % MAKERS,
    course: 'again',
    triggers: 1,
  };
}

const transfer = { service: '17' };
const create = { path: '/api/v1/transfers/create' };

/** Everything that the simulated banks and DingTalk can do wrong around a payment, by chance. */
const faults: readonly RealFault[] = [
  {
    where: 'snap',
    fault: { name: 'timeoutAfterAccepting', probability: 0.03, ms: 1, ...transfer },
  },
  {
    where: 'snap',
    fault: { name: 'timeoutBeforeAccepting', probability: 0.02, ms: 1, ...transfer },
  },
  { where: 'snap', fault: { name: 'errorAfterAccepting', probability: 0.02, ...transfer } },
  { where: 'snap', fault: { name: 'conflictAfterAccepting', probability: 0.01, ...transfer } },
  { where: 'snap', fault: { name: 'htmlErrorAfterAccepting', probability: 0.01, ...transfer } },
  { where: 'snap', fault: { name: 'serverError', probability: 0.01, ...transfer } },
  { where: 'snap', fault: { name: 'suspectedFraud', probability: 0.01, ...transfer } },
  { where: 'snap', fault: { name: 'inProgress', probability: 0.02, ms: 2_000, ...transfer } },
  {
    where: 'snap',
    fault: { name: 'returnAfterSuccess', probability: 0.02, ms: 3_000, ...transfer },
  },
  { where: 'snap', fault: { name: 'tokenInvalidated', probability: 0.005, ...transfer } },
  { where: 'snap', fault: { name: 'serverError', probability: 0.03, service: '36' } },
  {
    where: 'airwallex',
    fault: { name: 'timeoutAfterAccepting', probability: 0.03, ms: 1, ...create },
  },
  {
    where: 'airwallex',
    fault: { name: 'timeoutBeforeAccepting', probability: 0.02, ms: 1, ...create },
  },
  { where: 'airwallex', fault: { name: 'conflict', probability: 0.02, ...create } },
  {
    where: 'airwallex',
    fault: { name: 'serverErrorAfterAccepting', probability: 0.02, ...create },
  },
  { where: 'airwallex', fault: { name: 'malformedAnswer', probability: 0.01, ...create } },
  { where: 'airwallex', fault: { name: 'transferFails', probability: 0.04 } },
  { where: 'airwallex', fault: { name: 'duplicateCallback', probability: 0.1 } },
  { where: 'airwallex', fault: { name: 'reorderedCallbacks', probability: 0.1, ms: 1_000 } },
  { where: 'dingtalk', fault: { name: 'eventLost', probability: 0.05 } },
  { where: 'dingtalk', fault: { name: 'eventDuplicated', probability: 0.1, ms: 500 } },
  { where: 'dingtalk', fault: { name: 'eventReordered', probability: 0.05, ms: 1_000 } },
  { where: 'dingtalk', fault: { name: 'streamDropped', probability: 0.01 } },
];
