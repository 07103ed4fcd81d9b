import { epochDayOf } from '#core/epoch-day.ts';
import { dayIn, instantFromMs } from '#core/dates.ts';
import type {
  EntryLine,
  ExchangeRate,
  ItemLine,
  MatchKnowledge,
  MatchSettings,
  OwnAccount,
} from '#core/matches.ts';
import { parseCurrency } from '#core/money.ts';
import { defaultMatchSettings } from '#reconciliation/match-settings.ts';
import { foldAliasText } from '#reconciliation/memory.ts';
import type { DirectoryOrg } from '#store/directory.ts';
import type { Queryable } from '#store/grants.ts';
import { loadAliases, loadBands, loadRefusals, toEngineAlias } from '#store/match-aliases.ts';
import type { AliasNote, StoredAlias } from '#store/match-aliases.ts';
import type { StoredMatchSettings } from '#store/match-settings.ts';
import { loadToleranceRules, loadToleranceUses } from '#store/tolerance-rules.ts';

/** Search of one ring; a run in the background may take longer. */
const RING_WORK = { workPerSearch: 50_000, workMax: 400_000 };
const RATES_MAX = 400;

/** What the engine is told besides the lines. */
export interface MatchContext {
  readonly settings: MatchSettings;
  readonly knowledge: MatchKnowledge;
}

/** Loads what the organisation set and what its decisions taught; for some entries, or for all. */
export async function loadMatchContext(
  client: Queryable,
  org: DirectoryOrg,
  stored: StoredMatchSettings,
  options: {
    readonly now: Date;
    readonly entries?: readonly EntryLine[];
    readonly aliases?: readonly StoredAlias[];
  },
): Promise<MatchContext> {
  const { orgId } = org;
  const { entries, now } = options;
  const entryIds = entries?.map(({ id }) => id);
  const days = entries && [...new Set(entries.map(({ bookingDay }) => bookingDay))];
  const [tolerances, toleranceUses, refusals, bands, rates, aliases] = await Promise.all([
    loadToleranceRules(client, orgId),
    loadToleranceUses(client, orgId, days),
    loadRefusals(client, orgId, entryIds),
    loadBands(client, orgId),
    loadRates(client, orgId),
    options.aliases ?? loadAliases(client, orgId),
  ]);
  return {
    settings: {
      ...defaultMatchSettings(epochDayOf(dayIn(instantFromMs(now.getTime()), org.zone))),
      statedPrecision: stored.statedPrecision,
      windowDays: { early: stored.daysBefore, late: stored.daysAfter },
      tolerances,
      feeProfiles: stored.feeProfiles,
      ownAccounts: ownAccountsOf(org),
      rates,
      paymentCodeTemplates: stored.paymentCodeTemplates,
      ...(entries ? RING_WORK : {}),
    },
    knowledge: {
      aliases: aliases.flatMap((alias) => toEngineAlias(alias) ?? []),
      refusals,
      bands,
      toleranceUses,
    },
  };
}

function ownAccountsOf(org: DirectoryOrg): OwnAccount[] {
  return [...org.accounts.values()].map(({ accountId, currency, number }) => ({
    accountId,
    currency,
    identifiers: [number],
    names: [org.name],
  }));
}

/** Rates that people entered, the newest of each day; reports use the same ones. */
async function loadRates(client: Queryable, orgId: string): Promise<ExchangeRate[]> {
  const { rows } = await client.query<{
    base: string;
    quote: string;
    rate: string;
    source: string;
    as_of: Date;
  }>({
    name: 'load-match-rates',
    text: `SELECT base, quote, rate, source, as_of FROM exchange_rate WHERE org_id = $1
           ORDER BY as_of DESC, recorded_at DESC LIMIT ${RATES_MAX}`,
    values: [orgId],
  });
  return rows.map((row) => ({
    from: parseCurrency(row.base),
    to: parseCurrency(row.quote),
    rate: row.rate,
    source: row.source,
    day: epochDayOf(dayIn(instantFromMs(row.as_of.getTime()), 'UTC')),
  }));
}

/** How the bank writes who stands on the other side; the keys under which aliases are kept. */
export function bankKeysOf(entry: EntryLine): readonly string[] {
  const { counterpartyName, counterpartyAccount, text } = entry;
  const keys = [
    ...(counterpartyName === undefined ? [] : [`name:${foldAliasText('name', counterpartyName)}`]),
    ...(counterpartyAccount === undefined
      ? []
      : [`account:${foldAliasText('account', counterpartyAccount)}`]),
  ];
  const folded = foldAliasText('text', text);
  if (folded !== '' && folded.length <= ALIAS_TEXT_MAX) keys.push(`text:${folded}`);
  return keys.filter((key) => !key.endsWith(':'));
}

const ALIAS_TEXT_MAX = 200;

/** What a decision about an entry and an item says of the writings on the entry. */
export function aliasNotesOf(entry: EntryLine, item: ItemLine): readonly AliasNote[] {
  const partyKey = item.counterpartyKey;
  if (partyKey === undefined) return [];
  return bankKeysOf(entry).map((bankKey) => ({ bankKey, partyKey }));
}
