import { z } from 'zod';
import { reportFormats } from '#core/reports.ts';
import { orderReport } from '#flows/reports/order-report.ts';
import { createSchedule, moveSchedule } from '#flows/reports/schedules.ts';
import { listRates } from '#store/report-facts.ts';
import { getSchedule, listSchedules } from '#store/report-schedules.ts';
import { getReport, listReports } from '#store/reports.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf, pageOf } from '../contract/common.ts';
import {
  ExchangeRateNew,
  ExchangeRateWire,
  ReportDetailWire,
  ReportNew,
  ReportScheduleNew,
  ReportScheduleWire,
  ReportsQuery,
  ReportWire,
} from '../contract/reports.ts';
import { pickLanguage } from '../explain.ts';
import {
  addRate,
  fetchReportFile,
  findReport,
  readsAllReports,
  reportDepsOf,
  toRateWire,
  toReportDetail,
  toReportInput,
  toReportWire,
  toScheduleInput,
  toScheduleWire,
} from '../operations/reports.ts';
import { ID_PLACE, parseCursor, toPage } from '../queries/page.ts';

const tags = ['Reports'];
const params = z.object({ reportId: IdText });
const fileParams = z.object({ reportId: IdText, format: z.enum(reportFormats) });
const scheduleParams = z.object({ scheduleId: IdText });

const CONTENT_TYPES = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;

/** Reports, their files, the times at which they are made, and the rates that totals need. */
export function reportRoutes(app: ApiApp, services: ApiServices): void {
  const deps = reportDepsOf(services);
  app.get(
    '/reports',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: ReportsQuery, response: { 200: pageOf(ReportWire) } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { cursor, limit, report } = request.query;
      const before = parseCursor(cursor, ID_PLACE);
      const language = pickLanguage(request.headers['accept-language']);
      const isAll = await readsAllReports(services, { orgId, actor });
      const requestedBy = isAll ? undefined : actor;
      const scope = { orgId, before, report, requestedBy, limit: limit + 1 };
      const page = toPage(await listReports(services.pool, scope), request.query, {
        toItem: (row) => toReportWire(row, language),
        placeOf: (row) => row.reportId,
      });
      return { ...page, items: [...page.items] };
    },
  );
  app.post(
    '/reports',
    {
      config: { scope: 'write' },
      schema: { tags, body: ReportNew, response: { 202: ReportWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const reportId = await orderReport(deps, toReportInput(request.body, orgId), actor);
      const language = pickLanguage(request.headers['accept-language']);
      const report = await getReport(services.pool, { orgId, reportId });
      return reply.code(202).send(toReportWire(report, language));
    },
  );
  app.get(
    '/reports/:reportId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ReportDetailWire } } },
    async (request) => {
      const report = await findReport(services, principalOf(request), request.params.reportId);
      const language = pickLanguage(request.headers['accept-language']);
      return toReportDetail(services, report, language);
    },
  );
  app.get(
    '/reports/:reportId/files/:format',
    { config: { scope: 'read' }, schema: { tags, params: fileParams } },
    async (request, reply) => {
      const file = await fetchReportFile(services, principalOf(request), request.params);
      const name = encodeURIComponent(file.fileName);
      return reply
        .type(CONTENT_TYPES[request.params.format])
        .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
        .header('cache-control', 'no-store')
        .send(Buffer.from(file.content));
    },
  );
  scheduleRoutes(app, services);
  rateRoutes(app, services);
}

function scheduleRoutes(app: ApiApp, services: ApiServices): void {
  const deps = reportDepsOf(services);
  app.get(
    '/report-schedules',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ReportScheduleWire) } } },
    async (request) => {
      const found = await listSchedules(services.pool, principalOf(request).orgId);
      return { items: found.map(toScheduleWire) };
    },
  );
  app.post(
    '/report-schedules',
    {
      config: { scope: 'write' },
      schema: { tags, body: ReportScheduleNew, response: { 201: ReportScheduleWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const made = await createSchedule(deps, toScheduleInput(request.body, orgId), actor);
      return reply.code(201).send(toScheduleWire(made));
    },
  );
  app.get(
    '/report-schedules/:scheduleId',
    {
      config: { scope: 'read' },
      schema: { tags, params: scheduleParams, response: { 200: ReportScheduleWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return toScheduleWire(await getSchedule(services.pool, { ...request.params, orgId }));
    },
  );
  for (const [word, to] of [
    ['pause', 'paused'],
    ['resume', 'active'],
    ['remove', 'removed'],
  ] as const) {
    app.post(
      `/report-schedules/:scheduleId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params: scheduleParams, response: { 200: ReportScheduleWire } },
      },
      async (request) => {
        const { orgId, actor } = principalOf(request);
        return toScheduleWire(
          await moveSchedule(deps, { ...request.params, orgId }, { to, actor }),
        );
      },
    );
  }
}

function rateRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/exchange-rates',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ExchangeRateWire) } } },
    async (request) => {
      const rates = await listRates(services.pool, principalOf(request).orgId);
      return { items: rates.map(toRateWire) };
    },
  );
  app.post(
    '/exchange-rates',
    {
      config: { scope: 'write' },
      schema: { tags, body: ExchangeRateNew, response: { 201: ExchangeRateWire } },
    },
    async (request, reply) =>
      reply.code(201).send(await addRate(services, request.body, principalOf(request))),
  );
}
