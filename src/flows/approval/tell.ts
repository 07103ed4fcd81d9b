import type { ErrorCode } from '#core/errors.ts';
import type { ApprovalInstance } from '#dingtalk/instance.ts';
import { workflowLimits } from '#dingtalk/workflow.ts';
import { translate } from '#i18n/messages.ts';
import { requestComment } from '#store/approval-comments.ts';
import { parseLanguage } from '#store/orgs.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { ApprovalDeps, FormPlace } from './approval-deps.ts';

/** An approval that asks for something that cannot be paid as it stands. */
export interface NotPayable {
  readonly processInstanceId: string;
  readonly instance: ApprovalInstance;
  readonly code: ErrorCode;
  readonly field: string;
  readonly problem: string;
  readonly row?: number | undefined;
}

/**
 * Says it below the approval and along the routing tree, once for each problem: whoever agreed must
 * not believe that it is being paid.
 */
export async function tellNotPayable(
  deps: ApprovalDeps,
  { app, form }: FormPlace,
  told: NotPayable,
): Promise<void> {
  const { services, directory, announcer } = deps;
  const { orgId } = form;
  const { processInstanceId, instance, code, field } = told;
  const language = parseLanguage((await directory.org(orgId)).language);
  const place = told.row === undefined ? field : `#${told.row} ${field}`;
  const problem = `${place}: ${told.problem}`.slice(0, 300);
  const text = translate(language, 'approval.comment.unreadable', { problem });
  const at = new Date(services.now().epochMilliseconds);
  const rings = await inTransaction(services.pool, async (client, transaction) => {
    const comment = {
      orgId,
      processInstanceId,
      subject: `notPayable/${code}/${place}`.slice(0, 200),
      appId: app.appId,
      userId: instance.originatorUserId,
      text: text.slice(0, workflowLimits.commentCharacters),
    };
    if (!(await requestComment(client, comment, at))) return [];
    const fact = alertFact({
      kind: 'approvals.notPayable',
      subject: [form.name, instance.businessId ?? instance.title].join(' · '),
      code,
      details: { field: place, problem: told.problem },
      atMs: at.getTime(),
    });
    return saveFacts(transaction, announcer, [{ orgId, fact }], at);
  });
  deps.onRings(rings);
}
