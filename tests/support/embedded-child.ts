// Run by the launcher's tests as a process of its own, so that it can be killed:
// `node embedded-child.ts <home> [socket|tcp]` starts the server, prints one line of JSON and stays.
import { startEmbedded } from '../../src/database/embedded.ts';

const [home = '', transport] = process.argv.slice(2);
const server = await startEmbedded({ home, transport: transport === 'tcp' ? 'tcp' : 'socket' });
const { url, pid, identity, dataFolder } = server;
process.stdout.write(`${JSON.stringify({ url, pid, identity, dataFolder })}\n`);
const stay = setInterval(() => {}, 60_000);
process.on('SIGTERM', () => {
  clearInterval(stay);
  void server.stop();
});
