import type { NameMatch } from './payments.ts';

/** How two names of one holder compare, and why, for the people who decide. */
export interface NameComparison {
  readonly match: Extract<NameMatch, 'matched' | 'close' | 'noMatch'>;
  readonly reason: NameReason;
}

export type NameReason =
  | 'equal'
  /** Only spaces, punctuation, case, accents or titles differ. */
  | 'writing'
  | 'legalFormMissing'
  | 'wordOrder'
  /** The bank shows only the beginning, and that agrees. */
  | 'cut'
  /** The bank hides part of it, and the rest agrees. */
  | 'masked'
  | 'legalFormDiffers'
  | 'abbreviated'
  | 'misspelt'
  | 'wordsMissing'
  /** One is written in another script; nothing can be said. */
  | 'otherScript'
  | 'different'
  | 'empty';

/** A bank that shows at most so many characters cuts; fewer are no cut, but another name. */
const CUT_LENGTH_MIN = 18;
/** Longest common abbreviation that is no word of its own. */
const ABBREVIATION_MIN = 3;
/** Share of a name that must be there when words are missing. */
const SHARE_MIN = 0.5;

/**
 * Compares the name in our book with the one that the bank holds. `matched` is what a careful clerk
 * would take for the same without asking; `close` needs a look; `noMatch` must not be paid without
 * somebody who says so. Whatever cannot be compared is `noMatch`: silence proves nothing.
 */
export function compareNames(ours: string, theirs: string): NameComparison {
  const [left, right] = [readName(ours), readName(theirs)];
  if (left.words.length === 0 || right.words.length === 0) return no('empty');
  const isMasked = /[*•●]/.test(theirs);
  if (isMasked) return fitsMask(ours, theirs) ? close('masked') : no('different');
  if (left.script !== right.script) return no('otherScript');
  return compareWhole(left, right) ?? compareParts(left, right) ?? no('different');
}

function matched(reason: NameReason): NameComparison {
  return { match: 'matched', reason };
}

function close(reason: NameReason): NameComparison {
  return { match: 'close', reason };
}

function no(reason: NameReason): NameComparison {
  return { match: 'noMatch', reason };
}

/** The whole names agree, up to the way of writing. */
function compareWhole(left: ReadName, right: ReadName): NameComparison | undefined {
  const isSame = left.joined === right.joined;
  const isReordered = !isSame && sorted(left.words) === sorted(right.words);
  if (!isSame && !isReordered) return undefined;
  const forms = compareForms(left.forms, right.forms);
  if (forms === 'differ') return close('legalFormDiffers');
  if (forms === 'missing') return matched('legalFormMissing');
  if (isReordered) return matched('wordOrder');
  return matched(left.folded === right.folded ? 'equal' : 'writing');
}

/** `PT` and `CV` are two companies; a bank that leaves the form out says nothing about it. */
function compareForms(
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
): 'same' | 'missing' | 'differ' {
  if (left.size === 0 || right.size === 0) return left.size === right.size ? 'same' : 'missing';
  const isCovered = [...left].every((form) => right.has(form));
  const isCovering = [...right].every((form) => left.has(form));
  if (isCovered && isCovering) return 'same';
  // `PT … Tbk` and `PT …` are the same company, one of them listed.
  return isCovered || isCovering ? 'missing' : 'differ';
}

/** They agree in part: worth a look of a person. */
function compareParts(left: ReadName, right: ReadName): NameComparison | undefined {
  if (isCutOf(left, right)) return close('cut');
  if (left.script === 'han') return compareHan(left.joined, right.joined);
  if (isMisspelt(left.joined, right.joined)) return close('misspelt');
  if (isAbbreviated(left.words, right.words)) return close('abbreviated');
  if (hasMostWords(left.words, right.words)) return close('wordsMissing');
  return undefined;
}

/** BCA gives 24 characters of a name (A13.2), others 30 or 35. */
function isCutOf(whole: ReadName, cut: ReadName): boolean {
  const [long, short] = [whole.folded, cut.folded];
  return short.length >= CUT_LENGTH_MIN && long.length > short.length && long.startsWith(short);
}

/** Chinese names carry their town before or a branch behind. */
function compareHan(left: string, right: string): NameComparison | undefined {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  if (short.length >= 4 && long.includes(short)) return close('wordsMissing');
  if (short.length >= 5 && left.length === right.length && distance(left, right) === 1) {
    return close('misspelt');
  }
  return undefined;
}

/** One wrong letter in eight, two in a long name. */
function isMisspelt(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  if (Math.abs(left.length - right.length) > 2 || length < 8) return false;
  return distance(left, right) <= (length < 16 ? 1 : 2);
}

/** Every word stands for one of the other name: itself, its beginning, or its first letter. */
function isAbbreviated(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length || left.length < 2) return false;
  const rest = [...right];
  let wholeWords = 0;
  for (const word of left) {
    const place = rest.findIndex((other) => other === word);
    const found = place >= 0 ? place : rest.findIndex((other) => standsFor(word, other));
    if (found < 0) return false;
    if (place >= 0) wholeWords += 1;
    rest.splice(found, 1);
  }
  // Initials alone prove nothing.
  return wholeWords >= 1;
}

function standsFor(left: string, right: string): boolean {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  if (short.length !== 1 && short.length < ABBREVIATION_MIN) return false;
  return long.startsWith(short);
}

function hasMostWords(left: readonly string[], right: readonly string[]): boolean {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  const rest = [...long];
  for (const word of short) {
    const place = rest.indexOf(word);
    if (place < 0) return false;
    rest.splice(place, 1);
  }
  const letters = (words: readonly string[]): number => words.join('').length;
  return short.length >= 2 && letters(short) >= SHARE_MIN * letters(long);
}

/** A masked name such as `CHAN T** M**`: what is shown must stand in ours, in its place. */
function fitsMask(ours: string, theirs: string): boolean {
  const shown = theirs.replace(/[*•●]+/g, '*');
  const left = readName(ours).folded;
  const pattern = shown
    .split('*')
    .map((part) => foldText(part))
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const letters = pattern.join('').replace(/\s/g, '');
  if (letters.length < 3) return false;
  const wanted = pattern.map((part) => part.replace(/\s+/g, '\\s*')).join('.*');
  return new RegExp(`^${wanted}$`).test(left);
}

interface ReadName {
  /** Capitals without accents and punctuation, one space between words. */
  readonly folded: string;
  /** Words without legal forms and titles. */
  readonly words: readonly string[];
  /** The words without spaces: `AL FUTTAIM` and `ALFUTTAIM` are one. */
  readonly joined: string;
  readonly forms: ReadonlySet<string>;
  readonly script: string;
}

/** Legal forms as they are written, with the form that they mean. */
const LEGAL_FORMS: Readonly<Record<string, string>> = {
  PT: 'PT',
  PERSEROAN: 'PT',
  CV: 'CV',
  TBK: 'TBK',
  UD: 'UD',
  PD: 'PD',
  LTD: 'LTD',
  LIMITED: 'LTD',
  CO: 'CO',
  COMPANY: 'CO',
  CORP: 'CORP',
  CORPORATION: 'CORP',
  INC: 'INC',
  INCORPORATED: 'INC',
  PLC: 'PLC',
  LLC: 'LLC',
  LLP: 'LLP',
  PTE: 'PTE',
  PTY: 'PTY',
  SDN: 'SDN',
  BHD: 'BHD',
  BERHAD: 'BHD',
  PCL: 'PCL',
  JSC: 'JSC',
  PJSC: 'PJSC',
  WLL: 'WLL',
  FZE: 'FZE',
  FZCO: 'FZCO',
  FZC: 'FZCO',
  DMCC: 'DMCC',
  GMBH: 'GMBH',
  TNHH: 'TNHH',
  CTY: 'CTY',
};

/** Longest first: each contains the next. */
const HAN_FORMS: readonly (readonly [written: string, form: string])[] = [
  ['股份有限公司', '股份'],
  ['有限責任公司', '有限'],
  ['有限责任公司', '有限'],
  ['有限公司', '有限'],
  ['公司', '公司'],
];

/** How people are addressed; no part of a name. What is a surname elsewhere (Ong, Ba) is not here. */
const TITLES: ReadonlySet<string> = new Set(
  'MR MRS MS MISS DR BPK BAPAK IBU SDR SDRI HJ IR DRS TUAN PUAN ENCIK KHUN HAJI HAJAH NYONYA'.split(
    ' ',
  ),
);

function readName(name: string): ReadName {
  const folded = foldText(name);
  const isHan = /\p{Script=Han}/u.test(folded);
  const script = isHan ? 'han' : /\p{Script=Arabic}/u.test(folded) ? 'arabic' : scriptOf(folded);
  if (isHan) return readHan(folded);
  const all = joinInitials(folded.split(' ').filter((word) => word !== ''));
  const forms = new Set<string>();
  const words = all.filter((word) => {
    const form = LEGAL_FORMS[word];
    if (form !== undefined) forms.add(form);
    return form === undefined;
  });
  const untitled = words.filter((word) => !TITLES.has(word));
  // A company named only by its form, or a person only by a title, keeps what it has.
  const kept = untitled.length > 0 ? untitled : words.length > 0 ? words : all;
  return { folded, words: kept, joined: kept.join(''), forms, script };
}

function readHan(folded: string): ReadName {
  let text = folded.replace(/\s+/g, '');
  const forms = new Set<string>();
  for (const [written, form] of HAN_FORMS) {
    if (text.length > written.length && text.includes(written)) {
      forms.add(form);
      text = text.replace(written, '');
    }
  }
  return { folded: folded.replace(/\s+/g, ''), words: [text], joined: text, forms, script: 'han' };
}

function scriptOf(folded: string): string {
  if (/\p{Script=Thai}/u.test(folded)) return 'thai';
  return /\p{Script=Latin}/u.test(folded) ? 'latin' : 'other';
}

/** `P T MAJU` and `P.T. MAJU` are `PT MAJU`; `S D N` is `SDN`. */
function joinInitials(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const found = [3, 2].find((count) => {
      const run = words.slice(index, index + count);
      return run.length === count && run.every(isLetter) && run.join('') in LEGAL_FORMS;
    });
    joined.push(
      found === undefined ? (words[index] ?? '') : words.slice(index, index + found).join(''),
    );
    if (found !== undefined) index += found - 1;
  }
  return joined;
}

function isLetter(word: string): boolean {
  return word.length === 1;
}

const LETTERS: Readonly<Record<string, string>> = {
  Đ: 'D',
  Ð: 'D',
  Ø: 'O',
  Ł: 'L',
  Æ: 'AE',
  Œ: 'OE',
  ß: 'SS',
  İ: 'I',
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ٱ: 'ا',
  ة: 'ه',
  ى: 'ي',
};

/** Capitals, one width, no accents, no punctuation, `&` as a word. */
function foldText(text: string): string {
  return [...text.normalize('NFKC').toUpperCase()]
    .map((letter) => LETTERS[letter] ?? letter)
    .join('')
    .normalize('NFD')
    .replace(/[\u0300-\u036f\u064b-\u0652\u0640]/g, '')
    .normalize('NFC')
    .replace(/&/g, ' AND ')
    .replace(/['’`´]/g, '')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .replace(/\b(DAN|ET|UND)\b/g, 'AND')
    .trim();
}

function sorted(words: readonly string[]): string {
  return words.toSorted().join(' ');
}

/** Edits from one to the other: insert, delete, replace, or swap two neighbours. */
function distance(left: string, right: string): number {
  const [from, to] = [[...left], [...right]];
  let older: number[] = [];
  let before = to.map((_letter, index) => index);
  before.push(to.length);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      let least = Math.min(
        (before[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (before[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && isSwap) least = Math.min(least, (older[column - 2] ?? 0) + 1);
      line.push(least);
    }
    older = before;
    before = line;
  }
  return before[to.length] ?? 0;
}
