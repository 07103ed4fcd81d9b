import type { World } from '../world.ts';
import type { Instance, Task } from './model.ts';

/** Tells apps of an instance's start, end or withdrawal (dingtalk.md 4.5, `event-bpms-instance-change`). */
export function publishInstance(world: World, instance: Instance, type: string): void {
  world.events.publish({
    eventType: 'bpms_instance_change',
    data: {
      ...commonFields(instance),
      businessType: '',
      staffId: instance.originatorUserId,
      type,
      // A withdrawn request has no result at all, which is not the same as an empty one.
      ...(type === 'finish' ? { result: instance.result } : {}),
      createTime: instance.createdAtMs,
      ...(type === 'start' ? {} : { finishTime: instance.finishedAtMs ?? now(world) }),
      url: detailUrl(world, instance),
    },
  });
}

/** Tells apps of a task's start, end or cancellation (dingtalk.md 4.5, `event-bpms-task-change`). */
export function publishTask(
  world: World,
  instance: Instance,
  task: Task,
  change: {
    readonly type: 'start' | 'finish' | 'cancel';
    readonly result?: 'agree' | 'refuse' | 'redirect';
    readonly remark?: string | undefined;
  },
): void {
  world.events.publish({
    eventType: 'bpms_task_change',
    data: {
      ...commonFields(instance),
      taskId: task.taskId,
      staffId: task.userId,
      type: change.type,
      ...(change.result === undefined ? {} : { result: change.result }),
      ...(change.remark === undefined ? {} : { remark: change.remark }),
      createTime: task.createdAtMs,
      ...(change.type === 'start' ? {} : { finishTime: task.finishedAtMs ?? now(world) }),
    },
  });
}

/** Where a client opens the request; here, the simulator's own page. */
export function detailUrl(world: World, instance: Instance): string {
  return `${world.wireUrl}/?corpid=${world.corpId}#approval/${instance.processInstanceId}`;
}

function commonFields(instance: Instance): Record<string, unknown> {
  return {
    processInstanceId: instance.processInstanceId,
    processCode: instance.form.processCode,
    businessId: instance.businessId,
    bizCategoryId: '',
    title: instance.title,
  };
}

function now(world: World): number {
  return world.clock.now().getTime();
}
