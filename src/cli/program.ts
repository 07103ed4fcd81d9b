import { Command } from 'commander';
import { VERSION } from '../version.ts';
import { addAccountCommands } from './account.ts';
import { addApprovalCommands } from './approval.ts';
import { addAuditCommands } from './audit.ts';
import { addBeneficiaryCommands } from './beneficiary.ts';
import { addBankHolidayCommands } from './bank-holidays.ts';
import { addBenchCommand } from './bench.ts';
import { addConnectionCommands } from './connection.ts';
import { addClaimCommands } from './claims.ts';
import type { CommandContext, Opened, Terminal } from './context.ts';
import { openServices, sharedOf } from './context.ts';
import { addDestinationCommands } from './destination.ts';
import { addDingtalkAppCommands } from './dingtalk-app.ts';
import { addDoctorCommand } from './doctor.ts';
import { EXIT_OK, reportFailure } from './failure.ts';
import { addGrantCommands } from './grant.ts';
import { addItemImportCommands } from './item-import.ts';
import { addItemTemplateCommands } from './item-template.ts';
import { addItemCommands } from './items.ts';
import { addCoolOffCommands, addLimitCommands } from './limit.ts';
import { addMatchCommands } from './match.ts';
import { addMigrateCommand } from './migrate.ts';
import { addOrgCommands } from './org.ts';
import { addPaymentBatchCommands } from './payment-batch.ts';
import { addPaymentControlCommands } from './payment-control.ts';
import { addPaymentCommands } from './payments.ts';
import { addPersonCommands } from './person.ts';
import { addRecurringCommands } from './recurring.ts';
import { addReplayCommand } from './replay.ts';
import { addReportCommands } from './report.ts';
import { addRoutesCommands } from './routes.ts';
import { addStartCommand } from './start.ts';
import { addTokenCommands } from './token.ts';

/** Builds `cashbell` with all its commands. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cashbell')
    .description('Connects bank accounts with DingTalk: rings when money moves.')
    .version(VERSION)
    .option('--json', 'write JSON for programs')
    .option('--language <tag>', 'language of messages, such as id or zh-CN (default: from LANG)')
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.write(text),
      writeErr: (text) => context.terminal.writeError(text),
    });
  for (const add of [
    addStartCommand,
    addDoctorCommand,
    addMigrateCommand,
    addOrgCommands,
    addPersonCommands,
    addTokenCommands,
    addGrantCommands,
    addConnectionCommands,
    addAccountCommands,
    addDingtalkAppCommands,
    addDestinationCommands,
    addRoutesCommands,
    addBeneficiaryCommands,
    addLimitCommands,
    addCoolOffCommands,
    addPaymentCommands,
    addPaymentBatchCommands,
    addRecurringCommands,
    addPaymentControlCommands,
    addBankHolidayCommands,
    addItemCommands,
    addItemImportCommands,
    addItemTemplateCommands,
    addApprovalCommands,
    addClaimCommands,
    addReportCommands,
    addReplayCommand,
    addMatchCommands,
    addAuditCommands,
    addBenchCommand,
  ]) {
    add(program, context);
  }
  return program;
}

/** Runs one command line and gives its exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  open: (terminal: Terminal) => Promise<Opened> = openServices,
): Promise<number> {
  let used: Command | undefined;
  const program = createProgram({
    terminal,
    shared: (command) => sharedOf(command, terminal),
    withServices: async (work) => {
      const opened = await open(terminal);
      try {
        return await work(opened);
      } finally {
        await opened.close();
      }
    },
  });
  inheritSettings(program, program);
  program.hook('preAction', (_program, action) => {
    used = action;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    return reportFailure(error, sharedOf(used ?? program, terminal), terminal);
  }
}

/** Every command also takes `--json` and `--language` after its own name. */
function inheritSettings(command: Command, program: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(program);
    if (child.commands.length === 0) {
      child.option('--json', 'write JSON for programs');
      child.option('--language <tag>', 'language of messages');
    }
    inheritSettings(child, program);
  }
}
