import { describe, expect, test } from 'vitest';
import type { Json, Stand } from '../testing.ts';
import { signCardCallback } from './card-callbacks.ts';
import { answerFrame, connect, ended, receiver, standing, until } from './testing.ts';

async function showCard(stand: Stand, more: Record<string, unknown> = {}): Promise<void> {
  const { app, groups } = await stand.manage('GET', 'world');
  const answer = await stand.asApp('POST', '/v1.0/card/instances/createAndDeliver', {
    cardTemplateId: app.cardTemplateId,
    outTrackId: 'pay-1',
    callbackType: 'STREAM',
    cardData: { cardParamMap: { state: 'pending', amount: '900.00' } },
    openSpaceId: `dtv1.card//IM_GROUP.${groups[0].groupId}`,
    imGroupOpenDeliverModel: { robotCode: app.robotCode },
    ...more,
  });
  expect(answer.json.success).toBe(true);
}

async function press(stand: Stand): Promise<Json> {
  const order = { userId: 'user02', actionId: 'agree', params: { round: 1 } };
  await stand.manage('POST', 'cards/pay-1/press', order);
  return (await stand.manage('GET', 'push/deliveries?kind=cardCallback')).deliveries.at(-1);
}

async function lastPress(stand: Stand): Promise<Json> {
  return (await stand.manage('GET', 'state')).cards[0].presses.at(-1);
}

async function paramsOf(stand: Stand): Promise<Json> {
  return (await stand.manage('GET', 'state')).cards[0].params;
}

/** dingtalk.md 3.5 in the words of Web Cryptography, so that nothing of the simulator's own is asked. */
async function isSigned(secret: string, timestamp: string, signature: string): Promise<boolean> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes(secret), algorithm, false, ['verify']);
  const given = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
  return crypto.subtle.verify('HMAC', key, given, bytes(timestamp));
}

const BY_KEY = { updateCardDataByKey: true, updatePrivateDataByKey: true };

describe('press on a card with callbackType STREAM', () => {
  test('is told with its content as JSON text; the answer is put on the card', async () => {
    const { stand, world, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => ({
      response: {
        cardData: { cardParamMap: { state: 'booked' } },
        userPrivateData: { cardParamMap: { mine: 'yes' } },
        cardUpdateOptions: BY_KEY,
      },
    });
    await showCard(stand);
    const { id } = await press(stand);
    expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged', key: 'pay-1#1' });
    const [frame] = client.of('CALLBACK');
    expect(frame.headers.topic).toBe('/v1.0/card/instances/callback');
    const { content, ...rest } = JSON.parse(frame.data);
    expect(rest).toEqual({
      type: 'actionCallback',
      outTrackId: 'pay-1',
      corpId: world.organisation.corpId,
      userId: 'user02',
      userIdType: 1,
      spaceType: 'IM_GROUP',
      spaceId: world.groups[0].groupId,
      extension: '{}',
    });
    expect(JSON.parse(content)).toEqual({
      cardPrivateData: { actionIds: ['agree'], params: { round: 1 } },
    });
    const { cards } = await stand.manage('GET', 'state');
    expect(cards[0]).toMatchObject({
      params: { state: 'booked', amount: '900.00' },
      privateData: { user02: { mine: 'yes' } },
      version: 2,
      presses: [{ userId: 'user02', outcome: 'answered', reason: null }],
    });
  });

  test('an answer after the deadline changes nothing', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => 'silent';
    await stand.manage('POST', 'push/settings', { cardAnswerMs: 30 });
    await showCard(stand);
    const { id } = await press(stand);
    expect(await ended(stand, id)).toMatchObject({ outcome: 'lost' });
    expect(await lastPress(stand)).toMatchObject({ outcome: 'unanswered', reason: 'noAnswer' });
    const late = { response: { cardData: { cardParamMap: { state: 'late' } } } };
    answerFrame(client, client.of('CALLBACK')[0], late);
    await until(async () => {
      const { deliveries } = await stand.manage('GET', 'push/deliveries');
      return deliveries[0].attempts[0].answeredAt !== null;
    });
    expect(await paramsOf(stand)).toMatchObject({ state: 'pending' });
  });

  test('an answer that breaks the limits of a card is refused and booked', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => ({ response: { cardData: { cardParamMap: { amount: 900 } } } });
    await showCard(stand);
    await ended(stand, (await press(stand)).id);
    expect(await paramsOf(stand)).toMatchObject({ amount: '900.00' });
    const { refusals } = await stand.manage('GET', 'state');
    const code = 'invalidParameter.cardParamMap';
    expect(refusals.at(-1)).toMatchObject({ code });
    expect(await lastPress(stand)).toMatchObject({ outcome: 'unusable', reason: code });
  });

  test('is told to nobody when the card named no callbackType', async () => {
    const { stand, app } = await standing();
    await connect(stand, app);
    await showCard(stand, { callbackType: undefined });
    expect(await press(stand)).toBeUndefined();
    expect(await lastPress(stand)).toMatchObject({ actionId: 'agree', outcome: 'untold' });
  });
});

describe('press on a card with callbackType HTTP', () => {
  test('signs as the vector of dingtalk.md 10.4 says', () => {
    expect(signCardCallback('card-api-secret', '1700000000000')).toBe(
      'w5yasVoE0C5W/x7zrNW8ReAk8FfqvWC8eTrZdsewFR4=',
    );
  });

  test('calls the registered address; its answer stands in the body as it is', async () => {
    const { stand } = await standing();
    const { url, received } = await receiver(() => ({
      cardData: { cardParamMap: { state: 'booked' } },
    }));
    const route = { callbackRouteKey: 'pay', callbackUrl: url, apiSecret: 'card-api-secret' };
    const path = '/v1.0/card/callbacks/register';
    const registered = await stand.asApp('POST', path, route);
    expect(registered.json).toMatchObject({ success: true, result: { callbackUrl: url } });
    await showCard(stand, { callbackType: 'HTTP', callbackRouteKey: 'pay' });
    expect(await ended(stand, (await press(stand)).id)).toMatchObject({ outcome: 'acknowledged' });
    expect(received[0]?.body).toMatchObject({ type: 'actionCallback', userId: 'user02' });
    expect(received[0]?.headers).toMatchObject({
      'x-ddpaas-signature-timestamp': expect.stringMatching(/^\d{13}$/),
      'x-ddpaas-signature': expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    });
    // Without the by-key flags the answer replaces every value, as an update would.
    expect(await paramsOf(stand)).toEqual({ state: 'booked' });
  });

  test('carries a signature that whoever knows the apiSecret can make from the header alone', async () => {
    const { stand } = await standing();
    const { url, received } = await receiver(() => ({}));
    const registered = await stand.asApp('POST', '/v1.0/card/callbacks/register', {
      callbackRouteKey: 'claims',
      callbackUrl: url,
    });
    await showCard(stand, { callbackType: 'HTTP', callbackRouteKey: 'claims' });
    await ended(stand, (await press(stand)).id);
    const { 'x-ddpaas-signature-timestamp': timestamp, 'x-ddpaas-signature': signature } =
      received[0]?.headers ?? {};
    // Without an apiSecret in the call DingTalk's answer names one.
    const { apiSecret } = registered.json.result;
    expect(await isSigned(apiSecret, String(timestamp), String(signature))).toBe(true);
    expect(await isSigned(apiSecret, `${Number(timestamp) + 1}`, String(signature))).toBe(false);
    expect(await isSigned(`${apiSecret}x`, String(timestamp), String(signature))).toBe(false);
    expect(await lastPress(stand)).toMatchObject({ outcome: 'answered' });
  });

  test('that is answered with an error, or not in time, leaves the card and says so', async () => {
    const { stand } = await standing();
    const { url } = await receiver(() => 'never');
    const register = (callbackUrl: string): Promise<unknown> =>
      stand.asApp('POST', '/v1.0/card/callbacks/register', {
        callbackRouteKey: 'claims',
        callbackUrl,
        forceUpdate: true,
      });
    await register(url);
    await showCard(stand, { callbackType: 'HTTP', callbackRouteKey: 'claims' });
    await stand.manage('POST', 'push/settings', { cardAnswerMs: 30 });
    await ended(stand, (await press(stand)).id);
    expect(await lastPress(stand)).toMatchObject({ outcome: 'unanswered', reason: 'noAnswer' });
    await stand.manage('POST', 'push/settings', { cardAnswerMs: 10_000 });
    // The wire itself knows no such path for a POST and answers 404.
    await register(`${stand.url}/v1.0/nowhere`);
    await ended(stand, (await press(stand)).id);
    expect(await lastPress(stand)).toMatchObject({ outcome: 'unanswered', reason: 'refused' });
    expect(await paramsOf(stand)).toMatchObject({ state: 'pending' });
  });

  test('is lost without a route; a route changes only by force and stays on this machine', async () => {
    const { stand } = await standing();
    await showCard(stand, { callbackType: 'HTTP', callbackRouteKey: 'pay' });
    expect(await ended(stand, (await press(stand)).id)).toMatchObject({ outcome: 'lost' });
    const path = '/v1.0/card/callbacks/register';
    const ask = async (more: object): Promise<number> => {
      const body = { callbackRouteKey: 'pay', callbackUrl: 'http://127.0.0.1:1/a', ...more };
      return (await stand.asApp('POST', path, body)).status;
    };
    expect(await ask({ callbackUrl: 'https://example.com/' })).toBe(400);
    expect(await ask({})).toBe(200);
    expect(await ask({ callbackUrl: 'http://127.0.0.1:1/b' })).toBe(400);
    expect(await ask({ callbackUrl: 'http://127.0.0.1:1/b', forceUpdate: true })).toBe(200);
    const { cardRoutes } = await stand.manage('GET', 'push');
    expect(cardRoutes).toMatchObject([{ callbackUrl: 'http://127.0.0.1:1/b' }]);
  });
});
