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

const MEGABYTE = 1024 * 1024;
/** Bytes that are no text, so that a detour through one would show. */
const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 256);

async function newToken(): Promise<string> {
  const { appKey, appSecret } = world.app;
  const { json } = await stand.call('POST', '/v1.0/oauth2/accessToken', { appKey, appSecret });
  return json.accessToken;
}

async function upload(name: string, type = 'file', bytes: Uint8Array = BYTES): Promise<Json> {
  const form = new FormData();
  form.set('type', type);
  form.set('media', new Blob([new Uint8Array(bytes)]), name);
  const query = new URLSearchParams({ access_token: await newToken(), type });
  const url = `${stand.url}/media/upload?${query.toString()}`;
  return (await fetch(url, { method: 'POST', body: form })).json();
}

function sendFile(mediaId: string, more: Record<string, unknown> = {}): Promise<Answer> {
  return stand.asApp('POST', '/v1.0/robot/groupMessages/send', {
    robotCode: world.app.robotCode,
    openConversationId: world.groups[0].groupId,
    msgKey: 'sampleFile',
    msgParam: JSON.stringify({ mediaId, fileName: '日报 (1).xlsx', fileType: 'xlsx', ...more }),
  });
}

async function bytesOf(url: string): Promise<{ bytes: Buffer; headers: Headers; status: number }> {
  const { headers, status, ...answer } = await fetch(url).then(async (response) => ({
    headers: response.headers,
    status: response.status,
    bytes: Buffer.from(await response.arrayBuffer()),
  }));
  return { ...answer, headers, status };
}

const idIn = (mediaId: string): string => encodeURIComponent(mediaId);

describe('uploaded file', () => {
  test('is what was uploaded, on the page under the name of the message, for managers under its own', async () => {
    const { media_id: mediaId } = await upload('daily.xlsx');
    expect((await sendFile(mediaId)).status).toBe(200);
    const { messages } = await stand.manage('GET', 'state');
    const file = { mediaId, fileName: '日报 (1).xlsx', fileType: 'xlsx', size: BYTES.length };
    expect(messages[0]).toMatchObject({ msgtype: 'sampleFile', file });
    const { items } = (await stand.call('GET', '/_page/state')).json;
    expect(items[0].content).toMatchObject({ kind: 'file', ...file });

    const name = encodeURIComponent('日报 (1).xlsx');
    const shown = await bytesOf(`${stand.url}/_page/media/${idIn(mediaId)}?name=${name}`);
    expect(shown.bytes.equals(BYTES)).toBe(true);
    expect(shown.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''%E6%97%A5%E6%8A%A5%20%281%29.xlsx",
    );
    const managed = await bytesOf(`${stand.adminUrl}/_sim/media/${idIn(mediaId)}`);
    expect(managed.bytes.equals(BYTES)).toBe(true);
    expect(managed.headers.get('content-disposition')).toContain("UTF-8''daily.xlsx");
    expect(await stand.manage('GET', 'media')).toMatchObject([
      { mediaId, type: 'file', fileName: 'daily.xlsx', size: BYTES.length, expired: false },
    ]);
  });

  test('can be sent again and to persons, until it expires; then it is refused and cannot be opened', async () => {
    const { media_id: mediaId } = await upload('daily.xlsx');
    const { robotCode } = world.app;
    const msgParam = JSON.stringify({ mediaId, fileName: 'a.xlsx', fileType: 'xlsx' });
    const order = { robotCode, userIds: ['user02'], msgKey: 'sampleFile', msgParam };
    const path = '/v1.0/robot/oToMessages/batchSend';
    expect((await stand.asApp('POST', path, order)).status).toBe(200);
    expect((await sendFile(mediaId)).status).toBe(200);
    const before = (await stand.call('GET', '/_page/state')).json.items;
    expect(before.map(({ conversations }: Json) => conversations)).toEqual([
      ['user:user02'],
      [world.groups[0].groupId],
    ]);

    await stand.manage('DELETE', `media/${idIn(mediaId)}`);
    for (const answer of [await stand.asApp('POST', path, order), await sendFile(mediaId)]) {
      expect([answer.status, answer.json.code]).toEqual([400, 'invalidParameter.msgParam.invalid']);
    }
    expect((await bytesOf(`${stand.url}/_page/media/${idIn(mediaId)}`)).status).toBe(404);
    expect((await bytesOf(`${stand.adminUrl}/_sim/media/${idIn(mediaId)}`)).status).toBe(404);
    const { items } = (await stand.call('GET', '/_page/state')).json;
    expect(items.map(({ content }: Json) => content.gone)).toEqual([true, true]);
    await expect(stand.manage('DELETE', 'media/none')).rejects.toThrow('no file');
  });

  test('that is a picture is shown; one that nobody uploaded is refused, an address is not', async () => {
    const { media_id: picture } = await upload('chart.png', 'image');
    const send = async (photoURL: string): Promise<string | undefined> => {
      const answer = await stand.asApp('POST', '/v1.0/robot/groupMessages/send', {
        robotCode: world.app.robotCode,
        openConversationId: world.groups[0].groupId,
        msgKey: 'sampleImageMsg',
        msgParam: JSON.stringify({ photoURL }),
      });
      return answer.json.code;
    };
    expect(await send('@lnobody')).toBe('invalidParameter.msgParam.invalid');
    expect(await send('https://x.example/a.png')).toBeUndefined();
    expect(await send(picture)).toBeUndefined();
    const { items } = (await stand.call('GET', '/_page/state')).json;
    expect(items[1].content).toMatchObject({ kind: 'image', picture });
    const { headers } = await bytesOf(`${stand.url}/_page/media/${idIn(picture)}`);
    expect(headers.get('content-type')).toBe('image/png');
    expect(headers.get('content-disposition')).toContain('inline');
  });

  test('of a type that files have not is refused in the message', async () => {
    const { media_id: mediaId } = await upload('daily.xlsx');
    for (const fileType of ['csv', 'XLSX', '']) {
      const answer = await sendFile(mediaId, { fileType });
      expect(answer.json.code).toBe('invalidParameter.msgParam.invalid');
    }
  });
});

describe('limits of an upload', () => {
  // The endings and sizes of dingtalk.md 3.6.
  test.each([
    ['image', ['jpg', 'gif', 'png', 'bmp'], 'svg', 20],
    ['voice', ['amr', 'mp3', 'wav'], 'ogg', 2],
    ['video', ['mp4'], 'mov', 20],
    ['file', ['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip', 'pdf', 'rar'], 'csv', 20],
  ])('%s has its endings and its size', async (type, endings, other, megabytes) => {
    // Nine kinds at once are fewer than twenty calls a second, tokens not counted.
    for (const ending of endings) {
      expect(await upload(`a.${ending}`, type)).toMatchObject({ errcode: 0, type });
    }
    expect((await upload(`a.${other}`, type)).errcode).toBe(40_005);
    const most = new Uint8Array(megabytes * MEGABYTE);
    expect((await upload(`a.${endings[0]}`, type, most)).errcode).toBe(0);
    const more = new Uint8Array(megabytes * MEGABYTE + 1);
    expect((await upload(`a.${endings[0]}`, type, more)).errcode).toBe(40_006);
    expect((await upload(`a.${endings[0]}`, type, new Uint8Array(0))).errcode).toBe(40_006);
  });

  test('a type that is none, and a form without the file, are refused', async () => {
    expect((await upload('a.pdf', 'document')).errcode).toBe(40_004);
    const path = `/media/upload?type=file&access_token=${await newToken()}`;
    expect((await stand.call('POST', path, { media: 'x' })).json.errcode).toBe(40_035);
    const { refusals } = await stand.manage('GET', 'state');
    expect(refusals.map(({ code }: Json) => code)).toEqual(['40004', '40035']);
  });
});
