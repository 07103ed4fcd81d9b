import { addMs, dayIn, startOfDay } from '#core/dates.ts';
import type { RoutedFact } from '#core/events.ts';
import { isAlertFact, isDirectFact, isPaymentFact, momentOf } from '#core/events.ts';
import { formatDecimal } from '#core/money.ts';
import type { RouteWarning } from '#routing/inspect.ts';
import type { MatchContext } from '#routing/match.ts';
import type { TreeComparison } from '#routing/preview.ts';
import { compareTrees, whoWouldBeTold } from '#routing/preview.ts';
import type { RouteNode } from '#routing/route.ts';
import type { PlainRoute } from '#routing/schema.ts';
import { readRouteTree, toPlain } from '#routing/schema.ts';
import { newId } from '#secret/ids.ts';
import { listAccounts } from '#store/accounts-admin.ts';
import { listConnections } from '#store/connections-admin.ts';
import { listDestinations } from '#store/destinations-admin.ts';
import type { FactJson } from '#store/events.ts';
import { factFromJson } from '#store/events.ts';
import type { Actor, AdminServices } from '#store/orgs.ts';
import { getOrg } from '#store/orgs.ts';
import type { RouteTree } from '#store/routes-admin.ts';
import { loadRouteRows, replaceRoutes, toRouteTree } from '#store/routes-admin.ts';
import { problemsError } from './refusal.ts';

/** The tree as it is stored, with what probably was not meant. */
export interface StoredRoutes {
  /** Absent while nobody is told of anything. */
  readonly tree?: PlainRoute;
  readonly warnings: readonly RouteWarning[];
}

/** What an organisation without routes has: everything goes to nobody, on purpose. */
const NOBODY = { name: 'nobody', settings: { isSilent: true } };

function readTree(plain: unknown): { tree: RouteNode; warnings: readonly RouteWarning[] } {
  const reading = readRouteTree(plain, { mintRouteId: () => newId('rte') });
  if (reading.ok) return reading;
  throw problemsError(
    'route.invalid',
    reading.problems.map(({ path, problem }) => ({ field: path, problem })),
  );
}

export async function getRoutes(services: AdminServices, orgId: string): Promise<StoredRoutes> {
  const stored = toRouteTree(await loadRouteRows(services, orgId));
  if (!stored) return { warnings: [] };
  const { tree, warnings } = readTree(stored);
  return { tree: toPlain(tree), warnings };
}

/** Checks a whole tree and puts it in the place of the one before. */
export async function putRoutes(
  services: AdminServices,
  input: { readonly orgId: string; readonly tree: unknown },
  actor: Actor,
): Promise<StoredRoutes> {
  const { tree, warnings } = readTree(input.tree);
  await refuseUnknownIds(services, input.orgId, tree);
  const plain = toPlain(tree);
  await replaceRoutes(services, { orgId: input.orgId, tree: toRows(plain) }, actor);
  return { tree: plain, warnings };
}

/** The reading has given every node an id; the type of the plain form does not know it. */
function toRows(plain: PlainRoute): RouteTree {
  const children = plain.children?.map(toRows);
  return { ...plain, routeId: plain.routeId ?? newId('rte'), children };
}

async function refuseUnknownIds(
  services: AdminServices,
  orgId: string,
  tree: RouteNode,
): Promise<void> {
  const destinations = await listDestinations(services, orgId);
  const accounts = await listAccounts(services, { orgId });
  const known = new Set<string>([
    ...destinations.map((destination) => destination.destinationId),
    ...accounts.map((account) => account.accountId),
  ]);
  const problems = idsOf(tree, '').filter(({ id }) => !known.has(id));
  if (problems.length === 0) return;
  throw problemsError(
    'route.invalid',
    problems.map(({ id, path }) => ({
      field: path,
      problem: `${id} does not exist in this organisation, or was removed`,
    })),
  );
}

function idsOf(node: RouteNode, path: string): { id: string; path: string }[] {
  const at = path === '' ? '' : `${path}.`;
  return [
    ...node.destinationIds.map((id, index) => ({ id, path: `${at}destinationIds[${index}]` })),
    ...node.matchers.flatMap((matcher, index) =>
      matcher.kind === 'account'
        ? matcher.values.map((id, place) => ({
            id,
            path: `${at}matchers[${index}].values[${place}]`,
          }))
        : [],
    ),
    ...node.children.flatMap((child, index) => idsOf(child, `${at}children[${index}]`)),
  ];
}

export interface RoutesTest {
  readonly orgId: string;
  /** The tree to try; absent: the one that is stored. */
  readonly tree?: unknown;
  /** How many days back; default 30. */
  readonly days: number;
  /** At most so many facts, the latest. */
  readonly factsMax: number;
}

/** One fact and who would be told, with names instead of ids. */
export interface ToldRow {
  readonly at: string;
  readonly kind: string;
  readonly subject: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly told: readonly {
    readonly destinationId: string;
    readonly destination: string;
    readonly routeId: string;
    readonly language: string;
    readonly detail: string;
    readonly lane: string;
    readonly muted: boolean;
  }[];
}

export interface RoutesTestResult {
  readonly facts: number;
  /** More facts were there than were tried. */
  readonly isCut: boolean;
  readonly rows: readonly ToldRow[];
  readonly warnings: readonly RouteWarning[];
  /** Against the stored tree; absent when that is what was tried. */
  readonly changes?: {
    readonly facts: readonly {
      readonly subject: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly {
        readonly destination: string;
        readonly fields: readonly string[];
      }[];
    }[];
    readonly destinations: readonly {
      readonly destination: string;
      readonly noticesBefore: number;
      readonly noticesAfter: number;
      readonly messagesPerMonthBefore: number;
      readonly messagesPerMonthAfter: number;
    }[];
  };
}

/** Who would have been told of what happened lately, and what a new tree would change in that. */
export async function testRoutes(
  services: AdminServices,
  test: RoutesTest,
): Promise<RoutesTestResult> {
  const { orgId } = test;
  const stored = toRouteTree(await loadRouteRows(services, orgId)) ?? NOBODY;
  const candidate = readTree(test.tree ?? stored);
  const facts = await loadFacts(services, test);
  const tried = facts.slice(0, test.factsMax);
  const context = await matchContext(services, orgId);
  const names = await destinationNames(services, orgId);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const rows = whoWouldBeTold(candidate.tree, tried, 'whenSeen', context).map((row) => ({
    ...describeFact(row.fact),
    told: row.matches.map((match) => ({
      destinationId: match.destinationId,
      destination: nameOf(match.destinationId),
      routeId: match.routeId,
      language: match.language,
      detail: match.detail,
      lane: match.lane,
      muted: match.mutedUntilMs !== undefined,
    })),
  }));
  const result = {
    facts: tried.length,
    isCut: facts.length > tried.length,
    rows,
    warnings: candidate.warnings,
  };
  if (test.tree === undefined) return result;
  const spanMs = test.days * 86_400_000;
  const comparison = compareTrees(readTree(stored).tree, candidate.tree, tried, {
    ...context,
    spanMs,
  });
  return { ...result, changes: describeChanges(comparison, nameOf) };
}

async function loadFacts(services: AdminServices, test: RoutesTest): Promise<RoutedFact[]> {
  const { zone } = await getOrg(services, test.orgId);
  const today = dayIn(addMs(services.now(), 0), zone);
  const from = startOfDay(today.subtract({ days: test.days }), zone);
  const { rows } = await services.pool.query<{ fact: FactJson }>(
    `SELECT fact FROM event WHERE org_id = $1 AND created_at >= $2
     ORDER BY created_at DESC LIMIT $3`,
    [test.orgId, from.toString(), test.factsMax + 1],
  );
  return rows.map((row) => factFromJson(row.fact)).filter((fact) => !isDirectFact(fact));
}

/** Alerts find the way of their accounts; that needs to know which account belongs where. */
async function matchContext(services: AdminServices, orgId: string): Promise<MatchContext> {
  const accounts = await listAccounts(services, { orgId });
  const connections = await listConnections(services, orgId);
  const destinations = await listDestinations(services, orgId);
  return {
    destinationOfPerson: (userId) =>
      destinations.find(({ kind, config }) => kind === 'person' && config['userId'] === userId)
        ?.destinationId,
    directory: {
      accountsOf: (connectionId) =>
        accounts
          .filter((account) => account.connectionId === connectionId)
          .map((account) => account.accountId),
      connectionOf: (accountId) =>
        accounts.find((account) => account.accountId === accountId)?.connectionId,
      bankIdOf: (connectionId) =>
        connections.find((connection) => connection.connectionId === connectionId)?.connector,
    },
  };
}

async function destinationNames(
  services: AdminServices,
  orgId: string,
): Promise<ReadonlyMap<string, string>> {
  const destinations = await listDestinations(services, orgId);
  return new Map(destinations.map(({ destinationId, name }) => [destinationId, name]));
}

function describeFact(fact: RoutedFact): Omit<ToldRow, 'told'> {
  const at = momentOf(fact).toString();
  if (isAlertFact(fact)) return { at, kind: fact.kind, subject: fact.subject };
  const account = `${fact.bank} ${fact.accountName}`;
  const isOutgoing = isPaymentFact(fact) || fact.creditDebitIndicator === 'debit';
  return {
    at,
    kind: fact.kind,
    subject: isPaymentFact(fact) ? `${account} payment ${fact.state}` : account,
    amount: `${isOutgoing ? '-' : ''}${formatDecimal(fact.amount)}`,
    currency: fact.amount.currency,
  };
}

function describeChanges(
  comparison: TreeComparison,
  nameOf: (id: string) => string,
): NonNullable<RoutesTestResult['changes']> {
  return {
    facts: comparison.facts.map((one) => {
      const { subject, amount, currency, at } = describeFact(one.fact);
      return {
        subject: [at, subject, currency, amount].filter((part) => part !== undefined).join(' '),
        added: one.added.map((match) => nameOf(match.destinationId)),
        removed: one.removed.map((match) => nameOf(match.destinationId)),
        changed: one.changed.map(({ after, fields }) => ({
          destination: nameOf(after.destinationId),
          fields,
        })),
      };
    }),
    destinations: comparison.destinations.map(({ destinationId, before, after }) => ({
      destination: nameOf(destinationId),
      noticesBefore: before.notices,
      noticesAfter: after.notices,
      messagesPerMonthBefore: before.messagesPerMonth,
      messagesPerMonthAfter: after.messagesPerMonth,
    })),
  };
}
