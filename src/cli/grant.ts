import { Argument } from 'commander';
import type { Command } from 'commander';
import { toGrantWire } from '#api/routes/entitlements.ts';
import { stopByOperator } from '#flows/payment-controls/stop-payments.ts';
import { grantActions } from '#core/grants.ts';
import type { GrantAction } from '#core/grants.ts';
import { bootstrapGrants } from '#store/bootstrap.ts';
import { listGrants } from '#store/grants.ts';
import {
  confirmGrant,
  delegateGrant,
  proposeGrant,
  refuseGrant,
  removeGrant,
} from '#store/grants-admin.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, parseAmount, parseMoment, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

interface ProposeFlags extends TokenFlag {
  readonly account?: string;
  readonly max?: string;
  readonly until?: string;
}

interface DelegateFlags extends TokenFlag {
  readonly from?: string;
  readonly until: string;
}

interface ListFlags {
  readonly org?: string;
  readonly person?: string;
  readonly all?: boolean;
}

/** `cashbell grant …` */
export function addGrantCommands(program: Command, context: CommandContext): void {
  const grant = program
    .command('grant')
    .description('Who may do what around paying. Every grant needs two people.');
  addBeginCommand(grant, context);
  addProposalCommands(grant, context);
  addDecisionCommands(grant, context);
  addListCommand(grant, context);
}

function addBeginCommand(grant: Command, { terminal, shared, withServices }: CommandContext): void {
  grant
    .command('begin')
    .argument('<person>', 'id of the person (per_…)')
    .option(...ORG_OPTION)
    .description(
      'Make a person one of the first two who can grant. Only on the machine, only while no two people can; it stands in the audit. Where there were two before, it stops all payments.',
    )
    .addHelpText('after', example('cashbell grant begin per_01…'))
    .action((personId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const controls = { ...services, announcer: services.payments.announcer };
        const made = await bootstrapGrants(
          services,
          { orgId, personId },
          async (client, reason) => {
            await stopByOperator(controls, client, { orgId, reason, by: CLI_ACTOR });
          },
        );
        const result = { ...made, grants: made.grants.map(toGrantWire) };
        print(terminal, shared(command), result, () =>
          [
            `${personId} may now propose and confirm grants.`,
            ...(made.isRecovery
              ? ['All payments are stopped; two people have to release them.']
              : []),
            ...(made.isComplete ? [] : ['One more person is needed: cashbell grant begin <id>']),
          ].join('\n'),
        );
      }),
    );
}

function addProposalCommands(
  grant: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  grant
    .command('propose')
    .argument('<person>', 'id of the person who gets it (per_…)')
    .addArgument(new Argument('<action>', 'what they may do').choices(grantActions))
    .option('--account <id>', 'only for this account (default: all)')
    .option('--max <amount>', 'up to this amount, such as "IDR 5000000.00" (default: any)')
    .option('--until <time>', 'ends then, such as 2026-12-31T17:00:00+07:00')
    .option(...TOKEN_OPTION)
    .description('Ask for a right for somebody; another person has to confirm it.')
    .addHelpText(
      'after',
      example('cashbell grant propose per_01… payment.approve --max "IDR 50000000.00"'),
    )
    .action((personId: string, action: GrantAction, flags: ProposeFlags, command: Command) =>
      withServices(async ({ services }) => {
        const made = await proposeGrant(services, await actingPerson(services, terminal, flags), {
          personId,
          action,
          accountId: flags.account,
          amountMax: flags.max === undefined ? undefined : parseAmount(flags.max),
          validUntil: flags.until === undefined ? undefined : parseMoment(flags.until),
        });
        print(
          terminal,
          shared(command),
          toGrantWire(made),
          () => `${made.grantId}  waits for another person: cashbell grant confirm ${made.grantId}`,
        );
      }),
    );
  grant
    .command('delegate')
    .argument('<grant>', 'your own grant (grt_…)')
    .argument('<person>', 'who stands in for you (per_…)')
    .requiredOption('--until <time>', 'when it ends, such as 2026-12-31T17:00:00+07:00')
    .option('--from <time>', 'when it begins (default: now)')
    .option(...TOKEN_OPTION)
    .description('Lend a right of yours during an absence; another person has to confirm it.')
    .addHelpText(
      'after',
      example('cashbell grant delegate grt_01… per_02… --until 2026-12-31T17:00:00+07:00'),
    )
    .action((grantId: string, toPersonId: string, flags: DelegateFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await delegateGrant(services, by, {
          grantId,
          toPersonId,
          validFrom: flags.from === undefined ? undefined : parseMoment(flags.from),
          validUntil: parseMoment(flags.until),
        });
        print(
          terminal,
          shared(command),
          toGrantWire(made),
          () => `${made.grantId}  waits for another person: cashbell grant confirm ${made.grantId}`,
        );
      }),
    );
}

function addDecisionCommands(
  grant: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  const commands = [
    ['confirm', confirmGrant, 'Say yes; neither who proposed it nor who gets it can.', 'Confirmed'],
    ['refuse', refuseGrant, 'Say no, or take your own proposal back.', 'Refused'],
    ['remove', removeGrant, 'Take a right away at once; one person is enough.', 'Removed'],
  ] as const;
  for (const [name, decide, description, done] of commands) {
    grant
      .command(name)
      .argument('<grant>', 'id of the grant (grt_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell grant ${name} grt_01…`))
      .action((grantId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const decided = await decide(services, by, grantId);
          print(
            terminal,
            shared(command),
            toGrantWire(decided),
            () => `${done} ${decided.action} for ${decided.personName}.`,
          );
        }),
      );
  }
}

function addListCommand(grant: Command, { terminal, shared, withServices }: CommandContext): void {
  grant
    .command('list')
    .option('--person <id>', 'only of this person')
    .option('--all', 'refused and removed ones too')
    .option(...ORG_OPTION)
    .description('List who may do what, and what waits for a second person.')
    .addHelpText('after', example('cashbell grant list'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, personId: flags.person, isWithEnded: flags.all };
        const items = (await listGrants(services.pool, scope)).map(toGrantWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.grantId },
              { title: 'PERSON', read: (item) => item.personName },
              { title: 'MAY', read: (item) => item.action },
              { title: 'ACCOUNT', read: (item) => item.accountId },
              {
                title: 'UP TO',
                align: 'right',
                read: (item) =>
                  item.amountMax && `${item.amountMax.currency} ${item.amountMax.amount}`,
              },
              { title: 'UNTIL', read: (item) => item.validUntil },
              { title: 'STATE', read: (item) => item.state },
            ],
            'Nobody may do anything yet. Run: cashbell grant begin <person>',
          ),
        );
      }),
    );
}
