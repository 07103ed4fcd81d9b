import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CashbellError } from './errors.ts';
import { SecretText } from './secret-text.ts';

const word = 'kata-sandi-0O1l';
const secret = new SecretText(word);
/** As careless code sees it; the linter keeps such code out. */
const loose = secret as unknown as string;
const parts: object = secret;

describe('secret text', () => {
  test.each<[string, () => string]>([
    ['a template', () => `${loose}`],
    ['a joined list', () => [secret, 'x'].join(' ')],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspect', () => inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
    ['an error', () => inspect(new Error(`wrong: ${loose}`, { cause: { secret } }))],
    [
      'one of our errors',
      () => inspect(new CashbellError('secret.hygiene', { value: `${loose}` })),
    ],
    [
      'its own keys',
      () => Object.entries(secret).join() + Object.getOwnPropertyNames(secret).join(),
    ],
    ['a copy', () => JSON.stringify({ ...parts }) + inspect(structuredClone({ ...parts }))],
  ])('secret text: it does not come out in %s', (_where, write) => {
    expect(write()).not.toContain(word);
  });

  test('secret text: it says what it is where it is printed, and only reveal gives it out', () => {
    expect(`${loose}`).toBe('[secret]');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
    expect(secret.reveal()).toBe(word);
  });
});
