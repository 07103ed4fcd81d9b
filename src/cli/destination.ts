import { Option } from 'commander';
import type { Command } from 'commander';
import { explainCode } from '#api/explain.ts';
import { createProbe } from '#api/operations/probe.ts';
import { toDestinationWire } from '#api/routes/destinations.ts';
import type { ConfigField } from '#connectors/contract.ts';
import type { DestinationInput, RobotSecurity } from '#store/destination-values.ts';
import { addDestination, listDestinations } from '#store/destinations-admin.ts';
import type { CommandContext, Terminal } from './context.ts';
import { CheckFailed, CLI_ACTOR, collect, example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';
import { readValues } from './values.ts';

interface AddFlags {
  readonly org?: string;
  readonly security: RobotSecurity['mode'];
  readonly keyword?: string;
  readonly app?: string;
  readonly group?: string;
  readonly user?: string;
  readonly style: 'card' | 'message';
  readonly file: readonly string[];
  readonly values?: string;
}

const webhook: ConfigField = {
  name: 'webhook',
  // It holds the robot's access token.
  isSecret: true,
  kind: 'text',
  isRequired: true,
  hint: 'whole address from the robot settings of the group',
};
const signingSecret: ConfigField = {
  name: 'signingSecret',
  isSecret: true,
  kind: 'text',
  isRequired: true,
  hint: 'starts with SEC, from the security settings of the robot',
};

/** `cashbell destination …` */
export function addDestinationCommands(program: Command, context: CommandContext): void {
  const destination = program.command('destination').description('Groups and people who are told.');
  addAdd(destination, context);
  addTest(destination, context);
  addList(destination, context);
}

function addAdd(destination: Command, { terminal, shared, withServices }: CommandContext): void {
  destination
    .command('add')
    .argument('<name>', 'what people call it')
    .option(...ORG_OPTION)
    .addOption(
      new Option('--security <mode>', 'how a custom robot is protected')
        .choices(['signature', 'keyword', 'ip'])
        .default('signature'),
    )
    .option('--keyword <word>', 'the keyword, for --security keyword')
    .option('--app <id>', 'tell through this DingTalk app instead of a custom robot')
    .option('--group <id>', 'open conversation id of the group, with --app')
    .option('--user <id>', 'DingTalk user id of a person, with --app')
    .addOption(
      new Option('--style <style>', 'cards that change in place, or messages')
        .choices(['card', 'message'])
        .default('card'),
    )
    .option('--file <name=path>', 'webhook or signingSecret from a file', collect, [])
    .option('--values <file>', 'both as YAML or JSON; - is standard input')
    .description("Add a group or a person. A robot's address is a secret: it is asked for.")
    .addHelpText('after', example('cashbell destination add "Finance" --security signature'))
    .action((name: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const target = await readTarget(terminal, flags);
        const made = await addDestination(services, { ...target, orgId, name }, CLI_ACTOR);
        const { language } = shared(command);
        print(terminal, shared(command), toDestinationWire(made, language), () =>
          [
            `${made.destinationId}  ${made.name}`,
            `Next: cashbell destination test ${made.destinationId}`,
          ].join('\n'),
        );
      }),
    );
}

async function readTarget(terminal: Terminal, flags: AddFlags): Promise<DestinationInput> {
  const { app, group, user, security: mode, keyword } = flags;
  if (app !== undefined) {
    if (group !== undefined && user === undefined) {
      return { kind: 'appGroup', appId: app, openConversationId: group, style: flags.style };
    }
    if (user !== undefined && group === undefined)
      return { kind: 'person', appId: app, userId: user };
    throw new UsageError('--app needs either --group <id> or --user <id>');
  }
  if (mode === 'keyword' && keyword === undefined) {
    throw new UsageError('--security keyword needs --keyword <word>');
  }
  const fields = mode === 'signature' ? [webhook, signingSecret] : [webhook];
  const sources = { set: [], file: flags.file, values: flags.values };
  const values = await readValues(terminal, fields, sources, () => true);
  const security: RobotSecurity = mode === 'keyword' ? { mode, keyword: keyword ?? '' } : { mode };
  return {
    kind: 'robot',
    webhook: values['webhook'] ?? '',
    security,
    signingSecret: values['signingSecret'],
  };
}

function addTest(destination: Command, { terminal, shared, withServices }: CommandContext): void {
  destination
    .command('test')
    .argument('<id>', 'id of the destination (dst_…)')
    .option(...ORG_OPTION)
    .description('Send one test message.')
    .addHelpText('after', example('cashbell destination test dst_01…'))
    .action((destinationId: string, flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language, json } = shared(command);
        const result = await createProbe(services)({ orgId, destinationId }, language);
        const explanation = explainCode(language, result.code);
        print(terminal, { json }, { ...result, explanation }, () =>
          result.accepted
            ? 'DingTalk accepted the test message.'
            : [
                explanation ?? 'DingTalk did not accept the test message.',
                `  [${result.code ?? 'unknown'}] DingTalk: ${result.dingtalkCode ?? ''} ${result.dingtalkMessage ?? ''}`,
              ].join('\n'),
        );
        if (!result.accepted) throw new CheckFailed('the test message was not accepted');
      }),
    );
}

function addList(destination: Command, { terminal, shared, withServices }: CommandContext): void {
  destination
    .command('list')
    .option(...ORG_OPTION)
    .description('List destinations with what waits and what failed.')
    .addHelpText('after', example('cashbell destination list'))
    .action((flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const { language } = shared(command);
        const records = await listDestinations(services, await findOrg(services, flags.org));
        const items = records.map((record) => toDestinationWire(record, language));
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.destinationId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'KIND', read: (item) => item.kind },
              { title: 'STATE', read: (item) => item.brokenCode ?? item.state },
              { title: 'WAITING', align: 'right', read: (item) => String(item.waiting) },
              { title: 'FAILED', align: 'right', read: (item) => String(item.failed) },
              { title: 'LAST TOLD', read: (item) => item.lastToldAt },
            ],
            'No destination yet. Run: cashbell destination add <name>',
          ),
        );
      }),
    );
}
