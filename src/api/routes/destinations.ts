import { z } from 'zod';
import type { Language } from '#core/languages.ts';
import type { DestinationRecord } from '#store/destinations-admin.ts';
import {
  addDestination,
  changeDestination,
  getDestination,
  listDestinations,
  removeDestination,
} from '#store/destinations-admin.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';
import {
  DestinationNew,
  DestinationPatch,
  DestinationWire,
  ProbeWire,
} from '../contract/telling.ts';
import { explainCode, pickLanguage } from '../explain.ts';
import { toFingerprints } from './connections.ts';

export function toDestinationWire(
  record: DestinationRecord,
  language: Language,
): z.infer<typeof DestinationWire> {
  return {
    ...record,
    secrets: toFingerprints(record.secrets),
    broken: explainCode(language, record.brokenCode),
    failingSince: record.failingSince?.toString(),
    blockedUntil: record.blockedUntil?.toString(),
    lastToldAt: record.lastToldAt?.toString(),
    createdAt: record.createdAt.toString(),
  };
}

const params = z.object({ destinationId: IdText });
const tags = ['Destinations'];

/** Groups and people who are told. */
export function destinationRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/destinations',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(DestinationWire) } } },
    async (request) => {
      const language = pickLanguage(request.headers['accept-language']);
      const records = await listDestinations(services, principalOf(request).orgId);
      return { items: records.map((record) => toDestinationWire(record, language)) };
    },
  );
  app.post(
    '/destinations',
    {
      config: { scope: 'admin' },
      schema: { tags, body: DestinationNew, response: { 201: DestinationWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const { target, ...rest } = request.body;
      const record = await addDestination(services, { ...target, ...rest, orgId }, actor);
      const language = pickLanguage(request.headers['accept-language']);
      return reply.code(201).send(toDestinationWire(record, language));
    },
  );
  app.get(
    '/destinations/:destinationId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: DestinationWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const record = await getDestination(services, { ...request.params, orgId });
      return toDestinationWire(record, pickLanguage(request.headers['accept-language']));
    },
  );
  app.patch(
    '/destinations/:destinationId',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: DestinationPatch, response: { 200: DestinationWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const change = { ...request.body, ...request.params, orgId };
      const record = await changeDestination(services, change, actor);
      return toDestinationWire(record, pickLanguage(request.headers['accept-language']));
    },
  );
  app.post(
    '/destinations/:destinationId/test',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: ProbeWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const start = performance.now();
      const result = await services.probe({ ...request.params, orgId }, language);
      return {
        ...result,
        explanation: explainCode(language, result.code),
        durationMs: Math.round(performance.now() - start),
      };
    },
  );
  app.delete(
    '/destinations/:destinationId',
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: Nothing } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await removeDestination(services, { ...request.params, orgId }, actor);
      return {};
    },
  );
}
