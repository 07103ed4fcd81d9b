import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { RoutesPut, RoutesTestNew, RoutesTestWire, RoutesWire } from '../contract/routing.ts';
import { getRoutes, putRoutes, testRoutes } from '../operations/routes.ts';

const tags = ['Routes'];

/** The routing tree: who is told of what. */
export function routingRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/routes',
    { config: { scope: 'read' }, schema: { tags, response: { 200: RoutesWire } } },
    async (request) => {
      const { tree, warnings } = await getRoutes(services, principalOf(request).orgId);
      return { ...(tree ? { tree: { ...tree } } : {}), warnings: [...warnings] };
    },
  );
  app.put(
    '/routes',
    {
      config: { scope: 'admin' },
      schema: { tags, body: RoutesPut, response: { 200: RoutesWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const stored = await putRoutes(services, { orgId, tree: request.body.tree }, actor);
      return { tree: { ...stored.tree }, warnings: [...stored.warnings] };
    },
  );
  app.post(
    '/routes/test',
    {
      config: { scope: 'read' },
      schema: { tags, body: RoutesTestNew, response: { 200: RoutesTestWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      // The schema of the answer copies what is read-only here.
      return RoutesTestWire.parse(await testRoutes(services, { ...request.body, orgId }));
    },
  );
}
