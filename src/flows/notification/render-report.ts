import type { ReportFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { formatDateTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { frame, type RenderOptions } from './render-parts.ts';

/** Puts a report into words: what it is, its first figures, and what its figures know. */
export function renderReport(fact: ReportFact, options: RenderOptions): RenderedMessage {
  const { language } = fact;
  const asOf = formatDateTime(language, fact.asOf, fact.zone);
  return frame(
    { ...options, language },
    {
      title: fact.title,
      heading: fact.title,
      lines: fact.lines,
      footer: translate(language, 'report.asOf', { asOf }),
    },
  );
}
