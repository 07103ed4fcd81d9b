import type { World } from '../world.ts';
import { publishInstance, publishTask } from './events.ts';
import { fileAway, ids } from './store.ts';
import type { Hand, Instance, OperationRecord, Result, Task } from './model.ts';

/** Who did it and what they said. */
export interface Act {
  readonly userId: string;
  readonly hand: Hand;
  readonly remark?: string | undefined;
}

const OPEN = new Set(['NEW', 'RUNNING', 'PAUSED']);

/** Whether a task still waits, whoever has to move first. */
export function isOpen(task: Task): boolean {
  return OPEN.has(task.status);
}

/** The time of the world in milliseconds. */
export function nowOf(world: World): number {
  return world.clock.now().getTime();
}

/** Adds a line to the history; a remark stands in it only when there is one. */
export function record(
  world: World,
  instance: Instance,
  line: Pick<OperationRecord, 'type' | 'userId' | 'hand'> & Partial<OperationRecord>,
): void {
  instance.records.push({
    atMs: nowOf(world),
    result: 'NONE',
    ccUserIds: undefined,
    activityId: undefined,
    showName: undefined,
    ...line,
    remark: line.remark === '' ? undefined : line.remark,
  });
}

/** Goes to the given node, over those that decide by themselves, or to the end. */
export function enterNode(world: World, instance: Instance, index: number, by: Act): void {
  instance.nodeIndex = index;
  const node = instance.nodes[index];
  if (!node) {
    finish(world, instance, 'agree', by);
    return;
  }
  // An automatic node leaves neither task nor record: an approval may end without any person.
  if (node.approvalType === 'AUTO_AGREE') {
    enterNode(world, instance, index + 1, by);
    return;
  }
  if (node.approvalType === 'AUTO_REFUSE') {
    finish(world, instance, 'refuse', { userId: '', hand: 'rule' });
    return;
  }
  const tasks = node.userIds.map((userId) =>
    addTask(world, instance, { userId, activityId: node.activityId, showName: node.name }),
  );
  for (const [position, task] of tasks.entries()) {
    if (node.method !== 'ONE_BY_ONE' || position === 0) startTask(world, instance, task);
  }
}

/** Adds a task that has not started. */
export function addTask(
  world: World,
  instance: Instance,
  order: Pick<Task, 'userId' | 'activityId' | 'showName'> & { readonly before?: number },
): Task {
  const task: Task = {
    taskId: ids.task(world.workflow),
    userId: order.userId,
    activityId: order.activityId,
    showName: order.showName,
    createdAtMs: nowOf(world),
    status: 'NEW',
    result: 'NONE',
    finishedAtMs: undefined,
    before: order.before,
  };
  instance.tasks.push(task);
  world.workflow.taskInstances.set(task.taskId, instance);
  return task;
}

/** Lets a task wait for its person. */
export function startTask(world: World, instance: Instance, task: Task): void {
  task.status = 'RUNNING';
  publishTask(world, instance, task, { type: 'start' });
}

/** Ends the tasks that nobody needs to decide any more. */
export function closeOpenTasks(
  world: World,
  instance: Instance,
  status: 'CANCELED' | 'TERMINATED',
): void {
  for (const task of instance.tasks) {
    if (!isOpen(task)) continue;
    const wasTold = task.status !== 'NEW';
    task.status = status;
    task.finishedAtMs = nowOf(world);
    if (wasTold) publishTask(world, instance, task, { type: 'cancel' });
  }
}

/** Ends the whole request with a result. */
export function finish(world: World, instance: Instance, result: Result, by: Act): void {
  closeOpenTasks(world, instance, 'CANCELED');
  instance.status = 'COMPLETED';
  instance.result = result;
  instance.finishedAtMs = nowOf(world);
  const { userId, hand } = by;
  record(world, instance, {
    type: 'FINISH_PROCESS_INSTANCE',
    result: result === 'agree' ? 'AGREE' : 'REFUSE',
    userId,
    hand,
  });
  copyTo(world, instance, 'FINISH');
  publishInstance(world, instance, 'finish');
  fileAway(world.workflow, instance);
}

/** Notes who was sent a copy, at the start or at the end. */
export function copyTo(world: World, instance: Instance, moment: 'START' | 'FINISH'): void {
  if (instance.ccUserIds.length === 0 || !instance.ccPosition.includes(moment)) return;
  record(world, instance, {
    type: 'PROCESS_CC',
    userId: instance.originatorUserId,
    hand: 'rule',
    ccUserIds: instance.ccUserIds,
  });
}
