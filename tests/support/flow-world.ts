import { randomBytes } from 'node:crypto';
import type { Connector } from '../../src/connectors/contract.ts';
import { instantFromMs } from '../../src/core/dates.ts';
import type { AccountId, ConnectionId, DestinationId, OrgId } from '../../src/core/ids.ts';
import type { InboundCall } from '../../src/core/http.ts';
import type { Announcer } from '../../src/flows/notification/announce.ts';
import { newId } from '../../src/secret/ids.ts';
import { addAccount } from '../../src/store/accounts-admin.ts';
import { addConnection } from '../../src/store/connections-admin.ts';
import { addDestination } from '../../src/store/destinations-admin.ts';
import { createDirectory } from '../../src/store/directory.ts';
import type { Directory } from '../../src/store/directory.ts';
import { openKeyring } from '../../src/store/keyring.ts';
import { createOrg } from '../../src/store/orgs.ts';
import type { AdminServices } from '../../src/store/orgs.ts';
import { replaceRoutes } from '../../src/store/routes-admin.ts';
import type { TestDatabase } from './database.ts';
import { signStory, storyBank, storyValues } from './story-bank.ts';
import type { StoryLine } from './story-bank.ts';

/** An organisation with one bank, two accounts and some robots, on a database of its own test file. */
export interface FlowWorld {
  readonly database: TestDatabase;
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly orgId: OrgId;
  readonly connectionId: ConnectionId;
  /** Accounts 1001 and 1002. */
  readonly accounts: readonly [AccountId, AccountId];
  readonly destinations: readonly DestinationId[];
  /** A signed call with these movements. */
  call(message: StoryMessage): InboundCall;
  /** Rows of a question, in the types that the test names. */
  ask<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface StoryMessage {
  readonly id: string;
  readonly movements?: readonly StoryLine[];
  readonly balances?: readonly { account: string; amount: string; at: string }[];
  /** Replaces the whole body, for what cannot be read. */
  readonly body?: string;
  readonly nonce?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const flowMasterKey = Buffer.alloc(32, 7);

export async function createFlowWorld(
  database: TestDatabase,
  options: {
    readonly destinations?: number;
    readonly connector?: Connector;
    readonly baseUrl?: string;
    readonly routes?: (destinations: readonly DestinationId[]) => Record<string, unknown>;
    readonly pool?: TestDatabase['pool'];
  } = {},
): Promise<FlowWorld> {
  const connector = options.connector ?? storyBank;
  const pool = options.pool ?? database.pool;
  const keyring = await openKeyring(pool, flowMasterKey);
  const services: AdminServices = { pool, keyring, now: () => instantFromMs(Date.now()) };
  const org = await createOrg(
    services,
    { name: 'Toko Maju', zone: 'Asia/Jakarta', dingtalkEdition: 'custom' },
    'test',
  );
  const { orgId } = org;
  const { connectionId } = await addConnection(
    services,
    {
      orgId,
      connector,
      name: 'Story',
      environment: 'sandbox',
      values: storyValues,
      ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
    },
    'test',
  );
  const place = { orgId, connectionId, connector, currency: 'IDR', historyDays: 7 };
  const first = await addAccount(services, { ...place, number: '1001', name: 'One' }, 'test');
  const second = await addAccount(services, { ...place, number: '1002', name: 'Two' }, 'test');
  // What the tests tell of is booked on days of their own; none of it is history.
  await pool.query(`UPDATE account SET ring_from = '2020-01-01' WHERE org_id = $1`, [orgId]);
  const destinations: DestinationId[] = [];
  for (let index = 0; index < (options.destinations ?? 1); index += 1) {
    const token = randomBytes(32).toString('hex');
    const { destinationId } = await addDestination(
      services,
      {
        orgId,
        name: `Robot ${index + 1}`,
        kind: 'robot',
        webhook: `https://oapi.dingtalk.com/robot/send?access_token=${token}`,
        security: { mode: 'keyword', keyword: 'Story' },
      },
      'test',
    );
    destinations.push(destinationId);
  }
  const tree = options.routes?.(destinations) ?? { destinationIds: destinations };
  await replaceRoutes(
    services,
    { orgId, tree: { routeId: newId('rte'), name: 'All', ...tree } },
    'test',
  );
  const directory = createDirectory(services);
  const connectorOf = (id: string): Connector | undefined =>
    id === connector.id ? connector : undefined;
  return {
    database,
    services,
    directory,
    announcer: { directory, connectorOf },
    connectorOf,
    orgId,
    connectionId,
    accounts: [first.accountId, second.accountId],
    destinations,
    call: (message) => signedCall(connectionId, message),
    ask: async (text, values = []) => (await pool.query(text, [...values])).rows,
  };
}

function signedCall(connectionId: string, message: StoryMessage): InboundCall {
  const { id, movements = [], balances = [] } = message;
  const body = message.body ?? JSON.stringify({ id, movements, balances });
  return {
    method: 'POST',
    target: `/hooks/${connectionId}/notify`,
    subpath: '/notify',
    headers: {
      'content-type': 'application/json',
      'x-signature': signStory(body),
      'x-nonce': message.nonce ?? `nonce-${id}`,
      'x-message': id,
      ...message.headers,
    },
    body: Buffer.from(body),
    remoteAddress: '203.0.113.7',
  };
}
