import type { ErrorCode, ErrorDetails } from './errors.ts';
import type {
  ApprovalReading,
  PaymentState,
  TransferAnswer,
  TransferReport,
  TransferStatus,
} from './payments.ts';

/** How an attempt stands; the same words as in the table `payment_attempt`. */
export type AttemptState =
  | 'intended'
  | 'sending'
  | 'unknown'
  | 'accepted'
  | 'rejected'
  | 'notExecuted'
  | 'abandoned';

/** Everything of a payment that its life depends on. */
export interface PaymentLife {
  readonly state: PaymentState;
  readonly digest: string;
  readonly attempt?: {
    readonly number: number;
    readonly state: AttemptState;
    readonly sentAtMs?: number;
  };
  readonly createdAtMs: number;
  readonly notBeforeMs: number;
  readonly stateSinceMs: number;
  readonly authorisedAtMs?: number;
  readonly firstSentAtMs?: number;
  /** The newest sending of which a byte may have left. */
  readonly lastSentAtMs?: number;
  readonly inquiries: number;
  readonly notFoundCount: number;
  readonly failures: number;
  readonly decisionSinceMs?: number;
  /** Why it stands where it stands. */
  readonly reasonCode?: ErrorCode;
  /** An earlier sending was given up without proof, so that another one may pay twice. */
  readonly isInDoubt?: boolean;
  readonly transferStatus?: TransferStatus;
  /** The debit, and the credit that brought it back, as the statement shows them. */
  readonly hasDebit: boolean;
  readonly hasReturn: boolean;
  /** Whether the bank can be asked what became of it. */
  readonly canAsk: boolean;
  /** The bank's own word that nobody has read yet. */
  readonly hasNotice: boolean;
}

/** What the connector promises, as far as the life of a payment depends on it. */
export interface TransferPolicy {
  /** "Not found" counts only so long after the last sending. */
  readonly visibilityMs: number;
  /** So long after the first sending a second one with the same key cannot pay twice; 0: never. */
  readonly safeResendMs: number;
  readonly finalWithinMs: number;
}

/** Something that happened to a payment. Its past is on disk, this is news. */
export type Happening =
  /** A draft is sent for approval. */
  | { readonly kind: 'requested' }
  | { readonly kind: 'approvalRead'; readonly reading: ApprovalReading }
  /** A check before execution says no; it may say yes later by itself. */
  | { readonly kind: 'blocked'; readonly reason: Reason; readonly retryAtMs?: number }
  /** Nothing is wrong, it is only not yet time. */
  | { readonly kind: 'postponed'; readonly reason: Reason; readonly retryAtMs: number }
  | { readonly kind: 'voided'; readonly reason: Reason }
  | { readonly kind: 'intended' }
  /** The transfer was certainly not executed; `isOurs` when sending it again cannot help. */
  | {
      readonly kind: 'notExecuted';
      readonly reason: Reason;
      readonly isOurs: boolean;
      readonly retryAtMs?: number;
    }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly report?: TransferReport }
  | { readonly kind: 'answered'; readonly report: TransferReport }
  | { readonly kind: 'answerLost'; readonly reason: Reason }
  | { readonly kind: 'asked'; readonly answer: TransferAnswer; readonly askedAtMs: number }
  | { readonly kind: 'askFailed'; readonly reason: Reason }
  | { readonly kind: 'notified'; readonly report: TransferReport }
  | { readonly kind: 'debitSeen' }
  /** The line that settled it is gone from the statement, or says another amount now. */
  | { readonly kind: 'debitGone' }
  | { readonly kind: 'returnSeen' }
  | { readonly kind: 'decided'; readonly choice: 'executed' | 'notExecuted' | 'sendAgain' }
  | { readonly kind: 'waived' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'expired' };

export interface Reason {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** What changes because of a happening. */
export interface Development {
  readonly state: PaymentState;
  readonly attempt?: AttemptState;
  readonly reason?: Reason;
  readonly report?: TransferReport;
  readonly inquiries?: number;
  readonly notFoundCount?: number;
  readonly failures?: number;
  /** `begin`: people are asked from now on; `end`: nobody needs to decide any more. */
  readonly decision?: 'begin' | 'end';
  /** When the story looks at it again by itself; absent: when something happens to it. */
  readonly nextAtMs?: number;
  /** Whether the live card changes. */
  readonly isTold: boolean;
  /** Something that must not happen did: told as an alarm, whatever the state. */
  readonly alarm?: Reason;
}

/** States in which nothing has left for the bank yet. */
const unsentStates: readonly PaymentState[] = [
  'draft',
  'awaitingApproval',
  'authorised',
  'blocked',
];

/** Whether a payment can still be taken back without asking the bank. */
export function isUnsent(life: PaymentLife): boolean {
  return unsentStates.includes(life.state);
}

/** Whether it may be sent as soon as the checks pass. */
export function isExecutable({ state }: PaymentLife): boolean {
  return state === 'authorised' || state === 'blocked';
}

/** A payment that could not be sent so often is told of, though it is tried again. */
export const FAILURES_TOLD = 5;
