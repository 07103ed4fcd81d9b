import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../lib/http.ts';
import { spoilAnswer } from './aftermath.ts';
import type { Outcome } from './aftermath.ts';
import { balanceInquiry } from './balance-service.ts';
import { disturb } from './disturbance.ts';
import type { Gateway } from './disturbance.ts';
import { strike } from './faults.ts';
import { transactionHistory } from './history-service.ts';
import { header } from './inbound.ts';
import type { Answer, InboundRequest, ServiceCall } from './inbound.ts';
import { profileOfPath } from './profiles.ts';
import type { Profile, ServicePath } from './profiles.ts';
import { notSupported, Refusal, unauthorized } from './refusal.ts';
import { passGate } from './service-gate.ts';
import { bankStatement } from './statement-service.ts';
import { bearerToken, issueToken } from './token-service.ts';
import type { TransferDesk } from './transfers/desk.ts';
import { externalInquiry, internalInquiry } from './transfers/inquiry-service.ts';
import { isTransferService } from './transfers/rails.ts';
import { refusedOrder } from './transfers/refused-order.ts';
import { transferStatus } from './transfers/status-service.ts';
import { transfer } from './transfers/transfer-service.ts';
import type { World } from './world.ts';

/** What serves the wire: the world, the front of the bank and its payment desk. */
export interface WireParts {
  readonly world: World;
  readonly gateway: Gateway;
  readonly desk: TransferDesk;
}

type Serve = (call: ServiceCall) => Answer | Promise<Answer>;

/** The services offered; another of the standard's is added by one line here. */
const SERVICES: Readonly<Record<string, Serve>> = {
  '11': balanceInquiry,
  '12': transactionHistory,
  '14': bankStatement,
  '15': internalInquiry,
  '16': externalInquiry,
  '17': (call) => transfer(call, '17'),
  '18': (call) => transfer(call, '18'),
  '22': (call) => transfer(call, '22'),
  '23': (call) => transfer(call, '23'),
  '36': transferStatus,
};

/** Where a call went. */
interface Target {
  readonly profile: Profile;
  /** Two digits in the bank's codes. */
  readonly service: string;
  /** The standard's service, where the bank's codes name another. */
  readonly operation: string;
  readonly version: ServicePath['version'];
}

/** The wire interface of all three banks. */
export async function serveWire(
  parts: WireParts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { world, gateway, desk } = parts;
  const request = await readRequest(incoming);
  const profile = profileOfPath(pathOf(request));
  response.setHeader('Date', world.clock.now().toUTCString());
  if (!profile) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('no bank here');
    return;
  }
  desk.agenda.runDue();
  const target = targetOf(profile, request);
  const { service, operation } = target;
  const scope = { bank: profile.bank, service, operation, path: pathOf(request) };
  const { ended, refusal } = await disturb(world, gateway, scope, response);
  if (ended) {
    const { status, detail } = ended;
    note(parts, target, request, { status, body: {}, headers: {}, hint: { detail } });
    return;
  }
  const carriedOut = await carryOut(parts, target, request, refusal);
  const circumstances = { scope, response, outcome: carriedOut };
  const { outcome, isSent } = await spoilAnswer(world, gateway, circumstances);
  // Who did not wait for the answer did not get it.
  const isLost = !isSent && response.destroyed;
  note(parts, target, request, isLost ? { ...outcome, status: 0 } : outcome);
  if (!isSent) send(world, profile, outcome, response);
}

function targetOf(profile: Profile, request: InboundRequest): Target {
  const path = pathOf(request);
  if (path === profile.tokenPath) {
    return { profile, service: '73', operation: '73', version: undefined };
  }
  const found = profile.services.get(path);
  const service = found?.service ?? '00';
  return { profile, service, operation: found?.operation ?? service, version: found?.version };
}

async function carryOut(
  parts: WireParts,
  target: Target,
  request: InboundRequest,
  refusal: Refusal | undefined,
): Promise<Outcome> {
  const { service, profile } = target;
  try {
    if (refusal) throw refusal;
    checkAddress(parts.world, profile, request, service);
    const {
      fields,
      headers = {},
      transfer: executed,
      isInProgress,
    } = await answer(parts, target, request);
    const code = isInProgress
      ? { responseCode: `202${service}00`, responseMessage: 'Request In Progress' }
      : { responseCode: `200${service}00`, responseMessage: 'Successful' };
    const body = { ...code, ...fields };
    const status = isInProgress ? 202 : 200;
    return { status, body, headers, hint: {}, ...(executed ? { transfer: executed } : {}) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = { responseCode: error.responseCode, responseMessage: error.message };
    return { status: error.status, body, headers: {}, hint: error.hint };
  }
}

async function answer(parts: WireParts, target: Target, request: InboundRequest): Promise<Answer> {
  const { world, desk } = parts;
  const { profile, service, operation, version } = target;
  if (request.method !== 'POST') throw notSupported(service);
  if (service === '73') return issueToken(world, profile, request);
  const serve = SERVICES[operation];
  if (!serve) throw notSupported(service);
  loseToken(world, target, request);
  const body = await passGate(world, profile, request, { service, operation });
  const externalId = header(request, 'X-EXTERNAL-ID') ?? '';
  const path = pathOf(request);
  return serve({ world, desk, profile, service, operation, version, externalId, path, body });
}

/** The fault `tokenInvalidated`: the bank forgets the token with which this call comes. */
function loseToken(world: World, target: Target, request: InboundRequest): void {
  const { service, operation, profile } = target;
  const scope = { bank: profile.bank, service, operation, path: pathOf(request) };
  if (!strike(world.faults, 'tokenInvalidated', scope)) return;
  world.tokens.delete(bearerToken(request) ?? '');
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

/** Remembers the call for the management interface, and in the journal if it was about a transfer. */
function note(
  { world, desk }: WireParts,
  target: Target,
  request: InboundRequest,
  outcome: Outcome,
): void {
  const { bank } = target.profile;
  const { body, hint, status, transfer: executed } = outcome;
  const code = body['responseCode'];
  const responseCode = typeof code === 'string' ? code : null;
  const at = world.clock.now().toISOString();
  const answered = status === 0 ? 'cut' : `${status} ${responseCode ?? 'page'}`;
  if (executed) {
    executed.answered = answered;
    desk.journal.touch(executed);
  } else if (isTransferService(target.operation)) {
    const detail =
      hint.detail ?? (typeof body['responseMessage'] === 'string' ? body['responseMessage'] : null);
    desk.journal.refuse({
      ...refusedOrder(request),
      at,
      bank,
      service: target.operation,
      responseCode,
      detail,
      answered,
    });
  }
  world.calls.add({
    at,
    bank,
    method: request.method,
    path: pathOf(request),
    status: status || 'no answer',
    responseCode,
    detail: hint.detail ?? null,
    expectedStringToSign: hint.stringToSign ?? null,
  });
}
