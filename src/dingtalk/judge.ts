/**
 * What an answer of DingTalk means. HTTP 200 proves nothing here: the old API reports failures in
 * the body (dingtalk.md sections 0.1, 1.6, 2.2, 3.1; `server-api-error-codes-1`).
 */
import { type Disposition, errorCodes } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import {
  type DingtalkErrorCode,
  findByText,
  findNamedCode,
  findNumericCode,
  type Meaning,
  meanings,
  readSecurityCheck,
  securityCheckCode,
} from './codes.ts';
import { cutToBytes } from './size.ts';
import { EnvelopeWire } from './wire.ts';

/** Not delivered, or not known to be. The engine acts on `kind`; people read the rest. */
export interface DingtalkFailure {
  /** `retry` was not done; `refused` needs a person or other words; `unknown` may have been done. */
  readonly kind: 'retry' | 'refused' | 'unknown';
  readonly code: DingtalkErrorCode;
  readonly retryAfterMs?: number;
  /** Code as DingTalk wrote it, or `HTTP 502` where it wrote none. */
  readonly dingtalkCode: string;
  /** DingTalk's words, shortened and without secrets: safe to log and to show. */
  readonly dingtalkMessage: string;
}

export type DingtalkOutcome =
  | { readonly kind: 'accepted'; readonly body: unknown }
  | DingtalkFailure;

const kinds = {
  retry: 'retry',
  reject: 'refused',
  bug: 'refused',
  unknown: 'unknown',
} as const satisfies Record<Disposition, DingtalkFailure['kind']>;

/** Makes a failure whose kind agrees with the disposition of its code. */
export function failure(meaning: Meaning, dingtalkCode: string, text: string): DingtalkFailure {
  return {
    kind: kinds[errorCodes[meaning.code]],
    code: meaning.code,
    ...(meaning.retryAfterMs === undefined ? {} : { retryAfterMs: meaning.retryAfterMs }),
    dingtalkCode: cutToBytes(clean(dingtalkCode), 100, '…'),
    dingtalkMessage: cutToBytes(clean(text), 600, '…'),
  };
}

/**
 * Reads an answer of either dialect. `accepted` says that nothing speaks against success; each
 * exchange still demands the fields that prove it.
 */
export function judgeAnswer(response: HttpResponse): DingtalkOutcome {
  const text = bodyText(response.body).trim();
  const parsed = parseJson(text);
  const envelope = EnvelopeWire.safeParse(parsed);
  if (!envelope.success) return judgeForeign(response, text);
  const body = envelope.data;
  if (isAntiAbuse(body)) return failure(meanings.addressBlocked, '1111', text);
  if (body.errcode !== undefined && body.errcode !== '0') return judgeNumeric(response, body);
  if (isOk(response.status) && !hasNamedFailure(body)) return { kind: 'accepted', body: parsed };
  return judgeNamed(response, body);
}

/** Old dialect: `errcode`, with the cause in `sub_code` when the gateway says 88 (section 2.2). */
function judgeNumeric(response: HttpResponse, body: EnvelopeWire): DingtalkFailure {
  const text = body.errmsg || body.message || body.sub_msg;
  const code = body.errcode === '88' ? readSubCode(body) : (body.errcode ?? '');
  const shown = body.sub_msg && body.sub_msg !== text ? `${text}: ${body.sub_msg}` : text;
  if (code === securityCheckCode) return judgeSecurityCheck(response, code, shown);
  const known = findNumericCode(code) ?? findNamedCode(code);
  const meaning = known ?? findByText(shown, meanings.robotMuted) ?? byStatus(response);
  return failure(meaning, code, shown);
}

/** The pages show `sub_code`; some answers have it only in the words. */
function readSubCode(body: EnvelopeWire): string {
  return body.sub_code ?? /subcode=(\w+)/i.exec(body.errmsg)?.[1] ?? '88';
}

/** A wrong clock is almost always ours, and the answer's own clock shows it (section 1.6). */
function judgeSecurityCheck(response: HttpResponse, code: string, text: string): DingtalkFailure {
  const meaning = readSecurityCheck(text);
  const serverTime = response.headers['date'];
  const isClock = meaning.code === 'dingtalk.timestampInvalid' && serverTime !== undefined;
  return failure(meaning, code, isClock ? `${text} (DingTalk's clock: ${serverTime})` : text);
}

/** New dialect: a status, `code` and `message` (section 2.2). */
function judgeNamed(response: HttpResponse, body: EnvelopeWire): DingtalkFailure {
  const code = body.code ?? `HTTP ${response.status}`;
  const text = body.message || body.errmsg;
  const known = findNamedCode(code) ?? findNumericCode(code);
  const found = known ?? findByText(`${code} ${text}`, meanings.appRobotTooFast);
  return failure(found ?? byStatus(response), code, text);
}

/** No JSON object: a gateway, the anti-abuse page, or something that is not DingTalk. */
function judgeForeign(response: HttpResponse, text: string): DingtalkFailure {
  const { status } = response;
  const isPage = text === '' || text.startsWith('<');
  const isSpoken = status >= 500 || status === 429 || NOT_ABOUT_ABUSE.has(status);
  if (isPage && !isSpoken) return failure(meanings.addressBlocked, `HTTP ${status}`, words(text));
  if (isOk(status)) return failure(meanings.answerUnreadable, `HTTP ${status}`, words(text));
  return failure(byStatus(response), `HTTP ${status}`, words(text));
}

/** Wrong address, redirect or size: waiting five minutes would not help. */
const NOT_ABOUT_ABUSE: ReadonlySet<number> = new Set([
  301, 302, 303, 307, 308, 404, 405, 408, 413, 414,
]);

/** For codes that nobody described. */
function byStatus({ status }: HttpResponse): Meaning {
  if (status === 408 || status === 504) return meanings.outcomeUnknown;
  if (status === 413) return meanings.messageTooLarge;
  if (status === 429) return meanings.platform;
  if (status >= 500) return meanings.busy;
  return meanings.requestInvalid;
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The wait that it names is not trusted: the documents say five minutes for everything. */
function isAntiAbuse({ status, punish }: EnvelopeWire): boolean {
  return status === 1111 || status === '1111' || punish === 'deny';
}

/** A failure under HTTP 200 that has no `errcode`. */
function hasNamedFailure({ code, message, success }: EnvelopeWire): boolean {
  if (success === false || success === 'false') return true;
  return code !== undefined && message !== '' && !/^(?:0|200|ok|success)$/i.test(code);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A page in a few words, for people. */
function words(text: string): string {
  return text.replaceAll(/<[^>]*>/g, ' ');
}

/** Robot tokens are 64 hex digits and robot secrets begin with SEC; answers may quote either. */
const SECRETS = /(access_token=)[^&\s"']+|\b(?:SEC)?[0-9a-f]{32,}\b/gi;

function clean(text: string): string {
  const masked = text.replaceAll(SECRETS, (_, name?: string) => `${name ?? ''}[secret]`);
  return masked
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
