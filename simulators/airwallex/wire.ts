import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import { readBody, sendText } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';
import { ipNotAllowed } from './access.ts';
import type { Access } from './access.ts';
import { writeAnswer } from './answer-faults.ts';
import { WireError } from './errors.ts';
import { faultSetting, strikesPath } from './faults.ts';
import type { Json } from './json.ts';
import type { Answer } from './route.ts';

/** One call of the company, as `GET /_sim/state` lists it. */
export interface CallRecord {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  status: number | 'no answer';
  readonly fault?: string;
}

export interface Wire {
  readonly handler: Handler;
  calls(): readonly CallRecord[];
  counts(): { calls: number; logins: number; refused: number };
  stop(): void;
}

interface Surroundings {
  readonly access: Access;
  /** Called before every request: what is due by the clock has then happened. */
  readonly advance: () => void;
  readonly routes: (method: string, url: URL, body: string) => Answer;
  readonly clock: Clock;
  readonly faults: Faults;
}

const CALLS_MAX = 500;
const HTML_ERROR =
  '<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>';

/** Makes the handler of Airwallex's own interface, with the faults in front of and behind it. */
export function createWire({ access, routes, advance, clock, faults }: Surroundings): Wire {
  const calls: CallRecord[] = [];
  const counts = { calls: 0, logins: 0, refused: 0 };
  const waiting = new Set<() => void>();

  /** Waits in real time; stopping the simulator ends every wait. */
  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), ms);
      function end(): void {
        clearTimeout(timer);
        waiting.delete(end);
        resolve();
      }
      waiting.add(end);
    });
  }

  function answer(request: IncomingMessage, url: URL, body: string): Answer {
    access.admit(request);
    if (url.pathname === '/api/v1/authentication/login' && request.method === 'POST') {
      const loggedIn = access.login(request);
      counts.logins += 1;
      return { status: 201, body: loggedIn };
    }
    access.authorise(request);
    advance();
    return routes(request.method ?? 'GET', url, body);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://airwallex.simulated');
    const path = url.pathname;
    const body = (await readBody(request)).toString();
    counts.calls += 1;
    const fault = firstStrike(faults, path);
    const call: CallRecord = {
      at: clock.now().toISOString(),
      method: request.method ?? 'GET',
      path,
      query: url.search,
      status: 'no answer',
      ...(fault ? { fault: fault.name } : {}),
    };
    calls.push(call);
    if (calls.length > CALLS_MAX) calls.shift();
    if (fault?.name === 'slow') await wait(faultSetting(fault, 'ms', 3_000));
    if (fault?.name === 'timeoutBeforeAccepting') {
      await wait(faultSetting(fault, 'ms', 120_000));
      response.destroy();
      return;
    }
    if (fault?.name === 'htmlError') {
      call.status = 502;
      sendText(response, 502, HTML_ERROR, 'text/html; charset=utf-8');
      return;
    }
    const result = errorOfFault(fault?.name) ?? attempt(() => answer(request, url, body));
    if (fault?.name === 'timeoutAfterAccepting') {
      await wait(faultSetting(fault, 'ms', 120_000));
      response.destroy();
      return;
    }
    if (fault?.name === 'lateAnswer') await wait(faultSetting(fault, 'ms', 3_000));
    const { status, text, isTrue } = writeAnswer(result, fault?.name);
    if (status >= 400) counts.refused += 1;
    call.status = status;
    // Who has hung up was not told.
    if (isTrue && !response.destroyed) result.told?.();
    sendText(response, status, text, 'application/json;charset=UTF-8');
  }

  return {
    handler: handle,
    calls: () => calls,
    counts: () => ({ ...counts }),
    stop() {
      for (const end of waiting) end();
    },
  };
}

const WIRE_FAULTS = [
  'slow',
  'timeoutBeforeAccepting',
  'maintenance',
  'throttle',
  'ipNotAllowed',
  'serverError',
  'htmlError',
  'conflict',
  'timeoutAfterAccepting',
  'lateAnswer',
  'serverErrorAfterAccepting',
  'malformedAnswer',
  'answerWithoutId',
] as const;

/** At most one of these faults strikes a call, so that counted ones are not used up together. */
function firstStrike(faults: Faults, path: string) {
  for (const name of WIRE_FAULTS) {
    const fault = strikesPath(faults, name, path);
    if (fault) return fault;
  }
  return undefined;
}

function errorOfFault(name: string | undefined): Answer | undefined {
  const errors: Readonly<Record<string, WireError>> = {
    maintenance: new WireError(503, 'service_unavailable', {
      message: 'The service is under maintenance. Please try again later.',
    }),
    throttle: new WireError(429, 'too_many_requests', { message: 'Too many requests.' }),
    ipNotAllowed: ipNotAllowed('203.0.113.9'),
    conflict: new WireError(409, 'conflict', {
      message: 'The request could not be completed due to a conflict with another request.',
    }),
    serverError: new WireError(500, 'internal_error', { message: 'Something went wrong.' }),
  };
  const error = name === undefined ? undefined : errors[name];
  return error && toAnswer(error);
}

function attempt(action: () => Answer): Answer {
  try {
    return action();
  } catch (error) {
    if (error instanceof WireError) return toAnswer(error);
    throw error;
  }
}

function toAnswer(error: WireError): Answer {
  const { code, message, source, details } = error;
  const body: Json = { code, details, message, source };
  return { status: error.status, body };
}
