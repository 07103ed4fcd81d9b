import { describe, expect, test } from 'vitest';
import { languages } from '#core/languages.ts';
import { translate } from '#i18n/messages.ts';
import { readClaimCommand } from './claim-words.ts';

const kinds = ['claim', 'release', 'confirm', 'refuse', 'notOurs'] as const;

describe('words about claims', () => {
  test.each(languages.flatMap((language) => kinds.map((kind) => [language, kind] as const)))(
    'claim words: what a card in %s says to write for %s is understood',
    (language, kind) => {
      const word = translate(language, `claim.word.${kind}`);
      expect(readClaimCommand(`${word} 7`)).toMatchObject({ kind, number: 7, rest: '' });
    },
  );

  test.each([
    ['claim 7 INV-4711', { kind: 'claim', number: 7, rest: 'INV-4711' }],
    ['  CLAIM   #12:  inv 4711 , INV-4712 ', { number: 12, rest: 'inv 4711 , INV-4712' }],
    ['认领7 INV-88 | 电话确认', { number: 7, rest: 'INV-88', note: '电话确认' }],
    ['認領 ７ 大明公司', { kind: 'claim', number: 7, rest: '大明公司' }],
    ['nhan 9 Công ty Bình Minh', { kind: 'claim', number: 9, rest: 'Công ty Bình Minh' }],
    ['مطالبة ٧ شركة النور', { kind: 'claim', number: 7, rest: 'شركة النور' }],
    ['อ้างสิทธิ์ ๗ บริษัท', { kind: 'claim', number: 7, rest: 'บริษัท' }],
    [
      'not ours 3 // wrong account',
      { kind: 'notOurs', number: 3, rest: '', note: 'wrong account' },
    ],
    ['bukan milik kami 3', { kind: 'notOurs', number: 3 }],
    ['confirm 7', { kind: 'confirm', number: 7 }],
    ['tolak 7 salah faktur', { kind: 'refuse', rest: 'salah faktur' }],
    ['claim', undefined],
    ['claim INV-4711', undefined],
    ['please claim 7', undefined],
    ['claim 12345678901', undefined],
    ['confirm payment 7', undefined],
    ['stop payments', undefined],
  ])('claim words: %s', (text, expected) => {
    const read = readClaimCommand(text);
    if (expected === undefined) expect(read).toBeUndefined();
    else expect(read).toMatchObject(expected);
  });
});
