import { parsePlainDate } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { changeAudited } from './audited.ts';
import type { Queryable } from './grants.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { invalidField, parseName } from './orgs.ts';

/** An organisation's own word about one day of a country's banks; stronger than any rule. */
export interface BankHoliday {
  readonly country: string;
  readonly day: PlainDate;
  /** True: banks do business although it is a weekend or a holiday, as on make-up days in China. */
  readonly isOpen: boolean;
  readonly name: string;
}

interface HolidayRow {
  country: string;
  day: string;
  is_open: boolean;
  name: string;
}

/** One change of a calendar takes at most so many days. */
export const BANK_HOLIDAYS_MAX = 1_000;

/** The organisation's words about a country, both days included, in the order of days. */
export async function loadBankHolidays(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly country?: string | undefined;
    readonly from: PlainDate;
    readonly to: PlainDate;
  },
): Promise<BankHoliday[]> {
  const { rows } = await client.query<HolidayRow>(
    `SELECT country, day::text AS day, is_open, name FROM bank_holiday
     WHERE org_id = $1 AND ($2::text IS NULL OR country = $2) AND day BETWEEN $3 AND $4
     ORDER BY country, day`,
    [scope.orgId, scope.country ?? null, scope.from.toString(), scope.to.toString()],
  );
  return rows.map(({ is_open: isOpen, day, ...row }) => ({
    ...row,
    isOpen,
    day: parsePlainDate(day),
  }));
}

/** Writes words about days, all or none; a word about the same day replaces the one before. */
export async function setBankHolidays(
  services: Pick<AdminServices, 'pool'>,
  input: { readonly orgId: string; readonly holidays: readonly BankHoliday[] },
  actor: Actor,
): Promise<BankHoliday[]> {
  const { orgId } = input;
  const holidays = input.holidays.map(parseHoliday);
  if (holidays.length === 0 || holidays.length > BANK_HOLIDAYS_MAX) {
    throw invalidField('items', `must be 1 to ${BANK_HOLIDAYS_MAX} days`);
  }
  return changeAudited(services, { orgId, actor }, async (client) => {
    await client.query(
      `INSERT INTO bank_holiday (org_id, country, day, is_open, name)
       SELECT DISTINCT ON (country, day) $1, country, day, is_open, name
       FROM unnest($2::text[], $3::date[], $4::boolean[], $5::text[])
         WITH ORDINALITY AS word (country, day, is_open, name, place)
       ORDER BY country, day, place DESC
       ON CONFLICT (org_id, country, day)
         DO UPDATE SET is_open = excluded.is_open, name = excluded.name`,
      [
        orgId,
        holidays.map(({ country }) => country),
        holidays.map(({ day }) => day.toString()),
        holidays.map(({ isOpen }) => isOpen),
        holidays.map(({ name }) => name),
      ],
    );
    const after = holidays.map((holiday) => ({ ...holiday, day: holiday.day.toString() }));
    const subject = [...new Set(holidays.map(({ country }) => country))].join(',');
    return { result: holidays, audit: { action: 'bankHoliday.set', subject, after } };
  });
}

function parseHoliday(holiday: BankHoliday): BankHoliday {
  return {
    ...holiday,
    country: parseCountry(holiday.country),
    name: parseName(holiday.name === '' ? '–' : holiday.name),
  };
}

/** ISO 3166-1, two capital letters. */
export function parseCountry(text: string, field = 'country'): string {
  const country = text.trim().toUpperCase();
  if (/^[A-Z]{2}$/.test(country)) return country;
  throw invalidField(field, 'must be a country code of two letters, such as ID');
}

/** Takes a word back: the rule of the country counts again. False when there was none. */
export async function removeBankHoliday(
  services: Pick<AdminServices, 'pool'>,
  input: { readonly orgId: string; readonly country: string; readonly day: PlainDate },
  actor: Actor,
): Promise<boolean> {
  const { orgId } = input;
  const country = parseCountry(input.country);
  return changeAudited(services, { orgId, actor }, async (client) => {
    const { rows } = await client.query<HolidayRow>(
      `DELETE FROM bank_holiday WHERE org_id = $1 AND country = $2 AND day = $3
       RETURNING country, day::text AS day, is_open, name`,
      [orgId, country, input.day.toString()],
    );
    const [before] = rows;
    const audit = before && { action: 'bankHoliday.removed', subject: country, before };
    return { result: before !== undefined, audit };
  });
}
