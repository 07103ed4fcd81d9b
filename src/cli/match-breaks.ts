import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { BreakWire } from '#api/contract/matching.ts';
import { toBreakWire, viewerOf } from '#api/operations/matching.ts';
import { todayOf } from '#api/operations/today.ts';
import { exemptEntry, listBreaks, noteBreak } from '#store/match-breaks.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface OpenFlags {
  readonly org?: string;
  readonly side: 'entry' | 'item';
  readonly account?: string;
  readonly owner?: string;
  readonly olderThan?: number;
}

const LIST_MAX = 200;

/** `cashbell match open|assign|exempt` */
export function addMatchBreakCommands(match: Command, context: CommandContext): void {
  addOpen(match, context);
  addAssign(match, context);
  addExempt(match, context);
}

function addOpen(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('open')
    .addOption(
      new Option('--side <side>', 'entries of the bank, or items that were expected')
        .choices(['entry', 'item'])
        .default('entry'),
    )
    .option('--account <id>', 'only this account (acc_…)')
    .option('--owner <id>', 'looked after by this person (per_…)')
    .option('--older-than <days>', 'so old at least', parseWhole)
    .option(...ORG_OPTION)
    .description('List what nothing belongs to yet, the oldest first, with age and owner.')
    .addHelpText('after', example('cashbell match open --older-than 30'))
    .action((flags: OpenFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language } = shared(command);
        const viewer = await viewerOf(services.pool, { orgId, language, at: services.now() });
        const breaks = await listBreaks(services.pool, {
          orgId,
          side: flags.side,
          accountId: flags.account,
          ownerId: flags.owner,
          olderThanDays: flags.olderThan,
          today: await todayOf(services, orgId),
          limit: LIST_MAX,
        });
        const items = breaks.map((open) => toBreakWire(open, viewer));
        print(terminal, shared(command), { items }, () => breakTable(items));
      }),
    );
}

function breakTable(items: readonly z.infer<typeof BreakWire>[]): string {
  return toTable(
    items,
    [
      { title: 'ID', read: (item) => item.lineId },
      { title: 'DAY', read: (item) => item.day },
      { title: 'AGE', align: 'right', read: (item) => `${item.ageDays} d` },
      { title: 'IN/OUT', read: (item) => (item.direction === 'credit' ? 'in' : 'out') },
      {
        title: 'OPEN',
        align: 'right',
        read: (item) => item.open && `${item.open.currency} ${item.open.amount}`,
      },
      { title: 'PARTY', read: (item) => item.counterpartyName },
      { title: 'TEXT', read: (item) => item.text?.slice(0, TEXT_MAX) },
      { title: 'OWNER', read: (item) => item.ownerName },
      { title: 'NOTE', read: (item) => item.note || undefined },
    ],
    'Nothing is open.',
  );
}

const TEXT_MAX = 40;

interface AssignFlags extends TokenFlag {
  readonly to?: string;
  readonly nobody?: boolean;
  readonly note?: string;
}

function addAssign(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('assign')
    .argument('<line>', 'id of an entry (ent_…) or item (itm_…)')
    .option('--to <person>', 'who looks after it (per_…)')
    .option('--nobody', 'take its owner away')
    .option('--note <text>', 'what is known of it')
    .option(...TOKEN_OPTION)
    .description('Say who looks after an open line, or what is known of it.')
    .addHelpText('after', example('cashbell match assign ent_01… --to per_01… --note "asked BCA"'))
    .action((lineId: string, flags: AssignFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const ownerId = flags.nobody === true ? null : flags.to;
        await noteBreak(services, by, { lineId, ownerId, note: flags.note });
        print(terminal, shared(command), { lineId, ownerId, note: flags.note }, () => 'Noted.');
      }),
    );
}

function addExempt(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('exempt')
    .argument('<entry>', 'id of the entry (ent_…)')
    .requiredOption('--reason <text>', 'such as "interest"')
    .option('--end', 'take an exemption back')
    .option(...TOKEN_OPTION)
    .description('Say that nothing belongs to an entry, such as interest or a charge of the bank.')
    .addHelpText('after', example('cashbell match exempt ent_01… --reason "interest"'))
    .action(
      (entryId: string, flags: TokenFlag & { reason: string; end?: boolean }, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const isExempt = flags.end !== true;
          await exemptEntry(services, by, { entryId, reason: flags.reason, isExempt });
          const said = isExempt ? 'Nothing is expected to belong to it.' : 'It is open again.';
          print(terminal, shared(command), { entryId, isExempt }, () => said);
        }),
    );
}
