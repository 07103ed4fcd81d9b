import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BankSimulator } from '../lib/bank.ts';
import { readBody, sendJson, sendText } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';
import { createManagement } from './management.ts';
import { renderPage } from './page.ts';

export interface Banks {
  /** The wire interfaces of all banks behind one port. */
  readonly wire: Handler;
  /** The management interface and the page. */
  readonly admin: Handler;
  stop(): Promise<void>;
}

interface BanksOptions {
  readonly seed: number;
  /** The first one that handles a path gets the call. */
  readonly simulators: readonly BankSimulator[];
  /** Where the page is served, once that is known; the wire port sends browsers there. */
  readonly adminPort: () => number;
}

// The page brings everything along; a mistake in it must not be able to call another host.
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Puts several bank simulators behind one wire port and one management port. */
export function composeBanks({ seed, simulators, adminPort }: BanksOptions): Banks {
  const management = createManagement(seed, simulators);
  const page = renderPage();

  const wire: Handler = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://banks.simulated');
    const simulator = simulators.find((candidate) => candidate.handles(pathname));
    if (simulator) return simulator.wire(request, response);
    if (pathname === '/' && request.method === 'GET') {
      const host = (request.headers.host ?? '127.0.0.1').replace(/:\d+$/, '');
      response.writeHead(302, { location: `http://${host}:${adminPort()}/` }).end();
      return undefined;
    }
    const names = simulators.map(({ name }) => name).join(', ');
    sendJson(response, 404, { simulatorError: `no bank here has ${pathname}; banks: ${names}` });
    return undefined;
  };

  async function admin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://banks.simulated');
    const method = request.method ?? 'GET';
    if (pathname === '/' && method === 'GET') {
      response.setHeader('content-security-policy', PAGE_POLICY);
      sendText(response, 200, page, 'text/html; charset=utf-8');
      return;
    }
    if (!pathname.startsWith('/_sim/')) {
      sendJson(response, 404, { error: `no ${pathname}; management calls begin with /_sim/` });
      return;
    }
    try {
      const text = (await readBody(request)).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const path = `${pathname.slice('/_sim/'.length)}${search}`;
      const answer = await management(method, path, body);
      if (answer !== undefined) sendJson(response, 200, answer);
      else sendJson(response, 404, { error: `no ${method} ${pathname}` });
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    wire,
    admin,
    async stop() {
      await Promise.all(simulators.map((simulator) => simulator.stop()));
    },
  };
}
