import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isMasterKeyProbe, masterKeyProbe, readMasterKey } from './master-key.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cashbell-key-'));
  file = join(folder, 'keys', 'master.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (more: { fromEnvironment?: string; mustExist?: boolean } = {}): Promise<Buffer> =>
  readMasterKey({ file, mustExist: false, ...more });

describe('master key', () => {
  test('master key: the first start makes the file, for its owner alone', async () => {
    const key = await read();
    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
    expect((await read({ mustExist: true })).equals(key)).toBe(true);
  });

  test('master key: two first starts at once agree on one key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => read()));
    const stored = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
    expect(keys.every((key) => key.equals(stored))).toBe(true);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['master.key']);
  });

  test('master key: a file that others may read is closed', async () => {
    const key = await read();
    chmodSync(file, 0o644);
    expect((await read()).equals(key)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each(['base64', 'hex'] as const)(
    'master key: the environment gives it as %s, and no file is made',
    async (encoding) => {
      const key = randomBytes(32);
      const fromEnvironment = ` ${key.toString(encoding)}\n`;
      expect((await read({ fromEnvironment })).equals(key)).toBe(true);
      expect(existsSync(file)).toBe(false);
    },
  );

  test('master key: one of another size is refused, and its text is not repeated', async () => {
    const fromEnvironment = randomBytes(31).toString('base64');
    const error = await read({ fromEnvironment }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'secret.masterKeyInvalid',
      details: { where: 'CASHBELL_MASTER_KEY', bytes: 31 },
    });
    expect(String(error)).not.toContain(fromEnvironment);
    await read();
    writeFileSync(file, 'dG9vIHNob3J0');
    await expect(read()).rejects.toMatchObject({ code: 'secret.masterKeyInvalid' });
  });

  test('master key: none is made when the database already holds sealed data', async () => {
    await expect(read({ mustExist: true })).rejects.toMatchObject({
      code: 'secret.masterKeyMissing',
    });
    expect(existsSync(file)).toBe(false);
  });

  test('master key: the probe knows its key and its instance', () => {
    const key = randomBytes(32);
    const probe = masterKeyProbe(key, 'instance-1');
    expect(isMasterKeyProbe(key, 'instance-1', probe)).toBe(true);
    expect(isMasterKeyProbe(key, 'instance-2', probe)).toBe(false);
    expect(isMasterKeyProbe(randomBytes(32), 'instance-1', probe)).toBe(false);
    expect(isMasterKeyProbe(key, 'instance-1', probe.subarray(0, 31))).toBe(false);
  });
});
