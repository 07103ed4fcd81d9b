import { createHash } from 'node:crypto';
import type { Instant, PlainDate } from './dates.ts';
import type { Money } from './money.ts';
import { formatDecimal } from './money.ts';

/**
 * Where a payment stands (design.md section 5). `confirmed`: the bank's status says executed;
 * `settled`: the debit on the account was seen as well. `blocked`: a check just before execution
 * said no and may say yes later. `voided`: what was approved is not what would be paid.
 */
export const paymentStates = [
  'draft',
  'awaitingApproval',
  'authorised',
  'blocked',
  'submitting',
  'submitted',
  'unknown',
  'confirmed',
  'settled',
  'rejected',
  'returned',
  'declined',
  'expired',
  'cancelled',
  'voided',
] as const;
export type PaymentState = (typeof paymentStates)[number];

/** What a payment is for; limits and approvers may depend on it. */
export const paymentPurposes = [
  'supplier',
  'salary',
  'tax',
  'utilities',
  'rent',
  'loan',
  'intercompany',
  'refund',
  'treasury',
  'other',
] as const;
export type PaymentPurpose = (typeof paymentPurposes)[number];

/**
 * How the money travels. `intrabank`: inside one bank; `instant`: a fast rail such as BI-FAST or FPS;
 * `switch`: an older online switch; `urgent`: real-time gross settlement (RTGS, CHATS);
 * `clearing`: batches (SKN, ACH, a provider's local payout); `swift`: correspondent banks.
 */
export const paymentRails = [
  'intrabank',
  'instant',
  'switch',
  'urgent',
  'clearing',
  'swift',
] as const;
export type PaymentRail = (typeof paymentRails)[number];

/** ISO 20022 charge bearer: DEBT, CRED, SHAR. */
export const chargeBearers = ['debtor', 'creditor', 'shared'] as const;
export type ChargeBearer = (typeof chargeBearers)[number];

/** In which scheme the creditor's account is written. */
export const creditorAccountSchemes = [
  'domestic',
  'iban',
  'virtualAccount',
  'fpsId',
  'mobile',
  'email',
] as const;
export type CreditorAccountScheme = (typeof creditorAccountSchemes)[number];

/** Who is paid, where. */
export interface Creditor {
  readonly name: string;
  /** As the bank wants it, without spaces. */
  readonly account: string;
  readonly scheme: CreditorAccountScheme;
  /** BIC or the national code of the creditor's bank. */
  readonly agent?: string;
  readonly agentName?: string;
  /** ISO 3166-1 of the creditor's bank account, two capital letters. */
  readonly country: string;
  readonly address?: string;
  readonly email?: string;
  readonly kind?: 'individual' | 'organisation' | 'government';
  /** Whether the creditor resides in the country of the account. */
  readonly isResident?: boolean;
}

/** What approval is given for; any change of it voids the approval (asks 11, 18). */
export interface ApprovedContent {
  readonly debtorAccountId: string;
  readonly creditor: Pick<Creditor, 'name' | 'account' | 'agent'>;
  readonly instructedAmount: Money;
  readonly purpose: string;
}

/**
 * SHA-256 over payer's account, payee, bank, amount, currency and purpose. Names are compared
 * without case and doubled spaces, accounts without spaces: people retype those.
 */
export function digestOfPayment(content: ApprovedContent): string {
  const { creditor, instructedAmount } = content;
  const parts = [
    'payment-1',
    content.debtorAccountId,
    foldName(creditor.name),
    foldAccount(creditor.account),
    foldAccount(creditor.agent ?? ''),
    formatDecimal(instructedAmount),
    instructedAmount.currency,
    content.purpose,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A party's name as it is compared. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toUpperCase().replace(/\s+/g, ' ').trim();
}

/** An account or bank code as it is compared. */
export function foldAccount(account: string): string {
  return account.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '');
}

/** What is sent to a bank. */
export interface TransferInstruction {
  /** Ours, unchanged to the creditor where the rail carries it: 18 digits (secret/ids.ts), which every bank takes. */
  readonly endToEndId: string;
  readonly rail: PaymentRail;
  readonly debtorAccount: { readonly number: string; readonly currency: string };
  readonly creditor: Creditor;
  readonly instructedAmount: Money;
  readonly chargeBearer: ChargeBearer;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  readonly requestedExecutionDate: PlainDate;
}

/** ISO 20022 status of a transfer; the bank's own code stands beside it. */
export type TransferStatus =
  | 'received'
  | 'accepted'
  | 'pending'
  | 'settled'
  | 'rejected'
  | 'cancelled'
  | 'returned';

/** What a bank says of a transfer, in an answer, to an inquiry or by a call of its own. */
export interface TransferReport {
  readonly status: TransferStatus;
  /** The bank's own reference of the transfer. */
  readonly bankReference?: string;
  /** The bank's own code and words, never translated. */
  readonly bankCode?: string;
  readonly bankMessage?: string;
  readonly executedAt?: Instant;
  /** What the bank says it moved; other than ours is an alarm. */
  readonly amount?: Money;
  readonly fee?: Money;
  /** What the creditor's account is credited with, where currencies differ. */
  readonly creditedAmount?: Money;
}

/** An inquiry's answer. `notFound` proves nothing before the bank's visibility window is over. */
export type TransferAnswer = TransferReport | { readonly status: 'notFound' };

/** Result of asking a bank for the holder's name (asks 12 and 13). */
export type NameMatch = 'matched' | 'close' | 'noMatch' | 'unsupported' | 'pending';

/** How an approval stands when it is read anew; an event is only a hint. */
export type ApprovalReading =
  | { readonly kind: 'running' }
  | {
      readonly kind: 'agreed';
      /** Digest of the fields as they stand in the approval now. */
      readonly digest: string;
      /** Who asked for it; a person's id or `dingtalk:<userId>`. */
      readonly originator: string;
      /** Distinct people who agreed by hand; auto-approving nodes do not count. */
      readonly approvers: readonly string[];
    }
  | { readonly kind: 'declined'; readonly by?: string; readonly remark?: string }
  | { readonly kind: 'withdrawn' }
  /** It is bound to another request or cannot be read as this payment. */
  | { readonly kind: 'changed'; readonly field: string };
