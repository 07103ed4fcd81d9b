import type { Connector } from '#connectors/contract.ts';
import { dayIn, instantFromMs } from '#core/dates.ts';
import type { AlertFact, EntryFact, Fact, PaymentFact, RoutedFact } from '#core/events.ts';
import { isDirectFact, isPaymentFact } from '#core/events.ts';
import type { DestinationId, OrgId } from '#core/ids.ts';
import type { RouteMatch } from '#routing/match.ts';
import type { Directory, DirectoryOrg } from '#store/directory.ts';
import { instantOf, saveEvents } from '#store/events.ts';
import type { NewEvent, NewNotice } from '#store/events.ts';
import type { RecordOutcome, RecordedVersion } from '#store/entries.ts';
import type { Transaction } from '#store/transaction.ts';
import type { EntryLinks } from '../payment/link-entries.ts';
import type { EntryMatches } from '../reconciliation/match-entries.ts';
import { paymentNotices } from './payment-notices.ts';
import { treeOfRows } from './routing-tree.ts';
import type { OrgTree } from './routing-tree.ts';

/** A destination that has something new to tell. */
export interface Ring {
  readonly orgId: OrgId;
  readonly destinationId: DestinationId;
}

/** Knows who is told of what. */
export interface Announcer {
  readonly directory: Directory;
  readonly connectorOf: (id: string) => Connector | undefined;
  /** Told of every movement that is not history, for the metrics of the bank's own delay. */
  readonly onMovement?: (fact: EntryFact) => void;
  /** Told of whoever asked for a payment and has no place yet where to be told personally. */
  readonly onNewMaker?: (maker: NewMaker) => void;
}

/** Somebody who should be told personally. */
export interface NewMaker {
  readonly orgId: OrgId;
  readonly userId: string;
  readonly name: string;
}

export interface OrgFact {
  readonly orgId: OrgId;
  readonly fact: Fact;
  /** Movements of before the account was connected are recorded without a word. */
  readonly isHistory?: boolean;
  /** Who is told of a claim or report: it was asked there, or ordered for there. */
  readonly to?: readonly NewNotice[];
}

/** What else is known of entries when they are told. */
export interface KnownOfEntries {
  readonly links?: EntryLinks;
  readonly matches?: EntryMatches;
}

/** What is to be told of recorded versions. */
export async function factsOfRecorded(
  announcer: Announcer,
  outcome: RecordOutcome,
  { links, matches }: KnownOfEntries = {},
): Promise<OrgFact[]> {
  const facts: OrgFact[] = [];
  for (const version of outcome.versions) {
    const { entryId } = version;
    const known = { payment: links?.get(entryId), match: matches?.get(entryId) };
    const fact = await factOf(announcer, version, known);
    if (!fact) continue;
    const org = await announcer.directory.org(version.orgId);
    const isHistory = isBeforeStart(fact, org.accounts.get(version.accountId)?.ringFromMs ?? 0);
    facts.push({ orgId: version.orgId, fact, isHistory });
    if (!isHistory) announcer.onMovement?.(fact);
  }
  return facts;
}

/**
 * Routes facts and writes them with everybody who is to be told. Once in a transaction and after its
 * other locks: destinations are locked in one order, so that two transactions never wait in a circle.
 */
export async function saveFacts(
  transaction: Transaction,
  announcer: Announcer,
  facts: readonly OrgFact[],
  at: Date,
): Promise<readonly Ring[]> {
  const events: NewEvent[] = [];
  for (const { orgId, fact, isHistory = false, to = [] } of facts) {
    const org = await announcer.directory.org(orgId);
    if (isDirectFact(fact)) {
      const notices = to.filter(({ destinationId }) => org.destinations.has(destinationId));
      events.push({ orgId, fact, notices });
      continue;
    }
    const routed = isHistory ? [] : routeFact(org, fact, at);
    if (!isPaymentFact(fact)) {
      events.push({ orgId, fact, notices: routed });
      continue;
    }
    const notices = await paymentNotices(transaction.client, org, fact, routed);
    events.push({ orgId, fact, notices });
    findNewMaker(announcer, org, fact, at);
  }
  return saveEvents(transaction, events, at);
}

/** Clocks of banks differ from ours by minutes; a movement of that hour is rather told. */
const CLOCK_MARGIN_MS = 5 * 60_000;

function isBeforeStart(fact: EntryFact, ringFromMs: number): boolean {
  if (fact.bookedAt) return fact.bookedAt.epochMilliseconds < ringFromMs - CLOCK_MARGIN_MS;
  const firstDay = dayIn(instantFromMs(ringFromMs), fact.zone);
  return fact.bookingDate.until(firstDay).days > 0;
}

const trees = new WeakMap<DirectoryOrg, OrgTree>();

function treeOf(org: DirectoryOrg): OrgTree {
  let tree = trees.get(org);
  if (!tree) {
    tree = treeOfRows(org);
    trees.set(org, tree);
  }
  return tree;
}

function routeFact(org: DirectoryOrg, fact: RoutedFact, at: Date): NewNotice[] {
  const { tree, accounts } = treeOf(org);
  const matches = tree.findRoutes(fact, instantOf(at), {
    directory: accounts,
    destinationOfPerson: (userId) => destinationOfPerson(org, userId),
  });
  return matches.filter(({ destinationId }) => org.destinations.has(destinationId)).map(toNotice);
}

function destinationOfPerson(org: DirectoryOrg, userId: string): DestinationId | undefined {
  for (const { config, destinationId } of org.destinations.values()) {
    if (config.kind === 'person' && config.userId === userId) return destinationId;
  }
  return undefined;
}

/** The place is made outside of this transaction; from the next change on the maker is told. */
function findNewMaker(
  { onNewMaker }: Announcer,
  org: DirectoryOrg,
  fact: PaymentFact,
  at: Date,
): void {
  const { makerUserId, maker } = fact;
  if (!onNewMaker || makerUserId === undefined || org.apps.size === 0) return;
  if (destinationOfPerson(org, makerUserId) !== undefined) return;
  if (!treeOf(org).tree.tellsMaker(fact, instantOf(at))) return;
  onNewMaker({ orgId: org.orgId, userId: makerUserId, name: maker });
}

function toNotice(match: RouteMatch): NewNotice {
  return {
    destinationId: match.destinationId,
    routeId: match.routeId,
    lane: match.lane,
    language: match.language,
    detail: match.detail,
    mentions: match.mentions,
    ...(match.mutedUntilMs === undefined ? {} : { notBefore: new Date(match.mutedUntilMs) }),
    ...(match.groupKey === undefined ? {} : { groupKey: match.groupKey }),
    ...(match.groupWaitMs === undefined ? {} : { groupWaitMs: match.groupWaitMs }),
    ...(match.groupMaximum === undefined ? {} : { groupMaximum: match.groupMaximum }),
  };
}

async function factOf(
  announcer: Announcer,
  version: RecordedVersion,
  { payment, match }: { payment: EntryFact['payment']; match: EntryFact['match'] },
): Promise<EntryFact | undefined> {
  const org = await announcer.directory.org(version.orgId);
  const account = org.accounts.get(version.accountId);
  const connection = account && org.connections.get(account.connectionId);
  if (!account || !connection) return undefined;
  const { report, previous, state } = version;
  return {
    kind: version.version === 1 ? 'entry.recorded' : 'entry.changed',
    entryId: version.entryId,
    version: version.version,
    state,
    accountId: account.accountId,
    connectionId: connection.connectionId,
    bank: announcer.connectorOf(connection.connector)?.displayName ?? connection.connector,
    bankId: connection.connector,
    environment: connection.environment,
    accountName: account.name,
    accountNumber: account.number,
    creditDebitIndicator: report.creditDebitIndicator,
    amount: report.amount,
    remittanceInformation: report.remittanceInformation,
    bookingDate: report.bookingDate,
    seenAt: instantFromMs(version.seenAt.getTime()),
    source: version.source,
    zone: account.zone,
    ...(payment ? { payment } : {}),
    ...(match ? { match } : {}),
    ...(report.counterparty ? { counterparty: report.counterparty } : {}),
    ...(report.accountServicerReference === undefined
      ? {}
      : { accountServicerReference: report.accountServicerReference }),
    ...(report.endToEndId === undefined ? {} : { endToEndId: report.endToEndId }),
    ...(report.creditorReference === undefined
      ? {}
      : { creditorReference: report.creditorReference }),
    ...(report.valueDate ? { valueDate: report.valueDate } : {}),
    ...(report.bookedAt ? { bookedAt: report.bookedAt } : {}),
    ...(report.balanceAfter ? { balanceAfter: report.balanceAfter } : {}),
    ...(state === 'corrected' && previous
      ? {
          previous: {
            amount: previous.amount,
            remittanceInformation: previous.remittanceInformation,
          },
        }
      : {}),
  };
}

/** Makes an alert's fact. */
export function alertFact(alert: Omit<AlertFact, 'at'> & { readonly atMs: number }): AlertFact {
  const { atMs, ...rest } = alert;
  return { ...rest, at: instantFromMs(atMs) };
}
