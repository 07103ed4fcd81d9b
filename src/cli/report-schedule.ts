import type { Command } from 'commander';
import { addRate, reportDepsOf, toRateWire, toScheduleWire } from '#api/operations/reports.ts';
import type { ReportKind } from '#core/reports.ts';
import { createSchedule, moveSchedule } from '#flows/reports/schedules.ts';
import { listRates } from '#store/report-facts.ts';
import type { ScheduleState } from '#store/report-schedules.ts';
import { listSchedules } from '#store/report-schedules.ts';
import type { TokenFlag } from './acting.ts';
import { actingReader, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import type { ReportFlags } from './report-options.ts';
import { toWish, withReportOptions } from './report-options.ts';
import { ORG_OPTION } from './token.ts';

interface ScheduleFlags extends ReportFlags {
  readonly name: string;
  readonly rule: string;
  readonly at: string;
  readonly calendar?: string;
  readonly startsOn?: string;
  readonly destination: string;
}

interface OrgFlags extends TokenFlag {
  readonly org?: string;
}

/** `cashbell report schedule …` */
export function addScheduleCommands(report: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const schedule = report
    .command('schedule')
    .description('Reports that are made and sent again and again.')
    .addHelpText('after', example('cashbell report schedule list'));
  withReportOptions(schedule.command('add'))
    .requiredOption('--name <name>', 'what it is called')
    .requiredOption('--rule <rule>', 'RFC 5545, such as FREQ=DAILY or FREQ=MONTHLY;BYMONTHDAY=1')
    .requiredOption('--at <time>', 'time of day, such as 08:30')
    .requiredOption('--destination <id>', 'group or person of the DingTalk app (dst_…)')
    .option('--calendar <country>', 'only on bank days of this country, such as ID')
    .option('--starts-on <day>', 'the rule counts from this day on (default: today)')
    .description('Add a schedule. Reports are made with your rights as they are then.')
    .addHelpText(
      'after',
      example(
        'cashbell report schedule add dailyCash --name "Cash at six" --rule FREQ=DAILY --at 18:00 --calendar ID --destination dst_01…',
      ),
    )
    .action((kind: ReportKind, flags: ScheduleFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingReader(services, terminal, flags);
        const made = await createSchedule(
          reportDepsOf(services),
          {
            ...toWish(kind, flags, orgId),
            name: flags.name,
            rule: flags.rule,
            at: flags.at,
            calendar: flags.calendar,
            startsOn: flags.startsOn,
            destinationId: flags.destination,
          },
          actor,
        );
        const wire = toScheduleWire(made);
        print(terminal, shared(command), wire, () =>
          [`${wire.scheduleId}  ${wire.name}`, `Next: ${wire.nextAt ?? 'never'}`].join('\n'),
        );
      }),
    );
  addListCommand(schedule, context);
  addMoveCommands(schedule, context);
}

function addListCommand(schedule: Command, { terminal, shared, withServices }: CommandContext) {
  schedule
    .command('list')
    .option(...ORG_OPTION)
    .description('List schedules.')
    .addHelpText('after', example('cashbell report schedule list'))
    .action((flags: OrgFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = (await listSchedules(services.pool, orgId)).map(toScheduleWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.scheduleId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'REPORT', read: (item) => item.report },
              { title: 'RULE', read: (item) => item.rule },
              { title: 'AT', read: (item) => `${item.at} ${item.zone}` },
              { title: 'STATE', read: (item) => item.state },
              { title: 'NEXT', read: (item) => item.nextAt },
            ],
            'No schedule yet. Run: cashbell report schedule add <report>',
          ),
        );
      }),
    );
}

function addMoveCommands(
  schedule: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  const moves: readonly (readonly [string, ScheduleState, string])[] = [
    ['pause', 'paused', 'Make none for now.'],
    ['resume', 'active', 'Go on; what passed meanwhile is not made up for.'],
    ['remove', 'removed', 'Remove it. Reports that were made stay.'],
  ];
  for (const [name, to, description] of moves) {
    schedule
      .command(name)
      .argument('<schedule>', 'id (sch_…)')
      .option(...ORG_OPTION)
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell report schedule ${name} sch_01…`))
      .action((scheduleId: string, flags: OrgFlags, command: Command) =>
        withServices(async ({ services }) => {
          const { orgId, actor } = await actingReader(services, terminal, flags);
          const ref = { orgId, scheduleId };
          const moved = toScheduleWire(
            await moveSchedule(reportDepsOf(services), ref, { to, actor }),
          );
          print(terminal, shared(command), moved, () => `${moved.name}: ${moved.state}`);
        }),
      );
  }
}

/** `cashbell report rate …` */
export function addRateCommands(report: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const rate = report
    .command('rate')
    .description('Exchange rates for converted totals, each with its source.')
    .addHelpText('after', example('cashbell report rate list'));
  rate
    .command('add')
    .argument('<pair>', 'such as USD/IDR: how many IDR one USD is')
    .argument('<rate>', 'such as 16250.50')
    .requiredOption('--source <text>', 'where it comes from, as reports will say it')
    .option('--as-of <moment>', 'for which moment it holds (default: now)')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION)
    .description('Add a rate. Rates are never changed; newer ones follow.')
    .addHelpText(
      'after',
      example('cashbell report rate add USD/IDR 16250.50 --source "Bank Indonesia JISDOR"'),
    )
    .action(
      (
        pair: string,
        value: string,
        flags: OrgFlags & { source: string; asOf?: string },
        command: Command,
      ) =>
        withServices(async ({ services }) => {
          const reader = await actingReader(services, terminal, flags);
          const [base = '', quote = '', ...rest] = pair.toUpperCase().split('/');
          if (rest.length > 0 || quote === '') {
            throw new UsageError(`"${pair.slice(0, 20)}" must look like USD/IDR`);
          }
          const { source, asOf } = flags;
          const wire = await addRate(services, { base, quote, rate: value, source, asOf }, reader);
          print(
            terminal,
            shared(command),
            wire,
            () => `${wire.base}/${wire.quote} ${wire.rate} (${wire.source}, ${wire.asOf})`,
          );
        }),
    );
  rate
    .command('list')
    .option(...ORG_OPTION)
    .description('List rates, newest first.')
    .addHelpText('after', example('cashbell report rate list'))
    .action((flags: OrgFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = (await listRates(services.pool, orgId)).map(toRateWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'PAIR', read: (item) => `${item.base}/${item.quote}` },
              { title: 'RATE', read: (item) => item.rate, align: 'right' },
              { title: 'AS OF', read: (item) => item.asOf },
              { title: 'SOURCE', read: (item) => item.source },
            ],
            'No rate yet. Run: cashbell report rate add USD/IDR <rate> --source <text>',
          ),
        );
      }),
    );
}
