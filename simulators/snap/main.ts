import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, readBody, sendJson } from '../lib/http.ts';
import { parseSimulatorOptions, stopWithParent } from '../lib/options.ts';
import { createSnapSimulator } from './simulator.ts';

const ADMIN_PREFIX = '/_sim/';

const { port, adminPort, seed } = parseSimulatorOptions(process.argv.slice(2));
const simulator = createSnapSimulator({ seed });
const wire = await listen(simulator.wire, port);
const admin = await listen(serveManagement, adminPort);
stopWithParent(async () => {
  await simulator.stop();
  await Promise.all([wire.close(), admin.close()]);
});
console.log(JSON.stringify({ simulator: 'snap', url: wire.url, adminUrl: admin.url, seed }));

async function serveManagement(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  try {
    const bytes = await readBody(request);
    const body: unknown = bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
    const answer = url.startsWith(ADMIN_PREFIX)
      ? await simulator.manage(request.method ?? 'GET', url.slice(ADMIN_PREFIX.length), body)
      : undefined;
    if (answer === undefined) sendJson(response, 404, { error: `no such call: ${url}` });
    else sendJson(response, 200, answer);
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}
