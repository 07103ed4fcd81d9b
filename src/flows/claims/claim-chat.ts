import { isCashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import type { RobotMessage } from '#dingtalk/push.ts';
import type { Transport } from '#engine/transport.ts';
import { explain, translate } from '#i18n/messages.ts';
import { isolateText } from '#i18n/format.ts';
import type { Claim } from '#store/claims.ts';
import { findClaim } from '#store/claims.ts';
import { getOrg, parseLanguage } from '#store/orgs.ts';
import { findPersons, requirePerson } from '#store/persons.ts';
import type { PersonActor } from '#store/persons.ts';
import type { DingtalkSender } from '../notification/dingtalk-sender.ts';
import { claimedFor } from '../notification/render-claim.ts';
import { createChatReply } from '../payment-controls/chat-reply.ts';
import type { ActedClaim, ClaimOrder } from './act-on-claim.ts';
import { actAsPerson } from './act-on-claim.ts';
import { refusalText } from './answer-press.ts';
import type { ClaimDeps } from './claim-deps.ts';
import type { ClaimCommand } from './claim-words.ts';
import { readClaimCommand } from './claim-words.ts';

interface ChatPlace {
  readonly orgId: string;
  readonly appId: string;
  /** Names the message, which counts once. */
  readonly eventKey: string;
}

/**
 * The handler of robot messages about claims, for places where no card can be pressed: the same rights,
 * the same second person. Outsiders get no answer at all; what is none of its is left to others.
 */
export function createClaimChat(options: {
  readonly deps: ClaimDeps;
  readonly transport: Pick<Transport, 'send'>;
  readonly sender: Pick<DingtalkSender, 'send'>;
}): (message: RobotMessage, place: ChatPlace) => Promise<boolean> {
  const { deps } = options;
  const { services, announcer } = deps;
  const nowMs = (): number => services.now().epochMilliseconds;
  const reply = createChatReply({ ...options, nowMs });
  return async (message, place) => {
    const command = readClaimCommand(message.text);
    if (!command) return false;
    const { corpId, language } = await getOrg(services, place.orgId);
    const isOwn =
      message.isFromOwnCorp && (corpId === undefined || corpId === message.senderCorpId);
    if (!isOwn || message.senderUserId === undefined) return true;
    const speaker = await findSpeaker(deps, place.orgId, message.senderUserId);
    const text = speaker
      ? await obey(deps, { ...speaker, language: speaker.language ?? language }, command, place)
      : explain(language, 'chat.unknownPerson');
    const app = (await announcer.directory.org(place.orgId)).apps.get(place.appId);
    // An app that was just removed cannot answer; what it was told is done all the same.
    if (app) await reply.here(app, message, text);
    return true;
  };
}

interface Speaker extends PersonActor {
  readonly language: Language;
}

async function findSpeaker(
  { services }: ClaimDeps,
  orgId: string,
  userId: string,
): Promise<(PersonActor & { readonly language: Language | undefined }) | undefined> {
  const word = `dingtalk:${userId}`;
  const found = (await findPersons(services.pool, orgId, [word])).get(word);
  if (!found || found.isRemoved) return undefined;
  const { personId, language } = await requirePerson(services.pool, orgId, found.personId);
  return {
    orgId,
    personId,
    language: language === undefined ? undefined : parseLanguage(language),
  };
}

async function obey(
  deps: ClaimDeps,
  speaker: Speaker,
  command: ClaimCommand,
  { eventKey }: ChatPlace,
): Promise<string> {
  const { orgId, personId, language } = speaker;
  const { number } = command;
  const found = await findClaim(deps.services.pool, { orgId, claim: number });
  if (!found) return explain(language, 'claim.noSuch', { number: String(number) });
  try {
    const acted = await actAsPerson(deps, {
      claim: found.claimId,
      by: { orgId, personId },
      order: toOrder(command),
      eventKey,
      via: 'chat',
    });
    return describe(acted, personId, language);
  } catch (error) {
    if (!isCashbellError(error) || error.disposition !== 'reject') throw error;
    return refusalText(language, error);
  }
}

function toOrder({ kind, rest, note }: ClaimCommand): ClaimOrder {
  switch (kind) {
    case 'claim':
      return { kind: 'claim', subject: { text: rest }, note };
    case 'notOurs':
      return { kind: 'claim', subject: { isNotOurs: true }, note: note ?? rest };
    case 'refuse':
      return { kind: 'refuse', reason: rest === '' ? note : rest };
    case 'release':
    case 'confirm':
      return { kind };
  }
}

/** What was done, without an amount: it may stand in a group. */
function describe({ claim, act }: ActedClaim, personId: string, language: Language): string {
  const number = String(claim.number);
  switch (act) {
    case 'claimed':
      return describeClaimed(claim, personId, language);
    case 'contested':
      return translate(language, 'claim.done.contested', { number });
    case 'confirmed':
      return translate(language, 'claim.done.confirmed', {
        number,
        subject: subjectOf(claim, personId, language),
      });
    case 'refused':
      return translate(language, 'claim.done.refused', { number });
    default:
      return translate(language, 'claim.done.released', { number });
  }
}

function describeClaimed(claim: Claim, personId: string, language: Language): string {
  const number = String(claim.number);
  const party = claim.life.parties.find((one) => one.personId === personId);
  const isSaid = party && (party.subject.isNotOurs || party.subject.text !== '');
  if (isSaid) {
    const subject = subjectOf(claim, personId, language);
    return translate(language, 'claim.done.claimed', { number, subject });
  }
  const wish = `${translate(language, 'claim.word.claim')} ${number} ‹${translate(language, 'claim.input.for')}›`;
  return translate(language, 'claim.done.unsaid', { number, words: isolateText(language, wish) });
}

function subjectOf({ life }: Claim, personId: string, language: Language): string {
  const own = life.parties.find((one) => one.personId === personId) ?? life.parties[0];
  const { text = '', isNotOurs } = own?.subject ?? {};
  return claimedFor({ claimedFor: text, ...(isNotOurs ? { isNotOurs } : {}) }, language);
}
