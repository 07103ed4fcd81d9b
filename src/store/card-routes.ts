import type { Pool } from 'pg';
import type { AdminServices } from './orgs.ts';
import { changeSettings } from './orgs.ts';
import { sealSecrets, writeSecrets } from './secrets.ts';

/** Apps that hear DingTalk by HTTP and show cards. */
export async function loadCardApps(
  pool: Pool,
): Promise<readonly { readonly orgId: string; readonly appId: string }[]> {
  const { rows } = await pool.query<{ org_id: string; app_id: string }>({
    name: 'load-card-apps',
    text: `SELECT org_id, app_id FROM dingtalk_app
           WHERE event_mode = 'callback' AND card_template_id IS NOT NULL AND removed_at IS NULL`,
    values: [],
  });
  return rows.map((row) => ({ orgId: row.org_id, appId: row.app_id }));
}

/** Keeps the secret with which DingTalk is going to sign presses. */
export async function prepareCardRoute(
  services: AdminServices,
  route: {
    readonly orgId: string;
    readonly appId: string;
    readonly key: string;
    readonly apiSecret: string;
  },
): Promise<void> {
  const { orgId, appId, key, apiSecret } = route;
  const sealed = await sealSecrets(services.keyring, orgId, { cardApiSecret: apiSecret });
  await changeSettings(services, { orgId, actor: 'system' }, async (client) => {
    await writeSecrets(client, { orgId, ownerId: appId }, sealed);
    await client.query(
      'UPDATE dingtalk_app SET card_route_key = $3 WHERE org_id = $1 AND app_id = $2',
      [orgId, appId, key],
    );
    const [secret] = sealed;
    const after = { key, fingerprint: secret?.fingerprint };
    return {
      result: undefined,
      audit: { action: 'dingtalkApp.cardRoutePrepared', subject: appId, after },
    };
  });
}

/** Notes that DingTalk knows the address; from then on cards of the app may be pressed. */
export async function saveCardRoute(
  services: AdminServices,
  { orgId, appId, url }: { readonly orgId: string; readonly appId: string; readonly url: string },
): Promise<void> {
  await changeSettings(services, { orgId, actor: 'system' }, async (client) => {
    await client.query(
      'UPDATE dingtalk_app SET card_route_url = $3 WHERE org_id = $1 AND app_id = $2',
      [orgId, appId, url],
    );
    const audit = {
      action: 'dingtalkApp.cardRouteRegistered',
      subject: appId,
      after: { url },
    };
    return { result: undefined, audit };
  });
}
