import { instantFromMs, parseInstant, parsePlainDate } from '#core/dates.ts';
import type { AlertFact, EntryFact, PaymentFact } from '#core/events.ts';
import { parseId } from '#core/ids.ts';
import { parseMoney } from '#core/money.ts';
import type { RouteNode } from './route.ts';
import type { WaitingNotice } from './plan.ts';

const seenAt = parseInstant('2026-11-23T10:00:00+07:00');

/** Ids of tests: `account('a')` is `acc_000a`. */
export const account = (name: string) => parseId('acc', `acc_${name.padStart(4, '0')}`);
export const connection = (name: string) => parseId('con', `con_${name.padStart(4, '0')}`);
export const destination = (name: string) => parseId('dst', `dst_${name.padStart(4, '0')}`);
export const routeId = (name: string) => parseId('rte', `rte_${name.padStart(4, '0')}`);

/** A booked credit of 1,500,000.00 rupiah at BCA, with changes. */
export function sampleEntry(changes: Partial<EntryFact> = {}): EntryFact {
  return {
    kind: 'entry.recorded',
    entryId: parseId('ent', 'ent_0001'),
    version: 1,
    state: 'booked',
    accountId: account('a'),
    connectionId: connection('bca'),
    bank: 'BCA',
    bankId: 'bca',
    environment: 'production',
    accountName: 'Operations',
    accountNumber: '1234567890',
    creditDebitIndicator: 'credit',
    amount: parseMoney('1500000.00', 'IDR'),
    counterparty: { name: 'PT Maju Jaya', account: '9988776655' },
    remittanceInformation: 'Payment INV-2026-11 thank you',
    bookingDate: parsePlainDate('2026-11-23'),
    seenAt,
    source: 'push',
    zone: 'Asia/Jakarta',
    ...changes,
  };
}

export function sampleAlert(changes: Partial<AlertFact> = {}): AlertFact {
  return { kind: 'account.stale', at: seenAt, subject: 'BCA', details: {}, ...changes };
}

/** 1,500,000.00 rupiah to a supplier, waiting for approval, with changes. */
export function samplePayment(changes: Partial<PaymentFact> = {}): PaymentFact {
  return {
    kind: 'payment.changed',
    paymentId: parseId('pay', 'pay_0001'),
    version: 1,
    state: 'awaitingApproval',
    at: seenAt,
    accountId: account('a'),
    connectionId: connection('bca'),
    bank: 'BCA',
    bankId: 'bca',
    environment: 'production',
    accountName: 'Operations',
    accountNumber: '1234567890',
    zone: 'Asia/Jakarta',
    amount: parseMoney('1500000.00', 'IDR'),
    creditor: {
      name: 'PT Maju Jaya',
      account: '9988776655',
      scheme: 'domestic',
      agent: 'CENAIDJA',
      country: 'ID',
    },
    purpose: 'supplier',
    rail: 'instant',
    remittanceInformation: 'Payment INV-2026-11 thank you',
    endToEndId: '20261123000000000117',
    requestedExecutionDate: parsePlainDate('2026-11-23'),
    maker: 'Siti Rahma',
    makerUserId: 'user01',
    approvers: [],
    ...changes,
  };
}

/** A route with a name for an id and nothing else, with changes. */
export function sampleRoute(name: string, changes: Partial<RouteNode> = {}): RouteNode {
  return {
    routeId: routeId(name),
    name,
    matchers: [],
    destinationIds: [],
    continueMatching: false,
    settings: {},
    children: [],
    ...changes,
  };
}

export function sampleNotice(
  position: number,
  changes: Partial<WaitingNotice> = {},
): WaitingNotice {
  return {
    noticeId: parseId('ntf', `ntf_${String(position).padStart(6, '0')}`),
    position,
    lane: 'normal',
    createdAtMs: 0,
    notBeforeMs: 0,
    isCardUpdate: false,
    isAlert: false,
    language: 'en',
    detail: 'full',
    ...changes,
  };
}

/** A moment of the sample day. */
export const noon = parseInstant('2026-11-23T12:00:00+07:00');
export const at = (text: string) => parseInstant(text);
export const ms = (text: string) => parseInstant(text).epochMilliseconds;
export const instant = instantFromMs;
