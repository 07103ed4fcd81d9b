import type { EntryMatch, MatchState, MatchedItem } from '#core/events.ts';
import { money } from '#core/money.ts';
import type { Queryable } from './grants.ts';

/** So many items are named on a card; the others are counted. */
const NAMED_MAX = 3;

interface StateRow {
  entry_id: string;
  match_state: MatchState | null;
  credit_debit_indicator: 'credit' | 'debit';
  open_minor_units: string;
  currency: string;
}

interface LegRow {
  entry_id: string;
  state: 'standing' | 'suggested';
  label: string;
  counterparty_name: string | null;
  item_state: string;
  open_minor_units: string;
  currency: string;
}

/**
 * What entries belong to, for their rings, as the books of this transaction say. An entry that was not
 * looked at, or that nobody could have expected, has none.
 */
export async function loadEntryMatches(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
  expects: { readonly expectsCredit: boolean; readonly expectsDebit: boolean },
): Promise<ReadonlyMap<string, EntryMatch>> {
  if (entryIds.length === 0) return new Map();
  const [states, legs] = await Promise.all([
    client.query<StateRow>({
      name: 'load-match-states',
      text: `SELECT entry_id, match_state, credit_debit_indicator, currency,
                    amount_minor_units - matched_minor_units AS open_minor_units
             FROM entry WHERE org_id = $1 AND entry_id = ANY($2::text[])`,
      values: [orgId, entryIds],
    }),
    client.query<LegRow>({
      name: 'load-matched-items',
      text: `SELECT l.entry_id, m.state,
                    coalesce(i.number, nullif(i.description, ''), i.source_key) AS label,
                    i.counterparty_name, i.state AS item_state, i.currency,
                    i.amount_minor_units - i.settled_minor_units AS open_minor_units
             FROM match_leg l
             JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
             JOIN expected_item i ON i.org_id = l.org_id AND i.item_id = l.item_id
             WHERE l.org_id = $1 AND l.entry_id = ANY($2::text[]) AND l.role = 'allocation'
               AND m.state IN ('standing', 'suggested') AND m.reverses_match_id IS NULL
               AND NOT EXISTS (SELECT FROM match r WHERE r.org_id = m.org_id
                 AND r.reverses_match_id = m.match_id AND r.state = 'standing')
             ORDER BY l.entry_id, m.match_id, l.leg`,
      values: [orgId, entryIds],
    }),
  ]);
  const told = new Map<string, EntryMatch>();
  for (const row of states.rows) {
    const state = row.match_state;
    if (state === null) continue;
    const isExpected =
      row.credit_debit_indicator === 'credit' ? expects.expectsCredit : expects.expectsDebit;
    if (state === 'unknown' && !isExpected) continue;
    const wanted = state === 'suggested' ? 'suggested' : 'standing';
    const items = legs.rows
      .filter((leg) => leg.entry_id === row.entry_id && leg.state === wanted)
      .map((leg) => toMatchedItem(leg, state));
    told.set(row.entry_id, {
      state,
      items: items.slice(0, NAMED_MAX),
      more: Math.max(0, items.length - NAMED_MAX),
      ...(state === 'partial'
        ? { unmatched: money(BigInt(row.open_minor_units), row.currency) }
        : {}),
    });
  }
  return told;
}

function toMatchedItem(leg: LegRow, state: MatchState): MatchedItem {
  const isPaidInFull = state !== 'suggested' && leg.item_state === 'closed';
  return {
    label: leg.label,
    isPaidInFull,
    ...(leg.counterparty_name === null ? {} : { counterpartyName: leg.counterparty_name }),
    ...(state === 'suggested' || isPaidInFull
      ? {}
      : { open: money(BigInt(leg.open_minor_units), leg.currency) }),
  };
}
