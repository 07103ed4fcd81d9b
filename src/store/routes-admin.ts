import type { PoolClient } from 'pg';
import { newId } from '#secret/ids.ts';
import type { RouteRow } from './directory.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings } from './orgs.ts';

/** A node of the routing tree on its way into the table: plain, with its children. */
export interface RouteTree {
  readonly [key: string]: unknown;
  readonly children?: readonly RouteTree[];
}

/** Rows of the tree, parents before children, as the directory reads them. */
export async function loadRouteRows(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<RouteRow[]> {
  const { rows } = await services.pool.query<RouteRow>(
    'SELECT route_id, parent_id, ordinal, node FROM route WHERE org_id = $1 ORDER BY ordinal',
    [orgId],
  );
  return rows;
}

/** Puts the children back into their parents; a node whose parent is missing is left out. */
export function toRouteTrees(rows: readonly RouteRow[]): RouteTree[] {
  const childrenOf = (parentId: string | null): RouteTree[] =>
    rows
      .filter((row) => row.parent_id === parentId)
      .map(({ route_id, node }) => {
        const children = childrenOf(route_id);
        const plain = typeof node === 'object' && node !== null ? node : {};
        return { ...plain, id: route_id, ...(children.length === 0 ? {} : { children }) };
      });
  return childrenOf(null);
}

/**
 * Takes trees apart into rows, numbered in reading order. A node keeps its id when it names one
 * that this organisation had, so that notices of the past still name a route that exists.
 */
export function toRouteRows(trees: readonly RouteTree[], known: ReadonlySet<string>): RouteRow[] {
  const rows: RouteRow[] = [];
  const used = new Set<string>();
  const visit = (tree: RouteTree, parentId: string | null): void => {
    const { children, id, ...node } = tree;
    const isKept = typeof id === 'string' && known.has(id) && !used.has(id);
    const routeId = isKept ? id : newId('rte');
    used.add(routeId);
    rows.push({ route_id: routeId, parent_id: parentId, ordinal: rows.length, node });
    for (const child of children ?? []) visit(child, routeId);
  };
  for (const tree of trees) visit(tree, null);
  return rows;
}

/** Replaces the whole tree; it is checked before, and nobody ever routes with half of one. */
export async function replaceRoutes(
  services: AdminServices,
  input: { readonly orgId: string; readonly trees: readonly RouteTree[] },
  actor: Actor,
): Promise<RouteTree[]> {
  const { orgId, trees } = input;
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readRows(client, orgId);
    const rows = toRouteRows(trees, new Set(before.map((row) => row.route_id)));
    await client.query('DELETE FROM route WHERE org_id = $1', [orgId]);
    await client.query(
      `INSERT INTO route (org_id, route_id, parent_id, ordinal, node)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::integer[], $5::jsonb[])`,
      [
        orgId,
        rows.map((row) => row.route_id),
        rows.map((row) => row.parent_id),
        rows.map((row) => row.ordinal),
        rows.map((row) => JSON.stringify(row.node)),
      ],
    );
    const result = toRouteTrees(rows);
    const audit = {
      action: 'routes.replaced',
      subject: orgId,
      before: toRouteTrees(before),
      after: result,
    };
    return { result, audit };
  });
}

async function readRows(client: PoolClient, orgId: string): Promise<RouteRow[]> {
  const { rows } = await client.query<RouteRow>(
    `SELECT route_id, parent_id, ordinal, node FROM route WHERE org_id = $1
     ORDER BY ordinal FOR UPDATE`,
    [orgId],
  );
  return rows;
}
