import type { ApprovalReading } from '#core/payments.ts';
import type { Payment } from '#store/payments.ts';

/** Reads approvals where they are given. */
export interface ApprovalReaders {
  readonly local: (payment: Payment) => Promise<ApprovalReading>;
  readonly dingtalk: (payment: Payment) => Promise<ApprovalReading>;
}

/** One reader for both ways in which a payment can be approved. */
export function createApprovalReader(
  readers: ApprovalReaders,
): (payment: Payment) => Promise<ApprovalReading> {
  return (payment) => readers[payment.approvalVia](payment);
}
