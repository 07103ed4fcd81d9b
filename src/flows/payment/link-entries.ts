import type { Pool } from 'pg';
import type { Connector } from '#connectors/contract.ts';
import type { EntryFact } from '#core/events.ts';
import type { EntryId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import { isSameMoney } from '#core/money.ts';
import { findNamedPayment, findPaymentOfEntry, possibleReferences } from '#core/payment-links.ts';
import type { LinkablePayment } from '#core/payment-links.ts';
import type { EntryReport } from '#core/statements.ts';
import type { RecordedVersion } from '#store/entries.ts';
import {
  dropSettlement,
  findReturnOfDebit,
  loadLinkable,
  loadLinks,
  loadUnlinkedDebits,
  loadUnlinkedPlaces,
  saveLink,
  saveNaming,
  saveReversal,
} from '#store/payment-links.ts';
import type { KnownLink, StoredLinkable } from '#store/payment-links.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';

/** When it is recorded, and who knows what the banks' lines carry. */
export interface LinkContext {
  readonly now: Date;
  readonly connectorOf: (id: string) => Connector | undefined;
}

/** What each entry of a recording has to do with a payment of ours. */
export type EntryLinks = ReadonlyMap<EntryId, NonNullable<EntryFact['payment']>>;

/**
 * Finds the payments that entries settle or bring back, in the transaction that records them, so that
 * the ring of a debit says what it was for. The story of the payment is only woken: it reads the link
 * and moves on by itself.
 */
export async function linkEntries(
  { client }: Pick<Transaction, 'client'>,
  versions: readonly RecordedVersion[],
  { now, connectorOf }: LinkContext,
): Promise<EntryLinks> {
  const links = new Map<EntryId, NonNullable<EntryFact['payment']>>();
  for (const group of byAccount(versions)) {
    const [first] = group;
    if (!first) continue;
    const { orgId, accountId } = first;
    const changed = group.filter(({ version }) => version > 1).map(({ entryId }) => entryId);
    const known = changed.length === 0 ? [] : await loadLinks(client, orgId, changed);
    for (const link of known) {
      const { paymentId, role, creditorName } = link;
      const change = group.find(({ entryId }) => entryId === link.entryId);
      if (role === 'settlement' && change && isDebitNoMore(change, link)) {
        await dropSettlement(client, orgId, link, now);
        continue;
      }
      links.set(link.entryId, { paymentId, role, creditorName });
      if (change?.state === 'reversed' && role === 'settlement') {
        await saveReversal(client, orgId, link, now);
      }
    }
    const fresh = group.filter(({ entryId, state }) => !links.has(entryId) && isLive(state));
    if (fresh.length === 0) continue;
    const references = fresh.flatMap(({ report }) => possibleReferences(report));
    const bankReferences = fresh.flatMap(({ report }) => [
      ...report.evidence,
      ...(report.accountServicerReference === undefined ? [] : [report.accountServicerReference]),
    ]);
    const hasDebit = fresh.some(({ report }) => report.creditDebitIndicator === 'debit');
    // A credit that names nothing of ours cannot be a return; most rings end here.
    if (!hasDebit && references.length === 0 && bankReferences.length === 0) continue;
    const found = await loadLinkable(client, { orgId, accountId }, { references, bankReferences });
    let payments = found.map((payment) => withReference(payment, connectorOf));
    for (const { entryId, report } of fresh) {
      // The return of a debit before it in this very list is found with the debit.
      if (links.has(entryId)) continue;
      const place = { orgId, entryId };
      const link = findPaymentOfEntry(report, payments);
      if (!link || !(await saveLink(client, place, link, now))) {
        const named = findNamedPayment(report, payments);
        if (named) await saveNaming(client, place, named.paymentId);
        continue;
      }
      const { payment, role } = link;
      const told = {
        paymentId: parseId('pay', payment.paymentId),
        creditorName: payment.creditorName,
      };
      links.set(entryId, { ...told, role });
      if (role === 'settlement') {
        const returnId = await linkReturn(client, { orgId, accountId, now }, report, payment);
        if (returnId) links.set(returnId, { ...told, role: 'return' });
      }
      // Two equal debits are two payments: one is settled once.
      payments = payments.map((candidate) =>
        candidate === payment && role === 'settlement'
          ? { ...candidate, hasDebit: true }
          : candidate,
      );
    }
  }
  return links;
}

/** A debit and the credit that brings it back may come in one list, in either order. */
async function linkReturn(
  client: Transaction['client'],
  place: { readonly orgId: string; readonly accountId: string; readonly now: Date },
  debit: EntryReport,
  payment: LinkablePayment,
): Promise<EntryId | undefined> {
  const { orgId, now } = place;
  const entryId = await findReturnOfDebit(client, place, debit);
  if (!entryId) return undefined;
  const link = { payment, role: 'return' as const };
  return (await saveLink(client, { orgId, entryId }, link, now)) ? entryId : undefined;
}

/** Whether a payment's debit can be told by a reference is what its connector declares. */
function withReference(
  payment: StoredLinkable,
  connectorOf: LinkContext['connectorOf'],
): StoredLinkable & LinkablePayment {
  const capability = connectorOf(payment.connector)?.payments;
  const rail = capability?.rails.find((candidate) => candidate.rail === payment.rail);
  const isReferenced = rail?.isDebitReferenced ?? capability?.isDebitReferenced ?? false;
  return { ...payment, isReferenced };
}

/** A pending debit that the bank no longer shows, or one that turned out to be of another amount. */
function isDebitNoMore({ state, report }: RecordedVersion, { amount }: KnownLink): boolean {
  return state === 'withdrawn' || (isLive(state) && !isSameMoney(report.amount, amount));
}

function isLive(state: RecordedVersion['state']): boolean {
  return state === 'booked' || state === 'pending' || state === 'corrected';
}

function byAccount(versions: readonly RecordedVersion[]): RecordedVersion[][] {
  const groups = new Map<string, RecordedVersion[]>();
  for (const version of versions) {
    const key = `${version.orgId}/${version.accountId}`;
    groups.set(key, [...(groups.get(key) ?? []), version]);
  }
  // One order for everybody, so that two recordings never wait for each other's payments.
  return [...groups.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, group]) => group);
}

/**
 * Looks again for the debits of payments that wait for theirs: a line that fitted two payments when it
 * came may fit only one by now, since the other was settled or rejected.
 */
export async function relinkDebits(
  pool: Pool,
  sentBefore: Date,
  { now, connectorOf }: LinkContext,
): Promise<number> {
  let linked = 0;
  for (const place of await loadUnlinkedPlaces(pool, sentBefore)) {
    linked += await inTransaction(pool, async (client) => {
      const debits = await loadUnlinkedDebits(client, place);
      if (debits.length === 0) return 0;
      const waiting = await loadLinkable(client, place, { references: [], bankReferences: [] });
      let payments = waiting.map((payment) => withReference(payment, connectorOf));
      let count = 0;
      for (const { entryId, report, seenAt, namedPaymentId } of debits) {
        // A line that was here before a payment was sent is not its debit, nor is one that names another.
        const possible = payments.filter(
          ({ paymentId, sentAt }) =>
            (!sentAt || sentAt <= seenAt) && (namedPaymentId ?? paymentId) === paymentId,
        );
        const link = findPaymentOfEntry(report, possible);
        if (link?.role !== 'settlement') continue;
        if (!(await saveLink(client, { orgId: place.orgId, entryId }, link, now))) continue;
        await linkReturn(client, { ...place, now }, report, link.payment);
        payments = payments.filter((candidate) => candidate !== link.payment);
        count += 1;
      }
      return count;
    });
  }
  return linked;
}
