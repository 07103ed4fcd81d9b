import { lookup as dnsLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, errors, request } from 'undici';
import type { Dispatcher } from 'undici';
import { CashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';

/** Where a request goes and which rules hold on the way. */
export interface TransportTarget {
  /** Scheme, host, port and an optional path prefix. */
  readonly baseUrl: string;
  readonly tlsMin?: 'TLSv1.2' | 'TLSv1.3';
  /** For the whole exchange, from the first byte of ours to the last of the answer. */
  readonly timeoutMs?: number;
  /**
   * How long a connection may rest before it is used again; 20 seconds unless told. The other side may
   * close it just then, and a request that meets this is lost without an answer.
   */
  readonly restMs?: number;
  /** Answers beyond it are cut off and count as unread. */
  readonly answerBytesMax?: number;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
}

/** The only way out of the house: everything we send to banks and to DingTalk passes here. */
export interface Transport {
  /** Sends once. Never retries and never follows a redirect; throws `transport.*` errors. */
  send(
    target: TransportTarget,
    message: Omit<HttpRequest, 'body'> & { readonly body?: string | Uint8Array },
  ): Promise<HttpResponse>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /**
   * Hosts that may stand on private or loopback addresses, such as a bank behind a leased line.
   * `*` allows all, for the demo world and for tests.
   */
  readonly allowedPrivateHosts: readonly string[];
  readonly userAgent: string;
  /** Asks for the addresses of a name; the system's by default. */
  readonly lookup?: NameLookup;
}

type NameLookup = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const CONNECTIONS_PER_HOST = 64;
const REST_MS = 20_000;

/** Makes the transport; close it to end its connections. */
export function createTransport(options: TransportOptions): Transport {
  const agents = new Map<string, Agent>();
  const agentFor = (target: TransportTarget): Agent => {
    const { tlsMin = 'TLSv1.2', restMs = REST_MS, clientCertificate } = target;
    const key = `${tlsMin}\n${restMs}\n${clientCertificate?.certificate ?? ''}`;
    const known = agents.get(key);
    if (known) return known;
    const agent = createAgent(target, options);
    agents.set(key, agent);
    return agent;
  };
  return {
    send: async (target, message) => {
      const url = joinUrl(target.baseUrl, message.path);
      refusePrivateLiteral(url, options.allowedPrivateHosts);
      const timeoutMs = target.timeoutMs ?? ANSWER_TIMEOUT_MS;
      const headers = { 'user-agent': options.userAgent, ...message.headers };
      try {
        const answer = await request(url, {
          dispatcher: agentFor(target),
          method: message.method,
          headers,
          ...(message.body === undefined ? {} : { body: message.body }),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          // An answer that drips in byte by byte must end too.
          signal: AbortSignal.timeout(timeoutMs),
        });
        return await readAnswer(answer, url, target.answerBytesMax ?? ANSWER_BYTES_MAX);
      } catch (error) {
        throw toTransportError(error, url);
      }
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
      agents.clear();
    },
  };
}

/** Puts a path behind a base address; the base may carry a prefix. */
export function joinUrl(baseUrl: string, path: string): URL {
  return new URL(baseUrl.replace(/\/+$/, '') + path);
}

/** Errors of connections that never stood: no byte of a request can have left with them. */
const neverConnected = new WeakSet<Error>();

function createAgent(target: TransportTarget, options: TransportOptions): Agent {
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    minVersion: target.tlsMin ?? 'TLSv1.2',
    // In HTTP/2 undici repeats by itself what the other side disowns with GOAWAY, a POST as well.
    allowH2: false,
    // Checked at the moment of connecting, so that a name cannot change its address in between.
    lookup: guardedLookup(options),
    ...(target.clientCertificate
      ? { cert: target.clientCertificate.certificate, key: target.clientCertificate.key }
      : {}),
  });
  return new Agent({
    connections: CONNECTIONS_PER_HOST,
    keepAliveTimeout: target.restMs ?? REST_MS,
    // Whatever longer rest the other side promises.
    keepAliveMaxTimeout: Math.max(target.restMs ?? REST_MS, 1_000),
    allowH2: false,
    connect: (where, callback) => {
      connect(where, (...result) => {
        const [error] = result;
        if (error) neverConnected.add(error);
        callback(...result);
      });
    },
  });
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Looks names up and refuses private addresses, unless their host is allowed by name. */
export function guardedLookup({
  allowedPrivateHosts,
  lookup = dnsLookup,
}: Pick<TransportOptions, 'allowedPrivateHosts' | 'lookup'>) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const forbidden = addresses.find(({ address }) => isPrivateAddress(address));
      if (forbidden && !isAllowedHost(hostname, allowedPrivateHosts)) {
        return callback(
          new CashbellError('transport.addressForbidden', {
            host: hostname,
            address: forbidden.address,
          }),
          [],
        );
      }
      const [first] = addresses;
      if (options.all === true || !first) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

function isAllowedHost(hostname: string, allowedHosts: readonly string[]): boolean {
  return allowedHosts.includes('*') || allowedHosts.includes(hostname);
}

/** Whether an address lies in a private, loopback, link-local or otherwise special range. */
export function isPrivateAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  return ipaddr.process(address).range() !== 'unicast';
}

/** An address written as numbers never passes through the name look-up. */
export function refusePrivateLiteral(url: URL, allowedHosts: readonly string[]): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || !isPrivateAddress(host) || isAllowedHost(host, allowedHosts)) return;
  throw new CashbellError('transport.addressForbidden', { host, address: host });
}

async function readAnswer(
  answer: Dispatcher.ResponseData,
  url: URL,
  bytesMax: number,
): Promise<HttpResponse> {
  if (answer.statusCode >= 300 && answer.statusCode < 400) {
    await answer.body.dump();
    throw new CashbellError('transport.redirectRefused', {
      host: url.host,
      status: answer.statusCode,
    });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bytesMax) {
      answer.body.destroy();
      throw new CashbellError('transport.answerTooLarge', { host: url.host, bytesMax });
    }
    chunks.push(bytes);
  }
  return {
    status: answer.statusCode,
    headers: flatHeaders(answer.headers),
    body: Buffer.concat(chunks),
  };
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** Codes of connecting that mean that nobody was there. */
const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function toTransportError(error: unknown, url: URL): CashbellError {
  const known = findOurs(error);
  if (known) return known;
  const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const unsent = error instanceof Error && neverConnected.has(error) && codeOfConnect(cause);
  if (unsent) return new CashbellError(unsent, { host: url.host, cause }, { cause: error });
  // Everything else may have happened after the request arrived, whatever words it uses: a line that
  // breaks later says EHOSTUNREACH or names TLS too. The outcome is unknown.
  const isTimeout =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    (error instanceof Error && error.name === 'TimeoutError');
  return new CashbellError(
    'transport.timeout',
    { host: url.host, cause: isTimeout ? 'no answer in time' : cause },
    { cause: error },
  );
}

function codeOfConnect(cause: string): ErrorCode | undefined {
  if (cause === 'ENOTFOUND' || cause === 'EAI_AGAIN') return 'transport.dnsFailed';
  if (CONNECT_CODES.has(cause)) return 'transport.connectFailed';
  return /^(EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED)/.test(cause)
    ? 'transport.tlsFailed'
    : undefined;
}

function findOurs(error: unknown): CashbellError | undefined {
  if (error instanceof CashbellError) return error;
  return error instanceof Error && error.cause !== undefined ? findOurs(error.cause) : undefined;
}
