import type { RuleNode } from '#core/approval-rules.ts';
import { findRule } from '#core/approval-rules.ts';
import { addMs } from '#core/dates.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { ApproverNode } from '#dingtalk/workflow.ts';
import { queryInstanceIds, readInstance, startInstance } from '#dingtalk/workflow.ts';
import type { ApprovalRequest } from '#store/approval-requests.ts';
import {
  bindApproval,
  intendApproval,
  takeApprovalStart,
  undoApprovalStart,
  unknownInstances,
} from '#store/approval-requests.ts';
import { activeApprovalRules } from '#store/approval-rules.ts';
import type { Payment } from '#store/payments.ts';
import { findPersons } from '#store/persons.ts';
import { isCertainlyUndone } from '../dingtalk/app-calls.ts';
import type { ApprovalDeps, FormPlace } from './approval-deps.ts';
import { valuesOfForm } from './own-form.ts';
import { referenceOf } from './read-form.ts';

/** After a lost answer DingTalk's list is believed to be complete after this, and not before. */
const VISIBLE_AFTER_MS = 3 * 60_000;
/** Clocks of DingTalk and ours may differ so much. */
const CLOCK_MARGIN_MS = 10 * 60_000;
/** Pages of ids that are searched; an originator starts a handful in such a time. */
const PAGES_MAX = 5;

/**
 * Starts the approval of a payment, once. DingTalk has no key against doubles: the intent is on disk
 * before the call, and after a lost answer the approval is searched for by the reference in its form
 * until the list would have to show it. If a second one comes up all the same, only one is bound to
 * the payment and paid; see `inbox-flow.ts` for the other.
 */
export async function startApproval(
  deps: ApprovalDeps,
  payment: Payment,
  place: FormPlace,
): Promise<void> {
  const start = await prepare(deps, payment, place);
  const now = dateOf(deps);
  const request = await intendApproval(
    deps.services.pool,
    {
      orgId: payment.orgId,
      paymentId: payment.paymentId,
      appId: place.app.appId,
      processCode: place.form.processCode,
      originatorUserId: start.originatorUserId,
      reference: payment.endToEndId,
    },
    now,
  );
  if (!request) throw new CashbellError('payment.stateConflict', { id: payment.paymentId });
  if (request.processInstanceId !== undefined) {
    return bind(deps, payment, request.processInstanceId);
  }
  if (request.askedAt) {
    const found = await search(deps, place, request);
    if (found !== undefined) return bind(deps, payment, found);
    const ageMs = now.getTime() - request.askedAt.getTime();
    if (ageMs < VISIBLE_AFTER_MS) throw new CashbellError('dingtalk.outcomeUnknown');
  }
  if (!(await takeApprovalStart(deps.services.pool, request, dateOf(deps)))) {
    throw new CashbellError('payment.stateConflict', { id: payment.paymentId });
  }
  const instanceId = await send(deps, place, request, start);
  return bind(deps, payment, instanceId);
}

async function send(
  deps: ApprovalDeps,
  { app, form }: FormPlace,
  request: ApprovalRequest,
  start: Start,
): Promise<string> {
  try {
    const { instanceId } = await deps.calls.call(app, startInstance, {
      processCode: form.processCode,
      ...(app.agentId === undefined ? {} : { agentId: app.agentId }),
      ...start,
    });
    return instanceId;
  } catch (error) {
    const code = isCashbellError(error) ? error.code : 'bug';
    if (isCertainlyUndone(error)) await undoApprovalStart(deps.services.pool, request, code);
    throw error;
  }
}

async function bind(deps: ApprovalDeps, payment: Payment, instanceId: string): Promise<void> {
  const { orgId, paymentId } = payment;
  const subject = { orgId, paymentId, processInstanceId: instanceId };
  if (await bindApproval(deps.services.pool, subject, dateOf(deps))) return;
  // The event was quicker and bound another one; that one is read from now on.
  throw new CashbellError('payment.stateConflict', { id: paymentId });
}

/** Looks for an approval of ours among those that the originator started since we asked. */
async function search(
  deps: ApprovalDeps,
  { app, form }: FormPlace,
  request: ApprovalRequest,
): Promise<string | undefined> {
  const { calls, services } = deps;
  const since = (request.firstAskedAt ?? request.askedAt ?? dateOf(deps)).getTime();
  let nextToken: number | undefined = 0;
  for (let page = 0; page < PAGES_MAX && nextToken !== undefined; page += 1) {
    const listed: { ids: readonly string[]; nextToken?: number } = await calls.call(
      app,
      queryInstanceIds,
      {
        processCode: form.processCode,
        startMs: since - CLOCK_MARGIN_MS,
        endMs: addMs(services.now(), CLOCK_MARGIN_MS).epochMilliseconds,
        nextToken,
        userIds: [request.originatorUserId],
      },
    );
    const strangers = await unknownInstances(services.pool, request.orgId, listed.ids);
    for (const processInstanceId of strangers) {
      const instance = await calls.call(app, readInstance, { processInstanceId });
      const isOurs = referenceOf(form.mapping, instance) === request.reference;
      if (isOurs && instance.originatorUserId === request.originatorUserId) {
        return processInstanceId;
      }
    }
    nextToken = listed.nextToken;
  }
  return undefined;
}

interface Start {
  readonly originatorUserId: string;
  readonly values: readonly { readonly name: string; readonly value: string }[];
  readonly approvers: readonly ApproverNode[];
}

/** Everything that the start needs, or an error that says what is missing; nothing is sent. */
async function prepare(deps: ApprovalDeps, payment: Payment, { form }: FormPlace): Promise<Start> {
  const { services } = deps;
  const { orgId, accountId, purpose, instructedAmount } = payment;
  const rules = await activeApprovalRules(services.pool, orgId);
  const rule = findRule(rules, { accountId, purpose, amount: instructedAmount });
  if (rule?.via !== 'dingtalk') throw new CashbellError('approval.ruleMissing', { accountId });
  const values = valuesOfForm(form.mapping, {
    debtorAccountId: accountId,
    creditor: payment.creditor,
    instructedAmount,
    purpose,
    requestedExecutionDate: payment.requestedExecutionDate.toString(),
    remittanceInformation: payment.remittanceInformation,
    reference: payment.endToEndId,
  });
  if ('missing' in values) {
    throw new CashbellError('approval.formMismatch', { field: values.missing });
  }
  const words = [payment.maker, ...rule.nodes.flatMap(({ persons }) => persons)];
  const known = await findPersons(services.pool, orgId, words);
  const userOf = (word: string): string | undefined =>
    known.get(word)?.dingtalkUserId ?? /^dingtalk:(.+)$/.exec(word)?.[1];
  const originatorUserId = userOf(payment.maker);
  if (originatorUserId === undefined) {
    // Somebody in DingTalk has to stand behind a request there; a machine cannot.
    throw new CashbellError('payment.notEntitled', {
      person: payment.maker,
      action: 'payment.make',
    });
  }
  return {
    originatorUserId,
    values,
    approvers: rule.nodes.map((node) => toApprovers(node, originatorUserId, userOf)),
  };
}

/** Nobody approves their own: the originator is left out of every node (ask 16). */
function toApprovers(
  { action, persons }: RuleNode,
  originatorUserId: string,
  userOf: (word: string) => string | undefined,
): ApproverNode {
  const userIds = persons.map((person) => {
    const userId = userOf(person);
    if (userId !== undefined) return userId;
    throw new CashbellError('approval.ruleMissing', { person });
  });
  const others = userIds.filter((userId) => userId !== originatorUserId);
  if (others.length === 0) {
    throw new CashbellError('payment.selfApproval', { person: originatorUserId });
  }
  return { actionType: others.length === 1 ? 'NONE' : action, userIds: others };
}

function dateOf({ services }: ApprovalDeps): Date {
  return new Date(services.now().epochMilliseconds);
}
