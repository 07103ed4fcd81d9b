import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addPlainRobot, bell, startStand } from './testing.ts';
import type { Answer, Json, Stand } from './testing.ts';

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

/** What the programs of the page declare at their top; they share one scope there. */
function declaredIn(document: string): string[] {
  const declared = document.matchAll(/^(?:async )?(?:function|const|let|class) ([A-Za-z_]+)/gm);
  return [...declared].map(([, name = '']) => name);
}

test('no two programs of the page declare the same name', async () => {
  const names = declaredIn(await (await fetch(`${stand.url}/`)).text());
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

describe('pressing on the page', () => {
  const press = (order: Record<string, unknown>): Promise<Answer> =>
    stand.call('POST', '/_page/press', { outTrackId: 'claim-1', userId: 'user02', ...order });

  test('carries what was typed; the press says how it ended', async () => {
    const { app, groups } = await stand.manage('GET', 'world');
    const buttons = JSON.stringify([{ id: 'claim@1', text: 'Claim it' }]);
    const inputs = JSON.stringify([{ id: 'for', label: 'Invoice or customer' }]);
    await stand.asApp('POST', '/v1.0/card/instances/createAndDeliver', {
      cardTemplateId: app.cardTemplateId,
      outTrackId: 'claim-1',
      callbackType: 'STREAM',
      cardData: { cardParamMap: { state: 'open', buttons, inputs } },
      openSpaceId: `dtv1.card//IM_GROUP.${groups[0].groupId}`,
      imGroupOpenDeliverModel: { robotCode: app.robotCode },
    });
    const params = { for: 'INV-4711', note: '' };
    expect((await press({ actionId: 'claim@1', params })).status).toBe(200);
    const { items } = (await stand.call('GET', '/_page/state')).json;
    expect(items[0].params).toMatchObject({ buttons, inputs });
    expect(items[0].presses).toMatchObject([
      // No client of the app is connected.
      { userId: 'user02', params, outcome: 'unanswered', reason: 'noConnection' },
    ]);
    const { deliveries } = await stand.manage('GET', 'push/deliveries?kind=cardCallback');
    expect(JSON.parse(deliveries[0].data.content)).toEqual({
      cardPrivateData: { actionIds: ['claim@1'], params },
    });
  });

  test('of nobody, or on no card, is refused with the reason', async () => {
    const answer = await press({ actionId: 'claim@1' });
    expect([answer.status, answer.json.error]).toEqual([400, 'no card "claim-1"']);
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
      { person: 'user02', conversations: [groups[0].groupId], robot: 'Siti Rahma' },
      { person: 'user01', conversations: ['user:user01'] },
    ]);
    expect(page.groups[0].robots).toEqual([{ robotCode: app.robotCode, name: 'Cashbell' }]);
  });

  test('is answered in the conversation where it was asked', async () => {
    const { groups } = await stand.manage('GET', 'world');
    const groupId = groups[1].groupId;
    for (const order of [{ group: groupId }, {}]) {
      await stand.call('POST', '/_page/robot-message', {
        ...order,
        userId: 'user02',
        text: 'saldo',
      });
    }
    const { deliveries } = await stand.manage('GET', 'push/deliveries?kind=robotMessage');
    for (const { data } of deliveries) {
      const path = data.sessionWebhook.replace(stand.url, '');
      await stand.call('POST', path, { msgtype: 'text', text: { content: data.conversationType } });
    }
    const { items } = (await stand.call('GET', '/_page/state')).json;
    const shown = items.map(({ person, conversations, content }: Json) => [
      person,
      conversations[0],
      content.text,
    ]);
    expect(shown).toEqual([
      ['user02', groupId, '@Cashbell saldo'],
      ['user02', 'user:user02', 'saldo'],
      [null, groupId, '2'],
      [null, 'user:user02', '1'],
    ]);
  });
});
