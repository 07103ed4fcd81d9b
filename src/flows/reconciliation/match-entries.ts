import { epochDayOf } from '#core/epoch-day.ts';
import type { EntryMatch } from '#core/events.ts';
import type { EntryId } from '#core/ids.ts';
import { reason } from '#core/match-reasons.ts';
import type { EntryLine, MatchSettings, ProposedMatch } from '#core/matches.ts';
import { foldLine } from '#reconciliation/fold-text.ts';
import { matchLines } from '#reconciliation/match.ts';
import type { Directory, DirectoryOrg } from '#store/directory.ts';
import type { RecordedVersion } from '#store/entries.ts';
import type { Queryable } from '#store/grants.ts';
import { loadAliases } from '#store/match-aliases.ts';
import { findParties, loadCandidates } from '#store/match-candidates.ts';
import type { CandidateQuest } from '#store/match-candidates.ts';
import { loadMatchSettings } from '#store/match-settings.ts';
import type { StoredMatchSettings } from '#store/match-settings.ts';
import { loadEntryMatches } from '#store/match-told.ts';
import type { Transaction } from '#store/transaction.ts';
import type { EntryLinks } from '../payment/link-entries.ts';
import { expectDebitsOf } from './expect-payments.ts';
import { bankKeysOf, loadMatchContext } from './knowledge.ts';
import { foldAccountText, foldParty, keysOfEntry, nameTokensOf } from './line-keys.ts';
import { postMatches } from './post-matches.ts';
import { releaseChanged } from './release-changed.ts';

export interface MatchEntriesOptions {
  readonly directory: Directory;
  readonly now: Date;
  readonly links: EntryLinks;
  /** Matching failed; the entries ring without, and the worker matches them later. */
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

/** What recorded entries belong to, as far as that was found in time. */
export type EntryMatches = ReadonlyMap<EntryId, EntryMatch>;

/** As many as one batch of pushes brings; more are a statement, and the worker matches the others. */
const ENTRIES_MAX = 64;
/** After so long the other organisations of a batch ring without. */
const BATCH_MAX_MS = 1_000;
/** One statement may take so long, or wait so long for a row that somebody else holds. */
const STATEMENT_MAX_MS = 400;
const LOCK_MAX_MS = 150;

/**
 * Matches what was just recorded, in the transaction that records it and before it is told, so that the
 * ring of a receipt says what it pays. It never keeps a ring from going out: each statement is bounded,
 * and whatever fails is undone up to here, told without, and matched later by the worker.
 */
export async function matchEntries(
  transaction: Pick<Transaction, 'client'>,
  versions: readonly RecordedVersion[],
  options: MatchEntriesOptions,
): Promise<EntryMatches> {
  const { client } = transaction;
  const orgIds = [...new Set(versions.map(({ orgId }) => orgId))].toSorted();
  if (orgIds.length === 0) return new Map();
  await expectLinked(client, versions, options);
  const settings = await loadMatchSettings(client, orgIds);
  // Most organisations of a service may expect nothing; they pay for one look-up by key.
  if (settings.size === 0) return new Map();
  const [usual] = await Promise.all([
    readLimits(client),
    client.query('SAVEPOINT matching'),
    setLimits(client, LIMITS),
  ]);
  try {
    const matches = new Map<EntryId, EntryMatch>();
    const endsAtMs = performance.now() + BATCH_MAX_MS;
    for (const orgId of orgIds) {
      const stored = settings.get(orgId);
      if (!stored) continue;
      if (performance.now() > endsAtMs) {
        await wakeWorkers(client, orgId);
        continue;
      }
      const own = versions.filter((version) => version.orgId === orgId);
      const org = await options.directory.org(orgId);
      const told = await matchOrg(client, org, stored, own, options);
      for (const { entryId } of own) {
        const match = told.get(entryId);
        if (match) matches.set(entryId, match);
      }
    }
    await Promise.all([setLimits(client, usual), client.query('RELEASE SAVEPOINT matching')]);
    return matches;
  } catch (error) {
    // Where the transaction itself is broken this fails as well, and with it the recording.
    await client.query('ROLLBACK TO SAVEPOINT matching');
    for (const orgId of settings.keys()) await wakeWorkers(client, orgId);
    options.onProblem?.(error);
    return new Map();
  }
}

/** Payments of ours are expected by themselves, also where nothing else is. */
async function expectLinked(
  client: Queryable,
  versions: readonly RecordedVersion[],
  { links, now }: MatchEntriesOptions,
): Promise<void> {
  if (links.size === 0) return;
  const byOrg = new Map<string, string[]>();
  for (const { orgId, entryId } of versions) {
    const link = links.get(entryId);
    if (link?.role !== 'settlement') continue;
    byOrg.set(orgId, [...(byOrg.get(orgId) ?? []), link.paymentId]);
  }
  for (const [orgId, paymentIds] of byOrg) await expectDebitsOf(client, orgId, paymentIds, now);
}

interface Limits {
  readonly statement: string;
  readonly lock: string;
  readonly jit: string;
  readonly plans: string;
}

/** Every look-up goes along an index: to compile it or to plan it anew would take longer than it does. */
const LIMITS: Limits = {
  statement: `${STATEMENT_MAX_MS}ms`,
  lock: `${LOCK_MAX_MS}ms`,
  jit: 'off',
  plans: 'force_generic_plan',
};

async function setLimits(client: Queryable, limits: Limits): Promise<void> {
  await client.query({
    name: 'set-match-limits',
    text: `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
                  set_config('jit', $3, true), set_config('plan_cache_mode', $4, true)`,
    values: [limits.statement, limits.lock, limits.jit, limits.plans],
  });
}

/** What holds without us, and again after us. */
async function readLimits(client: Queryable): Promise<Limits> {
  const { rows } = await client.query<Limits>({
    name: 'read-match-limits',
    text: `SELECT current_setting('statement_timeout') AS statement,
                  current_setting('lock_timeout') AS lock, current_setting('jit') AS jit,
                  current_setting('plan_cache_mode') AS plans`,
  });
  const [row] = rows;
  if (!row) throw new Error('the server has no time limits');
  return row;
}

async function matchOrg(
  client: Queryable,
  org: DirectoryOrg,
  stored: StoredMatchSettings,
  versions: readonly RecordedVersion[],
  options: MatchEntriesOptions,
): Promise<ReadonlyMap<string, EntryMatch>> {
  const { orgId } = org;
  const { now } = options;
  await releaseChanged(client, orgId, versions, now);
  const latest = new Map(versions.map((version) => [version.entryId, version]));
  const live = [...latest.values()].filter(isMatchable);
  const fresh = live.slice(-ENTRIES_MAX);
  if (fresh.length < live.length) await wakeWorkers(client, orgId);
  const lines = await linesOf(client, orgId, fresh, options.links);
  await matchOpenEntries(client, org, stored, lines, now);
  const told = fresh.map(({ entryId }) => entryId);
  return loadEntryMatches(client, orgId, told, stored);
}

/** What was left is matched by a worker as soon as this transaction is committed. */
async function wakeWorkers(client: Queryable, orgId: string): Promise<void> {
  await client.query("SELECT pg_notify('cashbell_matching', $1)", [orgId]);
}

/** A pending movement may never come; what was taken back settles nothing. */
function isMatchable({ state }: RecordedVersion): boolean {
  return state === 'booked' || state === 'corrected';
}

/** The new entries as lines, less those that a standing match has used already. */
async function linesOf(
  client: Queryable,
  orgId: string,
  versions: readonly RecordedVersion[],
  links: EntryLinks,
): Promise<EntryLine[]> {
  const known = versions.filter(({ version }) => version > 1).map(({ entryId }) => entryId);
  const used = await loadUsed(client, orgId, known);
  return versions
    .map((version) => toLine(version, links))
    .map((line) => {
      const units = line.amount.amountMinorUnits - (used.get(line.id) ?? 0n);
      return { ...line, amount: { ...line.amount, amountMinorUnits: units } };
    })
    .filter(({ amount }) => amount.amountMinorUnits > 0n);
}

async function loadUsed(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (entryIds.length === 0) return new Map();
  const { rows } = await client.query<{ entry_id: string; used: string }>({
    name: 'load-used-of-entries',
    // An exempt entry is used up by what a person said of it.
    text: `SELECT entry_id, CASE WHEN match_state = 'exempt' THEN amount_minor_units
                                 ELSE matched_minor_units END AS used
           FROM entry WHERE org_id = $1 AND entry_id = ANY($2::text[])`,
    values: [orgId, entryIds],
  });
  return new Map(rows.map((row) => [row.entry_id, BigInt(row.used)]));
}

function toLine({ entryId, accountId, report }: RecordedVersion, links: EntryLinks): EntryLine {
  const link = links.get(entryId);
  const { endToEndId, creditorReference, accountServicerReference, counterparty } = report;
  return {
    id: entryId,
    accountId,
    direction: report.creditDebitIndicator,
    amount: report.amount,
    bookingDay: epochDayOf(report.bookingDate),
    text: report.remittanceInformation,
    counterpartyName: counterparty?.name,
    counterpartyAccount: counterparty?.account,
    references: [endToEndId, creditorReference, accountServicerReference].filter(
      (reference) => reference !== undefined,
    ),
    paymentId: link?.role === 'settlement' ? link.paymentId : undefined,
    ...(link?.role === 'return' ? { isReversal: true } : {}),
  };
}

/**
 * Matches some open entries against what is found around them by index, and writes the outcome. What
 * only others have to do with is left to their own turn.
 */
export async function matchOpenEntries(
  client: Queryable,
  org: DirectoryOrg,
  stored: StoredMatchSettings,
  lines: readonly EntryLine[],
  now: Date,
): Promise<void> {
  if (lines.length === 0) return;
  const { orgId } = org;
  const aliases = await loadAliases(client, orgId, [...new Set(lines.flatMap(bankKeysOf))]);
  const quests = await toQuests(client, orgId, lines, aliases);
  const candidates = await loadCandidates(client, orgId, quests);
  const entries = [...lines, ...candidates.rivals];
  const context = await loadMatchContext(client, org, stored, { now, entries, aliases });
  const { matches } = matchLines(entries, candidates.items, context.settings, context.knowledge);
  const own = new Set(lines.map(({ id }) => id));
  const concerned = matches
    .filter(({ entryIds }) => entryIds.some((id) => own.has(id)))
    .map((match) => demote(match, stored, context.settings, candidates.cutEntryIds));
  await saveFolds(client, orgId, quests);
  await postMatches(
    client,
    { orgId, now, by: 'system' },
    {
      matches: concerned,
      entries: new Map(entries.map((line) => [line.id, line])),
      items: new Map(candidates.items.map((item) => [item.id, item])),
      lookedAt: [...own],
    },
  );
}

/** Takes the decision from a match where the organisation wants to decide, or not all was seen. */
export function demote(
  match: ProposedMatch,
  stored: StoredMatchSettings,
  settings: Pick<MatchSettings, 'statedPrecision'>,
  cut: ReadonlySet<string>,
): ProposedMatch {
  if (match.decision !== 'automatic' || match.kind === 'payment') return match;
  if (!stored.isAutomatic) {
    return { ...match, decision: 'suggested', whyNotAutomatic: reason('why.automaticOff') };
  }
  // An exact key is looked up whole; everything else is only as unique as what was looked at.
  const isWhole = match.basis === 'exactKey' || !match.entryIds.some((id) => cut.has(id));
  if (isWhole) return match;
  const wanted = String(settings.statedPrecision);
  return {
    ...match,
    decision: 'suggested',
    isUnique: false,
    whyNotAutomatic: reason('why.budgetSpent', { wanted }),
  };
}

async function toQuests(
  client: Queryable,
  orgId: string,
  lines: readonly EntryLine[],
  aliases: Awaited<ReturnType<typeof loadAliases>>,
): Promise<CandidateQuest[]> {
  const texts = lines.map((line) => ({
    line,
    tokens: nameTokensOf(foldLine(`${line.counterpartyName ?? ''} ${line.text}`)),
  }));
  const found = await findParties(client, orgId, [
    ...new Set(texts.flatMap(({ tokens }) => tokens)),
  ]);
  return texts.map(({ line, tokens }) => {
    const fold = foldParty(line.counterpartyName);
    const keys = new Set(bankKeysOf(line));
    const known = aliases.filter(({ bankKey }) => keys.has(bankKey));
    return {
      line,
      keys: keysOfEntry(line),
      counterpartyFold: fold,
      counterpartyAccount:
        line.counterpartyAccount === undefined
          ? undefined
          : foldAccountText(line.counterpartyAccount),
      partyKeys: [
        ...new Set([
          ...(fold === undefined ? [] : [fold]),
          ...known.map(({ partyKey }) => partyKey),
          ...likeliestParties(found, tokens),
        ]),
      ],
    };
  });
}

const PARTIES_MAX = 6;

/** Names that share the most letters with a text, by whole words. */
function likeliestParties(
  found: readonly { readonly token: string; readonly fold: string }[],
  tokens: readonly string[],
): string[] {
  const letters = new Map<string, number>();
  for (const { token, fold } of found) {
    if (tokens.includes(token)) letters.set(fold, (letters.get(fold) ?? 0) + token.length);
  }
  return [...letters.entries()]
    .sort(([left, more], [right, less]) => less - more || (left < right ? -1 : 1))
    .slice(0, PARTIES_MAX)
    .map(([fold]) => fold);
}

/** By them later entries of the same party find this one. */
async function saveFolds(
  client: Queryable,
  orgId: string,
  quests: readonly CandidateQuest[],
): Promise<void> {
  const known = quests.filter(({ counterpartyFold }) => counterpartyFold !== undefined);
  if (known.length === 0) return;
  await client.query({
    name: 'save-counterparty-folds',
    text: `UPDATE entry e SET counterparty_fold = q.fold
           FROM unnest($2::text[], $3::text[]) AS q (entry_id, fold)
           WHERE e.org_id = $1 AND e.entry_id = q.entry_id
             AND e.counterparty_fold IS DISTINCT FROM q.fold`,
    values: [
      orgId,
      known.map(({ line }) => line.id),
      known.map(({ counterpartyFold }) => counterpartyFold),
    ],
  });
}
