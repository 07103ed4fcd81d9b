import { randomBytes } from 'node:crypto';
import { registerCardCallback } from '#dingtalk/card-callback.ts';
import type { Directory, DirectoryApp } from '#store/directory.ts';
import { prepareCardRoute, saveCardRoute } from '#store/card-routes.ts';
import { loadCardApps } from '#store/card-routes.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { AppCalls } from '../dingtalk/app-calls.ts';

export interface CardRouteDeps {
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly calls: AppCalls;
  /** Where DingTalk reaches us; without it presses by HTTP are impossible. */
  readonly publicUrl: string | undefined;
}

const SECRET_BYTES = 32;

/**
 * Tells DingTalk where presses arrive, for every app that hears by HTTP and shows cards; again when our
 * address has changed. The secret is on disk before DingTalk signs with it.
 */
export async function registerCardRoutes(deps: CardRouteDeps): Promise<void> {
  const { services, directory, publicUrl } = deps;
  if (publicUrl === undefined) return;
  for (const { orgId, appId } of await loadCardApps(services.pool)) {
    const app = (await directory.org(orgId)).apps.get(appId);
    const url = `${publicUrl.replace(/\/$/, '')}/dingtalk/cards/${orgId}/${appId}`;
    if (app && app.cardRoute?.url !== url) await register(deps, app, url);
  }
}

async function register(
  { services, directory, calls }: CardRouteDeps,
  app: DirectoryApp,
  url: string,
): Promise<void> {
  const { orgId, appId } = app;
  const callbackRouteKey = `cashbell-${appId}`;
  const apiSecret = app.cardRoute?.apiSecret.reveal() ?? randomBytes(SECRET_BYTES).toString('hex');
  if (!app.cardRoute) {
    await prepareCardRoute(services, { orgId, appId, key: callbackRouteKey, apiSecret });
  }
  await calls.call(app, registerCardCallback, { callbackRouteKey, callbackUrl: url, apiSecret });
  await saveCardRoute(services, { orgId, appId, url });
  directory.forget(orgId);
}
