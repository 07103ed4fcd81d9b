import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RailTraits } from '#connectors/contract.ts';
import { createTestWorld } from '#api/test-services.ts';
import type { TestWorld } from '#api/test-services.ts';
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import { removeBankHoliday, setBankHolidays } from '#store/bank-holidays.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { calendarWarning, createBankCalendar } from './bank-calendar.ts';

let database: TestDatabase;
let world: TestWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

function calendar(nowMs: () => number = () => 0) {
  return createBankCalendar({ pool: database.pool, nowMs });
}

const gross: RailTraits = {
  rail: 'urgent',
  currencies: ['IDR'],
  schemes: ['domestic'],
  creditorAgent: 'other',
  hours: { fromMinute: 7 * 60, toMinute: 16 * 60 },
  isBusinessDaysOnly: true,
  finalWithinMs: 1,
};
const instant: RailTraits = {
  rail: 'instant',
  currencies: ['IDR'],
  schemes: ['domestic'],
  creditorAgent: 'other',
  isBusinessDaysOnly: false,
  finalWithinMs: 1,
};

describe('bank calendar', () => {
  // Government lists of 2026; days that are decreed by sight of the moon are left out on purpose.
  it.each([
    ['ID', '2026-08-17', false],
    ['ID', '2026-08-18', true],
    ['ID', '2026-12-25', false],
    ['HK', '2026-02-19', false],
    ['HK', '2026-07-01', false],
    ['SG', '2026-08-10', false],
    ['TH', '2026-04-13', false],
    ['VN', '2026-02-19', false],
    ['CN', '2026-10-01', false],
    // Listed as holidays, but banks work.
    ['CN', '2026-06-01', true],
    // A day like others for banks, because its rule says "from noon".
    ['CN', '2026-05-04', true],
    ['AE', '2026-12-02', false],
    ['AE', '2026-12-03', true],
    ['SA', '2026-09-23', false],
    // Friday and Sunday.
    ['SA', '2026-09-25', false],
    ['SA', '2026-09-27', true],
    // Without any data only the weekend counts: Friday, then Sunday.
    ['QA', '2026-12-18', false],
    ['QA', '2026-12-20', true],
  ])('%s: banks on %s open: %s', async (country, day, isOpen) => {
    const isBankDay = await calendar().daysAround(
      { orgId: world.orgId, country },
      parsePlainDate(day),
    );
    expect(isBankDay(parsePlainDate(day))).toBe(isOpen);
  });

  it('holidays of several days close each of them', async () => {
    const days = await calendar().specialDays({ orgId: world.orgId, country: 'VN' }, 2026);
    const tet = days.filter(({ day }) => day.month === 2).map(({ day }) => day.toString());
    expect(tet).toEqual(['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20']);
  });

  it("the organisation's own word is stronger, both ways, and can be taken back", async () => {
    const { services, orgId } = world;
    const set = (day: string, isOpen: boolean) =>
      setBankHolidays(
        services,
        { orgId, holidays: [{ country: 'cn', day: parsePlainDate(day), isOpen, name: '调休' }] },
        'test',
      );
    // Sunday, worked for the golden week; Monday, closed within it.
    await set('2026-09-20', true);
    await set('2026-10-05', false);
    const place = { orgId, country: 'CN' };
    const isBankDay = await calendar().daysAround(place, parsePlainDate('2026-10-01'));
    expect(isBankDay(parsePlainDate('2026-09-20'))).toBe(true);
    expect(isBankDay(parsePlainDate('2026-10-05'))).toBe(false);
    expect(
      (await calendar().roll(place, parsePlainDate('2026-10-01'), 'following')).toString(),
    ).toBe('2026-10-06');
    const own = (await calendar().specialDays(place, 2026)).filter(
      ({ source }) => source === 'organisation',
    );
    expect(own.map(({ day, isOpen }) => [day.toString(), isOpen])).toEqual([
      ['2026-09-20', true],
      ['2026-10-05', false],
    ]);
    const sunday = { orgId, country: 'CN', day: parsePlainDate('2026-09-20') };
    expect(await removeBankHoliday(services, sunday, 'test')).toBe(true);
    expect(await removeBankHoliday(services, sunday, 'test')).toBe(false);
    expect((await calendar().daysAround(place, sunday.day))(sunday.day)).toBe(false);
  });

  it("another organisation's words do not count", async () => {
    const { services, orgId } = world;
    const day = parsePlainDate('2026-11-17');
    const holidays = [{ country: 'ID', day, isOpen: false, name: 'Own' }];
    await setBankHolidays(services, { orgId, holidays }, 'test');
    const others = await calendar().daysAround({ orgId: 'org_other', country: 'ID' }, day);
    expect(others(day)).toBe(true);
  });

  it('a changed word is obeyed after half a minute at the latest', async () => {
    const { services, orgId } = world;
    let nowMs = 0;
    const kept = calendar(() => nowMs);
    const place = { orgId, country: 'SG' };
    const day = parsePlainDate('2026-11-18');
    expect((await kept.daysAround(place, day))(day)).toBe(true);
    const holidays = [{ country: 'SG', day, isOpen: false, name: 'Election' }];
    await setBankHolidays(services, { orgId, holidays }, 'test');
    nowMs = 30_000;
    expect((await kept.daysAround(place, day))(day)).toBe(false);
  });

  it.each<[string, RailTraits, string, string | undefined]>([
    ['a rail without hours takes everything', instant, '2026-12-25T03:00+07:00', undefined],
    ['within hours it is now', gross, '2026-12-23T08:00+07:00', undefined],
    // Christmas is a Friday; then the weekend.
    ['before Christmas', gross, '2026-12-24T16:00+07:00', '2026-12-28T07:00+07:00'],
    // New Year is a Friday: from the old year into the next.
    ['at the end of the year', gross, '2026-12-31T16:00+07:00', '2027-01-04T07:00+07:00'],
    ['at the start of the year', gross, '2027-01-01T09:00+07:00', '2027-01-04T07:00+07:00'],
  ])('rail: %s', async (_title, rail, at, expected) => {
    const place = { orgId: world.orgId, country: 'ID', zone: 'Asia/Jakarta' };
    const opening = await calendar().opensAt(place, rail, parseInstant(at));
    expect(opening?.toString()).toBe(expected && parseInstant(expected).toString());
  });

  it.each([
    ['QA', 'noData'],
    ['KW', 'noData'],
    ['OM', 'noData'],
    ['CN', 'makeUpDays'],
    ['ID', 'estimates'],
    ['GB', undefined],
  ])('%s: people are told %s', async (country, warning) => {
    expect(await calendarWarning(country)).toBe(warning);
  });
});
