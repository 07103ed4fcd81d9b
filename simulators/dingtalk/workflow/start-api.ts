import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import type { Call, Route } from '../call.ts';
import { isFields } from '../content.ts';
import { ROOT_DEPARTMENT } from '../directory.ts';
import type { App, World } from '../world.ts';
import { isCcPosition, isTexts, nodesFor, readPicked, resolveFlow } from './flow-config.ts';
import { isListUpTo, isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import { startInstance } from './operations.ts';
import { formOf, ids } from './store.ts';
import type { CcPosition, Form, FormValue, InstanceNode } from './model.ts';
import { readFormValues, ValueRefused } from './values-write.ts';

/** Starting an instance (dingtalk.md 4.2, `create-an-approval-instance`); there is no idempotency key. */
export const START_ROUTE: Route = workflowRoute(
  'POST',
  '/v1.0/workflow/processInstances',
  'Workflow.Instance.Write',
  start,
);

const NODES_MAX = 20;
const CC_MAX = 50;

function start(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const form = findForm(world, body['processCode']);
  if ('status' in form) return form;
  const refused = checkCaller(world, app, form, body);
  if (refused) return refused;
  const userId = String(body['originatorUserId']);
  const values = readValues(world, form, body['formComponentValues']);
  if ('status' in values) return values;
  const hasApprovers = Array.isArray(body['approvers']) && body['approvers'].length > 0;
  const departmentId = readDepartment(world, userId, body['deptId'], !hasApprovers);
  if (typeof departmentId !== 'number') return departmentId;
  const flow = hasApprovers
    ? readApprovers(world, body)
    : configuredFlow(world, form, values, body['targetSelectActioners']);
  if ('status' in flow) return flow;
  const instance = startInstance(world, {
    form,
    userId,
    hand: `app:${app.appKey}`,
    departmentId,
    values,
    ...flow,
  });
  return ok({ instanceId: instance.processInstanceId });
}

function findForm(world: World, code: unknown): Form | Reply {
  if (!isText(code)) return wrong('invalidParameter', '发起审批参数错误：processCode');
  const form = formOf(world.workflow, code);
  if (!form) return wrong('processCodeError', '获取审批模板失败或者模板已被删除');
  return form.stopped ? wrong('processGetFailed', '审批单状态为非启用状态') : form;
}

function checkCaller(world: World, app: App, form: Form, body: Body): Reply | undefined {
  const userId = body['originatorUserId'];
  if (!isText(userId)) return wrong('invalidParameter', '发起审批参数错误：originatorUserId');
  if (!world.users.has(userId)) return badParameter(`发起人的userid错误 ${userId}`);
  if (form.visibleTo && !form.visibleTo.includes(userId)) {
    return wrong('needAuth', '没有发起审批的权限');
  }
  const agentId = body['microappAgentId'];
  if (agentId !== undefined && agentId !== app.agentId) {
    return wrong('invalidAgentId', '无效的微应用ID');
  }
  if (body['bizDetailPageUrl'] !== undefined && !world.workflow.settings.premium) {
    return wrong(
      'benefitStatusInvalid',
      '权益校验失败。指定bizDetailPageUrl为OA高级版专享功能，请开通高级版后再重试。',
    );
  }
  return undefined;
}

function badParameter(detail: string): Reply {
  return wrong('processInstanceInvalidParameter', `审批实例参数错误：${detail}`);
}

function readValues(world: World, form: Form, value: unknown): FormValue[] | Reply {
  try {
    return readFormValues(world, form, value);
  } catch (error) {
    if (error instanceof ValueRefused) return wrong(error.code, error.message);
    throw error;
  }
}

/** The originator's department; -1 is the root, and it is required when the configured flow is used. */
export function readDepartment(
  world: World,
  userId: string,
  value: unknown,
  isRequired: boolean,
): number | Reply {
  const own = world.users.get(userId)?.departmentIds ?? [];
  if (value === undefined) {
    return isRequired ? badParameter('deptId 不能为空') : (own[0] ?? ROOT_DEPARTMENT);
  }
  const departmentId = value === -1 ? ROOT_DEPARTMENT : value;
  if (typeof departmentId !== 'number' || !world.departments.has(departmentId)) {
    return badParameter('发起部门id错误');
  }
  return own.includes(departmentId) ? departmentId : badParameter('发起人不在发起部门中');
}

interface SettledFlow {
  readonly nodes: readonly InstanceNode[];
  readonly ccUserIds: readonly string[];
  readonly ccPosition: CcPosition;
  readonly approverUserIds?: readonly string[];
}

/** The approvers that the caller named, in order; they override whatever the console configured. */
function readApprovers(world: World, body: Body): SettledFlow | Reply {
  const approvers = body['approvers'];
  if (!isListUpTo(approvers, NODES_MAX))
    return badParameter(`approvers 最大列表长度：${NODES_MAX}`);
  const nodes: InstanceNode[] = [];
  for (const entry of approvers) {
    const node = readNode(world, entry);
    if ('status' in node) return node;
    nodes.push(node);
  }
  const copies = readCopies(world, body);
  if ('status' in copies) return copies;
  const approverUserIds = [...new Set(nodes.flatMap((node) => node.userIds))];
  return { nodes, ...copies, approverUserIds };
}

function readNode(world: World, entry: unknown): InstanceNode | Reply {
  const method = isFields(entry) ? entry['actionType'] : undefined;
  const userIds: unknown = isFields(entry) ? entry['userIds'] : undefined;
  if (method !== 'AND' && method !== 'OR' && method !== 'NONE') {
    return badParameter(`actionType ${String(method)}`);
  }
  if (!isTexts(userIds) || userIds.length === 0) return badParameter('审批人的userid错误');
  const stranger = userIds.find((userId) => !world.users.has(userId));
  if (stranger !== undefined) return badParameter(`审批人的userid错误 ${stranger}`);
  if (method === 'NONE' && userIds.length > 1) return badParameter('单人审批只能有一名审批人');
  const activityId = ids.activity(world.workflow);
  return { activityId, name: '审批人', method, approvalType: 'MANUAL', userIds };
}

function readCopies(
  world: World,
  body: Body,
): Pick<SettledFlow, 'ccUserIds' | 'ccPosition'> | Reply {
  const ccUserIds = body['ccList'] ?? [];
  if (!isTexts(ccUserIds) || ccUserIds.length > CC_MAX) {
    return badParameter(`ccList 最大列表长度：${CC_MAX}`);
  }
  const stranger = ccUserIds.find((userId) => !world.users.has(userId));
  if (stranger !== undefined) return badParameter(`抄送人的userid错误 ${stranger}`);
  const ccPosition = body['ccPosition'] ?? 'FINISH';
  return isCcPosition(ccPosition) ? { ccUserIds, ccPosition } : badParameter('ccPosition');
}

/** The flow that the console configured; `ccList` and `ccPosition` of the call do not count then. */
function configuredFlow(
  world: World,
  form: Form,
  values: readonly FormValue[],
  targets: unknown,
): SettledFlow | Reply {
  if (targets !== undefined && !isListUpTo(targets, NODES_MAX)) {
    return badParameter(`targetSelectActioners 最大列表长度：${NODES_MAX}`);
  }
  const picked = readPicked(targets);
  if (!picked) return badParameter('targetSelectActioners');
  const nodes = resolveFlow(world, nodesFor(form, values), picked);
  if (nodes === 'targetSelectApproverMissing') return wrong(nodes, '自选审批人缺失');
  if (nodes === 'targetSelectApproverScopeError') return wrong(nodes, '自选审批人不在规定范围内');
  const { ccUserIds, ccPosition } = form.flow;
  return { nodes, ccUserIds, ccPosition };
}
