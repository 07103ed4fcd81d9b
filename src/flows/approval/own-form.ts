import type { Language } from '#core/languages.ts';
import { formatDecimal } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { paymentPurposes } from '#core/payments.ts';
import type { PaymentPurpose } from '#core/payments.ts';
import type { FormComponent } from '#dingtalk/form-schema.ts';
import { translate } from '#i18n/messages.ts';
import type { FormMapping, MappedField, MappingWish } from './form-mapping.ts';

/** An account that people may choose in our form. */
export interface FormAccount {
  readonly accountId: string;
  readonly bank: string;
  readonly name: string;
  readonly number: string;
  readonly currency: string;
}

/** A form as it is sent to DingTalk, and how it is read afterwards. */
export interface OwnForm {
  readonly name: string;
  readonly description: string;
  readonly components: readonly FormComponent[];
  readonly wish: MappingWish;
}

/**
 * Our own form (dingtalk.md section 4.1). No table and eleven controls: a document limits forms that
 * are made by API to twenty (section 12, doubt 10). Aliases and ids stay the same for ever, because a
 * control that a flow's condition uses cannot be replaced.
 */
export function makeOwnForm(language: Language, accounts: readonly FormAccount[]): OwnForm {
  const labels = (field: FormLabel): string => translate(language, `approval.form.${field}`);
  const accountOptions = optionsOfAccounts(accounts);
  const currencies = [...new Set(accounts.map(({ currency }) => currency))].toSorted();
  const purposes = optionsOfPurposes(language);
  const make = (
    field: MappedField,
    componentType: string,
    more: Partial<FormComponent['props']> = {},
  ): FormComponent => ({
    componentType,
    props: {
      componentId: `${componentType}_${ALIASES[field]}`,
      bizAlias: ALIASES[field],
      label: labels(field),
      ...more,
    },
  });
  const required = { required: true };
  return {
    name: labels('name'),
    description: labels('description'),
    components: [
      make('debtorAccount', 'DDSelectField', {
        ...required,
        options: toOptions(Object.keys(accountOptions)),
      }),
      make('creditorName', 'TextField', required),
      make('creditorAccount', 'TextField', required),
      make('creditorAgent', 'TextField'),
      make('amount', 'MoneyField', { ...required, upper: language.startsWith('zh') ? '1' : '0' }),
      make('currency', 'DDSelectField', { ...required, options: toOptions(currencies) }),
      make('purpose', 'DDSelectField', {
        ...required,
        options: toOptions(Object.keys(purposes)),
      }),
      make('requestedExecutionDate', 'DDDateField'),
      make('remittanceInformation', 'TextareaField'),
      make('attachments', 'DDAttachment'),
      make('reference', 'TextField'),
    ],
    wish: {
      fields: {
        creditorName: { control: ALIASES.creditorName },
        creditorAccount: { control: ALIASES.creditorAccount },
        creditorAgent: { control: ALIASES.creditorAgent },
        amount: { control: ALIASES.amount },
        currency: { control: ALIASES.currency },
        debtorAccount: { control: ALIASES.debtorAccount, options: accountOptions },
        purpose: { control: ALIASES.purpose, options: purposes },
        remittanceInformation: { control: ALIASES.remittanceInformation },
        requestedExecutionDate: { control: ALIASES.requestedExecutionDate },
        attachments: { control: ALIASES.attachments },
        reference: { control: ALIASES.reference },
      },
    },
  };
}

type FormLabel = MappedField | 'name' | 'description';

const ALIASES: Readonly<Record<MappedField, string>> = {
  creditorName: 'cashbell_creditor',
  creditorAccount: 'cashbell_account',
  creditorAgent: 'cashbell_agent',
  amount: 'cashbell_amount',
  currency: 'cashbell_currency',
  debtorAccount: 'cashbell_debtor',
  purpose: 'cashbell_purpose',
  requestedExecutionDate: 'cashbell_date',
  remittanceInformation: 'cashbell_text',
  attachments: 'cashbell_files',
  reference: 'cashbell_reference',
};

function toOptions(values: readonly string[]): readonly { key: string; value: string }[] {
  return values.map((value, index) => ({ key: `option_${index}`, value }));
}

/** Choices by what people read; equal ones are told apart by the whole number. */
function optionsOfAccounts(accounts: readonly FormAccount[]): Record<string, string> {
  const short = ({ bank, name, number, currency }: FormAccount): string =>
    `${bank} ${name} …${number.slice(-4)} ${currency}`;
  const long = ({ bank, name, number, currency }: FormAccount): string =>
    `${bank} ${name} ${number} ${currency}`;
  const counts = new Map<string, number>();
  for (const account of accounts) {
    counts.set(short(account), (counts.get(short(account)) ?? 0) + 1);
  }
  return Object.fromEntries(
    accounts.map((account) => {
      const isUnique = counts.get(short(account)) === 1;
      return [isUnique ? short(account) : long(account), account.accountId];
    }),
  );
}

function optionsOfPurposes(language: Language): Record<string, PaymentPurpose> {
  return Object.fromEntries(
    paymentPurposes.map((purpose) => [translate(language, `payment.purpose.${purpose}`), purpose]),
  );
}

/** What is filled in when we start an approval ourselves. */
export interface FormContent {
  readonly debtorAccountId: string;
  readonly creditor: { readonly name: string; readonly account: string; readonly agent?: string };
  readonly instructedAmount: Money;
  readonly purpose: PaymentPurpose;
  readonly requestedExecutionDate: string;
  readonly remittanceInformation: string;
  /** Recognises the approval as ours. */
  readonly reference: string;
}

/** Values by the labels of the form's controls; undefined when the form cannot carry this payment. */
export function valuesOfForm(
  mapping: FormMapping,
  content: FormContent,
):
  | readonly { readonly name: string; readonly value: string }[]
  | { readonly missing: MappedField } {
  // A table, or no place for the reference: nothing could be recognised afterwards.
  const { reference } = mapping;
  if (mapping.table || !reference) return { missing: 'reference' };
  const values: { name: string; value: string }[] = [];
  const put = (label: string | undefined, value: string): void => {
    if (label !== undefined && value !== '') values.push({ name: label, value });
  };
  const choices = [
    ['debtorAccount', mapping.debtorAccount, content.debtorAccountId],
    ['currency', mapping.currency, content.instructedAmount.currency],
    ['purpose', mapping.purpose, content.purpose],
  ] as const;
  for (const [field, source, value] of choices) {
    if (source.kind === 'fixed') {
      if (source.value !== value) return { missing: field };
      continue;
    }
    const choice = choiceOf(source.options, value);
    if (choice === undefined) return { missing: field };
    put(source.place.label, choice);
  }
  const agent = agentValue(mapping, content.creditor.agent);
  if (agent === undefined) return { missing: 'creditorAgent' };
  if (mapping.creditorAgent?.kind === 'field') put(mapping.creditorAgent.place.label, agent);
  put(mapping.creditorName.label, content.creditor.name);
  put(mapping.creditorAccount.label, content.creditor.account);
  put(mapping.amount.label, formatDecimal(content.instructedAmount));
  put(mapping.requestedExecutionDate?.label, content.requestedExecutionDate);
  put(mapping.remittanceInformation?.label, content.remittanceInformation);
  put(reference.label, content.reference);
  return values;
}

function choiceOf(
  options: Readonly<Record<string, string>> | undefined,
  value: string,
): string | undefined {
  if (!options) return value;
  return Object.entries(options).find(([, meaning]) => meaning === value)?.[0];
}

/** Empty where nothing has to be said; undefined where something would have to be and cannot. */
function agentValue(mapping: FormMapping, agent: string | undefined): string | undefined {
  const { creditorAgent } = mapping;
  if (!creditorAgent) return '';
  if (creditorAgent.kind === 'fixed') return creditorAgent.value === agent ? '' : undefined;
  if (agent === undefined) return '';
  return choiceOf(creditorAgent.options, agent);
}
