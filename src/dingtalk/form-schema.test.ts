import { expect, test } from 'vitest';
import { digestOfSchema, readSchemaBody } from './form-schema.ts';

const select = (options: unknown) => ({
  componentName: 'DDSelectField',
  props: { id: 'DDSelectField_1', label: 'Account', required: 'true', options },
});

function read(items: readonly unknown[]) {
  const schema = readSchemaBody({ result: { schemaContent: { title: 'Payment', items } } });
  if (!schema) throw new Error('the schema was not read');
  return schema;
}

test.each([
  [
    'objects',
    [
      { key: 'option_0', value: 'A' },
      { key: 'option_1', value: 'B' },
    ],
  ],
  ['JSON text', ['{"key":"option_0","value":"A"}', '{"key":"option_1","value":"B"}']],
  ['plain text', ['A', 'B']],
  ['a list inside text', '[{"value":"A"},{"value":"B"}]'],
])('readSchemaBody: choices as %s', (_, options) => {
  expect(read([select(options)]).controls[0]).toMatchObject({
    id: 'DDSelectField_1',
    type: 'DDSelectField',
    isRequired: true,
    options: ['A', 'B'],
  });
});

test('readSchemaBody: a number among the choices stays text', () => {
  expect(read([select(['2026'])]).controls[0]?.options).toEqual(['2026']);
});

test('readSchemaBody: tables have children; what has no id only shows something', () => {
  const schema = read([
    { componentName: 'TextNote', props: { label: 'Read this' } },
    {
      componentName: 'TableField',
      props: { id: 'TableField_1', label: '明细' },
      children: [
        {
          componentName: 'MoneyField',
          props: { id: 'MoneyField_l', label: '行金额', bizAlias: 'amount' },
        },
      ],
    },
  ]);
  expect(schema.controls).toHaveLength(1);
  expect(schema.controls[0]?.children).toEqual([
    expect.objectContaining({ id: 'MoneyField_l', bizAlias: 'amount', isRequired: false }),
  ]);
});

test('readSchemaBody: something else is no schema', () => {
  expect(readSchemaBody({ result: {} })).toBeUndefined();
  expect(readSchemaBody('x')).toBeUndefined();
});

test('digestOfSchema: the order of controls does not matter, everything else does', () => {
  const money = {
    componentName: 'MoneyField',
    props: { id: 'M', label: 'Amount', required: true },
  };
  const text = { componentName: 'TextField', props: { id: 'T', label: 'Payee' } };
  const digest = digestOfSchema(read([money, text]));
  expect(digestOfSchema(read([text, money]))).toBe(digest);
  const others = [
    [money],
    [money, { ...text, props: { ...text.props, label: 'Creditor' } }],
    [{ ...money, props: { ...money.props, required: false } }, text],
    [{ ...money, componentName: 'NumberField' }, text],
    [money, { ...text, children: [money] }],
  ];
  for (const items of others) expect(digestOfSchema(read(items))).not.toBe(digest);
  expect(digestOfSchema(read([select(['A'])]))).not.toBe(digestOfSchema(read([select(['B'])])));
});
