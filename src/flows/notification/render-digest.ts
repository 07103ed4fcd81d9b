import { dayIn, msBetween } from '#core/dates.ts';
import type {
  AlertFact,
  DirectFact,
  EntryFact,
  EntryState,
  Fact,
  PaymentFact,
} from '#core/events.ts';
import {
  isAlertFact,
  isClaimFact,
  isDirectFact,
  isEntryFact,
  isPaymentFact,
  momentOf,
  subjectOf,
} from '#core/events.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { addMoney, type CurrencyCode, type Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { directLine, formatDateTime, formatMoney, formatTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { alertBody } from './render-alert.ts';
import { renderClaim } from './render-claim.ts';
import { wordsOf } from './render-entry.ts';
import { paymentDigestLine } from './render-payment.ts';
import { renderReport } from './render-report.ts';
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
 * Puts many facts into one message: count, sums by currency, one line for each movement and payment,
 * newest last. What changed meanwhile appears once, as it stands now, so no sum counts twice.
 */
export function renderDigest(facts: readonly Fact[], options: DigestOptions): RenderedMessage {
  const { language, linesMax } = options;
  const told = latestVersions(facts.filter(isMoneyFact));
  const direct = facts.filter(isDirectFact);
  const alerts = facts.filter(isAlertFact);
  const entries = told.filter(isEntryFact);
  const sums = sumUp(entries, facts);
  const counts = { entries: entries.length, payments: told.length - entries.length };
  const heading = headingOf({ ...counts, alerts: alerts.length }, language);
  const amounts = options.detail === 'amountFree' ? '' : signedSums(sums, language);
  const isSandbox = told.some(({ environment }) => environment === 'sandbox');
  const marked = isSandbox ? translate(language, 'entry.sandbox', { title: heading }) : heading;
  return frame(options, {
    title: extendTitle(language, marked, amounts),
    heading: joinParts([heading, amounts]),
    lines: [
      ...alerts.map((alert) => alertLine(alert, options)),
      ...sumLines(sums, options),
      ...told.slice(0, linesMax).map((fact) => factLine(fact, options)),
      ...moreLine(told.length - linesMax, language),
      ...direct.map((fact) => directFactLine(fact, options)),
    ],
    footer: joinParts([
      periodOf(told, language),
      isSandbox ? translate(language, 'sandbox') : '',
      translate(language, `digest.reason.${options.reason}`),
    ]),
  });
}

/**
 * One fact of each movement and payment: the newest, in the place of the first. That is the order in
 * which they were recorded; clocks of several banks and of two servers would mix it up.
 */
function latestVersions(
  facts: readonly (EntryFact | PaymentFact)[],
): readonly (EntryFact | PaymentFact)[] {
  const latest = new Map<string, EntryFact | PaymentFact>();
  for (const fact of facts) {
    const id = subjectOf(fact)?.subjectId ?? '';
    const known = latest.get(id);
    if (!known || known.version < fact.version) latest.set(id, fact);
  }
  return [...latest.values()];
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

function headingOf(
  counts: { readonly entries: number; readonly payments: number; readonly alerts: number },
  language: Language,
): string {
  const part = (
    key: 'digest.titleAlerts' | 'digest.title' | 'digest.titlePayments',
    count: number,
  ): string => (count === 0 ? '' : translate(language, key, { count }));
  return joinParts([
    part('digest.titleAlerts', counts.alerts),
    part('digest.title', counts.entries),
    part('digest.titlePayments', counts.payments),
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

function isMoneyFact(fact: Fact): fact is EntryFact | PaymentFact {
  return isEntryFact(fact) || isPaymentFact(fact);
}

/** A claim or report keeps its own words. */
function directFactLine(fact: DirectFact, options: RenderOptions): Line {
  const { heading, lines } = isClaimFact(fact)
    ? renderClaim(fact, options)
    : renderReport(fact, options);
  return { label: heading, value: joinParts(lines.slice(0, 2).map(({ value }) => value)) };
}

function factLine(fact: EntryFact | PaymentFact, options: RenderOptions): Line {
  return isPaymentFact(fact) ? paymentDigestLine(fact, options) : entryLine(fact, options);
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

/** From when to when it was seen, on the clock of the first one's bank. */
function periodOf(told: readonly (EntryFact | PaymentFact)[], language: Language): string {
  const [first] = told;
  if (!first) return '';
  const { zone } = first;
  const moments = told.map(momentOf).toSorted((left, right) => msBetween(right, left));
  const from = moments[0] ?? momentOf(first);
  const to = moments.at(-1) ?? from;
  const isSameDay = dayIn(from, zone).equals(dayIn(to, zone));
  return translate(language, 'time.period', {
    from: formatDateTime(language, from, zone),
    to: isSameDay ? formatTime(language, to, zone) : formatDateTime(language, to, zone),
  });
}
