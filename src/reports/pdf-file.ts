import { createHash } from 'node:crypto';

/*
 * What the page compiler writes (typst 0.13, `pdf-writer`), read and written again: one
 * cross-reference table, every object in the open, no encryption. Sections are of ISO 32000-1.
 */

export interface PdfObject {
  readonly dictionary: string;
  readonly stream?: Buffer;
}

export interface PdfFile {
  readonly objects: ReadonlyMap<number, PdfObject>;
  readonly catalog: number;
  readonly information: number;
  readonly pageTree: number;
  readonly pages: readonly number[];
  readonly outlines: number | undefined;
}

/** From the number of an object in its file to the one in the joined file. */
export type IdMap = (id: number) => number;

/** Reads a file of the page compiler. */
export function readPdf(bytes: Buffer): PdfFile {
  const end = bytes.toString('latin1', bytes.lastIndexOf('startxref'));
  const table = Number(/startxref\s+(\d+)/.exec(end)?.[1]);
  const [header, , count] =
    /^xref\s+(0) (\d+)\s+/.exec(bytes.toString('latin1', table, table + 40)) ?? [];
  if (header === undefined) throw new Error('the page compiler wrote a file of another form');
  // Each entry of the cross-reference table is 20 bytes long (7.5.4).
  const offsets = new Map<number, number>();
  for (let id = 1; id < Number(count); id++) {
    const at = table + header.length + id * 20;
    offsets.set(id, Number(bytes.toString('latin1', at, at + 10)));
  }
  const objects = readObjects(bytes, offsets, table);
  const trailer = bytes.toString('latin1', table + header.length + Number(count) * 20);
  const catalog = reference(trailer, 'Root');
  const pageTree = reference(dictionaryOf(objects, catalog), 'Pages');
  return {
    objects,
    catalog,
    information: reference(trailer, 'Info'),
    pageTree,
    pages: references(/\/Kids\s*\[([^\]]*)\]/.exec(dictionaryOf(objects, pageTree))?.[1] ?? ''),
    outlines: findReference(dictionaryOf(objects, catalog), 'Outlines'),
  };
}

function readObjects(
  bytes: Buffer,
  offsets: ReadonlyMap<number, number>,
  end: number,
): ReadonlyMap<number, PdfObject> {
  const sorted = [...offsets].toSorted(([, left], [, right]) => left - right);
  return new Map(
    sorted.map(([id, offset], index) => {
      const body = bytes.subarray(offset, sorted[index + 1]?.[1] ?? end);
      const from = body.indexOf('obj') + 3;
      const to = body.lastIndexOf('endobj');
      const stream = body.indexOf('\nstream\n');
      if (stream < 0) return [id, { dictionary: body.toString('latin1', from, to).trim() }];
      const dictionary = body.toString('latin1', from, stream).trim();
      const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1]);
      return [id, { dictionary, stream: body.subarray(stream + 8, stream + 8 + length) }];
    }),
  );
}

export function dictionaryOf(objects: ReadonlyMap<number, PdfObject>, id: number): string {
  const found = objects.get(id);
  if (found === undefined) throw new Error(`the file has no object ${id}`);
  return found.dictionary;
}

export function findReference(dictionary: string, name: string): number | undefined {
  const id = new RegExp(`/${name} (\\d+) 0 R`).exec(dictionary)?.[1];
  return id === undefined ? undefined : Number(id);
}

export function reference(dictionary: string, name: string): number {
  const id = findReference(dictionary, name);
  if (id === undefined) throw new Error(`a dictionary has no /${name}`);
  return id;
}

function references(array: string): readonly number[] {
  return [...array.matchAll(/(\d+) 0 R/g)].map(([, id]) => Number(id));
}

/** A file that grows, object by object. */
export class PdfOutput {
  readonly #parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\x80\x80\x80\x80\n', 'latin1')];
  readonly #offsets: number[] = [0];
  #length = this.#parts[0]?.length ?? 0;

  reserve(): number {
    return this.#offsets.push(0) - 1;
  }

  write(id: number, { dictionary, stream }: PdfObject): void {
    this.#offsets[id] = this.#length;
    this.#add(Buffer.from(`${id} 0 obj\n${dictionary}\n`, 'latin1'));
    if (stream !== undefined) {
      this.#add(Buffer.from('stream\n'));
      this.#add(stream);
      this.#add(Buffer.from('\nendstream\n'));
    }
    this.#add(Buffer.from('endobj\n'));
  }

  /** Writes the cross-reference table and the trailer (7.5.4, 7.5.5). */
  close(trailer: string): Buffer {
    const table = this.#length;
    const entries = this.#offsets.map((offset) =>
      offset === 0 ? '0000000000 65535 f\r\n' : `${String(offset).padStart(10, '0')} 00000 n\r\n`,
    );
    this.#add(Buffer.from(`xref\n0 ${entries.length}\n${entries.join('')}`));
    const hash = createHash('sha256');
    for (const part of this.#parts) hash.update(part);
    const id = hash.digest('hex').slice(0, 32);
    const size = `/Size ${entries.length} /ID [<${id}> <${id}>]`;
    this.#add(Buffer.from(`trailer\n<< ${size} ${trailer} >>\nstartxref\n${table}\n%%EOF`));
    return Buffer.concat(this.#parts);
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

/** Literal strings (7.3.4.2), hexadecimal strings, and references, which alone are changed. */
const TOKEN = /\((?:\\[\s\S]|[^\\()]|\((?:\\[\s\S]|[^\\()])*\))*\)|<[0-9A-Fa-f\s]+>|\b(\d+) 0 R\b/g;

/** Changes the references of a dictionary, and nothing inside its texts. */
export function renumber(dictionary: string, map: IdMap): string {
  return dictionary.replaceAll(TOKEN, (token: string, id: string | undefined) =>
    id === undefined ? token : `${map(Number(id))} 0 R`,
  );
}
