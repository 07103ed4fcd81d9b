import type { Command } from 'commander';

/** `cashbell payments`, under which several files put their commands. */
export function paymentsGroup(program: Command): Command {
  return (
    program.commands.find((command) => command.name() === 'payments') ??
    program.command('payments').description('Payments: asked for, approved, sent, and followed.')
  );
}
