import type { Command } from 'commander';
import type { ReplayScope } from '#api/operations/replay.ts';
import { replayInbound } from '#api/operations/replay.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg, UsageError } from './context.ts';
import { print } from './output.ts';
import { ORG_OPTION } from './token.ts';

interface ReplayFlags {
  readonly org?: string;
  readonly connection?: string;
  readonly all?: boolean;
}

/** `cashbell replay` */
export function addReplayCommand(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  program
    .command('replay')
    .argument('[id]', 'one quarantined message (inb_…)')
    .option('--connection <id>', 'all quarantined messages of a connection')
    .option('--all', 'all quarantined messages of the organisation')
    .option(...ORG_OPTION)
    .description('Read quarantined messages again, such as after an update.')
    .addHelpText('after', example('cashbell replay --connection con_01…'))
    .action((inboundId: string | undefined, flags: ReplayFlags, command: Command) =>
      withServices(async ({ services }) => {
        const scope = toScope(inboundId, flags);
        const orgId = await findOrg(services, flags.org);
        const replayed = await replayInbound(services, { orgId, scope }, CLI_ACTOR);
        print(terminal, shared(command), { replayed }, () =>
          replayed === 0
            ? 'Nothing is in quarantine there.'
            : `${replayed} ${replayed === 1 ? 'message is' : 'messages are'} read again.`,
        );
      }),
    );
}

function toScope(inboundId: string | undefined, flags: ReplayFlags): ReplayScope {
  const scopes: ReplayScope[] = [
    ...(inboundId === undefined ? [] : [{ inboundId }]),
    ...(flags.connection === undefined ? [] : [{ connectionId: flags.connection }]),
    ...(flags.all === true ? [{ all: true } as const] : []),
  ];
  const [only] = scopes;
  if (only && scopes.length === 1) return only;
  throw new UsageError('Name one of: a message id, --connection <id>, or --all');
}
