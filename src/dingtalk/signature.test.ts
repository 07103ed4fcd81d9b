import { expect, test } from 'vitest';
import vectors from '../../vectors/dingtalk/robot-signature.json' with { type: 'json' };
import { signRobot } from './signature.ts';

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
