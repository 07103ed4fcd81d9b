import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isInboundToken, issueInboundToken } from './inbound-tokens.ts';

const key = { generation: 1, key: randomBytes(32) };
const now = 1_795_000_000_000;
const token = issueInboundToken('con_a', key, now, 900);

describe('inbound tokens', () => {
  test('inbound tokens: ours is known until its end', () => {
    expect(isInboundToken(token, 'con_a', key, now)).toBe(true);
    expect(isInboundToken(token, 'con_a', key, now + 899_999)).toBe(true);
    expect(isInboundToken(token, 'con_a', key, now + 900_000)).toBe(false);
  });

  test('inbound tokens: another connection or key does not take it', () => {
    expect(isInboundToken(token, 'con_b', key, now)).toBe(false);
    expect(isInboundToken(token, 'con_a', { generation: 1, key: randomBytes(32) }, now)).toBe(
      false,
    );
  });

  test('inbound tokens: a changed bit anywhere, a longer end among them, is noticed', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(isInboundToken(changed.toString('base64url'), 'con_a', key, now), `${index}`).toBe(
        false,
      );
    }
  });

  test.each(['', 'x', 'Bearer x', `${token}AAAA`, token.slice(0, -4)])(
    'inbound tokens: %j is none',
    (text) => expect(isInboundToken(text, 'con_a', key, now)).toBe(false),
  );

  test('inbound tokens: two of one moment differ', () => {
    expect(issueInboundToken('con_a', key, now, 900)).not.toBe(token);
  });
});
