import type { Card, Message } from './books.ts';
import { viewPushCounts } from './push/views.ts';
import type { App, CustomRobot, Group, Security, World } from './world.ts';
import { viewWorkflowState } from './workflow/views.ts';

/** Answers `GET /_sim/world`: who and what there is, with every credential. */
export function viewWorld(world: World): Record<string, unknown> {
  const apps = [...world.apps.values()].map((app) => viewApp(world, app));
  return {
    seed: world.seed,
    wireUrl: world.wireUrl,
    organisation: { corpId: world.corpId, name: world.organisation },
    users: [...world.users.values()],
    departments: [...world.departments.values()],
    roles: [...world.roles.values()],
    groups: [...world.groups.values()].map((group) => viewGroup(world, group)),
    robots: [...world.robots.values()].map((robot) => viewRobot(world, robot)),
    app: apps[0],
    apps,
  };
}

/** From where on `GET /_sim/state` is to tell; what has no position is told whole. */
export const STATE_POSITIONS = [
  'since',
  'cardsSince',
  'refusalsSince',
  'instancesSince',
  'commentsSince',
] as const;

/** Answers `GET /_sim/state`; with `since`, only the messages after so many. */
export function viewState(
  world: World,
  from: Readonly<Partial<Record<(typeof STATE_POSITIONS)[number], number | undefined>>> = {},
): Record<string, unknown> {
  const { books } = world;
  const cardsSince = from.cardsSince ?? -1;
  return {
    ...viewWorld(world),
    clock: { now: world.clock.now().toISOString(), offsetMs: world.clock.offsetMs() },
    faults: world.faults.list(),
    limits: world.limits,
    wording: world.wording,
    quotas: world.quotas.view(),
    push: viewPushCounts(world),
    messageCount: books.messages.length,
    changeSequence: books.sequence(),
    messages: books.messages.slice(from.since ?? 0).map(viewMessage),
    cards: [...books.cards.values()].filter((card) => card.changed > cardsSince).map(viewCard),
    refusalCount: books.refusals.length,
    refusals: books.refusals.slice(from.refusalsSince ?? 0),
    ...viewWorkflowState(world, from.instancesSince ?? -1, from.commentsSince ?? -1),
  };
}

/** A message without the form that the page draws from; of a file, what it is. */
export function viewMessage(message: Message): Record<string, unknown> {
  const { content, ...rest } = message;
  if (content.kind !== 'file') return rest;
  const { mediaId, fileName, fileType, size } = content;
  return { ...rest, file: { mediaId, fileName, fileType, size } };
}

/** A card with its whole history. */
export function viewCard(card: Card): Card {
  return card;
}

/** A custom robot with its credentials, as the client's robot settings show them. */
export function viewRobot(world: World, robot: CustomRobot): Record<string, unknown> {
  const path = `/robot/send?access_token=${robot.token}`;
  const signature = robot.security.find((rule) => rule.mode === 'signature');
  const nowMs = world.clock.now().getTime();
  return {
    name: robot.name,
    groupId: robot.groupId,
    group: world.groups.get(robot.groupId)?.title ?? null,
    token: robot.token,
    secret: signature?.secret ?? null,
    webhookPath: path,
    webhook: `${world.wireUrl}${path}`,
    security: robot.security.map(viewSecurity),
    disabled: robot.disabled,
    inLastMinute: robot.minute.used(nowMs),
    mutedUntil: robot.mutedUntilMs > nowMs ? new Date(robot.mutedUntilMs).toISOString() : null,
  };
}

function viewSecurity(rule: Security): Record<string, unknown> {
  if (rule.mode === 'signature') return { mode: rule.mode, secret: rule.secret };
  if (rule.mode === 'keyword') return { mode: rule.mode, keywords: rule.keywords };
  return { mode: rule.mode, addresses: rule.addresses };
}

/** A group and who is inside. */
export function viewGroup(world: World, group: Group): Record<string, unknown> {
  return {
    groupId: group.groupId,
    openConversationId: group.groupId,
    chatId: group.chatId,
    title: group.title,
    members: group.members,
    robotCodes: group.robotCodes,
    robots: [...world.robots.values()]
      .filter((robot) => robot.groupId === group.groupId)
      .map((robot) => robot.name),
    dissolved: group.dissolved,
  };
}

/** An app with its credentials. */
export function viewApp(world: World, app: App): Record<string, unknown> {
  return {
    corpId: world.corpId,
    name: app.name,
    appKey: app.appKey,
    appSecret: app.appSecret,
    robotCode: app.robotCode,
    agentId: app.agentId,
    cardTemplateId: app.cardTemplateIds[0],
    cardTemplateIds: app.cardTemplateIds,
    permissions: app.permissions,
    ipWhitelist: app.ipWhitelist,
    botStopped: app.botStopped,
    tokenExpiresAt: app.token ? new Date(app.token.expiresAtMs).toISOString() : null,
  };
}
