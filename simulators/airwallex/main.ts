import { listen } from '../lib/http.ts';
import { parseSimulatorOptions, stopWithParent } from '../lib/options.ts';
import { createAdminHandler } from './admin.ts';
import { createAirwallexSimulator } from './simulator.ts';

const { port, adminPort, seed } = parseSimulatorOptions(process.argv.slice(2));
const simulator = createAirwallexSimulator({ seed });
const wire = await listen(simulator.wire, port);
const admin = await listen(
  createAdminHandler((...call) => simulator.manage(...call)),
  adminPort,
);
stopWithParent(async () => {
  await simulator.stop();
  await Promise.all([wire.close(), admin.close()]);
});
console.log(
  JSON.stringify({ simulator: simulator.name, url: wire.url, adminUrl: admin.url, seed }),
);
