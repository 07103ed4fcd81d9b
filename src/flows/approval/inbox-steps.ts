import type { ApprovalInstance } from '#dingtalk/instance.ts';
import { readInstance, terminateInstance } from '#dingtalk/workflow.ts';
import { isCashbellError } from '#core/errors.ts';
import { parseLanguage } from '#store/orgs.ts';
import { translate } from '#i18n/messages.ts';
import { requestComment } from '#store/approval-comments.ts';
import {
  bindApproval,
  findPaymentsOfInstance,
  findRequestByReference,
} from '#store/approval-requests.ts';
import { finishDingtalkEvent, storeDingtalkEvents } from '#store/dingtalk-events.ts';
import { parseId } from '#core/ids.ts';
import type { ApprovalDeps, FormPlace, PaymentIntake } from './approval-deps.ts';
import { findFormPlace } from './approval-deps.ts';
import type { ApprovalNews, InboxSteps, InstanceView } from './inbox-flow.ts';
import { personsOf, sourceKeyOf } from './read-approval.ts';
import { readForm, referenceOf } from './read-form.ts';
import type { FieldProblem } from './read-form.ts';
import { tellNotPayable } from './tell.ts';

/** Steps about one approval against DingTalk and our database. */
export function inboxSteps(
  deps: ApprovalDeps & { readonly intake: PaymentIntake },
  place: { readonly orgId: string; readonly appId: string; readonly processCode: string },
): InboxSteps {
  const { services, intake } = deps;
  const { orgId } = place;
  const { pool } = services;
  const now = (): Date => new Date(services.now().epochMilliseconds);
  let read: { readonly at: FormPlace; readonly instance: ApprovalInstance } | undefined;

  const requireRead = async (news: ApprovalNews): Promise<NonNullable<typeof read>> => {
    if (read) return read;
    const at = await findFormPlace(deps, orgId, place.processCode);
    if (!at) throw new Error('the form was removed while its approval was read');
    const { processInstanceId } = news;
    const instance = await deps.calls.call(at.app, readInstance, { processInstanceId });
    read = { at, instance };
    return read;
  };
  return {
    findPayments: async (processInstanceId) => {
      const found = await findPaymentsOfInstance(pool, orgId, processInstanceId);
      return found.map(({ paymentId, state, sourceKey }) => ({
        paymentId,
        isAwaiting: state === 'awaitingApproval',
        isFromForm: sourceKey.startsWith(sourceKeyOf(processInstanceId, undefined)),
      }));
    },
    wake: (paymentIds) => intake.wake(orgId, paymentIds),
    kindOfForm: async () => {
      const found = await findFormPlace(deps, orgId, place.processCode);
      if (!found) return 'unknown';
      return found.form.mapping.table ? 'table' : 'single';
    },
    readInstance: async (news) => {
      const { at, instance } = await requireRead(news);
      return toView(at, instance);
    },
    bindOwn: async (news, { reference }) => {
      const request = await findRequestByReference(pool, orgId, reference);
      if (!request) return 'unknown';
      const { at, instance } = await requireRead(news);
      const { processInstanceId } = news;
      const isOurs =
        request.processCode === place.processCode &&
        request.originatorUserId === instance.originatorUserId;
      const { paymentId } = request;
      const subject = { orgId, paymentId, processInstanceId };
      if (isOurs && (await bindApproval(pool, subject, now()))) return { paymentId };
      // Nobody should have to decide about it any more; when it cannot be taken back, so be it.
      if (isOurs && instance.status === 'RUNNING') await takeBack(deps, at, news);
      return 'double';
    },
    request: async (news) => requestPayments(deps, await requireRead(news), news),
    remark: async (news, why) => {
      const { at, instance } = await requireRead(news);
      const org = await deps.directory.org(orgId);
      await requestComment(
        pool,
        {
          orgId,
          processInstanceId: news.processInstanceId,
          subject: why,
          appId: at.app.appId,
          userId: instance.originatorUserId,
          text: translate(parseLanguage(org.language), `approval.comment.${why}`),
        },
        now(),
      );
    },
    forget: async ({ processInstanceId }) => {
      const event = {
        orgId,
        appId: place.appId,
        eventKey: `instance:${processInstanceId}`,
        kind: 'event' as const,
        eventType: 'instanceRead',
        source: 'sweep' as const,
        data: '{}',
        isCounted: false,
      };
      await storeDingtalkEvents(services, [event], now());
      const known = { orgId: parseId('org', orgId), eventKey: event.eventKey };
      await finishDingtalkEvent(pool, known, { state: 'ignored' }, now());
    },
  };
}

function toView({ form }: FormPlace, instance: ApprovalInstance): InstanceView {
  return {
    status: statusOf(instance),
    isAboutAnother: instance.bizAction !== 'NONE',
    mainId: instance.mainProcessInstanceId ?? '',
    reference: referenceOf(form.mapping, instance),
  };
}

function statusOf({ status, result }: ApprovalInstance): InstanceView['status'] {
  if (status === 'RUNNING') return 'running';
  if (status === 'TERMINATED') return 'withdrawn';
  return result === 'agree' ? 'agreed' : 'refused';
}

async function requestPayments(
  deps: ApprovalDeps & { readonly intake: PaymentIntake },
  { at, instance }: { readonly at: FormPlace; readonly instance: ApprovalInstance },
  { processInstanceId }: ApprovalNews,
): ReturnType<InboxSteps['request']> {
  const { form } = at;
  const { orgId, processCode, approvalsRequired } = form;
  const refused = async (problem: Told, mayPassLater: boolean) => {
    await tellNotPayable(deps, at, { processInstanceId, instance, ...problem });
    return { kind: 'refused' as const, problem: wordsOf(problem), mayPassLater };
  };
  // A form that was changed since its mapping was checked may say something else than it seems.
  if (form.state === 'broken') {
    const { field = '', problem = '' } = form.problem ?? {};
    return refused({ code: 'approval.formMismatch', field, problem }, true);
  }
  const reading = readForm(form.mapping, instance);
  if (!reading.isReadable) return refused(toTold(reading.problem), false);
  const [maker = ''] = await personsOf(deps, orgId, [instance.originatorUserId]);
  const outcome = await deps.intake.requestFromApproval({
    orgId,
    processCode,
    processInstanceId,
    payments: reading.payments,
    maker,
    approvalsRequired,
  });
  if (outcome.kind === 'requested') return outcome;
  return refused(outcome.problem, outcome.mayPassLater);
}

type Told = Pick<Parameters<typeof tellNotPayable>[2], 'code' | 'field' | 'problem' | 'row'>;

function toTold({ control, problem, row }: FieldProblem): Told {
  return { code: 'approval.formMismatch', field: control, problem, row };
}

function wordsOf({ field, problem, row }: Told): string {
  return row === undefined ? `${field}: ${problem}` : `row ${row}, ${field}: ${problem}`;
}

async function takeBack(deps: ApprovalDeps, { app }: FormPlace, news: ApprovalNews): Promise<void> {
  const { processInstanceId } = news;
  try {
    const remark = 'Cashbell: started twice';
    await deps.calls.call(app, terminateInstance, { processInstanceId, remark });
  } catch (error) {
    if (!isCashbellError(error)) throw error;
  }
}
