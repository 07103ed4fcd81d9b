import { expect, test } from 'vitest';
import type { ReportChart } from '#core/report-document.ts';
import { drawChart } from './charts.ts';

const place = { language: 'en', width: 240, height: 120 } as const;

const chart: ReportChart = {
  kind: 'line',
  title: 'Cash',
  categories: ['2026-11-01', '2026-11-02', '2026-11-03'],
  series: [
    { name: 'BCA', values: [1200.5, null, 900] },
    { name: 'Mandiri', values: [-100, 250, 400] },
  ],
};

test('charts: words are taken out of the drawing and given with their places', () => {
  const { svg, labels } = drawChart(chart, place);
  expect(svg).toMatch(/^<svg [\s\S]*<path [\s\S]*<\/svg>$/);
  expect(svg).not.toContain('<text');
  expect(labels.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['2026-11-01', '2026-11-03', '0', '1,200']),
  );
  for (const { x, y } of labels) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(240);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(120);
  }
});

test('charts: a name with mark-up in it is a name', () => {
  const name = `<b>&amp; "Söhne" 'x'</b>`;
  const { svg, labels } = drawChart(
    { ...chart, kind: 'bar', categories: [name, '2', '3'] },
    {
      ...place,
      width: 900,
    },
  );
  expect(labels.map(({ text }) => text)).toContain(name);
  expect(svg).not.toContain('<b>');
});

test('charts: days run from right to left where the reader does', () => {
  const placeOf = (language: 'en' | 'ar'): readonly number[] =>
    ['2026-11-01', '2026-11-03'].map(
      (day) =>
        drawChart(chart, { ...place, language }).labels.find(({ text }) => text === day)?.x ?? 0,
    );
  const [firstEnglish = 0, lastEnglish = 0] = placeOf('en');
  const [firstArabic = 0, lastArabic = 0] = placeOf('ar');
  expect(firstEnglish).toBeLessThan(lastEnglish);
  expect(firstArabic).toBeGreaterThan(lastArabic);
});

test('charts: numbers of the axis are written as the language writes them', () => {
  const words = drawChart(chart, { ...place, language: 'vi' }).labels.map(({ text }) => text);
  expect(words).toContain('1.200');
});

test('charts: the slices of a pie are told with their shares', () => {
  const pie: ReportChart = {
    kind: 'pie',
    title: 'Matched',
    categories: ['Matched', 'Open'],
    series: [{ name: 'Matched', values: [97.34, 2.66] }],
  };
  const { legend } = drawChart(pie, place);
  expect(legend.map(({ name }) => name)).toEqual(['Matched · 97.3\u00a0%', 'Open · 2.7\u00a0%']);
  expect(new Set(legend.map(({ colour }) => colour)).size).toBe(2);
});

test('charts: a chart of nothing is drawn empty', () => {
  for (const kind of ['line', 'bar', 'stackedBar', 'pie'] as const) {
    const { svg } = drawChart({ kind, title: '', categories: [], series: [] }, place);
    expect(svg).toContain('<svg');
  }
});
