import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStand } from './testing.ts';
import type { Json, Stand } from './testing.ts';

// DingTalk's own SDK, a client that nobody here wrote. Its `exports` of single products load much less
// than the package's front door (dingtalk.md 9); it ships CommonJS with classes under `default`.
const require = createRequire(import.meta.url);
const openapi: Json = require('@alicloud/openapi-client');
const util: Json = require('@alicloud/tea-util');
const robot: Json = require('@alicloud/dingtalk/dist/robot_1_0/client');
const card: Json = require('@alicloud/dingtalk/dist/card_1_0/client');
const oauth: Json = require('@alicloud/dingtalk/dist/oauth2_1_0/client');

let stand: Stand;
let world: Json;
beforeEach(async () => {
  stand = await startStand();
  world = await stand.manage('GET', 'world');
});
afterEach(() => stand.close());

function configOf(): Json {
  return new openapi.Config({ endpoint: stand.url.replace('http://', ''), protocol: 'http' });
}

async function fetchToken(): Promise<string> {
  const client = new oauth.default(configOf());
  const { app } = world;
  const request = { appKey: app.appKey, appSecret: app.appSecret };
  const { body } = await client.getAccessToken(new oauth.GetAccessTokenRequest(request));
  expect(body.expireIn).toBe(7200);
  return body.accessToken;
}

test("DingTalk's own SDK: token, group message, recall and personal messages", async () => {
  const token = await fetchToken();
  const client = new robot.default(configOf());
  const runtime = new util.RuntimeOptions({});
  const robotCode = world.app.robotCode;
  const openConversationId = world.groups[0].groupId;
  const sent = await client.orgGroupSendWithOptions(
    new robot.OrgGroupSendRequest({
      robotCode,
      openConversationId,
      msgKey: 'sampleMarkdown',
      msgParam: JSON.stringify({ title: '收款', text: '### 收款 MV000000000001' }),
    }),
    new robot.OrgGroupSendHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  const { processQueryKey } = sent.body;
  expect(processQueryKey).toEqual(expect.any(String));
  const personal = await client.batchSendOTOWithOptions(
    new robot.BatchSendOTORequest({
      robotCode,
      userIds: ['user01', 'ghost'],
      msgKey: 'sampleText',
      msgParam: '{"content":"hello"}',
    }),
    new robot.BatchSendOTOHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  expect(personal.body.invalidStaffIdList).toEqual(['ghost']);
  const recalled = await client.orgGroupRecallWithOptions(
    new robot.OrgGroupRecallRequest({
      robotCode,
      openConversationId,
      processQueryKeys: [processQueryKey],
    }),
    new robot.OrgGroupRecallHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  expect(recalled.body.successResult).toEqual([processQueryKey]);
  const { messages } = await stand.manage('GET', 'state');
  expect(messages).toMatchObject([
    { via: 'appRobot', title: '收款', reference: 'MV000000000001', recalled: true },
    { via: 'personal', userIds: ['user01'] },
  ]);
});

test("DingTalk's own SDK: a card is created, delivered and updated by key", async () => {
  const token = await fetchToken();
  const client = new card.default(configOf());
  const runtime = new util.RuntimeOptions({});
  const groupId = world.groups[0].groupId;
  const created = await client.createAndDeliverWithOptions(
    new card.CreateAndDeliverRequest({
      cardTemplateId: world.app.cardTemplateId,
      outTrackId: 'pay-42-v1',
      callbackType: 'STREAM',
      cardData: new card.CreateAndDeliverRequestCardData({
        cardParamMap: { amount: '900.00', state: 'pending', reference: 'MV000000000042' },
      }),
      openSpaceId: `dtv1.card//IM_GROUP.${groupId}`,
      imGroupOpenSpaceModel: new card.CreateAndDeliverRequestImGroupOpenSpaceModel({
        supportForward: true,
      }),
      imGroupOpenDeliverModel: new card.CreateAndDeliverRequestImGroupOpenDeliverModel({
        robotCode: world.app.robotCode,
      }),
      userIdType: 1,
    }),
    new card.CreateAndDeliverHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  expect(created.body.success).toBe(true);
  expect(created.body.result.deliverResults[0]).toMatchObject({
    spaceType: 'IM_GROUP',
    spaceId: groupId,
    success: true,
  });
  const updated = await client.updateCardWithOptions(
    new card.UpdateCardRequest({
      outTrackId: 'pay-42-v1',
      cardData: new card.UpdateCardRequestCardData({ cardParamMap: { state: 'booked' } }),
      cardUpdateOptions: new card.UpdateCardRequestCardUpdateOptions({
        updateCardDataByKey: true,
      }),
    }),
    new card.UpdateCardHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  expect(updated.body).toMatchObject({ success: true, result: true });
  const { cards } = await stand.manage('GET', 'state');
  expect(cards[0]).toMatchObject({
    outTrackId: 'pay-42-v1',
    group: 'Finance 财务群',
    params: { amount: '900.00', state: 'booked' },
    reference: 'MV000000000042',
    version: 2,
  });
});

test("DingTalk's own SDK: a wrong secret and a wrong token come back as its errors", async () => {
  const client = new oauth.default(configOf());
  const wrong = new oauth.GetAccessTokenRequest({ appKey: world.app.appKey, appSecret: 'x' });
  await expect(client.getAccessToken(wrong)).rejects.toMatchObject({
    code: 'invalidClientIdOrSecret',
  });
  const sender = new robot.default(configOf());
  const call = sender.orgGroupSendWithOptions(
    new robot.OrgGroupSendRequest({ robotCode: 'x' }),
    new robot.OrgGroupSendHeaders({ xAcsDingtalkAccessToken: 'nonsense' }),
    new util.RuntimeOptions({}),
  );
  await expect(call).rejects.toMatchObject({ code: 'InvalidAuthentication' });
});

test("DingTalk's own SDK: an uploaded file goes to a group and to a person", async () => {
  const token = await fetchToken();
  const client = new robot.default(configOf());
  const runtime = new util.RuntimeOptions({});
  // The SDK covers no upload (dingtalk.md 9).
  const form = new FormData();
  form.set('media', new Blob(['statement']), 'pack.pdf');
  const url = `${stand.url}/media/upload?type=file&access_token=${token}`;
  const upload: Json = await (await fetch(url, { method: 'POST', body: form })).json();
  const file = { mediaId: upload.media_id, fileName: '月结.pdf', fileType: 'pdf' };
  const message = {
    robotCode: world.app.robotCode,
    msgKey: 'sampleFile',
    msgParam: JSON.stringify(file),
  };
  await client.orgGroupSendWithOptions(
    new robot.OrgGroupSendRequest({ ...message, openConversationId: world.groups[0].groupId }),
    new robot.OrgGroupSendHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  await client.batchSendOTOWithOptions(
    new robot.BatchSendOTORequest({ ...message, userIds: ['user02'] }),
    new robot.BatchSendOTOHeaders({ xAcsDingtalkAccessToken: token }),
    runtime,
  );
  const { messages } = await stand.manage('GET', 'state');
  expect(messages).toMatchObject([
    { via: 'appRobot', file: { ...file, size: 9 } },
    { via: 'personal', userIds: ['user02'], file },
  ]);
});

test("DingTalk's own SDK: an address for presses is registered, and the secret comes back", async () => {
  const token = await fetchToken();
  const client = new card.default(configOf());
  const route = { callbackRouteKey: 'claims', callbackUrl: 'http://127.0.0.1:1/cards' };
  const { body } = await client.registerCallbackWithOptions(
    new card.RegisterCallbackRequest({ ...route, apiSecret: 'card-api-secret', forceUpdate: true }),
    new card.RegisterCallbackHeaders({ xAcsDingtalkAccessToken: token }),
    new util.RuntimeOptions({}),
  );
  expect(body.result).toMatchObject({ apiSecret: 'card-api-secret' });
  const { cardRoutes } = await stand.manage('GET', 'push');
  expect(cardRoutes).toMatchObject([route]);
});
