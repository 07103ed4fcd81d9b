import type { Answer, ServiceCall } from '../inbound.ts';
import { formatAmount, parseAmount } from '../money.ts';
import { partnerReference } from '../inbound.ts';
import { referenceNo } from '../reference-no.ts';
import { checkPayee, reachableBank } from './checks.ts';
import type { Payee } from './directory.ts';
import { amountOf, bodyOf, mandatory, objectOf } from './fields.ts';
import type { FieldSource } from './fields.ts';
import { accountForm } from './order.ts';
import type { Rail } from './rails.ts';
import { refusal } from './refusals.ts';
import { BANK_CODE_FORMS, TRANSFER_PROFILES } from './transfer-profiles.ts';

/** Service 15: the holder of an account at this bank (A10.4); BCA cuts the name (A13). */
export function internalInquiry(call: ServiceCall): Answer {
  const partnerReferenceNo = remembered(call);
  const profile = TRANSFER_PROFILES[call.profile.bank];
  const account = mandatory(bodyOf(call), 'beneficiaryAccountNo', call.profile.accountNo);
  const payee = call.desk.directory.payee(profile.ownBank.code, account);
  checkPayee(call.service, payee, 'beneficiaryAccountNo');
  const fields = {
    referenceNo: referenceNo(call.world, '15'),
    ...(partnerReferenceNo === undefined ? {} : { partnerReferenceNo }),
    beneficiaryAccountName: payee.name.slice(0, profile.internalNameLength),
    beneficiaryAccountNo: account,
    beneficiaryAccountStatus: 'Rekening aktif',
    beneficiaryAccountType: payee.type,
    currency: payee.currency,
    additionalInfo: {},
  };
  return { fields };
}

/** Service 16: the holder of an account at another bank, by the switch or by BI-FAST. */
export function externalInquiry(call: ServiceCall): Answer {
  const partnerReferenceNo = remembered(call);
  const profile = TRANSFER_PROFILES[call.profile.bank];
  const body = bodyOf(call);
  const form = BANK_CODE_FORMS[profile.clearingCodes];
  const code = mandatory(body, 'beneficiaryBankCode', form);
  const rail = call.profile.bank === 'bca' ? bcaRail(call) : otherRail(call);
  const account = mandatory(body, 'beneficiaryAccountNo', accountForm(call, rail));
  const bank = reachableBank(call, code, rail === 'bifast');
  const payee = call.desk.directory.payee(bank, account);
  checkPayee(call.service, payee, 'beneficiaryAccountNo');
  const { inquiryNameField } = call.desk.settings.of(call.profile.bank);
  const fields = {
    referenceNo: referenceNo(call.world, '16'),
    ...(partnerReferenceNo === undefined ? {} : { partnerReferenceNo }),
    [inquiryNameField]: payee.name,
    beneficiaryAccountNo: account,
    beneficiaryBankCode: code,
    beneficiaryBankName: call.desk.directory.bank(bank)?.name.slice(0, 50),
    currency: payee.currency,
    additionalInfo: typeOf(payee, rail),
  };
  return { fields };
}

/** A company's reference of an inquiry; BCA wants the transfer that follows to have the same. */
function remembered(call: ServiceCall): string | undefined {
  const reference = partnerReference(call);
  if (reference !== undefined) call.desk.inquired.add(`${call.profile.bank}:${reference}`);
  return reference;
}

function typeOf(payee: Payee, rail: Rail): Record<string, unknown> {
  return rail === 'bifast' ? { accountType: payee.type === 'D' ? 'CACC' : 'SVGS' } : {};
}

/** BCA: the way is named; BI-FAST also wants who pays, how much and for what (A13). */
function bcaRail(call: ServiceCall): Rail {
  const body = bodyOf(call);
  const info = objectOf(body, 'additionalInfo');
  if (mandatory(info, 'inquiryService', /^[12]$/) === '1') return 'online';
  mandatory(place(body, info, 'sourceAccountNo'), 'sourceAccountNo', call.profile.accountNo);
  mandatory(place(body, info, 'purposeCode'), 'purposeCode', /^(?:0[123]|99)$/);
  const { amount } = amountOf(place(body, info, 'amount'), 'amount', 13);
  checkCompanyLimit(call, amount);
  return 'bifast';
}

/** The reference does not say whether these stand in the body or in its `additionalInfo`. */
function place(body: FieldSource, info: FieldSource, name: string): FieldSource {
  return body.members[name] === undefined ? info : body;
}

/** BCA documents 404xx02 of this inquiry as "exceeds the company's limit" (A13). */
function checkCompanyLimit(call: ServiceCall, amount: bigint): void {
  const { limits, dailyAmount } = call.desk.settings.of('bca');
  for (const limit of [limits.bifast?.max, dailyAmount ?? undefined]) {
    if (limit === undefined || amount <= parseAmount(limit)) continue;
    throw refusal(call.service, 'companyLimit', { detail: `${formatAmount(amount)} > ${limit}` });
  }
}

function otherRail(call: ServiceCall): Rail {
  return call.version === '2.0' ? 'bifast' : 'online';
}
