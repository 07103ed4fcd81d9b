import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../testing.ts';
import { component, PAYMENT_VALUES, startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

/** Writes one value into a form of one control and reads it back. */
async function roundTrip(
  componentType: string,
  value: string,
  props: Record<string, unknown> = {},
  label = 'x',
): Promise<Json> {
  const form = await stand.manage('POST', 'forms', {
    name: componentType,
    formComponents: [component(componentType, 'x', label, props)],
  });
  const id = await stand.startId({
    processCode: form.processCode,
    formComponentValues: [{ name: label, value }],
  });
  const [read] = (await stand.details(id)).result.formComponentValues;
  return { ...read, ext: read.extValue === undefined ? undefined : JSON.parse(read.extValue) };
}

const OPTIONS = { options: [{ value: 'a' }, { value: 'b', key: 'k' }] };

describe('values read back', () => {
  test('the amount has its capitals, and trailing zeros are lost', async () => {
    expect(await roundTrip('MoneyField', '1000')).toMatchObject({
      id: 'MoneyField_x',
      bizAlias: 'x',
      name: 'x',
      componentType: 'MoneyField',
      value: '1000',
      ext: { upper: '壹仟元整', componentName: 'MoneyField' },
    });
    const { result } = await stand.details(await stand.startId());
    expect(result.formComponentValues[0].value).toBe('900');
  });

  test.each([
    ['TextareaField', 'a\r\nb', 'a\nb', {}, undefined],
    ['DDSelectField', 'b', 'b', OPTIONS, { label: 'b', key: 'k' }],
    [
      'DDMultiSelectField',
      '["a"]',
      '["a"]',
      OPTIONS,
      [{ label: 'a', value: 'a', key: 'option_0' }],
    ],
    ['DDDateField', '2026-05-09', '2026-05-09', {}, undefined],
    ['DDDateField', '2026-05-09 08:30', '2026-05-09 08:30', { unit: '小时' }, undefined],
    ['PhoneField', '+8613800000000', '13800000000', {}, { mode: 'phone', countryCode: '+86' }],
    [
      'InnerContactField',
      '["user02"]',
      'Siti Rahma',
      {},
      [{ emplId: 'user02', name: 'Siti Rahma' }],
    ],
    [
      'DepartmentField',
      '482001001,482001003',
      'Finance 财务部,Sales 销售部',
      {},
      [{ id: '482001001' }, { id: '482001003' }],
    ],
    ['StarRatingField', '5', '5', {}, undefined],
  ])('of a %s written as %s', async (type, written, read, props, ext) => {
    const back = await roundTrip(type, written, props);
    expect(back.value).toBe(read);
    if (ext === undefined) expect(back).not.toHaveProperty('extValue');
    else expect(back.ext).toMatchObject(ext);
  });

  test('a date range comes back with a third element', async () => {
    const label = '["开始时间","结束时间"]';
    const back = await roundTrip('DDDateRangeField', '["2026-01-01","2026-01-02"]', {}, label);
    expect(back).toMatchObject({ name: label, value: '["2026-01-01","2026-01-02",null]' });
  });

  test('the size of an attachment comes back as a number', async () => {
    const file = { spaceId: '1', fileName: 'a.pdf', fileSize: '333', fileType: 'pdf', fileId: '2' };
    const back = await roundTrip('DDAttachment', JSON.stringify([file]));
    expect(JSON.parse(back.value)).toEqual([{ ...file, fileSize: 333 }]);
  });

  test('a table comes back in its other shape', async () => {
    const value = '[[{"name":"行金额","value":"900.00"}],[{"name":"行金额","value":"1.50"}]]';
    const id = await stand.startId({
      formComponentValues: [...PAYMENT_VALUES, { name: '明细', value }],
    });
    const { result } = await stand.details(id);
    const lines = result.formComponentValues.find((entry: Json) => entry.bizAlias === 'lines');
    expect(JSON.parse(lines.extValue)).toEqual({ statValue: [], componentName: 'TableField' });
    const cell = { label: '行金额', key: 'MoneyField_lineAmount', componentType: 'MoneyField' };
    expect(JSON.parse(lines.value)).toMatchObject([
      { rowValue: [{ ...cell, value: '900' }], rowNumber: expect.stringMatching(/^TableField_/) },
      { rowValue: [{ ...cell, value: '1.5' }] },
    ]);
  });

  test('lists in table rows are texts or, in other captures, real lists', async () => {
    const columns = [component('DDPhotoField', 'photo', '图片', {})];
    const form = await stand.manage('POST', 'forms', {
      name: 'Photos',
      formComponents: [{ ...component('TableField', 't', 't', {}), children: columns }],
    });
    const rows = '[[{"name":"图片","value":"[\\"https://x.example/1\\"]"}]]';
    const id = await stand.startId({
      processCode: form.processCode,
      formComponentValues: [{ name: 't', value: rows }],
    });
    const read = async (): Promise<Json> =>
      JSON.parse((await stand.details(id)).result.formComponentValues[0].value)[0].rowValue[0]
        .value;
    expect(await read()).toBe('["https://x.example/1"]');
    await stand.manage('POST', 'approvals/settings', { rowLists: true });
    expect(await read()).toEqual(['https://x.example/1']);
  });

  test('a note comes back as its text', async () => {
    const form = await stand.manage('POST', 'forms', {
      name: 'Note',
      formComponents: [
        { componentType: 'TextNote', props: { componentId: 'note', content: 'Pay with care.' } },
        component('TextField', 'a', 'a', {}),
      ],
    });
    const id = await stand.startId({
      processCode: form.processCode,
      formComponentValues: [{ name: 'a', value: 'b' }],
    });
    const values = (await stand.details(id)).result.formComponentValues;
    expect(values[0]).toMatchObject({ componentType: 'TextNote', value: 'Pay with care.' });
  });
});
