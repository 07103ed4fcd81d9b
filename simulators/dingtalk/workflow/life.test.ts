import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../testing.ts';
import { startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

/** Events of one instance in short: what, type, who, result. */
function heard(id: string): string[] {
  return stand.events
    .filter((event) => event.data.processInstanceId === id)
    .map(({ eventType, data }) =>
      [eventType.replace(/bpms_|_change/g, ''), data.type, data.staffId, data.result]
        .filter(Boolean)
        .join(' '),
    );
}

async function recordTypes(id: string): Promise<string[]> {
  const { result } = await stand.details(id);
  return result.operationRecords.map((line: Json) => `${line.type} ${line.result}`);
}

describe('an approval by two persons', () => {
  test('goes through both and tells every step', async () => {
    const id = await stand.startId({ ccList: ['user05'], ccPosition: 'START_FINISH' });
    const before = (await stand.details(id)).result;
    expect(before).toMatchObject({ status: 'RUNNING', result: '', bizAction: 'NONE' });
    expect(before).not.toHaveProperty('finishTime');
    expect(before.tasks).toMatchObject([{ userId: 'user02', status: 'RUNNING', result: 'NONE' }]);
    await stand.deed(id, 'agree', { userId: 'user02', remark: 'fine' });
    await stand.deed(id, 'agree', { userId: 'user03' });
    const after = await stand.details(id);
    expect(after.success).toBe(true);
    expect(after.result).toMatchObject({
      status: 'COMPLETED',
      result: 'agree',
      originatorUserId: 'user01',
      approverUserIds: ['user02', 'user03'],
      tasks: [
        { userId: 'user02', status: 'COMPLETED', result: 'AGREE' },
        { userId: 'user03', status: 'COMPLETED', result: 'AGREE' },
      ],
    });
    expect(await recordTypes(id)).toEqual([
      'START_PROCESS_INSTANCE NONE',
      'PROCESS_CC NONE',
      'EXECUTE_TASK_NORMAL AGREE',
      'EXECUTE_TASK_NORMAL AGREE',
      'FINISH_PROCESS_INSTANCE AGREE',
      'PROCESS_CC NONE',
    ]);
    expect(heard(id)).toEqual([
      'instance start user01',
      'task start user02',
      'task finish user02 agree',
      'task start user03',
      'task finish user03 agree',
      'instance finish user01 agree',
    ]);
  });

  test('has events with the fields of the reference', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'refuse', { userId: 'user02', remark: 'no' });
    const finish = stand.events.at(-1);
    const fields =
      'bizCategoryId businessId businessType createTime finishTime processCode processInstanceId result staffId title type url';
    expect(Object.keys(finish?.data ?? {}).toSorted()).toEqual(fields.split(' '));
    const task = stand.events.at(-2);
    expect(task?.data).toMatchObject({ type: 'finish', result: 'refuse', remark: 'no' });
    expect(task?.data.taskId).toEqual(expect.any(Number));
    const start = stand.events[0];
    expect(start?.data).not.toHaveProperty('result');
    expect(start?.data).not.toHaveProperty('finishTime');
    const ids = new Set(stand.events.map((event: Json) => event.eventId));
    expect(ids.size).toBe(stand.events.length);
  });

  test('tells times that look like UTC and are Beijing’s, or epoch times', async () => {
    await stand.manage('POST', 'clock', { now: '2023-05-09T11:23:46.500Z' });
    const id = await stand.startId();
    expect(id.endsWith('1683631426')).toBe(true);
    expect((await stand.details(id)).result.createTime).toBe('2023-05-09T19:23Z');
    await stand.manage('POST', 'approvals/settings', { times: 'epoch', success: 'text' });
    const other = await stand.details(id);
    expect(other.success).toBe('true');
    expect(other.result.createTime).toMatch(/^168363142\d{4}$/);
  });
});

describe('nodes of several persons', () => {
  test('AND waits for all, and one refusal ends it', async () => {
    const approvers = [{ actionType: 'AND', userIds: ['user02', 'user03'] }];
    const id = await stand.startId({ approvers });
    await stand.deed(id, 'agree', { userId: 'user03' });
    expect((await stand.details(id)).result.status).toBe('RUNNING');
    await stand.deed(id, 'refuse', { userId: 'user02' });
    expect((await stand.details(id)).result).toMatchObject({
      status: 'COMPLETED',
      result: 'refuse',
    });
    const other = await stand.startId({ approvers });
    await stand.deed(other, 'refuse', { userId: 'user02' });
    expect(heard(other)).toContain('task cancel user03');
    expect((await stand.details(other)).result.tasks[1]).toMatchObject({ status: 'CANCELED' });
  });

  test('OR needs one, and the others are cancelled', async () => {
    const id = await stand.startId({
      approvers: [{ actionType: 'OR', userIds: ['user02', 'user03'] }],
    });
    await stand.deed(id, 'agree', { userId: 'user03' });
    expect((await stand.details(id)).result).toMatchObject({
      status: 'COMPLETED',
      result: 'agree',
    });
    expect(heard(id).slice(3)).toEqual([
      'task finish user03 agree',
      'task cancel user02',
      'instance finish user01 agree',
    ]);
  });

  test('ONE_BY_ONE, as only the console has it, opens one after the other', async () => {
    const nodes = [{ method: 'ONE_BY_ONE', userIds: ['user02', 'user03'] }];
    await stand.manage('POST', `forms/${stand.processCode}`, { flow: { nodes } });
    const id = await stand.startId({ approvers: undefined, deptId: 482_001_001 });
    expect((await stand.details(id)).result.tasks).toMatchObject([
      { status: 'RUNNING' },
      { status: 'NEW' },
    ]);
    await expect(stand.deed(id, 'agree', { userId: 'user03' })).rejects.toThrow('400');
    await stand.deed(id, 'agree', { userId: 'user02' });
    await stand.deed(id, 'agree', { userId: 'user03' });
    expect((await stand.details(id)).result.result).toBe('agree');
  });
});

describe('what else people do', () => {
  test('a task is handed on, and then the other one decides', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'redirect', { userId: 'user02', toUserId: 'user04', remark: 'please' });
    const { result } = await stand.details(id);
    expect(result.tasks).toMatchObject([
      { userId: 'user02', status: 'COMPLETED', result: 'REDIRECTED' },
      { userId: 'user04', status: 'RUNNING' },
    ]);
    expect(heard(id).slice(2)).toEqual(['task finish user02 redirect', 'task start user04']);
    await expect(stand.deed(id, 'agree', { userId: 'user02' })).rejects.toThrow('400');
    await stand.deed(id, 'agree', { userId: 'user04' });
    await stand.deed(id, 'agree', { userId: 'user03' });
    expect(await recordTypes(id)).toContain('REDIRECT_TASK NONE');
  });

  test('the originator withdraws, not others, not at once, not where the form forbids it', async () => {
    const id = await stand.startId();
    const revoke = (userId: string): Promise<Json> => stand.deed(id, 'revoke', { userId });
    await expect(revoke('user01')).rejects.toThrow('15');
    await stand.manage('POST', 'clock', { advanceMs: 15_000 });
    await expect(revoke('user02')).rejects.toThrow('400');
    await stand.manage('POST', `forms/${stand.processCode}`, { allowWithdraw: false });
    await expect(revoke('user01')).rejects.toThrow('400');
    await stand.manage('POST', `forms/${stand.processCode}`, { allowWithdraw: true });
    await revoke('user01');
    const { result } = await stand.details(id);
    expect(result).toMatchObject({ status: 'TERMINATED', result: '' });
    expect(result.tasks[0].status).toBe('TERMINATED');
    const told = stand.events.at(-1)?.data;
    expect(told).toMatchObject({ type: 'terminate' });
    expect(told).not.toHaveProperty('result');
    await expect(revoke('user01')).rejects.toThrow('400');
  });

  test('an agent decides in somebody’s place', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'agree', { userId: 'user04', agentFor: 'user02' });
    const { result } = await stand.details(id);
    expect(result.operationRecords.at(-1)).toMatchObject({
      type: 'EXECUTE_TASK_AGENT',
      userId: 'user04',
      result: 'AGREE',
    });
  });

  test('people are added before and after', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'append', { userId: 'user02', userIds: ['user04'], position: 'before' });
    expect((await stand.details(id)).result.tasks).toMatchObject([
      { userId: 'user02', status: 'PAUSED' },
      { userId: 'user04', status: 'RUNNING' },
    ]);
    await stand.deed(id, 'agree', { userId: 'user04' });
    await stand.deed(id, 'append', { userId: 'user02', userIds: ['user05'], position: 'after' });
    for (const userId of ['user02', 'user05', 'user03']) await stand.deed(id, 'agree', { userId });
    expect((await stand.details(id)).result.result).toBe('agree');
    const types = await recordTypes(id);
    expect(types).toContain('APPEND_TASK_BEFORE NONE');
    expect(types).toContain('APPEND_TASK_AFTER NONE');
  });

  test('a request is sent back and decided anew', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'agree', { userId: 'user02' });
    await stand.deed(id, 'send-back', { userId: 'user03', nodeIndex: 0, remark: 'look again' });
    expect(await recordTypes(id)).toContain('REDIRECT_PROCESS NONE');
    for (const userId of ['user02', 'user03']) await stand.deed(id, 'agree', { userId });
    expect((await stand.details(id)).result.result).toBe('agree');
  });

  test('an approver changes a value, which no event tells', async () => {
    const id = await stand.startId();
    const count = stand.events.length;
    await stand.deed(id, 'edit', { userId: 'user02', values: { amount: '9000.00' } });
    await expect(
      stand.deed(id, 'edit', { userId: 'user02', values: { amount: 'nine' } }),
    ).rejects.toThrow('400');
    expect(stand.events).toHaveLength(count);
    const { result } = await stand.details(id);
    expect(result.formComponentValues[0].value).toBe('9000');
    const { edits } = await stand.manage('GET', `instances/${id}`);
    expect(edits).toMatchObject([{ label: '金额（元）', from: '900.00', to: '9000.00' }]);
  });

  test('a finished request is followed by one that changes or undoes it', async () => {
    const id = await stand.startId();
    await expect(
      stand.deed(id, 'follow', { userId: 'user01', bizAction: 'MODIFY' }),
    ).rejects.toThrow('400');
    for (const userId of ['user02', 'user03']) await stand.deed(id, 'agree', { userId });
    const order = { userId: 'user01', bizAction: 'MODIFY', values: { amount: '950.00' } };
    const main = await stand.deed(id, 'follow', order);
    const [next] = main.attachedProcessInstanceIds;
    expect((await stand.details(id)).result.attachedProcessInstanceIds).toEqual([next]);
    expect((await stand.details(next)).result).toMatchObject({
      bizAction: 'MODIFY',
      mainProcessInstanceId: id,
      status: 'RUNNING',
    });
    expect(heard(next)[0]).toBe('instance start user01');
  });

  test('a person starts a form of the console, and no approvers are told of it', async () => {
    const form = await stand.manage('POST', 'forms', {
      name: 'Old payment form',
      formComponents: [{ componentType: 'TextField', props: { label: 'Payee', required: true } }],
      flow: { nodes: [{ roles: ['CFO'] }] },
    });
    const order = { form: form.name, userId: 'user05', values: { Payee: 'PT Maju' } };
    const instance = await stand.manage('POST', 'instances', order);
    expect(instance).toMatchObject({ startedBy: 'person', status: 'RUNNING' });
    const { result } = await stand.details(instance.processInstanceId);
    expect(result.title).toBe('Maria Santos提交的Old payment form');
    expect(result).not.toHaveProperty('approverUserIds');
    await expect(stand.manage('POST', 'instances', { ...order, values: {} })).rejects.toThrow(
      '400',
    );
  });

  test('a deleted request is gone, told only when a type is given', async () => {
    const id = await stand.startId();
    const other = await stand.startId();
    const count = stand.events.length;
    await stand.manage('DELETE', `instances/${id}`);
    expect(stand.events).toHaveLength(count);
    expect((await stand.details(id)).code).toBe('processInstanceNotExist');
    await stand.manage('DELETE', `instances/${other}`, { eventType: 'delete' });
    expect(stand.events.at(-1)?.data).toMatchObject({ type: 'delete' });
    expect((await stand.manage('GET', 'state')).instancesDeleted).toBe(2);
  });
});

describe('decisions by a rule', () => {
  async function run(order: Record<string, unknown>): Promise<string[]> {
    await stand.manage('POST', 'limits', { qps: 100_000 });
    await stand.manage('POST', 'approvals/auto', order);
    const results: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const id = await stand.startId();
      results.push((await stand.manage('GET', `instances/${id}`)).result);
    }
    return results;
  }

  test('are taken at once, for what waits already too, and stop when the rule goes', async () => {
    const id = await stand.startId();
    await stand.manage('POST', 'approvals/auto', { decision: 'agree', remark: 'by rule' });
    expect((await stand.details(id)).result.result).toBe('agree');
    const { rule } = await stand.manage('GET', 'approvals/auto');
    expect(rule).toMatchObject({ decision: 'agree', decided: 2 });
    await stand.manage('DELETE', 'approvals/auto');
    expect((await stand.details(await stand.startId())).result.status).toBe('RUNNING');
  });

  test('mixed ones follow their seed', async () => {
    const first = await run({ decision: 'mixed', probability: 0.3, seed: 5 });
    expect(new Set(first)).toEqual(new Set(['agree', 'refuse']));
    expect(await run({ decision: 'mixed', probability: 0.3, seed: 5 })).toEqual(first);
    expect(await run({ decision: 'mixed', probability: 0.3, seed: 6 })).not.toEqual(first);
  });

  test('may be for some people only', async () => {
    await stand.manage('POST', 'approvals/auto', { decision: 'agree', userIds: ['user02'] });
    const { result } = await stand.details(await stand.startId());
    expect(result.tasks).toMatchObject([{ result: 'AGREE' }, { status: 'RUNNING' }]);
  });

  test('finished requests beyond a number are dropped and counted', async () => {
    await stand.manage('POST', 'approvals/settings', { keepFinished: 5 });
    await run({ decision: 'agree' });
    const state = await stand.manage('GET', 'state');
    expect(state).toMatchObject({ instanceCount: 5, instancesStarted: 30, instancesTrimmed: 25 });
    const later = await stand.manage('GET', `instances?since=${state.instanceSequence - 1}`);
    expect(later.instances).toHaveLength(1);
  });
});
