import type { ClientBase, Pool } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, toInstant } from './orgs.ts';

type Queryable = Pick<ClientBase, 'query'>;

/** Why a form cannot be used: the field and what to do about it. */
export interface FormProblem {
  readonly field: string;
  readonly problem: string;
}

/** An approval form as we know it. `Mapping` is checked by whoever stores it. */
export interface ApprovalForm<Mapping> {
  readonly orgId: OrgId;
  readonly processCode: string;
  readonly appId: string;
  readonly name: string;
  readonly kind: 'own' | 'mapped';
  readonly mapping: Mapping;
  readonly schemaDigest: string;
  readonly checkedAt: Instant;
  readonly state: 'active' | 'broken' | 'removed';
  readonly problem: FormProblem | undefined;
  readonly approvalsRequired: number;
  readonly sweptUntil: Instant;
  readonly lastSweptAt: Instant | undefined;
  readonly failures: number;
  readonly createdAt: Instant;
}

interface FormRow<Mapping> {
  org_id: string;
  process_code: string;
  app_id: string;
  name: string;
  kind: 'own' | 'mapped';
  mapping: Mapping;
  schema_digest: string;
  checked_at: Date;
  state: 'active' | 'broken' | 'removed';
  problem: FormProblem | null;
  approvals_required: number;
  swept_until: Date;
  last_swept_at: Date | null;
  failures: number;
  created_at: Date;
}

const COLUMNS = `org_id, process_code, app_id, name, kind, mapping, schema_digest, checked_at, state,
  problem, approvals_required, swept_until, last_swept_at, failures, created_at`;

function toForm<Mapping>(row: FormRow<Mapping>): ApprovalForm<Mapping> {
  return {
    orgId: parseId('org', row.org_id),
    processCode: row.process_code,
    appId: row.app_id,
    name: row.name,
    kind: row.kind,
    mapping: row.mapping,
    schemaDigest: row.schema_digest,
    checkedAt: toInstant(row.checked_at),
    state: row.state,
    problem: row.problem ?? undefined,
    approvalsRequired: row.approvals_required,
    sweptUntil: toInstant(row.swept_until),
    lastSweptAt: toInstant(row.last_swept_at),
    failures: row.failures,
    createdAt: toInstant(row.created_at),
  };
}

/** A form in use, broken ones among them; removed ones are not found. */
export async function findApprovalForm<Mapping>(
  client: Queryable,
  orgId: string,
  processCode: string,
): Promise<ApprovalForm<Mapping> | undefined> {
  const { rows } = await client.query<FormRow<Mapping>>({
    name: 'find-approval-form',
    text: `SELECT ${COLUMNS} FROM approval_form
           WHERE org_id = $1 AND process_code = $2 AND state <> 'removed'`,
    values: [orgId, processCode],
  });
  const [row] = rows;
  return row && toForm(row);
}

export async function listApprovalForms<Mapping>(
  client: Queryable,
  orgId: string,
): Promise<ApprovalForm<Mapping>[]> {
  const { rows } = await client.query<FormRow<Mapping>>(
    `SELECT ${COLUMNS} FROM approval_form WHERE org_id = $1 AND state <> 'removed'
     ORDER BY created_at, process_code`,
    [orgId],
  );
  return rows.map(toForm);
}

export interface NewApprovalForm<Mapping> {
  readonly orgId: string;
  readonly processCode: string;
  readonly appId: string;
  readonly name: string;
  readonly kind: 'own' | 'mapped';
  readonly mapping: Mapping;
  readonly schemaDigest: string;
  readonly approvalsRequired: number;
}

/**
 * Writes a form whose mapping was checked a moment ago, new or again. What was filled in before a form
 * is known is not paid: instances are looked for from now on.
 */
export async function saveApprovalForm<Mapping>(
  services: AdminServices,
  form: NewApprovalForm<Mapping>,
  actor: Actor,
): Promise<ApprovalForm<Mapping>> {
  const { orgId, processCode } = form;
  const now = new Date(services.now().epochMilliseconds);
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await findApprovalForm<Mapping>(client, orgId, processCode);
    await client.query(
      `INSERT INTO approval_form (org_id, process_code, app_id, name, kind, mapping, schema_digest,
         checked_at, state, approvals_required, swept_until, created_at, next_sweep_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $8, $8, $8)
       ON CONFLICT (org_id, process_code) DO UPDATE SET
         app_id = excluded.app_id, name = excluded.name, kind = excluded.kind,
         mapping = excluded.mapping, schema_digest = excluded.schema_digest,
         checked_at = excluded.checked_at, approvals_required = excluded.approvals_required,
         problem = NULL, failures = 0, next_sweep_at = excluded.next_sweep_at,
         swept_until = CASE WHEN approval_form.state = 'removed' THEN excluded.swept_until
                            ELSE approval_form.swept_until END,
         state = 'active'`,
      [
        orgId,
        processCode,
        form.appId,
        form.name,
        form.kind,
        JSON.stringify(form.mapping),
        form.schemaDigest,
        now,
        form.approvalsRequired,
      ],
    );
    const result = await findApprovalForm<Mapping>(client, orgId, processCode);
    if (!result) throw notFound(processCode);
    const action = before ? 'approvalForm.changed' : 'approvalForm.added';
    const audit = {
      action,
      subject: processCode,
      ...(before ? { before: toAudit(before) } : {}),
      after: toAudit(result),
    };
    return { result, audit };
  });
}

/** Removes a form; approvals through it that run are not paid any more. */
export async function removeApprovalForm(
  services: AdminServices,
  { orgId, processCode }: { readonly orgId: string; readonly processCode: string },
  actor: Actor,
): Promise<void> {
  await changeSettings(services, { orgId, actor }, async (client) => {
    const before = await findApprovalForm(client, orgId, processCode);
    if (!before) throw notFound(processCode);
    await client.query(
      `UPDATE approval_form SET state = 'removed' WHERE org_id = $1 AND process_code = $2`,
      [orgId, processCode],
    );
    const audit = {
      action: 'approvalForm.removed',
      subject: processCode,
      before: toAudit(before),
    };
    return { result: undefined, audit };
  });
}

/** Notes that the form at DingTalk was looked at; a problem breaks it until somebody checks it anew. */
export async function noteFormChecked(
  services: AdminServices,
  { orgId, processCode }: { readonly orgId: string; readonly processCode: string },
  problem: FormProblem | undefined,
): Promise<void> {
  const now = new Date(services.now().epochMilliseconds);
  const actor = 'system';
  await changeSettings(services, { orgId, actor }, async (client) => {
    const before = await findApprovalForm(client, orgId, processCode);
    if (!before) return { result: undefined };
    await client.query(
      `UPDATE approval_form SET checked_at = $3, state = $4, problem = $5
       WHERE org_id = $1 AND process_code = $2`,
      [orgId, processCode, now, problem ? 'broken' : 'active', problem && JSON.stringify(problem)],
    );
    const after = problem ? 'broken' : 'active';
    if (before.state === after) return { result: undefined };
    return {
      result: undefined,
      audit: {
        action: problem ? 'approvalForm.broken' : 'approvalForm.mended',
        subject: processCode,
        before: { state: before.state },
        after: { state: after, ...(problem ? { problem } : {}) },
      },
    };
  });
}

function notFound(processCode: string): CashbellError {
  return new CashbellError('api.notFound', { what: 'approvalForm', id: processCode.slice(0, 60) });
}

function toAudit<Mapping>(form: ApprovalForm<Mapping>): unknown {
  const { name, appId, kind, mapping, schemaDigest, approvalsRequired, state } = form;
  return { name, appId, kind, mapping, schemaDigest, approvalsRequired, state };
}

/** Claims one form whose turn it is to be listed. */
export async function claimDueForm<Mapping>(
  pool: Pool,
  claim: { readonly now: Date; readonly leaseUntil: Date },
): Promise<ApprovalForm<Mapping> | undefined> {
  const { rows } = await pool.query<FormRow<Mapping>>({
    name: 'claim-approval-form',
    // A wish for a sooner one meanwhile shows as an earlier time than the lease's end.
    text: `UPDATE approval_form f SET lease_until = $2, next_sweep_at = $2
           FROM (SELECT org_id, process_code FROM approval_form
                 WHERE state <> 'removed' AND next_sweep_at <= $1
                   AND (lease_until IS NULL OR lease_until < $1)
                 ORDER BY next_sweep_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) due
           WHERE f.org_id = due.org_id AND f.process_code = due.process_code
           RETURNING ${COLUMNS.replaceAll(/(\w+)/g, 'f.$1')}`,
    values: [claim.now, claim.leaseUntil],
  });
  const [row] = rows;
  return row && toForm(row);
}

/** What came of listing a form. */
export interface SweepEnd {
  readonly at: Date;
  readonly nextAt: Date;
  /** Everything before it was listed; absent when the listing did not come to its end. */
  readonly sweptUntil?: Date;
  readonly failures: number;
  readonly code?: string;
}

export async function finishSweep(
  pool: Pool,
  { orgId, processCode }: Pick<ApprovalForm<unknown>, 'orgId' | 'processCode'>,
  end: SweepEnd,
): Promise<void> {
  await pool.query({
    name: 'finish-sweep',
    text: `UPDATE approval_form SET lease_until = NULL, last_swept_at = $3, failures = $6,
             last_code = $7,
             swept_until = greatest(swept_until, $5),
             -- Somebody may have wanted the next one sooner meanwhile.
             next_sweep_at = CASE WHEN next_sweep_at < lease_until THEN least(next_sweep_at, $4)
                                  ELSE $4 END
           WHERE org_id = $1 AND process_code = $2`,
    values: [
      orgId,
      processCode,
      end.at,
      end.nextAt,
      end.sweptUntil ?? null,
      end.failures,
      end.code ?? null,
    ],
  });
}

/**
 * Lets the forms of an app be listed soon, such as after its connection was away; once a minute at
 * most, because a connection that comes and goes must not spend the month's calls.
 */
export async function hastenSweeps(
  client: Queryable,
  { orgId, appId }: { readonly orgId: string; readonly appId: string },
  at: Date,
): Promise<void> {
  await client.query({
    name: 'hasten-sweeps',
    text: `UPDATE approval_form SET next_sweep_at = least(next_sweep_at,
             greatest($3, last_swept_at + interval '1 minute'))
           WHERE org_id = $1 AND app_id = $2 AND state <> 'removed'`,
    values: [orgId, appId, at],
  });
}

/** When the next form is due to be listed. */
export async function nextSweepAt(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ next_at: Date | null }>({
    name: 'next-sweep-at',
    text: `SELECT min(greatest(next_sweep_at, lease_until)) AS next_at FROM approval_form
           WHERE state <> 'removed'`,
    values: [],
  });
  return rows[0]?.next_at ?? undefined;
}
