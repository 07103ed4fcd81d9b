import type { AlertFact } from '#core/events.ts';
import type { AccountId, DestinationId } from '#core/ids.ts';
import { candidates, type CompiledNode, nearest, type Work } from './compiled-route.ts';
import type { AccountDirectory, MatchContext, RouteMatch } from './match.ts';
import type { AccountMatcher, BankMatcher } from './route.ts';

interface Concern {
  readonly accountId: AccountId | undefined;
  readonly bankId: string | undefined;
}

/**
 * Alerts follow only matchers of account and bank; a route that asks anything else is about
 * movements. An alert of a connection concerns each of its accounts. It is never muted or grouped,
 * and never lost: a route that takes no alerts hands them to its parent.
 */
export function findForAlert(
  root: CompiledNode,
  alert: AlertFact,
  context: MatchContext,
): RouteMatch[] {
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

function takesAlerts({ settings, destinationIds }: CompiledNode): boolean {
  return settings.alerts && !settings.isSilent && destinationIds.length > 0;
}

/** Rather the wrong people than nobody: prefers those who want alerts, then anybody at all. */
export function firstTeller(root: CompiledNode): CompiledNode | undefined {
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
