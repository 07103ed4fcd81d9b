import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import type { Org } from '#store/orgs.ts';
import { getOrg, updateOrg } from '#store/orgs.ts';
import type { Person } from '#store/persons.ts';
import { addPerson, listPersons, removePerson } from '#store/persons.ts';
import type { ApiToken } from '#store/tokens.ts';
import { createToken, listTokens, revokeToken } from '#store/tokens.ts';
import type { Principal } from '../access.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import {
  OrgPatch,
  OrgWire,
  PersonNew,
  PersonWire,
  TokenMade,
  TokenNew,
  TokenWire,
} from '../contract/administration.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';

function toOrgWire({ settingsVersion: _version, createdAt, ...org }: Org): z.infer<typeof OrgWire> {
  return { ...org, createdAt: createdAt.toString() };
}

export function toTokenWire(token: ApiToken): z.infer<typeof TokenWire> {
  return {
    tokenId: token.tokenId,
    name: token.name,
    scopes: [...token.scopes],
    personId: token.personId,
    createdAt: token.createdAt.toString(),
    expiresAt: token.expiresAt?.toString(),
    revokedAt: token.revokedAt?.toString(),
    lastUsedAt: token.lastUsedAt?.toString(),
  };
}

function toPersonWire(person: Person): z.infer<typeof PersonWire> {
  return { ...person, createdAt: person.createdAt.toString() };
}

/**
 * Whoever makes a token for somebody can act as them. An administrator over the API must not be able
 * to become both maker and checker that way.
 */
function refuseTokenOfAnother(principal: Principal, personId: string | undefined): void {
  if (personId === undefined || personId === principal.personId) return;
  throw new CashbellError('api.forbidden', {
    field: 'personId',
    problem:
      'a token for another person is made on the machine: cashbell token create --person <id>',
  });
}

const tokenParams = z.object({ tokenId: IdText });
const personParams = z.object({ personId: IdText });

/** The organisation itself, its people and its tokens. */
export function orgRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/org',
    { config: { scope: 'read' }, schema: { tags: ['Organisation'], response: { 200: OrgWire } } },
    async (request) => toOrgWire(await getOrg(services, principalOf(request).orgId)),
  );
  app.patch(
    '/org',
    {
      config: { scope: 'admin' },
      schema: { tags: ['Organisation'], body: OrgPatch, response: { 200: OrgWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return toOrgWire(await updateOrg(services, { ...request.body, orgId }, actor));
    },
  );
  app.get(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: { tags: ['Tokens'], response: { 200: listOf(TokenWire) } },
    },
    async (request) => ({
      items: (await listTokens(services, principalOf(request).orgId)).map(toTokenWire),
    }),
  );
  app.post(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: { tags: ['Tokens'], body: TokenNew, response: { 201: TokenMade } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      refuseTokenOfAnother(principalOf(request), request.body.personId);
      const { token, record } = await createToken(services, { ...request.body, orgId }, actor);
      return reply.code(201).send({ ...toTokenWire(record), token: token.reveal() });
    },
  );
  app.delete(
    '/tokens/:tokenId',
    {
      config: { scope: 'admin' },
      schema: { tags: ['Tokens'], params: tokenParams, response: { 200: TokenWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return toTokenWire(await revokeToken(services, { ...request.params, orgId }, actor));
    },
  );
  app.get(
    '/persons',
    {
      config: { scope: 'read' },
      schema: { tags: ['People'], response: { 200: listOf(PersonWire) } },
    },
    async (request) => ({
      items: (await listPersons(services, principalOf(request).orgId)).map(toPersonWire),
    }),
  );
  app.post(
    '/persons',
    {
      config: { scope: 'admin' },
      schema: { tags: ['People'], body: PersonNew, response: { 201: PersonWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const person = await addPerson(services, { ...request.body, orgId }, actor);
      return reply.code(201).send(toPersonWire(person));
    },
  );
  app.delete(
    '/persons/:personId',
    {
      config: { scope: 'admin' },
      schema: { tags: ['People'], params: personParams, response: { 200: Nothing } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await removePerson(services, { ...request.params, orgId }, actor);
      return {};
    },
  );
}
