import { z } from 'zod';
import { dayIn, parsePlainDate } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import { parseRule } from '#core/recurrence.ts';
import { placeOf } from '#flows/payment/payment-deps.ts';
import type { PaymentDeps } from '#flows/payment/payment-deps.ts';
import { createRecurring, moveRecurring, previewOccurrences } from '#flows/payment/recurring.ts';
import type { Occurrence } from '#flows/payment/recurring.ts';
import type { Language } from '#core/languages.ts';
import { getRecurring, listRecurring } from '#store/recurring-payments.ts';
import type { RecurringPayment } from '#store/recurring-payments.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf } from '../contract/common.ts';
import type { OccurrenceWire } from '../contract/recurring-payments.ts';
import {
  OccurrencesWire,
  RecurringDetailWire,
  RecurringNew,
  RecurringPreviewNew,
  RecurringQuery,
  RecurringWire,
} from '../contract/recurring-payments.ts';
import { pickLanguage } from '../explain.ts';
import { warningSentence } from './bank-calendar.ts';

const params = z.object({ recurrenceId: IdText });
const tags = ['Recurring payments'];

/** Payments that come again; each occurrence is approved like any other payment. */
export function recurringRoutes(app: ApiApp, services: ApiServices): void {
  const deps = services.payments;
  app.get(
    '/recurring-payments',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: RecurringQuery, response: { 200: listOf(RecurringWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const found = await listRecurring(services.pool, { ...request.query, orgId });
      return { items: found.map(toRecurringWire) };
    },
  );
  app.post(
    '/recurring-payments',
    {
      config: { scope: 'write' },
      schema: { tags, body: RecurringNew, response: { 201: RecurringDetailWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const { firstDate, lastDate, ...rest } = request.body;
      const input = { ...rest, ...daysOf(firstDate, lastDate), orgId: parseId('org', orgId) };
      const made = await createRecurring(deps, input, actor);
      const language = pickLanguage(request.headers['accept-language']);
      return reply.code(201).send(await toRecurringDetail(deps, made, language));
    },
  );
  app.post(
    '/recurring-payments/preview',
    {
      config: { scope: 'read' },
      schema: { tags, body: RecurringPreviewNew, response: { 200: OccurrencesWire } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      return previewOf(deps, { ...request.body, orgId }, language);
    },
  );
  app.get(
    '/recurring-payments/:recurrenceId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: RecurringDetailWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const found = await getRecurring(services.pool, { ...request.params, orgId });
      return toRecurringDetail(deps, found, pickLanguage(request.headers['accept-language']));
    },
  );
  for (const [word, to] of [
    ['pause', 'paused'],
    ['resume', 'active'],
    ['end', 'ended'],
  ] as const) {
    app.post(
      `/recurring-payments/:recurrenceId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params, response: { 200: RecurringDetailWire } },
      },
      async (request) => {
        const { orgId, actor } = principalOf(request);
        const moved = await moveRecurring(deps, { ...request.params, orgId }, { to, actor });
        return toRecurringDetail(deps, moved, pickLanguage(request.headers['accept-language']));
      },
    );
  }
}

/** The first and the last day as days. */
export function daysOf(
  first: string,
  last: string | undefined,
): { readonly firstDate: PlainDate; readonly lastDate: PlainDate | undefined } {
  return {
    firstDate: parsePlainDate(first),
    lastDate: last === undefined ? undefined : parsePlainDate(last),
  };
}

/** The next dates of a rule before anything is written. */
export async function previewOf(
  deps: PaymentDeps,
  wish: z.infer<typeof RecurringPreviewNew> & { readonly orgId: string },
  language: Language,
): Promise<z.infer<typeof OccurrencesWire>> {
  const place = await placeOf(deps, wish);
  const recurring = {
    ...wish,
    ...daysOf(wish.firstDate, wish.lastDate),
    orgId: parseId('org', wish.orgId),
    rule: parseRule(wish.rule),
  };
  const today = dayIn(deps.now(), place.account.zone);
  const items = await previewOccurrences(deps, recurring, today);
  return {
    items: items.map(toOccurrenceWire),
    warning: await warningSentence(place.connector.traits.country, language),
  };
}

function toOccurrenceWire({
  day,
  requestedExecutionDate,
  raisedOn,
}: Occurrence): z.infer<typeof OccurrenceWire> {
  return {
    day: day.toString(),
    requestedExecutionDate: requestedExecutionDate.toString(),
    raisedOn: raisedOn.toString(),
  };
}

export function toRecurringWire(recurring: RecurringPayment): z.infer<typeof RecurringWire> {
  const { orgId: _org, firstDate, lastDate, nextDate, createdAt, ...rest } = recurring;
  return {
    ...rest,
    template: { ...recurring.template },
    firstDate: firstDate.toString(),
    lastDate: lastDate?.toString(),
    nextDate: nextDate?.toString(),
    createdAt: createdAt.toString(),
  };
}

export async function toRecurringDetail(
  deps: PaymentDeps,
  recurring: RecurringPayment,
  language: Language,
): Promise<z.infer<typeof RecurringDetailWire>> {
  const { connector } = await placeOf(deps, recurring);
  const isOver = recurring.state === 'ended' || !recurring.nextDate;
  const next = isOver ? [] : await previewOccurrences(deps, recurring, recurring.nextDate);
  return {
    ...toRecurringWire(recurring),
    next: next.map(toOccurrenceWire),
    warning: await warningSentence(connector.traits.country, language),
  };
}
