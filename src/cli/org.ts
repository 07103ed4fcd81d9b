import { Option } from 'commander';
import type { Command } from 'commander';
import { languages } from '#core/languages.ts';
import type { DingtalkEdition, Org } from '#store/orgs.ts';
import { createOrg, dingtalkEditionNames, getOrg, listOrgs } from '#store/orgs.ts';
import { rotateDataKey } from '#store/rotate.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example } from './context.ts';
import { print, toTable } from './output.ts';

interface CreateFlags {
  readonly speaks?: string;
  readonly zone?: string;
  readonly corpId?: string;
  readonly edition?: DingtalkEdition;
}

function show(org: Org) {
  return {
    orgId: org.orgId,
    name: org.name,
    language: org.language,
    zone: org.zone,
    dingtalkEdition: org.dingtalkEdition,
    createdAt: org.createdAt.toString(),
  };
}

/** `cashbell org …` */
export function addOrgCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const org = program.command('org').description('Organisations: one for each company.');
  org
    .command('create')
    .argument('<name>', 'name of the company')
    .addOption(new Option('--speaks <tag>', 'language of its messages').choices(languages))
    .option('--zone <zone>', 'time zone, such as Asia/Jakarta')
    .option('--corp-id <id>', "the company's CorpId at DingTalk")
    .addOption(
      new Option('--edition <edition>', 'DingTalk edition: its monthly calls').choices(
        dingtalkEditionNames,
      ),
    )
    .description('Add an organisation.')
    .addHelpText(
      'after',
      example('cashbell org create "Toko Maju" --speaks id --zone Asia/Jakarta'),
    )
    .action((name: string, flags: CreateFlags, command: Command) =>
      withServices(async ({ services }) => {
        const input = {
          name,
          language: flags.speaks,
          zone: flags.zone,
          corpId: flags.corpId,
          dingtalkEdition: flags.edition,
        };
        const made = await createOrg(services, input, CLI_ACTOR);
        print(terminal, shared(command), show(made), () => `${made.orgId}  ${made.name}`);
      }),
    );
  org
    .command('list')
    .description('List the organisations of this installation.')
    .addHelpText('after', example('cashbell org list --json'))
    .action((_flags: object, command: Command) =>
      withServices(async ({ services }) => {
        const items = (await listOrgs(services)).map(show);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.orgId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'LANGUAGE', read: (item) => item.language },
              { title: 'ZONE', read: (item) => item.zone },
              { title: 'DINGTALK', read: (item) => item.dingtalkEdition },
            ],
            'No organisation yet. Run: cashbell org create <name>',
          ),
        );
      }),
    );
  org
    .command('rotate-key')
    .argument('<orgId>', 'organisation whose data key is replaced')
    .description('Seal all secrets and raw messages with a new key, while everything runs.')
    .addHelpText('after', example('cashbell org rotate-key org_01kb4…'))
    .action((orgId: string, _flags: object, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId: known } = await getOrg(services, orgId);
        const rotation = await rotateDataKey(services, known, { batch: 500, actor: CLI_ACTOR });
        print(terminal, shared(command), { ...rotation }, () =>
          [
            `key generation ${rotation.generation}: ${rotation.resealed} values sealed anew`,
            ...(rotation.unreadable === 0
              ? []
              : [`${rotation.unreadable} could not be opened; the old key stays valid`]),
          ].join('\n'),
        );
      }),
    );
}
