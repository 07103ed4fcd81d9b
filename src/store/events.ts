import type { ClientBase } from 'pg';
import { instantFromMs, parseInstant, parsePlainDate } from '#core/dates.ts';
import type {
  AlertFact,
  ClaimFact,
  EntryFact,
  EntryMatch,
  Fact,
  MatchedItem,
  PaymentFact,
  ReportFact,
} from '#core/events.ts';
import { isAlertFact, isClaimFact, isPaymentFact, isReportFact, subjectOf } from '#core/events.ts';
import type { DestinationId, EventId, NoticeId, OrgId, RouteId } from '#core/ids.ts';
import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import { formatDecimal, parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import type { Transaction } from './transaction.ts';

/** Who is to be told of an event, as routing decided. */
export interface NewNotice {
  readonly destinationId: DestinationId;
  readonly routeId: RouteId;
  readonly lane: Lane;
  readonly language: Language;
  readonly detail: DetailLevel;
  readonly mentions: readonly string[];
  readonly notBefore?: Date;
  readonly groupKey?: string;
  readonly groupWaitMs?: number;
  readonly groupMaximum?: number;
}

/** A fact with everybody who is to be told of it. */
export interface NewEvent {
  readonly orgId: OrgId;
  readonly fact: Fact;
  readonly notices: readonly NewNotice[];
}

/**
 * Writes events and their notices in the transaction of what caused them (ask 38). Positions come
 * from each destination's own counter, so that a destination is told in the order of the commits.
 */
export function saveEvents(
  transaction: Transaction,
  events: readonly NewEvent[],
  at: Date,
): readonly { readonly orgId: OrgId; readonly destinationId: DestinationId }[] {
  if (events.length === 0) return [];
  const withIds = events.map((event) => ({ ...event, eventId: newId('evt') }));
  transaction.write(insertEvents(transaction.client, withIds, at));
  const told = withIds.flatMap((event) =>
    event.notices.map((notice) => ({ ...notice, event, noticeId: newId('ntf') })),
  );
  if (told.length === 0) return [];
  tellAtEnd(transaction, told, at);
  return countByDestination(told).map(({ orgId, destinationId }) => ({ orgId, destinationId }));
}

const waiting = new WeakMap<Transaction, NoticeWithIds[]>();

/**
 * Destinations are the rows that all transactions of an organisation meet at, so they are locked last
 * and all together, whatever else the transaction does after it has told something.
 */
function tellAtEnd(transaction: Transaction, told: readonly NoticeWithIds[], at: Date): void {
  const known = waiting.get(transaction);
  if (known) {
    known.push(...told);
    return;
  }
  const all = [...told];
  waiting.set(transaction, all);
  const { client } = transaction;
  transaction.atEnd(() => insertNotices(client, all, countByDestination(all), at));
}

type EventWithId = NewEvent & { readonly eventId: EventId };
type NoticeWithIds = NewNotice & { readonly event: EventWithId; readonly noticeId: NoticeId };

async function insertEvents(
  client: ClientBase,
  events: readonly EventWithId[],
  at: Date,
): Promise<void> {
  const subjects = events.map(({ fact }) => subjectOf(fact));
  await client.query({
    name: 'insert-events',
    text: `INSERT INTO event (org_id, event_id, kind, subject_id, subject_version, account_id,
             connection_id, fact, notices_expected, created_at)
           SELECT *, $10::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],
             $5::int[], $6::text[], $7::text[], $8::jsonb[], $9::int[])`,
    values: [
      events.map(({ orgId }) => orgId),
      events.map(({ eventId }) => eventId),
      events.map(({ fact }) => fact.kind),
      subjects.map((subject) => subject?.subjectId ?? null),
      subjects.map((subject) => subject?.version ?? null),
      events.map(({ fact }) => fact.accountId ?? null),
      events.map(({ fact }) => fact.connectionId ?? null),
      events.map(({ fact }) => factToJson(fact)),
      events.map(({ notices }) => notices.length),
      at,
    ],
  });
}

interface DestinationCount {
  readonly orgId: OrgId;
  readonly destinationId: DestinationId;
  count: number;
}

/** Sorted, so that two transactions never wait for each other in a circle. */
function countByDestination(notices: readonly NoticeWithIds[]): DestinationCount[] {
  const counts = new Map<string, DestinationCount>();
  for (const { event, destinationId } of notices) {
    const key = `${event.orgId}/${destinationId}`;
    const known = counts.get(key) ?? { orgId: event.orgId, destinationId, count: 0 };
    known.count += 1;
    counts.set(key, known);
  }
  return [...counts.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, count]) => count);
}

const INSERT_NOTICES_SQL = `
WITH wanted AS (
  SELECT d.org_id, d.destination_id, w.count
  FROM unnest($19::text[], $20::text[], $21::bigint[]) AS w (org_id, destination_id, count)
  JOIN destination d USING (org_id, destination_id)
  ORDER BY d.org_id, d.destination_id FOR NO KEY UPDATE OF d
), taken AS (
  UPDATE destination d SET next_position = d.next_position + w.count
  FROM wanted w WHERE d.org_id = w.org_id AND d.destination_id = w.destination_id
  RETURNING d.org_id, d.destination_id, d.next_position - w.count AS first
)
INSERT INTO notice (org_id, notice_id, event_id, destination_id, route_id, position, lane,
  language, detail, mentions, account_id, subject_id, subject_version, not_before, group_key,
  group_wait_ms, group_maximum, created_at)
SELECT r.org_id, r.notice_id, r.event_id, r.destination_id, r.route_id, t.first + r.place, r.lane,
       r.language, r.detail, ARRAY(SELECT jsonb_array_elements_text(r.mentions)), r.account_id,
       r.subject_id, r.subject_version, r.not_before, r.group_key, r.group_wait_ms, r.group_maximum,
       $18::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
            $8::text[], $9::text[], $10::jsonb[], $11::text[], $12::text[], $13::int[],
            $14::timestamptz[], $15::text[], $16::int[], $17::int[])
  AS r (org_id, notice_id, event_id, destination_id, route_id, place, lane, language, detail,
        mentions, account_id, subject_id, subject_version, not_before, group_key, group_wait_ms,
        group_maximum)
JOIN taken t ON t.org_id = r.org_id AND t.destination_id = r.destination_id`;

async function insertNotices(
  client: ClientBase,
  notices: readonly NoticeWithIds[],
  counts: readonly DestinationCount[],
  at: Date,
): Promise<void> {
  const used = new Map<string, number>();
  const numbered = notices.map((notice) => {
    const place = used.get(notice.destinationId) ?? 0;
    used.set(notice.destinationId, place + 1);
    return { ...notice, place };
  });
  const subjects = numbered.map(({ event }) => subjectOf(event.fact));
  const { rowCount } = await client.query({
    name: 'insert-notices',
    text: INSERT_NOTICES_SQL,
    values: [
      numbered.map(({ event }) => event.orgId),
      numbered.map(({ noticeId }) => noticeId),
      numbered.map(({ event }) => event.eventId),
      numbered.map(({ destinationId }) => destinationId),
      numbered.map(({ routeId }) => routeId),
      numbered.map(({ place }) => place),
      numbered.map(({ lane }) => lane),
      numbered.map(({ language }) => language),
      numbered.map(({ detail }) => detail),
      numbered.map(({ mentions }) => JSON.stringify(mentions)),
      numbered.map(({ event }) => event.fact.accountId ?? null),
      subjects.map((subject) => subject?.subjectId ?? null),
      subjects.map((subject) => subject?.version ?? null),
      numbered.map(({ notBefore }) => notBefore ?? null),
      numbered.map(({ groupKey }) => groupKey ?? null),
      numbered.map(({ groupWaitMs }) => groupWaitMs ?? null),
      numbered.map(({ groupMaximum }) => groupMaximum ?? null),
      at,
      counts.map(({ orgId }) => orgId),
      counts.map(({ destinationId }) => destinationId),
      counts.map(({ count }) => count),
    ],
  });
  // A destination that is gone would swallow its notices; better that everything fails.
  if (rowCount !== notices.length) throw new Error('a destination of a notice does not exist');
}

interface MoneyJson {
  readonly value: string;
  readonly currency: string;
}

function moneyToJson(amount: Money): MoneyJson {
  return { value: formatDecimal(amount), currency: amount.currency };
}

function moneyFromJson({ value, currency }: MoneyJson): Money {
  return parseMoney(value, currency);
}

/** JSON of a fact as the `event` table keeps it. */
export function factToJson(fact: Fact): string {
  if (isAlertFact(fact) || isReportFact(fact)) return JSON.stringify(fact);
  if (isClaimFact(fact)) return JSON.stringify({ ...fact, entry: entryToJson(fact.entry) });
  if (isPaymentFact(fact)) {
    const { amount, fee, ...rest } = fact;
    return JSON.stringify({
      ...rest,
      amount: moneyToJson(amount),
      ...(fee ? { fee: moneyToJson(fee) } : {}),
    });
  }
  return JSON.stringify(entryToJson(fact));
}

function entryToJson(fact: EntryFact): unknown {
  const { amount, balanceAfter, previous, match, ...rest } = fact;
  return {
    ...rest,
    amount: moneyToJson(amount),
    ...(balanceAfter ? { balanceAfter: moneyToJson(balanceAfter) } : {}),
    ...(previous ? { previous: { ...previous, amount: moneyToJson(previous.amount) } } : {}),
    ...(match ? { match: matchToJson(match) } : {}),
  };
}

function matchToJson({ items, unmatched, ...rest }: EntryMatch): MatchJson {
  return {
    ...rest,
    items: items.map(({ open, ...item }) => ({
      ...item,
      ...(open ? { open: moneyToJson(open) } : {}),
    })),
    ...(unmatched ? { unmatched: moneyToJson(unmatched) } : {}),
  };
}

function matchFromJson({ items, unmatched, ...rest }: MatchJson): EntryMatch {
  return {
    ...rest,
    items: items.map(({ open, ...item }) => ({
      ...item,
      ...(open ? { open: moneyFromJson(open) } : {}),
    })),
    ...(unmatched ? { unmatched: moneyFromJson(unmatched) } : {}),
  };
}

type MatchJson = Omit<EntryMatch, 'items' | 'unmatched'> & {
  readonly items: readonly (Omit<MatchedItem, 'open'> & { readonly open?: MoneyJson })[];
  readonly unmatched?: MoneyJson;
};

type EntryJson = Omit<
  EntryFact,
  | 'amount'
  | 'balanceAfter'
  | 'previous'
  | 'match'
  | 'bookingDate'
  | 'valueDate'
  | 'bookedAt'
  | 'seenAt'
> & {
  readonly amount: MoneyJson;
  readonly match?: MatchJson;
  readonly balanceAfter?: MoneyJson;
  readonly previous?: { readonly amount: MoneyJson; readonly remittanceInformation: string };
  readonly bookingDate: string;
  readonly valueDate?: string;
  readonly bookedAt?: string;
  readonly seenAt: string;
};

type PaymentJson = Omit<
  PaymentFact,
  'at' | 'amount' | 'fee' | 'requestedExecutionDate' | 'notBefore' | 'question'
> & {
  readonly at: string;
  readonly amount: MoneyJson;
  readonly fee?: MoneyJson;
  readonly requestedExecutionDate: string;
  readonly notBefore?: string;
  readonly question?: Omit<NonNullable<PaymentFact['question']>, 'sentAt'> & {
    readonly sentAt: string;
  };
};

type AlertJson = Omit<AlertFact, 'at'> & { readonly at: string };

/** A fact as stored: amounts and dates as text. */
export type FactJson = EntryJson | PaymentJson | AlertJson | ClaimJson | ReportJson;

type ClaimJson = Omit<ClaimFact, 'at' | 'until' | 'entry'> & {
  readonly at: string;
  readonly until?: string;
  readonly entry: EntryJson;
};

type ReportJson = Omit<ReportFact, 'at' | 'asOf'> & { readonly at: string; readonly asOf: string };

/** Reads what `factToJson` wrote. */
export function factFromJson(json: FactJson): Fact {
  if (json.kind === 'payment.changed') return paymentFromJson(json);
  if ('claimId' in json) return claimFromJson(json);
  if ('asOf' in json) return { ...json, at: parseInstant(json.at), asOf: parseInstant(json.asOf) };
  if ('seenAt' in json) return entryFromJson(json);
  return { ...json, at: parseInstant(json.at) };
}

function claimFromJson({ at, until, entry, ...rest }: ClaimJson): ClaimFact {
  return {
    ...rest,
    at: parseInstant(at),
    entry: entryFromJson(entry),
    ...(until === undefined ? {} : { until: parseInstant(until) }),
  };
}

function entryFromJson(json: EntryJson): EntryFact {
  const {
    amount,
    balanceAfter,
    previous,
    match,
    bookingDate,
    valueDate,
    bookedAt,
    seenAt,
    ...rest
  } = json;
  return {
    ...rest,
    ...(match ? { match: matchFromJson(match) } : {}),
    amount: moneyFromJson(amount),
    bookingDate: parsePlainDate(bookingDate),
    seenAt: parseInstant(seenAt),
    ...(balanceAfter ? { balanceAfter: moneyFromJson(balanceAfter) } : {}),
    ...(previous ? { previous: { ...previous, amount: moneyFromJson(previous.amount) } } : {}),
    ...(valueDate === undefined ? {} : { valueDate: parsePlainDate(valueDate) }),
    ...(bookedAt === undefined ? {} : { bookedAt: parseInstant(bookedAt) }),
  };
}

function paymentFromJson(json: PaymentJson): PaymentFact {
  const { at, amount, fee, requestedExecutionDate, notBefore, question, ...rest } = json;
  return {
    ...rest,
    at: parseInstant(at),
    amount: moneyFromJson(amount),
    requestedExecutionDate: parsePlainDate(requestedExecutionDate),
    ...(fee ? { fee: moneyFromJson(fee) } : {}),
    ...(notBefore === undefined ? {} : { notBefore: parseInstant(notBefore) }),
    ...(question ? { question: { ...question, sentAt: parseInstant(question.sentAt) } } : {}),
  };
}

/** The moment of a database time stamp. */
export function instantOf(date: Date): ReturnType<typeof instantFromMs> {
  return instantFromMs(date.getTime());
}
