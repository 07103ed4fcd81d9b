import type { Command } from 'commander';

/** `cashbell items`, to which several files add. */
export function itemsGroup(program: Command): Command {
  return (
    program.commands.find((command) => command.name() === 'items') ??
    program.command('items').description('What should appear at the bank: invoices, bills.')
  );
}
