import { invalidField } from './orgs.ts';
import { isLoopbackHost } from './connection-values.ts';

/** How a custom robot is protected (dingtalk.md section 1.2). */
export type RobotSecurity =
  | { readonly mode: 'signature' }
  | { readonly mode: 'keyword'; readonly keyword: string }
  | { readonly mode: 'ip' };

/** What a destination is, as a person enters it. */
export type DestinationInput =
  | {
      readonly kind: 'robot';
      /** The whole address as DingTalk shows it; or host and token apart. */
      readonly webhook: string;
      readonly security: RobotSecurity;
      /** Starts with SEC by convention; needed for mode `signature`. */
      readonly signingSecret?: string | undefined;
    }
  | {
      readonly kind: 'appGroup';
      readonly appId: string;
      readonly openConversationId: string;
      readonly style: 'card' | 'message';
    }
  | { readonly kind: 'person'; readonly appId: string; readonly userId: string };

export interface ParsedDestination {
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Checks what was entered and splits it into what may be shown and what is sealed. */
export function parseDestination(input: DestinationInput): ParsedDestination {
  if (input.kind === 'robot') return parseRobot(input);
  if (input.kind === 'person') {
    const userId = requireClean('userId', input.userId);
    return { config: { appId: input.appId, userId }, secrets: {} };
  }
  const openConversationId = requireClean('openConversationId', input.openConversationId);
  return { config: { appId: input.appId, openConversationId, style: input.style }, secrets: {} };
}

function parseRobot(input: Extract<DestinationInput, { kind: 'robot' }>): ParsedDestination {
  const { host, accessToken } = parseRobotWebhook(input.webhook);
  const { security } = input;
  if (security.mode === 'keyword' && security.keyword.trim() === '') {
    throw invalidField('security.keyword', 'enter the keyword that stands in the robot settings');
  }
  if (security.mode !== 'signature' && input.signingSecret === undefined) {
    return { config: { host, security: { ...security } }, secrets: { accessToken } };
  }
  if (input.signingSecret === undefined) {
    throw invalidField(
      'signingSecret',
      'security "signature" needs the secret that starts with SEC',
    );
  }
  const signingSecret = requireClean('signingSecret', input.signingSecret);
  return { config: { host, security: { ...security } }, secrets: { accessToken, signingSecret } };
}

/**
 * Splits the address of a robot, as people paste it from the group's settings, into host and token.
 * A signed address (with `timestamp` and `sign`) is accepted; those two are made anew each time.
 */
export function parseRobotWebhook(text: string): { host: string; accessToken: string } {
  const webhook = requireClean('webhook', text);
  const url = URL.parse(webhook);
  if (!url) {
    throw invalidField(
      'webhook',
      'paste the whole address from the robot settings: https://oapi.dingtalk.com/robot/send?access_token=…',
    );
  }
  if (url.protocol !== 'https:' && !isLoopbackHost(url.hostname)) {
    throw invalidField('webhook', 'must start with https://');
  }
  if (url.pathname !== '/robot/send') {
    throw invalidField(
      'webhook',
      `the path must be /robot/send, it is ${url.pathname.slice(0, 60)}`,
    );
  }
  const accessToken = url.searchParams.get('access_token') ?? '';
  if (accessToken === '') throw invalidField('webhook', 'access_token is missing at the end');
  if (!/^[A-Za-z0-9_-]{8,200}$/.test(accessToken)) {
    throw invalidField('webhook', 'access_token holds characters that no token has; copy it again');
  }
  return { host: url.origin, accessToken };
}

const INVISIBLE = /[\u00a0\u200b-\u200f\u202a-\u202e\u2060\ufeff]/;

/** Refuses what copying leaves behind, and says what exactly and where. */
export function requireClean(field: string, text: string): string {
  if (text === '') throw invalidField(field, 'is empty');
  if (/^\s|\s$/.test(text)) {
    const side = /^\s/.test(text) ? 'begins' : 'ends';
    const what = /^[\r\n]|[\r\n]$/.test(text) ? 'a line break' : 'a space';
    throw invalidField(field, `${side} with ${what}; copy it again without it`);
  }
  const inner = /[\r\n]/.exec(text) ?? /\s/.exec(text);
  if (inner) {
    const what = inner[0] === '\n' || inner[0] === '\r' ? 'a line break' : 'a space';
    throw invalidField(field, `holds ${what} at character ${inner.index + 1}`);
  }
  const hidden = INVISIBLE.exec(text);
  if (hidden) throw invalidField(field, `holds an invisible character at ${hidden.index + 1}`);
  return text;
}
