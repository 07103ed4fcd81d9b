import type { CompiledTree, AccountDirectory } from '#routing/match.ts';
import { compileTree } from '#routing/match.ts';
import { parseRouteTree } from '#routing/schema.ts';
import type { DirectoryOrg, RouteRow } from '#store/directory.ts';

/** A tree that was made ready, with what routing of alerts needs to know of connections. */
export interface OrgTree {
  readonly tree: CompiledTree;
  readonly accounts: AccountDirectory;
}

/** Builds the routing tree of an organisation from its rows; no rows mean that nobody is told. */
export function treeOfRows(org: DirectoryOrg): OrgTree {
  const childrenOf = (parentId: string | null): unknown[] =>
    org.routeRows
      .filter((row) => row.parent_id === parentId)
      .map((row) => plainNode(row, childrenOf(row.route_id)));
  const roots = childrenOf(null);
  // Several top nodes stand side by side under a root of their own that tells nobody.
  const root = roots.length > 1 ? { ...SILENT, children: roots } : roots[0];
  return {
    tree: compileTree(parseRouteTree(root ?? SILENT).tree),
    accounts: accountDirectory(org),
  };
}

const SILENT = { routeId: 'rte_nobody', name: 'nobody', settings: { isSilent: true } };

function plainNode({ route_id, node }: RouteRow, children: readonly unknown[]): unknown {
  return { ...(typeof node === 'object' ? node : {}), routeId: route_id, children };
}

function accountDirectory(org: DirectoryOrg): AccountDirectory {
  return {
    accountsOf: (connectionId) =>
      org.connections.get(connectionId)?.accounts.map(({ accountId }) => accountId) ?? [],
    connectionOf: (accountId) => org.accounts.get(accountId)?.connectionId,
    bankIdOf: (connectionId) => org.connections.get(connectionId)?.connector,
  };
}
