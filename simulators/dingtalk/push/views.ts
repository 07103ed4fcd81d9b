import type { World } from '../world.ts';
import { channelOf } from './state.ts';
import type { Channel, Connection, Delivery } from './state.ts';

/** Answers `GET /_sim/push`: everything but the deliveries, of which only the counts. */
export function viewPush(world: World): Record<string, unknown> {
  const { push } = world;
  return {
    settings: push.settings,
    openCount: push.opens.length,
    opens: push.opens,
    apps: [...world.apps.keys()].map((appKey) => viewChannel(world, channelOf(world, appKey))),
    tickets: [...push.tickets.values()].map(({ issuedAtMs, ...ticket }) => ({
      ...ticket,
      issuedAt: new Date(issuedAtMs).toISOString(),
    })),
    connections: [...push.connections.values()].map(viewConnection),
    cardRoutes: [...push.cardRoutes.values()],
    ...countDeliveries(world),
  };
}

/** The few numbers that `GET /_sim/state` gives. */
export function viewPushCounts(world: World): Record<string, unknown> {
  const { push } = world;
  const open = [...push.connections.values()].filter(({ state }) => state === 'open');
  return {
    openCount: push.opens.length,
    connections: open.length,
    ...countDeliveries(world),
  };
}

function countDeliveries({ push }: World): Record<string, unknown> {
  const outcomes = { pending: 0, acknowledged: 0, givenUp: 0, lost: 0 };
  for (const { outcome } of push.deliveries) outcomes[outcome] += 1;
  return { deliveryCount: push.deliveries.length, outcomes };
}

/** How an app is told, with what it did at the gateway. */
export function viewChannel(world: World, channel: Channel): Record<string, unknown> {
  const { live, held, callback, failed, ...rest } = channel;
  const opens = world.push.opens.filter(({ appKey }) => appKey === channel.appKey);
  return {
    ...rest,
    callback: callback ? { url: callback.url, ...callback.secrets } : null,
    robotUrl: rest.robotUrl ?? null,
    openCount: opens.length,
    openRefusedCount: opens.filter(({ outcome }) => outcome !== 'ticket').length,
    connections: live.size,
    isHolding: held !== undefined,
    failedCount: failed.length,
  };
}

/** A connection, standing or gone. */
export function viewConnection(connection: Connection): Record<string, unknown> {
  const { socket: _socket, waiting, ticket, ...rest } = connection;
  return {
    ...rest,
    ticket: ticket.ticket,
    subscriptions: ticket.subscriptions,
    ua: ticket.ua,
    waiting: waiting.size,
  };
}

/** Deliveries in the order in which their matter arose. */
export function viewDeliveries(
  world: World,
  wanted: { since: number; kind?: string; key?: string; appKey?: string },
): readonly Delivery[] {
  return world.push.deliveries
    .slice(wanted.since)
    .filter(
      ({ kind, key, appKey }) =>
        (wanted.kind === undefined || wanted.kind === kind) &&
        (wanted.key === undefined || wanted.key === key) &&
        (wanted.appKey === undefined || wanted.appKey === appKey),
    );
}
