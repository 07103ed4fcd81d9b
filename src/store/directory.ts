import type { Environment } from '#connectors/contract.ts';
import type { AccountId, ConnectionId, DestinationId, OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import { parseCurrency } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { SecretText } from '#core/secret-text.ts';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';

/** An account as ingest, polling and routing see it. */
export interface DirectoryAccount {
  readonly orgId: OrgId;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly number: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly zone: string;
  /** Movements booked before it are history: recorded, not rung. */
  readonly ringFromMs: number;
}

/** A bank connection with its configuration, secrets put in. */
export interface DirectoryConnection {
  readonly orgId: OrgId;
  readonly connectionId: ConnectionId;
  readonly connector: string;
  readonly name: string;
  readonly environment: Environment;
  readonly baseUrl: string;
  /** Settings and secrets by field name, as the connector's schema wants them. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: readonly SecretText[];
  readonly learned: Readonly<Record<string, string>>;
  readonly allowedAddresses: readonly string[];
  readonly isActive: boolean;
  readonly isArmed: boolean;
  readonly accounts: readonly DirectoryAccount[];
  readonly accountsByIdentifier: ReadonlyMap<string, DirectoryAccount>;
}

export type DestinationConfig =
  | {
      readonly kind: 'robot';
      readonly host: string;
      readonly accessToken: SecretText;
      readonly signingSecret?: SecretText;
      readonly keyword?: string;
    }
  | {
      readonly kind: 'appGroup';
      readonly appId: string;
      readonly openConversationId: string;
      readonly style: 'card' | 'message';
    }
  | { readonly kind: 'person'; readonly appId: string; readonly userId: string };

export interface DirectoryDestination {
  readonly orgId: OrgId;
  readonly destinationId: DestinationId;
  readonly name: string;
  readonly config: DestinationConfig;
  readonly messagesPerMinute: number;
  readonly urgentReserve: number;
  readonly digestMax: number;
}

export interface DirectoryApp {
  readonly orgId: OrgId;
  readonly appId: string;
  readonly appKey: string;
  readonly appSecret: SecretText;
  readonly robotCode: string;
  readonly cardTemplateId?: string;
  readonly name: string;
  readonly apiHost: string;
  readonly oapiHost: string;
  /** How its events arrive. */
  readonly eventMode: 'none' | 'stream' | 'callback';
  /** Shown as the asker of approvals that we start. */
  readonly agentId?: number;
  /** What callbacks are signed and encrypted with; present when both were entered. */
  readonly callbackKeys?: { readonly token: SecretText; readonly encodingAesKey: SecretText };
  /** Where presses on its cards arrive by HTTP; the address is absent until DingTalk knows it. */
  readonly cardRoute?: {
    readonly key: string;
    readonly apiSecret: SecretText;
    readonly url?: string;
  };
}

export interface DirectoryOrg {
  readonly orgId: OrgId;
  /** Raised by every change of settings, in the transaction of the change. */
  readonly settingsVersion: string;
  readonly name: string;
  /** The company at DingTalk, as far as it was entered. */
  readonly corpId?: string;
  readonly language: string;
  readonly zone: string;
  readonly apiCallsPerMonth?: number;
  readonly webhookCallsPerMonth?: number;
  readonly connections: ReadonlyMap<string, DirectoryConnection>;
  readonly accounts: ReadonlyMap<string, DirectoryAccount>;
  readonly destinations: ReadonlyMap<string, DirectoryDestination>;
  readonly apps: ReadonlyMap<string, DirectoryApp>;
  /** Nodes of the routing tree, parents before children, as stored. */
  readonly routeRows: readonly RouteRow[];
}

export interface RouteRow {
  readonly route_id: string;
  readonly parent_id: string | null;
  readonly ordinal: number;
  readonly node: unknown;
}

/**
 * The settings that the hot paths need, kept in memory per organisation. A change of settings
 * notifies `cashbell_settings`; besides, the version is asked for after half a minute, so that a lost
 * notification costs seconds.
 */
export interface Directory {
  org(orgId: string): Promise<DirectoryOrg>;
  /** The connection behind a hook address, or undefined when there is none. */
  connection(connectionId: string): Promise<DirectoryConnection | undefined>;
  forget(orgId?: string): void;
}

const FRESH_MS = 30_000;

export function createDirectory(services: Services): Directory {
  const orgs = new Map<string, { loading: Promise<DirectoryOrg>; at: number }>();
  const orgOfConnection = new Map<string, string>();

  const org = (orgId: string): Promise<DirectoryOrg> => {
    const known = orgs.get(orgId);
    if (known && Date.now() - known.at < FRESH_MS) return known.loading;
    const loading = known ? renew(services, orgId, known.loading) : loadOrg(services, orgId);
    orgs.set(orgId, { loading, at: Date.now() });
    loading.catch(() => orgs.delete(orgId));
    return loading;
  };
  return {
    org,
    connection: async (connectionId) => {
      let orgId = orgOfConnection.get(connectionId);
      if (orgId === undefined) {
        const { rows } = await services.pool.query<{ org_id: string }>(
          'SELECT org_id FROM connection WHERE connection_id = $1',
          [connectionId],
        );
        orgId = rows[0]?.org_id;
        if (orgId === undefined) return undefined;
        orgOfConnection.set(connectionId, orgId);
      }
      return (await org(orgId)).connections.get(connectionId);
    },
    forget: (orgId) => {
      if (orgId === undefined) orgs.clear();
      else orgs.delete(orgId);
    },
  };
}

/** Loads anew only what has changed: opening a thousand secrets takes long enough to be felt. */
async function renew(
  services: Services,
  orgId: string,
  known: Promise<DirectoryOrg>,
): Promise<DirectoryOrg> {
  const before = await known;
  const { rows } = await services.pool.query<{ settings_version: string }>({
    name: 'settings-version',
    text: 'SELECT settings_version FROM org WHERE org_id = $1',
    values: [orgId],
  });
  const isSame = rows[0]?.settings_version === before.settingsVersion;
  return isSame ? before : loadOrg(services, orgId);
}

interface ConnectionRow {
  connection_id: string;
  connector: string;
  name: string;
  environment: Environment;
  base_url: string;
  config: Record<string, unknown>;
  learned: Record<string, string>;
  allowed_addresses: string[];
  state: string;
  armed_at: Date | null;
}
interface AccountRow {
  account_id: string;
  connection_id: string;
  number: string;
  name: string;
  currency: string;
  zone: string;
  ring_from: Date;
}
interface DestinationRow {
  destination_id: string;
  name: string;
  kind: 'robot' | 'appGroup' | 'person';
  config: Record<string, unknown>;
  messages_per_minute: number;
  urgent_reserve: number;
  digest_max: number;
}
interface AppRow {
  app_id: string;
  name: string;
  app_key: string;
  robot_code: string;
  card_template_id: string | null;
  api_host: string;
  oapi_host: string;
  event_mode: DirectoryApp['eventMode'];
  agent_id: string | null;
  card_route_key: string | null;
  card_route_url: string | null;
}
interface OrgRow {
  settings_version: string;
  name: string;
  corp_id: string | null;
  language: string;
  zone: string;
  api_calls_per_month: number | null;
  webhook_calls_per_month: number | null;
}

async function loadOrg(services: Services, id: string): Promise<DirectoryOrg> {
  const orgId = parseId('org', id);
  const ask = <Row extends object>(text: string): Promise<Row[]> =>
    services.pool.query<Row>(text, [orgId]).then(({ rows }) => rows);
  const [orgRows, connections, accounts, identifiers, destinations, apps, routeRows, secrets] =
    await Promise.all([
      ask<OrgRow>('SELECT * FROM org WHERE org_id = $1'),
      ask<ConnectionRow>(`SELECT * FROM connection WHERE org_id = $1 AND state <> 'removed'`),
      ask<AccountRow>('SELECT * FROM account WHERE org_id = $1'),
      ask<{ connection_id: string; identifier: string; account_id: string }>(
        'SELECT * FROM account_identifier WHERE org_id = $1',
      ),
      ask<DestinationRow>(`SELECT * FROM destination WHERE org_id = $1 AND state <> 'removed'`),
      ask<AppRow>('SELECT * FROM dingtalk_app WHERE org_id = $1 AND removed_at IS NULL'),
      ask<RouteRow>(
        'SELECT route_id, parent_id, ordinal, node FROM route WHERE org_id = $1 ORDER BY ordinal',
      ),
      loadSecrets(services, orgId),
    ]);
  const row = orgRows[0];
  if (!row) throw new Error(`organisation ${orgId} does not exist`);
  const accountById = new Map(
    accounts.map((account) => [account.account_id, toAccount(orgId, account)]),
  );
  return {
    orgId,
    settingsVersion: row.settings_version,
    name: row.name,
    ...(row.corp_id === null ? {} : { corpId: row.corp_id }),
    language: row.language,
    zone: row.zone,
    ...(row.api_calls_per_month === null ? {} : { apiCallsPerMonth: row.api_calls_per_month }),
    ...(row.webhook_calls_per_month === null
      ? {}
      : { webhookCallsPerMonth: row.webhook_calls_per_month }),
    connections: new Map(
      connections.map((connection) => [
        connection.connection_id,
        toConnection(orgId, connection, secrets, accountById, identifiers),
      ]),
    ),
    accounts: accountById,
    destinations: new Map(
      destinations.map((destination) => [
        destination.destination_id,
        toDestination(orgId, destination, secrets),
      ]),
    ),
    apps: new Map(apps.map((app) => [app.app_id, toApp(orgId, app, secrets)])),
    routeRows,
  };
}

type SecretsByOwner = ReadonlyMap<string, ReadonlyMap<string, SecretText>>;

async function loadSecrets(services: Services, orgId: OrgId): Promise<SecretsByOwner> {
  const { rows } = await services.pool.query<{
    secret_id: string;
    owner_id: string;
    field: string;
    sealed: Buffer;
  }>(
    `SELECT secret_id, owner_id, field, sealed FROM secret
     WHERE org_id = $1 AND replaced_at IS NULL`,
    [orgId],
  );
  const byOwner = new Map<string, Map<string, SecretText>>();
  for (const row of rows) {
    const place = { orgId, column: sealedColumns.secret, rowId: row.secret_id };
    const text = (await services.keyring.unseal(row.sealed, place)).toString('utf8');
    const fields = byOwner.get(row.owner_id) ?? new Map<string, SecretText>();
    fields.set(row.field, new SecretText(text));
    byOwner.set(row.owner_id, fields);
  }
  return byOwner;
}

function toAccount(orgId: OrgId, row: AccountRow): DirectoryAccount {
  return {
    orgId,
    accountId: parseId('acc', row.account_id),
    connectionId: parseId('con', row.connection_id),
    number: row.number,
    name: row.name,
    currency: parseCurrency(row.currency),
    zone: row.zone,
    ringFromMs: row.ring_from.getTime(),
  };
}

function toConnection(
  orgId: OrgId,
  row: ConnectionRow,
  secrets: SecretsByOwner,
  accounts: ReadonlyMap<string, DirectoryAccount>,
  identifiers: readonly { connection_id: string; identifier: string; account_id: string }[],
): DirectoryConnection {
  const own = secrets.get(row.connection_id) ?? new Map<string, SecretText>();
  const byIdentifier = new Map<string, DirectoryAccount>();
  for (const { connection_id, identifier, account_id } of identifiers) {
    const account = accounts.get(account_id);
    if (connection_id === row.connection_id && account) byIdentifier.set(identifier, account);
  }
  return {
    orgId,
    connectionId: parseId('con', row.connection_id),
    connector: row.connector,
    name: row.name,
    environment: row.environment,
    baseUrl: row.base_url,
    config: {
      ...row.config,
      ...Object.fromEntries([...own].map(([field, text]) => [field, text.reveal()])),
    },
    secrets: [...own.values()],
    learned: row.learned,
    allowedAddresses: row.allowed_addresses,
    isActive: row.state === 'active',
    isArmed: row.environment === 'sandbox' || row.armed_at !== null,
    accounts: [...accounts.values()].filter(
      (account) => account.connectionId === row.connection_id,
    ),
    accountsByIdentifier: byIdentifier,
  };
}

function toDestination(
  orgId: OrgId,
  row: DestinationRow,
  secrets: SecretsByOwner,
): DirectoryDestination {
  return {
    orgId,
    destinationId: parseId('dst', row.destination_id),
    name: row.name,
    config: toDestinationConfig(row, secrets.get(row.destination_id)),
    messagesPerMinute: row.messages_per_minute,
    urgentReserve: row.urgent_reserve,
    digestMax: row.digest_max,
  };
}

function textOf(config: Record<string, unknown>, name: string): string {
  const value = config[name];
  return typeof value === 'string' ? value : '';
}

function toDestinationConfig(
  { kind, config }: DestinationRow,
  secrets: ReadonlyMap<string, SecretText> | undefined,
): DestinationConfig {
  if (kind === 'appGroup') {
    return {
      kind,
      appId: textOf(config, 'appId'),
      openConversationId: textOf(config, 'openConversationId'),
      style: config['style'] === 'message' ? 'message' : 'card',
    };
  }
  if (kind === 'person') {
    return { kind, appId: textOf(config, 'appId'), userId: textOf(config, 'userId') };
  }
  const security = config['security'];
  const keyword =
    typeof security === 'object' && security !== null && 'keyword' in security
      ? security.keyword
      : undefined;
  const signingSecret = secrets?.get('signingSecret');
  return {
    kind,
    host: textOf(config, 'host'),
    accessToken: secrets?.get('accessToken') ?? new SecretText(''),
    ...(signingSecret ? { signingSecret } : {}),
    ...(typeof keyword === 'string' && keyword !== '' ? { keyword } : {}),
  };
}

function toApp(orgId: OrgId, row: AppRow, secrets: SecretsByOwner): DirectoryApp {
  const own = secrets.get(row.app_id);
  const token = own?.get('callbackToken');
  const encodingAesKey = own?.get('callbackAesKey');
  const cardSecret = own?.get('cardApiSecret');
  return {
    orgId,
    appId: row.app_id,
    name: row.name,
    appKey: row.app_key,
    appSecret: own?.get('appSecret') ?? new SecretText(''),
    robotCode: row.robot_code,
    ...(row.card_template_id === null ? {} : { cardTemplateId: row.card_template_id }),
    apiHost: row.api_host,
    oapiHost: row.oapi_host,
    eventMode: row.event_mode,
    ...(row.agent_id === null ? {} : { agentId: Number(row.agent_id) }),
    ...(token && encodingAesKey ? { callbackKeys: { token, encodingAesKey } } : {}),
    ...(row.card_route_key !== null && cardSecret
      ? {
          cardRoute: {
            key: row.card_route_key,
            apiSecret: cardSecret,
            ...(row.card_route_url === null ? {} : { url: row.card_route_url }),
          },
        }
      : {}),
  };
}
