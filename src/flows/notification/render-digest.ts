import { dayIn, msBetween } from '#core/dates.ts';
import type { AlertFact, EntryFact, EntryState, Fact } from '#core/events.ts';
import { isEntryFact } from '#core/events.ts';
import type { EntryId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { addMoney, type CurrencyCode, type Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { directLine, formatDateTime, formatMoney, formatTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { alertBody } from './render-alert.ts';
import { wordsOf } from './render-entry.ts';
import {
  amountOf,
  describeAccount,
  describeParty,
  extendTitle,
  frame,
  describeText,
  joinParts,
  type Line,
  line,
  mainReference,
  markOf,
  quote,
  type RenderOptions,
} from './render-parts.ts';

/** Why several notices came as one. */
export type DigestReason = 'rate' | 'group' | 'month' | 'unmuted';

export interface DigestOptions extends RenderOptions {
  /** Movements that get a line of their own; the rest is counted. */
  readonly linesMax: number;
  readonly reason: DigestReason;
}

/**
 * Puts many facts into one message: count, sums by currency, one line for each movement, newest
 * last. A movement that changed meanwhile appears once, as it stands now, so no sum counts twice.
 */
export function renderDigest(facts: readonly Fact[], options: DigestOptions): RenderedMessage {
  const { language, linesMax } = options;
  const entries = latestVersions(facts.filter(isEntryFact));
  const alerts = facts.filter((fact): fact is AlertFact => !isEntryFact(fact));
  const sums = sumUp(entries, facts);
  const heading = headingOf(entries.length, alerts.length, language);
  const amounts = options.detail === 'amountFree' ? '' : signedSums(sums, language);
  const isSandbox = entries.some(({ environment }) => environment === 'sandbox');
  const marked = isSandbox ? translate(language, 'entry.sandbox', { title: heading }) : heading;
  return frame(options, {
    title: extendTitle(language, marked, amounts),
    heading: joinParts([heading, amounts]),
    lines: [
      ...alerts.map((alert) => alertLine(alert, options)),
      ...sumLines(sums, options),
      ...entries.slice(0, linesMax).map((entry) => entryLine(entry, options)),
      ...moreLine(entries.length - linesMax, language),
    ],
    footer: joinParts([
      periodOf(entries, language),
      isSandbox ? translate(language, 'sandbox') : '',
      translate(language, `digest.reason.${options.reason}`),
    ]),
  });
}

/** One fact of each entry, in the order in which they were first seen. */
function latestVersions(facts: readonly EntryFact[]): readonly EntryFact[] {
  const latest = new Map<EntryId, EntryFact>();
  for (const fact of facts) {
    const known = latest.get(fact.entryId);
    if (!known || known.version < fact.version) latest.set(fact.entryId, fact);
  }
  return [...latest.values()].toSorted((left, right) => msBetween(right.seenAt, left.seenAt));
}

interface DirectionSum {
  readonly count: number;
  readonly byCurrency: ReadonlyMap<CurrencyCode, Money>;
}

interface Sums {
  readonly credit: DirectionSum;
  readonly debit: DirectionSum;
  /** Listed, but not money that newly came or went. */
  readonly apart: ReadonlyMap<EntryState, number>;
}

function sumUp(entries: readonly EntryFact[], facts: readonly Fact[]): Sums {
  const bookedHere = new Set(
    facts.filter(isEntryFact).flatMap((fact) => (fact.state === 'booked' ? [fact.entryId] : [])),
  );
  const counts = (entry: EntryFact): boolean =>
    entry.state === 'booked' ||
    // A correction of what an earlier message told is no new money.
    (entry.state === 'corrected' && bookedHere.has(entry.entryId));
  const counted = entries.filter(counts);
  const apart = new Map<EntryState, number>();
  for (const entry of entries) {
    if (!counts(entry)) apart.set(entry.state, (apart.get(entry.state) ?? 0) + 1);
  }
  return { credit: sumOf(counted, 'credit'), debit: sumOf(counted, 'debit'), apart };
}

function sumOf(entries: readonly EntryFact[], direction: CreditDebitIndicator): DirectionSum {
  const byCurrency = new Map<CurrencyCode, Money>();
  let count = 0;
  for (const { creditDebitIndicator, amount } of entries) {
    if (creditDebitIndicator !== direction) continue;
    count += 1;
    const sum = byCurrency.get(amount.currency);
    byCurrency.set(amount.currency, sum ? addMoney(sum, amount) : amount);
  }
  return { count, byCurrency };
}

function headingOf(entryCount: number, alertCount: number, language: Language): string {
  return joinParts([
    alertCount === 0 ? '' : translate(language, 'digest.titleAlerts', { count: alertCount }),
    entryCount === 0 ? '' : translate(language, 'digest.title', { count: entryCount }),
  ]);
}

function signedSums({ credit, debit }: Sums, language: Language): string {
  return joinParts([
    ...[...credit.byCurrency.values()].map((sum) => `＋ ${formatMoney(language, sum)}`),
    ...[...debit.byCurrency.values()].map((sum) => `− ${formatMoney(language, sum)}`),
  ]);
}

function sumLines({ credit, debit, apart }: Sums, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const states = [...apart].map(([state, count]) =>
    translate(language, 'digest.stateCount', {
      count,
      state: translate(language, `state.${state}`),
    }),
  );
  return [
    ...line(language, 'digest.in', sumText(credit, 'credits', options)),
    ...line(language, 'digest.out', sumText(debit, 'debits', options)),
    ...line(language, 'digest.apart', joinParts(states)),
  ];
}

function sumText(
  { count, byCurrency }: DirectionSum,
  kind: 'credits' | 'debits',
  { language, detail }: RenderOptions,
): string {
  if (count === 0) return '';
  const entries = translate(language, `digest.${kind}`, { count });
  if (detail === 'amountFree') return entries;
  const sums = joinParts([...byCurrency.values()].map((sum) => formatMoney(language, sum)));
  return translate(language, 'digest.sum', { sums, entries });
}

/** Amount, who, what for, the bank's reference, which account. */
function entryLine(fact: EntryFact, options: RenderOptions): Line {
  const { language } = options;
  const value = joinParts([
    describeParty(fact, options).name,
    describeText(fact, fact.remittanceInformation, options),
    mainReference(fact),
    describeAccount(fact, options),
  ]);
  return {
    label: directLine(language, entryLabel(fact, options)),
    value: directLine(language, value),
  };
}

function entryLabel(fact: EntryFact, options: RenderOptions): string {
  const { language } = options;
  const mark = markOf(fact);
  const amount = amountOf(fact, options);
  if (amount === '') {
    const words = translate(language, wordsOf(fact));
    return translate(language, 'digest.lineAmountFree', { mark, words });
  }
  if (fact.state === 'booked') return `${mark} ${amount}`;
  const state = translate(language, `state.${fact.state}`);
  return translate(language, 'digest.line', { mark, amount, state });
}

/** An alert keeps its own words; its cause stands in Cashbell. */
function alertLine(fact: AlertFact, options: RenderOptions): Line {
  const { language } = options;
  const value = joinParts([quote(language, fact.subject), alertBody(fact, options)]);
  return {
    label: directLine(language, translate(language, `alert.${fact.kind}.title`)),
    value: directLine(language, value),
  };
}

function moreLine(count: number, language: Language): readonly Line[] {
  if (count <= 0) return [];
  return line(language, 'digest.moreLabel', translate(language, 'digest.more', { count }));
}

/** From when to when the movements were seen, on the clock of the first one's bank. */
function periodOf(entries: readonly EntryFact[], language: Language): string {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return '';
  const { zone } = first;
  const from = formatDateTime(language, first.seenAt, zone);
  const isSameDay = dayIn(first.seenAt, zone).equals(dayIn(last.seenAt, zone));
  const to = isSameDay
    ? formatTime(language, last.seenAt, zone)
    : formatDateTime(language, last.seenAt, zone);
  return translate(language, 'time.period', { from, to });
}
