import { gatewayError, oapiError, v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import { strikes } from './call.ts';
import type { Call } from './call.ts';
import { isListed } from './robot-send.ts';
import { appOfToken, dropToken } from './tokens.ts';
import { windowOf } from './world.ts';
import type { App } from './world.ts';

/** What an interface asks of its caller. */
export interface Demand {
  readonly dialect: 'v1' | 'oapi';
  /** Name by which calls per second are counted. */
  readonly api: string;
  readonly permission?: string;
  /** Most interfaces count against the month; the directory and token ones do not (dingtalk.md 2.3). */
  readonly isCounted?: boolean;
}

/** Lets an app's call in, or gives the refusal in the dialect of the path (dingtalk.md 2.1, 2.2). */
export function admit(call: Call, demand: Demand): App | Reply {
  const app = authenticate(call, demand);
  if ('status' in app) return app;
  return checkGrants(call, demand, app) ?? checkRates(call, demand, app) ?? app;
}

/** Tells an app from a refusal. */
export function isRefusal(value: App | Reply): value is Reply {
  return 'status' in value;
}

// The new API reads the header only, the old API the query only; each ignores the other's place.
function authenticate(call: Call, demand: Demand): App | Reply {
  const isNew = demand.dialect === 'v1';
  const header = call.headers['x-acs-dingtalk-access-token'];
  const token = isNew ? header : call.query.get('access_token');
  if (typeof token !== 'string' || token === '') {
    return isNew
      ? v1Error(
          400,
          'AuthenticationFailed.MissingParameter',
          'Missing parameter: x-acs-dingtalk-access-token',
        )
      : gatewayError('40000', 'access_token is missing');
  }
  const app = appOfToken(call.world, token);
  if (app && !strikes(call.world, 'tokenExpired', call.path)) return app;
  if (app) dropToken(call.world, app);
  return isNew
    ? v1Error(400, 'InvalidAuthentication', '不合法的access_token')
    : gatewayError('40014', '不合法的access_token');
}

function checkGrants(call: Call, demand: Demand, app: App): Reply | undefined {
  const { world, path } = call;
  const isNew = demand.dialect === 'v1';
  const permission = demand.permission;
  const isGranted = permission === undefined || app.permissions.includes(permission);
  if (!isGranted || strikes(world, 'permissionMissing', path)) {
    const text = `应用尚未开通所需的权限：[${permission ?? demand.api}]`;
    return isNew
      ? v1Error(403, 'Forbidden.AccessDenied.AccessTokenPermissionDenied', text)
      : gatewayError('60011', text);
  }
  const isAllowed = app.ipWhitelist.length === 0 || isListed(app.ipWhitelist, call.ip);
  if (!isAllowed || strikes(world, 'ipNotInWhitelist', path)) {
    const text = `访问ip不在白名单之中,request ip=${call.ip}`;
    return isNew
      ? v1Error(403, 'Forbidden.AccessDenied.IpNotInWhiteList', text)
      : oapiError(60_020, text);
  }
  return undefined;
}

function checkRates(call: Call, demand: Demand, app: App): Reply | undefined {
  const { world, path } = call;
  const isNew = demand.dialect === 'v1';
  const nowMs = world.clock.now().getTime();
  const isFast = !windowOf(app, demand.api).take(nowMs, world.limits.qps);
  if (isFast || strikes(world, 'throttleQps', path)) {
    const text = '触发应用对该接口的全局并发调用限流';
    return isNew
      ? v1Error(403, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', text)
      : oapiError(90_018, text);
  }
  if (demand.isCounted === false) return undefined;
  // Calls refused by the rate are not counted, so the month comes last.
  if (strikes(world, 'quotaExhausted', path) || !world.quotas.take('apiCalls')) {
    const text = '组织当月API调用量已用完';
    return isNew
      ? v1Error(403, 'Forbidden.AccessDenied.ApiCountLimitForOrg', text)
      : oapiError(90_020, text);
  }
  return undefined;
}
