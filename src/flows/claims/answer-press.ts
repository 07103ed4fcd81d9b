import type { CashbellError } from '#core/errors.ts';
import { isCashbellError } from '#core/errors.ts';
import type { DestinationId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { toCardParams } from '#dingtalk/messages.ts';
import type { CardPress } from '#dingtalk/push.ts';
import { errorSentence, explain } from '#i18n/messages.ts';
import type { Claim } from '#store/claims.ts';
import { findClaim } from '#store/claims.ts';
import { loadEarlierTellings } from '#store/notices.ts';
import { parseLanguage } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import { findPersons, requirePerson } from '#store/persons.ts';
import { inTransaction } from '#store/transaction.ts';
import type { AnswerPress, PressContext, PressResult } from '../dingtalk/press-desk.ts';
import type { ClaimButton } from '../notification/claim-buttons.ts';
import { claimInputs, parseButton } from '../notification/claim-buttons.ts';
import { renderClaim } from '../notification/render-claim.ts';
import type { ClaimOrder } from './act-on-claim.ts';
import { actAsPerson } from './act-on-claim.ts';
import type { ClaimDeps } from './claim-deps.ts';
import { claimFactOf } from './claim-facts.ts';

/**
 * Does what a button of a claim's card says. A press proves a DingTalk user, no more: only a person
 * of ours who holds the right is obeyed, for the version that the card showed, once. Everybody sees
 * the card as it stands now; why nothing was done is told to the presser alone.
 */
export function createClaimPress(deps: ClaimDeps): AnswerPress {
  return async (press, context) => {
    const place = readTrackId(press.outTrackId);
    if (!place) return undefined;
    const claim = await findClaim(deps.services.pool, {
      orgId: context.orgId,
      claim: place.claimId,
    });
    if (!claim) return undefined;
    const presser = await findPresser(deps, context, press.userId);
    const language = presser?.language ?? claim.language;
    const hint = await obey(deps, press, { context, claim, presser, language });
    const everybody = await showNow(deps, claim, place.destinationId);
    return { everybody, presser: { hint: hint ?? '' }, ...(hint === undefined ? {} : { hint }) };
  };
}

/** The card's own id names the claim and its place; nothing that a client could make up is asked. */
function readTrackId(
  outTrackId: string,
): { readonly claimId: string; readonly destinationId: DestinationId } | undefined {
  const parts = /^(clm_[0-9a-z]{4,40})\.(dst_[0-9a-z]{4,40})$/.exec(outTrackId);
  const [, claimId = '', destinationId = ''] = parts ?? [];
  return parts ? { claimId, destinationId: parseId('dst', destinationId) } : undefined;
}

interface Presser extends PersonActor {
  readonly language: Language | undefined;
}

async function findPresser(
  { services }: ClaimDeps,
  { orgId }: PressContext,
  userId: string,
): Promise<Presser | undefined> {
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

interface Pressed {
  readonly context: PressContext;
  readonly claim: Claim;
  readonly presser: Presser | undefined;
  readonly language: Language;
}

/** Gives back why nothing was done. */
async function obey(
  deps: ClaimDeps,
  press: CardPress,
  { context, claim, presser, language }: Pressed,
): Promise<string | undefined> {
  if (!presser) return explain(language, 'chat.unknownPerson');
  // It counted when it came first; now it only shows how things stand.
  if (context.isRepeated) return undefined;
  const button = findButton(press);
  if (!button) return errorSentence(language, 'claim.outdated');
  try {
    await actAsPerson(deps, {
      claim: claim.claimId,
      by: { orgId: presser.orgId, personId: presser.personId },
      order: toOrder(button, press),
      version: button.version,
      eventKey: context.eventKey,
      via: 'card',
    });
    return undefined;
  } catch (error) {
    if (!isCashbellError(error) || error.disposition !== 'reject') throw error;
    return refusalText(language, error);
  }
}

/** Templates send the id of the button that was pressed, or a parameter with it. */
function findButton({ actionIds, params }: CardPress): ClaimButton | undefined {
  const words = [...actionIds, params['action'] ?? '', params['id'] ?? ''];
  for (const word of words) {
    const button = parseButton(word);
    if (button) return button;
  }
  return undefined;
}

function toOrder({ act, argument = '' }: ClaimButton, { params }: CardPress): ClaimOrder {
  const note = params[claimInputs.note];
  switch (act) {
    case 'claim': {
      const text = params[claimInputs.subject];
      const subject = argument === '' ? { text } : { itemIds: [argument] };
      return { kind: 'claim', subject, note };
    }
    case 'notOurs':
      return { kind: 'claim', subject: { isNotOurs: true }, note };
    case 'assign':
      return { kind: 'assign', to: argument };
    case 'refuse':
      return { kind: 'refuse', reason: note };
    case 'release':
    case 'confirm':
      return { kind: act };
  }
}

/** Why something is refused, in the presser's language. */
export function refusalText(language: Language, error: CashbellError): string {
  if (error.code === 'payment.notEntitled') return explain(language, 'chat.notEntitled');
  return errorSentence(language, error.code, error.details);
}

/** The card as it stands now, in the language of its place. */
async function showNow(
  { services }: ClaimDeps,
  before: Claim,
  destinationId: DestinationId,
): Promise<NonNullable<PressResult['everybody']>> {
  const at = services.now();
  return inTransaction(services.pool, async (client) => {
    const claim = (await findClaim(client, { ...before, claim: before.claimId })) ?? before;
    const tellings = await loadEarlierTellings(client, claim.orgId, claim.claimId);
    const telling = tellings.find((earlier) => earlier.destinationId === destinationId);
    const fact = await claimFactOf(client, claim, new Date(at.epochMilliseconds));
    const message = renderClaim(fact, {
      language: telling?.language ?? claim.language,
      detail: telling?.detail ?? 'full',
      mentions: [],
      toldAt: at,
    });
    return toCardParams(message);
  });
}
