import { describe, expect, test } from 'vitest';
import {
  emptyPushCode,
  fetchFailedPushes,
  isUrlCheck,
  pushKey,
  readApprovalEvent,
  readCardPress,
  readFlatEvent,
  readRobotMessage,
} from './push.ts';

describe('events', () => {
  test('readFlatEvent: both spellings of the company, numbers and text', () => {
    const common = { EventType: 'bpms_instance_change', eventId: 7, EventTime: 1700000000123 };
    const expected = { eventId: '7', corpId: 'dingcorp', bornAtMs: 1_700_000_000_123 };
    expect(readFlatEvent(JSON.stringify({ ...common, CorpId: 'dingcorp' }))).toMatchObject(
      expected,
    );
    expect(readFlatEvent(JSON.stringify({ ...common, corpId: 'dingcorp' }))).toMatchObject(
      expected,
    );
    expect(readFlatEvent('{"EventType":""}')).toBeUndefined();
    expect(readFlatEvent('%')).toBeUndefined();
  });

  test('isUrlCheck: the first event only asks whether somebody listens', () => {
    expect(isUrlCheck({ eventType: 'check_url' })).toBe(true);
    expect(isUrlCheck({ eventType: 'bpms_task_change' })).toBe(false);
  });

  test('readApprovalEvent: the old typing error is finish', () => {
    const data =
      '{"processInstanceId":"i-1","processCode":"PROC-1","type":"finsh","result":"agree"}';
    expect(readApprovalEvent(data)).toEqual({
      processInstanceId: 'i-1',
      processCode: 'PROC-1',
      type: 'finish',
      result: 'agree',
    });
    expect(readApprovalEvent('{"type":"start"}')).toBeUndefined();
  });

  test('emptyPushCode: a spent budget empties events and messages', () => {
    expect(emptyPushCode('{"errCode":"20001","errMsg":"x"}')).toBe('20001');
    expect(emptyPushCode('{"errorCode":20001}')).toBe('20001');
    expect(emptyPushCode('{"processInstanceId":"i"}')).toBeUndefined();
  });

  test('pushKey: parts do not run into each other', () => {
    expect(pushKey('press', 'ab', 'c')).not.toBe(pushKey('press', 'a', 'bc'));
    expect(pushKey('press', 'a')).toBe(pushKey('press', 'a'));
  });
});

describe('robot messages', () => {
  const message = {
    msgtype: 'text',
    text: { content: ' \u3000Saldo\u00a0\u00a0BCA ' },
    conversationType: '2',
    conversationId: 'cidX==',
    conversationTitle: 'Finance',
    senderStaffId: 'user01',
    senderCorpId: 'dingcorp',
    chatbotCorpId: 'dingcorp',
    msgId: 'msg1',
    createAt: 1700000000123,
    sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s',
    sessionWebhookExpiredTime: 1700005400123,
  };

  test('readRobotMessage: Unicode spaces are trimmed and collapsed', () => {
    expect(readRobotMessage(JSON.stringify(message))).toMatchObject({
      msgId: 'msg1',
      text: 'Saldo BCA',
      isGroup: true,
      senderUserId: 'user01',
      isFromOwnCorp: true,
      sessionWebhookEndsAtMs: 1_700_005_400_123,
      isWithoutContent: false,
    });
  });

  test('readRobotMessage: outsiders have no user id and another company', () => {
    const outside = { ...message, senderStaffId: '', senderCorpId: 'dingother' };
    const read = readRobotMessage(JSON.stringify(outside));
    expect(read?.senderUserId).toBeUndefined();
    expect(read?.isFromOwnCorp).toBe(false);
    const unknown = readRobotMessage(JSON.stringify({ msgId: 'm' }));
    expect(unknown?.isFromOwnCorp).toBe(false);
  });

  test('readRobotMessage: speech is what was recognised; a spent budget leaves nothing', () => {
    const audio = {
      ...message,
      text: undefined,
      msgtype: 'audio',
      content: { recognition: 'saldo' },
    };
    expect(readRobotMessage(JSON.stringify(audio))?.text).toBe('saldo');
    const empty = { msgId: 'm', errorCode: '20001', errorMessage: 'x' };
    expect(readRobotMessage(JSON.stringify(empty))?.isWithoutContent).toBe(true);
  });
});

describe('pressed buttons', () => {
  test('readCardPress: the content is JSON inside JSON', () => {
    const press = {
      type: 'actionCallback',
      outTrackId: 'pay-42-v1',
      corpId: 'dingcorp',
      userId: 'user01',
      content: '{"cardPrivateData":{"actionIds":["1"],"params":{"action":"ack","n":2}}}',
    };
    expect(readCardPress(JSON.stringify(press))).toEqual({
      outTrackId: 'pay-42-v1',
      userId: 'user01',
      corpId: 'dingcorp',
      actionIds: ['1'],
      params: { action: 'ack', n: '2' },
    });
  });

  test('readCardPress: without a user it is none; without content it has no action', () => {
    expect(readCardPress('{"outTrackId":"o"}')).toBeUndefined();
    expect(readCardPress('{"outTrackId":"o","userId":"u"}')).toMatchObject({ actionIds: [] });
  });
});

describe('failed pushes', () => {
  test('fetchFailedPushes: each event stands in a member named after its tag', () => {
    const body = {
      errcode: 0,
      errmsg: 'ok',
      has_more: true,
      failed_list: [
        {
          call_back_tag: 'bpms_instance_change',
          event_time: 1700000000123,
          bpms_instance_change: {
            bpmsCallBackData: { processInstanceId: 'i-1', type: 'finish' },
            corpid: 'dingcorp',
          },
        },
        {
          call_back_tag: 'bpms_task_change',
          event_time: '1700000000124',
          bpms_task_change: { bpmsCallBackData: '{"processInstanceId":"i-2"}', corpid: 'c' },
        },
      ],
    };
    const answer = fetchFailedPushes.parse({
      status: 200,
      headers: {},
      body: new TextEncoder().encode(JSON.stringify(body)),
    });
    expect(answer).toEqual({
      kind: 'accepted',
      value: {
        hasMore: true,
        pushes: [
          {
            eventType: 'bpms_instance_change',
            bornAtMs: 1_700_000_000_123,
            data: '{"processInstanceId":"i-1","type":"finish"}',
          },
          {
            eventType: 'bpms_task_change',
            bornAtMs: 1_700_000_000_124,
            data: '{"processInstanceId":"i-2"}',
          },
        ],
      },
    });
  });
});
