import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../lib/http.ts';
import { balanceInquiry } from './balance-service.ts';
import { disturb, hangMs } from './disturbance.ts';
import type { Gateway } from './disturbance.ts';
import { strike } from './faults.ts';
import { transactionHistory } from './history-service.ts';
import type { Answer, InboundRequest, ServiceCall } from './inbound.ts';
import { profileOfPath } from './profiles.ts';
import type { Profile } from './profiles.ts';
import { notSupported, Refusal, unauthorized } from './refusal.ts';
import type { RefusalHint } from './refusal.ts';
import { passGate } from './service-gate.ts';
import { bankStatement } from './statement-service.ts';
import { issueToken } from './token-service.ts';
import type { World } from './world.ts';

/** The services offered; another of the standard's is added by one line here. */
const SERVICES: Readonly<Record<string, (call: ServiceCall) => Answer>> = {
  '11': balanceInquiry,
  '12': transactionHistory,
  '14': bankStatement,
};

/** What a call came to: an answer on the wire, and what is remembered of it. */
interface Outcome {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly hint: RefusalHint;
}

/** The wire interface of all three banks. */
export async function serveWire(
  world: World,
  gateway: Gateway,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming);
  const profile = profileOfPath(pathOf(request));
  response.setHeader('Date', world.clock.now().toUTCString());
  if (!profile) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('no bank here');
    return;
  }
  const service = serviceOf(profile, request);
  const scope = { bank: profile.bank, service };
  const { ended, refusal } = await disturb(world, gateway, scope, response);
  if (ended) {
    const { status, detail } = ended;
    log(world, profile, request, { status, body: {}, headers: {}, hint: { detail } });
    return;
  }
  const outcome = await carryOut(world, profile, request, refusal);
  const timeout = strike(world.faults, 'timeoutAfterAccepting', scope);
  if (timeout) {
    const hint = { detail: 'fault timeoutAfterAccepting: carried out, not answered' };
    log(world, profile, request, { ...outcome, status: 0, hint });
    gateway.hang(response, hangMs(timeout));
    return;
  }
  log(world, profile, request, outcome);
  send(world, profile, outcome, response);
}

function serviceOf(profile: Profile, request: InboundRequest): string {
  const path = pathOf(request);
  return path === profile.tokenPath ? '73' : (profile.services.get(path)?.service ?? '00');
}

async function carryOut(
  world: World,
  profile: Profile,
  request: InboundRequest,
  refusal: Refusal | undefined,
): Promise<Outcome> {
  const service = serviceOf(profile, request);
  try {
    if (refusal) throw refusal;
    checkAddress(world, profile, request, service);
    const { fields, headers = {} } = await answer(world, profile, request, service);
    const code = { responseCode: `200${service}00`, responseMessage: 'Successful' };
    return { status: 200, body: { ...code, ...fields }, headers, hint: {} };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = { responseCode: error.responseCode, responseMessage: error.message };
    return { status: error.status, body, headers: {}, hint: error.hint };
  }
}

async function answer(
  world: World,
  profile: Profile,
  request: InboundRequest,
  service: string,
): Promise<Answer> {
  if (request.method !== 'POST') throw notSupported(service);
  if (service === '73') return issueToken(world, profile, request);
  const serve = SERVICES[service];
  if (!serve) throw notSupported(service);
  const body = await passGate(world, profile, request, service);
  const version = profile.services.get(pathOf(request))?.version;
  return serve({ world, profile, service, version, body });
}

/** Both sides keep lists of addresses (A4); BCA's words for a stranger stand in A5.1. */
function checkAddress(
  world: World,
  profile: Profile,
  request: InboundRequest,
  service: string,
): void {
  const { allowedIps } = world.partners.of(profile.bank);
  if (!allowedIps || allowedIps.includes(request.remoteAddress)) return;
  const detail = `from ${request.remoteAddress}`;
  throw unauthorized(service, 'Connection not allowed', { detail });
}

async function readRequest(incoming: IncomingMessage): Promise<InboundRequest> {
  return {
    method: incoming.method ?? 'GET',
    relativeUrl: incoming.url ?? '/',
    headers: incoming.headers,
    body: await readBody(incoming),
    remoteAddress: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
}

function pathOf(request: InboundRequest): string {
  return request.relativeUrl.split('?')[0] ?? '/';
}

/** The clock of the simulator shows in both headers, so that a caller can see its own error (E2). */
function send(world: World, profile: Profile, outcome: Outcome, response: ServerResponse): void {
  const bytes = Buffer.from(JSON.stringify(outcome.body));
  response.writeHead(outcome.status, {
    'Content-Type': 'application/json',
    'Content-Length': String(bytes.length),
    'X-TIMESTAMP': profile.printTimestamp(world.clock.now()),
    ...outcome.headers,
  });
  response.end(bytes);
}

/** Status 0 stands for a call that got no answer. */
function log(world: World, profile: Profile, request: InboundRequest, outcome: Outcome): void {
  const code = outcome.body['responseCode'];
  world.calls.add({
    at: world.clock.now().toISOString(),
    bank: profile.bank,
    method: request.method,
    path: pathOf(request),
    status: outcome.status || 'no answer',
    responseCode: typeof code === 'string' ? code : null,
    detail: outcome.hint.detail ?? null,
    expectedStringToSign: outcome.hint.stringToSign ?? null,
  });
}
