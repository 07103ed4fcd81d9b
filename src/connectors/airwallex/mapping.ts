import { dayIn, type Instant, parseInstant } from '#core/dates.ts';
import { CashbellError, type ErrorCode } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import { type Money, negateMoney, parseMoney } from '#core/money.ts';
import type { BalanceReport, EntryReport, EntryStatus } from '#core/statements.ts';
import type { z } from 'zod';
import { endToEndIdOf, retryAfterSeconds, tryParseJson, withoutSecrets } from '../reading.ts';
import { type BalancesWire, type Deposit, ErrorWire, type Transaction } from './wire.ts';

/** Business day of the wallets; Airwallex itself writes UTC. */
export const ZONE = 'Asia/Hong_Kong';

type State = { readonly status: EntryStatus; readonly isReversed?: true };

/** States of financial transactions (B2); a cancelled one takes back what was pending. */
export const transactionStatusTable: Readonly<Record<string, State>> = {
  PENDING: { status: 'pending' },
  SETTLED: { status: 'booked' },
  REJECTED: { status: 'pending', isReversed: true },
  CANCELLED: { status: 'pending', isReversed: true },
};

/** States of deposits by the event that tells them (B2). */
export const depositEventTable: Readonly<Record<string, State>> = {
  'deposit.pending': { status: 'pending' },
  'deposit.settled': { status: 'booked' },
  'deposit.rejected': { status: 'pending', isReversed: true },
  'deposit.reversed': { status: 'booked', isReversed: true },
};

/**
 * A line of the wallet. The sign stands in the amount: what leaves is negative. `net` is what
 * moves the balance when a fee was kept.
 */
export function toEntry(wire: Transaction): EntryReport {
  const state = transactionStatusTable[wire.status.toUpperCase()];
  if (state === undefined) throw unknownStatus(wire.status);
  const signed = parseMoney(wire.net ?? wire.amount, wire.currency);
  const isCredit = signed.amountMinorUnits >= 0n;
  const kind = `${wire.source_type ?? ''} ${wire.transaction_type ?? ''}`.toUpperCase();
  const isDeposit = isCredit && kind.includes('DEPOSIT');
  const narrative = (wire.description ?? wire.transaction_type ?? '').trim();
  return {
    creditDebitIndicator: isCredit ? 'credit' : 'debit',
    amount: absolute(signed),
    ...state,
    ...toBooking(wire.settled_at ?? wire.created_at),
    remittanceInformation: narrative,
    // The source of a payout is the transfer's id, which `create` gave us.
    accountServicerReference: wire.source_id ?? wire.id,
    ...(isCredit ? {} : endToEndIdOf(narrative)),
    // A payout and its fee share one source, so only a deposit may be known by it.
    uniqueKey:
      isDeposit && wire.source_id !== undefined
        ? `source:${wire.source_id}`
        : `transaction:${wire.id}`,
    evidence: toEvidence([wire.id, wire.source_id, wire.batch_id]),
    bankStatus: wire.status,
  };
}

/** A deposit as a webhook tells it; the statement line of the same money has the same key. */
export function toDeposit(wire: Deposit, event: string, receivedAt: Instant): EntryReport {
  const state = depositEventTable[event];
  if (state === undefined) throw unknownStatus(event);
  const counterparty = toCounterparty(wire);
  const moment = wire.settled_at ?? wire.created_at;
  return {
    creditDebitIndicator: 'credit',
    amount: parseDepositAmount(wire),
    ...state,
    ...(moment === undefined ? { bookingDate: dayIn(receivedAt, ZONE) } : toBooking(moment)),
    ...(counterparty === undefined ? {} : { counterparty }),
    remittanceInformation: (wire.reference ?? '').trim(),
    accountServicerReference: wire.id,
    uniqueKey: `source:${wire.id}`,
    evidence: toEvidence([wire.id, wire.provider_transaction_id, wire.reference]),
    bankStatus: wire.status ?? event,
  };
}

function parseDepositAmount(wire: Deposit): Money {
  const amount = parseMoney(wire.amount, wire.currency);
  // A reversal may be written as a negative amount; the event already says what it means.
  return absolute(amount);
}

function toCounterparty(wire: Deposit): EntryReport['counterparty'] {
  const name = wire.payer?.name ?? wire.payer_name;
  const { account, agent } = wire.payer ?? {};
  const known = {
    ...(name === undefined ? {} : { name }),
    ...(account === undefined ? {} : { account }),
    ...(agent === undefined ? {} : { agent }),
  };
  return Object.keys(known).length === 0 ? undefined : known;
}

function toBooking(text: string) {
  const bookedAt = parseInstant(text);
  return { bookingDate: dayIn(bookedAt, ZONE), bookedAt };
}

function absolute(amount: Money): Money {
  return amount.amountMinorUnits < 0n ? negateMoney(amount) : amount;
}

function toEvidence(texts: readonly (string | undefined)[]): string[] {
  const long = texts.map((text) => text?.trim() ?? '').filter((text) => text.length >= 6);
  return [...new Set(long)];
}

function unknownStatus(found: string): CashbellError {
  return new CashbellError('connector.statusUnknown', { found: found.slice(0, 40) });
}

/** Balances of one wallet. A currency that was never used is absent and so has none. */
export function toBalances(
  wire: z.infer<typeof BalancesWire>,
  currency: string,
  asOf: Instant,
): BalanceReport[] {
  return wire
    .filter((wallet) => wallet.currency === currency)
    .flatMap((wallet): BalanceReport[] => [
      {
        type: 'interimAvailable',
        amount: parseMoney(wallet.available_amount, wallet.currency),
        asOf,
      },
      ...(wallet.total_amount === undefined
        ? []
        : [
            {
              type: 'interimBooked' as const,
              amount: parseMoney(wallet.total_amount, wallet.currency),
              asOf,
            },
          ]),
    ]);
}

/** Error words of Airwallex that mean something else than their HTTP status. */
export const errorTable: Readonly<Record<string, ErrorCode>> = {
  credentials_invalid: 'bank.unauthorised',
  credentials_expired: 'bank.tokenInvalid',
  too_many_requests: 'bank.throttled',
  rate_limit_exceeded: 'bank.throttled',
  time_range_exceed: 'bank.badRequest',
};

const STATUS_TABLE: Readonly<Record<number, ErrorCode>> = {
  400: 'bank.badRequest',
  // After 30 minutes every call says 401 until there is a new token (E4).
  401: 'bank.tokenInvalid',
  403: 'bank.notAllowed',
  404: 'bank.badRequest',
  408: 'bank.outcomeUnknown',
  429: 'bank.throttled',
  503: 'bank.maintenance',
};

/** For reads only: a server's fault may be asked again. `judgeCreate` is for transfers. */
export function judgeAirwallex(
  response: HttpResponse,
  secrets: readonly (string | undefined)[],
): CashbellError | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const wire = ErrorWire.safeParse(tryParseJson(bodyText(response.body)));
  const word = wire.success ? withoutSecrets(wire.data.code, secrets).toLowerCase() : '';
  const code = errorTable[word] ?? STATUS_TABLE[status] ?? codeOfStatus(status);
  const seconds = retryAfterSeconds(response);
  return new CashbellError(code, {
    status,
    ...(wire.success ? { bankCode: word } : {}),
    ...(wire.success ? { message: withoutSecrets(wire.data.message ?? '', secrets) } : {}),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

function codeOfStatus(status: number): ErrorCode {
  if (status >= 500) return 'bank.unavailable';
  return status < 400 ? 'connector.answerUnreadable' : 'bank.badRequest';
}
