import type { Movement, Push, Wallet } from '../book.ts';
import type { TransferOrder } from './order.ts';
import type { Quote } from './quote.ts';

/** The statuses of a transfer as of API version 2025-06-30, without those of the approval flow. */
export const TRANSFER_STATUSES = [
  'SCHEDULED',
  'OVERDUE',
  'PROCESSING',
  'SENT',
  'PAID',
  'FAILED',
  'CANCELLED',
] as const;

export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

/**
 * What may follow what. PAID is not an end: the beneficiary's bank can send the money back later,
 * which shows as FAILED and within seconds as CANCELLED.
 */
export const NEXT_STATUSES: Readonly<Record<TransferStatus, readonly TransferStatus[]>> = {
  SCHEDULED: ['OVERDUE', 'PROCESSING', 'CANCELLED'],
  OVERDUE: ['PROCESSING', 'CANCELLED'],
  PROCESSING: ['SENT', 'FAILED'],
  SENT: ['PAID', 'FAILED'],
  PAID: ['FAILED'],
  FAILED: ['CANCELLED'],
  CANCELLED: [],
};

/** Why a transfer failed: the type that the sandbox takes, and the reason with its code. */
export interface Failure {
  readonly type: string;
  readonly reason: string;
}

/** A transfer that was accepted, from its first second to its last. */
export interface Transfer {
  /** Place in the order of acceptance, from 1. */
  readonly sequence: number;
  readonly id: string;
  readonly shortReferenceId: string;
  readonly order: TransferOrder;
  readonly quote: Quote;
  readonly wallet: Wallet;
  readonly createdAt: Date;
  /** Unix milliseconds, because a visibility delay is finer than what the wire shows. */
  readonly acceptedAtMs: number;
  readonly pushes: Push[];
  readonly history: { readonly at: string; readonly status: TransferStatus }[];
  status: TransferStatus;
  fundingStatus: 'SCHEDULED' | 'FUNDED' | 'FAILED' | 'CANCELLED' | 'REVERSED';
  updatedAt: Date;
  dispatchedAt?: Date;
  failure?: Failure;
  /** The debit of the wallet; absent until the transfer was funded. */
  payout?: Movement;
  fee?: Movement;
  /** Whether the company was told in the answer to its call that the transfer exists. */
  answered: boolean;
  /** Grows with every change of any transfer. */
  revision: number;
}
