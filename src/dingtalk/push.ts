/** Events, robot messages and pressed buttons as DingTalk pushes them (dingtalk.md 3.5, 4.5, 5, 8). */
import { createHash } from 'node:crypto';
import type { Exchange } from './exchanges.ts';
import { accepted, read } from './exchanges.ts';
import {
  ApprovalEventWire,
  CallbackBodyWire,
  CardContentWire,
  CardPressWire,
  EmptyEventWire,
  FailedEntryWire,
  FailedPushesWire,
  FlatEventWire,
  RobotMessageWire,
} from './push-wire.ts';
import { readWith } from './wire.ts';

/** Events about approvals; everything else is about the directory or not asked for. */
export const approvalEventTypes = ['bpms_instance_change', 'bpms_task_change'] as const;

export function isApprovalEvent(eventType: string): boolean {
  return approvalEventTypes.some((known) => known === eventType);
}

/** An event that came by HTTP, decrypted. */
export interface FlatEvent {
  readonly eventType: string;
  readonly eventId?: string;
  readonly corpId?: string;
  readonly bornAtMs?: number;
}

/** The text in the body of a callback. */
export function readCallbackBody(text: string): { readonly encrypt: string } | undefined {
  return readWith(CallbackBodyWire, tryJson(text));
}

/** What every event by HTTP says of itself. */
export function readFlatEvent(text: string): FlatEvent | undefined {
  const wire = readWith(FlatEventWire, tryJson(text));
  if (!wire) return undefined;
  const corpId = wire.CorpId ?? wire.corpId;
  const time = wire.EventTime ?? wire.TimeStamp ?? '';
  return {
    eventType: wire.EventType,
    ...(wire.eventId === undefined ? {} : { eventId: wire.eventId }),
    ...(corpId === undefined ? {} : { corpId }),
    ...(/^\d{12,14}$/.test(time) ? { bornAtMs: Number(time) } : {}),
  };
}

/** Events that only prove that somebody listens (section 5.1). */
const CHECKS: ReadonlySet<string> = new Set([
  'check_url',
  'check_create_suite_url',
  'check_update_suite_url',
]);

export function isUrlCheck({ eventType }: FlatEvent): boolean {
  return CHECKS.has(eventType);
}

/** A hint that something happened to an approval; what, is read afresh. */
export interface ApprovalEvent {
  readonly processInstanceId: string;
  readonly processCode?: string;
  readonly type?: string;
  readonly result?: string;
}

export function readApprovalEvent(data: string): ApprovalEvent | undefined {
  const event = readWith(ApprovalEventWire, tryJson(data));
  if (!event) return undefined;
  const { processInstanceId, processCode, type, result } = event;
  return {
    processInstanceId,
    ...(processCode === undefined ? {} : { processCode }),
    // Older events have a typing error in it.
    ...(type === undefined ? {} : { type: type === 'finsh' ? 'finish' : type }),
    ...(result === undefined ? {} : { result }),
  };
}

/** Code of a push whose content DingTalk left out because the month's budget is spent (2.3). */
export function emptyPushCode(data: string): string | undefined {
  const wire = readWith(EmptyEventWire, tryJson(data));
  const code = wire?.errCode ?? wire?.errorCode;
  return code === '20001' ? code : undefined;
}

/** Something that a person wrote to the robot. */
export interface RobotMessage {
  readonly msgId: string;
  /** Written, or recognised from speech; Unicode spaces trimmed and collapsed. */
  readonly text: string;
  readonly messageType: string;
  readonly isGroup: boolean;
  readonly conversationId: string;
  readonly conversationTitle: string;
  /** Absent for outsiders and before the robot is published: refuse those. */
  readonly senderUserId?: string;
  /** Both the sender and the robot belong to the same company. */
  readonly isFromOwnCorp: boolean;
  readonly senderCorpId?: string;
  readonly robotCode?: string;
  /** Address for a reply, good for some 90 minutes; a secret. */
  readonly sessionWebhook?: string;
  readonly sessionWebhookEndsAtMs?: number;
  readonly createdAtMs?: number;
  /** The month's budget is spent: there is no text inside. */
  readonly isWithoutContent: boolean;
}

export function readRobotMessage(data: string): RobotMessage | undefined {
  const wire = readWith(RobotMessageWire, tryJson(data));
  if (!wire) return undefined;
  const { senderStaffId, senderCorpId, chatbotCorpId, robotCode, sessionWebhook } = wire;
  const endsAt = msOf(wire.sessionWebhookExpiredTime);
  const createdAt = msOf(wire.createAt);
  return {
    msgId: wire.msgId,
    text: foldSpaces(wire.text ?? wire.content ?? ''),
    messageType: wire.msgtype ?? '',
    isGroup: wire.conversationType === '2',
    conversationId: wire.conversationId ?? '',
    conversationTitle: wire.conversationTitle ?? '',
    ...(senderStaffId ? { senderUserId: senderStaffId } : {}),
    isFromOwnCorp: senderCorpId !== undefined && senderCorpId === chatbotCorpId,
    ...(senderCorpId === undefined ? {} : { senderCorpId }),
    ...(robotCode === undefined ? {} : { robotCode }),
    ...(sessionWebhook === undefined ? {} : { sessionWebhook }),
    ...(endsAt === undefined ? {} : { sessionWebhookEndsAtMs: endsAt }),
    ...(createdAt === undefined ? {} : { createdAtMs: createdAt }),
    isWithoutContent: wire.errorCode !== undefined && wire.errorCode !== '0',
  };
}

function msOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{12,14}$/.test(text) ? Number(text) : undefined;
}

function foldSpaces(text: string): string {
  return text.replaceAll(/[\p{White_Space}\u200b\ufeff]+/gu, ' ').trim();
}

/** A button that a person pressed on a card. It proves a user id, not more (section 3.5). */
export interface CardPress {
  readonly outTrackId: string;
  readonly userId: string;
  readonly corpId?: string;
  readonly actionIds: readonly string[];
  readonly params: Readonly<Record<string, string>>;
}

export function readCardPress(data: string): CardPress | undefined {
  const wire = readWith(CardPressWire, tryJson(data));
  if (!wire) return undefined;
  const content = readWith(CardContentWire, tryJson(wire.content ?? ''))?.cardPrivateData;
  const params = Object.entries(content?.params ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, String(value)] as const]
      : [],
  );
  return {
    outTrackId: wire.outTrackId,
    userId: wire.userId,
    ...(wire.corpId === undefined ? {} : { corpId: wire.corpId }),
    actionIds: content?.actionIds ?? [],
    params: Object.fromEntries(params),
  };
}

/**
 * Key under which a push is taken in once: the event's id or the message's id; for a press and for
 * events without id a digest of everything that came.
 */
export function pushKey(kind: string, ...parts: readonly string[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('hex');
  return `${kind}:${digest.slice(0, 40)}`;
}

/** A push that DingTalk could not deliver. */
export interface FailedPush {
  readonly eventType: string;
  readonly bornAtMs?: number;
  /** The event's own fields as JSON text, as if it had been delivered. */
  readonly data: string;
}

/**
 * Lists pushes by HTTP that failed after all retries, section 5.1
 * (`obtain-the-event-list-of-failed-push-messages`). The token must stand in the query.
 */
export const fetchFailedPushes: Exchange<
  { readonly token: string },
  { readonly pushes: readonly FailedPush[]; readonly hasMore: boolean }
> = {
  budget: 'api',
  host: 'oapi',
  request: ({ token }) => ({
    method: 'GET',
    path: `/call_back/get_call_back_failed_result?access_token=${encodeURIComponent(token)}`,
    headers: {},
  }),
  parse: (response) =>
    read(response, FailedPushesWire, ({ failed_list, has_more }) =>
      accepted({ pushes: failed_list.map(toFailedPush), hasMore: has_more }),
    ),
};

interface FailedEntry {
  readonly call_back_tag: string;
  readonly event_time?: string | undefined;
}

/** The event stands in a member named after its tag, there in one of three members again. */
function toFailedPush(entry: FailedEntry): FailedPush {
  const { call_back_tag: eventType, event_time } = entry;
  const own = readWith(FailedEntryWire, readWith(FailedEntryWire, entry)?.[eventType]) ?? {};
  const inner = own['bpmsCallBackData'] ?? own['callbackData'] ?? own['roleLabelChange'];
  const fields = readWith(FailedEntryWire, typeof inner === 'string' ? tryJson(inner) : inner);
  const bornAtMs = msOf(event_time);
  return {
    eventType,
    ...(bornAtMs === undefined ? {} : { bornAtMs }),
    data: JSON.stringify(fields ?? own),
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
