import type { Pool } from 'pg';
import { isCashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';

export type EventKind = 'event' | 'robotMessage' | 'cardPress';
export type EventSource = 'stream' | 'callback' | 'sweep';

/** Something that DingTalk told, on its way into the inbox. */
export interface NewDingtalkEvent {
  readonly orgId: string;
  readonly appId: string;
  /** The same thing told twice has the same key. */
  readonly eventKey: string;
  readonly kind: EventKind;
  readonly eventType: string;
  readonly source: EventSource;
  readonly data: string;
  readonly bornAt?: Date;
  /** Counts against the month's Webhook & Stream budget. */
  readonly isCounted: boolean;
  /** Whoever tells it works it off at once; until then nobody else does. */
  readonly leaseUntil?: Date;
}

/** `stored` is on disk now, `repeated` was there before. Only then may it be acknowledged. */
export type EventStored = 'stored' | 'repeated';

const STORE_SQL = `
WITH told AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                       $7::bytea[], $8::timestamptz[], $9::boolean[], $10::int[],
                       $12::timestamptz[])
    AS t (org_id, event_key, app_id, kind, event_type, source, sealed_data, born_at, is_counted,
          place, lease_until)
), fresh AS (
  INSERT INTO dingtalk_event (org_id, event_key, app_id, kind, event_type, source, sealed_data,
                              born_at, received_at, lease_until)
  SELECT DISTINCT ON (org_id, event_key) org_id, event_key, app_id, kind, event_type, source,
         sealed_data, born_at, $11::timestamptz, lease_until
  FROM told ORDER BY org_id, event_key, place
  ON CONFLICT (org_id, event_key) DO NOTHING
  RETURNING org_id, event_key, app_id
), counted AS (
  INSERT INTO usage_month AS u (org_id, day, budget, destination_id, calls)
  SELECT org_id, ($11::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, 'webhook', app_id, count(*)
  FROM told WHERE is_counted GROUP BY org_id, app_id ORDER BY org_id, app_id
  ON CONFLICT (org_id, day, budget, destination_id)
  DO UPDATE SET calls = u.calls + excluded.calls
)
SELECT org_id, event_key FROM fresh`;

/**
 * Writes what was told in one statement; each thing once, however often it is told. A push counts
 * against the month's budget each time, also when it repeats.
 */
export async function storeDingtalkEvents(
  services: Services,
  events: readonly NewDingtalkEvent[],
  receivedAt: Date,
): Promise<EventStored[]> {
  const column = <T>(read: (event: NewDingtalkEvent) => T): T[] => events.map(read);
  const sealed = await Promise.all(
    events.map((event) =>
      services.keyring.seal(Buffer.from(event.data), placeOf(event.orgId, event.eventKey)),
    ),
  );
  const { rows } = await services.pool.query<{ org_id: string; event_key: string }>({
    name: 'store-dingtalk-events',
    text: STORE_SQL,
    values: [
      column(({ orgId }) => orgId),
      column(({ eventKey }) => eventKey),
      column(({ appId }) => appId),
      column(({ kind }) => kind),
      column(({ eventType }) => eventType),
      column(({ source }) => source),
      sealed,
      column(({ bornAt }) => bornAt ?? null),
      column(({ isCounted }) => isCounted),
      events.map((_event, index) => index),
      receivedAt,
      column(({ leaseUntil }) => leaseUntil ?? null),
    ],
  });
  const fresh = new Set(rows.map((row) => `${row.org_id}/${row.event_key}`));
  return events.map(({ orgId, eventKey }) =>
    // The first of equal ones in a batch is the fresh one; both are on disk.
    fresh.delete(`${orgId}/${eventKey}`) ? 'stored' : 'repeated',
  );
}

function placeOf(orgId: string, eventKey: string) {
  return { orgId, column: sealedColumns.dingtalkEvent, rowId: eventKey };
}

/** A stored event in the hands of one worker. */
export interface ClaimedEvent {
  readonly orgId: OrgId;
  readonly appId: string;
  readonly eventKey: string;
  readonly kind: EventKind;
  readonly eventType: string;
  readonly source: EventSource;
  readonly data: string;
  readonly receivedAt: Date;
  /** Times that it was claimed before. */
  readonly attempts: number;
}

/** Claims waiting events, oldest first; a lease that ran out means that its holder is gone. */
export async function claimDingtalkEvents(
  services: Services,
  claim: { readonly now: Date; readonly leaseUntil: Date; readonly max: number },
): Promise<ClaimedEvent[]> {
  const { rows } = await services.pool.query<{
    org_id: string;
    event_key: string;
    app_id: string;
    kind: EventKind;
    event_type: string;
    source: EventSource;
    sealed_data: Buffer;
    received_at: Date;
    attempts: number;
  }>({
    name: 'claim-dingtalk-events',
    text: `UPDATE dingtalk_event e SET lease_until = $2, attempts = e.attempts + 1
           FROM (SELECT org_id, event_key FROM dingtalk_event
                 WHERE state = 'stored' AND (next_at IS NULL OR next_at <= $1)
                   AND (lease_until IS NULL OR lease_until < $1)
                 ORDER BY received_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) due
           WHERE e.org_id = due.org_id AND e.event_key = due.event_key
           RETURNING e.org_id, e.event_key, e.app_id, e.kind, e.event_type, e.source,
                     e.sealed_data, e.received_at, e.attempts - 1 AS attempts`,
    values: [claim.now, claim.leaseUntil, claim.max],
  });
  const opened = rows.map(async (row): Promise<ClaimedEvent[]> => {
    const orgId = parseId('org', row.org_id);
    const place = placeOf(orgId, row.event_key);
    const plain = await services.keyring.unseal(row.sealed_data, place).catch((error: unknown) => {
      if (!isCashbellError(error, 'secret.unsealFailed')) throw error;
      return undefined;
    });
    if (!plain) {
      // One that cannot be opened must not hold up the others.
      const end = { state: 'failed', problem: 'secret.unsealFailed' } as const;
      await finishDingtalkEvent(services.pool, { orgId, eventKey: row.event_key }, end, claim.now);
      return [];
    }
    const event = {
      orgId,
      appId: row.app_id,
      eventKey: row.event_key,
      kind: row.kind,
      eventType: row.event_type,
      source: row.source,
      data: plain.toString('utf8'),
      receivedAt: row.received_at,
      attempts: row.attempts,
    };
    return [event];
  });
  const events = (await Promise.all(opened)).flat();
  return events.toSorted((left, right) => left.receivedAt.getTime() - right.receivedAt.getTime());
}

/** What became of a claimed event; without an end it is tried again at `nextAt`. */
export type EventEnd =
  | { readonly state: 'processed' | 'ignored' | 'failed'; readonly problem?: string }
  | { readonly nextAt: Date; readonly problem: string };

export async function finishDingtalkEvent(
  pool: Pool,
  { orgId, eventKey }: Pick<ClaimedEvent, 'orgId' | 'eventKey'>,
  end: EventEnd,
  now: Date,
): Promise<void> {
  const isEnd = 'state' in end;
  await pool.query({
    name: 'finish-dingtalk-event',
    text: `UPDATE dingtalk_event SET state = $3, problem = $4, next_at = $5, processed_at = $6,
             lease_until = NULL
           WHERE org_id = $1 AND event_key = $2`,
    values: [
      orgId,
      eventKey,
      isEnd ? end.state : 'stored',
      end.problem?.slice(0, 500) ?? null,
      isEnd ? null : end.nextAt,
      isEnd ? now : null,
    ],
  });
}

/** When the next event that was put off is due. */
export async function nextDingtalkEventAt(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ next_at: Date | null }>({
    name: 'next-dingtalk-event-at',
    text: `SELECT min(greatest(coalesce(next_at, received_at), lease_until)) AS next_at
           FROM (SELECT next_at, received_at, lease_until FROM dingtalk_event
                 WHERE state = 'stored' ORDER BY received_at LIMIT 200) waiting`,
    values: [],
  });
  return rows[0]?.next_at ?? undefined;
}
