import { createHmac } from 'node:crypto';
import { strikes } from '../call.ts';
import { openSession } from '../session-send.ts';
import { hex } from '../world.ts';
import type { App, Group, User, World } from '../world.ts';
import { postOnce } from './http-push.ts';
import { channelOf, openDelivery } from './state.ts';
import type { Attempt, Delivery } from './state.ts';
import { pushOnce } from './stream-push.ts';

/** Topic of messages to the robot (dingtalk.md 5.2). */
export const ROBOT_TOPIC = '/v1.0/im/bot/messages/get';

/** What a person writes to the robot: in a group with its mention, or alone with it. */
export interface RobotMessage {
  readonly app: App;
  /** Absent in a one-to-one conversation. */
  readonly group: Group | undefined;
  readonly sender: User;
  readonly text: string;
  /** Of another company, or the robot is not published yet: no `senderStaffId`. */
  readonly isOutsider: boolean;
  readonly msgtype: string;
  /** `content` of messages that are not text. */
  readonly content?: Readonly<Record<string, unknown>>;
  /** Fields that a test wants otherwise; null takes one away. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly sessionLifetimeMs?: number;
}

/** Shows the message in its conversation and tells the app; what was sent is in the delivery. */
export function receiveMessage(world: World, message: RobotMessage): Delivery {
  const channel = channelOf(world, message.app.appKey);
  show(world, message);
  const payload = compose(world, message);
  const delivery = openDelivery(world, {
    kind: 'robotMessage',
    appKey: message.app.appKey,
    via: channel.robotMode,
    key: String(payload['msgId']),
    topic: ROBOT_TOPIC,
    data: payload,
  });
  if (strikes(world, 'robotMessageLost', ROBOT_TOPIC)) {
    delivery.outcome = 'lost';
    return delivery;
  }
  // Robot messages count against "Webhook & Stream" (dingtalk.md 2.3); over it they come empty.
  delivery.contentless =
    strikes(world, 'pushContentless', ROBOT_TOPIC) !== undefined ||
    !world.quotas.take('webhookCalls');
  const body = delivery.contentless ? withoutContent(payload) : payload;
  if (delivery.via === 'http') {
    void post(world, message.app, { delivery, body, url: channel.robotUrl ?? '' });
  } else {
    stream(world, delivery, JSON.stringify(body));
  }
  return delivery;
}

function show(world: World, { app, group, sender, text, msgtype }: RobotMessage): void {
  const line = text === '' ? `[${msgtype}]` : text;
  world.books.show({
    groupId: group?.groupId ?? null,
    group: group?.title ?? null,
    via: 'person',
    robot: sender.name,
    msgtype,
    content: group
      ? { kind: 'text', title: '', text: `@${app.name} ${line}`, mentions: [app.name] }
      : { kind: 'text', title: '', text: line },
    raw: { userId: sender.userId, text },
    ...(group ? {} : { userIds: [sender.userId] }),
  });
}

/** The whole body of dingtalk.md 8. */
function compose(world: World, message: RobotMessage): Record<string, unknown> {
  const { app, group, sender, isOutsider } = message;
  const { random } = world.push;
  const robotId = `$:LWCP_v1:$${hex(random, 24)}==`;
  const conversationId = group?.groupId ?? conversationOf(world, app, sender);
  const session = openSession(world, {
    groupId: group?.groupId ?? null,
    userIds: [sender.userId],
    robotCode: app.robotCode,
    ...(message.sessionLifetimeMs === undefined ? {} : { lifetimeMs: message.sessionLifetimeMs }),
  });
  const payload: Record<string, unknown> = {
    conversationId,
    conversationType: group ? '2' : '1',
    ...(group ? { conversationTitle: group.title, isInAtList: true } : {}),
    ...(group ? { atUsers: [{ dingtalkId: robotId }] } : {}),
    chatbotCorpId: world.corpId,
    chatbotUserId: robotId,
    msgId: `msg${hex(random, 22)}==`,
    senderNick: sender.name,
    isAdmin: false,
    senderStaffId: isOutsider ? '' : sender.userId,
    senderId: `$:LWCP_v1:$${hex(random, 24)}==`,
    senderCorpId: isOutsider ? `dingsimulated${hex(random, 20)}` : world.corpId,
    senderPlatform: random.pick(['Mac', 'Win', 'iOS', 'Android']),
    sessionWebhook: `${world.wireUrl}/robot/sendBySession?session=${session.session}`,
    sessionWebhookExpiredTime: session.expiresAtMs,
    createAt: world.clock.now().getTime(),
    robotCode: app.robotCode,
    msgtype: message.msgtype,
    ...contentOf(message),
    ...message.fields,
  };
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));
}

function contentOf({ msgtype, text, content, group }: RobotMessage): Record<string, unknown> {
  if (content) return { content };
  // The mention is cut out in front; the blank after it stays.
  if (msgtype === 'text') return { text: { content: group ? ` ${text}` : text } };
  if (msgtype === 'audio') return { content: { recognition: text, duration: 4000 } };
  return { content: { text } };
}

function conversationOf({ push }: World, app: App, sender: User): string {
  const key = `${app.appKey}/${sender.userId}`;
  const id = push.conversations.get(key) ?? `cid${hex(push.random, 22)}==`;
  push.conversations.set(key, id);
  return id;
}

function withoutContent(payload: Record<string, unknown>): Record<string, unknown> {
  const { text: _text, content: _content, ...rest } = payload;
  return { ...rest, errorCode: '20001', errorMessage: '组织当月Webhook和Stream推送量已用完' };
}

/** Pushed once; but users see it again when the acknowledgement is late (dingtalk.md 5.2, 12.7). */
function stream(world: World, delivery: Delivery, data: string): void {
  const { settings, agenda } = world.push;
  const push = (isExtra: boolean, settled: (attempt: Attempt) => void): void =>
    pushOnce(world, delivery, {
      frame: { type: 'CALLBACK', topic: ROBOT_TOPIC, data },
      deadlineMs: settings.streamAckMs,
      isExtra,
      settled,
    });
  const isTwice = strikes(world, 'robotMessageDuplicated', ROBOT_TOPIC) !== undefined;
  push(false, (attempt) => {
    const canRepeat = attempt.verdict === 'noAnswer' && attempt.sent && settings.robotRepeatMs > 0;
    if (!canRepeat) return settle(delivery, attempt.verdict);
    agenda.after(settings.robotRepeatMs, () =>
      push(false, (last) => settle(delivery, last.verdict)),
    );
  });
  if (isTwice) push(true, () => undefined);
}

function settle(delivery: Delivery, verdict: Attempt['verdict']): void {
  delivery.outcome = verdict === 'acknowledged' ? 'acknowledged' : 'lost';
}

/** HTTP mode: signed as a custom robot signs, but not escaped (dingtalk.md 3.4). */
async function post(
  world: World,
  app: App,
  order: { delivery: Delivery; body: unknown; url: string },
): Promise<void> {
  const { verdict } = await postOnce(world, order.delivery, {
    url: order.url,
    body: order.body,
    deadlineMs: world.push.settings.httpDeadlineMs,
    headers: (timestamp) => ({ timestamp, sign: signOf(app.appSecret, timestamp) }),
  });
  settle(order.delivery, verdict);
}

/** Base64 of HMAC-SHA256 over timestamp, line feed and secret, the secret being the key. */
export function signOf(appSecret: string, timestamp: string): string {
  return createHmac('sha256', appSecret).update(`${timestamp}\n${appSecret}`).digest('base64');
}
