import { listen } from '../lib/http.ts';
import { createDingtalkSimulator } from './simulator.ts';
import type { DingtalkSimulator } from './simulator.ts';

/** A simulator on free ports, with the few calls that its tests repeat. */
export interface Stand {
  readonly simulator: DingtalkSimulator;
  readonly url: string;
  readonly adminUrl: string;
  /** A management call; an error answer throws. */
  manage(method: string, path: string, body?: unknown): Promise<Json>;
  /** A call on the wire with a JSON body; `answer` is undefined when the body was no JSON. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** The same with the default app's token. */
  asApp(method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

// Answers are read loosely: a wrong shape must fail an expectation, not the compiler.
export type Json = any; // oxlint-disable-line no-explicit-any

export interface Answer {
  readonly status: number;
  readonly json: Json;
  readonly text: string;
  readonly headers: Headers;
}

/** Starts a simulator; the caller closes it. */
export async function startStand(seed = 1): Promise<Stand> {
  const simulator = createDingtalkSimulator({ seed });
  const wire = await listen(simulator.wire, 0);
  const admin = await listen(simulator.admin, 0);
  simulator.setWireUrl(wire.url);
  const call: Stand['call'] = async (method, path, body, headers = {}) =>
    readAnswer(
      await fetch(`${wire.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  const manage: Stand['manage'] = async (method, path, body) => {
    const response = await fetch(`${admin.url}/_sim/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await readAnswer(response);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.json;
  };
  return {
    simulator,
    url: wire.url,
    adminUrl: admin.url,
    manage,
    call,
    async asApp(method, path, body) {
      const { app } = await manage('GET', 'world');
      const token = await call('POST', '/v1.0/oauth2/accessToken', {
        appKey: app.appKey,
        appSecret: app.appSecret,
      });
      const header = { 'x-acs-dingtalk-access-token': String(token.json.accessToken) };
      return call(method, path, body, header);
    },
    async close() {
      await simulator.stop();
      await Promise.all([wire.close(), admin.close()]);
    },
  };
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, json, text, headers: response.headers };
}

/** Adds a robot whose keyword every test text holds, so that nothing but the matter at hand is judged. */
export async function addPlainRobot(stand: Stand): Promise<{ path: string; token: string }> {
  const robot = await stand.manage('POST', 'robots', {
    group: 'Finance 财务群',
    name: 'Plain',
    security: { mode: 'keyword', keywords: ['bell'] },
  });
  return { path: robot.webhookPath, token: robot.token };
}

/** A text message that the plain robot lets through. */
export function bell(text = '', more: Record<string, unknown> = {}): Record<string, unknown> {
  return { msgtype: 'text', text: { content: `bell ${text}` }, ...more };
}
