import {
  dictionaryOf,
  findReference,
  type IdMap,
  type PdfFile,
  type PdfObject,
  PdfOutput,
  readPdf,
  reference,
  renumber,
} from './pdf-file.ts';

/**
 * Joins runs of one report that the page compiler made apart, and lays the number of each page on
 * it, because no run knows how many pages the others have. `makeNumbers` gives as many pages that
 * hold nothing else, for pages that stand or lie as told. Sections are of ISO 32000-1.
 */
export function joinPdfs(
  runs: readonly Buffer[],
  makeNumbers: (flipped: readonly boolean[]) => Buffer,
): Buffer {
  const files = runs.map(readPdf);
  const flipped = files.flatMap((file) => file.pages.map((page) => isFlipped(file, page)));
  const overlay = readPdf(makeNumbers(flipped));
  const pageCount = flipped.length;
  if (overlay.pages.length !== pageCount) {
    throw new Error(`${pageCount} pages have ${overlay.pages.length} numbers`);
  }
  const output = new PdfOutput();
  const shared = { pages: output.reserve(), outlines: output.reserve(), save: output.reserve() };
  output.write(shared.save, { dictionary: '<< /Length 1 >>', stream: Buffer.from('q') });
  const forms = copyOverlay(output, overlay);
  const runsMapped = files.map((file) => ({ file, map: mapIds(output, file, shared) }));
  const links = linkOutlines(output, runsMapped, shared.outlines);
  for (const { file, map } of runsMapped) {
    const own = forms.splice(0, file.pages.length);
    copyRun(output, { file, map, links, forms: own, save: shared.save });
  }
  const kids = runsMapped.flatMap(({ file, map }) => file.pages.map((page) => `${map(page)} 0 R`));
  output.write(shared.pages, {
    dictionary: `<< /Type /Pages /Count ${pageCount} /Kids [${kids.join(' ')}] >>`,
  });
  return finish(output, runsMapped[0], pageCount);
}

function isFlipped(file: PdfFile, page: number): boolean {
  const [, width, height] =
    /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(dictionaryOf(file.objects, page)) ?? [];
  return Number(width) > Number(height);
}

/** A run and the numbers of its objects in the joined file. */
interface MappedRun {
  readonly file: PdfFile;
  readonly map: IdMap;
}

/** Gives every object of a file its number in the joined file. */
function mapIds(
  output: PdfOutput,
  file: PdfFile,
  shared: { readonly pages: number; readonly outlines: number },
): IdMap {
  const ids = new Map<number, number>();
  for (const id of file.objects.keys()) {
    if (id === file.pageTree) ids.set(id, shared.pages);
    else if (id === file.outlines) ids.set(id, shared.outlines);
    else ids.set(id, output.reserve());
  }
  return (id) => {
    const mapped = ids.get(id);
    if (mapped === undefined) throw new Error(`the file has no object ${id}`);
    return mapped;
  };
}

/** Copies the numbers as forms (8.10), one for each page, and returns their object numbers. */
function copyOverlay(output: PdfOutput, overlay: PdfFile): number[] {
  const map = mapIds(output, overlay, { pages: output.reserve(), outlines: output.reserve() });
  const pageParts = new Set([overlay.catalog, overlay.information, overlay.pageTree]);
  const forms: number[] = [];
  for (const page of overlay.pages) {
    const dictionary = dictionaryOf(overlay.objects, page);
    const contents = reference(dictionary, 'Contents');
    pageParts.add(page).add(contents);
    const stream = overlay.objects.get(contents)?.stream ?? Buffer.alloc(0);
    const [, box = ''] = /\/MediaBox (\[[^\]]*\])/.exec(dictionary) ?? [];
    const form = output.reserve();
    output.write(form, {
      dictionary:
        `<< /Type /XObject /Subtype /Form /BBox ${box} /Length ${stream.length} ` +
        `/Filter /FlateDecode /Resources ${map(reference(dictionary, 'Resources'))} 0 R >>`,
      stream,
    });
    forms.push(form);
  }
  for (const [id, object] of overlay.objects) {
    if (pageParts.has(id) || isMetadata(object)) continue;
    output.write(map(id), { ...object, dictionary: renumber(object.dictionary, map) });
  }
  return forms;
}

interface Run extends MappedRun {
  /** Entries that objects get in addition, by their numbers in the joined file. */
  readonly links: ReadonlyMap<number, string>;
  readonly forms: readonly number[];
  /** Stream that saves the graphics state. */
  readonly save: number;
}

function copyRun(output: PdfOutput, { file, map, links, forms, save }: Run): void {
  const resources = reference(dictionaryOf(file.objects, file.pages[0] ?? 0), 'Resources');
  const images = reference(dictionaryOf(file.objects, resources), 'XObject');
  const pages = new Map(file.pages.map((page, index) => [page, index]));
  const left = new Set([file.catalog, file.information, file.pageTree, file.outlines]);
  for (const [id, object] of file.objects) {
    if (left.has(id) || isMetadata(object)) continue;
    let dictionary = renumber(object.dictionary, map);
    const index = pages.get(id);
    if (index !== undefined) dictionary = withNumber(output, dictionary, index, save);
    if (id === images) {
      dictionary = withEntries(
        dictionary,
        forms.map((form, at) => `/Number${at} ${form} 0 R`).join('\n'),
      );
    }
    const link = links.get(map(id));
    if (link !== undefined) dictionary = withEntries(dictionary, link);
    output.write(map(id), { ...object, dictionary });
  }
}

function isMetadata({ dictionary }: PdfObject): boolean {
  return dictionary.includes('/Type /Metadata');
}

/** The page paints itself between save and restore, and then the form with its number. */
function withNumber(output: PdfOutput, dictionary: string, index: number, save: number): string {
  const paint = output.reserve();
  const stream = Buffer.from(`Q /Number${index} Do`);
  output.write(paint, { dictionary: `<< /Length ${stream.length} >>`, stream });
  return dictionary.replace(
    /\/Contents (\d+ 0 R)/,
    (_, contents: string) => `/Contents [${save} 0 R ${contents} ${paint} 0 R]`,
  );
}

function withEntries(dictionary: string, entries: string): string {
  return dictionary.replace(/>>$/, () => `${entries}\n>>`);
}

/** Chains the headings of the runs (12.3.3); returns what their first and last ones get. */
function linkOutlines(
  output: PdfOutput,
  runs: readonly MappedRun[],
  outlines: number,
): ReadonlyMap<number, string> {
  const chains = runs.flatMap(({ file, map }) => {
    if (file.outlines === undefined) return [];
    const dictionary = dictionaryOf(file.objects, file.outlines);
    const count = Number(/\/Count (\d+)/.exec(dictionary)?.[1] ?? 0);
    const [first, last] = [reference(dictionary, 'First'), reference(dictionary, 'Last')];
    return [{ first: map(first), last: map(last), count }];
  });
  const links = new Map<number, string>();
  const add = (id: number, entry: string): unknown =>
    links.set(id, `${links.get(id) ?? ''} ${entry}`);
  for (const [index, { first, last }] of chains.entries()) {
    const [before, after] = [chains[index - 1], chains[index + 1]];
    if (before !== undefined) add(first, `/Prev ${before.last} 0 R`);
    if (after !== undefined) add(last, `/Next ${after.first} 0 R`);
  }
  const [first, last] = [chains[0]?.first, chains.at(-1)?.last];
  const count = chains.reduce((total, chain) => total + chain.count, 0);
  const ends =
    first === undefined || last === undefined ? '' : `/First ${first} 0 R /Last ${last} 0 R`;
  output.write(outlines, { dictionary: `<< /Type /Outlines ${ends} /Count ${count} >>` });
  return links;
}

/** Title, author, language and dates are those of the first run; only the number of pages grows. */
function finish(output: PdfOutput, run: MappedRun | undefined, pageCount: number): Buffer {
  if (run === undefined) throw new Error('there is no run to join');
  const { file, map } = run;
  const catalog = dictionaryOf(file.objects, file.catalog);
  for (const id of [file.catalog, file.information]) {
    output.write(map(id), { dictionary: renumber(dictionaryOf(file.objects, id), map) });
  }
  const metadata = findReference(catalog, 'Metadata');
  if (metadata !== undefined) {
    const said = file.objects.get(metadata)?.stream?.toString('latin1') ?? '';
    const text = said.replace(/(<xmpTPg:NPages>)\d+/, (_, tag: string) => `${tag}${pageCount}`);
    output.write(map(metadata), {
      dictionary: `<< /Length ${text.length} /Type /Metadata /Subtype /XML >>`,
      stream: Buffer.from(text, 'latin1'),
    });
  }
  return output.close(`/Root ${map(file.catalog)} 0 R /Info ${map(file.information)} 0 R`);
}
