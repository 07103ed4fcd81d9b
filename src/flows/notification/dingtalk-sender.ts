import { randomBytes } from 'node:crypto';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import {
  createCard,
  sendGroupMessage,
  sendPersonalMessage,
  sendRobotMessage,
  updateCard,
} from '#dingtalk/exchanges.ts';
import type { DingtalkAnswer, Exchange } from '#dingtalk/exchanges.ts';
import { uploadMedia } from '#dingtalk/media.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { createRateGate } from '#engine/rate-gate.ts';
import type { RateGate } from '#engine/rate-gate.ts';
import type { Transport } from '#engine/transport.ts';
import { createTokenCache } from '../dingtalk/token-cache.ts';

/** A message in the form in which DingTalk takes it. */
export type Outgoing =
  | {
      readonly kind: 'robot';
      readonly host: string;
      readonly accessToken: string;
      readonly signingSecret?: string;
      readonly body: string;
    }
  | {
      readonly kind: 'groupMessage';
      readonly app: DirectoryApp;
      readonly openConversationId: string;
      readonly msgKey: string;
      readonly msgParam: string;
    }
  | {
      readonly kind: 'personalMessage';
      readonly app: DirectoryApp;
      readonly userId: string;
      readonly msgKey: string;
      readonly msgParam: string;
    }
  | {
      readonly kind: 'cardCreated';
      readonly app: DirectoryApp;
      readonly cardTemplateId: string;
      /** A group, or a person in the conversation with the robot. */
      readonly target:
        | { readonly openConversationId: string; readonly mentions: readonly string[] }
        | { readonly userId: string };
      readonly outTrackId: string;
      readonly params: Readonly<Record<string, string>>;
      /** Where presses on its buttons go; absent for cards that nobody presses. */
      readonly callbackType?: 'STREAM' | 'HTTP';
      readonly callbackRouteKey?: string;
    }
  | {
      readonly kind: 'cardUpdated';
      readonly app: DirectoryApp;
      readonly outTrackId: string;
      readonly params: Readonly<Record<string, string>>;
    };

/** What came of sending one message. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerReference?: string }
  | {
      readonly kind: 'retry' | 'refused' | 'unknown';
      readonly code: string;
      /** Never to be tried again, whatever the code says: it may have arrived. */
      readonly isFinal?: boolean;
      readonly retryAfterMs?: number;
      readonly dingtalkCode?: string;
      readonly dingtalkMessage?: string;
    };

/** Sends messages to DingTalk and keeps the apps' access tokens. Never throws. */
export interface DingtalkSender {
  send(message: Outgoing): Promise<SendOutcome>;
  /** Uploads a file for messages of an app. Nobody sees it yet, so it may always be tried again. */
  upload(app: DirectoryApp, file: UploadedFile): Promise<UploadOutcome>;
}

export interface UploadedFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export type UploadOutcome =
  | { readonly kind: 'accepted'; readonly mediaId: string }
  | Exclude<SendOutcome, { kind: 'accepted' }>;

const TIMEOUT_MS = 8_000;
/**
 * Everything that one message may take, renewals of the token among it. Shorter than the lease of its
 * destination: nobody else may think that the sender died while it still waits.
 */
const SEND_MS = 16_000;
/** With less time left a call is not begun. */
const CALL_MS_MIN = 200;
/** Under the 20 a second that DingTalk allows an app and API. */
const APP_CALLS_PER_SECOND = 18;

export function createDingtalkSender(options: {
  readonly services: Services;
  readonly transport: Transport;
}): DingtalkSender {
  const tokens = createTokenCache(options);
  const gates = new Map<string, RateGate>();
  const gateOf = (key: string): RateGate => {
    let gate = gates.get(key);
    if (!gate) {
      gate = createRateGate(APP_CALLS_PER_SECOND);
      gates.set(key, gate);
    }
    return gate;
  };
  const exchange = async <Input, Value>(
    { host, endsAtMs }: Way,
    chosen: Exchange<Input, Value>,
    input: Input,
  ): Promise<DingtalkAnswer<Value>> => {
    const timeoutMs = Math.min(TIMEOUT_MS, endsAtMs - Date.now());
    // Nothing was sent, so it may be tried again.
    if (timeoutMs < CALL_MS_MIN) throw new CashbellError('dingtalk.unreachable', { host });
    const response: HttpResponse = await options.transport.send(
      { baseUrl: host, timeoutMs },
      chosen.request(input),
    );
    return chosen.parse(response);
  };
  /** Calls with the app's token; one that DingTalk refuses is renewed once, never in a storm. */
  const withToken = async <Value>(
    app: DirectoryApp,
    api: string,
    endsAtMs: number,
    call: (token: string, way: Way) => Promise<DingtalkAnswer<Value>>,
  ): Promise<DingtalkAnswer<Value>> => {
    const way = { host: app.apiHost, endsAtMs };
    await gateOf(`${app.appId}/${api}`).pass();
    const token = await within(endsAtMs, tokens.get(app));
    const answer = await call(token, way);
    if (answer.kind === 'accepted' || answer.code !== 'dingtalk.tokenInvalid') return answer;
    return call(await within(endsAtMs, tokens.get(app, token)), way);
  };
  const dispatch = (message: Outgoing): Promise<DingtalkAnswer<unknown>> => {
    const endsAtMs = Date.now() + SEND_MS;
    if (message.kind === 'robot') {
      const { accessToken, signingSecret, body } = message;
      return exchange({ host: message.host, endsAtMs }, sendRobotMessage, {
        accessToken,
        nowMs: Date.now(),
        body,
        ...(signingSecret === undefined ? {} : { signingSecret }),
      });
    }
    const { app } = message;
    const common = { robotCode: app.robotCode };
    switch (message.kind) {
      case 'groupMessage': {
        const { openConversationId, msgKey, msgParam } = message;
        return withToken(app, 'group', endsAtMs, (token, way) =>
          exchange(way, sendGroupMessage, {
            ...common,
            token,
            openConversationId,
            msgKey,
            msgParam,
          }),
        );
      }
      case 'personalMessage': {
        const { userId, msgKey, msgParam } = message;
        return withToken(app, 'person', endsAtMs, (token, way) =>
          exchange(way, sendPersonalMessage, {
            ...common,
            token,
            userIds: [userId],
            msgKey,
            msgParam,
          }),
        );
      }
      case 'cardCreated': {
        const { cardTemplateId, target, outTrackId, params } = message;
        const { callbackType, callbackRouteKey } = message;
        return withToken(app, 'card', endsAtMs, (token, way) =>
          exchange(way, createCard, {
            ...common,
            token,
            cardTemplateId,
            ...target,
            outTrackId,
            params,
            ...(callbackType === undefined ? {} : { callbackType }),
            ...(callbackRouteKey === undefined ? {} : { callbackRouteKey }),
          }),
        );
      }
      case 'cardUpdated': {
        const { outTrackId, params } = message;
        return withToken(app, 'cardUpdate', endsAtMs, (token, way) =>
          exchange(way, updateCard, { token, outTrackId, params }),
        );
      }
    }
  };
  return {
    send: async (message) => {
      try {
        const answer = await dispatch(message);
        return answer.kind === 'accepted'
          ? { kind: 'accepted', ...referenceOf(answer.value) }
          : answer;
      } catch (error) {
        return toOutcome(error);
      }
    },
    upload: async (app, file) => {
      const endsAtMs = Date.now() + UPLOAD_MS;
      try {
        const answer = await withToken(app, 'media', endsAtMs, (token, way) =>
          exchange({ ...way, host: app.oapiHost }, uploadMedia, {
            ...file,
            token,
            boundary: `cashbell-${randomBytes(24).toString('hex')}`,
          }),
        );
        if (answer.kind === 'accepted') return { kind: 'accepted', ...answer.value };
        return answer.kind === 'unknown' ? { ...answer, kind: 'retry' } : answer;
      } catch (error) {
        const outcome = toOutcome(error);
        // Two uploads are two copies that nobody sees.
        return outcome.kind === 'refused' ? outcome : { ...outcome, kind: 'retry' };
      }
    },
  };
}

/** Shorter than sending: upload and message share the lease of their destination. */
const UPLOAD_MS = 10_000;

/** Where a call goes and when the time of its message ends. */
interface Way {
  readonly host: string;
  readonly endsAtMs: number;
}

/** A token that does not come in time; nothing was sent yet. */
async function within<Value>(endsAtMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const end = (): void => reject(new CashbellError('dingtalk.unreachable', { what: 'token' }));
    timer = setTimeout(end, Math.max(0, endsAtMs - Date.now()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function referenceOf(value: unknown): { readonly providerReference?: string } {
  if (typeof value !== 'object' || value === null || !('processQueryKey' in value)) return {};
  return { providerReference: String(value.processQueryKey) };
}

/** A way that broke before anything was sent may be tried again; every other silence is unknown. */
function toOutcome(error: unknown): Exclude<SendOutcome, { kind: 'accepted' }> {
  if (!isCashbellError(error)) {
    const dingtalkMessage = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', code: 'dingtalk.requestInvalid', dingtalkMessage };
  }
  if (error.disposition === 'unknown') {
    return { kind: 'unknown', code: 'dingtalk.outcomeUnknown', dingtalkMessage: error.message };
  }
  if (error.code.startsWith('dingtalk.')) {
    const kind = error.disposition === 'retry' ? 'retry' : 'refused';
    return { kind, code: error.code, dingtalkMessage: error.message };
  }
  return { kind: 'retry', code: 'dingtalk.unreachable', dingtalkMessage: error.message };
}
