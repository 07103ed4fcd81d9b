import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bugs } from '../../tools/simulate/pay/bugs.ts';
import type { BugName } from '../../tools/simulate/pay/bugs.ts';
import { leaveNothingBehind } from '#tests/servers.ts';
import { simulateRealPay } from '../../tools/simulate/pay-real/run.ts';
import { faults, firstFinding } from '../../tools/simulate/pay/explain.ts';
import { simulatePay } from '../../tools/simulate/pay/run.ts';
import type { PayOptions, PayResult } from '../../tools/simulate/pay/run.ts';

/** The large run is `npm run simulate -- pay --payments 100000`. */
const PAYMENTS = 3_000;
const PAYMENTS_OF_A_BUG = 200;
const LIMIT_MS = 600_000;
const seed = Number(process.env['SIMULATE_SEED'] ?? randomInt(1, 1_000_000));
/** A mistake must be found every time: here nothing is left to chance. */
const SEED_OF_A_BUG = 20261123;

function commandOf(options: PayOptions): string {
  return `npm run simulate -- pay --seed ${options.seed} --payments ${options.payments}`;
}

async function run(options: PayOptions): Promise<PayResult> {
  process.stdout.write(`${commandOf(options)}\n`);
  return simulatePay(options);
}

describe('payments in virtual time', () => {
  test(
    'simulation: whatever dies or fails, each payment is paid once, as it was agreed, and told as it is',
    async () => {
      const options = { seed, payments: PAYMENTS };
      const { verdict, kills } = await run(options);
      const again = commandOf(options);
      for (const fault of faults) expect(verdict[fault], again).toEqual([]);
      // A run in which nothing happened would prove nothing.
      expect(kills, again).toBeGreaterThan(PAYMENTS / 10);
      expect(verdict.executed, again).toBeGreaterThan(PAYMENTS / 2);
    },
    LIMIT_MS,
  );

  test.each<[BugName, string[]]>([
    ['recordAfterCall', ['paidTwice']],
    ['blindResend', ['paidTwice']],
    ['trustEvent', ['paidWithoutAuthority', 'paidChanged']],
  ])(
    'simulation: the mistake %s is found within 200 payments',
    async (bug, expected) => {
      const options = { seed: SEED_OF_A_BUG, payments: PAYMENTS_OF_A_BUG };
      expect(firstFinding((await run(options)).verdict)).toBeUndefined();
      const { verdict } = await run({ ...options, swap: bugs[bug] });
      expect(expected, `${commandOf(options)} --bug ${bug}`).toContain(
        firstFinding(verdict)?.fault,
      );
    },
    LIMIT_MS,
  );

  test(
    'simulation: the same seed gives the same run',
    async () => {
      const summary = ({ verdict, kills, happenings, cards }: PayResult) => ({
        verdict,
        kills,
        happenings,
        cards,
      });
      const options = { seed, payments: PAYMENTS_OF_A_BUG };
      expect(summary(await run(options))).toEqual(summary(await run(options)));
    },
    LIMIT_MS,
  );
});

describe('payments with real processes', () => {
  test(
    'simulation: killed workers, real sockets and a real database leave the banks’ books right',
    async () => {
      const options = { seed, payments: 30, kills: 3 };
      const again = `npm run simulate -- pay --real --seed ${seed} --payments 30 --kills 3`;
      process.stdout.write(`${again}\n`);
      const ended = leaveNothingBehind('simulation');
      const result = await simulateRealPay({ ...options, tell: () => undefined });
      ended();
      const { verdict, life } = result;
      for (const fault of faults) {
        expect(verdict[fault], `${again}\n${life.join('\n')}`).toEqual([]);
      }
      expect(result.killed, again).toBe(3);
      expect(result.unplannedEnds, again).toEqual([]);
      expect(verdict.executed, again).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );
});
