// `npm run check`: format, lint, types and the tests that need no database; under a minute.
import { formatTally, runChecks, runVitest, say } from './steps.ts';

const failedChecks = runChecks();
say('unit tests and conformance');
const tally = runVitest(['--project=unit']);
for (const name of failedChecks) say(`the check "${name}" failed; its output stands above`);
process.exitCode = failedChecks.length > 0 || tally.failed > 0 ? 1 : 0;
process.stdout.write(`\n${formatTally(tally)}\n`);
