import { BlockList, isIPv4 } from 'node:net';
import { ok, robotError } from './answers.ts';
import type { Reply, Wording } from './answers.ts';
import { readJsonObject, strikes } from './call.ts';
import type { Call, Route } from './call.ts';
import { readRobotContent } from './content.ts';
import type { Content } from './content.ts';
import { ipText, MODERATION_TEXTS, parameterText, ROBOT_TEXTS } from './robot-texts.ts';
import { isSignedBy } from './signature.ts';
import type { CustomRobot, Security, World } from './world.ts';

/** Whole body, in bytes of UTF-8 (dingtalk.md 1.4). */
const BODY_BYTES_MAX = 20_000;
const CLOCK_WINDOW_MS = 3_600_000;

/** The answer to a spent Webhook budget is not published (dingtalk.md 12, doubt 1); this one is ours. */
export const WEBHOOK_QUOTA_CODE = 90_020;

/** The custom group robot's webhook (dingtalk.md 1). */
export const ROBOT_SEND_ROUTE: Route = {
  methods: ['POST', 'GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'],
  path: '/robot/send',
  dialect: 'oapi',
  handle: sendByRobot,
};

interface Attempt {
  readonly call: Call;
  readonly robot: CustomRobot;
  readonly body: Record<string, unknown> | undefined;
}

async function sendByRobot(call: Call): Promise<Reply> {
  const robot = findRobot(call);
  if ('status' in robot) {
    if (robot.refused) call.world.books.refuse({ path: call.path, ...robot.refused });
    return robot;
  }
  const attempt: Attempt = { call, robot, body: readJsonObject(call.body) };
  const reply = await judge(attempt);
  if (reply.refused) recordRefusal(attempt, reply.refused);
  return reply;
}

function findRobot(call: Call): CustomRobot | Reply {
  const { world } = call;
  if (call.method !== 'POST') return robotError(world, 43_002, ROBOT_TEXTS.postRequired);
  const token = call.query.get('access_token');
  if (!token) return robotError(world, 40_035, ROBOT_TEXTS.noToken);
  return world.robots.get(token) ?? robotError(world, 300_005, ROBOT_TEXTS.token);
}

async function judge(attempt: Attempt): Promise<Reply> {
  const { call, robot, body } = attempt;
  const { world } = call;
  const formal = checkForm(call) ?? checkRobot(call, robot);
  if (formal) return formal;
  if (!body) return robotError(world, 40_035, ROBOT_TEXTS.noJson);
  const content = readRobotContent(body);
  const insecure = await checkSecurity(call, robot.security, content, body);
  if (insecure) return insecure;
  if ('unsupported' in content) return robotError(world, 400_105, ROBOT_TEXTS.type);
  if ('parameter' in content) return robotError(world, 40_035, parameterText(content.parameter));
  const msgUuid = body['msgUuid'];
  if (msgUuid !== undefined && typeof msgUuid !== 'string') {
    return robotError(world, 40_035, parameterText('msgUuid'));
  }
  // A repeat is answered like the first time and costs neither the minute nor the month.
  if (msgUuid && robot.seen.has(msgUuid)) return ok({ errcode: 0, errmsg: 'ok' });
  return checkLimits(call, robot) ?? accept(attempt, content, msgUuid);
}

function checkForm(call: Call): Reply | undefined {
  const { world } = call;
  const type = call.headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('application/json')) {
    return robotError(world, 43_004, ROBOT_TEXTS.contentType);
  }
  if (call.body.length > BODY_BYTES_MAX) return robotError(world, 460_101, ROBOT_TEXTS.tooLarge);
  return undefined;
}

function checkRobot(call: Call, robot: CustomRobot): Reply | undefined {
  const { world, path } = call;
  if (strikes(world, 'robotGone', path)) return robotError(world, 400_106, ROBOT_TEXTS.gone);
  if (robot.disabled || strikes(world, 'robotDisabled', path)) {
    return robotError(world, 400_102, ROBOT_TEXTS.disabled);
  }
  if (world.groups.get(robot.groupId)?.dissolved || strikes(world, 'groupDissolved', path)) {
    return robotError(world, 400_013, ROBOT_TEXTS.dissolved);
  }
  if (strikes(world, 'ipNotInWhitelist', path)) return robotError(world, 310_000, ipText(call.ip));
  const refused = strikes(world, 'contentRefused', path);
  if (!refused) return undefined;
  const code = Number(refused.settings['code'] ?? 430_104);
  return robotError(world, code, MODERATION_TEXTS[code] ?? { en: 'refused', zh: '内容被拒绝' });
}

async function checkSecurity(
  call: Call,
  security: readonly Security[],
  content: ReturnType<typeof readRobotContent>,
  body: Record<string, unknown>,
): Promise<Reply | undefined> {
  for (const rule of security) {
    const wrong =
      rule.mode === 'signature'
        ? await checkSignature(call, rule)
        : rule.mode === 'keyword'
          ? checkKeyword(rule.keywords, content, body)
          : checkAddress(rule.addresses, call.ip);
    if (wrong) return robotError(call.world, 310_000, wrong);
  }
  return undefined;
}

// Timestamp and sign count in the query only; in a header or the body they do nothing (1.2).
async function checkSignature(
  call: Call,
  rule: Extract<Security, { mode: 'signature' }>,
): Promise<Wording | undefined> {
  const timestamp = call.query.get('timestamp') ?? '';
  const sign = call.query.get('sign') ?? '';
  const distance = Math.abs(call.world.clock.now().getTime() - Number(timestamp));
  if (!/^\d{13}$/.test(timestamp) || distance > CLOCK_WINDOW_MS) return ROBOT_TEXTS.timestamp;
  const genuine = await isSignedBy(rule.key, { secret: rule.secret, timestamp, sign });
  return genuine ? undefined : ROBOT_TEXTS.sign;
}

function checkKeyword(
  keywords: readonly string[],
  content: ReturnType<typeof readRobotContent>,
  body: Record<string, unknown>,
): Wording | undefined {
  const text = 'kind' in content ? `${content.title}\n${content.text}` : JSON.stringify(body);
  return keywords.some((keyword) => text.includes(keyword)) ? undefined : ROBOT_TEXTS.keyword;
}

function checkAddress(addresses: readonly string[], ip: string): Wording | undefined {
  return isListed(addresses, ip) ? undefined : ipText(ip);
}

/** Whether an IPv4 address stands in a list of addresses and CIDR ranges; IPv6 never does (1.2). */
export function isListed(addresses: readonly string[], ip: string): boolean {
  if (!isIPv4(ip)) return false;
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = '', prefix] = entry.split('/');
    if (!isIPv4(address)) continue;
    if (prefix === undefined) list.addAddress(address);
    else list.addSubnet(address, Number(prefix));
  }
  return list.check(ip);
}

function checkLimits(call: Call, robot: CustomRobot): Reply | undefined {
  const { world } = call;
  const nowMs = world.clock.now().getTime();
  if (isMuted(world, robot, nowMs)) {
    return robotError(world, world.limits.throttleCode, ROBOT_TEXTS.tooFast);
  }
  if (strikes(world, 'throttleQps', call.path)) {
    return robotError(world, 660_026, ROBOT_TEXTS.tooMany);
  }
  const spent = strikes(world, 'quotaExhausted', call.path);
  if (spent || !world.quotas.take('webhookCalls')) {
    return robotError(world, WEBHOOK_QUOTA_CODE, ROBOT_TEXTS.quota);
  }
  return undefined;
}

// The 21st message inside a minute mutes the robot; what comes while muted is lost (1.5).
function isMuted(world: World, robot: CustomRobot, nowMs: number): boolean {
  const { perMinute, muteMs } = world.limits;
  if (nowMs < robot.mutedUntilMs && robot.mutedUntilMs - nowMs <= muteMs) return true;
  if (robot.minute.take(nowMs, perMinute)) return false;
  robot.mutedUntilMs = nowMs + muteMs;
  return muteMs > 0;
}

function accept(attempt: Attempt, content: Content, msgUuid: string | undefined): Reply {
  const { call, robot, body } = attempt;
  const message = call.world.books.show({
    groupId: robot.groupId,
    group: call.world.groups.get(robot.groupId)?.title ?? '',
    via: 'robot',
    robot: robot.name,
    msgtype: String(body?.['msgtype']),
    content,
    raw: body,
    msgUuid: msgUuid ?? null,
  });
  if (msgUuid) robot.seen.set(msgUuid, message.id);
  return ok({ errcode: 0, errmsg: 'ok' });
}

function recordRefusal(attempt: Attempt, refused: { code: string; message: string }): void {
  const { call, robot, body } = attempt;
  const msgUuid = body?.['msgUuid'];
  call.world.books.refuse({
    path: call.path,
    ...refused,
    groupId: robot.groupId,
    group: call.world.groups.get(robot.groupId)?.title ?? '',
    robot: robot.name,
    msgUuid: typeof msgUuid === 'string' ? msgUuid : null,
    text: call.body.toString('utf8'),
  });
}
