import type { IncomingMessage } from 'node:http';
import { readBody, sendJson } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';

type Manage = (method: string, path: string, body: unknown) => Promise<unknown>;

/** Serves management calls below `/_sim/` over HTTP: 404 for unknown ones, 400 with the reason. */
export function createAdminHandler(manage: Manage): Handler {
  return async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://simulated');
    if (!pathname.startsWith('/_sim/')) {
      sendJson(response, 404, { error: `no ${pathname}; management calls begin with /_sim/` });
      return;
    }
    try {
      const body = await readJsonBody(request);
      const path = `${pathname.slice('/_sim/'.length)}${search}`;
      const answer = await manage(request.method ?? 'GET', path, body);
      if (answer !== undefined) sendJson(response, 200, answer);
      else sendJson(response, 404, { error: `no ${request.method} ${pathname}` });
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  };
}

async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request)).toString();
  return text === '' ? undefined : JSON.parse(text);
}
