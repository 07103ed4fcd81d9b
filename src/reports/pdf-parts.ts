import type { Language } from '#core/languages.ts';
import { CHART_LETTERS, drawChart } from './charts.ts';
import { directText, lettersOf, type PageText } from './pdf-cells.ts';
import type { PageChart, PagePart } from './pdf-pages.ts';
import { fitTable } from './pdf-tables.ts';

/** A chart as the template takes it. */
interface DrawnPageChart {
  readonly title: PageText;
  /** Read aloud to those who do not see the picture. */
  readonly alt: string;
  readonly unit: PageText | null;
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  /** The legend stands beside a pie, below everything else. */
  readonly beside: boolean;
  readonly labels: readonly object[];
  readonly legend: readonly object[];
}

/** Draws the charts of a part and fits its tables: all that the template cannot do itself. */
export function finishPart(part: PagePart, language: Language): object {
  if (part.kind === 'table') return fitTable(part);
  if (part.kind !== 'charts') return part;
  return { ...part, charts: part.charts.map((chart) => drawPageChart(chart, language)) };
}

function drawPageChart({ chart, width, height }: PageChart, language: Language): DrawnPageChart {
  const isPie = chart.kind === 'pie';
  const place = isPie ? { width: height, height } : { width, height };
  const { svg, labels, legend } = drawChart(chart, { language, ...place });
  const title = directText(chart.title, language);
  return {
    title,
    alt: lettersOf(title),
    unit: chart.unit === undefined ? null : directText(chart.unit, language),
    svg,
    ...place,
    size: CHART_LETTERS,
    beside: isPie,
    labels: labels.map((label) => ({ ...label, text: directText(label.text, language) })),
    legend: legend.map(({ colour, name }) => ({ colour, name: directText(name, language) })),
  };
}
