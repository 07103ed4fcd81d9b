import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { KEY_BYTES } from './seal.ts';

export interface MasterKeySource {
  /** Base64 or hex of 32 bytes, from `CASHBELL_MASTER_KEY`. */
  readonly fromEnvironment?: string;
  /** File with the same, made on first start with mode 0600 when it may be made. */
  readonly file: string;
  /** Never make a new key: the database already holds data sealed with another. */
  readonly mustExist: boolean;
}

/**
 * Reads the master key, or makes its file on the very first start. It stays outside the database,
 * so that a stolen dump opens nothing (ask 70).
 */
export async function readMasterKey(source: MasterKeySource): Promise<Buffer> {
  if (source.fromEnvironment !== undefined && source.fromEnvironment !== '') {
    return decodeKey(source.fromEnvironment, 'CASHBELL_MASTER_KEY');
  }
  try {
    const text = await readFile(source.file, 'utf8');
    await refuseLooseMode(source.file);
    return decodeKey(text, source.file);
  } catch (error) {
    if (isCashbellError(error)) throw error;
    if (!isMissingFile(error)) throw error;
    if (source.mustExist) {
      throw new CashbellError('secret.masterKeyMissing', { file: source.file });
    }
    return makeKeyFile(source.file);
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function refuseLooseMode(file: string): Promise<void> {
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(file, 0o600);
}

async function makeKeyFile(file: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Written whole under another name first: nobody ever reads half a key, and a power cut leaves none.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // Fails when another process made the file meanwhile; then that one counts.
    await link(draft, file);
  } catch (error) {
    if (!isExistingFile(error)) throw error;
    return decodeKey(await readFile(file, 'utf8'), file);
  } finally {
    await unlink(draft);
  }
  return key;
}

function isExistingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function decodeKey(text: string, where: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(trimmed, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new CashbellError('secret.masterKeyInvalid', { where, bytes: key.length });
  }
  return key;
}

/** A value in the database by which a wrong master key is noticed before anything is touched. */
export function masterKeyProbe(masterKey: Buffer, instanceId: string): Buffer {
  return createHmac('sha256', masterKey).update(`cashbell instance ${instanceId}`).digest();
}

export function isMasterKeyProbe(
  masterKey: Buffer,
  instanceId: string,
  probe: Uint8Array,
): boolean {
  const expected = masterKeyProbe(masterKey, instanceId);
  return probe.length === expected.length && timingSafeEqual(expected, probe);
}
