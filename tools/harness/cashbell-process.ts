// One Cashbell as it is started in production, with the settings of its environment.
import { start } from '../../src/start.ts';
import { stopWithParent } from './stop-with-parent.ts';

const role = process.argv[2];
if (role !== 'server' && role !== 'worker' && role !== 'all') {
  throw new Error('usage: cashbell-process.ts server|worker|all');
}
const started = await start({ role, sandbox: false });
stopWithParent(() => started.stop());
process.stdout.write(`${JSON.stringify({ role, url: started.server?.url ?? null })}\n`);
