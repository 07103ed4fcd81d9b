import { ok, v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import { readAppContent } from './app-content.ts';
import { admit, isRefusal } from './app-gate.ts';
import type { Message } from './books.ts';
import { readJsonObject, strikes } from './call.ts';
import type { Call, Route } from './call.ts';
import type { Content } from './content.ts';
import { findMedia } from './media.ts';
import { hex } from './world.ts';
import type { App, Group, World } from './world.ts';

const PERMISSION = 'qyapi_robot_sendmsg';
const USERS_MAX = 20;

/** The app robot's interfaces (dingtalk.md 3.1, 3.2). */
export const APP_ROBOT_ROUTES: readonly Route[] = [
  route('POST', '/v1.0/robot/groupMessages/send', sendToGroup),
  route('POST', '/v1.0/robot/oToMessages/batchSend', sendToPeople),
  route('POST', '/v1.0/robot/groupMessages/recall', recallFromGroup),
  route('POST', '/v1.0/robot/otoMessages/batchRecall', recallFromPeople),
  route('GET', '/v1.0/robot/oToMessages/readStatus', readStatusOfPeople),
  route('POST', '/v1.0/robot/groupMessages/query', readStatusOfGroup),
  {
    methods: ['POST'],
    path: /^\/v1\.0\/im\/chat\/([^/]+)\/convertToOpenConversationId$/,
    dialect: 'v1',
    handle: convertChatId,
  },
];

type Body = Record<string, unknown>;

function route(
  method: string,
  path: string,
  handle: (call: Call, app: App, body: Body) => Reply,
): Route {
  return {
    methods: [method],
    path,
    dialect: 'v1',
    handle: (call) => {
      const app = admit(call, { dialect: 'v1', api: path, permission: PERMISSION });
      if (isRefusal(app)) return refuse(call, app);
      const body = method === 'GET' ? Object.fromEntries(call.query) : readJsonObject(call.body);
      if (!body) return refuse(call, v1Error(400, 'invalidParameter', 'body is not a JSON object'));
      const reply = handle(call, app, body);
      return reply.refused ? refuse(call, reply) : reply;
    },
  };
}

function refuse(call: Call, reply: Reply): Reply {
  if (!reply.refused) return reply;
  const body = readJsonObject(call.body);
  const group = call.world.groups.get(String(body?.['openConversationId']));
  call.world.books.refuse({
    path: call.path,
    ...reply.refused,
    groupId: group?.groupId ?? null,
    group: group?.title ?? null,
    robot: typeof body?.['robotCode'] === 'string' ? body['robotCode'] : null,
    text: call.body.toString('utf8'),
  });
  return reply;
}

function sendToGroup(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const group = findGroup(call, app, body);
  if ('status' in group) return group;
  const content = readContent(world, body);
  if ('status' in content) return content;
  const message = show(world, app, body, content, { group });
  if (strikes(world, 'unknownSendResult', call.path)) {
    return v1Error(400, 'unknown.send.result', '未知的发送结果');
  }
  return ok({ processQueryKey: message.processQueryKey });
}

function findGroup(call: Call, app: App, body: Body): Group | Reply {
  const { world, path } = call;
  const wrong = checkRobot(call, app, body);
  if (wrong) return wrong;
  const id = body['openConversationId'];
  const group = typeof id === 'string' ? world.groups.get(id) : undefined;
  if (!group) return v1Error(400, 'invalid.openConversationId', '无效的openConversationId');
  if (group.dissolved || strikes(world, 'groupDissolved', path)) {
    return v1Error(400, 'group.disbanded', '群已解散');
  }
  if (!group.robotCodes.includes(app.robotCode) || strikes(world, 'robotGone', path)) {
    return v1Error(400, 'resource.not.found', '机器人不在群内');
  }
  return group;
}

function checkRobot(call: Call, app: App, body: Body): Reply | undefined {
  const { world, path } = call;
  if (body['robotCode'] !== app.robotCode) {
    return v1Error(400, 'invalidParameter.robotCode.auth', 'robotCode与应用不匹配');
  }
  if (app.botStopped || strikes(world, 'robotDisabled', path)) {
    return v1Error(400, 'bot.stopped', '机器人已停用');
  }
  const refused = strikes(world, 'contentRefused', path);
  if (!refused) return undefined;
  return Number(refused.settings['code']) === 430_101
    ? v1Error(400, 'contain.unsafe.url', '消息中含有不安全的链接')
    : v1Error(400, 'contain.notAllowed.content', '消息中含有不合适的内容');
}

function readContent(world: World, body: Body): Content | Reply {
  const content = readAppContent(body['msgKey'], body['msgParam'], (id) => findMedia(world, id));
  if (typeof content !== 'string') return content;
  return v1Error(400, `invalidParameter.${content}`, `${content} 消息参数不合法`);
}

function show(
  world: World,
  app: App,
  body: Body,
  content: Content,
  target: { group: Group } | { userIds: string[] },
): Message {
  const inGroup = 'group' in target;
  return world.books.show({
    groupId: inGroup ? target.group.groupId : null,
    group: inGroup ? target.group.title : null,
    via: inGroup ? 'appRobot' : 'personal',
    robot: app.name,
    msgtype: String(body['msgKey']),
    content,
    raw: body,
    ...(inGroup ? {} : { userIds: target.userIds }),
    processQueryKey: `${hex(world.random, 31)}=`,
  });
}

function sendToPeople(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const wrong = checkRobot(call, app, body);
  if (wrong) return wrong;
  const userIds = body['userIds'];
  if (!Array.isArray(userIds) || userIds.length === 0) {
    return v1Error(400, 'staffId.notExisted', 'userIds不能为空');
  }
  if (userIds.length > USERS_MAX) {
    // DingTalk's own text says 100 although its table says 20 (dingtalk.md 3.1).
    return v1Error(400, 'too.many.people', '用户数量不能超过100');
  }
  const content = readContent(world, body);
  if ('status' in content) return content;
  const known = userIds.map(String).filter((id) => world.users.has(id));
  const partly = known.length > 0 ? strikes(world, 'deliverPartlyFailed', call.path) : undefined;
  const held = known.filter(
    (id, index) => world.users.get(id)?.flowControlled === true || (partly && index === 0),
  );
  const reached = known.filter((id) => !held.includes(id));
  const message = reached.length > 0 ? show(world, app, body, content, { userIds: reached }) : null;
  return ok({
    processQueryKey: message?.processQueryKey ?? `${hex(world.random, 31)}=`,
    invalidStaffIdList: userIds.map(String).filter((id) => !world.users.has(id)),
    flowControlledStaffIdList: held,
  });
}

function recallFromGroup(call: Call, app: App, body: Body): Reply {
  const id = body['openConversationId'];
  if (body['robotCode'] !== app.robotCode) {
    return v1Error(400, 'invalidParameter.robotCode.auth', 'robotCode与应用不匹配');
  }
  if (!call.world.groups.has(String(id))) {
    return v1Error(400, 'invalid.openConversationId', '无效的openConversationId');
  }
  return recall(call.world, body['processQueryKeys'], (message) => message.groupId === id);
}

function recallFromPeople(call: Call, app: App, body: Body): Reply {
  if (body['robotCode'] !== app.robotCode) {
    return v1Error(400, 'invalidParameter.robotCode.auth', 'robotCode与应用不匹配');
  }
  return recall(call.world, body['processQueryKeys'], (message) => message.via === 'personal');
}

function recall(world: World, keys: unknown, isOurs: (message: Message) => boolean): Reply {
  if (!Array.isArray(keys)) {
    return v1Error(400, 'invalidParameter.processQueryKeys', 'processQueryKeys不合法');
  }
  const successResult: string[] = [];
  const failedResult: Record<string, string> = {};
  for (const key of keys.map(String)) {
    const message = world.books.byQueryKey.get(key);
    if (!message || !isOurs(message)) {
      failedResult[key] = 'resource.not.found';
      continue;
    }
    message.recalled = true;
    world.books.messageChanged(message);
    successResult.push(key);
  }
  return ok({ successResult, failedResult });
}

function readStatusOfPeople(call: Call, app: App, query: Body): Reply {
  const message = call.world.books.byQueryKey.get(String(query['processQueryKey']));
  if (query['robotCode'] !== app.robotCode || message?.via !== 'personal') {
    return v1Error(400, 'resource.not.found', '消息不存在');
  }
  const messageReadInfoList = (message.userIds ?? []).map((userId) => ({
    name: call.world.users.get(userId)?.name ?? '',
    userId,
    readStatus: 'UNREAD',
    readTimestamp: 0,
  }));
  return ok({ sendStatus: message.recalled ? 'RECALLED' : 'SUCCESS', messageReadInfoList });
}

function readStatusOfGroup(call: Call, app: App, body: Body): Reply {
  const message = call.world.books.byQueryKey.get(String(body['processQueryKey']));
  if (body['robotCode'] !== app.robotCode || message?.via !== 'appRobot') {
    return v1Error(400, 'resource.not.found', '消息不存在');
  }
  const sendStatus = message.recalled ? 'RECALLED' : 'SUCCESS';
  return ok({ sendStatus, readUserIds: [], hasMore: false });
}

function convertChatId(call: Call): Reply {
  const app = admit(call, { dialect: 'v1', api: 'convertToOpenConversationId' });
  if (isRefusal(app)) return refuse(call, app);
  const chatId = call.parts[0];
  for (const group of call.world.groups.values()) {
    if (group.chatId === chatId) return ok({ openConversationId: group.groupId });
  }
  return refuse(call, v1Error(400, 'resource.not.found', 'chatId不存在'));
}
