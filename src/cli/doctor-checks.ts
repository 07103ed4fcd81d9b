import { mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { isCashbellError } from '#core/errors.ts';
import { findNativeFolder } from '#database/binaries.ts';
import { openDatabase } from '#database/connection.ts';
import { findRunningEmbedded } from '#database/embedded.ts';
import { codeOf } from '#engine/ladder/network.ts';
import type { LadderNetwork } from '#engine/ladder/network.ts';
import type { Settings } from '#engine/settings.ts';
import { readSettings, requireSecureListen } from '#engine/settings.ts';
import type { Transport } from '#engine/transport.ts';
import { readMasterKey } from '#secret/master-key.ts';
import { fingerprint } from '#secret/seal.ts';
import { openServer } from './context.ts';

/** One thing that was looked at; what is not `ok` says how to repair it. */
export interface DoctorCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly fix?: string;
}

const NODE_MAJOR_MIN = 24;
const DISK_BYTES_LOW = 2 * 1024 ** 3;
const DISK_BYTES_MIN = 256 * 1024 ** 2;
const CLOCK_SKEW_MS_MAX = 30_000;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function checkNode(): DoctorCheck {
  const detail = `${process.versions.node} on ${platform()}-${arch()}`;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
    return { name: 'node', status: 'ok', detail };
  }
  const fix = `Run \`npm ci\` in the checkout, which brings Node ${NODE_MAJOR_MIN}, or install it.`;
  return { name: 'node', status: 'failed', detail, fix };
}

export function checkSettings(environment: Readonly<Record<string, string | undefined>>): {
  readonly check: DoctorCheck;
  readonly settings?: Settings;
} {
  const name = 'settings';
  try {
    const settings = readSettings(environment);
    requireSecureListen(settings);
    const detail = `home ${settings.home}, listens on ${settings.host}:${settings.port}`;
    return { check: { name, status: 'ok', detail }, settings };
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    const { variable, problem, fix } = error.details;
    const detail = `${String(variable ?? '')} ${String(problem ?? error.code)}`.trim();
    return { check: { name, status: 'failed', detail, fix: String(fix ?? '') } };
  }
}

export function checkPlatform({ databaseUrl }: Settings): DoctorCheck {
  const name = 'database programs';
  if (databaseUrl !== undefined) {
    return { name, status: 'ok', detail: 'not needed: DATABASE_URL is set' };
  }
  try {
    return { name, status: 'ok', detail: findNativeFolder(platform(), arch()) };
  } catch (error) {
    const fix = 'Set DATABASE_URL to a PostgreSQL 15 or later.';
    return { name, status: 'failed', detail: messageOf(error), fix };
  }
}

export async function checkDisk({ home }: Settings): Promise<DoctorCheck> {
  const name = 'disk';
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(home);
    const free = bavail * bsize;
    const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free below ${home}`;
    if (free >= DISK_BYTES_LOW) return { name, status: 'ok', detail };
    const status = free < DISK_BYTES_MIN ? 'failed' : 'warning';
    return { name, status, detail, fix: 'Free some space, or set CASHBELL_HOME to another disk.' };
  } catch (error) {
    const fix = 'Set CASHBELL_HOME to a folder that this user may write.';
    return { name, status: 'failed', detail: messageOf(error), fix };
  }
}

export async function checkMasterKey(settings: Settings): Promise<DoctorCheck> {
  const name = 'master key';
  try {
    const key = await readMasterKey({
      file: settings.masterKeyFile,
      mustExist: true,
      ...(settings.masterKey === undefined ? {} : { fromEnvironment: settings.masterKey }),
    });
    const where = settings.masterKey === undefined ? settings.masterKeyFile : 'CASHBELL_MASTER_KEY';
    const detail = `fingerprint ${fingerprint(key.toString('hex'))}, from ${where}`;
    return { name, status: 'ok', detail };
  } catch (error) {
    if (isCashbellError(error, 'secret.masterKeyMissing')) {
      const detail = `none yet; the first start makes ${settings.masterKeyFile}`;
      const fix = 'Keep a copy of it elsewhere: without it nothing sealed can be opened.';
      return { name, status: 'warning', detail, fix };
    }
    const fix =
      'Set CASHBELL_MASTER_KEY or CASHBELL_MASTER_KEY_FILE to the key of this installation.';
    return { name, status: 'failed', detail: messageOf(error), fix };
  }
}

export async function checkDatabase(settings: Settings): Promise<DoctorCheck> {
  const name = 'database';
  try {
    const { url, stop } = await openServer(settings);
    try {
      const database = await openDatabase({ url, applicationName: 'cashbell doctor' });
      await database.close();
      const major = Math.floor(database.serverVersion / 10_000);
      const kind = settings.databaseUrl === undefined ? 'embedded' : 'DATABASE_URL';
      return { name, status: 'ok', detail: `PostgreSQL ${major} (${kind}), migrated` };
    } finally {
      await stop();
    }
  } catch (error) {
    const fix =
      settings.databaseUrl === undefined
        ? `Read ${settings.home}/postgres/server.log.`
        : 'Check DATABASE_URL and that the server runs; run `cashbell migrate` when it is behind.';
    return { name, status: 'failed', detail: messageOf(error), fix };
  }
}

export async function checkPort(settings: Settings): Promise<DoctorCheck> {
  const name = 'port';
  const { host, port } = settings;
  const code = await tryListen(host, port);
  if (code === undefined) return { name, status: 'ok', detail: `${host}:${port} is free` };
  if (code === 'EADDRINUSE' && findRunningEmbedded(settings.home)) {
    return { name, status: 'ok', detail: `${host}:${port} is in use, and Cashbell is running` };
  }
  const fix = 'Stop the program that uses it, or set CASHBELL_PORT to another port.';
  return { name, status: 'failed', detail: `${host}:${port} cannot be used (${code})`, fix };
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(codeOf(error)));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

const DINGTALK_HOSTS = ['api.dingtalk.com', 'oapi.dingtalk.com'] as const;

export async function checkEgress(network: LadderNetwork): Promise<DoctorCheck> {
  const name = 'way to DingTalk';
  for (const host of DINGTALK_HOSTS) {
    try {
      await network.resolve(host);
      await network.connect({ host, port: 443 });
    } catch (error) {
      const detail = `${host} port 443 is not reached (${codeOf(error)})`;
      const fix = 'Allow this machine to call DingTalk and your banks on port 443.';
      return { name, status: 'warning', detail, fix };
    }
  }
  return { name, status: 'ok', detail: DINGTALK_HOSTS.join(', ') };
}

export async function checkClock(transport: Pick<Transport, 'send'>): Promise<DoctorCheck> {
  const name = 'clock';
  try {
    const target = { baseUrl: 'https://oapi.dingtalk.com', timeoutMs: 5_000 };
    const { headers } = await transport.send(target, { method: 'GET', path: '/', headers: {} });
    const skewMs = Date.now() - Date.parse(headers['date'] ?? '');
    if (Number.isNaN(skewMs)) return { name, status: 'warning', detail: 'nobody told the time' };
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const detail = `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} DingTalk`;
    if (Math.abs(skewMs) <= CLOCK_SKEW_MS_MAX) return { name, status: 'ok', detail };
    return {
      name,
      status: 'failed',
      detail,
      fix: 'Switch on a time service (NTP) on this machine.',
    };
  } catch (error) {
    const detail = `could not be compared (${isCashbellError(error) ? error.code : messageOf(error)})`;
    const fix = 'Make sure that a time service (NTP) runs; banks refuse a wrong clock.';
    return { name, status: 'warning', detail, fix };
  }
}
