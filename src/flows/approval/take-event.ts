import type { ApprovalEvent } from '#dingtalk/push.ts';
import { readApprovalEvent } from '#dingtalk/push.ts';
import type { ClaimedEvent, EventEnd } from '#store/dingtalk-events.ts';
import type { ApprovalDeps, PaymentIntake } from './approval-deps.ts';
import { takeApprovalNews } from './inbox-flow.ts';
import { inboxSteps } from './inbox-steps.ts';

/**
 * Whether the event says that an approval was decided or taken back. Any type but `start` counts, as
 * that of a deleted one is not documented. A task that was agreed is mostly not the last one, and its
 * reading would cost a call; a refusal always ends everything.
 */
function isEndOf(event: ClaimedEvent, { type = '', result = '' }: ApprovalEvent): boolean {
  if (event.source === 'sweep') return true;
  return isTask(event) ? result === 'refuse' : type !== 'start';
}

function isTask({ eventType }: ClaimedEvent): boolean {
  return eventType === 'bpms_task_change';
}

/** Works an approval's event off: told by DingTalk, or found by listing. */
export async function takeApprovalEvent(
  deps: ApprovalDeps & { readonly intake: PaymentIntake },
  event: ClaimedEvent,
): Promise<EventEnd> {
  const told = readApprovalEvent(event.data);
  if (!told) return { state: 'failed', problem: 'unreadable' };
  const { processInstanceId, processCode = '' } = told;
  const isEnd = isEndOf(event, told);
  if (isTask(event) && !isEnd) return { state: 'ignored', problem: 'the approval itself goes on' };
  const { orgId, appId, attempts } = event;
  const news = { processInstanceId, processCode, isEnd, attempts };
  const end = await takeApprovalNews(news, inboxSteps(deps, { orgId, appId, processCode }));
  if (end.kind === 'again') {
    return { nextAt: new Date(Date.now() + end.afterMs), problem: end.problem };
  }
  return { state: end.kind, ...('problem' in end ? { problem: end.problem } : {}) };
}
