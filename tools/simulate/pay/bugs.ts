import { CashbellError } from '#core/errors.ts';
import { judgeExecution } from '#core/payment-checks.ts';
import type { TransferReport } from '#core/payments.ts';
import { outcomeOf } from '#engine/transfer-calls.ts';
import type { BankAnswer } from './bank.ts';
import { surveyScene } from './checks.ts';
import type { Swap } from './run.ts';
import { callTheBank } from './steps.ts';

/** Mistakes that would be made easily. Each puts one step in the place of the right one. */
export const bugs = {
  /** The order is sent first and written down when its answer is there. */
  recordAfterCall: (right, world, process, paymentId) => {
    let said: BankAnswer<TransferReport> | undefined;
    return {
      ...right,
      intend: async (reading) => {
        const { ledger, settings } = world;
        const row = ledger.get(paymentId);
        const scene = surveyScene(ledger, settings, row, reading, process.nowMs());
        // The balance is not what this is about.
        if (judgeExecution({ ...scene, cash: 'notOffered' }).kind === 'pass') {
          const signed = { externalId: `x${process.nowMs()}`, signedAtMs: process.nowMs() };
          said = await callTheBank(world, process, row, signed);
          await process.pass(paymentId, 'after the answer');
        }
        return right.intend(reading);
      },
      send: async () => {
        const { attempt } = world.ledger.get(paymentId);
        if (!said || !attempt) return right.send();
        attempt.state = 'sending';
        attempt.sentAtMs = process.nowMs();
        return said.kind === 'answer'
          ? { kind: 'answered', report: said.value }
          : outcomeOf(new CashbellError(said.code), true);
      },
    };
  },

  /** Whatever was not answered is sent again. */
  blindResend: (right) => ({
    ...right,
    send: async () => {
      const outcome = await right.send();
      return outcome.kind === 'answerLost'
        ? { kind: 'notExecuted', reason: outcome.reason, isOurs: false }
        : outcome;
    },
  }),

  /** What an event says of an approval is believed, and the approval not read. */
  trustEvent: (right, { ledger, intake }, _process, paymentId) => ({
    ...right,
    readApproval: async () => {
      const { sourceKey, digest, maker } = ledger.get(paymentId);
      if (!intake.heardAgreed.has(sourceKey)) return right.readApproval();
      const approvers = ['told-1', 'told-2', 'told-3'];
      return { kind: 'agreed', digest, originator: maker, approvers };
    },
  }),
} as const satisfies Record<string, Swap>;

export type BugName = keyof typeof bugs;
