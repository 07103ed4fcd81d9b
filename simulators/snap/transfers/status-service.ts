import { numberSetting, strike } from '../faults.ts';
import type { Answer, ServiceCall } from '../inbound.ts';
import { wireAmount } from '../money.ts';
import { invalidFormat, missingField } from '../refusal.ts';
import { MILLIS_OR_SECONDS_FORM, parseMoment, wibDay } from '../times.ts';
import { bodyOf, mandatory, optional, upTo } from './fields.ts';
import type { Transfer } from './journal.ts';
import { refusal } from './refusals.ts';
import { STATUS_WORDS } from './status-words.ts';
import { TRANSFER_PROFILES } from './transfer-profiles.ts';

/** What a status inquiry asks for (A10.6). */
interface Wanted {
  readonly partnerReferenceNo: string | undefined;
  readonly referenceNo: string | undefined;
  readonly externalId: string | undefined;
  readonly serviceCode: string;
  readonly transactionDate: string | undefined;
}

/** Service 36: how a transfer stands, as far as this bank knows and says it. */
export function transferStatus(call: ServiceCall): Answer {
  const wanted = readWanted(call);
  const found = find(call, wanted);
  if (found && call.desk.isVisible(found) && !isHidden(call, found)) {
    return { fields: statusFields(call, wanted, found) };
  }
  if (call.desk.settings.of(call.profile.bank).notFoundAs === '404') {
    throw refusal(call.service, 'notFound', found ? { detail: `${found.id} is not shown` } : {});
  }
  return { fields: notFoundFields(wanted) };
}

function readWanted(call: ServiceCall): Wanted {
  const profile = TRANSFER_PROFILES[call.profile.bank];
  const body = bodyOf(call);
  const externalId = profile.originalExternalIdMandatory
    ? mandatory(body, 'originalExternalId', /^\d{1,32}$/)
    : optional(body, 'originalExternalId', /^\d{1,36}$/);
  const read = call.profile.partnerReferenceMandatory ? mandatory : optional;
  const partnerReferenceNo = read(body, 'originalPartnerReferenceNo', upTo(64));
  const referenceNo = optional(body, 'originalReferenceNo', upTo(64));
  const serviceCode = mandatory(body, 'serviceCode', /^\d{2}$/);
  if (!profile.statusServiceCodes.includes(serviceCode)) {
    throw invalidFormat(call.service, 'serviceCode');
  }
  if (partnerReferenceNo === undefined && referenceNo === undefined) {
    throw missingField(call.service, 'originalPartnerReferenceNo');
  }
  const transactionDate = optional(body, 'transactionDate', MILLIS_OR_SECONDS_FORM);
  return { partnerReferenceNo, referenceNo, externalId, serviceCode, transactionDate };
}

/**
 * BCA finds a transfer only by the X-EXTERNAL-ID of its own call (A13). The others take the one of
 * that id when several were made under one reference, else the one that was accepted, else the last.
 */
function find(call: ServiceCall, wanted: Wanted): Transfer | undefined {
  const { bank } = call.profile;
  const reference = wanted.partnerReferenceNo ?? wanted.referenceNo ?? '';
  const known = call.desk.journal
    .known(bank, reference)
    .filter((transfer) => isWanted(transfer, wanted));
  const exact = known.findLast(({ externalId }) => externalId === wanted.externalId);
  if (TRANSFER_PROFILES[bank].originalExternalIdMandatory) return exact;
  return exact ?? known.findLast(({ debit }) => debit !== undefined) ?? known.at(-1);
}

function isWanted(transfer: Transfer, wanted: Wanted): boolean {
  const { order, at } = transfer;
  const { serviceCode, transactionDate } = wanted;
  // BRI's second version of interbank answers as 81 and may be asked for as either (A14).
  const isOfService = order.service === (serviceCode === '81' ? '18' : serviceCode);
  if (!isOfService) return false;
  if (wanted.partnerReferenceNo !== undefined && wanted.referenceNo !== undefined) {
    if (transfer.referenceNo !== wanted.referenceNo) return false;
  }
  if (transactionDate === undefined) return true;
  const day = dayOf(transactionDate);
  return day === wibDay(at) || day === dayOf(order.transactionDate);
}

function dayOf(text: string): string | undefined {
  const moment = parseMoment(text, MILLIS_OR_SECONDS_FORM);
  return moment && wibDay(moment);
}

/** The fault `statusNotFound`: transfers younger than its `ms` are not found. */
function isHidden(call: ServiceCall, { order, at }: Transfer): boolean {
  const { bank } = call.profile;
  const { service, path, world } = call;
  const scope = { bank, service, path, account: order.sourceAccountNo };
  const fault = strike(world.faults, 'statusNotFound', scope);
  if (!fault) return false;
  const ms = numberSetting(fault, 'ms', Number.POSITIVE_INFINITY);
  return world.clock.now().getTime() < at.getTime() + ms;
}

function statusFields(
  call: ServiceCall,
  wanted: Wanted,
  transfer: Transfer,
): Record<string, unknown> {
  const { order } = transfer;
  const status = shownStatus(call, transfer);
  return {
    originalReferenceNo: transfer.referenceNo,
    originalPartnerReferenceNo: order.partnerReferenceNo,
    originalExternalId: transfer.externalId,
    serviceCode: wanted.serviceCode,
    transactionDate: order.transactionDate,
    amount: wireAmount(order.amount, order.currency),
    beneficiaryAccountNo: order.beneficiaryAccountNo,
    ...(order.beneficiaryBankCode === undefined
      ? {}
      : { beneficiaryBankCode: order.beneficiaryBankCode }),
    currency: order.currency,
    previousResponseCode: transfer.responseCode,
    referenceNumber: transfer.referenceNo,
    sourceAccountNo: order.sourceAccountNo,
    transactionId: transfer.transactionId,
    latestTransactionStatus: status,
    transactionStatusDesc: STATUS_WORDS[status],
    additionalInfo: {},
  };
}

/**
 * BCA says 00, 03 or 06 only (A11): a transfer that came back stays 00 where BCA does not announce
 * rejections, and is 06 in RTGS and SKN, where it does.
 */
function shownStatus(call: ServiceCall, { status, order }: Transfer): keyof typeof STATUS_WORDS {
  if (!TRANSFER_PROFILES[call.profile.bank].fewStatuses) return status;
  switch (status) {
    case '00':
    case '03':
    case '06':
      return status;
    case '01':
    case '02':
      return '03';
    case '04':
      return order.service === '17' || order.service === '18' ? '00' : '06';
    case '05':
      return '06';
  }
}

/** Status 07: what was asked comes back, what the bank would know is empty. */
function notFoundFields(wanted: Wanted): Record<string, unknown> {
  return {
    originalReferenceNo: wanted.referenceNo ?? '',
    originalPartnerReferenceNo: wanted.partnerReferenceNo ?? '',
    originalExternalId: wanted.externalId ?? '',
    serviceCode: wanted.serviceCode,
    beneficiaryAccountNo: '',
    referenceNumber: '',
    sourceAccountNo: '',
    latestTransactionStatus: '07',
    transactionStatusDesc: STATUS_WORDS['07'],
    additionalInfo: {},
  };
}
