import { isFields } from '../content.ts';
import { ROOT_DEPARTMENT } from '../directory.ts';
import { refuseOrder } from '../order.ts';
import type { Action, Order } from '../order.ts';
import type { World } from '../world.ts';
import { findComponent, isTexts, nodesFor, readPicked, resolveFlow } from './flow-config.ts';
import {
  append,
  comment,
  decide,
  edit,
  erase,
  findTask,
  FlowRefused,
  redirect,
  sendBack,
  startInstance,
  withdraw,
} from './operations.ts';
import { formOf, ids } from './store.ts';
import type { Component, Form, FormValue, Instance, InstanceNode, Task } from './model.ts';
import { checkValue, readFormValues, ValueRefused } from './values-write.ts';
import { viewInstance, viewInstances } from './views.ts';

/** What people do with requests in the client; `*` is the instance and what is done with it. */
export const INSTANCE_ACTIONS: readonly Action[] = [
  { method: 'GET', path: 'instances', act: listInstances },
  { method: 'POST', path: 'instances', act: postInstance },
  { method: 'GET', path: 'instances/*', act: showInstance },
  { method: 'DELETE', path: 'instances/*', act: deleteInstance },
  { method: 'POST', path: 'instances/*/*', act: actOnInstance },
];

function listInstances(world: World, order: Order): unknown {
  return viewInstances(world, order.whole('since') ?? -1, order.whole('limit'));
}

function find(world: World, id: string): Instance {
  return world.workflow.instances.get(id) ?? refuseOrder(`no instance "${id}"`);
}

function showInstance(world: World, _order: Order, [id = '']: readonly string[]): unknown {
  return viewInstance(world, find(world, id));
}

function deleteInstance(world: World, order: Order, [id = '']: readonly string[]): unknown {
  erase(world, find(world, id), order.text('eventType'));
  return { processInstanceId: id, deleted: true };
}

/** Starts a request as a person does who fills the form in the client. */
export function postInstance(world: World, order: Order): Record<string, unknown> {
  const name = order.needText('form');
  const form =
    formOf(world.workflow, name) ??
    [...world.workflow.forms.values()].find((one) => !one.deleted && one.name === name) ??
    refuseOrder(`no form "${name}"`);
  const userId = needUser(world, order, 'userId');
  const values = readValues(world, form, order.raw('values'));
  const instance = startInstance(world, {
    form,
    userId,
    hand: 'person',
    departmentId: world.users.get(userId)?.departmentIds[0] ?? ROOT_DEPARTMENT,
    values,
    ...readFlowOf(world, form, order, values),
  });
  return viewInstance(world, instance);
}

function needUser(world: World, order: Order, field: string): string {
  const userId = order.needText(field);
  return world.users.has(userId) ? userId : refuseOrder(`no user "${userId}"`);
}

function readFlowOf(world: World, form: Form, order: Order, values: readonly FormValue[]) {
  const { ccUserIds, ccPosition } = form.flow;
  const approvers = order.raw('approvers');
  if (approvers !== undefined) {
    return { nodes: readApprovers(world, approvers), ccUserIds, ccPosition };
  }
  const picked = readPicked(order.raw('targetSelectActioners'));
  if (!picked) return refuseOrder('targetSelectActioners must be a list');
  const nodes = resolveFlow(world, nodesFor(form, values), picked);
  return typeof nodes === 'string' ? refuseOrder(nodes) : { nodes, ccUserIds, ccPosition };
}

function readApprovers(world: World, value: unknown): InstanceNode[] {
  if (!Array.isArray(value)) return refuseOrder('approvers must be a list');
  return value.map((entry: unknown) => {
    const method = isFields(entry) ? entry['actionType'] : undefined;
    const userIds: unknown = isFields(entry) ? entry['userIds'] : undefined;
    if (method !== 'AND' && method !== 'OR' && method !== 'NONE') {
      return refuseOrder('actionType must be AND, OR or NONE');
    }
    const isRight = isTexts(userIds) && userIds.every((userId) => world.users.has(userId));
    if (!isRight) return refuseOrder('approvers must name known users');
    const activityId = ids.activity(world.workflow);
    return { activityId, name: '审批人', method, approvalType: 'MANUAL', userIds };
  });
}

/** Reads values as entries of `formComponentValues`, or by business alias, id or label. */
function readValues(world: World, form: Form, value: unknown): FormValue[] {
  const entries = Array.isArray(value)
    ? value
    : namedEntries(form.components, value).map(({ component, text }) => ({
        id: component.id,
        name: component.label,
        value: text,
      }));
  return judged(() => readFormValues(world, form, entries));
}

function namedEntries(
  components: readonly Component[],
  value: unknown,
): { component: Component; text: string }[] {
  if (!isFields(value)) return refuseOrder('values must be a list or an object');
  return Object.entries(value).map(([name, text]) => {
    const component = findComponent(components, name) ?? refuseOrder(`no component "${name}"`);
    return typeof text === 'string' ? { component, text } : refuseOrder(`${name} must be a text`);
  });
}

function judged<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    // The word before the colon lets the page say it in the reader's language.
    if (error instanceof ValueRefused) return refuseOrder(`${error.code}: ${error.message}`);
    if (error instanceof FlowRefused) return refuseOrder(`${error.reason}: ${error.message}`);
    throw error;
  }
}

type Deed = (world: World, instance: Instance, order: Order, userId: string) => void;

const DEEDS: Readonly<Record<string, Deed>> = {
  agree: (world, instance, order, userId) => decideAs(world, instance, order, userId, 'agree'),
  refuse: (world, instance, order, userId) => decideAs(world, instance, order, userId, 'refuse'),
  redirect: (world, instance, order, userId) => {
    const toUserId = needUser(world, order, 'toUserId');
    const task = taskOf(instance, order, userId);
    redirect(world, instance, task, { userId, toUserId, ...byHand(order) });
  },
  append: (world, instance, order, userId) => {
    const position = order.text('position') === 'after' ? 'after' : 'before';
    const userIds = order.texts('userIds') ?? refuseOrder('userIds is missing');
    const task = taskOf(instance, order, userId);
    append(world, instance, task, { userId, userIds, position, ...byHand(order) });
  },
  'send-back': (world, instance, order, userId) => {
    const task = taskOf(instance, order, userId);
    const nodeIndex = order.whole('nodeIndex') ?? 0;
    sendBack(world, instance, task, { userId, nodeIndex, ...byHand(order) });
  },
  revoke: (world, instance, order, userId) => {
    withdraw(world, instance, { userId, ...byHand(order) });
  },
  comment: (world, instance, order, userId) => {
    comment(world, instance, { userId, text: order.needText('text'), hand: 'person' });
  },
  edit: (world, instance, order, userId) => {
    if (instance.status !== 'RUNNING') throw new FlowRefused('status', '审批单已结束');
    editAs(world, instance, order, userId);
  },
  follow: followUp,
};

/** Does what a person does with a request: `agree`, `refuse`, `redirect` and the others of `DEEDS`. */
export function actOnInstance(
  world: World,
  order: Order,
  [id = '', name = '']: readonly string[],
): unknown {
  const instance = find(world, id);
  const deed = DEEDS[name] ?? refuseOrder(`deeds are ${Object.keys(DEEDS).join(', ')}`);
  const userId = needUser(world, order, 'userId');
  judged(() => {
    deed(world, instance, order, userId);
  });
  return viewInstance(world, instance);
}

function byHand(order: Order): { hand: 'person'; remark: string | undefined } {
  return { hand: 'person', remark: order.text('remark') };
}

function taskOf(instance: Instance, order: Order, userId: string): Task {
  return findTask(instance, { userId, taskId: order.whole('taskId') });
}

/** Decides one's own task, or, with `agentFor`, somebody else's as their agent. */
function decideAs(
  world: World,
  instance: Instance,
  order: Order,
  userId: string,
  result: 'agree' | 'refuse',
): void {
  const agentFor = order.text('agentFor');
  const task = taskOf(instance, order, agentFor ?? userId);
  const agent = agentFor === undefined ? {} : { agent: userId };
  decide(world, instance, task, { userId, result, ...agent, ...byHand(order) });
}

function editAs(world: World, instance: Instance, order: Order, userId: string): void {
  const components = instance.values.map((value) => value.component);
  const values = new Map<string, string>();
  for (const { component, text } of namedEntries(components, order.raw('values'))) {
    if (text !== '') checkValue(world, component, text);
    values.set(component.id, text);
  }
  edit(world, instance, { userId, values });
}

/** Starts the request that changes (MODIFY) or undoes (REVOKE) one that was approved. */
function followUp(world: World, main: Instance, order: Order, userId: string): void {
  const bizAction = order.needText('bizAction');
  if (bizAction !== 'MODIFY' && bizAction !== 'REVOKE') {
    refuseOrder('bizAction must be MODIFY or REVOKE');
  }
  if (main.status !== 'COMPLETED') refuseOrder('only a finished request can be followed');
  const components = main.values.map((value) => value.component);
  const changed = new Map(
    namedEntries(components, order.raw('values') ?? {}).map(({ component, text }) => [
      component.id,
      text,
    ]),
  );
  const values = main.values.map(({ component, value }) => {
    const text = changed.get(component.id) ?? value;
    if (text !== '' && text !== value) checkValue(world, component, text);
    return { component, value: text };
  });
  startInstance(world, {
    form: main.form,
    userId,
    departmentId: main.originatorDeptId,
    values,
    nodes: main.nodes,
    ccUserIds: main.ccUserIds,
    ccPosition: main.ccPosition,
    bizAction,
    main,
    hand: 'person',
  });
}
