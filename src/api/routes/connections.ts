import { z } from 'zod';
import type { Connector } from '#connectors/contract.ts';
import type { Language } from '#core/languages.ts';
import { hookAddress } from '#engine/ladder/callback.ts';
import { rungNames } from '#engine/ladder/rung.ts';
import { listConnectionTests } from '#store/connection-tests.ts';
import type { ConnectionRecord } from '#store/connections-admin.ts';
import { getConnection, listConnections, setConnectionState } from '#store/connections-admin.ts';
import type { SecretFingerprint } from '#store/secrets.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';
import {
  ConnectionNew,
  ConnectionPatch,
  ConnectionWire,
  ConnectorWire,
  type RungWire,
  SecretsNew,
  StoredTestWire,
  TestNew,
  TestWire,
} from '../contract/connections.ts';
import { explainRung, pickLanguage } from '../explain.ts';
import {
  addCheckedConnection,
  changeCheckedConnection,
  testConnection,
} from '../operations/connections.ts';

/** A connector as a set-up form needs it. */
export function toConnectorWire(connector: Connector): z.infer<typeof ConnectorWire> {
  const { traits } = connector;
  return {
    id: connector.id,
    displayName: connector.displayName,
    documentation: connector.documentation,
    country: traits.country,
    zone: traits.zone,
    baseUrls: traits.baseUrls,
    fields: connector.fields.map(({ choices, pattern, ...field }) => ({
      ...field,
      choices: choices === undefined ? undefined : [...choices],
      pattern: pattern?.source,
    })),
    capabilities: [
      ...Object.keys(connector.exchanges),
      ...(connector.inbound ? ['receivePush'] : []),
    ],
    push: traits.push,
    pollIntervalSeconds: traits.poll.intervalSeconds,
    historyDaysMax: traits.poll.historyDaysMax,
    factsAsOf: connector.factsAsOf.toString(),
  };
}

export function toFingerprints(secrets: readonly SecretFingerprint[]) {
  return secrets.map((secret) => ({ ...secret, since: secret.since.toString() }));
}

export function toConnectionWire(
  record: ConnectionRecord,
  publicUrl: string | undefined,
): z.infer<typeof ConnectionWire> {
  return {
    ...record,
    allowedAddresses: [...record.allowedAddresses],
    secrets: toFingerprints(record.secrets),
    armedAt: record.armedAt?.toString(),
    failingSince: record.failingSince?.toString(),
    lastSuccessAt: record.lastSuccessAt?.toString(),
    lastTestedAt: record.lastTestedAt?.toString(),
    hookUrl: publicUrl === undefined ? undefined : hookAddress(publicUrl, record.connectionId),
    createdAt: record.createdAt.toString(),
  };
}

/** Rungs as they are stored: sentences are made when somebody reads them, in the reader's language. */
const StoredRungs = z.array(
  z.object({
    name: z.enum(rungNames),
    status: z.enum(['passed', 'warned', 'failed', 'skipped']),
    durationMs: z.number(),
    sent: z.string().exactOptional(),
    received: z.string().exactOptional(),
    findings: z.array(
      z.object({
        severity: z.enum(['failure', 'warning']),
        key: z.string(),
        details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    ),
  }),
);

function toRungWires(language: Language, rungs: unknown): z.infer<typeof RungWire>[] {
  return StoredRungs.parse(rungs).map((rung) => {
    const explained = explainRung(language, rung);
    return { ...explained, findings: [...explained.findings] };
  });
}

const params = z.object({ connectionId: IdText });
const tags = ['Connections'];

/** Banks of the catalogue, and the connections to them. */
export function connectionRoutes(app: ApiApp, services: ApiServices): void {
  const show = (record: ConnectionRecord): z.infer<typeof ConnectionWire> =>
    toConnectionWire(record, services.publicUrl);
  app.get(
    '/connectors',
    {
      config: { scope: 'read' },
      schema: { tags: ['Connectors'], response: { 200: listOf(ConnectorWire) } },
    },
    () => ({ items: services.connectors.map(toConnectorWire) }),
  );
  app.get(
    '/connections',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ConnectionWire) } } },
    async (request) => ({
      items: (await listConnections(services, principalOf(request).orgId)).map(show),
    }),
  );
  app.post(
    '/connections',
    {
      config: { scope: 'admin' },
      schema: { tags, body: ConnectionNew, response: { 201: ConnectionWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const record = await addCheckedConnection(services, { ...request.body, orgId }, actor);
      return reply.code(201).send(show(record));
    },
  );
  app.get(
    '/connections/:connectionId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ConnectionWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      return show(await getConnection(services, { ...request.params, orgId }));
    },
  );
  app.patch(
    '/connections/:connectionId',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: ConnectionPatch, response: { 200: ConnectionWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const change = { ...request.body, ...request.params, orgId };
      return show(await changeCheckedConnection(services, change, actor));
    },
  );
  app.post(
    '/connections/:connectionId/secrets',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: SecretsNew, response: { 200: ConnectionWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const change = { ...request.body, ...request.params, orgId };
      return show(await changeCheckedConnection(services, change, actor));
    },
  );
  for (const [action, state] of [
    ['pause', 'paused'],
    ['resume', 'active'],
  ] as const) {
    app.post(
      `/connections/:connectionId/${action}`,
      { config: { scope: 'write' }, schema: { tags, params, response: { 200: ConnectionWire } } },
      async (request) => {
        const { orgId, actor } = principalOf(request);
        const scope = { ...request.params, orgId };
        await setConnectionState(services, { ...scope, state }, actor);
        return show(await getConnection(services, scope));
      },
    );
  }
  app.delete(
    '/connections/:connectionId',
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: Nothing } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await setConnectionState(services, { ...request.params, orgId, state: 'removed' }, actor);
      return {};
    },
  );
  app.post(
    '/connections/:connectionId/test',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: TestNew.nullish(), response: { 200: TestWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { accountNumber, currency } = request.body ?? {};
      const account =
        accountNumber === undefined
          ? undefined
          : { number: accountNumber, currency: currency ?? 'IDR' };
      const outcome = await testConnection(services, { ...request.params, orgId, account }, actor);
      const language = pickLanguage(request.headers['accept-language']);
      return {
        passed: outcome.passed,
        armed: outcome.armed,
        testedAt: outcome.testedAt.toString(),
        rungs: toRungWires(language, outcome.rungs),
      };
    },
  );
  app.get(
    '/connections/:connectionId/tests',
    {
      config: { scope: 'read' },
      schema: { tags, params, response: { 200: listOf(StoredTestWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const tests = await listConnectionTests(services, { ...request.params, orgId });
      return {
        items: tests.map((test) => ({
          testedAt: test.testedAt.toString(),
          passed: test.passed,
          isCurrent: test.isCurrent,
          rungs: toRungWires(language, test.rungs),
        })),
      };
    },
  );
}
