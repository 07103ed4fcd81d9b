import { oapiError, ok } from './answers.ts';
import type { Reply } from './answers.ts';
import { admit, isRefusal } from './app-gate.ts';
import { readJsonObject } from './call.ts';
import type { Call, Route } from './call.ts';
import type { Department, Role, User, World } from './world.ts';

type Body = Readonly<Record<string, unknown>>;

/** The directory of dingtalk.md 6.3, as far as approvers are looked up; exempt from the month's quota. */
export const DIRECTORY_ROUTES: readonly Route[] = [
  directoryRoute('/topapi/v2/user/get', 'qyapi_get_member', getUser),
  directoryRoute('/topapi/v2/user/getbymobile', 'qyapi_get_member_by_mobile', getByMobile),
  directoryRoute('/topapi/role/list', 'qyapi_get_role_list', listRoles),
  directoryRoute('/topapi/role/simplelist', 'qyapi_get_role_list', listRoleMembers),
  directoryRoute('/topapi/v2/department/listsub', 'qyapi_get_department_list', listDepartments),
  directoryRoute('/topapi/user/listid', 'qyapi_get_department_member', listUserIds),
];

export const DIRECTORY_PERMISSIONS: readonly string[] = [
  'qyapi_get_member',
  'qyapi_get_member_by_mobile',
  'qyapi_get_role_list',
  'qyapi_get_department_list',
  'qyapi_get_department_member',
];

export const ROOT_DEPARTMENT = 1;

function directoryRoute(
  path: string,
  permission: string,
  handle: (world: World, body: Body) => Reply,
): Route {
  return {
    methods: ['POST'],
    path,
    dialect: 'oapi',
    handle: (call: Call) => {
      const app = admit(call, { dialect: 'oapi', api: path, permission, isCounted: false });
      const body = readJsonObject(call.body);
      const reply = isRefusal(app) ? app : body ? handle(call.world, body) : wrongParameter();
      if (reply.refused) {
        const text = call.body.toString('utf8');
        call.world.books.refuse({ path: call.path, ...reply.refused, text });
      }
      return reply;
    },
  };
}

function wrongParameter(): Reply {
  return oapiError(400_002, '无效的参数');
}

function found(result: unknown): Reply {
  return ok({ errcode: 0, errmsg: 'ok', result });
}

function getUser(world: World, body: Body): Reply {
  const userId = body['userid'];
  if (typeof userId !== 'string' || userId === '') return wrongParameter();
  const user = world.users.get(userId);
  return user ? found(describe(world, user)) : oapiError(33_012, '无效的USERID');
}

function describe(world: World, user: User): Record<string, unknown> {
  return {
    userid: user.userId,
    unionid: user.unionId,
    name: user.name,
    active: user.active,
    admin: user.admin,
    boss: false,
    senior: false,
    exclusive_account: false,
    title: user.title,
    job_number: '',
    state_code: '86',
    mobile: user.mobile,
    hide_mobile: false,
    dept_id_list: user.departmentIds,
    leader_in_dept: user.departmentIds.map((id) => ({ dept_id: id, leader: false })),
    role_list: [...world.roles.values()]
      .filter((role) => role.userIds.includes(user.userId))
      .map((role) => ({ id: role.roleId, name: role.name, group_name: role.groupName })),
  };
}

function getByMobile(world: World, body: Body): Reply {
  const mobile = body['mobile'];
  if (typeof mobile !== 'string' || mobile === '') return wrongParameter();
  if (!/^(\+?86-?)?\d{5,15}$/.test(mobile)) return oapiError(40_104, '无效的手机号');
  const plain = mobile.replace(/^\+?86-?(?=\d{11}$)/, '');
  const user = [...world.users.values()].find((candidate) => candidate.mobile === plain);
  return user ? found({ userid: user.userId }) : oapiError(60_121, '找不到该用户');
}

/** Size and offset of a page; both count only together (`obtains-a-list-of-enterprise-roles`). */
function pageOf(body: Body, sizeMax: number): { size: number; offset: number } | Reply {
  const { size, offset } = body;
  if (size === undefined || offset === undefined) return { size: 20, offset: 0 };
  if (!Number.isInteger(size) || Number(size) < 1 || Number(size) > sizeMax) {
    return oapiError(40_069, '不合法的size');
  }
  if (!Number.isInteger(offset) || Number(offset) < 0) return oapiError(40_068, '不合法的offset');
  return { size: Number(size), offset: Number(offset) };
}

function listRoles(world: World, body: Body): Reply {
  const page = pageOf(body, 200);
  if ('status' in page) return page;
  const roles = [...world.roles.values()];
  const shown = roles.slice(page.offset, page.offset + page.size);
  const groups = new Map<number, Role[]>();
  for (const role of shown) groups.set(role.groupId, [...(groups.get(role.groupId) ?? []), role]);
  return found({
    hasMore: roles.length > page.offset + page.size,
    list: [...groups].map(([groupId, members]) => ({
      groupId,
      name: members[0]?.groupName ?? '',
      roles: members.map((role) => ({ id: role.roleId, name: role.name })),
    })),
  });
}

function listRoleMembers(world: World, body: Body): Reply {
  const role = world.roles.get(Number(body['role_id']));
  if (!role) return oapiError(33_011, '无效的roleId');
  const page = pageOf(body, 100);
  if ('status' in page) return page;
  const members = role.userIds.flatMap((userId) => world.users.get(userId) ?? []);
  const shown = members.slice(page.offset, page.offset + page.size);
  return found({
    hasMore: members.length > page.offset + page.size,
    nextCursor: page.offset + page.size,
    list: shown.map((user) => ({ userid: user.userId, name: user.name, manageScopes: [] })),
  });
}

function departmentOf(world: World, value: unknown): Department | undefined {
  return world.departments.get(value === undefined ? ROOT_DEPARTMENT : Number(value));
}

function listDepartments(world: World, body: Body): Reply {
  const parent = departmentOf(world, body['dept_id']);
  if (!parent) return oapiError(60_003, '部门不存在');
  return found(
    [...world.departments.values()]
      .filter((department) => department.parentId === parent.departmentId)
      .map((department) => ({
        dept_id: department.departmentId,
        name: department.name,
        parent_id: department.parentId,
        create_dept_group: true,
        auto_add_user: true,
      })),
  );
}

function listUserIds(world: World, body: Body): Reply {
  if (body['dept_id'] === undefined) return wrongParameter();
  const department = departmentOf(world, body['dept_id']);
  if (!department) return oapiError(60_003, '部门不存在');
  const members = [...world.users.values()].filter((user) =>
    user.departmentIds.includes(department.departmentId),
  );
  return found({ userid_list: members.map((user) => user.userId) });
}
