import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { example } from './context.ts';
import { readSettings, requireSecureListen } from '#engine/settings.ts';

const roles = ['server', 'worker', 'all'] as const;

interface StartFlags {
  readonly role: (typeof roles)[number];
  readonly sandbox?: boolean;
}

/** `cashbell start` */
export function addStartCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command('start')
    .description('Start Cashbell. Without --sandbox it refuses simulated banks and demo keys.')
    .addOption(new Option('--role <role>', 'which part runs here').choices(roles).default('all'))
    .option('--sandbox', 'the demo world: simulated banks, simulated DingTalk, movements that ring')
    .addHelpText('after', example('cashbell start --role server'))
    .action(async ({ role, sandbox }: StartFlags) => {
      const settings = readSettings(terminal.environment);
      if (role !== 'worker') requireSecureListen(settings);
      // Loaded only now: no other command needs the server and the flows.
      const { runStart } = await import('../start.ts');
      await runStart({ role, sandbox: sandbox === true, settings });
    });
}
