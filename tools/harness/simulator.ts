import { startChild, textOf } from './child.ts';
import type { Child } from './child.ts';

/** A simulator that runs as a program of its own. */
export interface Simulator {
  readonly child: Child;
  readonly url: string;
  /** Calls its management interface; throws with its words when it says no. */
  manage(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

export async function startSimulator(name: 'dingtalk' | 'banks', seed: number): Promise<Simulator> {
  const child = await startChild({
    script: `simulators/${name}/main.ts`,
    arguments: ['--port', '0', '--admin-port', '0', '--seed', String(seed)],
  });
  const adminUrl = textOf(child.said, 'adminUrl');
  return {
    child,
    url: textOf(child.said, 'url'),
    manage: async (method, path, body) => {
      const response = await fetch(`${adminUrl}/_sim/${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const answer: unknown = await response.json();
      if (response.ok) return answer;
      throw new Error(`${method} /_sim/${path}: ${JSON.stringify(answer).slice(0, 300)}`);
    },
  };
}
