import type { Pool } from 'pg';
import { z } from 'zod';
import type { NoticesQuery, NoticeWire, DeliveriesQuery } from '../contract/telling.ts';
import { deliveryStates, noticeStates } from '../contract/telling.ts';
import type { Page } from './page.ts';
import { ID_PLACE, parseCursor, timeText, toPage } from './page.ts';

type Notice = z.infer<typeof NoticeWire>;

interface NoticeRow {
  notice_id: string;
  event_id: string;
  kind: string;
  destination_id: string;
  route_id: string;
  lane: 'urgent' | 'normal';
  language: string;
  detail: string;
  account_id: string | null;
  subject_id: string | null;
  subject_version: number | null;
  state: string;
  not_before: Date | null;
  is_muted: boolean;
  is_grouped: boolean;
  is_blocked: boolean;
  delivery_id: string | null;
  delivery_code: string | null;
  broken_code: string | null;
  created_at: Date;
  told_at: Date | null;
}

const NoticeState = z.enum(noticeStates);

function whyOf(row: NoticeRow): string | undefined {
  if (row.state === 'failed') return row.delivery_code ?? row.broken_code ?? 'unknown';
  if (row.state !== 'waiting') return undefined;
  if (row.broken_code !== null) return row.broken_code;
  if (row.is_muted) return 'muted';
  if (row.is_blocked) return 'blocked';
  return row.is_grouped ? 'grouped' : 'queued';
}

function toNotice(row: NoticeRow): Notice {
  return {
    noticeId: row.notice_id,
    eventId: row.event_id,
    kind: row.kind,
    destinationId: row.destination_id,
    routeId: row.route_id,
    lane: row.lane,
    language: row.language,
    detail: row.detail,
    accountId: row.account_id ?? undefined,
    subjectId: row.subject_id ?? undefined,
    subjectVersion: row.subject_version ?? undefined,
    state: NoticeState.parse(row.state),
    why: whyOf(row),
    notBefore: timeText(row.not_before),
    deliveryId: row.delivery_id ?? undefined,
    createdAt: row.created_at.toISOString(),
    toldAt: timeText(row.told_at),
  };
}

/** Notices, newest first, each with why it is not told yet or why it failed. */
export async function listNotices(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof NoticesQuery>,
): Promise<Page<Notice>> {
  const { rows } = await pool.query<NoticeRow>(
    `SELECT n.notice_id, n.event_id, e.kind, n.destination_id, n.route_id, n.lane, n.language,
       n.detail, n.account_id, n.subject_id, n.subject_version, n.state, n.not_before,
       COALESCE(n.not_before > now(), false) AS is_muted, n.group_key IS NOT NULL AS is_grouped,
       COALESCE(m.blocked_until > now(), false) AS is_blocked, n.delivery_id,
       v.code AS delivery_code, d.broken_code, n.created_at, n.told_at
     FROM notice n
     JOIN event e ON e.org_id = n.org_id AND e.event_id = n.event_id
     JOIN destination d ON d.org_id = n.org_id AND d.destination_id = n.destination_id
     LEFT JOIN destination_meter m ON m.org_id = n.org_id AND m.destination_id = n.destination_id
     LEFT JOIN delivery v ON v.org_id = n.org_id AND v.delivery_id = n.delivery_id
     WHERE n.org_id = $1 AND ($2::text IS NULL OR n.notice_id < $2)
       AND ($3::text IS NULL OR n.state = $3) AND ($4::text IS NULL OR n.destination_id = $4)
       AND ($5::text IS NULL OR n.subject_id = $5)
     ORDER BY n.notice_id DESC LIMIT $6`,
    [
      orgId,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.state ?? null,
      query.destinationId ?? null,
      query.paymentId ?? query.entryId ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, { toItem: toNotice, placeOf: (row) => row.notice_id });
}

/** A delivery as the list shows it; the sentence of its code is put in by the route. */
export interface DeliveryItem {
  readonly deliveryId: string;
  readonly destinationId: string;
  readonly kind: string;
  readonly lane: string;
  readonly noticeCount: number;
  readonly state: (typeof deliveryStates)[number];
  readonly attempts: number;
  readonly possiblyRepeated: boolean;
  readonly code: string | undefined;
  readonly dingtalkCode: string | undefined;
  readonly dingtalkMessage: string | undefined;
  readonly firstSentAt: string;
  readonly sentAt: string;
  readonly answeredAt: string | undefined;
}

interface DeliveryRow {
  delivery_id: string;
  destination_id: string;
  kind: string;
  lane: string;
  notice_count: number;
  state: string;
  attempts: number;
  possibly_repeated: boolean;
  code: string | null;
  dingtalk_code: string | null;
  dingtalk_message: string | null;
  first_sent_at: Date;
  sent_at: Date;
  answered_at: Date | null;
}

const DeliveryState = z.enum(deliveryStates);

/** Deliveries, newest first, with DingTalk's own answer. */
export async function listDeliveries(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof DeliveriesQuery>,
): Promise<Page<DeliveryItem>> {
  const { rows } = await pool.query<DeliveryRow>(
    `SELECT delivery_id, destination_id, kind, lane, notice_count, state, attempts,
       possibly_repeated, code, dingtalk_code, dingtalk_message, first_sent_at, sent_at, answered_at
     FROM delivery
     WHERE org_id = $1 AND ($2::text IS NULL OR delivery_id < $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR destination_id = $4)
     ORDER BY delivery_id DESC LIMIT $5`,
    [
      orgId,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.state ?? null,
      query.destinationId ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, {
    placeOf: (row) => row.delivery_id,
    toItem: (row) => ({
      deliveryId: row.delivery_id,
      destinationId: row.destination_id,
      kind: row.kind,
      lane: row.lane,
      noticeCount: row.notice_count,
      state: DeliveryState.parse(row.state),
      attempts: row.attempts,
      possiblyRepeated: row.possibly_repeated,
      code: row.code ?? undefined,
      dingtalkCode: row.dingtalk_code ?? undefined,
      dingtalkMessage: row.dingtalk_message ?? undefined,
      firstSentAt: row.first_sent_at.toISOString(),
      sentAt: row.sent_at.toISOString(),
      answeredAt: timeText(row.answered_at),
    }),
  });
}
