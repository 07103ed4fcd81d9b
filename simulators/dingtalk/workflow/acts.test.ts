import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, Json } from '../testing.ts';
import { PAYMENT_VALUES, startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

const INSTANCES = '/v1.0/workflow/processInstances';
const OK = { result: true, success: true };

function post(path: string, body: Record<string, unknown>): Promise<Answer> {
  return stand.asApp('POST', path, body);
}

async function codeOf(answer: Promise<Answer>): Promise<string> {
  const { status, json } = await answer;
  return status === 200 ? 'ok' : `${status} ${json.code}`;
}

async function taskOf(id: string): Promise<Json> {
  const { result } = await stand.details(id);
  return result.tasks.find((task: Json) => task.status === 'RUNNING');
}

describe('an app decides as somebody', () => {
  test('agrees and refuses; the books tell that it was the app', async () => {
    const id = await stand.startId();
    const task = await taskOf(id);
    const body = { processInstanceId: id, taskId: task.taskId, actionerUserId: 'user02' };
    const answer = await post(`${INSTANCES}/execute`, { ...body, result: 'agree', remark: 'ok' });
    expect(answer.json).toEqual(OK);
    const { app } = await stand.manage('GET', 'world');
    const { records } = await stand.manage('GET', `instances/${id}`);
    expect(records.at(-1)).toMatchObject({ hand: `app:${app.appKey}`, userId: 'user02' });
    const next = await taskOf(id);
    const refusal = { ...body, taskId: next.taskId, actionerUserId: 'user03', result: 'refuse' };
    expect((await post(`${INSTANCES}/execute`, refusal)).json).toEqual(OK);
    expect((await stand.details(id)).result).toMatchObject({
      status: 'COMPLETED',
      result: 'refuse',
    });
    expect(await codeOf(post(`${INSTANCES}/execute`, refusal))).toBe(
      '400 aflowProcessInstStatusException',
    );
  });

  test.each([
    [{ processInstanceId: '' }, 'invalidInstanceId'],
    [{ processInstanceId: 'x'.repeat(36) }, 'processInstanceNotExist'],
    [{ actionerUserId: undefined }, 'invalidInstanceExecuteActionerUserId'],
    [{ actionerUserId: 'ghost' }, 'userNotExist'],
    [{ actionerUserId: 'user03' }, 'needAuth'],
    [{ taskId: '1' }, 'invalidInstanceExecuteTaskId'],
    [{ taskId: 1 }, 'aflowProcessInstCanNotBeExecuted'],
    [{ result: 'AGREE' }, 'invalidInstanceExecuteResult'],
    [{ remark: 'x'.repeat(1025) }, 'invalidParameter'],
  ])('%o is refused with %s', async (change, code) => {
    const id = await stand.startId();
    const { taskId } = await taskOf(id);
    const body = { processInstanceId: id, taskId, actionerUserId: 'user02', result: 'agree' };
    expect(await codeOf(post(`${INSTANCES}/execute`, { ...body, ...change }))).toBe(`400 ${code}`);
  });

  test('hands a task on', async () => {
    const id = await stand.startId();
    const { taskId } = await taskOf(id);
    const body = { taskId, operateUserId: 'user02', toUserId: 'user04', remark: 'please' };
    const path = '/v1.0/workflow/tasks/redirect';
    expect(await codeOf(post(path, { ...body, operateUserId: 'user03' }))).toBe(
      '400 param.illegal.operator',
    );
    expect((await post(path, body)).json).toEqual({ result: true });
    expect((await taskOf(id)).userId).toBe('user04');
    expect(await codeOf(post(path, body))).toBe('400 task.status.error');
  });
});

describe('an app withdraws', () => {
  test('not within 15 seconds, then as the system', async () => {
    const id = await stand.startId();
    const body = { processInstanceId: id, isSystem: true, remark: 'void' };
    expect(await codeOf(post(`${INSTANCES}/terminate`, body))).toBe(
      '400 aflowProcessInstStatusException',
    );
    await stand.manage('POST', 'clock', { advanceMs: 15_000 });
    expect((await post(`${INSTANCES}/terminate`, body)).json).toEqual(OK);
    expect((await stand.details(id)).result.status).toBe('TERMINATED');
    expect(await codeOf(post(`${INSTANCES}/terminate`, body))).toBe(
      '400 aflowProcessInstStatusException',
    );
  });

  test.each([
    [{ isSystem: undefined }, '400 invalidInstanceTerminateIsSystem'],
    [{ isSystem: false }, '400 invalidInstanceTerminateOperatingUserId'],
    [{ isSystem: false, operatingUserId: 'ghost' }, '400 userNotExist'],
    [{ isSystem: false, operatingUserId: 'user02' }, '400 internalError'],
    [{ processInstanceId: 'nowhere' }, '400 aflowProcessInstNotExist'],
    [{ isSystem: false, operatingUserId: 'user01' }, 'ok'],
  ])('%o gives %s', async (change, code) => {
    const id = await stand.startId();
    await stand.manage('POST', 'clock', { advanceMs: 15_000 });
    const body = { processInstanceId: id, isSystem: true, ...change };
    expect(await codeOf(post(`${INSTANCES}/terminate`, body))).toBe(code);
  });
});

describe('an app comments', () => {
  test('on a running and on a finished request; the comments are in the books', async () => {
    const id = await stand.startId();
    const path = `${INSTANCES}/comments`;
    const body = { processInstanceId: id, text: 'paid, bank ref 42', commentUserId: 'user01' };
    expect((await post(path, body)).json).toEqual(OK);
    for (const userId of ['user02', 'user03']) await stand.deed(id, 'agree', { userId });
    await post(path, { ...body, text: 'settled' });
    const { result } = await stand.details(id);
    expect(result.operationRecords.at(-1)).toMatchObject({ type: 'ADD_REMARK', remark: 'settled' });
    const { instanceComments } = await stand.manage('GET', 'state');
    expect(instanceComments).toMatchObject([
      { processInstanceId: id, userId: 'user01', text: 'paid, bank ref 42' },
      { text: 'settled' },
    ]);
    const last = instanceComments.at(-1).sequence;
    const later = await stand.manage('GET', `state?commentsSince=${last}`);
    expect(later.instanceComments).toEqual([]);
  });

  test.each([
    [{ text: '' }, 'invalidInstanceCommentText'],
    [{ text: 'x'.repeat(1025) }, 'invalidParameter'],
    [{ commentUserId: undefined }, 'invalidInstanceCommentUserId'],
    [{ commentUserId: 'ghost' }, 'userNotExist'],
    [{ processInstanceId: 'nowhere' }, 'aflowProcessInstNotExist'],
  ])('%o is refused with %s', async (change, code) => {
    const id = await stand.startId();
    const body = { processInstanceId: id, text: 'a', commentUserId: 'user01', ...change };
    expect(await codeOf(post(`${INSTANCES}/comments`, body))).toBe(`400 ${code}`);
  });
});

describe('the list of ids', () => {
  const path = '/v1.0/workflow/processes/instanceIds/query';
  let base: Json;
  beforeEach(async () => {
    await stand.manage('POST', 'limits', { qps: 100_000 });
    const { clock } = await stand.manage('GET', 'state');
    const startTime = Date.parse(clock.now) - 60_000;
    base = { processCode: stand.processCode, startTime, nextToken: 0, maxResults: 2 };
  });

  test('pages newest first: a number in, a text out, absent at the end', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift(await stand.startId());
    const first = await post(path, base);
    expect(first.json).toEqual({
      result: { list: ids.slice(0, 2), nextToken: '2' },
      success: true,
    });
    expect((await post(path, { ...base, nextToken: '2' })).json.code).toBe('invalidNextToken');
    const last = await post(path, { ...base, nextToken: 4 });
    expect(last.json.result).toEqual({ list: [ids[4]] });
  });

  test('is narrowed by status, originator and time', async () => {
    const id = await stand.startId();
    const other = await stand.startId({ originatorUserId: 'user05' });
    await stand.deed(other, 'refuse', { userId: 'user02' });
    const list = async (change: Json): Promise<string[]> =>
      (await post(path, { ...base, ...change })).json.result.list;
    expect(await list({ statuses: ['RUNNING'] })).toEqual([id]);
    expect(await list({ statuses: ['COMPLETED', 'TERMINATED'] })).toEqual([other]);
    expect(await list({ userIds: ['user05'] })).toEqual([other]);
    expect(await list({ endTime: base.startTime + 1 })).toEqual([]);
  });

  test.each([
    [{ processCode: undefined }, 'invalidProcessCode'],
    [{ processCode: 'PROC-NONE' }, 'processCodeError'],
    [{ startTime: undefined }, 'invalidInstanceListIdsStartTime'],
    [{ nextToken: undefined }, 'invalidNextToken'],
    [{ maxResults: 21 }, 'invalidMaxResults'],
    [{ maxResults: undefined }, 'invalidMaxResults'],
    [{ endTime: 1 }, 'invalidEndTime'],
    [{ startTime: 1 }, 'invalidEndTime'],
    [{ userIds: Array.from({ length: 11 }, () => 'user01') }, 'invalidUserIds'],
    [{ statuses: ['DONE'] }, 'invalidParameter'],
  ])('%o is refused with %s', async (change, code) => {
    expect((await post(path, { ...base, ...change })).json.code).toBe(code);
  });

  test('reaches back a year and spans 120 days', async () => {
    const day = 86_400_000;
    const nowMs = base.startTime + 60_000;
    const old = { ...base, startTime: nowMs - 366 * day, endTime: nowMs - 300 * day };
    expect((await post(path, old)).json.code).toBe('invalidInstanceListIdsStartTime');
    const wide = { ...base, startTime: nowMs - 121 * day };
    expect((await post(path, wide)).json.code).toBe('invalidEndTime');
  });
});

describe('attachments', () => {
  test('are fetched from an address that lives 15 minutes', async () => {
    const file = await stand.manage('POST', 'approvals/files', {
      fileName: '发票.pdf',
      text: 'invoice',
    });
    const space = await post(`${INSTANCES}/spaces/infos/query`, { userId: 'user01' });
    expect(String(space.json.result.spaceId)).toBe(file.spaceId);
    const id = await stand.startId({
      formComponentValues: [...PAYMENT_VALUES, { name: '附件', value: JSON.stringify([file]) }],
    });
    const ask = (fileId: string): Promise<Answer> =>
      post(`${INSTANCES}/spaces/files/urls/download`, { processInstanceId: id, fileId });
    expect((await ask('99')).json.code).toBe('noPermission');
    const { downloadUri } = (await ask(file.fileId)).json.result;
    expect(await (await fetch(downloadUri)).text()).toBe('invoice');
    await stand.manage('POST', 'clock', { advanceMs: 15 * 60_000 + 1000 });
    const late = await fetch(downloadUri);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('<Error>')]);
    const grant = { userId: 'user01', fileInfos: [{ fileId: file.fileId, spaceId: 1 }] };
    expect((await post(`${INSTANCES}/spaces/files/authDownload`, grant)).json.result).toBe(true);
  });
});

describe('permissions, quota and rate', () => {
  test.each([
    ['Workflow.Instance.Read', 'ok', '403'],
    ['Workflow.Instance.Write', '403', 'ok'],
  ])('with %s alone reading is %s and writing %s', async (permission, reading, writing) => {
    const id = await stand.startId();
    const { app } = await stand.manage('GET', 'world');
    await stand.manage('POST', `apps/${app.appKey}`, { permissions: [permission] });
    const short = async (answer: Promise<Answer>): Promise<string> =>
      (await codeOf(answer)).slice(0, 3).trim();
    const path = `${INSTANCES}?processInstanceId=${id}`;
    expect(await short(stand.asApp('GET', path))).toBe(reading);
    const body = { processInstanceId: id, text: 'a', commentUserId: 'user01' };
    expect(await short(post(`${INSTANCES}/comments`, body))).toBe(writing);
  });

  test('every call counts, and none is taken once the month is spent', async () => {
    const before = (await stand.manage('GET', 'quotas')).apiCalls;
    const id = await stand.startId();
    await stand.details(id);
    expect((await stand.manage('GET', 'quotas')).apiCalls).toBe(before + 2);
    await stand.manage('POST', 'quotas', { apiCallsLeft: 0 });
    const answer = await stand.start();
    expect(answer.json.code).toBe('Forbidden.AccessDenied.ApiCountLimitForOrg');
    const { refusals, instances } = await stand.manage('GET', 'state');
    expect(refusals.at(-1)).toMatchObject({ path: INSTANCES });
    expect(instances).toHaveLength(1);
  });

  test('calls are limited per second and interface', async () => {
    await stand.manage('POST', 'limits', { qps: 1 });
    const id = await stand.startId();
    expect((await stand.start()).json.code).toBe('Forbidden.AccessDenied.QpsLimitForAppkeyAndApi');
    expect((await stand.details(id)).result.status).toBe('RUNNING');
  });
});

describe('faults', () => {
  const strike = (name: string, settings: Json = {}): Promise<Json> =>
    stand.manage('POST', 'faults', { name, count: 1, path: INSTANCES, ...settings });

  test('timeoutAfterAccepting leaves an instance without an answer, and a repeat makes a second', async () => {
    await strike('timeoutAfterAccepting');
    await expect(stand.start()).rejects.toThrow('fetch failed');
    expect((await stand.manage('GET', 'state')).instances).toHaveLength(1);
    await stand.startId();
    expect((await stand.manage('GET', 'state')).instances).toHaveLength(2);
  });

  test('timeoutBeforeAccepting and serverError leave none', async () => {
    await strike('timeoutBeforeAccepting');
    await expect(stand.start()).rejects.toThrow('fetch failed');
    await strike('serverError', { status: 503 });
    expect((await stand.start()).status).toBe(503);
    expect((await stand.manage('GET', 'state')).instances).toEqual([]);
  });

  test('workflowError answers with the code that was asked for', async () => {
    await strike('workflowError', { code: 'autoflowLikeTriggerRateLimited', message: '限速' });
    const answer = await stand.start();
    expect([answer.status, answer.json.code]).toEqual([400, 'autoflowLikeTriggerRateLimited']);
    await strike('workflowError', { code: 'systemError', status: 500 });
    expect((await stand.start()).status).toBe(500);
  });

  test('staleInstance still tells a running request', async () => {
    const id = await stand.startId();
    for (const userId of ['user02', 'user03']) await stand.deed(id, 'agree', { userId });
    await strike('staleInstance');
    const { result } = await stand.details(id);
    expect(result).toMatchObject({ status: 'RUNNING', result: '' });
    expect(result.tasks.at(-1)).toMatchObject({ userId: 'user03', status: 'RUNNING' });
    expect(result.operationRecords.at(-1)).toMatchObject({ userId: 'user02' });
    expect((await stand.details(id)).result.status).toBe('COMPLETED');
  });

  test('instanceListLags hides the youngest', async () => {
    const id = await stand.startId();
    const { clock } = await stand.manage('GET', 'state');
    const body = {
      processCode: stand.processCode,
      startTime: Date.parse(clock.now) - 60_000,
      nextToken: 0,
      maxResults: 20,
    };
    await strike('instanceListLags', { ms: 30_000, path: 'instanceIds' });
    const path = '/v1.0/workflow/processes/instanceIds/query';
    expect((await post(path, body)).json.result.list).toEqual([]);
    expect((await post(path, body)).json.result.list).toEqual([id]);
  });
});
