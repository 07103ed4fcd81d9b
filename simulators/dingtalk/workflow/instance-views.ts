import type { World } from '../world.ts';
import { detailUrl } from './events.ts';
import type { Instance, InstanceStatus, OperationRecord, Task } from './model.ts';
import { beijingMinute } from './times.ts';
import { viewFormValue } from './values-read.ts';

/** The details of an instance as `GET /v1.0/workflow/processInstances` tells them (dingtalk.md 4.4). */
export function viewDetails(world: World, instance: Instance, isStale: boolean): unknown {
  const told = isStale ? beforeLastDecision(instance) : instance;
  const { settings } = world.workflow;
  return {
    success: settings.success === 'text' ? 'true' : true,
    result: {
      title: instance.title,
      originatorUserId: instance.originatorUserId,
      originatorDeptId: originatorDepartment(instance),
      originatorDeptName: world.departments.get(instance.originatorDeptId)?.name ?? '',
      businessId: instance.businessId,
      status: told.status,
      // An empty text, not an absent field, while it runs and after a withdrawal.
      result: told.result ?? '',
      createTime: viewTime(world, instance.createdAtMs),
      ...(told.finishedAtMs === undefined
        ? {}
        : { finishTime: viewTime(world, told.finishedAtMs) }),
      ...(instance.approverUserIds ? { approverUserIds: instance.approverUserIds } : {}),
      ccUserIds: instance.ccUserIds,
      formComponentValues: instance.values.map((value) => viewFormValue(world, value)),
      operationRecords: told.records.map((line) => viewRecord(world, line)),
      tasks: told.tasks.map((task) => viewTask(world, instance, task)),
      bizAction: instance.bizAction,
      ...(instance.mainProcessInstanceId
        ? { mainProcessInstanceId: instance.mainProcessInstanceId }
        : {}),
      attachedProcessInstanceIds: instance.attachedProcessInstanceIds,
    },
  };
}

/** A department id as details give it: text, the root being -1. */
function originatorDepartment(instance: Instance): string {
  return instance.originatorDeptId === 1 ? '-1' : String(instance.originatorDeptId);
}

function viewTime(world: World, atMs: number): string {
  return world.workflow.settings.times === 'epoch' ? String(atMs) : beijingMinute(atMs);
}

function viewRecord(world: World, line: OperationRecord): Record<string, unknown> {
  return {
    userId: line.userId,
    date: viewTime(world, line.atMs),
    type: line.type,
    result: line.result,
    ...(line.remark === undefined ? {} : { remark: line.remark }),
    ...(line.ccUserIds ? { ccUserIds: line.ccUserIds } : {}),
    ...(line.activityId ? { activityId: line.activityId } : {}),
    ...(line.showName ? { showName: line.showName } : {}),
    images: [],
  };
}

function viewTask(world: World, instance: Instance, task: Task): Record<string, unknown> {
  const url = detailUrl(world, instance);
  return {
    taskId: task.taskId,
    userId: task.userId,
    status: task.status,
    result: task.result,
    createTime: viewTime(world, task.createdAtMs),
    ...(task.finishedAtMs === undefined ? {} : { finishTime: viewTime(world, task.finishedAtMs) }),
    mobileUrl: url,
    pcUrl: url,
    processInstanceId: instance.processInstanceId,
    activityId: task.activityId,
  };
}

interface Told {
  readonly status: InstanceStatus;
  readonly result: Instance['result'];
  readonly finishedAtMs: number | undefined;
  readonly records: readonly OperationRecord[];
  readonly tasks: readonly Task[];
}

const DECISIONS = new Set(['EXECUTE_TASK_NORMAL', 'EXECUTE_TASK_AGENT']);

/** What a replica that lags would still tell: running, the last decision not taken. */
function beforeLastDecision(instance: Instance): Told {
  const isDecision = (line: OperationRecord): boolean =>
    DECISIONS.has(line.type) || line.type === 'TERMINATE_PROCESS_INSTANCE';
  const index = instance.records.findLastIndex(isDecision);
  const line = instance.records[index];
  const isLast = (task: Task): boolean =>
    line?.activityId === task.activityId && task.finishedAtMs === line.atMs;
  return {
    status: 'RUNNING',
    result: undefined,
    finishedAtMs: undefined,
    records: index < 0 ? instance.records : instance.records.slice(0, index),
    tasks: instance.tasks.map((task) =>
      isLast(task) ? { ...task, status: 'RUNNING', result: 'NONE', finishedAtMs: undefined } : task,
    ),
  };
}
