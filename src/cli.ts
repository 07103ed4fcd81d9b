import { runCommandLine } from './cli/program.ts';
import { processTerminal } from './cli/terminal.ts';

// A pipe that was closed early, such as by `head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});
process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal);
