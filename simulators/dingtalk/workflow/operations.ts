import type { World } from '../world.ts';
import {
  addTask,
  closeOpenTasks,
  copyTo,
  enterNode,
  finish,
  isOpen,
  nowOf,
  record,
  startTask,
} from './engine.ts';
import type { Act } from './engine.ts';
import { publishInstance, publishTask } from './events.ts';
import { fileAway, ids, remove, touch } from './store.ts';
import type {
  BizAction,
  CcPosition,
  Form,
  FormValue,
  Instance,
  InstanceNode,
  Result,
  Task,
} from './model.ts';

/** Why an operation cannot be; the wire and the management each put it into their own words. */
export type FlowReason = 'status' | 'task' | 'person' | 'early' | 'forbidden' | 'argument';

export class FlowRefused extends Error {
  readonly reason: FlowReason;
  constructor(reason: FlowReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface StartOrder extends Act {
  readonly form: Form;
  readonly departmentId: number;
  readonly values: readonly FormValue[];
  readonly nodes: readonly InstanceNode[];
  readonly ccUserIds: readonly string[];
  readonly ccPosition: CcPosition;
  readonly approverUserIds?: readonly string[];
  readonly bizAction?: BizAction;
  readonly main?: Instance;
}

/** Starts a request; tasks of the first node wait when this returns, or a rule has decided them. */
export function startInstance(world: World, order: StartOrder): Instance {
  const { workflow } = world;
  const nowMs = nowOf(world);
  workflow.started += 1;
  const name = world.users.get(order.userId)?.name ?? order.userId;
  const instance: Instance = {
    processInstanceId: ids.instance(workflow, nowMs),
    form: order.form,
    businessId: ids.business(workflow, nowMs),
    title: `${name}提交的${order.form.name}`,
    originatorUserId: order.userId,
    originatorDeptId: order.departmentId,
    createdAtMs: nowMs,
    finishedAtMs: undefined,
    status: 'RUNNING',
    result: undefined,
    values: order.values,
    nodes: [...order.nodes],
    nodeIndex: 0,
    tasks: [],
    records: [],
    edits: [],
    ccUserIds: order.ccUserIds,
    ccPosition: order.ccPosition,
    approverUserIds: order.approverUserIds,
    startedBy: order.hand,
    bizAction: order.bizAction ?? 'NONE',
    mainProcessInstanceId: order.main?.processInstanceId,
    attachedProcessInstanceIds: [],
    changed: 0,
  };
  workflow.instances.set(instance.processInstanceId, instance);
  workflow.running.add(instance);
  order.main?.attachedProcessInstanceIds.push(instance.processInstanceId);
  const { userId, hand } = order;
  record(world, instance, { type: 'START_PROCESS_INSTANCE', userId, hand });
  copyTo(world, instance, 'START');
  publishInstance(world, instance, 'start');
  enterNode(world, instance, 0, order);
  return settle(world, instance);
}

/** The task that a person decides on: the one named, or their only one. */
export function findTask(
  instance: Instance,
  wanted: { readonly userId: string; readonly taskId?: number | undefined },
): Task {
  if (instance.status !== 'RUNNING') throw new FlowRefused('status', '审批单已结束');
  const task = instance.tasks.find((candidate) =>
    wanted.taskId === undefined
      ? candidate.userId === wanted.userId && candidate.status === 'RUNNING'
      : candidate.taskId === wanted.taskId,
  );
  if (!task) throw new FlowRefused('task', '任务不存在');
  if (task.status !== 'RUNNING') throw new FlowRefused('task', '任务已处理');
  if (task.userId !== wanted.userId) throw new FlowRefused('person', '不是任务的执行人');
  return task;
}

/** Agrees or refuses; `agent` is somebody who acts in the place of the task's person. */
export function decide(
  world: World,
  instance: Instance,
  task: Task,
  decision: Act & { readonly result: Result; readonly agent?: string | undefined },
): void {
  complete(world, instance, task, decision);
  settle(world, instance);
}

function complete(
  world: World,
  instance: Instance,
  task: Task,
  decision: Act & { readonly result: Result; readonly agent?: string | undefined },
): void {
  const result = decision.result === 'agree' ? 'AGREE' : 'REFUSE';
  const { remark, hand } = decision;
  task.status = 'COMPLETED';
  task.result = result;
  task.finishedAtMs = nowOf(world);
  record(world, instance, {
    type: decision.agent === undefined ? 'EXECUTE_TASK_NORMAL' : 'EXECUTE_TASK_AGENT',
    userId: decision.agent ?? task.userId,
    activityId: task.activityId,
    showName: task.showName,
    result,
    remark,
    hand,
  });
  publishTask(world, instance, task, { type: 'finish', result: decision.result, remark });
  if (decision.result === 'refuse') finish(world, instance, 'refuse', decision);
  else proceed(world, instance, task, decision);
}

/** After an agreement: the task it stood before, the next of its node, or the next node. */
function proceed(world: World, instance: Instance, task: Task, by: Act): void {
  if (task.before !== undefined) {
    const isLast = !instance.tasks.some((one) => one.before === task.before && isOpen(one));
    const paused = instance.tasks.find((one) => one.taskId === task.before);
    if (isLast && paused?.status === 'PAUSED') startTask(world, instance, paused);
    return;
  }
  if (instance.nodes[instance.nodeIndex]?.method === 'OR') {
    closeOpenTasks(world, instance, 'CANCELED');
  }
  const open = instance.tasks.filter(isOpen);
  const [next] = open;
  if (!next) {
    enterNode(world, instance, instance.nodeIndex + 1, by);
    return;
  }
  const isWaiting = open.some((one) => one.status !== 'NEW');
  if (!isWaiting) startTask(world, instance, next);
}

/** Hands a task to another person. */
export function redirect(
  world: World,
  instance: Instance,
  task: Task,
  order: Act & { readonly toUserId: string },
): Task {
  if (order.toUserId === task.userId) throw new FlowRefused('argument', '不能转交给自己');
  const { activityId, showName } = task;
  task.status = 'COMPLETED';
  task.result = 'REDIRECTED';
  task.finishedAtMs = nowOf(world);
  const { userId, remark, hand } = order;
  record(world, instance, { type: 'REDIRECT_TASK', userId, activityId, showName, remark, hand });
  publishTask(world, instance, task, { type: 'finish', result: 'redirect', remark });
  const before = task.before === undefined ? {} : { before: task.before };
  const next = addTask(world, instance, {
    userId: order.toUserId,
    activityId,
    showName,
    ...before,
  });
  startTask(world, instance, next);
  settle(world, instance);
  return next;
}

/** Adds deciders before a task, which pauses, or after its node. */
export function append(
  world: World,
  instance: Instance,
  task: Task,
  order: Act & { readonly userIds: readonly string[]; readonly position: 'before' | 'after' },
): void {
  const { userId, remark, hand } = order;
  const { activityId, showName } = task;
  const type = order.position === 'before' ? 'APPEND_TASK_BEFORE' : 'APPEND_TASK_AFTER';
  record(world, instance, { type, userId, activityId, showName, remark, hand });
  if (order.position === 'after') {
    instance.nodes.splice(instance.nodeIndex + 1, 0, {
      activityId: ids.activity(world.workflow),
      name: '加签',
      method: 'AND',
      approvalType: 'MANUAL',
      userIds: order.userIds,
    });
  } else {
    task.status = 'PAUSED';
    for (const one of order.userIds) {
      const added = { userId: one, activityId, showName, before: task.taskId };
      startTask(world, instance, addTask(world, instance, added));
    }
  }
  settle(world, instance);
}

/** Sends the request back to an earlier node, which decides anew. */
export function sendBack(
  world: World,
  instance: Instance,
  task: Task,
  order: Act & { readonly nodeIndex: number },
): void {
  if (order.nodeIndex >= instance.nodeIndex)
    throw new FlowRefused('argument', '只能退回到之前的节点');
  const { userId, remark, hand } = order;
  const { activityId, showName } = task;
  closeOpenTasks(world, instance, 'CANCELED');
  record(world, instance, { type: 'REDIRECT_PROCESS', userId, activityId, showName, remark, hand });
  enterNode(world, instance, order.nodeIndex, order);
  settle(world, instance);
}

/** Withdraws a running request: the originator, or the system (dingtalk.md 4.4). */
export function terminate(world: World, instance: Instance, by: Act): void {
  if (instance.status !== 'RUNNING') throw new FlowRefused('status', '审批单已结束');
  if (nowOf(world) - instance.createdAtMs < world.limits.withdrawAfterMs) {
    throw new FlowRefused('early', '提交审批单后15秒内不能进行撤回');
  }
  closeOpenTasks(world, instance, 'TERMINATED');
  instance.status = 'TERMINATED';
  instance.finishedAtMs = nowOf(world);
  record(world, instance, { type: 'TERMINATE_PROCESS_INSTANCE', ...by });
  publishInstance(world, instance, 'terminate');
  fileAway(world.workflow, instance);
  touch(world.workflow, instance);
}

/** The originator withdraws, which the template may forbid. */
export function withdraw(world: World, instance: Instance, by: Act): void {
  if (by.userId !== instance.originatorUserId) {
    throw new FlowRefused('forbidden', '没有任务处理的权限');
  }
  if (!instance.form.allowWithdraw)
    throw new FlowRefused('forbidden', '模板不允许撤销审批中的审批单');
  terminate(world, instance, by);
}

/** Adds a comment, at any time of a request's life. */
export function comment(world: World, instance: Instance, order: Act & { text: string }): void {
  const { userId, text, hand } = order;
  record(world, instance, { type: 'ADD_REMARK', userId, remark: text, hand });
  touch(world.workflow, instance);
  world.workflow.comments.push({
    sequence: world.workflow.sequence,
    at: world.clock.now().toISOString(),
    processInstanceId: instance.processInstanceId,
    userId,
    text,
    hand,
  });
}

/** Changes values of a running request, as approvers may where the form lets them. */
export function edit(
  world: World,
  instance: Instance,
  order: { readonly userId: string; readonly values: ReadonlyMap<string, string> },
): void {
  const atMs = nowOf(world);
  instance.values = instance.values.map((standing) => {
    const to = order.values.get(standing.component.id);
    if (to === undefined || to === standing.value) return standing;
    const { label } = standing.component;
    instance.edits.push({ atMs, userId: order.userId, label, from: standing.value, to });
    return { component: standing.component, value: to };
  });
  touch(world.workflow, instance);
}

/** Takes a request out of the world; `type` is published when one is given, as no value is documented. */
export function erase(world: World, instance: Instance, type: string | undefined): void {
  remove(world.workflow, instance);
  world.workflow.deleted += 1;
  if (type !== undefined) publishInstance(world, instance, type);
  touch(world.workflow, instance);
}

/** Lets the rule for load runs decide whatever waits, and tells that the instance changed. */
function settle(world: World, instance: Instance): Instance {
  for (;;) {
    const task = instance.status === 'RUNNING' ? nextForRule(world, instance) : undefined;
    if (!task) break;
    complete(world, instance, task, ruleDecision(world, task));
  }
  touch(world.workflow, instance);
  return instance;
}

/** Lets the rule decide what already waits. */
export function settleAll(world: World): void {
  for (const instance of world.workflow.running) {
    if (nextForRule(world, instance)) settle(world, instance);
  }
}

function nextForRule(world: World, instance: Instance): Task | undefined {
  const rule = world.workflow.auto;
  if (!rule) return undefined;
  if (rule.processCode !== undefined && rule.processCode !== instance.form.processCode) {
    return undefined;
  }
  return instance.tasks.find(
    (task) => task.status === 'RUNNING' && (rule.userIds?.includes(task.userId) ?? true),
  );
}

function ruleDecision(world: World, task: Task): Act & { result: Result } {
  const rule = world.workflow.auto;
  const isRefused =
    rule?.decision === 'refuse' ||
    (rule?.decision === 'mixed' && rule.random.chance(rule.probability));
  if (rule) rule.decided += 1;
  const { userId } = task;
  return { userId, hand: 'person', remark: rule?.remark, result: isRefused ? 'refuse' : 'agree' };
}
