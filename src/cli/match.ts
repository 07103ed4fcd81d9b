import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addMatchBreakCommands } from './match-breaks.ts';
import { addMatchDecisionCommands } from './match-decisions.ts';
import { addMatchFilesCommand } from './match-files.ts';
import { addMatchRunCommands } from './match-runs.ts';
import { addMatchSetUpCommands } from './match-set-up.ts';

/** `cashbell match` */
export function addMatchCommands(program: Command, context: CommandContext): void {
  const match = program
    .command('match')
    .description('Match bank entries with invoices, bills and ledger lines.');
  addMatchRunCommands(match, context);
  addMatchDecisionCommands(match, context);
  addMatchBreakCommands(match, context);
  addMatchSetUpCommands(match, context);
  addMatchFilesCommand(match, context);
}
