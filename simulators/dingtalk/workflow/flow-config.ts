import { isFields } from '../content.ts';
import { Order, refuseOrder } from '../order.ts';
import type { World } from '../world.ts';
import { ids } from './store.ts';
import type {
  CcPosition,
  Component,
  Condition,
  Flow,
  FlowNode,
  Form,
  FormValue,
  InstanceNode,
} from './model.ts';

/** What a form gets until somebody configures more: one node, decided by any administrator. */
export function defaultFlow(world: World): Flow {
  const admins = [...world.users.values()].filter((user) => user.admin).map((user) => user.userId);
  const node: FlowNode = {
    activityId: ids.activity(world.workflow),
    name: '审批人',
    method: 'OR',
    approvalType: 'MANUAL',
    userIds: admins,
    roleIds: [],
    targetSelect: undefined,
    condition: undefined,
  };
  return { nodes: [node], ccUserIds: [], ccPosition: 'FINISH' };
}

/** Reads a configured flow from a management call; the README lists the fields. */
export function readFlow(world: World, components: readonly Component[], value: unknown): Flow {
  const order = new Order(value);
  const nodes = order.raw('nodes');
  if (!Array.isArray(nodes)) return refuseOrder('flow.nodes must be a list');
  return {
    nodes: nodes.map((node) => readNode(world, components, new Order(node))),
    ccUserIds: needUsers(world, order.texts('ccUserIds') ?? []),
    ccPosition: readCcPosition(order.text('ccPosition') ?? 'FINISH'),
  };
}

function readCcPosition(text: string): CcPosition {
  return isCcPosition(text) ? text : refuseOrder('ccPosition must be START, FINISH, START_FINISH');
}

/** Tells the three moments of a copy from other texts. */
export function isCcPosition(text: unknown): text is CcPosition {
  return text === 'START' || text === 'FINISH' || text === 'START_FINISH';
}

function readNode(world: World, components: readonly Component[], order: Order): FlowNode {
  const method = order.text('method') ?? 'OR';
  if (method !== 'AND' && method !== 'OR' && method !== 'ONE_BY_ONE') {
    return refuseOrder('method must be AND, OR or ONE_BY_ONE');
  }
  const approvalType = order.text('approvalType') ?? 'MANUAL';
  if (
    approvalType !== 'MANUAL' &&
    approvalType !== 'AUTO_AGREE' &&
    approvalType !== 'AUTO_REFUSE'
  ) {
    return refuseOrder('approvalType must be MANUAL, AUTO_AGREE or AUTO_REFUSE');
  }
  const isPicked = order.flag('targetSelect') ?? false;
  const range = needUsers(world, order.texts('range') ?? []);
  return {
    activityId: ids.activity(world.workflow),
    name: order.text('name') ?? '审批人',
    method,
    approvalType,
    userIds: needUsers(world, order.texts('userIds') ?? []),
    roleIds: (order.texts('roles') ?? []).map((name) => needRole(world, name)),
    targetSelect: isPicked ? { actorKey: ids.actorKey(world.workflow), range } : undefined,
    condition: readCondition(components, order.raw('condition')),
  };
}

function needUsers(world: World, userIds: readonly string[]): readonly string[] {
  for (const userId of userIds) if (!world.users.has(userId)) refuseOrder(`no user "${userId}"`);
  return userIds;
}

function needRole(world: World, name: string): number {
  const role = [...world.roles.values()].find((candidate) => candidate.name === name);
  return role?.roleId ?? refuseOrder(`no role "${name}"`);
}

function readCondition(components: readonly Component[], value: unknown): Condition | undefined {
  if (value === undefined) return undefined;
  const order = new Order(value);
  const name = order.needText('component');
  const component = findComponent(components, name) ?? refuseOrder(`no component "${name}"`);
  return {
    componentId: component.id,
    atLeast: order.text('atLeast'),
    below: order.text('below'),
    equals: order.text('equals'),
  };
}

/** Finds a control by business alias, id or label, as a person would name it. */
export function findComponent(
  components: readonly Component[],
  name: string,
): Component | undefined {
  return (
    components.find((component) => component.bizAlias === name) ??
    components.find((component) => component.id === name) ??
    components.find((component) => component.label === name)
  );
}

/** The nodes of the configured flow that count for these values. */
export function nodesFor(form: Form, values: readonly FormValue[]): FlowNode[] {
  return form.flow.nodes.filter((node) => isMet(node.condition, values));
}

function isMet(condition: Condition | undefined, values: readonly FormValue[]): boolean {
  if (!condition) return true;
  const value = values.find((entry) => entry.component.id === condition.componentId)?.value ?? '';
  if (condition.equals !== undefined && value !== condition.equals) return false;
  if (condition.atLeast !== undefined && compare(value, condition.atLeast) < 0) return false;
  return condition.below === undefined || compare(value, condition.below) < 0;
}

// Decimal texts of any length are compared without ever becoming a number that rounds.
function compare(one: string, other: string): number {
  const digits = Math.max(decimalsOf(one), decimalsOf(other));
  const difference = scaled(one, digits) - scaled(other, digits);
  return difference < 0n ? -1 : Number(difference > 0n);
}

function decimalsOf(text: string): number {
  return (text.split('.')[1] ?? '').length;
}

function scaled(text: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(`${whole || '0'}${fraction.padEnd(digits, '0')}`);
}

/** Who decides a configured node: its people, those of its roles, else an administrator. */
export function decidersOf(world: World, node: FlowNode): string[] {
  const ofRoles = node.roleIds.flatMap((roleId) => world.roles.get(roleId)?.userIds ?? []);
  const people = [...new Set([...node.userIds, ...ofRoles])].filter((id) => world.users.has(id));
  if (people.length > 0) return people;
  return [...world.users.values()].filter((user) => user.admin).map((user) => user.userId);
}

export type Picked = ReadonlyMap<string, readonly string[]>;

/** Reads `targetSelectActioners`; undefined when it is not of that form. */
export function readPicked(value: unknown): Picked | undefined {
  const picked = new Map<string, readonly string[]>();
  if (value === undefined) return picked;
  if (!Array.isArray(value)) return undefined;
  for (const entry of value) {
    const key: unknown = isFields(entry) ? entry['actionerKey'] : undefined;
    const userIds: unknown = isFields(entry) ? entry['actionerUserIds'] : undefined;
    if (typeof key !== 'string' || !isTexts(userIds)) return undefined;
    picked.set(key, userIds);
  }
  return picked;
}

/** Tells a list of texts from anything else. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Settles who decides each node, or says what is wrong with the picks. */
export function resolveFlow(
  world: World,
  nodes: readonly FlowNode[],
  picked: Picked,
): InstanceNode[] | 'targetSelectApproverMissing' | 'targetSelectApproverScopeError' {
  const resolved: InstanceNode[] = [];
  for (const node of nodes) {
    const { activityId, name, method, approvalType } = node;
    let userIds: readonly string[] = decidersOf(world, node);
    if (node.targetSelect) {
      userIds = picked.get(node.targetSelect.actorKey) ?? [];
      if (userIds.length === 0) return 'targetSelectApproverMissing';
      const { range } = node.targetSelect;
      const isInRange = userIds.every(
        (userId) => world.users.has(userId) && (range.length === 0 || range.includes(userId)),
      );
      if (!isInRange) return 'targetSelectApproverScopeError';
    }
    resolved.push({ activityId, name, method, approvalType, userIds });
  }
  return resolved;
}
