import { LINES_ABOVE_MAX, unreadable } from './import-table.ts';
import { countKnownRoles } from './column-roles.ts';
import type { ImportQuestion } from './import-words.ts';

/** What spreadsheet programs of our countries write when they do not write Unicode. */
const oldEncodings = [
  'gb18030',
  'big5',
  'shift_jis',
  'euc-kr',
  'windows-874',
  'windows-1252',
  'windows-1256',
  'windows-1258',
] as const;

export interface DecodedText {
  readonly text: string;
  readonly encoding: string;
}

export type Decoding =
  | { readonly kind: 'known'; readonly decoded: DecodedText }
  /** Several old encodings give a text; which one is right only a reader can see. */
  | {
      readonly kind: 'open';
      readonly readings: readonly DecodedText[];
      readonly question: ImportQuestion;
    };

const delimiters = [',', ';', '\t', '|'] as const;
const SAMPLE_BYTES = 64 * 1024;

/**
 * Finds the letters of a file: by its byte order mark, as strict UTF-8, as UTF-16 by its zero bytes,
 * else by the old encoding in which the names of the columns are names that we know. The letters of
 * a customer prove nothing; where no name does, the reader is asked.
 */
export function decodeText(bytes: Uint8Array, answer: string | undefined): Decoding {
  if (answer !== undefined) return known(decodeAs(bytes, answer), answer);
  const marked = encodingOfMark(bytes) ?? encodingOfZeros(bytes);
  if (marked !== undefined) return known(decodeAs(bytes, marked), marked);
  const unicode = tryDecode(bytes, 'utf-8');
  if (unicode !== undefined) return known(unicode, 'utf-8');
  const readings = oldReadings(bytes);
  const [best, second] = readings
    .map((reading) => ({ reading, names: knownNames(reading.text) }))
    .toSorted((left, right) => right.names - left.names);
  if (!best) throw unreadable('its letters are none that we know; save it as UTF-8');
  if (!second || best.names > second.names) {
    if (best.names > 0) return { kind: 'known', decoded: best.reading };
  }
  return { kind: 'open', readings, question: questionOf(readings) };
}

function known(text: string, encoding: string): Decoding {
  if (text.includes('\0')) throw unreadable('it is not text');
  return { kind: 'known', decoded: { text, encoding } };
}

/** The byte order mark that Excel puts in front of Unicode text. */
function encodingOfMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}

/** Separators and digits of UTF-16 have a zero byte beside them, always on the same side. */
function encodingOfZeros(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = [0, 0];
  sample.forEach((byte, place) => {
    if (byte === 0) zeros[place % 2] = (zeros[place % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (even + odd < sample.length / 20) return undefined;
  if (even === 0) return 'utf-16le';
  return odd === 0 ? 'utf-16be' : undefined;
}

function decodeAs(bytes: Uint8Array, encoding: string): string {
  const text = tryDecode(bytes, encoding);
  if (text !== undefined) return text;
  throw unreadable(
    `it is not ${encoding.slice(0, 30)}; name another encoding, or save it as UTF-8`,
  );
}

/** The text, or undefined when the bytes are no such text, or we know no such encoding. */
function tryDecode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Each text once: many encodings agree on the few letters of a file. */
function oldReadings(bytes: Uint8Array): DecodedText[] {
  const readings = new Map<string, string>();
  for (const encoding of oldEncodings) {
    const text = tryDecode(bytes, encoding)?.normalize('NFC');
    // No table holds control characters of the upper half; a reading that gives them is none.
    if (text === undefined || /[\u0000\u0080-\u009f\ue000-\uf8ff\ufffd]/.test(text)) continue;
    if (!readings.has(text)) readings.set(text, encoding);
  }
  return [...readings].map(([text, encoding]) => ({ text, encoding }));
}

/** Names in plain letters read the same in every encoding and prove nothing. */
function knownNames(text: string): number {
  const head = text.split(/\r?\n/, LINES_ABOVE_MAX);
  const counts = head.flatMap((line) =>
    delimiters.map((delimiter) =>
      countKnownRoles(line.split(delimiter).filter((name) => /[^\x00-\x7f]/.test(name))),
    ),
  );
  return Math.max(0, ...counts);
}

function questionOf(readings: readonly DecodedText[]): ImportQuestion {
  return {
    key: 'encoding',
    code: 'encoding',
    values: {},
    options: readings.map(({ encoding, text }) => ({ answer: encoding, example: sampleOf(text) })),
  };
}

function sampleOf(text: string): string {
  const line = text.split(/\r?\n/).find((one) => /[^\x00-\x7f]/.test(one)) ?? '';
  const place = line.search(/[^\x00-\x7f]/);
  return line.slice(Math.max(0, place - 10), place + 30).trim();
}
