/** Bodies of transfers at Airwallex, and what it would refuse in them (B1, B2). */
import { CashbellError } from '#core/errors.ts';
import type { HttpRequest } from '#core/http.ts';
import { formatDecimal } from '#core/money.ts';
import type { Creditor, PaymentPurpose, PaymentRail, TransferInstruction } from '#core/payments.ts';
import type { InstructionProblem, RailTraits } from '../contract.ts';

const DAY_MS = 86_400_000;

/** Currencies that a wallet can hold (Airwallex: wallet transfer error codes). */
const walletCurrencies = [
  'AUD',
  'CAD',
  'CHF',
  'CNY',
  'CZK',
  'DKK',
  'EUR',
  'GBP',
  'HKD',
  'HUF',
  'ILS',
  'JPY',
  'KRW',
  'MXN',
  'NOK',
  'NZD',
  'PLN',
  'RON',
  'SEK',
  'SGD',
  'THB',
  'USD',
  'ZAR',
];

/**
 * Local systems by country and rail (B1). A country that is not here has only `clearing`, where
 * Airwallex itself chooses the system.
 */
const clearingSystems: Readonly<
  Record<string, Readonly<Partial<Record<PaymentRail, { name: string; currencies: string[] }>>>>
> = {
  HK: {
    instant: { name: 'FPS', currencies: ['HKD', 'CNY'] },
    urgent: { name: 'RTGS', currencies: ['HKD', 'USD', 'EUR', 'CNY'] },
    clearing: { name: 'ACH', currencies: ['HKD'] },
  },
  SG: {
    instant: { name: 'FAST', currencies: ['SGD'] },
    clearing: { name: 'GIRO', currencies: ['SGD'] },
  },
};

const common = {
  schemes: ['domestic', 'iban'],
  creditorAgent: 'any',
  isBusinessDaysOnly: false,
} as const;

/** A transfer is taken at any hour and leaves with the next run; weekends lie in the time to final. */
export const airwallexRails: readonly RailTraits[] = [
  { ...common, rail: 'instant', currencies: ['HKD', 'CNY', 'SGD'], finalWithinMs: DAY_MS },
  {
    ...common,
    rail: 'urgent',
    currencies: ['HKD', 'USD', 'EUR', 'CNY'],
    finalWithinMs: 4 * DAY_MS,
  },
  { ...common, rail: 'clearing', currencies: walletCurrencies, finalWithinMs: 6 * DAY_MS },
  { ...common, rail: 'swift', currencies: walletCurrencies, finalWithinMs: 10 * DAY_MS },
];

/** Reasons that Airwallex takes; it has none for utilities and for money inside a group. */
const reasons: Readonly<Record<PaymentPurpose, string>> = {
  supplier: 'business_expenses',
  salary: 'wages_salary',
  tax: 'taxes',
  utilities: 'business_expenses',
  rent: 'real_estate',
  loan: 'loan_credit_repayment',
  intercompany: 'settlement',
  refund: 'other_services',
  treasury: 'transfer_to_own_account',
  other: 'other_services',
};

/** How a national bank code is called where it is not simply a bank code. */
const routingTypes: Readonly<Record<string, string>> = {
  US: 'aba',
  GB: 'sort_code',
  AU: 'bsb',
  IN: 'ifsc',
};

const BIC = /^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/;
const PRINTABLE = /^[\x20-\x7e]+$/;
/** References at Airwallex are at most so long; a rail that takes less refuses the transfer. */
const REFERENCE_MAX = 140;

/** Every problem of an instruction, each named by its field. */
export function checkTransfer(instruction: TransferInstruction): InstructionProblem[] {
  const { creditor, debtorAccount, instructedAmount, rail } = instruction;
  const { currency } = instructedAmount;
  const traits = airwallexRails.find((one) => one.rail === rail);
  const system = clearingSystems[creditor.country]?.[rail];
  const isSystemNeeded = rail === 'instant' || rail === 'urgent';
  const isNamed = traits === undefined || !isSystemNeeded || system !== undefined;
  const isTaken = system === undefined || system.currencies.includes(currency);
  const problems: readonly (readonly [boolean, string, string])[] = [
    [/^\d{1,20}$/.test(instruction.endToEndId), 'endToEndId', 'The reference has 1 to 20 digits.'],
    [traits !== undefined, 'rail', 'Airwallex does not offer this way to pay.'],
    [isNamed, 'rail', 'There is no such rail to the country of the account.'],
    [
      debtorAccount.currency === currency,
      'instructedAmount.currency',
      'A wallet pays in its own currency only; exchange first.',
    ],
    [
      isTaken && (traits === undefined || traits.currencies.includes(currency)),
      'instructedAmount.currency',
      'This rail does not carry this currency.',
    ],
    [instructedAmount.amountMinorUnits > 0n, 'instructedAmount', 'The amount is above zero.'],
    [
      creditor.scheme === 'domestic' || creditor.scheme === 'iban',
      'creditor.scheme',
      'Only account numbers and IBANs are paid, no proxies.',
    ],
    [/^[A-Za-z0-9-]{1,34}$/.test(creditor.account), 'creditor.account', 'Letters and digits only.'],
    [/^[A-Z]{2}$/.test(creditor.country), 'creditor.country', 'Two capital letters.'],
    [
      isName(creditor),
      'creditor.name',
      'A name has 2 to 200 letters without accents, a person’s two words.',
    ],
    [creditor.kind !== undefined, 'creditor.kind', 'Airwallex asks: a person or a company?'],
    [
      creditor.agent !== undefined || (creditor.scheme === 'iban' && rail !== 'swift'),
      'creditor.agent',
      'The bank of the payee is missing.',
    ],
    [
      rail !== 'swift' || BIC.test(creditor.agent ?? ''),
      'creditor.agent',
      'SWIFT needs the BIC of the payee’s bank.',
    ],
    [
      rail !== 'swift' || PRINTABLE.test(creditor.address ?? ''),
      'creditor.address',
      'SWIFT needs the payee’s address, without accents.',
    ],
    [
      instruction.chargeBearer === 'debtor' ||
        (instruction.chargeBearer === 'shared' && rail === 'swift'),
      'chargeBearer',
      'The payer pays the fee, or shares it by SWIFT.',
    ],
  ];
  return problems.flatMap(([isFine, field, problem]) => (isFine ? [] : [{ field, problem }]));
}

/** Airwallex wants first and last name of a person. */
function isName({ name, kind }: Creditor): boolean {
  const isFull = kind !== 'individual' || /\S\s+\S/.test(name);
  return PRINTABLE.test(name) && name.trim().length >= 2 && name.length <= 200 && isFull;
}

/** Body of `create` and `validate`; an instruction with a problem is never sent. */
export function toTransferBody(instruction: TransferInstruction): string {
  const [first] = checkTransfer(instruction);
  if (first !== undefined) throw new CashbellError('payment.invalid', { field: first.field });
  const { instructedAmount, rail, chargeBearer } = instruction;
  return JSON.stringify({
    request_id: instruction.endToEndId,
    reason: reasons[instruction.purpose],
    reference: toReference(instruction),
    source_currency: instructedAmount.currency,
    transfer_currency: instructedAmount.currency,
    transfer_amount: formatDecimal(instructedAmount),
    transfer_method: rail === 'swift' ? 'SWIFT' : 'LOCAL',
    fee_paid_by: 'PAYER',
    ...(rail === 'swift'
      ? { swift_charge_option: chargeBearer === 'shared' ? 'SHARED' : 'PAYER' }
      : {}),
    beneficiary: toBeneficiary(instruction),
  });
}

/** Our reference first, then as much of the text as fits. */
function toReference({ endToEndId, remittanceInformation }: TransferInstruction): string {
  const text = remittanceInformation.normalize('NFKD').replace(/\p{M}/gu, '');
  const plain = text.replace(/[^A-Za-z0-9/\-?:().,'+ ]/g, ' ');
  return `${endToEndId} ${plain}`.replace(/ +/g, ' ').slice(0, REFERENCE_MAX).trim();
}

function toBeneficiary({ creditor, rail, instructedAmount }: TransferInstruction) {
  const { address, agent, agentName, country } = creditor;
  const system = clearingSystems[country]?.[rail]?.name;
  return {
    type: 'BANK_ACCOUNT',
    ...toParty(creditor),
    ...(address === undefined
      ? {}
      : { address: { country_code: country, street_address: address } }),
    bank_details: {
      account_currency: instructedAmount.currency,
      account_name: creditor.name,
      ...(creditor.scheme === 'iban'
        ? { iban: creditor.account }
        : { account_number: creditor.account }),
      ...(agent === undefined ? {} : toAgent(agent, country)),
      bank_country_code: country,
      ...(agentName === undefined ? {} : { bank_name: agentName }),
      ...(system === undefined ? {} : { local_clearing_system: system }),
    },
  };
}

function toParty({ name, kind }: Creditor) {
  if (kind !== 'individual') return { entity_type: 'COMPANY', company_name: name };
  const words = name.trim().split(/\s+/);
  return {
    entity_type: 'PERSONAL',
    first_name: words.slice(0, -1).join(' '),
    last_name: words.at(-1),
  };
}

function toAgent(agent: string, country: string) {
  return BIC.test(agent)
    ? { swift_code: agent }
    : {
        account_routing_type1: routingTypes[country] ?? 'bank_code',
        account_routing_value1: agent,
      };
}

export function toPost(path: string, body: string): HttpRequest {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/json' }, body };
}
