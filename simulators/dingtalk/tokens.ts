import { oapiError, ok, v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import { readJsonObject } from './call.ts';
import type { Call, Route } from './call.ts';
import { hex } from './world.ts';
import type { App, World } from './world.ts';

/** The three ways to a token of an internal app (dingtalk.md 2.1); none counts against the monthly quota. */
export const TOKEN_ROUTES: readonly Route[] = [
  {
    methods: ['POST'],
    path: '/v1.0/oauth2/accessToken',
    dialect: 'v1',
    isToken: true,
    handle: newToken,
  },
  {
    methods: ['GET', 'POST'],
    path: '/gettoken',
    dialect: 'oapi',
    isToken: true,
    handle: oldToken,
  },
  {
    methods: ['POST'],
    path: /^\/v1\.0\/oauth2\/([^/]+)\/token$/,
    dialect: 'v1',
    isToken: true,
    handle: clientCredentialsToken,
  },
];

function newToken(call: Call): Reply {
  const body = readJsonObject(call.body);
  const app = authenticate(call.world, body?.['appKey'], body?.['appSecret']);
  if (!app) {
    return v1Error(400, 'invalidClientIdOrSecret', '无效的clientId或者clientSecret');
  }
  return ok({ accessToken: issue(call.world, app), expireIn: lifetimeSeconds(call.world) });
}

// Parameters count in the query only, whatever a body says.
function oldToken(call: Call): Reply {
  const appKey = call.query.get('appkey');
  const appSecret = call.query.get('appsecret');
  if (!appKey || !appSecret) return oapiError(40_035, '不合法的参数 appkey or appsecret');
  const app = authenticate(call.world, appKey, appSecret);
  if (!app) return oapiError(40_096, '不合法的appKey或appSecret');
  return ok({
    errcode: 0,
    access_token: issue(call.world, app),
    errmsg: 'ok',
    expires_in: lifetimeSeconds(call.world),
  });
}

function clientCredentialsToken(call: Call): Reply {
  const { world } = call;
  if (call.parts[0] !== world.corpId) return v1Error(500, 'unknownError', 'Unknown Error');
  const body = readJsonObject(call.body);
  if (body?.['grant_type'] !== 'client_credentials') {
    return v1Error(400, 'unsupported.grant.type', 'grant_type is not supported');
  }
  const app = authenticate(world, body['client_id'], body['client_secret']);
  if (!app) return v1Error(400, 'invalid.client', 'client_id or client_secret is invalid');
  return ok({ access_token: issue(world, app), expires_in: lifetimeSeconds(world) });
}

function authenticate(world: World, key: unknown, secret: unknown): App | undefined {
  const app = typeof key === 'string' ? world.apps.get(key) : undefined;
  return app && app.appSecret === secret ? app : undefined;
}

/** Asking again while the token is valid gives the same one and extends it. */
function issue(world: World, app: App): string {
  const nowMs = world.clock.now().getTime();
  const expiresAtMs = nowMs + world.limits.tokenLifetimeMs;
  if (app.token && app.token.expiresAtMs > nowMs) {
    app.token.expiresAtMs = expiresAtMs;
    return app.token.value;
  }
  if (app.token) world.tokens.delete(app.token.value);
  app.token = { value: `simulated${hex(world.random, 23)}`, expiresAtMs };
  world.tokens.set(app.token.value, app);
  return app.token.value;
}

/** Drops the app's token, so that the next request for one gives a new one. */
export function dropToken(world: World, app: App): void {
  if (app.token) world.tokens.delete(app.token.value);
  app.token = undefined;
}

/** The app whose token this is, as long as it is valid. */
export function appOfToken(world: World, token: string): App | undefined {
  const app = world.tokens.get(token);
  if (!app?.token || app.token.value !== token) return undefined;
  return app.token.expiresAtMs > world.clock.now().getTime() ? app : undefined;
}

function lifetimeSeconds(world: World): number {
  return Math.floor(world.limits.tokenLifetimeMs / 1000);
}
