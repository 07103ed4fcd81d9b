import type { World } from './world.ts';

/** What a handler answers; sending it (or cutting the line instead) is left to the wire. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly file?: { readonly bytes: Buffer; readonly fileName: string };
  /** Sent in place of `json`. */
  readonly xml?: string;
  /** Set on every refusal, for the books. */
  readonly refused?: { readonly code: string; readonly message: string };
}

let requests = 0;

/** An id in the shape of DingTalk's; counted, so that a run can be repeated. */
function requestId(): string {
  requests += 1;
  const count = requests.toString(16).toUpperCase().padStart(12, '0');
  return `51301A7E-0000-7000-8000-${count}`;
}

/** Success on either dialect. */
export function ok(json: unknown): Reply {
  return { status: 200, json };
}

/** An error of the new API (dingtalk.md 2.2): HTTP 4xx/5xx, `requestid` all lower-case. */
export function v1Error(status: number, code: string, message: string): Reply {
  return {
    status,
    json: { code, requestid: requestId(), message },
    refused: { code, message },
  };
}

/** An error of the old API (dingtalk.md 2.2): HTTP 200 and `errcode`. */
export function oapiError(errcode: number, errmsg: string): Reply {
  return {
    status: 200,
    json: { errcode, errmsg, request_id: requestId() },
    refused: { code: String(errcode), message: errmsg },
  };
}

/** An error of the old API's gateway: 88, the real cause as text in `sub_code`. */
export function gatewayError(subCode: string, subMessage: string): Reply {
  const errmsg = `ding talk error[subcode=${subCode},submsg=${subMessage}]`;
  return {
    status: 200,
    json: {
      errcode: 88,
      sub_code: subCode,
      sub_msg: subMessage,
      errmsg,
      request_id: requestId(),
    },
    refused: { code: `88/${subCode}`, message: errmsg },
  };
}

/** The error of a custom robot: HTTP 200, `errcode`, wording in the world's language. */
export function robotError(world: World, errcode: number, text: Wording): Reply {
  const errmsg = say(world, text);
  return {
    status: 200,
    json: { errcode, errmsg },
    refused: { code: String(errcode), message: errmsg },
  };
}

export interface Wording {
  readonly en: string;
  readonly zh: string;
}

/** Picks the language of an error text; DingTalk itself is not consistent, so the default is both. */
export function say(world: World, text: Wording): string {
  if (world.wording === 'mixed') return world.random.chance(0.5) ? text.zh : text.en;
  return text[world.wording];
}

/** The anti-abuse answer without any errcode (dingtalk.md 1.5, `call-frequency-limit`). */
export function antiAbuseJson(): Reply {
  return {
    status: 200,
    json: { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: requestId() },
    refused: { code: '1111', message: 'anti-abuse JSON' },
  };
}

/** The anti-abuse answer as a page: clients that expect JSON stumble over the first "<". */
export function antiAbusePage(status: number): Reply {
  return {
    status,
    html: '<!doctype html><html lang="zh-CN"><head><title>访问被拒绝</title></head><body><h1>405</h1><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。(simulated)</p></body></html>',
    refused: { code: 'html', message: 'anti-abuse page' },
  };
}
