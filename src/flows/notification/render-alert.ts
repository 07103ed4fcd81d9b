import { type ErrorCode, errorCodes } from '#core/errors.ts';
import type { AlertFact, AlertKind } from '#core/events.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { formatDateTime, formatDuration } from '#i18n/format.ts';
import {
  errorSentence,
  explain,
  isMessageKey,
  type MessageKey,
  translate,
} from '#i18n/messages.ts';
import { formatDetail, formatDetails } from './render-details.ts';
import { frame, type Line, line, quote, type RenderOptions } from './render-parts.ts';

const closingKinds: ReadonlySet<AlertKind> = new Set([
  'statement.gapClosed',
  'account.fresh',
  'connection.recovered',
  'delivery.recovered',
  'payment.debitFound',
  'payments.resumed',
  'approvals.reachable',
]);

/** Details that the sentence or the cause has said already, or that only machines read. */
const saidDetails: ReadonlySet<string> = new Set(['problem', 'reason', 'code', 'destination']);

const LINES_MAX = 6;
const PROBLEM_LENGTH_MAX = 200;

/** Puts an alert into words: what happened, to what, why, and what it means. */
export function renderAlert(fact: AlertFact, options: RenderOptions): RenderedMessage {
  const { language } = options;
  const heading = alertHeading(fact, language);
  const time = formatDateTime(language, fact.at, zoneOf(fact, options));
  return frame(options, {
    title: heading,
    heading,
    lines: [
      ...line(language, 'label.what', alertBody(fact, options)),
      ...causeLines(fact, options),
      ...detailLines(fact, options),
    ].slice(0, LINES_MAX),
    footer: translate(language, 'time.at', { time }),
  });
}

/** `⚠️ No news from the bank: BCA · Operasional`. */
export function alertHeading(fact: AlertFact, language: Language): string {
  return translate(language, closingKinds.has(fact.kind) ? 'alert.closed' : 'alert.opened', {
    title: translate(language, `alert.${fact.kind}.title`),
    subject: quote(language, fact.subject),
  });
}

/** What happened and what it means, without the cause. */
export function alertBody(fact: AlertFact, options: RenderOptions): string {
  const { language, detail } = options;
  const isAmountHidden = fact.kind === 'statement.gap' && detail !== 'full';
  const key: MessageKey = isAmountHidden
    ? 'alert.statement.gap.bodyAmountFree'
    : `alert.${fact.kind}.body`;
  return explain(language, key, sentenceValues(fact, options));
}

/** Details as people read them; what is absent stays absent, and the sentence shows a dash. */
function sentenceValues(fact: AlertFact, options: RenderOptions) {
  const { language } = options;
  const { details } = fact;
  const zone = zoneOf(fact, options);
  const values: Record<string, string | number> = {
    ...formatDetails(details, zone, options),
    destination: quote(language, String(details['destination'] ?? fact.subject)),
  };
  const minutes = Number(details['minutes']);
  if (Number.isFinite(minutes)) values['duration'] = formatDuration(language, minutes * 60_000);
  return values;
}

/** Our own sentence for the error, and beside it what the other side said. */
function causeLines(fact: AlertFact, options: RenderOptions): readonly Line[] {
  const { code, details } = fact;
  const { language } = options;
  const said = String(details['problem'] ?? details['reason'] ?? '');
  const known = code ?? (isErrorCode(said) ? said : undefined);
  const words = isErrorCode(said) ? '' : quote(language, said, PROBLEM_LENGTH_MAX);
  // The alert's own words say it already.
  if (known === undefined || known === fact.kind) return line(language, 'label.cause', words);
  return [
    ...line(
      language,
      'label.cause',
      errorSentence(language, known, formatDetails(details, zoneOf(fact, options), options)),
    ),
    ...line(language, 'detail.problem', words),
  ];
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}

function detailLines(fact: AlertFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const { currency } = fact.details;
  const zone = zoneOf(fact, options);
  return Object.entries(fact.details).flatMap(([name, value]) => {
    const key = `detail.${name}`;
    if (saidDetails.has(name) || !isDetailKey(key)) return [];
    return line(language, key, String(formatDetail({ name, value, zone, currency }, options)));
  });
}

function isDetailKey(key: string): key is Extract<MessageKey, `detail.${string}`> {
  return key.startsWith('detail.') && isMessageKey(key);
}

/** An alert carries no zone of a bank unless whoever raised it put one in. */
function zoneOf(fact: AlertFact, options: RenderOptions): string {
  const { zone } = fact.details;
  return typeof zone === 'string' ? zone : (options.zone ?? 'UTC');
}
