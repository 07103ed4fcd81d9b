/** Answers about transfers at Airwallex. What is not ours is never believed. */
import { CashbellError, type ErrorCode } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import { isSameMoney, type Money, parseMoney } from '#core/money.ts';
import type {
  TransferAnswer,
  TransferInstruction,
  TransferReport,
  TransferStatus,
} from '#core/payments.ts';
import type { InstructionProblem, TransferNotice, TransferQuestion } from '../contract.ts';
import { readAnswer, tryParseJson, withoutSecrets } from '../reading.ts';
import {
  EmptyWire,
  ErrorWire,
  type Transfer,
  TransfersWire,
  TransferWire,
  ValidationWire,
} from './wire.ts';

/**
 * States of a transfer (Airwallex: Transfer statuses, from 2024-01-31). Recalled, rejected and
 * blocked approvals end nothing: people can edit and resubmit them in the web app. A failed
 * transfer cannot be retried any more and is cancelled in seconds. SENT may still fail.
 */
export const transferStatusTable: Readonly<Record<string, TransferStatus>> = {
  IN_APPROVAL: 'received',
  APPROVAL_RECALLED: 'pending',
  APPROVAL_REJECTED: 'pending',
  APPROVAL_BLOCKED: 'pending',
  SCHEDULED: 'accepted',
  OVERDUE: 'pending',
  PROCESSING: 'pending',
  SENT: 'accepted',
  PAID: 'settled',
  FAILED: 'rejected',
  CANCELLED: 'cancelled',
};

/**
 * A state that nobody wrote down is `pending`: the transfer is there under our reference, so
 * "unknown", which leads to the question whether to send again, would be the more dangerous word.
 * It is asked for again, and people are called when it does not end.
 */
function toTransferStatus(wire: Transfer): TransferStatus {
  const status = transferStatusTable[wire.status.toUpperCase()] ?? 'pending';
  // What failed is found as cancelled a moment later, with the reason of its failure.
  const isFailed = (wire.failure_reason ?? wire.failure_type ?? '') !== '';
  return status === 'cancelled' && isFailed ? 'rejected' : status;
}

/**
 * Error words of `create` that promise that nothing was created. `request_id_duplicate` is not
 * among them: it proves the opposite (Airwallex: Error codes).
 */
export const createErrorTable: Readonly<Record<string, ErrorCode>> = {
  validation_failed: 'bank.badRequest',
  invalid_argument: 'bank.badRequest',
  transfer_date_invalid: 'bank.badRequest',
  metadata_above_size_limit: 'bank.badRequest',
  insufficient_fund: 'bank.refused',
  insufficient_funds: 'bank.refused',
  balance_insufficient: 'bank.refused',
  beneficiary_unavailable: 'bank.refused',
  transfer_currency_unsupported: 'bank.refused',
};

/** Judge of `create`. Only Airwallex's own words prove anything; all else is unknown. */
export function judgeCreate(
  response: HttpResponse,
  secrets: readonly (string | undefined)[],
): CashbellError | undefined {
  const { status } = response;
  if (status === 200 || status === 201) return undefined;
  const wire = ErrorWire.safeParse(tryParseJson(bodyText(response.body)));
  if (!wire.success) return new CashbellError('bank.outcomeUnknown', { status });
  const word = withoutSecrets(wire.data.code, secrets).toLowerCase();
  return new CashbellError(codeOfCreate(status, word), {
    status,
    bankCode: word,
    message: withoutSecrets(wire.data.message ?? '', secrets),
  });
}

function codeOfCreate(status: number, word: string): ErrorCode {
  // An error of its own format under 401 and 403 comes from the door, before anything is created.
  if (status === 401) return 'bank.tokenInvalid';
  if (status === 403) return 'bank.notAllowed';
  const isListed = status === 400 || status === 422;
  return (isListed ? createErrorTable[word] : undefined) ?? 'bank.outcomeUnknown';
}

/** Answer of `create`. */
export function parseCreated(
  response: HttpResponse,
  instruction: TransferInstruction,
): TransferReport {
  const wire = readAnswer(TransferWire, response);
  assertOurs(wire, instruction);
  const report = toReport(wire);
  if (report.amount === undefined || !isSameMoney(report.amount, instruction.instructedAmount)) {
    throw unknown('transfer_amount', wire.transfer_amount ?? '');
  }
  return report;
}

/** Answer to an inquiry: one transfer by its id, or the list filtered by our reference. */
export function parseFound(response: HttpResponse, question: TransferQuestion): TransferAnswer {
  const { instruction, bankReference } = question;
  if (bankReference !== undefined) {
    const wire = readAnswer(TransferWire, response);
    if (wire.id !== bankReference) throw unknown('id', wire.id);
    assertOurs(wire, instruction);
    return toReport(wire);
  }
  const { items, has_more } = readAnswer(TransfersWire, response);
  const ours = items.filter((item) => item.request_id === instruction.endToEndId);
  const [wire, second] = ours;
  if (second !== undefined) throw unknown('twoTransfers', second.id);
  if (wire === undefined) {
    // A list of others' transfers means that the filter did not work, not that ours is missing.
    if (items.length > 0 || has_more === true) throw unknown('request_id', '');
    return { status: 'notFound' };
  }
  assertOurs(wire, instruction);
  return toReport(wire);
}

/** Success is an empty object (Airwallex: Cancel a transfer). */
export function parseCancelled(
  response: HttpResponse,
  { instruction, bankReference = '' }: TransferQuestion,
): TransferReport {
  if (EmptyWire.safeParse(tryParseJson(bodyText(response.body))).success) {
    return { status: 'cancelled', bankReference };
  }
  const wire = readAnswer(TransferWire, response);
  assertOurs(wire, instruction);
  return toReport(wire);
}

/** Problems that a dry run found; none when it passed. */
export function parseValidation(response: HttpResponse): InstructionProblem[] {
  if (response.status < 300) return [];
  const { code, message, errors } = readAnswer(ValidationWire, response);
  const named = errors.map((error) => ({
    field: error.source ?? code,
    problem: (error.message ?? error.code ?? code).slice(0, 160),
  }));
  return named.length > 0 ? named : [{ field: code, problem: (message ?? code).slice(0, 160) }];
}

/** What a webhook says of a transfer; it is a hint, the transfer is read again. */
export function toTransferNotice(wire: Transfer): TransferNotice {
  return {
    ...(wire.request_id === undefined ? {} : { endToEndId: wire.request_id }),
    bankReference: wire.id,
    report: toReport(wire),
  };
}

function toReport(wire: Transfer): TransferReport {
  const { transfer_amount, transfer_currency, source_currency, fee_amount, fee_currency } = wire;
  const message = wire.failure_reason ?? wire.failure_type;
  const credited = wire.amount_beneficiary_receives;
  const isExchanged = source_currency !== undefined && source_currency !== transfer_currency;
  return {
    status: toTransferStatus(wire),
    bankReference: wire.id,
    bankCode: wire.status.slice(0, 40),
    ...(message === undefined ? {} : { bankMessage: message.slice(0, 160) }),
    ...moneyIfPresent('amount', transfer_amount, transfer_currency),
    ...moneyIfPresent('fee', fee_amount, fee_currency),
    ...(isExchanged ? moneyIfPresent('creditedAmount', credited, transfer_currency) : {}),
  };
}

function moneyIfPresent<K extends string>(
  key: K,
  amount: string | undefined,
  currency: string | undefined,
): Partial<Record<K, Money>> {
  if (amount === undefined || currency === undefined) return {};
  try {
    const money: Partial<Record<K, Money>> = {};
    money[key] = parseMoney(amount, currency);
    return money;
  } catch (cause) {
    throw new CashbellError('bank.outcomeUnknown', { what: key }, { cause });
  }
}

/** Reference and account are ours, where they are told. */
function assertOurs(wire: Transfer, { endToEndId, creditor }: TransferInstruction): void {
  if (wire.request_id !== undefined && wire.request_id !== endToEndId) {
    throw unknown('request_id', wire.request_id);
  }
  const account = wire.beneficiary?.bank_details;
  const found = account?.iban ?? account?.account_number;
  if (found !== undefined && fold(found) !== fold(creditor.account)) {
    throw unknown('account', '');
  }
}

function fold(account: string): string {
  return account.replace(/[\s-]/g, '').toUpperCase();
}

function unknown(what: string, found: string): CashbellError {
  return new CashbellError('bank.outcomeUnknown', { what, found: found.slice(0, 40) });
}
