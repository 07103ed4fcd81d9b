/** Shapes of words that behave alike: a name is kept where a bank's own number is not. */
export const WordShape = {
  letter: 0,
  shortWord: 1,
  word: 2,
  shortNumber: 3,
  number: 4,
  longNumber: 5,
  mixed: 6,
  gram: 7,
} as const;

export const WORD_SHAPES = 8;

/** Receives one word: where it stands in the text and what it looks like. */
export type WordReader = (start: number, end: number, shape: number) => void;

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
/** Written without spaces: cut into overlapping pieces, because there are no words to see. */
const HAN = 3;
const THAI = 4;
const SHORT_WORD = 3;
const LONG_NUMBER = 9;
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u;

/**
 * Cuts a normalised text into words. "INV4711", "INV-4711" and "INV 4711" give the same words;
 * leading zeros go. Chinese and Japanese are cut into pairs of characters, Thai into threes.
 */
export function readWords(text: string, read: WordReader): void {
  let at = 0;
  while (at < text.length) {
    const kind = kindAt(text, at);
    if (kind === OTHER) {
      at += 1;
      continue;
    }
    const start = at;
    at = runEnd(text, at, kind);
    if (kind === HAN) readGrams(start, at, 2, read);
    else if (kind === THAI) readGrams(start, at, 3, read);
    else readWord(text, start, at, read);
  }
}

/** How much one piece of such a script says: each character is in as many pieces as it is long. */
export function gramShare(text: string, start: number): number {
  const kind = kindAt(text, start);
  if (kind === HAN) return 1 / 2;
  return kind === THAI ? 1 / 3 : 1;
}

function runEnd(text: string, from: number, kind: number): number {
  let at = from + 1;
  while (at < text.length) {
    const next = kindAt(text, at);
    const isSame =
      kind === HAN || kind === THAI ? next === kind : next === LETTER || next === DIGIT;
    if (!isSame) break;
    at += 1;
  }
  return at;
}

function readGrams(start: number, end: number, size: number, read: WordReader): void {
  if (end - start <= size) {
    read(start, end, WordShape.gram);
    return;
  }
  for (let at = start; at + size <= end; at += 1) read(at, at + size, WordShape.gram);
}

/** A prefix of letters before a number ("INV4711") is a word of its own; hexadecimals stay whole. */
function readWord(text: string, start: number, end: number, read: WordReader): void {
  let digitsFrom = end;
  while (digitsFrom > start && isDigit(text.charCodeAt(digitsFrom - 1))) digitsFrom -= 1;
  const letters = digitsFrom - start;
  const digits = end - digitsFrom;
  if (letters === 0) {
    readNumber(text, start, end, read);
  } else if (digits === 0) {
    read(start, end, hasDigit(text, start, end) ? WordShape.mixed : letterShape(letters));
  } else if (letters >= 2 && digits >= 3 && !hasDigit(text, start, digitsFrom)) {
    read(start, digitsFrom, letterShape(letters));
    readNumber(text, digitsFrom, end, read);
  } else {
    read(start, end, WordShape.mixed);
  }
}

function readNumber(text: string, start: number, end: number, read: WordReader): void {
  let from = start;
  while (from < end - 1 && text.charCodeAt(from) === 0x30) from += 1;
  const length = end - from;
  const shape =
    length <= SHORT_WORD
      ? WordShape.shortNumber
      : length < LONG_NUMBER
        ? WordShape.number
        : WordShape.longNumber;
  read(from, end, shape);
}

function letterShape(length: number): number {
  if (length === 1) return WordShape.letter;
  return length <= SHORT_WORD ? WordShape.shortWord : WordShape.word;
}

function hasDigit(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (isDigit(text.charCodeAt(at))) return true;
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x80) {
    if (isDigit(code)) return DIGIT;
    const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    return isLetter ? LETTER : OTHER;
  }
  // Kana, the unified Han blocks, and the halves of characters beyond the first plane.
  if ((code >= 0x3040 && code <= 0x9fff) || (code >= 0xd800 && code <= 0xdfff)) return HAN;
  if (code >= 0xf900 && code <= 0xfaff) return HAN;
  // Thai, Lao; Myanmar; Khmer.
  if (code >= 0x0e00 && code <= 0x0eff) return THAI;
  if ((code >= 0x1000 && code <= 0x109f) || (code >= 0x1780 && code <= 0x17ff)) return THAI;
  return WORD_CHARACTER.test(text.charAt(at)) ? LETTER : OTHER;
}
