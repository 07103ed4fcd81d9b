import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addPlainRobot, bell, startStand } from './testing.ts';
import type { Stand } from './testing.ts';

let stand: Stand;
beforeEach(async () => {
  stand = await startStand();
  await stand.manage('POST', 'wording', { language: 'en' });
});
afterEach(() => stand.close());

const S1_SECRET = 'SEC000000000000000000000000000000000000000000000000000000000000abcd';

// dingtalk.md 10.1: computed by dingtalk-robot-sdk 1.1.0, cross-checked with Python and apprise.
const VECTORS = [
  ['S1', 1_700_000_000_000, S1_SECRET, 'LfRah3Ez4ZqolKBE6aWwJvYZ%2BoYrCgeT747Rkk7rtDI%3D'],
  ['S2', 1_577_262_236_757, 'this is a secret', 'DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA%3D'],
  ['S3', 1_700_000_000_123, 'SECprueba-ñ-中文', 'V7IisqhXbI3pnDMcAWRcadpN4nNhVSCPreDidsERQKE%3D'],
  ['S4', 1_700_000_000_001, S1_SECRET, 's%2BCcEbMHgWaoS1v0LUK6g%2FrVR0Zdg2YEYNOTODyOvyc%3D'],
] as const;

async function addSignedRobot(secret: string): Promise<string> {
  const robot = await stand.manage('POST', 'robots', {
    group: 'Finance 财务群',
    security: { mode: 'signature', secret },
  });
  return robot.webhookPath;
}

async function setClock(ms: number): Promise<void> {
  await stand.manage('POST', 'clock', { now: new Date(ms).toISOString() });
}

describe('robot/send: the signature', () => {
  test.each(VECTORS)('%s as published is accepted', async (_name, timestamp, secret, sign) => {
    const path = await addSignedRobot(secret);
    await setClock(timestamp + 5000);
    const answer = await stand.call('POST', `${path}&timestamp=${timestamp}&sign=${sign}`, bell());
    expect(answer.json).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(new Date(answer.headers.get('date') ?? '').getTime()).toBeGreaterThan(timestamp - 1000);
  });

  const [, timestamp, secret, sign] = VECTORS[0];
  test.each([
    ['of another moment', `&timestamp=${timestamp + 1}&sign=${sign}`, 'sign not match'],
    [
      'not encoded',
      `&timestamp=${timestamp}&sign=LfRah3Ez4ZqolKBE6aWwJvYZ+oYrCgeT747Rkk7rtDI=`,
      'sign not match',
    ],
    ['missing', `&timestamp=${timestamp}`, 'sign not match'],
    ['without a timestamp', `&sign=${sign}`, 'invalid timestamp'],
    ['with a timestamp in seconds', `&timestamp=1700000000&sign=${sign}`, 'invalid timestamp'],
  ])('a sign %s is refused with 310000', async (_name, query, text) => {
    const path = await addSignedRobot(secret);
    await setClock(timestamp);
    const answer = await stand.call('POST', path + query, bell('MV000000000001'));
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ errcode: 310_000, errmsg: text });
    const state = await stand.manage('GET', 'state');
    expect(state.messages).toEqual([]);
    expect(state.refusals[0]).toMatchObject({ code: '310000', reference: 'MV000000000001' });
  });

  test('a timestamp more than an hour off is refused, in either direction', async () => {
    const path = `${await addSignedRobot(secret)}&timestamp=${timestamp}&sign=${sign}`;
    for (const [offsetMs, errcode] of [
      [3_595_000, 0],
      [3_601_000, 310_000],
      [-3_595_000, 0],
      [-3_605_000, 310_000],
    ] as const) {
      await setClock(timestamp + offsetMs);
      expect((await stand.call('POST', path, bell())).json.errcode).toBe(errcode);
    }
  });
});

describe('robot/send: keyword, address and wording', () => {
  test('a message without the keyword is refused, in the language set', async () => {
    const { path } = await addPlainRobot(stand);
    const body = { msgtype: 'text', text: { content: 'hello' } };
    expect((await stand.call('POST', path, body)).json).toEqual({
      errcode: 310_000,
      errmsg: 'keywords not in content',
    });
    await stand.manage('POST', 'wording', { language: 'zh' });
    expect((await stand.call('POST', path, body)).json.errmsg).toMatch(
      /^description:关键词不匹配;solution:.*;link:.*;$/,
    );
  });

  test('an address outside the list is refused by name', async () => {
    const robot = await stand.manage('POST', 'robots', {
      group: 'Finance 财务群',
      security: { mode: 'ip', addresses: ['127.0.0.1', '10.0.0.0/8'] },
    });
    expect((await stand.call('POST', robot.webhookPath, bell())).json.errcode).toBe(0);
    await stand.manage('POST', 'network', { callerIp: '10.9.8.7' });
    expect((await stand.call('POST', robot.webhookPath, bell())).json.errcode).toBe(0);
    await stand.manage('POST', 'network', { callerIp: '198.51.100.4' });
    expect((await stand.call('POST', robot.webhookPath, bell())).json).toEqual({
      errcode: 310_000,
      errmsg: 'ip 198.51.100.4 not in whitelist',
    });
  });
});

describe('robot/send: form', () => {
  test('each message type of the reference is shown', async () => {
    const { path } = await addPlainRobot(stand);
    const bodies = [
      bell('@user01', { at: { atUserIds: ['user01'], isAtAll: false } }),
      { msgtype: 'markdown', markdown: { title: 'bell', text: '### x' } },
      { msgtype: 'link', link: { title: 'bell', text: 'x', messageUrl: 'https://x', picUrl: '' } },
      {
        msgtype: 'actionCard',
        actionCard: { title: 'bell', text: 'x', singleTitle: 'a', singleURL: 'https://x' },
      },
      {
        msgtype: 'actionCard',
        actionCard: {
          title: 'bell',
          text: 'x',
          btnOrientation: '1',
          btns: [{ title: 'a', actionURL: 'https://x' }],
        },
      },
      {
        msgtype: 'feedCard',
        feedCard: { links: [{ title: 'bell', messageURL: 'https://x', picURL: 'https://y' }] },
      },
    ];
    for (const body of bodies) {
      expect((await stand.call('POST', path, body)).json).toEqual({ errcode: 0, errmsg: 'ok' });
    }
    const { messages } = await stand.manage('GET', 'state');
    expect(messages.map((message: { msgtype: string }) => message.msgtype)).toEqual(
      bodies.map((body) => body['msgtype']),
    );
  });

  test.each([
    ['an unsupported type', { msgtype: 'image', image: { x: 'bell' } }, 400_105],
    ['the HTTP-reply type', { msgtype: 'empty', empty: { x: 'bell' } }, 400_105],
    ['no type', { text: { content: 'bell' } }, 40_035],
    ['no content', { msgtype: 'text', text: { contents: 'bell' } }, 40_035],
    [
      'the casing of feedCard in link',
      { msgtype: 'link', link: { title: 'bell', text: 'x', messageURL: 'https://x' } },
      40_035,
    ],
    [
      'the casing of link in feedCard',
      {
        msgtype: 'feedCard',
        feedCard: { links: [{ title: 'bell', messageUrl: 'https://x', picUrl: 'https://x' }] },
      },
      40_035,
    ],
    [
      'a wrong casing in actionCard',
      {
        msgtype: 'actionCard',
        actionCard: { title: 'bell', text: 'x', singleTitle: 'a', singleUrl: 'https://x' },
      },
      40_035,
    ],
    [
      'a numeric orientation',
      {
        msgtype: 'actionCard',
        actionCard: {
          title: 'bell',
          text: 'x',
          singleTitle: 'a',
          singleURL: 'https://x',
          btnOrientation: 1,
        },
      },
      40_035,
    ],
    ['51 mentions', bell('', { at: { atMobiles: Array.from({ length: 51 }, String) } }), 40_035],
    ['no JSON', 'bell {', 40_035],
  ])('%s is refused', async (_name, body, errcode) => {
    const { path } = await addPlainRobot(stand);
    const answer = await stand.call('POST', path, body);
    expect([answer.status, answer.json.errcode]).toEqual([200, errcode]);
  });

  test('method, token and content type are refused with their codes', async () => {
    const { path } = await addPlainRobot(stand);
    expect((await stand.call('GET', path)).json.errcode).toBe(43_002);
    expect((await stand.call('POST', '/robot/send', bell())).json.errcode).toBe(40_035);
    const unknown = await stand.call('POST', '/robot/send?access_token=nobody', bell());
    expect(unknown.json).toEqual({ errcode: 300_005, errmsg: 'token is not exist' });
    const form = await stand.call('POST', path, 'bell', { 'content-type': 'text/plain' });
    expect(form.json.errcode).toBe(43_004);
    const { refusals } = await stand.manage('GET', 'state');
    expect(refusals.map((refusal: { code: string }) => refusal.code)).toEqual([
      '43002',
      '40035',
      '300005',
      '43004',
    ]);
  });

  test('20,000 bytes pass, one more is refused with 460101; Chinese counts three', async () => {
    const { path } = await addPlainRobot(stand);
    const empty = Buffer.byteLength(JSON.stringify(bell('')));
    const exact = bell('x'.repeat(20_000 - empty));
    expect((await stand.call('POST', path, exact)).json.errcode).toBe(0);
    const over = bell('x'.repeat(20_001 - empty));
    expect((await stand.call('POST', path, over)).json.errcode).toBe(460_101);
    const chinese = bell('款'.repeat(6700));
    expect((await stand.call('POST', path, chinese)).json.errcode).toBe(460_101);
  });

  test('a disabled robot and a dissolved group are refused', async () => {
    const { path, token } = await addPlainRobot(stand);
    await stand.manage('POST', `robots/${token}`, { disabled: true });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(400_102);
    await stand.manage('POST', `robots/${token}`, { disabled: false });
    await stand.manage('POST', `groups/${encodeURIComponent('Finance 财务群')}`, {
      dissolved: true,
    });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(400_013);
  });
});

describe('robot/send: limits', () => {
  test('the 21st message in a minute mutes the robot for ten minutes, and is booked as refused', async () => {
    const { path } = await addPlainRobot(stand);
    for (let count = 0; count < 20; count += 1) {
      expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    }
    const refused = await stand.call('POST', path, bell('MV000000000021'));
    expect(refused.json.errcode).toBe(130_101);
    await stand.manage('POST', 'clock', { advanceMs: 590_000 });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(130_101);
    await stand.manage('POST', 'clock', { advanceMs: 15_000 });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    const state = await stand.manage('GET', 'state');
    expect(state.messages).toHaveLength(21);
    expect(state.refusals).toHaveLength(2);
    expect(state.refusals[0].references).toEqual(['MV000000000021']);
  });

  test('20 a minute without end never mutes, because the minute slides', async () => {
    const { path } = await addPlainRobot(stand);
    for (let count = 0; count < 50; count += 1) {
      expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
      await stand.manage('POST', 'clock', { advanceMs: 3100 });
    }
  });

  test('a repeated msgUuid is answered ok, shows nothing new and costs nothing', async () => {
    const { path } = await addPlainRobot(stand);
    for (let count = 0; count < 25; count += 1) {
      const answer = await stand.call('POST', path, bell('', { msgUuid: 'one' }));
      expect(answer.json.errcode).toBe(0);
    }
    const state = await stand.manage('GET', 'state');
    expect(state.messages).toHaveLength(1);
    expect(state.messages[0]).toMatchObject({ msgUuid: 'one', via: 'robot' });
    expect(state.quotas.webhookCalls).toBe(1);
  });

  test('a spent monthly budget is refused until the next month in China', async () => {
    const { path } = await addPlainRobot(stand);
    await setClock(Date.parse('2026-11-30T15:59:00Z'));
    await stand.manage('POST', 'quotas', { webhookCallsLeft: 1 });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(90_020);
    await stand.manage('POST', 'clock', { advanceMs: 120_000 });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    expect((await stand.manage('GET', 'quotas')).webhookCalls).toBe(1);
  });

  test('a reply webhook works until it expires', async () => {
    const session = await stand.manage('POST', 'sessions', { group: 'Finance 财务群' });
    const path = String(session.sessionWebhook).slice(stand.url.length);
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(0);
    await stand.manage('POST', 'clock', { advanceMs: 5_400_300 });
    expect((await stand.call('POST', path, bell())).json.errcode).toBe(300_001);
  });
});
