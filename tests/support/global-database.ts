import type { TestProject } from 'vitest/node';
import { startTestServer } from './test-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly databaseServer: { readonly url: string; readonly template: string };
  }
}

/** Vitest's global setup of the projects that use a database: one server for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer();
  project.provide('databaseServer', { url: server.url, template: server.template });
  return () => server.stop();
}
