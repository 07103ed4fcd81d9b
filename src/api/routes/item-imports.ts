import { z } from 'zod';
import type { FastifyRequest } from 'fastify';
import { CashbellError } from '#core/errors.ts';
import { cancelImport } from '#flows/expected-items/cancel-items.ts';
import { FILE_BYTES_MAX } from '#flows/expected-items/import-table.ts';
import { forgetMapping } from '#flows/expected-items/forget-mapping.ts';
import { requireItemManager } from '#flows/expected-items/take-items.ts';
import { listMappings } from '#store/import-mappings.ts';
import { getImport } from '#store/item-imports.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf, PageQuery, pageOf } from '../contract/common.ts';
import {
  ImportCancellationWire,
  ImportCheckQuery,
  ImportCheckWire,
  ImportMappingWire,
  ImportQuery,
  ImportResultWire,
  ItemImportWire,
} from '../contract/item-imports.ts';
import { pickLanguage } from '../explain.ts';
import {
  checkItemFile,
  importItemFile,
  readAnswers,
  toItemImportWire,
  toMappingWire,
} from '../operations/item-imports.ts';
import { listImports } from '../queries/items.ts';

const params = z.object({ importId: IdText });
const tags = ['Imports of expected items'];

/** Files of invoices and bills: looked at first, taken once. */
export function itemImportRoutes(app: ApiApp, services: ApiServices): void {
  fileRoutes(app, services);
  app.get(
    '/item-imports',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: PageQuery, response: { 200: pageOf(ItemImportWire) } },
    },
    async (request) => {
      const caller = principalOf(request);
      await requireItemManager(services, caller);
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listImports(services.pool, caller.orgId, request.query);
      return { ...page, items: page.items.map((one) => toItemImportWire(one, language)) };
    },
  );
  app.get(
    '/item-imports/:importId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ItemImportWire } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await requireItemManager(services, { orgId, actor });
      const taken = await getImport(services.pool, orgId, request.params.importId);
      return toItemImportWire(taken, pickLanguage(request.headers['accept-language']));
    },
  );
  app.post(
    '/item-imports/:importId/cancel',
    {
      config: { scope: 'write' },
      schema: { tags, params, response: { 200: ImportCancellationWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return cancelImport(services, { ...request.params, orgId, actor });
    },
  );
  mappingRoutes(app, services);
}

/** The body is the file itself, whatever its content type says; its first bytes tell what it is. */
function fileRoutes(app: ApiApp, services: ApiServices): void {
  app.post(
    '/item-imports/check',
    {
      config: { scope: 'read' },
      bodyLimit: FILE_BYTES_MAX + 1,
      schema: { tags, querystring: ImportCheckQuery, response: { 200: ImportCheckWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const { answer, mapping } = request.query;
      const wish = { answers: readAnswers(answer), mapping };
      return checkItemFile(services, fileOf(request), wish, { orgId, language });
    },
  );
  app.post(
    '/item-imports',
    {
      config: { scope: 'write' },
      bodyLimit: FILE_BYTES_MAX + 1,
      schema: {
        tags,
        querystring: ImportQuery,
        response: { 200: ImportResultWire, 201: ImportResultWire },
      },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const { answer, fileName = 'file', ...rest } = request.query;
      const wish = { ...rest, fileName, answers: readAnswers(answer) };
      const by = { orgId, actor, language };
      const result = await importItemFile(services, fileOf(request), wish, by);
      return reply.code(result.rowsTaken > 0 ? 201 : 200).send(result);
    },
  );
}

function fileOf({ body }: Pick<FastifyRequest, 'body'>): Uint8Array {
  if (Buffer.isBuffer(body)) return body;
  throw new CashbellError('api.invalid', {
    field: 'content-type',
    problem: 'must be text/csv or that of an XLSX workbook, with the file as the body',
  });
}

/** How files were read before. */
function mappingRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/import-mappings',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ImportMappingWire) } } },
    async (request) => {
      const found = await listMappings(services.pool, principalOf(request).orgId);
      return { items: found.map(toMappingWire) };
    },
  );
  app.delete(
    '/import-mappings/:mappingId',
    {
      config: { scope: 'write' },
      schema: { tags, params: z.object({ mappingId: IdText }), response: { 200: z.object({}) } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await forgetMapping(services, { ...request.params, orgId, actor });
      return {};
    },
  );
}
