import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { oneOf } from './audited.ts';
import type { AuditLine } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** A pulled kill switch: while it is open, nothing leaves. */
export interface PaymentStop {
  readonly stopId: string;
  /** Absent: every account. */
  readonly accountId: string | undefined;
  readonly reason: string;
  readonly pulledBy: string;
  readonly pulledAt: Instant;
  readonly releaseProposedBy: string | undefined;
  readonly releaseProposedAt: Instant | undefined;
  readonly releasedBy: string | undefined;
  readonly releasedAt: Instant | undefined;
}

export interface StopRow {
  stop_id: string;
  account_id: string | null;
  reason: string;
  pulled_by: string;
  pulled_at: Date;
  release_proposed_by: string | null;
  release_proposed_at: Date | null;
  released_by: string | null;
  released_at: Date | null;
}

export const STOP_COLUMNS = `stop_id, account_id, reason, pulled_by, pulled_at,
  release_proposed_by, release_proposed_at, released_by, released_at`;

export function toStop(row: StopRow): PaymentStop {
  return {
    stopId: row.stop_id,
    accountId: row.account_id ?? undefined,
    reason: row.reason,
    pulledBy: row.pulled_by,
    pulledAt: toInstant(row.pulled_at),
    releaseProposedBy: row.release_proposed_by ?? undefined,
    releaseProposedAt: toInstant(row.release_proposed_at),
    releasedBy: row.released_by ?? undefined,
    releasedAt: toInstant(row.released_at),
  };
}

/** The stop that keeps this account from paying: its own, or the one for everything. */
export async function findStop(
  client: Queryable,
  orgId: string,
  accountId: string,
): Promise<PaymentStop | undefined> {
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop
     WHERE org_id = $1 AND released_at IS NULL AND (account_id IS NULL OR account_id = $2)
     ORDER BY account_id NULLS FIRST, stop_id LIMIT 1`,
    [orgId, accountId],
  );
  const [row] = rows;
  return row && toStop(row);
}

/** Whether nothing may leave this account now. Asked by the choke point, in its transaction. */
export async function isStopped(
  client: Queryable,
  orgId: string,
  accountId: string,
): Promise<boolean> {
  return (await findStop(client, orgId, accountId)) !== undefined;
}

/** Stops of an organisation, newest first; released ones only when asked for. */
export async function listStops(
  client: Queryable,
  scope: { readonly orgId: string; readonly isWithReleased?: boolean | undefined },
): Promise<PaymentStop[]> {
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop
     WHERE org_id = $1 AND ($2 OR released_at IS NULL) ORDER BY stop_id DESC LIMIT 500`,
    [scope.orgId, scope.isWithReleased ?? false],
  );
  return rows.map(toStop);
}

/** A stop after a change of it, and what the audit says. */
export interface StopChange {
  readonly stop: PaymentStop;
  /** Absent when it was so already. */
  readonly audit?: AuditLine;
}

/**
 * Pulls the kill switch, in the caller's transaction. A second pull for the same account changes
 * nothing: whoever is in a hurry must not get an error.
 */
export async function pullStop(
  client: PoolClient,
  pull: {
    readonly orgId: string;
    readonly accountId?: string | undefined;
    readonly reason: string;
    /** A person who is entitled, or the operator on the machine. */
    readonly by: string;
    readonly at: Instant;
  },
): Promise<StopChange> {
  const reason = parseReason(pull.reason);
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop
     WHERE org_id = $1 AND released_at IS NULL AND account_id IS NOT DISTINCT FROM $2`,
    [pull.orgId, pull.accountId ?? null],
  );
  const [open] = rows;
  // A proposed release is void when somebody pulls again: they say that it is not over.
  if (open) return repull(client, pull, toStop(open));
  const inserted = await client.query<StopRow>(
    `INSERT INTO payment_stop (org_id, stop_id, account_id, reason, pulled_by, pulled_at)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${STOP_COLUMNS}`,
    [pull.orgId, newId('stp'), pull.accountId ?? null, reason, pull.by, pull.at.toString()],
  );
  const stop = toStop(oneOf(inserted.rows, 'stop', pull.accountId ?? pull.orgId));
  const after = { accountId: stop.accountId, reason };
  return { stop, audit: { action: 'payments.stopped', subject: stop.stopId, after } };
}

async function repull(
  client: PoolClient,
  pull: { readonly orgId: string; readonly reason: string },
  open: PaymentStop,
): Promise<StopChange> {
  if (open.releaseProposedBy === undefined) return { stop: open };
  const { rows } = await client.query<StopRow>(
    `UPDATE payment_stop SET release_proposed_by = NULL, release_proposed_at = NULL
     WHERE org_id = $1 AND stop_id = $2 RETURNING ${STOP_COLUMNS}`,
    [pull.orgId, open.stopId],
  );
  const stop = toStop(oneOf(rows, 'stop', open.stopId));
  const before = { releaseProposedBy: open.releaseProposedBy };
  const after = { reason: parseReason(pull.reason) };
  return { stop, audit: { action: 'payments.stoppedAgain', subject: stop.stopId, before, after } };
}

/** Says that paying may go on. It stays stopped until a second person says so too. */
export async function proposeResume(
  client: PoolClient,
  by: PersonActor,
  { stopId, at }: { readonly stopId: string; readonly at: Instant },
): Promise<StopChange> {
  const open = await requireOpen(client, by, { stopId, at });
  if (open.releaseProposedBy === by.personId) return { stop: open };
  if (open.releaseProposedBy !== undefined) {
    throw new CashbellError('api.conflict', {
      field: 'stopId',
      problem: 'somebody has proposed this already; confirm it instead',
    });
  }
  const { rows } = await client.query<StopRow>(
    `UPDATE payment_stop SET release_proposed_by = $3, release_proposed_at = $4
     WHERE org_id = $1 AND stop_id = $2 AND release_proposed_by IS NULL RETURNING ${STOP_COLUMNS}`,
    [by.orgId, stopId, by.personId, at.toString()],
  );
  const stop = toStop(oneOf(rows, 'stop', stopId));
  const after = { accountId: stop.accountId };
  return { stop, audit: { action: 'payments.resumeProposed', subject: stopId, after } };
}

/** Lets payments go on. Only somebody else than who proposed it. */
export async function confirmResume(
  client: PoolClient,
  by: PersonActor,
  { stopId, at }: { readonly stopId: string; readonly at: Instant },
): Promise<StopChange> {
  const open = await requireOpen(client, by, { stopId, at });
  if (open.releaseProposedBy === undefined) {
    throw new CashbellError('api.conflict', {
      field: 'stopId',
      problem: 'nobody has proposed to resume; propose it first, then another person confirms',
    });
  }
  await requireSecondPerson(client, by, [open.releaseProposedBy]);
  const { rows } = await client.query<StopRow>(
    `UPDATE payment_stop SET released_by = $3, released_at = $4
     WHERE org_id = $1 AND stop_id = $2 AND released_at IS NULL RETURNING ${STOP_COLUMNS}`,
    [by.orgId, stopId, by.personId, at.toString()],
  );
  const stop = toStop(oneOf(rows, 'stop', stopId));
  const after = { accountId: stop.accountId, proposedBy: stop.releaseProposedBy };
  return { stop, audit: { action: 'payments.resumed', subject: stopId, after } };
}

async function requireOpen(
  client: PoolClient,
  by: PersonActor,
  { stopId, at }: { readonly stopId: string; readonly at: Instant },
): Promise<PaymentStop> {
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop WHERE org_id = $1 AND stop_id = $2 FOR UPDATE`,
    [by.orgId, stopId],
  );
  const stop = toStop(oneOf(rows, 'stop', stopId));
  const { accountId } = stop;
  await requireGrant(client, { ...by, action: 'payment.resume', accountId, at });
  if (stop.releasedAt === undefined) return stop;
  throw new CashbellError('api.conflict', { field: 'stopId', problem: 'it was released already' });
}

const REASON_LENGTH_MAX = 400;

/** Why somebody does it, in their own words. */
export function parseReason(text: string): string {
  const reason = text.replace(/\s+/g, ' ').trim();
  if (reason === '' || reason.length > REASON_LENGTH_MAX) {
    throw invalidField('reason', `must be 1 to ${REASON_LENGTH_MAX} characters`);
  }
  return reason;
}
