import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { isMasterKeyProbe, masterKeyProbe } from '#secret/master-key.ts';
import { KEY_BYTES, seal, sealedGeneration, unseal } from '#secret/seal.ts';
import type { DataKey, SealedPlace } from '#secret/seal.ts';

/** Seals and opens for any organisation; data keys are unwrapped once and kept in memory only. */
export interface Keyring {
  readonly instanceId: string;
  seal(plain: Uint8Array, place: SealedPlace): Promise<Buffer>;
  unseal(sealed: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /** The current key, for callers that seal many rows without waiting for each. */
  currentKey(orgId: string): Promise<DataKey>;
  /** All generations, oldest first: while keys rotate each of them is valid. */
  keys(orgId: string): Promise<readonly DataKey[]>;
  /** Makes the next generation current; rows are sealed anew by the rotation job. */
  rotate(orgId: string): Promise<number>;
}

const WRAP_COLUMN = 'data_key.wrapped';
/** Other processes seal with a new generation at the latest after this time. */
const FRESH_MS = 30_000;

interface Ring {
  readonly keys: Promise<readonly DataKey[]>;
  readonly atMs: number;
}

/**
 * Opens the keyring of this database. A master key that is not the one this database was set up
 * with is refused here, before anything is read or written with it (ask 72).
 */
export async function openKeyring(
  pool: Pool,
  masterKey: Buffer,
  nowMs: () => number = Date.now,
): Promise<Keyring> {
  const instanceId = await checkInstance(pool, masterKey);
  const rings = new Map<string, Ring>();
  const wrapping: DataKey = { generation: 0, key: masterKey };

  const load = async (orgId: string): Promise<readonly DataKey[]> => {
    const { rows } = await pool.query<{ generation: number; wrapped: Buffer }>(
      'SELECT generation, wrapped FROM data_key WHERE org_id = $1 ORDER BY generation',
      [orgId],
    );
    if (rows.length === 0) return [await makeKey(pool, orgId, 1, wrapping)];
    return rows.map(({ generation, wrapped }) => ({
      generation,
      key: unseal(wrapped, wrapPlace(orgId, generation), wrapping),
    }));
  };
  const remember = (orgId: string, keys: Ring['keys']): void => {
    rings.set(orgId, { keys, atMs: nowMs() });
  };
  /** The known keys at once; old knowledge is renewed beside it, so that nobody waits for that. */
  const keysOf = (orgId: string): Ring['keys'] => {
    const known = rings.get(orgId);
    if (known === undefined) {
      const loading = load(orgId);
      remember(orgId, loading);
      loading.catch(() => rings.delete(orgId));
      return loading;
    }
    if (nowMs() - known.atMs >= FRESH_MS) {
      remember(orgId, known.keys);
      const renewed = load(orgId);
      renewed.then(
        () => remember(orgId, renewed),
        // The known keys serve on while the database is away.
        () => {},
      );
    }
    return known.keys;
  };
  const currentKey = async (orgId: string): Promise<DataKey> => {
    const key = (await keysOf(orgId)).at(-1);
    if (!key) throw new CashbellError('secret.unsealFailed', { reason: 'no data key' });
    return key;
  };
  const keyOf = async (orgId: string, generation: number): Promise<DataKey> => {
    const find = async (): Promise<DataKey | undefined> =>
      (await keysOf(orgId)).find((key) => key.generation === generation);
    const found = await find();
    if (found) return found;
    // Another process may have rotated since we loaded.
    rings.delete(orgId);
    const reloaded = await find();
    if (reloaded) return reloaded;
    throw new CashbellError('secret.unsealFailed', { reason: 'key generation', generation });
  };

  return {
    instanceId,
    currentKey,
    keys: keysOf,
    seal: async (plain, place) => seal(plain, place, await currentKey(place.orgId)),
    unseal: async (sealed, place) =>
      unseal(sealed, place, await keyOf(place.orgId, sealedGeneration(sealed))),
    rotate: async (orgId) => {
      const { generation } = await currentKey(orgId);
      await makeKey(pool, orgId, generation + 1, wrapping);
      rings.delete(orgId);
      return generation + 1;
    },
  };
}

function wrapPlace(orgId: string, generation: number): SealedPlace {
  return { orgId, column: WRAP_COLUMN, rowId: String(generation) };
}

async function makeKey(
  pool: Pool,
  orgId: string,
  generation: number,
  wrapping: DataKey,
): Promise<DataKey> {
  const key = randomBytes(KEY_BYTES);
  const wrapped = seal(key, wrapPlace(orgId, generation), wrapping);
  await pool.query(
    `INSERT INTO data_key (org_id, generation, wrapped) VALUES ($1, $2, $3)
     ON CONFLICT (org_id, generation) DO NOTHING`,
    [orgId, generation, wrapped],
  );
  // Two processes may have made one at the same moment; the row in the table is the one that counts.
  const { rows } = await pool.query<{ wrapped: Buffer }>(
    'SELECT wrapped FROM data_key WHERE org_id = $1 AND generation = $2',
    [orgId, generation],
  );
  const stored = rows[0];
  if (!stored) throw new CashbellError('secret.unsealFailed', { reason: 'data key not stored' });
  return { generation, key: unseal(stored.wrapped, wrapPlace(orgId, generation), wrapping) };
}

async function checkInstance(pool: Pool, masterKey: Buffer): Promise<string> {
  const fresh = newId('wrk').replace('wrk_', 'instance-');
  await pool.query(
    `INSERT INTO instance (instance_id, master_key_probe) VALUES ($1, $2)
     ON CONFLICT (only_row) DO NOTHING`,
    [fresh, masterKeyProbe(masterKey, fresh)],
  );
  const { rows } = await pool.query<{ instance_id: string; master_key_probe: Buffer }>(
    'SELECT instance_id, master_key_probe FROM instance',
  );
  const instance = rows[0];
  if (!instance || !isMasterKeyProbe(masterKey, instance.instance_id, instance.master_key_probe)) {
    throw new CashbellError('secret.masterKeyWrong', {
      instance: instance?.instance_id ?? 'missing',
    });
  }
  return instance.instance_id;
}
