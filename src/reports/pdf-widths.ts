/**
 * Widths of letters in thousandths of the letter size, from `hmtx` of Noto Sans 400 for ASCII 32 to
 * 126. Exact for Latin; for other scripts generous, because a column too wide is only less pretty.
 */
const asciiWidths =
  '260 269 408 646 572 831 732 225 300 300 551 572 268 322 268 372 572 572 572 572 572 572 572 572 572 572 268 268 572 572 572 434 899 639 650 632 730 556 519 728 741 339 273 619 524 907 760 781 605 781 622 549 556 731 600 930 586 566 572 329 372 329 572 444 281 561 615 480 615 564 344 615 618 258 258 534 258 935 618 605 615 615 413 479 361 618 508 786 529 510 470 380 551 380 572'
    .split(' ')
    .map(Number);

/** Marks above or below another letter, and controls: no width of their own. */
const NO_WIDTH = /\p{M}|\p{C}/u;

/** Strong letters are wider by about so much. */
export const STRONG = 1.06;

/** Width of a text on one line, in points, at a letter size in points. */
export function textWidth(text: string, size: number): number {
  let thousandths = 0;
  for (const letter of text) thousandths += letterWidth(letter);
  return (thousandths * size) / 1000;
}

/** Width of the widest piece that no line break divides. */
export function widestWord(text: string, size: number): number {
  let widest = 0;
  for (const word of words(text)) widest = Math.max(widest, textWidth(word, size));
  return widest;
}

/** Gives words that are wider than their column places to break at; everything else stays. */
export function breakLongWords(text: string, width: number, size: number): string {
  if (widestWord(text, size) <= width) return text;
  return text.replaceAll(/[^\s\u200b]+/gu, (word) =>
    textWidth(word, size) <= width ? word : breakWord(word, width, size),
  );
}

function breakWord(word: string, width: number, size: number): string {
  let pieces = '';
  let room = width;
  // Letters are kept with their marks: a break before a vowel sign would tear a syllable.
  for (const [cluster] of word.matchAll(/\P{M}\p{M}*|\p{M}+/gu)) {
    const needed = textWidth(cluster, size);
    if (needed > room) {
      pieces += ZERO_WIDTH_SPACE;
      room = width;
    }
    pieces += cluster;
    room -= needed;
  }
  return pieces;
}

const ZERO_WIDTH_SPACE = '\u200b';

/** Lines break at blanks, and between any two Chinese characters. */
function words(text: string): readonly string[] {
  return (
    text.match(
      /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|[^\s\u200b\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+|\u00a0+/gu,
    ) ?? []
  );
}

function letterWidth(letter: string): number {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= 32 && code < 127) return asciiWidths[code - 32] ?? 600;
  if (code === 0xa0) return 260;
  if (NO_WIDTH.test(letter)) return 0;
  if (code >= 0x2e80) return 1000;
  return 660;
}
