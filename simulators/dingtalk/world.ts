import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import type { Books } from './books.ts';
import type { EventPublisher } from './push/publisher.ts';
import type { PushState } from './push/state.ts';
import type { Quotas } from './quotas.ts';
import type { SignatureKey } from './signature.ts';
import { createSlidingWindow } from './sliding-window.ts';
import type { SlidingWindow } from './sliding-window.ts';
import type { Workflow } from './workflow/model.ts';

export interface User {
  readonly userId: string;
  readonly unionId: string;
  readonly name: string;
  /** Personal messages to this user come back in `flowControlledStaffIdList`. */
  flowControlled: boolean;
  /** Without a country code; empty when the directory has none. */
  mobile: string;
  /** Position in the organisation. */
  title: string;
  departmentIds: readonly number[];
  admin: boolean;
  /** False for a person who never signed in. */
  active: boolean;
}

export interface Department {
  readonly departmentId: number;
  name: string;
  /** Undefined for the root, whose id is 1 (dingtalk.md 6.3). */
  readonly parentId: number | undefined;
}

export interface Role {
  readonly roleId: number;
  name: string;
  readonly groupId: number;
  readonly groupName: string;
  readonly userIds: string[];
}

export interface Group {
  /** Also the `openConversationId`. */
  readonly groupId: string;
  readonly chatId: string;
  title: string;
  readonly members: string[];
  /** Codes of the app robots inside. */
  readonly robotCodes: string[];
  dissolved: boolean;
}

export type Security =
  | { readonly mode: 'signature'; readonly secret: string; readonly key: SignatureKey }
  | { readonly mode: 'keyword'; readonly keywords: readonly string[] }
  | { readonly mode: 'ip'; readonly addresses: readonly string[] };

export interface CustomRobot {
  readonly name: string;
  readonly token: string;
  readonly groupId: string;
  readonly security: readonly Security[];
  disabled: boolean;
  readonly minute: SlidingWindow;
  mutedUntilMs: number;
  /** `msgUuid` → id of the message that was shown for it. */
  readonly seen: Map<string, string>;
}

export interface App {
  readonly appKey: string;
  readonly appSecret: string;
  readonly robotCode: string;
  readonly name: string;
  readonly agentId: number;
  readonly cardTemplateIds: string[];
  permissions: string[];
  /** Empty means that any address may call. */
  ipWhitelist: string[];
  token: { value: string; expiresAtMs: number } | undefined;
  readonly qps: Map<string, SlidingWindow>;
  botStopped: boolean;
}

export interface MediaFile {
  readonly mediaId: string;
  readonly type: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly uploadedAt: string;
  /** Nothing can be sent with it any more, and nobody can open it. */
  expired: boolean;
}

export interface Session {
  readonly session: string;
  /** Null in a one-to-one conversation, which is then that of `userIds`. */
  readonly groupId: string | null;
  readonly userIds: readonly string[];
  readonly robotCode: string;
  readonly expiresAtMs: number;
}

export interface Limits {
  /** Messages per minute and custom robot (dingtalk.md 1.5). */
  perMinute: number;
  muteMs: number;
  /** 130101, 410100 or 660026; DingTalk changed it more than once. */
  throttleCode: number;
  /** Requests per second, per app and API (dingtalk.md 2.3). */
  qps: number;
  tokenLifetimeMs: number;
  /** An approval cannot be withdrawn before it is this old (dingtalk.md 4.4). */
  withdrawAfterMs: number;
}

export interface World {
  readonly seed: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly books: Books;
  /** What happened that apps are told by push. */
  readonly events: EventPublisher;
  /** Connections, callbacks and every delivery of an event, a message to the robot or a press. */
  readonly push: PushState;
  readonly quotas: Quotas;
  readonly corpId: string;
  readonly organisation: string;
  readonly users: Map<string, User>;
  readonly departments: Map<number, Department>;
  readonly roles: Map<number, Role>;
  readonly workflow: Workflow;
  readonly groups: Map<string, Group>;
  /** By access_token. */
  readonly robots: Map<string, CustomRobot>;
  /** By appKey. */
  readonly apps: Map<string, App>;
  readonly tokens: Map<string, App>;
  readonly media: Map<string, MediaFile>;
  readonly sessions: Map<string, Session>;
  readonly limits: Limits;
  wording: 'zh' | 'en' | 'mixed';
  /** Stands in for the caller's address, so that address lists can be tried from loopback. */
  callerIp: string | undefined;
  wireUrl: string;
}

/** Hexadecimal text of the given length from the seed. */
export function hex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    text += Math.floor(random.next() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }
  return text.slice(0, length);
}

/** The window of one app and API; made on first use. */
export function windowOf(app: App, api: string): SlidingWindow {
  let window = app.qps.get(api);
  if (!window) {
    window = createSlidingWindow(1000);
    app.qps.set(api, window);
  }
  return window;
}
