import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isCardCallbackSigned, registerCardCallback, toPressBody } from './card-callback.ts';

interface Vector {
  readonly title: string;
  readonly input: { readonly apiSecret: string; readonly timestamp: string };
  readonly expected: { readonly signature: string };
}

const file = new URL('../../vectors/dingtalk/card-callback.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'));
const MINUTE = 60_000;

describe('presses by HTTP', () => {
  test.each(vectors)('card callback: vector $title', ({ input, expected }) => {
    const stamp = { timestamp: input.timestamp, signature: expected.signature };
    const at = Number(input.timestamp);
    expect(isCardCallbackSigned(input.apiSecret, stamp, at)).toBe(true);
    expect(isCardCallbackSigned(input.apiSecret, stamp, at + 4 * MINUTE)).toBe(true);
    expect(isCardCallbackSigned(input.apiSecret, stamp, at - 4 * MINUTE)).toBe(true);
  });

  test.each<[string, (vector: Vector) => [string, string, string, number]]>([
    [
      'another secret',
      ({ input, expected }) => [`${input.apiSecret}x`, input.timestamp, expected.signature, 0],
    ],
    [
      'another moment',
      ({ input, expected }) => [input.apiSecret, '1700000000001', expected.signature, 0],
    ],
    [
      'a cut signature',
      ({ input, expected }) => [
        input.apiSecret,
        input.timestamp,
        expected.signature.slice(0, -2),
        0,
      ],
    ],
    [
      'an old call',
      ({ input, expected }) => [input.apiSecret, input.timestamp, expected.signature, 6 * MINUTE],
    ],
    [
      'a call of tomorrow',
      ({ input, expected }) => [input.apiSecret, input.timestamp, expected.signature, -6 * MINUTE],
    ],
    ['no moment', ({ input, expected }) => [input.apiSecret, '', expected.signature, 0]],
    ['no signature', ({ input }) => [input.apiSecret, input.timestamp, '', 0]],
  ])('card callback: %s is refused', (_what, change) => {
    for (const vector of vectors) {
      const [secret, timestamp, signature, offset] = change(vector);
      const at = Number(vector.input.timestamp) + offset;
      expect(isCardCallbackSigned(secret, { timestamp, signature }, at)).toBe(false);
    }
  });

  test('card callback: an answer changes by key, and an empty one nothing', () => {
    expect(toPressBody({})).toEqual({});
    expect(toPressBody({ everybody: { state: 'claimed' }, presser: { hint: 'no' } })).toEqual({
      cardData: { cardParamMap: { state: 'claimed' } },
      userPrivateData: { cardParamMap: { hint: 'no' } },
      cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
    });
  });

  test('card callback: our address is registered with its secret, again where it changed', () => {
    const request = registerCardCallback.request({
      token: 'token',
      callbackRouteKey: 'cashbell-app_1',
      callbackUrl: 'https://pay.example/dingtalk/cards/org_1/app_1',
      apiSecret: 'secret',
    });
    expect(request).toMatchObject({ method: 'POST', path: '/v1.0/card/callbacks/register' });
    expect(JSON.parse(String(request.body))).toEqual({
      callbackRouteKey: 'cashbell-app_1',
      callbackUrl: 'https://pay.example/dingtalk/cards/org_1/app_1',
      apiSecret: 'secret',
      forceUpdate: true,
    });
  });
});
