import type { Wallet } from '../book.ts';
import { parseMinorUnits } from '../money.ts';
import { readBeneficiary } from './beneficiary.ts';
import type { Beneficiary, TransferMethod } from './beneficiary.ts';
import { createFieldReader } from './field-errors.ts';
import type { FieldReader } from './field-errors.ts';
import { isKnownCurrency, quote } from './quote.ts';
import type { Amounts, Fees, Quote } from './quote.ts';

/** The body of a create call, checked. */
export interface TransferOrder {
  readonly requestId: string;
  readonly reason: string;
  readonly reference: string;
  readonly remarks?: string;
  readonly beneficiary: Beneficiary;
  readonly beneficiaryId?: string;
  readonly payerId?: string;
  readonly transferMethod: TransferMethod;
  readonly feePaidBy: 'PAYER' | 'BENEFICIARY';
  readonly swiftChargeOption?: 'SHARED' | 'PAYER';
  /** `YYYY-MM-DD`. */
  readonly transferDate: string;
  readonly lockRateOnCreate?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CheckedOrder {
  readonly order: TransferOrder;
  readonly quote: Quote;
  readonly wallet: Wallet;
}

export interface OrderRules {
  readonly wallets: readonly Wallet[];
  readonly fees: Fees;
  /** `YYYY-MM-DD` of the simulated day. */
  readonly today: string;
  readonly beneficiary: (id: string) => Beneficiary | undefined;
}

const REFERENCE_MAX = 140;
const METADATA_KEYS_MAX = 15;
const METADATA_CHARACTERS_MAX = 4_500;

/** Checks the body of a create or validate call; everything that is wrong is told at once. */
export function readOrder(
  body: Readonly<Record<string, unknown>>,
  rules: OrderRules,
): CheckedOrder {
  const read = createFieldReader(body);
  const requestId = read.requiredText('request_id', 64);
  const reason = read.requiredText('reason');
  const reference = read.requiredText('reference', REFERENCE_MAX);
  const transferMethod = read.oneOf('transfer_method', ['LOCAL', 'SWIFT']) ?? 'LOCAL';
  const beneficiary = whoIsPaid(read, transferMethod, rules);
  const swiftChargeOption = read.oneOf('swift_charge_option', ['SHARED', 'PAYER']);
  if (transferMethod === 'SWIFT' && !swiftChargeOption) read.missing('swift_charge_option');
  const feePaidBy = read.oneOf('fee_paid_by', ['PAYER', 'BENEFICIARY']) ?? 'PAYER';
  const transferDate = readDate(read, rules.today);
  const metadata = readMetadata(read);
  const wallet = readWallet(read, rules.wallets);
  const fixed = readAmount(read, wallet?.currency);
  const currency = beneficiary?.currency;
  if (currency && currency !== read.text('transfer_currency')) {
    read.wrong('transfer_currency', `transfer_currency must be that of the account, ${currency}`);
  }
  read.finish();
  if (!beneficiary || !wallet || !fixed) throw new Error('a refused order was not refused');
  const details = optionalMembers(read, body);
  const order: TransferOrder = {
    requestId,
    reason,
    reference,
    beneficiary,
    transferMethod,
    feePaidBy,
    transferDate,
    metadata,
    ...(swiftChargeOption ? { swiftChargeOption } : {}),
    ...details,
  };
  const feeDollars = feeOf(order, rules.fees);
  return { order, wallet, quote: quoteOrRefuse(read, { ...fixed, feeDollars, feePaidBy }) };
}

function whoIsPaid(
  read: FieldReader,
  method: TransferMethod,
  rules: OrderRules,
): Beneficiary | undefined {
  const id = read.text('beneficiary_id');
  if (id === undefined) return readBeneficiary(read, [method]);
  if (read.record('beneficiary')) {
    read.wrong('beneficiary_id', 'only one of beneficiary and beneficiary_id may be given');
  }
  const known = rules.beneficiary(id);
  if (!known) read.wrong('beneficiary_id', `no beneficiary ${id}`);
  return known;
}

function readWallet(read: FieldReader, wallets: readonly Wallet[]): Wallet | undefined {
  const transferCurrency = read.requiredText('transfer_currency');
  if (transferCurrency !== '' && !isKnownCurrency(transferCurrency)) {
    read.wrong('transfer_currency', `transfer_currency ${transferCurrency} is not supported`);
    return undefined;
  }
  const sourceCurrency = read.text('source_currency') ?? transferCurrency;
  const wallet = wallets.find(({ currency }) => currency === sourceCurrency);
  if (!wallet && sourceCurrency !== '') {
    read.wrong('source_currency', `there is no wallet in ${sourceCurrency}`);
  }
  return wallet;
}

type GivenAmount = Omit<Amounts, 'feeDollars' | 'feePaidBy'>;

function readAmount(read: FieldReader, sourceCurrency = ''): GivenAmount | undefined {
  const source = read.text('source_amount');
  const transfer = read.text('transfer_amount');
  if (source !== undefined && transfer !== undefined) {
    read.wrong('source_amount', 'only one of source_amount and transfer_amount may be given');
    return undefined;
  }
  const text = source ?? transfer;
  if (text === undefined) {
    read.missing('transfer_amount', 'one of source_amount and transfer_amount must be provided');
    return undefined;
  }
  const fixed = source === undefined ? 'transfer' : 'source';
  const transferCurrency = read.text('transfer_currency') ?? '';
  try {
    const minorUnits = parseMinorUnits(
      text,
      fixed === 'source' ? sourceCurrency : transferCurrency,
    );
    if (minorUnits > 0n) return { sourceCurrency, transferCurrency, fixed, minorUnits };
    read.wrong(`${fixed}_amount`, `${fixed}_amount must be more than zero`);
  } catch (error) {
    read.wrong(`${fixed}_amount`, error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

function readDate(read: FieldReader, today: string): string {
  const date = read.text('transfer_date') ?? today;
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date));
  if (!isDate) read.wrong('transfer_date', 'transfer_date must be a date such as 2025-06-30');
  else if (date < today) read.wrong('transfer_date', 'transfer_date must not lie in the past');
  return date;
}

function readMetadata(read: FieldReader): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(read.record('metadata') ?? {})) {
    if (typeof value === 'string') metadata[key] = value;
    else read.wrong('metadata', `metadata.${key} must be text`);
  }
  const characters = Object.entries(metadata).flat().join('').length;
  const keys = Object.keys(metadata).length;
  if (keys > METADATA_KEYS_MAX || characters > METADATA_CHARACTERS_MAX) {
    read.wrong('metadata', 'metadata has too many keys or characters');
  }
  return metadata;
}

function optionalMembers(read: FieldReader, body: Readonly<Record<string, unknown>>) {
  const remarks = read.text('remarks');
  const beneficiaryId = read.text('beneficiary_id');
  const payerId = read.text('payer_id');
  const lock = body['lock_rate_on_create'];
  return {
    ...(remarks === undefined ? {} : { remarks }),
    ...(beneficiaryId === undefined ? {} : { beneficiaryId }),
    ...(payerId === undefined ? {} : { payerId }),
    ...(typeof lock === 'boolean' ? { lockRateOnCreate: lock } : {}),
  };
}

/** Hong Kong dollars and renminbi go by FPS when no other local way is named. */
function feeOf(
  { transferMethod, swiftChargeOption, beneficiary }: TransferOrder,
  fees: Fees,
): string {
  if (transferMethod === 'SWIFT') {
    return swiftChargeOption === 'PAYER' ? fees.swiftPayer : fees.swiftShared;
  }
  const isHongKong = beneficiary.bankCountryCode === 'HK';
  const isFps = ['', 'FPS'].includes(beneficiary.clearingSystem) && isHongKong;
  return isFps && ['HKD', 'CNY'].includes(beneficiary.currency) ? fees.fps : fees.local;
}

function quoteOrRefuse(read: FieldReader, amounts: Amounts): Quote {
  const result = quote(amounts);
  if (result.beneficiaryReceivesMinorUnits <= 0n || result.payerPaysMinorUnits <= 0n) {
    read.wrong(`${amounts.fixed}_amount`, 'the amount does not cover the fee');
    read.finish();
  }
  return result;
}
