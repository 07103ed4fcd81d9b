import { CashbellError } from '#core/errors.ts';
import { money } from '#core/money.ts';
import { appendAudit } from '#store/audit.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import type { HeldEntry, HeldItem } from '#store/match-locks.ts';
import { changeMatchStates } from '#store/matches.ts';
import { loadSuggestionsOf } from '#store/matches-of-entries.ts';
import { auditOf, postByHand } from '../reconciliation/decide-match.ts';
import type { WantedAllocation } from '../reconciliation/decide-match.ts';
import type { ClaimMatching } from './claim-deps.ts';

/**
 * What a confirmed claim does to its receipt: allocations by amount like every other match by hand. The
 * right to confirm claims of the account stands for the right to match there; it was asked already.
 */
export const claimMatching: ClaimMatching = {
  matchByHand: async ({ client }, { orgId, entryId, items, by, at }) => {
    const itemIds = items.map(({ itemId }) => itemId);
    const held = await holdLines(client, orgId, { entryIds: [entryId], itemIds });
    const entry = requireOpen(held.entries.get(entryId));
    const open = items.map(({ itemId, label }) => requireItem(held.items.get(itemId), label));
    const scope = { orgId, personId: by, now: at };
    const match = await postByHand(client, scope, allocate(entry, open), () => Promise.resolve());
    await appendAudit(client, { orgId, actor: by, ...auditOf('match.made', match) });
    return { matchId: match.matchId };
  },
  setAside: async ({ client }, { orgId, entryId, by, at }) => {
    const lines = { entryIds: [entryId], itemIds: [] };
    const held = await holdLines(client, orgId, lines);
    requireOpen(held.entries.get(entryId));
    const suggestions = await loadSuggestionsOf(client, orgId, [entryId]);
    await changeMatchStates(
      client,
      orgId,
      suggestions.map(({ matchId }) => matchId),
      { state: 'superseded', by, now: at },
    );
    await client.query(
      `UPDATE entry SET match_state = 'exempt' WHERE org_id = $1 AND entry_id = $2`,
      [orgId, entryId],
    );
    await settleLines(client, orgId, lines, at);
  },
};

function requireOpen(entry: HeldEntry | undefined): HeldEntry {
  const isLive = entry?.state === 'booked' || entry?.state === 'corrected';
  if (!isLive || entry.matchState === 'exempt' || entry.open.amountMinorUnits <= 0n) {
    throw new CashbellError('claim.settled');
  }
  if (entry.isLocked) throw new CashbellError('match.periodLocked', { match: entry.entryId });
  return entry;
}

/** It was open when it was claimed; meanwhile something else may have paid it. */
function requireItem(
  item: HeldItem | undefined,
  label: string,
): HeldItem & { readonly label: string } {
  if (item?.state === 'open') return { ...item, label };
  throw new CashbellError('claim.itemUnusable', { text: label });
}

/** In the order in which they were named, each as far as the receipt reaches. */
function allocate(
  entry: HeldEntry,
  items: readonly (HeldItem & { readonly label: string })[],
): readonly WantedAllocation[] {
  const { entryId, open } = entry;
  const wanted: WantedAllocation[] = [];
  let left = open.amountMinorUnits;
  for (const item of items) {
    const units = left < item.open.amountMinorUnits ? left : item.open.amountMinorUnits;
    // Named last, and nothing left for it: the claim says more than the money does.
    if (units <= 0n) throw new CashbellError('claim.itemUnusable', { text: item.label });
    wanted.push({ entryId, itemId: item.itemId, entryAmount: money(units, open.currency) });
    left -= units;
  }
  return wanted;
}
