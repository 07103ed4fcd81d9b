import { dayIn, msBetween } from '#core/dates.ts';
import type { EntryFact, EntryMatch, MatchedItem } from '#core/events.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { isSameMoney } from '#core/money.ts';
import { formatDateTime, formatDay, formatMoney, stripControls } from '#i18n/format.ts';
import { type MessageKey, translate } from '#i18n/messages.ts';
import {
  amountOf,
  describeAccount,
  describeName,
  describeParty,
  describeReferences,
  describeText,
  extendTitle,
  frame,
  joinParts,
  type Line,
  line,
  mainReference,
  markOf,
  quote,
  type RenderOptions,
} from './render-parts.ts';
import { momentText, timeAfter, toldText } from './render-times.ts';

/** A card of more lines is no longer read. */
const LINES_MAX = 6;

/** Puts a movement into words: title with the amount, who, what for, which account, when. */
export function renderEntry(fact: EntryFact, options: RenderOptions): RenderedMessage {
  const { language } = options;
  const heading = headingOf(fact, options);
  const stateText = translate(language, `state.${fact.state}`);
  const isSandbox = fact.environment === 'sandbox';
  const marked = isSandbox ? translate(language, 'entry.sandbox', { title: heading }) : heading;
  return {
    ...frame(options, {
      title: extendTitle(language, marked, describeParty(fact, options).name),
      heading,
      lines: linesOf(fact, options),
      footer: footerOf(fact, options),
    }),
    movement: {
      amount: amountOf(fact, options),
      creditDebitIndicator: fact.creditDebitIndicator,
      state: fact.state,
      stateText,
      reference: mainReference(fact),
    },
  };
}

/** `＋ IDR 1,250,000.00 · Money in`. */
function headingOf(fact: EntryFact, options: RenderOptions): string {
  const { language } = options;
  const words = translate(language, wordsOf(fact));
  const mark = markOf(fact);
  const amount = amountOf(fact, options);
  return amount === ''
    ? translate(language, 'entry.headingAmountFree', { mark, words })
    : translate(language, 'entry.heading', { mark, amount, words });
}

/** Key of the words for a direction and a state. */
export function wordsOf({ creditDebitIndicator, state }: EntryFact): MessageKey {
  return `entry.${creditDebitIndicator}.${state}`;
}

function linesOf(fact: EntryFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const { name, account, agent } = describeParty(fact, options);
  const isCredit = fact.creditDebitIndicator === 'credit';
  return [
    ...line(language, isCredit ? 'label.from' : 'label.to', joinParts([name, account, agent])),
    ...line(language, 'label.for', describeText(fact, fact.remittanceInformation, options)),
    ...changeLines(fact, options),
    ...paymentLine(fact, options),
    ...matchLine(fact, options),
    ...line(language, 'label.account', describeAccount(fact, options)),
    ...line(language, 'label.reference', describeReferences(fact)),
    ...line(language, 'label.state', noteOf(fact, language)),
    ...balanceLine(fact, options),
  ].slice(0, LINES_MAX);
}

/** Which payment of ours it settles or brings back. */
function paymentLine({ payment }: EntryFact, options: RenderOptions): readonly Line[] {
  if (!payment) return [];
  const { language } = options;
  const creditor = describeName(payment.creditorName, options);
  const text = translate(language, `entry.payment.${payment.role}`, { creditor });
  return line(language, 'label.payment', text);
}

/** What it belongs to; a payment of ours says so itself. */
function matchLine(fact: EntryFact, options: RenderOptions): readonly Line[] {
  const { match, payment } = fact;
  if (!match || payment) return [];
  return line(options.language, 'label.belongsTo', describeMatch(fact, match, options));
}

/** `invoice 4711 (PT Maju), paid in full`. */
function describeMatch(
  { creditDebitIndicator }: EntryFact,
  { state, items, more, unmatched }: EntryMatch,
  options: RenderOptions,
): string {
  const { language, detail } = options;
  if (state === 'exempt') return '';
  if (state === 'unknown') {
    const isCredit = creditDebitIndicator === 'credit';
    return translate(language, isCredit ? 'match.told.unknownCredit' : 'match.told.unknownDebit');
  }
  const others = more === 0 ? '' : translate(language, 'match.told.more', { count: more });
  if (state === 'suggested') {
    const labels = joinParts([...items.map((item) => labelOf(item, options)), others]);
    return translate(language, 'match.told.suggested', { items: labels });
  }
  const rest =
    unmatched && detail !== 'amountFree'
      ? translate(language, 'match.told.unmatched', { amount: formatMoney(language, unmatched) })
      : '';
  return joinParts([...items.map((item) => describeItem(item, options)), others, rest]);
}

function describeItem(item: MatchedItem, options: RenderOptions): string {
  const { language, detail } = options;
  const label = labelOf(item, options);
  if (item.isPaidInFull) return translate(language, 'match.told.full', { label });
  if (!item.open || detail === 'amountFree') {
    return translate(language, 'match.told.part', { label });
  }
  const open = formatMoney(language, item.open);
  return translate(language, 'match.told.open', { label, open });
}

function labelOf({ label, counterpartyName }: MatchedItem, options: RenderOptions): string {
  const name = describeName(counterpartyName ?? '', options);
  const text = quote(options.language, label);
  return name === '' ? text : `${text} (${name})`;
}

/** What was before and what counts now. */
function changeLines(fact: EntryFact, options: RenderOptions): readonly Line[] {
  const { previous } = fact;
  if (!previous || fact.state !== 'corrected') return [];
  const { language, detail } = options;
  const isAmountChanged = detail !== 'amountFree' && !isSameMoney(previous.amount, fact.amount);
  if (isAmountChanged) {
    const before = formatMoney(language, previous.amount);
    const after = formatMoney(language, fact.amount);
    return line(language, 'label.amount', translate(language, 'entry.change', { before, after }));
  }
  const isTextChanged =
    stripControls(previous.remittanceInformation) !== stripControls(fact.remittanceInformation);
  if (!isTextChanged) return [];
  return line(
    language,
    'label.textBefore',
    describeText(fact, previous.remittanceInformation, options),
  );
}

/** What the state means for whoever counts on the money; a booked movement needs no word. */
function noteOf({ creditDebitIndicator, state }: EntryFact, language: Language): string {
  const isCredit = creditDebitIndicator === 'credit';
  switch (state) {
    case 'booked':
      return '';
    case 'corrected':
      return translate(language, 'entry.note.corrected');
    case 'pending':
      return translate(language, isCredit ? 'entry.note.creditPending' : 'entry.note.debitPending');
    case 'reversed':
      return translate(
        language,
        isCredit ? 'entry.note.creditReversed' : 'entry.note.debitReversed',
      );
    case 'withdrawn':
      return translate(
        language,
        isCredit ? 'entry.note.creditWithdrawn' : 'entry.note.debitWithdrawn',
      );
  }
}

/** A balance tells more than a movement, so it stands only where everything may be seen. */
function balanceLine(fact: EntryFact, { language, detail }: RenderOptions): readonly Line[] {
  if (!fact.balanceAfter || detail !== 'full') return [];
  return line(language, 'label.balance', formatMoney(language, fact.balanceAfter));
}

/** When the bank booked it, when we saw it, when it was told; delays in words. */
function footerOf(fact: EntryFact, { language, toldAt }: RenderOptions): string {
  const { zone, seenAt, bookedAt, valueDate } = fact;
  const bookedDay = bookedAt ? dayIn(bookedAt, zone) : fact.bookingDate;
  const seenDay = dayIn(seenAt, zone);
  const isValuedApart = valueDate !== undefined && !valueDate.equals(fact.bookingDate);
  return joinParts([
    bookedText(fact, language),
    isValuedApart
      ? translate(language, 'time.valueDate', { day: formatDay(language, valueDate) })
      : '',
    momentText(language, 'seen', {
      time: timeAfter(language, seenAt, { zone, day: seenDay, dayBefore: bookedDay }),
      delayMs: bankDelay(fact),
    }),
    toldAt ? toldText(language, toldAt, { since: seenAt, zone }) : '',
    fact.environment === 'sandbox' ? translate(language, 'sandbox') : '',
  ]);
}

function bookedText({ bookedAt, bookingDate, state, zone }: EntryFact, language: Language): string {
  if (!bookedAt) {
    return translate(language, 'time.bookingDate', { day: formatDay(language, bookingDate) });
  }
  const time = formatDateTime(language, bookedAt, zone);
  return translate(language, state === 'pending' ? 'time.announced' : 'time.booked', { time });
}

/** A later change is seen later than the booking without anybody being slow. */
function bankDelay({ bookedAt, seenAt, state }: EntryFact): number {
  return bookedAt && (state === 'booked' || state === 'pending') ? msBetween(bookedAt, seenAt) : 0;
}
