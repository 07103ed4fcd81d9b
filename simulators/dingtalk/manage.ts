import { DIRECTORY_ACTIONS } from './directory-orders.ts';
import { MEDIA_ACTIONS } from './media-orders.ts';
import { addApp, addGroup, addRobot, signed } from './default-world.ts';
import { FAULTS } from './fault-names.ts';
import { findGroup } from './find-group.ts';
import { Order, refuseOrder } from './order.ts';
import type { Action } from './order.ts';
import { PUSH_ACTIONS } from './push/orders.ts';
import { dropToken } from './tokens.ts';
import { openSession } from './session-send.ts';
import {
  STATE_POSITIONS,
  viewApp,
  viewCard,
  viewGroup,
  viewRobot,
  viewState,
  viewWorld,
} from './views.ts';
import { WORKFLOW_ACTIONS } from './workflow/orders.ts';
import type { CardPress } from './books.ts';
import type { App, CustomRobot, Limits, Security, World } from './world.ts';

/** Acts on the world; every path is relative to `/_sim/`. Undefined means that there is no such path. */
export type Manage = (method: string, path: string, body: unknown) => Promise<unknown>;

/** Makes the management interface; `reset` puts a fresh world of a seed in place. */
export function createManagement(
  world: () => World,
  reset: (seed: number | undefined) => World,
): Manage {
  return async (method, path, body) => {
    const [name = '', search = ''] = path.replace(/^\/+/, '').split('?', 2);
    const order = new Order(body, new URLSearchParams(search));
    if (method === 'POST' && name === 'reset') return viewWorld(reset(order.whole('seed')));
    const segments = name.split('/').map(decodeURIComponent);
    for (const { method: wanted, path: pattern, act } of ACTIONS) {
      if (wanted !== method) continue;
      const parts = match(pattern, segments);
      if (parts) return act(world(), order, parts);
    }
    return undefined;
  };
}

function match(pattern: string, segments: readonly string[]): string[] | undefined {
  const wanted = pattern.split('/');
  if (wanted.length !== segments.length) return undefined;
  const parts: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (wanted[index] === '*') parts.push(segment);
    else if (wanted[index] !== segment) return undefined;
  }
  return parts;
}

const ACTIONS: readonly Action[] = [
  { method: 'GET', path: 'state', act: showState },
  { method: 'GET', path: 'world', act: (world) => viewWorld(world) },
  { method: 'POST', path: 'groups', act: postGroup },
  { method: 'POST', path: 'groups/*', act: changeGroup },
  { method: 'POST', path: 'robots', act: postRobot },
  { method: 'POST', path: 'robots/*', act: changeRobot },
  { method: 'POST', path: 'apps', act: postApp },
  { method: 'POST', path: 'apps/*', act: changeApp },
  ...DIRECTORY_ACTIONS,
  ...MEDIA_ACTIONS,
  ...WORKFLOW_ACTIONS,
  { method: 'POST', path: 'sessions', act: postSession },
  { method: 'GET', path: 'quotas', act: (world) => world.quotas.view() },
  { method: 'POST', path: 'quotas', act: postQuotas },
  { method: 'GET', path: 'limits', act: (world) => world.limits },
  { method: 'POST', path: 'limits', act: postLimits },
  { method: 'GET', path: 'clock', act: viewClock },
  { method: 'POST', path: 'clock', act: postClock },
  { method: 'POST', path: 'network', act: postNetwork },
  { method: 'POST', path: 'wording', act: postWording },
  { method: 'GET', path: 'faults', act: viewFaults },
  { method: 'POST', path: 'faults', act: postFault },
  { method: 'DELETE', path: 'faults', act: clearFaults },
  { method: 'DELETE', path: 'faults/*', act: clearFaults },
  { method: 'POST', path: 'cards/*/press', act: pressCard },
  ...PUSH_ACTIONS,
];

function showState(world: World, order: Order): unknown {
  return viewState(
    world,
    Object.fromEntries(STATE_POSITIONS.map((name) => [name, order.whole(name)])),
  );
}

function postGroup(world: World, order: Order): unknown {
  const chatId = order.text('chatId');
  const appRobot = order.flag('appRobot') ?? false;
  const first = [...world.apps.values()][0];
  const robotCodes = order.texts('robotCodes') ?? (appRobot && first ? [first.robotCode] : []);
  const members = order.texts('members') ?? [...world.users.keys()];
  const title = order.needText('title');
  return viewGroup(
    world,
    addGroup(world, { title, members, robotCodes, ...(chatId ? { chatId } : {}) }),
  );
}

function changeGroup(world: World, order: Order, [name = '']: readonly string[]): unknown {
  const group = findGroup(world, name);
  group.title = order.text('title') ?? group.title;
  group.dissolved = order.flag('dissolved') ?? group.dissolved;
  const robotCodes = order.texts('robotCodes');
  if (robotCodes) group.robotCodes.splice(0, group.robotCodes.length, ...robotCodes);
  return viewGroup(world, group);
}

function postRobot(world: World, order: Order): unknown {
  const group = findGroup(world, order.needText('group'));
  const token = order.text('token');
  const robot = addRobot(world, {
    group,
    name: order.text('name') ?? 'Robot',
    security: readSecurity(world, order.raw('security')),
    ...(token ? { token } : {}),
  });
  return viewRobot(world, robot);
}

function readSecurity(world: World, value: unknown): Security[] {
  const entries: unknown[] = Array.isArray(value) ? value : [value ?? { mode: 'signature' }];
  if (entries.length === 0) refuseOrder('a robot needs at least one security mode');
  return entries.map((entry) => {
    const rule = new Order(entry);
    const mode = rule.needText('mode');
    if (mode === 'signature') return signed(world, rule.text('secret'));
    if (mode === 'keyword') return { mode, keywords: rule.texts('keywords') ?? [] };
    if (mode === 'ip') return { mode, addresses: rule.texts('addresses') ?? [] };
    return refuseOrder(`security mode "${mode}" is not signature, keyword or ip`);
  });
}

function findRobot(world: World, name: string): CustomRobot {
  const byToken = world.robots.get(name);
  if (byToken) return byToken;
  for (const robot of world.robots.values()) if (robot.name === name) return robot;
  return refuseOrder(`no custom robot "${name}"`);
}

function changeRobot(world: World, order: Order, [name = '']: readonly string[]): unknown {
  const robot = findRobot(world, name);
  robot.disabled = order.flag('disabled') ?? robot.disabled;
  if (order.flag('muted') === false) {
    robot.mutedUntilMs = 0;
    robot.minute.clear();
  }
  if (order.flag('removed') === true) world.robots.delete(robot.token);
  return viewRobot(world, robot);
}

function postApp(world: World, order: Order): unknown {
  const appKey = order.text('appKey');
  const appSecret = order.text('appSecret');
  const robotCode = order.text('robotCode');
  const app = addApp(world, {
    name: order.text('name') ?? 'App',
    ...(appKey ? { appKey } : {}),
    ...(appSecret ? { appSecret } : {}),
    ...(robotCode ? { robotCode } : {}),
  });
  return changeAppFields(world, order, app);
}

function changeApp(world: World, order: Order, [appKey = '']: readonly string[]): unknown {
  const app = world.apps.get(appKey) ?? refuseOrder(`no app "${appKey}"`);
  return changeAppFields(world, order, app);
}

function changeAppFields(world: World, order: Order, app: App): unknown {
  app.permissions = order.texts('permissions') ?? app.permissions;
  app.ipWhitelist = order.texts('ipWhitelist') ?? app.ipWhitelist;
  app.botStopped = order.flag('botStopped') ?? app.botStopped;
  const templates = order.texts('cardTemplateIds');
  if (templates) app.cardTemplateIds.splice(0, app.cardTemplateIds.length, ...templates);
  if (order.flag('dropToken')) dropToken(world, app);
  return viewApp(world, app);
}

function postSession(world: World, order: Order): unknown {
  const group = findGroup(world, order.needText('group'));
  const lifetimeMs = order.whole('lifetimeMs');
  const robotCode = order.text('robotCode') ?? [...world.apps.values()][0]?.robotCode ?? '';
  const session = openSession(world, {
    groupId: group.groupId,
    robotCode,
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
  });
  return {
    ...session,
    sessionWebhook: `${world.wireUrl}/robot/sendBySession?session=${session.session}`,
    sessionWebhookExpiredTime: session.expiresAtMs,
  };
}

function postQuotas(world: World, order: Order): unknown {
  for (const bucket of ['apiCalls', 'webhookCalls'] as const) {
    const limit = order.whole(`${bucket}Limit`);
    if (limit !== undefined) world.quotas.setLimit(bucket, limit);
    const used = order.whole(`${bucket}Used`);
    if (used !== undefined) world.quotas.setUsed(bucket, used);
    const left = order.whole(`${bucket}Left`);
    if (left !== undefined) {
      world.quotas.setUsed(bucket, world.quotas.view().limits[bucket] - left);
    }
  }
  const graceMs = order.whole('graceMs');
  if (graceMs !== undefined) world.quotas.setGraceMs(graceMs);
  return world.quotas.view();
}

function postLimits(world: World, order: Order): unknown {
  const names: readonly (keyof Limits)[] = [
    'perMinute',
    'muteMs',
    'throttleCode',
    'qps',
    'tokenLifetimeMs',
    'withdrawAfterMs',
  ];
  for (const name of names) world.limits[name] = order.whole(name) ?? world.limits[name];
  return world.limits;
}

function viewClock(world: World): unknown {
  return { now: world.clock.now().toISOString(), offsetMs: world.clock.offsetMs() };
}

function postClock(world: World, order: Order): unknown {
  const advanceMs = order.number('advanceMs');
  const offsetMs = order.number('offsetMs');
  const now = order.text('now');
  const beforeMs = world.clock.offsetMs();
  if (offsetMs !== undefined) world.clock.setOffsetMs(offsetMs);
  else if (advanceMs !== undefined) world.clock.setOffsetMs(world.clock.offsetMs() + advanceMs);
  else if (now !== undefined) world.clock.setOffsetMs(Date.parse(now) - Date.now());
  else refuseOrder('clock needs offsetMs, advanceMs or now');
  // Setting the clock back makes nobody wait longer.
  world.push.agenda.advance(world.clock.offsetMs() - beforeMs);
  return viewClock(world);
}

function postNetwork(world: World, order: Order): unknown {
  world.callerIp = order.text('callerIp');
  return { callerIp: world.callerIp ?? null };
}

function postWording(world: World, order: Order): unknown {
  const language = order.needText('language');
  if (language !== 'zh' && language !== 'en' && language !== 'mixed') {
    return refuseOrder('language must be zh, en or mixed');
  }
  world.wording = language;
  return { language };
}

function viewFaults(world: World): unknown {
  return { active: world.faults.list(), known: FAULTS };
}

function postFault(world: World, order: Order): unknown {
  world.faults.set({ ...order.fields, name: order.needText('name') });
  return viewFaults(world);
}

function clearFaults(world: World, order: Order, [name]: readonly string[]): unknown {
  world.faults.clear(name ?? order.text('name'));
  return viewFaults(world);
}

function pressCard(world: World, order: Order, [outTrackId = '']: readonly string[]): unknown {
  return press(world, outTrackId, order);
}

/** Records a person's press on a card's button; telling the app about it is another part's work. */
export function press(world: World, outTrackId: string, order: Order): unknown {
  const card = world.books.cards.get(outTrackId) ?? refuseOrder(`no card "${outTrackId}"`);
  const userId = order.needText('userId');
  if (!world.users.has(userId)) refuseOrder(`no user "${userId}"`);
  const params = order.raw('params');
  const entry: CardPress = {
    at: world.clock.now().toISOString(),
    outTrackId,
    userId,
    actionId: order.needText('actionId'),
    params: typeof params === 'object' && params !== null ? { ...params } : {},
    outcome: 'untold',
    reason: null,
  };
  world.books.press(card, entry);
  return { press: entry, card: viewCard(card) };
}
