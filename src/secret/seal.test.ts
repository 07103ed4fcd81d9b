import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fingerprint, KEY_BYTES, seal, sealedGeneration, unseal } from './seal.ts';
import type { DataKey } from './seal.ts';

const place = { orgId: 'org_a', column: 'secret.sealed', rowId: 'sec_1' };
const key: DataKey = { generation: 3, key: randomBytes(KEY_BYTES) };
const plain = Buffer.from('kunci rahasia 密钥');
const failed = expect.objectContaining({ code: 'secret.unsealFailed' });

describe('seal', () => {
  test('seal: what was sealed opens at its place with its key', () => {
    expect(unseal(seal(plain, place, key), place, key).equals(plain)).toBe(true);
    expect(unseal(seal(Buffer.alloc(0), place, key), place, key)).toHaveLength(0);
  });

  test('seal: equal texts are sealed differently, and the text cannot be read in the bytes', () => {
    const [first, second] = [seal(plain, place, key), seal(plain, place, key)];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(plain)).toBe(false);
  });

  test.each([
    ['another organisation', { ...place, orgId: 'org_b' }],
    ['another column', { ...place, column: 'inbound.sealed' }],
    ['another row', { ...place, rowId: 'sec_2' }],
    // Joined with a separator these two would be one and the same place.
    ['parts that only add up to the same text', { ...place, orgId: 'org_a","secret' }],
  ])('seal: bytes that were moved to %s do not open', (_what, other) => {
    expect(() => unseal(seal(plain, place, key), other, key)).toThrow(failed);
  });

  test('seal: another key does not open', () => {
    const other = { generation: 3, key: randomBytes(KEY_BYTES) };
    expect(() => unseal(seal(plain, place, key), place, other)).toThrow(failed);
  });

  test('seal: a changed byte anywhere is noticed, a missing tail too', () => {
    const sealed = seal(plain, place, key);
    // The four bytes of the generation only choose the key; a wrong one finds a key that fails.
    const checked = [...sealed.keys()].filter((index) => index === 0 || index > 4);
    for (const index of checked) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => unseal(changed, place, key), `byte ${index}`).toThrow(failed);
    }
    for (const length of [0, 5, 32, sealed.length - 1]) {
      expect(() => unseal(sealed.subarray(0, length), place, key), `${length}`).toThrow(failed);
    }
  });

  test('seal: the bytes tell which generation opens them, also behind an offset', () => {
    const sealed = seal(plain, place, key);
    expect(sealedGeneration(sealed)).toBe(3);
    const shifted = new Uint8Array(Buffer.concat([Buffer.from('xx'), sealed])).subarray(2);
    expect(sealedGeneration(shifted)).toBe(3);
    expect(unseal(shifted, place, key).equals(plain)).toBe(true);
    expect(sealedGeneration(seal(plain, place, { ...key, generation: 4_000_000_000 }))).toBe(
      4_000_000_000,
    );
  });

  test('seal: a fingerprint tells two secrets apart and is short', () => {
    expect(fingerprint('a')).toMatch(/^[0-9a-f]{12}$/);
    expect(fingerprint('a')).toBe(fingerprint('a'));
    expect(fingerprint('a')).not.toBe(fingerprint('a '));
  });
});
