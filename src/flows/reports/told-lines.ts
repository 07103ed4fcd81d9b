import type { ReportFact } from '#core/events.ts';
import type { ReportCell, ReportDocument } from '#core/report-document.ts';
import {
  formatCount,
  formatDateTime,
  formatDay,
  formatMoney,
  isolateNumber,
  isolateText,
} from '#i18n/format.ts';

const LINES_MAX = 8;

/** The first figures of a report in words, for the card that comes before its files. */
export function toldLines(document: ReportDocument): ReportFact['lines'] {
  // What begins on a page of its own is detail.
  const detail = document.sections.findIndex(({ isNewPage }) => isNewPage === true);
  const first = detail < 0 ? document.sections : document.sections.slice(0, detail);
  const figures = first.flatMap((section) => section.figures ?? []);
  const lines = figures.map(({ label, cell, note }) => {
    const value = cellText(cell, document);
    return { label, value: note === undefined || note === '' ? value : `${value} · ${note}` };
  });
  // Two sections may begin with the same figure; once is enough on a card.
  const isFirst = ({ label, value }: (typeof lines)[number], place: number): boolean =>
    lines.findIndex((line) => line.label === label && line.value === value) === place;
  return lines.filter(isFirst).slice(0, LINES_MAX);
}

function cellText(
  cell: ReportCell,
  { language, zone }: Pick<ReportDocument, 'language' | 'zone'>,
): string {
  switch (cell.kind) {
    case 'text':
      return isolateText(language, cell.text);
    case 'code':
      return isolateNumber(cell.text);
    case 'money':
      return formatMoney(language, cell.money);
    case 'date':
      return formatDay(language, cell.date);
    case 'moment':
      return formatDateTime(language, cell.at, zone);
    case 'count':
      return isolateNumber(formatCount(language, cell.count));
    case 'share':
      return isolateNumber(`${(cell.share * 100).toFixed(cell.decimals ?? 1)} %`);
    case 'rate':
      return isolateNumber(cell.rate);
  }
}
