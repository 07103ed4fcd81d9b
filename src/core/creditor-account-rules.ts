import type { CreditorAccountScheme } from './payments.ts';

/** How accounts of one country are written. */
export interface AccountRule {
  readonly schemes: readonly CreditorAccountScheme[];
  readonly isIbanOnly?: boolean;
  /** Account numbers may hold letters. */
  readonly hasLetters?: boolean;
  /** Least and most characters of an account, by scheme; beyond them it cannot be one. */
  readonly lengths: Readonly<Partial<Record<CreditorAccountScheme, readonly [number, number]>>>;
  /** National code of a bank, besides its BIC. */
  readonly agentCode?: RegExp;
  /** How the code of a bank is asked for. */
  readonly agentWords: string;
  /** Digits of accounts at single banks; by canonical agent. */
  readonly digitsOfBank: ReadonlyMap<
    string,
    {
      readonly digits: readonly number[];
      /** From the bank's own documents; otherwise common knowledge, which only warns. */
      readonly isCertain: boolean;
    }
  >;
  readonly mobile?: {
    readonly prefix: string;
    readonly national: RegExp;
    readonly problem: string;
  };
}

interface Bank {
  readonly code: string;
  readonly bic?: string;
  readonly name: string;
  readonly digits?: readonly number[];
  readonly isCertain?: boolean;
}

/**
 * Indonesian banks (banks-snap-hk.md A17.1): 002, 014 and their BICs are from bank documents, the
 * rest is general knowledge. Digits of an account: BCA 10 (A13.2) and BRI 15 (A14.1) from the banks;
 * the others only warn.
 */
const indonesia: readonly Bank[] = [
  { code: '002', bic: 'BRINIDJA', name: 'BRI', digits: [15], isCertain: true },
  { code: '008', bic: 'BMRIIDJA', name: 'Mandiri', digits: [13] },
  { code: '009', bic: 'BNINIDJA', name: 'BNI', digits: [10] },
  { code: '011', bic: 'BDINIDJA', name: 'Danamon', digits: [10, 12] },
  { code: '013', bic: 'BBBAIDJA', name: 'Permata', digits: [10] },
  { code: '014', bic: 'CENAIDJA', name: 'BCA', digits: [10], isCertain: true },
  { code: '022', bic: 'BNIAIDJA', name: 'CIMB Niaga', digits: [12, 13, 14] },
  { code: '028', bic: 'NISPIDJA', name: 'OCBC Indonesia', digits: [12] },
  { code: '200', bic: 'BTANIDJA', name: 'BTN', digits: [16] },
  { code: '451', bic: 'BSMDIDJA', name: 'BSI', digits: [10] },
  { code: '542', bic: 'JAGBIDJA', name: 'Jago', digits: [12] },
];

/** Clearing codes of Hong Kong (B1), general knowledge: an unknown one only warns. */
const hongKong: readonly Bank[] = [
  { code: '003', name: 'Standard Chartered' },
  { code: '004', name: 'HSBC' },
  { code: '006', name: 'Citibank N.A.' },
  { code: '009', name: 'CCB (Asia)' },
  { code: '012', name: 'BOCHK' },
  { code: '015', name: 'BEA' },
  { code: '016', name: 'DBS HK' },
  { code: '018', name: 'CITIC' },
  { code: '020', name: 'CMB Wing Lung' },
  { code: '024', name: 'Hang Seng' },
  { code: '025', name: 'Shanghai Commercial' },
  { code: '035', name: 'OCBC HK' },
  { code: '040', name: 'Dah Sing' },
  { code: '041', name: 'Chong Hing' },
  { code: '043', name: 'Nanyang' },
  { code: '072', name: 'ICBC (Asia)' },
  { code: '128', name: 'Fubon' },
  { code: '250', name: 'Citibank (HK)' },
  { code: '387', name: 'ZA' },
  { code: '388', name: 'livi' },
  { code: '389', name: 'Mox' },
  { code: '390', name: 'WeLab' },
];

const banks: Readonly<Record<string, readonly Bank[]>> = { ID: indonesia, HK: hongKong };

const none: AccountRule['digitsOfBank'] = new Map();

/**
 * Rules by country. Lengths that no document of ours names are wide on purpose: they catch a pasted
 * phone number or a missing half, and leave the rest to the bank's own inquiry.
 */
const rules: Readonly<Record<string, AccountRule>> = {
  ID: {
    schemes: ['domestic', 'virtualAccount', 'mobile', 'email'],
    // SNAP takes 34 characters of an account and 28 of a virtual account (A10.4, A11).
    lengths: { domestic: [5, 20], virtualAccount: [8, 28] },
    agentCode: /^\d{3}$/,
    agentWords: 'code of three digits or BIC, such as 014 or CENAIDJA',
    digitsOfBank: digitsOf(indonesia),
    mobile: {
      prefix: '62',
      national: /^8\d{7,11}$/,
      problem: 'must be an Indonesian mobile number, such as +6281234567890',
    },
  },
  HK: {
    schemes: ['domestic', 'virtualAccount', 'fpsId', 'mobile', 'email'],
    // Branch of three digits and six to nine more; payout services take at most twelve (B1).
    lengths: { domestic: [6, 12], virtualAccount: [6, 16], fpsId: [7, 9] },
    agentCode: /^\d{3}$/,
    agentWords: 'clearing code of three digits or BIC, such as 004 or HSBCHKHH',
    digitsOfBank: none,
    mobile: {
      prefix: '852',
      national: /^[4-9]\d{7}$/,
      problem: 'must be a mobile number of Hong Kong with eight digits, such as +85291234567',
    },
  },
  CN: {
    schemes: ['domestic'],
    lengths: { domestic: [8, 32] },
    // Line number of CNAPS, which decides the routing (CMB YQN: brdNbr).
    agentCode: /^\d{12}$/,
    agentWords: 'CNAPS line number of twelve digits or BIC',
    digitsOfBank: none,
  },
  SG: {
    schemes: ['domestic', 'virtualAccount', 'mobile'],
    lengths: { domestic: [6, 14], virtualAccount: [6, 20] },
    agentCode: /^\d{4}(\d{3})?$/,
    agentWords: 'BIC, such as DBSSSGSG, or its code of four digits',
    digitsOfBank: none,
    mobile: {
      prefix: '65',
      national: /^[89]\d{7}$/,
      problem: 'must be a mobile number of Singapore with eight digits, such as +6591234567',
    },
  },
  MY: {
    schemes: ['domestic', 'virtualAccount', 'mobile'],
    lengths: { domestic: [6, 17], virtualAccount: [6, 20] },
    agentWords: 'BIC, such as MBBEMYKL',
    digitsOfBank: none,
    mobile: {
      prefix: '60',
      national: /^1\d{8,9}$/,
      problem: 'must be a Malaysian mobile number, such as +60123456789',
    },
  },
  TH: {
    schemes: ['domestic', 'mobile'],
    lengths: { domestic: [10, 15] },
    agentCode: /^\d{3}$/,
    agentWords: 'code of three digits or BIC, such as 004 or KASITHBK',
    digitsOfBank: none,
    mobile: {
      prefix: '66',
      national: /^[689]\d{8}$/,
      problem: 'must be a Thai mobile number, such as +66812345678',
    },
  },
  VN: {
    schemes: ['domestic', 'virtualAccount'],
    // VietQR carries account or card with the bank's BIN of six digits (B3).
    hasLetters: true,
    lengths: { domestic: [6, 19], virtualAccount: [6, 25] },
    agentCode: /^\d{6}$|^\d{8}$/,
    agentWords: 'BIN of six digits, CITAD code of eight digits or BIC',
    digitsOfBank: none,
  },
  PH: {
    schemes: ['domestic', 'mobile'],
    lengths: { domestic: [6, 20] },
    agentWords: 'BIC, such as BOPIPHMM',
    digitsOfBank: none,
    mobile: {
      prefix: '63',
      national: /^9\d{9}$/,
      problem: 'must be a mobile number of the Philippines, such as +639171234567',
    },
  },
};

/** In the Gulf an account is paid by its IBAN only: AE 23, SA 24, KW 30, BH 22, QA 29, OM 23. */
const ibanOnly: ReadonlySet<string> = new Set(['AE', 'SA', 'KW', 'BH', 'QA', 'OM']);

const gulf: AccountRule = {
  schemes: ['iban'],
  isIbanOnly: true,
  lengths: {},
  agentWords: 'BIC',
  digitsOfBank: none,
};

/** Elsewhere a number of a bank that its BIC or national code names. */
const elsewhere: AccountRule = {
  schemes: ['domestic', 'iban'],
  hasLetters: true,
  lengths: { domestic: [4, 34] },
  agentCode: /^[A-Z0-9]{3,12}$/,
  agentWords: 'BIC or national code',
  digitsOfBank: none,
};

export function ruleOf(country: string): AccountRule {
  if (ibanOnly.has(country)) return gulf;
  return Object.hasOwn(rules, country) ? (rules[country] ?? elsewhere) : elsewhere;
}

/** Names of banks by canonical code. */
export function agentNames(country: string): ReadonlyMap<string, string> {
  return new Map(banksOf(country).map(({ code, bic, name }) => [bic ?? code, name]));
}

/** Other ways to name a bank, each with the canonical one. */
export function sameAgents(country: string): ReadonlyMap<string, string> {
  return new Map(
    banksOf(country).flatMap(({ code, bic }) => (bic === undefined ? [] : [[code, bic] as const])),
  );
}

function banksOf(country: string): readonly Bank[] {
  return Object.hasOwn(banks, country) ? (banks[country] ?? []) : [];
}

function digitsOf(known: readonly Bank[]): AccountRule['digitsOfBank'] {
  return new Map(
    known.flatMap(({ code, bic, digits, isCertain = false }) =>
      digits === undefined ? [] : [[bic ?? code, { digits, isCertain }] as const],
    ),
  );
}
