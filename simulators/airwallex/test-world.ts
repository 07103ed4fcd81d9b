import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { BankSimulator } from '../lib/bank.ts';
import { listen, readBody } from '../lib/http.ts';
import { createAdminHandler } from './admin.ts';
import { createAirwallexSimulator } from './simulator.ts';

/** A parsed answer; its shape is what the tests are about. */
export type Loose = ReturnType<typeof JSON.parse>;

/** An event as the company received it. */
export interface Received {
  readonly timestamp: string;
  readonly signature: string;
  readonly raw: string;
}

/** A running simulator with a company that listens to its events. */
export interface TestWorld {
  readonly simulator: BankSimulator;
  readonly url: string;
  readonly received: Received[];
  /** Statuses that the company answers, one per call; 200 when there are none left. */
  readonly answers: number[];
  login(): Promise<string>;
  get(path: string): Promise<{ status: number; text: string; json: Loose; headers: Headers }>;
  post(path: string, body: string): Promise<{ status: number; text: string; json: Loose }>;
  manage(method: string, path: string, body?: unknown): Promise<Loose>;
}

const HKD = 'HKD';

/** Starts simulator and company on free ports; both are closed when the test ends. */
export async function startWorld(seed = 7): Promise<TestWorld> {
  const simulator = createAirwallexSimulator({ seed });
  const wire = await listen(simulator.wire, 0);
  const admin = await listen(
    createAdminHandler((...call) => simulator.manage(...call)),
    0,
  );
  const received: Received[] = [];
  const answers: number[] = [];
  const company = await listen(async (request, response) => {
    received.push({
      timestamp: String(request.headers['x-timestamp']),
      signature: String(request.headers['x-signature']),
      raw: (await readBody(request)).toString(),
    });
    response.writeHead(answers.shift() ?? 200).end('ok');
  }, 0);
  onTestFinished(async () => {
    await simulator.stop();
    await Promise.all([wire.close(), admin.close(), company.close()]);
  });

  let token: string | undefined;
  const world: TestWorld = {
    simulator,
    url: wire.url,
    received,
    answers,
    async login() {
      const response = await fetch(`${wire.url}/api/v1/authentication/login`, {
        method: 'POST',
        headers: {
          'x-client-id': 'sim_client_hk_0001',
          'x-api-key': 'sim_apikey_sandbox_0123456789abcdef',
        },
      });
      const body: Loose = await response.json();
      token = body.token;
      return body.token;
    },
    async get(path) {
      const response = await fetch(`${wire.url}${path}`, {
        headers: { authorization: `Bearer ${token ?? (await world.login())}` },
      });
      const text = await response.text();
      return { status: response.status, text, json: parse(text), headers: response.headers };
    },
    async post(path, body) {
      const response = await fetch(`${wire.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token ?? (await world.login())}` },
        body,
      });
      const text = await response.text();
      return { status: response.status, text, json: parse(text) };
    },
    async manage(method, path, body) {
      const response = await fetch(`${admin.url}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: Loose = await response.json();
      if (!response.ok) throw new Error(`${response.status} ${answer.error}`);
      return answer;
    },
  };
  await world.manage('PUT', 'partner', {
    webhookUrl: `${company.url}/hooks/airwallex`,
    webhookSecret: 'whsec_test_0123456789',
    retryBaseMs: 5,
  });
  return world;
}

/** Orders a movement on the HKD wallet. */
export async function credit(
  world: TestWorld,
  order: Record<string, unknown> = {},
): Promise<string> {
  const answer = await world.manage('POST', 'movements', {
    account: HKD,
    creditDebitIndicator: 'credit',
    amount: '100.10',
    remark: 'Invoice 2025-118',
    ...order,
  });
  return answer.reference;
}

/** Waits until a condition holds; fails after five seconds with what was waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A received event by its place; fails when it has not come. */
export function eventAt(world: TestWorld, index: number): Received {
  const event = world.received[index];
  if (!event) throw new Error(`only ${world.received.length} events have come`);
  return event;
}

/** The name of a received event. */
export function nameOf(received: Received): string {
  return JSON.parse(received.raw).name;
}

/** Finds a port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
