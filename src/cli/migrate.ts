import type { Command } from 'commander';
import { findRunningEmbedded, startEmbedded } from '#database/embedded.ts';
import { migrate } from '#database/migrate.ts';
import type { CommandContext } from './context.ts';
import { example } from './context.ts';
import { readSettings } from '#engine/settings.ts';
import { print } from './output.ts';

/** `cashbell migrate` */
export function addMigrateCommand(program: Command, { terminal, shared }: CommandContext): void {
  program
    .command('migrate')
    .description('Bring the database up to this program. All of it, or nothing.')
    .addHelpText('after', example('DATABASE_URL=postgresql://… cashbell migrate'))
    .action(async (_flags: object, command: Command) => {
      const settings = readSettings(terminal.environment);
      const known = settings.databaseUrl ?? findRunningEmbedded(settings.home)?.url;
      const embedded =
        known === undefined ? await startEmbedded({ home: settings.home }) : undefined;
      try {
        const applied = await migrate({ url: known ?? embedded?.url ?? '' });
        print(terminal, shared(command), { applied }, () =>
          applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`,
        );
      } finally {
        await embedded?.stop();
      }
    });
}
