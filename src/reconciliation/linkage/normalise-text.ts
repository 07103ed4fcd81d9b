const ASCII = /^[\x20-\x7e]*$/;
/** Accents of Latin, Greek and Cyrillic; vowel signs and hamza of Arabic; its stretching stroke. */
const DROPPED_MARKS = /[\u0300-\u036f\u064b-\u0655\u0670\u0640]/g;
const NATIVE_DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0e50-\u0e59\u0966-\u096f]/g;
const FOLDED: Readonly<Record<string, string>> = {
  Đ: 'D',
  Ł: 'L',
  Ø: 'O',
  Æ: 'AE',
  Œ: 'OE',
  İ: 'I',
  ى: 'ي',
  ة: 'ه',
};
const FOLDABLE = /[ĐŁØÆŒİىة]/g;

/**
 * The form in which texts are compared: capitals, no accents, one width, Western digits. Thai and
 * other marks that carry the vowel stay.
 */
export function normaliseText(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase();
  return text
    .normalize('NFKC')
    .toUpperCase()
    .normalize('NFD')
    .replace(DROPPED_MARKS, '')
    .normalize('NFC')
    .replace(NATIVE_DIGITS, (digit) => String(nativeDigit(digit.charCodeAt(0))))
    .replace(FOLDABLE, (letter) => FOLDED[letter] ?? letter);
}

/** Each of these blocks starts at a code whose last hexadecimal digit is 0 or 6. */
function nativeDigit(code: number): number {
  if (code >= 0x0e50) return code - 0x0e50;
  if (code >= 0x0966) return code - 0x0966;
  return code >= 0x06f0 ? code - 0x06f0 : code - 0x0660;
}
