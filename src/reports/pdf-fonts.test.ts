import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { languages } from '#core/languages.ts';
import { catalogues, flatten } from '#i18n/messages.ts';
import { openSlice, readLetters, readTables } from './pdf-font-merge.ts';
import { fontsFor, prepareFonts } from './pdf-fonts.ts';

async function fontFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cashbell-fonts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('fonts: every letter of every catalogue has a shape in both weights', async () => {
  const files = await prepareFonts(await fontFolder());
  const letters = new Set(
    languages.flatMap((language) => [...flatten(catalogues[language]).values()].join('')).join(''),
  );
  for (const weight of ['-400.ttf', '-600.ttf']) {
    const known = new Set<number>();
    for (const file of files.filter((name) => name.endsWith(weight))) {
      for (const letter of readLetters(readTables(await readFile(file))).keys()) known.add(letter);
    }
    const missing = [...letters].filter(
      (letter) => !known.has(letter.codePointAt(0) ?? 0) && !/\p{C}|\p{Emoji}|\ufe0f/u.test(letter),
    );
    expect(missing).toEqual([]);
  }
}, 120_000);

test('fonts: a joined font keeps the letters of all its slices, with outlines and widths', async () => {
  const files = await prepareFonts(await fontFolder());
  for (const [file, text] of [
    ['sc', '深圳市前海广进贸易有限公司，。'],
    ['hk', '香港龍騰國際貿易嘅咗喺'],
    ['sans', 'ABCxyzÄßŁđếựΩЖ0123456789'],
  ] as const) {
    const name = file === 'sans' ? '/cashbell-sans-400.ttf' : `/cashbell-sans-${file}-400.ttf`;
    const tables = readTables(await readFile(files.find((path) => path.endsWith(name)) ?? ''));
    const slice = openSlice(tables);
    const letters = readLetters(tables);
    for (const letter of text) {
      const glyph = letters.get(letter.codePointAt(0) ?? 0) ?? 0;
      expect(slice.outline(glyph).length, letter).toBeGreaterThan(10);
      expect(slice.metric(glyph).readUInt16BE(0), letter).toBeGreaterThan(100);
    }
  }
}, 120_000);

test('fonts: two who make them at the same time get the same files', async () => {
  const folder = await fontFolder();
  const [first, second] = await Promise.all([prepareFonts(folder), prepareFonts(folder)]);
  expect(first).toEqual(second);
  expect(first.length).toBeGreaterThan(10);
}, 120_000);

test('fonts: Hong Kong looks for a letter in its own font before the mainland one', () => {
  const order = (language: 'zh-CN' | 'zh-HK'): readonly number[] =>
    ['Cashbell Sans SC', 'Cashbell Sans HK'].map((name) => fontsFor(language).indexOf(name));
  const [mainlandSc = 0, mainlandHk = 0] = order('zh-CN');
  const [hongKongSc = 0, hongKongHk = 0] = order('zh-HK');
  expect(mainlandSc).toBeLessThan(mainlandHk);
  expect(hongKongHk).toBeLessThan(hongKongSc);
});
