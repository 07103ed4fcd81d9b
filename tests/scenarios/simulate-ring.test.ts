import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { leaveNothingBehind } from '#tests/servers.ts';
import { simulateRing } from '../../tools/simulate/run.ts';

/** The large run is `npm run simulate -- ring --movements 20000 --kills 50`. */
const SIZE = { movements: 120, kills: 3 };
const LIMIT_MS = 600_000;

test(
  'every movement is told once and in order, whatever is killed',
  async () => {
    const seed = Number(process.env['SIMULATE_SEED'] ?? randomInt(1, 1_000_000));
    const repeat = `npm run simulate -- ring --seed ${seed} --movements ${SIZE.movements} --kills ${SIZE.kills}`;
    process.stdout.write(`${repeat}\n`);
    const ended = leaveNothingBehind('simulation');
    const { verdict, movements } = await simulateRing({ seed, ...SIZE, tell: () => undefined });
    ended();
    expect(movements, repeat).toHaveLength(SIZE.movements);
    expect(verdict.lost, repeat).toEqual([]);
    expect(verdict.notTheLast, repeat).toEqual([]);
    expect(verdict.outOfOrder, repeat).toEqual([]);
    expect(verdict.toldTwice, repeat).toEqual(verdict.toldTwiceUnavoidable);
  },
  LIMIT_MS,
);
