import type { Pool } from 'pg';

/** How long raw material is kept; entries, versions, events and audit are never removed here. */
const RETENTION = {
  /** Raw bodies of processed messages stay for corrections of mappings, then only their digest. */
  rawBody: '90 days',
  /** A refused call is evidence for a while. */
  refused: '30 days',
  /** Longer than any clock window, so that a replay is always recognised within it. */
  nonce: '35 days',
  bankCall: '35 days',
  auditMinute: '35 days',
  worker: '1 day',
  /** Far longer than DingTalk repeats an event, so that none is taken in twice. */
  dingtalkEvent: '90 days',
  /** Files of reports; the orders stay, and the same as-of makes the same report again. */
  reportFile: '90 days',
  /** Until when an account was complete, hour by hour, for reports of the past. */
  completeness: '800 days',
} as const;

const ROWS_MAX = 5_000;

/** Removes what is past its time, in small bites, so that no other work waits for it. */
export async function keepHouse(pool: Pool): Promise<number> {
  let removed = 0;
  for (const [text, age] of [
    [
      `UPDATE inbound SET sealed = NULL WHERE (org_id, inbound_id) IN (
         SELECT org_id, inbound_id FROM inbound WHERE sealed IS NOT NULL
           AND state = 'processed' AND received_at < now() - $1::interval LIMIT $2)`,
      RETENTION.rawBody,
    ],
    [
      `DELETE FROM inbound WHERE (org_id, inbound_id) IN (
         SELECT org_id, inbound_id FROM inbound WHERE state = 'refused'
           AND received_at < now() - $1::interval LIMIT $2)`,
      RETENTION.refused,
    ],
    [
      `DELETE FROM inbound_nonce WHERE (org_id, connection_id, nonce) IN (
         SELECT org_id, connection_id, nonce FROM inbound_nonce
         WHERE used_at < now() - $1::interval LIMIT $2)`,
      RETENTION.nonce,
    ],
    [
      `DELETE FROM bank_call WHERE (org_id, call_id) IN (
         SELECT org_id, call_id FROM bank_call WHERE sent_at < now() - $1::interval LIMIT $2)`,
      RETENTION.bankCall,
    ],
    [
      `DELETE FROM audit_minute WHERE (org_id, minute) IN (
         SELECT org_id, minute FROM audit_minute WHERE minute < now() - $1::interval LIMIT $2)`,
      RETENTION.auditMinute,
    ],
    [
      `UPDATE report_file SET sealed = NULL, media_id = NULL WHERE (org_id, report_id, format) IN (
         SELECT f.org_id, f.report_id, f.format FROM report_file f
         JOIN report r ON r.org_id = f.org_id AND r.report_id = f.report_id
         WHERE f.sealed IS NOT NULL AND r.created_at < now() - $1::interval LIMIT $2)`,
      RETENTION.reportFile,
    ],
    [
      `DELETE FROM completeness WHERE (org_id, account_id, hour) IN (
         SELECT org_id, account_id, hour FROM completeness
         WHERE recorded_at < now() - $1::interval LIMIT $2)`,
      RETENTION.completeness,
    ],
    [
      `DELETE FROM dingtalk_event WHERE (org_id, event_key) IN (
         SELECT org_id, event_key FROM dingtalk_event WHERE state <> 'stored'
           AND processed_at < now() - $1::interval LIMIT $2)`,
      RETENTION.dingtalkEvent,
    ],
    [
      `DELETE FROM chat_question WHERE (org_id, event_key) IN (
         SELECT org_id, event_key FROM chat_question
         WHERE asked_at < now() - $1::interval LIMIT $2)`,
      RETENTION.dingtalkEvent,
    ],
    [
      `DELETE FROM worker WHERE worker_id IN (
         SELECT worker_id FROM worker WHERE beat_at < now() - $1::interval LIMIT $2)`,
      RETENTION.worker,
    ],
  ] as const) {
    const { rowCount } = await pool.query(text, [age, ROWS_MAX]);
    removed += rowCount ?? 0;
  }
  return removed;
}
