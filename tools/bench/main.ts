// node tools/bench/main.ts <name> [options]: the last line is one JSON object.
import { run as burst } from './burst.ts';
import { run as ingest } from './ingest.ts';
import { run as matchIncremental } from './match-incremental.ts';
import { run as matchLedger } from './match-ledger.ts';
import { run as matchQuality } from './match-quality.ts';
import { run as matchScale } from './match-scale.ts';
import { run as pay } from './pay.ts';
import { run as poll } from './poll.ts';
import { run as report } from './report.ts';
import { run as ring } from './ring.ts';

const benches = {
  ring,
  ingest,
  poll,
  burst,
  pay,
  report,
  'match-incremental': matchIncremental,
  'match-ledger': matchLedger,
  'match-quality': matchQuality,
  'match-scale': matchScale,
};
const [name = '', ...args] = process.argv.slice(2);
const bench = Object.entries(benches).find(([one]) => one === name)?.[1];
if (bench) {
  await bench({ json: false, args });
} else {
  process.stderr.write(`Usage: bench ${Object.keys(benches).join('|')} [options] [--json]\n`);
  process.exitCode = 2;
}
