import { strikes } from '../call.ts';
import type { World } from '../world.ts';
import { pushToCallback } from './http-events.ts';
import type { PublishedEvent } from './publisher.ts';
import { channelOf, openDelivery } from './state.ts';
import type { Attempt, Channel, Delivery } from './state.ts';
import { pushOnce } from './stream-push.ts';

/** Tells every app of what happened, each on the way that its console says (dingtalk.md 4.5, 5). */
export function deliverEvent(world: World, event: PublishedEvent): void {
  for (const appKey of world.apps.keys()) offer(world, channelOf(world, appKey), event);
}

/** Over the monthly quota an event still comes, without content (dingtalk.md 2.3). */
const CONTENTLESS = { errCode: '20001', errMsg: '组织当月Webhook和Stream推送量已用完' };

function offer(world: World, channel: Channel, event: PublishedEvent): void {
  const isStream = channel.eventMode === 'stream';
  const isReady = isStream ? channel.streamVerified : channel.callback !== undefined;
  if (!isReady || !channel.eventRules.some((rule) => matches(rule, event))) return;
  const delivery = openDelivery(world, {
    kind: 'event',
    appKey: channel.appKey,
    via: channel.eventMode,
    key: event.eventId,
    topic: event.eventType,
    data: event.data,
  });
  if (strikes(world, 'eventLost', event.eventType)) {
    delivery.outcome = 'lost';
    return;
  }
  const begin = (): void => {
    delivery.contentless = isContentless(world, event.eventType);
    const content = delivery.contentless ? { ...event, data: CONTENTLESS } : event;
    const way: Way = { world, channel, delivery, event: content };
    attempt(way);
    duplicate(way);
  };
  inTurn(world, channel, event.eventType, begin);
}

/** A rule is "*", an event type, or a path that also names values, each of which may be "*". */
export function matches(rule: string, event: { eventType: string; data: object }): boolean {
  if (!rule.startsWith('/v1.0/event/')) return matchesGlob(rule, event.eventType);
  const [eventType = '', ...rest] = rule.slice('/v1.0/event/'.length).split('/');
  if (!matchesGlob(eventType, event.eventType)) return false;
  const values = new Map<string, unknown>(Object.entries(event.data));
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const value = values.get(rest[index] ?? '');
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
    if (!matchesGlob(rest[index + 1] ?? '', text)) return false;
  }
  return true;
}

function matchesGlob(glob: string, text: string): boolean {
  const parts = glob.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

/** Events that are not counted (`appendix-a-list-of-events-not-included-in-webhook`). */
const FREE = /^(user_\w+_org|org_dept_\w+|org_change|label_\w+|org_admin_\w+)$/;

// An event is counted once per app, however often it comes again; what the page leaves open.
function isContentless(world: World, eventType: string): boolean {
  if (strikes(world, 'pushContentless', eventType)) return true;
  return !FREE.test(eventType) && !world.quotas.take('webhookCalls');
}

/** An event may be held until another one of the app was pushed. */
function inTurn(world: World, channel: Channel, eventType: string, begin: () => void): void {
  const standing = channel.held;
  const fault = standing ? undefined : strikes(world, 'eventReordered', eventType);
  if (!fault) {
    begin();
    standing?.();
    return;
  }
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    channel.held = undefined;
    begin();
  };
  channel.held = release;
  world.push.deadlines.after(Number(fault.settings['ms'] ?? 2000), release);
}

interface Way {
  readonly world: World;
  readonly channel: Channel;
  readonly delivery: Delivery;
  readonly event: PublishedEvent;
}

/** Pushes, and pushes again after each wait until it is acknowledged or the waits are used up. */
function attempt(way: Way, round = 0): void {
  const { world, channel, delivery } = way;
  const { settings, agenda } = world.push;
  pushEvent(way, false, (made) => {
    if (made.verdict === 'acknowledged') {
      delivery.outcome = 'acknowledged';
      return;
    }
    const isHttp = delivery.via === 'http';
    const wait = (isHttp ? settings.httpRetryMs : settings.streamRedeliverMs)[round];
    if (wait !== undefined) {
      agenda.after(wait, () => attempt(way, round + 1));
      return;
    }
    delivery.outcome = 'givenUp';
    if (isHttp) rememberFailure(world, channel, way.event);
  });
}

function duplicate(way: Way): void {
  const fault = strikes(way.world, 'eventDuplicated', way.delivery.topic);
  if (!fault) return;
  const again = (): void => pushEvent(way, true, () => undefined);
  way.world.push.deadlines.after(Number(fault.settings['ms'] ?? 0), again);
}

function pushEvent(way: Way, isExtra: boolean, settled: (made: Attempt) => void): void {
  const { world, channel, delivery, event } = way;
  if (delivery.via === 'http') {
    pushToCallback(world, channel, { delivery, event, isExtra, settled });
    return;
  }
  pushOnce(world, delivery, {
    frame: {
      type: 'EVENT',
      // One official sample has this other topic (dingtalk.md 5.2).
      topic: world.push.random.chance(0.1) ? 'dingTalk' : '*',
      data: JSON.stringify(event.data),
      headers: {
        eventType: event.eventType,
        eventId: event.eventId,
        eventCorpId: world.corpId,
        eventBornTime: String(event.bornAt),
        eventUnifiedAppId: `${channel.appKey}-app`,
      },
    },
    deadlineMs: world.push.settings.streamAckMs,
    isExtra,
    settled,
  });
}

/** Failed pushes are listed three to five minutes later (dingtalk.md 5.1). */
function rememberFailure(world: World, channel: Channel, event: PublishedEvent): void {
  const [shortest = 0, longest = shortest] = world.push.settings.failedListAfterMs;
  channel.failed.push({
    availableAtMs: world.clock.now().getTime() + world.push.random.whole(shortest, longest),
    eventType: event.eventType,
    eventTime: event.bornAt,
    body: event.data,
  });
}
