import { describe, expect, test } from 'vitest';
import { formatButton, parseButton } from './claim-buttons.ts';

describe('buttons of a claim', () => {
  test.each([
    [{ act: 'claim', version: 1 }, 'claim@1'],
    [{ act: 'claim', argument: 'itm_01abcd', version: 12 }, 'claim:itm_01abcd@12'],
    [{ act: 'assign', argument: 'per_01abcd', version: 3 }, 'assign:per_01abcd@3'],
  ] as const)('claim buttons: %o is %s and is read again', (button, id) => {
    expect(formatButton(button)).toBe(id);
    expect(parseButton(id)).toEqual(button);
  });

  test.each([
    '',
    'claim',
    'claim@',
    'claim@x',
    'payout@1',
    'claim@1@2',
    'claim:x y@1',
    'confirm@-1',
  ])('claim buttons: %s is none of ours', (id) => {
    expect(parseButton(id)).toBeUndefined();
  });
});
