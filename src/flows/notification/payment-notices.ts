import type { ClientBase } from 'pg';
import type { PaymentFact } from '#core/events.ts';
import { needsPeople } from '#core/events.ts';
import type { DestinationId } from '#core/ids.ts';
import type { DirectoryOrg } from '#store/directory.ts';
import type { NewNotice } from '#store/events.ts';
import { loadEarlierTellings } from '#store/notices.ts';
import type { EarlierTelling } from '#store/notices.ts';
import { showsCards } from './live-cards.ts';

/**
 * What routing decided, seen from the cards. A card follows its payment to the end: whoever has one is
 * told of every change, also where the route takes only some states, at once, because an update makes
 * no noise (ask 19). Where there are no cards, only changes that matter are messages.
 */
export async function paymentNotices(
  client: ClientBase,
  org: DirectoryOrg,
  fact: PaymentFact,
  routed: readonly NewNotice[],
): Promise<NewNotice[]> {
  const hasCard = ({ destinationId }: { readonly destinationId: DestinationId }): boolean => {
    const destination = org.destinations.get(destinationId);
    return destination !== undefined && showsCards(org, destination, 'followed');
  };
  const tellings =
    fact.version > 1 ? await loadEarlierTellings(client, org.orgId, fact.paymentId) : [];
  const earlier = tellings.filter(hasCard);
  const known = new Set(earlier.map(({ destinationId }) => destinationId));
  const told = routed
    .filter((notice) => hasCard(notice) || isWorthAMessage(fact))
    .map((notice) => (hasCard(notice) ? forCard(notice, known.has(notice.destinationId)) : notice));
  const taken = new Set(routed.map(({ destinationId }) => destinationId));
  const followers = earlier.filter(({ destinationId }) => !taken.has(destinationId));
  return [...told, ...followers.map(toFollower)];
}

/** A card of its own waits for nobody; one that stands already is put right at once. */
function forCard(notice: NewNotice, isUpdate: boolean): NewNotice {
  const {
    groupKey: _key,
    groupWaitMs: _wait,
    groupMaximum: _maximum,
    notBefore,
    mentions,
    ...rest
  } = notice;
  if (isUpdate) return { ...rest, mentions };
  return { ...rest, mentions, ...(notBefore ? { notBefore } : {}) };
}

function toFollower({ destinationId, routeId, language, detail }: EarlierTelling): NewNotice {
  return { destinationId, routeId, language, detail, lane: 'normal', mentions: [] };
}

/**
 * Whether a change is worth a message of its own. What follows within seconds, and what nobody can do
 * anything about, is shown by cards only.
 */
export function isWorthAMessage(fact: PaymentFact): boolean {
  if (needsPeople(fact)) return true;
  switch (fact.state) {
    case 'draft':
    case 'submitting':
    case 'submitted':
    case 'unknown':
      return false;
    case 'authorised':
      return fact.notBefore !== undefined;
    default:
      return true;
  }
}
