import { findGroup } from '../find-group.ts';
import { refuseOrder } from '../order.ts';
import type { Order } from '../order.ts';
import type { App, Group, World } from '../world.ts';
import { checkUrl } from './http-events.ts';
import { isLoopback } from './post.ts';
import { receiveMessage } from './robot-messages.ts';
import { changeSettings } from './settings.ts';
import { disconnect, drop } from './sockets.ts';
import { channelOf } from './state.ts';
import type { Connection, Delivery } from './state.ts';
import { viewChannel, viewConnection, viewDeliveries, viewPush } from './views.ts';

type Parts = readonly string[];

/** What the management interface offers for event delivery; paths are relative to `/_sim/`. */
export const PUSH_ACTIONS: readonly {
  method: string;
  path: string;
  act(world: World, order: Order, parts: Parts): unknown;
}[] = [
  { method: 'GET', path: 'push', act: (world) => viewPush(world) },
  { method: 'GET', path: 'push/deliveries', act: showDeliveries },
  { method: 'GET', path: 'push/settings', act: (world) => world.push.settings },
  { method: 'POST', path: 'push/settings', act: postSettings },
  { method: 'POST', path: 'push/apps/*', act: changeChannel },
  { method: 'POST', path: 'push/apps/*/callback', act: registerCallback },
  { method: 'DELETE', path: 'push/apps/*/callback', act: removeCallback },
  { method: 'POST', path: 'push/connections/*', act: changeConnections },
  { method: 'POST', path: 'events', act: publish },
  { method: 'POST', path: 'robot-messages', act: writeToRobot },
];

function showDeliveries(world: World, order: Order): unknown {
  const [kind, key, appKey] = [order.text('kind'), order.text('key'), order.text('appKey')];
  const deliveries = viewDeliveries(world, {
    since: order.whole('since') ?? 0,
    ...(kind === undefined ? {} : { kind }),
    ...(key === undefined ? {} : { key }),
    ...(appKey === undefined ? {} : { appKey }),
  });
  return { deliveryCount: world.push.deliveries.length, deliveries };
}

function postSettings(world: World, order: Order): unknown {
  return changeSettings(world.push.settings, order);
}

function appOf(world: World, appKey: string): App {
  return world.apps.get(appKey) ?? refuseOrder(`no app "${appKey}"`);
}

function changeChannel(world: World, order: Order, [appKey = '']: Parts): unknown {
  const channel = channelOf(world, appOf(world, appKey).appKey);
  channel.eventMode = order.oneOf('eventMode', ['stream', 'http']) ?? channel.eventMode;
  channel.eventRules = order.texts('eventRules') ?? channel.eventRules;
  channel.robotUrl = readUrl(order.text('robotUrl')) ?? channel.robotUrl;
  channel.robotMode = order.oneOf('robotMode', ['stream', 'http']) ?? channel.robotMode;
  if (channel.robotMode === 'http' && !channel.robotUrl) refuseOrder('robotUrl is missing');
  return viewChannel(world, channel);
}

function readUrl(url: string | undefined): string | undefined {
  if (url === undefined || isLoopback(url)) return url;
  return refuseOrder(`${url} is not an address on this machine`);
}

/** What the console's "save" does: it calls the address first and wants the right answer. */
async function registerCallback(
  world: World,
  order: Order,
  [appKey = '']: Parts,
): Promise<unknown> {
  const channel = channelOf(world, appOf(world, appKey).appKey);
  const token = order.needText('token');
  const aesKey = order.needText('aesKey');
  if (!/^[A-Za-z0-9]{3,32}$/.test(token)) refuseOrder('token must be 3 to 32 letters and digits');
  if (!/^[A-Za-z0-9]{43}$/.test(aesKey)) refuseOrder('aesKey must be 43 letters and digits');
  const url = readUrl(order.needText('url')) ?? '';
  // Subscriptions made in the console have the AppKey as their owner.
  const ownerKey = order.text('ownerKey') ?? appKey;
  const callback = { url, secrets: { token, aesKey, ownerKey } };
  const { verdict, answer } = await checkUrl(world, callback);
  if (verdict !== 'acknowledged') refuseOrder(`check_url was not answered with success: ${answer}`);
  channel.callback = callback;
  channel.eventMode = 'http';
  return viewChannel(world, channel);
}

function removeCallback(world: World, _order: Order, [appKey = '']: Parts): unknown {
  const channel = channelOf(world, appOf(world, appKey).appKey);
  channel.callback = undefined;
  channel.eventMode = 'stream';
  return viewChannel(world, channel);
}

/** Acts on one connection, or with "all" on every one that stands. */
function changeConnections(world: World, order: Order, [name = '']: Parts): unknown {
  const action = order.oneOf('action', ['disconnect', 'drop', 'zombie', 'revive']);
  if (!action) refuseOrder('action is missing');
  const all = [...world.push.connections.values()].filter(({ state }) => state !== 'closed');
  const chosen = name === 'all' ? all : [findConnection(world, name)];
  const reason = order.text('reason') ?? 'simulated disconnect';
  for (const connection of chosen) {
    if (action === 'disconnect') disconnect(world, connection, reason);
    else if (action === 'drop') drop(connection);
    else connection.zombie = action === 'zombie';
  }
  return { connections: chosen.map(viewConnection) };
}

function findConnection(world: World, id: string): Connection {
  return world.push.connections.get(id) ?? refuseOrder(`no connection "${id}"`);
}

function publish(world: World, order: Order): unknown {
  const data = order.raw('data') ?? {};
  if (typeof data !== 'object' || data === null) refuseOrder('data must be an object');
  const before = world.push.deliveries.length;
  world.events.publish({ eventType: order.needText('eventType'), data: { ...data } });
  return { deliveries: viewDeliveries(world, { since: before }) };
}

/** A person writes to the app's robot; the page's box does the same. */
export function writeToRobot(world: World, order: Order): Delivery {
  const groupName = order.text('group');
  const group = groupName === undefined ? undefined : findGroup(world, groupName);
  const app = findRobot(world, order.text('robotCode') ?? order.text('appKey'), group);
  if (group?.dissolved) refuseOrder('the group is dissolved');
  if (group && !group.robotCodes.includes(app.robotCode)) refuseOrder('no such robot in the group');
  if (app.botStopped) refuseOrder('the robot is stopped');
  const sender = world.users.get(order.needText('userId')) ?? refuseOrder('no such user');
  const [content, fields] = [order.raw('content'), order.raw('fields')];
  const sessionLifetimeMs = order.whole('sessionLifetimeMs');
  return receiveMessage(world, {
    app,
    group,
    sender,
    text: order.text('text') ?? '',
    isOutsider: order.flag('outsider') ?? false,
    msgtype: order.text('msgtype') ?? 'text',
    ...(typeof content === 'object' && content !== null ? { content: { ...content } } : {}),
    ...(typeof fields === 'object' && fields !== null ? { fields: { ...fields } } : {}),
    ...(sessionLifetimeMs === undefined ? {} : { sessionLifetimeMs }),
  });
}

function findRobot(world: World, code: string | undefined, group: Group | undefined): App {
  for (const app of world.apps.values()) {
    const isMeant = code === undefined ? true : [app.robotCode, app.appKey].includes(code);
    const isInside = code !== undefined || !group || group.robotCodes.includes(app.robotCode);
    if (isMeant && isInside) return app;
  }
  return refuseOrder(`no app robot "${code ?? 'in the group'}"`);
}
