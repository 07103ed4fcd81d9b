import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import { readTable } from './read-payment-file.ts';

/** One part of an archive; what its headers claim can be a lie. */
interface Part {
  readonly name: string;
  readonly text: string | Buffer;
  readonly claimed?: number;
  readonly claimedLocally?: number;
}

/** Packs an archive by hand, so that the reader is not only asked for what its own writer writes. */
function pack(parts: readonly Part[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let place = 0;
  for (const part of parts) {
    const data = Buffer.from(part.text);
    const packed = deflateRawSync(data);
    const name = Buffer.from(part.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(data), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(part.claimedLocally ?? part.claimed ?? data.length, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 6);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(crc32(data), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(part.claimed ?? data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(place, 42);
    locals.push(local, name, packed);
    entries.push(entry, name);
    place += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(place, 16);
  return Buffer.concat([...locals, directory, end]);
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';

interface SheetOptions {
  readonly name?: string;
  readonly state?: string;
}

function workbook(sheets: readonly (readonly [string, SheetOptions?])[]): Part[] {
  const listed = sheets.map(
    ([, { name, state } = {}], index) =>
      `<sheet name="${name ?? `Sheet${index + 1}`}" sheetId="${index + 1}" r:id="rId${index + 1}"${
        state === undefined ? '' : ` state="${state}"`
      }/>`,
  );
  const related = sheets.map(
    (_sheet, index) =>
      `<Relationship Id="rId${index + 1}" Type="${relations}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  return [
    {
      name: '[Content_Types].xml',
      text: `<Types xmlns="${packages}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
    },
    {
      name: '_rels/.rels',
      text: `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    },
    {
      name: 'xl/workbook.xml',
      text: `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets>${listed.join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: `<Relationships xmlns="${packages}/relationships">${related.join('')}<Relationship Id="rIdS" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    },
    {
      name: 'xl/styles.xml',
      text: `<styleSheet xmlns="${main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    },
    ...sheets.map(([text], index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      text: `<worksheet xmlns="${main}">${text}</worksheet>`,
    })),
  ];
}

function inline(ref: string, text: string): string {
  return `<c r="${ref}" t="inlineStr"><is><t>${text}</t></is></c>`;
}

const head = `<row r="1">${inline('A1', 'account')}${inline('B1', 'amount')}${inline('C1', 'date')}</row>`;

function sheetOf(rows: string, before = ''): string {
  return `${before}<sheetData>${head}${rows}</sheetData>`;
}

async function read(bytes: Uint8Array, sheet?: string): Promise<string[]> {
  const { rows } = await readTable(bytes, { sheet });
  return rows.map(
    ({ number, cells, trouble }) =>
      `${number}${trouble ? ` ${trouble.problem}` : ''}: ${cells
        .map((cell) => cell.trouble?.problem ?? cell.text + (cell.isNumber ? '#' : ''))
        .join('|')
        .replace(/\|+$/, '')}`,
  );
}

async function whyNot(bytes: Uint8Array, sheet?: string): Promise<string> {
  try {
    return (await read(bytes, sheet)).join('\n');
  } catch (error) {
    if (!isCashbellError(error, 'batch.fileUnreadable')) throw error;
    return String(error.details['problem']);
  }
}

const rounded = /more than 15 digits/;

describe('xlsx', () => {
  it.each<[string, string, string | RegExp]>([
    ['text', inline('A2', '0012') + inline('B2', '12.50'), '2: 0012|12.50'],
    ['a number', '<c r="A2"><v>1001</v></c><c r="B2"><v>1250000.5</v></c>', '2: 1001#|1250000.5#'],
    ['fifteen digits', '<c r="B2"><v>1234567890123.45</v></c>', '2: |1234567890123.45#'],
    ['sixteen digits', '<c r="B2"><v>12345678901234.56</v></c>', rounded],
    // Excel has put zeros where the last digits were.
    ['a long whole number', '<c r="B2"><v>1234567890123450</v></c>', rounded],
    ['a sum that is not what it shows', '<c r="B2"><v>0.30000000000000004</v></c>', rounded],
    ['an exponent', '<c r="B2"><v>1E+21</v></c>', rounded],
    ['a small exponent that is plain', '<c r="B2"><v>1.25E+3</v></c>', '2: |1250#'],
    ['a day', '<c r="C2" s="1"><v>46349</v></c>', '2: ||2026-11-23'],
    ['a formula', '<c r="B2"><f>1+1</f><v>2</v></c>', /is a formula/],
    ['a shared formula', '<c r="B2"><f t="shared" si="0"/><v>2</v></c>', /is a formula/],
    ['a formula that gives text', '<c r="B2" t="str"><f>"5"</f><v>5</v></c>', /is a formula/],
    ['text that would be a formula', inline('B2', '=1+1'), /is a formula/],
    ['an error', '<c r="B2" t="e"><v>#REF!</v></c>', /holds an error/],
    ['a truth', '<c r="B2" t="b"><v>1</v></c>', '2: |true'],
    ['letters of other writing', inline('A2', '张三 محمد'), '2: 张三 محمد'],
  ])('cell: %s', async (_title, cells, expected) => {
    const bytes = pack(workbook([[sheetOf(`<row r="2">${cells}</row>`)]]));
    const [, row] = await read(bytes);
    if (typeof expected === 'string') expect(row).toBe(expected);
    else expect(row).toMatch(expected);
  });

  it('row: empty rows are passed over and numbers stay those of the sheet', async () => {
    const rows = `<row r="2"></row><row r="7">${inline('A7', '1')}</row>`;
    expect(await read(pack(workbook([[sheetOf(rows)]])))).toEqual([
      '1: account|amount|date',
      '7: 1',
    ]);
  });

  it('row: a hidden one is marked, so that nobody is paid by what nobody sees', async () => {
    const rows = `<row r="2" hidden="1">${inline('A2', '1')}</row>`;
    expect((await read(pack(workbook([[sheetOf(rows)]]))))[1]).toBe('2 is hidden: 1');
  });

  it('row: one far below the others is seen, not cut off', async () => {
    const rows = `<row r="90000">${inline('A90000', '1')}</row>`;
    expect((await read(pack(workbook([[sheetOf(rows)]]))))[1]).toBe('90000: 1');
  });

  it.each<[string, readonly (readonly [string, SheetOptions?])[], string | undefined, RegExp]>([
    ['the only one is taken', [[sheetOf('')]], undefined, /^1: account/],
    [
      'a hidden one does not count',
      [[sheetOf(''), { state: 'hidden' }], [sheetOf('')]],
      undefined,
      /^1: /,
    ],
    ['an empty one does not count', [['<sheetData/>'], [sheetOf('')]], undefined, /^1: account/],
    [
      'of two one must be named',
      [[sheetOf('')], [sheetOf('')]],
      undefined,
      /several sheets \(Sheet1, Sheet2\)/,
    ],
    [
      'the named one is taken',
      [['<sheetData/>'], [sheetOf(''), { name: 'Pay' }]],
      'Pay',
      /^1: account/,
    ],
    ['a name that is not there', [[sheetOf('')]], 'Gaji', /no sheet "Gaji"/],
    ['nothing at all', [['<sheetData/>']], undefined, /empty/],
    ['only hidden ones', [[sheetOf(''), { state: 'veryHidden' }]], undefined, /empty/],
    [
      'a hidden column with values',
      [[sheetOf('', '<cols><col min="2" max="2" width="0" hidden="1" customWidth="1"/></cols>')]],
      undefined,
      /column 2 is hidden/,
    ],
  ])('sheet: %s', async (_title, sheets, name, expected) => {
    expect(await whyNot(pack(workbook(sheets)), name)).toMatch(expected);
  });

  const normal = workbook([[sheetOf('')]]);
  const bomb = Buffer.alloc(40 * 1024 * 1024, 0x20);

  it.each<[string, Uint8Array, RegExp]>([
    ['a bomb that admits it', pack([...normal, { name: 'a.xml', text: bomb }]), /too large/],
    [
      'many small parts that are large together',
      pack([
        ...normal,
        ...[1, 2, 3].map((n) => ({ name: `${n}.xml`, text: bomb.subarray(0, 9e6) })),
      ]),
      /too large/,
    ],
    [
      'a bomb without a size',
      pack([...normal, { name: 'a.xml', text: bomb, claimed: 0 }]),
      /too large/,
    ],
    [
      'a bomb that says two sizes',
      pack([...normal, { name: 'a.xml', text: bomb, claimed: 10, claimedLocally: bomb.length }]),
      /too large/,
    ],
    [
      'a bomb in the place of the sheet that lies',
      pack(
        normal.map((part) =>
          part.name.includes('sheet1') ? { ...part, text: bomb, claimed: 9 } : part,
        ),
      ),
      /damaged/,
    ],
    [
      'hundreds of parts',
      pack([...normal, ...Array.from({ length: 500 }, (_none, n) => ({ name: `${n}`, text: '' }))]),
      /too many parts/,
    ],
    ['a cut archive', pack(normal).subarray(0, 900), /damaged/],
    ['another archive', pack([{ name: 'readme.txt', text: 'x' }]), /no XLSX/],
    [
      'entities that grow',
      pack(
        normal.map((part) =>
          part.name.includes('sheet1')
            ? {
                ...part,
                text: `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(9)}">]>${part.text.toString().replace('account', '&b;')}`,
              }
            : part,
        ),
      ),
      /damaged|^1: (?!aaaaaaaaaaa)/,
    ],
  ])('archive: %s is refused', async (_title, bytes, reason) => {
    expect(await whyNot(bytes)).toMatch(reason);
  });
});
