import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from './answers.ts';
import type { FaultName } from './fault-names.ts';
import type { World } from './world.ts';
import type { Fault } from '../lib/faults.ts';

/** One request as the handlers see it. */
export interface Call {
  readonly world: World;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly ip: string;
  /** Parts of the path that the route left open, decoded. */
  readonly parts: readonly string[];
}

/** One path of DingTalk. Later parts of the simulator (approval, Stream, login) add theirs to the list. */
export interface Route {
  readonly methods: readonly string[];
  /** Exact text, or an expression whose groups become `parts`. */
  readonly path: string | RegExp;
  readonly dialect: 'v1' | 'oapi';
  /** Token endpoints are spared the faults that are meant for messages. */
  readonly isToken?: boolean;
  handle(call: Call): Reply | Promise<Reply>;
}

/** Asks whether a fault strikes this call; a fault with a `path` setting strikes only paths holding it. */
export function strikes(world: World, name: FaultName, path: string): Fault | undefined {
  const active = world.faults.list();
  if (active.length === 0) return undefined;
  const fault = active.find((candidate) => candidate.name === name);
  if (!fault) return undefined;
  const only = fault.settings['path'];
  if (typeof only === 'string' && !path.includes(only)) return undefined;
  return world.faults.strikes(name);
}

/** Reads a JSON object from the body; undefined when it is none. */
export function readJsonObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
