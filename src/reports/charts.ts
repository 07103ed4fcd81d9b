import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Language } from '#core/languages.ts';
import type { ReportChart } from '#core/report-document.ts';
import { isRightToLeft } from '#i18n/format.ts';
import { locales } from '#i18n/messages.ts';
import { textWidth } from './pdf-widths.ts';

/**
 * A chart as lines and areas, and its words apart with their places. The compiler of pages sets
 * the words itself: in the fonts of the page, shaped and directed as their script wants, which
 * words inside an image are not.
 */
export interface DrawnChart {
  readonly svg: string;
  readonly labels: readonly ChartLabel[];
  readonly legend: readonly { readonly colour: string; readonly name: string }[];
}

/** A word at a place in points; `y` is the middle of its height. */
export interface ChartLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Letters of charts, in points. */
export const CHART_LETTERS = 7;

/** Colours that stay apart for the colour-blind and in grey print (Okabe and Ito, darkened). */
const colours = [
  '#0b5cad',
  '#e08a00',
  '#0a8f6a',
  '#c2410c',
  '#7c5cbf',
  '#64748b',
  '#38a3d8',
  '#b0487e',
] as const;

use([BarChart, LineChart, PieChart, GridComponent, SVGRenderer]);
// Without a browser there is nothing to measure with; labels would be thrown out too early or late.
setPlatformAPI({ measureText: (text) => ({ width: textWidth(text ?? '', CHART_LETTERS) }) });

/** Draws a chart into a rectangle, in points. The same chart gives the same drawing. */
export function drawChart(
  chart: ReportChart,
  place: { readonly language: Language; readonly width: number; readonly height: number },
): DrawnChart {
  const { language, width, height } = place;
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height });
  drawing.setOption({
    animation: false,
    color: [...colours],
    ...(chart.kind === 'pie' ? pieOption(chart) : axesOption(chart, language, width)),
  });
  const { svg, labels } = takeWords(drawing.renderToSVGString());
  drawing.dispose();
  return { svg, labels, legend: legendOf(chart, language) };
}

const words = { fontSize: CHART_LETTERS };
const thin = { color: '#d5dae1', width: 0.5 };

function axesOption(chart: ReportChart, language: Language, width: number): EChartsCoreOption {
  const isMirrored = isRightToLeft(language);
  return {
    grid: {
      left: 4,
      right: 4,
      top: 8,
      bottom: 2,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: {
      type: 'category',
      data: [...chart.categories],
      inverse: isMirrored,
      boundaryGap: chart.kind !== 'line',
      axisLine: { lineStyle: { color: '#8b95a3', width: 0.6 } },
      axisTick: { show: false },
      axisLabel: { ...words, rotate: 0, ...categoryLabels(chart, width) },
    },
    yAxis: {
      type: 'value',
      position: isMirrored ? 'right' : 'left',
      splitNumber: 4,
      splitLine: { lineStyle: thin },
      axisLabel: { ...words, formatter: (value: number) => writeNumber(value, language) },
    },
    series: chart.series.map(({ name, values }) => ({
      name,
      data: [...values],
      ...(chart.kind === 'line'
        ? { type: 'line', ...pointsOf(values), lineStyle: { width: 1.4 } }
        : { type: 'bar', barMaxWidth: 22, barGap: '10%' }),
      ...(chart.kind === 'stackedBar' ? { stack: 'all' } : {}),
    })),
  };
}

/** Few names are all written, in lines when they are long; of many days only some. */
function categoryLabels(chart: ReportChart, width: number): EChartsCoreOption {
  if (chart.kind === 'line' || chart.categories.length > NAMES_MAX) return { hideOverlap: true };
  const room = (width * 0.85) / chart.categories.length;
  return { interval: 0, width: room, overflow: 'break', lineHeight: CHART_LETTERS * 1.25 };
}

const NAMES_MAX = 8;

/** A day between two gaps has no line to be on: few values show their points, many do not. */
function pointsOf(values: readonly unknown[]): EChartsCoreOption {
  return { symbol: 'circle', symbolSize: 3, showSymbol: values.length <= POINTS_MAX };
}

const POINTS_MAX = 45;

function pieOption(chart: ReportChart): EChartsCoreOption {
  const values = chart.series[0]?.values ?? [];
  return {
    series: [
      {
        type: 'pie',
        radius: ['55%', '96%'],
        label: { show: false },
        labelLine: { show: false },
        itemStyle: { borderColor: '#ffffff', borderWidth: 1 },
        data: chart.categories.map((name, index) => ({ name, value: values[index] ?? 0 })),
      },
    ],
  };
}

function legendOf(chart: ReportChart, language: Language): DrawnChart['legend'] {
  const names = chart.kind === 'pie' ? sliceNames(chart, language) : chart.series.map(nameOf);
  return names.map((name, index) => ({
    name,
    colour: colours[index % colours.length] ?? colours[0],
  }));
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function sliceNames(chart: ReportChart, language: Language): readonly string[] {
  const values = chart.categories.map((_, index) => chart.series[0]?.values[index] ?? 0);
  const total = values.reduce((sum, value) => sum + value, 0);
  return chart.categories.map((name, index) => {
    const percent = total === 0 ? 0 : ((values[index] ?? 0) / total) * 100;
    return `${name} · ${writeNumber(Math.round(percent * 10) / 10, language)}\u00a0%`;
  });
}

function writeNumber(value: number, language: Language): string {
  const format = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 2 });
  return format.format(value).replace('-', '\u2212');
}

const TEXT_ELEMENT = /<text([^>]*)>([^<]*)<\/text>\n?/g;
/** Rules for pointers, which a page has not. */
const STYLE_ELEMENT = /<style[^>]*>[\s\S]*?<\/style>\n?/g;

/** Takes the words out of a drawing of the library; it writes each as one element `text`. */
function takeWords(drawn: string): {
  readonly svg: string;
  readonly labels: readonly ChartLabel[];
} {
  const labels = [...drawn.matchAll(TEXT_ELEMENT)].map(([, attributes = '', text = '']) =>
    labelOf(attributes, unescapeXml(text)),
  );
  return { svg: drawn.replaceAll(TEXT_ELEMENT, '').replaceAll(STYLE_ELEMENT, ''), labels };
}

function labelOf(attributes: string, text: string): ChartLabel {
  const [, dx = '0', dy = '0'] =
    /transform="translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(attributes) ?? [];
  const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1];
  return {
    text,
    x: Number(dx) + numberOf(attributes, 'x'),
    y: Number(dy) + numberOf(attributes, 'y'),
    anchor: anchor === 'middle' || anchor === 'end' ? anchor : 'start',
  };
}

function numberOf(attributes: string, name: string): number {
  return Number(new RegExp(` ${name}="([-\\d.]+)"`).exec(attributes)?.[1] ?? '0');
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}
