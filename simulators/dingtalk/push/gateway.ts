import { ok, v1Error } from '../answers.ts';
import type { Reply } from '../answers.ts';
import { readJsonObject, strikes } from '../call.ts';
import type { Call, Route } from '../call.ts';
import { isFields } from '../content.ts';
import { hex, windowOf } from '../world.ts';
import type { App, World } from '../world.ts';
import type { Subscription, Ticket } from './state.ts';

const PATH = '/v1.0/gateway/connections/open';

/** Hands out the endpoint and a ticket for one connection (dingtalk.md 5.2); costs no quota. */
export const GATEWAY_ROUTE: Route = {
  methods: ['POST'],
  path: PATH,
  dialect: 'v1',
  isToken: true,
  handle: (call) => {
    const body = readJsonObject(call.body) ?? {};
    const reply = open(call, body);
    const appKey = typeof body['clientId'] === 'string' ? body['clientId'] : null;
    call.world.push.opens.push({
      at: call.world.clock.now().toISOString(),
      appKey,
      outcome: reply.refused?.code ?? 'ticket',
    });
    // Whoever does not ask for JSON gets XML, a comment in DingTalk's Node SDK says.
    const wantsJson = (call.headers.accept ?? '').includes('application/json');
    return wantsJson ? reply : { ...reply, xml: toXml(reply.json) };
  },
};

function open(call: Call, body: Record<string, unknown>): Reply {
  const { world } = call;
  const refused = strikes(world, 'streamOpenRefused', call.path);
  if (refused) {
    const { status, code } = refused.settings;
    const name = typeof code === 'string' ? code : 'system.busy';
    return v1Error(Number(status ?? 503), name, 'simulated refusal');
  }
  const app = typeof body['clientId'] === 'string' ? world.apps.get(body['clientId']) : undefined;
  if (!app || app.appSecret !== body['clientSecret']) return v1Error(401, 'authFailed', '鉴权失败');
  const subscriptions = readSubscriptions(body['subscriptions']);
  if (typeof subscriptions === 'string') {
    return v1Error(400, 'invalidParameter.subscriptions', subscriptions);
  }
  if (!windowOf(app, PATH).take(world.clock.now().getTime(), world.limits.qps)) {
    const code = 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi';
    return v1Error(403, code, '触发应用对该接口的全局并发调用限流');
  }
  const ticket = issue(world, app, body, subscriptions);
  return ok({ endpoint: endpointOf(call), ticket: ticket.ticket });
}

/** EVENT knows only the topic "*"; which events come is chosen in the console. */
function readSubscriptions(value: unknown): Subscription[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'subscriptions must be a list';
  const read: Subscription[] = [];
  for (const entry of value as unknown[]) {
    const { type, topic } = isFields(entry) ? entry : {};
    if (typeof topic !== 'string' || topic === '') return 'a subscription needs a topic';
    if (type === 'EVENT' && topic === '*') read.push({ type, topic });
    else if (type === 'EVENT') return 'EVENT supports only the topic *';
    else if (type === 'CALLBACK' && topic.startsWith('/')) read.push({ type, topic });
    else return `subscription ${String(type)} ${topic} is not known`;
  }
  return read;
}

function issue(
  world: World,
  app: App,
  body: Record<string, unknown>,
  subscriptions: Subscription[],
): Ticket {
  const text = (name: string): string => {
    const value = body[name];
    return typeof value === 'string' ? value : '';
  };
  // DingTalk's Node SDK puts the ticket into the address unescaped: it must need no escaping.
  const random = hex(world.push.random, 32);
  const ticket: Ticket = {
    ticket: `simulated-${random.slice(0, 8)}-${random.slice(8)}`,
    appKey: app.appKey,
    issuedAtMs: world.clock.now().getTime(),
    subscriptions,
    ua: text('ua'),
    localIp: text('localIp'),
    connectionId: null,
    uses: 0,
  };
  world.push.tickets.set(ticket.ticket, ticket);
  return ticket;
}

function endpointOf({ world, headers }: Call): string {
  const base = world.wireUrl === '' ? `http://${headers.host ?? '127.0.0.1'}` : world.wireUrl;
  return `${base.replace(/^http/, 'ws')}/connect`;
}

function toXml(value: unknown): string {
  const fields = isFields(value) ? Object.entries(value) : [];
  const inner = fields.map(([name, text]) => `<${name}>${escapeXml(String(text))}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${inner.join('')}</Response>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
