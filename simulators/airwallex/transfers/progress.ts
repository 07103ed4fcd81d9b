import type { Clock } from '../../lib/clock.ts';
import type { Faults } from '../../lib/faults.ts';
import { faultSetting } from '../faults.ts';
import { createDueQueue } from './due-queue.ts';
import { failureOf } from './failures.ts';
import type { TransferSettings } from './settings.ts';
import type { TransferBook } from './transfer-book.ts';
import type { Failure, Transfer, TransferStatus } from './transfer.ts';

/** The life of a transfer after its acceptance, as the bank leads it by itself. */
export interface Progress {
  /** Begins the life of an accepted transfer; what `immediate` does happens before this returns. */
  begin(transfer: Transfer): void;
  /** Leads a transfer to a status on somebody's order; the life goes on from there. */
  lead(transfer: Transfer, status: TransferStatus, failure?: Failure): void;
  /** Tries once more to take the money of a transfer that is overdue. */
  fund(transfer: Transfer): void;
  /** Does everything that is due by the simulated clock. */
  advance(): void;
  /** Takes transfers that stand still under new settings. */
  resume(): void;
  stop(): void;
}

interface Surroundings {
  readonly transfers: TransferBook;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly settings: () => TransferSettings;
}

interface Step {
  readonly transfer: Transfer;
  /** The status in which the transfer must still be. */
  readonly from: TransferStatus;
  readonly to: TransferStatus;
  readonly failure?: Failure;
}

/** A failure that a fault has laid in the way of a transfer. */
interface Misfortune {
  readonly from: 'SENT' | 'PAID';
  readonly afterMs: number;
  readonly failure: Failure;
}

const TIMER_MS_MAX = 3_600_000;

/** Makes the part that leads transfers on. */
export function createProgress({ transfers, clock, faults, settings }: Surroundings): Progress {
  const due = createDueQueue<Step>();
  const overdue = new Set<Transfer>();
  const misfortunes = new Map<Transfer, Misfortune>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const nowMs = (): number => clock.now().getTime();

  /** Plans the next step of a transfer, or takes it at once when nothing is to be waited for. */
  function plan(transfer: Transfer): void {
    if (transfer.status === 'OVERDUE') overdue.add(transfer);
    else overdue.delete(transfer);
    const next = nextStep(transfer);
    if (!next) return;
    if (next.atMs <= nowMs()) take(next.step);
    else due.add(next.atMs, next.step);
  }

  function nextStep(transfer: Transfer): { atMs: number; step: Step } | undefined {
    const { mode, processingMs, sentMs, paidMs, cancelFailedMs } = settings();
    const from = transfer.status;
    if (from === 'FAILED') {
      return { atMs: nowMs() + cancelFailedMs, step: { transfer, from, to: 'CANCELLED' } };
    }
    const misfortune = misfortunes.get(transfer);
    if (misfortune?.from === from) {
      const { failure, afterMs } = misfortune;
      return { atMs: nowMs() + afterMs, step: { transfer, from, to: 'FAILED', failure } };
    }
    if (mode === 'manual') return undefined;
    const wait = (ms: number): number => nowMs() + (mode === 'immediate' ? 0 : ms);
    if (from === 'SCHEDULED') {
      const day = Date.parse(`${transfer.order.transferDate}T00:00:00Z`);
      return {
        atMs: Math.max(wait(processingMs), day),
        step: { transfer, from, to: 'PROCESSING' },
      };
    }
    if (from === 'PROCESSING') return { atMs: wait(sentMs), step: { transfer, from, to: 'SENT' } };
    if (from === 'SENT') return { atMs: wait(paidMs), step: { transfer, from, to: 'PAID' } };
    return undefined;
  }

  function take({ transfer, from, to, failure }: Step): void {
    // Somebody may have led the transfer elsewhere in the meantime.
    if (transfer.status !== from) return;
    if (to === 'FAILED') misfortunes.delete(transfer);
    transfers.lead(transfer, to, failure);
    plan(transfer);
  }

  /** Overdue transfers are paid when money has come, and given up when their day is over. */
  function retryOverdue(): void {
    const today = clock.now().toISOString().slice(0, 10);
    for (const transfer of overdue) {
      if (transfer.order.transferDate < today) {
        transfers.lead(transfer, 'CANCELLED');
        plan(transfer);
      } else if (canPay(transfer)) {
        transfers.lead(transfer, 'PROCESSING');
        plan(transfer);
      }
    }
  }

  function advance(): void {
    for (let step = due.take(nowMs()); step; step = due.take(nowMs())) take(step);
    if (settings().mode !== 'manual' && overdue.size > 0) retryOverdue();
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    const nextMs = due.nextMs();
    if (stopped || nextMs === undefined) return;
    timer = setTimeout(advance, Math.min(Math.max(nextMs - nowMs(), 0), TIMER_MS_MAX));
  }

  return {
    begin(transfer) {
      const misfortune = drawMisfortune(faults);
      if (misfortune) misfortunes.set(transfer, misfortune);
      plan(transfer);
      arm();
    },
    lead(transfer, status, failure) {
      transfers.lead(transfer, status, failure);
      plan(transfer);
      arm();
    },
    fund(transfer) {
      transfers.lead(transfer, 'PROCESSING');
      plan(transfer);
      arm();
    },
    advance,
    resume() {
      due.clear();
      for (const transfer of transfers.transfers) plan(transfer);
      arm();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Whether a transfer that lacked money has it now; one made overdue on purpose stays so. */
function canPay({ fundingStatus, wallet, quote }: Transfer): boolean {
  return fundingStatus === 'FAILED' && wallet.available >= quote.payerPaysMinorUnits;
}

function drawMisfortune(faults: Faults): Misfortune | undefined {
  for (const [name, from] of [
    ['transferFails', 'SENT'],
    ['transferReturned', 'PAID'],
  ] as const) {
    const fault = faults.strikes(name);
    if (!fault) continue;
    const type = fault.settings['failureType'] ?? 'BENEFICIARY_BANK_RETURNED';
    const failure = failureOf(type);
    return { from, failure, afterMs: faultSetting(fault, 'ms', 0) };
  }
  return undefined;
}
