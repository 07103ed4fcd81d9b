import type { Pool } from 'pg';
import type { z } from 'zod';
import type { GrantReach } from '#core/grants.ts';
import { covers } from '#core/grants.ts';
import type { Instant } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import type { MatchReason } from '#core/match-reasons.ts';
import type { MatchAlternative } from '#core/matches.ts';
import type { Money } from '#core/money.ts';
import { toLegs } from '#flows/reconciliation/post-matches.ts';
import type { RunProposal } from '#flows/reconciliation/run-matching.ts';
import { linesOf } from '#flows/reconciliation/undo-matches.ts';
import { isMessageKey, translate } from '#i18n/messages.ts';
import { listGrants } from '#store/grants.ts';
import type { Break } from '#store/match-breaks.ts';
import type { MatchRun } from '#store/match-runs.ts';
import type { MatchLeg, StoredMatch } from '#store/matches.ts';
import type {
  BreakWire,
  MatchLegWire,
  MatchRunWire,
  MatchWire,
  PreviewWire,
  ReasonWire,
} from '../contract/matching.ts';
import type { LineFacts } from '../queries/matching.ts';
import { loadLineFacts } from '../queries/matching.ts';
import { toMoneyWire } from './payments.ts';

/** Who looks, in which language, and what they may see in full. */
export interface Viewer {
  readonly orgId: string;
  readonly language: Language;
  /** Whether the caller may read this amount of this account. */
  readonly mayRead: (accountId: string | undefined, amount: Money) => boolean;
}

/**
 * What a caller may see in full. A person needs the right to read the account, or to decide on it; a
 * machine's token, and the operator on the machine, see what the token's scope gives.
 */
export async function viewerOf(
  pool: Pool,
  caller: {
    readonly orgId: string;
    readonly personId?: string | undefined;
    readonly language: Language;
    readonly at: Instant;
  },
): Promise<Viewer> {
  const { orgId, personId, language, at } = caller;
  if (personId === undefined) return { orgId, language, mayRead: () => true };
  const grants = await listGrants(pool, { orgId, personId });
  const held: readonly GrantReach[] = grants.filter(({ state }) => state === 'active');
  return {
    orgId,
    language,
    mayRead: (accountId, amount) =>
      held.some(
        (grant) =>
          covers(grant, { action: 'account.read', accountId, amount }, at) ||
          covers(grant, { action: 'match.decide', accountId }, at),
      ),
  };
}

/** Matches as the caller may see them. */
export async function toMatchWires(
  pool: Pool,
  viewer: Viewer,
  matches: readonly StoredMatch[],
): Promise<z.infer<typeof MatchWire>[]> {
  const facts = await loadLineFacts(pool, viewer.orgId, linesOf(matches));
  return matches.map((match) => {
    const { orgId: _org, suggestedProbability: _suggested, ...rest } = match;
    return {
      ...rest,
      ...shown(match, facts, viewer),
      decidedAt: match.decidedAt?.toString(),
      undoneAt: match.undoneAt?.toString(),
      createdAt: match.createdAt.toString(),
    };
  });
}

interface Explained {
  readonly legs: readonly MatchLeg[];
  readonly reasons: readonly MatchReason[];
  readonly whyNotAutomatic?: MatchReason | undefined;
  readonly alternatives: readonly MatchAlternative[];
}

function shown(match: Explained, facts: LineFacts, viewer: Viewer) {
  const isReadable = match.legs.every((leg) => isLegReadable(leg, facts, viewer));
  const { language } = viewer;
  return {
    isMasked: !isReadable,
    reasons: isReadable ? match.reasons.map((one) => toReasonWire(one, language)) : [],
    whyNotAutomatic:
      isReadable && match.whyNotAutomatic
        ? toReasonWire(match.whyNotAutomatic, language)
        : undefined,
    alternatives: match.alternatives.map(({ entryIds, itemIds, probability }) => ({
      entryIds: [...entryIds],
      itemIds: [...itemIds],
      probability,
    })),
    legs: match.legs.map((leg) => toLegWire(leg, facts, isReadable)),
  };
}

/** An item that no account is said for is read by whoever may read the entry beside it. */
function isLegReadable(leg: MatchLeg, { entries, items }: LineFacts, viewer: Viewer): boolean {
  const entry = entries.get(leg.entryId ?? '');
  if (entry) return viewer.mayRead(entry.accountId, entry.amount);
  const item = items.get(leg.itemId ?? '');
  return !item || viewer.mayRead(item.accountId, item.amount);
}

export function toReasonWire(
  { code, values }: MatchReason,
  language: Language,
): z.infer<typeof ReasonWire> {
  const key = `match.reason.${code}`;
  const text = isMessageKey(key) ? translate(language, key, values) : code;
  return { code, values: { ...values }, text };
}

function toLegWire(
  leg: MatchLeg,
  facts: LineFacts,
  isReadable: boolean,
): z.infer<typeof MatchLegWire> {
  const wire = (amount: Money | undefined) =>
    amount && isReadable ? toMoneyWire(amount) : undefined;
  return {
    role: leg.role,
    entry: toEntryWire(facts, leg.entryId, isReadable),
    item: toItemWire(facts, leg.itemId, isReadable),
    otherEntryId: leg.otherEntryId,
    entryAmount: wire(leg.entryAmount),
    itemAmount: wire(leg.itemAmount),
    residual: wire(leg.residual),
    rate: leg.rate,
    rateSource: leg.rateSource,
    toleranceRuleId: leg.toleranceRuleId,
  };
}

function toEntryWire({ entries }: LineFacts, entryId: string | undefined, isReadable: boolean) {
  const entry = entries.get(entryId ?? '');
  if (!entry) return undefined;
  const { id, accountId, direction, bookingDate, amount, counterpartyName, text } = entry;
  const open = { entryId: id, accountId, direction, bookingDate };
  if (!isReadable) return open;
  return { ...open, amount: toMoneyWire(amount), counterpartyName, remittanceInformation: text };
}

function toItemWire({ items }: LineFacts, itemId: string | undefined, isReadable: boolean) {
  const item = items.get(itemId ?? '');
  if (!item) return undefined;
  const { kind, number, dueOn, amount, counterpartyName, creditDebitIndicator: direction } = item;
  const open = { itemId: item.itemId, kind, direction, number, dueOn: dueOn?.toString() };
  return isReadable ? { ...open, amount: toMoneyWire(amount), counterpartyName } : open;
}

const PREVIEW_MAX = 200;

/** What a run would write, as the caller may see it. */
export async function toPreviewWire(
  pool: Pool,
  viewer: Viewer,
  proposal: RunProposal,
): Promise<z.infer<typeof PreviewWire>> {
  const matches = proposal.matches.slice(0, PREVIEW_MAX).map((match) => ({
    ...match,
    legs: toLegs(match, proposal),
  }));
  const facts = await loadLineFacts(pool, viewer.orgId, linesOf(matches));
  const automatic = proposal.matches.filter(({ decision }) => decision === 'automatic').length;
  return {
    digest: proposal.digest,
    counts: {
      entries: proposal.entries.size,
      items: proposal.items.size,
      automatic,
      suggested: proposal.matches.length - automatic,
      open: proposal.open.filter(({ side }) => side === 'entry').length,
      skipped: 0,
    },
    matches: matches.map((match) => ({
      decision: match.decision,
      kind: match.kind,
      basis: match.basis,
      probability: match.probability,
      ...shown(match, facts, viewer),
    })),
  };
}

export function toRunWire(run: MatchRun): z.infer<typeof MatchRunWire> {
  return {
    ...run,
    settings: { ...run.settings },
    startedAt: run.startedAt.toString(),
    finishedAt: run.finishedAt?.toString(),
    undoneAt: run.undoneAt?.toString(),
  };
}

export function toBreakWire(open: Break, viewer: Viewer): z.infer<typeof BreakWire> {
  const { amount, open: left, text, counterpartyName, matchState, ...rest } = open;
  const isReadable = viewer.mayRead(open.accountId, amount);
  const isKnown =
    matchState === 'partial' || matchState === 'suggested' || matchState === 'unknown';
  return {
    ...rest,
    ...(isKnown ? { matchState } : {}),
    isMasked: !isReadable,
    ...(isReadable
      ? { amount: toMoneyWire(amount), open: toMoneyWire(left), text, counterpartyName }
      : {}),
  };
}
