import { listen } from '../lib/http.ts';
import { parseSimulatorOptions, stopWithParent } from '../lib/options.ts';
import { composeBanks } from './composition.ts';
import { createSimulators } from './simulators.ts';

const options = parseSimulatorOptions(process.argv.slice(2));
const { seed } = options;
let adminPort = options.adminPort;
const banks = composeBanks({
  seed,
  simulators: createSimulators(seed),
  adminPort: () => adminPort,
});
const wire = await listen(banks.wire, options.port);
const admin = await listen(banks.admin, options.adminPort);
adminPort = admin.port;
stopWithParent(async () => {
  await banks.stop();
  await Promise.all([wire.close(), admin.close()]);
});
console.log(JSON.stringify({ simulator: 'banks', url: wire.url, adminUrl: admin.url, seed }));
