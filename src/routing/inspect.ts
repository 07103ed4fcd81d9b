import { isTimeZone } from '#core/dates.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { RouteId } from '#core/ids.ts';
import {
  type AmountBand,
  defaultSettings,
  type EffectiveSettings,
  inheritSettings,
  isWordMatcher,
  type Matcher,
  type RouteNode,
  topics,
  type WordMatcherRow,
  wordMatchers,
} from './route.ts';
import { foldText } from './text.ts';

export type RouteWarningCode =
  | 'emptyTree'
  | 'noDestination'
  | 'unreachable'
  | 'contradiction'
  | 'impossibleBand'
  | 'unknownZone'
  | 'rootHasMatchers'
  | 'alertsReachNobody'
  | 'groupingWithoutEffect';

/** A tree may be stored with warnings; each says what will not happen. */
export interface RouteWarning {
  readonly code: RouteWarningCode;
  readonly routeId: RouteId;
  readonly path: string;
  readonly problem: string;
}

interface Surroundings {
  readonly path: string;
  readonly settings: EffectiveSettings;
  readonly hasDestination: boolean;
  /** Matchers of all nodes above: a fact that comes here has passed them. */
  readonly passed: readonly Matcher[];
}

/** Finds what cannot be meant: routes that nothing reaches or that reach nobody. */
export function inspectTree(tree: RouteNode): RouteWarning[] {
  const at = { path: '', settings: defaultSettings, hasDestination: false, passed: [] };
  const warnings = inspectNode(tree, at);
  const warn = warner(tree, '');
  if (!hasAnyDestination(tree)) {
    warnings.unshift(warn('emptyTree', 'the tree names no destination, so nothing is ever told'));
  } else if (tree.destinationIds.length === 0 || tree.settings.alerts === false) {
    warnings.unshift(
      warn('alertsReachNobody', 'give the root a destination for alerts that concern no account'),
    );
  }
  if (tree.matchers.length > 0) {
    warnings.unshift(
      warn(
        'rootHasMatchers',
        'what the root does not match is told to nobody; move them to a child',
      ),
    );
  }
  return warnings;
}

function warner(route: RouteNode, path: string) {
  return (code: RouteWarningCode, problem: string): RouteWarning => ({
    code,
    routeId: route.routeId,
    path,
    problem,
  });
}

function hasAnyDestination(route: RouteNode): boolean {
  return route.destinationIds.length > 0 || route.children.some(hasAnyDestination);
}

function inspectNode(route: RouteNode, above: Surroundings): RouteWarning[] {
  const warn = warner(route, above.path);
  const settings = inheritSettings(above.settings, route.settings);
  const hasDestination = above.hasDestination || route.destinationIds.length > 0;
  const passed = [...above.passed, ...route.matchers];
  const warnings: RouteWarning[] = [];
  const takesFacts = !route.children.some((child) => child.matchers.length === 0);
  if (!hasDestination && !settings.isSilent && takesFacts) {
    warnings.push(warn('noDestination', 'name a destination, or say isSilent to tell nobody'));
  }
  if (settings.lane === 'urgent' && typeof route.settings.grouping === 'object') {
    warnings.push(warn('groupingWithoutEffect', 'urgent notices do not wait for a group'));
  }
  for (const zone of zonesOf(route)) {
    if (!isTimeZone(zone)) warnings.push(warn('unknownZone', `time zone "${zone}" is unknown`));
  }
  const conflict = findConflict(passed);
  if (conflict) warnings.push(warn(conflict.code, conflict.problem));
  for (const [index, child] of route.children.entries()) {
    const step = `children[${index}]`;
    const path = above.path === '' ? step : `${above.path}.${step}`;
    const earlier = route.children.slice(0, index).find((one) => takesAll(one, child));
    if (earlier) {
      const problem = `"${earlier.name}" before it takes everything; move this one up`;
      warnings.push(warner(child, path)('unreachable', problem));
    }
    warnings.push(...inspectNode(child, { path, settings, hasDestination, passed }));
  }
  return warnings;
}

function zonesOf(route: RouteNode): string[] {
  const hours = route.matchers.flatMap((one) => (one.kind === 'hour' ? [one.zone] : []));
  return [...hours, ...(route.settings.muteTimes ?? []).map((mute) => mute.zone)];
}

/** Whether an earlier sibling leaves nothing for a later one. */
function takesAll(earlier: RouteNode, later: RouteNode): boolean {
  if (earlier.continueMatching) return false;
  return earlier.matchers.every((wide) => later.matchers.some((narrow) => implies(narrow, wide)));
}

/** Whether whatever passes `narrow` surely passes `wide`. */
function implies(narrow: Matcher, wide: Matcher): boolean {
  if (narrow.kind === 'amount' && wide.kind === 'amount') {
    const isPlain = !narrow.isNegated && !wide.isNegated;
    return isPlain && narrow.bands.every((band) => wide.bands.some((one) => contains(one, band)));
  }
  if (narrow.kind === 'hour' || wide.kind === 'hour') return false;
  if (narrow.kind === 'amount' || wide.kind === 'amount' || narrow.kind !== wide.kind) return false;
  if (howOf(narrow) !== howOf(wide) || narrow.isNegated !== wide.isNegated) return false;
  const [small, large] = narrow.isNegated ? [wide, narrow] : [narrow, wide];
  const known = new Set<string>(large.values.map(foldText));
  return small.values.every((value) => known.has(foldText(value)));
}

function howOf(matcher: Matcher): string {
  return matcher.kind === 'counterparty' || matcher.kind === 'text' ? matcher.how : '';
}

function contains(wide: AmountBand, narrow: AmountBand): boolean {
  if (wide.currency !== narrow.currency) return false;
  const isAbove =
    wide.min === undefined ||
    (narrow.min !== undefined && narrow.min.amountMinorUnits >= wide.min.amountMinorUnits);
  const isBelow =
    wide.max === undefined ||
    (narrow.max !== undefined && narrow.max.amountMinorUnits <= wide.max.amountMinorUnits);
  return isAbove && isBelow;
}

interface Conflict {
  readonly code: 'contradiction' | 'impossibleBand';
  readonly problem: string;
}

/** Matchers on one way down that no fact can pass together. */
function findConflict(passed: readonly Matcher[]): Conflict | undefined {
  const allowed = new Map<string, Set<string>>([['about', topicsOf(passed)]]);
  for (const matcher of passed) {
    const isList = isWordMatcher(matcher) || isIdList(matcher);
    if (!isList || matcher.isNegated) continue;
    const before = allowed.get(matcher.kind);
    const values = matcher.values.filter((value) => before?.has(value) ?? true);
    allowed.set(matcher.kind, new Set<string>(values));
  }
  for (const matcher of passed) {
    const isList = isWordMatcher(matcher) || isIdList(matcher);
    if (isList && matcher.isNegated) {
      for (const value of matcher.values) allowed.get(matcher.kind)?.delete(value);
    }
  }
  const emptied = [...allowed].find(([, values]) => values.size === 0)?.[0];
  if (emptied !== undefined) {
    const problem =
      emptied === 'about'
        ? 'its matchers and those above it ask for a movement and for a payment at once'
        : `its ${emptied} matchers and those above it exclude each other`;
    return { code: 'contradiction', problem };
  }
  return findBandConflict(passed, allowed.get('currency'));
}

/** What all these matchers can be about: some ask for a field that only one topic has. */
function topicsOf(passed: readonly Matcher[]): Set<string> {
  const asked = passed.flatMap((matcher) => {
    if (!isWordMatcher(matcher) || matcher.isNegated) return [];
    const row: WordMatcherRow = wordMatchers[matcher.kind];
    return row.topic === undefined ? [] : [row.topic];
  });
  return new Set(topics.filter((topic) => asked.every((one) => one === topic)));
}

function isIdList(matcher: Matcher) {
  return matcher.kind === 'account' || matcher.kind === 'bank' || matcher.kind === 'currency';
}

function findBandConflict(
  passed: readonly Matcher[],
  currencies: ReadonlySet<string> | undefined,
): Conflict | undefined {
  let bands: readonly AmountBand[] | undefined;
  for (const matcher of passed) {
    if (matcher.kind !== 'amount' || matcher.isNegated) continue;
    const own = matcher.bands.filter((band) => currencies?.has(band.currency) ?? true);
    const possible = own.filter((band) => !isEmpty(band));
    bands = bands === undefined ? possible : intersect(bands, possible);
    if (bands.length === 0) {
      const problem = 'no amount lies in its bands, those above it and its currencies';
      return { code: 'impossibleBand', problem };
    }
  }
  return undefined;
}

function isEmpty({ min, max }: AmountBand): boolean {
  return min !== undefined && max !== undefined && min.amountMinorUnits > max.amountMinorUnits;
}

function intersect(left: readonly AmountBand[], right: readonly AmountBand[]): AmountBand[] {
  return left
    .flatMap((one) => right.flatMap((other) => overlapOf(one.currency, one, other)))
    .filter((band) => !isEmpty(band));
}

function overlapOf(currency: CurrencyCode, one: AmountBand, other: AmountBand): AmountBand[] {
  if (other.currency !== currency) return [];
  const min = [one.min, other.min]
    .filter((limit) => limit !== undefined)
    .reduce((high, limit) => (limit.amountMinorUnits > high.amountMinorUnits ? limit : high), {
      amountMinorUnits: 0n,
      currency,
    });
  const max = [one.max, other.max]
    .filter((limit) => limit !== undefined)
    .sort((a, b) => (a.amountMinorUnits < b.amountMinorUnits ? -1 : 1))[0];
  return [{ currency, min, ...(max && { max }) }];
}
