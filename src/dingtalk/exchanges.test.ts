import { expect, test } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import {
  convertChatId,
  createCard,
  type CreateCardInput,
  type DingtalkRequest,
  fetchAccessToken,
  recallGroupMessage,
  sendGroupMessage,
  sendPersonalMessage,
  sendRobotMessage,
  updateCard,
} from './exchanges.ts';
import { uploadMedia } from './media.ts';

const jsonType = 'application/json; charset=utf-8';
const appHeaders = { 'content-type': jsonType, 'x-acs-dingtalk-access-token': 'tok' };

function ok(body: unknown): HttpResponse {
  return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)) };
}

function bodyOf(request: DingtalkRequest): unknown {
  if (typeof request.body !== 'string') throw new Error('The body is no text.');
  return JSON.parse(request.body);
}

function codeThrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isCashbellError(error)) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

test('sendRobotMessage: signed, every reserved sign of token and signature encoded', () => {
  const request = sendRobotMessage.request({
    accessToken: 'a+b/c=',
    // Vector S4 of section 10.1: plus and slash in the signature.
    signingSecret: 'SEC000000000000000000000000000000000000000000000000000000000000abcd',
    nowMs: 1_700_000_000_001,
    body: '{"msgtype":"text"}',
  });
  const sign = 's%2BCcEbMHgWaoS1v0LUK6g%2FrVR0Zdg2YEYNOTODyOvyc%3D';
  expect(request).toEqual({
    method: 'POST',
    path: `/robot/send?access_token=a%2Bb%2Fc%3D&timestamp=1700000000001&sign=${sign}`,
    headers: { 'content-type': jsonType },
    body: '{"msgtype":"text"}',
  });
  expect([sendRobotMessage.budget, sendRobotMessage.host]).toEqual(['webhook', 'oapi']);
});

test('sendRobotMessage: without a secret there is neither time stamp nor signature', () => {
  const { path } = sendRobotMessage.request({ accessToken: 't', nowMs: 1, body: '{}' });
  expect(path).toBe('/robot/send?access_token=t');
});

test.each([
  ['a spoken 0', { errcode: 0, errmsg: 'ok' }, 'accepted'],
  ['a spoken "0"', { errcode: '0', errmsg: 'ok' }, 'accepted'],
  ['silence about errcode proves nothing', { errmsg: 'ok' }, 'dingtalk.answerUnreadable'],
  ['an empty object proves nothing', {}, 'dingtalk.answerUnreadable'],
  ['a failure is judged', { errcode: 400102, errmsg: 'x' }, 'dingtalk.robotDisabled'],
])('sendRobotMessage: answer, %s', (_, body, expected) => {
  const answer = sendRobotMessage.parse(ok(body));
  expect(answer.kind === 'accepted' ? answer.kind : answer.code).toBe(expected);
});

test('fetchAccessToken: the secret stands in the body, never in the address, and is not counted', () => {
  const request = fetchAccessToken.request({ appKey: 'k', appSecret: 's3cret' });
  expect(request).toEqual({
    method: 'POST',
    path: '/v1.0/oauth2/accessToken',
    headers: { 'content-type': jsonType },
    body: '{"appKey":"k","appSecret":"s3cret"}',
  });
  expect([fetchAccessToken.budget, fetchAccessToken.host]).toEqual(['free', 'api']);
});

test.each([
  ['a number', 7200],
  ['text', '7200'],
])('fetchAccessToken: reads token and life as %s', (_, expireIn) => {
  expect(fetchAccessToken.parse(ok({ accessToken: 'tok', expireIn }))).toEqual({
    kind: 'accepted',
    value: { token: 'tok', expiresInSeconds: 7200 },
  });
});

test.each([
  ['no token', { expireIn: 7200 }],
  ['an empty token', { accessToken: '', expireIn: 7200 }],
  ['no life', { accessToken: 'tok' }],
  ['a life that is over', { accessToken: 'tok', expireIn: 0 }],
])('fetchAccessToken: %s is unreadable, and the token is not quoted', (_, body) => {
  const answer = fetchAccessToken.parse(ok(body));
  expect(answer).toMatchObject({ kind: 'unknown', code: 'dingtalk.answerUnreadable' });
  expect(JSON.stringify(answer)).not.toContain('tok"');
});

const message = { token: 'tok', robotCode: 'r', msgKey: 'sampleText', msgParam: '{"content":"x"}' };

test('sendGroupMessage: msgParam is JSON as text', () => {
  const request = sendGroupMessage.request({ ...message, openConversationId: 'cid==' });
  expect(request).toEqual({
    method: 'POST',
    path: '/v1.0/robot/groupMessages/send',
    headers: appHeaders,
    body: '{"robotCode":"r","openConversationId":"cid==","msgKey":"sampleText","msgParam":"{\\"content\\":\\"x\\"}"}',
  });
  const answer = sendGroupMessage.parse(ok({ processQueryKey: 'q' }));
  expect(answer).toEqual({ kind: 'accepted', value: { processQueryKey: 'q' } });
  expect(sendGroupMessage.parse(ok({}))).toMatchObject({ code: 'dingtalk.answerUnreadable' });
});

test('sendPersonalMessage: everybody reached is a success', () => {
  const request = sendPersonalMessage.request({ ...message, userIds: ['u1', 'u2'] });
  expect(request.path).toBe('/v1.0/robot/oToMessages/batchSend');
  expect(bodyOf(request)).toEqual({
    robotCode: 'r',
    userIds: ['u1', 'u2'],
    msgKey: 'sampleText',
    msgParam: '{"content":"x"}',
  });
  const body = { processQueryKey: 'q', invalidStaffIdList: [], flowControlledStaffIdList: null };
  expect(sendPersonalMessage.parse(ok(body))).toEqual({
    kind: 'accepted',
    value: { processQueryKey: 'q' },
  });
});

test('sendPersonalMessage: people left out are named', () => {
  const body = {
    processQueryKey: 'q',
    invalidStaffIdList: ['u1', 'u2'],
    flowControlledStaffIdList: ['u3'],
  };
  expect(sendPersonalMessage.parse(ok(body))).toEqual({
    kind: 'refused',
    code: 'dingtalk.partlyDelivered',
    dingtalkCode: 'OK',
    dingtalkMessage: 'not staff: u1, u2; too many messages: u3',
  });
});

const card = {
  token: 'tok',
  outTrackId: 'ent-1',
  params: { title: '收款' },
  cardTemplateId: 't.schema',
  robotCode: 'r',
};

test('createCard: into a group, mentioning people, not to be forwarded', () => {
  const input = { ...card, openConversationId: 'cid==', mentions: ['u1'] };
  const request = createCard.request({ ...input, callbackType: 'STREAM' });
  expect(request).toMatchObject({
    method: 'POST',
    path: '/v1.0/card/instances/createAndDeliver',
    headers: appHeaders,
  });
  expect(bodyOf(request)).toEqual({
    cardTemplateId: 't.schema',
    outTrackId: 'ent-1',
    callbackType: 'STREAM',
    cardData: { cardParamMap: { title: '收款' } },
    openSpaceId: 'dtv1.card//IM_GROUP.cid==',
    imGroupOpenSpaceModel: { supportForward: false },
    imGroupOpenDeliverModel: { robotCode: 'r', atUserIds: { u1: 'u1' } },
    userIdType: 1,
  });
});

test('createCard: to a person', () => {
  expect(bodyOf(createCard.request({ ...card, userId: 'u1' }))).toEqual({
    cardTemplateId: 't.schema',
    outTrackId: 'ent-1',
    cardData: { cardParamMap: { title: '收款' } },
    openSpaceId: 'dtv1.card//IM_ROBOT.u1',
    imRobotOpenSpaceModel: { supportForward: false },
    imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode: 'r' },
    userIdType: 1,
  });
});

function delivered(...results: readonly { success: boolean; errorMsg?: string }[]): HttpResponse {
  const deliverResults = results.map((result) => ({ spaceId: 'cid', ...result }));
  return ok({ success: true, result: { outTrackId: 'ent-1', deliverResults } });
}

test.each([
  ['every space took it', delivered({ success: true }, { success: true }), 'accepted'],
  [
    'success at the top hides a failed delivery',
    delivered({ success: false, errorMsg: 'robot not in group' }),
    'dingtalk.requestInvalid',
  ],
  [
    'too fast is worth another attempt',
    delivered({ success: false, errorMsg: 'send too fast' }),
    'dingtalk.throttled',
  ],
  [
    'one of two',
    delivered({ success: true }, { success: false, errorMsg: 'x' }),
    'dingtalk.partlyDelivered',
  ],
  ['no delivery proves nothing', delivered(), 'dingtalk.answerUnreadable'],
  ['refused at the top', ok({ success: false }), 'dingtalk.requestInvalid'],
  ['no result proves nothing', ok({ success: true }), 'dingtalk.answerUnreadable'],
])('createCard: answer, %s', (_, response, expected) => {
  const answer = createCard.parse(response);
  expect(answer.kind === 'accepted' ? answer.kind : answer.code).toBe(expected);
});

test('updateCard: changes by key only, so that the rest of the card stays', () => {
  const request = updateCard.request(card);
  expect(request).toMatchObject({ method: 'PUT', path: '/v1.0/card/instances' });
  expect(bodyOf(request)).toEqual({
    outTrackId: 'ent-1',
    cardData: { cardParamMap: { title: '收款' } },
    cardUpdateOptions: { updateCardDataByKey: true },
  });
  expect(updateCard.parse(ok({ success: true, result: true })).kind).toBe('accepted');
  expect(updateCard.parse(ok({ success: true, result: false })).kind).toBe('unknown');
});

test('convertChatId: an id with reserved signs stays one part of the path, without a body', () => {
  expect(convertChatId.request({ token: 'tok', chatId: 'chat/1' })).toEqual({
    method: 'POST',
    path: '/v1.0/im/chat/chat%2F1/convertToOpenConversationId',
    headers: { 'x-acs-dingtalk-access-token': 'tok' },
  });
  const answer = convertChatId.parse(ok({ openConversationId: 'cid' }));
  expect(answer).toEqual({ kind: 'accepted', value: { openConversationId: 'cid' } });
});

test('recallGroupMessage: tells what came back and why something did not', () => {
  const ids = { openConversationId: 'cid', robotCode: 'r', processQueryKeys: ['q1', 'q2'] };
  const request = recallGroupMessage.request({ token: 'tok', ...ids });
  expect(request.path).toBe('/v1.0/robot/groupMessages/recall');
  expect(bodyOf(request)).toEqual(ids);
  const done = { successResult: ['q1', 'q2'], failedResult: {} };
  expect(recallGroupMessage.parse(ok(done))).toEqual({
    kind: 'accepted',
    value: { recalled: ['q1', 'q2'] },
  });
  const partly = { successResult: ['q1'], failedResult: { q2: 'SYSTEM_ERROR' } };
  expect(recallGroupMessage.parse(ok(partly))).toMatchObject({
    code: 'dingtalk.partlyDelivered',
    dingtalkMessage: 'q2: SYSTEM_ERROR',
  });
});

const file = {
  token: 't&k',
  fileName: '对账 "1".xlsx',
  bytes: new Uint8Array([0, 255, 13, 10]),
  boundary: 'b-1',
};

test('uploadMedia: the exact bytes, with a name that cannot end its header', async () => {
  const { path, headers, body } = uploadMedia.request(file);
  expect(path).toBe('/media/upload?access_token=t%26k&type=file');
  expect(headers).toEqual({ 'content-type': 'multipart/form-data; boundary=b-1' });
  const before =
    '--b-1\r\nContent-Disposition: form-data; name="type"\r\n\r\nfile\r\n' +
    '--b-1\r\nContent-Disposition: form-data; name="media"; filename="对账 %221%22.xlsx"\r\n' +
    'Content-Type: application/octet-stream\r\n\r\n';
  const expected = Buffer.concat([Buffer.from(before), file.bytes, Buffer.from('\r\n--b-1--\r\n')]);
  expect(Buffer.from(body ?? '').equals(expected)).toBe(true);
  // An independent reader finds the same parts.
  const form = await new Response(Buffer.from(body ?? ''), { headers }).formData();
  const media = form.get('media');
  expect(form.get('type')).toBe('file');
  expect(media instanceof File && new Uint8Array(await media.arrayBuffer())).toEqual(file.bytes);
});

test('uploadMedia: reads the id', () => {
  expect(uploadMedia.parse(ok({ errcode: 0, media_id: '@m' }))).toEqual({
    kind: 'accepted',
    value: { mediaId: '@m' },
  });
});

const group: CreateCardInput = { ...card, openConversationId: 'c' };

test.each([
  [
    'a body above 20,000 bytes',
    () => sendRobotMessage.request({ accessToken: 't', nowMs: 1, body: '款'.repeat(6_667) }),
    'dingtalk.messageTooLarge',
  ],
  [
    'msgParam above 15,000 bytes',
    () =>
      sendGroupMessage.request({
        ...message,
        msgParam: 'x'.repeat(15_001),
        openConversationId: 'c',
      }),
    'dingtalk.messageTooLarge',
  ],
  [
    'nobody to tell',
    () => sendPersonalMessage.request({ ...message, userIds: [] }),
    'dingtalk.requestInvalid',
  ],
  [
    'more than 20 people',
    () => sendPersonalMessage.request({ ...message, userIds: Array(21).fill('u') }),
    'dingtalk.requestInvalid',
  ],
  [
    'a card value above 1 KB',
    () => createCard.request({ ...group, params: { a: 'x'.repeat(1_025) } }),
    'dingtalk.messageTooLarge',
  ],
  [
    'a card key above 100 bytes',
    () => updateCard.request({ ...card, params: { ['k'.repeat(101)]: '' } }),
    'dingtalk.messageTooLarge',
  ],
  [
    'a card id above 100 characters',
    () => updateCard.request({ ...card, outTrackId: 'x'.repeat(101) }),
    'dingtalk.requestInvalid',
  ],
  [
    'a boundary that occurs in the file',
    () => uploadMedia.request({ ...file, bytes: Buffer.from('x--b-1') }),
    'dingtalk.requestInvalid',
  ],
  [
    'a boundary that would end its header',
    () => uploadMedia.request({ ...file, boundary: 'b\r\nx: y' }),
    'dingtalk.requestInvalid',
  ],
  [
    'a file above 20 MB',
    () => uploadMedia.request({ ...file, bytes: new Uint8Array(20 * 1024 * 1024 + 1) }),
    'dingtalk.messageTooLarge',
  ],
])('requests: %s is refused before it is sent', (_, act, code) => {
  expect(codeThrownBy(act)).toBe(code);
});

test('exchanges: every one judges, and none shows a token that comes back', () => {
  const token = 'f00d'.repeat(16);
  const errmsg = `token ${token} of access_token=abc123 is not exist`;
  const response = ok({ errcode: 300005, errmsg });
  const all = [
    sendRobotMessage,
    fetchAccessToken,
    sendGroupMessage,
    sendPersonalMessage,
    createCard,
    updateCard,
    convertChatId,
    recallGroupMessage,
    uploadMedia,
  ];
  for (const { parse } of all) {
    const answer = parse(response);
    expect(answer).toMatchObject({ kind: 'refused', code: 'dingtalk.robotTokenInvalid' });
    expect(JSON.stringify(answer)).not.toMatch(/f00df00d|abc123/);
  }
});
