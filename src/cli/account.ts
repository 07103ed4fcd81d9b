import { Option } from 'commander';
import type { Command } from 'commander';
import { toAccountWire } from '#api/routes/accounts.ts';
import { connectorOf } from '#api/operations/services.ts';
import { addAccount, changeAccount, getAccount, listAccounts } from '#store/accounts-admin.ts';
import { setClaimGroup } from '#store/claim-settings.ts';
import { getConnection } from '#store/connections-admin.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, collect, example, findOrg, parsePair } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface AddFlags {
  readonly org?: string;
  readonly name?: string;
  readonly currency: string;
  readonly setting: readonly string[];
  readonly historyDays?: number;
}

interface ChangeFlags {
  readonly org?: string;
  readonly name?: string;
  readonly onlyOurDebits?: 'yes' | 'no';
}

/** `cashbell account …` */
export function addAccountCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const account = program.command('account').description('Bank accounts that are watched.');
  account
    .command('add')
    .argument('<connection>', 'id of the connection (con_…)')
    .argument('<number>', 'account number, as the bank knows it')
    .requiredOption('--currency <code>', 'ISO 4217 code, such as IDR')
    .option('--name <text>', 'what people call it (default: its number)')
    .option(...ORG_OPTION)
    .option('--setting <name=value>', 'setting of the bank (repeatable)', collect, [])
    .option('--history-days <number>', 'days back that the first statement reaches', parseWhole)
    .description('Watch an account.')
    .addHelpText(
      'after',
      example('cashbell account add con_01… 1234567890 --currency IDR --name "Operations"'),
    )
    .action((connectionId: string, number: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const connection = await getConnection(services, { orgId, connectionId });
        const made = await addAccount(
          services,
          {
            orgId,
            connectionId,
            connector: connectorOf(services, connection.connector),
            number,
            name: flags.name ?? number,
            currency: flags.currency,
            settings: Object.fromEntries(flags.setting.map(parsePair)),
            historyDays: flags.historyDays,
          },
          CLI_ACTOR,
        );
        print(
          terminal,
          shared(command),
          toAccountWire(made),
          () => `${made.accountId}  ${made.name}`,
        );
      }),
    );
  account
    .command('change')
    .argument('<account>', 'id of the account (acc_…)')
    .option('--name <text>', 'what people call it')
    .addOption(
      new Option(
        '--only-our-debits <choice>',
        'raise an alarm for debits that Cashbell did not pay',
      ).choices(['yes', 'no']),
    )
    .option(...ORG_OPTION)
    .description('Rename an account, or say that only Cashbell pays from it.')
    .addHelpText('after', example('cashbell account change acc_01… --only-our-debits yes'))
    .action((accountId: string, flags: ChangeFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, accountId };
        const { connectionId } = await getAccount(services, scope);
        const connection = await getConnection(services, { orgId, connectionId });
        const changed = await changeAccount(
          services,
          {
            ...scope,
            connector: connectorOf(services, connection.connector),
            name: flags.name,
            expectsOnlyOurDebits:
              flags.onlyOurDebits === undefined ? undefined : flags.onlyOurDebits === 'yes',
          },
          CLI_ACTOR,
        );
        print(
          terminal,
          shared(command),
          toAccountWire(changed),
          () => `${changed.accountId}  ${changed.name}`,
        );
      }),
    );
  addClaimGroupCommand(account, context);
  account
    .command('list')
    .option(...ORG_OPTION)
    .option('--connection <id>', 'only of this connection')
    .description('List accounts with balance, completeness and both delays.')
    .addHelpText('after', example('cashbell account list'))
    .action((flags: { org?: string; connection?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, connectionId: flags.connection };
        const items = (await listAccounts(services, scope)).map(toAccountWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.accountId },
              { title: 'NUMBER', read: (item) => item.number },
              { title: 'NAME', read: (item) => item.name },
              {
                title: 'BALANCE',
                align: 'right',
                read: (item) => item.balances[0] && `${item.currency} ${item.balances[0].amount}`,
              },
              { title: 'AS OF', read: (item) => item.balances[0]?.asOf },
              { title: 'COMPLETE AS OF', read: (item) => item.completeAsOf },
              { title: 'BANK DELAY', read: (item) => seconds(item.bankDelayMs) },
              { title: 'OUR DELAY', read: (item) => seconds(item.tellDelayMs) },
            ],
            'No account yet. Run: cashbell account add <connection> <number> --currency <code>',
          ),
        );
      }),
    );
}

interface GroupFlags {
  readonly org?: string;
  readonly claimLanguage?: string;
}

function addClaimGroupCommand(
  group: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  group
    .command('set-claim-group')
    .argument('<account>', 'id of the account (acc_…)')
    .argument(
      '<destination>',
      'where receipts that nobody expected are asked about (dst_…), or none',
    )
    .option('--claim-language <tag>', 'language of the cards (default: of the organisation)')
    .option(...ORG_OPTION)
    .description('Choose the group that is asked whose an unknown receipt is.')
    .addHelpText(
      'after',
      example('cashbell account set-claim-group acc_01… dst_01… --claim-language zh-CN'),
    )
    .action((accountId: string, place: string, flags: GroupFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const destinationId = place === 'none' ? null : place;
        const input = { orgId, accountId, destinationId, language: flags.claimLanguage };
        const set = await setClaimGroup(services, input, CLI_ACTOR);
        print(terminal, shared(command), set, () =>
          set.destinationId === undefined
            ? 'Receipts of this account are no longer asked about.'
            : `Unknown receipts are asked about at ${set.destinationId}.`,
        );
      }),
    );
}

function seconds(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : `${(milliseconds / 1000).toFixed(1)} s`;
}
