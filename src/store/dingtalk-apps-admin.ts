import type { ClientBase } from 'pg';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { isLoopbackHost } from './connection-values.ts';
import { requireClean } from './destination-values.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, parseName } from './orgs.ts';
import type { SecretFingerprint } from './secrets.ts';
import { deleteSecrets, listFingerprints, sealSecrets, writeSecrets } from './secrets.ts';

/** An internal DingTalk app; its hosts are settings so that a stand-in can be put there. */
export interface DingtalkAppRecord {
  readonly appId: string;
  readonly name: string;
  readonly appKey: string;
  readonly robotCode: string;
  readonly cardTemplateId: string | undefined;
  readonly apiHost: string;
  readonly oapiHost: string;
  readonly loginHost: string;
  /** How events of approvals and messages to the robot arrive. */
  readonly eventMode: DingtalkEventMode;
  readonly agentId: string | undefined;
  readonly secrets: readonly SecretFingerprint[];
  readonly createdAt: Instant;
}

export const dingtalkEventModes = ['none', 'stream', 'callback'] as const;
export type DingtalkEventMode = (typeof dingtalkEventModes)[number];

interface AppRow {
  app_id: string;
  name: string;
  app_key: string;
  robot_code: string;
  card_template_id: string | null;
  api_host: string;
  oapi_host: string;
  login_host: string;
  event_mode: DingtalkEventMode;
  agent_id: string | null;
  created_at: Date;
}

const SELECT = `SELECT app_id, name, app_key, robot_code, card_template_id, api_host, oapi_host,
  login_host, event_mode, agent_id, created_at FROM dingtalk_app`;

function toRecord(row: AppRow, secrets: readonly SecretFingerprint[]): DingtalkAppRecord {
  return {
    appId: row.app_id,
    name: row.name,
    appKey: row.app_key,
    robotCode: row.robot_code,
    cardTemplateId: row.card_template_id ?? undefined,
    apiHost: row.api_host,
    oapiHost: row.oapi_host,
    loginHost: row.login_host,
    eventMode: row.event_mode,
    agentId: row.agent_id ?? undefined,
    secrets,
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

export async function listDingtalkApps(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<DingtalkAppRecord[]> {
  const { rows } = await services.pool.query<AppRow>(
    `${SELECT} WHERE org_id = $1 AND removed_at IS NULL ORDER BY app_id`,
    [orgId],
  );
  const ids = rows.map((row) => row.app_id);
  const secrets = await listFingerprints(services.pool, orgId, ids);
  return rows.map((row) => toRecord(row, secrets.get(row.app_id) ?? []));
}

async function readApp(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  appId: string,
): Promise<DingtalkAppRecord> {
  const { rows } = await client.query<AppRow>(
    `${SELECT} WHERE org_id = $1 AND app_id = $2 AND removed_at IS NULL`,
    [orgId, appId],
  );
  const [row] = rows;
  if (!row)
    throw new CashbellError('api.notFound', { what: 'dingtalkApp', id: appId.slice(0, 60) });
  const secrets = await listFingerprints(client, orgId, [appId]);
  return toRecord(row, secrets.get(appId) ?? []);
}

export interface DingtalkAppInput {
  readonly orgId: string;
  readonly name: string;
  /** AppKey, which DingTalk now also calls Client ID. */
  readonly appKey: string;
  readonly appSecret: string;
  /** Default: the AppKey, as it is for internal apps. */
  readonly robotCode?: string | undefined;
  readonly cardTemplateId?: string | undefined;
  readonly apiHost?: string | undefined;
  readonly oapiHost?: string | undefined;
  readonly loginHost?: string | undefined;
  readonly eventMode?: DingtalkEventMode | undefined;
  /** Number of the app's agent; people see it as the asker of approvals that we start. */
  readonly agentId?: string | undefined;
  /** Token of the event subscription by HTTP: 3 to 32 letters and digits. */
  readonly callbackToken?: string | undefined;
  /** EncodingAESKey of that subscription: 43 letters and digits. */
  readonly callbackAesKey?: string | undefined;
}

export async function addDingtalkApp(
  services: AdminServices,
  input: DingtalkAppInput,
  actor: Actor,
): Promise<DingtalkAppRecord> {
  const { orgId } = input;
  const appId = newId('app');
  const appKey = requireClean('appKey', input.appKey);
  const values = [
    orgId,
    appId,
    parseName(input.name),
    appKey,
    requireClean('robotCode', input.robotCode ?? appKey),
    input.cardTemplateId ?? null,
    parseHost('apiHost', input.apiHost ?? 'https://api.dingtalk.com'),
    parseHost('oapiHost', input.oapiHost ?? 'https://oapi.dingtalk.com'),
    parseHost('loginHost', input.loginHost ?? 'https://login.dingtalk.com'),
    input.eventMode ?? 'none',
    parseAgentId(input.agentId) ?? null,
  ];
  const appSecret = requireClean('appSecret', input.appSecret);
  const secrets = { appSecret, ...callbackSecrets(input) };
  requireCallbackKeys(input.eventMode, Object.keys(secrets));
  const sealed = await sealSecrets(services.keyring, orgId, secrets);
  return changeSettings(services, { orgId, actor }, async (client) => {
    await client.query(
      `INSERT INTO dingtalk_app (org_id, app_id, name, app_key, robot_code, card_template_id,
                                 api_host, oapi_host, login_host, event_mode, agent_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      values,
    );
    await writeSecrets(client, { orgId, ownerId: appId }, sealed);
    const result = await readApp(client, orgId, appId);
    const after = toAudit(result);
    return { result, audit: { action: 'dingtalkApp.added', subject: appId, after } };
  });
}

/** Changes an app. With a new key or secret the cached access token is forgotten. */
export async function changeDingtalkApp(
  services: AdminServices,
  change: Partial<Omit<DingtalkAppInput, 'orgId'>> & {
    readonly orgId: string;
    readonly appId: string;
  },
  actor: Actor,
): Promise<DingtalkAppRecord> {
  const { orgId, appId } = change;
  const secrets = {
    ...(change.appSecret === undefined
      ? {}
      : { appSecret: requireClean('appSecret', change.appSecret) }),
    ...callbackSecrets(change),
  };
  const sealed = await sealSecrets(services.keyring, orgId, secrets);
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readApp(client, orgId, appId);
    const eventMode = change.eventMode ?? before.eventMode;
    const known = before.secrets.map(({ field }) => field);
    requireCallbackKeys(eventMode, [...known, ...Object.keys(secrets)]);
    await client.query(
      `UPDATE dingtalk_app SET name = $3, app_key = $4, robot_code = $5, card_template_id = $6,
         api_host = $7, oapi_host = $8, login_host = $9, event_mode = $10, agent_id = $11,
         sealed_token = NULL, token_expires_at = NULL,
         -- Another app at DingTalk does not know where our cards' presses go.
         card_route_url = CASE WHEN app_key = $4 AND api_host = $7 THEN card_route_url END
       WHERE org_id = $1 AND app_id = $2`,
      [
        orgId,
        appId,
        change.name === undefined ? before.name : parseName(change.name),
        requireClean('appKey', change.appKey ?? before.appKey),
        requireClean('robotCode', change.robotCode ?? before.robotCode),
        change.cardTemplateId ?? before.cardTemplateId ?? null,
        parseHost('apiHost', change.apiHost ?? before.apiHost),
        parseHost('oapiHost', change.oapiHost ?? before.oapiHost),
        parseHost('loginHost', change.loginHost ?? before.loginHost),
        eventMode,
        parseAgentId(change.agentId) ?? before.agentId ?? null,
      ],
    );
    await writeSecrets(client, { orgId, ownerId: appId }, sealed);
    const result = await readApp(client, orgId, appId);
    const audit = {
      action: sealed.length > 0 ? 'dingtalkApp.secretReplaced' : 'dingtalkApp.changed',
      subject: appId,
      before: toAudit(before),
      after: toAudit(result),
    };
    return { result, audit };
  });
}

/** Removes an app that no destination uses any more. */
export async function removeDingtalkApp(
  services: AdminServices,
  input: { readonly orgId: string; readonly appId: string },
  actor: Actor,
): Promise<void> {
  const { orgId, appId } = input;
  await changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readApp(client, orgId, appId);
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM destination
       WHERE org_id = $1 AND state <> 'removed' AND config ->> 'appId' = $2 LIMIT 1`,
      [orgId, appId],
    );
    const [user] = rows;
    if (user) {
      throw new CashbellError('api.conflict', {
        field: 'appId',
        problem: `destination "${user.name}" uses it; remove that first`,
      });
    }
    const forms = await client.query<{ name: string }>(
      `SELECT name FROM approval_form WHERE org_id = $1 AND app_id = $2 AND state <> 'removed'
       LIMIT 1`,
      [orgId, appId],
    );
    const [form] = forms.rows;
    if (form) {
      throw new CashbellError('api.conflict', {
        field: 'appId',
        problem: `approval form "${form.name}" uses it; remove that first`,
      });
    }
    await client.query(
      `UPDATE dingtalk_app SET removed_at = now(), sealed_token = NULL, token_expires_at = NULL
       WHERE org_id = $1 AND app_id = $2`,
      [orgId, appId],
    );
    await deleteSecrets(client, { orgId, ownerId: appId });
    const audit = { action: 'dingtalkApp.removed', subject: appId, before: toAudit(before) };
    return { result: undefined, audit };
  });
}

function parseAgentId(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{1,15}$/.test(text)) return text;
  throw invalidField('agentId', 'must be the AgentId of the developer console, digits only');
}

/** Token and key of callbacks that were given, checked by their shape. */
function callbackSecrets({
  callbackToken,
  callbackAesKey,
}: Pick<DingtalkAppInput, 'callbackToken' | 'callbackAesKey'>): Record<string, string> {
  if (callbackToken !== undefined && !/^[A-Za-z0-9]{3,32}$/.test(callbackToken)) {
    throw invalidField('callbackToken', 'must be 3 to 32 letters and digits');
  }
  if (callbackAesKey !== undefined && !/^[A-Za-z0-9]{43}$/.test(callbackAesKey)) {
    throw invalidField('callbackAesKey', 'must be 43 letters and digits');
  }
  return {
    ...(callbackToken === undefined ? {} : { callbackToken }),
    ...(callbackAesKey === undefined ? {} : { callbackAesKey }),
  };
}

/** Callbacks that cannot be verified are worth nothing. */
function requireCallbackKeys(mode: DingtalkEventMode | undefined, known: readonly string[]): void {
  if (mode !== 'callback') return;
  for (const field of ['callbackToken', 'callbackAesKey']) {
    if (!known.includes(field)) throw invalidField(field, 'is needed for events by callback');
  }
}

function parseHost(field: string, text: string): string {
  const url = URL.parse(text);
  if (!url || (url.pathname !== '/' && url.pathname !== '') || url.search !== '') {
    throw invalidField(field, 'must be an address without path, such as https://api.dingtalk.com');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw invalidField(field, 'must start with https://');
  }
  return url.origin;
}

function toAudit(record: DingtalkAppRecord): unknown {
  const { secrets, createdAt: _createdAt, ...rest } = record;
  const fingerprints = Object.fromEntries(secrets.map((item) => [item.field, item.fingerprint]));
  return { ...rest, fingerprints };
}
