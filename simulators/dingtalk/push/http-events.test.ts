import { describe, expect, test } from 'vitest';
import type { Json, Stand } from '../testing.ts';
import { deliveryOf, ended, publish, receiver, standing, until, witnessOf } from './testing.ts';
import type { Received } from './testing.ts';

const TOKEN = 'TestToken123';
const AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const AT = '1700000000000';

/** Everything on the app's side is done by DingTalk's own package; our code is only on the other. */
function appSide(ownerKey: string) {
  const witness = witnessOf(TOKEN, AES_KEY, ownerKey);
  return {
    success: (text = 'success'): Json => {
      const encrypt = witness.encrypt('0123456789abcdef', text);
      const signature = witness.getSignature(TOKEN, AT, 'nonce001', encrypt);
      return { msg_signature: signature, timeStamp: AT, nonce: 'nonce001', encrypt };
    },
    open: ({ query, body }: Received): Json => {
      const at = query.get('timestamp') ?? query.get('timeStamp') ?? '';
      const sign = query.get('signature') ?? query.get('msg_signature');
      const nonce = query.get('nonce') ?? '';
      expect(witness.getSignature(TOKEN, at, nonce, body.encrypt)).toBe(sign);
      return JSON.parse(witness.decrypt(body.encrypt));
    },
  };
}

function register(stand: Stand, app: Json, url: string, more: Json = {}): Promise<Json> {
  const order = { url, token: TOKEN, aesKey: AES_KEY, ...more };
  return stand.manage('POST', `push/apps/${app.appKey}/callback`, order);
}

describe('registering a callback', () => {
  test('calls the address with check_url first and takes the encrypted success', async () => {
    const { stand, app } = await standing();
    const side = appSide(app.appKey);
    const { url, received } = await receiver(() => side.success());
    const channel = await register(stand, app, `${url}?tenant=1`);
    expect(channel).toMatchObject({ eventMode: 'http', callback: { ownerKey: app.appKey } });
    expect(received.map(side.open)).toEqual([{ EventType: 'check_url' }]);
    expect(received[0]?.query.get('tenant')).toBe('1');
  });

  test.each([
    ['another text', (ok: Json) => ok('failure'), 'the answer is'],
    ['plain success', () => 'success', 'must be texts'],
    [
      'timestamp in small letters',
      () => ({ ...appSide('x').success(), timeStamp: undefined }),
      'must be texts',
    ],
    ['a signature of nothing', (ok: Json) => ({ ...ok(), msg_signature: 'x' }), 'signature'],
    ['another owner', () => appSide('dingother').success(), 'ownerKey does not match'],
    ['silence', () => 'never', 'check_url'],
  ])('refuses an address that answers %s', async (_title, answer, reason) => {
    const { stand, app } = await standing();
    const side = appSide(app.appKey);
    const { url } = await receiver(() => answer(side.success));
    if (answer(side.success) === 'never') {
      await stand.manage('POST', 'push/settings', { httpDeadlineMs: 50 });
    }
    await expect(register(stand, app, url)).rejects.toThrow(reason);
    const { apps } = await stand.manage('GET', 'push');
    expect(apps[0]).toMatchObject({ eventMode: 'stream', callback: null });
  });

  test('refuses secrets of a wrong form and addresses beyond this machine', async () => {
    const { stand, app } = await standing();
    const { url } = await receiver(() => 'never');
    await expect(register(stand, app, url, { token: 'ab' })).rejects.toThrow('token');
    await expect(register(stand, app, url, { aesKey: 'short' })).rejects.toThrow('aesKey');
    await expect(register(stand, app, 'https://example.com/')).rejects.toThrow('this machine');
  });
});

describe('event by HTTP callback', () => {
  test('is one flat JSON with the names inside, signed and encrypted for the app', async () => {
    const { stand, world, app } = await standing();
    const side = appSide(world.organisation.corpId);
    const { url, received } = await receiver(() => side.success());
    await register(stand, app, url, { ownerKey: world.organisation.corpId });
    const { id, key } = await publish(stand);
    const delivery = await ended(stand, id);
    expect(delivery).toMatchObject({ via: 'http', outcome: 'acknowledged' });
    expect(side.open(received[1]!)).toEqual({
      EventType: 'bpms_instance_change',
      EventTime: expect.any(Number),
      CorpId: world.organisation.corpId,
      BizId: 'p-1',
      eventId: key,
      processInstanceId: 'p-1',
      type: 'finish',
      result: 'agree',
    });
    expect((await stand.manage('GET', 'quotas')).webhookCalls).toBe(1);
  });

  test('is tried three times, then listed once for the app to fetch', async () => {
    const { stand, world, app } = await standing();
    const side = appSide(app.appKey);
    const answers: Json[] = [side.success(), 'never', { wrong: true }, side.success('no')];
    const { url, received } = await receiver(() => answers.shift());
    await register(stand, app, url);
    await stand.manage('POST', 'push/settings', { httpDeadlineMs: 50, httpRetryMs: [60_000, 20] });
    const { id } = await publish(stand);
    await until(async () => (await deliveryOf(stand, id)).attempts[0].verdict === 'noAnswer');
    await stand.manage('POST', 'push/settings', { httpDeadlineMs: 10_000 });
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    const delivery = await ended(stand, id);
    expect(delivery.outcome).toBe('givenUp');
    expect(delivery.attempts.map(({ verdict }: Json) => verdict)).toEqual([
      'noAnswer',
      'refused',
      'refused',
    ]);
    expect(received).toHaveLength(4);
    const path = '/call_back/get_call_back_failed_result';
    const list = async (): Promise<Json> => {
      const { appKey, appSecret } = app;
      const body = { appKey, appSecret };
      const token = await stand.call('POST', '/v1.0/oauth2/accessToken', body);
      return (await stand.call('GET', `${path}?access_token=${token.json.accessToken}`)).json;
    };
    expect(await list()).toEqual({
      errcode: 0,
      errmsg: 'ok',
      has_more: false,
      failed_list: [
        {
          event_time: expect.any(Number),
          call_back_tag: 'bpms_instance_change',
          bpms_instance_change: {
            corpid: world.organisation.corpId,
            bpmsCallBackData: { processInstanceId: 'p-1', type: 'finish', result: 'agree' },
          },
        },
      ],
    });
    expect((await list()).failed_list).toEqual([]);
    expect((await stand.call('GET', path)).json).toMatchObject({ errcode: 88, sub_code: '40000' });
  });

  test('waits 10 and 30 seconds between its tries and 3 to 5 minutes for the list', async () => {
    const { stand, app } = await standing({ httpDeadlineMs: 2_500 });
    const side = appSide(app.appKey);
    let isUp = true;
    const { url, received } = await receiver(() => (isUp ? side.success() : { down: true }));
    await register(stand, app, url);
    isUp = false;
    const { id } = await publish(stand);
    for (const [count, wait] of [10_000, 30_000].entries()) {
      const tries = async (): Promise<number> => {
        const { attempts } = (await stand.manage('GET', 'push/deliveries')).deliveries[0];
        return attempts.filter(({ verdict }: Json) => verdict === 'refused').length;
      };
      await until(async () => (await tries()) === count + 1);
      await stand.manage('POST', 'clock', { advanceMs: wait - 2000 });
      expect(received).toHaveLength(count + 2);
      await stand.manage('POST', 'clock', { advanceMs: 2000 });
      await until(() => received.length === count + 3);
    }
    expect((await ended(stand, id)).outcome).toBe('givenUp');
    const path = '/call_back/get_call_back_failed_result';
    const { appKey, appSecret } = app;
    const listed = async (): Promise<number> => {
      const token = await stand.call('POST', '/v1.0/oauth2/accessToken', { appKey, appSecret });
      const answer = await stand.call('GET', `${path}?access_token=${token.json.accessToken}`);
      return answer.json.failed_list.length;
    };
    await stand.manage('POST', 'clock', { advanceMs: 170_000 });
    expect(await listed()).toBe(0);
    await stand.manage('POST', 'clock', { advanceMs: 130_000 });
    expect(await listed()).toBe(1);
  });

  test('may come twice and out of order', async () => {
    const { stand, app } = await standing();
    const side = appSide(app.appKey);
    const { url, received } = await receiver(() => side.success());
    await register(stand, app, url);
    await stand.manage('POST', 'faults', { name: 'eventReordered', count: 1 });
    const first = await publish(stand);
    await stand.manage('POST', 'faults', { name: 'eventDuplicated', count: 1 });
    const second = await publish(stand);
    await until(() => received.length === 4);
    const ids = received.slice(1).map((call) => side.open(call).eventId);
    expect(new Set(ids)).toEqual(new Set([first.key, second.key]));
    expect((await ended(stand, first.id)).outcome).toBe('acknowledged');
  });
});
