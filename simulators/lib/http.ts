import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** Every answer of a simulator carries this header, so that nobody takes it for the real thing. */
export const SIMULATED_HEADER = 'X-Simulated-By';

const BODY_BYTES_MAX = 32 * 1024 * 1024;

export interface Handler {
  (request: IncomingMessage, response: ServerResponse): Promise<void> | void;
  /** Takes over a connection that asks for WebSocket; without it such a request is a plain one. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Listening {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on loopback only: a simulator speaks for a bank or for DingTalk and must not be
 * reachable from outside by accident. Port 0 picks a free one.
 */
export async function listen(handler: Handler, port: number): Promise<Listening> {
  const server = createServer((request, response) => {
    response.setHeader(SIMULATED_HEADER, 'cashbell');
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { simulatorError: String(error) });
      else response.destroy();
    });
  });
  if (handler.upgrade) server.on('upgrade', handler.upgrade);
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    close: () => closeServer(server),
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** Reads the whole body as bytes; signatures are over bytes, never over a parsed value. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('body too large for the simulator');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Sends one JSON value. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    ...headers,
  });
  response.end(body);
}

/** Sends a text body such as a page. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': String(body.length),
  });
  response.end(body);
}
