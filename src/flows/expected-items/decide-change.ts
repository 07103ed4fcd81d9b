import { CashbellError } from '#core/errors.ts';
import { oneOf } from '#store/audited.ts';
import { lockChange, settleChange } from '#store/item-changes.ts';
import type { ItemChange } from '#store/item-changes.ts';
import { lockDocument } from '#store/item-stated.ts';
import type { AdminServices } from '#store/orgs.ts';
import { planChange } from './plan-change.ts';
import { applyPlanned, changeItems, lockOrg, requireItemManager } from './take-items.ts';

/** Applies a proposed change of an item, or leaves the item as it is. */
export async function decideChange(
  services: Pick<AdminServices, 'pool' | 'now'>,
  decision: {
    readonly orgId: string;
    readonly changeId: string;
    readonly actor: string;
    readonly isApplied: boolean;
  },
): Promise<ItemChange> {
  const { orgId, changeId, actor, isApplied } = decision;
  await requireItemManager(services, decision);
  return changeItems(services, { orgId, actor }, async (client, now) => {
    await lockOrg(client, orgId);
    const found = await lockChange(client, orgId, changeId);
    const change = oneOf(found ? [found] : [], 'change', changeId);
    if (change.state !== 'proposed') throw conflict(`it is ${change.state} already`);
    const scope = { orgId, actor, importId: change.importId, now };
    if (isApplied) await apply(client, scope, change);
    else await settleChange(client, { ...scope, changeId }, { state: 'refused' });
    const after = await lockChange(client, orgId, changeId);
    const { itemId: subject, rule, before } = change;
    const word = isApplied ? 'applied' : 'refused';
    return {
      result: after ?? change,
      audit: {
        action: `item.change.${word}`,
        subject,
        before,
        after: { ...change.after, rule, changeId },
      },
    };
  });
}

/** What is matched may have changed since it was proposed; only what people saw is applied. */
async function apply(
  client: Parameters<typeof lockDocument>[0],
  scope: Parameters<typeof applyPlanned>[1],
  { changeId, itemId, rule, after, stated }: ItemChange,
): Promise<void> {
  const known = await lockDocument(client, scope.orgId, itemId);
  if (!known) throw conflict('the item is not there');
  const planned = planChange(known, stated);
  if (planned.kind !== 'change') throw conflict('the item is so already');
  const { change } = planned;
  if (!change.next) throw conflict('more of the item is matched than the new amount');
  const isAsSeen = change.rule === rule && JSON.stringify(change.after) === sorted(after, change);
  if (!isAsSeen) throw conflict('matching has changed the item since this was proposed');
  const { documentKey } = known;
  await applyPlanned(client, scope, { known, change, stated, documentKey, changeId });
}

/** The stored fields in the order of the planned ones: jsonb keeps no order. */
function sorted(stored: ItemChange['after'], { after }: { readonly after: object }): string {
  const names = [...Object.keys(after), ...Object.keys(stored)];
  return JSON.stringify(
    Object.fromEntries(
      [...new Set(names)].filter((name) => name in stored).map((name) => [name, stored[name]]),
    ),
  );
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'change', problem });
}
