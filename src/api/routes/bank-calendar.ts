import { z } from 'zod';
import { weekendOf } from '#core/bank-calendar.ts';
import { dayIn, parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { calendarWarning, createBankCalendar } from '#flows/payment/bank-calendar.ts';
import { readHolidays } from '#flows/payment-batch/read-holidays.ts';
import { translate } from '#i18n/messages.ts';
import { parseCountry, removeBankHoliday, setBankHolidays } from '#store/bank-holidays.ts';
import type { AdminServices } from '#store/orgs.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { Day, listOf, Nothing } from '../contract/common.ts';
import {
  BankCalendarQuery,
  BankCalendarWire,
  BankHolidaysNew,
  BankHolidayWire,
} from '../contract/payment-batches.ts';
import { pickLanguage } from '../explain.ts';

const params = z.object({ country: z.string().length(2), day: Day });
const fileQuery = z.strictObject({ country: z.string().length(2).optional() });
const tags = ['Bank calendar'];

/** Days on which banks are closed, and the organisation's own words about them. */
export function bankCalendarRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/bank-holidays',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: BankCalendarQuery, response: { 200: BankCalendarWire } },
    },
    (request) => {
      const { orgId } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      return readCalendar(services, { ...request.query, orgId }, language);
    },
  );
  app.post(
    '/bank-holidays',
    {
      config: { scope: 'admin' },
      schema: { tags, body: BankHolidaysNew, response: { 200: listOf(BankHolidayWire) } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const holidays = request.body.items.map(({ day, ...item }) => ({
        ...item,
        day: parsePlainDate(day),
      }));
      return { items: (await setBankHolidays(services, { orgId, holidays }, actor)).map(toWire) };
    },
  );
  app.post(
    '/bank-holidays/files',
    {
      config: { scope: 'admin' },
      schema: { tags, querystring: fileQuery, response: { 200: listOf(BankHolidayWire) } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { body } = request;
      if (!Buffer.isBuffer(body)) {
        throw new CashbellError('api.invalid', {
          field: 'content-type',
          problem: 'must be text/csv or that of an XLSX workbook, with the file as the body',
        });
      }
      const holidays = await readHolidays(body, request.query.country);
      return { items: (await setBankHolidays(services, { orgId, holidays }, actor)).map(toWire) };
    },
  );
  app.delete(
    '/bank-holidays/:country/:day',
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: Nothing } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { country, day } = request.params;
      const place = { orgId, country, day: parsePlainDate(day) };
      if (!(await removeBankHoliday(services, place, actor))) {
        throw new CashbellError('api.notFound', { what: 'bank holiday', id: `${country} ${day}` });
      }
      return {};
    },
  );
}

function toWire({ day, ...holiday }: Awaited<ReturnType<typeof setBankHolidays>>[number]) {
  return { ...holiday, day: day.toString() };
}

/** A country's bank days of a year as they count for an organisation. */
export async function readCalendar(
  services: Pick<AdminServices, 'pool' | 'now'>,
  scope: {
    readonly orgId: string;
    readonly country: string;
    readonly year?: number | undefined;
  },
  language: Language,
): Promise<z.infer<typeof BankCalendarWire>> {
  const { pool, now } = services;
  const country = parseCountry(scope.country);
  const year = scope.year ?? dayIn(now(), 'UTC').year;
  const calendar = createBankCalendar({ pool, nowMs: () => now().epochMilliseconds });
  const days = await calendar.specialDays({ orgId: scope.orgId, country }, year);
  return {
    country,
    year,
    weekend: [...weekendOf(country)],
    warning: await warningSentence(country, language),
    items: days.map(({ day, ...special }) => ({ ...special, day: day.toString() })),
  };
}

/** What our calendar of a country does not know, or nothing. */
export async function warningSentence(
  country: string,
  language: Language,
): Promise<string | undefined> {
  const warning = await calendarWarning(country);
  return warning && translate(language, `bankCalendar.${warning}`);
}
