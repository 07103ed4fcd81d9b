import { Option } from 'commander';
import type { Command } from 'commander';
import { languages } from '#core/languages.ts';
import type { Person } from '#store/persons.ts';
import { addPerson, listPersons, removePerson } from '#store/persons.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

interface OrgFlag {
  readonly org?: string;
}

interface AddFlags extends OrgFlag {
  readonly dingtalk?: string;
  readonly speaks?: string;
}

function show(person: Person) {
  return { ...person, createdAt: person.createdAt.toString() };
}

/** `cashbell person …` */
export function addPersonCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const person = program
    .command('person')
    .description('People of the company. What they may do is granted: see cashbell grant.');
  person
    .command('add')
    .argument('<name>', 'as others know this person')
    .option('--dingtalk <userId>', "the person's user id at DingTalk; it cannot be changed later")
    .addOption(new Option('--speaks <tag>', 'language').choices(languages))
    .option(...ORG_OPTION)
    .description('Add a person. Being there entitles to nothing.')
    .addHelpText('after', example('cashbell person add "Siti Rahma" --dingtalk manager4220'))
    .action((name: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const made = await addPerson(
          services,
          {
            orgId: await findOrg(services, flags.org),
            name,
            dingtalkUserId: flags.dingtalk,
            language: flags.speaks,
          },
          CLI_ACTOR,
        );
        print(terminal, shared(command), show(made), () => `${made.personId}  ${made.name}`);
      }),
    );
  person
    .command('list')
    .option(...ORG_OPTION)
    .description('List the people of the company.')
    .addHelpText('after', example('cashbell person list --json'))
    .action((flags: OrgFlag, command: Command) =>
      withServices(async ({ services }) => {
        const items = (await listPersons(services, await findOrg(services, flags.org))).map(show);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.personId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'DINGTALK', read: (item) => item.dingtalkUserId },
              { title: 'LANGUAGE', read: (item) => item.language },
            ],
            'No person yet. Run: cashbell person add <name>',
          ),
        );
      }),
    );
  person
    .command('remove')
    .argument('<id>', 'id of the person (per_…)')
    .option(...ORG_OPTION)
    .description('End what a person may do: all tokens and grants of the person end at once.')
    .addHelpText('after', example('cashbell person remove per_01…'))
    .action((personId: string, flags: OrgFlag, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        await removePerson(services, { orgId, personId }, CLI_ACTOR);
        print(terminal, shared(command), { personId }, () => `Removed ${personId}.`);
      }),
    );
}
