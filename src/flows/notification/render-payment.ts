import { type ErrorDetails, errorCodes } from '#core/errors.ts';
import { needsPeople, type PaymentFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import type { PaymentState } from '#core/payments.ts';
import {
  directLine,
  formatDateTime,
  formatDay,
  formatMoney,
  isolateNumber,
  stripControls,
} from '#i18n/format.ts';
import { errorSentence, type MessageKey, translate } from '#i18n/messages.ts';
import { formatDetails } from './render-details.ts';
import {
  amountOf,
  describeAccount,
  describeName,
  describeNumber,
  describeParty,
  describeText,
  extendTitle,
  frame,
  joinParts,
  type Line,
  line,
  quote,
  type RenderOptions,
} from './render-parts.ts';
import { toldText } from './render-times.ts';

/** A card of more lines is no longer read. */
const LINES_MAX = 6;

/**
 * Puts a payment into words as it stands now: title with the amount and what is happening; to whom,
 * what for, from which account, who asked and who approved; and why, where it does not go on.
 */
export function renderPayment(fact: PaymentFact, options: RenderOptions): RenderedMessage {
  const { language } = options;
  const heading = headingOf(fact, options);
  const isSandbox = fact.environment === 'sandbox';
  const marked = isSandbox ? translate(language, 'entry.sandbox', { title: heading }) : heading;
  return {
    ...frame(options, {
      title: extendTitle(language, marked, describeParty(partyOf(fact), options).name),
      heading,
      lines: linesOf(fact, options),
      footer: footerOf(fact, options),
    }),
    movement: {
      amount: amountOf(fact, options),
      creditDebitIndicator: 'debit',
      state: fact.state,
      stateText: translate(language, `payment.state.${standingOf(fact)}`),
      reference: referenceOf(fact),
    },
  };
}

/** `IDR 15,000,000.00 · Payment waits for approval`; a warning sign where somebody must act. */
function headingOf(fact: PaymentFact, options: RenderOptions): string {
  const { language } = options;
  const words = translate(language, paymentWordsOf(fact));
  const amount = amountOf(fact, options);
  const isUrgent = needsPeople(fact);
  if (amount === '') {
    return isUrgent ? translate(language, 'payment.headingUrgentAmountFree', { words }) : words;
  }
  return translate(language, isUrgent ? 'payment.headingUrgent' : 'payment.heading', {
    amount,
    words,
  });
}

/** Key of the words for what is happening. */
export function paymentWordsOf(fact: PaymentFact): MessageKey {
  return `payment.title.${standingOf(fact)}`;
}

type Standing = PaymentState | 'scheduled' | 'decision';

/** The state as people see it: waiting for a day and waiting for a decision are states of their own. */
function standingOf({ state, notBefore, question }: PaymentFact): Standing {
  if (question) return 'decision';
  return state === 'authorised' && notBefore ? 'scheduled' : state;
}

const undecided: ReadonlySet<PaymentState> = new Set(['draft', 'awaitingApproval', 'authorised']);

/** In the order of importance, because what is too much is left out at the end. */
function linesOf(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const to = creditorLine(fact, options);
  const checks = [...accountChangeLine(fact, options), ...nameAtBankLine(fact, options)];
  const what = forLine(fact, options);
  const from = line(options.language, 'label.paidFrom', describeAccount(fact, options));
  const people = peopleLines(fact, options);
  const why = reasonLine(fact, options);
  if (fact.question) {
    return [...to, ...why, ...questionLines(fact, options), ...from, ...people].slice(0, LINES_MAX);
  }
  if (undecided.has(fact.state)) {
    const when = whenLine(fact, options);
    return [...to, ...checks, ...why, ...people, ...from, ...what, ...when].slice(0, LINES_MAX);
  }
  if (fact.state === 'blocked') {
    return [...to, ...why, ...checks, ...from, ...people, ...what].slice(0, LINES_MAX);
  }
  const bank = bankLines(fact, options);
  return [...to, ...why, ...what, ...from, ...people, ...bank].slice(0, LINES_MAX);
}

function partyOf({ creditor }: PaymentFact) {
  const agent = creditor.agentName ?? creditor.agent;
  const { name, account } = creditor;
  return { counterparty: { name, account, ...(agent === undefined ? {} : { agent }) } };
}

function creditorLine(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { name, account, agent } = describeParty(partyOf(fact), options);
  return line(options.language, 'label.to', joinParts([name, account, agent]));
}

/** The account under which the creditor was paid before, against the one that is asked for now. */
function accountChangeLine(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  if (fact.previousCreditorAccount === undefined) return [];
  const before = describeNumber(fact.previousCreditorAccount, options);
  const after = describeNumber(fact.creditor.account, options);
  return line(
    language,
    'label.accountChange',
    translate(language, 'entry.change', { before, after }),
  );
}

/** The holder's name where it is not quite ours; the sentence about the mismatch says it already. */
function nameAtBankLine(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const { nameMatch, nameAtBank = '', code } = fact;
  if (nameMatch !== 'close' && nameMatch !== 'noMatch') return [];
  if (stripControls(nameAtBank) === '' || code === 'payment.nameMismatch') return [];
  const name = describeName(nameAtBank, options);
  return line(
    language,
    'label.nameAtBank',
    translate(language, `payment.name.${nameMatch}`, { name }),
  );
}

function forLine(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const purpose = translate(language, `payment.purpose.${fact.purpose}`);
  const text = describeText(partyOf(fact), fact.remittanceInformation, options);
  return line(language, 'label.for', joinParts([purpose, text]));
}

/** The day for which it is meant and the way it goes; the hour, when it is planned already. */
function whenLine(fact: PaymentFact, { language }: RenderOptions): readonly Line[] {
  const { notBefore, requestedExecutionDate, rail, zone } = fact;
  const day = isolateNumber(formatDay(language, requestedExecutionDate));
  const when = notBefore
    ? translate(language, 'payment.plannedAt', { time: formatDateTime(language, notBefore, zone) })
    : translate(language, 'payment.executionDay', { day });
  return line(
    language,
    'label.when',
    joinParts([when, translate(language, `payment.rail.${rail}`)]),
  );
}

/** Who asked, who approved, who said no. */
function peopleLines(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const approvers = fact.approvers.map((name) => quote(language, name)).join(', ');
  const approved = approvers === '' ? '' : translate(language, 'payment.approvedBy', { approvers });
  const { by, remark } = fact.state === 'declined' ? (fact.details ?? {}) : {};
  const refusal = [by, remark].map((part) =>
    part === undefined ? '' : quote(language, String(part)),
  );
  return [
    ...line(language, 'label.declinedBy', joinParts(refusal)),
    ...line(language, 'label.askedBy', joinParts([quote(language, fact.maker), approved])),
  ];
}

function reasonLine(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const reason = line(options.language, 'label.cause', reasonOf(fact, options));
  return reason.map((one) => ({ ...one, isNote: true }));
}

/** Why it stands where it stands, and what to do about it. */
function reasonOf(fact: PaymentFact, options: RenderOptions): string {
  const { zone, question } = fact;
  // Whoever must decide is told how; why the bank cannot tell stands in its last answer.
  const code = question ? 'payment.decisionNeeded' : fact.code;
  if (code === undefined) return '';
  const details = formatDetails(detailsOf(fact, options), zone, options);
  return errorSentence(options.language, code, details);
}

/** What the bank said belongs into the sentence, also when whoever stopped the payment left it out. */
function detailsOf(fact: PaymentFact, options: RenderOptions): ErrorDetails {
  const { bankCode, bankMessage, nameAtBank } = fact;
  const known = {
    ...(bankCode === undefined ? {} : { bankCode }),
    ...(bankMessage === undefined ? {} : { bankMessage }),
    ...(nameAtBank === undefined ? {} : { nameAtBank }),
    ...fact.details,
  };
  const words = known.bankMessage;
  if (words === undefined) return known;
  return { ...known, bankMessage: describeText(partyOf(fact), String(words), options) };
}

/** Both facts for whoever must decide: what we sent, and what the bank answered last (ask 5). */
function questionLines(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language } = options;
  const { question, zone, endToEndId } = fact;
  if (!question) return [];
  const sent = translate(language, 'payment.sent', {
    time: formatDateTime(language, question.sentAt, zone),
    reference: isolateNumber(stripControls(endToEndId)),
    attempts: question.attempts,
  });
  const answered = translate(language, 'payment.answer', {
    answer: answerOf(fact, question.lastAnswer, options),
    inquiries: question.inquiries,
  });
  return [
    ...line(language, 'label.weSent', sent),
    ...line(language, 'label.bankAnswered', answered),
  ];
}

/** The bank's own words, or ours about its silence. */
function answerOf(fact: PaymentFact, answer: string, options: RenderOptions): string {
  const { language } = options;
  if (answer === 'payment.notFoundAtBank') {
    return translate(language, 'payment.lastAnswer.notFound');
  }
  const isSilence = answer === '' || Object.hasOwn(errorCodes, answer);
  return isSilence
    ? translate(language, 'payment.lastAnswer.none')
    : describeText(partyOf(fact), answer, options);
}

/** The bank's reference and fee; its own words where no sentence carries them. */
function bankLines(fact: PaymentFact, options: RenderOptions): readonly Line[] {
  const { language, detail } = options;
  const { fee, bankMessage = '', bankCode = '', bankReference = '', code } = fact;
  const isSaid = code === 'payment.bankRejected';
  const words = isSaid
    ? ''
    : joinParts([describeText(partyOf(fact), bankMessage, options), quote(language, bankCode)]);
  const feeText =
    fee === undefined || detail === 'amountFree'
      ? ''
      : translate(language, 'payment.fee', { amount: formatMoney(language, fee) });
  const reference = stripControls(bankReference);
  const known = joinParts([reference === '' ? '' : isolateNumber(reference), feeText, words]);
  return line(language, reference === '' ? 'label.bankAnswered' : 'label.reference', known);
}

/** The reference to search for: the bank's own, or ours while the bank has given none. */
function referenceOf({ bankReference = '', endToEndId }: PaymentFact): string {
  const own = stripControls(bankReference);
  return isolateNumber(own === '' ? stripControls(endToEndId) : own);
}

function footerOf(fact: PaymentFact, { language, toldAt }: RenderOptions): string {
  const { at, zone } = fact;
  return joinParts([
    translate(language, 'time.since', { time: formatDateTime(language, at, zone) }),
    toldAt ? toldText(language, toldAt, { since: at, zone }) : '',
    fact.environment === 'sandbox' ? translate(language, 'sandbox') : '',
  ]);
}

/** One line of a digest: amount and what is happening; to whom, what for, from where, and why. */
export function paymentDigestLine(fact: PaymentFact, options: RenderOptions): Line {
  const { language } = options;
  const value = joinParts([
    describeParty(partyOf(fact), options).name,
    describeText(partyOf(fact), fact.remittanceInformation, options),
    referenceOf(fact),
    describeAccount(fact, options),
    reasonOf(fact, options),
  ]);
  return {
    label: directLine(language, headingOf(fact, options)),
    value: directLine(language, value),
  };
}
