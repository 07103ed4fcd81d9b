import { describe, expect, test } from 'vitest';
import type { FormControl, FormSchema } from '#dingtalk/form-schema.ts';
import { languages } from '#core/languages.ts';
import { paymentPurposes } from '#core/payments.ts';
import { checkMapping, wishOf } from './form-mapping.ts';
import type { MappingWish } from './form-mapping.ts';
import { makeOwnForm } from './own-form.ts';

const control = (type: string, label: string, more: Partial<FormControl> = {}): FormControl => ({
  id: `${type}_${label}`,
  type,
  label,
  isRequired: true,
  options: [],
  children: [],
  ...more,
});

const accounts = { accountIds: new Set(['acc_1', 'acc_2']) };
const schema: FormSchema = {
  title: '银行付款',
  controls: [
    control('MoneyField', '金额（元）', { bizAlias: 'amount' }),
    control('DDSelectField', '付款账户', { options: ['基本户', '一般户'] }),
    control('TextField', '收款人'),
    control('TextField', '收款账号'),
    control('DDSelectField', '用途', { options: ['货款', '工资'] }),
    control('TextareaField', '说明', { isRequired: false }),
    control('DDDateField', '付款日期', { isRequired: false }),
  ],
};
const wish: MappingWish = {
  fields: {
    amount: { control: 'amount' },
    currency: { fixed: 'CNY' },
    debtorAccount: { control: '付款账户', options: { 基本户: 'acc_1', 一般户: 'acc_2' } },
    creditorName: { control: '收款人' },
    creditorAccount: { control: 'TextField_收款账号' },
    purpose: { control: '用途', options: { 货款: 'supplier', 工资: 'salary' } },
    remittanceInformation: { control: '说明' },
    requestedExecutionDate: { control: '付款日期' },
  },
};

/** The wish with some fields changed. */
const wishing = (fields: MappingWish['fields'], more: Partial<MappingWish> = {}): MappingWish => ({
  ...more,
  fields: { ...wish.fields, ...fields },
});

function problems(changed: MappingWish, form: FormSchema = schema): readonly string[] {
  const result = checkMapping(form, changed, accounts);
  return result.isValid ? [] : result.problems.map(({ field, problem }) => `${field}: ${problem}`);
}

describe('mapping', () => {
  test('mapping: controls are found by id, by alias and by label', () => {
    const result = checkMapping(schema, wish, accounts);
    if (!result.isValid) throw new Error(JSON.stringify(result.problems));
    expect(result.mapping).toMatchObject({
      amount: { id: 'MoneyField_金额（元）', bizAlias: 'amount', isInTable: false },
      creditorAccount: { label: '收款账号' },
      currency: { kind: 'fixed', value: 'CNY' },
      purpose: { kind: 'field', options: { 货款: 'supplier', 工资: 'salary' } },
    });
    // Checked again as it is stored, it is the same.
    expect(checkMapping(schema, wishOf(result.mapping), accounts)).toEqual(result);
  });

  test.each([
    ['a field without a control', { amount: {} }, 'amount: name the control that holds it'],
    [
      'a control that is not there',
      { amount: { control: 'x' } },
      'amount: the form has no control "x"',
    ],
    [
      'a control of another kind',
      { creditorAccount: { control: '说明' } },
      'creditorAccount: is a TextareaField; it must be TextField',
    ],
    [
      'one control twice',
      { creditorAccount: { control: '收款人' } },
      'creditorAccount: is mapped already, as creditorName',
    ],
    [
      'a choice without a meaning',
      { purpose: { control: '用途', options: { 货款: 'supplier' } } },
      'purpose: say what the choice "工资" means',
    ],
    [
      'a choice that the form does not have',
      { purpose: { control: '用途', options: { 货款: 'supplier', 工资: 'salary', 税: 'tax' } } },
      'purpose: has no choice "税"',
    ],
    [
      'an account of somebody else',
      { debtorAccount: { control: '付款账户', options: { 基本户: 'acc_9', 一般户: 'acc_2' } } },
      'debtorAccount: "acc_9", for the choice "基本户", is no account of this organisation',
    ],
    [
      'a currency that nobody knows',
      { currency: { fixed: 'ABC' } },
      'currency: "ABC" is no currency',
    ],
    ['a fixed amount', { amount: { fixed: '1' } }, 'amount: name the control that holds it'],
  ])('mapping: %s is named with its fix', (_, fields, expected) => {
    const found = problems(wishing(fields));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('mapping: an amount that may stay empty is refused', () => {
    const optional = {
      ...schema,
      controls: schema.controls.map((one) => ({ ...one, isRequired: one.type !== 'MoneyField' })),
    };
    expect(problems(wish, optional)).toEqual([
      expect.stringContaining('amount: may be left empty'),
    ]);
  });

  test('mapping: two controls with one label are not guessed between', () => {
    const doubled = {
      ...schema,
      controls: [...schema.controls, control('TextField', '收款人', { id: 'X' })],
    };
    expect(problems(wish, doubled)).toEqual([
      'creditorName: two controls are called "收款人"; use its id',
    ]);
    expect(problems(wishing({ creditorName: { control: 'X' } }), doubled)).toEqual([]);
  });

  test("mapping: DingTalk's own payee control is refused, because its account cannot be read", () => {
    const form = {
      ...schema,
      controls: [...schema.controls, control('RecipientAccountField', '收款账户')],
    };
    expect(problems(wishing({ creditorAccount: { control: '收款账户' } }), form)).toEqual([
      expect.stringContaining('use a text control'),
    ]);
  });

  test('mapping: with a table the amount must stand in its rows', () => {
    const lines = control('TableField', '明细', {
      children: [control('MoneyField', '行金额'), control('TextField', '行收款人')],
    });
    const form = { ...schema, controls: [...schema.controls, lines] };
    const rows = wishing({ amount: { control: '行金额' } }, { table: '明细' });
    expect(problems(rows, form)).toEqual([]);
    expect(problems(wishing({}, { table: '明细' }), form)).toEqual([
      expect.stringContaining('amount: stands outside the table'),
    ]);
    expect(problems(wishing({}, { table: '说明' }), form)).toEqual(['table: "说明" is no table']);
  });
});

describe('own form', () => {
  const shown = [
    { accountId: 'acc_1', bank: 'BCA', name: 'Main', number: '0012345678', currency: 'IDR' },
    { accountId: 'acc_2', bank: 'BCA', name: 'Main', number: '9912345678', currency: 'IDR' },
  ];

  test.each(languages)('own form: in %s it passes its own check', (language) => {
    const form = makeOwnForm(language, shown);
    expect(form.components.length).toBeLessThanOrEqual(20);
    for (const { props } of form.components) {
      expect(props.label.length, props.label).toBeLessThanOrEqual(20);
    }
    // What DingTalk would give back for it.
    const controls = form.components.map(({ componentType, props }) => ({
      id: props.componentId,
      type: componentType,
      label: props.label,
      bizAlias: props.bizAlias,
      isRequired: props.required === true,
      options: (props.options ?? []).map(({ value }) => value),
      children: [],
    }));
    const result = checkMapping({ title: form.name, controls }, form.wish, accounts);
    expect(result).toMatchObject({ isValid: true });
    const labels = controls.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    const purposes = form.wish.fields.purpose?.options ?? {};
    expect(Object.values(purposes).toSorted()).toEqual([...paymentPurposes].toSorted());
  });

  test('own form: accounts that look alike are told apart by their whole number', () => {
    const options = makeOwnForm('en', shown).wish.fields.debtorAccount?.options;
    expect(options).toEqual({
      'BCA Main 0012345678 IDR': 'acc_1',
      'BCA Main 9912345678 IDR': 'acc_2',
    });
  });

  test('own form: ids and aliases do not depend on the language', () => {
    const names = languages.map((language) =>
      makeOwnForm(language, shown).components.map(({ props }) => [
        props.componentId,
        props.bizAlias,
      ]),
    );
    for (const one of names) expect(one).toEqual(names[0]);
  });
});
