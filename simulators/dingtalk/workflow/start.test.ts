import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../testing.ts';
import { component, PAYMENT_VALUES, startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

const BAD = 'processInstanceInvalidParameter';
const someone = { actionType: 'NONE', userIds: ['user02'] };

describe('starting an instance', () => {
  test('gives an id that ends in the second of its start, and a second call gives another', async () => {
    const first = await stand.startId();
    const { clock } = await stand.manage('GET', 'state');
    expect(first).toMatch(/^[\w-]{22}\d{14}$/);
    expect(Math.abs(Number(first.slice(-10)) - Date.parse(clock.now) / 1000)).toBeLessThan(60);
    expect(await stand.startId()).not.toBe(first);
  });

  test.each([
    ['an unknown form', { processCode: 'PROC-NONE' }, 'processCodeError'],
    ['no form', { processCode: undefined }, 'invalidParameter'],
    ['no originator', { originatorUserId: undefined }, 'invalidParameter'],
    ['an unknown originator', { originatorUserId: 'ghost' }, BAD],
    ['an unknown approver', { approvers: [{ actionType: 'NONE', userIds: ['ghost'] }] }, BAD],
    [
      'two persons for NONE',
      { approvers: [{ actionType: 'NONE', userIds: ['user02', 'user03'] }] },
      BAD,
    ],
    ['another action type', { approvers: [{ actionType: 'ANY', userIds: ['user02'] }] }, BAD],
    ['a node without people', { approvers: [{ actionType: 'AND', userIds: [] }] }, BAD],
    ['over 20 nodes', { approvers: Array.from({ length: 21 }, () => someone) }, BAD],
    ['an unknown person to copy', { ccList: ['ghost'], ccPosition: 'START' }, BAD],
    ['over 50 to copy', { ccList: Array.from({ length: 51 }, () => 'user02') }, BAD],
    ['another moment to copy', { ccList: ['user02'], ccPosition: 'LATER' }, BAD],
    ['no department without approvers', { approvers: undefined }, BAD],
    ['the root for a person who is not in it', { approvers: undefined, deptId: -1 }, BAD],
    ['an unknown department', { deptId: 77 }, BAD],
    ['a foreign agent id', { microappAgentId: 7 }, 'invalidAgentId'],
    [
      'a detail page of one’s own',
      { bizDetailPageUrl: 'https://x.example' },
      'benefitStatusInvalid',
    ],
    ['values that are none', { formComponentValues: 'x' }, 'invalidParameter'],
    [
      'over 150 values',
      { formComponentValues: Array.from({ length: 151 }, () => PAYMENT_VALUES[0]) },
      'invalidParameter',
    ],
  ])('with %s is refused', async (_name, change, code) => {
    const answer = await stand.start(change);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expect((await stand.manage('GET', 'state')).instances).toEqual([]);
  });

  test.each([
    ['a half-width bracket in a label', { name: '金额(元)', value: '1' }, 'formConverterError'],
    ['an amount with commas', { name: '金额（元）', value: '1,000.00' }, 'formConverterError'],
    [
      'an option that is not in the list',
      { name: '付款账户', value: '海外户' },
      'formConverterError',
    ],
    ['a required value that is empty', { name: '收款人', value: '' }, 'formConverterError'],
    ['a date of another form', { name: '付款日期', value: '2026/01/02' }, 'formConverterError'],
    [
      'a table with an unknown column',
      { name: '明细', value: '[[{"name":"x","value":"1"}]]' },
      'formConverterError',
    ],
    ['a table that is no list', { name: '明细', value: '{}' }, 'formConverterError'],
    [
      'a file without its fields',
      { name: '附件', value: '[{"fileId":"1"}]' },
      'formConverterError',
    ],
    ['a number as value', { name: '用途', value: 1 }, 'illegalComponent'],
    [
      'a value over 65,535 characters',
      { name: '用途', value: 'x'.repeat(65_536) },
      'illegalComponent',
    ],
    [
      'an extension over 65,535',
      { name: '用途', value: 'a', extValue: 'x'.repeat(65_536) },
      'illegalComponent',
    ],
  ])('with %s is refused', async (_name, entry, code) => {
    const others = PAYMENT_VALUES.filter((value) => value.name !== entry.name);
    const answer = await stand.start({ formComponentValues: [...others, entry] });
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    if (code === 'formConverterError') expect(answer.json.message).toContain(entry.name);
  });

  test('an option outside the list passes once the coming strictness is lifted', async () => {
    await stand.manage('POST', 'approvals/settings', { strictValues: false });
    const values = PAYMENT_VALUES.filter((entry) => entry.name !== '付款账户');
    const answer = await stand.start({
      formComponentValues: [...values, { name: '付款账户', value: '海外户' }],
    });
    expect(answer.status).toBe(200);
  });

  test('the payee control of the console is not the app’s to fill', async () => {
    const form = await stand.manage('POST', 'forms', {
      name: 'By hand',
      formComponents: [component('RecipientAccountField', 'payee', '收款账户', {})],
    });
    const answer = await stand.start({
      processCode: form.processCode,
      formComponentValues: [{ name: '收款账户', value: 'x' }],
    });
    expect(answer.json.code).toBe('illegalComponent');
  });

  test('a form may be stopped, deleted, or for some people only', async () => {
    const path = `forms/${stand.processCode}`;
    await stand.manage('POST', path, { visibleTo: ['user05'] });
    expect((await stand.start()).json.code).toBe('needAuth');
    await stand.manage('POST', path, { stopped: true });
    expect((await stand.start()).json.code).toBe('processGetFailed');
    await stand.manage('POST', path, { deleted: true });
    expect((await stand.start()).json.code).toBe('processCodeError');
  });
});

describe('the configured flow', () => {
  const configure = (flow: Json): Promise<Json> =>
    stand.manage('POST', `forms/${stand.processCode}`, { flow });
  const byFlow = {
    approvers: undefined,
    deptId: 482_001_001,
    ccList: ['user05'],
    ccPosition: 'START',
  };

  test('is used without approvers; the copies of the call do not count then', async () => {
    await configure({
      nodes: [{ roles: ['Finance manager'] }, { roles: ['CFO'], method: 'AND' }],
      ccUserIds: ['user04'],
    });
    const id = await stand.startId(byFlow);
    const { result } = await stand.details(id);
    expect(result.tasks).toMatchObject([{ userId: 'user02', status: 'RUNNING' }]);
    expect(result.ccUserIds).toEqual(['user04']);
    expect(result).not.toHaveProperty('approverUserIds');
    expect(result.originatorDeptId).toBe('482001001');
  });

  test('takes the nodes whose conditions the values meet', async () => {
    await configure({
      nodes: [
        { userIds: ['user02'] },
        { userIds: ['user03'], condition: { component: 'amount', atLeast: '1000.00' } },
        { userIds: ['user05'], condition: { component: 'amount', below: '900.01' } },
        { userIds: ['user04'], condition: { component: 'account', equals: '一般户' } },
      ],
    });
    const id = await stand.startId(byFlow);
    const instance = await stand.manage('GET', `instances/${id}`);
    expect(instance.nodes.flatMap((node: Json) => node.userIds)).toEqual(['user02', 'user05']);
  });

  test('lets the originator pick where it says so, within its range', async () => {
    const form = await configure({ nodes: [{ targetSelect: true, range: ['user02', 'user03'] }] });
    const { actorKey: actionerKey } = form.flow.nodes[0].targetSelect;
    const forecast = await stand.asApp('POST', '/v1.0/workflow/processes/forecast', {
      processCode: stand.processCode,
      userId: 'user01',
      deptId: 482_001_001,
      formComponentValues: PAYMENT_VALUES,
    });
    const [rule] = forecast.json.result.workflowActivityRules;
    expect(rule).toMatchObject({ isTargetSelect: true, workflowActor: { actorKey: actionerKey } });
    const pick = async (actionerUserIds: string[]): Promise<Json> =>
      (
        await stand.start({
          ...byFlow,
          targetSelectActioners: [{ actionerKey, actionerUserIds }],
        })
      ).json;
    expect((await stand.start(byFlow)).json.code).toBe('targetSelectApproverMissing');
    expect((await pick(['user04'])).code).toBe('targetSelectApproverScopeError');
    const { instanceId } = await pick(['user03']);
    expect((await stand.details(instanceId)).result.tasks[0].userId).toBe('user03');
  });

  test('may agree without any person', async () => {
    await configure({ nodes: [{ approvalType: 'AUTO_AGREE', userIds: ['user02'] }] });
    const { result } = await stand.details(await stand.startId(byFlow));
    expect(result).toMatchObject({ status: 'COMPLETED', result: 'agree', tasks: [] });
    const types = result.operationRecords.map((line: Json) => line.type);
    expect(types).not.toContain('EXECUTE_TASK_NORMAL');
  });

  test('may refuse by itself', async () => {
    await configure({ nodes: [{ approvalType: 'AUTO_REFUSE' }] });
    const { result } = await stand.details(await stand.startId(byFlow));
    expect(result).toMatchObject({ status: 'COMPLETED', result: 'refuse' });
  });
});
