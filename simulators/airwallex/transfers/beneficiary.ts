import { toJson } from '../json.ts';
import type { Json } from '../json.ts';
import type { FieldReader } from './field-errors.ts';

export type TransferMethod = 'LOCAL' | 'SWIFT';

/** Who is paid, and into which account. */
export interface Beneficiary {
  readonly name: string;
  readonly accountName: string;
  /** Account number, IBAN or proxy, as it was given. */
  readonly account: string;
  /** Clearing code or BIC, whichever names the bank. */
  readonly bankCode: string;
  readonly bankName: string;
  readonly bankCountryCode: string;
  readonly currency: string;
  readonly clearingSystem: string;
  /** The object as the company sent it; answers repeat it. */
  readonly sent: Json;
}

/** Reads the member `beneficiary` of a body; what the methods need is checked for each of them. */
export function readBeneficiary(
  read: FieldReader,
  methods: readonly TransferMethod[],
): Beneficiary | undefined {
  const sent = read.record('beneficiary');
  if (!sent) {
    read.missing('beneficiary');
    return undefined;
  }
  read.oneOf('beneficiary.type', ['BANK_ACCOUNT']);
  const bank = 'beneficiary.bank_details';
  const accountName = read.requiredText(`${bank}.account_name`, 200);
  const currency = read.requiredText(`${bank}.account_currency`);
  const bankCountryCode = read.requiredText(`${bank}.bank_country_code`);
  if (bankCountryCode !== '' && !/^[A-Z]{2}$/.test(bankCountryCode)) {
    read.wrong(`${bank}.bank_country_code`, `${bank}.bank_country_code must be two letters`);
  }
  const account = read.text(`${bank}.account_number`) ?? read.text(`${bank}.iban`);
  if (account === undefined) read.missing(`${bank}.account_number`);
  const swiftCode = read.text(`${bank}.swift_code`);
  const routing = read.text(`${bank}.account_routing_value1`);
  if (methods.includes('SWIFT')) checkSwift(read, swiftCode);
  if (methods.includes('LOCAL')) checkLocal(read, bankCountryCode);
  return {
    name: readHolder(read, accountName),
    accountName,
    account: account ?? '',
    bankCode: routing ?? swiftCode ?? '',
    bankName: read.text(`${bank}.bank_name`) ?? '',
    bankCountryCode,
    currency,
    clearingSystem: read.text(`${bank}.local_clearing_system`) ?? '',
    sent: toJson(sent),
  };
}

function readHolder(read: FieldReader, accountName: string): string {
  const entity = read.oneOf('beneficiary.entity_type', ['COMPANY', 'PERSONAL']);
  const company = read.text('beneficiary.company_name');
  const person = [read.text('beneficiary.first_name'), read.text('beneficiary.last_name')];
  if (entity === 'COMPANY' && company === undefined) read.missing('beneficiary.company_name');
  if (entity === 'PERSONAL' && person.includes(undefined)) read.missing('beneficiary.last_name');
  return company ?? (person.filter(Boolean).join(' ') || accountName);
}

function checkSwift(read: FieldReader, swiftCode: string | undefined): void {
  const path = 'beneficiary.bank_details.swift_code';
  if (swiftCode === undefined) read.missing(path);
  else if (!/^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(swiftCode)) {
    read.wrong(path, `${path} must be a BIC of 8 or 11 characters`);
  }
}

/** A Hong Kong account names its bank by a clearing code of three digits. */
function checkLocal(read: FieldReader, country: string): void {
  const bank = 'beneficiary.bank_details';
  const value = read.text(`${bank}.account_routing_value1`);
  const type = read.text(`${bank}.account_routing_type1`);
  if (value !== undefined && type === undefined) read.missing(`${bank}.account_routing_type1`);
  if (country !== 'HK') return;
  const number = read.text(`${bank}.account_number`);
  if (value === undefined) read.missing(`${bank}.account_routing_value1`);
  else if (!/^\d{3}$/.test(value)) {
    read.wrong(`${bank}.account_routing_value1`, 'a Hong Kong bank code has three digits');
  }
  if (number !== undefined && !/^\d{6,12}$/.test(number)) {
    read.wrong(`${bank}.account_number`, 'a Hong Kong account number has 6 to 12 digits');
  }
  read.oneOf(`${bank}.local_clearing_system`, ['FPS', 'RTGS', 'ACH']);
}
