import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { claimDepsOf, parseClaimRef, setClaimSettings } from '#api/operations/claims.ts';
import { toClaimActWire, toClaimWires } from '#api/queries/claims.ts';
import type { ClaimState } from '#core/claims.ts';
import { claimStates } from '#core/claims.ts';
import type { ClaimOrder } from '#flows/claims/act-on-claim.ts';
import { actAsPerson } from '#flows/claims/act-on-claim.ts';
import type { ClaimSettings } from '#store/claim-settings.ts';
import { loadClaimSettings } from '#store/claim-settings.ts';
import { listClaimActs, listClaims, requireClaim } from '#store/claims.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, collect, example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface ListFlags {
  readonly org?: string;
  readonly state?: ClaimState;
  readonly account?: string;
  readonly limit: number;
}

interface ClaimFlags extends TokenFlag {
  readonly for?: string;
  readonly item: readonly string[];
  readonly notOurs?: boolean;
  readonly note?: string;
  readonly seen?: number;
}

interface StepFlags extends TokenFlag {
  readonly seen?: number;
  readonly reason?: string;
}

interface SettingsFlags {
  readonly org?: string;
  readonly openHours?: number;
  readonly claimedHours?: number;
  readonly reminders?: number;
  readonly confirmedBy?: ClaimSettings['confirmedBy'];
  readonly owner?: string;
}

const LIMIT_DEFAULT = 50;
const SEEN_OPTION = ['--seen <version>', 'the version that you looked at', parseWhole] as const;

/** `cashbell claims …` */
export function addClaimCommands(program: Command, context: CommandContext): void {
  const claims = program
    .command('claims')
    .description('Receipts that nobody expected: claim one, or confirm the claim of another.');
  addReadCommands(claims, context);
  addClaimCommand(claims, context);
  addDecisionCommands(claims, context);
  addSettingsCommand(claims, context);
}

function addReadCommands(group: Command, { terminal, shared, withServices }: CommandContext): void {
  group
    .command('list')
    .addOption(new Option('--state <state>', 'only these').choices(claimStates))
    .option('--account <id>', 'only of this account (acc_…)')
    .option('--limit <number>', 'at most so many', parseWhole, LIMIT_DEFAULT)
    .option(...ORG_OPTION)
    .description('List claims, the newest first.')
    .addHelpText('after', example('cashbell claims list --state open'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await listClaims(services.pool, {
          orgId,
          states: flags.state && [flags.state],
          accountId: flags.account,
          limit: flags.limit,
        });
        const items = await toClaimWires(services.pool, found);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'NO', align: 'right', read: (item) => String(item.number) },
              { title: 'STATE', read: (item) => item.state },
              {
                title: 'AMOUNT',
                align: 'right',
                read: ({ entry }) => `${entry.currency} ${entry.amount}`,
              },
              { title: 'BOOKED', read: ({ entry }) => entry.bookingDate },
              { title: 'TEXT', read: ({ entry }) => entry.remittanceInformation.slice(0, 40) },
              { title: 'CLAIMED BY', read: ({ parties }) => parties[0]?.personId },
              { title: 'FOR', read: ({ parties }) => parties[0]?.claimedFor.text },
              { title: 'DUE', read: (item) => item.dueAt },
            ],
            'No claim. Set a group first: cashbell account set-claim-group <account> <destination>',
          ),
        );
      }),
    );
  group
    .command('show')
    .argument('<claim>', 'number or id of the claim')
    .option(...ORG_OPTION)
    .description('Show one with everything that was done with it.')
    .addHelpText('after', example('cashbell claims show 7'))
    .action((claim: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await requireClaim(services.pool, { orgId, claim: parseClaimRef(claim) });
        const [wire] = await toClaimWires(services.pool, [found]);
        const acts = (await listClaimActs(services.pool, found)).map(toClaimActWire);
        print(terminal, shared(command), { ...wire, acts }, () =>
          toTable(
            acts,
            [
              { title: 'AT', read: (item) => item.at },
              { title: 'ACT', read: (item) => item.act },
              { title: 'BY', read: (item) => item.personId },
              { title: 'DETAILS', read: (item) => JSON.stringify(item.details) },
            ],
            'Nothing was done with it.',
          ),
        );
      }),
    );
}

/** Does one thing as the person before the terminal, and shows the claim as it stands then. */
async function act(
  { terminal, shared, withServices }: CommandContext,
  command: Command,
  flags: StepFlags,
  claim: string,
  order: ClaimOrder,
): Promise<void> {
  await withServices(async ({ services }) => {
    const by = await actingPerson(services, terminal, flags);
    const acted = await actAsPerson(claimDepsOf(services), {
      by,
      order,
      version: flags.seen,
      claim: parseClaimRef(claim),
      via: 'api',
    });
    const [wire] = await toClaimWires(services.pool, [acted.claim]);
    print(
      terminal,
      shared(command),
      wire,
      () => `Claim ${acted.claim.number}: ${acted.claim.life.state}`,
    );
  });
}

function addClaimCommand(group: Command, context: CommandContext): void {
  group
    .command('claim')
    .argument('<claim>', 'number or id of the claim')
    .option('--for <text>', 'invoice numbers with commas between them, or a customer')
    .option('--item <id>', 'open item that it pays (itm_…, repeatable)', collect, [])
    .option('--not-ours', 'somebody paid by mistake; nothing of ours belongs to it')
    .option('--note <text>', 'for whoever confirms it')
    .option(...SEEN_OPTION)
    .option(...TOKEN_OPTION)
    .description('Say that a receipt is yours. Another person then confirms it.')
    .addHelpText('after', example('cashbell claims claim 7 --for INV-4711 --note "by phone"'))
    .action((claim: string, flags: ClaimFlags, command: Command) => {
      const subject = { text: flags.for, itemIds: flags.item, isNotOurs: flags.notOurs };
      return act(context, command, flags, claim, { kind: 'claim', subject, note: flags.note });
    });
}

function addDecisionCommands(group: Command, context: CommandContext): void {
  const steps = [
    ['release', 'Take your claim back.'],
    ['confirm', 'Say yes to the claim of another person; an invoice is then matched.'],
  ] as const;
  for (const [kind, description] of steps) {
    group
      .command(kind)
      .argument('<claim>', 'number or id of the claim')
      .option(...SEEN_OPTION)
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell claims ${kind} 7`))
      .action((claim: string, flags: StepFlags, command: Command) =>
        act(context, command, flags, claim, { kind }),
      );
  }
  group
    .command('refuse')
    .argument('<claim>', 'number or id of the claim')
    .option('--reason <text>', 'stands in the diary of the claim')
    .option(...SEEN_OPTION)
    .option(...TOKEN_OPTION)
    .description('Say no: the receipt can be claimed again.')
    .addHelpText('after', example('cashbell claims refuse 7 --reason "another customer"'))
    .action((claim: string, flags: StepFlags, command: Command) =>
      act(context, command, flags, claim, { kind: 'refuse', reason: flags.reason }),
    );
  group
    .command('assign')
    .argument('<claim>', 'number or id of the claim')
    .argument('<person>', 'one of those who claim it (per_…)')
    .option(...SEEN_OPTION)
    .option(...TOKEN_OPTION)
    .description('Decide a conflict for one of those who claim.')
    .addHelpText('after', example('cashbell claims assign 7 per_01…'))
    .action((claim: string, to: string, flags: StepFlags, command: Command) =>
      act(context, command, flags, claim, { kind: 'assign', to }),
    );
}

function addSettingsCommand(
  group: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  group
    .command('settings')
    .option('--open-hours <number>', 'ask about an open receipt again after so long', hours)
    .option('--claimed-hours <number>', 'a claim that nobody confirms falls back after', hours)
    .option('--reminders <number>', 'how often it is asked before that', parseWhole)
    .addOption(
      new Option('--confirmed-by <who>', 'somebody other than the claimant, or anyone').choices([
        'other',
        'anyone',
      ]),
    )
    .option('--owner <person>', 'who is told of conflicts (per_…, or "none")')
    .option(...ORG_OPTION)
    .description('Show or change how long claims wait and who decides.')
    .addHelpText('after', example('cashbell claims settings --claimed-hours 8 --owner per_01…'))
    .action((flags: SettingsFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const patch = {
          openHours: flags.openHours,
          claimedHours: flags.claimedHours,
          remindersMax: flags.reminders,
          confirmedBy: flags.confirmedBy,
          ownerPersonId: flags.owner === 'none' ? null : flags.owner,
        };
        const isChange = Object.values(patch).some((value) => value !== undefined);
        const settings = isChange
          ? await setClaimSettings(services, orgId, patch, CLI_ACTOR)
          : await loadClaimSettings(services.pool, orgId);
        print(terminal, shared(command), settings, () =>
          Object.entries(settings)
            .map(([name, value]) => `${name}: ${value ?? 'nobody'}`)
            .join('\n'),
        );
      }),
    );
}

function hours(text: string): number {
  const value = parseWhole(text);
  if (value >= 1 && value <= 720) return value;
  throw new InvalidArgumentError('must be a whole number from 1 to 720');
}
