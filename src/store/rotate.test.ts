import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PoolClient } from 'pg';
import { sealedGeneration } from '#secret/seal.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld, flowMasterKey } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { verifyAudit } from './audit.ts';
import { loadAppToken, saveAppToken } from './app-tokens.ts';
import { loadSession, saveSession } from './bank-sessions.ts';
import { storeDingtalkEvents } from './dingtalk-events.ts';
import { openKeyring } from './keyring.ts';
import { insertReportFile, loadReportFile } from './reports.ts';
import { rotateDataKey } from './rotate.ts';
import { loadSecrets, sealSecrets, writeSecrets } from './secrets.ts';
import { sealedColumns } from './services.ts';

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
  await fill(world);
});
afterAll(() => database.drop());

const options = { batch: 2, actor: 'test' };

/** At least one row in every sealed column, several in those that grow. */
async function fill({ services, orgId, connectionId }: FlowWorld): Promise<void> {
  const { pool, keyring } = services;
  await pool.query(
    `INSERT INTO dingtalk_app (org_id, app_id, name, app_key, robot_code)
     VALUES ($1, 'app_1', 'App', 'key', 'robot')`,
    [orgId],
  );
  await saveAppToken(
    services,
    pool,
    { orgId, appId: 'app_1' },
    { token: 'app-token', expiresAtMs: 1 },
  );
  await saveSession(pool, services, orgId, connectionId, { token: 'bank-token', expiresAtMs: 1 });
  for (let index = 1; index <= 5; index += 1) {
    const rowId = `inb_${index}`;
    const place = { orgId, column: sealedColumns.inbound, rowId };
    await pool.query(
      `INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath,
         remote_address, sealed, digest, state)
       VALUES ($1, $2, $3, now(), '/', 'x', $4, '', 'processed')`,
      [orgId, rowId, connectionId, await keyring.seal(Buffer.from(`body ${index}`), place)],
    );
  }
  await storeDingtalkEvents(
    services,
    [1, 2, 3].map((index) => ({
      orgId,
      appId: 'app_1',
      eventKey: `e-${index}`,
      kind: 'event' as const,
      eventType: 'bpms_instance_change',
      source: 'stream' as const,
      data: '{}',
      isCounted: true,
    })),
    new Date(),
  );
  await pool.query(
    `INSERT INTO report (org_id, report_id, report, settings, language, as_of, state, requested_by,
       created_at)
     VALUES ($1, 'rep_1', 'dailyCash', '{}', 'en', now(), 'ready', 'test', now())`,
    [orgId],
  );
  for (const format of ['xlsx', 'pdf'] as const) {
    const content = Buffer.from(`report ${format}`);
    const file = { format, content, fileName: 'a', digest: '00', bytes: content.length };
    await insertReportFile(pool, services, { orgId, reportId: 'rep_1' }, file);
  }
  const answer = { orgId, column: sealedColumns.apiAnswer, rowId: 'tok_1/key/with a slash' };
  await pool.query(
    `INSERT INTO api_answer (org_id, holder_id, idempotency_key, request_digest, started_at,
       sealed_answer)
     VALUES ($1, 'tok_1', 'key/with a slash', '', now(), $2)`,
    [orgId, await keyring.seal(Buffer.from('{"token":"shown once"}'), answer)],
  );
}

/** Generations that stand in every sealed column, by "table.column". */
async function generations(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const column of Object.values(sealedColumns)) {
    const [table = '', field = ''] = column.split('.');
    const rows = await world.ask<{ sealed: Buffer }>(
      `SELECT ${field} AS sealed FROM ${table} WHERE org_id = $1 AND ${field} IS NOT NULL`,
      [world.orgId],
    );
    found[column] = [...new Set(rows.map(({ sealed }) => sealedGeneration(sealed)))];
  }
  return found;
}

function all(generation: number): Record<string, number[]> {
  return Object.fromEntries(Object.values(sealedColumns).map((column) => [column, [generation]]));
}

async function expectReadable(): Promise<void> {
  const { services, orgId, connectionId } = world;
  // A keyring of its own, as a process that starts afterwards has it.
  const fresh = { ...services, keyring: await openKeyring(database.pool, flowMasterKey) };
  const session = await loadSession(database.pool, fresh, orgId, connectionId);
  expect(session?.token).toBe('bank-token');
  const app = await loadAppToken(fresh, database.pool, { orgId, appId: 'app_1' });
  expect(app?.token).toBe('app-token');
  const file = { orgId, reportId: 'rep_1', format: 'pdf' };
  const report = await loadReportFile(fresh, file);
  expect(Buffer.from(report?.content ?? []).toString()).toBe('report pdf');
  const secrets = await loadSecrets(fresh, { orgId, ownerId: connectionId });
  expect(secrets.get('clientSecret')?.reveal()).toContain('story-secret');
  const bodies = await world.ask<{ inbound_id: string; sealed: Buffer }>(
    `SELECT inbound_id, sealed FROM inbound WHERE sealed IS NOT NULL ORDER BY inbound_id`,
  );
  for (const { inbound_id, sealed } of bodies) {
    const place = { orgId, column: sealedColumns.inbound, rowId: inbound_id };
    const text = (await fresh.keyring.unseal(sealed, place)).toString();
    expect(text).toBe(`body ${inbound_id.slice(4)}`);
  }
}

describe('rotation of the data key', () => {
  test('rotation: every sealed column of the catalogue is in the registry', async () => {
    const rows = await world.ask<{ column: string }>(
      `SELECT table_name || '.' || column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE '%sealed%'
       ORDER BY 1`,
    );
    expect(rows.map(({ column }) => column)).toEqual(Object.values(sealedColumns).toSorted());
  });

  test('rotation: the other binary columns are digests, hashes and wrapped keys', async () => {
    const rows = await world.ask<{ column: string }>(
      `SELECT table_name || '.' || column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name NOT LIKE '%sealed%'
       ORDER BY 1`,
    );
    // A new one here is either no secret or belongs into the registry under a name with "sealed".
    expect(rows.map(({ column }) => column)).toEqual([
      'api_answer.request_digest',
      'api_token.digest',
      'audit.hash',
      'audit.previous_hash',
      'connection_test.config_digest',
      'data_key.wrapped',
      'import_mapping.header_digest',
      'inbound.digest',
      'instance.master_key_probe',
      'item_import.digest',
      'report_file.digest',
    ]);
  });

  test('rotation: every column is sealed anew, all opens, and the old key is retired', async () => {
    expect(await generations()).toEqual(all(1));
    const progress: number[] = [];
    const rotation = await rotateDataKey(world.services, world.orgId, {
      ...options,
      onProgress: (resealed) => progress.push(resealed),
    });
    expect(rotation).toMatchObject({ generation: 2, unreadable: 0, wasResumed: false });
    expect(rotation.resealed).toBeGreaterThanOrEqual(9);
    expect(progress.at(-1)).toBe(rotation.resealed);
    expect(await generations()).toEqual(all(2));
    await expectReadable();
    const keys = await world.ask(
      'SELECT generation, retired_at IS NOT NULL AS retired FROM data_key WHERE org_id = $1 ORDER BY 1',
      [world.orgId],
    );
    expect(keys).toEqual([
      { generation: 1, retired: true },
      { generation: 2, retired: false },
    ]);
    expect((await verifyAudit(database.pool, world.orgId)).broken).toBeUndefined();
    const [line] = await world.ask<{ action: string; actor: string }>(
      'SELECT action, actor FROM audit WHERE org_id = $1 ORDER BY number DESC LIMIT 1',
      [world.orgId],
    );
    expect(line).toEqual({ action: 'dataKey.rotated', actor: 'test' });
  });

  test('rotation: one that was cut off is finished by the next run with the same key', async () => {
    let updates = 0;
    const pool = interpose(database.pool, {
      before: (text) => {
        if (!text.startsWith('UPDATE inbound')) return;
        updates += 1;
        if (updates === 2) throw new Error('the process was killed');
      },
    });
    const failing = { ...world.services, pool };
    await expect(rotateDataKey(failing, world.orgId, options)).rejects.toThrow('killed');
    // Both generations are there, and everything can be read with both.
    expect((await generations())[sealedColumns.inbound]?.toSorted()).toEqual([2, 3]);
    await expectReadable();
    const rotation = await rotateDataKey(world.services, world.orgId, options);
    expect(rotation).toMatchObject({ generation: 3, wasResumed: true, unreadable: 0 });
    expect(await generations()).toEqual(all(3));
    await expectReadable();
  });

  test('rotation: a row that is written meanwhile keeps what was written', async () => {
    const { services, orgId, connectionId } = world;
    const pool = interpose(database.pool, {
      before: async (text) => {
        if (!text.startsWith('UPDATE session')) return;
        // Between the rotation's read and its write a new token comes.
        const session = { token: 'bank-token', expiresAtMs: 4_000_000_000_000 };
        await saveSession(database.pool, services, orgId, connectionId, session);
      },
    });
    await rotateDataKey({ ...services, pool }, orgId, options);
    const session = await loadSession(database.pool, services, orgId, connectionId);
    expect(session).toEqual({ token: 'bank-token', expiresAtMs: 4_000_000_000_000 });
  });

  test('rotation: a row that cannot be opened is counted, and no key is retired for it', async () => {
    await database.pool.query(
      `UPDATE inbound SET sealed = set_byte(sealed, 38, get_byte(sealed, 38) # 1)
       WHERE inbound_id = 'inb_3'`,
    );
    const rotation = await rotateDataKey(world.services, world.orgId, options);
    expect(rotation.unreadable).toBe(1);
    const live = await world.ask(
      'SELECT generation FROM data_key WHERE org_id = $1 AND retired_at IS NULL',
      [world.orgId],
    );
    expect(live).toHaveLength(2);
    await database.pool.query(`UPDATE inbound SET sealed = NULL WHERE inbound_id = 'inb_3'`);
    const next = await rotateDataKey(world.services, world.orgId, options);
    expect(next).toMatchObject({ generation: rotation.generation, wasResumed: true });
  });

  test('rotation: replaced secrets move too, and other organisations stay as they are', async () => {
    const other = await createFlowWorld(database);
    const before = await other.ask<{ sealed: Buffer }>(
      'SELECT sealed FROM secret WHERE org_id = $1 ORDER BY secret_id',
      [other.orgId],
    );
    const { services, orgId, connectionId } = world;
    const sealed = await sealSecrets(services.keyring, orgId, {
      clientSecret: 'new-story-secret-1',
    });
    const client: PoolClient = await database.pool.connect();
    await writeSecrets(client, { orgId, ownerId: connectionId }, sealed);
    client.release();
    const { generation } = await rotateDataKey(services, orgId, options);
    expect((await generations())[sealedColumns.secret]).toEqual([generation]);
    const after = await other.ask<{ sealed: Buffer }>(
      'SELECT sealed FROM secret WHERE org_id = $1 ORDER BY secret_id',
      [other.orgId],
    );
    expect(after).toEqual(before);
  });
});
