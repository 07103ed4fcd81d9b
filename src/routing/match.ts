import type { Instant } from '#core/dates.ts';
import { isAlertFact, isPaymentFact, needsPeople, type RoutedFact } from '#core/events.ts';
import type { AccountId, ConnectionId, DestinationId, RouteId } from '#core/ids.ts';
import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import {
  type CompiledNode,
  compileNode,
  nearest,
  passes,
  walk,
  type Work,
} from './compiled-route.ts';
import { LocalClock } from './local-clock.ts';
import { findForAlert, firstTeller } from './match-alerts.ts';
import { counterpartyOf, FactView } from './matchers.ts';
import { muteStateAt } from './mute.ts';
import {
  defaultSettings,
  type EffectiveSettings,
  type Grouping,
  type MoneyFact,
  type RouteNode,
  wordMatchers,
} from './route.ts';
import { foldText } from './text.ts';

/** One destination that is to be told of a fact, and how. */
export interface RouteMatch {
  readonly routeId: RouteId;
  readonly destinationId: DestinationId;
  readonly language: Language;
  readonly detail: DetailLevel;
  readonly lane: Lane;
  readonly mentions: readonly string[];
  /** Notices of one destination with the same key are told together. */
  readonly groupKey?: string;
  readonly groupWaitMs?: number;
  readonly groupMaximum?: number;
  /** The notice waits until then. */
  readonly mutedUntilMs?: number;
}

/** What routing an alert needs to know of connections; facts about movements carry it. */
export interface AccountDirectory {
  readonly accountsOf: (connectionId: ConnectionId) => readonly AccountId[];
  readonly connectionOf: (accountId: AccountId) => ConnectionId | undefined;
  readonly bankIdOf: (connectionId: ConnectionId) => string | undefined;
}

export interface MatchContext {
  readonly directory?: AccountDirectory;
  /** Where a person is told, by DingTalk user id; undefined while there is no such place. */
  readonly destinationOfPerson?: (userId: string) => DestinationId | undefined;
  readonly work?: Work;
}

/** A tree made ready for many facts. Make it once per change of the tree. */
export interface CompiledTree {
  readonly root: RouteNode;
  readonly findRoutes: (fact: RoutedFact, now: Instant, context?: MatchContext) => RouteMatch[];
  /** Whether a route says that whoever asked for this payment is told personally. */
  readonly tellsMaker: (fact: RoutedFact, now: Instant) => boolean;
}

/** Who is told of a fact. For many facts use {@link compileTree}. */
export function findRoutes(
  tree: RouteNode,
  fact: RoutedFact,
  now: Instant,
  context: MatchContext = {},
): RouteMatch[] {
  return compileTree(tree).findRoutes(fact, now, context);
}

/**
 * Prepares a tree. Children are indexed by account and by bank, so that a thousand siblings that
 * each name their accounts cost as much as one.
 */
export function compileTree(
  tree: RouteNode,
  defaults: EffectiveSettings = defaultSettings,
): CompiledTree {
  const root = compileNode(tree, undefined, defaults);
  const clock = new LocalClock();
  const findTellers = (fact: MoneyFact, nowMs: number, { work }: MatchContext): CompiledNode[] => {
    const view = new FactView(fact, nowMs, clock);
    const taken: CompiledNode[] = [];
    const counted = work ?? { nodes: 0, matchers: 0 };
    if (passes(root, view, counted)) walk(root, view, { work: counted, taken });
    if (isPaymentFact(fact) && needsPeople(fact)) return insistentTellers(root, taken);
    return taken.filter((node) => !node.settings.isSilent);
  };
  return {
    root: tree,
    findRoutes: (fact, now, context = {}) => {
      const nowMs = now.epochMilliseconds;
      if (isAlertFact(fact)) return findForAlert(root, fact, context);
      const tellers = findTellers(fact, nowMs, context);
      const told = toMatches(tellers, fact, nowMs);
      return [...told, ...makerMatch(tellers, fact, { nowMs, told, context })];
    },
    tellsMaker: (fact, now) =>
      isPaymentFact(fact) &&
      fact.makerUserId !== undefined &&
      findTellers(fact, now.epochMilliseconds, {}).some(({ settings }) => settings.tellMaker),
  };
}

function toMatches(tellers: readonly CompiledNode[], fact: MoneyFact, nowMs: number): RouteMatch[] {
  const told = new Map<DestinationId, RouteMatch>();
  for (const node of tellers) {
    const manner = mannerOf(node, fact, nowMs);
    for (const destinationId of node.destinationIds) {
      if (told.has(destinationId)) continue;
      told.set(destinationId, { ...manner, destinationId, mentions: node.settings.mentions });
    }
  }
  return [...told.values()];
}

/**
 * The person who asked for a payment, in the manner of the first route that takes it. The personal
 * message rings by itself, so nobody is mentioned in it.
 */
function makerMatch(
  tellers: readonly CompiledNode[],
  fact: MoneyFact,
  at: {
    readonly nowMs: number;
    readonly told: readonly RouteMatch[];
    readonly context: MatchContext;
  },
): RouteMatch[] {
  if (!isPaymentFact(fact) || fact.makerUserId === undefined) return [];
  const node = tellers.find(({ settings }) => settings.tellMaker);
  const destinationId = node && at.context.destinationOfPerson?.(fact.makerUserId);
  if (!node || destinationId === undefined) return [];
  if (at.told.some((match) => match.destinationId === destinationId)) return [];
  const {
    groupKey: _key,
    groupWaitMs: _wait,
    groupMaximum: _maximum,
    ...manner
  } = mannerOf(node, fact, at.nowMs);
  return [{ ...manner, destinationId, mentions: [] }];
}

type Manner = Omit<RouteMatch, 'destinationId' | 'mentions'>;

function mannerOf(node: CompiledNode, fact: MoneyFact, nowMs: number): Manner {
  const { language, detail, lane } = node.settings;
  const { routeId } = node.route;
  if (isPaymentFact(fact) && needsPeople(fact)) {
    return { routeId, language, detail, lane: 'urgent' };
  }
  return { routeId, language, detail, lane, ...timingOf(node, fact, nowMs) };
}

type Timing = Pick<RouteMatch, 'groupKey' | 'groupWaitMs' | 'groupMaximum' | 'mutedUntilMs'>;

function timingOf(node: CompiledNode, fact: MoneyFact, nowMs: number): Timing {
  const { grouping, lane } = node.settings;
  const mutedUntilMs = mutedUntilOf(node, nowMs);
  return {
    // What is urgent does not wait for company.
    ...(grouping === 'none' || lane === 'urgent'
      ? {}
      : {
          groupKey: groupKeyOf(node.route.routeId, grouping, fact),
          groupWaitMs: grouping.waitMs,
          groupMaximum: grouping.maximum,
        }),
    ...(mutedUntilMs === undefined ? {} : { mutedUntilMs }),
  };
}

function groupKeyOf(routeId: RouteId, { by }: Grouping, fact: MoneyFact): string {
  const { name, account } = counterpartyOf(fact) ?? {};
  const read = {
    account: () => fact.accountId,
    bank: () => fact.bankId,
    currency: () => fact.amount.currency,
    direction: () => wordMatchers.direction.read(fact),
    counterparty: () => foldText(name ?? account ?? ''),
  };
  return JSON.stringify([routeId, ...by.map((key) => read[key]())]);
}

/** Reading the calendar is slow; the answer is kept for as long as it holds. */
function mutedUntilOf(node: CompiledNode, nowMs: number): number | undefined {
  const { muteTimes } = node.settings;
  if (muteTimes.length === 0) return undefined;
  const known = node.mute;
  const isFresh = known !== undefined && known.fromMs <= nowMs && nowMs < known.untilMs;
  const state = isFresh ? known : { ...muteStateAt(muteTimes, nowMs), fromMs: nowMs };
  node.mute = state;
  return state.isMuted ? state.untilMs : undefined;
}

/**
 * Who hears of a payment that needs people: whoever took it, or the nearest above that tells anybody;
 * rather the wrong people than nobody.
 */
function insistentTellers(root: CompiledNode, taken: readonly CompiledNode[]): CompiledNode[] {
  const speaks = ({ settings, destinationIds }: CompiledNode): boolean =>
    !settings.isSilent && destinationIds.length > 0;
  const found = taken.flatMap((node) => nearest(node, speaks) ?? []);
  const fallback = found.length > 0 ? undefined : firstTeller(root);
  return fallback ? [fallback] : [...new Set(found)];
}
