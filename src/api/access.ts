import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CashbellError } from '#core/errors.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import type { TokenScope } from '#store/tokens.ts';
import { authenticateToken } from '#store/tokens.ts';
import { createRateLimiter } from './rate-limiter.ts';

/** Who asks, and for which organisation. Every read and write is bound to it. */
export interface Principal {
  readonly orgId: string;
  /** Token or person, unique within the organisation. */
  readonly holderId: string;
  /** As the audit names it: the person whose token it is, else the token. */
  readonly actor: string;
  readonly scopes: readonly TokenScope[];
  /** Absent: a machine. It may ask for payments, and never approve, confirm or decide anything. */
  readonly personId?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; a route without it is refused at start. */
    scope?: TokenScope;
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

/** Each scope includes the weaker ones. */
const INCLUDED: Readonly<Record<TokenScope, readonly TokenScope[]>> = {
  read: ['read', 'write', 'admin'],
  write: ['write', 'admin'],
  admin: ['admin'],
};

const REQUESTS_PER_MINUTE = 600;
/** Guessing a token of 192 bits is hopeless; this only keeps the log and the database quiet. */
const FAILURES_PER_MINUTE = 30;

/** Lets nobody in without a token that may do what the route does. */
export function registerAccess(
  app: FastifyInstance,
  services: Pick<AdminServices, 'pool' | 'now'>,
): void {
  const nowMs = (): number => services.now().epochMilliseconds;
  const requests = createRateLimiter({ perMinute: REQUESTS_PER_MINUTE, nowMs });
  const failures = createRateLimiter({ perMinute: FAILURES_PER_MINUTE, nowMs });
  app.decorateRequest('principal', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.scope === undefined && route.method !== 'HEAD') {
      throw new Error(`${String(route.method)} ${route.url} says no scope`);
    }
  });
  app.addHook('onRequest', async (request) => {
    // Asked before the token is looked up, so that a flood costs no query.
    failures.peek(request.ip);
    const principal = await findPrincipal(request, services);
    if (!principal) {
      failures.take(request.ip);
      throw new CashbellError('api.unauthorised');
    }
    requests.take(`${principal.orgId}/${principal.holderId}`);
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (!INCLUDED[scope].some((one) => principal.scopes.includes(one))) {
      throw new CashbellError('api.forbidden', {
        field: 'authorization',
        problem: `this needs a token with the scope "${scope}"`,
      });
    }
    request.principal = principal;
  });
}

async function findPrincipal(
  request: FastifyRequest,
  services: Pick<AdminServices, 'pool' | 'now'>,
): Promise<Principal | undefined> {
  const text = /^Bearer ([A-Za-z0-9_-]{1,200})$/.exec(request.headers.authorization ?? '')?.[1];
  if (text === undefined) return undefined;
  const holder = await authenticateToken(services, text);
  if (!holder) return undefined;
  const { orgId, tokenId, scopes, personId } = holder;
  if (personId === undefined) {
    return { orgId, holderId: tokenId, actor: `token:${tokenId}`, scopes };
  }
  return { orgId, holderId: tokenId, actor: personId, scopes, personId };
}

/** The caller of a route behind `registerAccess`. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new CashbellError('api.unauthorised');
  return request.principal;
}

/** The caller as a person who is logged in; a machine is refused, whatever its scopes. */
export function personOf(request: FastifyRequest): PersonActor {
  const { orgId, personId } = principalOf(request);
  if (personId !== undefined) return { orgId, personId };
  throw new CashbellError('api.forbidden', {
    field: 'authorization',
    problem: 'this needs the token of a person; the token of a machine only asks for payments',
  });
}
