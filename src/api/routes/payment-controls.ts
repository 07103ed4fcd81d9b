import { z } from 'zod';
import { formatDecimal, money, parseMoney } from '#core/money.ts';
import {
  proposeToResume,
  resumePayments,
  stopPayments,
} from '#flows/payment-controls/stop-payments.ts';
import type { LimitRecord } from '#store/payment-limits-admin.ts';
import {
  confirmLimit,
  currentUsage,
  listLimits,
  proposeLimit,
  proposeLimitRemoval,
  refuseLimit,
} from '#store/payment-limits-admin.ts';
import type { PaymentSettingsVersion } from '#store/payment-settings.ts';
import {
  decidePaymentSettings,
  listPaymentSettings,
  loadPaymentSettings,
  proposePaymentSettings,
} from '#store/payment-settings.ts';
import type { PaymentStop } from '#store/payment-stops.ts';
import { listStops } from '#store/payment-stops.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf } from '../contract/common.ts';
import {
  LimitNew,
  LimitWire,
  PaymentSettingsNew,
  PaymentSettingsState,
  PaymentSettingsVersionWire,
  PaymentStopNew,
  PaymentStopWire,
} from '../contract/entitlements.ts';

export function toLimitWire(limit: LimitRecord): z.infer<typeof LimitWire> {
  const { amountMax } = limit;
  return {
    ...limit,
    amountMax: { amount: formatDecimal(amountMax), currency: amountMax.currency },
    proposedAt: limit.proposedAt.toString(),
    decidedAt: limit.decidedAt?.toString(),
  };
}

/** Limits with what is used of those that count a day or a month. */
export async function listLimitWires(
  services: Pick<ApiServices, 'pool' | 'now'>,
  scope: { readonly orgId: string; readonly isWithEnded?: boolean },
): Promise<z.infer<typeof LimitWire>[]> {
  const limits = await listLimits(services.pool, scope);
  return Promise.all(
    limits.map(async (limit) => {
      const wire = toLimitWire(limit);
      if (limit.state !== 'active') return wire;
      const place = { orgId: scope.orgId, limit, now: services.now() };
      const usage = await currentUsage(services.pool, place);
      if (!usage) return wire;
      const amount = formatDecimal(money(usage.amountMinorUnits, limit.amountMax.currency));
      return { ...wire, used: { amount, count: usage.count } };
    }),
  );
}

export function toSettingsWire(
  version: PaymentSettingsVersion,
): z.infer<typeof PaymentSettingsVersionWire> {
  return {
    ...version,
    proposedAt: version.proposedAt.toString(),
    decidedAt: version.decidedAt?.toString(),
  };
}

export function toStopWire(stop: PaymentStop): z.infer<typeof PaymentStopWire> {
  return {
    ...stop,
    pulledAt: stop.pulledAt.toString(),
    releaseProposedAt: stop.releaseProposedAt?.toString(),
    releasedAt: stop.releasedAt?.toString(),
  };
}

const endedQuery = z.object({ withEnded: z.stringbool().default(false) });

/** Limits, the cool-off and the kill switch. */
export function paymentControlRoutes(app: ApiApp, services: ApiServices): void {
  limitRoutes(app, services);
  settingsRoutes(app, services);
  stopRoutes(app, services);
}

function limitRoutes(app: ApiApp, services: ApiServices): void {
  const tags = ['Limits'];
  const params = z.object({ limitId: IdText });
  app.get(
    '/limits',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: endedQuery, response: { 200: listOf(LimitWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const isWithEnded = request.query.withEnded;
      return { items: await listLimitWires(services, { orgId, isWithEnded }) };
    },
  );
  app.post(
    '/limits',
    { config: { scope: 'write' }, schema: { tags, body: LimitNew, response: { 201: LimitWire } } },
    async (request, reply) => {
      const { amountMax, ...input } = request.body;
      const limit = await proposeLimit(services, personOf(request), {
        ...input,
        amountMax: parseMoney(amountMax.amount, amountMax.currency),
      });
      return reply.code(201).send(toLimitWire(limit));
    },
  );
  const decisions = { confirm: confirmLimit, refuse: refuseLimit };
  for (const [word, decide] of Object.entries(decisions)) {
    app.post(
      `/limits/:limitId/${word}`,
      { config: { scope: 'write' }, schema: { tags, params, response: { 200: LimitWire } } },
      async (request) =>
        toLimitWire(await decide(services, personOf(request), request.params.limitId)),
    );
  }
  app.delete(
    '/limits/:limitId',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: LimitWire } } },
    async (request) =>
      toLimitWire(await proposeLimitRemoval(services, personOf(request), request.params.limitId)),
  );
}

function settingsRoutes(app: ApiApp, services: ApiServices): void {
  const tags = ['Payment settings'];
  const params = z.object({ version: z.coerce.number().int().min(1) });
  app.get(
    '/payment-settings',
    { config: { scope: 'read' }, schema: { tags, response: { 200: PaymentSettingsState } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const versions = await listPaymentSettings(services.pool, orgId);
      const inForce = await loadPaymentSettings(services.pool, orgId);
      return { inForce, versions: versions.map(toSettingsWire) };
    },
  );
  app.post(
    '/payment-settings',
    {
      config: { scope: 'write' },
      schema: { tags, body: PaymentSettingsNew, response: { 201: PaymentSettingsVersionWire } },
    },
    async (request, reply) => {
      const made = await proposePaymentSettings(services, personOf(request), request.body);
      return reply.code(201).send(toSettingsWire(made));
    },
  );
  for (const [word, isConfirmed] of [
    ['confirm', true],
    ['refuse', false],
  ] as const) {
    app.post(
      `/payment-settings/:version/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params, response: { 200: PaymentSettingsVersionWire } },
      },
      async (request) => {
        const { version } = request.params;
        const decision = { version, isConfirmed };
        return toSettingsWire(await decidePaymentSettings(services, personOf(request), decision));
      },
    );
  }
}

function stopRoutes(app: ApiApp, services: ApiServices): void {
  const tags = ['Stop of payments'];
  const params = z.object({ stopId: IdText });
  const told = { ...services, announcer: services.payments.announcer };
  app.get(
    '/payment-stops',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: endedQuery, response: { 200: listOf(PaymentStopWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const scope = { orgId, isWithReleased: request.query.withEnded };
      return { items: (await listStops(services.pool, scope)).map(toStopWire) };
    },
  );
  app.post(
    '/payment-stops',
    {
      config: { scope: 'write' },
      schema: { tags, body: PaymentStopNew, response: { 201: PaymentStopWire } },
    },
    async (request, reply) => {
      const stop = await stopPayments(told, personOf(request), request.body);
      return reply.code(201).send(toStopWire(stop));
    },
  );
  app.post(
    '/payment-stops/:stopId/propose-resume',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: PaymentStopWire } } },
    async (request) =>
      toStopWire(await proposeToResume(told, personOf(request), request.params.stopId)),
  );
  app.post(
    '/payment-stops/:stopId/resume',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: PaymentStopWire } } },
    async (request) =>
      toStopWire(await resumePayments(told, personOf(request), request.params.stopId)),
  );
}
