import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { MatchWire } from '#api/contract/matching.ts';
import { toMatchWires, toRunWire, viewerOf } from '#api/operations/matching.ts';
import { listMatches } from '#api/queries/matching.ts';
import {
  confirmMatch,
  matchByHand,
  refuseMatch,
  requireMatch,
} from '#flows/reconciliation/decide-match.ts';
import { undoMatch, undoRun } from '#flows/reconciliation/undo-by-person.ts';
import type { StoredMatch, StoredMatchState } from '#store/matches.ts';
import { storedMatchStates } from '#store/matches.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, parseAmount, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Opened } from './context.ts';
import { example, findOrg, UsageError } from './context.ts';
import { print } from './output.ts';
import { ORG_OPTION } from './token.ts';

type Match = z.infer<typeof MatchWire>;

/** `cashbell match list|show|confirm|refuse|link|undo` */
export function addMatchDecisionCommands(match: Command, context: CommandContext): void {
  addReads(match, context);
  addDecisions(match, context);
  addLink(match, context);
  addUndo(match, context);
}

const LIST_MAX = 200;

interface ListFlags {
  readonly org?: string;
  readonly state?: StoredMatchState;
  readonly account?: string;
  readonly run?: string;
  readonly entry?: string;
  readonly item?: string;
}

function addReads(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('list')
    .addOption(new Option('--state <state>', 'only these').choices([...storedMatchStates]))
    .option('--account <id>', 'with entries of this account (acc_…)')
    .option('--run <id>', 'made by this run (run_…)')
    .option('--entry <id>', 'of this entry (ent_…)')
    .option('--item <id>', 'of this item (itm_…)')
    .option(...ORG_OPTION)
    .description('List matches and suggestions with their reasons, newest first.')
    .addHelpText('after', example('cashbell match list --state suggested'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const page = await listMatches(services.pool, orgId, {
          state: flags.state,
          accountId: flags.account,
          runId: flags.run,
          entryId: flags.entry,
          itemId: flags.item,
          limit: LIST_MAX,
        });
        const viewer = await operatorOf({ services }, orgId, shared(command));
        const items = await toMatchWires(services.pool, viewer, page.items);
        print(terminal, shared(command), { ...page, items }, () =>
          items.length === 0 ? 'No match. Run: cashbell match run' : items.map(brief).join('\n'),
        );
      }),
    );
  match
    .command('show')
    .argument('<match>', 'id (mat_…)')
    .option(...ORG_OPTION)
    .description('Show a match: its lines, amounts, reasons and history.')
    .addHelpText('after', example('cashbell match show mat_01…'))
    .action((matchId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await requireMatch(services.pool, orgId, matchId);
        const wire = await toWire({ services }, found, shared(command));
        print(terminal, shared(command), wire, () => describeMatch(wire));
      }),
    );
}

/** Whoever is on the machine reads everything, as with every other list. */
function operatorOf(
  { services }: Pick<Opened, 'services'>,
  orgId: string,
  { language }: ReturnType<CommandContext['shared']>,
) {
  return viewerOf(services.pool, { orgId, language, at: services.now() });
}

async function toWire(
  opened: Pick<Opened, 'services'>,
  match: StoredMatch,
  shared: ReturnType<CommandContext['shared']>,
): Promise<Match> {
  const viewer = await operatorOf(opened, match.orgId, shared);
  const [wire] = await toMatchWires(opened.services.pool, viewer, [match]);
  if (!wire) throw new Error('one match gives one answer');
  return wire;
}

function brief(match: Match): string {
  return `${match.matchId}  ${match.state}  ${match.kind}\n${describeLines(match)}`;
}

/** The lines of a match and why they belong together, indented. */
export function describeLines(match: Pick<Match, 'legs' | 'reasons' | 'whyNotAutomatic'>): string {
  const legs = match.legs.map((leg) => {
    const money = (amount: { amount: string; currency: string } | undefined): string =>
      amount ? `${amount.currency} ${amount.amount}` : '';
    const { entry, item } = leg;
    const left = entry && [entry.entryId, entry.bookingDate, entry.counterpartyName];
    const right = item && [item.number ?? item.itemId, item.counterpartyName];
    const said = (words: readonly (string | undefined)[] | undefined): string =>
      (words ?? []).filter((word) => word !== undefined && word !== '').join(' · ');
    const amount = money(leg.entryAmount) || money(leg.itemAmount) || money(leg.residual);
    const sides = [said(left), said(right)].filter((side) => side !== '').join('  ↔  ');
    return `  ${leg.role}  ${amount}  ${sides}`;
  });
  const why = match.whyNotAutomatic ? [`  ? ${match.whyNotAutomatic.text}`] : [];
  return [...legs, ...match.reasons.map(({ text }) => `  – ${text}`), ...why].join('\n');
}

function describeMatch(match: Match): string {
  const history = [
    match.decidedAt && `decided ${match.decidedAt} by ${match.decidedBy ?? 'system'}`,
    match.undoneAt &&
      `undone ${match.undoneAt} by ${match.undoneBy ?? ''}: ${match.undoReason ?? ''}`,
    match.reversesMatchId && `takes back ${match.reversesMatchId}`,
  ];
  return [brief(match), ...history.filter((line) => line !== undefined && line !== '')].join('\n');
}

function addDecisions(match: Command, { terminal, shared, withServices }: CommandContext): void {
  for (const [name, decide, description] of [
    ['confirm', confirmMatch, 'Say that a suggestion is right: its amounts are settled.'],
    ['refuse', refuseMatch, 'Say that a suggestion is wrong; it is not made again soon.'],
  ] as const) {
    match
      .command(name)
      .argument('<match>', 'id of the suggestion (mat_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell match ${name} mat_01…`))
      .action((matchId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const decided = await decide(services, by, matchId);
          const wire = await toWire({ services }, decided, shared(command));
          print(terminal, shared(command), wire, () => describeMatch(wire));
        }),
      );
  }
}

function addLink(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('link')
    .argument('<allocations...>', 'entry:item:amount, such as "ent_01…:itm_01…:IDR 600000.00"')
    .option(...TOKEN_OPTION)
    .description('Match by hand; several allocations split an entry or an item by amount.')
    .addHelpText(
      'after',
      example(
        'cashbell match link "ent_01…:itm_01…:IDR 600000.00" "ent_01…:itm_02…:IDR 400000.00"',
      ),
    )
    .action((texts: readonly string[], flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await matchByHand(services, by, texts.map(parseAllocation));
        const wire = await toWire({ services }, made, shared(command));
        print(terminal, shared(command), wire, () => describeMatch(wire));
      }),
    );
}

function parseAllocation(text: string) {
  const [entryId, itemId, amount, ...rest] = text.split(':');
  if (entryId === undefined || itemId === undefined || amount === undefined || rest.length > 0) {
    throw new UsageError(`"${text.slice(0, 80)}" must look like "ent_…:itm_…:IDR 600000.00"`);
  }
  return { entryId, itemId, entryAmount: parseAmount(amount) };
}

interface UndoFlags extends TokenFlag {
  readonly reason: string;
  readonly reversal?: boolean;
}

function addUndo(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('undo')
    .argument('<id>', 'id of a match (mat_…) or of a whole run (run_…)')
    .requiredOption('--reason <text>', 'why; it stays in the history')
    .option('--reversal', 'of a locked period: leave it there and take it back by another of today')
    .option(...TOKEN_OPTION)
    .description('Take a match or a whole run back. Entries and items are open again.')
    .addHelpText('after', example('cashbell match undo run_01… --reason "wrong file"'))
    .action((id: string, flags: UndoFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        if (id.startsWith('run_')) {
          const { run, undone } = await undoRun(services, by, id, flags);
          const wire = { ...toRunWire(run), undone };
          print(terminal, shared(command), wire, () => `${undone} matches were taken back.`);
          return;
        }
        const undone = await undoMatch(services, by, id, {
          reason: flags.reason,
          isReversal: flags.reversal,
        });
        const wire = await toWire({ services }, undone, shared(command));
        print(terminal, shared(command), wire, () => describeMatch(wire));
      }),
    );
}
