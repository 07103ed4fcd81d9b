import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Language } from '#core/languages.ts';
import { mergeFonts, renameFont } from './pdf-font-merge.ts';

/** Weights that pages use: ordinary and strong. */
export const fontWeights = [400, 600] as const;

/**
 * The fonts of pages under names of our own: a server's own copy of Noto, perhaps of another
 * version, must never slip in, or the same report would look different elsewhere.
 */
const families: readonly FontFamily[] = [
  // Joined, or a Vietnamese letter would be put together from a Latin one and marks, and nobody who
  // searches the pages would find it.
  {
    family: 'Cashbell Sans',
    font: 'noto-sans',
    slices: ['latin', 'latin-ext', 'vietnamese', 'greek', 'cyrillic'],
  },
  { family: 'Cashbell Sans Devanagari', font: 'noto-sans', slices: ['devanagari'] },
  { family: 'Cashbell Sans Thai', font: 'noto-sans-thai', slices: ['thai'] },
  // Its letters keep their dots, so that words are found again by those who search the pages.
  {
    family: 'Cashbell Sans Arabic',
    font: 'ibm-plex-sans-arabic',
    slices: ['arabic'],
    isStatic: true,
    features: ['init', 'medi', 'fina', 'isol', 'rlig', 'calt', 'ccmp', 'mark', 'mkmk', 'kern'],
  },
  { family: 'Cashbell Sans Arabic Extended', font: 'noto-sans-arabic', slices: ['arabic'] },
  { family: 'Cashbell Sans SC', font: 'noto-sans-sc', slices: 'all' },
  { family: 'Cashbell Sans HK', font: 'noto-sans-hk', slices: 'all' },
];

interface FontFamily {
  readonly family: string;
  /** Package @fontsource-variable/<font>, or @fontsource/<font> with a file for each weight. */
  readonly font: string;
  readonly isStatic?: boolean;
  /** Scripts of the package; of a Chinese font everything, joined. */
  readonly slices: readonly string[] | 'all';
  /** Typographic features that stay; without it all. */
  readonly features?: readonly string[];
}

/** Families in the order in which a letter is looked for; Chinese letters differ by region. */
export function fontsFor(language: Language): readonly string[] {
  const names = families.map(({ family }) => family);
  if (language !== 'zh-HK') return names;
  return [...names.filter((name) => name !== 'Cashbell Sans SC'), 'Cashbell Sans SC'];
}

/** Goes up when the same packages would give other files. */
const RECIPE = 4;

/**
 * Returns the font files, made once into a folder of their own below `folder`. The packages hold
 * variable fonts compressed for browsers; a compiler of pages wants one file per weight.
 */
export async function prepareFonts(folder: string): Promise<readonly string[]> {
  const place = join(folder, `fonts-${await fontsVersion()}`);
  const present = await listFonts(place);
  if (present !== undefined) return present;
  const draft = join(folder, `fonts-${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  for (const family of families) await makeFamily(family, draft);
  // Two processes may make them at the same time: both are right, the first one stays.
  await rename(draft, place).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if ((await listFonts(place)) === undefined) throw error;
  });
  return (await listFonts(place)) ?? [];
}

async function listFonts(place: string): Promise<readonly string[] | undefined> {
  const names = await readdir(place).catch(() => undefined);
  return names?.toSorted().map((name) => join(place, name));
}

/** Fonts change with their packages and with the recipe, and then get another folder. */
async function fontsVersion(): Promise<string> {
  const hash = createHash('sha256').update(`${RECIPE}`);
  for (const family of families) {
    hash.update(await readFile(join(packageFolder(family), 'package.json')));
  }
  return hash.digest('hex').slice(0, 12);
}

function packageFolder({ font, isStatic }: FontFamily): string {
  const { resolve } = createRequire(import.meta.url);
  const scope = isStatic === true ? '@fontsource' : '@fontsource-variable';
  return dirname(resolve(`${scope}/${font}/package.json`));
}

async function makeFamily(family: FontFamily, folder: string): Promise<void> {
  const { default: subsetFont } = await import('subset-font');
  for (const weight of fontWeights) {
    const fonts: Buffer[] = [];
    for (const file of await sliceFiles(family, weight)) {
      const made = await subsetFont(await readFile(file), undefined, {
        targetFormat: 'truetype',
        keepAllGlyphs: true,
        ...(family.features === undefined ? {} : { keepFeatures: family.features }),
        ...(family.isStatic === true ? {} : { variationAxes: { wght: weight } }),
      });
      fonts.push(made);
    }
    const [only, another] = fonts;
    const made =
      only !== undefined && another === undefined
        ? renameFont(only, family.family)
        : mergeFonts(fonts, family.family);
    await writeFile(join(folder, fontFile(family.family, weight)), made);
  }
}

function fontFile(family: string, weight: number): string {
  return `${family.toLowerCase().replaceAll(' ', '-')}-${weight}.ttf`;
}

async function sliceFiles(family: FontFamily, weight: number): Promise<readonly string[]> {
  const { font, slices, isStatic } = family;
  const source = join(packageFolder(family), 'files');
  const ending = isStatic === true ? `-${weight}-normal.woff2` : '-wght-normal.woff2';
  const names =
    slices === 'all'
      ? (await readdir(source)).filter((name) => name.endsWith(ending)).toSorted()
      : slices.map((slice) => `${font}-${slice}${ending}`);
  return names.map((name) => join(source, name));
}
