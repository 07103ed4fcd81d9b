import { CashbellError } from '#core/errors.ts';
import { expiresAtMs, isResent } from '#core/payment-life.ts';
import { isExecutable, isUnsent } from '#core/payment-happenings.ts';
import { isAbsent } from '#core/payment-outcomes.ts';
import type { Happening, PaymentLife } from '#core/payment-happenings.ts';
import type { ApprovalReading } from '#core/payments.ts';

/** What a payment does to the world; the story decides, these do. Each is safe to run again. */
export interface PaymentSteps {
  /** The payment as it was committed last. */
  load(): Promise<PaymentLife>;
  nowMs(): number;
  /** Asks DingTalk, or our own table of approvals, how it stands now. */
  readApproval(): Promise<ApprovalReading>;
  /**
   * The choke point: every check, and if all pass, the intent of one attempt, in one transaction.
   * Nothing is sent to a bank without it.
   */
  intend(reading: ApprovalReading): Promise<PaymentLife>;
  /** Sends the attempt whose intent is on disk, at most once. Never throws: loss is a value too. */
  send(): Promise<Happening>;
  /** What the bank told by itself, oldest first. */
  readNotice(): Promise<Happening>;
  /** Asks the bank what became of it, by our reference. Never throws. */
  ask(): Promise<Happening>;
  /** Commits what happened, with everything that is to be told of it. */
  record(happening: Happening): Promise<PaymentLife>;
  /** Something that cannot be done now is tried again later; people hear of it by its age. */
  postpone(error: CashbellError): Promise<void>;
}

/** A life that goes on by itself has fewer steps than this; more would be a mistake of ours. */
const STEPS_MAX = 12;

/**
 * The life of a payment: wait for approval, check, send once, and ask until the end is certain.
 *
 * It is re-entered at the state that was committed last, after every wake-up and every crash. What
 * was on its way to the bank when a process died is never sent again: its outcome is unknown, and
 * the bank is asked.
 */
export async function advancePayment(steps: PaymentSteps): Promise<PaymentLife> {
  let life = await steps.load();
  let reading: ApprovalReading | undefined;
  try {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const before = life;
      // What was sent before may be at the bank after all: nothing leaves over news of it.
      const heard = isExecutable(life) ? await hear(life, steps) : undefined;
      if (heard) {
        life = await steps.record(heard);
      } else if (isUnsent(life) && steps.nowMs() >= expiresAtMs(life)) {
        life = await steps.record({ kind: 'expired' });
      } else if (life.state === 'awaitingApproval') {
        reading = await steps.readApproval();
        life = await steps.record({ kind: 'approvalRead', reading });
      } else if (isExecutable(life)) {
        // What was read a moment ago in this very run is fresh; anything older is read again.
        life = await clear(life, steps, reading);
        reading = undefined;
      } else {
        life = await steps.record(await follow(life, steps));
      }
      if (!goesOnAtOnce(before, life, steps.nowMs())) return life;
    }
  } catch (error) {
    if (!(error instanceof CashbellError)) throw error;
    await steps.postpone(error);
  }
  return life;
}

/** Through the checks. Before a second sending the bank is asked once more for the first one. */
async function clear(
  life: PaymentLife,
  steps: PaymentSteps,
  reading: ApprovalReading | undefined,
): Promise<PaymentLife> {
  if (isResent(life) && life.canAsk) {
    const asked = await steps.ask();
    const asIs = await steps.record(asked);
    const mayGo = asked.kind === 'asked' && isAbsent(asked.answer) && isExecutable(asIs);
    if (!mayGo) return asIs;
  }
  return steps.intend(reading ?? (await steps.readApproval()));
}

/** News that lies on disk and that nobody has judged yet. */
function hear(life: PaymentLife, steps: PaymentSteps): Promise<Happening> | Happening | undefined {
  if (life.hasReturn && life.state !== 'returned') return { kind: 'returnSeen' };
  if (life.state === 'settled' && !life.hasDebit) return { kind: 'debitGone' };
  const isStatusAwaited = life.canAsk && (life.state === 'submitted' || isRefusedByBank(life));
  const isJudged = life.state === 'settled' || life.state === 'returned' || isStatusAwaited;
  if (life.hasDebit && !isJudged) return { kind: 'debitSeen' };
  return life.hasNotice ? steps.readNotice() : undefined;
}

/** A bank that debits first and says no later brings the money back; its debit is no late outcome. */
function isRefusedByBank({ state, transferStatus }: PaymentLife): boolean {
  return state === 'rejected' && (transferStatus === 'rejected' || transferStatus === 'cancelled');
}

/** What happens to a payment that has an attempt. */
function follow(life: PaymentLife, steps: PaymentSteps): Promise<Happening> | Happening {
  const heard = hear(life, steps);
  if (heard) return heard;
  if (life.state !== 'submitting') return steps.ask();
  if (life.attempt?.state === 'intended') return steps.send();
  return { kind: 'answerLost', reason: { code: 'payment.noAnswer', details: {} } };
}

/** Whether the next step may follow without waiting for anything. */
function goesOnAtOnce(before: PaymentLife, life: PaymentLife, nowMs: number): boolean {
  if (life.state === 'submitting' || (before.hasNotice && life.hasNotice)) return true;
  const isJustApproved = before.state === 'awaitingApproval' && life.state === 'authorised';
  return isJustApproved && life.notBeforeMs <= nowMs;
}
