import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { DingtalkAnswer, Exchange } from '#dingtalk/exchanges.ts';
import type { DingtalkFailure } from '#dingtalk/judge.ts';
import { createRateGate } from '#engine/rate-gate.ts';
import type { RateGate } from '#engine/rate-gate.ts';
import type { Transport } from '#engine/transport.ts';
import { addAppUsage } from '#store/dingtalk-usage.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { createTokenCache } from './token-cache.ts';

/** Calls of an app's API with its token, counted against the month. */
export interface AppCalls {
  /**
   * Asks once; a token that DingTalk refuses is renewed and the call repeated once. Throws a
   * `CashbellError` for everything that is not a success: what its disposition says is what may be
   * believed of the call, so a failure is never taken for an answer.
   */
  call<Input extends { readonly token: string }, Value>(
    app: DirectoryApp,
    exchange: Exchange<Input, Value>,
    input: Omit<Input, 'token'>,
  ): Promise<Value>;
}

/** A failure of DingTalk with how long it wants quiet. */
export class DingtalkCallError extends CashbellError {
  readonly retryAfterMs: number | undefined;

  constructor(failure: DingtalkFailure) {
    const { code, dingtalkCode, dingtalkMessage } = failure;
    super(code, { dingtalk: `${dingtalkCode} ${dingtalkMessage}`.trim() });
    this.retryAfterMs = failure.retryAfterMs;
  }
}

const TIMEOUT_MS = 8_000;
/** Under the 20 a second that DingTalk allows an app and API (dingtalk.md section 2.3). */
const CALLS_PER_SECOND = 18;

export function createAppCalls(options: {
  readonly services: Services;
  readonly transport: Pick<Transport, 'send'>;
  /** Whatever cannot be noted beside a call. */
  readonly onError: (error: unknown) => void;
}): AppCalls {
  const { services, transport } = options;
  const tokens = createTokenCache(options);
  const rests = createRests();
  const gates = new Map<string, RateGate>();
  const pass = (key: string): Promise<void> => {
    const gate = gates.get(key) ?? createRateGate(CALLS_PER_SECOND);
    gates.set(key, gate);
    return gate.pass();
  };
  /** Calls that DingTalk did not count are few; counting too many is the safe side. */
  const note = (app: DirectoryApp, budget: 'api' | 'webhook' | 'free'): void => {
    if (budget === 'free') return;
    const { orgId, appId } = app;
    const use = { orgId, appId, budget, calls: 1, at: instantFromMs(Date.now()) };
    addAppUsage(services.pool, use).catch(options.onError);
  };
  return {
    call: async <Input extends { readonly token: string }, Value>(
      app: DirectoryApp,
      exchange: Exchange<Input, Value>,
      input: Omit<Input, 'token'>,
    ): Promise<Value> => {
      const once = async (token: string): Promise<DingtalkAnswer<Value>> => {
        // The rest of the input and the token are the whole input.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        const request = exchange.request({ ...input, token } as unknown as Input);
        await pass(`${app.appId}/${request.path.split('?')[0]}`);
        note(app, exchange.budget);
        const response: HttpResponse = await transport.send(
          { baseUrl: host, timeoutMs: TIMEOUT_MS },
          request,
        );
        return exchange.parse(response);
      };
      const host = exchange.host === 'api' ? app.apiHost : app.oapiHost;
      const places = { host, app: `${app.appId}/${exchange.budget}` };
      rests.requireAwake(places);
      const token = await tokens.get(app);
      let answer = await once(token);
      if (answer.kind !== 'accepted' && answer.code === 'dingtalk.tokenInvalid') {
        answer = await once(await tokens.get(app, token));
      }
      if (answer.kind === 'accepted') return answer.value;
      const error = new DingtalkCallError(answer);
      rests.note(places, error);
      throw error;
    },
  };
}

/** A spent month is asked again so often, however many payments wait for it. */
const QUOTA_REST_MS = 10_000;
/** DingTalk shuts an address out for five minutes; calls meanwhile make it longer (ask 36). */
const ADDRESS_BLOCK_MS = 300_000;

interface CallPlaces {
  readonly host: string;
  /** App and budget. */
  readonly app: string;
}

/** Remembers who wants quiet, so that the next call is refused here and not there. */
function createRests(): {
  requireAwake(places: CallPlaces): void;
  note(places: CallPlaces, error: DingtalkCallError): void;
} {
  const rests = new Map<string, { readonly untilMs: number; readonly error: DingtalkCallError }>();
  return {
    requireAwake: (places) => {
      for (const place of [places.host, places.app]) {
        const rest = rests.get(place);
        if (rest && rest.untilMs > Date.now()) throw rest.error;
      }
    },
    note: (places, error) => {
      const { code, retryAfterMs = 0 } = error;
      const isBlocked = code === 'dingtalk.throttled' && retryAfterMs >= ADDRESS_BLOCK_MS;
      if (isBlocked) rests.set(places.host, { untilMs: Date.now() + retryAfterMs, error });
      if (code !== 'dingtalk.quotaExhausted') return;
      rests.set(places.app, { untilMs: Date.now() + QUOTA_REST_MS, error });
    },
  };
}

/** Whether DingTalk certainly did nothing, so that a call may be made again without a search. */
export function isCertainlyUndone(error: unknown): boolean {
  if (!(error instanceof CashbellError)) return false;
  switch (error.disposition) {
    case 'reject':
    case 'bug':
      return true;
    case 'retry':
      return (
        error.code === 'dingtalk.throttled' ||
        error.code === 'dingtalk.tokenInvalid' ||
        error.code === 'transport.connectFailed' ||
        error.code === 'transport.dnsFailed' ||
        error.code === 'dingtalk.unreachable'
      );
    case 'unknown':
      return false;
  }
}
