import { parsePlainDate } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import { parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { digestOfPayment, paymentPurposes } from '#core/payments.ts';
import type { Creditor, PaymentPurpose } from '#core/payments.ts';
import type { ApprovalInstance, Attachment, FormValue } from '#dingtalk/instance.ts';
import { attachmentsOf, rowsOf, textOf } from '#dingtalk/instance.ts';
import type { FieldPlace, FormMapping, MappedField, ValueSource } from './form-mapping.ts';

/** A payment as it stands in an approval. */
export interface FormPayment {
  /** Row of the form's table, from 1; absent when the form has none. */
  readonly row?: number;
  readonly debtorAccountId: string;
  readonly creditor: Pick<Creditor, 'name' | 'account' | 'agent'>;
  readonly instructedAmount: Money;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  readonly requestedExecutionDate?: PlainDate;
  readonly attachments: readonly Attachment[];
}

/** A field that cannot be read as a payment needs it. */
export interface FieldProblem {
  readonly field: MappedField | 'table';
  /** The control's label, as people see it. */
  readonly control: string;
  readonly problem: string;
  readonly row?: number;
}

export type FormReading =
  | { readonly isReadable: true; readonly payments: readonly FormPayment[] }
  | { readonly isReadable: false; readonly problem: FieldProblem };

/** Longest table that is taken; DingTalk advises against more (dingtalk.md section 4.1). */
const ROWS_MAX = 200;

/** Reads the payments of an approval through its form's mapping: all of them, or why not. */
export function readForm(mapping: FormMapping, instance: ApprovalInstance): FormReading {
  try {
    return { isReadable: true, payments: readPayments(mapping, instance) };
  } catch (error) {
    if (error instanceof Unreadable) return { isReadable: false, problem: error.problem };
    throw error;
  }
}

/** The text of our reference in an approval; empty for what people filled in themselves. */
export function referenceOf(mapping: FormMapping, instance: ApprovalInstance): string {
  const { reference } = mapping;
  if (!reference || reference.isInTable) return '';
  const [value] = findValues(instance.values, reference);
  return value ? (textOf(value) ?? '').trim() : '';
}

/**
 * Digest of what stands in the approval now. A bank that the form does not name is the one of the
 * payee's registered account; nobody could have changed it there.
 */
export function digestOfForm(payment: FormPayment, registeredAgent: string | undefined): string {
  const { creditor, debtorAccountId, instructedAmount, purpose } = payment;
  const agent = creditor.agent ?? registeredAgent;
  return digestOfPayment({
    debtorAccountId,
    creditor: { ...creditor, ...(agent === undefined ? {} : { agent }) },
    instructedAmount,
    purpose,
  });
}

function readPayments(mapping: FormMapping, instance: ApprovalInstance): FormPayment[] {
  const { table } = mapping;
  if (!table) return [readPayment(mapping, instance, { form: instance.values })];
  const found = single(instance.values, table, 'table');
  const rows = found && rowsOf(found);
  if (!rows || rows.length === 0) throw unreadable('table', table, 'has no rows');
  if (rows.length > ROWS_MAX) throw unreadable('table', table, `has more than ${ROWS_MAX} rows`);
  return rows.map((values, index) => {
    const row = index + 1;
    return { ...readPayment(mapping, instance, { form: instance.values, values, row }), row };
  });
}

interface Place {
  readonly form: readonly FormValue[];
  readonly values?: readonly FormValue[];
  readonly row?: number;
}

function readPayment(mapping: FormMapping, instance: ApprovalInstance, place: Place): FormPayment {
  const optional = (field: MappedField, at: FieldPlace | undefined): string | undefined =>
    at && optionalText(field, at, place);
  const currency = chosen('currency', mapping.currency, place);
  const agent =
    mapping.creditorAgent && optionalChoice('creditorAgent', mapping.creditorAgent, place);
  const date = optional('requestedExecutionDate', mapping.requestedExecutionDate);
  const remittance = optional('remittanceInformation', mapping.remittanceInformation);
  const { attachments } = mapping;
  const files = attachments && single(valuesOf(place, attachments), attachments, 'attachments');
  return {
    debtorAccountId: chosen('debtorAccount', mapping.debtorAccount, place),
    creditor: {
      name: requiredText('creditorName', mapping.creditorName, place),
      account: requiredText('creditorAccount', mapping.creditorAccount, place).replace(/\s/g, ''),
      ...(agent === undefined ? {} : { agent: agent.trim() }),
    },
    instructedAmount: readAmount(mapping.amount, currency, place),
    purpose: readPurpose(mapping.purpose, place),
    remittanceInformation: (remittance ?? instance.businessId ?? instance.title)
      .replace(/\s+/g, ' ')
      .trim(),
    ...(date === undefined || !mapping.requestedExecutionDate
      ? {}
      : { requestedExecutionDate: readDate(mapping.requestedExecutionDate, date, place) }),
    attachments: files ? attachmentsOf(files) : [],
  };
}

/** Exact decimals: `1000`, `1000.0` and `1,000.00` are one amount, a float is never made. */
function readAmount(at: FieldPlace, currency: string, place: Place): Money {
  const text = requiredText('amount', at, place).trim();
  // Grouping is only taken where it is certain what is grouped.
  const plain = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
  try {
    const amount = parseMoney(plain, currency);
    if (amount.amountMinorUnits > 0n) return amount;
  } catch (error) {
    if (isCashbellError(error, 'money.tooManyDecimals')) {
      throw unreadable('amount', at, `has more decimals than ${currency}`, place.row);
    }
    if (!isCashbellError(error)) throw error;
  }
  throw unreadable('amount', at, 'is no amount above zero', place.row);
}

function readDate(at: FieldPlace, text: string, { row }: Place): PlainDate {
  const day = /^(\d{4}-\d{2}-\d{2})(?:$|[T ]\d{2}:\d{2})/.exec(text.trim())?.[1];
  try {
    return parsePlainDate(day ?? '');
  } catch {
    throw unreadable('requestedExecutionDate', at, 'is no date', row);
  }
}

function chosen(field: MappedField, source: ValueSource<string>, place: Place): string {
  const value = optionalChoice(field, source, place);
  if (value !== undefined) return value;
  const at = source.kind === 'field' ? source.place : undefined;
  throw unreadable(field, at, 'is empty', place.row);
}

function readPurpose(source: ValueSource<PaymentPurpose>, place: Place): PaymentPurpose {
  const text = chosen('purpose', source, place);
  const purpose = paymentPurposes.find((known) => known === text);
  if (purpose) return purpose;
  const at = source.kind === 'field' ? source.place : undefined;
  throw unreadable('purpose', at, 'is no purpose that we know', place.row);
}

function optionalChoice(
  field: MappedField,
  source: ValueSource<string>,
  place: Place,
): string | undefined {
  if (source.kind === 'fixed') return source.value;
  const text = optionalText(field, source.place, place);
  if (text === undefined) return undefined;
  if (!source.options) return text.trim();
  if (Object.hasOwn(source.options, text)) return source.options[text];
  throw unreadable(field, source.place, `has the unknown choice "${text.slice(0, 40)}"`, place.row);
}

function requiredText(field: MappedField, at: FieldPlace, place: Place): string {
  const text = optionalText(field, at, place);
  if (text === undefined) throw unreadable(field, at, 'is empty', place.row);
  return text;
}

function optionalText(field: MappedField, at: FieldPlace, place: Place): string | undefined {
  const value = single(valuesOf(place, at), at, field, place.row);
  return value && textOf(value);
}

function valuesOf(place: Place, at: FieldPlace): readonly FormValue[] {
  return at.isInTable ? (place.values ?? []) : place.form;
}

/** The one value of a control. Two that could be it are a doubt, and a doubt is not paid. */
function single(
  values: readonly FormValue[],
  at: FieldPlace,
  field: FieldProblem['field'],
  row?: number,
): FormValue | undefined {
  const [found, another] = findValues(values, at);
  if (another) throw unreadable(field, at, 'stands there twice', row);
  return found;
}

/** By id where values have one, else by alias, else by label. */
function findValues(values: readonly FormValue[], at: FieldPlace): readonly FormValue[] {
  const byId = values.filter(({ id }) => id === at.id);
  if (byId.length > 0) return byId;
  const strangers = values.filter(({ id }) => id === undefined);
  const byAlias = strangers.filter(
    ({ bizAlias }) => bizAlias !== undefined && bizAlias === at.bizAlias,
  );
  return byAlias.length > 0 ? byAlias : strangers.filter(({ name }) => name === at.label);
}

class Unreadable extends Error {
  readonly problem: FieldProblem;

  constructor(problem: FieldProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

function unreadable(
  field: FieldProblem['field'],
  at: FieldPlace | undefined,
  problem: string,
  row?: number,
): Unreadable {
  const control = at?.label ?? field;
  return new Unreadable({ field, control, problem, ...(row === undefined ? {} : { row }) });
}
