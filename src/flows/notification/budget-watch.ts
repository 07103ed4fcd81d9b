import type { Pool } from 'pg';
import { dayIn, instantFromMs } from '#core/dates.ts';
import { DINGTALK_ZONE, forecast, monthOf } from '#routing/meter.ts';
import type { Forecast, MonthState } from '#routing/meter.ts';
import type { DirectoryDestination, DirectoryOrg } from '#store/directory.ts';
import { loadUsage } from '#store/notices.ts';

export type BudgetName = 'api' | 'webhook';

/** Knows how each organisation's month stands, reading the books now and then. */
export interface BudgetWatch {
  monthOf(
    org: DirectoryOrg,
    destination: DirectoryDestination,
    nowMs: number,
  ): Promise<Omit<MonthState, 'lastNormalSentAtMs'>>;
  forecastOf(org: DirectoryOrg, budget: BudgetName, nowMs: number): Promise<BudgetForecast>;
  noteSend(orgId: string, budget: BudgetName): void;
}

export interface BudgetForecast extends Forecast {
  readonly used: number;
  readonly limit: number | undefined;
}

interface Usage {
  readonly atMs: number;
  readonly monthStartMs: number;
  readonly used: number;
  readonly dailyHistory: readonly number[];
  /** Sends of this process since the books were read. */
  since: number;
}

const FRESH_MS = 15_000;
const HISTORY_DAYS = 28;
const DAY_MS = 86_400_000;

export function createBudgetWatch(pool: Pool): BudgetWatch {
  const usages = new Map<string, Promise<Usage>>();

  const usageOf = async (orgId: string, budget: BudgetName, nowMs: number): Promise<Usage> => {
    const key = `${orgId}/${budget}`;
    const known = await usages.get(key)?.catch(() => undefined);
    const { startsAtMs } = monthOf(nowMs);
    if (known && nowMs - known.atMs < FRESH_MS && known.monthStartMs === startsAtMs) return known;
    const loading = readUsage(pool, orgId, budget, nowMs);
    usages.set(key, loading);
    return loading;
  };
  const forecastOf = async (
    org: DirectoryOrg,
    budget: BudgetName,
    nowMs: number,
  ): Promise<BudgetForecast> => {
    const limit = budget === 'api' ? org.apiCallsPerMonth : org.webhookCallsPerMonth;
    const usage = await usageOf(org.orgId, budget, nowMs);
    const used = usage.used + usage.since;
    const { dailyHistory } = usage;
    return { ...forecast({ used, limit, nowMs, dailyHistory }), used, limit };
  };
  return {
    forecastOf,
    monthOf: async (org, destination, nowMs) => {
      const budget = destination.config.kind === 'robot' ? 'webhook' : 'api';
      const monthLimit = budget === 'api' ? org.apiCallsPerMonth : org.webhookCallsPerMonth;
      if (monthLimit === undefined) {
        // Nothing to run out of: the books need not be asked.
        const { endsAtMs } = monthOf(nowMs);
        return { level: 'ok', used: 0, limit: undefined, reserve: 0, resetsAtMs: endsAtMs };
      }
      const { level, used, limit, reserve, month } = await forecastOf(org, budget, nowMs);
      return { level, used, limit, reserve, resetsAtMs: month.endsAtMs };
    },
    noteSend: (orgId, budget) => {
      // Books that could not be read are read anew by the next question, this send among them.
      usages.get(`${orgId}/${budget}`)?.then(
        (usage) => {
          usage.since += 1;
        },
        () => {},
      );
    },
  };
}

async function readUsage(
  pool: Pool,
  orgId: string,
  budget: BudgetName,
  nowMs: number,
): Promise<Usage> {
  const { startsAtMs } = monthOf(nowMs);
  const dayOf = (ms: number): string => dayIn(instantFromMs(ms), DINGTALK_ZONE).toString();
  const monthStart = dayOf(startsAtMs);
  const today = dayOf(nowMs);
  const from = dayOf(Math.min(startsAtMs, nowMs - HISTORY_DAYS * DAY_MS));
  const rows = (await loadUsage(pool, orgId, from)).filter((row) => row.budget === budget);
  return {
    atMs: nowMs,
    monthStartMs: startsAtMs,
    used: rows.filter(({ day }) => day >= monthStart).reduce((sum, { calls }) => sum + calls, 0),
    dailyHistory: rows.filter(({ day }) => day < today).map(({ calls }) => calls),
    since: 0,
  };
}
