import type { ClientBase } from 'pg';
import { dayIn } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';

/** DingTalk counts calendar days and months in its own zone (dingtalk.md section 2.3). */
const DINGTALK_ZONE = 'Asia/Shanghai';

/** Notes calls of an app, so that the month's forecast knows of them. */
export async function addAppUsage(
  client: Pick<ClientBase, 'query'>,
  use: {
    readonly orgId: string;
    readonly appId: string;
    readonly budget: 'api' | 'webhook';
    readonly calls: number;
    readonly at: Instant;
  },
): Promise<void> {
  await client.query({
    name: 'add-app-usage',
    text: `INSERT INTO usage_month (org_id, day, budget, destination_id, calls)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (org_id, day, budget, destination_id)
           DO UPDATE SET calls = usage_month.calls + excluded.calls`,
    values: [use.orgId, dayIn(use.at, DINGTALK_ZONE).toString(), use.budget, use.appId, use.calls],
  });
}
