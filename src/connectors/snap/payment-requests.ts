/** Bodies of the payment services (A10.4–A10.6). */
import { dayIn, formatWithOffset, startOfDay } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { HttpRequest } from '#core/http.ts';
import { formatDecimal, type Money } from '#core/money.ts';
import type { ChargeBearer, Creditor, TransferInstruction } from '#core/payments.ts';
import type { CreditorQuestion, SignedContext, TransferQuestion } from '../contract.ts';
import { isSameAgent, toAgentCode } from './bank-codes.ts';
import type { SnapConfig } from './config.ts';
import { checkTransfer } from './payment-check.ts';
import {
  isGross,
  type Members,
  type SnapPayments,
  type SnapRail,
  type TransferService,
} from './payment-profile.ts';
import type { SnapProfile } from './profile.ts';
import { toPost } from './request.ts';

type Context = SignedContext<SnapConfig>;

/** The rail of an instruction; an instruction with a problem is never sent. */
export function demandRail(payments: SnapPayments, instruction: TransferInstruction): SnapRail {
  const rail = payments.rails[instruction.rail];
  const [first] = checkTransfer(instruction, payments);
  if (rail === undefined || first !== undefined) {
    throw new CashbellError('payment.invalid', { field: first?.field ?? 'rail' });
  }
  return rail;
}

/** Services 17, 18, 22 and 23. The moment of sending is the transaction's date (A10.5). */
export function toTransferRequest(
  profile: SnapProfile,
  payments: SnapPayments,
  instruction: TransferInstruction,
  { config, now }: Context,
): HttpRequest {
  const rail = demandRail(payments, instruction);
  const path = paymentPath(profile, config, instruction.rail, rail.path);
  return toPost(
    path,
    present({
      partnerReferenceNo: instruction.endToEndId,
      amount: toAmountWire(instruction.instructedAmount),
      ...toCreditorMembers(rail, instruction.creditor),
      ...toOptionalMembers(payments, rail, instruction, config),
      remark: rail.service === '18' ? undefined : toRemark(payments.remark, instruction),
      sourceAccountNo: instruction.debtorAccount.number,
      transactionDate: formatWithOffset(now, profile.traits.zone),
      additionalInfo: nonEmpty({ ...payments.info, ...rail.info?.(instruction) }),
    }),
  );
}

/** Members beyond the account that only services to other banks have. */
function toCreditorMembers({ service, agentForm }: SnapRail, creditor: Creditor): Members {
  const beneficiaryAccountNo = creditor.account;
  if (service === '17') return { beneficiaryAccountNo };
  const isReported = isGross(service);
  return {
    beneficiaryAccountName: creditor.name,
    beneficiaryAccountNo,
    beneficiaryAddress: creditor.address,
    beneficiaryBankCode: toAgentCode(creditor.agent ?? '', agentForm ?? 'swift'),
    beneficiaryCustomerResidence: isReported
      ? creditor.isResident === true
        ? '1'
        : '2'
      : undefined,
    beneficiaryCustomerType: isReported
      ? customerTypes[creditor.kind ?? 'organisation']
      : undefined,
  };
}

/** A10.5: 1 individual, 2 corporation, 3 government. */
const customerTypes = { individual: '1', organisation: '2', government: '3' } as const;

/** A10.5. */
const feeTypes: Readonly<Record<ChargeBearer, string>> = {
  debtor: 'OUR',
  creditor: 'BEN',
  shared: 'SHA',
};

function toOptionalMembers(
  { hasOptionalMembers }: SnapPayments,
  { service }: SnapRail,
  { endToEndId, chargeBearer }: TransferInstruction,
  config: SnapConfig,
): Members {
  if (!hasOptionalMembers) return {};
  const isReported = isGross(service);
  // OUR is the default, so service 18, where SDKs leave the member out, says only what is other.
  const isFeeTold = service !== '18' || chargeBearer !== 'debtor';
  return {
    customerReference: endToEndId,
    feeType: isFeeTold ? feeTypes[chargeBearer] : undefined,
    senderCustomerResidence: isReported ? config.senderResidence : undefined,
    senderCustomerType: isReported ? config.senderType : undefined,
  };
}

/**
 * The narrative: our reference first, then as much of the text as fits. Characters that the bank
 * does not take become spaces.
 */
export function toRemark(
  { length, charset }: SnapPayments['remark'],
  { endToEndId, remittanceInformation }: TransferInstruction,
): string {
  const foreign = charset === 'plain' ? /[^A-Za-z0-9 ]/g : /[^A-Za-z0-9/\-?:().,'+ ]/g;
  const text = remittanceInformation.normalize('NFKD').replace(/\p{M}/gu, '').replace(foreign, ' ');
  return `${endToEndId} ${text}`.replace(/ +/g, ' ').slice(0, length).trim();
}

/** Service 36. */
export function toStatusRequest(
  profile: SnapProfile,
  payments: SnapPayments,
  question: TransferQuestion,
  { config }: Context,
): HttpRequest {
  const { instruction, sentAt } = question;
  const { status } = payments;
  const { zone } = profile.traits;
  const moment = status.date === 'midnight' ? startOfDay(dayIn(sentAt, zone), zone) : sentAt;
  return toPost(
    paymentPath(profile, config, 'status', status.path),
    present({
      originalPartnerReferenceNo: instruction.endToEndId,
      originalReferenceNo: question.bankReference,
      originalExternalId: question.externalId,
      serviceCode: demandService(payments, instruction),
      transactionDate: formatWithOffset(moment, zone),
      ...status.members?.(question),
      additionalInfo: nonEmpty({ ...payments.info }),
    }),
  );
}

/** The question stays possible for an instruction that today would be refused. */
function demandService(payments: SnapPayments, { rail }: TransferInstruction): TransferService {
  const service = payments.rails[rail]?.service;
  if (service === undefined) throw new CashbellError('connector.capabilityMissing', { rail });
  return service;
}

/** Whether the creditor's account is at this bank, so that service 15 knows its holder. */
export function isInternal(payments: SnapPayments, { agent }: Creditor): boolean {
  return agent === undefined || isSameAgent(agent, payments.ownAgent);
}

/** Services 15 and 16. The reference must be the one of the transfer that follows (A13). */
export function toNameRequest(
  profile: SnapProfile,
  payments: SnapPayments,
  question: CreditorQuestion,
  { config, externalId }: Context,
): HttpRequest {
  const { creditor } = question;
  const { nameInquiry } = payments;
  const inside = isInternal(payments, creditor);
  const path = inside
    ? paymentPath(profile, config, 'inquiryInternal', nameInquiry.internalPath)
    : paymentPath(profile, config, 'inquiryExternal', nameInquiry.externalPath);
  const info = inside ? {} : nameInquiry.externalInfo?.(question);
  return toPost(
    path,
    present({
      partnerReferenceNo: profile.hasPartnerReference
        ? (question.endToEndId ?? externalId)
        : undefined,
      beneficiaryBankCode: inside
        ? undefined
        : toAgentCode(creditor.agent ?? '', nameInquiry.agentForm),
      beneficiaryAccountNo: creditor.account,
      additionalInfo: nonEmpty({ ...payments.info, ...info }),
    }),
  );
}

/** Amount as A1 wants it: text, with exactly the currency's decimals. */
export function toAmountWire(amount: Money): { readonly value: string; readonly currency: string } {
  return { value: formatDecimal(amount), currency: amount.currency };
}

/** A service's path: the connection's own, else the usual one below the connection's prefix. */
function paymentPath(profile: SnapProfile, config: SnapConfig, name: string, path: string): string {
  const own = config.transferPaths[name];
  if (own !== undefined) return own;
  const { pathPrefix } = profile;
  return config.pathPrefix !== undefined && path.startsWith(`${pathPrefix}/`)
    ? `${config.pathPrefix}${path.slice(pathPrefix.length)}`
    : path;
}

function present(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function nonEmpty(members: Members): Members | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}
