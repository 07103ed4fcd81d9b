import { CashbellError } from '#core/errors.ts';
import { removeMapping } from '#store/import-mappings.ts';
import type { AdminServices } from '#store/orgs.ts';
import { changeItems, requireItemManager } from './take-items.ts';

/** Forgets how files of one kind are read; the next one is asked about anew. */
export async function forgetMapping(
  services: Pick<AdminServices, 'pool' | 'now'>,
  wish: { readonly orgId: string; readonly mappingId: string; readonly actor: string },
): Promise<void> {
  const { orgId, mappingId } = wish;
  await requireItemManager(services, wish);
  await changeItems(services, wish, async (client) => {
    if (!(await removeMapping(client, orgId, mappingId))) {
      throw new CashbellError('api.notFound', { what: 'mapping', id: mappingId.slice(0, 60) });
    }
    return { result: undefined, audit: { action: 'mapping.removed', subject: mappingId } };
  });
}
