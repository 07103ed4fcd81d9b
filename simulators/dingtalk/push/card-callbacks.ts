import { createHmac } from 'node:crypto';
import { ok, v1Error } from '../answers.ts';
import type { Reply } from '../answers.ts';
import { admit, isRefusal } from '../app-gate.ts';
import type { Card, CardPress } from '../books.ts';
import { readJsonObject, strikes } from '../call.ts';
import type { Call, Route } from '../call.ts';
import { changeCard, checkParams } from '../cards.ts';
import { isFields } from '../content.ts';
import { hex } from '../world.ts';
import type { App, World } from '../world.ts';
import { postOnce } from './http-push.ts';
import { isLoopback } from './post.ts';
import { closeAttempt, openAttempt, openDelivery } from './state.ts';
import type { Attempt, CardRoute, Delivery } from './state.ts';
import { pushOnce } from './stream-push.ts';

/** Topic of presses on a card's buttons (dingtalk.md 3.5). */
export const CARD_TOPIC = '/v1.0/card/instances/callback';

const REGISTER = '/v1.0/card/callbacks/register';

/** Names the address that cards with callbackType HTTP call (dingtalk.md 3.5). */
export const CARD_CALLBACK_ROUTE: Route = {
  methods: ['POST'],
  path: REGISTER,
  dialect: 'v1',
  handle: (call) => {
    const app = admit(call, { dialect: 'v1', api: REGISTER, permission: 'Card.Instance.Write' });
    const reply = isRefusal(app) ? app : register(call, app);
    if (reply.refused) call.world.books.refuse({ path: call.path, ...reply.refused });
    return reply;
  },
};

function register(call: Call, app: App): Reply {
  const { push } = call.world;
  const body = readJsonObject(call.body) ?? {};
  const { callbackRouteKey, callbackUrl, apiSecret } = body;
  if (typeof callbackRouteKey !== 'string' || callbackRouteKey === '') {
    return v1Error(400, 'invalidParameter.callbackRouteKey', 'callbackRouteKey is missing');
  }
  if (typeof callbackUrl !== 'string' || !isLoopback(callbackUrl)) {
    return v1Error(400, 'invalidParameter.callbackUrl', 'callbackUrl must be on this machine');
  }
  const standing = push.cardRoutes.get(callbackRouteKey);
  const isOther = standing?.appKey !== app.appKey || standing.callbackUrl !== callbackUrl;
  if (standing && isOther && body['forceUpdate'] !== true) {
    return v1Error(400, 'invalidParameter.callbackRouteKey', 'callbackRouteKey is registered');
  }
  const secret = standing?.apiSecret ?? `simulated-${hex(push.random, 32)}`;
  const route: CardRoute = {
    callbackRouteKey,
    appKey: app.appKey,
    callbackUrl,
    apiSecret: typeof apiSecret === 'string' && apiSecret !== '' ? apiSecret : secret,
  };
  push.cardRoutes.set(callbackRouteKey, route);
  return ok({ success: true, result: { callbackUrl, apiSecret: route.apiSecret } });
}

/** Tells the app of a press, and puts its answer on the card if it comes in time. */
export function callBack(world: World, card: Card, press: CardPress): void {
  if (card.callbackType === null) return;
  const data = compose(world, card, press);
  const delivery = openDelivery(world, {
    kind: 'cardCallback',
    appKey: card.appKey,
    via: card.callbackType === 'HTTP' ? 'http' : 'stream',
    key: `${card.outTrackId}#${card.presses.length}`,
    topic: CARD_TOPIC,
    data,
  });
  press.outcome = 'waiting';
  if (strikes(world, 'cardCallbackLost', CARD_TOPIC)) {
    delivery.outcome = 'lost';
    world.books.pressEnded(card, press, { outcome: 'unanswered', reason: 'cardCallbackLost' });
    return;
  }
  if (delivery.via === 'http') {
    void post(world, card, press, delivery);
    return;
  }
  pushOnce(world, delivery, {
    frame: { type: 'CALLBACK', topic: CARD_TOPIC, data: JSON.stringify(data) },
    deadlineMs: world.push.settings.cardAnswerMs,
    settled: (attempt, answer) => {
      const wrapped = isFields(answer?.data) ? answer.data['response'] : undefined;
      end(world, { card, press, delivery }, attempt.verdict, wrapped);
    },
  });
}

interface Told {
  readonly card: Card;
  readonly press: CardPress;
  readonly delivery: Delivery;
}

/** An answer in time is put on the card; whoever pressed sees how it ended. */
function end(world: World, told: Told, verdict: Attempt['verdict'], answer: unknown): void {
  const { card, press, delivery } = told;
  const isTaken = verdict === 'acknowledged';
  delivery.outcome = isTaken ? 'acknowledged' : 'lost';
  const wrong = isTaken ? takeAnswer(world, card, press, answer) : undefined;
  const outcome = isTaken ? (wrong ? 'unusable' : 'answered') : 'unanswered';
  world.books.pressEnded(card, press, { outcome, reason: isTaken ? (wrong ?? null) : verdict });
}

function compose(world: World, card: Card, press: CardPress): Record<string, unknown> {
  const own = card.spaces.find(
    ({ spaceType, spaceId }) => spaceType === 'IM_ROBOT' && spaceId === press.userId,
  );
  const space = own ?? card.spaces[0];
  const pressed = { actionIds: [press.actionId], params: press.params };
  return {
    type: 'actionCallback',
    outTrackId: card.outTrackId,
    corpId: world.corpId,
    userId: press.userId,
    userIdType: 1,
    spaceType: space?.spaceType ?? '',
    spaceId: space?.spaceId ?? '',
    extension: '{}',
    content: JSON.stringify({ cardPrivateData: pressed }),
  };
}

/**
 * What the answer names is changed, under the same rules as an update; anything else is ignored.
 * Gives the code of what is wrong with it.
 */
function takeAnswer(
  world: World,
  card: Card,
  press: CardPress,
  answer: unknown,
): string | undefined {
  if (!isFields(answer)) return undefined;
  const { cardData, userPrivateData, cardUpdateOptions } = answer;
  const own = userPrivateData === undefined ? {} : { [press.userId]: userPrivateData };
  const body = { cardData, cardUpdateOptions, privateData: own };
  if (cardData === undefined && userPrivateData === undefined) return undefined;
  const refused = checkParams(body)?.refused;
  if (refused) world.books.refuse({ path: CARD_TOPIC, ...refused });
  else changeCard(world, card, body);
  return refused?.code;
}

async function post(world: World, card: Card, press: CardPress, delivery: Delivery): Promise<void> {
  const route = world.push.cardRoutes.get(card.callbackRouteKey ?? '');
  if (!route) {
    const attempt = openAttempt(world, delivery);
    closeAttempt(world, attempt, { verdict: 'noConnection', answer: 'route is not registered' });
    return end(world, { card, press, delivery }, 'noConnection', undefined);
  }
  const answer = await postOnce(world, delivery, {
    url: route.callbackUrl,
    body: delivery.data,
    deadlineMs: world.push.settings.cardAnswerMs,
    headers: (timestamp) => ({
      'x-ddpaas-signature-timestamp': timestamp,
      'x-ddpaas-signature': signCardCallback(route.apiSecret, timestamp),
    }),
  });
  const body = readJsonObject(Buffer.from(answer.text));
  end(world, { card, press, delivery }, answer.verdict, body);
}

/** Base64 of HMAC-SHA256 over the timestamp as decimal text (dingtalk.md 3.5, 10.4). */
export function signCardCallback(apiSecret: string, timestamp: string): string {
  return createHmac('sha256', apiSecret).update(timestamp).digest('base64');
}
