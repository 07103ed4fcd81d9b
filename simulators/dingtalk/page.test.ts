import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addPlainRobot, bell, startStand } from './testing.ts';
import type { Json, Stand } from './testing.ts';

let stand: Stand;
beforeEach(async () => {
  stand = await startStand(7);
});
afterEach(() => stand.close());

describe('page', () => {
  test('is one document on both ports that names no foreign address', async () => {
    for (const url of [stand.url, stand.adminUrl]) {
      const response = await fetch(`${url}/`);
      const text = await response.text();
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(text).toContain('Simulated DingTalk');
      expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(text).not.toMatch(/^(import|export) /m);
    }
  });

  test('hears a message while it is open', async () => {
    const { path } = await addPlainRobot(stand);
    const abort = new AbortController();
    const response = await fetch(`${stand.url}/_page/events`, { signal: abort.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await stand.call('POST', path, bell('rings'));
    let text = '';
    const deadline = AbortSignal.timeout(5000);
    while (!text.includes('bell rings') && !deadline.aborted) {
      text += (await reader?.read())?.value ?? '';
    }
    expect(text).toContain('bell rings');
    abort.abort();
  });
});

describe('management', () => {
  test('state gives only what is newer when asked', async () => {
    const { path } = await addPlainRobot(stand);
    for (const text of ['MV000000000001', 'MV000000000002 MV000000000003', 'xMV000000000004']) {
      await stand.call('POST', path, bell(text));
    }
    const state = await stand.manage('GET', 'state?since=1');
    expect(state.messageCount).toBe(3);
    expect(state.messages.map((message: Json) => message.references)).toEqual([
      ['MV000000000002', 'MV000000000003'],
      [],
    ]);
    expect(state.messages[0]).toMatchObject({
      group: 'Finance 财务群',
      msgtype: 'text',
      reference: 'MV000000000002',
      raw: bell('MV000000000002 MV000000000003'),
    });
  });

  test('one seed gives one world; reset forgets everything', async () => {
    const before = await stand.manage('GET', 'world');
    const { path } = await addPlainRobot(stand);
    await stand.call('POST', path, bell());
    await stand.manage('POST', 'reset');
    const state = await stand.manage('GET', 'state');
    expect(state.messages).toEqual([]);
    expect(await stand.manage('GET', 'world')).toEqual(before);
    const other = await stand.manage('POST', 'reset', { seed: 8 });
    expect(other.app.appSecret).not.toBe(before.app.appSecret);
  });

  test('every answer says that it is simulated; unknown paths and wrong bodies are refused', async () => {
    const response = await fetch(`${stand.url}/robot/send`);
    expect(response.headers.get('x-simulated-by')).toBe('cashbell');
    await expect(stand.manage('GET', 'nowhere')).rejects.toThrow('404');
    await expect(stand.manage('POST', 'robots', { group: 'none' })).rejects.toThrow('400');
    await expect(stand.manage('POST', 'limits', { qps: -1 })).rejects.toThrow('400');
    await expect(stand.manage('POST', 'limits', 'text')).resolves.toMatchObject({ qps: 20 });
  });
});

describe('writing on the page', () => {
  test('reaches the robot as the chosen person, and is refused where no robot is', async () => {
    const write = async (order: Record<string, unknown>): Promise<Json> =>
      stand.call('POST', '/_page/robot-message', order);
    const { groups, app } = await stand.manage('GET', 'world');
    const inGroup = { group: groups[0].groupId, userId: 'user02', text: 'balance' };
    expect((await write(inGroup)).status).toBe(200);
    expect((await write({ userId: 'user01', text: 'saldo' })).status).toBe(200);
    const refused = await write({ ...inGroup, group: groups[3].groupId });
    expect([refused.status, refused.json.error]).toEqual([400, expect.stringContaining('robot')]);
    const { deliveries } = await stand.manage('GET', 'push/deliveries?kind=robotMessage');
    expect(deliveries.map(({ data }: Json) => [data.senderStaffId, data.robotCode])).toEqual([
      ['user02', app.robotCode],
      ['user01', app.robotCode],
    ]);
    const page = (await stand.call('GET', '/_page/state')).json;
    expect(page.items).toMatchObject([
      { person: true, conversations: [groups[0].groupId], robot: 'Siti Rahma' },
      { person: true, conversations: ['user:user01'] },
    ]);
    expect(page.groups[0].robots).toEqual([{ robotCode: app.robotCode, name: 'Cashbell' }]);
  });
});
