import { v1Error } from '../answers.ts';
import type { Reply } from '../answers.ts';
import { admit, isRefusal } from '../app-gate.ts';
import { readJsonObject, strikes } from '../call.ts';
import type { Call, Route } from '../call.ts';
import type { App } from '../world.ts';

export type Body = Readonly<Record<string, unknown>>;

export type Permission =
  | 'Workflow.Form.Read'
  | 'Workflow.Form.Write'
  | 'Workflow.Instance.Read'
  | 'Workflow.Instance.Write';

/** One interface of OA approval: token, permission, rate, quota, then its own work; refusals are booked. */
export function workflowRoute(
  method: 'GET' | 'POST',
  path: string,
  permission: Permission,
  handle: (call: Call, app: App, body: Body) => Reply,
): Route {
  return {
    methods: [method],
    path,
    dialect: 'v1',
    handle: (call) => {
      const reply = answer(call, handle, { dialect: 'v1', api: `${method} ${path}`, permission });
      if (reply.refused) {
        const text = call.body.toString('utf8');
        call.world.books.refuse({ path: call.path, ...reply.refused, text });
      }
      return reply;
    },
  };
}

function answer(
  call: Call,
  handle: (call: Call, app: App, body: Body) => Reply,
  demand: { dialect: 'v1'; api: string; permission: Permission },
): Reply {
  const app = admit(call, demand);
  if (isRefusal(app)) return app;
  const fault = strikes(call.world, 'workflowError', call.path);
  if (fault) {
    const { code, message, status } = fault.settings;
    const text = typeof message === 'string' ? message : 'simulated workflow error';
    return v1Error(Number(status ?? 400), typeof code === 'string' ? code : 'internalError', text);
  }
  const body = call.method === 'GET' ? {} : readJsonObject(call.body);
  return body ? handle(call, app, body) : wrong('invalidParameter', '请求体不是 JSON 对象');
}

/** An error of OA approval: HTTP 400 with its own code (dingtalk.md 4.4). */
export function wrong(code: string, message: string): Reply {
  return v1Error(400, code, message);
}

/** Tells a list of at most so many from anything else. */
export function isListUpTo(value: unknown, max: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= max;
}

/** A text that is there and not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
