import { describe, expect, test } from 'vitest';
import {
  answerStreamFrame,
  openStreamConnection,
  parseStreamFrame,
  streamAddress,
} from './stream.ts';
import type { StreamFrame } from './stream.ts';

function frame(body: unknown): StreamFrame {
  const read = parseStreamFrame(JSON.stringify(body));
  if (!read) throw new Error('the frame was not read');
  return read;
}

describe('opening', () => {
  test('openStreamConnection: asks for JSON, and for events, messages and pressed buttons', () => {
    const request = openStreamConnection.request({
      clientId: 'dingabc',
      clientSecret: 's3cret',
      userAgent: 'Cashbell/1',
    });
    expect(request.path).toBe('/v1.0/gateway/connections/open');
    expect(request.headers['accept']).toBe('application/json');
    expect(JSON.parse(String(request.body))).toEqual({
      clientId: 'dingabc',
      clientSecret: 's3cret',
      ua: 'Cashbell/1',
      subscriptions: [
        { type: 'EVENT', topic: '*' },
        { type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' },
        { type: 'CALLBACK', topic: '/v1.0/card/instances/callback' },
      ],
    });
  });

  test('openStreamConnection: the ticket is a secret, also in the address', () => {
    const body = new TextEncoder().encode(
      JSON.stringify({ endpoint: 'wss://x.example:443/connect', ticket: 'a+b/c=' }),
    );
    const answer = openStreamConnection.parse({ status: 200, headers: {}, body });
    if (answer.kind !== 'accepted') throw new Error('not accepted');
    expect(JSON.stringify(answer)).not.toContain('a+b/c=');
    const address = streamAddress(answer.value);
    expect(String(address)).toBe('[secret]');
    expect(address.reveal()).toBe('wss://x.example:443/connect?ticket=a%2Bb%2Fc%3D');
  });

  test('openStreamConnection: a wrong secret is a matter of the settings', () => {
    const body = new TextEncoder().encode(
      '{"requestid":"r","code":"authFailed","message":"鉴权失败"}',
    );
    expect(openStreamConnection.parse({ status: 401, headers: {}, body })).toMatchObject({
      kind: 'refused',
      code: 'dingtalk.credentialsInvalid',
    });
  });
});

describe('frames', () => {
  const ping = {
    specVersion: '1.0',
    type: 'SYSTEM',
    headers: { topic: 'ping', messageId: 'm1', contentType: 'application/json', time: '1' },
    data: '{"opaque":"0A0B"}',
  };

  test('parseStreamFrame: a ping is answered with what it brought', () => {
    const read = frame(ping);
    expect(read).toEqual({ kind: 'ping', messageId: 'm1', data: '{"opaque":"0A0B"}' });
    expect(JSON.parse(answerStreamFrame(read, 'taken') ?? '')).toEqual({
      code: 200,
      message: 'OK',
      headers: { messageId: 'm1', contentType: 'application/json' },
      data: '{"opaque":"0A0B"}',
    });
  });

  test('parseStreamFrame: a disconnect and undocumented words want no answer', () => {
    const disconnect = {
      ...ping,
      headers: { topic: 'disconnect', messageId: 'm2' },
      data: '{"reason":"r"}',
    };
    expect(frame(disconnect)).toMatchObject({ kind: 'disconnect' });
    expect(answerStreamFrame(frame(disconnect), 'taken')).toBeUndefined();
    const registered = frame({ ...ping, headers: { topic: 'REGISTERED' } });
    expect(registered.kind).toBe('system');
    expect(answerStreamFrame(registered, 'taken')).toBeUndefined();
  });

  const event = {
    type: 'EVENT',
    headers: {
      topic: '*',
      messageId: 'm3',
      eventType: 'bpms_instance_change',
      eventId: 'e-1',
      eventCorpId: 'dingcorp',
      eventBornTime: 1700000000123,
    },
    data: '{"processInstanceId":"i-1"}',
  };

  test('parseStreamFrame: an event is known by its type, whatever its topic says', () => {
    const expected = {
      kind: 'event',
      eventType: 'bpms_instance_change',
      eventId: 'e-1',
      corpId: 'dingcorp',
      bornAtMs: 1_700_000_000_123,
      data: '{"processInstanceId":"i-1"}',
    };
    expect(frame(event)).toMatchObject(expected);
    const odd = {
      type: 'EVENT',
      header: { ...event.headers, topic: 'dingTalk' },
      data: event.data,
    };
    expect(frame(odd)).toMatchObject(expected);
  });

  test('parseStreamFrame: data that is no text is taken as JSON', () => {
    expect(frame({ ...event, data: { processInstanceId: 'i-1' } })).toMatchObject({
      data: '{"processInstanceId":"i-1"}',
    });
  });

  test('answerStreamFrame: an event that is not stored is asked for again', () => {
    const statusOf = (outcome: 'taken' | 'later') => {
      const answer = JSON.parse(answerStreamFrame(frame(event), outcome) ?? '');
      return [answer.code, answer.headers.messageId, JSON.parse(answer.data).status];
    };
    expect(statusOf('taken')).toEqual([200, 'm3', 'SUCCESS']);
    expect(statusOf('later')).toEqual([200, 'm3', 'LATER']);
  });

  test.each([
    ['taken', 200],
    ['later', 500],
    ['noHandler', 404],
  ] as const)('answerStreamFrame: a callback that is %s gets %i', (outcome, code) => {
    const press = frame({
      type: 'CALLBACK',
      headers: { topic: '/v1.0/card/instances/callback', messageId: 'm4' },
      data: '{}',
    });
    const answer = JSON.parse(answerStreamFrame(press, outcome) ?? '');
    expect([answer.code, answer.data]).toEqual([code, '{"response":{}}']);
  });

  test.each(['', 'x', '{}', '{"type":"OTHER","headers":{}}', '[]'])(
    'parseStreamFrame: %j is no frame',
    (text) => {
      expect(parseStreamFrame(text)).toBeUndefined();
    },
  );
});
