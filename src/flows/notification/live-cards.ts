import type { PoolClient } from 'pg';
import type { ClaimFact, Fact, PaymentFact } from '#core/events.ts';
import { isClaimFact, isPaymentFact, subjectOf } from '#core/events.ts';
import type { DirectoryApp, DirectoryDestination, DirectoryOrg } from '#store/directory.ts';
import { areCardsRefused } from '#store/card-refusals.ts';
import { loadCard, loadNewestFact } from '#store/notices.ts';
import type { DeliveryKind, WaitingNotice } from '#store/notices.ts';
import type { Ring } from './announce.ts';

/** Whether one card follows it to its end: a payment or a claim; not a reminder of one. */
export function isFollowed(fact: Fact): fact is PaymentFact | ClaimFact {
  return isPaymentFact(fact) || (isClaimFact(fact) && fact.kind === 'claim.changed');
}

/**
 * Whether a destination shows a live card that is updated in place: a group of the app, and for what
 * is followed also a person, where the app has a card template. Everywhere else each notice is a message.
 */
export function showsCards(
  org: DirectoryOrg,
  { config }: DirectoryDestination,
  about: CardSubject,
): boolean {
  if (config.kind === 'robot') return false;
  if (config.kind === 'appGroup' && config.style !== 'card') return false;
  if (config.kind === 'person' && about === 'movement') return false;
  const app = org.apps.get(config.appId);
  if (app?.cardTemplateId === undefined) return false;
  return about !== 'pressed' || hearsPresses(app);
}

/** What a card is about: a movement, something that it follows, or something that is pressed too. */
export type CardSubject = 'movement' | 'followed' | 'pressed';

export function cardSubjectOf(fact: Fact): CardSubject {
  if (isClaimFact(fact)) return 'pressed';
  return isFollowed(fact) ? 'followed' : 'movement';
}

/** A button whose press reaches nobody is worse than words to write. */
function hearsPresses({ eventMode, cardRoute }: DirectoryApp): boolean {
  return eventMode === 'stream' || (eventMode === 'callback' && cardRoute?.url !== undefined);
}

/** Only what is followed is asked for: the drain of movements makes no question more. */
export function followedAmong(waiting: readonly WaitingNotice[]): readonly string[] {
  const ids = waiting.flatMap(({ fact }) =>
    isFollowed(fact) ? [subjectOf(fact)?.subjectId ?? ''] : [],
  );
  return [...new Set(ids)];
}

/** Where a card stands or would stand. */
interface CardPlace {
  readonly place: Ring;
  readonly org: DirectoryOrg;
  readonly destination: DirectoryDestination;
}

/** As what a delivery leaves. */
export interface Form {
  readonly kind: DeliveryKind;
  readonly outTrackId?: string;
}

/** One movement or payment in a place with cards is a live card; everything else is a message. */
export async function chooseForm(
  client: PoolClient,
  { place, destination, org }: CardPlace,
  notices: readonly WaitingNotice[],
  kind: 'send' | 'digest',
): Promise<Form> {
  if (kind === 'digest') return { kind };
  const last = notices.at(-1);
  if (last?.subjectId === undefined) return { kind: 'message' };
  if (last.fact.kind === 'report.file') return { kind: 'file' };
  if (!showsCards(org, destination, cardSubjectOf(last.fact))) return { kind: 'message' };
  const card = await loadCard(client, place.orgId, place.destinationId, last.subjectId);
  if (card) return { kind: 'cardUpdated', outTrackId: card.outTrackId };
  // People wait to press: where no card is taken, words say how to do the same.
  if (isClaimFact(last.fact) && (await areCardsRefused(client, place, new Date()))) {
    return { kind: 'message' };
  }
  return { kind: 'cardCreated', outTrackId: outTrackIdOf(last.subjectId, place.destinationId) };
}

/**
 * A card of a payment or claim shows how it stands now. Notices of two lanes may overtake each other,
 * and a message whose answer was lost is sent again later; neither may turn the card back.
 */
export async function showNewest(
  client: PoolClient,
  notices: readonly WaitingNotice[],
  { orgId }: Ring,
): Promise<readonly WaitingNotice[]> {
  const last = notices.at(-1);
  if (last?.subjectId === undefined || !isFollowed(last.fact)) return notices;
  const newest = await loadNewestFact(client, orgId, last.subjectId);
  if (!newest || newest.version <= last.fact.version) return notices;
  const shown = { ...last, fact: newest.fact, subjectVersion: newest.version };
  return [...notices.slice(0, -1), shown];
}

/** At most 100 characters and the same for every attempt (dingtalk.md section 3.5). */
function outTrackIdOf(subjectId: string, destinationId: string): string {
  return `${subjectId}.${destinationId}`;
}
