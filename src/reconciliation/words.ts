import type { EntryLine, ItemLine } from '#core/matches.ts';
import { foldLine } from './fold-text.ts';

/** More words than this on a line are advertisement. */
const WORDS_MAX = 40;
/** What a word is worth at most, and as though so many lines were known at least. */
const WEIGHT_MAX = 5;
const LINES_MIN = 300;
/** Words of the trade say little even where few lines are known. */
const COMMON_SHARE = 0.2;

/** The words of all lines of both sides, as numbers. */
export interface WordTable {
  readonly entries: WordSide;
  readonly items: WordSide;
  /** What it says in log odds that both lines have the word. */
  readonly weightOf: (word: number) => number;
  readonly textOf: (word: number) => string;
  /** Words of a text, as far as any line has them. */
  readonly wordsOf: (text: string) => readonly number[];
}

export interface WordSide {
  /** Words of line `n` stand from `starts[n]` to `starts[n + 1]`: those of the name first. */
  readonly starts: Int32Array;
  readonly nameEnds: Int32Array;
  readonly words: Int32Array;
  /** How many lines of this side have the word. */
  readonly counts: Int32Array;
}

export function createWordTable(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
): WordTable {
  const lexicon = new Map<string, number>();
  const texts: string[] = [];
  const numberOf = (word: string): number => {
    let number = lexicon.get(word);
    if (number === undefined) {
      number = texts.length;
      lexicon.set(word, number);
      texts.push(word);
    }
    return number;
  };
  const entrySide = readSide(entries, (line) => [line.text, ...line.references], numberOf);
  const itemSide = readSide(
    items,
    (line) => [line.text, line.number ?? '', ...line.references],
    numberOf,
  );
  const entryCounts = countWords(entrySide, texts.length);
  const itemCounts = countWords(itemSide, texts.length);
  const weights = weighWords(texts, [
    { counts: entryCounts, lines: entries.length },
    { counts: itemCounts, lines: items.length },
  ]);
  return {
    entries: { ...entrySide, counts: entryCounts },
    items: { ...itemSide, counts: itemCounts },
    weightOf: (word) => weights[word] ?? 0,
    textOf: (word) => texts[word] ?? '',
    wordsOf: (text) => {
      const words = new Set<number>();
      splitWords(text, (word) => {
        const number = lexicon.get(word);
        if (number !== undefined) words.add(number);
      });
      return [...words];
    },
  };
}

type SideWords = Omit<WordSide, 'counts'>;

function readSide<Line extends { readonly counterpartyName?: string | undefined }>(
  lines: readonly Line[],
  textsOf: (line: Line) => readonly string[],
  numberOf: (word: string) => number,
): SideWords {
  const starts = new Int32Array(lines.length + 1);
  const nameEnds = new Int32Array(lines.length);
  let words = new Int32Array(Math.max(16, lines.length * 10));
  let end = 0;
  lines.forEach((line, place) => {
    if (end + WORDS_MAX > words.length) words = grow(words);
    const start = end;
    const add = (word: string): void => {
      const number = numberOf(word);
      if (end - start >= WORDS_MAX) return;
      for (let before = start; before < end; before += 1) if (words[before] === number) return;
      words[end] = number;
      end += 1;
    };
    if (line.counterpartyName !== undefined) splitWords(line.counterpartyName, add);
    nameEnds[place] = end;
    for (const text of textsOf(line)) splitWords(text, add);
    starts[place + 1] = end;
  });
  return { starts, nameEnds, words };
}

function grow(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(words.length * 2);
  larger.set(words);
  return larger;
}

const UNSPACED =
  /[\p{Script=Han}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Words of a text; scripts without spaces give neighbouring pairs of letters. */
export function splitWords(text: string, add: (word: string) => void): void {
  if (text === '') return;
  for (const word of foldLine(text).split(' ')) {
    if (UNSPACED.test(word)) splitPairs(word, add);
    else if (word.length > 1) add(/^0+\d/.test(word) ? word.replace(/^0+/, '') : word);
  }
}

function splitPairs(word: string, add: (pair: string) => void): void {
  const letters = [...word];
  if (letters.length === 1) add(word);
  for (let place = 1; place < letters.length; place += 1) {
    add(`${letters[place - 1] ?? ''}${letters[place] ?? ''}`);
  }
}

function countWords({ words, starts }: SideWords, wordCount: number): Int32Array {
  const counts = new Int32Array(wordCount);
  const end = starts.at(-1) ?? 0;
  for (let place = 0; place < end; place += 1) {
    const word = words[place] ?? 0;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** A rare word says more: the log of how seldom a chance pair shares it. */
function weighWords(
  texts: readonly string[],
  sides: readonly { readonly counts: Int32Array; readonly lines: number }[],
): Float32Array {
  const weights = new Float32Array(texts.length);
  texts.forEach((text, word) => {
    let share = commonWords.has(text) ? COMMON_SHARE : 0;
    for (const { counts, lines } of sides) {
      share = Math.max(share, (counts[word] ?? 0) / Math.max(LINES_MIN, lines));
    }
    weights[word] = Math.max(0, Math.min(WEIGHT_MAX, -Math.log(share) - 0.7));
  });
  return weights;
}

/** Legal forms and words of payment in the languages of our banks. */
const commonWords: ReadonlySet<string> = new Set(
  (
    'PT CV TBK LTD LIMITED CO COMPANY INC CORP LLC GMBH SDN BHD PTE PLC SA SARL BV THE AND OF DAN ' +
    'BANK TRANSFER TRSF TRF TRX PAYMENT PAY PEMBAYARAN BAYAR INVOICE INV INVOICES FAKTUR NO NOMOR ' +
    'NUMBER REF REFERENCE FROM TO DARI KE UNTUK FOR VIA ONLINE EBANKING DEBIT CREDIT DB CR KREDIT ' +
    'CHEQUE CHECK DEPOSIT SETORAN FEE BIAYA CHARGE TERMIN INSTALMENT INSTALLMENT PARTIAL FULL RTGS ' +
    'SKN BIFAST BI RTGS LLG CHATS FPS SWITCHING INWARD OUTWARD INHOUSETRF MCM GIRO SWIFT FAST ACH WIRE BGC CASH SALES PURCHASE BILL MR MRS CONG TY TNHH HD TT CK'
  ).split(' '),
);

export function isCommonWord(word: string): boolean {
  return commonWords.has(word);
}
