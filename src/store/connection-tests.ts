import { createHash } from 'node:crypto';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import type { ConnectionRecord } from './connections-admin.ts';
import { getConnection, readConnection } from './connections-admin.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings } from './orgs.ts';

/** Digest of everything that a test depends on; a test of other settings proves nothing. */
export function configDigest(
  record: Pick<ConnectionRecord, 'baseUrl' | 'environment' | 'config' | 'secrets'>,
): Buffer {
  const sorted = (pairs: readonly (readonly [string, string])[]): unknown =>
    pairs.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const text = JSON.stringify([
    record.baseUrl,
    record.environment,
    sorted(Object.entries(record.config)),
    sorted(record.secrets.map((secret) => [secret.field, secret.fingerprint] as const)),
  ]);
  return createHash('sha256').update(text).digest();
}

export interface TestOutcome {
  readonly orgId: string;
  readonly connectionId: string;
  readonly passed: boolean;
  /** Of the settings that were tested, taken before the test began. */
  readonly digest: Buffer;
  /** The rungs as JSON, redacted. */
  readonly rungs: unknown;
}

/**
 * Stores the outcome of a connection test. A green one arms the connection, unless its settings
 * were changed while the test ran. Says whether it is armed now.
 */
export async function recordConnectionTest(
  services: AdminServices,
  outcome: TestOutcome,
  actor: Actor,
): Promise<boolean> {
  const { orgId, connectionId } = outcome;
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readConnection(client, outcome);
    const isCurrent = configDigest(before).equals(outcome.digest);
    await client.query(
      `INSERT INTO connection_test (org_id, connection_id, tested_at, passed, config_digest, rungs)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (org_id, connection_id, tested_at) DO NOTHING`,
      [
        orgId,
        connectionId,
        services.now().toString(),
        outcome.passed,
        outcome.digest,
        JSON.stringify(outcome.rungs),
      ],
    );
    const arms = outcome.passed && isCurrent;
    if (arms) {
      await client.query(
        'UPDATE connection SET armed_at = now() WHERE org_id = $1 AND connection_id = $2',
        [orgId, connectionId],
      );
    }
    const after = { passed: outcome.passed, armed: arms || before.armedAt !== undefined };
    return {
      result: after.armed,
      audit: { action: 'connection.tested', subject: connectionId, after },
    };
  });
}

export interface StoredTest {
  readonly testedAt: Instant;
  readonly passed: boolean;
  /** The settings have not changed since. */
  readonly isCurrent: boolean;
  readonly rungs: unknown;
}

/** The last tests of a connection, newest first. */
export async function listConnectionTests(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly connectionId: string },
  limit = 20,
): Promise<StoredTest[]> {
  const digest = configDigest(await getConnection(services, scope));
  const { rows } = await services.pool.query<{
    tested_at: Date;
    passed: boolean;
    config_digest: Buffer;
    rungs: unknown;
  }>(
    `SELECT tested_at, passed, config_digest, rungs FROM connection_test
     WHERE org_id = $1 AND connection_id = $2 ORDER BY tested_at DESC LIMIT $3`,
    [scope.orgId, scope.connectionId, limit],
  );
  return rows.map((row) => ({
    testedAt: instantFromMs(row.tested_at.getTime()),
    passed: row.passed,
    isCurrent: digest.equals(row.config_digest),
    rungs: row.rungs,
  }));
}
