import type { ClaimAct } from '#core/claims.ts';
import { changesCard } from '#core/claims.ts';
import { instantFromMs } from '#core/dates.ts';
import type { ClaimFact, EntryFact } from '#core/events.ts';
import { isEntryFact } from '#core/events.ts';
import type { DestinationId, RouteId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { loadSuggestedItems } from '#store/claim-items.ts';
import type { ClaimSettings } from '#store/claim-settings.ts';
import type { Claim } from '#store/claims.ts';
import type { DirectoryOrg } from '#store/directory.ts';
import type { NewNotice } from '#store/events.ts';
import type { Queryable } from '#store/grants.ts';
import { personsWhoMay } from '#store/grants.ts';
import { loadEarlierTellings, loadNewestFact } from '#store/notices.ts';
import { parseLanguage } from '#store/orgs.ts';
import { findPersons, requirePerson } from '#store/persons.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Announcer, OrgFact } from '../notification/announce.ts';
import { showsCards } from '../notification/live-cards.ts';

/** Notices of claims come from no route of the tree; this stands in its place. */
const CLAIM_ROUTE: RouteId = 'rte_claims';

/** What is told of a claim as it stands. */
export async function claimFactOf(
  client: Transaction['client'],
  claim: Claim,
  at: Date,
): Promise<ClaimFact> {
  const { orgId, life } = claim;
  const entry = await entryFactOf(client, claim);
  const isWaiting = life.state !== 'confirmed' && life.state !== 'closed';
  const suggestions = isWaiting ? await loadSuggestedItems(client, claim) : [];
  const words = [...life.parties.map(({ personId }) => personId), claim.settledBy ?? ''];
  const persons = await findPersons(client, orgId, words);
  const nameOf = (word: string): string => persons.get(word)?.name ?? word;
  return {
    kind: 'claim.changed',
    claimId: claim.claimId,
    number: claim.number,
    version: claim.version,
    state: life.state,
    at: instantFromMs(at.getTime()),
    accountId: claim.accountId,
    connectionId: entry.connectionId,
    environment: entry.environment,
    entry,
    suggestions,
    parties: life.parties.map(({ personId, subject, note }) => ({
      personId,
      name: nameOf(personId),
      claimedFor: subject.text,
      ...(subject.isNotOurs ? { isNotOurs: true } : {}),
      ...(note === undefined ? {} : { note }),
    })),
    ...(life.dueAtMs === undefined ? {} : { until: instantFromMs(life.dueAtMs) }),
    ...(claim.settledBy === undefined ? {} : { confirmedBy: nameOf(claim.settledBy) }),
    ...(claim.ending === undefined ? {} : { ending: claim.ending }),
  };
}

/**
 * The receipt as it was told last, without what it may belong to, for that is what is asked about, and
 * without the balance: whoever may claim a receipt need not know what the company has.
 */
async function entryFactOf(
  client: Transaction['client'],
  { orgId, entryId }: Claim,
): Promise<EntryFact> {
  const newest = await loadNewestFact(client, orgId, entryId);
  if (!newest || !isEntryFact(newest.fact)) throw new Error(`nothing was told of ${entryId}`);
  const { match: _match, balanceAfter: _balance, ...entry } = newest.fact;
  return entry;
}

interface Telling {
  readonly claim: Claim;
  readonly act: ClaimAct;
  readonly settings: ClaimSettings;
  readonly at: Date;
}

/**
 * Everything to be told after an act: the card of the group, the owner where people must decide, and a
 * message where a card alone would change without anybody noticing.
 */
export async function factsAfter(
  { client }: Transaction,
  announcer: Announcer,
  { claim, act, settings, at }: Telling,
): Promise<OrgFact[]> {
  const { orgId } = claim;
  const org = await announcer.directory.org(orgId);
  const fact = await claimFactOf(client, claim, at);
  const isUrgent = claim.life.state === 'conflict' || act === 'escalated';
  const group = toNotice(claim.destinationId, claim.language, isUrgent);
  const owners = isUrgent ? await ownersOf(client, org, claim, { settings, at }) : [];
  if (!changesCard(act)) {
    return [{ orgId, fact: { ...fact, kind: 'claim.reminder' }, to: [group, ...owners] }];
  }
  const known = await followersOf(client, org, claim);
  const to = new Map(
    [...known, ...owners, group].map((notice) => [notice.destinationId, notice] as const),
  );
  const facts: OrgFact[] = [{ orgId, fact, to: [...to.values()] }];
  // What time did to a claim would otherwise change a card that nobody looks at.
  const isNoiseless = act === 'expired' || act === 'escalated';
  if (isNoiseless && hasCard(org, claim.destinationId)) {
    facts.push({ orgId, fact: { ...fact, kind: 'claim.reminder' }, to: [group] });
  }
  return facts;
}

function hasCard(org: DirectoryOrg, destinationId: string): boolean {
  const destination = org.destinations.get(destinationId);
  return destination !== undefined && showsCards(org, destination, 'pressed');
}

function toNotice(destinationId: DestinationId, language: Language, isUrgent: boolean): NewNotice {
  const lane = isUrgent ? 'urgent' : 'normal';
  return { destinationId, language, lane, routeId: CLAIM_ROUTE, detail: 'full', mentions: [] };
}

/** Cards of the claim that stand elsewhere, such as an owner's, are kept true. */
async function followersOf(
  client: Transaction['client'],
  org: DirectoryOrg,
  { orgId, claimId, destinationId }: Claim,
): Promise<NewNotice[]> {
  const tellings = await loadEarlierTellings(client, orgId, claimId);
  return tellings
    .filter((earlier) => earlier.destinationId !== destinationId)
    .filter((earlier) => hasCard(org, earlier.destinationId))
    .map((earlier) => toNotice(earlier.destinationId, earlier.language, false));
}

/**
 * Who is told where people must decide: the finance owner; where none is named, everybody who may
 * confirm claims of the account. Personally, so only those who have a place for it.
 */
async function ownersOf(
  client: Queryable,
  org: DirectoryOrg,
  { orgId, accountId }: Claim,
  { settings, at }: Pick<Telling, 'settings' | 'at'>,
): Promise<NewNotice[]> {
  const { ownerPersonId } = settings;
  const rights = { action: 'claim.confirm', accountId, at: instantFromMs(at.getTime()) } as const;
  const ids =
    ownerPersonId === undefined
      ? await personsWhoMay(client, { orgId, ...rights })
      : [ownerPersonId];
  const notices: NewNotice[] = [];
  for (const personId of ids) {
    const place = await placeOfPerson(client, org, personId);
    if (place) notices.push(place);
  }
  return notices;
}

/** Where a person is told personally, in their own language. */
async function placeOfPerson(
  client: Queryable,
  org: DirectoryOrg,
  personId: string,
): Promise<NewNotice | undefined> {
  const person = (await findPersons(client, org.orgId, [personId])).get(personId);
  const userId = person?.dingtalkUserId;
  if (!person || person.isRemoved || userId === undefined) return undefined;
  const { language } = await requirePerson(client, org.orgId, personId);
  const place = [...org.destinations.values()].find(
    ({ config }) => config.kind === 'person' && config.userId === userId,
  );
  return place && toNotice(place.destinationId, parseLanguage(language ?? org.language), true);
}
