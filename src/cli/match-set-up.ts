import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { MatchSettingsWire } from '#api/contract/matching-set-up.ts';
import { toLockWire, toSettingsWire, toToleranceWire } from '#api/routes/matching-set-up.ts';
import { parsePlainDate } from '#core/dates.ts';
import { changeMatchSettings, getMatchSettings } from '#store/match-settings.ts';
import { loadAliases, removeAlias } from '#store/match-aliases.ts';
import { listLocks, lockPeriod, reopenPeriod } from '#store/period-locks.ts';
import {
  confirmTolerance,
  listTolerances,
  proposeTolerance,
  removeTolerance,
} from '#store/tolerance-rules.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, parseAmount, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

/** `cashbell match settings|tolerance|lock|reopen|locks|aliases|forget` */
export function addMatchSetUpCommands(match: Command, context: CommandContext): void {
  addSettings(match, context);
  addTolerance(match, context);
  addLocks(match, context);
  addAliases(match, context);
}

interface SettingsFlags extends TokenFlag {
  readonly org?: string;
  readonly precision?: number;
  readonly automatic?: 'on' | 'off';
  readonly daysBefore?: number;
  readonly daysAfter?: number;
  readonly paymentCode?: readonly string[];
}

function addSettings(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('settings')
    .option('--precision <share>', 'share of automatic matches that must be right', parseShare)
    .addOption(new Option('--automatic <word>', 'off: only suggest').choices(['on', 'off']))
    .option('--days-before <days>', 'an item may be paid so long before its due day', parseWhole)
    .option('--days-after <days>', 'and so long after it', parseWhole)
    .option('--payment-code <template...>', 'text around a number, such as PAY-{number}')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION)
    .description('Show how matching decides, or change it.')
    .addHelpText('after', example('cashbell match settings --precision 0.998'))
    .action((flags: SettingsFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { precision, automatic, daysBefore, daysAfter, paymentCode } = flags;
        const change = {
          statedPrecision: precision,
          isAutomatic: automatic === undefined ? undefined : automatic === 'on',
          daysBefore,
          daysAfter,
          paymentCodeTemplates: paymentCode,
        };
        const isChange = Object.values(change).some((value) => value !== undefined);
        const settings = isChange
          ? await changeMatchSettings(
              services,
              await actingPerson(services, terminal, flags),
              change,
            )
          : await getMatchSettings(services.pool, await findOrg(services, flags.org));
        const wire = toSettingsWire(settings);
        print(terminal, shared(command), wire, () => describeSettings(wire));
      }),
    );
}

function parseShare(text: string): number {
  const share = /^(0|1)(\.\d{1,5})?$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`"${text.slice(0, 20)}" must be a share such as 0.995`);
}

function describeSettings(settings: z.infer<typeof MatchSettingsWire>): string {
  const templates = settings.paymentCodeTemplates.join(', ');
  return [
    `Automatic matching: ${settings.isAutomatic ? 'on' : 'off'}`,
    `At least ${(settings.statedPrecision * 100).toFixed(3)} % of it must be right`,
    `Items are paid from ${settings.daysBefore} days before to ${settings.daysAfter} days after they are due`,
    `Payment codes: ${templates === '' ? 'none' : templates}`,
  ].join('\n');
}

interface ToleranceFlags extends TokenFlag {
  readonly cap: string;
  readonly ledger: string;
  readonly account?: string;
  readonly share?: number;
}

function addTolerance(match: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const tolerance = match
    .command('tolerance')
    .description('What may be left over and still count as paid. Two people agree on each rule.');
  tolerance
    .command('add')
    .argument('<name>', 'what people call it')
    .argument('<limit>', 'largest difference of one match, such as "IDR 5000.00"')
    .requiredOption('--cap <amount>', 'all differences of one day together, such as "IDR 50000.00"')
    .requiredOption('--ledger <account>', 'account of your books to which differences go')
    .option('--account <id>', 'only for entries of this account (acc_…)')
    .option('--share <share>', 'and at most this share of the item, such as 0.01', parseShare)
    .option(...TOKEN_OPTION)
    .description('Ask for a rule; another person has to confirm it.')
    .addHelpText(
      'after',
      example(
        'cashbell match tolerance add Rounding "IDR 500.00" --cap "IDR 5000.00" --ledger 7990',
      ),
    )
    .action((name: string, limit: string, flags: ToleranceFlags, command: Command) =>
      withServices(async ({ services }) => {
        const rule = await proposeTolerance(
          services,
          await actingPerson(services, terminal, flags),
          {
            name,
            limit: parseAmount(limit),
            dailyCap: parseAmount(flags.cap),
            ledgerAccount: flags.ledger,
            accountId: flags.account,
            shareMax: flags.share,
          },
        );
        print(
          terminal,
          shared(command),
          toToleranceWire(rule),
          () =>
            `${rule.ruleId}  waits for another person: cashbell match tolerance confirm ${rule.ruleId}`,
        );
      }),
    );
  for (const [name, decide, description, done] of [
    ['confirm', confirmTolerance, 'Say yes as the second person.', 'In force.'],
    ['remove', removeTolerance, 'Take a rule away at once.', 'Removed.'],
  ] as const) {
    tolerance
      .command(name)
      .argument('<id>', 'id of the rule (tol_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell match tolerance ${name} tol_01…`))
      .action((ruleId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const rule = await decide(services, by, ruleId);
          print(terminal, shared(command), toToleranceWire(rule), () => done);
        }),
      );
  }
  addToleranceList(tolerance, context);
}

function addToleranceList(
  tolerance: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  tolerance
    .command('list')
    .option('--all', 'removed ones too')
    .option(...ORG_OPTION)
    .description('List rules, those in force and those that wait.')
    .addHelpText('after', example('cashbell match tolerance list'))
    .action((flags: { org?: string; all?: boolean }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, isWithRemoved: flags.all === true };
        const items = (await listTolerances(services.pool, scope)).map(toToleranceWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (rule) => rule.ruleId },
              { title: 'NAME', read: (rule) => rule.name },
              {
                title: 'LIMIT',
                align: 'right',
                read: ({ limit }) => `${limit.currency} ${limit.amount}`,
              },
              { title: 'A DAY', align: 'right', read: ({ dailyCap }) => dailyCap.amount },
              { title: 'ACCOUNT', read: (rule) => rule.accountId },
              { title: 'LEDGER', read: (rule) => rule.ledgerAccount },
              { title: 'STATE', read: (rule) => rule.state },
            ],
            'No rule: every difference is decided by a person.',
          ),
        );
      }),
    );
}

interface LockFlags extends TokenFlag {
  readonly until: string;
  readonly reason: string;
}

function addLocks(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('lock')
    .argument('<account>', 'id of the account (acc_…)')
    .requiredOption('--until <day>', 'this day and all before it, such as 2026-10-31')
    .requiredOption('--reason <text>', 'such as "October closed"')
    .option(...TOKEN_OPTION)
    .description('Close a period: nothing in it is matched or taken back any more.')
    .addHelpText(
      'after',
      example('cashbell match lock acc_01… --until 2026-10-31 --reason "October closed"'),
    )
    .action((accountId: string, flags: LockFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const until = parsePlainDate(flags.until);
        const lock = await lockPeriod(services, by, { accountId, until, reason: flags.reason });
        print(
          terminal,
          shared(command),
          toLockWire(lock),
          () => `${lock.lockId}  locked until ${lock.lockedUntil.toString()}`,
        );
      }),
    );
  match
    .command('reopen')
    .argument('<lock>', 'id of the newest lock of an account (lck_…)')
    .requiredOption('--reason <text>', 'why; it stays in the history')
    .option(...TOKEN_OPTION)
    .description('Open a closed period again.')
    .addHelpText(
      'after',
      example('cashbell match reopen lck_01… --reason "late correction of BCA"'),
    )
    .action((lockId: string, flags: TokenFlag & { reason: string }, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const lock = await reopenPeriod(services, by, lockId, flags.reason);
        print(terminal, shared(command), toLockWire(lock), () => 'Open again.');
      }),
    );
  match
    .command('locks')
    .option('--all', 'those that were opened again too')
    .option(...ORG_OPTION)
    .description('List closed periods.')
    .addHelpText('after', example('cashbell match locks --all'))
    .action((flags: { org?: string; all?: boolean }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const locks = await listLocks(services.pool, { orgId, isWithReopened: flags.all === true });
        const items = locks.map(toLockWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (lock) => lock.lockId },
              { title: 'ACCOUNT', read: (lock) => lock.accountId },
              { title: 'UNTIL', read: (lock) => lock.lockedUntil },
              { title: 'REASON', read: (lock) => lock.reason },
              { title: 'REOPENED', read: (lock) => lock.reopenReason },
            ],
            'No period is locked.',
          ),
        );
      }),
    );
}

function addAliases(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('aliases')
    .option(...ORG_OPTION)
    .description('List what decisions taught: which writing at the bank is which customer.')
    .addHelpText('after', example('cashbell match aliases'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = await loadAliases(services.pool, orgId);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (alias) => alias.aliasId },
              { title: 'AT THE BANK', read: (alias) => alias.bankKey },
              { title: 'IN THE BOOKS', read: (alias) => alias.partyKey },
              { title: 'YES', align: 'right', read: (alias) => String(alias.confirmed) },
              { title: 'NO', align: 'right', read: (alias) => String(alias.refused) },
            ],
            'Nothing was learnt yet.',
          ),
        );
      }),
    );
  match
    .command('forget')
    .argument('<alias>', 'id (als_…)')
    .option(...TOKEN_OPTION)
    .description('Forget what was learnt of a writing.')
    .addHelpText('after', example('cashbell match forget als_01…'))
    .action((aliasId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        await removeAlias(services, await actingPerson(services, terminal, flags), aliasId);
        print(terminal, shared(command), { aliasId }, () => 'Forgotten.');
      }),
    );
}
