import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import type { Call, Route } from '../call.ts';
import type { World } from '../world.ts';
import { decidersOf, nodesFor } from './flow-config.ts';
import { isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import type { FlowNode } from './model.ts';
import { readDepartment } from './start-api.ts';
import { formOf } from './store.ts';
import { readFormValues, ValueRefused } from './values-write.ts';

/** Forecast of the configured flow (dingtalk.md 4.2, `approval-process-prediction`). */
export const FORECAST_ROUTE: Route = workflowRoute(
  'POST',
  '/v1.0/workflow/processes/forecast',
  'Workflow.Instance.Write',
  forecast,
);

function forecast(call: Call, _app: unknown, body: Body): Reply {
  const { world } = call;
  const { userId, processCode } = body;
  if (!isText(userId)) return wrong('invalidUserId', '用户userId为空');
  if (!world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  const form = isText(processCode) ? formOf(world.workflow, processCode) : undefined;
  if (!form) return wrong('processCodeError', '获取审批模板失败或模板已删除');
  const departmentId = readDepartment(world, userId, body['deptId'], true);
  if (typeof departmentId !== 'number') return wrong('invalidParameter', '参数错误：deptId');
  if (!Array.isArray(body['formComponentValues'])) return wrong('componentIsNull', '表单数据为空');
  let nodes: FlowNode[];
  try {
    nodes = nodesFor(form, readFormValues(world, form, body['formComponentValues']));
  } catch (error) {
    if (error instanceof ValueRefused) return wrong('forecastError', error.message);
    throw error;
  }
  return ok({
    result: {
      isForecastSuccess: true,
      processCode: form.processCode,
      userId,
      processId: form.createdAtMs,
      isStaticWorkflow: form.flow.nodes.every((node) => node.condition === undefined),
      workflowActivityRules: nodes.map((node, index) =>
        viewRule(world, node, nodes[index - 1]?.activityId ?? 'sid-startevent'),
      ),
      workflowForecastNodes: nodes.map((node) => ({
        activityId: node.activityId,
        outId: `line-${node.activityId}`,
      })),
    },
  });
}

function viewRule(world: World, node: FlowNode, prevActivityId: string): Record<string, unknown> {
  const picked = node.targetSelect;
  const people = picked ? [] : decidersOf(world, node);
  const range = picked?.range ?? node.userIds;
  const selection = node.roleIds.length > 0 ? 'labels' : 'approvals';
  return {
    activityId: node.activityId,
    prevActivityId,
    activityName: node.name,
    activityType: picked ? 'target_select' : 'target_approval',
    isTargetSelect: picked !== undefined,
    workflowActor: {
      actorKey: picked?.actorKey ?? `fixed_${node.activityId}`,
      actorType: 'approver',
      actorSelectionType: picked && range.length === 0 ? 'allStaff' : selection,
      actorSelectionRange: {
        approvals: range.map((workNo) => ({ workNo, userName: nameOf(world, workNo) })),
        labels: node.roleIds.map((roleId) => ({
          labels: String(roleId),
          labelNames: world.roles.get(roleId)?.name ?? '',
        })),
      },
      allowedMulti: true,
      approvalType: node.approvalType,
      approvalMethod: node.method,
      actorActivateType: node.method === 'ONE_BY_ONE' ? 'ONE_BY_ONE' : 'ALL',
      required: picked !== undefined,
    },
    activityActioners: people.map((userId) => ({ userId, name: nameOf(world, userId) })),
  };
}

function nameOf(world: World, userId: string): string {
  return world.users.get(userId)?.name ?? userId;
}
