import type { BankCode } from '../profiles.ts';
import { MILLIS_OR_SECONDS_FORM, SECONDS_FORM, WIB_SECONDS_FORM } from '../times.ts';

/** How a bank wants another bank named (A13, A15, A17.1, A22). */
export const BANK_CODE_FORMS = {
  /** BCA: eight characters of SWIFT; three digits for a bank that has no SWIFT code. */
  swiftOrDigits: /^[A-Z]{6}[A-Z0-9]{2}$|^\d{3}$/,
  /** BNI: SWIFT with or without the three letters of a branch. */
  swift: /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/,
  digits: /^\d{3}$/,
} as const;
export type BankCodeScheme = keyof typeof BANK_CODE_FORMS;

/** How one bank's transfers differ from the standard (A13 to A15, A22). */
export interface TransferProfile {
  readonly ownBank: { readonly code: string; readonly swift: string };
  /** Digits before the point: 16 in the standard, 13 at BCA. */
  readonly amountDigits: number;
  readonly remark: RegExp;
  readonly transactionDate: RegExp;
  readonly addressMandatory: boolean;
  /** Whether `additionalInfo.transferType` of service 18 must be there, may be, or means nothing. */
  readonly transferType: 'mandatory' | 'optional';
  readonly interbankCodes: BankCodeScheme;
  /** In RTGS, SKN and external inquiries. */
  readonly clearingCodes: BankCodeScheme;
  readonly rtgsReferenceDigits: number;
  /** Name of the beneficiary in service 15 is cut to this length. */
  readonly internalNameLength: number;
  readonly originalExternalIdMandatory: boolean;
  readonly statusServiceCodes: readonly string[];
  /** BCA knows 00, 03 and 06 only (A11). */
  readonly fewStatuses: boolean;
  /** Below the company's base URL, before `transfer-rtgs/notify`. */
  readonly noticePrefix: string;
}

const BCA: TransferProfile = {
  ownBank: { code: '014', swift: 'CENAIDJA' },
  amountDigits: 13,
  // Two fields of 18 characters; "no special characters" is read in its strictest sense.
  remark: /^[A-Za-z0-9 ]{1,36}$/,
  transactionDate: WIB_SECONDS_FORM,
  addressMandatory: true,
  transferType: 'mandatory',
  interbankCodes: 'swiftOrDigits',
  clearingCodes: 'swiftOrDigits',
  rtgsReferenceDigits: 64,
  internalNameLength: 24,
  originalExternalIdMandatory: true,
  statusServiceCodes: ['17', '18', '22', '23', '33'],
  fewStatuses: true,
  noticePrefix: '/openapi/v1.0',
};

const BRI: TransferProfile = {
  ownBank: { code: '002', swift: 'BRINIDJA' },
  amountDigits: 16,
  remark: /^.{1,50}$/u,
  transactionDate: MILLIS_OR_SECONDS_FORM,
  addressMandatory: false,
  transferType: 'optional',
  interbankCodes: 'digits',
  clearingCodes: 'digits',
  rtgsReferenceDigits: 20,
  internalNameLength: 100,
  originalExternalIdMandatory: false,
  statusServiceCodes: ['17', '18', '22', '23', '33', '81'],
  fewStatuses: false,
  noticePrefix: '/snap/v1.0',
};

const BNI: TransferProfile = {
  ownBank: { code: '009', swift: 'BNINIDJA' },
  amountDigits: 16,
  remark: /^.{1,50}$/u,
  transactionDate: SECONDS_FORM,
  addressMandatory: false,
  transferType: 'optional',
  interbankCodes: 'digits',
  clearingCodes: 'swift',
  rtgsReferenceDigits: 64,
  internalNameLength: 100,
  originalExternalIdMandatory: false,
  statusServiceCodes: ['17', '18', '22', '23', '33'],
  fewStatuses: false,
  noticePrefix: '/snap/v1',
};

/** The transfer dialects of the three banks. */
export const TRANSFER_PROFILES: Readonly<Record<BankCode, TransferProfile>> = {
  bca: BCA,
  bri: BRI,
  bni: BNI,
};
