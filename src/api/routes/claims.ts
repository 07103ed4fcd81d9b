import { z } from 'zod';
import type { ClaimOrder } from '#flows/claims/act-on-claim.ts';
import { actAsPerson } from '#flows/claims/act-on-claim.ts';
import { loadClaimGroup, loadClaimSettings, setClaimGroup } from '#store/claim-settings.ts';
import type { Claim } from '#store/claims.ts';
import { listClaimActs, listClaims, requireClaim } from '#store/claims.ts';
import type { PersonActor } from '#store/persons.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import {
  ClaimAssignment,
  ClaimGroupPut,
  ClaimGroupWire,
  ClaimNew,
  ClaimQuery,
  ClaimRefusal,
  ClaimSettingsPatch,
  ClaimSettingsWire,
  ClaimStep,
  ClaimWire,
  ClaimWithActsWire,
} from '../contract/claims.ts';
import { IdText, pageOf } from '../contract/common.ts';
import { claimDepsOf, parseClaimRef, setClaimSettings } from '../operations/claims.ts';
import { toClaimActWire, toClaimWires } from '../queries/claims.ts';

/** Id or number. */
const params = z.object({ claim: z.string().min(1).max(60) });
const accountParams = z.object({ accountId: IdText });
const tags = ['Claims'];

/** Receipts that nobody expected: who says that they are theirs, and who agrees. */
export function claimRoutes(app: ApiApp, services: ApiServices): void {
  readRoutes(app, services);
  actRoutes(app, services);
  settingsRoutes(app, services);
}

function readRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/claims',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: ClaimQuery, response: { 200: pageOf(ClaimWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const { cursor, limit, state, accountId } = request.query;
      const found = await listClaims(services.pool, {
        orgId,
        accountId,
        states: state && [state],
        before: cursor === undefined ? undefined : Number(parseClaimRef(cursor)),
        limit: limit + 1,
      });
      const items = await toClaimWires(services.pool, found.slice(0, limit));
      const last = items.at(-1);
      return found.length > limit && last ? { items, nextCursor: String(last.number) } : { items };
    },
  );
  app.get(
    '/claims/:claim',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ClaimWithActsWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const claim = parseClaimRef(request.params.claim);
      const found = await requireClaim(services.pool, { orgId, claim });
      const acts = await listClaimActs(services.pool, found);
      return { ...(await one(services, found)), acts: acts.map(toClaimActWire) };
    },
  );
}

async function one(services: ApiServices, claim: Claim): Promise<z.infer<typeof ClaimWire>> {
  const [wire] = await toClaimWires(services.pool, [claim]);
  if (!wire) throw new Error(`the receipt of ${claim.claimId} is gone`);
  return wire;
}

function actRoutes(app: ApiApp, services: ApiServices): void {
  const act = async (
    by: PersonActor,
    claim: string,
    order: ClaimOrder,
    version: number | undefined,
  ): Promise<z.infer<typeof ClaimWire>> => {
    const request = { by, order, version, claim: parseClaimRef(claim), via: 'api' } as const;
    const acted = await actAsPerson(claimDepsOf(services), request);
    return one(services, acted.claim);
  };
  const config = { scope: 'write' } as const;
  const response = { 200: ClaimWire };
  app.post(
    '/claims/:claim/claim',
    { config, schema: { tags, params, body: ClaimNew, response } },
    async (request) => {
      const { for: text, itemIds, isNotOurs, note, version } = request.body;
      const order = { kind: 'claim', subject: { text, itemIds, isNotOurs }, note } as const;
      return act(personOf(request), request.params.claim, order, version);
    },
  );
  for (const kind of ['release', 'confirm'] as const) {
    app.post(
      `/claims/:claim/${kind}`,
      { config, schema: { tags, params, body: ClaimStep, response } },
      async (request) =>
        act(personOf(request), request.params.claim, { kind }, request.body.version),
    );
  }
  app.post(
    '/claims/:claim/refuse',
    { config, schema: { tags, params, body: ClaimRefusal, response } },
    async (request) => {
      const { reason, version } = request.body;
      return act(personOf(request), request.params.claim, { kind: 'refuse', reason }, version);
    },
  );
  app.post(
    '/claims/:claim/assign',
    { config, schema: { tags, params, body: ClaimAssignment, response } },
    async (request) => {
      const { personId: to, version } = request.body;
      return act(personOf(request), request.params.claim, { kind: 'assign', to }, version);
    },
  );
}

function settingsRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/claim-settings',
    { config: { scope: 'read' }, schema: { tags, response: { 200: ClaimSettingsWire } } },
    async (request) => loadClaimSettings(services.pool, principalOf(request).orgId),
  );
  app.patch(
    '/claim-settings',
    {
      config: { scope: 'admin' },
      schema: { tags, body: ClaimSettingsPatch, response: { 200: ClaimSettingsWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return setClaimSettings(services, orgId, request.body, actor);
    },
  );
  app.get(
    '/accounts/:accountId/claim-group',
    {
      config: { scope: 'read' },
      schema: { tags, params: accountParams, response: { 200: ClaimGroupWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return loadClaimGroup(services.pool, { ...request.params, orgId });
    },
  );
  app.put(
    '/accounts/:accountId/claim-group',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        params: accountParams,
        body: ClaimGroupPut,
        response: { 200: ClaimGroupWire },
      },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return setClaimGroup(services, { ...request.params, ...request.body, orgId }, actor);
    },
  );
}
