import { z } from 'zod';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, pageOf } from '../contract/common.ts';
import { EntriesQuery, EntryDetailWire, EntryWire } from '../contract/movements.ts';
import { getEntry, listEntries } from '../queries/entries.ts';

const params = z.object({ entryId: IdText });
const tags = ['Entries'];

/** Movements, with all their versions. */
export function entryRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/entries',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: EntriesQuery, response: { 200: pageOf(EntryWire) } },
    },
    async (request) => {
      const page = await listEntries(services.pool, principalOf(request).orgId, request.query);
      return { ...page, items: [...page.items] };
    },
  );
  app.get(
    '/entries/:entryId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: EntryDetailWire } } },
    (request) => getEntry(services.pool, principalOf(request).orgId, request.params.entryId),
  );
}
