/**
 * The life of a claim (认领): a receipt that nobody expected is asked about, somebody says that it is
 * theirs, somebody else agrees. Two who say so are a conflict that people decide. Time passes for
 * those who wait: a claim that nobody confirms falls back, a receipt that nobody claims is brought
 * before whoever answers for finance.
 *
 * Nothing here knows a clock, a database or who is entitled; callers say what happened and when.
 */
import type { ErrorCode } from './errors.ts';

export const claimStates = ['open', 'claimed', 'conflict', 'confirmed', 'closed'] as const;
export type ClaimState = (typeof claimStates)[number];

/** What a receipt is claimed for. */
export interface ClaimSubject {
  /** In the claimant's words: an invoice number or a customer; empty while it is not said. */
  readonly text: string;
  /** Open items of ours that the words name; none: the words name a customer. */
  readonly items: readonly { readonly itemId: string; readonly label: string }[];
  /** Somebody paid us by mistake: nothing of ours belongs to it. */
  readonly isNotOurs?: true | undefined;
}

/** Somebody who says that a receipt is theirs. */
export interface ClaimParty {
  readonly personId: string;
  readonly subject: ClaimSubject;
  readonly note?: string | undefined;
  readonly atMs: number;
}

/** How a claim stands. */
export interface ClaimLife {
  readonly state: ClaimState;
  /** None while open, one when claimed or confirmed, two or more in a conflict. */
  readonly parties: readonly ClaimParty[];
  /** Times that it was asked about again in this state. */
  readonly reminders: number;
  /** When time has its say; absent where nothing more comes of waiting. */
  readonly dueAtMs?: number | undefined;
}

/** How patient an organisation is. */
export interface ClaimPolicy {
  readonly openMs: number;
  readonly claimedMs: number;
  readonly remindersMax: number;
  /** Whether only somebody other than the claimant confirms. */
  readonly needsOther: boolean;
}

export const claimEndings = ['matched', 'exempt', 'takenBack'] as const;
/** Why a receipt needs no claim any more. */
export type ClaimEnding = (typeof claimEndings)[number];

/** What people or time do with a claim. */
export type ClaimDeed =
  | {
      readonly kind: 'claim';
      readonly by: string;
      readonly subject: ClaimSubject;
      readonly note?: string | undefined;
    }
  | { readonly kind: 'release' | 'confirm' | 'refuse'; readonly by: string }
  | { readonly kind: 'assign'; readonly by: string; readonly to: string }
  | { readonly kind: 'timePassed' }
  | { readonly kind: 'settledElsewhere'; readonly because: ClaimEnding }
  /** What settled it was taken back. */
  | { readonly kind: 'unsettled' };

export const claimActs = [
  'asked',
  'claimed',
  'contested',
  'released',
  'confirmed',
  'refused',
  'assigned',
  'reminded',
  'expired',
  'escalated',
  'closed',
  'reopened',
] as const;
/** What the diary of a claim says. */
export type ClaimAct = (typeof claimActs)[number];

export type ClaimRefusal = Extract<
  ErrorCode,
  | 'claim.settled'
  | 'claim.notClaimed'
  | 'claim.notYours'
  | 'claim.contested'
  | 'claim.notContested'
  | 'claim.subjectMissing'
  | 'api.secondPerson'
>;

/** What comes of a deed. */
export type ClaimOutcome =
  | { readonly kind: 'refused'; readonly code: ClaimRefusal }
  /** Nothing to do, such as before its time. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly life: ClaimLife; readonly act: ClaimAct };

/** A claim as it is asked for first. */
export function openClaim(policy: ClaimPolicy, nowMs: number): ClaimLife {
  return { state: 'open', parties: [], reminders: 0, dueAtMs: nowMs + policy.openMs };
}

/** The story of a claim: what comes of a deed in the state in which it stands. */
export function actOnClaim(
  life: ClaimLife,
  deed: ClaimDeed,
  { policy, nowMs }: { readonly policy: ClaimPolicy; readonly nowMs: number },
): ClaimOutcome {
  const isSettled = life.state === 'confirmed' || life.state === 'closed';
  if (deed.kind === 'unsettled') {
    return isSettled ? changed(openClaim(policy, nowMs), 'reopened') : { kind: 'unchanged' };
  }
  if (deed.kind === 'settledElsewhere') {
    return isSettled ? { kind: 'unchanged' } : changed({ ...life, ...ENDED }, 'closed');
  }
  if (deed.kind === 'timePassed') return passTime(life, policy, nowMs);
  if (isSettled) return refused('claim.settled');
  switch (deed.kind) {
    case 'claim':
      return claim(life, deed, policy, nowMs);
    case 'release':
      return release(life, deed.by, policy, nowMs);
    case 'confirm':
      return confirm(life, deed.by, policy);
    case 'refuse':
      if (life.state === 'open') return refused('claim.notClaimed');
      return changed(openClaim(policy, nowMs), 'refused');
    case 'assign':
      return assign(life, deed, policy, nowMs);
  }
}

const ENDED = { state: 'closed', parties: [], reminders: 0, dueAtMs: undefined } as const;

/** The first claims it; whoever claims it besides makes a conflict; one's own may be corrected. */
function claim(
  life: ClaimLife,
  { by, subject, note }: Extract<ClaimDeed, { kind: 'claim' }>,
  policy: ClaimPolicy,
  nowMs: number,
): ClaimOutcome {
  const party: ClaimParty = { personId: by, subject, atMs: nowMs, ...(note ? { note } : {}) };
  const isKnown = life.parties.some(({ personId }) => personId === by);
  const parties = isKnown
    ? life.parties.map((one) => (one.personId === by ? party : one))
    : [...life.parties, party];
  if (parties.length > 1) {
    // A correction by one of them does not make the others wait longer.
    const times = isKnown ? {} : { reminders: 0, dueAtMs: nowMs + policy.openMs };
    return changed({ ...life, ...times, state: 'conflict', parties }, 'contested');
  }
  return changed(claimedBy(party, policy, nowMs), 'claimed');
}

function claimedBy(party: ClaimParty, policy: ClaimPolicy, nowMs: number): ClaimLife {
  return {
    state: 'claimed',
    parties: [party],
    reminders: 0,
    dueAtMs: nowMs + claimedStepMs(policy),
  };
}

/** Reminders divide the time that a claim holds into equal parts. */
function claimedStepMs({ claimedMs, remindersMax }: ClaimPolicy): number {
  return Math.ceil(claimedMs / (remindersMax + 1));
}

function release(life: ClaimLife, by: string, policy: ClaimPolicy, nowMs: number): ClaimOutcome {
  if (life.state === 'open') return refused('claim.notClaimed');
  const others = life.parties.filter(({ personId }) => personId !== by);
  if (others.length === life.parties.length) return refused('claim.notYours');
  const [only, second] = others;
  if (!only) return changed(openClaim(policy, nowMs), 'released');
  if (second) return changed({ ...life, parties: others }, 'released');
  return changed(claimedBy(only, policy, nowMs), 'released');
}

function confirm(life: ClaimLife, by: string, policy: ClaimPolicy): ClaimOutcome {
  if (life.state === 'conflict') return refused('claim.contested');
  const [party] = life.parties;
  if (!party) return refused('claim.notClaimed');
  if (!saysWhatFor(party.subject)) return refused('claim.subjectMissing');
  if (policy.needsOther && party.personId === by) return refused('api.secondPerson');
  return changed(
    { state: 'confirmed', parties: life.parties, reminders: 0, dueAtMs: undefined },
    'confirmed',
  );
}

/** Whether it is said what a receipt is claimed for. */
export function saysWhatFor({ text, items, isNotOurs }: ClaimSubject): boolean {
  return isNotOurs === true || items.length > 0 || text !== '';
}

/** A conflict is decided for one of those who claim, by somebody who is none of them. */
function assign(
  life: ClaimLife,
  { by, to }: Extract<ClaimDeed, { kind: 'assign' }>,
  policy: ClaimPolicy,
  nowMs: number,
): ClaimOutcome {
  if (life.state !== 'conflict') return refused('claim.notContested');
  if (life.parties.some(({ personId }) => personId === by)) return refused('api.secondPerson');
  const party = life.parties.find(({ personId }) => personId === to);
  return party ? changed(claimedBy(party, policy, nowMs), 'assigned') : refused('claim.notYours');
}

function passTime(life: ClaimLife, policy: ClaimPolicy, nowMs: number): ClaimOutcome {
  const { state, reminders, dueAtMs } = life;
  if (dueAtMs === undefined || nowMs < dueAtMs) return { kind: 'unchanged' };
  if (reminders < policy.remindersMax) {
    const stepMs = state === 'claimed' ? claimedStepMs(policy) : policy.openMs;
    return changed({ ...life, reminders: reminders + 1, dueAtMs: nowMs + stepMs }, 'reminded');
  }
  if (state === 'claimed') return changed(openClaim(policy, nowMs), 'expired');
  return changed({ ...life, reminders: reminders + 1, dueAtMs: undefined }, 'escalated');
}

/** Whether an act changes what the card says; a reminder is a message of its own. */
export function changesCard(act: ClaimAct): boolean {
  return act !== 'reminded';
}

function changed(life: ClaimLife, act: ClaimAct): ClaimOutcome {
  return { kind: 'changed', life, act };
}

function refused(code: ClaimRefusal): ClaimOutcome {
  return { kind: 'refused', code };
}
