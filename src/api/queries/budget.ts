import type { z } from 'zod';
import { dayIn } from '#core/dates.ts';
import { DINGTALK_ZONE, forecast } from '#routing/meter.ts';
import { instantFromMs } from '#core/dates.ts';
import { loadUsage } from '#store/notices.ts';
import type { AdminServices } from '#store/orgs.ts';
import { getOrg } from '#store/orgs.ts';
import type { BudgetWire } from '../contract/telling.ts';

type Budget = z.infer<typeof BudgetWire>;

const HISTORY_DAYS = 28;

/** The month's use of both DingTalk budgets, what it will come to, and who used it. */
export async function readBudget(
  services: Pick<AdminServices, 'pool' | 'now'>,
  orgId: string,
): Promise<Budget> {
  const org = await getOrg(services, orgId);
  const today = dayIn(services.now(), DINGTALK_ZONE);
  const first = today.with({ day: 1 });
  const historyFrom = today.subtract({ days: HISTORY_DAYS });
  const from = historyFrom.toString() < first.toString() ? historyFrom : first;
  const usage = await loadUsage(services.pool, orgId, from.toString());
  const days = Array.from({ length: HISTORY_DAYS }, (_, index) =>
    historyFrom.add({ days: index }).toString(),
  );
  const limits = { api: org.apiCallsPerMonth, webhook: org.webhookCallsPerMonth };
  const budgets = (['api', 'webhook'] as const).map((budget) => {
    const own = usage.filter((row) => row.budget === budget);
    const used = own
      .filter((row) => row.day >= first.toString())
      .reduce((sum, row) => sum + row.calls, 0);
    const known = new Map(own.map((row) => [row.day, row.calls]));
    // Days before the first use are no history: an organisation of yesterday has one day of it.
    const start = days.findIndex((day) => known.has(day));
    const dailyHistory = start === -1 ? [] : days.slice(start).map((day) => known.get(day) ?? 0);
    const limit = limits[budget];
    const { projected, runsOutAtMs, level, reserve } = forecast({
      used,
      limit,
      nowMs: services.now().epochMilliseconds,
      dailyHistory,
    });
    return {
      budget,
      used,
      limit,
      reserve,
      forecast: projected,
      level,
      runsOutAt: runsOutAtMs === undefined ? undefined : instantFromMs(runsOutAtMs).toString(),
    };
  });
  return {
    month: first.toString().slice(0, 7),
    today: today.toString(),
    budgets,
    destinations: await readDestinations(services, orgId, first.toString()),
  };
}

async function readDestinations(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
  fromDay: string,
): Promise<Budget['destinations']> {
  const { rows } = await services.pool.query<{
    destination_id: string;
    name: string | null;
    budget: 'api' | 'webhook';
    calls: string;
  }>(
    // Approvals and events are counted under the app itself.
    `SELECT u.destination_id, coalesce(d.name, a.name) AS name, u.budget,
            sum(u.calls)::text AS calls
     FROM usage_month u
     LEFT JOIN destination d ON d.org_id = u.org_id AND d.destination_id = u.destination_id
     LEFT JOIN dingtalk_app a ON a.org_id = u.org_id AND a.app_id = u.destination_id
     WHERE u.org_id = $1 AND u.day >= $2 GROUP BY 1, 2, 3 ORDER BY sum(u.calls) DESC`,
    [orgId, fromDay],
  );
  return rows.map((row) => ({
    destinationId: row.destination_id,
    name: row.name ?? undefined,
    budget: row.budget,
    used: Number(row.calls),
  }));
}
