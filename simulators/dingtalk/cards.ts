import { ok, v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import { admit, isRefusal } from './app-gate.ts';
import type { Card } from './books.ts';
import { readJsonObject, strikes } from './call.ts';
import type { Call, Route } from './call.ts';
import { deliverToSpaces } from './card-delivery.ts';
import { isFields } from './content.ts';
import type { App, World } from './world.ts';

const PERMISSION = 'Card.Instance.Write';
const KEY_BYTES_MAX = 100;
const VALUE_BYTES_MAX = 1024;
const OUT_TRACK_ID_CHARACTERS_MAX = 100;

type Body = Record<string, unknown>;
type Params = Record<string, string>;

/** Interactive cards (dingtalk.md 3.5, `create-and-deliver-cards`, `interactive-card-update-interface`). */
export const CARD_ROUTES: readonly Route[] = [
  cardRoute('POST', '/v1.0/card/instances/createAndDeliver', createAndDeliver),
  cardRoute('POST', '/v1.0/card/instances/deliver', deliver),
  cardRoute('POST', '/v1.0/card/instances', create),
  cardRoute('PUT', '/v1.0/card/instances', update),
];

function cardRoute(
  method: string,
  path: string,
  handle: (call: Call, app: App, body: Body) => Reply,
): Route {
  return {
    methods: [method],
    path,
    dialect: 'v1',
    handle: (call) => {
      const api = `${method} ${path}`;
      const app = admit(call, { dialect: 'v1', api, permission: PERMISSION });
      if (isRefusal(app)) return refuse(call, app);
      const body = readJsonObject(call.body);
      if (!body) return refuse(call, wrongParameter('body', 'is not a JSON object'));
      const reply = handle(call, app, body);
      return reply.refused ? refuse(call, reply) : reply;
    },
  };
}

function refuse(call: Call, reply: Reply): Reply {
  if (!reply.refused) return reply;
  const card = call.world.books.cards.get(String(readJsonObject(call.body)?.['outTrackId']));
  call.world.books.refuse({
    path: call.path,
    ...reply.refused,
    groupId: card?.groupId ?? null,
    group: card?.group ?? null,
    text: call.body.toString('utf8'),
  });
  return reply;
}

// The card pages publish limits but no codes for breaking them; these follow the naming of 3.1.
function wrongParameter(name: string, why: string): Reply {
  return v1Error(400, `invalidParameter.${name}`, `${name} ${why}`);
}

function createAndDeliver(call: Call, app: App, body: Body): Reply {
  const card = open(call, app, body);
  if ('status' in card) return card;
  const results = deliverToSpaces(call, app, card, body);
  if ('status' in results) return results;
  const isRepeated = card.repeats > 0;
  if (!isRepeated) call.world.books.cardChanged(card, true);
  return ok({
    success: true,
    result: { outTrackId: card.outTrackId, deliverResults: results },
  });
}

function create(call: Call, app: App, body: Body): Reply {
  const card = open(call, app, body);
  if ('status' in card) return card;
  return ok({ success: true, result: card.outTrackId });
}

function deliver(call: Call, app: App, body: Body): Reply {
  const card = find(call, app, body);
  if ('status' in card) return card;
  const before = card.spaces.length;
  const results = deliverToSpaces(call, app, card, body);
  if ('status' in results) return results;
  if (card.spaces.length > before) call.world.books.cardChanged(card, before === 0);
  return ok({ success: true, result: results });
}

/**
 * Creates the card, or gives the one that stands: reusing an outTrackId does not replace a card.
 * The published pages promise no error for it, so a repeat succeeds and changes nothing.
 */
function open(call: Call, app: App, body: Body): Card | Reply {
  const wrong = checkCard(call, app, body);
  if (wrong) return wrong;
  const outTrackId = String(body['outTrackId']);
  const standing = call.world.books.cards.get(outTrackId);
  if (standing) {
    standing.repeats += 1;
    return standing;
  }
  const { books, clock } = call.world;
  const card: Card = {
    outTrackId,
    sequence: books.nextSequence(),
    changed: books.sequence(),
    at: clock.now().toISOString(),
    groupId: null,
    group: null,
    templateId: String(body['cardTemplateId']),
    callbackType: typeof body['callbackType'] === 'string' ? body['callbackType'] : null,
    callbackRouteKey:
      typeof body['callbackRouteKey'] === 'string' ? body['callbackRouteKey'] : null,
    appKey: app.appKey,
    params: paramsOf(body['cardData']),
    privateData: privateOf(body['privateData']),
    spaces: [],
    reference: null,
    references: [],
    updates: [],
    presses: [],
    repeats: 0,
    version: 1,
  };
  books.cards.set(outTrackId, card);
  return card;
}

function checkCard(call: Call, app: App, body: Body): Reply | undefined {
  const id = body['outTrackId'];
  if (typeof id !== 'string' || id === '' || id.length > OUT_TRACK_ID_CHARACTERS_MAX) {
    return wrongParameter('outTrackId', 'is missing or longer than 100 characters');
  }
  const template = body['cardTemplateId'];
  if (typeof template !== 'string' || !app.cardTemplateIds.includes(template)) {
    return wrongParameter('cardTemplateId', 'is not a published template of this app');
  }
  const callback = body['callbackType'];
  if (callback !== undefined && callback !== 'STREAM' && callback !== 'HTTP') {
    return wrongParameter('callbackType', 'must be STREAM or HTTP');
  }
  if (callback === 'HTTP' && typeof body['callbackRouteKey'] !== 'string') {
    return wrongParameter('callbackRouteKey', 'is required with HTTP');
  }
  if (!isFields(body['cardData'])) return wrongParameter('cardData', 'is missing');
  return checkParams(body) ?? checkModeration(call);
}

function checkModeration(call: Call): Reply | undefined {
  if (!strikes(call.world, 'contentRefused', call.path)) return undefined;
  return v1Error(400, 'contain.notAllowed.content', '卡片中含有不合适的内容');
}

/** Every value a text of at most 1 KB, every key at most 100 bytes (`instructions-for-filling-in-api-card-data`). */
export function checkParams(body: Body): Reply | undefined {
  const maps: unknown[] = [];
  const data = body['cardData'];
  if (data !== undefined) {
    if (!isFields(data) || !isFields(data['cardParamMap'])) {
      return wrongParameter('cardData', 'must hold cardParamMap');
    }
    maps.push(data['cardParamMap']);
  }
  const own = body['privateData'];
  if (own !== undefined) {
    if (!isFields(own)) return wrongParameter('privateData', 'must be an object');
    for (const entry of Object.values(own)) maps.push(isFields(entry) ? entry['cardParamMap'] : 0);
  }
  for (const map of maps) {
    if (!isFields(map)) return wrongParameter('privateData', 'must hold cardParamMap');
    for (const [key, value] of Object.entries(map)) {
      if (Buffer.byteLength(key) > KEY_BYTES_MAX) return wrongParameter('cardParamMap', 'key');
      if (typeof value !== 'string') {
        return wrongParameter('cardParamMap', `${key} must be a string`);
      }
      if (Buffer.byteLength(value) > VALUE_BYTES_MAX) {
        return wrongParameter('cardParamMap', `${key} is longer than 1024 bytes`);
      }
    }
  }
  return undefined;
}

function paramsOf(data: unknown): Params {
  const map = isFields(data) ? data['cardParamMap'] : undefined;
  return isFields(map)
    ? Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))
    : {};
}

function privateOf(data: unknown): Record<string, Params> {
  if (!isFields(data)) return {};
  return Object.fromEntries(Object.entries(data).map(([user, entry]) => [user, paramsOf(entry)]));
}

function find(call: Call, app: App, body: Body): Card | Reply {
  const card = call.world.books.cards.get(String(body['outTrackId']));
  if (card && card.appKey === app.appKey) return card;
  return v1Error(400, 'resource.not.found', 'outTrackId 对应的卡片不存在');
}

function update(call: Call, app: App, body: Body): Reply {
  const card = find(call, app, body);
  if ('status' in card) return card;
  const wrong = checkParams(body) ?? checkModeration(call);
  if (wrong) return wrong;
  changeCard(call.world, card, body);
  return ok({ success: true, result: true });
}

/** Overwrites everything unless the by-key flags are set: the default that loses parameters. */
export function changeCard(world: World, card: Card, body: Body): void {
  const options = isFields(body['cardUpdateOptions']) ? body['cardUpdateOptions'] : {};
  const byKey = options['updateCardDataByKey'] === true;
  const params = paramsOf(body['cardData']);
  if (body['cardData'] !== undefined) {
    card.params = byKey ? { ...card.params, ...params } : params;
  }
  for (const [user, own] of Object.entries(privateOf(body['privateData']))) {
    const standing = options['updatePrivateDataByKey'] === true ? card.privateData[user] : {};
    card.privateData = { ...card.privateData, [user]: { ...standing, ...own } };
  }
  card.version += 1;
  card.updates.push({ at: world.clock.now().toISOString(), params, byKey });
  world.books.cardChanged(card, false);
}
