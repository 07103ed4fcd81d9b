import type { Instant } from '#core/dates.ts';
import {
  type AlertFact,
  type Fact,
  isAlertFact,
  isPaymentFact,
  needsPeople,
} from '#core/events.ts';
import type { AccountId, ConnectionId, DestinationId, RouteId } from '#core/ids.ts';
import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import { LocalClock } from './local-clock.ts';
import { compileMatcher, counterpartyOf, FactView, type Test } from './matchers.ts';
import { type MuteState, muteStateAt } from './mute.ts';
import {
  type AccountMatcher,
  type BankMatcher,
  defaultSettings,
  type EffectiveSettings,
  type Grouping,
  inheritSettings,
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

/** Counts what matching did, so that a test can bound it without a clock. */
export interface Work {
  nodes: number;
  matchers: number;
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
  readonly findRoutes: (fact: Fact, now: Instant, context?: MatchContext) => RouteMatch[];
  /** Whether a route says that whoever asked for this payment is told personally. */
  readonly tellsMaker: (fact: Fact, now: Instant) => boolean;
}

/** Who is told of a fact. For many facts use {@link compileTree}. */
export function findRoutes(
  tree: RouteNode,
  fact: Fact,
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

interface CompiledNode {
  readonly route: RouteNode;
  readonly parent: CompiledNode | undefined;
  readonly settings: EffectiveSettings;
  readonly destinationIds: readonly DestinationId[];
  readonly tests: readonly Test[];
  /** Matchers that an alert can be held against; undefined when the route is about movements. */
  readonly alertMatchers: readonly (AccountMatcher | BankMatcher)[] | undefined;
  readonly children: readonly CompiledNode[];
  readonly byAccount: ReadonlyMap<string, readonly number[]>;
  readonly byBank: ReadonlyMap<string, readonly number[]>;
  readonly others: readonly number[];
  mute: (MuteState & { readonly fromMs: number }) | undefined;
}

function compileNode(
  route: RouteNode,
  parent: CompiledNode | undefined,
  inherited: EffectiveSettings,
): CompiledNode {
  const settings = inheritSettings(inherited, route.settings);
  const children: CompiledNode[] = [];
  const node: CompiledNode = {
    route,
    parent,
    settings,
    destinationIds:
      route.destinationIds.length > 0 ? route.destinationIds : (parent?.destinationIds ?? []),
    tests: route.matchers.map(compileMatcher),
    alertMatchers: alertMatchersOf(route),
    children,
    ...indexChildren(route.children),
    mute: undefined,
  };
  for (const child of route.children) children.push(compileNode(child, node, settings));
  return node;
}

function alertMatchersOf(route: RouteNode): (AccountMatcher | BankMatcher)[] | undefined {
  const usable = route.matchers.filter(
    (matcher) => matcher.kind === 'account' || matcher.kind === 'bank',
  );
  return usable.length === route.matchers.length ? usable : undefined;
}

type Index = Pick<CompiledNode, 'byAccount' | 'byBank' | 'others'>;

function indexChildren(children: readonly RouteNode[]): Index {
  const byAccount = new Map<string, number[]>();
  const byBank = new Map<string, number[]>();
  const others: number[] = [];
  for (const [position, { matchers }] of children.entries()) {
    const account = matchers.find(({ kind, isNegated }) => kind === 'account' && !isNegated);
    const bank = matchers.find(({ kind, isNegated }) => kind === 'bank' && !isNegated);
    if (account?.kind === 'account') addAll(byAccount, account.values, position);
    else if (bank?.kind === 'bank') addAll(byBank, bank.values, position);
    else others.push(position);
  }
  return { byAccount, byBank, others };
}

function addAll(index: Map<string, number[]>, keys: readonly string[], position: number): void {
  for (const key of new Set(keys)) {
    const list = index.get(key);
    if (list) list.push(position);
    else index.set(key, [position]);
  }
}

const nobody: readonly number[] = [];

/** Positions of children that may match, in the order in which they stand. */
function candidates(
  node: CompiledNode,
  accountId: string | undefined,
  bankId: string | undefined,
): readonly number[] {
  const mine = accountId === undefined ? nobody : (node.byAccount.get(accountId) ?? nobody);
  const banks = bankId === undefined ? nobody : (node.byBank.get(bankId) ?? nobody);
  return merge(merge(node.others, mine), banks);
}

function merge(left: readonly number[], right: readonly number[]): readonly number[] {
  if (right.length === 0) return left;
  if (left.length === 0) return right;
  const merged: number[] = [];
  let next = 0;
  for (const position of left) {
    for (let other = right[next]; other !== undefined && other < position; other = right[next]) {
      merged.push(other);
      next += 1;
    }
    merged.push(position);
  }
  for (const other of right.slice(next)) merged.push(other);
  return merged;
}

function passes(node: CompiledNode, view: FactView, work: Work): boolean {
  work.nodes += 1;
  // A plain loop: this is the one place that runs once per route and fact.
  for (const test of node.tests) {
    work.matchers += 1;
    if (!test(view)) return false;
  }
  return true;
}

/** Depth first; the node is known to match. */
function walk(
  node: CompiledNode,
  view: FactView,
  { work, taken }: { work: Work; taken: CompiledNode[] },
): void {
  let isTaken = false;
  for (const position of candidates(node, view.fact.accountId, view.fact.bankId)) {
    const child = node.children[position];
    if (child === undefined || !passes(child, view, work)) continue;
    isTaken = true;
    walk(child, view, { work, taken });
    if (!child.route.continueMatching) break;
  }
  if (!isTaken) taken.push(node);
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

interface Concern {
  readonly accountId: AccountId | undefined;
  readonly bankId: string | undefined;
}

/**
 * Alerts follow only matchers of account and bank; a route that asks anything else is about
 * movements. An alert of a connection concerns each of its accounts. It is never muted or grouped,
 * and never lost: a route that takes no alerts hands them to its parent.
 */
function findForAlert(root: CompiledNode, alert: AlertFact, context: MatchContext): RouteMatch[] {
  const work = context.work ?? { nodes: 0, matchers: 0 };
  const told = new Map<DestinationId, RouteMatch>();
  for (const concern of concernsOf(alert, context.directory)) {
    const taken: CompiledNode[] = [];
    if (concern === undefined) taken.push(root);
    else walkAlert(root, concern, { work, taken });
    for (const node of taken) {
      const teller = nearest(node, takesAlerts) ?? firstTeller(root);
      if (teller !== undefined) addAlertMatches(told, teller);
    }
  }
  return [...told.values()];
}

function concernsOf(
  alert: AlertFact,
  directory: AccountDirectory | undefined,
): readonly (Concern | undefined)[] {
  const { accountId } = alert;
  if (accountId === undefined && alert.connectionId === undefined) return [undefined];
  const connectionId =
    alert.connectionId ??
    (accountId === undefined ? undefined : directory?.connectionOf(accountId));
  const bankId = connectionId === undefined ? undefined : directory?.bankIdOf(connectionId);
  if (accountId !== undefined) return [{ accountId, bankId }];
  const accounts = connectionId === undefined ? [] : (directory?.accountsOf(connectionId) ?? []);
  if (accounts.length === 0) return [{ accountId: undefined, bankId }];
  return accounts.map((account) => ({ accountId: account, bankId }));
}

function walkAlert(
  node: CompiledNode,
  concern: Concern,
  { work, taken }: { work: Work; taken: CompiledNode[] },
): void {
  let isTaken = false;
  for (const position of candidates(node, concern.accountId, concern.bankId)) {
    work.nodes += 1;
    const child = node.children[position];
    if (child?.alertMatchers?.every((matcher) => concerns(matcher, concern)) !== true) continue;
    isTaken = true;
    walkAlert(child, concern, { work, taken });
    if (!child.route.continueMatching) break;
  }
  if (!isTaken) taken.push(node);
}

function concerns(matcher: AccountMatcher | BankMatcher, concern: Concern): boolean {
  const value = matcher.kind === 'account' ? concern.accountId : concern.bankId;
  // What is unknown is neither one of the list nor surely none of it.
  if (value === undefined) return false;
  return matcher.values.some((one) => one === value) !== matcher.isNegated;
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

function takesAlerts({ settings, destinationIds }: CompiledNode): boolean {
  return settings.alerts && !settings.isSilent && destinationIds.length > 0;
}

/** The node itself or the first one above it of which something is true. */
function nearest(
  node: CompiledNode,
  isWanted: (node: CompiledNode) => boolean,
): CompiledNode | undefined {
  for (let at: CompiledNode | undefined = node; at !== undefined; at = at.parent) {
    if (isWanted(at)) return at;
  }
  return undefined;
}

/** Rather the wrong people than nobody: prefers those who want alerts, then anybody at all. */
function firstTeller(root: CompiledNode): CompiledNode | undefined {
  const nodes = listNodes(root);
  return nodes.find(takesAlerts) ?? nodes.find((node) => node.destinationIds.length > 0);
}

function listNodes(node: CompiledNode): CompiledNode[] {
  return [node, ...node.children.flatMap(listNodes)];
}

function addAlertMatches(told: Map<DestinationId, RouteMatch>, node: CompiledNode): void {
  const { language, detail, mentions } = node.settings;
  const { routeId } = node.route;
  for (const destinationId of node.destinationIds) {
    if (told.has(destinationId)) continue;
    told.set(destinationId, { routeId, destinationId, language, detail, lane: 'urgent', mentions });
  }
}
