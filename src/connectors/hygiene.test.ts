import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConfigField } from './contract.ts';
import { checkConfigHygiene, checkHygiene, isSameKeyPair } from './hygiene.ts';

const secret: ConfigField = {
  name: 'clientSecret',
  isSecret: true,
  kind: 'text',
  isRequired: true,
  hint: '',
};
const channel: ConfigField = { ...secret, name: 'channelId', kind: 'digits', pattern: /^\d{5}$/ };
const privateField: ConfigField = { ...secret, name: 'privateKey', kind: 'pemPrivateKey' };
const publicField: ConfigField = { ...secret, name: 'bankPublicKey', kind: 'pemPublicKey' };

test.each([
  ['abc\n', 'trailingWhitespace', 4, 'LINE FEED (U+000A)', 'abc'],
  ['abc ', 'trailingWhitespace', 4, 'SPACE (U+0020)', 'abc'],
  ['abc\u00a0', 'trailingWhitespace', 4, 'NO-BREAK SPACE (U+00A0)', 'abc'],
  [' abc', 'leadingWhitespace', 1, 'SPACE (U+0020)', 'abc'],
  ['a\tbc', 'innerWhitespace', 2, 'TAB (U+0009)', 'abc'],
  // A mail client breaks long lines; a space inside may be part of a passphrase, so it stays.
  ['a\r\nbc', 'innerWhitespace', 2, 'CARRIAGE RETURN (U+000D)', 'abc'],
  ['a bc', 'innerWhitespace', 2, 'SPACE (U+0020)', 'a bc'],
  ['a\u200bbc', 'invisibleCharacter', 2, 'ZERO WIDTH SPACE (U+200B)', 'abc'],
  ['\ufeffabc', 'invisibleCharacter', 1, 'BYTE ORDER MARK (U+FEFF)', 'abc'],
  ['a\u0000bc', 'invisibleCharacter', 2, 'U+0000', 'abc'],
  ['"abc"', 'quoted', 1, 'QUOTATION MARK', 'abc'],
  ['аbc', 'homoglyph', 1, 'U+0430', 'abc'],
  ['a–c', 'homoglyph', 2, 'U+2013', 'a-c'],
  // Positions count what a person sees, not UTF-16 units.
  ['😀\n', 'trailingWhitespace', 2, 'LINE FEED (U+000A)', '😀'],
])('hygiene: %j has %s at %i', (value, kind, position, character, repaired) => {
  expect(checkHygiene(secret, value)).toEqual([
    expect.objectContaining({ field: 'clientSecret', kind, position, character, repaired }),
  ]);
});

test('hygiene: several faults are each named once, and one repair takes all away', () => {
  const found = checkHygiene(secret, ' "a\u200bb\u200b" \n');
  expect(found.map((one) => one.kind)).toEqual([
    'leadingWhitespace',
    'invisibleCharacter',
    'trailingWhitespace',
    'quoted',
  ]);
  expect(new Set(found.map((one) => one.repaired))).toEqual(new Set(['ab']));
});

test.each([
  ['9505l', { kind: 'lookalike', position: 5, character: 'l', suggested: '1', repaired: '95051' }],
  ['95O51', { kind: 'lookalike', position: 3, character: 'O', suggested: '0', repaired: '95051' }],
  ['9SO5l', { kind: 'lookalike', position: 2, character: 'S', suggested: '5', repaired: '95051' }],
  ['9505', { kind: 'patternMismatch' }],
  ['95051 ', { kind: 'trailingWhitespace', repaired: '95051' }],
])('hygiene: the pattern of a field tells 0 from O: %s', (value, finding) => {
  expect(checkHygiene(channel, value)).toEqual([expect.objectContaining(finding)]);
});

test('hygiene: where two places could be meant, the first is shown and nothing is repaired', () => {
  const [finding] = checkHygiene({ ...secret, pattern: /^(0O|O0)$/ }, 'OO');
  expect(finding).toMatchObject({ kind: 'lookalike', position: 1, suggested: '0' });
  expect(finding?.repaired).toBe(undefined);
});

test('hygiene: a clean value has no finding, a missing required one has', () => {
  expect(checkHygiene(secret, 's3cr3t-Test-Only-0123456789abcdef')).toEqual([]);
  expect(checkHygiene(channel, '95051')).toEqual([]);
  expect(checkHygiene(secret, '')).toEqual([{ field: 'clientSecret', kind: 'missing' }]);
  expect(checkHygiene({ ...secret, isRequired: false }, undefined)).toEqual([]);
  const choice = { ...secret, kind: 'choice' as const, choices: ['14', '12'] };
  expect(checkHygiene(choice, '14')).toEqual([]);
  expect(checkHygiene(choice, '15')).toMatchObject([{ kind: 'choiceUnknown' }]);
});

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const bare = pair.privateKey.replace(/-----.*-----\n/g, '').trim();

test.each([
  ['newlines as \\n', pair.privateKey.replaceAll('\n', '\\n'), 'escapedNewlines'],
  ['one line', pair.privateKey.replaceAll('\n', ' '), 'onOneLine'],
  ['no BEGIN and END', bare, 'beginLineMissing'],
  ['no END', pair.privateKey.replace(/-----END.*/s, ''), 'endLineMissing'],
  ['long dashes', pair.privateKey.replaceAll('-----', '–––––'), 'typographicDashes'],
  ['indented', pair.privateKey.replaceAll('\n', '\n  '), 'indented'],
  ['quotation marks', `"${pair.privateKey}"`, 'quoted'],
  ['zero width spaces', pair.privateKey.replace('M', '\u200bM'), 'invisibleCharacters'],
  ['labels that differ', pair.privateKey.replace('END PRIVATE', 'END RSA PRIVATE'), 'labelsDiffer'],
])('hygiene: a key with %s is named and repaired', (_title, value, what) => {
  const found = checkHygiene(privateField, value);
  expect(found.map((one) => one.what)).toContain(what);
  const [first] = found;
  expect(checkHygiene(privateField, first?.repaired)).toEqual([]);
  expect(isSameKeyPair(first?.repaired ?? '', pair.publicKey)).toBe(true);
});

test('hygiene: a key of another kind, cut, short, or in the wrong field is named, not repaired', () => {
  const kinds = (field: ConfigField, value: string) =>
    checkHygiene(field, value).map(({ kind, what, repaired }) => [kind, what, repaired]);
  expect(kinds(privateField, pair.publicKey)).toEqual([['pemWrongKind', 'publicKey', undefined]]);
  expect(kinds(publicField, pair.privateKey)).toEqual([['pemWrongKind', 'privateKey', undefined]]);
  expect(kinds(publicField, pair.publicKey)).toEqual([]);
  const cut = pair.privateKey.replace(bare.slice(200, 300), '');
  expect(kinds(privateField, cut)).toEqual([['pemDamaged', 'unreadable', undefined]]);
  expect(kinds(privateField, pair.privateKey.replace(/PRIVATE/g, 'ENCRYPTED PRIVATE'))).toEqual([
    ['pemWrongKind', 'encryptedPrivateKey', undefined],
  ]);
  const short = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  expect(kinds(privateField, short.privateKey)).toEqual([['pemTooWeak', 'rsa1024', undefined]]);
  expect(isSameKeyPair(short.privateKey, pair.publicKey)).toBe(false);
});

test('hygiene: whatever is pasted, it never throws, and a repaired value is clean', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      checkConfigHygiene([privateField, publicField, channel], {
        privateKey: value,
        bankPublicKey: value,
        channelId: value,
      });
      const repaired = checkHygiene(secret, value)[0]?.repaired;
      if (repaired === undefined || repaired === '') return;
      const left = checkHygiene(secret, repaired).map((one) => one.kind);
      expect(left.filter((kind) => kind !== 'innerWhitespace' && kind !== 'quoted')).toEqual([]);
    }),
  );
});
