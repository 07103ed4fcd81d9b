import type { ClientBase, Pool } from 'pg';
import type { Fact } from '#core/events.ts';
import type { DeliveryId, DestinationId, NoticeId, OrgId, RouteId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import { factFromJson } from './events.ts';
import type { FactJson } from './events.ts';

/** The drainer's row of a destination, locked by the caller's transaction. */
export interface Meter {
  readonly recentSentAtMs: readonly number[];
  readonly lastUrgentSentAtMs?: number;
  readonly lastNormalSentAtMs?: number;
  readonly blockedUntilMs?: number;
  readonly failures: number;
}

/**
 * Takes the destination for one drainer: locks its meter and checks that nobody else holds a
 * living lease. Undefined means somebody else is at it.
 */
export async function takeDestination(
  client: ClientBase,
  place: { readonly orgId: OrgId; readonly destinationId: DestinationId },
  workerId: string,
  now: Date,
): Promise<Meter | undefined> {
  const { rows } = await client.query<{
    recent_sent_at: Date[];
    last_urgent_sent_at: Date | null;
    last_normal_sent_at: Date | null;
    blocked_until: Date | null;
    failures: number;
    lease_owner: string | null;
    lease_until: Date | null;
  }>({
    name: 'take-destination',
    text: `SELECT recent_sent_at, last_urgent_sent_at, last_normal_sent_at, blocked_until, failures,
                  lease_owner, lease_until
           FROM destination_meter WHERE org_id = $1 AND destination_id = $2
           FOR NO KEY UPDATE SKIP LOCKED`,
    values: [place.orgId, place.destinationId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const isHeld =
    row.lease_owner !== null &&
    row.lease_owner !== workerId &&
    row.lease_until !== null &&
    row.lease_until > now;
  if (isHeld) return undefined;
  return {
    recentSentAtMs: row.recent_sent_at.map((at) => at.getTime()),
    failures: row.failures,
    ...(row.blocked_until === null ? {} : { blockedUntilMs: row.blocked_until.getTime() }),
    ...(row.last_urgent_sent_at === null
      ? {}
      : { lastUrgentSentAtMs: row.last_urgent_sent_at.getTime() }),
    ...(row.last_normal_sent_at === null
      ? {}
      : { lastNormalSentAtMs: row.last_normal_sent_at.getTime() }),
  };
}

export interface MeterUpdate extends Meter {
  readonly leaseOwner?: string;
  readonly leaseUntilMs?: number;
  readonly nextLookAtMs?: number;
}

export async function saveMeter(
  client: ClientBase,
  place: { readonly orgId: OrgId; readonly destinationId: DestinationId },
  update: MeterUpdate,
): Promise<void> {
  const date = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));
  await client.query({
    name: 'save-meter',
    text: `UPDATE destination_meter SET recent_sent_at = $3, blocked_until = $4, failures = $5,
                  lease_owner = $6, lease_until = $7, next_look_at = $8,
                  last_urgent_sent_at = $9, last_normal_sent_at = $10
           WHERE org_id = $1 AND destination_id = $2`,
    values: [
      place.orgId,
      place.destinationId,
      update.recentSentAtMs.map((ms) => new Date(ms)),
      date(update.blockedUntilMs),
      update.failures,
      update.leaseOwner ?? null,
      date(update.leaseUntilMs),
      date(update.nextLookAtMs),
      date(update.lastUrgentSentAtMs),
      date(update.lastNormalSentAtMs),
    ],
  });
}

/** A notice with the fact it tells. */
export interface WaitingNotice {
  readonly noticeId: NoticeId;
  readonly position: bigint;
  readonly lane: Lane;
  readonly language: Language;
  readonly detail: DetailLevel;
  readonly mentions: readonly string[];
  readonly accountId?: string;
  /** The entry or payment that it tells, and which version of it. */
  readonly subjectId?: string;
  readonly subjectVersion?: number;
  readonly createdAtMs: number;
  readonly notBeforeMs?: number;
  readonly groupKey?: string;
  readonly groupWaitMs?: number;
  readonly groupMaximum?: number;
  readonly fact: Fact;
}

interface NoticeRow {
  notice_id: string;
  position: string;
  lane: Lane;
  language: Language;
  detail: DetailLevel;
  mentions: string[];
  account_id: string | null;
  subject_id: string | null;
  subject_version: number | null;
  created_at: Date;
  not_before: Date | null;
  group_key: string | null;
  group_wait_ms: number | null;
  group_maximum: number | null;
  fact: FactJson;
}

function toNotice(row: NoticeRow): WaitingNotice {
  return {
    noticeId: parseId('ntf', row.notice_id),
    position: BigInt(row.position),
    lane: row.lane,
    language: row.language,
    detail: row.detail,
    mentions: row.mentions,
    createdAtMs: row.created_at.getTime(),
    fact: factFromJson(row.fact),
    ...(row.account_id === null ? {} : { accountId: row.account_id }),
    ...(row.subject_id === null ? {} : { subjectId: row.subject_id }),
    ...(row.subject_version === null ? {} : { subjectVersion: row.subject_version }),
    ...(row.not_before === null ? {} : { notBeforeMs: row.not_before.getTime() }),
    ...(row.group_key === null ? {} : { groupKey: row.group_key }),
    ...(row.group_wait_ms === null ? {} : { groupWaitMs: row.group_wait_ms }),
    ...(row.group_maximum === null ? {} : { groupMaximum: row.group_maximum }),
  };
}

const NOTICE_COLUMNS = `n.notice_id, n.position, n.lane, n.language, n.detail, n.mentions,
  n.account_id, n.subject_id, n.subject_version, n.created_at, n.not_before, n.group_key,
  n.group_wait_ms, n.group_maximum, e.fact`;

/** Notices that wait at a destination: all urgent ones and the first normal ones, in order. */
export async function loadWaiting(
  client: ClientBase,
  place: { readonly orgId: OrgId; readonly destinationId: DestinationId },
  limit: number,
): Promise<WaitingNotice[]> {
  const { rows } = await client.query<NoticeRow>({
    name: 'load-waiting',
    text: `SELECT ${NOTICE_COLUMNS}
           FROM (
             (SELECT * FROM notice WHERE org_id = $1 AND destination_id = $2
                AND state = 'waiting' AND lane = 'urgent' ORDER BY position LIMIT $3)
             UNION ALL
             (SELECT * FROM notice WHERE org_id = $1 AND destination_id = $2
                AND state = 'waiting' AND lane = 'normal' ORDER BY position LIMIT $3)
           ) n JOIN event e ON e.org_id = n.org_id AND e.event_id = n.event_id
           ORDER BY n.position`,
    values: [place.orgId, place.destinationId, limit],
  });
  return rows.map(toNotice);
}

export type DeliveryKind = 'message' | 'digest' | 'cardCreated' | 'cardUpdated' | 'file';

/** A message that is on its way. */
export interface Delivery {
  readonly orgId: OrgId;
  readonly deliveryId: DeliveryId;
  readonly destinationId: DestinationId;
  readonly kind: DeliveryKind;
  readonly lane: Lane;
  readonly idempotencyKey?: string;
  readonly attempts: number;
}

/** Commits the intent before a byte leaves: the delivery, and which notices it tells. */
export async function beginDelivery(
  client: ClientBase,
  delivery: Delivery,
  noticeIds: readonly NoticeId[],
  at: Date,
): Promise<void> {
  await client.query({
    name: 'begin-delivery',
    text: `WITH d AS (
             INSERT INTO delivery (org_id, delivery_id, destination_id, kind, lane,
               idempotency_key, notice_count, state, first_sent_at, sent_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'sending', $8, $8)
           )
           UPDATE notice SET state = 'sending', delivery_id = $2
           WHERE org_id = $1 AND notice_id = ANY($9::text[])`,
    values: [
      delivery.orgId,
      delivery.deliveryId,
      delivery.destinationId,
      delivery.kind,
      delivery.lane,
      delivery.idempotencyKey ?? null,
      noticeIds.length,
      at,
      noticeIds,
    ],
  });
}

/** Marks a further attempt of a delivery whose answer never came. */
export async function repeatDelivery(
  client: ClientBase,
  delivery: Delivery,
  at: Date,
  isPossiblyRepeated: boolean,
): Promise<void> {
  await client.query(
    `UPDATE delivery SET attempts = attempts + 1, sent_at = $3,
            possibly_repeated = possibly_repeated OR $4
     WHERE org_id = $1 AND delivery_id = $2`,
    [delivery.orgId, delivery.deliveryId, at, isPossiblyRepeated],
  );
}

/** Deliveries without an answer, with their notices: left by a crash or by a lost answer. */
export async function loadOpenDelivery(
  client: ClientBase,
  place: { readonly orgId: OrgId; readonly destinationId: DestinationId },
): Promise<{ readonly delivery: Delivery; readonly notices: WaitingNotice[] } | undefined> {
  const { rows } = await client.query<{
    delivery_id: string;
    kind: DeliveryKind;
    lane: Lane;
    idempotency_key: string | null;
    attempts: number;
  }>({
    name: 'load-open-delivery',
    text: `SELECT delivery_id, kind, lane, idempotency_key, attempts FROM delivery
           WHERE org_id = $1 AND destination_id = $2 AND state = 'sending'
           ORDER BY first_sent_at LIMIT 1`,
    values: [place.orgId, place.destinationId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const notices = await client.query<NoticeRow>(
    `SELECT ${NOTICE_COLUMNS} FROM notice n
     JOIN event e ON e.org_id = n.org_id AND e.event_id = n.event_id
     WHERE n.org_id = $1 AND n.delivery_id = $2 AND n.state = 'sending' ORDER BY n.position`,
    [place.orgId, row.delivery_id],
  );
  return {
    delivery: {
      ...place,
      deliveryId: parseId('dlv', row.delivery_id),
      kind: row.kind,
      lane: row.lane,
      attempts: row.attempts,
      ...(row.idempotency_key === null ? {} : { idempotencyKey: row.idempotency_key }),
    },
    notices: notices.rows.map(toNotice),
  };
}

export interface DeliveryAnswer {
  readonly state: 'accepted' | 'refused' | 'abandoned';
  readonly code?: string;
  readonly dingtalkCode?: string;
  readonly dingtalkMessage?: string;
  readonly providerReference?: string;
}

/** Writes DingTalk's answer: accepted means told, abandoned gives the notices back to the queue. */
export async function finishDelivery(
  client: ClientBase,
  delivery: Delivery,
  answer: DeliveryAnswer,
  at: Date,
): Promise<void> {
  const noticeState = { accepted: 'told', refused: 'failed', abandoned: 'waiting' }[answer.state];
  await client.query({
    name: 'finish-delivery',
    text: `WITH d AS (
             UPDATE delivery SET state = $3, code = $4, dingtalk_code = $5, dingtalk_message = $6,
                    provider_reference = $7, answered_at = $8
             WHERE org_id = $1 AND delivery_id = $2
           )
           UPDATE notice SET state = $9,
                  told_at = CASE WHEN $9 = 'told' THEN $8::timestamptz END,
                  delivery_id = CASE WHEN $9 = 'waiting' THEN NULL ELSE delivery_id END
           WHERE org_id = $1 AND delivery_id = $2 AND state = 'sending'`,
    values: [
      delivery.orgId,
      delivery.deliveryId,
      answer.state,
      answer.code ?? null,
      answer.dingtalkCode ?? null,
      answer.dingtalkMessage?.slice(0, 500) ?? null,
      answer.providerReference ?? null,
      at,
      noticeState,
    ],
  });
}

export interface DueDestination {
  readonly orgId: OrgId;
  readonly destinationId: DestinationId;
  /** Its next look is planned for later; who planned it himself need not look again. */
  readonly isEarly: boolean;
}

/**
 * Destinations that should be looked at now: something waits, or a time has come. A notice that came
 * while another worker was just leaving, or whose worker died before it rang, may stand behind a look
 * that is planned for much later; urgent ones of any age and normal ones of the last minute count.
 */
export async function loadDueDestinations(
  pool: Pool,
  now: Date,
  limit: number,
): Promise<DueDestination[]> {
  const { rows } = await pool.query<{
    org_id: string;
    destination_id: string;
    is_early: boolean | null;
  }>(
    `SELECT m.org_id, m.destination_id, m.next_look_at > $1 AS is_early FROM destination_meter m
     JOIN destination d USING (org_id, destination_id)
     WHERE d.state = 'active'
       AND (m.lease_until IS NULL OR m.lease_until <= $1)
       AND (m.next_look_at <= $1
         OR (m.next_look_at IS NULL AND (
           EXISTS (SELECT 1 FROM notice n WHERE n.org_id = m.org_id
                     AND n.destination_id = m.destination_id AND n.state = 'waiting')
           OR EXISTS (SELECT 1 FROM delivery v WHERE v.org_id = m.org_id
                     AND v.destination_id = m.destination_id AND v.state = 'sending')))
         OR (m.next_look_at > $1 AND (m.blocked_until IS NULL OR m.blocked_until <= $1)
           AND EXISTS (SELECT 1 FROM notice n WHERE n.org_id = m.org_id
                     AND n.destination_id = m.destination_id AND n.state = 'waiting'
                     AND (n.not_before IS NULL OR n.not_before <= $1)
                     AND n.created_at < $1::timestamptz - interval '1 second'
                     AND (n.lane = 'urgent'
                       OR n.created_at > $1::timestamptz - interval '1 minute'))))
     ORDER BY m.next_look_at > $1 NULLS FIRST LIMIT $2`,
    [now, limit],
  );
  return rows.map((row) => ({
    orgId: parseId('org', row.org_id),
    destinationId: parseId('dst', row.destination_id),
    isEarly: row.is_early === true,
  }));
}

/** Adds to the month's use of the organisation's DingTalk budget. */
export async function addUsage(
  client: ClientBase,
  use: {
    readonly orgId: OrgId;
    readonly destinationId: DestinationId;
    readonly budget: 'api' | 'webhook';
    readonly day: string;
  },
): Promise<void> {
  await client.query({
    name: 'add-usage',
    text: `INSERT INTO usage_month (org_id, day, budget, destination_id, calls)
           VALUES ($1, $2, $3, $4, 1)
           ON CONFLICT (org_id, day, budget, destination_id)
           DO UPDATE SET calls = usage_month.calls + 1`,
    values: [use.orgId, use.day, use.budget, use.destinationId],
  });
}

/** Calls of the month by day and budget. */
export async function loadUsage(
  pool: Pool | ClientBase,
  orgId: string,
  fromDay: string,
): Promise<
  readonly { readonly day: string; readonly budget: 'api' | 'webhook'; readonly calls: number }[]
> {
  const { rows } = await pool.query<{ day: string; budget: 'api' | 'webhook'; calls: string }>(
    `SELECT day, budget, sum(calls)::text AS calls FROM usage_month
     WHERE org_id = $1 AND day >= $2 GROUP BY day, budget ORDER BY day`,
    [orgId, fromDay],
  );
  return rows.map(({ day, budget, calls }) => ({ day, budget, calls: Number(calls) }));
}

/** The live card of an entry or payment at a destination. */
export async function loadCard(
  client: ClientBase,
  orgId: string,
  destinationId: string,
  subjectId: string,
): Promise<{ readonly outTrackId: string; readonly versionShown: number } | undefined> {
  const { rows } = await client.query<{ out_track_id: string; version_shown: number }>({
    name: 'load-card',
    text: `SELECT out_track_id, version_shown FROM card
           WHERE org_id = $1 AND destination_id = $2 AND subject_id = $3`,
    values: [orgId, destinationId, subjectId],
  });
  const row = rows[0];
  return row && { outTrackId: row.out_track_id, versionShown: row.version_shown };
}

/** Which of these subjects have a live card at a destination. */
export async function findShown(
  client: ClientBase,
  place: { readonly orgId: OrgId; readonly destinationId: DestinationId },
  subjectIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (subjectIds.length === 0) return new Set();
  const { rows } = await client.query<{ subject_id: string }>({
    name: 'find-shown',
    text: `SELECT subject_id FROM card
           WHERE org_id = $1 AND destination_id = $2 AND subject_id = ANY($3::text[])`,
    values: [place.orgId, place.destinationId, subjectIds],
  });
  return new Set(rows.map((row) => row.subject_id));
}

/** The newest fact of a subject, which its live card has to show. */
export async function loadNewestFact(
  client: ClientBase,
  orgId: OrgId,
  subjectId: string,
): Promise<{ readonly fact: Fact; readonly version: number } | undefined> {
  const { rows } = await client.query<{ fact: FactJson; subject_version: number }>({
    name: 'load-newest-fact',
    text: `SELECT fact, subject_version FROM event WHERE org_id = $1 AND subject_id = $2
           ORDER BY subject_version DESC LIMIT 1`,
    values: [orgId, subjectId],
  });
  const [row] = rows;
  return row && { fact: factFromJson(row.fact), version: row.subject_version };
}

/** Where and how a subject was told last, by destination. */
export interface EarlierTelling {
  readonly destinationId: DestinationId;
  readonly routeId: RouteId;
  readonly language: Language;
  readonly detail: DetailLevel;
}

/** All destinations that have been told of a subject, or are about to be. */
export async function loadEarlierTellings(
  client: ClientBase,
  orgId: OrgId,
  subjectId: string,
): Promise<readonly EarlierTelling[]> {
  const { rows } = await client.query<{
    destination_id: string;
    route_id: string;
    language: Language;
    detail: DetailLevel;
  }>({
    name: 'load-earlier-tellings',
    text: `SELECT DISTINCT ON (destination_id) destination_id, route_id, language, detail
           FROM notice WHERE org_id = $1 AND subject_id = $2
           ORDER BY destination_id, position DESC`,
    values: [orgId, subjectId],
  });
  return rows.map((row) => ({
    destinationId: parseId('dst', row.destination_id),
    routeId: parseId('rte', row.route_id),
    language: row.language,
    detail: row.detail,
  }));
}

/** Notes which version the card shows now. */
export async function saveCard(
  client: ClientBase,
  card: {
    readonly orgId: string;
    readonly destinationId: string;
    readonly subjectId: string;
    readonly outTrackId: string;
    readonly version: number;
  },
): Promise<void> {
  await client.query({
    name: 'save-card',
    text: `INSERT INTO card (org_id, destination_id, subject_id, out_track_id, version_shown)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (org_id, destination_id, subject_id)
           DO UPDATE SET version_shown = greatest(card.version_shown, excluded.version_shown)`,
    values: [card.orgId, card.destinationId, card.subjectId, card.outTrackId, card.version],
  });
}
