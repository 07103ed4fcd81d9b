import type { World } from '../world.ts';
import type { Component, Form, Instance } from './model.ts';
import { viewFormValue } from './values-read.ts';

/** A form with its flow, for management. */
export function viewForm(form: Form): Record<string, unknown> {
  return {
    processCode: form.processCode,
    name: form.name,
    description: form.description,
    version: form.version,
    ownerAppKey: form.ownerAppKey,
    components: form.components.map(viewComponent),
    templateConfig: form.templateConfig,
    flow: form.flow,
    allowWithdraw: form.allowWithdraw,
    stopped: form.stopped,
    deleted: form.deleted,
    visibleTo: form.visibleTo ?? null,
  };
}

function viewComponent(component: Component): Record<string, unknown> {
  const { id, bizAlias, label, componentType, required, options, children } = component;
  return {
    id,
    bizAlias: bizAlias ?? null,
    label,
    componentType,
    required,
    ...(options.length > 0 ? { options: options.map((option) => option.value) } : {}),
    ...(children.length > 0 ? { children: children.map(viewComponent) } : {}),
  };
}

/** An instance with everything that an auditor compares; times in ISO form, values as they read back. */
export function viewInstance(world: World, instance: Instance): Record<string, unknown> {
  const iso = (atMs: number | undefined): string | null =>
    atMs === undefined ? null : new Date(atMs).toISOString();
  return {
    processInstanceId: instance.processInstanceId,
    processCode: instance.form.processCode,
    form: instance.form.name,
    businessId: instance.businessId,
    title: instance.title,
    originatorUserId: instance.originatorUserId,
    startedBy: instance.startedBy,
    status: instance.status,
    result: instance.result ?? null,
    createdAt: iso(instance.createdAtMs),
    finishedAt: iso(instance.finishedAtMs),
    values: instance.values.map((value) => viewFormValue(world, value)),
    nodes: instance.nodes,
    nodeIndex: instance.nodeIndex,
    tasks: instance.tasks.map((task) => ({
      taskId: task.taskId,
      userId: task.userId,
      activityId: task.activityId,
      status: task.status,
      result: task.result,
      createdAt: iso(task.createdAtMs),
      finishedAt: iso(task.finishedAtMs),
    })),
    records: instance.records.map(({ atMs, ...line }) => ({ at: iso(atMs), ...line })),
    edits: instance.edits.map(({ atMs, ...change }) => ({ at: iso(atMs), ...change })),
    bizAction: instance.bizAction,
    mainProcessInstanceId: instance.mainProcessInstanceId ?? null,
    attachedProcessInstanceIds: instance.attachedProcessInstanceIds,
    changed: instance.changed,
  };
}

/** Instances that changed after a position, in the order of their change. */
export function viewInstances(
  world: World,
  since: number,
  limit: number | undefined,
): Record<string, unknown> {
  const { workflow } = world;
  const changed = [...workflow.instances.values()]
    .filter((instance) => instance.changed > since)
    .toSorted((one, other) => one.changed - other.changed);
  const shown = limit === undefined ? changed : changed.slice(0, limit);
  return {
    instanceCount: workflow.instances.size,
    instancesStarted: workflow.started,
    instancesTrimmed: workflow.trimmed,
    instancesDeleted: workflow.deleted,
    instanceSequence: workflow.sequence,
    instances: shown.map((instance) => viewInstance(world, instance)),
  };
}

/** The part of `GET /_sim/state` that is about approvals. */
export function viewWorkflowState(
  world: World,
  instancesSince: number,
  commentsSince: number,
): Record<string, unknown> {
  const { forms, comments } = world.workflow;
  return {
    forms: [...forms.values()].map(viewForm),
    ...viewInstances(world, instancesSince, undefined),
    instanceComments: comments.filter((comment) => comment.sequence > commentsSince),
    approvals: { auto: viewAuto(world), settings: viewSettings(world) },
  };
}

/** The rule for load runs, or null. */
export function viewAuto(world: World): unknown {
  const rule = world.workflow.auto;
  if (!rule) return { rule: null };
  const { random: _random, ...shown } = rule;
  return { rule: shown };
}

/** How answers are dressed and how much is kept. */
export function viewSettings(world: World): unknown {
  const { settings } = world.workflow;
  return { ...settings, keepFinished: settings.keepFinished ?? null };
}
