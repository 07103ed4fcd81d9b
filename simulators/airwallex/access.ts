import type { IncomingMessage } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import { WireError, invalid } from './errors.ts';
import type { Json } from './json.ts';
import type { Partner } from './partner.ts';
import { formatTime } from './shapes.ts';

const TOKEN_LIFETIME_MS = 30 * 60_000;

/** Who may call: log-in, tokens, versions and addresses. */
export interface Access {
  login(request: IncomingMessage): Json;
  /** Throws unless the request carries a token that is still good. */
  authorise(request: IncomingMessage): void;
  /** Throws when the caller's address is not on the list. */
  admit(request: IncomingMessage): void;
}

interface Surroundings {
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly random: Random;
}

/** Makes the gate in front of the wire interface. */
export function createAccess({ partner, clock, faults, random }: Surroundings): Access {
  const tokens = new Map<string, number>();
  return {
    login(request) {
      const clientId = header(request, 'x-client-id');
      const apiKey = header(request, 'x-api-key');
      if (clientId === undefined) throw missing('x-client-id');
      if (apiKey === undefined) throw missing('x-api-key');
      if (clientId !== partner().clientId || apiKey !== partner().apiKey) {
        throw new WireError(401, 'credentials_invalid', {
          message: 'UNAUTHORIZED: x-client-id or x-api-key is not valid in this environment.',
        });
      }
      checkAccount(header(request, 'x-login-as'), partner());
      const lifetime = faults.strikes('tokenExpiresAtOnce') ? 0 : TOKEN_LIFETIME_MS;
      const expiresAt = clock.now().getTime() + lifetime;
      const token = `sim.${hex(random, 48)}.${hex(random, 32)}`;
      for (const [known, end] of tokens) if (end <= clock.now().getTime()) tokens.delete(known);
      tokens.set(token, expiresAt);
      return { token, expires_at: formatTime(new Date(expiresAt)) };
    },
    authorise(request) {
      const [scheme, token] = (header(request, 'authorization') ?? '').split(' ');
      // The guide gives 403 to a call without a token and 401 to one with a bad token.
      if (scheme !== 'Bearer' || !token) {
        throw new WireError(403, 'forbidden', { message: 'The authentication token is missing.' });
      }
      const expiresAt = tokens.get(token);
      if (expiresAt === undefined || expiresAt <= clock.now().getTime()) {
        throw new WireError(401, 'unauthorized', {
          message: 'Access denied, the authentication token is invalid or has expired.',
        });
      }
      checkAccount(header(request, 'x-on-behalf-of'), partner());
      const version = header(request, 'x-api-version');
      if (version !== undefined && !/^20\d{2}-\d{2}-\d{2}$/.test(version)) {
        throw invalid('x-api-version', 'x-api-version must be a date such as 2025-06-30');
      }
    },
    admit(request) {
      const { allowedIps } = partner();
      const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
      if (allowedIps.length > 0 && !allowedIps.includes(address)) throw ipNotAllowed(address);
    },
  };
}

/** The answer to a caller from an address outside the allow-list of the API key. */
export function ipNotAllowed(address: string): WireError {
  return new WireError(403, 'forbidden', {
    message: `The IP address ${address} is not on the allow-list of this API key.`,
  });
}

function checkAccount(accountId: string | undefined, partner: Partner): void {
  if (accountId !== undefined && accountId !== partner.accountId) {
    throw new WireError(403, 'forbidden', { message: `No access to account ${accountId}.` });
  }
}

function missing(name: string): WireError {
  return new WireError(401, 'credentials_invalid', {
    message: `${name} is missing.`,
    source: name,
  });
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function hex(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.whole(0, 15).toString(16)).join('');
}
