import { instantFromMs } from '#core/dates.ts';
import { testBank } from '#engine/ladder/test-bank.ts';
import { systemNetwork } from '#engine/ladder/network.ts';
import type { Transport } from '#engine/transport.ts';
import { createTransport } from '#engine/transport.ts';
import { openKeyring } from '#store/keyring.ts';
import type { OrgId } from '#core/ids.ts';
import type { AdminServices } from '#store/orgs.ts';
import { createOrg } from '#store/orgs.ts';
import { createToken } from '#store/tokens.ts';
import type { TokenScope } from '#store/tokens.ts';
import type { TestDatabase } from '#tests/database.ts';
import { paymentsOf } from './api.ts';
import type { ApiServices } from './app.ts';

/** An organisation of a test, with services on its database. */
export interface TestWorld {
  readonly services: ApiServices;
  readonly orgId: OrgId;
  /** Moves the clock of everything that asks the services for the time. */
  advance(milliseconds: number): void;
  token(scopes: readonly TokenScope[]): Promise<string>;
  close(): Promise<void>;
}

export async function createTestWorld(database: TestDatabase): Promise<TestWorld> {
  const keyring = await openKeyring(database.pool, Buffer.alloc(32, 7));
  const transport: Transport = createTransport({
    allowedPrivateHosts: ['*'],
    userAgent: 'cashbell-test',
  });
  let offsetMs = 0;
  const admin: AdminServices = {
    pool: database.pool,
    keyring,
    now: () => instantFromMs(Date.now() + offsetMs),
  };
  const services: ApiServices = {
    ...admin,
    connectors: [testBank],
    transport,
    payments: paymentsOf({ services: admin, transport, connectors: [testBank] }),
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
    publicUrl: 'http://127.0.0.1:7420',
    probe: () => Promise.resolve({ accepted: false, code: 'dingtalk.robotTokenInvalid' }),
    unpackInbound: (packed) => ({ headers: { 'x-signature': 'abc', via: 'proxy' }, body: packed }),
  };
  const { orgId } = await createOrg(services, { name: 'Acme', zone: 'Asia/Jakarta' }, 'test');
  return {
    services,
    orgId,
    advance: (milliseconds) => {
      offsetMs += milliseconds;
    },
    token: async (scopes) => {
      const { token } = await createToken(services, { orgId, name: 'test', scopes }, 'test');
      return token.reveal();
    },
    close: () => transport.close(),
  };
}
