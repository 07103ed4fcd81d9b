import { z } from 'zod';
import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import type { StoredAlias } from '#store/match-aliases.ts';
import { loadAliases, removeAlias } from '#store/match-aliases.ts';
import type { StoredMatchSettings } from '#store/match-settings.ts';
import { changeMatchSettings, getMatchSettings } from '#store/match-settings.ts';
import type { PeriodLock } from '#store/period-locks.ts';
import { listLocks, lockPeriod, reopenPeriod } from '#store/period-locks.ts';
import type { StoredTolerance } from '#store/tolerance-rules.ts';
import {
  confirmTolerance,
  listTolerances,
  proposeTolerance,
  removeTolerance,
} from '#store/tolerance-rules.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';
import {
  AliasWire,
  MatchSettingsChange,
  MatchSettingsWire,
  PeriodLockNew,
  PeriodLockWire,
  ToleranceNew,
  ToleranceWire,
  WithAll,
} from '../contract/matching-set-up.ts';
import { WithReason } from '../contract/matching.ts';
import { toMoneyWire } from '../operations/payments.ts';

const tags = ['Matching'];

export function toSettingsWire(settings: StoredMatchSettings): z.infer<typeof MatchSettingsWire> {
  const { statedPrecision, isAutomatic, daysBefore, daysAfter, version, changedBy } = settings;
  return {
    statedPrecision,
    isAutomatic,
    daysBefore,
    daysAfter,
    paymentCodeTemplates: [...settings.paymentCodeTemplates],
    version,
    changedBy,
    changedAt: settings.changedAt?.toString(),
  };
}

export function toToleranceWire(rule: StoredTolerance): z.infer<typeof ToleranceWire> {
  return {
    ...rule,
    limit: toMoneyWire(rule.limit),
    dailyCap: toMoneyWire(rule.dailyCap),
    proposedAt: rule.proposedAt.toString(),
    confirmedAt: rule.confirmedAt?.toString(),
    removedAt: rule.removedAt?.toString(),
  };
}

export function toLockWire(lock: PeriodLock): z.infer<typeof PeriodLockWire> {
  return {
    ...lock,
    lockedUntil: lock.lockedUntil.toString(),
    lockedAt: lock.lockedAt.toString(),
    reopenedAt: lock.reopenedAt?.toString(),
  };
}

function toAliasWire(alias: StoredAlias): z.infer<typeof AliasWire> {
  const time = (date: Date | undefined): string | undefined =>
    date && instantFromMs(date.getTime()).toString();
  return {
    ...alias,
    lastConfirmedAt: time(alias.lastConfirmedAt),
    lastRefusedAt: time(alias.lastRefusedAt),
  };
}

/** Settings, what was learnt, tolerance rules and period locks. */
export function matchingSetUpRoutes(app: ApiApp, services: ApiServices): void {
  settingsRoutes(app, services);
  toleranceRoutes(app, services);
  lockRoutes(app, services);
}

function settingsRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/matching/settings',
    { config: { scope: 'read' }, schema: { tags, response: { 200: MatchSettingsWire } } },
    async (request) =>
      toSettingsWire(await getMatchSettings(services.pool, principalOf(request).orgId)),
  );
  app.patch(
    '/matching/settings',
    {
      config: { scope: 'write' },
      schema: { tags, body: MatchSettingsChange, response: { 200: MatchSettingsWire } },
    },
    async (request) =>
      toSettingsWire(await changeMatchSettings(services, personOf(request), request.body)),
  );
  app.get(
    '/matching/aliases',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(AliasWire) } } },
    async (request) => {
      const aliases = await loadAliases(services.pool, principalOf(request).orgId);
      return { items: aliases.map(toAliasWire) };
    },
  );
  app.delete(
    '/matching/aliases/:aliasId',
    {
      config: { scope: 'write' },
      schema: { tags, params: z.object({ aliasId: IdText }), response: { 200: Nothing } },
    },
    async (request) => {
      await removeAlias(services, personOf(request), request.params.aliasId);
      return {};
    },
  );
}

function toleranceRoutes(app: ApiApp, services: ApiServices): void {
  const params = z.object({ ruleId: IdText });
  app.get(
    '/matching/tolerances',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: WithAll, response: { 200: listOf(ToleranceWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const isWithRemoved = request.query.all;
      const rules = await listTolerances(services.pool, { orgId, isWithRemoved });
      return { items: rules.map(toToleranceWire) };
    },
  );
  app.post(
    '/matching/tolerances',
    {
      config: { scope: 'write' },
      schema: { tags, body: ToleranceNew, response: { 201: ToleranceWire } },
    },
    async (request, reply) => {
      const { limit, dailyCap, ...input } = request.body;
      const rule = await proposeTolerance(services, personOf(request), {
        ...input,
        limit: parseMoney(limit.amount, limit.currency),
        dailyCap: parseMoney(dailyCap.amount, dailyCap.currency),
      });
      return reply.code(201).send(toToleranceWire(rule));
    },
  );
  app.post(
    '/matching/tolerances/:ruleId/confirm',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: ToleranceWire } } },
    async (request) =>
      toToleranceWire(await confirmTolerance(services, personOf(request), request.params.ruleId)),
  );
  app.delete(
    '/matching/tolerances/:ruleId',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: ToleranceWire } } },
    async (request) =>
      toToleranceWire(await removeTolerance(services, personOf(request), request.params.ruleId)),
  );
}

function lockRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/matching/locks',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: WithAll, response: { 200: listOf(PeriodLockWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const locks = await listLocks(services.pool, { orgId, isWithReopened: request.query.all });
      return { items: locks.map(toLockWire) };
    },
  );
  app.post(
    '/matching/locks',
    {
      config: { scope: 'write' },
      schema: { tags, body: PeriodLockNew, response: { 201: PeriodLockWire } },
    },
    async (request, reply) => {
      const { until, ...input } = request.body;
      const lock = await lockPeriod(services, personOf(request), {
        ...input,
        until: parsePlainDate(until),
      });
      return reply.code(201).send(toLockWire(lock));
    },
  );
  app.post(
    '/matching/locks/:lockId/reopen',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        params: z.object({ lockId: IdText }),
        body: WithReason,
        response: { 200: PeriodLockWire },
      },
    },
    async (request) => {
      const { lockId } = request.params;
      const { reason } = request.body;
      return toLockWire(await reopenPeriod(services, personOf(request), lockId, reason));
    },
  );
}
