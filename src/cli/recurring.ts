import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { OccurrenceWire, RecurringDetailWire } from '#api/contract/recurring-payments.ts';
import {
  daysOf,
  previewOf,
  toRecurringDetail,
  toRecurringWire,
} from '#api/routes/recurring-payments.ts';
import { rolls } from '#core/bank-calendar.ts';
import type { Roll } from '#core/bank-calendar.ts';
import { createRecurring, moveRecurring } from '#flows/payment/recurring.ts';
import { getRecurring, listRecurring } from '#store/recurring-payments.ts';
import type { RecurringState } from '#store/recurring-payments.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import type { PaymentFlags } from './payments.ts';
import { toInput, withPaymentOptions } from './payments.ts';
import { paymentsGroup } from './payments-group.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface WhenFlags {
  readonly rule: string;
  readonly from: string;
  readonly until?: string;
  readonly roll: Roll;
  readonly lead: number;
}

type Occurrence = z.infer<typeof OccurrenceWire>;

/** `cashbell payments recurring …` */
export function addRecurringCommands(program: Command, context: CommandContext): void {
  const recurring = paymentsGroup(program)
    .command('recurring')
    .description('Payments that come again; each occurrence is approved like any other payment.')
    .addHelpText('after', example('cashbell payments recurring list'));
  addAddCommands(recurring, context);
  addReadCommands(recurring, context);
  addMoveCommands(recurring, context);
}

function withWhenOptions(command: Command): Command {
  return command
    .requiredOption('--rule <rule>', 'RFC 5545, such as FREQ=MONTHLY;BYMONTHDAY=-1')
    .requiredOption('--from <day>', 'the rule counts from this day on')
    .option('--until <day>', 'no occurrence after it')
    .addOption(
      new Option('--roll <rule>', 'where an occurrence on a closed day moves to')
        .choices(rolls)
        .default('following'),
    )
    .option('--lead <days>', 'bank days ahead on which it is asked for', parseWhole, 2);
}

function dateTable(items: readonly Occurrence[]): string {
  return toTable(
    items,
    [
      { title: 'DAY', read: (item) => item.day },
      { title: 'PAID ON', read: (item) => item.requestedExecutionDate },
      { title: 'ASKED FOR ON', read: (item) => item.raisedOn },
    ],
    'No date to come.',
  );
}

function describe(detail: z.infer<typeof RecurringDetailWire>): string {
  return [
    `${detail.recurrenceId}  ${detail.state}  ${detail.name}  ${detail.rule}`,
    ...(detail.warning === undefined ? [] : [detail.warning]),
    dateTable(detail.next),
  ].join('\n');
}

function addAddCommands(recurring: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  withPaymentOptions(withWhenOptions(recurring.command('add').argument('<name>', 'what it is')))
    .option(...TOKEN_OPTION)
    .description('Add a recurring payment, and show its next dates.')
    .addHelpText(
      'after',
      example(
        'cashbell payments recurring add Rent --rule "FREQ=MONTHLY;BYMONTHDAY=5" --from 2026-12-01 --account acc_01… --to ben_01… --amount 5000000 --purpose rent',
      ),
    )
    .action((name: string, flags: WhenFlags & PaymentFlags & TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const deps = services.payments;
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const { accountId, ...template } = toInput(flags);
        const made = await createRecurring(
          deps,
          {
            orgId,
            accountId,
            name,
            template,
            rule: flags.rule,
            roll: flags.roll,
            leadDays: flags.lead,
            ...daysOf(flags.from, flags.until),
          },
          actor,
        );
        const detail = await toRecurringDetail(deps, made, shared(command).language);
        print(terminal, shared(command), detail, () => describe(detail));
      }),
    );
  withWhenOptions(recurring.command('preview'))
    .requiredOption('--account <id>', 'account that pays (acc_…)')
    .option(...ORG_OPTION)
    .description('Show the next twelve dates of a rule; nothing is written.')
    .addHelpText(
      'after',
      example(
        'cashbell payments recurring preview --rule "FREQ=MONTHLY;BYMONTHDAY=-1" --from 2026-12-01 --account acc_01…',
      ),
    )
    .action((flags: WhenFlags & { account: string; org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const wish = {
          orgId: await findOrg(services, flags.org),
          accountId: flags.account,
          rule: flags.rule,
          firstDate: flags.from,
          lastDate: flags.until,
          roll: flags.roll,
          leadDays: flags.lead,
        };
        const dates = await previewOf(services.payments, wish, shared(command).language);
        print(terminal, shared(command), dates, () =>
          [...(dates.warning === undefined ? [] : [dates.warning]), dateTable(dates.items)].join(
            '\n',
          ),
        );
      }),
    );
}

function addReadCommands(recurring: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  recurring
    .command('list')
    .option(...ORG_OPTION)
    .description('List recurring payments.')
    .addHelpText('after', example('cashbell payments recurring list'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = (await listRecurring(services.pool, { orgId })).map(toRecurringWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.recurrenceId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'STATE', read: (item) => item.state },
              { title: 'RULE', read: (item) => item.rule },
              { title: 'NEXT', read: (item) => item.nextDate },
            ],
            'No recurring payment yet. Run: cashbell payments recurring add <name>',
          ),
        );
      }),
    );
  recurring
    .command('show')
    .argument('<recurring>', 'id (rec_…)')
    .option(...ORG_OPTION)
    .description('Show a recurring payment with its next dates.')
    .addHelpText('after', example('cashbell payments recurring show rec_01…'))
    .action((recurrenceId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await getRecurring(services.pool, { orgId, recurrenceId });
        const detail = await toRecurringDetail(services.payments, found, shared(command).language);
        print(terminal, shared(command), detail, () => describe(detail));
      }),
    );
}

function addMoveCommands(recurring: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const moves: readonly (readonly [string, RecurringState, string])[] = [
    ['pause', 'paused', 'Ask for no more occurrences for now.'],
    ['resume', 'active', 'Go on; what passed meanwhile is not made up for.'],
    ['end', 'ended', 'End it. Payments that were asked for already stay.'],
  ];
  for (const [name, to, description] of moves) {
    recurring
      .command(name)
      .argument('<recurring>', 'id (rec_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell payments recurring ${name} rec_01…`))
      .action((recurrenceId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const deps = services.payments;
          const { orgId, actor } = await actingMaker(services, terminal, flags);
          const moved = await moveRecurring(deps, { orgId, recurrenceId }, { to, actor });
          const detail = await toRecurringDetail(deps, moved, shared(command).language);
          print(terminal, shared(command), detail, () => describe(detail));
        }),
      );
  }
}
