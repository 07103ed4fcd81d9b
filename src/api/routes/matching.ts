import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseMoney } from '#core/money.ts';
import {
  confirmMatch,
  matchByHand,
  refuseMatch,
  requireMatch,
} from '#flows/reconciliation/decide-match.ts';
import { evaluateMatching } from '#flows/reconciliation/evaluate-matching.ts';
import { previewMatching } from '#flows/reconciliation/run-matching.ts';
import { runByPerson } from '#flows/reconciliation/run-by-person.ts';
import { undoMatch, undoRun } from '#flows/reconciliation/undo-by-person.ts';
import { exemptEntry, listBreaks, noteBreak } from '#store/match-breaks.ts';
import { getRun, listRuns } from '#store/match-runs.ts';
import type { StoredMatch } from '#store/matches.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, Nothing, PageQuery, pageOf } from '../contract/common.ts';
import {
  BreakNoteNew,
  BreaksQuery,
  BreakWire,
  EvaluationWire,
  MatchesQuery,
  MatchNew,
  MatchRunWire,
  MatchUndo,
  MatchWire,
  PreviewWire,
  RunNew,
  RunScopeNew,
  WithReason,
} from '../contract/matching.ts';
import { pickLanguage } from '../explain.ts';
import type { Viewer } from '../operations/matching.ts';
import {
  toBreakWire,
  toMatchWires,
  toPreviewWire,
  toRunWire,
  viewerOf,
} from '../operations/matching.ts';
import { listMatches } from '../queries/matching.ts';
import { ID_PLACE, parseCursor, toPage } from '../queries/page.ts';
import { todayOf } from '../operations/today.ts';

const tags = ['Matching'];
const matchParams = z.object({ matchId: IdText });
const runParams = z.object({ runId: IdText });
const lineParams = z.object({ lineId: IdText });
const entryParams = z.object({ entryId: IdText });

/** What belongs together, what does not yet, and everything that people decide about it. */
export function matchingRoutes(app: ApiApp, services: ApiServices): void {
  matchRoutes(app, services);
  runRoutes(app, services);
  breakRoutes(app, services);
}

function view(services: ApiServices, request: FastifyRequest): Promise<Viewer> {
  const { orgId, personId } = principalOf(request);
  const language = pickLanguage(request.headers['accept-language']);
  return viewerOf(services.pool, { orgId, personId, language, at: services.now() });
}

async function one(services: ApiServices, request: FastifyRequest, match: StoredMatch) {
  const viewer = await view(services, request);
  const [wire] = await toMatchWires(services.pool, viewer, [match]);
  if (!wire) throw new Error('one match gives one answer');
  return wire;
}

function matchRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/matches',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: MatchesQuery, response: { 200: pageOf(MatchWire) } },
    },
    async (request) => {
      const viewer = await view(services, request);
      const page = await listMatches(services.pool, viewer.orgId, request.query);
      return { ...page, items: await toMatchWires(services.pool, viewer, page.items) };
    },
  );
  app.get(
    '/matches/:matchId',
    {
      config: { scope: 'read' },
      schema: { tags, params: matchParams, response: { 200: MatchWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return one(
        services,
        request,
        await requireMatch(services.pool, orgId, request.params.matchId),
      );
    },
  );
  app.post(
    '/matches',
    { config: { scope: 'write' }, schema: { tags, body: MatchNew, response: { 201: MatchWire } } },
    async (request, reply) => {
      const by = personOf(request);
      const wanted = request.body.allocations.map(({ entryAmount, itemAmount, ...ids }) => ({
        ...ids,
        entryAmount: parseMoney(entryAmount.amount, entryAmount.currency),
        itemAmount: itemAmount && parseMoney(itemAmount.amount, itemAmount.currency),
      }));
      const match = await matchByHand(services, by, wanted);
      return reply.code(201).send(await one(services, request, match));
    },
  );
  for (const [word, decide] of Object.entries({ confirm: confirmMatch, refuse: refuseMatch })) {
    app.post(
      `/matches/:matchId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params: matchParams, response: { 200: MatchWire } },
      },
      async (request) =>
        one(services, request, await decide(services, personOf(request), request.params.matchId)),
    );
  }
  app.post(
    '/matches/:matchId/undo',
    {
      config: { scope: 'write' },
      schema: { tags, params: matchParams, body: MatchUndo, response: { 200: MatchWire } },
    },
    async (request) => {
      const { matchId } = request.params;
      const match = await undoMatch(services, personOf(request), matchId, request.body);
      return one(services, request, match);
    },
  );
}

function runRoutes(app: ApiApp, services: ApiServices): void {
  const deps = { pool: services.pool, directory: services.payments.directory };
  const now = (): Date => new Date(services.now().epochMilliseconds);
  app.post(
    '/matching/preview',
    {
      config: { scope: 'write' },
      schema: { tags, body: RunScopeNew, response: { 200: PreviewWire } },
    },
    async (request) => {
      const viewer = await view(services, request);
      const scope = { orgId: viewer.orgId, ...request.body };
      return toPreviewWire(services.pool, viewer, await previewMatching(deps, scope, now()));
    },
  );
  app.post(
    '/matching/runs',
    {
      config: { scope: 'write' },
      schema: { tags, body: RunNew, response: { 201: MatchRunWire } },
    },
    async (request, reply) => {
      const run = await runByPerson({ ...services, ...deps }, personOf(request), request.body);
      return reply.code(201).send(toRunWire(run));
    },
  );
  app.get(
    '/matching/runs',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: PageQuery, response: { 200: pageOf(MatchRunWire) } },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const { orgId } = principalOf(request);
      const before = parseCursor(cursor, ID_PLACE);
      const runs = await listRuns(services.pool, orgId, { before, limit: limit + 1 });
      const page = toPage(runs, { limit }, { toItem: toRunWire, placeOf: ({ runId }) => runId });
      return { ...page, items: [...page.items] };
    },
  );
  app.get(
    '/matching/runs/:runId',
    {
      config: { scope: 'read' },
      schema: { tags, params: runParams, response: { 200: MatchRunWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return toRunWire(await getRun(services.pool, orgId, request.params.runId));
    },
  );
  app.post(
    '/matching/runs/:runId/undo',
    {
      config: { scope: 'write' },
      schema: { tags, params: runParams, body: WithReason, response: { 200: MatchRunWire } },
    },
    async (request) => {
      const { runId } = request.params;
      const { run } = await undoRun(services, personOf(request), runId, request.body);
      return toRunWire(run);
    },
  );
  app.get(
    '/matching/evaluation',
    { config: { scope: 'read' }, schema: { tags, response: { 200: EvaluationWire } } },
    async (request) => {
      const evaluation = await evaluateMatching(deps, principalOf(request).orgId, now());
      const { replay } = evaluation;
      return { ...evaluation, replay: { ...replay, calibration: [...replay.calibration] } };
    },
  );
}

function breakRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/matching/breaks',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: BreaksQuery, response: { 200: pageOf(BreakWire) } },
    },
    async (request) => {
      const { cursor, limit, ...filters } = request.query;
      const viewer = await view(services, request);
      const place = parseCursor(cursor, BREAK_PLACE)?.split(' ');
      const breaks = await listBreaks(services.pool, {
        orgId: viewer.orgId,
        ...filters,
        today: await todayOf(services, viewer.orgId),
        after: place && { day: place[0] ?? '', lineId: place[1] ?? '' },
        limit: limit + 1,
      });
      const page = toPage(
        breaks,
        { limit },
        {
          toItem: (open) => toBreakWire(open, viewer),
          placeOf: ({ day, lineId }) => `${day} ${lineId}`,
        },
      );
      return { ...page, items: [...page.items] };
    },
  );
  app.put(
    '/matching/breaks/:lineId',
    {
      config: { scope: 'write' },
      schema: { tags, params: lineParams, body: BreakNoteNew, response: { 200: Nothing } },
    },
    async (request) => {
      await noteBreak(services, personOf(request), { ...request.params, ...request.body });
      return {};
    },
  );
  for (const [word, isExempt] of [
    ['exempt', true],
    ['unexempt', false],
  ] as const) {
    app.post(
      `/entries/:entryId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params: entryParams, body: WithReason, response: { 200: Nothing } },
      },
      async (request) => {
        const { entryId } = request.params;
        const { reason } = request.body;
        await exemptEntry(services, personOf(request), { entryId, reason, isExempt });
        return {};
      },
    );
  }
}

const BREAK_PLACE = /^\d{4}-\d{2}-\d{2} (ent|itm)_[0-9a-z]{4,40}$/;
