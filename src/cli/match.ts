import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addMatchFilesCommand } from './match-files.ts';

/** `cashbell match` */
export function addMatchCommands(program: Command, context: CommandContext): void {
  const match = program
    .command('match')
    .description('Match bank entries with invoices, bills and ledger lines.');
  addMatchFilesCommand(match, context);
}
