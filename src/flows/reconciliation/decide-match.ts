import { CashbellError } from '#core/errors.ts';
import type { MatchId } from '#core/ids.ts';
import type { EntryLine, FeeProfile, ItemLine, MatchKind } from '#core/matches.ts';
import { formatDecimal } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { bandOf } from '#reconciliation/decision.ts';
import { changeAudited } from '#store/audited.ts';
import type { Queryable } from '#store/grants.ts';
import { requireGrant } from '#store/grants.ts';
import { noteAliases, noteBand } from '#store/match-aliases.ts';
import { loadEntryLines, loadItemLines } from '#store/match-lines.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import type { HeldLines } from '#store/match-locks.ts';
import { getMatchSettings, saveFeeProfiles } from '#store/match-settings.ts';
import { changeMatchStates, getMatch, insertMatches, lockMatches } from '#store/matches.ts';
import { loadSuggestionsOf } from '#store/matches-of-entries.ts';
import type { MatchLeg, StoredMatch } from '#store/matches.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import { dropStaleSuggestions } from '#store/stale-suggestions.ts';
import { spendTolerance } from '#store/tolerance-rules.ts';
import { aliasNotesOf } from './knowledge.ts';
import { isInLockedPeriod, linesOf, toleranceUsesOf } from './undo-matches.ts';

/** So much of an entry for so much of an item, as a person says it. */
export interface WantedAllocation {
  readonly entryId: string;
  readonly itemId: string;
  readonly entryAmount: Money;
  /** What it settles of the item; absent: the same amount. */
  readonly itemAmount?: Money | undefined;
}

/**
 * Says yes to a suggestion: its lines are used, and what the organisation knows of names, banks' fees and
 * its own precision grows by one decision.
 */
export async function confirmMatch(
  services: AdminServices,
  by: PersonActor,
  matchId: string,
): Promise<StoredMatch> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const { match, held } = await holdSuggestion(client, services, by, matchId);
    const [entries, items] = await loadBoth(client, by.orgId, match);
    refuseDead(held);
    refuseTooMuch(match.legs, held);
    await spendOn(client, by.orgId, match, held);
    const change = { state: 'standing', by: by.personId, now, isDecision: true } as const;
    await changeMatchStates(client, by.orgId, [matchId], change);
    const lines = linesOf([match]);
    await supersedeOthers(client, by.orgId, lines.entryIds, now);
    await settleLines(client, by.orgId, lines, now);
    await dropStaleSuggestions(client, by.orgId, lines.itemIds);
    await learn(client, by.orgId, { match, entries, items, isRight: true, now });
    const result = await requireMatch(client, by.orgId, matchId);
    return { result, audit: auditOf('match.confirmed', result) };
  });
}

/** Says no to a suggestion. It is remembered: the same lines are not suggested again soon. */
export async function refuseMatch(
  services: AdminServices,
  by: PersonActor,
  matchId: string,
): Promise<StoredMatch> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const { match } = await holdSuggestion(client, services, by, matchId);
    const [entries, items] = await loadBoth(client, by.orgId, match);
    const change = { state: 'refused', by: by.personId, now, isDecision: true } as const;
    await changeMatchStates(client, by.orgId, [matchId], change);
    await settleLines(client, by.orgId, linesOf([match]), now);
    await learn(client, by.orgId, { match, entries, items, isRight: false, now });
    const result = await requireMatch(client, by.orgId, matchId);
    return { result, audit: auditOf('match.refused', result) };
  });
}

/** Matches by hand: any entries with any items of one direction, split by amount as the person says. */
export async function matchByHand(
  services: AdminServices,
  by: PersonActor,
  wanted: readonly WantedAllocation[],
): Promise<StoredMatch> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const result = await postByHand(client, { ...by, now }, wanted, (held) =>
      requireAccounts(client, services, by, held),
    );
    return { result, audit: auditOf('match.made', result) };
  });
}

/**
 * The same in the caller's transaction, which writes the audit too. What the person may is asked by the
 * caller, with the lines in hand.
 */
export async function postByHand(
  client: Queryable,
  { orgId, personId, now }: PersonActor & { readonly now: Date },
  wanted: readonly WantedAllocation[],
  requireRight: (held: HeldLines) => Promise<void>,
): Promise<StoredMatch> {
  const legs = wanted.map(
    (allocation): MatchLeg => ({
      role: 'allocation',
      ...allocation,
      itemAmount: allocation.itemAmount ?? allocation.entryAmount,
    }),
  );
  const lines = linesOf([{ legs }]);
  const held = await holdLines(client, orgId, lines);
  refuseUnfit(legs, lines, held);
  await requireRight(held);
  refuseTooMuch(legs, held);
  const [entries, items] = await loadBoth(client, orgId, { legs });
  await supersedeOthers(client, orgId, lines.entryIds, now);
  const match = {
    kind: kindOf(lines),
    state: 'standing' as const,
    basis: 'person' as const,
    decision: 'person' as const,
    reasons: [],
    alternatives: [],
    decidedBy: personId,
    legs,
  };
  const [matchId] = await insertMatches(client, orgId, [match], now);
  await settleLines(client, orgId, lines, now);
  await dropStaleSuggestions(client, orgId, lines.itemIds);
  for (const notes of pairsOf(legs, entries, items)) {
    await noteAliases(client, orgId, aliasNotesOf(...notes), { isRight: true, now });
  }
  return requireMatch(client, orgId, matchId ?? '');
}

async function holdSuggestion(
  client: Queryable,
  services: AdminServices,
  by: PersonActor,
  matchId: string,
): Promise<{ readonly match: StoredMatch; readonly held: HeldLines }> {
  const seen = await requireMatch(client, by.orgId, matchId);
  const held = await holdLines(client, by.orgId, linesOf([seen]));
  await requireAccounts(client, services, by, held);
  const [match] = await lockMatches(client, by.orgId, [matchId]);
  if (match?.state !== 'suggested') {
    throw new CashbellError('match.stateChanged', { state: match?.state ?? 'undone' });
  }
  if (isInLockedPeriod(match, held)) {
    throw new CashbellError('match.periodLocked', { match: matchId });
  }
  return { match, held };
}

/** One match, or a refusal that says that there is none. */
export async function requireMatch(
  client: Queryable,
  orgId: string,
  matchId: string,
): Promise<StoredMatch> {
  const match = await getMatch(client, orgId, matchId);
  if (match) return match;
  throw new CashbellError('api.notFound', { what: 'match', id: matchId.slice(0, 60) });
}

async function requireAccounts(
  client: Queryable,
  services: AdminServices,
  by: PersonActor,
  { entries }: HeldLines,
): Promise<void> {
  const accountIds = new Set([...entries.values()].map(({ accountId }) => accountId));
  const at = services.now();
  for (const accountId of accountIds) {
    await requireGrant(client, { ...by, action: 'match.decide', accountId, at });
  }
  // A match of items alone is nobody's account: a right for all of them is needed.
  if (accountIds.size === 0) await requireGrant(client, { ...by, action: 'match.decide', at });
}

function loadBoth(
  client: Queryable,
  orgId: string,
  match: Pick<StoredMatch, 'legs'>,
): Promise<[EntryLine[], ItemLine[]]> {
  const { entryIds, itemIds } = linesOf([match]);
  return Promise.all([
    loadEntryLines(client, orgId, entryIds),
    loadItemLines(client, orgId, itemIds),
  ]);
}

function kindOf({ entryIds, itemIds }: ReturnType<typeof linesOf>): MatchKind {
  if (entryIds.length > 1) return itemIds.length > 1 ? 'manyToMany' : 'split';
  return itemIds.length > 1 ? 'batch' : 'single';
}

function refuseUnfit(
  legs: readonly MatchLeg[],
  lines: ReturnType<typeof linesOf>,
  { entries, items }: HeldLines,
): void {
  for (const entryId of lines.entryIds) {
    const entry = entries.get(entryId);
    if (!entry) throw new CashbellError('api.notFound', { what: 'entry', id: entryId });
    if (entry.isLocked) throw new CashbellError('match.periodLocked', { match: entryId });
    if (entry.state !== 'booked' && entry.state !== 'corrected') {
      throw new CashbellError('match.stateChanged', { state: entry.state });
    }
  }
  for (const itemId of lines.itemIds) {
    const item = items.get(itemId);
    if (!item) throw new CashbellError('api.notFound', { what: 'item', id: itemId });
    if (item.state !== 'open') throw new CashbellError('match.stateChanged', { state: item.state });
  }
  const problem = legs.length === 0 ? 'nothing is allocated' : legs.map(problemOf(entries, items));
  const first = typeof problem === 'string' ? problem : problem.find((each) => each !== undefined);
  if (first !== undefined) throw new CashbellError('match.notAllocatable', { problem: first });
}

/** A suggestion is as old as its lines: they may have been taken back, cancelled or exempted since. */
function refuseDead({ entries, items }: HeldLines): void {
  for (const { state, matchState } of entries.values()) {
    const isLive = state === 'booked' || state === 'corrected';
    if (!isLive) throw new CashbellError('match.stateChanged', { state });
    if (matchState === 'exempt') throw new CashbellError('match.stateChanged', { state: 'exempt' });
  }
  for (const { state } of items.values()) {
    if (state !== 'open') throw new CashbellError('match.stateChanged', { state });
  }
}

function problemOf(entries: HeldLines['entries'], items: HeldLines['items']) {
  return ({ entryId, itemId, entryAmount, itemAmount }: MatchLeg): string | undefined => {
    const [entry, item] = [entries.get(entryId ?? ''), items.get(itemId ?? '')];
    if (!entry || !item || !entryAmount || !itemAmount) return 'a line is missing';
    if (entry.direction !== item.direction) return 'the lines differ in direction';
    if (entryAmount.currency !== entry.open.currency) return 'not the currency of the entry';
    if (itemAmount.currency !== item.open.currency) return 'not the currency of the item';
    if (entryAmount.amountMinorUnits <= 0n || itemAmount.amountMinorUnits <= 0n) {
      return 'an amount must be more than nothing';
    }
    const isElsewhere = item.accountId !== undefined && item.accountId !== entry.accountId;
    return isElsewhere ? 'only another account can settle the item' : undefined;
  };
}

function refuseTooMuch(legs: readonly MatchLeg[], { entries, items }: HeldLines): void {
  const wanted = new Map<string, bigint>();
  const want = (id: string | undefined, amount: Money | undefined): void => {
    if (id !== undefined && amount) {
      wanted.set(id, (wanted.get(id) ?? 0n) + amount.amountMinorUnits);
    }
  };
  for (const leg of legs) {
    want(leg.entryId, leg.entryAmount);
    want(leg.itemId, leg.itemAmount);
  }
  for (const [id, units] of wanted) {
    const open = (entries.get(id) ?? items.get(id))?.open;
    if (open && units <= open.amountMinorUnits) continue;
    throw new CashbellError('match.amountExceeded', {
      line: id,
      open: open ? `${open.currency} ${formatDecimal(open)}` : '0',
    });
  }
}

/** A person's yes passes no more under a rule than its limit and its day allow. */
async function spendOn(
  client: Queryable,
  orgId: string,
  match: StoredMatch,
  held: HeldLines,
): Promise<void> {
  for (const use of toleranceUsesOf(match, held)) {
    if (await spendTolerance(client, orgId, use)) continue;
    throw new CashbellError('match.amountExceeded', { line: use.ruleId, open: '0' });
  }
}

async function supersedeOthers(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
  now: Date,
): Promise<void> {
  const others = await loadSuggestionsOf(client, orgId, entryIds);
  await changeMatchStates(
    client,
    orgId,
    others.map(({ matchId }) => matchId),
    { state: 'superseded', by: 'system', now },
  );
}

interface Lesson {
  readonly match: StoredMatch;
  readonly entries: readonly EntryLine[];
  readonly items: readonly ItemLine[];
  readonly isRight: boolean;
  readonly now: Date;
}

/** Turns one decision of a person into what the next matching knows. */
async function learn(client: Queryable, orgId: string, lesson: Lesson): Promise<void> {
  const { match, entries, items, isRight, now } = lesson;
  const { basis, suggestedProbability: probability } = match;
  if (probability !== undefined && basis !== 'person') {
    await noteBand(client, orgId, { basis, band: bandOf(probability), isRight });
  }
  for (const notes of pairsOf(match.legs, entries, items)) {
    await noteAliases(client, orgId, aliasNotesOf(...notes), { isRight, now });
  }
  if (isRight) await learnFees(client, orgId, match, entries);
}

function pairsOf(
  legs: readonly MatchLeg[],
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
): [EntryLine, ItemLine][] {
  return legs.flatMap(({ role, entryId, itemId }) => {
    const entry = entries.find(({ id }) => id === entryId);
    const item = items.find(({ id }) => id === itemId);
    return role === 'allocation' && entry && item ? [[entry, item] as [EntryLine, ItemLine]] : [];
  });
}

/** What a bank kept of a transfer, once somebody said that it did. */
async function learnFees(
  client: Queryable,
  orgId: string,
  match: StoredMatch,
  entries: readonly EntryLine[],
): Promise<void> {
  const fees = match.legs.filter(({ role, residual }) => role === 'fee' && residual);
  if (fees.length === 0) return;
  const profiles: FeeProfile[] = [...(await getMatchSettings(client, orgId)).feeProfiles];
  for (const { residual, entryId } of fees) {
    const accountId = entries.find(({ id }) => id === (entryId ?? entries[0]?.id))?.accountId;
    if (!residual || accountId === undefined) continue;
    const size = residual.amountMinorUnits;
    const feeMinorUnits = size < 0n ? -size : size;
    const { currency } = residual;
    const at = profiles.findIndex(
      (profile) =>
        profile.accountId === accountId &&
        profile.currency === currency &&
        profile.feeMinorUnits === feeMinorUnits,
    );
    const seen = (profiles[at]?.seen ?? 0) + 1;
    profiles.splice(at < 0 ? profiles.length : at, at < 0 ? 0 : 1, {
      accountId,
      currency,
      feeMinorUnits,
      seen,
    });
  }
  await saveFeeProfiles(client, orgId, profiles);
}

/** What the audit says of a match: its lines and amounts, in plain words. */
export function auditOf(action: string, match: StoredMatch) {
  const { matchId, kind, state, basis, decision, legs } = match;
  const said = (amount: Money | undefined): string | undefined =>
    amount && `${amount.currency} ${formatDecimal(amount)}`;
  return {
    action,
    subject: matchId satisfies MatchId,
    after: {
      kind,
      state,
      basis,
      decision,
      legs: legs.map((leg) => ({
        role: leg.role,
        entryId: leg.entryId,
        itemId: leg.itemId,
        entryAmount: said(leg.entryAmount),
        itemAmount: said(leg.itemAmount),
        residual: said(leg.residual),
      })),
    },
  };
}
