import { describe, expect, test } from 'vitest';
import type { ApprovalInstance, FormValue } from '#dingtalk/instance.ts';
import { digestOfPayment } from '#core/payments.ts';
import { money } from '#core/money.ts';
import type { FieldPlace, FormMapping } from './form-mapping.ts';
import { valuesOfForm } from './own-form.ts';
import { digestOfForm, readForm, referenceOf } from './read-form.ts';

const place = (id: string, label: string, type: string, isInTable = false): FieldPlace => ({
  id,
  label,
  bizAlias: `alias_${id}`,
  type,
  isInTable,
});

const mapping: FormMapping = {
  creditorName: place('T1', '收款人', 'TextField'),
  creditorAccount: place('T2', '收款账号', 'TextField'),
  creditorAgent: { kind: 'field', place: place('T3', '银行', 'TextField') },
  amount: place('M1', '金额（元）', 'MoneyField'),
  currency: { kind: 'fixed', value: 'CNY' },
  debtorAccount: {
    kind: 'field',
    place: place('S1', '付款账户', 'DDSelectField'),
    options: { 基本户: 'acc_1' },
  },
  purpose: {
    kind: 'field',
    place: place('S2', '用途', 'DDSelectField'),
    options: { 货款: 'supplier' },
  },
  remittanceInformation: place('A1', '说明', 'TextareaField'),
  requestedExecutionDate: place('D1', '日期', 'DDDateField'),
  reference: place('R1', '参考', 'TextField'),
};

const filled: Readonly<Record<string, unknown>> = {
  T1: '某公司',
  T2: '6222 0000 1111',
  T3: 'ICBKCNBJ',
  M1: '900.00',
  S1: '基本户',
  S2: '货款',
  A1: 'Invoice\n42',
  D1: '2026-11-23',
};

const places = Object.values(mapping).flatMap((value) =>
  'id' in value ? [value] : value.kind === 'field' ? [value.place] : [],
);

function instanceOf(
  raws: Readonly<Record<string, unknown>>,
  shape: (at: FieldPlace, raw: unknown) => FormValue = (at, raw) => ({
    id: at.id,
    name: at.label,
    raw,
  }),
): ApprovalInstance {
  return {
    title: 'Somebody asks',
    status: 'COMPLETED',
    result: 'agree',
    originatorUserId: 'user01',
    businessId: '202611230001',
    values: places.flatMap((at) => (at.id in raws ? [shape(at, raws[at.id])] : [])),
    records: [],
    bizAction: 'NONE',
    attachedProcessInstanceIds: [],
  };
}

function read(change: Readonly<Record<string, unknown>> = {}) {
  const raws = Object.fromEntries(
    Object.entries({ ...filled, ...change }).filter(([, raw]) => raw !== undefined),
  );
  return readForm(mapping, instanceOf(raws));
}

function payment(change: Readonly<Record<string, unknown>> = {}) {
  const result = read(change);
  if (!result.isReadable) throw new Error(JSON.stringify(result.problem));
  return result.payments[0]!;
}

describe('form', () => {
  test('form: everything of a payment is read', () => {
    expect(payment()).toMatchObject({
      debtorAccountId: 'acc_1',
      creditor: { name: '某公司', account: '622200001111', agent: 'ICBKCNBJ' },
      instructedAmount: money(90_000n, 'CNY'),
      purpose: 'supplier',
      remittanceInformation: 'Invoice 42',
      requestedExecutionDate: expect.objectContaining({}),
    });
    expect(payment().requestedExecutionDate?.toString()).toBe('2026-11-23');
    expect(payment({ A1: undefined }).remittanceInformation).toBe('202611230001');
  });

  test.each(['900', '900.0', '900.00', '900.000', '0900'])(
    'form: %s is exactly the same amount',
    (raw) => {
      expect(payment({ M1: raw }).instructedAmount).toEqual(money(90_000n, 'CNY'));
    },
  );

  test('form: amounts keep every digit', () => {
    expect(payment({ M1: '12345678901234567.89' }).instructedAmount.amountMinorUnits).toBe(
      1_234_567_890_123_456_789n,
    );
    expect(payment({ M1: '1,234,567.89' }).instructedAmount.amountMinorUnits).toBe(123_456_789n);
  });

  test.each([
    ['M1', '900.001', 'amount', 'has more decimals than CNY'],
    ['M1', '0', 'amount', 'is no amount above zero'],
    ['M1', '-900', 'amount', 'is no amount above zero'],
    ['M1', '9e2', 'amount', 'is no amount above zero'],
    ['M1', '9,00', 'amount', 'is no amount above zero'],
    ['M1', '', 'amount', 'is empty'],
    ['M1', undefined, 'amount', 'is empty'],
    ['T1', 'null', 'creditorName', 'is empty'],
    ['T2', undefined, 'creditorAccount', 'is empty'],
    ['S1', '一般户', 'debtorAccount', 'has the unknown choice "一般户"'],
    ['S2', undefined, 'purpose', 'is empty'],
    ['D1', '23/11/2026', 'requestedExecutionDate', 'is no date'],
    ['D1', '2026-02-30', 'requestedExecutionDate', 'is no date'],
  ])('form: %s = %j is no payment: %s %s', (id, raw, field, problem) => {
    expect(read({ [id]: raw })).toMatchObject({ isReadable: false, problem: { field, problem } });
  });

  test('form: without ids values are found by alias, then by label', () => {
    const byAlias = instanceOf(filled, (at, raw) => ({
      name: 'renamed',
      bizAlias: at.bizAlias ?? '',
      raw,
    }));
    const byLabel = instanceOf(filled, (at, raw) => ({ name: at.label, raw }));
    const expected = readForm(mapping, instanceOf(filled));
    expect(readForm(mapping, byAlias)).toEqual(expected);
    expect(readForm(mapping, byLabel)).toEqual(expected);
  });

  test('form: a stranger with the same label is not taken for the field', () => {
    const other = instanceOf(filled, (at, raw) => ({ id: `other_${at.id}`, name: at.label, raw }));
    expect(readForm(mapping, other)).toMatchObject({ isReadable: false });
  });

  test('form: a field that stands there twice is a doubt', () => {
    const doubled = instanceOf(filled);
    const twice = {
      ...doubled,
      values: [...doubled.values, { id: 'M1', name: '金额（元）', raw: '1.00' }],
    };
    expect(readForm(mapping, twice)).toMatchObject({
      problem: { field: 'amount', control: '金额（元）', problem: 'stands there twice' },
    });
  });
});

describe('digest of a form', () => {
  const expected = digestOfPayment({
    debtorAccountId: 'acc_1',
    creditor: { name: '某公司', account: '622200001111', agent: 'ICBKCNBJ' },
    instructedAmount: money(90_000n, 'CNY'),
    purpose: 'supplier',
  });

  test('digest of a form: it is that of the payment, however the amount is written', () => {
    for (const raw of ['900', '900.00', '900.0']) {
      expect(digestOfForm(payment({ M1: raw }), undefined)).toBe(expected);
    }
  });

  test.each([
    ['M1', '900.01'],
    ['T1', '别的公司'],
    ['T2', '622200001112'],
    ['T3', 'OTHERBNK'],
  ])('digest of a form: another %s is another digest', (id, raw) => {
    expect(digestOfForm(payment({ [id]: raw }), 'ICBKCNBJ')).not.toBe(expected);
  });

  test('digest of a form: a bank that is not named is that of the registered account', () => {
    expect(digestOfForm(payment({ T3: undefined }), 'ICBKCNBJ')).toBe(expected);
    expect(digestOfForm(payment({ T3: undefined }), undefined)).not.toBe(expected);
  });
});

describe('tables', () => {
  const table = place('TB', '明细', 'TableField');
  const rowMapping: FormMapping = {
    ...mapping,
    table,
    amount: place('RM', '行金额', 'MoneyField', true),
    creditorName: place('RN', '行收款人', 'TextField', true),
  };
  const withRows = (rows: unknown): ApprovalInstance => {
    const base = instanceOf(filled);
    return { ...base, values: [...base.values, { id: 'TB', name: '明细', raw: rows }] };
  };
  const row = (amount: string, name: string) => ({
    rowValue: [
      { key: 'RM', label: '行金额', value: amount },
      { key: 'RN', label: '行收款人', value: name },
    ],
    rowNumber: 'x',
  });

  test('tables: each row is a payment, numbered from 1', () => {
    const result = readForm(
      rowMapping,
      withRows(JSON.stringify([row('1.00', 'A'), row('2', 'B')])),
    );
    if (!result.isReadable) throw new Error(JSON.stringify(result.problem));
    expect(
      result.payments.map(({ row: number, creditor, instructedAmount }) => [
        number,
        creditor.name,
        instructedAmount.amountMinorUnits,
      ]),
    ).toEqual([
      [1, 'A', 100n],
      [2, 'B', 200n],
    ]);
  });

  test('tables: one bad row and nothing is asked for', () => {
    const result = readForm(rowMapping, withRows([row('1.00', 'A'), row('', 'B')]));
    expect(result).toMatchObject({ isReadable: false, problem: { field: 'amount', row: 2 } });
  });

  test('tables: none at all is no payment', () => {
    expect(readForm(rowMapping, withRows('[]'))).toMatchObject({ problem: { field: 'table' } });
    expect(readForm(rowMapping, instanceOf(filled))).toMatchObject({ problem: { field: 'table' } });
  });
});

describe('filling in', () => {
  const content = {
    debtorAccountId: 'acc_1',
    creditor: { name: '某公司', account: '622200001111', agent: 'ICBKCNBJ' },
    instructedAmount: money(90_000n, 'CNY'),
    purpose: 'supplier' as const,
    requestedExecutionDate: '2026-11-23',
    remittanceInformation: 'Invoice 42',
    reference: '123456789012345678',
  };

  test('filling in: what we write is read as the same payment', () => {
    const values = valuesOfForm(mapping, content);
    if (!Array.isArray(values)) throw new Error(JSON.stringify(values));
    const instance = {
      ...instanceOf({}),
      values: values.map(({ name, value }: { name: string; value: string }) => ({
        name,
        raw: value,
      })),
    };
    const result = readForm(mapping, instance);
    if (!result.isReadable) throw new Error(JSON.stringify(result.problem));
    expect(result.payments[0]).toMatchObject({
      debtorAccountId: 'acc_1',
      creditor: content.creditor,
      instructedAmount: content.instructedAmount,
      remittanceInformation: 'Invoice 42',
    });
    expect(referenceOf(mapping, instance)).toBe(content.reference);
  });

  test.each([
    ['debtorAccount', { debtorAccountId: 'acc_2' }],
    ['currency', { instructedAmount: money(1n, 'USD') }],
    ['purpose', { purpose: 'salary' as const }],
  ])('filling in: a form that cannot carry the %s says so', (missing, change) => {
    expect(valuesOfForm(mapping, { ...content, ...change })).toEqual({ missing });
  });

  test('filling in: without a place for the reference nothing could be found again', () => {
    const { reference: _reference, ...without } = mapping;
    expect(valuesOfForm(without, content)).toEqual({ missing: 'reference' });
  });
});
