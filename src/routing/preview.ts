import type { Instant } from '#core/dates.ts';
import { momentOf, type RoutedFact } from '#core/events.ts';
import type { DestinationId } from '#core/ids.ts';
import { compileTree, type MatchContext, type RouteMatch } from './match.ts';
import type { RouteNode } from './route.ts';

/**
 * At which time facts of the past are routed: as if each came now, or each at the moment at which
 * it was seen, which is what mute times and hours want.
 */
export type PreviewTime = Instant | 'whenSeen';

export interface PreviewRow {
  readonly fact: RoutedFact;
  readonly matches: readonly RouteMatch[];
}

/** Who would have been told of each fact. */
export function whoWouldBeTold(
  tree: RouteNode,
  facts: readonly RoutedFact[],
  now: PreviewTime,
  context: MatchContext = {},
): PreviewRow[] {
  const compiled = compileTree(tree);
  return facts.map((fact) => ({
    fact,
    matches: compiled.findRoutes(fact, now === 'whenSeen' ? momentOf(fact) : now, context),
  }));
}

export type DeliveryField = 'language' | 'detail' | 'lane' | 'mentions' | 'grouping' | 'mute';

export interface DeliveryChange {
  readonly before: RouteMatch;
  readonly after: RouteMatch;
  readonly fields: readonly DeliveryField[];
}

export interface FactComparison {
  readonly fact: RoutedFact;
  readonly added: readonly RouteMatch[];
  readonly removed: readonly RouteMatch[];
  readonly changed: readonly DeliveryChange[];
}

export interface DestinationLoad {
  /** Notices among the facts. */
  readonly notices: number;
  /** Messages after grouping, as far as no budget folds more. */
  readonly messages: number;
  /** Messages in a month of 30 days at the same pace. */
  readonly messagesPerMonth: number;
}

export interface DestinationComparison {
  readonly destinationId: DestinationId;
  readonly before: DestinationLoad;
  readonly after: DestinationLoad;
}

export interface TreeComparison {
  /** Only facts for which something changes. */
  readonly facts: readonly FactComparison[];
  readonly destinations: readonly DestinationComparison[];
}

export interface CompareOptions extends MatchContext {
  readonly now?: PreviewTime;
  /** How long a time the facts cover; else from the first to the last, at least a day. */
  readonly spanMs?: number;
}

/** What a change of the tree would have changed, fact by fact and in messages a month. */
export function compareTrees(
  before: RouteNode,
  after: RouteNode,
  facts: readonly RoutedFact[],
  options: CompareOptions = {},
): TreeComparison {
  const now = options.now ?? 'whenSeen';
  const rowsBefore = whoWouldBeTold(before, facts, now, options);
  const rowsAfter = whoWouldBeTold(after, facts, now, options);
  const compared = rowsBefore.map((row, index) =>
    compareFact(row.fact, row.matches, rowsAfter[index]?.matches ?? []),
  );
  const spanMs = options.spanMs ?? spanOf(facts);
  return {
    facts: compared.filter((one) => one.added.length + one.removed.length + one.changed.length > 0),
    destinations: compareLoads(loadsOf(rowsBefore, spanMs), loadsOf(rowsAfter, spanMs)),
  };
}

/** Notices and messages of each destination for the given rows. */
export function loadsOf(
  rows: readonly PreviewRow[],
  spanMs: number,
): ReadonlyMap<DestinationId, DestinationLoad> {
  const byDestination = new Map<DestinationId, { atMs: number; match: RouteMatch }[]>();
  for (const { fact, matches } of rows) {
    for (const match of matches) {
      const list = byDestination.get(match.destinationId) ?? [];
      list.push({
        atMs: Math.max(momentOf(fact).epochMilliseconds, match.mutedUntilMs ?? 0),
        match,
      });
      byDestination.set(match.destinationId, list);
    }
  }
  return new Map(
    [...byDestination].map(([destinationId, notices]) => {
      const messages = countMessages(notices);
      const messagesPerMonth = Math.round((messages * MONTH_MS) / spanMs);
      return [destinationId, { notices: notices.length, messages, messagesPerMonth }];
    }),
  );
}

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

function spanOf(facts: readonly RoutedFact[]): number {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const fact of facts) {
    const atMs = momentOf(fact).epochMilliseconds;
    firstMs = Math.min(firstMs, atMs);
    lastMs = Math.max(lastMs, atMs);
  }
  return Math.max(DAY_MS, lastMs - firstMs);
}

function compareFact(
  fact: RoutedFact,
  before: readonly RouteMatch[],
  after: readonly RouteMatch[],
): FactComparison {
  const old = new Map(before.map((match) => [match.destinationId, match]));
  const fresh = new Set(after.map((match) => match.destinationId));
  const changed = after.flatMap((match): DeliveryChange[] => {
    const was = old.get(match.destinationId);
    const fields = was === undefined ? [] : changedFields(was, match);
    return was === undefined || fields.length === 0 ? [] : [{ before: was, after: match, fields }];
  });
  return {
    fact,
    added: after.filter((match) => !old.has(match.destinationId)),
    removed: before.filter((match) => !fresh.has(match.destinationId)),
    changed,
  };
}

function changedFields(before: RouteMatch, after: RouteMatch): DeliveryField[] {
  const read = {
    language: (match: RouteMatch) => match.language,
    detail: (match: RouteMatch) => match.detail,
    lane: (match: RouteMatch) => match.lane,
    mentions: (match: RouteMatch) => JSON.stringify(match.mentions),
    grouping: (match: RouteMatch) =>
      JSON.stringify([keyWithoutRoute(match), match.groupWaitMs, match.groupMaximum]),
    mute: (match: RouteMatch) => match.mutedUntilMs,
  };
  const fields = ['language', 'detail', 'lane', 'mentions', 'grouping', 'mute'] as const;
  return fields.filter((field) => read[field](before) !== read[field](after));
}

/** A route that was only replaced by a like one changes nothing for people. */
function keyWithoutRoute({ groupKey, routeId }: RouteMatch): string | undefined {
  return groupKey?.replace(routeId, '');
}

const noLoad: DestinationLoad = { notices: 0, messages: 0, messagesPerMonth: 0 };

function compareLoads(
  before: ReadonlyMap<DestinationId, DestinationLoad>,
  after: ReadonlyMap<DestinationId, DestinationLoad>,
): DestinationComparison[] {
  return [...new Set([...before.keys(), ...after.keys()])].map((destinationId) => ({
    destinationId,
    before: before.get(destinationId) ?? noLoad,
    after: after.get(destinationId) ?? noLoad,
  }));
}

function countMessages(notices: readonly { atMs: number; match: RouteMatch }[]): number {
  const open = new Map<string, { untilMs: number; count: number }>();
  let messages = 0;
  for (const { atMs, match } of [...notices].sort((left, right) => left.atMs - right.atMs)) {
    const key = match.groupKey ?? heldKey(match);
    const group = key === undefined ? undefined : open.get(key);
    const maximum = match.groupMaximum ?? Number.POSITIVE_INFINITY;
    if (group !== undefined && atMs <= group.untilMs && group.count < maximum) {
      group.count += 1;
      continue;
    }
    messages += 1;
    if (key !== undefined) open.set(key, { untilMs: atMs + (match.groupWaitMs ?? 0), count: 1 });
  }
  return messages;
}

/** What waits for the same end of a mute is told together. */
function heldKey({ mutedUntilMs, routeId }: RouteMatch): string | undefined {
  return mutedUntilMs === undefined ? undefined : `${routeId} ${mutedUntilMs}`;
}
