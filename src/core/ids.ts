import { CashbellError } from './errors.ts';

/** What each prefix of our own ids means; a log line explains itself by it. */
export const idPrefixes = {
  org: 'organisation',
  per: 'person',
  con: 'bank connection',
  acc: 'account',
  sec: 'sealed secret',
  inb: 'inbound message',
  ent: 'entry',
  evt: 'event',
  rte: 'route',
  dst: 'destination',
  app: 'DingTalk app',
  ntf: 'notice',
  dlv: 'delivery',
  cal: 'call to a bank',
  tok: 'API token',
  alm: 'alarm',
  wrk: 'worker',
  pay: 'payment',
  att: 'payment attempt',
  ben: 'beneficiary',
  bat: 'payment batch',
  rec: 'recurring payment',
  lim: 'payment limit',
  apr: 'approval',
  rul: 'approval rule',
  dec: 'decision on a payment',
  grt: 'grant',
  stp: 'stop of payments',
  tnt: 'notice of a transfer',
  itm: 'expected item',
  chg: 'change of an expected item',
  tpl: 'template of expected items',
  imp: 'import of expected items',
  map: 'mapping of an import',
  mat: 'match',
  run: 'run of matching',
  als: 'alias of a counterparty',
  tol: 'tolerance rule',
  lck: 'period lock',
  clm: 'claim',
  sch: 'schedule of a report',
  rep: 'report',
} as const;

export type IdPrefix = keyof typeof idPrefixes;
export type Id<P extends IdPrefix> = `${P}_${string}`;
export type OrgId = Id<'org'>;
export type ConnectionId = Id<'con'>;
export type AccountId = Id<'acc'>;
export type InboundId = Id<'inb'>;
export type EntryId = Id<'ent'>;
export type EventId = Id<'evt'>;
export type RouteId = Id<'rte'>;
export type DestinationId = Id<'dst'>;
export type DingtalkAppId = Id<'app'>;
export type NoticeId = Id<'ntf'>;
export type DeliveryId = Id<'dlv'>;
export type CallId = Id<'cal'>;
export type AlarmId = Id<'alm'>;
export type PaymentId = Id<'pay'>;
export type AttemptId = Id<'att'>;
export type BeneficiaryId = Id<'ben'>;
export type BatchId = Id<'bat'>;
export type RecurrenceId = Id<'rec'>;
export type ItemId = Id<'itm'>;
export type MatchId = Id<'mat'>;
export type MatchRunId = Id<'run'>;
export type ClaimId = Id<'clm'>;
export type ReportId = Id<'rep'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;

/**
 * Writes an id: prefix, ten digits of time, sixteen of chance, in Crockford's base 32. Ids made
 * later sort later, which keeps index pages warm. Chance and time are arguments: core has neither.
 */
export function formatId<P extends IdPrefix>(
  prefix: P,
  epochMs: number,
  random: Uint8Array,
): Id<P> {
  let time = '';
  let rest = epochMs;
  for (let digit = 0; digit < TIME_DIGITS; digit += 1) {
    time = (ALPHABET[rest % 32] ?? '') + time;
    rest = Math.floor(rest / 32);
  }
  let chance = '';
  for (const byte of random.subarray(0, 16)) chance += ALPHABET[byte & 31] ?? '';
  return `${prefix}_${time}${chance}`;
}

/** Accepts an id of the given kind; anything else is refused with the field's name. */
export function parseId<P extends IdPrefix>(prefix: P, text: string): Id<P> {
  if (text.startsWith(`${prefix}_`) && /^[a-z]{3}_[0-9a-z]{4,40}$/.test(text)) {
    return text as Id<P>;
  }
  throw new CashbellError('id.invalid', { expected: prefix, text: text.slice(0, 60) });
}
