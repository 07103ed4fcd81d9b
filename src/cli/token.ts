import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ApiToken, TokenScope } from '#store/tokens.ts';
import { createToken, listTokens, revokeToken, tokenScopes } from '#store/tokens.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';

interface OrgFlag {
  readonly org?: string;
}

interface CreateFlags extends OrgFlag {
  readonly scope: TokenScope;
  readonly days?: number;
  readonly person?: string;
}

export const ORG_OPTION = ['--org <id>', 'organisation (default: the only one)'] as const;

/** A whole number of an option. */
export function parseWhole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function show(token: ApiToken) {
  return {
    tokenId: token.tokenId,
    name: token.name,
    scopes: token.scopes,
    personId: token.personId,
    createdAt: token.createdAt.toString(),
    expiresAt: token.expiresAt?.toString(),
    revokedAt: token.revokedAt?.toString(),
    lastUsedAt: token.lastUsedAt?.toString(),
  };
}

/** `cashbell token …` */
export function addTokenCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const token = program.command('token').description('Tokens for the HTTP API.');
  token
    .command('create')
    .argument('<name>', 'what it is for')
    .option(...ORG_OPTION)
    .addOption(new Option('--scope <scope>', 'what it may do').choices(tokenScopes).default('read'))
    .option('--days <number>', 'how long it is valid (default: until revoked)', parseWhole)
    .option('--person <id>', 'whoever holds it acts as this person (per_…); needed to approve')
    .description(
      'Make a token. It is shown this once. Without --person it is a machine, which may ask for payments and never approve.',
    )
    .addHelpText('after', example('cashbell token create "ERP" --scope read --days 365'))
    .action((name: string, flags: CreateFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const made = await createToken(
          services,
          {
            orgId,
            name,
            scopes: [flags.scope],
            expiresInDays: flags.days,
            personId: flags.person,
          },
          CLI_ACTOR,
        );
        const text = made.token.reveal();
        print(terminal, shared(command), { ...show(made.record), token: text }, () => text);
      }),
    );
  token
    .command('list')
    .option(...ORG_OPTION)
    .description('List tokens; the tokens themselves are not kept.')
    .addHelpText('after', example('cashbell token list'))
    .action((flags: OrgFlag, command: Command) =>
      withServices(async ({ services }) => {
        const items = (await listTokens(services, await findOrg(services, flags.org))).map(show);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.tokenId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'SCOPE', read: (item) => item.scopes.join(',') },
              { title: 'PERSON', read: (item) => item.personId },
              { title: 'EXPIRES', read: (item) => item.expiresAt },
              { title: 'REVOKED', read: (item) => item.revokedAt },
              { title: 'LAST USED', read: (item) => item.lastUsedAt },
            ],
            'No token yet.',
          ),
        );
      }),
    );
  token
    .command('revoke')
    .argument('<id>', 'id of the token (tok_…)')
    .option(...ORG_OPTION)
    .description('End a token at once.')
    .addHelpText('after', example('cashbell token revoke tok_01…'))
    .action((tokenId: string, flags: OrgFlag, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const revoked = await revokeToken(services, { orgId, tokenId }, CLI_ACTOR);
        print(terminal, shared(command), show(revoked), () => `Revoked ${revoked.name}.`);
      }),
    );
}
