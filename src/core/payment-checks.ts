import { instantFromMs } from './dates.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import type { ApprovalReading, NameMatch } from './payments.ts';

/** Everything that is looked at just before a payment is executed, all read in one transaction. */
export interface ExecutionScene {
  readonly nowMs: number;
  readonly payment: {
    readonly digest: string;
    /** Computed anew from the row that would be sent. */
    readonly digestNow: string;
    readonly maker: string;
    readonly approvalsRequired: number;
    readonly notBeforeMs: number;
    readonly environment: string;
    readonly amountMinorUnits: bigint;
    readonly currency: string;
    /** Reasons that two people let pass for this payment. */
    readonly waived: readonly string[];
  };
  readonly reading: ApprovalReading;
  readonly connection: {
    readonly name: string;
    readonly isActive: boolean;
    readonly isArmed: boolean;
    readonly environment: string;
    readonly canPay: boolean;
  };
  /** Absent: the payee is not registered. */
  readonly beneficiary?: {
    readonly isActive: boolean;
    readonly isPinnedVersion: boolean;
    readonly hasSameAccount: boolean;
    readonly usableFromMs: number;
    readonly nameMatch: NameMatch;
    readonly nameAtBank?: string;
    /** The second person saw that the names differ and confirmed all the same. */
    readonly isMismatchAccepted: boolean;
  };
  readonly mayPayUnregistered: boolean;
  readonly stop?: { readonly reason: string };
  readonly exceeded?: { readonly details: ErrorDetails; readonly resetsAtMs?: number };
  readonly duplicate?: { readonly details: ErrorDetails };
  /** `unknown`: the bank offers balances and none is fresh; `notOffered`: it offers none. */
  readonly cash:
    | {
        readonly availableMinorUnits: bigint;
        /** Sent since that balance was stated and not yet seen as a debit. */
        readonly outstandingMinorUnits: bigint;
        readonly details: ErrorDetails;
      }
    | 'unknown'
    | 'notOffered';
  readonly rail: { readonly opensAtMs?: number };
  readonly problems: readonly { readonly field: string; readonly problem: string }[];
}

export type ExecutionVerdict =
  | { readonly kind: 'pass' }
  /** What was approved is not what would be paid, for ever. */
  | { readonly kind: 'void'; readonly code: ErrorCode; readonly details: ErrorDetails }
  | {
      readonly kind: 'block';
      readonly code: ErrorCode;
      readonly details: ErrorDetails;
      readonly retryAtMs?: number;
    }
  | {
      readonly kind: 'wait';
      readonly code: ErrorCode;
      readonly details: ErrorDetails;
      readonly retryAtMs: number;
    };

const CASH_LOOK_MS = 60_000;
/** Year 9999: whatever lies beyond stands for never. */
const MOMENT_MAX_MS = 253_370_764_800_000;

/**
 * Decides whether a payment may leave now. Fails closed: whatever is not proven right blocks. Who
 * asks makes no difference; administrators pass the same checks (ask 17).
 */
export function judgeExecution(scene: ExecutionScene): ExecutionVerdict {
  return (
    checkApproval(scene) ??
    checkPermission(scene) ??
    checkTime(scene) ??
    checkCreditor(scene) ??
    checkGuards(scene) ?? { kind: 'pass' }
  );
}

function checkApproval({ payment, reading }: ExecutionScene): ExecutionVerdict | undefined {
  if (payment.digest !== payment.digestNow) return voided('payment.contentChanged');
  switch (reading.kind) {
    case 'running':
      return blocked('payment.notApproved', { approved: 0, needed: payment.approvalsRequired });
    case 'declined':
      return voided('payment.approvalDeclined', {
        by: reading.by ?? '',
        remark: reading.remark ?? '',
      });
    case 'withdrawn':
      return voided('payment.approvalWithdrawn');
    case 'changed':
      return voided('payment.contentChanged', { field: reading.field });
    case 'agreed': {
      if (reading.digest !== payment.digest) return voided('payment.contentChanged');
      const others = new Set(reading.approvers);
      others.delete(payment.maker);
      others.delete(reading.originator);
      if (others.size >= payment.approvalsRequired) return undefined;
      const isSelf = others.size < new Set(reading.approvers).size;
      return isSelf
        ? blocked('payment.selfApproval')
        : blocked('payment.notApproved', {
            approved: others.size,
            needed: payment.approvalsRequired,
          });
    }
  }
}

function checkPermission(scene: ExecutionScene): ExecutionVerdict | undefined {
  const { connection, payment, stop } = scene;
  if (stop) return blocked('payment.stopped', { reason: stop.reason });
  if (!connection.canPay || !connection.isActive) {
    return blocked('payment.notSupported', { connection: connection.name });
  }
  if (!connection.isArmed) return blocked('connection.notArmed', { connection: connection.name });
  if (connection.environment !== payment.environment) {
    return voided('connection.environmentMismatch', { connection: connection.name });
  }
  return undefined;
}

function checkTime({ nowMs, payment, rail }: ExecutionScene): ExecutionVerdict | undefined {
  if (nowMs < payment.notBeforeMs) {
    const due = instantFromMs(payment.notBeforeMs).toString();
    return {
      kind: 'wait',
      code: 'payment.notYetDue',
      details: { due },
      retryAtMs: payment.notBeforeMs,
    };
  }
  if (rail.opensAtMs === undefined || rail.opensAtMs <= nowMs) return undefined;
  const retryAtMs = rail.opensAtMs;
  const opens = instantFromMs(retryAtMs).toString();
  return { kind: 'wait', code: 'payment.railClosed', details: { opens }, retryAtMs };
}

function checkCreditor(scene: ExecutionScene): ExecutionVerdict | undefined {
  const { beneficiary, nowMs, payment } = scene;
  const [problem] = scene.problems;
  if (problem) return blocked('payment.invalid', { ...problem });
  if (!beneficiary) {
    return scene.mayPayUnregistered ? undefined : blocked('payment.beneficiaryUnknown');
  }
  if (!beneficiary.isActive || !beneficiary.isPinnedVersion || !beneficiary.hasSameAccount) {
    return voided('payment.beneficiaryChanged');
  }
  if (nowMs < beneficiary.usableFromMs) {
    return {
      kind: 'block',
      code: 'payment.beneficiaryCoolOff',
      details: { until: momentOf(beneficiary.usableFromMs) },
      retryAtMs: beneficiary.usableFromMs,
    };
  }
  const isMismatch = beneficiary.nameMatch === 'noMatch' && !beneficiary.isMismatchAccepted;
  if (isMismatch && !payment.waived.includes('payment.nameMismatch')) {
    return blocked('payment.nameMismatch', { nameAtBank: beneficiary.nameAtBank ?? '' });
  }
  return undefined;
}

function checkGuards(scene: ExecutionScene): ExecutionVerdict | undefined {
  const { payment, exceeded, duplicate, cash, nowMs } = scene;
  if (exceeded) {
    return {
      kind: 'block',
      code: 'payment.limitExceeded',
      details: exceeded.details,
      ...(exceeded.resetsAtMs === undefined ? {} : { retryAtMs: exceeded.resetsAtMs }),
    };
  }
  if (duplicate && !payment.waived.includes('payment.duplicateSuspected')) {
    return blocked('payment.duplicateSuspected', duplicate.details);
  }
  if (cash === 'notOffered' || payment.waived.includes('payment.cashShort')) return undefined;
  if (cash === 'unknown') {
    return {
      kind: 'block',
      code: 'payment.cashUnknown',
      details: {},
      retryAtMs: nowMs + CASH_LOOK_MS,
    };
  }
  const left = cash.availableMinorUnits - cash.outstandingMinorUnits;
  return left >= payment.amountMinorUnits
    ? undefined
    : { ...blocked('payment.cashShort', cash.details), retryAtMs: nowMs + 10 * CASH_LOOK_MS };
}

/** A moment for a sentence; a payee that was never set free has none. */
function momentOf(epochMs: number): string {
  return epochMs < MOMENT_MAX_MS ? instantFromMs(epochMs).toString() : '';
}

function voided(code: ErrorCode, details: ErrorDetails = {}): ExecutionVerdict & { kind: 'void' } {
  return { kind: 'void', code, details };
}

function blocked(
  code: ErrorCode,
  details: ErrorDetails = {},
): ExecutionVerdict & { kind: 'block' } {
  return { kind: 'block', code, details };
}
