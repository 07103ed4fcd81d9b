import type { BalanceLine, Movement, Posting, Wallet } from './book.ts';
import { narrativeOf } from './book.ts';
import { JsonNumber } from './json.ts';
import type { Json } from './json.ts';
import { toJsonNumberText } from './money.ts';

/** Prints a time as Airwallex does: whole seconds and a zone without a colon. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}+0000`;
}

function number(minorUnits: bigint, wallet: Wallet): JsonNumber {
  return new JsonNumber(toJsonNumberText(minorUnits, wallet.currency));
}

/** A wallet as `GET /balances/current` lists it. */
export function toBalance(wallet: Wallet): Json {
  return {
    available_amount: number(wallet.available, wallet),
    currency: wallet.currency,
    pending_amount: number(wallet.pending, wallet),
    reserved_amount: number(wallet.reserved, wallet),
    total_amount: number(wallet.available + wallet.pending + wallet.reserved, wallet),
  };
}

/** A line of `GET /balances/history`. */
export function toBalanceLine(line: BalanceLine): Json {
  const { posting } = line;
  const { wallet } = posting.movement;
  return {
    amount: number(line.minorUnits, wallet),
    balance: number(line.balanceAfter, wallet),
    currency: wallet.currency,
    description: describe(posting),
    fee: new JsonNumber('0'),
    posted_at: formatTime(line.postedAt),
    source: posting.movement.id,
    source_type: sourceTypeOf(posting),
    transaction_type: posting.type,
  };
}

/** A line of `GET /financial_transactions`. */
export function toFinancialTransaction(posting: Posting): Json {
  const { movement } = posting;
  return {
    amount: number(posting.minorUnits, movement.wallet),
    batch_id: batchIdOf(posting),
    created_at: formatTime(posting.createdAt),
    currency: movement.wallet.currency,
    description: describe(posting),
    estimated_settled_at: formatTime(posting.settledAt ?? posting.createdAt),
    fee: new JsonNumber('0'),
    id: posting.id,
    net: number(posting.minorUnits, movement.wallet),
    settled_at: posting.settledAt && formatTime(posting.settledAt),
    source_id: movement.id,
    source_type: sourceTypeOf(posting),
    status: posting.status,
    transaction_type: posting.type,
  };
}

/** The settlement batch of a transaction: one per day. */
export function batchIdOf(posting: Posting): string {
  return `bat_${posting.createdAt.toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** A deposit as `GET /deposits/{id}` and the events carry it. */
export function toDeposit(movement: Movement): Json {
  const { wallet } = movement;
  const rejected = movement.status === 'REJECTED';
  return {
    amount: number(movement.minorUnits, wallet),
    created_at: formatTime(movement.createdAt),
    currency: wallet.currency,
    estimated_settled_at: formatTime(movement.settledAt ?? movement.createdAt),
    failure_details: rejected
      ? { code: 'DEPOSIT_REJECTED', message: 'The deposit was rejected after review.' }
      : undefined,
    fee: { amount: new JsonNumber('0'), currency: wallet.currency },
    global_account_id: wallet.globalAccountId,
    id: movement.id,
    payer: {
      name: movement.counterparty,
      country_code: 'HK',
      bank_account: {
        name: movement.counterparty,
        institution: { name: movement.counterpartyBank, country_code: 'HK' },
      },
    },
    provider_transaction_id: movement.providerTransactionId,
    reference: narrativeOf(movement),
    settled_at: movement.settledAt && formatTime(movement.settledAt),
    status: movement.status,
    type: 'BANK_TRANSFER',
  };
}

/** A global account as `GET /global_accounts` lists it. */
export function toGlobalAccount(wallet: Wallet): Json {
  return {
    account_name: wallet.name,
    account_number: wallet.accountNumber,
    account_type: 'Checking',
    country_code: wallet.currency === 'USD' ? 'US' : 'HK',
    id: wallet.globalAccountId,
    institution: { city: 'Hong Kong', name: 'Simulated Institution', zip_code: '000000' },
    nick_name: `${wallet.currency} wallet`,
    required_features: [{ currency: wallet.currency, transfer_method: 'LOCAL' }],
    status: 'ACTIVE',
    supported_features: [{ currency: wallet.currency, transfer_method: 'LOCAL', type: 'DEPOSIT' }],
    swift_code: 'SIMUHKHH',
  };
}

/** A line of `GET /global_accounts/{id}/transactions`; amounts carry no sign there. */
export function toGlobalAccountTransaction(movement: Movement, side: 'CREDIT' | 'DEBIT'): Json {
  const { wallet } = movement;
  return {
    amount: number(movement.minorUnits, wallet),
    create_time: formatTime(globalAccountTime(movement, side)),
    currency: wallet.currency,
    description: narrativeOf(movement),
    fee_amount: new JsonNumber('0'),
    fee_currency: wallet.currency,
    // The money that a recall takes back is a line of its own.
    id: side === 'CREDIT' ? movement.id : movement.id.replace(/^.{8}/, 'ffffffff'),
    payer_country: 'HK',
    payer_name: movement.counterparty,
    status: side === 'DEBIT' || movement.status === 'REVERSED' ? 'SETTLED' : movement.status,
    type: side,
  };
}

/** When a line of a global account came into being. */
export function globalAccountTime(movement: Movement, side: 'CREDIT' | 'DEBIT'): Date {
  return side === 'DEBIT' ? (movement.endedAt ?? movement.createdAt) : movement.createdAt;
}

function describe(posting: Posting): string {
  const words: Readonly<Record<Posting['type'], string>> = {
    DEPOSIT: 'Deposit from',
    DEPOSIT_REVERSAL: 'Reversal of deposit from',
    PAYOUT: 'Payout to',
    PAYOUT_REVERSAL: 'Return of payout to',
    FEE: 'Fee of',
  };
  const { movement } = posting;
  return `${words[posting.type]} ${movement.counterparty} - ${narrativeOf(movement)}`;
}

function sourceTypeOf(posting: Posting): string {
  return posting.type.startsWith('DEPOSIT') ? 'DEPOSIT' : 'PAYOUT';
}
