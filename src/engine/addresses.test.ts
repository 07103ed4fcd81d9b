import { describe, expect, test } from 'vitest';
import { isAddressAllowed } from './addresses.ts';

describe('addresses', () => {
  test.each<[string, string, readonly string[], boolean]>([
    // No list narrows nothing: the signature is the proof.
    ['no list', '203.0.113.9', [], true],
    ['an address', '203.0.113.9', ['203.0.113.9'], true],
    ['another address', '203.0.113.10', ['203.0.113.9'], false],
    ['a range', '203.0.113.200', ['203.0.113.0/24'], true],
    ['the neighbour of a range', '203.0.114.0', ['203.0.113.0/24'], false],
    ['a second entry', '198.51.100.1', ['203.0.113.0/24', '198.51.100.1'], true],
    ['everything', '198.51.100.1', ['0.0.0.0/0'], true],
    // Node shows IPv4 callers of a dual-stack socket as mapped addresses.
    ['a mapped caller', '::ffff:203.0.113.9', ['203.0.113.9'], true],
    ['a mapped caller of a range', '::ffff:203.0.113.9', ['203.0.113.0/28'], true],
    ['a mapped entry', '203.0.113.9', ['::ffff:203.0.113.9'], true],
    ['IPv6', '2001:db8::1', ['2001:db8:0:0::1'], true],
    ['an IPv6 range', '2001:db8:1::5', ['2001:db8::/32'], true],
    ['outside an IPv6 range', '2001:db9::5', ['2001:db8::/32'], false],
    ['IPv4 against an IPv6 range', '203.0.113.9', ['::/0'], false],
    ['IPv6 against an IPv4 range', '2001:db8::1', ['0.0.0.0/0'], false],
    ['a word', 'unknown', ['0.0.0.0/0'], false],
    ['nothing', '', ['0.0.0.0/0'], false],
  ])('addresses: %s', (_what, address, list, expected) => {
    expect(isAddressAllowed(address, list)).toBe(expected);
  });

  test('addresses: a mapped range counts as its IPv4 range', () => {
    expect(isAddressAllowed('203.0.113.9', ['::ffff:203.0.113.0/120'])).toBe(true);
  });

  test('addresses: an entry that is none lets nobody in and does not keep others out', () => {
    expect(isAddressAllowed('203.0.113.9', ['bank.example', '203.0.113.9'])).toBe(true);
    expect(isAddressAllowed('203.0.113.9', ['bank.example', '10.0.0.0/99'])).toBe(false);
  });
});
