import { verifyAudit } from '#store/audit.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { pageOf } from '../contract/common.ts';
import {
  AlarmsQuery,
  AlarmWire,
  AuditQuery,
  AuditVerdictWire,
  AuditWire,
} from '../contract/telling.ts';
import { listAlarms, listAudit } from '../queries/records.ts';

/** Alarms, and the audit with its verifier. Neither can be written through the API. */
export function recordRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/alarms',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Alarms'],
        querystring: AlarmsQuery,
        response: { 200: pageOf(AlarmWire) },
      },
    },
    async (request) => {
      const page = await listAlarms(services.pool, principalOf(request).orgId, request.query);
      return { ...page, items: [...page.items] };
    },
  );
  app.get(
    '/audit',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['Audit'],
        querystring: AuditQuery,
        response: { 200: pageOf(AuditWire) },
      },
    },
    async (request) => {
      const page = await listAudit(services.pool, principalOf(request).orgId, request.query);
      return { ...page, items: [...page.items] };
    },
  );
  app.get(
    '/audit/verify',
    {
      config: { scope: 'admin' },
      schema: { tags: ['Audit'], response: { 200: AuditVerdictWire } },
    },
    async (request) => {
      const verdict = await verifyAudit(services.pool, principalOf(request).orgId);
      return { ...verdict, intact: verdict.broken === undefined };
    },
  );
}
