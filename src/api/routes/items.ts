import { z } from 'zod';
import { parseId } from '#core/ids.ts';
import { cancelItem } from '#flows/expected-items/cancel-items.ts';
import { decideChange } from '#flows/expected-items/decide-change.ts';
import { requireItemManager } from '#flows/expected-items/take-items.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, pageOf } from '../contract/common.ts';
import {
  AddedItemsWire,
  AddedItemWire,
  ItemCancelNew,
  ItemChangesQuery,
  ItemChangeWire,
  ItemNew,
  ItemQuery,
  ItemsNew,
  ItemsQuery,
  ItemWire,
} from '../contract/items.ts';
import { pickLanguage } from '../explain.ts';
import {
  itemReaderOf,
  readsAll,
  stateItems,
  toItemChangeWire,
  toItemWire,
} from '../operations/items.ts';
import { getItem, listItemChanges, listItems } from '../queries/items.ts';

const params = z.object({ itemId: IdText });
const tags = ['Expected items'];
/** Two thousand items as JSON. */
const LIST_BYTES_MAX = 8 * 1024 * 1024;

/** What should appear at the bank: stated one by one, or many at once. */
export function itemRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/items',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: ItemsQuery, response: { 200: pageOf(ItemWire) } },
    },
    async (request) => {
      const caller = principalOf(request);
      const mayRead = await itemReaderOf(services, caller);
      // Who may not read names must not find out by searching for them.
      if (request.query.text !== undefined) await requireItemManager(services, caller);
      const page = await listItems(services.pool, caller.orgId, request.query);
      return { ...page, items: page.items.map((item) => toItemWire(item, mayRead)) };
    },
  );
  app.post(
    '/items',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        querystring: ItemQuery,
        body: ItemNew,
        response: { 200: AddedItemWire, 201: AddedItemWire },
      },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const by = { orgId, actor, language };
      const [added] = await stateItems(services, [request.body], request.query.changes, by);
      const wire = added ?? { outcome: 'known' as const };
      return reply.code(wire.outcome === 'created' ? 201 : 200).send(wire);
    },
  );
  app.post(
    '/items/list',
    {
      config: { scope: 'write' },
      bodyLimit: LIST_BYTES_MAX,
      schema: { tags, body: ItemsNew, response: { 200: AddedItemsWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const { items, changes } = request.body;
      return { items: await stateItems(services, items, changes, { orgId, actor, language }) };
    },
  );
  app.get(
    '/items/:itemId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ItemWire } } },
    async (request) => {
      const caller = principalOf(request);
      const item = await getItem(services.pool, caller.orgId, request.params.itemId);
      return toItemWire(item, await itemReaderOf(services, caller));
    },
  );
  app.post(
    '/items/:itemId/cancel',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: ItemCancelNew, response: { 200: ItemWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { itemId } = request.params;
      await cancelItem(services, { orgId, itemId, actor }, request.body.reason);
      return toItemWire(await getItem(services.pool, orgId, itemId), readsAll);
    },
  );
  changeRoutes(app, services);
}

/** What sources say differently than before; people decide. */
function changeRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/item-changes',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: ItemChangesQuery, response: { 200: pageOf(ItemChangeWire) } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await requireItemManager(services, { orgId, actor });
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listItemChanges(services.pool, orgId, request.query);
      return { ...page, items: page.items.map((one) => toItemChangeWire(one, language)) };
    },
  );
  for (const [word, isApplied] of [
    ['apply', true],
    ['refuse', false],
  ] as const) {
    app.post(
      `/item-changes/:changeId/${word}`,
      {
        config: { scope: 'write' },
        schema: {
          tags,
          params: z.object({ changeId: IdText }),
          response: { 200: ItemChangeWire },
        },
      },
      async (request) => {
        const { orgId, actor } = principalOf(request);
        const changeId = parseId('chg', request.params.changeId);
        const language = pickLanguage(request.headers['accept-language']);
        const change = await decideChange(services, { orgId, changeId, actor, isApplied });
        return toItemChangeWire(change, language);
      },
    );
  }
}
