import type { PoolClient } from 'pg';
import type { RouteRow } from './directory.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings } from './orgs.ts';

/** A node of the routing tree on its way into the table: plain, with its children. */
export interface RouteTree {
  readonly routeId: string;
  readonly children?: readonly RouteTree[] | undefined;
  readonly [setting: string]: unknown;
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

/** Puts the children back into their parents; `undefined` when there is no tree yet. */
export function toRouteTree(rows: readonly RouteRow[]): RouteTree | undefined {
  const childrenOf = (parentId: string | null): RouteTree[] =>
    rows
      .filter((row) => row.parent_id === parentId)
      .map(({ route_id, node }) => {
        const children = childrenOf(route_id);
        const plain = typeof node === 'object' && node !== null ? node : {};
        return { ...plain, routeId: route_id, ...(children.length === 0 ? {} : { children }) };
      });
  return childrenOf(null)[0];
}

/** Takes a tree apart into rows, numbered in reading order: parents before children. */
export function toRouteRows(tree: RouteTree): RouteRow[] {
  const rows: RouteRow[] = [];
  const visit = ({ children, ...node }: RouteTree, parentId: string | null): void => {
    const routeId = String(node['routeId']);
    rows.push({ route_id: routeId, parent_id: parentId, ordinal: rows.length, node });
    for (const child of children ?? []) visit(child, routeId);
  };
  visit(tree, null);
  return rows;
}

/** Replaces the whole tree; it is checked before, and nobody ever routes with half of one. */
export async function replaceRoutes(
  services: AdminServices,
  input: { readonly orgId: string; readonly tree: RouteTree },
  actor: Actor,
): Promise<RouteTree> {
  const { orgId, tree } = input;
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readRows(client, orgId);
    const rows = toRouteRows(tree);
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
    const audit = {
      action: 'routes.replaced',
      subject: orgId,
      before: toRouteTree(before),
      after: tree,
    };
    return { result: tree, audit };
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
