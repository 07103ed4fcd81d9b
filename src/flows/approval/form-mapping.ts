import { currencyExponents } from '#core/currencies.ts';
import type { PaymentPurpose } from '#core/payments.ts';
import { paymentPurposes } from '#core/payments.ts';
import type { FormControl, FormSchema } from '#dingtalk/form-schema.ts';

/** A control of a form, by everything that finds it in what people filled in. */
export interface FieldPlace {
  readonly id: string;
  readonly label: string;
  readonly bizAlias?: string;
  readonly type: string;
  /** A column of the form's table. */
  readonly isInTable: boolean;
}

/** Where a value comes from that people choose, or that is always the same. */
export type ValueSource<Value extends string> =
  | {
      readonly kind: 'field';
      readonly place: FieldPlace;
      /** What each choice means; absent: the text itself is the value. */
      readonly options?: Readonly<Record<string, Value>>;
    }
  | { readonly kind: 'fixed'; readonly value: Value };

/** Which control of a form carries which field of a payment, checked against its schema. */
export interface FormMapping {
  /** Present: each row of this table is a payment of its own. */
  readonly table?: FieldPlace;
  readonly creditorName: FieldPlace;
  readonly creditorAccount: FieldPlace;
  readonly creditorAgent?: ValueSource<string>;
  readonly amount: FieldPlace;
  readonly currency: ValueSource<string>;
  readonly debtorAccount: ValueSource<string>;
  readonly purpose: ValueSource<PaymentPurpose>;
  readonly remittanceInformation?: FieldPlace;
  readonly requestedExecutionDate?: FieldPlace;
  readonly attachments?: FieldPlace;
  /** Ours: recognises approvals that we started. */
  readonly reference?: FieldPlace;
}

/** How somebody wants a field to be mapped: a control by id, alias or label, or a fixed value. */
export interface FieldWish {
  readonly control?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly fixed?: string | undefined;
}

export const mappedFields = [
  'creditorName',
  'creditorAccount',
  'creditorAgent',
  'amount',
  'currency',
  'debtorAccount',
  'purpose',
  'remittanceInformation',
  'requestedExecutionDate',
  'attachments',
  'reference',
] as const;
export type MappedField = (typeof mappedFields)[number];

export interface MappingWish {
  readonly table?: string | undefined;
  readonly fields: Readonly<Partial<Record<MappedField, FieldWish>>>;
}

/** What is wrong with a mapping, in English, with what to do about it. */
export interface MappingProblem {
  readonly field: MappedField | 'table';
  readonly control?: string;
  readonly problem: string;
}

export type MappingResult =
  | { readonly isValid: true; readonly mapping: FormMapping }
  | { readonly isValid: false; readonly problems: readonly MappingProblem[] };

interface FieldRule {
  readonly types: readonly string[];
  readonly mustBeMapped: boolean;
  /** A control that may stay empty would leave the payment without it. */
  readonly mustBeFilled: boolean;
  readonly mayBeFixed: boolean;
}

const text = ['TextField', 'TextareaField'] as const;
const rules: Readonly<Record<MappedField, FieldRule>> = {
  creditorName: { types: text, mustBeMapped: true, mustBeFilled: true, mayBeFixed: false },
  // A number control drops leading zeros of an account.
  creditorAccount: {
    types: ['TextField'],
    mustBeMapped: true,
    mustBeFilled: true,
    mayBeFixed: false,
  },
  creditorAgent: {
    types: ['TextField', 'DDSelectField'],
    mustBeMapped: false,
    mustBeFilled: false,
    mayBeFixed: true,
  },
  amount: {
    types: ['MoneyField', 'NumberField'],
    mustBeMapped: true,
    mustBeFilled: true,
    mayBeFixed: false,
  },
  currency: {
    types: ['DDSelectField', 'TextField'],
    mustBeMapped: true,
    mustBeFilled: true,
    mayBeFixed: true,
  },
  debtorAccount: {
    types: ['DDSelectField'],
    mustBeMapped: true,
    mustBeFilled: true,
    mayBeFixed: true,
  },
  purpose: { types: ['DDSelectField'], mustBeMapped: true, mustBeFilled: true, mayBeFixed: true },
  remittanceInformation: {
    types: text,
    mustBeMapped: false,
    mustBeFilled: false,
    mayBeFixed: false,
  },
  requestedExecutionDate: {
    types: ['DDDateField'],
    mustBeMapped: false,
    mustBeFilled: false,
    mayBeFixed: false,
  },
  attachments: {
    types: ['DDAttachment'],
    mustBeMapped: false,
    mustBeFilled: false,
    mayBeFixed: false,
  },
  reference: {
    types: ['TextField'],
    mustBeMapped: false,
    mustBeFilled: false,
    mayBeFixed: false,
  },
};

/**
 * Resolves and checks a mapping against a form as DingTalk has it now. Everything is found by id, then
 * by alias, then by label, and never guessed (dingtalk.md section 4.1).
 */
export function checkMapping(
  schema: FormSchema,
  wish: MappingWish,
  known: { readonly accountIds: ReadonlySet<string> },
): MappingResult {
  const check = new MappingCheck(schema, wish, known.accountIds);
  const mapping = check.resolve();
  return mapping && check.problems.length === 0
    ? { isValid: true, mapping }
    : { isValid: false, problems: check.problems };
}

/** A form's own description as a wish, to check the same mapping again. */
export function wishOf(mapping: FormMapping): MappingWish {
  const fields: Partial<Record<MappedField, FieldWish>> = {};
  for (const field of mappedFields) {
    const value = mapping[field];
    if (!value) continue;
    if (!('kind' in value)) fields[field] = { control: value.id };
    else if (value.kind === 'fixed') fields[field] = { fixed: value.value };
    else fields[field] = { control: value.place.id, options: value.options };
  }
  return { table: mapping.table?.id, fields };
}

class MappingCheck {
  readonly problems: MappingProblem[] = [];
  readonly #schema: FormSchema;
  readonly #wish: MappingWish;
  readonly #accountIds: ReadonlySet<string>;
  readonly #used = new Map<string, MappedField>();

  constructor(schema: FormSchema, wish: MappingWish, accountIds: ReadonlySet<string>) {
    this.#schema = schema;
    this.#wish = wish;
    this.#accountIds = accountIds;
  }

  resolve(): FormMapping | undefined {
    const table = this.#findTable();
    const place = (field: MappedField): FieldPlace | undefined => this.#place(field, table);
    const source = <Value extends string>(
      field: MappedField,
      parse: (value: string) => Value | undefined,
    ): ValueSource<Value> | undefined => this.#source(field, table, parse);

    const creditorName = place('creditorName');
    const creditorAccount = place('creditorAccount');
    const creditorAgent = source('creditorAgent', parseAgent);
    const amount = place('amount');
    const currency = source('currency', parseCode);
    const debtorAccount = source('debtorAccount', (value) =>
      this.#accountIds.has(value) ? value : undefined,
    );
    const purpose = source('purpose', (value) => paymentPurposes.find((one) => one === value));
    const remittanceInformation = place('remittanceInformation');
    const requestedExecutionDate = place('requestedExecutionDate');
    const attachments = place('attachments');
    const reference = place('reference');
    if (table && amount && !amount.isInTable) {
      this.#add('amount', 'stands outside the table, so that each row would be paid with it');
    }
    if (!creditorName || !creditorAccount || !amount || !currency || !debtorAccount || !purpose) {
      return undefined;
    }
    return {
      ...(table ? { table: toPlace(table, false) } : {}),
      creditorName,
      creditorAccount,
      ...(creditorAgent ? { creditorAgent } : {}),
      amount,
      currency,
      debtorAccount,
      purpose,
      ...(remittanceInformation ? { remittanceInformation } : {}),
      ...(requestedExecutionDate ? { requestedExecutionDate } : {}),
      ...(attachments ? { attachments } : {}),
      ...(reference ? { reference } : {}),
    };
  }

  #findTable(): FormControl | undefined {
    const { table } = this.#wish;
    if (table === undefined) return undefined;
    const [found, another] = find(this.#schema.controls, table);
    if (!found) this.#add('table', `the form has no control "${table}"`);
    else if (another) this.#add('table', `two controls are called "${table}"; name it by its id`);
    else if (found.type !== 'TableField') this.#add('table', `"${found.label}" is no table`);
    else return found;
    return undefined;
  }

  #place(field: MappedField, table: FormControl | undefined): FieldPlace | undefined {
    const wish = this.#wish.fields[field];
    const rule = rules[field];
    if (wish?.control === undefined) {
      if (rule.mustBeMapped) this.#add(field, `name the control that holds it`);
      return undefined;
    }
    const found = this.#find(field, wish.control, table);
    if (!found) return undefined;
    const { control, isInTable } = found;
    if (!rule.types.includes(control.type)) {
      this.#add(field, problemOfType(control, rule.types), control.label);
      return undefined;
    }
    if (rule.mustBeFilled && !control.isRequired) {
      this.#add(field, 'may be left empty; make it required (必填) in the form', control.label);
    }
    const other = this.#used.get(control.id);
    if (other) this.#add(field, `is mapped already, as ${other}`, control.label);
    this.#used.set(control.id, field);
    return toPlace(control, isInTable);
  }

  #source<Value extends string>(
    field: MappedField,
    table: FormControl | undefined,
    parse: (value: string) => Value | undefined,
  ): ValueSource<Value> | undefined {
    const wish = this.#wish.fields[field];
    const rule = rules[field];
    if (wish?.fixed !== undefined && rule.mayBeFixed) {
      const value = parse(wish.fixed);
      if (value !== undefined) return { kind: 'fixed', value };
      this.#add(field, `"${wish.fixed}" is no ${WHAT[field] ?? 'value'}`);
      return undefined;
    }
    if (wish === undefined && !rule.mustBeMapped) return undefined;
    const place = this.#place(field, table);
    if (!place) return undefined;
    const control = this.#control(place.id, table);
    const choices = control?.options ?? [];
    const isSelect = place.type === 'DDSelectField';
    if (!isSelect && wish?.options === undefined) return { kind: 'field', place };
    const options = this.#options(field, place, choices, wish?.options, parse);
    return options && { kind: 'field', place, options };
  }

  /** Every choice must mean something, and nothing may be said about a choice that is not there. */
  #options<Value extends string>(
    field: MappedField,
    place: FieldPlace,
    choices: readonly string[],
    wish: Readonly<Record<string, string>> | undefined,
    parse: (value: string) => Value | undefined,
  ): Readonly<Record<string, Value>> | undefined {
    const options: Record<string, Value> = {};
    let isComplete = true;
    const fail = (problem: string): void => {
      isComplete = false;
      this.#add(field, problem, place.label);
    };
    if (choices.length === 0) fail('has no choices');
    for (const choice of choices) {
      const meaning = wish?.[choice] ?? (wish === undefined ? choice : undefined);
      const value = meaning === undefined ? undefined : parse(meaning);
      if (value !== undefined) options[choice] = value;
      else if (meaning === undefined) fail(`say what the choice "${choice}" means`);
      else fail(`"${meaning}", for the choice "${choice}", is no ${WHAT[field] ?? 'value'}`);
    }
    for (const choice of Object.keys(wish ?? {})) {
      if (!choices.includes(choice)) fail(`has no choice "${choice}"`);
    }
    return isComplete ? options : undefined;
  }

  #find(
    field: MappedField,
    name: string,
    table: FormControl | undefined,
  ): { readonly control: FormControl; readonly isInTable: boolean } | undefined {
    const inForm = find(this.#schema.controls, name).map((control) => ({
      control,
      isInTable: false,
    }));
    const inTable = find(table?.children ?? [], name).map((control) => ({
      control,
      isInTable: true,
    }));
    const [found, another] = [...inForm, ...inTable];
    if (!found) this.#add(field, `the form has no control "${name}"`, name);
    else if (another) this.#add(field, `two controls are called "${name}"; use its id`, name);
    else return found;
    return undefined;
  }

  #control(id: string, table: FormControl | undefined): FormControl | undefined {
    return [...this.#schema.controls, ...(table?.children ?? [])].find((one) => one.id === id);
  }

  #add(field: MappingProblem['field'], problem: string, control?: string): void {
    this.problems.push({ field, ...(control === undefined ? {} : { control }), problem });
  }
}

const WHAT: Readonly<Partial<Record<MappedField, string>>> = {
  currency: 'currency code that we know',
  debtorAccount: 'account of this organisation',
  purpose: `purpose; those are ${paymentPurposes.join(', ')}`,
  creditorAgent: 'bank code (BIC or national code)',
};

/** Controls by id, else by alias, else by label. */
function find(controls: readonly FormControl[], name: string): readonly FormControl[] {
  const byId = controls.filter(({ id }) => id === name);
  if (byId.length > 0) return byId;
  const byAlias = controls.filter(({ bizAlias }) => bizAlias === name);
  if (byAlias.length > 0) return byAlias;
  return controls.filter(({ label }) => label === name);
}

function toPlace(control: FormControl, isInTable: boolean): FieldPlace {
  const { id, label, bizAlias, type } = control;
  return { id, label, ...(bizAlias === undefined ? {} : { bizAlias }), type, isInTable };
}

function problemOfType({ type, label }: FormControl, types: readonly string[]): string {
  if (type === 'RecipientAccountField') {
    return `"${label}" (收款账户) does not show its account number to apps; use a text control`;
  }
  return `is a ${type || 'control of unknown kind'}; it must be ${types.join(' or ')}`;
}

function parseCode(value: string): string | undefined {
  const code = value.trim().toUpperCase();
  return Object.hasOwn(currencyExponents, code) ? code : undefined;
}

function parseAgent(value: string): string | undefined {
  const folded = value.trim();
  return /^[A-Za-z0-9]{3,34}$/.test(folded) ? folded : undefined;
}
