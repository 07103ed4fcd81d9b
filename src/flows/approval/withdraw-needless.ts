import { isCashbellError } from '#core/errors.ts';
import { terminateInstance } from '#dingtalk/workflow.ts';
import { listNeedlessApprovals, noteWithdrawn } from '#store/approval-requests.ts';
import type { ApprovalDeps } from './approval-deps.ts';

const MAX = 20;
const SINCE_MS = 7 * 86_400_000;

/**
 * Takes approvals of ours back whose payments were cancelled or ran out, so that nobody decides for
 * nothing. It is a courtesy: what was not taken back in time is read, and changes nothing.
 */
export async function withdrawNeedless(deps: ApprovalDeps): Promise<void> {
  const { services, directory, calls } = deps;
  const now = new Date(services.now().epochMilliseconds);
  const since = new Date(now.getTime() - SINCE_MS);
  for (const approval of await listNeedlessApprovals(services.pool, since, MAX)) {
    const { orgId, appId, processInstanceId } = approval;
    const app = (await directory.org(orgId)).apps.get(appId);
    try {
      if (app) {
        const remark = 'Cashbell: the payment was cancelled';
        await calls.call(app, terminateInstance, { processInstanceId, remark });
      }
      await noteWithdrawn(services.pool, approval, now);
    } catch (error) {
      if (!isCashbellError(error)) throw error;
      // Not in its first 15 seconds, or DingTalk is away: the next round tries again.
      const isLater = error.disposition === 'retry' || error.code === 'dingtalk.quotaExhausted';
      const isYoung = error.code === 'dingtalk.requestInvalid' && !(await isOld(deps, approval));
      if (!isLater && !isYoung) await noteWithdrawn(services.pool, approval, now, error.code);
    }
  }
}

/** DingTalk lets nobody take an approval back in its first seconds (dingtalk.md section 4.4). */
const YOUNG_SECONDS = 60;

async function isOld(
  { services }: ApprovalDeps,
  { orgId, paymentId }: { readonly orgId: string; readonly paymentId: string },
): Promise<boolean> {
  const { rows } = await services.pool.query<{ is_old: boolean }>(
    `SELECT started_at < $3::timestamptz - make_interval(secs => $4) AS is_old
     FROM approval_request WHERE org_id = $1 AND payment_id = $2`,
    [orgId, paymentId, new Date(services.now().epochMilliseconds), YOUNG_SECONDS],
  );
  return rows[0]?.is_old ?? true;
}
