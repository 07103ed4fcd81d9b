import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealedGeneration } from '#secret/seal.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { waitFor } from '#tests/wait.ts';
import { openKeyring } from './keyring.ts';

const masterKey = randomBytes(32);
const plain = Buffer.from('token of a bank');
let database: TestDatabase;
let orgs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function makeOrg(): Promise<string> {
  orgs += 1;
  const orgId = `org_test${orgs}`;
  await database.pool.query(`INSERT INTO org (org_id, name) VALUES ($1, 'Org')`, [orgId]);
  return orgId;
}

const placeIn = (orgId: string) => ({ orgId, column: 'secret.sealed', rowId: 'sec_1' });

describe('keyring', () => {
  test('keyring: a master key of another installation is refused, and nothing is written', async () => {
    const orgId = await makeOrg();
    const keyring = await openKeyring(database.pool, masterKey);
    await keyring.seal(plain, placeIn(orgId));
    const books = () =>
      database.pool
        .query(
          `SELECT (SELECT json_agg(i) FROM instance i) AS i, (SELECT json_agg(k) FROM data_key k) AS k`,
        )
        .then(({ rows }) => JSON.stringify(rows));
    const before = await books();
    await expect(openKeyring(database.pool, randomBytes(32))).rejects.toMatchObject({
      code: 'secret.masterKeyWrong',
      details: { instance: keyring.instanceId },
    });
    expect(await books()).toBe(before);
    expect((await openKeyring(database.pool, masterKey)).instanceId).toBe(keyring.instanceId);
  });

  test('keyring: two processes that make the first key at once agree on one', async () => {
    const orgId = await makeOrg();
    const rings = await Promise.all(
      Array.from({ length: 6 }, () => openKeyring(database.pool, masterKey)),
    );
    const sealed = await Promise.all(rings.map((ring) => ring.seal(plain, placeIn(orgId))));
    for (const ring of rings) {
      for (const bytes of sealed) {
        expect((await ring.unseal(bytes, placeIn(orgId))).equals(plain)).toBe(true);
      }
    }
    const { rows } = await database.pool.query('SELECT 1 FROM data_key WHERE org_id = $1', [orgId]);
    expect(rows).toHaveLength(1);
  });

  test('keyring: the data key stands in the database only under the master key', async () => {
    const orgId = await makeOrg();
    const keyring = await openKeyring(database.pool, masterKey);
    const { key } = await keyring.currentKey(orgId);
    const { rows } = await database.pool.query<{ wrapped: Buffer }>(
      'SELECT wrapped FROM data_key WHERE org_id = $1',
      [orgId],
    );
    expect(rows[0]?.wrapped.includes(key)).toBe(false);
  });

  test('keyring: a key that was copied to another organisation does not unwrap', async () => {
    const [from, to] = [await makeOrg(), await makeOrg()];
    const keyring = await openKeyring(database.pool, masterKey);
    await keyring.currentKey(from);
    await database.pool.query(
      `INSERT INTO data_key (org_id, generation, wrapped)
       SELECT $2, generation, wrapped FROM data_key WHERE org_id = $1`,
      [from, to],
    );
    await expect(keyring.currentKey(to)).rejects.toMatchObject({ code: 'secret.unsealFailed' });
  });

  test('keyring: after a rotation old rows open and new rows use the new key', async () => {
    const orgId = await makeOrg();
    const keyring = await openKeyring(database.pool, masterKey);
    const old = await keyring.seal(plain, placeIn(orgId));
    expect(await keyring.rotate(orgId)).toBe(2);
    const fresh = await keyring.seal(plain, placeIn(orgId));
    expect([old, fresh].map(sealedGeneration)).toEqual([1, 2]);
    for (const sealed of [old, fresh]) {
      expect((await keyring.unseal(sealed, placeIn(orgId))).equals(plain)).toBe(true);
    }
    expect((await keyring.keys(orgId)).map(({ generation }) => generation)).toEqual([1, 2]);
  });

  test('keyring: another process opens what the new key sealed at once, and seals with it soon', async () => {
    const orgId = await makeOrg();
    let nowMs = 1_000;
    const here = await openKeyring(database.pool, masterKey);
    const there = await openKeyring(database.pool, masterKey, () => nowMs);
    const silent = await openKeyring(database.pool, masterKey, () => nowMs);
    await there.currentKey(orgId);
    await silent.currentKey(orgId);
    await here.rotate(orgId);
    const sealed = await here.seal(plain, placeIn(orgId));
    expect((await there.unseal(sealed, placeIn(orgId))).equals(plain)).toBe(true);
    expect((await there.currentKey(orgId)).generation).toBe(2);
    // One that never sees a new row hears of it by the clock alone.
    expect((await silent.currentKey(orgId)).generation).toBe(1);
    nowMs += 30_000;
    await waitFor(async () => (await silent.currentKey(orgId)).generation === 2, {
      what: 'the new generation',
    });
  });

  test('keyring: known keys serve on while the database is away', async () => {
    const orgId = await makeOrg();
    const own = await createTestDatabase();
    await own.pool.query(`INSERT INTO org (org_id, name) VALUES ($1, 'Org')`, [orgId]);
    let nowMs = 1_000;
    const keyring = await openKeyring(own.pool, masterKey, () => nowMs);
    const sealed = await keyring.seal(plain, placeIn(orgId));
    await own.drop();
    nowMs += 60_000;
    expect((await keyring.unseal(sealed, placeIn(orgId))).equals(plain)).toBe(true);
    nowMs += 60_000;
    expect((await keyring.unseal(sealed, placeIn(orgId))).equals(plain)).toBe(true);
  });

  test('keyring: a failure to read the keys is not remembered', async () => {
    const orgId = `org_late${orgs}`;
    const keyring = await openKeyring(database.pool, masterKey);
    // The organisation is not there yet, so no key can be made for it.
    await expect(keyring.currentKey(orgId)).rejects.toThrow(/foreign key/);
    await database.pool.query(`INSERT INTO org (org_id, name) VALUES ($1, 'Org')`, [orgId]);
    expect((await keyring.currentKey(orgId)).generation).toBe(1);
  });
});
