import type { Instant, PlainDate } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import { formatDecimal, type Money } from '#core/money.ts';
import { locales, translate } from './messages.ts';

/** Isolates keep an amount or a Latin reference in one piece inside Arabic text (ask 87). */
const LEFT_TO_RIGHT_ISOLATE = '\u2066';
const RIGHT_TO_LEFT_ISOLATE = '\u2067';
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';
const RIGHT_TO_LEFT_MARK = '\u200f';

/** Minus sign proper: a hyphen may be broken from its number at a line's end. */
const MINUS = '\u2212';
const NO_BREAK_SPACE = '\u00a0';

/**
 * Separators by language. They are ours, as the decimals are: `Intl` would print rupiah without
 * its two decimals (stack.md section 5), and its data change with every Node release.
 */
const separators: Readonly<Record<Language, { readonly group: string; readonly decimal: string }>> =
  {
    en: { group: ',', decimal: '.' },
    id: { group: '.', decimal: ',' },
    'zh-CN': { group: ',', decimal: '.' },
    'zh-HK': { group: ',', decimal: '.' },
    ms: { group: ',', decimal: '.' },
    th: { group: ',', decimal: '.' },
    vi: { group: '.', decimal: ',' },
    ar: { group: ',', decimal: '.' },
  };

/** Whether lines of this language run from right to left. */
export function isRightToLeft(language: Language): boolean {
  return language === 'ar';
}

/** Encloses an amount or number, which always reads from left to right. */
export function isolateNumber(text: string): string {
  return `${LEFT_TO_RIGHT_ISOLATE}${text}${POP_ISOLATE}`;
}

/**
 * Encloses text of unknown direction where it could disturb its surroundings: any foreign text in
 * an Arabic line, and Arabic text in any other line.
 */
export function isolateText(language: Language, text: string): string {
  if (!isRightToLeft(language) && !/[\u0590-\u08ff\ufb1d-\ufefc]/.test(text)) return text;
  return `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}`;
}

/**
 * Makes a whole line right-to-left. The mark serves clients that take the direction from the first
 * letter, the isolate those that lay out everything from left to right.
 */
export function directLine(language: Language, text: string): string {
  if (!isRightToLeft(language)) return text;
  return `${RIGHT_TO_LEFT_MARK}${RIGHT_TO_LEFT_ISOLATE}${text}${POP_ISOLATE}`;
}

/** Removes characters that could reorder or hide what follows; banks pass payers' text through. */
export function stripControls(text: string): string {
  return text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .trim();
}

/** Sign before an amount: `plus` and `minus` write one always, `negative` only a minus. */
export type SignStyle = 'plus' | 'minus' | 'negative';

/**
 * Writes an amount with the currency's own decimals, the language's separators and the ISO code,
 * enclosed in isolates: `IDR 1,250,000.00`, Indonesian `IDR 1.250.000,00`. The code stands in front
 * in every language, so that columns of amounts align at their end.
 */
export function formatMoney(
  language: Language,
  amount: Money,
  sign: SignStyle = 'negative',
): string {
  const decimalText = formatDecimal(amount);
  const isNegative = decimalText.startsWith('-');
  const [whole = '0', fraction] = (isNegative ? decimalText.slice(1) : decimalText).split('.');
  const { group, decimal } = separators[language];
  const grouped = groupDigits(whole, group);
  const digits = fraction === undefined ? grouped : `${grouped}${decimal}${fraction}`;
  const mark = signMark(sign, isNegative);
  return isolateNumber(`${mark}${amount.currency}${NO_BREAK_SPACE}${digits}`);
}

/** Shortens to so many letters; isolates go first, because one left open would reorder the rest. */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const letters = [...text];
  if (letters.length <= lengthMax) return text;
  const plain = [...text.replaceAll(/[\u2066-\u2069]/g, '')];
  if (plain.length <= lengthMax) return plain.join('');
  return `${plain
    .slice(0, lengthMax - 1)
    .join('')
    .trimEnd()}…`;
}

function signMark(sign: SignStyle, isNegative: boolean): string {
  if (sign === 'negative') return isNegative ? MINUS : '';
  return (sign === 'minus') === isNegative ? '+' : MINUS;
}

function groupDigits(digits: string, separator: string): string {
  let text = '';
  for (let end = digits.length; end > 0; end -= 3) {
    const part = digits.slice(Math.max(0, end - 3), end);
    text = text === '' ? part : `${part}${separator}${text}`;
  }
  return text;
}

/** Writes a whole number such as a count. */
export function formatCount(language: Language, count: number): string {
  const digits = groupDigits(String(Math.abs(Math.trunc(count))), separators[language].group);
  return count < 0 ? `${MINUS}${digits}` : digits;
}

/**
 * Shows only the last four characters of an account number, fewer when it is short: `••••1234`.
 * Bullets, because asterisks would open bold text in a chat.
 */
export function maskAccount(account: string): string {
  const characters = [...account.replaceAll(/\s/g, '')];
  const shown = characters.length > 8 ? 4 : Math.floor(characters.length / 3);
  return `••••${shown === 0 ? '' : characters.slice(-shown).join('')}`;
}

/** Shows the first letter of each word: `B••• S•••`, and of a Chinese name its family name. */
export function maskName(name: string): string {
  return name
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${[...word][0] ?? ''}•••`)
    .join(' ');
}

interface ZonedFormat {
  readonly date: Intl.DateTimeFormat;
  readonly time: Intl.DateTimeFormat;
}

const zonedFormats = new Map<string, ZonedFormat>();
const plainDateFormats = new Map<Language, Intl.DateTimeFormat>();
const offsetFormats = new Map<string, Intl.DateTimeFormat>();

/** Short names that people of the place use and that are not ambiguous; otherwise the offset. */
const zoneNames: Readonly<Record<string, string>> = {
  'Asia/Jakarta': 'WIB',
  'Asia/Pontianak': 'WIB',
  'Asia/Makassar': 'WITA',
  'Asia/Jayapura': 'WIT',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Singapore': 'SGT',
  'Asia/Kuala_Lumpur': 'MYT',
  UTC: 'UTC',
};

/** Writes day, time to the second and zone, as the bank's place reads its clock. */
export function formatDateTime(language: Language, instant: Instant, zone: string): string {
  const epochMs = instant.epochMilliseconds;
  const { date, time } = zonedFormat(language, zone);
  const clock = isolateNumber(`${time.format(epochMs)}${NO_BREAK_SPACE}${zoneName(zone, epochMs)}`);
  return `${date.format(epochMs)} ${clock}`;
}

/** Writes only the time of day with its zone, where the day is already said. */
export function formatTime(language: Language, instant: Instant, zone: string): string {
  const epochMs = instant.epochMilliseconds;
  const { time } = zonedFormat(language, zone);
  return isolateNumber(`${time.format(epochMs)}${NO_BREAK_SPACE}${zoneName(zone, epochMs)}`);
}

/** Writes a calendar day. The year is always Gregorian, also in Thai. */
export function formatDay(language: Language, day: PlainDate): string {
  let format = plainDateFormats.get(language);
  if (!format) {
    format = dateFormat(language, 'UTC');
    plainDateFormats.set(language, format);
  }
  return format.format(day.toZonedDateTime('UTC').epochMilliseconds);
}

function zonedFormat(language: Language, zone: string): ZonedFormat {
  const key = `${language} ${zone}`;
  let format = zonedFormats.get(key);
  if (!format) {
    format = {
      date: dateFormat(language, zone),
      // British English writes 15:59:05 with colons, which every language of ours reads.
      time: new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: zone }),
    };
    zonedFormats.set(key, format);
  }
  return format;
}

function dateFormat(language: Language, timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locales[language], {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
}

function zoneName(zone: string, epochMs: number): string {
  const name = zoneNames[zone];
  if (name !== undefined) return name;
  let format = offsetFormats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' });
    offsetFormats.set(zone, format);
  }
  const part = format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName');
  return part?.value ?? zone;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Writes a length of time in words, with at most two units: `3 hours 20 minutes`. */
export function formatDuration(language: Language, durationMs: number): string {
  const length = Math.max(0, durationMs);
  if (length < 1000) return translate(language, 'duration.instant');
  if (length < MINUTE) return unit(language, 'seconds', Math.floor(length / 1000));
  if (length < HOUR) return unit(language, 'minutes', Math.floor(length / MINUTE));
  if (length < DAY) {
    const hours = unit(language, 'hours', Math.floor(length / HOUR));
    const minutes = Math.floor((length % HOUR) / MINUTE);
    return minutes === 0 ? hours : pair(language, hours, unit(language, 'minutes', minutes));
  }
  const days = unit(language, 'days', Math.floor(length / DAY));
  const hours = Math.floor((length % DAY) / HOUR);
  return hours === 0 ? days : pair(language, days, unit(language, 'hours', hours));
}

function unit(
  language: Language,
  name: 'seconds' | 'minutes' | 'hours' | 'days',
  count: number,
): string {
  return translate(language, `duration.${name}`, { count });
}

function pair(language: Language, first: string, second: string): string {
  return translate(language, 'duration.pair', { first, second });
}
