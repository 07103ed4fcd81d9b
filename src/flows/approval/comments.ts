import { isCashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { formatDecimal } from '#core/money.ts';
import { readInstance, commentInstance, workflowLimits } from '#dingtalk/workflow.ts';
import { errorSentence, translate } from '#i18n/messages.ts';
import {
  claimComments,
  closedStates,
  finishComment,
  listEndedInstances,
  requestComment,
  skipComments,
} from '#store/approval-comments.ts';
import type {
  ClaimedComment,
  CommentEnd,
  EndedInstance,
  EndedPayment,
} from '#store/approval-comments.ts';
import { parseLanguage } from '#store/orgs.ts';
import { findPersons } from '#store/persons.ts';
import { isCertainlyUndone } from '../dingtalk/app-calls.ts';
import type { ApprovalDeps } from './approval-deps.ts';
import { findFormPlace } from './approval-deps.ts';

const LEASE_MS = 60_000;
const MAX = 20;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const RETRY_MS = [5, 30, 120, 600, 1_800].map((seconds) => seconds * SECOND_MS);
/** A remark is a courtesy: after so many tries it is left. */
const ATTEMPTS_MAX = 24;
/** Ends older than this are not said any more. */
const ENDED_DAYS = 7;

/**
 * Says below approvals what became of their payments, each thing once. An approval with several
 * payments gets one remark, when all of them have ended; what comes back later is said apart.
 */
export async function noteOutcomes(deps: ApprovalDeps): Promise<void> {
  const { services } = deps;
  const now = new Date(services.now().epochMilliseconds);
  const since = new Date(now.getTime() - ENDED_DAYS * 24 * HOUR_MS);
  for (const instance of await listEndedInstances(services.pool, since, MAX)) {
    const { orgId, processCode, processInstanceId, payments } = instance;
    const language = parseLanguage((await deps.directory.org(orgId)).language);
    const remarks = remarksOf(language, payments);
    const place = await findFormPlace(deps, orgId, processCode);
    const userId = place && (await userOf(deps, instance));
    if (!place || userId === undefined) {
      const subjects = remarks.map(({ subject }) => subject);
      await skipComments(services.pool, instance, subjects, 'approval.formMissing', now);
      continue;
    }
    for (const { subject, text } of remarks) {
      const { appId } = place.app;
      const comment = { orgId, processInstanceId, subject, appId, userId, text };
      await requestComment(services.pool, comment, now);
    }
  }
}

/** Remarks stand in the name of whoever asked; DingTalk knows no remark of a machine. */
async function userOf(
  { services }: ApprovalDeps,
  { orgId, maker }: EndedInstance,
): Promise<string | undefined> {
  const known = await findPersons(services.pool, orgId, [maker]);
  return known.get(maker)?.dingtalkUserId ?? /^dingtalk:(.+)$/.exec(maker)?.[1];
}

function remarksOf(
  language: Language,
  payments: readonly EndedPayment[],
): readonly { readonly subject: string; readonly text: string }[] {
  const returned = payments
    .filter(({ state }) => state === 'returned')
    .map((payment) => ({
      subject: `returned/${payment.paymentId}`,
      text: cut([wordsOf(language, payment)]),
    }));
  const isOpen = payments.some(({ state }) => !closedStates.has(state));
  if (isOpen || returned.length === payments.length) return returned;
  const lines = payments.map((payment) => wordsOf(language, payment));
  return [...returned, { subject: 'outcome', text: cut(lines) }];
}

function wordsOf(language: Language, payment: EndedPayment): string {
  const { state, endToEndId, creditorName: creditor, reason } = payment;
  const values = {
    amount: `${payment.instructedAmount.currency} ${formatDecimal(payment.instructedAmount)}`,
    creditor,
    endToEndId,
    bankReference: payment.bankReference ?? '–',
    reason: reason
      ? errorSentence(language, reason.code, reason.details)
      : translate(language, `payment.title.${state}`),
  };
  const isPaid = state === 'confirmed' || state === 'settled';
  if (isPaid) return translate(language, 'approval.comment.paid', values);
  const key = state === 'returned' ? 'approval.comment.returned' : 'approval.comment.notPaid';
  return translate(language, key, values);
}

/** As many whole lines as DingTalk takes. */
function cut(lines: readonly string[]): string {
  const numbered = lines.length === 1 ? lines : lines.map((text, index) => `${index + 1}. ${text}`);
  let text = '';
  for (const line of numbered) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length > workflowLimits.commentCharacters) return text === '' ? cutLine(line) : text;
    text = longer;
  }
  return text;
}

function cutLine(line: string): string {
  return `${line.slice(0, workflowLimits.commentCharacters - 1)}…`;
}

/** Writes remarks that are due; gives back how many were claimed. */
export async function writeComments(deps: ApprovalDeps): Promise<number> {
  const { services } = deps;
  const now = new Date(services.now().epochMilliseconds);
  const leaseUntil = new Date(now.getTime() + LEASE_MS);
  const claimed = await claimComments(services.pool, { now, leaseUntil, max: MAX });
  for (const comment of claimed) {
    const end = await write(deps, comment);
    await finishComment(services.pool, comment, end, new Date(services.now().epochMilliseconds));
  }
  return claimed.length;
}

/**
 * DingTalk has no key for a remark: one whose answer was lost is looked for among the records of the
 * approval before it is written again.
 */
async function write(deps: ApprovalDeps, comment: ClaimedComment): Promise<CommentEnd> {
  const { processInstanceId, text, attempts, mayBeWritten } = comment;
  const app = (await deps.directory.org(comment.orgId)).apps.get(comment.appId);
  if (!app) return { kind: 'refused', code: 'approval.formMissing' };
  try {
    if (mayBeWritten) {
      const { records } = await deps.calls.call(app, readInstance, { processInstanceId });
      const isThere = records.some(
        ({ type, remark }) => type === 'ADD_REMARK' && fold(remark) === fold(text),
      );
      if (isThere) return { kind: 'written' };
    }
    await deps.calls.call(app, commentInstance, {
      processInstanceId,
      text,
      commentUserId: comment.userId,
    });
    return { kind: 'written' };
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    const { code } = error;
    // Without the permission, or without the approval, nobody can read it anyway.
    const isHopeless = code === 'dingtalk.permissionMissing' || code === 'approval.instanceGone';
    if (isHopeless || attempts >= ATTEMPTS_MAX) return { kind: 'refused', code };
    const waitMs = RETRY_MS[attempts] ?? HOUR_MS;
    const nextAt = new Date(deps.services.now().epochMilliseconds + waitMs);
    return { kind: isCertainlyUndone(error) ? 'undone' : 'unknown', code, nextAt };
  }
}

function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
