import { WebSocket } from 'ws';
import { CashbellError } from '#core/errors.ts';
import type { SecretText } from '#core/secret-text.ts';
import { guardedLookup, refusePrivateLiteral } from '../transport.ts';
import type { TransportOptions } from '../transport.ts';

/** One open connection. */
export interface Socket {
  send(text: string): void;
  ping(): void;
  /** Says goodbye; what is on its way still arrives. */
  close(): void;
  /** Ends it without a word. */
  terminate(): void;
}

export interface SocketHandlers {
  readonly onText: (text: string) => void;
  readonly onPong: () => void;
  /** Once, however it ended. */
  readonly onClosed: () => void;
}

/** Opens a connection. Its address holds a ticket, so it appears in no error. */
export type SocketOpener = (address: SecretText, handlers: SocketHandlers) => Promise<Socket>;

const HANDSHAKE_MS = 10_000;
/** Events and messages are small. */
const FRAME_BYTES_MAX = 1024 * 1024;

/** Makes an opener that goes only where the transport may go, and never without TLS over a network. */
export function createSocketOpener(
  options: Pick<TransportOptions, 'allowedPrivateHosts' | 'lookup' | 'userAgent'>,
): SocketOpener {
  return (address, handlers) => {
    const url = checkAddress(address, options.allowedPrivateHosts);
    return new Promise<Socket>((resolve, reject) => {
      let failure: string | undefined;
      const socket = new WebSocket(url, {
        handshakeTimeout: HANDSHAKE_MS,
        maxPayload: FRAME_BYTES_MAX,
        perMessageDeflate: false,
        followRedirects: false,
        minVersion: 'TLSv1.2',
        headers: { 'user-agent': options.userAgent },
        // Checked at the moment of connecting, like every other way out.
        lookup: guardedLookup(options),
      });
      socket.on('message', (data: Buffer) => handlers.onText(data.toString('utf8')));
      socket.on('pong', handlers.onPong);
      socket.on('error', (error) => {
        failure = causeOf(error);
      });
      socket.on('open', () => resolve(wrap(socket)));
      // After an error there is always an end; a promise that was kept stays kept.
      socket.on('close', (code) => {
        reject(streamDown(url.host, failure ?? `closed (${code})`));
        handlers.onClosed();
      });
    });
  };
}

function checkAddress(address: SecretText, allowedPrivateHosts: readonly string[]): URL {
  const url = URL.parse(address.reveal());
  if (!url) throw streamDown('', 'not an address');
  refusePrivateLiteral(url, allowedPrivateHosts);
  const isAllowed = allowedPrivateHosts.includes('*') || allowedPrivateHosts.includes(url.hostname);
  if (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && isAllowed)) {
    throw streamDown(url.host, 'not encrypted');
  }
  return url;
}

function wrap(socket: WebSocket): Socket {
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  return {
    // Whoever is gone cannot hear; DingTalk sends again what was not acknowledged.
    send: (text) => {
      if (isOpen()) socket.send(text);
    },
    ping: () => {
      if (isOpen()) socket.ping();
    },
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
}

export function streamDown(host: string, cause: string): CashbellError {
  return new CashbellError('dingtalk.streamDown', { host, cause });
}

/** Words about an error that cannot hold the address. */
function causeOf(error: Error): string {
  if (error instanceof CashbellError) return error.code;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^Unexpected server response: \d+$/.test(error.message) ? error.message : error.name;
}
