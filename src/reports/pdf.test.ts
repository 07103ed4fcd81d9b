import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getDocumentProxy } from 'unpdf';
import { isCashbellError } from '#core/errors.ts';
import type { ReportCell, ReportDocument, ReportTable } from '#core/report-document.ts';
import { toPdf } from './pdf.ts';
import { sampleReport } from './report-samples.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cashbell-pdf-'));
  // The first one makes the fonts.
  await toPdf(sampleReport('en', 1), { home });
}, 120_000);
afterAll(() => rm(home, { recursive: true, force: true }));

/** A piece of text as it lies on its page; `end` is its right edge. */
interface Piece {
  readonly text: string;
  readonly x: number;
  readonly end: number;
  readonly y: number;
}

interface ReadPage {
  readonly width: number;
  readonly height: number;
  readonly pieces: readonly Piece[];
  /** Lines from top to bottom, pieces from left to right, blanks left out. */
  readonly lines: readonly string[];
}

async function readPages(pdf: Uint8Array): Promise<readonly ReadPage[]> {
  const document = await getDocumentProxy(pdf.slice());
  const pages: ReadPage[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const pieces = items.flatMap((item) =>
      'str' in item && item.str.trim() !== '' ? [pieceOf(item)] : [],
    );
    const { width, height } = page.getViewport({ scale: 1 });
    pages.push({ width, height, pieces, lines: linesOf(pieces) });
  }
  return pages;
}

function pieceOf({ str, transform, width }: { str: string; transform: unknown[]; width: number }) {
  const [x, y] = [Number(transform[4]), Number(transform[5])];
  return { text: str, x, end: x + width, y };
}

function linesOf(pieces: readonly Piece[]): readonly string[] {
  const rows = Map.groupBy(pieces, ({ y }) => Math.round(y));
  return [...rows]
    .toSorted(([left], [right]) => right - left)
    .map(([, row]) =>
      row
        .toSorted((left, right) => left.x - right.x)
        .map(({ text }) => text)
        .join('')
        .replaceAll(/\s+/g, ''),
    );
}

async function textOf(document: ReportDocument): Promise<string> {
  const pages = await readPages(await toPdf(document, { home }));
  return pages.flatMap(({ lines }) => lines).join('\n');
}

/** A report of one table. */
function tableReport(table: Partial<ReportTable>, base = sampleReport('en', 0)): ReportDocument {
  const columns = [{ title: 'Text' }];
  return {
    ...base,
    sections: [{ title: 'S', tables: [{ columns, rows: [], empty: '–', ...table }] }],
  };
}

function textCell(text: string): ReportCell {
  return { kind: 'text', text };
}

describe('words', () => {
  test.each<[Parameters<typeof sampleReport>[0], readonly string[]]>([
    ['en', ['Dailycashposition', 'Invoice4711,', 'Bürger&Söhne', 'Matched·97.3%']],
    ['vi', ['Tìnhhìnhtiềnmặthằngngày', 'Quyđổitheotỷgiátrungtâm', 'Sốtiền', 'IDR91.692,50']],
    ['zh-CN', ['每日资金头寸', '深圳市前海广进贸易有限公司', '支付发票4711', '第1页，共']],
    ['zh-HK', ['每日資金頭寸', '香港龍騰國際貿易有限', '咗喺', '製作於2026年11月23日']],
    ['th', ['ฐานะเงินสดประจำวัน', 'แปลงค่าด้วยอัตรากลาง', 'วันที่23พฤศจิกายน', 'ล้านรูเปียห์', '1พ.ย.2026']],
    [
      'ar',
      ['الوضع', 'النقدي', 'اليومي', 'الوسطية', 'الحركات', 'الدفعة', 'IDR91,692.50', 'INV-4711/B'],
    ],
  ])('words: a report in %s says what it was given', async (language, words) => {
    const text = await textOf(sampleReport(language, 6));
    // Sara am may be one letter or two.
    for (const word of words) expect(text.normalize('NFKD')).toContain(word.normalize('NFKD'));
  });

  test('words: title, author and language are told to whoever opens the file', async () => {
    const pdf = await toPdf(sampleReport('ar', 1), { home });
    const { info } = await (await getDocumentProxy(pdf.slice())).getMetadata();
    expect(info).toMatchObject({
      Title: 'الوضع النقدي اليومي',
      Author: 'PT Sinar Maju Sejahtera',
      Language: 'ar',
    });
    expect(Buffer.from(pdf).toString('latin1')).toContain('/Direction /R2L');
  });

  test('words: every page says which one it is of how many, and repeats the head of its table', async () => {
    const pages = await readPages(await toPdf(sampleReport('en', 120), { home }));
    expect(pages.length).toBeGreaterThan(2);
    for (const [index, { lines }] of pages.entries()) {
      expect(lines.at(-1)).toContain(`Page${index + 1}of${pages.length}`);
      expect(lines).toContain('DayAccountCounterpartyTextAmountBalance');
    }
  });

  test('words: a table without rows says so', async () => {
    const text = await textOf(tableReport({ empty: 'Nothing at all' }));
    expect(text).toContain('Nothingatall');
  });
});

describe('foreign text', () => {
  const hostile = [
    '#read("/etc/passwd")',
    '#import "@preview/x:0.1.0"',
    '$x^2$ *bold* _it_ `raw` @label <label>',
    '= Heading',
    '\\ \\u{41} // no comment /* none */',
    ']#sys.version[',
    '{"text":"x","flags":"s"}',
    "' - + / ~ -- ... \u201c",
  ];

  test.each(hostile)('foreign text: %s is shown and not obeyed', async (text) => {
    const report = tableReport({
      title: text,
      columns: [{ title: text, width: 9 }],
      rows: [[textCell(text)]],
    });
    const shown = await textOf({ ...report, title: text, organisation: text });
    const wanted = text.replaceAll(/\s+/g, '');
    expect(shown.split(wanted).length - 1).toBeGreaterThanOrEqual(4);
    expect(shown).not.toContain('root:');
  });

  test('foreign text: controls that could reorder a line do not reach the page', async () => {
    const shown = await textOf(tableReport({ rows: [[textCell('AB\u202eCD\u2066EF\u0007GH')]] }));
    expect(shown).toContain('ABCDEFGH');
  });
});

describe('layout', () => {
  test('layout: in Arabic the first column stands at the right, in English at the left', async () => {
    const account = (pages: readonly ReadPage[]): Piece =>
      found(pages, ({ text }) => text.startsWith('0613-0058-00'));
    const money = (pages: readonly ReadPage[]): Piece =>
      found(pages, ({ text }) => text.includes('12,843,489,750.00'));
    const english = await readPages(await toPdf(sampleReport('en', 1), { home }));
    const arabic = await readPages(await toPdf(sampleReport('ar', 1), { home }));
    expect(account(english).x).toBeLessThan(money(english).x);
    expect(account(arabic).x).toBeGreaterThan(money(arabic).x);
  });

  test.each(['en', 'ar'] as const)(
    'layout: amounts in %s end below one another',
    async (language) => {
      const pages = await readPages(await toPdf(sampleReport(language, 30), { home }));
      const ends = pages
        .flatMap(({ pieces }) => pieces)
        .filter(({ text }) => /12,8\d\d,\d{3},\d{3}\.\d\d$/.test(text))
        .filter(({ text }) => !text.includes('12,843,502,250.00'))
        .map(({ end }) => end);
      expect(ends.length).toBe(30);
      expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(0.5);
    },
  );

  test('layout: words longer than the page and too many columns stay on the page', async () => {
    const long = 'ABCDEFGHIJ0123456789'.repeat(40);
    const columns = Array.from({ length: 14 }, (_, index) => ({ title: `Column${index}${long}` }));
    const row = columns.map(
      (_, index): ReportCell =>
        index % 2 === 0 ? textCell(long) : { kind: 'code', text: long.slice(0, 60) },
    );
    const report = tableReport({ columns, rows: [row, row] });
    const pages = await readPages(await toPdf(report, { home }));
    for (const { width, pieces } of pages) {
      for (const { x, end } of pieces) {
        expect(x).toBeGreaterThanOrEqual(40);
        expect(end).toBeLessThanOrEqual(width - 38);
      }
    }
  });

  test('layout: a row with a cell missing does not shift the rows below it', async () => {
    const columns = [{ title: 'A' }, { title: 'B' }];
    const rows = [[textCell('only')], [textCell('left'), textCell('right')]];
    const pages = await readPages(await toPdf(tableReport({ columns, rows }), { home }));
    const left = found(pages, ({ text }) => text === 'left');
    expect(found(pages, ({ text }) => text === 'right').y).toBe(left.y);
    expect(found(pages, ({ text }) => text === 'only').x).toBe(left.x);
  });

  test('layout: a report of nothing but its title has a page', async () => {
    const pages = await readPages(
      await toPdf({ ...sampleReport('en', 0), sections: [] }, { home }),
    );
    expect(pages).toHaveLength(1);
  });
});

describe('process', () => {
  test('process: the same document gives the same bytes', async () => {
    const first = await toPdf(sampleReport('zh-CN', 40), { home });
    const second = await toPdf(sampleReport('zh-CN', 40), { home });
    expect(Buffer.compare(first, second)).toBe(0);
  });

  test('process: a report in runs says the same as in one, with pages counted through', async () => {
    const report = sampleReport('en', 130);
    const whole = await readPages(await toPdf(report, { home }));
    const pdf = await toPdf(report, { home, rowsPerRun: 50 });
    const joined = await readPages(pdf);
    const rows = (pages: readonly ReadPage[]): readonly string[] =>
      pages.flatMap(({ lines }) => lines).filter((line) => line.includes('0613-0058-'));
    expect(rows(joined)).toEqual(rows(whole));
    expect(rows(joined)).toHaveLength(130);
    for (const [index, { lines }] of joined.entries()) {
      expect(lines.at(-1)).toContain(`Page${index + 1}of${joined.length}`);
    }
    const outline = await (await getDocumentProxy(pdf.slice())).getOutline();
    expect(outline.map(({ title }) => title)).toEqual(['Summary', 'Movements', 'Open']);
  });

  test('process: it ends when its time is over', async () => {
    await expect(reasonOf({ timeLimitMs: 50 })).resolves.toBe('timeLimit');
  });

  test('process: it ends when it takes too much memory', async () => {
    await expect(reasonOf({ memoryMaxBytes: 1024 })).resolves.toBe('memoryLimit');
  });

  test('process: more rows than anybody reads as pages are refused', async () => {
    const rows = Array.from({ length: 100_001 }, () => []);
    await expect(toPdf(tableReport({ rows }), { home })).rejects.toMatchObject({
      code: 'report.notRendered',
      details: { reason: 'tooLong' },
    });
  });

  async function reasonOf(options: object): Promise<unknown> {
    const error = await toPdf(sampleReport('en', 5000), { home, ...options }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isCashbellError(error, 'report.notRendered')).toBe(true);
    expect(error).toHaveProperty('cause.message', expect.stringMatching(/./));
    return isCashbellError(error) ? error.details['reason'] : error;
  }
});

function found(pages: readonly ReadPage[], wanted: (piece: Piece) => boolean): Piece {
  const piece = pages.flatMap(({ pieces }) => pieces).find(wanted);
  if (piece === undefined) throw new Error('no such piece on the pages');
  return piece;
}
