import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startStand } from './testing.ts';
import type { Json, Stand } from './testing.ts';

let stand: Stand;
let token: string;
beforeEach(async () => {
  stand = await startStand();
  const { app } = await stand.manage('GET', 'world');
  const { appKey, appSecret } = app;
  token = (await stand.call('POST', '/v1.0/oauth2/accessToken', { appKey, appSecret })).json
    .accessToken;
});
afterEach(() => stand.close());

async function ask(path: string, body: unknown): Promise<Json> {
  return (await stand.call('POST', `/topapi/${path}?access_token=${token}`, body)).json;
}

describe('directory', () => {
  test('a person is found by id and by phone, with departments and roles', async () => {
    const user = await ask('v2/user/get', { userid: 'user01' });
    expect(user).toMatchObject({
      errcode: 0,
      result: { userid: 'user01', active: true, role_list: [{ name: 'Finance clerk' }] },
    });
    const byMobile = await ask('v2/user/getbymobile', { mobile: user.result.mobile });
    expect(byMobile.result).toEqual({ userid: 'user01' });
    expect((await ask('v2/user/getbymobile', { mobile: '13900000000' })).errcode).toBe(60_121);
    expect((await ask('v2/user/getbymobile', { mobile: 'x' })).errcode).toBe(40_104);
    expect((await ask('v2/user/get', { userid: 'ghost' })).errcode).toBe(33_012);
  });

  test('roles are listed by group and page, members by role', async () => {
    await stand.manage('POST', 'roles', {
      name: 'Driver',
      group: 'Logistics',
      userIds: ['user05'],
    });
    const first = await ask('role/list', { size: 3, offset: 0 });
    expect(first.result.hasMore).toBe(true);
    const rest = await ask('role/list', { size: 3, offset: 3 });
    expect(rest.result.list.map((group: Json) => group.name)).toEqual(['Finance', 'Logistics']);
    const clerk = first.result.list[0].roles[0];
    expect(clerk.name).toBe('Finance clerk');
    const members = await ask('role/simplelist', { role_id: clerk.id, size: 1, offset: 0 });
    expect(members.result).toMatchObject({ hasMore: true, list: [{ userid: 'user01' }] });
    expect((await ask('role/list', { size: 201, offset: 0 })).errcode).toBe(40_069);
    expect((await ask('role/simplelist', { role_id: 1 })).errcode).toBe(33_011);
  });

  test('departments lead to their people', async () => {
    const { result } = await ask('v2/department/listsub', {});
    const finance = result.find((department: Json) => department.name.startsWith('Finance'));
    expect(finance.parent_id).toBe(1);
    const members = await ask('user/listid', { dept_id: finance.dept_id });
    expect(members.result.userid_list).toEqual(['user01', 'user02', 'user03', 'user05']);
    expect((await ask('v2/department/listsub', { dept_id: 9 })).errcode).toBe(60_003);
  });

  test('costs no quota, yet needs its permission', async () => {
    await stand.manage('POST', 'quotas', { apiCallsLeft: 0 });
    expect((await ask('v2/user/get', { userid: 'user02' })).errcode).toBe(0);
    const { app } = await stand.manage('GET', 'world');
    await stand.manage('POST', `apps/${app.appKey}`, { permissions: ['qyapi_get_role_list'] });
    const refused = await ask('v2/user/get', { userid: 'user02' });
    expect(refused).toMatchObject({ errcode: 88, sub_code: '60011' });
  });

  test('a person who left is gone from the directory and the roles', async () => {
    await stand.manage('DELETE', 'users/user02');
    expect((await ask('v2/user/get', { userid: 'user02' })).errcode).toBe(33_012);
    const { roles } = await stand.manage('GET', 'world');
    expect(roles.find((role: Json) => role.name === 'Finance manager').userIds).toEqual([]);
  });
});
