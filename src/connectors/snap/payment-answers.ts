/** Answers of the payment services (A10.4–A10.6, A11). What is not ours is never believed. */
import { CashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { isSameMoney, type Money, parseMoney } from '#core/money.ts';
import type {
  TransferAnswer,
  TransferInstruction,
  TransferReport,
  TransferStatus,
} from '#core/payments.ts';
import type { TransferQuestion } from '../contract.ts';
import { readAnswer } from '../reading.ts';
import { presentText, trimZeros } from './mapping.ts';
import { isGross, type TransferService } from './payment-profile.ts';
import { NameWire, TransferStatusWire, TransferWire } from './wire.ts';

/** States of A11; 07 is no state of a transfer but an answer of its own. */
export const transferStatusTable: Readonly<Record<string, TransferStatus>> = {
  '00': 'settled',
  '01': 'pending',
  '02': 'pending',
  '03': 'pending',
  '04': 'returned',
  '05': 'cancelled',
  '06': 'rejected',
};

const NOT_FOUND = '07';

/** A state that nobody wrote down ends nothing: the transfer stays unknown. */
export function toTransferStatus(code: string): TransferStatus {
  const status = transferStatusTable[code];
  if (status === undefined) throw unknown('transactionStatus', code);
  return status;
}

function unknown(what: string, found: string): CashbellError {
  return new CashbellError('bank.outcomeUnknown', { what, found: found.slice(0, 40) });
}

/**
 * Answer to a transfer. Inside a bank and over the switch success means done; RTGS and SKN are only
 * accepted and may be rejected later (A11).
 */
export function parseTransfer(
  response: HttpResponse,
  service: TransferService | undefined,
  instruction: TransferInstruction,
): TransferReport {
  const wire = readAnswer(TransferWire, response);
  assertOurs(instruction, {
    reference: wire.partnerReferenceNo,
    creditorAccount: wire.beneficiaryAccountNo,
    debtorAccount: wire.sourceAccountNo ?? wire.sourceAccount,
  });
  const amount = wire.amount === undefined ? undefined : readAmount(wire.amount);
  if (amount !== undefined && !isSameMoney(amount, instruction.instructedAmount)) {
    throw unknown('amount', wire.amount?.value ?? '');
  }
  const code = presentText(wire.transactionStatus);
  const done = service === undefined || isGross(service) ? 'accepted' : 'settled';
  return {
    status: code === undefined ? done : toTransferStatus(code),
    ...referenceOf(wire.referenceNo ?? wire.additionalInfo?.bifastId ?? wire.traceNo),
    bankCode: code ?? wire.responseCode,
    ...messageOf(wire.transactionStatusDesc ?? wire.responseMessage),
    ...(amount === undefined ? {} : { amount }),
  };
}

/** Answer to a status inquiry. Another amount than ours is reported, for people to see. */
export function parseTransferStatus(
  response: HttpResponse,
  { instruction }: TransferQuestion,
): TransferAnswer {
  const wire = readAnswer(TransferStatusWire, response);
  if (wire.responseCode.startsWith('404')) return { status: 'notFound' };
  const code = presentText(wire.latestTransactionStatus);
  if (code === undefined) throw unknown('transactionStatus', '');
  assertOurs(instruction, { reference: wire.originalPartnerReferenceNo });
  if (code === NOT_FOUND) return { status: 'notFound' };
  assertOurs(instruction, {
    creditorAccount: wire.beneficiaryAccountNo,
    debtorAccount: wire.sourceAccountNo,
  });
  return {
    status: toTransferStatus(code),
    ...referenceOf(presentText(wire.originalReferenceNo) ?? wire.referenceNumber),
    bankCode: code,
    ...messageOf(wire.transactionStatusDesc),
    ...(wire.amount === undefined ? {} : { amount: readAmount(wire.amount) }),
  };
}

/** Holder's name; `undefined` when the bank has no such account (404.11). */
export function parseName(response: HttpResponse, account: string): string | undefined {
  const wire = readAnswer(NameWire, response);
  if (wire.responseCode.startsWith('404')) return undefined;
  if (!isSameAccount(wire.beneficiaryAccountNo, account)) throw unreadable('beneficiaryAccountNo');
  const name = presentText(wire.beneficiaryAccountName) ?? presentText(wire.benefiaryAccountName);
  // No name under success is no answer: it must not read as "no such account".
  if (name === undefined) throw unreadable('beneficiaryAccountName');
  return name;
}

function unreadable(what: string): CashbellError {
  return new CashbellError('connector.answerUnreadable', { what });
}

interface Claims {
  readonly reference?: string | undefined;
  readonly creditorAccount?: string | undefined;
  readonly debtorAccount?: string | undefined;
}

/** An answer about other money proves nothing about ours. */
function assertOurs(instruction: TransferInstruction, claims: Claims): void {
  const reference = presentText(claims.reference);
  if (reference !== undefined && reference !== instruction.endToEndId) {
    throw unknown('partnerReferenceNo', reference);
  }
  if (!isSameAccount(claims.creditorAccount, instruction.creditor.account)) {
    throw unknown('beneficiaryAccountNo', claims.creditorAccount ?? '');
  }
  if (!isSameAccount(claims.debtorAccount, instruction.debtorAccount.number)) {
    throw unknown('sourceAccountNo', claims.debtorAccount ?? '');
  }
}

/** Absent is no contradiction; zeros in front are. */
function isSameAccount(found: string | undefined, ours: string): boolean {
  const text = presentText(found)?.replace(/\s/g, '');
  return text === undefined || trimZeros(text) === trimZeros(ours);
}

function readAmount(wire: { readonly value: string; readonly currency: string }): Money {
  try {
    return parseMoney(wire.value, wire.currency);
  } catch (cause) {
    throw new CashbellError('bank.outcomeUnknown', { what: 'amount' }, { cause });
  }
}

function referenceOf(text: string | undefined): Pick<TransferReport, 'bankReference'> {
  const reference = presentText(text);
  return reference === undefined ? {} : { bankReference: reference };
}

function messageOf(text: string | undefined): Pick<TransferReport, 'bankMessage'> {
  const message = presentText(text);
  return message === undefined ? {} : { bankMessage: message.slice(0, 160) };
}
