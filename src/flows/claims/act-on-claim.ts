import type { ClaimAct, ClaimDeed, ClaimLife } from '#core/claims.ts';
import { actOnClaim, changesCard } from '#core/claims.ts';
import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { GrantAction } from '#core/grants.ts';
import { cutText, stripControls } from '#i18n/format.ts';
import { noteCustomer } from '#store/claim-items.ts';
import { loadClaimSettings, policyOf } from '#store/claim-settings.ts';
import type { ClaimSettings } from '#store/claim-settings.ts';
import { loadStanding } from '#store/claim-work.ts';
import { appendClaimAct, findActByEvent, requireClaim, saveClaim } from '#store/claims.ts';
import type { Claim, ClaimChange } from '#store/claims.ts';
import type { AuditLine } from '#store/audited.ts';
import { changeAudited } from '#store/audited.ts';
import { requireSecondPerson } from '#store/four-eyes.ts';
import { requireGrant } from '#store/grants.ts';
import type { PersonActor } from '#store/persons.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Ring } from '../notification/announce.ts';
import { saveFacts } from '../notification/announce.ts';
import type { ClaimDeps } from './claim-deps.ts';
import { factsAfter } from './claim-facts.ts';
import type { SubjectWords } from './claim-subject.ts';
import { readSubject } from './claim-subject.ts';

/** What a person wants to be done with a claim. */
export type ClaimOrder =
  | {
      readonly kind: 'claim';
      readonly subject: SubjectWords;
      readonly note?: string | undefined;
    }
  | { readonly kind: 'release' | 'confirm' }
  | { readonly kind: 'refuse'; readonly reason?: string | undefined }
  /** Decides a conflict for one of those who claim. */
  | { readonly kind: 'assign'; readonly to: string };

export interface ClaimRequest {
  /** Id or number. */
  readonly claim: string | number;
  readonly by: PersonActor;
  readonly order: ClaimOrder;
  /** The version that the person saw; without it the newest counts. */
  readonly version?: number | undefined;
  /** Names the press or message, which counts once. */
  readonly eventKey?: string | undefined;
  readonly via: 'card' | 'chat' | 'api';
}

export interface ActedClaim {
  readonly claim: Claim;
  readonly act: ClaimAct;
  /** The same press or message did it before; nothing was done now. */
  readonly isRepeated: boolean;
}

const NOTE_LENGTH_MAX = 500;

const RIGHTS: Readonly<Record<ClaimOrder['kind'], GrantAction>> = {
  claim: 'claim.make',
  release: 'claim.make',
  confirm: 'claim.confirm',
  refuse: 'claim.confirm',
  assign: 'claim.confirm',
};

/**
 * Does what a person asks: under the lock of the claim, so that two who act at once come one after the
 * other, and the second is judged by what the first has left. The claim, its diary, the match, the
 * audit and everybody who is to be told are committed together or not at all.
 */
export async function actAsPerson(deps: ClaimDeps, request: ClaimRequest): Promise<ActedClaim> {
  const { services } = deps;
  const { by } = request;
  const at = new Date(services.now().epochMilliseconds);
  const scope = { orgId: by.orgId, actor: by.personId };
  const done = await changeAudited(services, scope, async (client, transaction) => {
    const before = await requireClaim(client, { orgId: by.orgId, claim: request.claim }, true);
    const earlier =
      request.eventKey === undefined
        ? undefined
        : await findActByEvent(client, by.orgId, request.eventKey);
    if (earlier) return { result: repeated(before, earlier.act) };
    await requireRight(transaction, request, before, at);
    const settings = await loadClaimSettings(client, by.orgId);
    const deed = await toDeed(transaction, request, before);
    const outcome = actOnClaim(before.life, deed, {
      policy: policyOf(settings),
      nowMs: at.getTime(),
    });
    if (outcome.kind !== 'changed') {
      throw new CashbellError(outcome.kind === 'refused' ? outcome.code : 'claim.settled');
    }
    await requireOthers(transaction, request, before, settings);
    const { life, act } = outcome;
    const settled = act === 'confirmed' ? await settle(deps, transaction, before, by, at) : {};
    const change = { life, isCardChanged: changesCard(act), ...settled };
    const line = {
      act,
      personId: by.personId,
      details: { ...detailsOf(request, life), via: request.via },
      eventKey: request.eventKey,
    };
    const { claim, rings } = await record(deps, transaction, before, change, line, settings, at);
    const audit = auditOf(before, claim, act);
    return { result: { acted: { claim, act, isRepeated: false }, rings }, audit };
  });
  deps.onRings(done.rings);
  return done.acted;
}

function repeated(
  claim: Claim,
  act: ClaimAct,
): { readonly acted: ActedClaim; readonly rings: readonly Ring[] } {
  return { acted: { claim, act, isRepeated: true }, rings: [] };
}

/** Who may not act learns nothing else; then only who saw the claim as it stands decides. */
async function requireRight(
  { client }: Transaction,
  { by, order, version }: ClaimRequest,
  claim: Claim,
  at: Date,
): Promise<void> {
  const action = RIGHTS[order.kind];
  const { accountId } = claim;
  await requireGrant(client, { ...by, action, accountId, at: instantFromMs(at.getTime()) });
  if (version !== undefined && version !== claim.version) {
    throw new CashbellError('claim.outdated', { shown: version, now: claim.version });
  }
  // What was matched or taken back a moment ago must not be claimed; the worker closes it.
  if (await loadStanding(client, claim)) throw new CashbellError('claim.settled');
}

async function toDeed(
  { client }: Transaction,
  { by, order }: ClaimRequest,
  claim: Claim,
): Promise<ClaimDeed> {
  const { personId } = by;
  switch (order.kind) {
    case 'claim': {
      const subject = await readSubject(client, claim, order.subject);
      const note = cutText(stripControls(order.note ?? ''), NOTE_LENGTH_MAX);
      return { kind: 'claim', by: personId, subject, ...(note === '' ? {} : { note }) };
    }
    case 'assign':
      return { kind: 'assign', by: personId, to: order.to };
    default:
      return { kind: order.kind, by: personId };
  }
}

/** The same human being under another id is the same human being. */
async function requireOthers(
  { client }: Transaction,
  { by, order }: ClaimRequest,
  { life }: Claim,
  { confirmedBy }: ClaimSettings,
): Promise<void> {
  const needsOther =
    order.kind === 'assign' || (order.kind === 'confirm' && confirmedBy === 'other');
  if (!needsOther) return;
  await requireSecondPerson(
    client,
    by,
    life.parties.map(({ personId }) => personId),
  );
}

/** What a confirmed claim does to its receipt. */
async function settle(
  { matching }: ClaimDeps,
  transaction: Transaction,
  { orgId, entryId, life }: Claim,
  by: PersonActor,
  at: Date,
): Promise<Pick<ClaimChange, 'matchId' | 'settledBy'>> {
  const [party] = life.parties;
  const settledBy = by.personId;
  if (!party) return { settledBy };
  const { subject } = party;
  const common = { orgId, entryId, by: by.personId, at };
  if (subject.isNotOurs) {
    await matching.setAside(transaction, common);
    return { settledBy };
  }
  if (subject.items.length === 0) {
    await noteCustomer(transaction.client, { orgId, entryId, customer: subject.text });
    return { settledBy };
  }
  const { items } = subject;
  const { matchId } = await matching.matchByHand(transaction, { ...common, items });
  return { settledBy, matchId };
}

function detailsOf({ order, by }: ClaimRequest, { parties }: ClaimLife): Record<string, unknown> {
  switch (order.kind) {
    case 'claim': {
      const own = parties.find(({ personId }) => personId === by.personId);
      return { claimedFor: own?.subject, note: own?.note };
    }
    case 'refuse':
      return order.reason === undefined ? {} : { reason: cutText(order.reason, NOTE_LENGTH_MAX) };
    case 'assign':
      return { to: order.to };
    default:
      return {};
  }
}

/** Writes the claim, its diary, and whoever is to be told; last of all, because it locks their places. */
export async function record(
  { announcer }: ClaimDeps,
  transaction: Transaction,
  before: Claim,
  change: ClaimChange,
  line: Parameters<typeof appendClaimAct>[2],
  settings: ClaimSettings,
  at: Date,
): Promise<{ readonly claim: Claim; readonly rings: readonly Ring[] }> {
  const { client } = transaction;
  const claim = await saveClaim(client, before, change, at);
  await appendClaimAct(client, claim, line, at);
  const facts = await factsAfter(transaction, announcer, { claim, act: line.act, settings, at });
  return { claim, rings: await saveFacts(transaction, announcer, facts, at) };
}

function auditOf(before: Claim, after: Claim, act: ClaimAct): AuditLine {
  return {
    action: `claim.${act}`,
    subject: after.claimId,
    before: shown(before),
    after: { ...shown(after), entryId: after.entryId },
  };
}

function shown({ number, version, life, matchId }: Claim): Record<string, unknown> {
  return {
    number,
    version,
    state: life.state,
    parties: life.parties.map(({ personId, subject, note }) => ({ personId, subject, note })),
    matchId,
  };
}
