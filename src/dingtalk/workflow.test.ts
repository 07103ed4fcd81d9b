import { describe, expect, test } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { DingtalkRequest } from './exchanges.ts';
import {
  commentInstance,
  fetchAttachmentUrl,
  queryInstanceIds,
  readForm,
  readInstance,
  saveForm,
  startInstance,
  terminateInstance,
} from './workflow.ts';

const appHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'x-acs-dingtalk-access-token': 'tok',
};

function answer(body: unknown, status = 200): HttpResponse {
  return { status, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)) };
}

function bodyOf(request: DingtalkRequest): unknown {
  return typeof request.body === 'string' ? JSON.parse(request.body) : undefined;
}

function codeThrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isCashbellError(error)) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

const component = {
  componentType: 'MoneyField',
  props: { componentId: 'MoneyField_amt', bizAlias: 'amount', label: 'Amount', required: true },
};

describe('forms', () => {
  test('saveForm: a new form has no process code, a changed one has its own; nobody may edit it', () => {
    const input = { token: 'tok', name: 'Payment', description: 'd', components: [component] };
    expect(bodyOf(saveForm.request(input))).toEqual({
      name: 'Payment',
      description: 'd',
      formComponents: [component],
      templateConfig: { disableFormEdit: true, disableDeleteProcess: true },
    });
    const changed = saveForm.request({ ...input, processCode: 'PROC-1' });
    expect(changed).toMatchObject({
      method: 'POST',
      path: '/v1.0/workflow/forms',
      headers: appHeaders,
    });
    expect(bodyOf(changed)).toMatchObject({ processCode: 'PROC-1' });
  });

  test('saveForm: labels beyond 20 characters are our mistake', () => {
    const long = { ...component, props: { ...component.props, label: 'x'.repeat(21) } };
    const input = { token: 'tok', name: 'n', description: 'd', components: [long] };
    expect(codeThrownBy(() => saveForm.request(input))).toBe('dingtalk.requestInvalid');
  });

  test('readForm: codes in the address are encoded', () => {
    const request = readForm.request({ token: 'tok', processCode: 'PROC-1/&x' });
    expect(request.path).toBe(
      '/v1.0/workflow/forms/schemas/processCodes?processCode=PROC-1%2F%26x',
    );
    expect(request.method).toBe('GET');
  });

  test.each([
    ['a name in use', 'formName.error', 'dingtalk.requestInvalid'],
    ['a wrong code', 'processcode.error', 'approval.formMissing'],
    ['no permission', 'permission.error', 'dingtalk.permissionMissing'],
    ['a control that cannot be', 'formschema.error', 'approval.formMismatch'],
  ])('saveForm: %s is %s', (_, code, expected) => {
    const judged = saveForm.parse(answer({ code, message: 'm', requestid: 'r' }, 400));
    expect(judged).toMatchObject({ kind: 'refused', code: expected });
  });
});

describe('instances', () => {
  const start = {
    token: 'tok',
    processCode: 'PROC-1',
    originatorUserId: 'user01',
    values: [{ name: '金额（元）', value: '900.00' }],
    approvers: [
      { actionType: 'NONE' as const, userIds: ['boss01'] },
      { actionType: 'AND' as const, userIds: ['cfo01', 'ceo01'] },
    ],
  };

  test('startInstance: approvers stand in order, every value is text', () => {
    const request = startInstance.request({ ...start, agentId: 1234 });
    expect(request.path).toBe('/v1.0/workflow/processInstances');
    expect(bodyOf(request)).toEqual({
      processCode: 'PROC-1',
      originatorUserId: 'user01',
      microappAgentId: 1234,
      formComponentValues: [{ name: '金额（元）', value: '900.00' }],
      approvers: [
        { actionType: 'NONE', userIds: ['boss01'] },
        { actionType: 'AND', userIds: ['cfo01', 'ceo01'] },
      ],
    });
  });

  test.each([
    ['no approver at all', []],
    ['a single person who is two', [{ actionType: 'NONE' as const, userIds: ['a', 'b'] }]],
    ['21 nodes', Array.from({ length: 21 }, () => ({ actionType: 'OR' as const, userIds: ['a'] }))],
  ])('startInstance: %s is our mistake', (_, approvers) => {
    expect(codeThrownBy(() => startInstance.request({ ...start, approvers }))).toBe(
      'dingtalk.requestInvalid',
    );
  });

  test.each([
    [{ instanceId: 'i-1' }, 200, 'accepted', undefined],
    [{}, 200, 'unknown', 'dingtalk.answerUnreadable'],
    [{ code: 'formConverterError', message: '金额' }, 400, 'refused', 'approval.formMismatch'],
    [{ code: 'processCodeError', message: 'x' }, 400, 'refused', 'approval.formMissing'],
    [{ code: 'service.timeout', message: 'x' }, 504, 'unknown', 'dingtalk.outcomeUnknown'],
    [
      { code: 'Forbidden.AccessDenied.ApiCountLimitForOrg', message: 'x' },
      403,
      'refused',
      'dingtalk.quotaExhausted',
    ],
  ])('startInstance: answer %j is judged', (body, status, kind, code) => {
    expect(startInstance.parse(answer(body, status))).toMatchObject({
      kind,
      ...(code === undefined ? {} : { code }),
    });
  });

  test('readInstance: an approval that does not exist is no missing permission', () => {
    const gone = answer({ code: 'processInstanceNotExist', message: 'x' }, 400);
    expect(readInstance.parse(gone)).toMatchObject({ code: 'approval.instanceGone' });
  });

  test.each([
    ['true', 'accepted'],
    [true, 'accepted'],
    ['false', 'refused'],
    [false, 'refused'],
  ])('readInstance: success %j is %s', (success, kind) => {
    const result = { status: 'RUNNING', originatorUserId: 'u', title: 't', result: '' };
    expect(readInstance.parse(answer({ success, result })).kind).toBe(kind);
  });

  test('queryInstanceIds: a number goes out and text comes back', () => {
    const request = queryInstanceIds.request({
      token: 'tok',
      processCode: 'PROC-1',
      startMs: 1,
      endMs: 2,
      nextToken: 20,
      statuses: ['COMPLETED'],
    });
    expect(bodyOf(request)).toEqual({
      processCode: 'PROC-1',
      startTime: 1,
      endTime: 2,
      nextToken: 20,
      maxResults: 20,
      statuses: ['COMPLETED'],
    });
    const page = queryInstanceIds.parse(
      answer({ success: true, result: { list: ['a', 'b'], nextToken: '40' } }),
    );
    expect(page).toEqual({ kind: 'accepted', value: { ids: ['a', 'b'], nextToken: 40 } });
    const last = queryInstanceIds.parse(answer({ success: true, result: { list: [] } }));
    expect(last).toEqual({ kind: 'accepted', value: { ids: [] } });
    const odd = queryInstanceIds.parse(answer({ result: { list: [], nextToken: 'next' } }));
    expect(odd).toMatchObject({ code: 'dingtalk.answerUnreadable' });
  });

  test('queryInstanceIds: more than 120 days are our mistake', () => {
    const input = { token: 't', processCode: 'P', startMs: 0, endMs: 121 * 86_400_000 };
    expect(codeThrownBy(() => queryInstanceIds.request({ ...input, nextToken: 0 }))).toBe(
      'dingtalk.requestInvalid',
    );
  });

  test('commentInstance: 1,024 characters pass, one more does not; a spoken false is no success', () => {
    const input = { token: 'tok', processInstanceId: 'i', commentUserId: 'u' };
    expect(bodyOf(commentInstance.request({ ...input, text: 'x'.repeat(1_024) }))).toMatchObject({
      processInstanceId: 'i',
      commentUserId: 'u',
    });
    expect(codeThrownBy(() => commentInstance.request({ ...input, text: 'x'.repeat(1_025) }))).toBe(
      'dingtalk.requestInvalid',
    );
    expect(commentInstance.parse(answer({ success: true, result: true })).kind).toBe('accepted');
    expect(commentInstance.parse(answer({ success: true, result: false })).kind).toBe('refused');
  });

  test('terminateInstance: withdraws as the system', () => {
    const input = { token: 'tok', processInstanceId: 'i', remark: 'r' };
    expect(bodyOf(terminateInstance.request(input))).toEqual({
      processInstanceId: 'i',
      isSystem: true,
      remark: 'r',
    });
  });

  test('fetchAttachmentUrl: gives the address', () => {
    const answered = fetchAttachmentUrl.parse(
      answer({ success: true, result: { downloadUri: 'https://x.example/f' } }),
    );
    expect(answered).toEqual({
      kind: 'accepted',
      value: { downloadUri: 'https://x.example/f' },
    });
  });
});
