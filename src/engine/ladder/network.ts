import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import type { PeerCertificate, SecureVersion, TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import type { TransportTarget } from '../transport.ts';

/** What a handshake showed. */
export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
  readonly subject: string;
  readonly issuer: string;
  /** Names that the certificate is good for. */
  readonly names: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** Why Node does not trust it, as a code such as `CERT_HAS_EXPIRED`; absent when it does. */
  readonly distrust?: string;
}

/** The network below HTTP; tests put their own in. Each throws an error with Node's `code`. */
export interface LadderNetwork {
  resolve(host: string): Promise<readonly string[]>;
  connect(place: { readonly host: string; readonly port: number }): Promise<void>;
  handshake(
    place: { readonly host: string; readonly port: number },
    target: Pick<TransportTarget, 'tlsMin' | 'clientCertificate'>,
  ): Promise<TlsFacts>;
}

const TIMEOUT_MS = 8_000;

/** An error with a code of ours where Node has none. */
function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Code of whatever a network primitive threw. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** The real network. Opens a connection of its own for each question and closes it at once. */
export const systemNetwork: LadderNetwork = {
  resolve: async (host) => {
    if (isIP(host) !== 0) return [host];
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const found = await Promise.race([
      lookup(host, { all: true }),
      new Promise<never>((_resolve, reject) => {
        timeout.addEventListener('abort', () => reject(codedError('ETIMEDOUT')));
      }),
    ]);
    return found.map((entry) => entry.address);
  },

  connect: ({ host, port }) =>
    new Promise((resolve, reject) => {
      const socket = connectTcp({ host, port });
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(codedError('ETIMEDOUT')));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    }),

  handshake: ({ host, port }, target) =>
    new Promise((resolve, reject) => {
      const socket = connectTls({
        host,
        port,
        minVersion: target.tlsMin satisfies SecureVersion | undefined,
        // Looked at, never used: a certificate that is not trusted must be named, not only refused.
        rejectUnauthorized: false,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(target.clientCertificate
          ? { cert: target.clientCertificate.certificate, key: target.clientCertificate.key }
          : {}),
      });
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(codedError('ETIMEDOUT')));
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        const facts = toFacts(socket, socket.getPeerCertificate());
        socket.destroy();
        resolve(facts);
      });
    }),
};

function toFacts(socket: TLSSocket, certificate: PeerCertificate): TlsFacts {
  const distrust = socket.authorized ? undefined : codeOf(socket.authorizationError);
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname ?? '',
    validFrom: certificate.valid_from ?? '',
    validTo: certificate.valid_to ?? '',
    ...(distrust === undefined
      ? {}
      : { distrust: distrust === 'unknown' ? String(socket.authorizationError) : distrust }),
  };
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const value = name?.CN ?? name?.O ?? '';
  return Array.isArray(value) ? value.join(', ') : value;
}
