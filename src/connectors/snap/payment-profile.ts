import type { PaymentRail, TransferInstruction } from '#core/payments.ts';
import type { CreditorQuestion, TransferQuestion } from '../contract.ts';
import type { AgentForm } from './bank-codes.ts';

/** Services that move money (A9). */
export type TransferService = '17' | '18' | '22' | '23';

export type Members = Readonly<Record<string, unknown>>;

/** One way to pay that a SNAP bank offers, as far as it differs from A10.5. */
export interface SnapRail {
  readonly service: TransferService;
  /** Usual path, prefix included; a connection may replace it. */
  readonly path: string;
  /** In which form the creditor's bank is named; absent inside one's own bank. */
  readonly agentForm?: AgentForm;
  /** Most digits of the creditor's account, where fewer than the standard's 34. */
  readonly accountDigitsMax?: number;
  /** Members of `additionalInfo` that this rail wants. */
  readonly info?: (instruction: TransferInstruction) => Members;
  /** A creditor who does not reside in the country would need members that we do not carry. */
  readonly isForResidentsOnly?: true;
}

/** Everything in which one SNAP bank pays differently from the next (A13–A15, A22). */
export interface SnapPayments {
  /** The bank itself, to tell its own accounts from those of others. */
  readonly ownAgent: string;
  /** Digits of an account at this bank, at least and at most. */
  readonly accountDigits: readonly [number, number];
  /** Digits before the point: the standard has 16, BCA 13. */
  readonly amountDigits: number;
  /** `plain`: letters, digits and spaces only; `swift`: the X character set of SWIFT. */
  readonly remark: { readonly length: number; readonly charset: 'plain' | 'swift' };
  /** Whether `beneficiaryAddress` is mandatory in services 22 and 23. */
  readonly isAddressRequired: boolean;
  /** Whether `feeType`, `customerReference` and the sender's type and residence are sent. */
  readonly hasOptionalMembers: boolean;
  /** Members of `additionalInfo` on every payment service. */
  readonly info?: Members;
  readonly rails: Readonly<Partial<Record<PaymentRail, SnapRail>>>;
  readonly status: {
    readonly path: string;
    /** "Not found" counts only so long after the last sending; 15 minutes unless told (A8.3). */
    readonly visibilityMs?: number;
    readonly retentionDays: number;
    /** How the original's `transactionDate` is repeated: its moment, or its day by the midnight. */
    readonly date: 'midnight' | 'moment';
    readonly members?: (question: TransferQuestion) => Members;
  };
  readonly nameInquiry: {
    readonly internalPath: string;
    readonly externalPath: string;
    readonly agentForm: AgentForm;
    /** Names of the internal inquiry are cut to so many characters. */
    readonly nameMax?: number;
    /** Members of `additionalInfo` of the external inquiry. */
    readonly externalInfo?: (question: CreditorQuestion) => Members;
  };
}

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** A8.3. */
export const VISIBILITY_MS = 15 * MINUTE_MS;

/** RTGS and SKN are accepted first, run on business days and may be rejected later (A11, A17.2). */
export function isGross(service: TransferService): boolean {
  return service === '22' || service === '23';
}

/**
 * When a final status is overdue. "Alert when older than one business day" (A11): what is accepted
 * before a long weekend is final after it.
 */
export function finalWithinMs(service: TransferService): number {
  return (isGross(service) ? 96 : 24) * HOUR_MS;
}

/** Digits of the creditor's account on a rail, at least and at most. */
export function creditorDigits(payments: SnapPayments, rail: SnapRail): readonly [number, number] {
  return rail.agentForm === undefined ? payments.accountDigits : [1, rail.accountDigitsMax ?? 34];
}
