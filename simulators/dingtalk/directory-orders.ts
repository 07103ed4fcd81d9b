import { refuseOrder } from './order.ts';
import type { Action, Order } from './order.ts';
import type { Department, Role, User, World } from './world.ts';

/** Management of people, departments and roles. */
export const DIRECTORY_ACTIONS: readonly Action[] = [
  { method: 'POST', path: 'users', act: postUser },
  { method: 'DELETE', path: 'users/*', act: removeUser },
  { method: 'POST', path: 'departments', act: postDepartment },
  { method: 'POST', path: 'roles', act: postRole },
];

function postUser(world: World, order: Order): User {
  const userId = order.needText('userId');
  const standing = world.users.get(userId);
  const departmentIds = readDepartments(world, order);
  const user: User = {
    userId,
    unionId: order.text('unionId') ?? standing?.unionId ?? `union${userId}iE`,
    name: order.text('name') ?? standing?.name ?? userId,
    flowControlled: order.flag('flowControlled') ?? standing?.flowControlled ?? false,
    mobile: order.text('mobile') ?? standing?.mobile ?? '',
    title: order.text('title') ?? standing?.title ?? '',
    departmentIds: departmentIds ?? standing?.departmentIds ?? [1],
    admin: order.flag('admin') ?? standing?.admin ?? false,
    active: order.flag('active') ?? standing?.active ?? true,
  };
  world.users.set(userId, user);
  return user;
}

function readDepartments(world: World, order: Order): number[] | undefined {
  const value = order.raw('departmentIds');
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return refuseOrder('departmentIds must be a list');
  return value.map((entry) => {
    const id = Number(entry);
    return world.departments.has(id) ? id : refuseOrder(`no department ${String(entry)}`);
  });
}

/** A person leaves the organisation; what they decided stays. */
function removeUser(world: World, _order: Order, [userId = '']: readonly string[]): unknown {
  if (!world.users.delete(userId)) refuseOrder(`no user "${userId}"`);
  for (const role of world.roles.values()) {
    const index = role.userIds.indexOf(userId);
    if (index >= 0) role.userIds.splice(index, 1);
  }
  return { userId, removed: true };
}

function postDepartment(world: World, order: Order): Department {
  const departmentId = order.whole('departmentId') ?? Math.max(...world.departments.keys()) + 1;
  const parentId = order.whole('parentId') ?? 1;
  if (!world.departments.has(parentId)) refuseOrder(`no department ${parentId}`);
  const department: Department = { departmentId, name: order.needText('name'), parentId };
  world.departments.set(departmentId, department);
  return department;
}

function postRole(world: World, order: Order): Role {
  const name = order.needText('name');
  const userIds = order.texts('userIds');
  for (const userId of userIds ?? []) {
    if (!world.users.has(userId)) refuseOrder(`no user "${userId}"`);
  }
  const standing = [...world.roles.values()].find((role) => role.name === name);
  if (standing) {
    if (userIds) standing.userIds.splice(0, standing.userIds.length, ...userIds);
    return standing;
  }
  const roleId = order.whole('roleId') ?? Math.max(0, ...world.roles.keys()) + 1;
  const group = roleGroup(world, order.text('group') ?? 'Finance');
  const role: Role = { roleId, name, ...group, userIds: userIds ?? [] };
  world.roles.set(roleId, role);
  return role;
}

function roleGroup(world: World, groupName: string): { groupId: number; groupName: string } {
  const roles = [...world.roles.values()];
  const standing = roles.find((role) => role.groupName === groupName);
  const groupId = standing?.groupId ?? Math.max(1000, ...roles.map((role) => role.groupId)) + 1000;
  return { groupId, groupName };
}
