import { defineConfig } from 'vitest/config';

/** Tests that ask a database; the same suite runs again on an outside server (tools/test.ts). */
const databaseTests = [
  'src/{store,database,flows,engine,api,cli,sandbox}/**/*.test.ts',
  'src/*.test.ts',
];
const scenarioTests = ['tests/**/*.test.ts'];
const browserTests = ['tests/browser/**/*.test.ts', 'console/**/*.browser.test.ts'];
const common = {
  pool: 'forks' as const,
  setupFiles: ['tests/support/setup.ts'],
  env: { TZ: 'UTC' },
};

export default defineConfig({
  test: {
    // Half of the machine is for the servers that the tests start.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          isolate: false,
          include: ['{src,simulators,tools,vectors,console}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...databaseTests, ...browserTests],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...common,
          name: 'database',
          isolate: false,
          include: databaseTests,
          globalSetup: ['tests/support/global-database.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          // Whole programs keep state in their modules, so each file gets a process of its own.
          name: 'scenarios',
          include: scenarioTests,
          exclude: ['**/node_modules/**', ...browserTests],
          globalSetup: ['tests/support/global-database.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          include: browserTests,
          globalSetup: ['tests/support/global-database.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
