import { isCashbellError } from '#core/errors.ts';
import type { ApprovalReading } from '#core/payments.ts';
import type { ApprovalInstance } from '#dingtalk/instance.ts';
import { humanApprovers, refusalOf } from '#dingtalk/instance.ts';
import { readInstance } from '#dingtalk/workflow.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Payment } from '#store/payments.ts';
import { findPersons } from '#store/persons.ts';
import type { ApprovalDeps, KnownForm } from './approval-deps.ts';
import { requireFormPlace } from './approval-deps.ts';
import { digestOfForm, readForm } from './read-form.ts';
import { startApproval } from './start-approval.ts';

/** So long after it was made, an approval that DingTalk does not know is gone and not merely new. */
const GONE_AFTER_MS = 10 * 60_000;
/** Requests that belong to another one; more are nobody's practice. */
const ATTACHED_MAX = 5;

/**
 * Reads a payment's approval afresh from DingTalk; one that was never started is started. Only
 * `COMPLETED` and `agree` is a yes. Whatever cannot be read now throws and proves nothing: a spent
 * quota or a missing permission is never taken for a no, and never for a yes.
 */
export async function readDingtalkApproval(
  deps: ApprovalDeps,
  payment: Payment,
): Promise<ApprovalReading> {
  const { orgId, processCode = '', processInstanceId } = payment;
  const { form, app } = await requireFormPlace(deps, orgId, processCode);
  if (processInstanceId === undefined) {
    await startApproval(deps, payment, { form, app });
    return { kind: 'running' };
  }
  const instance = await findInstance(deps, app, payment, processInstanceId);
  return instance ? judge(deps, { app, form, payment, instance }) : { kind: 'withdrawn' };
}

async function findInstance(
  { calls, services }: ApprovalDeps,
  app: DirectoryApp,
  { createdAt }: Payment,
  processInstanceId: string,
): Promise<ApprovalInstance | undefined> {
  try {
    return await calls.call(app, readInstance, { processInstanceId });
  } catch (error) {
    const ageMs = services.now().epochMilliseconds - createdAt.epochMilliseconds;
    if (isCashbellError(error, 'approval.instanceGone') && ageMs > GONE_AFTER_MS) return undefined;
    throw error;
  }
}

interface Subject {
  readonly app: DirectoryApp;
  readonly form: KnownForm;
  readonly payment: Payment;
  readonly instance: ApprovalInstance;
}

async function judge(deps: ApprovalDeps, subject: Subject): Promise<ApprovalReading> {
  const { instance } = subject;
  if (instance.status === 'RUNNING') return { kind: 'running' };
  if (instance.status === 'TERMINATED') return { kind: 'withdrawn' };
  if (instance.result !== 'agree') return declined(deps, subject);
  // An approval that changes or revokes another one is not an order of its own.
  if (instance.bizAction !== 'NONE') return { kind: 'changed', field: 'bizAction' };
  return (await judgeAttached(deps, subject)) ?? agreed(deps, subject);
}

async function declined(
  deps: ApprovalDeps,
  { payment, instance }: Subject,
): Promise<ApprovalReading> {
  const refusal = refusalOf(instance);
  if (!refusal) return { kind: 'declined' };
  const [by = ''] = await personsOf(deps, payment.orgId, [refusal.userId]);
  return {
    kind: 'declined',
    by,
    ...(refusal.remark === '' ? {} : { remark: refusal.remark.slice(0, 200) }),
  };
}

/**
 * Requests that change or revoke this one: while they are undecided it is not executed, and once
 * agreed it is void. Those that were refused or taken back leave it as it is.
 */
async function judgeAttached(
  { calls }: ApprovalDeps,
  { app, instance }: Subject,
): Promise<ApprovalReading | undefined> {
  const ids = instance.attachedProcessInstanceIds;
  if (ids.length > ATTACHED_MAX) return { kind: 'changed', field: 'attachedProcessInstanceIds' };
  for (const processInstanceId of ids) {
    const attached = await calls.call(app, readInstance, { processInstanceId });
    if (attached.status === 'RUNNING') return { kind: 'running' };
    if (attached.status !== 'COMPLETED' || attached.result !== 'agree') continue;
    return attached.bizAction === 'REVOKE'
      ? { kind: 'withdrawn' }
      : { kind: 'changed', field: 'bizAction' };
  }
  return undefined;
}

async function agreed(
  deps: ApprovalDeps,
  { form, payment, instance }: Subject,
): Promise<ApprovalReading> {
  const reading = readForm(form.mapping, instance);
  if (!reading.isReadable) return { kind: 'changed', field: reading.problem.control };
  const row = rowOf(payment);
  const asked = reading.payments.find((one) => one.row === row);
  if (!asked) return { kind: 'changed', field: form.mapping.table?.label ?? '' };
  const [originator = '', ...approvers] = await personsOf(deps, payment.orgId, [
    instance.originatorUserId,
    ...humanApprovers(instance),
  ]);
  return {
    kind: 'agreed',
    digest: digestOfForm(asked, payment.creditor.agent),
    originator,
    approvers,
  };
}

/** A form's payments are numbered in their source key; one without a table has no number. */
function rowOf({ source, sourceKey }: Payment): number | undefined {
  if (source !== 'dingtalkForm') return undefined;
  const number = /#(\d+)$/.exec(sourceKey)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The key under which one row of an approval makes one payment, however often it is told of. */
export function sourceKeyOf(processInstanceId: string, row: number | undefined): string {
  return row === undefined ? processInstanceId : `${processInstanceId}#${row}`;
}

/** People by their DingTalk users, in the words in which payments name them. */
export async function personsOf(
  { services }: Pick<ApprovalDeps, 'services'>,
  orgId: string,
  userIds: readonly string[],
): Promise<readonly string[]> {
  const words = userIds.map((userId) => `dingtalk:${userId}`);
  const known = await findPersons(services.pool, orgId, words);
  return words.map((word) => known.get(word)?.personId ?? word);
}
