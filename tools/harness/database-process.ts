// An embedded PostgreSQL as a program of its own, so that it can be killed apart from Cashbell.
import { startEmbedded } from '#database/embedded.ts';
import { stopWithParent } from './stop-with-parent.ts';

const home = process.argv[2];
if (home === undefined) throw new Error('usage: database-process.ts <home>');
const database = await startEmbedded({ home });
database.onExit(({ expected }) => {
  if (!expected) process.exit(1);
});
stopWithParent(() => database.stop());
process.stdout.write(`${JSON.stringify({ url: database.url, pid: database.pid })}\n`);
