import { westernDigits } from '#reconciliation/fold-text.ts';

const LETTERS: Readonly<Record<string, string>> = {
  đ: 'd',
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ى: 'ي',
  ة: 'ه',
  '’': "'",
  '‘': "'",
};

/** Accents of Latin letters and vowel signs of Arabic; the vowels of Thai are letters of their own. */
const MARKS = /[\u0300-\u036f\u064b-\u0652\u0640]/gu;

/**
 * What somebody typed, as questions are compared: one width, small letters, no accents, Western
 * digits, single spaces. Separators inside numbers stay.
 */
export function foldWords(text: string): string {
  const small = westernDigits(text.normalize('NFKC')).toLowerCase().normalize('NFD');
  return small
    .replace(MARKS, '')
    .normalize('NFC')
    .replace(/[đأإآىة’‘]/gu, (letter) => LETTERS[letter] ?? letter)
    .replace(/[\p{Cf}\s]+/gu, ' ')
    .trim();
}
