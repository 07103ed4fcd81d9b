import type { DestinationId } from '#core/ids.ts';
import { compileMatcher, type FactView, type Test } from './matchers.ts';
import type { MuteState } from './mute.ts';
import {
  type AccountMatcher,
  type BankMatcher,
  type EffectiveSettings,
  inheritSettings,
  type RouteNode,
} from './route.ts';

/** Counts what matching did, so that a test can bound it without a clock. */
export interface Work {
  nodes: number;
  matchers: number;
}

/** A route made ready: settings inherited, matchers turned into tests, children indexed. */
export interface CompiledNode {
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

/** Prepares a route and everything below it. */
export function compileNode(
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
export function candidates(
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

/** Whether a fact passes a route's own matchers. */
export function passes(node: CompiledNode, view: FactView, work: Work): boolean {
  work.nodes += 1;
  // A plain loop: this is the one place that runs once per route and fact.
  for (const test of node.tests) {
    work.matchers += 1;
    if (!test(view)) return false;
  }
  return true;
}

/** Depth first; the node is known to match. */
export function walk(
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

/** The node itself or the first one above it of which something is true. */
export function nearest(
  node: CompiledNode,
  isWanted: (node: CompiledNode) => boolean,
): CompiledNode | undefined {
  for (let at: CompiledNode | undefined = node; at !== undefined; at = at.parent) {
    if (isWanted(at)) return at;
  }
  return undefined;
}
