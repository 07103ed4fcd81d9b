import { instantFromMs } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import type { Metrics } from '#engine/metrics.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';
import type { BudgetName, BudgetWatch } from '../notification/budget-watch.ts';

export interface BudgetWatchOptions {
  readonly services: Services;
  readonly announcer: Announcer;
  readonly budgets: BudgetWatch;
  readonly metrics: Metrics;
}

const NAMES: readonly BudgetName[] = ['api', 'webhook'];

/** Forecasts every organisation's month, and warns once when it will not last (ask 27). */
export async function watchBudgets(
  options: BudgetWatchOptions,
  at: Date,
): Promise<readonly Ring[]> {
  const { services, announcer, budgets, metrics } = options;
  const { rows } = await services.pool.query<{ org_id: string }>(
    `SELECT org_id FROM org
     WHERE api_calls_per_month IS NOT NULL OR webhook_calls_per_month IS NOT NULL`,
  );
  const least = new Map<BudgetName, number>();
  const rings: Ring[] = [];
  for (const { org_id } of rows) {
    const org = await announcer.directory.org(org_id);
    for (const name of NAMES) {
      const month = await budgets.forecastOf(org, name, at.getTime());
      if (month.limit === undefined) continue;
      const left = month.limit - month.used;
      least.set(name, Math.min(least.get(name) ?? left, left));
      const isLow = month.level !== 'ok' && month.level !== 'watch';
      const place = { orgId: org_id, kind: 'budget.low', subjectId: name };
      const details = {
        budget: name,
        used: month.used,
        limit: month.limit,
        day: dayOf(month.runsOutAtMs ?? month.month.endsAtMs),
      };
      rings.push(
        ...(await inTransaction(services.pool, async (client, transaction) => {
          if (!isLow) {
            await closeAlarm(client, place, at);
            return [];
          }
          if (!(await openAlarm(client, place, details, at))) return [];
          const fact = alertFact({
            kind: 'budget.low',
            subject: org.name,
            details,
            atMs: at.getTime(),
          });
          return saveFacts(transaction, announcer, [{ orgId: parseId('org', org_id), fact }], at);
        })),
      );
    }
  }
  for (const [budget, left] of least) metrics.budgetLeft.set({ budget }, left);
  return rings;
}

function dayOf(epochMs: number): string {
  return instantFromMs(epochMs).toZonedDateTimeISO('Asia/Shanghai').toPlainDate().toString();
}
