import { foldWords } from './fold-words.ts';

/** One way to read what somebody wrote as an amount, and the currency where it was said. */
export interface AmountReading {
  /** Decimal text in major units, such as `1250000` or `1.25`. */
  readonly decimal: string;
  readonly currency?: string;
}

/** Powers of ten that words stand for; `m` and `k` as people type them on phones. */
const MULTIPLIERS: readonly (readonly [words: string, power: number])[] = [
  ['k|rb|ribu|thousand|nghin|ngan|พัน|千|الف|الاف', 3],
  ['หมื่น|万|萬', 4],
  ['แสน', 5],
  ['m|mn|mio|mil|million|millions|jt|juta|trieu|tr|ล้าน|مليون|ملايين|百万|百萬', 6],
  ['千万|千萬', 7],
  ['亿|億', 8],
  ['b|bn|billion|miliar|milyar|bilion|ty|พันล้าน|مليار|十亿|十億', 9],
  ['triliun|trillion|trilion|ล้านล้าน|تريليون', 12],
];

const CURRENCIES: readonly (readonly [words: string, currency: string])[] = [
  ['rp|rupiah|idr', 'IDR'],
  ['hk\\$|hkd|港币|港幣|港元', 'HKD'],
  ['us\\$|usd|美元|美金', 'USD'],
  ['s\\$|sgd', 'SGD'],
  ['rmb|cny|cnh|人民币|人民幣', 'CNY'],
  ['rm|myr|ringgit', 'MYR'],
  ['฿|thb|baht|บาท', 'THB'],
  ['₫|vnd|dong', 'VND'],
  ['aed|dirham|درهم', 'AED'],
  ['sar|riyal|ريال', 'SAR'],
  ['€|eur|euro', 'EUR'],
  ['£|gbp', 'GBP'],
  ['jpy', 'JPY'],
  ['kwd', 'KWD'],
  ['bhd', 'BHD'],
  ['omr', 'OMR'],
  ['qar', 'QAR'],
];

/** Written beside a number, they say nothing of the currency: `$` and `¥` are those of many. */
const MUTE_SIGNS = '\\$|¥|元|块|塊|蚊';

const NUMBER = "\\d(?:[\\d.,'٬٫ ]*\\d)?";
const WORDS = MULTIPLIERS.map(([words]) => words).join('|');
const SIGNS = [...CURRENCIES.map(([words]) => words), MUTE_SIGNS].join('|');
const AMOUNT = new RegExp(
  `^(?<before>${SIGNS})?\\s*(?<number>${NUMBER})\\s*(?<power>${longestFirst(WORDS)})?\\s*(?<after>${SIGNS})?$`,
  'u',
);

function longestFirst(words: string): string {
  return words
    .split('|')
    .toSorted((left, right) => right.length - left.length)
    .join('|');
}

/**
 * Reads an amount in every way that it can be meant: `1.250` is a thousand and something in Jakarta,
 * and one and a quarter in Hong Kong. Words such as `juta`, `万` and `ล้าน` multiply. Nobody guesses:
 * whoever searches looks for all readings. Empty when the text is no amount.
 */
export function readAmounts(text: string): readonly AmountReading[] {
  const found = AMOUNT.exec(foldWords(text));
  if (!found?.groups) return [];
  const { before = '', number = '', power: word = '', after = '' } = found.groups;
  const currency = currencyOf(before) ?? currencyOf(after);
  const power = MULTIPLIERS.find(([words]) => words.split('|').includes(word))?.[1] ?? 0;
  const decimals = new Set(readNumber(number).map((decimal) => shift(decimal, power)));
  return [...decimals].map((decimal) => ({ decimal, ...(currency ? { currency } : {}) }));
}

function currencyOf(word: string): string | undefined {
  if (word === '') return undefined;
  return CURRENCIES.find(([words]) => new RegExp(`^(?:${words})$`, 'u').test(word))?.[1];
}

/** Every reading of digits with separators, as decimal text. */
function readNumber(text: string): string[] {
  const number = text.replace(/٬/g, ',').replace(/٫/g, '.').replace(/'/g, '');
  if (/^\d+$/.test(number)) return [plain(number)];
  const separators = [...new Set(number.replace(/\d/g, ''))];
  const [last = ''] = number.replace(/\d/g, '').slice(-1);
  const readings: string[] = [];
  if (isGrouped(number, separators)) readings.push(plain(number.replace(/[., ]/g, '')));
  const [whole = '', fraction = '', ...more] = number.split(last);
  const others = separators.filter((separator) => separator !== last);
  const isDecimal = last !== ' ' && more.length === 0 && !/\D/.test(fraction);
  if (isDecimal && others.length <= 1 && (/^\d+$/.test(whole) || isGrouped(whole, others))) {
    readings.push(plain(`${whole.replace(/[., ]/g, '')}.${fraction}`));
  }
  return readings;
}

/** Threes after every separator, and only one kind of it. */
function isGrouped(number: string, separators: readonly string[]): boolean {
  return separators.length === 1 && /^[1-9]\d{0,2}(?:[., ]\d{3})+$/.test(number);
}

function plain(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const digits = whole.replace(/^0+(?=\d)/, '');
  const rest = fraction.replace(/0+$/, '');
  return rest === '' ? digits : `${digits}.${rest}`;
}

function shift(decimal: string, power: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const moved = fraction.padEnd(power, '0');
  return plain(`${whole}${moved.slice(0, power)}.${moved.slice(power)}`);
}
