import { isObject } from '../inbound.ts';
import type { ServiceCall } from '../inbound.ts';
import { invalidFormat } from '../refusal.ts';
import { parseMoment } from '../times.ts';
import { amountOf, bodyOf, mandatory, objectOf, optional, upTo } from './fields.ts';
import type { FieldSource } from './fields.ts';
import type { Rail, TransferServiceCode } from './rails.ts';
import { BANK_CODE_FORMS, TRANSFER_PROFILES } from './transfer-profiles.ts';
import type { TransferProfile } from './transfer-profiles.ts';

/** Who pays the fee; SHA has a second name (A10.5). */
export type FeeType = 'OUR' | 'BEN' | 'SHA';

/** What a company orders, read from the body of service 17, 18, 22 or 23. */
export interface TransferOrder {
  readonly service: TransferServiceCode;
  readonly rail: Rail;
  readonly partnerReferenceNo: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly sourceAccountNo: string;
  readonly beneficiaryAccountNo: string;
  readonly beneficiaryAccountName: string | undefined;
  /** As the company wrote it; undefined within one bank. */
  readonly beneficiaryBankCode: string | undefined;
  readonly remark: string | undefined;
  readonly customerReference: string | undefined;
  readonly feeType: FeeType;
  readonly transactionDate: string;
  readonly additionalInfo: Readonly<Record<string, unknown>>;
}

/** A proxy of BI-FAST: an e-mail address or a phone number of Indonesia behind an `@` (A14). */
const PROXY = /^@(?:62\d{7,13}|[^@\s]{1,40}@[^@\s]{1,40})$/;

/** Reads an order and refuses what the bank's field rules refuse (A10.5, A13 to A15). */
export function readOrder(call: ServiceCall, service: TransferServiceCode): TransferOrder {
  const profile = TRANSFER_PROFILES[call.profile.bank];
  const body = bodyOf(call);
  const longest = service === '22' ? profile.rtgsReferenceDigits : 64;
  const partnerReferenceNo = mandatory(body, 'partnerReferenceNo', upTo(longest));
  const { amount, currency } = amountOf(body, 'amount', profile.amountDigits);
  const rail = railOf(call, service, profile);
  const order: TransferOrder = {
    service,
    rail,
    partnerReferenceNo,
    amount,
    currency,
    sourceAccountNo: mandatory(body, 'sourceAccountNo', call.profile.accountNo),
    beneficiaryAccountNo: mandatory(body, 'beneficiaryAccountNo', accountForm(call, rail)),
    beneficiaryAccountName: nameOf(call, service),
    beneficiaryBankCode: bankCodeOf(body, profile, service),
    remark: optional(body, 'remark', service === '17' ? profile.remark : upTo(50)),
    customerReference: optional(body, 'customerReference', upTo(30)),
    feeType: feeTypeOf(body),
    transactionDate: transactionDate(body, profile),
    additionalInfo: objectOf(body, 'additionalInfo').members,
  };
  checkContacts(body);
  if (service === '22' || service === '23') checkClearing(body, profile);
  checkOriginators(body);
  return order;
}

/** BCA must say which way; BRI's second version means BI-FAST, the others the switch (A13, A14). */
function railOf(call: ServiceCall, service: TransferServiceCode, profile: TransferProfile): Rail {
  if (service === '17') return 'intrabank';
  if (service === '22') return 'rtgs';
  if (service === '23') return 'skn';
  // BRI's first version knows the switch only.
  if (call.profile.bank === 'bri' && call.version === '1.0') return 'online';
  const info = objectOf(bodyOf(call), 'additionalInfo');
  const form = /^[12]$/;
  const type =
    profile.transferType === 'mandatory'
      ? mandatory(info, 'transferType', form)
      : optional(info, 'transferType', form);
  const standard = call.version === '2.0' ? '2' : '1';
  const rail = (type ?? standard) === '2' ? 'bifast' : 'online';
  const purpose = /^(?:0[123]|99)$/;
  if (rail === 'bifast' && profile.transferType === 'mandatory') {
    mandatory(info, 'purposeCode', purpose);
  } else {
    optional(info, 'purposeCode', purpose);
  }
  return rail;
}

/** Within the bank its own numbers; the switch takes up to 28 digits, the other rails 34 (A13). */
export function accountForm(call: ServiceCall, rail: Rail): RegExp {
  if (rail === 'intrabank') return call.profile.accountNo;
  if (rail === 'online') return /^\d{1,28}$/;
  if (rail === 'bifast' && call.profile.bank === 'bri') {
    return new RegExp(`^\\d{1,34}$|${PROXY.source}`);
  }
  return /^\d{1,34}$/;
}

/** Mandatory outside the bank, but not in BRI's first version (A14). */
function nameOf(call: ServiceCall, service: TransferServiceCode): string | undefined {
  const isOptional = service === '17' || (call.profile.bank === 'bri' && call.version === '1.0');
  const read = isOptional ? optional : mandatory;
  return read(bodyOf(call), 'beneficiaryAccountName', upTo(100));
}

function bankCodeOf(
  body: FieldSource,
  profile: TransferProfile,
  service: TransferServiceCode,
): string | undefined {
  if (service === '17') return undefined;
  const scheme = service === '18' ? profile.interbankCodes : profile.clearingCodes;
  return mandatory(body, 'beneficiaryBankCode', BANK_CODE_FORMS[scheme]);
}

function feeTypeOf(body: FieldSource): FeeType {
  const text = optional(body, 'feeType', /^(?:OUR|BEN|SHA|1000)$/) ?? 'OUR';
  if (text === 'OUR' || text === 'BEN') return text;
  return 'SHA';
}

function transactionDate(body: FieldSource, profile: TransferProfile): string {
  const text = mandatory(body, 'transactionDate', profile.transactionDate);
  if (!parseMoment(text, profile.transactionDate)) {
    throw invalidFormat(body.service, 'transactionDate');
  }
  return text;
}

/** The optional fields of A10.5; BNI's SDK has its own spelling of two (A15). */
function checkContacts(body: FieldSource): void {
  optional(body, 'beneficiaryAddress', upTo(100));
  optional(body, 'beneficiaryBankName', upTo(50));
  optional(body, 'beneficiaryEmail', /^(?=.{3,50}$)[^@\s]+@[^@\s]+$/);
  optional(body, 'currency', /^[A-Z]{3}$/);
  for (const name of ['kodepos', 'kodePos']) optional(body, name, upTo(10));
  for (const name of ['receiverPhone', 'recieverPhone', 'senderPhone']) {
    optional(body, name, upTo(20));
  }
}

/** What RTGS and SKN want besides: residence and type of the customer, at BCA the address (A13). */
function checkClearing(body: FieldSource, profile: TransferProfile): void {
  if (profile.addressMandatory) mandatory(body, 'beneficiaryAddress', upTo(100));
  mandatory(body, 'beneficiaryCustomerResidence', /^[12]$/);
  mandatory(body, 'beneficiaryCustomerType', /^[123]$/);
  optional(body, 'senderCustomerResidence', /^[12]$/);
  optional(body, 'senderCustomerType', /^[123]$/);
}

/** The real payers, when there are any (A10.5). */
function checkOriginators(body: FieldSource): void {
  const list = body.members['originatorInfos'];
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) throw invalidFormat(body.service, 'originatorInfos');
  for (const members of list) {
    if (!isObject(members)) throw invalidFormat(body.service, 'originatorInfos');
    const source = { service: body.service, members, prefix: 'originatorInfos.' };
    mandatory(source, 'originatorCustomerNo', upTo(34));
    mandatory(source, 'originatorCustomerName', upTo(100));
    mandatory(source, 'originatorBankCode', upTo(11));
  }
}
