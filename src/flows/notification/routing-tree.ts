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
  const [root] = childrenOf(null);
  return {
    tree: compileTree(
      parseRouteTree(root ?? { name: 'nobody', settings: { isSilent: true } }).tree,
    ),
    accounts: accountDirectory(org),
  };
}

function plainNode({ route_id, node }: RouteRow, children: readonly unknown[]): unknown {
  return { ...(typeof node === 'object' ? node : {}), id: route_id, children };
}

function accountDirectory(org: DirectoryOrg): AccountDirectory {
  return {
    accountsOf: (connectionId) =>
      org.connections.get(connectionId)?.accounts.map(({ accountId }) => accountId) ?? [],
    connectionOf: (accountId) => org.accounts.get(accountId)?.connectionId,
    bankIdOf: (connectionId) => org.connections.get(connectionId)?.connector,
  };
}
