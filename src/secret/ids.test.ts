import { describe, expect, test } from 'vitest';
import { formatId, parseId } from '#core/ids.ts';
import { newId } from './ids.ts';

describe('ids', () => {
  test('ids: a thousand are different and of the form that is accepted', () => {
    const ids = Array.from({ length: 1000 }, () => newId('ent'));
    expect(new Set(ids).size).toBe(1000);
    // Made within a few milliseconds, and yet in order.
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(parseId('ent', id)).toBe(id);
    expect(ids[0]).toMatch(/^ent_[0-9a-z]{26}$/);
  });

  test('ids: one made later sorts later, also over a change of digits', () => {
    const chance = new Uint8Array(16).fill(255);
    const zero = new Uint8Array(16);
    for (const ms of [31, 1023, 1_795_000_000_000, 2_199_023_255_551]) {
      expect(formatId('ent', ms, chance) < formatId('ent', ms + 1, zero)).toBe(true);
    }
  });

  test.each(['acc_0123456789', 'ent-0123456789', 'ent_', 'ENT_0123456789', "ent_1' OR '1'='1"])(
    'ids: %s is no entry, and the refusal names what was expected',
    (text) => {
      expect(() => parseId('ent', text)).toThrow(
        expect.objectContaining({ code: 'id.invalid', details: { expected: 'ent', text } }),
      );
    },
  );
});
