import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { pageOf } from '../contract/common.ts';
import {
  BudgetWire,
  DeliveriesQuery,
  DeliveryWire,
  NoticesQuery,
  NoticeWire,
} from '../contract/telling.ts';
import { explainCode, pickLanguage } from '../explain.ts';
import { readBudget } from '../queries/budget.ts';
import { listDeliveries, listNotices } from '../queries/telling.ts';

/** What was told, what waits and why, and what it costs of the month. */
export function tellingRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/notices',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Notices'],
        querystring: NoticesQuery,
        response: { 200: pageOf(NoticeWire) },
      },
    },
    async (request) => {
      const page = await listNotices(services.pool, principalOf(request).orgId, request.query);
      return { ...page, items: [...page.items] };
    },
  );
  app.get(
    '/deliveries',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Notices'],
        querystring: DeliveriesQuery,
        response: { 200: pageOf(DeliveryWire) },
      },
    },
    async (request) => {
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listDeliveries(services.pool, principalOf(request).orgId, request.query);
      const items = page.items.map((item) => ({
        ...item,
        explanation: explainCode(language, item.code),
      }));
      return { ...page, items };
    },
  );
  app.get(
    '/budget',
    { config: { scope: 'read' }, schema: { tags: ['Budget'], response: { 200: BudgetWire } } },
    (request) => readBudget(services, principalOf(request).orgId),
  );
}
