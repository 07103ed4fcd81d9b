/**
 * Calls of DingTalk as pairs: what to send, and what the answer says. Nothing is sent here; the
 * caller adds the host, counts the call against its budget and keeps the clock
 * (dingtalk.md sections 1 to 3).
 *
 * Paths of host `oapi` and headers hold tokens: log the name of an exchange, never its request.
 */
import { CashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { type DingtalkErrorCode, findByText, meanings } from './codes.ts';
import { type DingtalkFailure, failure, judgeAnswer } from './judge.ts';
import { signRobot } from './signature.ts';
import { bytesOf, dingtalkLimits } from './size.ts';
import {
  CardDeliveredWire,
  CardUpdatedWire,
  ConversationWire,
  GroupSentWire,
  PersonalSentWire,
  type Reader,
  RecalledWire,
  RobotSentWire,
  readWith,
  TokenWire,
} from './wire.ts';

/** As core's request, with bodies of bytes for files. The body is exactly what is sent. */
export interface DingtalkRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query, starting with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type DingtalkAnswer<T> = { readonly kind: 'accepted'; readonly value: T } | DingtalkFailure;

export interface Exchange<Input, Value> {
  /** Monthly quota that a call consumes (section 2.3); `free` is not counted. */
  readonly budget: 'webhook' | 'api' | 'free';
  readonly host: 'api' | 'oapi';
  /** Throws `dingtalk.requestInvalid` or `dingtalk.messageTooLarge` for input that is our mistake. */
  readonly request: (input: Input) => DingtalkRequest;
  readonly parse: (response: HttpResponse) => DingtalkAnswer<Value>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** New API only: it ignores the query and `Authorization`, the old one ignores this (section 2.1). */
const TOKEN_HEADER = 'x-acs-dingtalk-access-token';

export interface RobotMessageInput {
  readonly accessToken: string;
  /** Present when the robot is protected by signatures. */
  readonly signingSecret?: string;
  readonly nowMs: number;
  /** From `toRobotBody` or `toRobotText`. */
  readonly body: string;
}

/** Sends one message through a custom robot, sections 1.1 and 1.2. */
export const sendRobotMessage: Exchange<RobotMessageInput, undefined> = {
  budget: 'webhook',
  host: 'oapi',
  request({ accessToken, signingSecret, nowMs, body }) {
    demandSize(bytesOf(body), dingtalkLimits.robotBodyBytes);
    const token = `access_token=${encodeURIComponent(accessToken)}`;
    const signed =
      signingSecret === undefined
        ? ''
        : `&timestamp=${nowMs}&sign=${encodeURIComponent(signRobot(signingSecret, nowMs))}`;
    return {
      method: 'POST',
      path: `/robot/send?${token}${signed}`,
      headers: { 'content-type': JSON_TYPE },
      body,
    };
  },
  parse: (response) => read(response, RobotSentWire, () => accepted(undefined)),
};

/** Asks for the app's token, section 2.1. The old way would put the secret into the address. */
export const fetchAccessToken: Exchange<
  { readonly appKey: string; readonly appSecret: string },
  { readonly token: string; readonly expiresInSeconds: number }
> = {
  budget: 'free',
  host: 'api',
  request: ({ appKey, appSecret }) => ({
    method: 'POST',
    path: '/v1.0/oauth2/accessToken',
    headers: { 'content-type': JSON_TYPE },
    body: JSON.stringify({ appKey, appSecret }),
  }),
  parse: (response) =>
    read(response, TokenWire, ({ accessToken, expireIn }) =>
      accepted({ token: accessToken, expiresInSeconds: expireIn }),
    ),
};

interface AppMessageInput {
  readonly token: string;
  readonly robotCode: string;
  readonly msgKey: string;
  readonly msgParam: string;
}

/** Key by which a message is recalled or its readers are asked for. */
export interface SentMessage {
  readonly processQueryKey: string;
}

/** Sends to a group through the app's robot, section 3.1. */
export const sendGroupMessage: Exchange<
  AppMessageInput & { readonly openConversationId: string },
  SentMessage
> = {
  budget: 'api',
  host: 'api',
  request({ token, robotCode, openConversationId, msgKey, msgParam }) {
    demandSize(bytesOf(msgParam), dingtalkLimits.msgParamBytes);
    return post('/v1.0/robot/groupMessages/send', token, {
      robotCode,
      openConversationId,
      msgKey,
      msgParam,
    });
  },
  parse: (response) =>
    read(response, GroupSentWire, ({ processQueryKey }) => accepted({ processQueryKey })),
};

/** Sends to at most 20 people through the app's robot, section 3.1. */
export const sendPersonalMessage: Exchange<
  AppMessageInput & { readonly userIds: readonly string[] },
  SentMessage
> = {
  budget: 'api',
  host: 'api',
  request({ token, robotCode, userIds, msgKey, msgParam }) {
    demandSize(bytesOf(msgParam), dingtalkLimits.msgParamBytes);
    demand(userIds.length > 0 && userIds.length <= dingtalkLimits.personalReceivers, 'userIds');
    return post('/v1.0/robot/oToMessages/batchSend', token, {
      robotCode,
      userIds,
      msgKey,
      msgParam,
    });
  },
  parse: (response) =>
    read(response, PersonalSentWire, (body) => {
      const parts = [
        ...namePart('not staff', body.invalidStaffIdList),
        ...namePart('too many messages', body.flowControlledStaffIdList),
      ];
      if (parts.length > 0) return refused('dingtalk.partlyDelivered', parts.join('; '));
      return accepted({ processQueryKey: body.processQueryKey });
    }),
};

function namePart(reason: string, userIds: readonly string[]): readonly string[] {
  return userIds.length === 0 ? [] : [`${reason}: ${userIds.join(', ')}`];
}

interface CardInput {
  readonly token: string;
  /** Ours and unique: using it again does not replace a card. */
  readonly outTrackId: string;
  /** From `toCardParams`. */
  readonly params: Readonly<Record<string, string>>;
}

/** A group or a person, never both. */
export type CardTarget =
  | {
      readonly openConversationId: string;
      /** User ids to mention; cards are the app robot's only way to do so. */
      readonly mentions?: readonly string[];
      readonly userId?: never;
    }
  | { readonly userId: string; readonly openConversationId?: never };

export type CreateCardInput = CardInput &
  CardTarget & {
    readonly cardTemplateId: string;
    readonly robotCode: string;
    /** Where clicks go; absent for cards that nobody presses. */
    readonly callbackType?: 'STREAM' | 'HTTP';
    /** Registered name of our address, which HTTP needs. */
    readonly callbackRouteKey?: string;
  };

export interface DeliveredCard {
  readonly outTrackId: string;
}

/** Creates a card and delivers it, section 3.5 (`create-and-deliver-cards`). */
export const createCard: Exchange<CreateCardInput, DeliveredCard> = {
  budget: 'api',
  host: 'api',
  request(input) {
    const { token, cardTemplateId, outTrackId, params, callbackType, callbackRouteKey } = input;
    demandCard(input);
    return post('/v1.0/card/instances/createAndDeliver', token, {
      cardTemplateId,
      outTrackId,
      ...(callbackType === undefined ? {} : { callbackType }),
      ...(callbackRouteKey === undefined ? {} : { callbackRouteKey }),
      cardData: { cardParamMap: params },
      ...cardSpace(input),
      userIdType: 1,
    });
  },
  parse: (response) =>
    read(response, CardDeliveredWire, ({ result }) => {
      const failed = result.deliverResults.filter(({ success }) => !success);
      if (failed.length === 0) return accepted({ outTrackId: result.outTrackId });
      const reasons = failed.map(({ spaceId, errorMsg }) => `${spaceId}: ${errorMsg}`).join('; ');
      if (failed.length < result.deliverResults.length) {
        return refused('dingtalk.partlyDelivered', reasons);
      }
      const meaning = findByText(reasons, meanings.appRobotTooFast) ?? meanings.requestInvalid;
      return failure(meaning, 'deliverResults', reasons);
    }),
};

function cardSpace(input: CreateCardInput) {
  const { robotCode } = input;
  if (input.userId !== undefined) {
    return {
      openSpaceId: `dtv1.card//IM_ROBOT.${input.userId}`,
      imRobotOpenSpaceModel: { supportForward: false },
      imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode },
    };
  }
  const mentions = input.mentions ?? [];
  const atUserIds = Object.fromEntries(mentions.map((userId) => [userId, userId]));
  return {
    openSpaceId: `dtv1.card//IM_GROUP.${input.openConversationId}`,
    // Bank movements are not for other groups.
    imGroupOpenSpaceModel: { supportForward: false },
    imGroupOpenDeliverModel: { robotCode, ...(mentions.length === 0 ? {} : { atUserIds }) },
  };
}

/** Changes the given parameters of a card, section 3.5 (`interactive-card-update-interface`). */
export const updateCard: Exchange<CardInput, undefined> = {
  budget: 'api',
  host: 'api',
  request(input) {
    demandCard(input);
    return {
      ...post('/v1.0/card/instances', input.token, {
        outTrackId: input.outTrackId,
        cardData: { cardParamMap: input.params },
        // Without this everything that is not named would be wiped.
        cardUpdateOptions: { updateCardDataByKey: true },
      }),
      method: 'PUT',
    };
  },
  parse: (response) => read(response, CardUpdatedWire, () => accepted(undefined)),
};

/** Translates the older id of a group, section 3.2. */
export const convertChatId: Exchange<
  { readonly token: string; readonly chatId: string },
  { readonly openConversationId: string }
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, chatId }) => ({
    method: 'POST',
    path: `/v1.0/im/chat/${encodeURIComponent(chatId)}/convertToOpenConversationId`,
    headers: { [TOKEN_HEADER]: token },
  }),
  parse: (response) =>
    read(response, ConversationWire, ({ openConversationId }) => accepted({ openConversationId })),
};

/** Takes back messages of the app's robot, section 3.1. */
export const recallGroupMessage: Exchange<
  {
    readonly token: string;
    readonly robotCode: string;
    readonly openConversationId: string;
    readonly processQueryKeys: readonly string[];
  },
  { readonly recalled: readonly string[] }
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, robotCode, openConversationId, processQueryKeys }) =>
    post('/v1.0/robot/groupMessages/recall', token, {
      openConversationId,
      robotCode,
      processQueryKeys,
    }),
  parse: (response) =>
    read(response, RecalledWire, ({ successResult, failedResult }) => {
      const failed = Object.entries(failedResult).map(([key, reason]) => `${key}: ${reason}`);
      if (failed.length === 0) return accepted({ recalled: successResult });
      const isPartly = successResult.length > 0;
      const code = isPartly ? 'dingtalk.partlyDelivered' : 'dingtalk.requestInvalid';
      return refused(code, failed.join('; '));
    }),
};

/** A call of the new API with a JSON body. */
export function post(path: string, token: string, body: unknown): DingtalkRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': JSON_TYPE, [TOKEN_HEADER]: token },
    body: JSON.stringify(body),
  };
}

/** A question of the new API; values of the query are encoded. */
export function get(
  path: string,
  token: string,
  query: Readonly<Record<string, string>>,
): DingtalkRequest {
  const text = new URLSearchParams(query).toString();
  return { method: 'GET', path: `${path}?${text}`, headers: { [TOKEN_HEADER]: token } };
}

/**
 * Judges an answer and demands the fields that prove success. Without them the message may or may
 * not have been delivered, so it is not sent again.
 */
export function read<Wire, Value>(
  response: HttpResponse,
  schema: Reader<Wire>,
  accept: (body: Wire) => DingtalkAnswer<Value>,
): DingtalkAnswer<Value> {
  const outcome = judgeAnswer(response);
  if (outcome.kind !== 'accepted') return outcome;
  const body = readWith(schema, outcome.body);
  if (body !== undefined) return accept(body);
  const fields = Object.keys(Object(outcome.body)).join(', ');
  return failure(meanings.answerUnreadable, `HTTP ${response.status}`, `fields: ${fields}`);
}

export function accepted<Value>(value: Value): DingtalkAnswer<Value> {
  return { kind: 'accepted', value };
}

function refused(code: DingtalkErrorCode, text: string): DingtalkFailure {
  return failure({ code }, 'OK', text);
}

/** Sizes and lists are kept by whoever builds the input; here the promise is checked. */
export function demand(isKept: boolean, field: string): void {
  if (!isKept) throw new CashbellError('dingtalk.requestInvalid', { field });
}

export function demandSize(bytes: number, bytesMax: number): void {
  if (bytes > bytesMax) throw new CashbellError('dingtalk.messageTooLarge', { bytes, bytesMax });
}

function demandCard({ outTrackId, params }: CardInput): void {
  const { outTrackIdCharacters, cardKeyBytes, cardValueBytes } = dingtalkLimits;
  demand(outTrackId !== '' && outTrackId.length <= outTrackIdCharacters, 'outTrackId');
  for (const [key, value] of Object.entries(params)) {
    demandSize(bytesOf(key), cardKeyBytes);
    demandSize(bytesOf(value), cardValueBytes);
  }
}
