import { createRandom } from '../../lib/random.ts';
import type { Books } from '../books.ts';
import { isBankCode } from '../profiles.ts';
import { TRANSFER_PROFILES } from './transfer-profiles.ts';

/** A bank that can be paid to (A17.1). */
export interface PayeeBank {
  /** Three digits. */
  readonly code: string;
  /** Eight letters; null for the few without. */
  readonly swift: string | null;
  readonly name: string;
  /** Whether it takes part in BI-FAST, or does but cannot be reached at the moment. */
  readonly bifast: 'yes' | 'no' | 'unavailable';
}

export const PAYEE_CONDITIONS = ['active', 'dormant', 'blocked', 'closed', 'unknown'] as const;
export type PayeeCondition = (typeof PAYEE_CONDITIONS)[number];

/** An account that can be paid to, as its bank has it. */
export interface Payee {
  /** Three digits of the bank. */
  readonly bankCode: string;
  readonly account: string;
  readonly name: string;
  readonly currency: string;
  readonly condition: PayeeCondition;
  /** D current, S saving (A10.4). */
  readonly type: 'D' | 'S';
  /** A foreign citizen: BCA wants `economicActivity` (A13). */
  readonly foreign: boolean;
}

const DEFAULT_BANKS: readonly PayeeBank[] = [
  { code: '002', swift: 'BRINIDJA', name: 'BANK RAKYAT INDONESIA', bifast: 'yes' },
  { code: '008', swift: 'BMRIIDJA', name: 'BANK MANDIRI', bifast: 'yes' },
  { code: '009', swift: 'BNINIDJA', name: 'BANK NEGARA INDONESIA', bifast: 'yes' },
  { code: '011', swift: 'BDINIDJA', name: 'BANK DANAMON', bifast: 'yes' },
  { code: '013', swift: 'BBBAIDJA', name: 'BANK PERMATA', bifast: 'yes' },
  { code: '014', swift: 'CENAIDJA', name: 'BANK CENTRAL ASIA', bifast: 'yes' },
  { code: '022', swift: 'BNIAIDJA', name: 'BANK CIMB NIAGA', bifast: 'yes' },
  { code: '028', swift: 'NISPIDJA', name: 'BANK OCBC INDONESIA', bifast: 'yes' },
  { code: '200', swift: 'BTANIDJA', name: 'BANK TABUNGAN NEGARA', bifast: 'yes' },
  { code: '451', swift: 'BSMDIDJA', name: 'BANK SYARIAH INDONESIA', bifast: 'yes' },
  { code: '542', swift: 'JAGBIDJA', name: 'BANK JAGO', bifast: 'no' },
  // No bank of this name exists: BCA's rule for banks without a SWIFT code needs one.
  { code: '999', swift: null, name: 'BPR CONTOH SIMULASI', bifast: 'no' },
];

const FIRST = ['BUDI', 'SITI', 'AGUS', 'DEWI', 'EKO', 'RINA', 'JOKO', 'SRI', 'HENDRA', 'MARIA'];
const LAST = ['SANTOSO', 'AMINAH', 'WIJAYA', 'LESTARI', 'KUSUMA', 'HALIM', 'NUGROHO', 'SIREGAR'];
const FIRMS = ['PT', 'CV', 'TOKO', 'UD'];
const TRADES = ['MAJU JAYA', 'SINAR ABADI', 'BERKAH SEJAHTERA', 'NUSANTARA LOGISTIK UTAMA'];

/** Who can be paid to: listed payees, the company's own accounts, and everybody else by invention. */
export class Directory {
  readonly #seed: number;
  readonly #books: Books;
  readonly #banks = new Map<string, PayeeBank>();
  readonly #payees = new Map<string, Payee>();
  /** What becomes of a number that is not listed: it has an invented holder, or does not exist. */
  unlisted: 'named' | 'unknown' = 'named';

  constructor(seed: number, books: Books) {
    this.#seed = seed;
    this.#books = books;
    for (const bank of DEFAULT_BANKS) this.addBank(bank);
  }

  addBank(bank: PayeeBank): void {
    this.#banks.set(bank.code, bank);
  }

  /** A bank by its three digits, its SWIFT code, or that and three characters of a branch. */
  bank(code: string): PayeeBank | undefined {
    const swift = code.slice(0, 8);
    return this.#banks.get(code) ?? [...this.#banks.values()].find((bank) => bank.swift === swift);
  }

  banks(): PayeeBank[] {
    return [...this.#banks.values()];
  }

  add(payee: Payee): void {
    this.#payees.set(`${payee.bankCode}:${payee.account}`, payee);
  }

  listed(): Payee[] {
    return [...this.#payees.values()];
  }

  /** The account at the bank with these three digits, as that bank has it. */
  payee(bankCode: string, account: string): Payee {
    return (
      this.#payees.get(`${bankCode}:${account}`) ??
      this.#ownAccount(bankCode, account) ??
      this.#invented(bankCode, account)
    );
  }

  #ownAccount(bankCode: string, number: string): Payee | undefined {
    const bank = Object.entries(TRANSFER_PROFILES).find(
      ([, { ownBank }]) => ownBank.code === bankCode,
    )?.[0];
    const account = bank && isBankCode(bank) ? this.#books.find(bank, number) : undefined;
    if (!account) return undefined;
    return {
      bankCode,
      account: number,
      name: account.name,
      currency: account.currency,
      condition: account.condition === 'closed' ? 'closed' : 'active',
      type: 'D',
      foreign: false,
    };
  }

  /** One seed, bank and number always give the same holder. */
  #invented(bankCode: string, account: string): Payee {
    const random = createRandom(hash(`${this.#seed}:${bankCode}:${account}`));
    const firm = random.chance(0.4);
    const name = firm
      ? `${random.pick(FIRMS)} ${random.pick(TRADES)} ${random.pick(LAST)}`
      : `${random.pick(FIRST)} ${random.pick(LAST)}`;
    return {
      bankCode,
      account,
      name,
      currency: 'IDR',
      condition: this.unlisted === 'named' ? 'active' : 'unknown',
      type: firm ? 'D' : 'S',
      foreign: false,
    };
  }
}

/** FNV-1a over UTF-16 units, good enough to seed a generator. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
