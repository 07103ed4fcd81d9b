import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { signRobot } from './signature.ts';

interface Vector {
  readonly title: string;
  readonly input: { readonly timestampMs: number; readonly secret: string };
  readonly expected: { readonly sign: string; readonly encoded: string };
}

const file = new URL('../../vectors/dingtalk/robot-signature.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'));

test.each(vectors)('signRobot: vector $title', ({ input, expected }) => {
  const sign = signRobot(input.secret, input.timestampMs);
  expect(sign).toBe(expected.sign);
  expect(encodeURIComponent(sign)).toBe(expected.encoded);
});

test.each(vectors)('signRobot: another moment or secret signs differently, $title', (vector) => {
  const { secret, timestampMs } = vector.input;
  expect(signRobot(secret, timestampMs + 1)).not.toBe(vector.expected.sign);
  expect(signRobot(`${secret} `, timestampMs)).not.toBe(vector.expected.sign);
});
