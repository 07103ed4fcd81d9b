import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import {
  componentPlaces,
  type FontTables,
  openSlice,
  readLetters,
  readTables,
  type Slice,
} from './pdf-font-merge.ts';
import { dictionaryOf, findReference, type PdfFile, PdfOutput, readPdf } from './pdf-file.ts';

/** Letters of our fonts by the shapes of their glyphs; equal shapes are different letters at times. */
export type ShapeLetters = ReadonlyMap<string, readonly string[]>;

/**
 * Tells readers of the pages which letter each shape is. The compiler says it by what it set first
 * in a shape: a Thai letter that came with a vowel sign is that pair ever after, and the sign is
 * nothing. Whoever searches or copies would get other words than those they see. What a shape is
 * stands in the fonts.
 */
export function repairLetters(pdf: Buffer, letters: ShapeLetters): Buffer {
  const file = readPdf(pdf);
  const output = new PdfOutput();
  const repaired = repairedMaps(file, letters);
  for (let id = 1; id <= Math.max(...file.objects.keys()); id++) output.reserve();
  for (const [id, object] of file.objects) {
    const stream = repaired.get(id);
    if (stream === undefined) output.write(id, object);
    else {
      const dictionary = object.dictionary.replace(/\/Length \d+/, `/Length ${stream.length}`);
      output.write(id, { dictionary, stream });
    }
  }
  return output.close(`/Root ${file.catalog} 0 R /Info ${file.information} 0 R`);
}

/** Reads the shapes of fonts with marks; Chinese ones have a shape for each letter. */
export function readShapes(fontFiles: readonly string[]): ShapeLetters {
  const shapes = new Map<string, string[]>();
  for (const file of fontFiles.filter((name) => !/-(?:sc|hk)-\d+\.ttf$/.test(name))) {
    const tables = readTables(readFileSync(file));
    const slice = openSlice(tables);
    for (const [code, glyph] of readLetters(tables)) {
      const shape = shapeOf(slice, glyph);
      if (shape === undefined) continue;
      const letter = plainLetter(String.fromCodePoint(code));
      const known = shapes.get(shape);
      if (known === undefined) shapes.set(shape, [letter]);
      else if (!known.includes(letter)) known.push(letter);
    }
  }
  return shapes;
}

/** The outline of a glyph as a key, the same when its parts have other numbers. */
function shapeOf(slice: Slice, glyph: number): string | undefined {
  const outline = Buffer.from(slice.outline(glyph));
  const parts: (string | undefined)[] = [];
  for (const at of componentPlaces(outline)) {
    parts.push(shapeOf(slice, outline.readUInt16BE(at)));
    outline.writeUInt16BE(0, at);
  }
  // Outlines are padded to an even length, by some and not by others.
  let end = outline.length;
  while (end > 0 && outline[end - 1] === 0) end -= 1;
  if (end === 0) return undefined;
  return createHash('sha1')
    .update(outline.subarray(0, end))
    .update(parts.join(' '))
    .digest('base64');
}

/** New contents of the letter maps (`ToUnicode`, ISO 32000-1 section 9.10.3), by object. */
function repairedMaps(file: PdfFile, letters: ShapeLetters): ReadonlyMap<number, Buffer> {
  const repaired = new Map<number, Buffer>();
  for (const { dictionary } of file.objects.values()) {
    if (!dictionary.includes('/Subtype /Type0')) continue;
    const map = findReference(dictionary, 'ToUnicode');
    const tables = embeddedFont(file, dictionary);
    const said = map === undefined ? undefined : file.objects.get(map)?.stream;
    if (map === undefined || tables === undefined || said === undefined) continue;
    const text = repairMap(inflateSync(said).toString('latin1'), tables, letters);
    repaired.set(map, deflateSync(Buffer.from(text, 'latin1')));
  }
  return repaired;
}

/** The font file inside: font, descendant, descriptor, `FontFile2` (9.6 to 9.9). */
function embeddedFont(file: PdfFile, dictionary: string): FontTables | undefined {
  const descendant = /\/DescendantFonts \[(\d+) 0 R\]/.exec(dictionary)?.[1];
  if (descendant === undefined) return undefined;
  const descriptor = findReference(
    dictionaryOf(file.objects, Number(descendant)),
    'FontDescriptor',
  );
  if (descriptor === undefined) return undefined;
  const program = findReference(dictionaryOf(file.objects, descriptor), 'FontFile2');
  const stream = program === undefined ? undefined : file.objects.get(program)?.stream;
  return stream === undefined ? undefined : readTables(inflateSync(stream));
}

const ENTRY = /^<([0-9A-F]{4})> <([0-9A-F]+)>$/gm;
/** A block of entries may hold so many (CMap specification, Adobe technical note 5014). */
const BLOCK = 100;

function repairMap(text: string, tables: FontTables, letters: ShapeLetters): string {
  const said = new Map<number, string>();
  for (const [, glyph = '', hex = ''] of text.matchAll(ENTRY)) {
    said.set(Number.parseInt(glyph, 16), Buffer.from(hex, 'hex').swap16().toString('utf16le'));
  }
  const slice = openSlice(tables);
  const count = tables.get('maxp')?.readUInt16BE(4) ?? 0;
  const entries: string[] = [];
  for (let glyph = 1; glyph < count; glyph++) {
    const shape = shapeOf(slice, glyph);
    const known = shape === undefined ? undefined : letters.get(shape);
    const letter = chooseLetter(said.get(glyph), known);
    if (letter !== undefined) entries.push(`<${hex4(glyph)}> <${utf16(letter)}>`);
  }
  const blocks: string[] = [];
  for (let from = 0; from < entries.length; from += BLOCK) {
    const block = entries.slice(from, from + BLOCK);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  const from = text.search(/^\d+ beginbfchar$/m);
  const end = text.lastIndexOf('endbfchar') + 'endbfchar'.length;
  if (from < 0) return text;
  return `${text.slice(0, from)}${blocks.join('\n')}${text.slice(end)}`;
}

/**
 * The letter of the shape; of several the one that was said. A shape without a letter of its own is
 * a mark that moved aside when what was said has marks: the letter below it has its own shape.
 */
function chooseLetter(
  said: string | undefined,
  known: readonly string[] | undefined,
): string | undefined {
  if (known !== undefined) return said !== undefined && known.includes(said) ? said : known[0];
  return said === undefined ? undefined : (/\p{M}(?=\P{M}*$)/u.exec(said)?.[0] ?? said);
}

/** An Arabic letter is the same at the beginning and the end of a word; joined pairs stay joined. */
function plainLetter(letter: string): string {
  if (!/[\ufb50-\ufdff\ufe70-\ufefc]/.test(letter)) return letter;
  const plain = letter.normalize('NFKC');
  return [...plain].length === 1 ? plain : letter;
}

function utf16(text: string): string {
  return Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase();
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}
