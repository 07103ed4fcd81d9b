import { ok, robotError } from './answers.ts';
import type { Reply } from './answers.ts';
import { readJsonObject } from './call.ts';
import type { Call, Route } from './call.ts';
import { readRobotContent } from './content.ts';
import { parameterText, ROBOT_TEXTS } from './robot-texts.ts';
import { hex } from './world.ts';
import type { Session, World } from './world.ts';

/** About 90 minutes in all four official samples (dingtalk.md 3.3). */
const LIFETIME_MS = 5_400_231;

/** The reply webhook that comes with a received message. */
export const SESSION_SEND_ROUTE: Route = {
  methods: ['POST'],
  path: '/robot/sendBySession',
  dialect: 'oapi',
  handle: (call) => {
    const reply = sendBySession(call);
    if (reply.refused) call.world.books.refuse({ path: call.path, ...reply.refused });
    return reply;
  },
};

/** Opens a reply webhook into a group or a one-to-one conversation, as a received message would. */
export function openSession(
  world: World,
  order: {
    groupId: string | null;
    userIds?: readonly string[];
    robotCode: string;
    lifetimeMs?: number;
  },
): Session {
  const session: Session = {
    session: `simulated${hex(world.random, 23)}`,
    groupId: order.groupId,
    userIds: order.userIds ?? [],
    robotCode: order.robotCode,
    expiresAtMs: world.clock.now().getTime() + (order.lifetimeMs ?? LIFETIME_MS),
  };
  world.sessions.set(session.session, session);
  return session;
}

function sendBySession(call: Call): Reply {
  const { world } = call;
  const session = world.sessions.get(call.query.get('session') ?? '');
  if (!session || session.expiresAtMs <= world.clock.now().getTime()) {
    return robotError(world, 300_001, ROBOT_TEXTS.session);
  }
  const body = readJsonObject(call.body);
  if (!body) return robotError(world, 40_035, ROBOT_TEXTS.noJson);
  if (call.body.length > 20_000) return robotError(world, 460_101, ROBOT_TEXTS.tooLarge);
  const content = readRobotContent(body);
  if ('unsupported' in content) return robotError(world, 400_105, ROBOT_TEXTS.type);
  if ('parameter' in content) return robotError(world, 40_035, parameterText(content.parameter));
  // Whether a reply counts is not stated (dingtalk.md 2.3); it is counted, the careful reading.
  if (!world.quotas.take('webhookCalls')) return robotError(world, 90_020, ROBOT_TEXTS.quota);
  const app = [...world.apps.values()].find((entry) => entry.robotCode === session.robotCode);
  world.books.show({
    groupId: session.groupId,
    group: session.groupId === null ? null : (world.groups.get(session.groupId)?.title ?? ''),
    via: session.groupId === null ? 'personal' : 'appRobot',
    ...(session.groupId === null ? { userIds: session.userIds } : {}),
    robot: app?.name ?? '',
    msgtype: String(body['msgtype']),
    content,
    raw: body,
  });
  return ok({ errcode: 0, errmsg: 'ok' });
}
