/**
 * Every error code of DingTalk that we know, with what it means for us:
 * dingtalk.md sections 1.5, 1.6 (`custom-robots-send-group-messages`), 2.2
 * (`server-api-error-codes-1`, `how-to-process-api-throttling-on-the-dingtalk-server`) and 3.1
 * (`the-robot-sends-a-group-message`), 4.1 to 4.4 (`create-an-approval-form-template`,
 * `create-an-approval-instance`, `obtains-the-details-of-a-single-approval-instance-pop`).
 */
import type { ErrorCode } from '#core/errors.ts';

export type DingtalkErrorCode = Extract<ErrorCode, `dingtalk.${string}` | `approval.${string}`>;

/** What a code means. The wait stands only where asking again can help. */
export interface Meaning {
  readonly code: DingtalkErrorCode;
  readonly retryAfterMs?: number;
}

const refused = (code: DingtalkErrorCode): Meaning => ({ code });

/** How long DingTalk wants quiet, in milliseconds. */
const waits = {
  /** A token that was wrong is fetched anew and the call repeated at once (section 2.1). */
  now: 0,
  /** QPS of one app and API: a second (section 2.2). */
  second: 1_000,
  busy: 2_000,
  /** The whole platform is short: back off further than a second. */
  platform: 4_000,
  /** QPM limits and the app robot's own limits count by minute. */
  minute: 60_000,
  /** An address that called too often is shut out of everything for five minutes (section 2.2). */
  addressBlocked: 300_000,
  /** A custom robot that sent 21 messages in a minute is muted for ten (section 1.5). */
  robotMuted: 600_000,
} as const;

export const meanings = {
  robotMuted: { code: 'dingtalk.throttled', retryAfterMs: waits.robotMuted },
  addressBlocked: { code: 'dingtalk.throttled', retryAfterMs: waits.addressBlocked },
  appRobotTooFast: { code: 'dingtalk.throttled', retryAfterMs: waits.minute },
  perMinute: { code: 'dingtalk.throttled', retryAfterMs: waits.minute },
  perSecond: { code: 'dingtalk.throttled', retryAfterMs: waits.second },
  platform: { code: 'dingtalk.throttled', retryAfterMs: waits.platform },
  busy: { code: 'dingtalk.busy', retryAfterMs: waits.busy },
  tokenInvalid: { code: 'dingtalk.tokenInvalid', retryAfterMs: waits.now },
  outcomeUnknown: { code: 'dingtalk.outcomeUnknown' },
  answerUnreadable: { code: 'dingtalk.answerUnreadable' },
  requestInvalid: { code: 'dingtalk.requestInvalid' },
  messageTooLarge: { code: 'dingtalk.messageTooLarge' },
} as const satisfies Record<string, Meaning>;

/** `errcode`, or `sub_code` under 88. Numbers as text, because both occur. */
export const numericCodes: Readonly<Record<string, Meaning>> = {
  // Robot, section 1.6.
  '-1': meanings.busy,
  '40035': refused('dingtalk.requestInvalid'),
  '43002': refused('dingtalk.requestInvalid'),
  '43004': refused('dingtalk.requestInvalid'),
  '400013': refused('dingtalk.groupDissolved'),
  '400101': refused('dingtalk.robotTokenInvalid'),
  '400102': refused('dingtalk.robotDisabled'),
  '400105': refused('dingtalk.requestInvalid'),
  '400106': refused('dingtalk.robotNotInGroup'),
  '300001': refused('dingtalk.robotTokenInvalid'),
  '300005': refused('dingtalk.robotTokenInvalid'),
  '130101': meanings.robotMuted,
  '410100': meanings.robotMuted,
  '660026': meanings.robotMuted,
  '430101': refused('dingtalk.contentRefused'),
  '430102': refused('dingtalk.contentRefused'),
  '430103': refused('dingtalk.contentRefused'),
  '430104': refused('dingtalk.contentRefused'),
  '460101': refused('dingtalk.messageTooLarge'),
  '101002': refused('dingtalk.messageTooLarge'),
  '34016': refused('dingtalk.messageTooLarge'),
  // Old API, section 2.2.
  '40014': meanings.tokenInvalid,
  '40001': meanings.tokenInvalid,
  '42001': meanings.tokenInvalid,
  // The token was not sent at all: a new token would not help.
  '40000': refused('dingtalk.requestInvalid'),
  '40096': refused('dingtalk.credentialsInvalid'),
  '60011': refused('dingtalk.permissionMissing'),
  '60020': refused('dingtalk.addressNotAllowed'),
  // Outside the app's contact scope, which an administrator widens like a permission.
  '50002': refused('dingtalk.permissionMissing'),
  '50004': refused('dingtalk.permissionMissing'),
  '90018': meanings.perSecond,
  '90002': meanings.platform,
  '90020': refused('dingtalk.quotaExhausted'),
  '22': refused('dingtalk.requestInvalid'),
  '404': refused('dingtalk.requestInvalid'),
  // Over the Webhook & Stream quota, section 2.3.
  '20001': refused('dingtalk.quotaExhausted'),
};

/** `code` of the new API, in lower case because the documents disagree with the answers. */
export const namedCodes: Readonly<Record<string, Meaning>> = {
  // Token and permissions, sections 2.1 and 2.2.
  invalidclientidorsecret: refused('dingtalk.credentialsInvalid'),
  'invalid.client': refused('dingtalk.credentialsInvalid'),
  'unauthorized.client': refused('dingtalk.credentialsInvalid'),
  'unsupported.grant.type': refused('dingtalk.requestInvalid'),
  invalidauthentication: meanings.tokenInvalid,
  'authenticationfailed.missingparameter': refused('dingtalk.requestInvalid'),
  'forbidden.accessdenied.accesstokenpermissiondenied': refused('dingtalk.permissionMissing'),
  'forbidden.accessdenied.ipnotinwhitelist': refused('dingtalk.addressNotAllowed'),
  'forbidden.accessdenied.qpslimitforappkeyandapi': meanings.perSecond,
  'forbidden.accessdenied.qpmlimitforappkeyandapi': meanings.perMinute,
  'forbidden.accessdenied.qpslimitforapi': meanings.platform,
  'forbidden.accessdenied.apicountlimitfororg': refused('dingtalk.quotaExhausted'),
  'system.error': meanings.busy,
  systemerror: meanings.busy,
  'system.busy': meanings.busy,
  // The gateway stopped waiting; what stands behind it may have acted.
  'service.timeout': meanings.outcomeUnknown,
  'error.notfound': refused('dingtalk.requestInvalid'),
  // App robots, section 3.1.
  'send.too.fast': meanings.appRobotTooFast,
  'send.bytoken.toofast': meanings.appRobotTooFast,
  'too.many.group': meanings.appRobotTooFast,
  'too.many.people': meanings.appRobotTooFast,
  'invalidparameter.robotcode.auth': refused('dingtalk.credentialsInvalid'),
  'invalidparameter.msgkey.invalid': refused('dingtalk.requestInvalid'),
  'invalidparameter.msgparam.invalid': refused('dingtalk.requestInvalid'),
  'invalidparameter.msgparam.toolong': refused('dingtalk.messageTooLarge'),
  'resource.not.found': refused('dingtalk.requestInvalid'),
  'invalid.openconversationid': refused('dingtalk.robotNotInGroup'),
  'group.disbanded': refused('dingtalk.groupDissolved'),
  'bot.stopped': refused('dingtalk.robotDisabled'),
  'conversation.org.notmatch': refused('dingtalk.robotNotInGroup'),
  'contain.unsafe.url': refused('dingtalk.contentRefused'),
  // Reply webhooks, section 3.3: they end by themselves, so the address is gone like a token.
  'session.expired': refused('dingtalk.robotTokenInvalid'),
  'session.notexisted': refused('dingtalk.robotTokenInvalid'),
  'unknown.send.result': meanings.outcomeUnknown,
  // Stream, section 5.2.
  authfailed: refused('dingtalk.credentialsInvalid'),
  // Approvals, sections 4.1 to 4.4. What names a control or the form concerns the mapping.
  processinstanceinvalidparameter: refused('dingtalk.requestInvalid'),
  formconvertererror: refused('approval.formMismatch'),
  illegalcomponent: refused('approval.formMismatch'),
  'formschema.error': refused('approval.formMismatch'),
  processcodeerror: refused('approval.formMissing'),
  'processcode.error': refused('approval.formMissing'),
  'formname.error': refused('dingtalk.requestInvalid'),
  'permission.error': refused('dingtalk.permissionMissing'),
  needauth: refused('dingtalk.permissionMissing'),
  processinstancenotexist: refused('approval.instanceGone'),
  processinstanceiderror: refused('approval.instanceGone'),
  // Not running any more, or not yet 15 seconds old.
  aflowprocessinststatusexception: refused('dingtalk.requestInvalid'),
  autoflowliketriggerratelimited: meanings.perMinute,
  benefitstatusinvalid: refused('dingtalk.requestInvalid'),
  targetselectapprovermissing: refused('dingtalk.requestInvalid'),
};

/** Families of the new API of which only the beginning is fixed (section 3.1). */
const namedFamilies: readonly (readonly [prefix: string, meaning: Meaning])[] = [
  ['contain.notallowed.', refused('dingtalk.contentRefused')],
];

/** One code stands for four failed security checks of a robot (section 1.6). */
export const securityCheckCode = '310000';

/**
 * Which check failed, by its words. The solution and the link behind the description mention the
 * other checks (the advice about a wrong signature speaks of the time stamp), so only the
 * description counts.
 */
const securityTexts: readonly (readonly [pattern: RegExp, meaning: Meaning])[] = [
  [/keyword|关键词|关键字/i, refused('dingtalk.keywordMissing')],
  [/white ?list|白名单|\bip\b/i, refused('dingtalk.addressNotAllowed')],
  [/sign|签名/i, refused('dingtalk.signatureMismatch')],
  [/timestamp|时间戳/i, refused('dingtalk.timestampInvalid')],
];

/** Meaning of a failed security check; the token or the setting of the robot is to blame. */
export function readSecurityCheck(text: string): Meaning {
  const description = /description:([^;]*)/i.exec(text)?.[1] ?? text;
  const found = securityTexts.find(([pattern]) => pattern.test(description));
  return found?.[1] ?? meanings.requestInvalid;
}

/** Meaning of a `code` of the new API, if we know it. */
export function findNamedCode(code: string): Meaning | undefined {
  const name = code.toLowerCase();
  if (Object.hasOwn(namedCodes, name)) return namedCodes[name];
  return namedFamilies.find(([prefix]) => name.startsWith(prefix))?.[1];
}

/** Meaning of an `errcode` or `sub_code`, if we know it. */
export function findNumericCode(code: string): Meaning | undefined {
  return Object.hasOwn(numericCodes, code) ? numericCodes[code] : undefined;
}

const TOO_LARGE =
  /too (?:long|large|big)|(?:size|length|bytes)\W.*exceed|exceed\w*\W.*(?:size|length|bytes)|超长|过长|过大/i;
const TOO_FAST = /too ?fast|too many|exceed|限流|太快|频繁/i;

/**
 * Meaning of words, for codes that we do not know: DingTalk changed the code of its throttling more
 * than once (section 1.5). Sizes come first, because "exceeds the length" is not about speed.
 */
export function findByText(text: string, throttled: Meaning): Meaning | undefined {
  if (TOO_LARGE.test(text)) return meanings.messageTooLarge;
  if (!TOO_FAST.test(text)) return undefined;
  return /\bqps\b/i.test(text) ? meanings.perSecond : throttled;
}
