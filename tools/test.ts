// `npm test`: the checks, every test on the embedded database, and those that ask a database again on another PostgreSQL.
import { existsSync, globSync } from 'node:fs';
import { findDebianPostgres, startOutsidePostgres } from '../tests/support/outside-postgres.ts';
import { type SystemPart, hasProgram, installParts } from './debian.ts';
import { type Tally, addTallies, formatTally, root, runChecks, runVitest, say } from './steps.ts';

const outsidePostgres: SystemPart = {
  what: "Debian's PostgreSQL",
  packages: ['postgresql'],
  isPresent: () => findDebianPostgres() !== undefined,
};

const browser: SystemPart = {
  what: 'Chromium with fonts',
  packages: ['chromium', 'fonts-noto-core', 'fonts-noto-cjk'],
  isPresent: () => hasProgram('chromium') && existsSync('/usr/share/fonts/truetype/noto'),
};

/** The launcher's tests start servers of their own; on an outside server they would only say the same again. */
const outsideOptions = ['--exclude=src/database/embedded.test.ts'];
const databaseProjects = ['--project=database', '--project=scenarios'];

/** The whole suite on the database that comes along; without the browser's tests when there is no browser. */
function runEmbedded(withBrowser: boolean): Tally {
  say('tests on the embedded PostgreSQL');
  return runVitest(withBrowser ? [] : ['--project=unit', ...databaseProjects], {
    TEST_DATABASE_URL: '',
  });
}

async function runOutside(): Promise<Tally[]> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) {
    say('the database tests again on TEST_DATABASE_URL');
    return [runVitest([...databaseProjects, ...outsideOptions], { TEST_DATABASE_URL: given })];
  }
  const bin = findDebianPostgres();
  if (bin === undefined) return [];
  const server = await startOutsidePostgres(bin);
  try {
    say(`the database tests again on PostgreSQL ${server.version} of ${bin}`);
    return [runVitest([...databaseProjects, ...outsideOptions], { TEST_DATABASE_URL: server.url })];
  } finally {
    await server.stop();
  }
}

const needsBrowser =
  globSync('{tests/browser,console}/**/*.test.ts', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }).length > 0;
const present = installParts(needsBrowser ? [outsidePostgres, browser] : [outsidePostgres]);
const failedChecks = runChecks();
const embedded = runEmbedded(present.includes(browser));
const tally = addTallies([embedded, ...(await runOutside())]);
for (const name of failedChecks) say(`the check "${name}" failed; its output stands above`);
process.exitCode = failedChecks.length > 0 || tally.failed > 0 || tally.passed === 0 ? 1 : 0;
process.stdout.write(`\n${formatTally(tally)}\n`);
