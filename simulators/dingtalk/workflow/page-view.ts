import { isFields } from '../content.ts';
import type { Order } from '../order.ts';
import { refuseOrder } from '../order.ts';
import type { World } from '../world.ts';
import { nowOf } from './engine.ts';
import { actOnInstance, postInstance } from './instance-orders.ts';
import type { Component, FormValue, Instance, OperationRecord } from './model.ts';

const BASE = '/_page/approvals';
const SHOWN_MAX = 100;
/** A list shows this many values of a request. */
const SUMMARY_VALUES = 3;

/** Answers what the page's approvals view asks; undefined when there is no such path. */
export function viewApprovals(world: World, path: string, query: URLSearchParams): unknown {
  const userId = query.get('userId') ?? '';
  if (path === BASE) return viewBox(world, userId, query.get('box') ?? 'waiting');
  if (path === `${BASE}/forms`) return viewStartable(world, userId);
  const id = path.startsWith(`${BASE}/`) ? decodeURIComponent(path.slice(BASE.length + 1)) : '';
  const instance = world.workflow.instances.get(id);
  return instance ? viewRequest(world, instance, userId) : undefined;
}

/** What a person does on the page: starts a request, or does something with one. */
export function approvalAct(path: string): ((world: World, order: Order) => unknown) | undefined {
  if (path === BASE) {
    return (world, order) => {
      const { processInstanceId } = postInstance(world, order);
      return { id: processInstanceId };
    };
  }
  if (!path.startsWith(`${BASE}/`)) return undefined;
  const parts = path
    .slice(BASE.length + 1)
    .split('/')
    .map(decodeURIComponent);
  return (world, order) => {
    if (parts.length !== 2) refuseOrder('no such deed');
    actOnInstance(world, order, parts);
    return { done: true };
  };
}

const BOXES: Readonly<Record<string, (instance: Instance, userId: string) => boolean>> = {
  waiting: waitsFor,
  handled: (instance, userId) =>
    instance.tasks.some((task) => task.userId === userId && task.status === 'COMPLETED'),
  started: (instance, userId) => instance.originatorUserId === userId,
  all: () => true,
};

function waitsFor(instance: Instance, userId: string): boolean {
  return instance.tasks.some((task) => task.userId === userId && task.status === 'RUNNING');
}

function viewBox(world: World, userId: string, box: string): unknown {
  const isInside = BOXES[box] ?? waitsFor;
  const { instances, running, sequence } = world.workflow;
  // What waits is among the running ones, which are few even when finished ones are many.
  const source = isInside === waitsFor ? running : instances.values();
  const found = [...source].filter((instance) => isInside(instance, userId)).toReversed();
  const waiting = [...running].filter((instance) => waitsFor(instance, userId)).length;
  const items = found.slice(0, SHOWN_MAX).map((instance) => viewSummary(world, instance));
  return { sequence, waiting, total: found.length, items };
}

function viewSummary(world: World, instance: Instance): unknown {
  const values = instance.values
    .filter(({ component, value }) => value !== '' && isShort(component))
    .slice(0, SUMMARY_VALUES);
  return {
    id: instance.processInstanceId,
    ...viewHead(world, instance),
    values: values.map((value) => viewValue(world, value)),
    waitingFor: instance.tasks
      .filter((task) => task.status === 'RUNNING')
      .map((task) => nameOf(world, task.userId)),
  };
}

function isShort(component: Component): boolean {
  return !['TableField', 'DDAttachment', 'DDPhotoField', 'TextNote'].includes(
    component.componentType,
  );
}

function viewHead(world: World, instance: Instance): Record<string, unknown> {
  return {
    form: instance.form.name,
    originator: nameOf(world, instance.originatorUserId),
    status: instance.status,
    result: instance.result ?? '',
    bizAction: instance.bizAction,
    at: new Date(instance.createdAtMs).toISOString(),
    finishedAt: instance.finishedAtMs ? new Date(instance.finishedAtMs).toISOString() : null,
  };
}

function nameOf(world: World, userId: string): string {
  return world.users.get(userId)?.name ?? userId;
}

function viewRequest(world: World, instance: Instance, userId: string): unknown {
  const task = instance.tasks.find((one) => one.userId === userId && one.status === 'RUNNING');
  const isRunning = instance.status === 'RUNNING';
  const isOwn = instance.originatorUserId === userId;
  const mayWithdraw = isRunning && isOwn && instance.form.allowWithdraw;
  const withdrawableAtMs = instance.createdAtMs + world.limits.withdrawAfterMs;
  return {
    id: instance.processInstanceId,
    ...viewHead(world, instance),
    businessId: instance.businessId,
    department: world.departments.get(instance.originatorDeptId)?.name ?? '',
    byApp: instance.startedBy.startsWith('app:'),
    values: instance.values.map((value) => viewValue(world, value)),
    edits: instance.edits.map((change) => ({
      ...change,
      at: new Date(change.atMs).toISOString(),
      who: nameOf(world, change.userId),
    })),
    steps: viewSteps(world, instance),
    history: instance.records.map((line) => viewLine(world, line)),
    related: [instance.mainProcessInstanceId, ...instance.attachedProcessInstanceIds].filter(
      (id) => id !== undefined && world.workflow.instances.has(id),
    ),
    may: {
      decide: task !== undefined,
      withdraw: mayWithdraw,
      withdrawInMs: mayWithdraw ? Math.max(0, withdrawableAtMs - nowOf(world)) : 0,
      follow: isOwn && instance.status === 'COMPLETED' && instance.result === 'agree',
    },
  };
}

/** The nodes with everybody's standing; those to come show whom they will ask. */
function viewSteps(world: World, instance: Instance): unknown[] {
  return instance.nodes.map((node, index) => {
    const tasks = instance.tasks.filter((task) => task.activityId === node.activityId);
    const isAutomatic = node.approvalType !== 'MANUAL';
    const people =
      tasks.length > 0
        ? tasks.map((task) => ({
            name: nameOf(world, task.userId),
            status: task.status,
            result: task.result,
          }))
        : node.userIds.map((userId) => ({
            name: nameOf(world, userId),
            status: 'NEW',
            result: 'NONE',
          }));
    return {
      method: node.method,
      automatic: isAutomatic,
      current: instance.status === 'RUNNING' && index === instance.nodeIndex,
      people: isAutomatic ? [] : people,
    };
  });
}

function viewLine(world: World, line: OperationRecord): unknown {
  return {
    at: new Date(line.atMs).toISOString(),
    who: line.userId === '' ? '' : nameOf(world, line.userId),
    type: line.type,
    result: line.result,
    remark: line.remark ?? '',
    copies: (line.ccUserIds ?? []).map((userId) => nameOf(world, userId)),
    byApp: line.hand.startsWith('app:'),
  };
}

/** A value as the client shows it: what was written, people and departments by name, tables as rows. */
function viewValue(world: World, { component, value }: FormValue): unknown {
  const { id, label, componentType, options, required } = component;
  const choices = options.map((option) => option.value);
  return {
    id,
    label: labelOf(label),
    type: componentType,
    required,
    value,
    choices,
    ...shownAs(world, component, value),
  };
}

// A date range has two labels in one text.
function labelOf(label: string): string {
  const labels = label.startsWith('[') ? parse(label) : [];
  return labels.length > 0 ? labels.map(String).join(' – ') : label;
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const THOUSANDS = /\B(?=(\d{3})+$)/g;

function shownAs(world: World, component: Component, value: string): Record<string, unknown> {
  if (value === '' && component.componentType !== 'TableField') return { text: '' };
  switch (component.componentType) {
    case 'MoneyField':
      return { text: value.replace(/^-?\d+/, (whole) => whole.replaceAll(THOUSANDS, ',')) };
    case 'TableField': {
      const rows = parse(value).map((row) =>
        component.children.map((column) => cellOf(Array.isArray(row) ? row : [], column.label)),
      );
      return { text: '', columns: component.children.map((column) => column.label), rows };
    }
    case 'DDAttachment':
      return {
        text: '',
        files: parse(value)
          .filter(isFields)
          .map((file) => file['fileName']),
      };
    case 'InnerContactField':
      return {
        text: parse(value)
          .map((id) => nameOf(world, String(id)))
          .join(', '),
      };
    case 'DepartmentField':
      return {
        text: value
          .split(',')
          .map((id) => world.departments.get(Number(id))?.name ?? id)
          .join(', '),
      };
    case 'DDMultiSelectField':
    case 'DDDateRangeField':
    case 'DDPhotoField':
      return { text: parse(value).map(String).join(' – ') };
    default:
      return { text: value };
  }
}

function cellOf(row: readonly unknown[], label: string): string {
  const cell = row.filter(isFields).find((candidate) => candidate['name'] === label);
  return typeof cell?.['value'] === 'string' ? cell['value'] : '';
}

/** The forms that a person may start, with their controls. */
function viewStartable(world: World, userId: string): unknown[] {
  return [...world.workflow.forms.values()]
    .filter((form) => !form.deleted && !form.stopped)
    .filter((form) => form.visibleTo?.includes(userId) ?? true)
    .map((form) => ({
      processCode: form.processCode,
      name: form.name,
      description: form.description,
      values: form.components.map((component) => viewValue(world, { component, value: '' })),
    }));
}
