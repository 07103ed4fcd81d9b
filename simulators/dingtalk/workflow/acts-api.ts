import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import type { Call, Route } from '../call.ts';
import type { App, World } from '../world.ts';
import type { Act } from './engine.ts';
import { isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import {
  comment,
  decide,
  findTask,
  FlowRefused,
  redirect,
  terminate,
  withdraw,
} from './operations.ts';
import type { FlowReason } from './operations.ts';
import type { Hand, Instance } from './model.ts';

/** Acting on instances (dingtalk.md 4.4). */
export const ACT_ROUTES: readonly Route[] = [
  actRoute('/v1.0/workflow/processInstances/terminate', terminateByApp),
  actRoute('/v1.0/workflow/processInstances/execute', execute),
  actRoute('/v1.0/workflow/processInstances/comments', addComment),
  actRoute('/v1.0/workflow/tasks/redirect', redirectByApp),
];

const REMARK_CHARACTERS_MAX = 1024;
const REDIRECT_REMARK_CHARACTERS_MAX = 256;

function actRoute(path: string, handle: (call: Call, app: App, body: Body) => Reply): Route {
  return workflowRoute('POST', path, 'Workflow.Instance.Write', handle);
}

function handOf(app: App): Hand {
  return `app:${app.appKey}`;
}

const DONE = { result: true, success: true };

/** Does it, or answers with the code that this interface has for the reason. */
function attempt(act: () => void, codes: Readonly<Record<FlowReason, string>>): Reply {
  try {
    act();
    return ok(DONE);
  } catch (error) {
    if (error instanceof FlowRefused) return wrong(codes[error.reason], error.message);
    throw error;
  }
}

function findInstance(world: World, body: Body, missing: string): Instance | Reply {
  const id = body['processInstanceId'];
  if (!isText(id)) return wrong('invalidInstanceId', '审批实例ID不能为空');
  return world.workflow.instances.get(id) ?? wrong(missing, '审批实例不存在');
}

function readRemark(
  body: Body,
  charactersMax = REMARK_CHARACTERS_MAX,
): { remark: string | undefined } | Reply {
  const remark = body['remark'];
  if (remark === undefined || remark === null) return { remark: undefined };
  if (typeof remark !== 'string' || [...remark].length > charactersMax) {
    return wrong('invalidParameter', `remark 最大长度${charactersMax}字符`);
  }
  return { remark };
}

const TERMINATE_CODES = {
  status: 'aflowProcessInstStatusException',
  early: 'aflowProcessInstStatusException',
  task: 'internalError',
  person: 'internalError',
  forbidden: 'internalError',
  argument: 'invalidParameter',
} as const;

function terminateByApp(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const instance = findInstance(world, body, 'aflowProcessInstNotExist');
  if (!('tasks' in instance)) return instance;
  const remark = readRemark(body);
  if ('status' in remark) return remark;
  const isSystem = body['isSystem'];
  if (typeof isSystem !== 'boolean') {
    return wrong('invalidInstanceTerminateIsSystem', '撤销审批实例，是否通过系统操作参数不能为空');
  }
  const userId = body['operatingUserId'];
  if (!isSystem && !isText(userId)) {
    return wrong(
      'invalidInstanceTerminateOperatingUserId',
      '撤销审批实例，当isSystem为false时，操作人的userId不能为空',
    );
  }
  if (isText(userId) && !world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  const by: Act = { userId: isText(userId) ? userId : '', hand: handOf(app), ...remark };
  return attempt(() => (isSystem ? terminate : withdraw)(world, instance, by), TERMINATE_CODES);
}

const EXECUTE_CODES = {
  status: 'aflowProcessInstStatusException',
  early: 'aflowProcessInstStatusException',
  task: 'aflowProcessInstCanNotBeExecuted',
  person: 'needAuth',
  forbidden: 'needAuth',
  argument: 'invalidParameter',
} as const;

/** Decides as the named person: the app needs no consent of theirs, which is why write permission is feared. */
function execute(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const instance = findInstance(world, body, 'processInstanceNotExist');
  if (!('tasks' in instance)) return instance;
  const userId = body['actionerUserId'];
  if (!isText(userId)) {
    return wrong('invalidInstanceExecuteActionerUserId', '操作人的userId不能为空');
  }
  if (!world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  const taskId = body['taskId'];
  if (typeof taskId !== 'number') {
    return wrong('invalidInstanceExecuteTaskId', '任务节点id不能为空');
  }
  const result = body['result'];
  if (result !== 'agree' && result !== 'refuse') {
    return wrong('invalidInstanceExecuteResult', '审批操作取值必填 且值必须为agree/refuse');
  }
  const remark = readRemark(body);
  if ('status' in remark) return remark;
  return attempt(() => {
    const task = findTask(instance, { userId, taskId });
    decide(world, instance, task, { userId, hand: handOf(app), result, ...remark });
  }, EXECUTE_CODES);
}

function addComment(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const instance = findInstance(world, body, 'aflowProcessInstNotExist');
  if (!('tasks' in instance)) return instance;
  const { text, commentUserId: userId } = body;
  if (!isText(text)) return wrong('invalidInstanceCommentText', '审批实例评论内容不能为空');
  if ([...text].length > REMARK_CHARACTERS_MAX) {
    return wrong('invalidParameter', `text 最大长度${REMARK_CHARACTERS_MAX}字符`);
  }
  if (!isText(userId)) {
    return wrong('invalidInstanceCommentUserId', '审批实例评论人userId不能为空');
  }
  if (!world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  comment(world, instance, { userId, text, hand: handOf(app) });
  return ok(DONE);
}

function redirectByApp(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const { taskId, operateUserId: userId, toUserId } = body;
  if (!isText(toUserId)) return wrong('param.blank', 'toUserId参数不能为空');
  const instance =
    typeof taskId === 'number' ? world.workflow.taskInstances.get(taskId) : undefined;
  if (!instance || typeof taskId !== 'number') return wrong('param.illegal', '不合法的参数taskId');
  if (!world.users.has(toUserId)) return wrong('param.illegal', '不合法的参数toUserId');
  if (!isText(userId)) return wrong('param.illegal.operator', '不合法的参数operateUserId');
  const remark = readRemark(body, REDIRECT_REMARK_CHARACTERS_MAX);
  if ('status' in remark) return remark;
  const codes = {
    status: 'instance.status.error',
    early: 'instance.status.error',
    task: 'task.status.error',
    person: 'param.illegal.operator',
    forbidden: 'param.illegal.operator',
    argument: 'param.illegal',
  };
  const reply = attempt(() => {
    const task = findTask(instance, { userId, taskId });
    redirect(world, instance, task, { userId, toUserId, hand: handOf(app), ...remark });
  }, codes);
  return reply.refused ? reply : ok({ result: true });
}
