import { parseMoney } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { isCashbellError } from '#core/errors.ts';
import { toWesternDigits } from './western-digits.ts';

export const decimalMarks = ['.', ','] as const;
export type DecimalMark = (typeof decimalMarks)[number];

/** An amount without its ornaments. */
export interface BareAmount {
  /** Digits with their marks, such as `1.234,56`. */
  readonly digits: string;
  readonly isNegative: boolean;
  /** What stood before or behind, such as `Rp` or `IDR`; empty: nothing. */
  readonly sign: string;
}

/** What banks and people write around an amount, and the one currency that it can mean. */
const currencyOfSign: Readonly<Record<string, CurrencyCode>> = {
  RP: 'IDR',
  HK$: 'HKD',
  HKD$: 'HKD',
  S$: 'SGD',
  US$: 'USD',
  A$: 'AUD',
  NT$: 'TWD',
  RMB: 'CNY',
  人民币: 'CNY',
  人民幣: 'CNY',
  港币: 'HKD',
  港幣: 'HKD',
  RM: 'MYR',
  '฿': 'THB',
  บาท: 'THB',
  '₫': 'VND',
  Đ: 'VND',
  VNĐ: 'VND',
  'د.إ': 'AED',
  درهم: 'AED',
  'ر.س': 'SAR',
  ريال: 'SAR',
  '€': 'EUR',
  '£': 'GBP',
  '₹': 'INR',
  '₩': 'KRW',
  '₱': 'PHP',
};
/** Signs of several currencies: they say that it is money, and not which. */
const openSigns: ReadonlySet<string> = new Set(['$', '¥', '元', '圆', '円']);

const LENGTH_MAX = 60;
const AMOUNT = /^(\D*?)(\d[\d.,'’\s]*)(\D*)$/;

/** Takes off currency, minus and brackets; undefined: this is no amount. */
export function bareAmount(text: string): BareAmount | undefined {
  // No amount is longer; and what tries many ways must not be given long texts.
  if (text.length > LENGTH_MAX) return undefined;
  const plain = toWesternDigits(text)
    .replaceAll('٫', '.')
    .replaceAll('٬', ',')
    .replace(/[−–‒—]/g, '-')
    .trim()
    // Indonesians write "Rp 1.500.000,-": no cents, and no minus.
    .replace(/(?<=\d)[.,]-$/, '');
  const brackets = /^(.*?)\((.*\d.*)\)(.*)$/.exec(plain);
  const open = brackets ? `${brackets[1]}${brackets[2]}${brackets[3]}`.trim() : plain;
  const match = AMOUNT.exec(open);
  if (!match) return undefined;
  const [, before = '', digits = '', after = ''] = match;
  // "Rp." ends an abbreviation; in "$.50" the point belongs to the digits.
  const point = /(?<!\p{L})[.,]$/u.exec(before)?.[0] ?? '';
  const around = `${before.slice(0, before.length - point.length)}${after}`;
  const minuses = around.replace(/[^-]/g, '').length;
  if (minuses > 1 || (minuses === 1 && brackets)) return undefined;
  const sign = around.replace(/[-+\s]/g, '').toUpperCase();
  if (sign !== '' && currencyNamedBy(sign) === undefined && !openSigns.has(sign)) return undefined;
  return {
    digits: `${point}${digits.trim()}`,
    isNegative: brackets !== null || minuses === 1,
    sign,
  };
}

const SIGNS_KEPT_MAX = 500;
const namedSigns = new Map<string, CurrencyCode | undefined>();

/** The one currency that a sign or code means, or undefined. */
export function currencyNamedBy(sign: string): CurrencyCode | undefined {
  if (sign === '' || sign.length > 12) return undefined;
  // A file says the same few again and again.
  if (namedSigns.has(sign)) return namedSigns.get(sign);
  const named = readCurrencySign(sign);
  if (namedSigns.size < SIGNS_KEPT_MAX) namedSigns.set(sign, named);
  return named;
}

function readCurrencySign(sign: string): CurrencyCode | undefined {
  const folded = sign.normalize('NFKC').replace(/\s+/g, '').toUpperCase();
  const bare = folded.replace(/\.$/, '');
  const known = currencyOfSign[folded] ?? currencyOfSign[bare];
  if (known) return known;
  try {
    return /^[A-Z]{3}$/.test(bare) ? parseMoney('0', bare).currency : undefined;
  } catch (error) {
    if (isCashbellError(error)) return undefined;
    throw error;
  }
}

/** Whole numbers in groups, by the mark that stands before the decimals. */
const grouped: Readonly<Record<DecimalMark, RegExp>> = {
  '.': /^\d{1,3}(?:([,'’\s])\d{3})(?:\1\d{3})*$|^\d{1,2}(?:,\d{2})+,\d{3}$/,
  ',': /^\d{1,3}(?:([.'’\s])\d{3})(?:\1\d{3})*$/,
};

/**
 * Digits under a decimal mark as plain decimal text such as `1234.56`. Groups must be groups: three
 * digits, or two before the last three as in India; always with the same sign between.
 */
export function decimalUnder(digits: string, mark: DecimalMark): string | undefined {
  const [whole = '', fraction, ...rest] = digits.split(mark);
  if (rest.length > 0 || (fraction !== undefined && !/^\d*$/.test(fraction))) return undefined;
  const bare = whole === '' ? '0' : whole;
  const isGrouped = grouped[mark].test(bare);
  if (!isGrouped && !/^\d+$/.test(bare)) return undefined;
  const plain = bare.replace(/\D/g, '');
  return fraction === undefined || fraction === '' ? plain : `${plain}.${fraction}`;
}

/** Whether decimal text has no more decimals than the currency; what cannot be is no reading. */
export function fitsCurrency(decimal: string, exponent: number): boolean {
  const [, fraction = ''] = decimal.split('.');
  return !/[1-9]/.test(fraction.slice(exponent));
}
