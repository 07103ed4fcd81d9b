import type { Command } from 'commander';
import { createTransport } from '#engine/transport.ts';
import { systemNetwork } from '#engine/ladder/network.ts';
import type { CommandContext } from './context.ts';
import { CheckFailed, example } from './context.ts';
import type { DoctorCheck } from './doctor-checks.ts';
import {
  checkClock,
  checkDatabase,
  checkDisk,
  checkEgress,
  checkMasterKey,
  checkNode,
  checkPlatform,
  checkPort,
  checkSettings,
} from './doctor-checks.ts';
import { print } from './output.ts';
import { VERSION } from '../version.ts';

const MARKS = { ok: '✓', warning: '!', failed: '✗' } as const;

/** `cashbell doctor` */
export function addDoctorCommand(program: Command, { terminal, shared }: CommandContext): void {
  program
    .command('doctor')
    .description('Look at this machine and this installation, and say how to repair what is wrong.')
    .option('--offline', 'ask nothing of the internet')
    .addHelpText('after', example('cashbell doctor --json'))
    .action(async (flags: { readonly offline?: boolean }, command: Command) => {
      const { json } = shared(command);
      const checks: DoctorCheck[] = [];
      const add = (check: DoctorCheck): void => {
        checks.push(check);
        if (!json) terminal.write(`${describe(check)}\n`);
      };
      add(checkNode());
      const { check, settings } = checkSettings(terminal.environment);
      add(check);
      if (settings) {
        add(checkPlatform(settings));
        add(await checkDisk(settings));
        add(await checkMasterKey(settings));
        add(await checkDatabase(settings));
        add(await checkPort(settings));
        if (flags.offline !== true) {
          const transport = createTransport({
            allowedPrivateHosts: settings.allowedPrivateHosts,
            userAgent: `Cashbell/${VERSION}`,
          });
          add(await checkEgress(systemNetwork));
          add(await checkClock(transport));
          await transport.close();
        }
      }
      const healthy = checks.every((one) => one.status !== 'failed');
      if (json) print(terminal, { json }, { healthy, checks }, () => '');
      else terminal.write(healthy ? 'Everything needed is there.\n' : 'Repair what is marked ✗.\n');
      if (!healthy) throw new CheckFailed('a check failed');
    });
}

function describe({ name, status, detail, fix }: DoctorCheck): string {
  const line = `${MARKS[status]} ${name}: ${detail}`;
  return fix === undefined ? line : `${line}\n    → ${fix}`;
}
