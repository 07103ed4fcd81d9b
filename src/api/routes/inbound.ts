import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, pageOf } from '../contract/common.ts';
import {
  InboundDetailWire,
  InboundQuery,
  InboundWire,
  ReplayNew,
  ReplayWire,
} from '../contract/movements.ts';
import { explainCode, pickLanguage } from '../explain.ts';
import type { ReplayScope } from '../operations/replay.ts';
import { replayInbound } from '../operations/replay.ts';
import type { InboundItem } from '../queries/inbound.ts';
import { getInbound, listInbound } from '../queries/inbound.ts';

const params = z.object({ inboundId: IdText });
const tags = ['Inbound'];

function explained<Item extends InboundItem>(language: Language, item: Item) {
  return { ...item, refusal: explainCode(language, item.refusalCode) };
}

function toScope({ connectionId, all }: z.infer<typeof ReplayNew>): ReplayScope {
  if (connectionId !== undefined && all === undefined) return { connectionId };
  if (all === true && connectionId === undefined) return { all };
  throw new CashbellError('api.invalid', {
    field: 'connectionId',
    problem: 'name either a connectionId or "all": true',
  });
}

/** What banks sent us: kept, refused and why, and quarantined ones to read again. */
export function inboundRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/inbound',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: InboundQuery, response: { 200: pageOf(InboundWire) } },
    },
    async (request) => {
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listInbound(services, principalOf(request).orgId, request.query);
      return { ...page, items: page.items.map((item) => explained(language, item)) };
    },
  );
  app.get(
    '/inbound/:inboundId',
    // A raw body holds what no route may show: for administrators.
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: InboundDetailWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const place = { ...request.params, orgId };
      const language = pickLanguage(request.headers['accept-language']);
      return explained(language, await getInbound(services, place, services.unpackInbound));
    },
  );
  app.post(
    '/inbound/:inboundId/replay',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: ReplayWire } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return { replayed: await replayInbound(services, { orgId, scope: request.params }, actor) };
    },
  );
  app.post(
    '/inbound/replay',
    {
      config: { scope: 'write' },
      schema: { tags, body: ReplayNew, response: { 200: ReplayWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const scope = toScope(request.body);
      return { replayed: await replayInbound(services, { orgId, scope }, actor) };
    },
  );
}
