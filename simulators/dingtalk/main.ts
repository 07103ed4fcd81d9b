import { listen } from '../lib/http.ts';
import { parseSimulatorOptions, stopWithParent } from '../lib/options.ts';
import { createDingtalkSimulator } from './simulator.ts';

const options = parseSimulatorOptions(process.argv.slice(2));
const simulator = createDingtalkSimulator({ seed: options.seed });
const wire = await listen(simulator.wire, options.port);
const admin = await listen(simulator.admin, options.adminPort);
simulator.setWireUrl(wire.url);
stopWithParent(async () => {
  await simulator.stop();
  await Promise.all([wire.close(), admin.close()]);
});
process.stdout.write(
  `${JSON.stringify({
    simulator: 'dingtalk',
    url: wire.url,
    adminUrl: admin.url,
    pageUrl: `${wire.url}/`,
    seed: options.seed,
  })}\n`,
);
