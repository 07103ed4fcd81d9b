import type { z } from 'zod';
import type { Language } from '#core/languages.ts';
import {
  formatDateTime,
  formatDay,
  formatMoney,
  isolateNumber,
  isolateText,
  stripControls,
} from '#i18n/format.ts';
import type { MessageKey } from '#i18n/messages.ts';
import { translate } from '#i18n/messages.ts';
import { placeOf } from '#flows/payment/payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from '#flows/payment/payment-deps.ts';
import type { Payment } from '#store/payments.ts';
import type { ProofWire, StatementLineWire } from '../contract/payments.ts';
import type { StatementLine } from '../queries/payments.ts';
import { findStatementLine } from '../queries/payments.ts';
import { toMoneyWire } from './payments.ts';

interface Evidence {
  readonly payment: Payment;
  readonly place: PaymentPlace;
  readonly debit: StatementLine | undefined;
  readonly returned: StatementLine | undefined;
}

/**
 * What can be shown to somebody who asks whether a payment was made: the bank's own words, and its
 * lines on the statement. It proves as much as these do, and says when there are none.
 */
export async function proofOf(
  deps: PaymentDeps,
  payment: Payment,
  language: Language,
): Promise<z.infer<typeof ProofWire>> {
  const { pool } = deps.services;
  const { orgId, settlementEntryId, returnEntryId } = payment;
  const place = await placeOf(deps, payment);
  const debit = await findStatementLine(pool, orgId, settlementEntryId);
  const returned = await findStatementLine(pool, orgId, returnEntryId);
  const evidence = { payment, place, debit, returned };
  const { name, account, scheme, agent, agentName, country } = payment.creditor;
  const asOf = deps.now();
  return {
    paymentId: payment.paymentId,
    state: payment.state,
    asOf: asOf.toString(),
    environment: payment.environment,
    debtorAccount: {
      name: place.account.name,
      number: place.account.number,
      bank: place.connector.displayName,
    },
    creditor: { name, account, scheme, agent, agentName, country },
    ...toMoneyWire(payment.instructedAmount),
    remittanceInformation: payment.remittanceInformation,
    endToEndId: payment.endToEndId,
    bank: bankWordsOf(payment),
    debit: debit && toLineWire(debit),
    returned: returned && toLineWire(returned),
    text: textOf(evidence, language, formatDateTime(language, asOf, place.account.zone)),
  };
}

function bankWordsOf(payment: Payment): z.infer<typeof ProofWire>['bank'] {
  const { transferStatus, bankReference, bankCode, bankMessage, fee, firstSentAt } = payment;
  const isSilent = [transferStatus, bankReference, bankCode, bankMessage].every(
    (word) => word === undefined,
  );
  if (isSilent) return undefined;
  return {
    status: transferStatus,
    bankReference,
    bankCode,
    bankMessage,
    fee: fee && toMoneyWire(fee),
    sentAt: firstSentAt?.toString(),
  };
}

function toLineWire(line: StatementLine): z.infer<typeof StatementLineWire> {
  const { amount, bookingDate, bookedAt, ...rest } = line;
  return {
    ...rest,
    ...toMoneyWire(amount),
    bookingDate: bookingDate.toString(),
    bookedAt: bookedAt?.toString(),
  };
}

/** The proof as people pass it on: one fact a line, values unchanged. */
function textOf({ payment, place, debit, returned }: Evidence, language: Language, asOf: string) {
  const { creditor } = payment;
  const { account, connector } = place;
  const say = (text: string | undefined): string =>
    text === undefined ? '' : isolateText(language, stripControls(text));
  const join = (...parts: readonly string[]): string =>
    parts.filter((part) => part !== '').join(' · ');
  const label = (key: MessageKey, value: string): string =>
    `${translate(language, key)}: ${value === '' ? '–' : value}`;
  const title = translate(language, 'proof.title');
  const marked =
    payment.environment === 'sandbox' ? translate(language, 'entry.sandbox', { title }) : title;
  return [
    join(
      marked,
      isolateNumber(payment.paymentId),
      translate(language, 'proof.asOf', { time: asOf }),
    ),
    label('label.state', translate(language, `payment.state.${payment.state}`)),
    label('label.amount', formatMoney(language, payment.instructedAmount)),
    label(
      'label.to',
      join(say(creditor.name), say(creditor.account), say(creditor.agentName ?? creditor.agent)),
    ),
    label(
      'label.paidFrom',
      join(say(connector.displayName), say(account.name), say(account.number)),
    ),
    label('label.for', say(payment.remittanceInformation)),
    label('label.reference', isolateNumber(payment.endToEndId)),
    label('proof.bank', bankText(payment, place, language)),
    label(
      'proof.statement',
      lineText(debit, language, 'minus') || translate(language, 'proof.statementNothing'),
    ),
    ...(returned ? [label('proof.cameBack', lineText(returned, language, 'plus'))] : []),
  ].join('\n');
}

function bankText(payment: Payment, { account }: PaymentPlace, language: Language): string {
  const { transferStatus, bankReference, bankCode, bankMessage, fee, firstSentAt } = payment;
  const words = [transferStatus, bankReference, bankCode, bankMessage]
    .filter((word) => word !== undefined)
    .map((word) => isolateText(language, stripControls(word)));
  if (words.length === 0) return translate(language, 'proof.bankNothing');
  if (fee) words.push(translate(language, 'payment.fee', { amount: formatMoney(language, fee) }));
  if (firstSentAt) {
    const time = formatDateTime(language, firstSentAt, account.zone);
    words.push(translate(language, 'proof.sentAt', { time }));
  }
  return words.join(' · ');
}

function lineText(
  line: StatementLine | undefined,
  language: Language,
  sign: 'plus' | 'minus',
): string {
  if (!line) return '';
  return [
    isolateText(language, formatDay(language, line.bookingDate)),
    formatMoney(language, line.amount, sign),
    isolateText(language, stripControls(line.remittanceInformation)),
    isolateText(language, stripControls(line.accountServicerReference ?? '')),
  ]
    .filter((part) => part.replaceAll(/[\u2066-\u2069]/g, '') !== '')
    .join(' · ');
}
