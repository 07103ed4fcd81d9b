import type { Command } from 'commander';
import type { ConfigField } from '#connectors/contract.ts';
import {
  addDingtalkApp,
  changeDingtalkApp,
  dingtalkEventModes,
  listDingtalkApps,
} from '#store/dingtalk-apps-admin.ts';
import type { DingtalkEventMode } from '#store/dingtalk-apps-admin.ts';
import type { StreamState } from '#store/dingtalk-streams.ts';
import { loadStreamStates } from '#store/dingtalk-streams.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, collect, example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';
import { readValues } from './values.ts';

const fields: readonly ConfigField[] = [
  {
    name: 'appSecret',
    isSecret: true,
    kind: 'text',
    isRequired: true,
    hint: 'AppSecret or Client Secret of the developer console',
  },
];

const callbackFields: readonly ConfigField[] = [
  {
    name: 'callbackToken',
    isSecret: true,
    kind: 'text',
    isRequired: true,
    hint: 'Token (签名 token) of the event subscription',
  },
  {
    name: 'callbackAesKey',
    isSecret: true,
    kind: 'text',
    isRequired: true,
    hint: 'aes_key (数据加密密钥) of the event subscription, 43 characters',
  },
];

interface AddFlags {
  readonly org?: string;
  readonly name: string;
  readonly appKey: string;
  readonly robotCode?: string;
  readonly cardTemplate?: string;
  readonly apiHost?: string;
  readonly oapiHost?: string;
  readonly file: readonly string[];
  readonly values?: string;
}

/** `cashbell dingtalk app …` */
export function addDingtalkAppCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const app = program
    .command('dingtalk')
    .description("The company's DingTalk.")
    .command('app')
    .description('Internal apps whose robots and cards tell.');
  app
    .command('add')
    .requiredOption('--name <text>', 'what people call it')
    .requiredOption('--app-key <key>', 'AppKey, also called Client ID')
    .option('--robot-code <code>', 'default: the AppKey')
    .option('--card-template <id>', 'published template of the card platform')
    .option('--api-host <url>', 'default: https://api.dingtalk.com')
    .option('--oapi-host <url>', 'default: https://oapi.dingtalk.com')
    .option('--file <name=path>', 'appSecret from a file', collect, [])
    .option('--values <file>', '"appSecret: …" as YAML or JSON; - is standard input')
    .option(...ORG_OPTION)
    .description('Add an app. Its secret is asked for and not shown.')
    .addHelpText('after', example('cashbell dingtalk app add --name Cashbell --app-key dingabc'))
    .action((flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const sources = { set: [], file: flags.file, values: flags.values };
        const { appSecret = '' } = await readValues(terminal, fields, sources, () => true);
        const { name, appKey, robotCode, apiHost, oapiHost } = flags;
        const cardTemplateId = flags.cardTemplate;
        const input = {
          orgId,
          name,
          appKey,
          appSecret,
          robotCode,
          cardTemplateId,
          apiHost,
          oapiHost,
        };
        const made = await addDingtalkApp(services, input, CLI_ACTOR);
        const shown = { ...made, secrets: fingerprints(made.secrets), createdAt: undefined };
        print(terminal, shared(command), shown, () => `${made.appId}  ${made.name}`);
      }),
    );
  addEventsCommand(app, context);
  app
    .command('list')
    .option(...ORG_OPTION)
    .description('List apps with the fingerprints of their secrets.')
    .addHelpText('after', example('cashbell dingtalk app list'))
    .action((flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const streams = await loadStreamStates(services.pool, orgId);
        const apps = await listDingtalkApps(services, orgId);
        const items = apps.map(({ createdAt, secrets, ...rest }) => ({
          ...rest,
          stream: streams.get(rest.appId),
          secrets: fingerprints(secrets),
          createdAt: createdAt.toString(),
        }));
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.appId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'APP KEY', read: (item) => item.appKey },
              { title: 'EVENTS', read: wordsOfEvents },
              { title: 'SECRET', read: (item) => item.secrets['appSecret'] },
            ],
            'No DingTalk app yet. Custom robots need none.',
          ),
        );
      }),
    );
}

/** How events arrive, and whether their connection stands. */
function wordsOfEvents({
  eventMode,
  stream,
}: {
  readonly eventMode: string;
  readonly stream: StreamState | undefined;
}): string {
  if (eventMode !== 'stream') return eventMode;
  if (stream?.connectedAt) return 'stream, connected';
  return stream?.lastCode === undefined ? 'stream, not connected' : `stream, ${stream.lastCode}`;
}

interface EventsFlags {
  readonly org?: string;
  readonly mode?: string;
  readonly agentId?: string;
  readonly file: readonly string[];
  readonly values?: string;
}

/** `cashbell dingtalk app events …` */
function addEventsCommand(app: Command, { terminal, shared, withServices }: CommandContext): void {
  app
    .command('events')
    .argument('<appId>', 'as "dingtalk app list" shows it')
    .option('--mode <mode>', dingtalkEventModes.join(', '))
    .option('--agent-id <digits>', 'AgentId, shown as the asker of approvals that we start')
    .option('--file <name=path>', 'callbackToken or callbackAesKey from a file', collect, [])
    .option('--values <file>', '"callbackToken: …" as YAML or JSON; - is standard input')
    .option(...ORG_OPTION)
    .description('Say how events of approvals arrive. The keys of callbacks are asked for.')
    .addHelpText('after', example('cashbell dingtalk app events app_… --mode stream'))
    .action((appId: string, flags: EventsFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const eventMode = parseMode(flags.mode);
        const known = (await listDingtalkApps(services, orgId)).find((one) => one.appId === appId);
        const has = new Set(known?.secrets.map(({ field }) => field));
        const sources = { set: [], file: flags.file, values: flags.values };
        const isWanted = ({ name }: ConfigField) => eventMode === 'callback' && !has.has(name);
        const keys = await readValues(terminal, callbackFields, sources, isWanted);
        const { agentId } = flags;
        const change = { orgId, appId, eventMode, agentId, ...keys };
        const made = await changeDingtalkApp(services, change, CLI_ACTOR);
        const shown = { ...made, secrets: fingerprints(made.secrets), createdAt: undefined };
        print(terminal, shared(command), shown, () => `${made.appId}  events: ${made.eventMode}`);
      }),
    );
}

function parseMode(text: string | undefined): DingtalkEventMode | undefined {
  if (text === undefined) return undefined;
  const found = dingtalkEventModes.find((mode) => mode === text);
  if (found) return found;
  throw new UsageError(`--mode must be one of ${dingtalkEventModes.join(', ')}`);
}

function fingerprints(
  secrets: readonly { readonly field: string; readonly fingerprint: string }[],
): Record<string, string> {
  return Object.fromEntries(secrets.map(({ field, fingerprint }) => [field, fingerprint]));
}
