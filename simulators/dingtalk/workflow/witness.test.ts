import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStand } from '../testing.ts';
import type { Json, Stand } from '../testing.ts';

// DingTalk's own SDK, a client that nobody here wrote (dingtalk.md 9); it ships CommonJS.
const require = createRequire(import.meta.url);
const openapi: Json = require('@alicloud/openapi-client');
const util: Json = require('@alicloud/tea-util');
const oauth: Json = require('@alicloud/dingtalk/dist/oauth2_1_0/client');
const workflow: Json = require('@alicloud/dingtalk/dist/workflow_1_0/client');

let stand: Stand;
let token: string;
beforeEach(async () => {
  stand = await startStand();
  const { app } = await stand.manage('GET', 'world');
  const request = { appKey: app.appKey, appSecret: app.appSecret };
  const client = new oauth.default(configOf());
  token = (await client.getAccessToken(new oauth.GetAccessTokenRequest(request))).body.accessToken;
});
afterEach(() => stand.close());

function configOf(): Json {
  return new openapi.Config({ endpoint: stand.url.replace('http://', ''), protocol: 'http' });
}

/** Calls one operation of the SDK with its own request and header classes. */
async function call(operation: string, request: Json = {}): Promise<Json> {
  const client = new workflow.default(configOf());
  const name = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`;
  const answer = await client[`${operation}WithOptions`](
    new workflow[`${name}Request`](request),
    new workflow[`${name}Headers`]({ xAcsDingtalkAccessToken: token }),
    new util.RuntimeOptions({}),
  );
  return answer.body;
}

async function createForm(): Promise<string> {
  const control = (componentType: string, props: Json): Json =>
    new workflow.FormComponent({
      componentType,
      props: new workflow.FormComponentProps(props),
    });
  const { result } = await call('formCreate', {
    name: '银行付款',
    description: 'Bank payment',
    formComponents: [
      control('MoneyField', {
        componentId: 'amount',
        bizAlias: 'amount',
        label: '金额（元）',
        upper: '1',
      }),
      control('TextField', {
        componentId: 'payee',
        bizAlias: 'payee',
        label: '收款人',
        required: true,
      }),
      control('DDSelectField', {
        componentId: 'account',
        label: '付款账户',
        options: [new workflow.SelectOption({ key: 'option_0', value: '基本户' })],
      }),
    ],
    templateConfig: new workflow.FormCreateRequestTemplateConfig({ disableFormEdit: true }),
  });
  return result.processCode;
}

async function startInstance(processCode: string): Promise<string> {
  const value = (name: string, text: string): Json =>
    new workflow.StartProcessInstanceRequestFormComponentValues({ name, value: text });
  const body = await call('startProcessInstance', {
    processCode,
    originatorUserId: 'user01',
    formComponentValues: [value('金额（元）', '100.50'), value('收款人', '某公司')],
    approvers: [
      new workflow.StartProcessInstanceRequestApprovers({
        actionType: 'AND',
        userIds: ['user02', 'user03'],
      }),
    ],
    ccList: ['user05'],
    ccPosition: 'FINISH',
  });
  return body.instanceId;
}

test('DingTalk’s own SDK: a form is created and its schema read', async () => {
  const processCode = await createForm();
  const { result } = await call('querySchemaByProcessCode', { processCode });
  expect(result.name).toBe('银行付款');
  expect(result.schemaContent.items.map((item: Json) => item.props.label)).toEqual([
    '金额（元）',
    '收款人',
    '付款账户',
  ]);
  expect(result.schemaContent.items[2].props.options).toEqual(['基本户']);
});

test('DingTalk’s own SDK: an instance is started, read, listed, decided and commented', async () => {
  const processCode = await createForm();
  const processInstanceId = await startInstance(processCode);
  const { result } = await call('getProcessInstance', { processInstanceId });
  expect(result).toMatchObject({
    status: 'RUNNING',
    result: '',
    approverUserIds: ['user02', 'user03'],
  });
  expect(result.formComponentValues[0]).toMatchObject({ name: '金额（元）', value: '100.5' });
  const listed = await call('listProcessInstanceIds', {
    processCode,
    startTime: Date.now() - 60_000,
    nextToken: 0,
    maxResults: 20,
    statuses: ['RUNNING'],
  });
  expect(listed).toMatchObject({ success: true, result: { list: [processInstanceId] } });
  for (const task of result.tasks) {
    const order = { processInstanceId, taskId: task.taskId, actionerUserId: task.userId };
    const executed = await call('executeProcessInstance', { ...order, result: 'agree' });
    expect(executed).toMatchObject({ result: true, success: true });
  }
  const comment = { processInstanceId, text: 'paid', commentUserId: 'user01' };
  expect(await call('addProcessInstanceComment', comment)).toMatchObject({ result: true });
  const done = (await call('getProcessInstance', { processInstanceId })).result;
  expect(done).toMatchObject({ status: 'COMPLETED', result: 'agree', ccUserIds: ['user05'] });
  expect(done.operationRecords.map((line: Json) => line.type)).toContain('ADD_REMARK');
});

test('DingTalk’s own SDK: an instance is withdrawn, after 15 seconds only', async () => {
  const processInstanceId = await startInstance(await createForm());
  const order = { processInstanceId, isSystem: true, remark: 'void' };
  await expect(call('terminateProcessInstance', order)).rejects.toMatchObject({
    code: 'aflowProcessInstStatusException',
  });
  await stand.manage('POST', 'clock', { advanceMs: 15_000 });
  expect(await call('terminateProcessInstance', order)).toMatchObject({ result: true });
});

test('DingTalk’s own SDK: a flow is forecast and a task handed on', async () => {
  const processCode = await createForm();
  const { result } = await call('processForecast', {
    processCode,
    userId: 'user01',
    deptId: 482_001_001,
    formComponentValues: [
      new workflow.ProcessForecastRequestFormComponentValues({ name: '收款人', value: 'x' }),
    ],
  });
  expect(result.workflowActivityRules[0].activityActioners[0].userId).toBe('user04');
  const processInstanceId = await startInstance(processCode);
  const [task] = (await call('getProcessInstance', { processInstanceId })).result.tasks;
  const redirected = await call('redirectWorkflowTask', {
    taskId: task.taskId,
    operateUserId: 'user02',
    toUserId: 'user04',
  });
  expect(redirected.result).toBe(true);
});

test('DingTalk’s own SDK: an attachment’s address is given', async () => {
  const file = await stand.manage('POST', 'approvals/files', {
    fileName: 'a.pdf',
    text: 'invoice',
  });
  await stand.manage('POST', 'forms', {
    name: 'Papers',
    formComponents: [{ componentType: 'DDAttachment', props: { label: 'Papers' } }],
  });
  const values = { Papers: JSON.stringify([file]) };
  const instance = await stand.manage('POST', 'instances', {
    form: 'Papers',
    userId: 'user01',
    values,
  });
  const { processInstanceId } = instance;
  const space = await call('getAttachmentSpace', { userId: 'user01' });
  expect(String(space.result.spaceId)).toBe(file.spaceId);
  const { result } = await call('grantProcessInstanceForDownloadFile', {
    processInstanceId,
    fileId: file.fileId,
  });
  expect(await (await fetch(result.downloadUri)).text()).toBe('invoice');
});

test('DingTalk’s own SDK: refusals come back as its errors', async () => {
  await expect(startInstance('PROC-NONE')).rejects.toMatchObject({ code: 'processCodeError' });
  const read = call('getProcessInstance', { processInstanceId: 'x'.repeat(36) });
  await expect(read).rejects.toMatchObject({ code: 'processInstanceNotExist' });
});
