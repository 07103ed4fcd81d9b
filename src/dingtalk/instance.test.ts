import { describe, expect, test } from 'vitest';
import {
  attachmentsOf,
  humanApprovers,
  readInstanceBody,
  refusalOf,
  rowsOf,
  textOf,
} from './instance.ts';
import type { ApprovalInstance } from './instance.ts';
import { parseWorkflowTime } from './workflow-times.ts';

function instance(over: Record<string, unknown> = {}): ApprovalInstance {
  const read = tryInstance(over);
  if (!read) throw new Error('the instance was not read');
  return read;
}

function tryInstance(over: Record<string, unknown>): ApprovalInstance | undefined {
  return readInstanceBody({
    success: 'true',
    result: {
      title: '付款',
      status: 'COMPLETED',
      result: 'agree',
      originatorUserId: 'user01',
      createTime: '2023-05-09T19:23Z',
      formComponentValues: [],
      operationRecords: [],
      bizAction: 'NONE',
      ...over,
    },
  });
}

describe('instance', () => {
  test.each([
    ['running, with an empty result', { status: 'RUNNING', result: '' }, true],
    ['running, without a result', { status: 'RUNNING', result: undefined }, true],
    ['withdrawn', { status: 'TERMINATED', result: '' }, true],
    ['refused', { result: 'refuse' }, true],
    ['completed, neither yes nor no', { result: '' }, false],
    ['completed with another word', { result: 'agreed' }, false],
    ['of an unknown status', { status: 'CANCELED' }, false],
    ['without an originator', { originatorUserId: undefined }, false],
  ])('instance: one that is %s is read: %s', (_, over, isRead) => {
    expect(tryInstance(over) !== undefined).toBe(isRead);
  });

  test('instance: a result while it runs is not believed', () => {
    expect(instance({ status: 'RUNNING', result: 'agree' }).result).toBeUndefined();
    expect(instance().result).toBe('agree');
  });

  test('instance: an absent bizAction is NONE; links are kept', () => {
    expect(instance({ bizAction: undefined }).bizAction).toBe('NONE');
    expect(instance({ bizAction: 'MODIFY', mainProcessInstanceId: 'm' })).toMatchObject({
      bizAction: 'MODIFY',
      mainProcessInstanceId: 'm',
    });
    expect(instance({ attachedProcessInstanceIds: ['a', ''] }).attachedProcessInstanceIds).toEqual([
      'a',
    ]);
  });

  test('instance: values keep the id, the label and the alias', () => {
    const [value] = instance({
      formComponentValues: [
        {
          id: 'MoneyField_1',
          name: '金额（元）',
          bizAlias: 'amount',
          componentType: 'MoneyField',
          value: '1000',
          extValue: '{"upper":"壹仟元整","componentName":"MoneyField"}',
        },
      ],
    }).values;
    expect(value).toEqual({
      id: 'MoneyField_1',
      name: '金额（元）',
      bizAlias: 'amount',
      componentType: 'MoneyField',
      raw: '1000',
    });
  });
});

describe('text of a value', () => {
  test.each([
    ['900.00', '900.00'],
    [' x ', ' x '],
    ['', undefined],
    ['   ', undefined],
    ['null', undefined],
    [null, undefined],
    [1000, '1000'],
    [900.5, '900.5'],
    // Digits that JSON's numbers lose.
    [1e21, undefined],
    [1234567890123456, undefined],
    [['a'], undefined],
  ])('textOf: %j is %j', (raw, expected) => {
    expect(textOf({ name: 'n', raw })).toBe(expected);
  });
});

describe('tables', () => {
  const captured = [
    {
      rowValue: [
        { label: '行金额', value: '900.00', key: 'MoneyField_line', componentType: 'MoneyField' },
        { label: '附件', value: [{ fileId: 1 }], key: 'DDAttachment_1' },
      ],
      rowNumber: 'TableField_lines_1',
    },
  ];

  test('rowsOf: the captured shape, as text and as a list', () => {
    const expected = [
      [expect.objectContaining({ id: 'MoneyField_line', name: '行金额' }), expect.anything()],
    ];
    expect(rowsOf({ name: '明细', raw: JSON.stringify(captured) })).toEqual(expected);
    expect(rowsOf({ name: '明细', raw: captured })).toEqual(expected);
  });

  test('rowsOf: the written shape', () => {
    const raw = '[[{"name":"行金额","value":"900.00"}],[{"name":"行金额","value":"1"}]]';
    expect(rowsOf({ name: '明细', raw })?.map((row) => row.map(textOf))).toEqual([
      ['900.00'],
      ['1'],
    ]);
  });

  test.each(['', 'x', '{"a":1}', null, '["a"]'])('rowsOf: %j is no table', (raw) => {
    expect(rowsOf({ name: 'n', raw })).toBeUndefined();
  });
});

describe('attachments', () => {
  test('attachmentsOf: sizes and ids are numbers or text', () => {
    const raw =
      '[{"spaceId":163,"fileName":"a.pdf","fileSize":33,"fileType":"pdf","fileId":"643"}]';
    expect(attachmentsOf({ name: 'n', raw })).toEqual([
      { fileId: '643', fileName: 'a.pdf', spaceId: '163' },
    ]);
    expect(attachmentsOf({ name: 'n', raw: 'null' })).toEqual([]);
  });
});

describe('approvers', () => {
  const agreed = (userId: string, type = 'EXECUTE_TASK_NORMAL') => ({
    userId,
    type,
    result: 'AGREE',
    date: '2023-05-09T19:24Z',
  });

  test('humanApprovers: people who agreed by hand, each once', () => {
    const operationRecords = [
      { userId: 'user01', type: 'START_PROCESS_INSTANCE', result: 'NONE' },
      agreed('boss01'),
      agreed('boss01'),
      agreed('cfo01', 'EXECUTE_TASK_AGENT'),
      agreed('auto', 'EXECUTE_TASK_AUTO'),
      agreed(''),
      { userId: 'ceo01', type: 'ADD_REMARK', result: 'AGREE' },
      { userId: 'x01', type: 'EXECUTE_TASK_NORMAL', result: 'NONE' },
      { userId: 'user01', type: 'FINISH_PROCESS_INSTANCE', result: 'NONE' },
    ];
    expect(humanApprovers(instance({ operationRecords }))).toEqual(['boss01', 'cfo01']);
  });

  test('humanApprovers: what was agreed before a return does not count', () => {
    const operationRecords = [
      agreed('boss01'),
      { userId: 'cfo01', type: 'REDIRECT_PROCESS', result: 'NONE' },
      agreed('cfo01'),
    ];
    expect(humanApprovers(instance({ operationRecords }))).toEqual(['cfo01']);
  });

  test('refusalOf: who refused, and why', () => {
    const operationRecords = [
      agreed('boss01'),
      { userId: 'cfo01', type: 'EXECUTE_TASK_NORMAL', result: 'REFUSE', remark: 'too much' },
    ];
    expect(refusalOf(instance({ operationRecords }))).toMatchObject({
      userId: 'cfo01',
      remark: 'too much',
    });
  });
});

describe('times', () => {
  test.each([
    // A real instance: its id ends in 11:23:46 UTC (section 4.4, traps).
    ['2023-05-09T19:23Z', '2023-05-09T11:23:00Z'],
    ['2023-05-09 19:23:46', '2023-05-09T11:23:46Z'],
    ['2023-05-09T19:23+0800', '2023-05-09T11:23:00Z'],
    ['1683631426000', '2023-05-09T11:23:46Z'],
    ['yesterday', undefined],
    [undefined, undefined],
  ])('parseWorkflowTime: %s is %s', (text, expected) => {
    expect(parseWorkflowTime(text)?.toString()).toBe(expected);
  });
});
