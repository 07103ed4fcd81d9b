import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startStand } from './testing.ts';
import type { Answer, Json, Stand } from './testing.ts';

let stand: Stand;
let world: Json;
beforeEach(async () => {
  stand = await startStand();
  world = await stand.manage('GET', 'world');
});
afterEach(() => stand.close());

const SEND = '/v1.0/robot/groupMessages/send';
const CARDS = '/v1.0/card/instances';

function send(order: Record<string, unknown> = {}): Promise<Answer> {
  return stand.asApp('POST', SEND, {
    robotCode: world.app.robotCode,
    openConversationId: world.groups[0].groupId,
    msgKey: 'sampleText',
    msgParam: '{"content":"hello"}',
    ...order,
  });
}

async function newToken(): Promise<string> {
  const { appKey, appSecret } = world.app;
  const { json } = await stand.call('POST', '/v1.0/oauth2/accessToken', { appKey, appSecret });
  return json.accessToken;
}

describe('app token', () => {
  test('is the same and extended while valid, new after 7,200 s, and old ones are refused', async () => {
    const first = await newToken();
    await stand.manage('POST', 'clock', { advanceMs: 7_000_000 });
    expect(await newToken()).toBe(first);
    await stand.manage('POST', 'clock', { advanceMs: 7_000_000 });
    expect(await newToken()).toBe(first);
    await stand.manage('POST', 'clock', { advanceMs: 7_200_001 });
    const late = await stand.call('POST', SEND, {}, { 'x-acs-dingtalk-access-token': first });
    expect([late.status, late.json.code]).toEqual([400, 'InvalidAuthentication']);
    expect(await newToken()).not.toBe(first);
  });

  test('of the old path and of the third form is the same as that of the new one', async () => {
    const { appKey, appSecret } = world.app;
    const old = await stand.call('GET', `/gettoken?appkey=${appKey}&appsecret=${appSecret}`);
    expect(old.json).toMatchObject({ errcode: 0, expires_in: 7200 });
    expect(old.json.access_token).toBe(await newToken());
    const third = await stand.call('POST', `/v1.0/oauth2/${world.organisation.corpId}/token`, {
      client_id: appKey,
      client_secret: appSecret,
      grant_type: 'client_credentials',
    });
    expect(third.json.access_token).toBe(old.json.access_token);
  });

  test('wrong secrets are refused in both dialects', async () => {
    const { appKey } = world.app;
    const fresh = await stand.call('POST', '/v1.0/oauth2/accessToken', { appKey, appSecret: 'x' });
    expect([fresh.status, fresh.json.code]).toEqual([400, 'invalidClientIdOrSecret']);
    const old = await stand.call('GET', `/gettoken?appkey=${appKey}&appsecret=x`);
    expect([old.status, old.json.errcode]).toEqual([200, 40_096]);
    const inBody = await stand.call('POST', '/gettoken', { appkey: appKey, appsecret: 'x' });
    expect(inBody.json.errcode).toBe(40_035);
  });

  test('counts only in its own place: header for the new API, query for the old', async () => {
    const token = await newToken();
    const query = await stand.call('POST', `${SEND}?access_token=${token}`, {});
    expect(query.json.code).toBe('AuthenticationFailed.MissingParameter');
    const bearer = await stand.call('POST', SEND, {}, { authorization: `Bearer ${token}` });
    expect(bearer.json.code).toBe('AuthenticationFailed.MissingParameter');
    const header = { 'x-acs-dingtalk-access-token': token };
    const old = await stand.call('POST', '/media/upload?type=file', {}, header);
    expect(old.json).toMatchObject({ errcode: 88, sub_code: '40000' });
    const wrong = await stand.call('POST', '/media/upload?type=file&access_token=x', {});
    expect(wrong.json).toMatchObject({ errcode: 88, sub_code: '40014' });
  });
});

describe('app limits', () => {
  test('the 21st call of one interface in a second is refused and not counted', async () => {
    const header = { 'x-acs-dingtalk-access-token': await newToken() };
    const answers = await Promise.all(
      Array.from({ length: 21 }, () => stand.call('POST', SEND, {}, header)),
    );
    const codes = answers.map((answer) => answer.json.code);
    expect(
      codes.filter((code) => code === 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi'),
    ).toHaveLength(1);
    expect((await stand.manage('GET', 'quotas')).apiCalls).toBe(20);
    await stand.manage('POST', 'clock', { advanceMs: 1001 });
    expect((await send()).status).toBe(200);
  });

  test('a spent month is refused, after the grace that was set', async () => {
    await stand.manage('POST', 'quotas', { apiCallsLeft: 1, graceMs: 1000 });
    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    await stand.manage('POST', 'clock', { advanceMs: 1001 });
    const refused = await send();
    expect([refused.status, refused.json.code]).toEqual([
      403,
      'Forbidden.AccessDenied.ApiCountLimitForOrg',
    ]);
  });

  test('a permission not granted and an address not listed are refused', async () => {
    await stand.manage('POST', `apps/${world.app.appKey}`, { permissions: [] });
    expect((await send()).json.code).toBe('Forbidden.AccessDenied.AccessTokenPermissionDenied');
    await stand.manage('POST', `apps/${world.app.appKey}`, {
      permissions: ['qyapi_robot_sendmsg'],
      ipWhitelist: ['198.51.100.0/24'],
    });
    expect((await send()).json.code).toBe('Forbidden.AccessDenied.IpNotInWhiteList');
    await stand.manage('POST', 'network', { callerIp: '198.51.100.9' });
    expect((await send()).status).toBe(200);
  });
});

describe('app robot', () => {
  test.each([
    ['another robot', { robotCode: 'x' }, 'invalidParameter.robotCode.auth'],
    ['an unknown group', { openConversationId: 'cidx' }, 'invalid.openConversationId'],
    ['an unknown msgKey', { msgKey: 'markdown' }, 'invalidParameter.msgKey.invalid'],
    ['msgParam as an object', { msgParam: { content: 'x' } }, 'invalidParameter.msgParam.invalid'],
    [
      'msgParam without its field',
      { msgParam: '{"text":"x"}' },
      'invalidParameter.msgParam.invalid',
    ],
    [
      'msgParam over 15,000 bytes',
      { msgParam: JSON.stringify({ content: '款'.repeat(5000) }) },
      'invalidParameter.msgParam.tooLong',
    ],
    [
      'a file nobody uploaded',
      { msgKey: 'sampleFile', msgParam: '{"mediaId":"@x","fileName":"a.pdf","fileType":"pdf"}' },
      'invalidParameter.msgParam.invalid',
    ],
    [
      'the casing of other cards in sampleActionCard6',
      {
        msgKey: 'sampleActionCard6',
        msgParam: JSON.stringify({
          title: 'a',
          text: 'b',
          buttonTitle1: 'c',
          buttonURL1: 'd',
          buttonTitle2: 'e',
          buttonURL2: 'f',
        }),
      },
      'invalidParameter.msgParam.invalid',
    ],
  ])('%s is refused', async (_name, order, code) => {
    const answer = await send(order);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });

  test('a group without the robot is refused', async () => {
    const answer = await send({ openConversationId: world.groups[2].groupId });
    expect(answer.json.code).toBe('resource.not.found');
  });

  test('more than twenty people are refused', async () => {
    const answer = await stand.asApp('POST', '/v1.0/robot/oToMessages/batchSend', {
      robotCode: world.app.robotCode,
      userIds: Array.from({ length: 21 }, (_, index) => `u${index}`),
      msgKey: 'sampleText',
      msgParam: '{"content":"x"}',
    });
    expect(answer.json.code).toBe('too.many.people');
  });

  test('an uploaded file is sent and can be downloaded from the page', async () => {
    const token = await newToken();
    const form = new FormData();
    form.set('type', 'file');
    form.set('media', new Blob(['statement']), '对账单.xlsx');
    const url = `${stand.url}/media/upload?type=file&access_token=${token}`;
    const upload: Json = await (await fetch(url, { method: 'POST', body: form })).json();
    expect(upload).toMatchObject({ errcode: 0, type: 'file' });
    const answer = await send({
      msgKey: 'sampleFile',
      msgParam: JSON.stringify({
        mediaId: upload.media_id,
        fileName: '对账单.xlsx',
        fileType: 'xlsx',
      }),
    });
    expect(answer.status).toBe(200);
    const media = await fetch(`${stand.url}/_page/media/${encodeURIComponent(upload.media_id)}`);
    expect(await media.text()).toBe('statement');
    form.set('media', new Blob(['a,b']), 'a.csv');
    const csv: Json = await (await fetch(url, { method: 'POST', body: form })).json();
    expect(csv.errcode).toBe(40_005);
  });

  test('a chatId is converted; unknown paths are refused in each host’s way', async () => {
    const { chatId, groupId } = world.groups[0];
    const path = `/v1.0/im/chat/${chatId}/convertToOpenConversationId`;
    expect((await stand.asApp('POST', path)).json).toEqual({ openConversationId: groupId });
    const fresh = await stand.call('POST', '/v1.0/nowhere');
    expect([fresh.status, fresh.json.code]).toEqual([404, 'error.notFound']);
    const old = await stand.call('POST', '/topapi/nowhere');
    expect([old.status, old.json.errcode]).toEqual([200, 22]);
    const bare = await stand.call('POST', '/nowhere');
    expect([bare.status, bare.json.errcode]).toEqual([200, 404]);
  });
});

function cardOrder(outTrackId: string, params: Record<string, unknown>, space?: string): Json {
  return {
    cardTemplateId: world.app.cardTemplateId,
    outTrackId,
    callbackType: 'STREAM',
    cardData: { cardParamMap: params },
    openSpaceId: `dtv1.card//${space ?? `IM_GROUP.${world.groups[0].groupId}`}`,
    imGroupOpenSpaceModel: { supportForward: false },
    imGroupOpenDeliverModel: { robotCode: world.app.robotCode },
    imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT' },
  };
}

async function cardOf(outTrackId: string): Promise<Json> {
  const { cards } = await stand.manage('GET', 'state');
  return cards.find((card: Json) => card.outTrackId === outTrackId);
}

describe('cards', () => {
  test('an update overwrites everything unless it says by key', async () => {
    const params = { amount: '900.00', state: 'pending', reference: 'MV000000000001' };
    await stand.asApp('POST', `${CARDS}/createAndDeliver`, cardOrder('c1', params));
    const change = { outTrackId: 'c1', cardData: { cardParamMap: { state: 'booked' } } };
    const options = { updateCardDataByKey: true };
    await stand.asApp('PUT', CARDS, { ...change, cardUpdateOptions: options });
    expect((await cardOf('c1')).params).toEqual({ ...params, state: 'booked' });
    await stand.asApp('PUT', CARDS, change);
    const card = await cardOf('c1');
    expect(card.params).toEqual({ state: 'booked' });
    expect(card).toMatchObject({ version: 3, references: ['MV000000000001'] });
    expect(card.updates.map((update: Json) => update.byKey)).toEqual([true, false]);
  });

  test('private data is kept per person, by key or not', async () => {
    const order = cardOrder('c1', { title: 'x' });
    order.privateData = { user01: { cardParamMap: { a: '1', b: '2' } } };
    await stand.asApp('POST', `${CARDS}/createAndDeliver`, order);
    await stand.asApp('PUT', CARDS, {
      outTrackId: 'c1',
      privateData: { user01: { cardParamMap: { a: '3' } } },
      cardUpdateOptions: { updatePrivateDataByKey: true },
    });
    expect(await cardOf('c1')).toMatchObject({
      params: { title: 'x' },
      privateData: { user01: { a: '3', b: '2' } },
    });
  });

  test('a reused outTrackId changes nothing and is shown once', async () => {
    const path = `${CARDS}/createAndDeliver`;
    const first = await stand.asApp('POST', path, cardOrder('c1', { title: 'one' }));
    const again = await stand.asApp('POST', path, cardOrder('c1', { title: 'two' }));
    expect(again.json).toEqual(first.json);
    expect(await cardOf('c1')).toMatchObject({ params: { title: 'one' }, repeats: 1, version: 1 });
  });

  test('a timeout after accepting leaves one card, however often it is repeated', async () => {
    await stand.manage('POST', 'faults', { name: 'timeoutAfterAccepting', count: 1 });
    const path = `${CARDS}/createAndDeliver`;
    const order = cardOrder('c1', { title: 'one' });
    await expect(stand.asApp('POST', path, order)).rejects.toThrow('fetch failed');
    expect((await stand.asApp('POST', path, order)).json.success).toBe(true);
    expect((await stand.manage('GET', 'state')).cards).toHaveLength(1);
  });

  test('delivery is judged per space under HTTP 200', async () => {
    const spaces = `IM_GROUP.cidnowhere;im_robot.user02;IM_ROBOT.ghost`;
    const order = cardOrder('c1', { title: 'x' }, spaces);
    const { json } = await stand.asApp('POST', `${CARDS}/createAndDeliver`, order);
    const successes = json.result.deliverResults.map((result: Json) => result.success);
    expect(successes).toEqual([false, true, false]);
    await stand.manage('POST', 'faults', { name: 'deliverPartlyFailed', count: 1 });
    const struck = await stand.asApp('POST', `${CARDS}/createAndDeliver`, cardOrder('c2', {}));
    expect(struck.status).toBe(200);
    expect(struck.json.result.deliverResults[0]).toMatchObject({ success: false });
  });

  test('create and deliver work apart', async () => {
    const order = cardOrder('c1', { title: 'x' });
    expect((await stand.asApp('POST', CARDS, order)).json).toEqual({ success: true, result: 'c1' });
    expect((await cardOf('c1')).groupId).toBeNull();
    const delivered = await stand.asApp('POST', `${CARDS}/deliver`, order);
    expect(delivered.json.result[0].success).toBe(true);
    expect((await cardOf('c1')).group).toBe('Finance 财务群');
  });

  test.each([
    ['a value over 1 KB', { cardData: { cardParamMap: { a: 'x'.repeat(1025) } } }],
    ['a key over 100 bytes', { cardData: { cardParamMap: { ['k'.repeat(101)]: 'x' } } }],
    ['a number as value', { cardData: { cardParamMap: { a: 1 } } }],
    ['an outTrackId over 100 characters', { outTrackId: 'x'.repeat(101) }],
    ['another template', { cardTemplateId: 'x.schema' }],
    ['a lower-case callbackType', { callbackType: 'stream' }],
    ['an HTTP callback without its route', { callbackType: 'HTTP' }],
    ['a space of another form', { openSpaceId: 'IM_GROUP.x' }],
  ])('%s is refused', async (_name, change) => {
    const order = { ...cardOrder('c1', { a: 'b' }), ...change };
    const answer = await stand.asApp('POST', `${CARDS}/createAndDeliver`, order);
    expect(answer.status).toBe(400);
    expect(answer.json.code).toMatch(/^invalidParameter\./);
  });

  test('an update of a card that never was is refused', async () => {
    const answer = await stand.asApp('PUT', CARDS, { outTrackId: 'none' });
    expect([answer.status, answer.json.code]).toEqual([400, 'resource.not.found']);
  });

  test('a press is recorded and heard', async () => {
    const heard: string[] = [];
    stand.simulator.onPress((press) => heard.push(press.actionId));
    await stand.asApp('POST', `${CARDS}/createAndDeliver`, cardOrder('c/1', { title: 'x' }));
    const order = { userId: 'user01', actionId: 'ack', params: { action: 'ack' } };
    await stand.manage('POST', `cards/${encodeURIComponent('c/1')}/press`, order);
    expect((await cardOf('c/1')).presses).toMatchObject([order]);
    expect(heard).toEqual(['ack']);
  });
});
