import type { Instant, PlainDate } from '#core/dates.ts';
import { parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** Up to and with a day nothing of an account is matched or taken back. */
export interface PeriodLock {
  readonly lockId: string;
  readonly accountId: string;
  readonly lockedUntil: PlainDate;
  readonly reason: string;
  readonly lockedBy: string;
  readonly lockedAt: Instant;
  readonly reopenedBy: string | undefined;
  readonly reopenedAt: Instant | undefined;
  readonly reopenReason: string | undefined;
}

interface LockRow {
  lock_id: string;
  account_id: string;
  locked_until: string;
  reason: string;
  locked_by: string;
  locked_at: Date;
  reopened_by: string | null;
  reopened_at: Date | null;
  reopen_reason: string | null;
}

const COLUMNS = `lock_id, account_id, locked_until::text AS locked_until, reason, locked_by,
  locked_at, reopened_by, reopened_at, reopen_reason`;

function toLock(row: LockRow): PeriodLock {
  return {
    lockId: row.lock_id,
    accountId: row.account_id,
    lockedUntil: parsePlainDate(row.locked_until),
    reason: row.reason,
    lockedBy: row.locked_by,
    lockedAt: toInstant(row.locked_at),
    reopenedBy: row.reopened_by ?? undefined,
    reopenedAt: toInstant(row.reopened_at),
    reopenReason: row.reopen_reason ?? undefined,
  };
}

/** Locks of an organisation, the newest first; those that were opened again only when asked for. */
export async function listLocks(
  client: Queryable,
  scope: { readonly orgId: string; readonly accountId?: string; readonly isWithReopened?: boolean },
): Promise<PeriodLock[]> {
  const { rows } = await client.query<LockRow>(
    `SELECT ${COLUMNS} FROM period_lock
     WHERE org_id = $1 AND ($2::text IS NULL OR account_id = $2)
       AND ($3 OR reopened_at IS NULL) ORDER BY lock_id DESC`,
    [scope.orgId, scope.accountId ?? null, scope.isWithReopened ?? false],
  );
  return rows.map(toLock);
}

/** Closes the books of an account up to a day. Whoever is just matching there ends first. */
export async function lockPeriod(
  services: AdminServices,
  by: PersonActor,
  input: { readonly accountId: string; readonly until: PlainDate; readonly reason: string },
): Promise<PeriodLock> {
  const { accountId, until, reason } = input;
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'period.lock', accountId, at: services.now() });
    await holdAccount(client, by.orgId, accountId);
    const standing = await listLocks(client, { orgId: by.orgId, accountId });
    const latest = standing[0]?.lockedUntil;
    if (latest && until.until(latest).days >= 0) {
      throw invalidField('until', `must be later than ${latest.toString()}, which is locked`);
    }
    const { rows } = await client.query<LockRow>(
      `INSERT INTO period_lock (org_id, lock_id, account_id, locked_until, reason, locked_by,
         locked_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
      [
        by.orgId,
        newId('lck'),
        accountId,
        until.toString(),
        requireReason(reason),
        by.personId,
        new Date(services.now().epochMilliseconds),
      ],
    );
    const lock = toLock(oneOf(rows, 'period lock', ''));
    return { result: lock, audit: line('period.locked', lock) };
  });
}

/** Opens a period again, the latest first, with a reason that stays. */
export async function reopenPeriod(
  services: AdminServices,
  by: PersonActor,
  lockId: string,
  reason: string,
): Promise<PeriodLock> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const { rows: found } = await client.query<LockRow>(
      `SELECT ${COLUMNS} FROM period_lock WHERE org_id = $1 AND lock_id = $2`,
      [by.orgId, lockId],
    );
    const { accountId } = toLock(oneOf(found, 'period lock', lockId));
    await requireGrant(client, { ...by, action: 'period.reopen', accountId, at: services.now() });
    await holdAccount(client, by.orgId, accountId);
    const [latest] = await listLocks(client, { orgId: by.orgId, accountId });
    if (latest?.lockId !== lockId) {
      throw new CashbellError('match.stateChanged', { state: latest?.lockId ?? 'reopened' });
    }
    const { rows } = await client.query<LockRow>(
      `UPDATE period_lock SET reopened_by = $3, reopened_at = $4, reopen_reason = $5
       WHERE org_id = $1 AND lock_id = $2 RETURNING ${COLUMNS}`,
      [
        by.orgId,
        lockId,
        by.personId,
        new Date(services.now().epochMilliseconds),
        requireReason(reason),
      ],
    );
    const lock = toLock(oneOf(rows, 'period lock', lockId));
    return { result: lock, audit: line('period.reopened', lock) };
  });
}

/** Against those who match: they hold the account's key while they write. */
async function holdAccount(client: Queryable, orgId: string, accountId: string): Promise<void> {
  const { rows } = await client.query(
    'SELECT account_id FROM account WHERE org_id = $1 AND account_id = $2 FOR UPDATE',
    [orgId, accountId],
  );
  oneOf(rows, 'account', accountId);
}

const REASON_MAX = 400;

function requireReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= REASON_MAX) return reason;
  throw invalidField('reason', `must be 1 to ${REASON_MAX} characters`);
}

function line(action: string, lock: PeriodLock) {
  const { lockId, accountId, lockedUntil, reason, reopenReason } = lock;
  return {
    action,
    subject: lockId,
    after: { accountId, lockedUntil: lockedUntil.toString(), reason, reopenReason },
  };
}
