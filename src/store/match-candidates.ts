import { formatEpochDay } from '#core/epoch-day.ts';
import type { EntryLine, ItemLine } from '#core/matches.ts';
import type { Queryable } from './grants.ts';
import { loadEntryLines, loadItemLines } from './match-lines.ts';

/** What is looked for on behalf of one entry. */
export interface CandidateQuest {
  readonly line: EntryLine;
  /** Every key that stands on it. */
  readonly keys: readonly string[];
  /** Its counterparty as the bank writes it, folded. */
  readonly counterpartyFold?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  /** Parties that it may stand for: names of our books, folded, or `#` and their number there. */
  readonly partyKeys: readonly string[];
}

/** Lines around some entries; where a search had to be cut, nothing is proven to be unique. */
export interface Candidates {
  readonly items: readonly ItemLine[];
  /** Open entries that may compete for them or belong to the new ones. */
  readonly rivals: readonly EntryLine[];
  readonly cutEntryIds: ReadonlySet<string>;
}

const KEY_ITEMS_MAX = 65;
const AMOUNT_ITEMS_MAX = 24;
const NEAR_ITEMS_MAX = 12;
const PARTY_ITEMS_MAX = 60;
const RIVALS_MAX = 24;
/** Share of an amount that fees, rounding and typing errors may take. */
const NEAR_PERCENT = 5;

/**
 * Finds what some entries may belong to. Every search goes along an index and ends after so many rows,
 * so that a million open items cost no more than a thousand.
 */
export async function loadCandidates(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<Candidates> {
  // Sent together, answered one after the other.
  const [byKey, byAmount, byParty, byPayment, rivalIds] = await Promise.all([
    findByKeys(client, orgId, quests),
    findByAmount(client, orgId, quests),
    findByParty(client, orgId, quests),
    findByPayment(client, orgId, quests),
    findRivals(client, orgId, quests),
  ]);
  const itemIds = new Set<string>();
  for (const { item_id: itemId } of [...byKey, ...byAmount, ...byParty, ...byPayment]) {
    itemIds.add(itemId);
  }
  const [items, rivals] = await Promise.all([
    loadItemLines(client, orgId, [...itemIds]),
    loadEntryLines(client, orgId, rivalIds),
  ]);
  return { items, rivals, cutEntryIds: findCut(quests, byAmount, byParty) };
}

interface Found {
  readonly item_id: string;
}
interface FoundFor extends Found {
  readonly entry_id: string;
  readonly found: string;
}

async function findByKeys(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<readonly Found[]> {
  const keys = [...new Set(quests.flatMap((quest) => quest.keys))];
  if (keys.length === 0) return [];
  const { rows } = await client.query<Found>({
    name: 'find-items-by-keys',
    text: `SELECT DISTINCT k.item_id FROM unnest($2::text[]) AS q (key)
           CROSS JOIN LATERAL (
             SELECT item_id FROM item_key WHERE org_id = $1 AND key = q.key
             ORDER BY item_id LIMIT ${KEY_ITEMS_MAX}
           ) k`,
    values: [orgId, keys],
  });
  return rows;
}

const OPEN_UNITS = '(i.amount_minor_units - i.settled_minor_units)';
const SAME_SIDE = `i.org_id = $1 AND i.currency = q.currency
  AND i.credit_debit_indicator = q.side AND i.state = 'open'`;

/** Items of the very amount, due days around the entry's first; then the nearest other amounts. */
async function findByAmount(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<readonly FoundFor[]> {
  const { rows } = await client.query<FoundFor>({
    name: 'find-items-by-amount',
    text: `SELECT q.entry_id, f.item_id, f.found
           FROM unnest($2::text[], $3::bpchar[], $4::text[], $5::numeric[], $6::date[],
                       $7::numeric[], $8::numeric[])
             AS q (entry_id, currency, side, units, day, least_units, most_units)
           CROSS JOIN LATERAL (
             (SELECT i.item_id, 'after' AS found FROM expected_item i
              WHERE ${SAME_SIDE} AND ${OPEN_UNITS} = q.units AND i.due_on >= q.day
              ORDER BY i.due_on LIMIT ${AMOUNT_ITEMS_MAX})
             UNION ALL
             (SELECT i.item_id, 'before' FROM expected_item i
              WHERE ${SAME_SIDE} AND ${OPEN_UNITS} = q.units AND i.due_on < q.day
              ORDER BY i.due_on DESC LIMIT ${AMOUNT_ITEMS_MAX})
             UNION ALL
             (SELECT i.item_id, 'undated' FROM expected_item i
              WHERE ${SAME_SIDE} AND ${OPEN_UNITS} = q.units AND i.due_on IS NULL
              LIMIT ${AMOUNT_ITEMS_MAX})
             UNION ALL
             (SELECT i.item_id, 'more' FROM expected_item i
              WHERE ${SAME_SIDE} AND ${OPEN_UNITS} > q.units AND ${OPEN_UNITS} <= q.most_units
              ORDER BY ${OPEN_UNITS} LIMIT ${NEAR_ITEMS_MAX})
             UNION ALL
             (SELECT i.item_id, 'less' FROM expected_item i
              WHERE ${SAME_SIDE} AND ${OPEN_UNITS} < q.units AND ${OPEN_UNITS} >= q.least_units
              ORDER BY ${OPEN_UNITS} DESC LIMIT ${NEAR_ITEMS_MAX})
           ) f`,
    values: [
      orgId,
      quests.map(({ line }) => line.id),
      quests.map(({ line }) => line.amount.currency),
      quests.map(({ line }) => line.direction),
      quests.map(({ line }) => line.amount.amountMinorUnits.toString()),
      quests.map(({ line }) => formatEpochDay(line.bookingDay)),
      quests.map(({ line }) => shareOf(line.amount.amountMinorUnits, 100 - NEAR_PERCENT)),
      quests.map(({ line }) => shareOf(line.amount.amountMinorUnits, 100 + NEAR_PERCENT)),
    ],
  });
  return rows;
}

function shareOf(units: bigint, percent: number): string {
  return ((units * BigInt(percent)) / 100n).toString();
}

/** Items of the parties that an entry may be of, those due around its day. */
async function findByParty(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<readonly FoundFor[]> {
  const wanted = quests.flatMap(({ line, partyKeys, counterpartyAccount }) => [
    ...partyKeys.map((key) =>
      key.startsWith('#')
        ? { line, column: 'key', value: key.slice(1) }
        : { line, column: 'fold', value: key },
    ),
    ...(counterpartyAccount === undefined
      ? []
      : [{ line, column: 'account', value: counterpartyAccount }]),
  ]);
  if (wanted.length === 0) return [];
  const { rows } = await client.query<FoundFor>({
    name: 'find-items-by-party',
    text: `SELECT q.entry_id, f.item_id, q.place || f.found AS found
           FROM unnest($2::text[], $3::bpchar[], $4::text[], $5::text[], $6::text[], $7::date[])
             WITH ORDINALITY AS q (entry_id, currency, side, kind, value, day, place)
           CROSS JOIN LATERAL (
             ${['fold', 'account', 'key'].map(partySearch).join('\nUNION ALL\n')}
           ) f`,
    values: [
      orgId,
      wanted.map(({ line }) => line.id),
      wanted.map(({ line }) => line.amount.currency),
      wanted.map(({ line }) => line.direction),
      wanted.map(({ column }) => column),
      wanted.map(({ value }) => value),
      wanted.map(({ line }) => formatEpochDay(line.bookingDay)),
    ],
  });
  return rows;
}

function partySearch(kind: string): string {
  const column = `i.counterparty_${kind}`;
  const of = `i.org_id = $1 AND q.kind = '${kind}' AND ${column} = q.value AND i.state = 'open'
    AND i.currency = q.currency AND i.credit_debit_indicator = q.side`;
  return `(SELECT i.item_id, ' before' AS found FROM expected_item i WHERE ${of}
      AND i.due_on <= q.day ORDER BY i.due_on DESC LIMIT ${PARTY_ITEMS_MAX})
    UNION ALL (SELECT i.item_id, ' after' FROM expected_item i WHERE ${of}
      AND i.due_on > q.day ORDER BY i.due_on LIMIT ${PARTY_ITEMS_MAX})
    UNION ALL (SELECT i.item_id, ' undated' FROM expected_item i WHERE ${of}
      AND i.due_on IS NULL LIMIT ${PARTY_ITEMS_MAX})`;
}

async function findByPayment(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<readonly Found[]> {
  const paymentIds = quests.flatMap(({ line }) => line.paymentId ?? []);
  if (paymentIds.length === 0) return [];
  const { rows } = await client.query<Found>({
    name: 'find-items-by-payment',
    text: `SELECT item_id FROM expected_item
           WHERE org_id = $1 AND payment_id = ANY($2::text[]) AND state = 'open' LIMIT 200`,
    values: [orgId, paymentIds],
  });
  return rows;
}

/** Open entries of the same amount on any account, either side, and of the same counterparty. */
async function findRivals(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<string[]> {
  const own = new Set(quests.map(({ line }) => line.id));
  const { rows } = await client.query<{ entry_id: string }>({
    name: 'find-rival-entries',
    text: `SELECT DISTINCT f.entry_id
           FROM unnest($2::text[], $3::bpchar[], $4::numeric[], $5::date[])
             AS q (fold, currency, units, day)
           CROSS JOIN LATERAL (
             (SELECT e.entry_id FROM entry e
              WHERE e.org_id = $1 AND e.currency = q.currency
                AND (e.amount_minor_units - e.matched_minor_units) = q.units
                AND e.match_state IN ('partial', 'suggested', 'unknown')
                AND e.booking_date BETWEEN q.day - 180 AND q.day + 180
                AND e.state IN ('booked', 'corrected')
              ORDER BY e.booking_date DESC LIMIT ${RIVALS_MAX})
             UNION ALL
             (SELECT e.entry_id FROM entry e
              WHERE e.org_id = $1 AND e.counterparty_fold = q.fold AND e.currency = q.currency
                AND e.match_state IN ('partial', 'suggested', 'unknown')
                AND e.booking_date BETWEEN q.day - 180 AND q.day + 180
                AND e.state IN ('booked', 'corrected')
              ORDER BY e.booking_date DESC LIMIT ${RIVALS_MAX})
           ) f`,
    values: [
      orgId,
      quests.map(({ counterpartyFold }) => counterpartyFold ?? null),
      quests.map(({ line }) => line.amount.currency),
      quests.map(({ line }) => line.amount.amountMinorUnits.toString()),
      quests.map(({ line }) => formatEpochDay(line.bookingDay)),
    ],
  });
  return rows.map((row) => row.entry_id).filter((entryId) => !own.has(entryId));
}

/** Entries for which a search ended at its limit: there may be more that nobody looked at. */
function findCut(
  quests: readonly CandidateQuest[],
  byAmount: readonly FoundFor[],
  byParty: readonly FoundFor[],
): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const note = (found: readonly FoundFor[]): void => {
    for (const { entry_id: entryId, found: where } of found) {
      const key = `${entryId}\n${where}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  };
  note(byAmount.filter(({ found }) => found !== 'more' && found !== 'less'));
  const cut = new Set<string>();
  for (const [key, count] of counts) {
    if (count >= AMOUNT_ITEMS_MAX) cut.add(key.split('\n')[0] ?? '');
  }
  counts.clear();
  note(byParty);
  for (const [key, count] of counts) {
    if (count >= PARTY_ITEMS_MAX) cut.add(key.split('\n')[0] ?? '');
  }
  return new Set(quests.map(({ line }) => line.id).filter((id) => cut.has(id)));
}

const PARTIES_PER_TOKEN = 40;

/** Folded names of our books that share words with a text, with the words that they share. */
export async function findParties(
  client: Queryable,
  orgId: string,
  tokens: readonly string[],
): Promise<readonly { readonly token: string; readonly fold: string }[]> {
  if (tokens.length === 0) return [];
  const { rows } = await client.query<{ token: string; fold: string }>({
    name: 'find-parties',
    text: `SELECT q.token, p.counterparty_fold AS fold FROM unnest($2::text[]) AS q (token)
           CROSS JOIN LATERAL (
             SELECT counterparty_fold FROM item_party_token
             WHERE org_id = $1 AND token = q.token
             ORDER BY counterparty_fold LIMIT ${PARTIES_PER_TOKEN}
           ) p`,
    values: [orgId, tokens],
  });
  // A word that so many names have says nothing about one of them.
  const counts = new Map<string, number>();
  for (const { token } of rows) counts.set(token, (counts.get(token) ?? 0) + 1);
  return rows.filter(({ token }) => (counts.get(token) ?? 0) < PARTIES_PER_TOKEN);
}
