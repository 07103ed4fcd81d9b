import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WIRE_FAULTS } from './fault-names.ts';
import { addPlainRobot, bell, startStand } from './testing.ts';
import type { Answer, Stand } from './testing.ts';

let stand: Stand;
let path: string;
beforeEach(async () => {
  stand = await startStand();
  ({ path } = await addPlainRobot(stand));
});
afterEach(() => stand.close());

const tried = new Set<string>();

async function strike(name: string, settings: Record<string, unknown> = {}): Promise<void> {
  tried.add(name);
  await stand.manage('POST', 'faults', { name, count: 1, ...settings });
}

async function shown(): Promise<number> {
  return (await stand.manage('GET', 'state')).messageCount;
}

async function sendAsApp(): Promise<Answer> {
  const { app, groups } = await stand.manage('GET', 'world');
  return stand.asApp('POST', '/v1.0/robot/groupMessages/send', {
    robotCode: app.robotCode,
    openConversationId: groups[0].groupId,
    msgKey: 'sampleText',
    msgParam: '{"content":"bell"}',
  });
}

async function uploadAnswer(): Promise<Answer['json']> {
  const { app } = await stand.manage('GET', 'world');
  const query = new URLSearchParams({ appkey: app.appKey, appsecret: app.appSecret });
  const { json } = await stand.call('GET', `/gettoken?${query.toString()}`);
  const form = new FormData();
  form.set('media', new Blob(['x']), 'a.pdf');
  const url = `${stand.url}/media/upload?type=file&access_token=${json.access_token}`;
  return (await fetch(url, { method: 'POST', body: form })).json();
}

describe('faults on robot/send', () => {
  test.each([
    ['systemBusy', {}, -1],
    ['errcodeUnder200', { code: 34_016 }, 34_016],
    ['throttleQps', {}, 660_026],
    ['quotaExhausted', {}, 90_020],
    ['robotDisabled', {}, 400_102],
    ['robotGone', {}, 400_106],
    ['groupDissolved', {}, 400_013],
    ['contentRefused', { code: 430_101 }, 430_101],
    ['ipNotInWhitelist', {}, 310_000],
  ])('%s %o answers %i under HTTP 200 once, and is booked', async (name, settings, errcode) => {
    await strike(name, settings);
    const answer = await stand.call('POST', path, bell('MV000000000009'));
    expect([answer.status, answer.json.errcode]).toEqual([200, errcode]);
    expect(await shown()).toBe(0);
    const { refusals } = await stand.manage('GET', 'state');
    expect(refusals).toMatchObject([{ code: String(errcode), reference: 'MV000000000009' }]);
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
  });

  test('serverError, htmlAntiAbuse and status1111 carry no errcode', async () => {
    await strike('serverError', { status: 502 });
    expect((await stand.call('POST', path, bell())).status).toBe(502);
    await strike('htmlAntiAbuse');
    expect((await stand.call('POST', path, bell())).text).toMatch(/^<!doctype html>/);
    await strike('status1111');
    const { json } = await stand.call('POST', path, bell());
    expect(json).toMatchObject({ status: 1111, punish: 'deny' });
    expect(json).not.toHaveProperty('errcode');
    expect(await shown()).toBe(0);
  });

  test('timeoutAfterAccepting shows the message without an answer; the repeat is not shown', async () => {
    await strike('timeoutAfterAccepting');
    const body = bell('', { msgUuid: 'u1' });
    await expect(stand.call('POST', path, body)).rejects.toThrow('fetch failed');
    expect(await shown()).toBe(1);
    expect((await stand.call('POST', path, body)).json.errcode).toBe(0);
    expect(await shown()).toBe(1);
  });

  test('timeoutBeforeAccepting and outage show nothing', async () => {
    for (const name of ['timeoutBeforeAccepting', 'outage']) {
      await strike(name);
      await expect(stand.call('POST', path, bell())).rejects.toThrow('fetch failed');
    }
    expect(await shown()).toBe(0);
  });

  test('slow answers after its delay, the message being shown before', async () => {
    await strike('slow', { ms: 150 });
    const startedMs = performance.now();
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(149);
  });

  test('a fault bound to a path leaves the others alone; an unknown one is refused', async () => {
    await strike('systemBusy', { path: '/v1.0/card' });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    await expect(stand.manage('POST', 'faults', { name: 'nonsense' })).rejects.toThrow('400');
    await stand.manage('DELETE', 'faults/systemBusy');
    expect((await stand.manage('GET', 'faults')).active).toEqual([]);
  });
});

describe('faults on the app interfaces, in both dialects', () => {
  test.each([
    ['systemBusy', 429, 'system.busy', '-1'],
    ['tokenExpired', 400, 'InvalidAuthentication', '88/40014'],
    ['permissionMissing', 403, 'Forbidden.AccessDenied.AccessTokenPermissionDenied', '88/60011'],
    ['ipNotInWhitelist', 403, 'Forbidden.AccessDenied.IpNotInWhiteList', '60020'],
    ['throttleQps', 403, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', '90018'],
    ['quotaExhausted', 403, 'Forbidden.AccessDenied.ApiCountLimitForOrg', '90020'],
  ])('%s is %i %s on the new API and %s on the old', async (name, status, code, old) => {
    await strike(name);
    const answer = await sendAsApp();
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.requestid).toEqual(expect.any(String));
    await strike(name);
    const { errcode, sub_code: subCode } = await uploadAnswer();
    expect(subCode ? `${errcode}/${subCode}` : String(errcode)).toBe(old);
    expect((await sendAsApp()).status).toBe(200);
  });

  test.each([
    ['robotDisabled', {}, 'bot.stopped'],
    ['robotGone', {}, 'resource.not.found'],
    ['groupDissolved', {}, 'group.disbanded'],
    ['contentRefused', {}, 'contain.notAllowed.content'],
    ['contentRefused', { code: 430_101 }, 'contain.unsafe.url'],
  ])('%s %o is %s', async (name, settings, code) => {
    await strike(name, settings);
    const answer = await sendAsApp();
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expect(await shown()).toBe(0);
  });

  test('unknownSendResult shows the message although it answers 400', async () => {
    await strike('unknownSendResult');
    expect((await sendAsApp()).json.code).toBe('unknown.send.result');
    expect(await shown()).toBe(1);
  });

  test('deliverPartlyFailed holds back one person under HTTP 200', async () => {
    await strike('deliverPartlyFailed');
    const { app } = await stand.manage('GET', 'world');
    const answer = await stand.asApp('POST', '/v1.0/robot/oToMessages/batchSend', {
      robotCode: app.robotCode,
      userIds: ['user01', 'user02', 'ghost'],
      msgKey: 'sampleText',
      msgParam: '{"content":"bell"}',
    });
    expect(answer.json).toMatchObject({
      flowControlledStaffIdList: ['user01'],
      invalidStaffIdList: ['ghost'],
    });
    const { messages } = await stand.manage('GET', 'state');
    expect(messages[0]).toMatchObject({ via: 'personal', userIds: ['user02'], groupId: null });
  });

  test('every fault of the wire was struck above', () => {
    expect([...tried].toSorted()).toEqual(Object.keys(WIRE_FAULTS).toSorted());
  });
});
