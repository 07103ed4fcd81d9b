import { z } from 'zod';
import {
  checkTemplate,
  createTemplate,
  moveTemplate,
  nextOccurrences,
} from '#flows/expected-items/item-templates.ts';
import type { TemplateItem } from '#flows/expected-items/item-templates.ts';
import { requireItemManager } from '#flows/expected-items/take-items.ts';
import { getTemplate, listTemplates } from '#store/item-templates.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf } from '../contract/common.ts';
import {
  TemplateDetailWire,
  TemplateNew,
  TemplatePreviewWire,
  TemplatesQuery,
  TemplateWire,
} from '../contract/item-templates.ts';
import {
  templateDeps,
  toOccurrenceWire,
  toTemplateDetail,
  toTemplateInput,
  toTemplateWire,
} from '../operations/item-templates.ts';

const params = z.object({ templateId: IdText });
const tags = ['Templates of expected items'];

/** What is expected again and again. */
export function itemTemplateRoutes(app: ApiApp, services: ApiServices): void {
  const deps = templateDeps(services);
  app.get(
    '/item-templates',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: TemplatesQuery, response: { 200: listOf(TemplateWire) } },
    },
    async (request) => {
      const caller = principalOf(request);
      await requireItemManager(deps, caller);
      const scope = { ...request.query, orgId: caller.orgId };
      const found = await listTemplates<TemplateItem>(services.pool, scope);
      return { items: found.map(toTemplateWire) };
    },
  );
  app.post(
    '/item-templates',
    {
      config: { scope: 'write' },
      schema: { tags, body: TemplateNew, response: { 201: TemplateDetailWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const made = await createTemplate(deps, toTemplateInput(request.body, orgId), actor);
      return reply.code(201).send(await toTemplateDetail(deps, made));
    },
  );
  app.post(
    '/item-templates/preview',
    {
      config: { scope: 'read' },
      schema: { tags, body: TemplateNew, response: { 200: TemplatePreviewWire } },
    },
    async (request) => {
      const input = toTemplateInput(request.body, principalOf(request).orgId);
      const next = await nextOccurrences(deps, await checkTemplate(deps, input));
      return { next: next.map(toOccurrenceWire) };
    },
  );
  app.get(
    '/item-templates/:templateId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: TemplateDetailWire } } },
    async (request) => {
      const caller = principalOf(request);
      await requireItemManager(deps, caller);
      const ref = { ...request.params, orgId: caller.orgId };
      return toTemplateDetail(deps, await getTemplate<TemplateItem>(services.pool, ref));
    },
  );
  for (const [word, to] of [
    ['pause', 'paused'],
    ['resume', 'active'],
    ['end', 'ended'],
  ] as const) {
    app.post(
      `/item-templates/:templateId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params, response: { 200: TemplateDetailWire } },
      },
      async (request) => {
        const { orgId, actor } = principalOf(request);
        const ref = { ...request.params, orgId };
        return toTemplateDetail(deps, await moveTemplate(deps, ref, { to, actor }));
      },
    );
  }
}
