import { expect, test } from 'vitest';
import { errorCodes } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { meanings, namedCodes, numericCodes } from './codes.ts';
import { type DingtalkFailure, type DingtalkOutcome, judgeAnswer } from './judge.ts';

function answer(
  status: number,
  body: unknown,
  headers: HttpResponse['headers'] = {},
): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: new TextEncoder().encode(text) };
}

function failureOf(outcome: DingtalkOutcome): DingtalkFailure {
  if (outcome.kind === 'accepted') throw new Error('The answer was taken for a success.');
  return outcome;
}

/** Kind, code without its prefix, wait. */
function brief(outcome: DingtalkOutcome): string {
  if (outcome.kind === 'accepted') return 'accepted';
  const { kind, code, retryAfterMs } = outcome;
  return [kind, code.replace('dingtalk.', ''), retryAfterMs]
    .filter((x) => x !== undefined)
    .join(' ');
}

test.each([
  ['a robot says 0', { errcode: 0, errmsg: 'ok' }],
  ['the official sample says it as text', { errcode: '0', errmsg: 'ok' }],
  ['the new API has no errcode', { processQueryKey: 'k' }],
  ['a body may carry a message without being a failure', { message: 'hello' }],
  ['a body may carry success', { success: true, result: true }],
])('judgeAnswer: accepted, %s', (_, body) => {
  expect(judgeAnswer(answer(200, body))).toEqual({ kind: 'accepted', body });
});

/** Every row of sections 1.6 and 2.2 for `errcode` under HTTP 200. */
test.each([
  ['-1', 'retry busy 2000', 'system busy'],
  ['40035', 'refused requestInvalid', 'missing parameter'],
  ['43002', 'refused requestInvalid', 'POST required'],
  ['43004', 'refused requestInvalid', 'bad Content-Type'],
  ['400013', 'refused groupDissolved', 'the group is gone'],
  ['400101', 'refused robotTokenInvalid', 'token does not exist'],
  ['400102', 'refused robotDisabled', 'robot disabled'],
  ['400105', 'refused requestInvalid', 'msgtype not supported'],
  ['400106', 'refused robotNotInGroup', 'robot not in the group'],
  ['300001', 'refused robotTokenInvalid', 'older wrong token, or the reply webhook ended'],
  ['300005', 'refused robotTokenInvalid', 'wrong token in 2026'],
  ['130101', 'retry throttled 600000', '21 messages in a minute mute a robot for ten'],
  ['410100', 'retry throttled 600000', 'the same, official code'],
  ['660026', 'retry throttled 600000', 'the same, probed'],
  ['430101', 'refused contentRefused', 'unsafe link'],
  ['430102', 'refused contentRefused', 'unsafe text'],
  ['430103', 'refused contentRefused', 'unsafe picture'],
  ['430104', 'refused contentRefused', 'unsafe content'],
  ['460101', 'refused messageTooLarge', 'body above 20,000 bytes'],
  ['101002', 'refused messageTooLarge', 'the same in 2019'],
  ['34016', 'refused messageTooLarge', 'old chat API'],
  ['40014', 'retry tokenInvalid 0', 'fetch a new one and repeat at once'],
  ['40001', 'retry tokenInvalid 0', 'older'],
  ['42001', 'retry tokenInvalid 0', 'expired'],
  ['40000', 'refused requestInvalid', 'token not sent: a new one does not help'],
  ['40096', 'refused credentialsInvalid', 'wrong secret'],
  ['60011', 'refused permissionMissing', 'not granted'],
  ['60020', 'refused addressNotAllowed', 'our address is not in the list of the app'],
  ['50002', 'refused permissionMissing', 'person outside the scope'],
  ['50004', 'refused permissionMissing', 'department outside the scope'],
  ['90018', 'retry throttled 1000', 'QPS of app and API'],
  ['90002', 'retry throttled 4000', 'whole platform'],
  ['90020', 'refused quotaExhausted', 'month used up'],
  ['20001', 'refused quotaExhausted', 'Webhook and Stream used up'],
  ['22', 'refused requestInvalid', 'path does not exist on oapi'],
  ['404', 'refused requestInvalid', 'path without /v1.0, under HTTP 200'],
])('judgeAnswer: errcode %s is %s, %s', (code, expected) => {
  const number = { errcode: Number(code), errmsg: 'words' };
  expect(brief(judgeAnswer(answer(200, number)))).toBe(expected);
  expect(brief(judgeAnswer(answer(200, { ...number, errcode: code })))).toBe(expected);
  expect(Object.keys(numericCodes)).toContain(code);
  const gateway = { errcode: 88, sub_code: code, sub_msg: 'cause', errmsg: 'ding talk error' };
  const judged = failureOf(judgeAnswer(answer(200, gateway)));
  expect(brief(judged)).toBe(expected);
  expect(judged).toMatchObject({ dingtalkCode: code, dingtalkMessage: 'ding talk error: cause' });
});

/** Every row of sections 2.1, 2.2 and 3.1 for `code` of the new API. */
test.each([
  [400, 'invalidClientIdOrSecret', 'refused credentialsInvalid', 'wrong secret'],
  [400, 'invalid.client', 'refused credentialsInvalid', 'third form of the token call'],
  [401, 'unauthorized.client', 'refused credentialsInvalid', 'the same'],
  [400, 'unsupported.grant.type', 'refused requestInvalid', 'the same'],
  [400, 'InvalidAuthentication', 'retry tokenInvalid 0', 'fetch a new one and repeat at once'],
  [400, 'AuthenticationFailed.MissingParameter', 'refused requestInvalid', 'token not sent'],
  [
    403,
    'Forbidden.AccessDenied.AccessTokenPermissionDenied',
    'refused permissionMissing',
    'not granted',
  ],
  [403, 'Forbidden.AccessDenied.IpNotInWhiteList', 'refused addressNotAllowed', 'exit address'],
  [403, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', 'retry throttled 1000', 'by second'],
  [403, 'Forbidden.AccessDenied.QpmLimitForAppkeyAndApi', 'retry throttled 60000', 'by minute'],
  [403, 'Forbidden.AccessDenied.QpsLimitForApi', 'retry throttled 4000', 'whole platform'],
  [403, 'Forbidden.AccessDenied.ApiCountLimitForOrg', 'refused quotaExhausted', 'month used up'],
  [500, 'system.error', 'retry busy 2000', 'busy'],
  [500, 'systemError', 'retry busy 2000', 'busy, other spelling'],
  [429, 'system.busy', 'retry busy 2000', 'busy'],
  [504, 'service.timeout', 'unknown outcomeUnknown', 'what stands behind may have acted'],
  [404, 'error.notFound', 'refused requestInvalid', 'path does not exist'],
  [400, 'send.too.fast', 'retry throttled 60000', 'app robots count by minute'],
  [400, 'send.byToken.tooFast', 'retry throttled 60000', 'the same'],
  [400, 'too.many.group', 'retry throttled 60000', 'the same'],
  [400, 'too.many.people', 'retry throttled 60000', 'the same'],
  [400, 'invalidParameter.robotCode.auth', 'refused credentialsInvalid', 'robot of another app'],
  [400, 'invalidParameter.msgKey.invalid', 'refused requestInvalid', 'our mistake'],
  [400, 'invalidParameter.msgParam.invalid', 'refused requestInvalid', 'our mistake'],
  [400, 'invalidParameter.msgParam.tooLong', 'refused messageTooLarge', 'above 15,000 bytes'],
  [400, 'resource.not.found', 'refused requestInvalid', 'robot or message unknown'],
  [400, 'invalid.openConversationId', 'refused robotNotInGroup', 'no such group for this robot'],
  [400, 'group.disbanded', 'refused groupDissolved', 'the group is gone'],
  [400, 'bot.stopped', 'refused robotDisabled', 'robot disabled'],
  [400, 'conversation.org.notMatch', 'refused robotNotInGroup', 'group of another company'],
  [400, 'contain.unsafe.url', 'refused contentRefused', 'moderation'],
  [400, 'session.expired', 'refused robotTokenInvalid', 'the reply webhook ended'],
  [400, 'session.notExisted', 'refused robotTokenInvalid', 'the same'],
  [400, 'unknown.send.result', 'unknown outcomeUnknown', 'may have been sent'],
])('judgeAnswer: HTTP %i %s is %s, %s', (status, code, expected) => {
  const body = { requestid: 'r', code, message: 'words' };
  const judged = failureOf(judgeAnswer(answer(status, body)));
  expect(brief(judged)).toBe(expected);
  expect(judged).toMatchObject({ dingtalkCode: code, dingtalkMessage: 'words' });
  expect(Object.keys(namedCodes)).toContain(code.toLowerCase());
  // A status of success does not turn a failure into one.
  expect(brief(judgeAnswer(answer(200, body)))).toBe(expected);
});

/** The four faces of 310000 (section 1.6), in English and in the newer Chinese form. */
test.each([
  ['keywords not in content', 'keywordMissing'],
  ['invalid timestamp', 'timestampInvalid'],
  ['sign not match', 'signatureMismatch'],
  ['ip 203.0.113.7 not in whitelist', 'addressNotAllowed'],
  [
    'description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词;link:x;',
    'keywordMissing',
  ],
  // The advice speaks of the time stamp, the description of the signature.
  [
    'description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;link:x;',
    'signatureMismatch',
  ],
  ['description:时间戳 timestamp 无效;solution:请检查 sign;link:x;', 'timestampInvalid'],
  ['description:机器人发送的IP不在白名单;solution:请检查关键词;link:x;', 'addressNotAllowed'],
  ['something new', 'requestInvalid'],
])('judgeAnswer: 310000 with "%s" is %s', (errmsg, code) => {
  expect(brief(judgeAnswer(answer(200, { errcode: 310000, errmsg })))).toBe(`refused ${code}`);
});

test('judgeAnswer: a refused time stamp shows the clock of DingTalk', () => {
  const date = 'Mon, 23 Nov 2026 12:00:00 GMT';
  const body = { errcode: 310000, errmsg: 'invalid timestamp' };
  const judged = failureOf(judgeAnswer(answer(200, body, { date })));
  expect(judged.dingtalkMessage).toContain(date);
});

test.each([
  ['too fast', { errcode: 999001, errmsg: 'send too fast, exceed 20 times per minute' }, 600_000],
  ['too many', { errcode: 999001, errmsg: 'too many messages' }, 600_000],
  ['限流', { errcode: 999001, errmsg: '机器人被限流' }, 600_000],
  ['太快', { errcode: 999001, errmsg: '发送速度太快' }, 600_000],
  ['a QPS limit is over after a second', { errcode: 1, errmsg: 'qps exceed' }, 1_000],
  ['new API, by the name alone', { code: 'x.tooFast', message: '' }, 60_000],
  ['new API, by its words', { code: 'new.limit', message: 'exceed frequency' }, 60_000],
])('judgeAnswer: an unknown code is throttling by its text, %s', (_, body, wait) => {
  expect(brief(judgeAnswer(answer(400, body)))).toBe(`retry throttled ${wait}`);
});

test.each([
  ['too long', { errcode: 999002, errmsg: 'content too long' }],
  ['"exceed" about a length is not about speed', { code: 'x', message: 'length exceeds 100' }],
  ['超长', { errcode: 999002, errmsg: '消息超长' }],
])('judgeAnswer: an unknown code is about size by its text, %s', (_, body) => {
  expect(brief(judgeAnswer(answer(400, body)))).toBe('refused messageTooLarge');
});

const page: unknown = '<html><body>Access denied</body></html>';

test.each([
  [200, page, 'retry throttled 300000', 'anti-abuse page'],
  [403, page, 'retry throttled 300000', 'anti-abuse page'],
  [200, '', 'retry throttled 300000', 'anti-abuse without words'],
  [200, { status: 1111, wait: 5, source: 'x5', punish: 'deny' }, 'retry throttled 300000', 'x5'],
  [404, page, 'refused requestInvalid', 'a wrong address stays wrong'],
  [302, '', 'refused requestInvalid', 'a redirect is not followed'],
  [413, page, 'refused messageTooLarge', 'a proxy refuses the size'],
  [429, page, 'retry throttled 4000', 'too many requests'],
  [429, '', 'retry throttled 4000', 'too many requests'],
  [502, page, 'retry busy 2000', 'gateway'],
  [503, '', 'retry busy 2000', 'gateway'],
  [504, page, 'unknown outcomeUnknown', 'the gateway stopped waiting'],
  [408, '', 'unknown outcomeUnknown', 'the server stopped waiting'],
  [200, 'ok', 'unknown answerUnreadable', 'not JSON'],
  [200, '{"errcode":0', 'unknown answerUnreadable', 'torn JSON'],
  [200, '[]', 'unknown answerUnreadable', 'no object'],
  [200, 'null', 'unknown answerUnreadable', 'no object'],
  [200, { errcode: { a: 1 } }, 'unknown answerUnreadable', 'a code that is none'],
  [400, 'nonsense', 'refused requestInvalid', 'not JSON, refused'],
  [500, {}, 'retry busy 2000', 'no code'],
  [400, {}, 'refused requestInvalid', 'no code'],
  [400, { code: 'new.code', message: 'm' }, 'refused requestInvalid', 'unknown code'],
  [200, { errcode: 123456, errmsg: 'm' }, 'refused requestInvalid', 'unknown errcode'],
  [200, { success: false, message: 'm' }, 'refused requestInvalid', 'success false'],
  [200, { errcode: 88, errmsg: 'ding talk error[subcode=40014]' }, 'retry tokenInvalid 0', 'words'],
  [200, { errcode: 88, errmsg: 'ding talk error' }, 'refused requestInvalid', '88 without a cause'],
  [400, { code: 'contain.notAllowed.words', message: 'm' }, 'refused contentRefused', 'family'],
  [400, { code: 'constructor', message: 'm' }, 'refused requestInvalid', 'name of every object'],
])('judgeAnswer: HTTP %i %j is %s, %s', (status, body, expected) => {
  expect(brief(judgeAnswer(answer(status, body)))).toBe(expected);
});

test('judgeAnswer: secrets in an answer are not shown, and words are short and on one line', () => {
  const token = 'ab'.repeat(32);
  const errmsg = `token ${token}\nof /robot/send?access_token=tok-1&x=1 SEC${token} ${'长'.repeat(900)}`;
  const { dingtalkMessage } = failureOf(judgeAnswer(answer(200, { errcode: 300005, errmsg })));
  expect(dingtalkMessage).toContain(
    'token [secret] of /robot/send?access_token=[secret]&x=1 [secret]',
  );
  expect(dingtalkMessage).not.toContain(token);
  expect(dingtalkMessage).not.toContain('tok-1');
  expect(Buffer.byteLength(dingtalkMessage)).toBeLessThanOrEqual(600);
});

test('codes: a wait stands exactly where asking again helps', () => {
  const all = [
    ...Object.values(meanings),
    ...Object.values(numericCodes),
    ...Object.values(namedCodes),
  ];
  for (const meaning of all) {
    const mayRetry = errorCodes[meaning.code] === 'retry';
    expect('retryAfterMs' in meaning, meaning.code).toBe(mayRetry);
  }
});
