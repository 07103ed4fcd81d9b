import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAirwallexSimulator } from '../../simulators/airwallex/simulator.ts';
import { createDingtalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import { listen } from '../../simulators/lib/http.ts';
import { createSnapSimulator } from '../../simulators/snap/simulator.ts';
import { findConnector } from '../../src/connectors/catalogue.ts';
import { readSettings } from '../../src/engine/settings.ts';
import { ensureBank } from '../../src/sandbox/demo-bank.ts';
import type { DemoBank } from '../../src/sandbox/demo-bank.ts';
import { ensureDingtalk } from '../../src/sandbox/demo-dingtalk.ts';
import type { DemoDestinations } from '../../src/sandbox/demo-dingtalk.ts';
import type { SimulatorProcess } from '../../src/sandbox/simulator-process.ts';
import { start } from '../../src/start.ts';
import type { Started } from '../../src/start.ts';
import { createOrg } from '../../src/store/orgs.ts';
import { replaceRoutes } from '../../src/store/routes-admin.ts';
import type { RouteTree } from '../../src/store/routes-admin.ts';
import { newId } from '../../src/secret/ids.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { leaveNothingBehind } from '../support/servers.ts';
import { waitFor } from '../support/wait.ts';

/** Messages and cards as the simulated DingTalk keeps them. */
export interface DingtalkBooks {
  readonly messages: readonly {
    readonly group: string;
    readonly title: string;
    readonly text: string;
    readonly msgUuid: string | null;
    readonly references: readonly string[];
  }[];
  readonly cards: readonly {
    readonly group: string;
    readonly params: Readonly<Record<string, string>>;
    readonly references: readonly string[];
    readonly updates: readonly { readonly params: Readonly<Record<string, string>> }[];
  }[];
  readonly refusals: readonly { readonly code: string | number }[];
}

/** A whole Cashbell with simulated banks and a simulated DingTalk, over real sockets. */
export interface Stand {
  readonly started: Started;
  readonly database: TestDatabase;
  readonly orgId: string;
  readonly dingtalk: SimulatorProcess;
  readonly banks: SimulatorProcess;
  readonly destinations: DemoDestinations;
  readonly connections: Readonly<Record<string, string>>;
  books(): Promise<DingtalkBooks>;
  /** Puts money on an account; the reference stands in everything that is told of it. */
  move(order: Readonly<Record<string, unknown>>): Promise<string>;
  /** Everything that was told of a movement, as "group: title". */
  toldOf(reference: string): Promise<string[]>;
  waitForTold(reference: string, count: number): Promise<string[]>;
  pollNow(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const BANKS: readonly DemoBank[] = [
  {
    connector: findConnector('bca'),
    name: 'BCA',
    accounts: [
      {
        number: '1234567890',
        name: 'Operations',
        currency: 'IDR',
        settings: { virtualAccounts: '12345', qrMerchants: '000885000000001' },
      },
    ],
  },
  {
    connector: findConnector('bri'),
    name: 'BRI',
    accounts: [
      {
        number: '111231271284142',
        name: 'Collections',
        currency: 'IDR',
        settings: { virtualAccounts: '77777' },
      },
    ],
  },
  {
    connector: findConnector('airwallex'),
    name: 'Airwallex',
    accounts: [
      { number: 'acct_SimCashbellHK0001:HKD', name: 'HKD wallet', currency: 'HKD' },
      { number: 'acct_SimCashbellHK0001:USD', name: 'USD wallet', currency: 'USD' },
    ],
  },
];

/** Cards for Airwallex in the finance group; SNAP banks ring in the treasury's robot. */
function routes(to: DemoDestinations): RouteTree {
  return {
    routeId: newId('rte'),
    name: 'All',
    destinationIds: [to.finance],
    children: [
      {
        routeId: newId('rte'),
        name: 'SNAP',
        matchers: [{ kind: 'bank', values: ['bca', 'bri'] }],
        destinationIds: [to.treasury],
      },
    ],
  };
}

export async function startStand(options: { readonly seed?: number } = {}): Promise<Stand> {
  const database = await createTestDatabase();
  const home = await mkdtemp(join(tmpdir(), 'cashbell-stand-'));
  const seed = options.seed ?? 7;
  const release = leaveNothingBehind('a stand');
  const dingtalk = await serveDingtalk(seed);
  const banks = await serveBanks(seed);
  const settings = readSettings({
    CASHBELL_HOME: home,
    DATABASE_URL: database.url,
    CASHBELL_PORT: '0',
    CASHBELL_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
  });
  const run = (): Promise<Started> => start({ role: 'all', sandbox: true, settings });
  let started = await run();
  const { services, directory } = started.runtime;
  const org = await createOrg(services, { name: 'Test', dingtalkEdition: 'custom' }, 'test');
  const { orgId } = org;
  const destinations = await ensureDingtalk(services, orgId, dingtalk);
  await replaceRoutes(services, { orgId, tree: routes(destinations) }, 'test');
  // The budget is not the point of most stories, and they share their robots.
  await dingtalk.manage('POST', 'limits', { perMinute: 100_000 });
  await database.pool.query('UPDATE destination SET messages_per_minute = 10000');
  const register = async (): Promise<Record<string, string>> => {
    const connections: Record<string, string> = {};
    const publicUrl = started.server?.url ?? '';
    const { services: now, directory: known } = started.runtime;
    for (const bank of BANKS) {
      const place = { services: now, directory: known, orgId, banks, publicUrl };
      connections[bank.connector.id] = await ensureBank(place, bank);
    }
    return connections;
  };
  const connections = await register();
  // Polls are made by hand in tests, so that nothing depends on when they happen to run.
  await database.pool.query(`UPDATE poll SET interval_seconds = 86400, next_at = now() + '1 day'`);
  directory.forget(orgId);

  const stand: Stand = {
    get started() {
      return started;
    },
    database,
    orgId,
    dingtalk,
    banks,
    destinations,
    connections,
    books: async () => (await dingtalk.manage('GET', 'state')) as DingtalkBooks,
    move: async (order) => {
      const answer = (await banks.manage('POST', 'movements', order)) as { reference: string };
      return answer.reference;
    },
    toldOf: async (reference) => {
      const { messages, cards } = await stand.books();
      return [...messages, ...cards]
        .filter(({ references }) => references.includes(reference))
        .map((told) => `${told.group}: ${'title' in told ? told.title : told.params['title']}`);
    },
    waitForTold: (reference, count) =>
      waitFor(
        async () => {
          const told = await stand.toldOf(reference);
          return told.length >= count ? told : undefined;
        },
        { what: `${count} messages about ${reference}`, deadlineMs: 90_000 },
      ),
    pollNow: async () => {
      const before = new Date();
      await database.pool.query('UPDATE poll SET next_at = now()');
      await waitFor(
        async () => {
          const { rows } = await database.pool.query<{ left: string }>(
            `SELECT count(*) AS left FROM poll
             WHERE last_attempt_at IS NULL OR last_attempt_at < $1 OR lease_owner IS NOT NULL`,
            [before],
          );
          return rows[0]?.left === '0';
        },
        { what: 'all polls', deadlineMs: 90_000 },
      );
    },
    restart: async () => {
      await started.stop();
      started = await run();
      await register();
    },
    stop: async () => {
      await started.stop();
      await banks.stop();
      await dingtalk.stop();
      await database.drop();
      await rm(home, { recursive: true, force: true });
      release();
    },
  };
  return stand;
}

async function serveDingtalk(seed: number): Promise<SimulatorProcess> {
  const simulator = createDingtalkSimulator({ seed });
  const wire = await listen(simulator.wire, 0);
  simulator.setWireUrl(wire.url);
  return {
    url: wire.url,
    adminUrl: wire.url,
    manage: (method, path, body) => Promise.resolve(simulator.manage(method, path, body)),
    stop: async () => {
      await simulator.stop();
      await wire.close();
    },
  };
}

async function serveBanks(seed: number): Promise<SimulatorProcess> {
  const banks = [createSnapSimulator({ seed }), createAirwallexSimulator({ seed })];
  const wire = await listen(async (request, response) => {
    const bank = banks.find((one) => one.handles(request.url ?? '/'));
    if (bank) await bank.wire(request, response);
    else response.writeHead(404).end();
  }, 0);
  return {
    url: wire.url,
    adminUrl: wire.url,
    manage: async (method, path, body) => {
      for (const bank of banks) {
        if (path.startsWith(`${bank.name}/`)) {
          return bank.manage(method, path.slice(bank.name.length + 1), body);
        }
      }
      if (path === 'movements') {
        const { account } = body as { account: string };
        const bank = banks.find((one) => one.accounts().some((known) => known.account === account));
        return bank?.manage(method, path, body);
      }
      const [, reference] = path.split('/');
      const owner = banks.find((one) =>
        one
          .accounts()
          .some(({ movements }) => movements.some((movement) => movement.reference === reference)),
      );
      return owner?.manage(method, path, body);
    },
    stop: async () => {
      for (const bank of banks) await bank.stop();
      await wire.close();
    },
  };
}
