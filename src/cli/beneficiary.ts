import { Option } from 'commander';
import type { Command } from 'commander';
import { toBeneficiaryWire, toNameResult, toVersionWire } from '#api/routes/beneficiaries.ts';
import type { Creditor, CreditorAccountScheme } from '#core/payments.ts';
import { creditorAccountSchemes } from '#core/payments.ts';
import { checkBeneficiaryName } from '#flows/payment-controls/check-beneficiary-name.ts';
import type { Beneficiary } from '#store/beneficiaries.ts';
import {
  getBeneficiary,
  listBeneficiaries,
  listBeneficiaryVersions,
} from '#store/beneficiaries.ts';
import {
  confirmBeneficiary,
  proposeBeneficiary,
  proposeBeneficiaryChange,
  proposeBeneficiaryRetirement,
  refuseBeneficiary,
} from '#store/beneficiary-changes.ts';
import { requireGrant } from '#store/grants.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Shared, Terminal } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

interface CreditorFlags extends TokenFlag {
  readonly name?: string;
  readonly account?: string;
  readonly bank?: string;
  readonly country?: string;
  readonly scheme?: CreditorAccountScheme;
  readonly address?: string;
  readonly email?: string;
  readonly kind?: Creditor['kind'];
  readonly resident?: 'yes' | 'no';
}

interface DecisionFlags extends TokenFlag {
  readonly seen: number;
  readonly acceptMismatch?: boolean;
}

interface ListFlags {
  readonly org?: string;
  readonly search?: string;
  readonly state?: 'proposed' | 'active' | 'retired';
}

/** `cashbell beneficiary …` */
export function addBeneficiaryCommands(program: Command, context: CommandContext): void {
  const beneficiary = program
    .command('beneficiary')
    .description('Creditor accounts that may be paid. Every change needs two people.');
  addProposalCommands(beneficiary, context);
  addDecisionCommands(beneficiary, context);
  addNameCommand(beneficiary, context);
  addReadCommands(beneficiary, context);
}

function withCreditorOptions(command: Command): Command {
  return command
    .option('--bank <code>', 'BIC or national code of the bank, such as 014 or CENAIDJA')
    .addOption(
      new Option('--scheme <scheme>', 'how the account is written').choices(creditorAccountSchemes),
    )
    .option('--address <text>', "the creditor's address, where a rail wants it")
    .option('--email <address>', "the creditor's e-mail address")
    .addOption(
      new Option(
        '--kind <kind>',
        'what the creditor is; RTGS, SKN and Airwallex ask for it',
      ).choices(['individual', 'organisation', 'government']),
    )
    .addOption(
      new Option('--resident <choice>', 'whether it resides in the country of the account').choices(
        ['yes', 'no'],
      ),
    )
    .option(...TOKEN_OPTION);
}

/** What both proposals take in the same words. */
function creditorOf({ bank, scheme, address, email, kind, resident }: CreditorFlags) {
  const isResident = resident === undefined ? undefined : resident === 'yes';
  return { agent: bank, scheme, address, email, kind, isResident };
}

function tellProposal(terminal: Terminal, shared: Shared, made: Beneficiary): void {
  const { beneficiaryId, open } = made;
  print(terminal, shared, toBeneficiaryWire(made), () =>
    [
      ...(open?.warnings ?? []).map(({ field, problem }) => `! ${field}: ${problem}`),
      `${beneficiaryId}  version ${open?.version ?? made.version} waits for another person: cashbell beneficiary confirm ${beneficiaryId} --seen ${open?.version ?? made.version}`,
    ].join('\n'),
  );
}

function addProposalCommands(
  group: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  withCreditorOptions(
    group
      .command('add')
      .argument('<name>', 'name of the creditor, as the bank knows it')
      .argument('<account>', 'account number, IBAN, FPS id, mobile number or e-mail address')
      .requiredOption('--country <code>', 'country of the account, such as ID'),
  )
    .description('Ask for an account to be registered; another person has to confirm it.')
    .addHelpText(
      'after',
      example('cashbell beneficiary add "PT Maju Jaya" 1234567890 --country ID --bank 014'),
    )
    .action((name: string, account: string, flags: CreditorFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { country = '' } = flags;
        const input = { ...creditorOf(flags), name, account, country };
        const by = await actingPerson(services, terminal, flags);
        tellProposal(terminal, shared(command), await proposeBeneficiary(services, by, input));
      }),
    );
  withCreditorOptions(
    group
      .command('change')
      .argument('<id>', 'id of the beneficiary (ben_…)')
      .option('--name <text>', 'another name')
      .option('--account <number>', 'another account')
      .option('--country <code>', 'another country'),
  )
    .description('Ask for a change; until another person confirms it, money goes where it went.')
    .addHelpText('after', example('cashbell beneficiary change ben_01… --account 9876543210'))
    .action((beneficiaryId: string, flags: CreditorFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { name, account, country } = flags;
        const change = { ...creditorOf(flags), name, account, country };
        const by = await actingPerson(services, terminal, flags);
        const made = await proposeBeneficiaryChange(services, by, beneficiaryId, change);
        tellProposal(terminal, shared(command), made);
      }),
    );
  group
    .command('retire')
    .argument('<id>', 'id of the beneficiary (ben_…)')
    .option(...TOKEN_OPTION)
    .description('Ask for an account to be taken out of use; another person has to confirm it.')
    .addHelpText('after', example('cashbell beneficiary retire ben_01…'))
    .action((beneficiaryId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await proposeBeneficiaryRetirement(services, by, beneficiaryId);
        tellProposal(terminal, shared(command), made);
      }),
    );
}

function addDecisionCommands(
  group: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  group
    .command('confirm')
    .argument('<id>', 'id of the beneficiary (ben_…)')
    .requiredOption('--seen <version>', 'the version that you looked at', parseWhole)
    .option('--accept-mismatch', 'you saw that the bank has another name, and take it')
    .option(...TOKEN_OPTION)
    .description('Say yes as the second person. A new or changed account then rests.')
    .addHelpText('after', example('cashbell beneficiary confirm ben_01… --seen 1'))
    .action((beneficiaryId: string, flags: DecisionFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const done = await confirmBeneficiary(services, by, {
          beneficiaryId,
          version: flags.seen,
          isMismatchAccepted: flags.acceptMismatch,
        });
        print(terminal, shared(command), toBeneficiaryWire(done), () =>
          done.state === 'retired'
            ? `${done.creditor.name} is retired.`
            : `${done.creditor.name} can be paid from ${done.usableFrom?.toString() ?? 'now'}.`,
        );
      }),
    );
  group
    .command('refuse')
    .argument('<id>', 'id of the beneficiary (ben_…)')
    .requiredOption('--seen <version>', 'the version that you looked at', parseWhole)
    .option(...TOKEN_OPTION)
    .description('Say no, or take your own proposal back.')
    .addHelpText('after', example('cashbell beneficiary refuse ben_01… --seen 1'))
    .action((beneficiaryId: string, flags: DecisionFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const place = { beneficiaryId, version: flags.seen };
        const done = await refuseBeneficiary(services, by, place);
        print(terminal, shared(command), toBeneficiaryWire(done), () => 'Refused.');
      }),
    );
}

function addNameCommand(group: Command, { terminal, shared, withServices }: CommandContext): void {
  group
    .command('check-name')
    .argument('<id>', 'id of the beneficiary (ben_…)')
    .option('--account <id>', 'ask through this account of yours (acc_…)')
    .option(...TOKEN_OPTION)
    .description('Ask the bank who holds the account, and compare the names.')
    .addHelpText('after', example('cashbell beneficiary check-name ben_01…'))
    .action((beneficiaryId: string, flags: TokenFlag & { account?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const request = { ...by, action: 'beneficiary.propose' as const, at: services.now() };
        await requireGrant(services.pool, request);
        const checked = await checkBeneficiaryName(
          { ...services.payments, services },
          { orgId: by.orgId, beneficiaryId, accountId: flags.account },
          by.personId,
        );
        print(terminal, shared(command), toNameResult(checked), () => {
          const said = checked.nameAtBank === undefined ? '' : `: "${checked.nameAtBank}"`;
          return `${checked.match} (${checked.reason})${said}`;
        });
      }),
    );
}

function addReadCommands(group: Command, { terminal, shared, withServices }: CommandContext): void {
  group
    .command('list')
    .option('--search <text>', 'part of a name or of an account')
    .addOption(
      new Option('--state <state>', 'only these').choices(['proposed', 'active', 'retired']),
    )
    .option(...ORG_OPTION)
    .description('List the book, without retired accounts unless they are asked for.')
    .addHelpText('after', example('cashbell beneficiary list --search maju'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { search, state } = flags;
        const found = await listBeneficiaries(services.pool, { orgId, search, state });
        const items = found.map(toBeneficiaryWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.beneficiaryId },
              { title: 'NAME', read: (item) => item.creditor.name },
              { title: 'ACCOUNT', read: (item) => item.creditor.account },
              { title: 'BANK', read: (item) => item.creditor.agentName ?? item.creditor.agent },
              { title: 'STATE', read: (item) => item.state },
              { title: 'USABLE FROM', read: (item) => item.usableFrom },
              { title: 'NAME AT BANK', read: (item) => item.nameCheck?.match },
              { title: 'WAITS', read: (item) => item.open && `version ${item.open.version}` },
            ],
            'No beneficiary yet. Run: cashbell beneficiary add <name> <account> --country <code>',
          ),
        );
      }),
    );
  group
    .command('show')
    .argument('<id>', 'id of the beneficiary (ben_…)')
    .option(...ORG_OPTION)
    .description('Show one with all its versions: who asked for what, and who said what.')
    .addHelpText('after', example('cashbell beneficiary show ben_01… --json'))
    .action((beneficiaryId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const wire = toBeneficiaryWire(await getBeneficiary(services.pool, orgId, beneficiaryId));
        const versions = await listBeneficiaryVersions(services.pool, orgId, beneficiaryId);
        const items = versions.map(toVersionWire);
        print(terminal, shared(command), { ...wire, versions: items }, () =>
          toTable(
            items,
            [
              { title: 'VERSION', read: (item) => String(item.version) },
              { title: 'KIND', read: (item) => item.kind },
              { title: 'NAME', read: (item) => item.creditor.name },
              { title: 'ACCOUNT', read: (item) => item.creditor.account },
              { title: 'PROPOSED BY', read: (item) => item.proposedBy },
              { title: 'DECISION', read: (item) => item.decision ?? 'waits' },
              { title: 'BY', read: (item) => item.decidedBy },
              { title: 'NAME AT BANK', read: (item) => item.nameCheck?.nameAtBank },
            ],
            'No version.',
          ),
        );
      }),
    );
}
