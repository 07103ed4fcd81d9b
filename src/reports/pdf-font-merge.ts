/**
 * Joins the slices of a Chinese font into one font file. The packages cut a font of 30,000 letters
 * into a hundred slices for browsers; a compiler of pages wants it in one piece. Only outlines,
 * widths and the letters they belong to are kept: Chinese on a page needs no more.
 *
 * Sections of the OpenType specification 1.9 are named where their bytes are written.
 */

/** A font as its tables, by their four-letter names. */
export type FontTables = ReadonlyMap<string, Buffer>;

/** Joins slices of one weight of one family; of a letter in several slices the first one counts. */
export function mergeFonts(slices: readonly Buffer[], family: string): Buffer {
  const [first, ...others] = slices.map(readTables);
  if (first === undefined) throw new Error('there is no slice to join');
  const merged = new Merging(first);
  for (const tables of [first, ...others]) merged.add(tables);
  return writeTables(merged.finish(family));
}

/** Gives a font another family name, because slices of one name would hide one another. */
export function renameFont(font: Buffer, family: string): Buffer {
  return writeTables(new Map([...readTables(font), ['name', nameTable(family)]]));
}

/** Letters that a font has an outline for, with the numbers of their glyphs. */
export function readLetters(tables: FontTables): Map<number, number> {
  const cmap = table(tables, 'cmap');
  const offsets = new Map<number, number>();
  for (let index = 0; index < cmap.readUInt16BE(2); index++) {
    const offset = cmap.readUInt32BE(8 + index * 8);
    offsets.set(cmap.readUInt16BE(offset), offset);
  }
  const long = offsets.get(12);
  if (long !== undefined) return readLongMap(cmap.subarray(long));
  const short = offsets.get(4);
  if (short === undefined) throw new Error('the font has no map of letters that we read');
  return readShortMap(cmap.subarray(short));
}

/** Reads the table directory ("Organization of an OpenType font"). */
export function readTables(font: Buffer): FontTables {
  const tables = new Map<string, Buffer>();
  const count = font.readUInt16BE(4);
  for (let index = 0; index < count; index++) {
    const entry = 12 + index * 16;
    const offset = font.readUInt32BE(entry + 8);
    const length = font.readUInt32BE(entry + 12);
    tables.set(font.toString('latin1', entry, entry + 4), font.subarray(offset, offset + length));
  }
  return tables;
}

function table(tables: FontTables, name: string): Buffer {
  const found = tables.get(name);
  if (found === undefined) throw new Error(`the font has no table ${name}`);
  return found;
}

/** The font that grows slice by slice. */
class Merging {
  readonly #first: FontTables;
  readonly #letters = new Map<number, number>();
  readonly #outlines: Buffer[] = [];
  readonly #metrics: Buffer[] = [];
  /** The largest values of `maxp` among the slices: readers reserve memory by them. */
  readonly #maxima: Buffer;

  constructor(first: FontTables) {
    this.#first = first;
    this.#maxima = Buffer.from(table(first, 'maxp'));
    const slice = openSlice(first);
    this.#take(slice, new Map(), 0);
  }

  add(tables: FontTables): void {
    const slice = openSlice(tables);
    const maxima = table(tables, 'maxp');
    for (let at = 6; at < this.#maxima.length; at += 2) {
      this.#maxima.writeUInt16BE(
        Math.max(this.#maxima.readUInt16BE(at), maxima.readUInt16BE(at)),
        at,
      );
    }
    const taken = new Map<number, number>();
    for (const [letter, glyph] of readLetters(tables)) {
      if (glyph === 0 || this.#letters.has(letter)) continue;
      this.#letters.set(letter, this.#take(slice, taken, glyph));
    }
  }

  /** Takes a glyph over, and before it the glyphs that it is put together from. */
  #take(slice: Slice, taken: Map<number, number>, glyph: number): number {
    const known = taken.get(glyph);
    if (known !== undefined) return known;
    const outline = Buffer.from(slice.outline(glyph));
    for (const at of componentPlaces(outline)) {
      outline.writeUInt16BE(this.#take(slice, taken, outline.readUInt16BE(at)), at);
    }
    const number = this.#outlines.length;
    this.#outlines.push(outline);
    this.#metrics.push(slice.metric(glyph));
    taken.set(glyph, number);
    return number;
  }

  finish(family: string): FontTables {
    const { loca, glyf } = outlineTables(this.#outlines);
    const head = Buffer.from(table(this.#first, 'head'));
    head.writeUInt32BE(0, 8);
    head.writeInt16BE(1, 50);
    const hhea = Buffer.from(table(this.#first, 'hhea'));
    hhea.writeUInt16BE(this.#outlines.length, 34);
    this.#maxima.writeUInt16BE(this.#outlines.length, 4);
    return new Map([
      ['OS/2', table(this.#first, 'OS/2')],
      ['cmap', letterTable(this.#letters)],
      ['glyf', glyf],
      ['head', head],
      ['hhea', hhea],
      ['hmtx', Buffer.concat(this.#metrics)],
      ['loca', loca],
      ['maxp', this.#maxima],
      ['name', nameTable(family)],
      ['post', table(this.#first, 'post')],
    ]);
  }
}

/** Outlines and widths of a font by the numbers of its glyphs. */
export interface Slice {
  outline(glyph: number): Buffer;
  metric(glyph: number): Buffer;
}

/** Opens the outlines of a font. */
export function openSlice(tables: FontTables): Slice {
  const glyf = table(tables, 'glyf');
  const loca = table(tables, 'loca');
  const hmtx = table(tables, 'hmtx');
  const isLong = table(tables, 'head').readInt16BE(50) === 1;
  const metricCount = table(tables, 'hhea').readUInt16BE(34);
  const place = (glyph: number): number =>
    isLong ? loca.readUInt32BE(glyph * 4) : loca.readUInt16BE(glyph * 2) * 2;
  return {
    outline: (glyph) => glyf.subarray(place(glyph), place(glyph + 1)),
    metric: (glyph) => {
      // Glyphs at the end may share the last width and have a bearing of their own ("hmtx").
      if (glyph < metricCount) return hmtx.subarray(glyph * 4, glyph * 4 + 4);
      const bearing = metricCount * 4 + (glyph - metricCount) * 2;
      const width = hmtx.subarray((metricCount - 1) * 4, (metricCount - 1) * 4 + 2);
      return Buffer.concat([width, hmtx.subarray(bearing, bearing + 2)]);
    },
  };
}

const WORD_ARGUMENTS = 0x0001;
const ONE_SCALE = 0x0008;
const MORE_COMPONENTS = 0x0020;
const TWO_SCALES = 0x0040;
const MATRIX = 0x0080;

/** Where a composite outline names other glyphs ("glyf", composite glyph description). */
export function componentPlaces(outline: Buffer): readonly number[] {
  if (outline.length === 0 || outline.readInt16BE(0) >= 0) return [];
  const places: number[] = [];
  let at = 10;
  for (;;) {
    const flags = outline.readUInt16BE(at);
    places.push(at + 2);
    if ((flags & MORE_COMPONENTS) === 0) return places;
    at += 4 + ((flags & WORD_ARGUMENTS) === 0 ? 2 : 4);
    if ((flags & ONE_SCALE) !== 0) at += 2;
    else if ((flags & TWO_SCALES) !== 0) at += 4;
    else if ((flags & MATRIX) !== 0) at += 8;
  }
}

function readLongMap(map: Buffer): Map<number, number> {
  const letters = new Map<number, number>();
  const groups = map.readUInt32BE(12);
  for (let group = 0; group < groups; group++) {
    const at = 16 + group * 12;
    const first = map.readUInt32BE(at);
    const glyph = map.readUInt32BE(at + 8);
    for (let letter = first; letter <= map.readUInt32BE(at + 4); letter++) {
      letters.set(letter, glyph + letter - first);
    }
  }
  return letters;
}

function readShortMap(map: Buffer): Map<number, number> {
  const letters = new Map<number, number>();
  const doubled = map.readUInt16BE(6);
  for (let at = 0; at < doubled; at += 2) {
    const last = map.readUInt16BE(14 + at);
    const first = map.readUInt16BE(16 + doubled + at);
    const delta = map.readUInt16BE(16 + doubled * 2 + at);
    const rangePlace = 16 + doubled * 3 + at;
    const range = map.readUInt16BE(rangePlace);
    for (let letter = first; letter <= last && letter !== 0xffff; letter++) {
      const raw =
        range === 0 ? letter : map.readUInt16BE(rangePlace + range + (letter - first) * 2);
      const glyph = range !== 0 && raw === 0 ? 0 : (raw + delta) & 0xffff;
      if (glyph !== 0) letters.set(letter, glyph);
    }
  }
  return letters;
}

function outlineTables(outlines: readonly Buffer[]): { loca: Buffer; glyf: Buffer } {
  const loca = Buffer.alloc((outlines.length + 1) * 4);
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [index, outline] of outlines.entries()) {
    loca.writeUInt32BE(offset, index * 4);
    const padding = -outline.length & 3;
    parts.push(outline, Buffer.alloc(padding));
    offset += outline.length + padding;
  }
  loca.writeUInt32BE(offset, outlines.length * 4);
  return { loca, glyf: Buffer.concat(parts) };
}

/** Writes `cmap` in format 12, one group per letter row without a gap. */
function letterTable(letters: ReadonlyMap<number, number>): Buffer {
  const groups: [first: number, last: number, glyph: number][] = [];
  for (const [letter, glyph] of [...letters].toSorted(([left], [right]) => left - right)) {
    const group = groups.at(-1);
    if (group !== undefined && letter === group[1] + 1 && glyph === group[2] + letter - group[0]) {
      group[1] = letter;
    } else groups.push([letter, letter, glyph]);
  }
  const length = 16 + groups.length * 12;
  const cmap = Buffer.alloc(12 + length);
  for (const [value, at] of [
    [1, 2],
    [3, 4],
    [10, 6],
  ] as const)
    cmap.writeUInt16BE(value, at);
  cmap.writeUInt32BE(12, 8);
  cmap.writeUInt16BE(12, 12);
  cmap.writeUInt32BE(length, 16);
  cmap.writeUInt32BE(groups.length, 24);
  for (const [index, group] of groups.entries()) {
    for (const [part, value] of group.entries()) {
      cmap.writeUInt32BE(value, 28 + index * 12 + part * 4);
    }
  }
  return cmap;
}

/** Writes `name` with what compilers look at: family, style, full name, PostScript name. */
function nameTable(family: string): Buffer {
  const names: readonly (readonly [number, string])[] = [
    [1, family],
    [2, 'Regular'],
    [4, family],
    [6, family.replaceAll(/[^A-Za-z0-9]/g, '')],
  ];
  const texts = names.map(([, text]) => Buffer.from(text, 'utf16le').swap16());
  const header = Buffer.alloc(6 + names.length * 12);
  header.writeUInt16BE(names.length, 2);
  header.writeUInt16BE(header.length, 4);
  let offset = 0;
  for (const [index, [id]] of names.entries()) {
    const length = texts[index]?.length ?? 0;
    for (const [part, value] of [3, 1, 0x409, id, length, offset].entries()) {
      header.writeUInt16BE(value, 6 + index * 12 + part * 2);
    }
    offset += length;
  }
  return Buffer.concat([header, ...texts]);
}

/** Writes the table directory and the tables, each on a boundary of four bytes. */
function writeTables(tables: FontTables): Buffer {
  const sorted = [...tables].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const header = Buffer.alloc(12 + sorted.length * 16);
  const power = Math.floor(Math.log2(sorted.length));
  header.writeUInt32BE(0x00010000, 0);
  header.writeUInt16BE(sorted.length, 4);
  header.writeUInt16BE(2 ** power * 16, 6);
  header.writeUInt16BE(power, 8);
  header.writeUInt16BE(sorted.length * 16 - 2 ** power * 16, 10);
  const parts: Buffer[] = [header];
  let offset = header.length;
  for (const [index, [name, content]] of sorted.entries()) {
    const padded = Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
    header.write(name, 12 + index * 16, 'latin1');
    header.writeUInt32BE(checksum(padded), 16 + index * 16);
    header.writeUInt32BE(offset, 20 + index * 16);
    header.writeUInt32BE(content.length, 24 + index * 16);
    parts.push(padded);
    offset += padded.length;
  }
  return Buffer.concat(parts);
}

function checksum(padded: Buffer): number {
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4) sum = (sum + padded.readUInt32BE(at)) >>> 0;
  return sum;
}
