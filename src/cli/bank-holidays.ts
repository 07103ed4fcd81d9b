import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readCalendar } from '#api/routes/bank-calendar.ts';
import { parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { readHolidays } from '#flows/payment-batch/read-holidays.ts';
import { removeBankHoliday, setBankHolidays } from '#store/bank-holidays.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface OrgFlag {
  readonly org?: string;
}

const WEEKDAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** `cashbell bank-holidays …` */
export function addBankHolidayCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const holidays = program
    .command('bank-holidays')
    .description("Days on which banks rest. The organisation's own words are stronger.");
  holidays
    .command('list')
    .argument('<country>', 'two letters, such as ID')
    .option('--year <number>', 'default: this year', parseWhole)
    .option(...ORG_OPTION)
    .description('List the special days of a country as they count here.')
    .addHelpText('after', example('cashbell bank-holidays list CN --year 2027'))
    .action((country: string, flags: OrgFlag & { year?: number }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, country, year: flags.year };
        const calendar = await readCalendar(services, scope, shared(command).language);
        const weekend = calendar.weekend.map((day) => WEEKDAYS[day]).join(' and ');
        print(terminal, shared(command), calendar, () =>
          [
            `${calendar.country} ${calendar.year}: banks rest on ${weekend}.`,
            ...(calendar.warning === undefined ? [] : [calendar.warning]),
            toTable(
              calendar.items,
              [
                { title: 'DAY', read: (item) => item.day },
                { title: 'BANKS', read: (item) => (item.isOpen ? 'open' : 'closed') },
                { title: 'NAME', read: (item) => item.name },
                { title: 'BY', read: (item) => item.source },
              ],
              'No special day.',
            ),
          ].join('\n'),
        );
      }),
    );
  addSetCommands(holidays, context);
}

function addSetCommands(holidays: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  holidays
    .command('set')
    .argument('<country>', 'two letters, such as CN')
    .argument('<day>', 'such as 2027-02-20')
    .option('--open', 'banks work on it, although it is a weekend or a holiday')
    .option('--name <text>', 'what it is', '')
    .option(...ORG_OPTION)
    .description('Say that banks are closed on a day, or open.')
    .addHelpText('after', example('cashbell bank-holidays set CN 2027-02-20 --open --name 调休'))
    .action(
      (
        country: string,
        day: string,
        flags: OrgFlag & { open?: boolean; name: string },
        command: Command,
      ) =>
        withServices(async ({ services }) => {
          const orgId = await findOrg(services, flags.org);
          const isOpen = flags.open === true;
          const holiday = { country, day: parsePlainDate(day), isOpen, name: flags.name };
          await setBankHolidays(services, { orgId, holidays: [holiday] }, CLI_ACTOR);
          const wire = { ...holiday, day };
          print(
            terminal,
            shared(command),
            wire,
            () => `${country.toUpperCase()} ${day}: ${isOpen ? 'open' : 'closed'}`,
          );
        }),
    );
  holidays
    .command('import')
    .argument('<file>', 'CSV or XLSX with the columns day, name, and where needed country and open')
    .option('--country <code>', 'for rows that name none')
    .option(...ORG_OPTION)
    .description('Set many days at once.')
    .addHelpText('after', example('cashbell bank-holidays import holidays-2027.csv --country CN'))
    .action((file: string, flags: OrgFlag & { country?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const bytes = await readFile(file).catch((error: unknown) => {
          const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
          throw new UsageError(`${file} cannot be read (${why})`);
        });
        const read = await readHolidays(bytes, flags.country);
        const { length: set } = await setBankHolidays(
          services,
          { orgId, holidays: read },
          CLI_ACTOR,
        );
        print(terminal, shared(command), { set }, () => `${set} days set.`);
      }),
    );
  holidays
    .command('remove')
    .argument('<country>', 'two letters')
    .argument('<day>', 'such as 2027-02-20')
    .option(...ORG_OPTION)
    .description('Take a word back: the built-in calendar counts again.')
    .addHelpText('after', example('cashbell bank-holidays remove CN 2027-02-20'))
    .action((country: string, day: string, flags: OrgFlag, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const place = { orgId, country, day: parsePlainDate(day) };
        if (!(await removeBankHoliday(services, place, CLI_ACTOR))) {
          throw new CashbellError('api.notFound', {
            what: 'bank holiday',
            id: `${country} ${day}`,
          });
        }
        print(terminal, shared(command), { country, day }, () => `Removed ${country} ${day}.`);
      }),
    );
}
