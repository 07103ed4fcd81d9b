import { z } from 'zod';
import { formatDecimal, parseMoney } from '#core/money.ts';
import { parseInstant } from '#core/dates.ts';
import type { Grant } from '#store/grants.ts';
import { listGrants } from '#store/grants.ts';
import {
  confirmGrant,
  delegateGrant,
  proposeGrant,
  refuseGrant,
  removeGrant,
} from '#store/grants-admin.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf } from '../contract/common.ts';
import {
  GrantDelegation,
  GrantNew,
  GrantQuery,
  GrantWire,
  MeWire,
} from '../contract/entitlements.ts';

export function toGrantWire(grant: Grant): z.infer<typeof GrantWire> {
  const { amountMax } = grant;
  return {
    ...grant,
    amountMax: amountMax && { amount: formatDecimal(amountMax), currency: amountMax.currency },
    validFrom: grant.validFrom?.toString(),
    validUntil: grant.validUntil?.toString(),
    createdAt: grant.createdAt.toString(),
    decidedAt: grant.decidedAt?.toString(),
    removedAt: grant.removedAt?.toString(),
  };
}

const params = z.object({ grantId: IdText });
const tags = ['Grants'];

/** Who may do what: proposed by one person, confirmed by another. */
export function entitlementRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/me',
    { config: { scope: 'read' }, schema: { tags: ['People'], response: { 200: MeWire } } },
    async (request) => {
      const { orgId, actor, personId, scopes } = principalOf(request);
      const grants =
        personId === undefined ? [] : await listGrants(services.pool, { orgId, personId });
      return { orgId, actor, personId, scopes: [...scopes], grants: grants.map(toGrantWire) };
    },
  );
  app.get(
    '/grants',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: GrantQuery, response: { 200: listOf(GrantWire) } },
    },
    async (request) => {
      const { personId, withEnded } = request.query;
      const scope = { orgId: principalOf(request).orgId, personId, isWithEnded: withEnded };
      return { items: (await listGrants(services.pool, scope)).map(toGrantWire) };
    },
  );
  app.post(
    '/grants',
    {
      config: { scope: 'write' },
      schema: { tags, body: GrantNew, response: { 201: GrantWire } },
    },
    async (request, reply) => {
      const { amountMax, validUntil, ...input } = request.body;
      const grant = await proposeGrant(services, personOf(request), {
        ...input,
        amountMax: amountMax && parseMoney(amountMax.amount, amountMax.currency),
        validUntil: validUntil === undefined ? undefined : parseInstant(validUntil),
      });
      return reply.code(201).send(toGrantWire(grant));
    },
  );
  app.post(
    '/grants/:grantId/delegate',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: GrantDelegation, response: { 201: GrantWire } },
    },
    async (request, reply) => {
      const { toPersonId, validFrom, validUntil } = request.body;
      const grant = await delegateGrant(services, personOf(request), {
        grantId: request.params.grantId,
        toPersonId,
        validFrom: validFrom === undefined ? undefined : parseInstant(validFrom),
        validUntil: parseInstant(validUntil),
      });
      return reply.code(201).send(toGrantWire(grant));
    },
  );
  const decisions = { confirm: confirmGrant, refuse: refuseGrant };
  for (const [word, decide] of Object.entries(decisions)) {
    app.post(
      `/grants/:grantId/${word}`,
      { config: { scope: 'write' }, schema: { tags, params, response: { 200: GrantWire } } },
      async (request) =>
        toGrantWire(await decide(services, personOf(request), request.params.grantId)),
    );
  }
  app.delete(
    '/grants/:grantId',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: GrantWire } } },
    async (request) =>
      toGrantWire(await removeGrant(services, personOf(request), request.params.grantId)),
  );
}
