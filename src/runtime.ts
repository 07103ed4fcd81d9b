import { join } from 'node:path';
import type { Pool } from 'pg';
import { connectors as catalogue } from '#connectors/catalogue.ts';
import type { Connector } from '#connectors/contract.ts';
import { instantFromMs, msBetween } from '#core/dates.ts';
import type { EntryFact } from '#core/events.ts';
import { openDatabase, toPoolConfig } from '#database/connection.ts';
import { findRunningEmbedded, startEmbedded } from '#database/embedded.ts';
import type { EmbeddedDatabase } from '#database/embedded.ts';
import { migrate } from '#database/migrate.ts';
import { createBankCaller } from '#engine/bank-calls.ts';
import type { BankCaller } from '#engine/bank-calls.ts';
import { createLogger } from '#engine/logger.ts';
import type { Logger } from '#engine/logger.ts';
import { createMetrics } from '#engine/metrics.ts';
import type { Metrics } from '#engine/metrics.ts';
import type { Settings } from '#engine/settings.ts';
import { createTransport } from '#engine/transport.ts';
import type { Transport } from '#engine/transport.ts';
import { channels, startListening } from '#engine/wake-ups.ts';
import type { ApprovalDeps } from './flows/approval/approval-deps.ts';
import { readDingtalkApproval } from './flows/approval/read-approval.ts';
import type { ClaimDeps } from './flows/claims/claim-deps.ts';
import { claimMatching } from './flows/claims/settle-receipt.ts';
import { createAppCalls } from './flows/dingtalk/app-calls.ts';
import type { Announcer } from './flows/notification/announce.ts';
import { assemblePayments, observeSendings } from './flows/payment/assemble-payments.ts';
import type { PaymentDeps } from './flows/payment/payment-deps.ts';
import { readMasterKey } from '#secret/master-key.ts';
import { addPersonOnce } from '#store/destinations-admin.ts';
import { createDirectory } from '#store/directory.ts';
import type { Directory } from '#store/directory.ts';
import { openKeyring } from '#store/keyring.ts';
import type { AdminServices } from '#store/orgs.ts';
import { VERSION } from './version.ts';

export type Role = 'server' | 'worker' | 'all';
export type WakeChannel =
  | 'cashbell_inbound'
  | 'cashbell_ring'
  | 'cashbell_payment'
  | 'cashbell_dingtalk'
  | 'cashbell_matching';

/** What server and worker are built from; opened once per process. */
export interface Runtime {
  readonly settings: Settings;
  readonly role: Role;
  readonly isSandbox: boolean;
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly transport: Transport;
  readonly banks: BankCaller;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly databaseUrl: string;
  /** What the flow of payments is made of, for worker, API and approvals alike. */
  readonly payments: PaymentDeps;
  /** What approvals at DingTalk are made of. */
  readonly approvals: ApprovalDeps;
  /** What claims are made of, for worker, server and API alike. */
  readonly claims: ClaimDeps;
  /** Wakes the other processes; ours are woken directly. */
  readonly notify: (channel: WakeChannel, payload: string) => void;
  /** Wakes a worker: the one of this process, else those of others. */
  readonly signal: (channel: WakeChannel, payload: string) => void;
  onWake(channel: WakeChannel, handler: (payload: string) => void): void;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 32;
const connectors = new Map(catalogue.map((connector) => [connector.id, connector]));

/** Opens database, keys and transport, and brings the schema up to this program. */
export async function openRuntime(
  settings: Settings,
  options: {
    readonly role: Role;
    readonly isSandbox: boolean;
    readonly onDatabaseLost: () => void;
  },
): Promise<Runtime> {
  const logger = createLogger(settings.logLevel, options.role);
  const embedded = await openEmbedded(settings, options.onDatabaseLost);
  const databaseUrl = settings.databaseUrl ?? embedded?.url ?? runningUrl(settings);
  try {
    const opened = await openWith(settings, databaseUrl, logger);
    return assemble({ settings, ...options, logger, databaseUrl, embedded, ...opened });
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function runningUrl(settings: Settings): string {
  const running = findRunningEmbedded(settings.home);
  if (!running) throw new Error('the embedded database went away while it was being opened');
  return running.url;
}

async function openEmbedded(
  settings: Settings,
  onLost: () => void,
): Promise<EmbeddedDatabase | undefined> {
  if (settings.databaseUrl !== undefined) return undefined;
  // Another process of this home, such as the server beside a worker, may have started it.
  if (findRunningEmbedded(settings.home)) return undefined;
  const embedded = await startEmbedded({ home: settings.home });
  embedded.onExit(({ expected }) => {
    if (!expected) onLost();
  });
  return embedded;
}

interface Opened {
  readonly pool: Pool;
  readonly services: AdminServices;
}

async function openWith(settings: Settings, url: string, logger: Logger): Promise<Opened> {
  const done = await migrate({ url });
  if (done.length > 0) logger.info({ migrations: done }, 'database migrated');
  const { pool } = await openDatabase({
    url,
    applicationName: 'cashbell',
    connectionsMax: CONNECTIONS_MAX,
  });
  const { rows } = await pool.query('SELECT 1 FROM instance');
  const masterKey = await readMasterKey({
    file: settings.masterKeyFile,
    mustExist: rows.length > 0,
    ...(settings.masterKey === undefined ? {} : { fromEnvironment: settings.masterKey }),
  });
  const keyring = await openKeyring(pool, masterKey);
  return { pool, services: { pool, keyring, now: () => instantFromMs(Date.now()) } };
}

function assemble(parts: {
  readonly settings: Settings;
  readonly role: Role;
  readonly isSandbox: boolean;
  readonly logger: Logger;
  readonly databaseUrl: string;
  readonly embedded: EmbeddedDatabase | undefined;
  readonly pool: Pool;
  readonly services: AdminServices;
}): Runtime {
  const { settings, services, pool, logger } = parts;
  const connectorOf = (id: string): Connector | undefined => connectors.get(id);
  const directory = createDirectory(services);
  const metrics = createMetrics();
  const transport = createTransport({
    allowedPrivateHosts: parts.isSandbox ? ['*'] : settings.allowedPrivateHosts,
    userAgent: `Cashbell/${VERSION}`,
  });
  const wakers = {
    [channels.inbound]: new Set<Wake>(),
    [channels.ring]: new Set<Wake>(),
    [channels.payment]: new Set<Wake>(),
    [channels.dingtalk]: new Set<Wake>(),
    [channels.matching]: new Set<Wake>(),
  };
  const wake = (channel: keyof typeof wakers) => (payload: string) => {
    for (const handler of wakers[channel]) handler(payload);
  };
  const listening = startListening({
    config: toPoolConfig({
      url: parts.databaseUrl,
      applicationName: 'cashbell listener',
      statementTimeoutMs: 0,
    }),
    handlers: {
      [channels.settings]: (orgId) => directory.forget(orgId === '' ? undefined : orgId),
      [channels.inbound]: wake(channels.inbound),
      [channels.ring]: wake(channels.ring),
      [channels.payment]: wake(channels.payment),
      [channels.dingtalk]: wake(channels.dingtalk),
      [channels.matching]: wake(channels.matching),
    },
    onError: (error) => logger.warn({ error }, 'wake-up connection'),
  });
  const notify = (channel: WakeChannel, payload: string): void => {
    pool
      .query('SELECT pg_notify($1, $2)', [channel, payload])
      .catch((error: unknown) => logger.warn({ error }, 'wake-up not sent'));
  };
  const signal = (channel: WakeChannel, payload: string): void => {
    if (wakers[channel].size === 0) notify(channel, payload);
    else wake(channel)(payload);
  };
  const announcer: Announcer = {
    directory,
    connectorOf,
    onMovement: observeDelay(metrics),
    onNewMaker: (maker) => {
      addPersonOnce(services, maker).catch((error: unknown) => {
        logger.warn({ error, userId: maker.userId }, 'place for personal messages not made');
      });
    },
  };
  const banks = createBankCaller({ services, transport, connectorOf });
  const approvals: ApprovalDeps = {
    services,
    directory,
    announcer,
    connectorOf,
    calls: createAppCalls({
      services,
      transport,
      onError: (error) => logger.warn({ error }, 'call of DingTalk not counted'),
    }),
    onRings: (rings) => {
      for (const { orgId, destinationId } of rings) {
        signal(channels.ring, `${orgId}/${destinationId}`);
      }
    },
  };
  return {
    ...parts,
    directory,
    connectorOf,
    announcer,
    transport,
    banks,
    metrics,
    payments: assemblePayments({
      services,
      directory,
      announcer,
      connectorOf,
      banks,
      signal,
      onSent: observeSendings(metrics),
      readDingtalkApproval: (payment) => readDingtalkApproval(approvals, payment),
    }),
    approvals,
    claims: { services, announcer, matching: claimMatching, onRings: approvals.onRings },
    notify,
    signal,
    onWake: (channel, handler) => {
      wakers[channel].add(handler);
    },
    close: async () => {
      await listening.stop();
      await transport.close();
      await pool.end();
      await parts.embedded?.stop();
    },
  };
}

/** The bank's own delay, from its booking to our sight of it. */
function observeDelay(metrics: Metrics): (fact: EntryFact) => void {
  return ({ bookedAt, seenAt, bankId, source }) => {
    if (!bookedAt) return;
    const seconds = Math.max(0, msBetween(bookedAt, seenAt) / 1000);
    metrics.bookedToSeenSeconds.observe({ connector: bankId, source }, seconds);
  };
}

type Wake = (payload: string) => void;

/** Where the embedded server of a home writes its log, for messages to people. */
export function databaseLogFile(settings: Settings): string {
  return join(settings.home, 'postgres', 'server.log');
}
