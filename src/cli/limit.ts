import { Option } from 'commander';
import type { Command } from 'commander';
import { listLimitWires, toLimitWire, toSettingsWire } from '#api/routes/payment-controls.ts';
import type { LimitPeriod } from '#core/payment-limits.ts';
import { limitPeriods } from '#core/payment-limits.ts';
import type { PaymentPurpose } from '#core/payments.ts';
import { paymentPurposes } from '#core/payments.ts';
import type { LimitRecord } from '#store/payment-limits-admin.ts';
import {
  confirmLimit,
  proposeLimit,
  proposeLimitRemoval,
  refuseLimit,
} from '#store/payment-limits-admin.ts';
import {
  decidePaymentSettings,
  listPaymentSettings,
  loadPaymentSettings,
  proposePaymentSettings,
} from '#store/payment-settings.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, parseAmount, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface AddFlags extends TokenFlag {
  readonly per: LimitPeriod;
  readonly account?: string;
  readonly bank?: string;
  readonly purpose?: PaymentPurpose;
  readonly maker?: string;
  readonly count?: number;
  readonly replaces?: string;
}

/** `cashbell limit …` */
export function addLimitCommands(program: Command, context: CommandContext): void {
  const limit = program
    .command('limit')
    .description('How much may be paid. Every change needs two people.');
  addLimitProposals(limit, context);
  addLimitDecisions(limit, context);
  addLimitList(limit, context);
}

function waits({ limitId }: LimitRecord): string {
  return `${limitId}  waits for another person: cashbell limit confirm ${limitId}`;
}

function addLimitProposals(
  limit: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  limit
    .command('add')
    .argument('<amount>', 'the most that may be paid, such as "IDR 500000000.00"')
    .addOption(
      new Option('--per <period>', 'what it counts').choices(limitPeriods).makeOptionMandatory(),
    )
    .option('--account <id>', 'only this account')
    .option('--bank <connector>', 'only accounts at this bank, such as bca')
    .addOption(new Option('--purpose <purpose>', 'only this purpose').choices(paymentPurposes))
    .option('--maker <id>', 'only what this person or token asks for (per_… or token:tok_…)')
    .option('--count <number>', 'at most so many payments as well', parseWhole)
    .option('--replaces <id>', 'the limit whose place it takes (lim_…)')
    .option(...TOKEN_OPTION)
    .description('Ask for a limit, or for another in the place of one.')
    .addHelpText('after', example('cashbell limit add "IDR 500000000.00" --per day --bank bca'))
    .action((amount: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await proposeLimit(services, by, {
          amountMax: parseAmount(amount),
          period: flags.per,
          accountId: flags.account,
          connector: flags.bank,
          purpose: flags.purpose,
          maker: flags.maker,
          countMax: flags.count,
          replacesLimitId: flags.replaces,
        });
        print(terminal, shared(command), toLimitWire(made), () => waits(made));
      }),
    );
  limit
    .command('remove')
    .argument('<id>', 'id of the limit (lim_…)')
    .option(...TOKEN_OPTION)
    .description('Ask for a limit to be taken away; it holds until another person confirms.')
    .addHelpText('after', example('cashbell limit remove lim_01…'))
    .action((limitId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await proposeLimitRemoval(services, by, limitId);
        print(terminal, shared(command), toLimitWire(made), () => waits(made));
      }),
    );
}

function addLimitDecisions(
  limit: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  const commands = [
    ['confirm', confirmLimit, 'Say yes as the second person.', 'Confirmed.'],
    ['refuse', refuseLimit, 'Say no, or take your own proposal back.', 'Refused.'],
  ] as const;
  for (const [name, decide, description, done] of commands) {
    limit
      .command(name)
      .argument('<id>', 'id of the proposal (lim_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell limit ${name} lim_01…`))
      .action((limitId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const decided = await decide(services, by, limitId);
          print(terminal, shared(command), toLimitWire(decided), () => done);
        }),
      );
  }
}

function addLimitList(limit: Command, { terminal, shared, withServices }: CommandContext): void {
  limit
    .command('list')
    .option('--all', 'refused and removed ones too')
    .option(...ORG_OPTION)
    .description('List limits with what is used of them, and what waits for a second person.')
    .addHelpText('after', example('cashbell limit list'))
    .action((flags: { org?: string; all?: boolean }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = await listLimitWires(services, { orgId, isWithEnded: flags.all === true });
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.limitId },
              { title: 'PER', read: (item) => item.period },
              {
                title: 'AMOUNT',
                align: 'right',
                read: (item) => `${item.amountMax.currency} ${item.amountMax.amount}`,
              },
              { title: 'USED', align: 'right', read: (item) => item.used?.amount },
              { title: 'ACCOUNT', read: (item) => item.accountId },
              { title: 'BANK', read: (item) => item.connector },
              { title: 'PURPOSE', read: (item) => item.purpose },
              { title: 'MAKER', read: (item) => item.maker },
              {
                title: 'STATE',
                read: (item) => (item.isRemoval ? `removal ${item.state}` : item.state),
              },
            ],
            'No limit yet. Run: cashbell limit add "IDR 500000000.00" --per day',
          ),
        );
      }),
    );
}

/** `cashbell cool-off …`: how long a new or changed creditor account rests. */
export function addCoolOffCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const coolOff = program
    .command('cool-off')
    .description('How long a new or changed creditor account rests before it can be paid.');
  coolOff
    .command('show')
    .option(...ORG_OPTION)
    .description('Show what holds, and what waits for a second person.')
    .addHelpText('after', example('cashbell cool-off show'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const inForce = await loadPaymentSettings(services.pool, orgId);
        const versions = (await listPaymentSettings(services.pool, orgId)).map(toSettingsWire);
        const open = versions.find(({ decision }) => decision === undefined);
        print(terminal, shared(command), { inForce, versions }, () =>
          [
            `${inForce.coolOffHours} hours`,
            ...(open ? [`version ${open.version} waits: ${open.coolOffHours} hours`] : []),
          ].join('\n'),
        );
      }),
    );
  coolOff
    .command('propose')
    .argument('<hours>', 'from 0 to 720', parseWhole)
    .option(...TOKEN_OPTION)
    .description('Ask for another length; another person has to confirm it.')
    .addHelpText('after', example('cashbell cool-off propose 48'))
    .action((coolOffHours: number, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await proposePaymentSettings(services, by, { coolOffHours });
        print(
          terminal,
          shared(command),
          toSettingsWire(made),
          () => `Waits for another person: cashbell cool-off confirm ${made.version}`,
        );
      }),
    );
  for (const [name, isConfirmed] of [
    ['confirm', true],
    ['refuse', false],
  ] as const) {
    coolOff
      .command(name)
      .argument('<version>', 'version of the proposal', parseWhole)
      .option(...TOKEN_OPTION)
      .description(
        isConfirmed ? 'Say yes as the second person.' : 'Say no, or take your own proposal back.',
      )
      .addHelpText('after', example(`cashbell cool-off ${name} 1`))
      .action((version: number, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const decided = await decidePaymentSettings(services, by, { version, isConfirmed });
          print(
            terminal,
            shared(command),
            toSettingsWire(decided),
            () => `Version ${decided.version}: ${decided.decision ?? ''}.`,
          );
        }),
      );
  }
}
