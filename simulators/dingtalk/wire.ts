import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson, sendText } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';
import { antiAbuseJson, antiAbusePage, oapiError, v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import { APP_ROBOT_ROUTES } from './app-robot.ts';
import { strikes } from './call.ts';
import type { Call, Route } from './call.ts';
import { CARD_ROUTES } from './cards.ts';
import { DIRECTORY_ROUTES } from './directory.ts';
import { MEDIA_ROUTE } from './media.ts';
import { PUSH_ROUTES } from './push/routes.ts';
import { ROBOT_SEND_ROUTE } from './robot-send.ts';
import { SESSION_SEND_ROUTE } from './session-send.ts';
import { TOKEN_ROUTES } from './tokens.ts';
import { WORKFLOW_ROUTES } from './workflow/routes.ts';
import type { World } from './world.ts';

/** Every path this simulator speaks; other parts of DingTalk are added here. */
const ROUTES: readonly Route[] = [
  ROBOT_SEND_ROUTE,
  SESSION_SEND_ROUTE,
  ...TOKEN_ROUTES,
  ...APP_ROBOT_ROUTES,
  ...CARD_ROUTES,
  MEDIA_ROUTE,
  ...PUSH_ROUTES,
  ...DIRECTORY_ROUTES,
  ...WORKFLOW_ROUTES,
];

const exact = new Map<string, Route[]>();
const open: Route[] = [];
for (const route of ROUTES) {
  if (typeof route.path === 'string') {
    exact.set(route.path, [...(exact.get(route.path) ?? []), route]);
  } else {
    open.push(route);
  }
}

/** DingTalk's own interface, both hosts on one port. */
export function createWire(world: () => World): Handler {
  return async (request, response) => {
    const current = world();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://dingtalk.invalid');
    if (strikes(current, 'outage', pathname)) {
      request.socket.resetAndDestroy();
      return;
    }
    const body = await readBody(request);
    const { route, parts } = findRoute(request.method ?? 'GET', pathname);
    const call: Call = {
      world: current,
      method: request.method ?? 'GET',
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body,
      ip: current.callerIp ?? (request.socket.remoteAddress ?? '').replace('::ffff:', ''),
      parts,
    };
    const slow = strikes(current, 'slow', pathname);
    const delayMs = Number(slow?.settings['ms'] ?? 3000);
    if (slow?.settings['before'] === true) await pause(delayMs);
    const reply = await answer(call, route);
    if (slow && slow.settings['before'] !== true) await pause(delayMs);
    send(current, response, request, reply);
  };
}

function findRoute(method: string, path: string): { route: Route | undefined; parts: string[] } {
  const route = exact.get(path)?.find((candidate) => candidate.methods.includes(method));
  if (route) return { route, parts: [] };
  for (const candidate of open) {
    const match = candidate.path instanceof RegExp ? candidate.path.exec(path) : null;
    if (match && candidate.methods.includes(method)) {
      return { route: candidate, parts: match.slice(1).map(decodeURIComponent) };
    }
  }
  return { route: undefined, parts: [] };
}

/** The reply, or `cut` when the connection is to break without one. */
async function answer(call: Call, route: Route | undefined): Promise<Reply | 'cut'> {
  const general = generalFault(call);
  if (general) return general;
  if (!route) return notFound(call.path);
  const isMessage = route.isToken !== true;
  if (isMessage && strikes(call.world, 'timeoutBeforeAccepting', call.path)) return 'cut';
  const special = isMessage ? messageFault(call, route) : undefined;
  if (special) return special;
  const reply = await route.handle(call);
  // Token calls carry the app's secret, so only the refusal itself is written down.
  if (route.isToken && reply.refused) {
    call.world.books.refuse({ path: call.path, ...reply.refused });
  }
  const isCut = isMessage && !reply.refused;
  if (isCut && strikes(call.world, 'timeoutAfterAccepting', call.path)) return 'cut';
  return reply;
}

function generalFault(call: Call): Reply | undefined {
  const { world, path } = call;
  const page = strikes(world, 'htmlAntiAbuse', path);
  if (page) return booked(call, antiAbusePage(Number(page.settings['status'] ?? 200)));
  if (strikes(world, 'status1111', path)) return booked(call, antiAbuseJson());
  const failure = strikes(world, 'serverError', path);
  if (!failure) return undefined;
  const status = Number(failure.settings['status'] ?? 500);
  return booked(call, v1Error(status, 'system.error', 'system error'));
}

function messageFault(call: Call, route: Route): Reply | undefined {
  const { world, path } = call;
  const isNew = route.dialect === 'v1';
  if (strikes(world, 'systemBusy', path)) {
    return booked(
      call,
      isNew ? v1Error(429, 'system.busy', '系统繁忙') : oapiError(-1, '系统繁忙'),
    );
  }
  const under = strikes(world, 'errcodeUnder200', path);
  if (!under) return undefined;
  const { text, code } = under.settings;
  const errmsg = typeof text === 'string' ? text : 'simulated errcode';
  return booked(call, oapiError(Number(code ?? 34_000), errmsg));
}

function booked(call: Call, reply: Reply): Reply {
  if (!reply.refused) return reply;
  const robot = call.world.robots.get(call.query.get('access_token') ?? '');
  call.world.books.refuse({
    path: call.path,
    ...reply.refused,
    groupId: robot?.groupId ?? null,
    group: robot ? (call.world.groups.get(robot.groupId)?.title ?? null) : null,
    robot: robot?.name ?? null,
    text: call.body.toString('utf8'),
  });
  return reply;
}

// Three ways to say "no such path" (dingtalk.md 2.2), told apart by the path as both hosts share a port.
function notFound(path: string): Reply {
  if (/^\/v\d+\.\d+\//.test(path)) return v1Error(404, 'error.notFound', 'Not Found');
  if (/^\/(topapi|robot|media|gettoken|call_back|user|chat|department|sso|service)\b/.test(path)) {
    const errmsg = `Invalid method[${path}]`;
    return { status: 200, json: { errcode: 22, sub_msg: 'Invalid method', errmsg } };
  }
  return { status: 200, json: { errcode: 404, errmsg: `请求的URI地址不存在: ${path}` } };
}

function send(
  world: World,
  response: ServerResponse,
  request: IncomingMessage,
  reply: Reply | 'cut',
): void {
  if (reply === 'cut') {
    request.socket.destroy();
    return;
  }
  // The Date header follows the simulated clock: clients judge their own clock by it (1.6).
  if (world.clock.offsetMs() !== 0) response.setHeader('date', world.clock.now().toUTCString());
  if (reply.html !== undefined) {
    sendText(response, reply.status, reply.html, 'text/html; charset=utf-8');
    return;
  }
  if (reply.file) {
    const name = encodeURIComponent(reply.file.fileName);
    response.writeHead(reply.status, {
      'content-type': 'application/octet-stream',
      'content-length': String(reply.file.bytes.length),
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
    });
    response.end(reply.file.bytes);
    return;
  }
  if (reply.xml !== undefined) {
    sendText(response, reply.status, reply.xml, 'application/xml; charset=utf-8');
    return;
  }
  sendJson(response, reply.status, reply.json);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
