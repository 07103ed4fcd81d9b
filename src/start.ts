import { readSettings } from '#engine/settings.ts';
import type { Settings } from '#engine/settings.ts';
import { openRuntime } from './runtime.ts';
import { refuseSandboxData } from './sandbox/guard.ts';
import type { Role, Runtime } from './runtime.ts';
import { startServer } from './server.ts';
import type { Server } from './server.ts';
import { startWorker } from './worker.ts';
import type { Worker } from './worker.ts';

export interface StartOptions {
  readonly role: Role;
  /** The demo world with simulated banks and a simulated DingTalk. */
  readonly sandbox: boolean;
  readonly settings?: Settings;
  /** What must be in place before anything is polled or told. */
  readonly beforeWork?: (runtime: Runtime, server: Server | undefined) => Promise<void>;
}

/** Running parts of one process. */
export interface Started {
  readonly runtime: Runtime;
  readonly server?: Server;
  readonly worker?: Worker;
  stop(): Promise<void>;
}

/** Starts what the role asks for; the caller stops it. */
export async function start(options: StartOptions): Promise<Started> {
  const settings = options.settings ?? readSettings(process.env);
  const runtime = await openRuntime(settings, {
    role: options.role,
    isSandbox: options.sandbox,
    onDatabaseLost: () => {
      // Without its database nothing can be promised any more; whoever runs us starts us again.
      process.stderr.write('The embedded database ended unexpectedly; see its server.log.\n');
      process.exit(1);
    },
  });
  let worker: Worker | undefined;
  let server: Server | undefined;
  try {
    if (!options.sandbox) await refuseSandboxData(runtime.services.pool, settings);
    if (options.role !== 'worker') {
      const hasWorker = options.role === 'all';
      server = await startServer(runtime, hasWorker ? { kick: () => worker?.kick() } : {});
    }
    await options.beforeWork?.(runtime, server);
    if (options.role !== 'server') worker = await startWorker(runtime);
  } catch (error) {
    await server?.stop();
    await worker?.stop();
    await runtime.close();
    throw error;
  }
  return {
    runtime,
    ...(server ? { server } : {}),
    ...(worker ? { worker } : {}),
    stop: async () => {
      await server?.stop();
      await worker?.stop();
      await runtime.close();
    },
  };
}

const STOP_PATIENCE_MS = 25_000;

/** `cashbell start`: runs until it is told to end, then ends everything it started. */
export async function runStart(options: StartOptions): Promise<void> {
  let sandbox: { stop(): Promise<void> } | undefined;
  const started = await start({
    ...options,
    beforeWork: async (runtime, server) => {
      if (!options.sandbox) return;
      const { startSandbox } = await import('./sandbox/sandbox.ts');
      sandbox = await startSandbox(runtime, server);
    },
  });
  if (!sandbox) printAddresses(started);
  const reason = await untilAskedToStop();
  process.stdout.write(`\nStopping (${reason}) …\n`);
  const giveUp = setTimeout(() => process.exit(1), STOP_PATIENCE_MS);
  await sandbox?.stop();
  await started.stop();
  clearTimeout(giveUp);
}

function printAddresses({ server, runtime }: Started): void {
  const lines = ['Cashbell is running.'];
  if (server) {
    lines.push(`  API and health   ${server.url}/api/openapi.json, ${server.url}/readyz`);
    lines.push(`  Banks call       ${runtime.settings.publicUrl ?? server.url}/hooks/<connection>`);
  }
  lines.push('  Ctrl-C ends it.');
  process.stdout.write(`${lines.join('\n')}\n`);
}

function untilAskedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // One Ctrl-C may arrive two or three times, from the terminal, npm and the launcher; without
      // a handler the second one would end us in the middle of stopping.
      process.on(signal, () => resolve(signal));
    }
  });
}
