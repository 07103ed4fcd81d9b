import { z } from 'zod';
import type { DingtalkAppRecord } from '#store/dingtalk-apps-admin.ts';
import {
  addDingtalkApp,
  changeDingtalkApp,
  listDingtalkApps,
  removeDingtalkApp,
} from '#store/dingtalk-apps-admin.ts';
import type { StreamState } from '#store/dingtalk-streams.ts';
import { loadStreamStates } from '#store/dingtalk-streams.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { DingtalkAppNew, DingtalkAppPatch, DingtalkAppWire } from '../contract/administration.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';
import { toFingerprints } from './connections.ts';

function toWire(record: DingtalkAppRecord, stream?: StreamState): z.infer<typeof DingtalkAppWire> {
  return {
    ...record,
    secrets: toFingerprints(record.secrets),
    createdAt: record.createdAt.toString(),
    stream: stream && {
      connectedAt: stream.connectedAt?.toISOString(),
      lastFrameAt: stream.lastFrameAt?.toISOString(),
      failures: stream.failures,
      lastCode: stream.lastCode,
    },
  };
}

const params = z.object({ appId: IdText });
const tags = ['DingTalk apps'];

/** Internal apps of DingTalk, whose robots and cards tell. */
export function appRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/dingtalk-apps',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(DingtalkAppWire) } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const streams = await loadStreamStates(services.pool, orgId);
      const apps = await listDingtalkApps(services, orgId);
      return { items: apps.map((one) => toWire(one, streams.get(one.appId))) };
    },
  );
  app.post(
    '/dingtalk-apps',
    {
      config: { scope: 'admin' },
      schema: { tags, body: DingtalkAppNew, response: { 201: DingtalkAppWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const record = await addDingtalkApp(services, { ...request.body, orgId }, actor);
      return reply.code(201).send(toWire(record));
    },
  );
  app.patch(
    '/dingtalk-apps/:appId',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: DingtalkAppPatch, response: { 200: DingtalkAppWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { name, appKey, appSecret, ...rest } = request.body;
      const change = {
        ...rest,
        ...request.params,
        orgId,
        ...(name === undefined ? {} : { name }),
        ...(appKey === undefined ? {} : { appKey }),
        ...(appSecret === undefined ? {} : { appSecret }),
      };
      return toWire(await changeDingtalkApp(services, change, actor));
    },
  );
  app.delete(
    '/dingtalk-apps/:appId',
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: Nothing } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await removeDingtalkApp(services, { ...request.params, orgId }, actor);
      return {};
    },
  );
}
