import { CashbellError } from '#core/errors.ts';
import { money } from '#core/money.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import type { HeldEntry, HeldItem } from '#store/match-locks.ts';
import { changeMatchStates, insertMatches, loadSuggestionsOf } from '#store/matches.ts';
import type { MatchLeg } from '#store/matches.ts';
import type { Transaction } from '#store/transaction.ts';
import type { ClaimMatching } from './claim-deps.ts';

/** What a confirmed claim does to its receipt, as allocations by amount like every other match. */
export const claimMatching: ClaimMatching = {
  matchByHand: async ({ client }, { orgId, entryId, itemIds, by, at }) => {
    const held = await holdLines(client, orgId, { entryIds: [entryId], itemIds });
    const entry = requireOpen(held.entries.get(entryId));
    const items = itemIds.map((itemId) => requireItem(held.items.get(itemId), entry, itemId));
    const legs = allocate(entry, items);
    await dropSuggestions(client, { orgId, entryId, by, at });
    const [matchId] = await insertMatches(
      client,
      orgId,
      [
        {
          kind: legs.length > 1 ? 'batch' : 'single',
          state: 'standing',
          basis: 'person',
          decision: 'person',
          reasons: [],
          alternatives: [],
          decidedBy: by,
          legs,
        },
      ],
      at,
    );
    if (matchId === undefined) throw new Error(`no match was made of ${entryId}`);
    await settleLines(client, orgId, { entryIds: [entryId], itemIds }, at);
    return { matchId };
  },
  setAside: async ({ client }, { orgId, entryId, by, at }) => {
    const held = await holdLines(client, orgId, { entryIds: [entryId], itemIds: [] });
    requireOpen(held.entries.get(entryId));
    await dropSuggestions(client, { orgId, entryId, by, at });
    await client.query(
      `UPDATE entry SET match_state = 'exempt' WHERE org_id = $1 AND entry_id = $2`,
      [orgId, entryId],
    );
  },
};

function requireOpen(entry: HeldEntry | undefined): HeldEntry {
  const isLive = entry?.state === 'booked' || entry?.state === 'corrected';
  if (!isLive || entry.matchState === 'exempt' || entry.open.amountMinorUnits <= 0n) {
    throw new CashbellError('claim.settled');
  }
  if (entry.isLocked) {
    throw new CashbellError('match.periodLocked', { account: entry.accountId });
  }
  return entry;
}

/** It was open when it was claimed; meanwhile somebody else may have paid it. */
function requireItem(item: HeldItem | undefined, entry: HeldEntry, itemId: string): HeldItem {
  const isUsable =
    item?.state === 'open' &&
    item.direction === entry.direction &&
    item.open.currency === entry.open.currency &&
    (item.accountId === undefined || item.accountId === entry.accountId);
  if (isUsable) return item;
  throw new CashbellError('claim.itemUnusable', { text: itemId });
}

/** In the order in which they were named, each as far as the receipt reaches. */
function allocate(entry: HeldEntry, items: readonly HeldItem[]): readonly MatchLeg[] {
  const { currency } = entry.open;
  const legs: MatchLeg[] = [];
  let left = entry.open.amountMinorUnits;
  for (const { itemId, open } of items) {
    const units = left < open.amountMinorUnits ? left : open.amountMinorUnits;
    if (units <= 0n) throw new CashbellError('claim.itemUnusable', { text: itemId });
    const amount = money(units, currency);
    const entryId = entry.entryId;
    legs.push({ role: 'allocation', entryId, itemId, entryAmount: amount, itemAmount: amount });
    left -= units;
  }
  return legs;
}

/** What was only suggested for it is overtaken. */
async function dropSuggestions(
  client: Transaction['client'],
  entry: {
    readonly orgId: string;
    readonly entryId: string;
    readonly by: string;
    readonly at: Date;
  },
): Promise<void> {
  const suggestions = await loadSuggestionsOf(client, entry.orgId, [entry.entryId]);
  await changeMatchStates(
    client,
    entry.orgId,
    suggestions.map(({ matchId }) => matchId),
    { state: 'superseded', by: entry.by, now: entry.at },
  );
}
