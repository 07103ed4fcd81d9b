import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { findConnector } from '#connectors/catalogue.ts';
import { newId } from '#secret/ids.ts';
import { addAccount } from '#store/accounts-admin.ts';
import { addConnection, changeConnection } from '#store/connections-admin.ts';
import { addDestination } from '#store/destinations-admin.ts';
import { createOrg } from '#store/orgs.ts';
import { replaceRoutes } from '#store/routes-admin.ts';
import type { RouteTree } from '#store/routes-admin.ts';
import { textOf } from './child.ts';
import type { Simulator } from './simulator.ts';
import type { World } from './world.ts';

const ACTOR = 'harness';

/** An organisation whose DingTalk has no monthly limits: they are not what is measured. */
export async function addOrg(world: World, name: string): Promise<string> {
  const org = await createOrg(world.services, { name, dingtalkEdition: 'custom' }, ACTOR);
  return org.orgId;
}

/** What both sides of a SNAP connection know. */
export interface SnapConnection {
  readonly orgId: string;
  readonly connectionId: string;
  readonly bank: 'bca' | 'bri' | 'bni';
  readonly inboundClientKey: string;
  readonly inboundSecret: string;
}

export type SnapBank = SnapConnection['bank'];

export interface KeyPair {
  readonly publicPem: string;
  readonly privatePem: string;
}

export function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}

/** Adds a SNAP connection; without a bank's address it is for pushes only. */
export async function addSnapConnection(
  world: World,
  options: {
    readonly orgId: string;
    readonly bank: SnapBank;
    readonly baseUrl: string;
    readonly bankPublicKey?: string;
  },
): Promise<SnapConnection & { readonly values: Readonly<Record<string, string>> }> {
  const { orgId, bank } = options;
  const values = {
    clientId: `harness-client-${bank}`,
    clientSecret: randomBytes(24).toString('hex'),
    privateKey: makeKeyPair().privatePem,
    partnerId: bank === 'bca' ? 'HARNESSCOR' : `harness-partner-${bank}`,
    channelId: '95051',
    inboundClientKey: `harness-inbound-${bank}`,
    inboundSecret: randomBytes(24).toString('hex'),
    ...(options.bankPublicKey === undefined ? {} : { bankPublicKey: options.bankPublicKey }),
  };
  const { connectionId } = await addConnection(
    world.services,
    {
      orgId,
      connector: findConnector(bank),
      name: `${bank.toUpperCase()} (simulated)`,
      environment: 'sandbox',
      baseUrl: options.baseUrl,
      values,
    },
    ACTOR,
  );
  const { inboundClientKey, inboundSecret } = values;
  return { orgId, connectionId, bank, inboundClientKey, inboundSecret, values };
}

/** Adds a SNAP connection and hands our key and address in at the simulated bank. */
export async function connectSnapSimulator(
  world: World,
  orgId: string,
  bank: SnapBank,
  banks: Simulator,
  partner: Readonly<Record<string, unknown>> = {},
): Promise<SnapConnection> {
  const added = await addSnapConnection(world, { orgId, bank, baseUrl: banks.url });
  const { values, connectionId } = added;
  const answer = await banks.manage('PUT', `snap/partners/${bank}`, {
    clientId: values['clientId'],
    clientSecret: values['clientSecret'],
    publicKeyPem: createPublicKey(values['privateKey'] ?? '').export({
      type: 'spki',
      format: 'pem',
    }),
    partnerId: values['partnerId'],
    // BNI's names for what the others call partner id and client secret.
    apiKey: values['partnerId'],
    apiSecret: values['clientSecret'],
    channelId: values['channelId'],
    environment: 'sandbox',
    callbackUrl: `${world.serverUrl}/hooks/${connectionId}`,
    callbackClientKey: values['inboundClientKey'],
    callbackSecret: values['inboundSecret'],
    ...partner,
  });
  await changeConnection(
    world.services,
    {
      orgId,
      connectionId,
      connector: findConnector(bank),
      values: { bankPublicKey: textOf(answer, 'bankPublicKeyPem') },
    },
    ACTOR,
  );
  return added;
}

/** Adds an Airwallex connection; with a simulator it is handed in there too. */
export async function addAirwallex(
  world: World,
  orgId: string,
  place: { readonly baseUrl: string; readonly banks?: Simulator },
): Promise<string> {
  const values = {
    clientId: 'harness-client-airwallex',
    apiKey: randomBytes(24).toString('hex'),
    webhookSecret: `whsec_${randomBytes(16).toString('hex')}`,
  };
  const { connectionId } = await addConnection(
    world.services,
    {
      orgId,
      connector: findConnector('airwallex'),
      name: 'Airwallex (simulated)',
      environment: 'sandbox',
      baseUrl: place.baseUrl,
      values,
    },
    ACTOR,
  );
  await place.banks?.manage('PUT', 'airwallex/partner', {
    ...values,
    webhookUrl: `${world.serverUrl}/hooks/${connectionId}`,
    environment: 'sandbox',
  });
  return connectionId;
}

export interface AccountOrder {
  readonly orgId: string;
  readonly connectionId: string;
  readonly bank: string;
  readonly number: string;
  readonly currency: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Adds an account; an account that is only pushed to is never polled. */
export async function addBankAccount(
  world: World,
  order: AccountOrder,
  poll: { readonly everySeconds: number; readonly firstAt: Date } | 'never',
): Promise<string> {
  const { bank, ...rest } = order;
  const { accountId } = await addAccount(
    world.services,
    { ...rest, connector: findConnector(bank), name: `Account ${order.number}`, historyDays: 0 },
    ACTOR,
  );
  const place = [order.orgId, accountId];
  if (poll === 'never') {
    await world.services.pool.query(
      'DELETE FROM poll WHERE org_id = $1 AND account_id = $2',
      place,
    );
  } else {
    await world.services.pool.query(
      `UPDATE poll SET interval_seconds = $3, next_at = $4, proven_until = now()
       WHERE org_id = $1 AND account_id = $2`,
      [...place, poll.everySeconds, poll.firstAt],
    );
  }
  return accountId;
}

/** A custom robot in a group of its own at the simulated DingTalk. */
export interface Robot {
  readonly group: string;
  readonly groupId: string;
  readonly webhook: string;
  readonly secret: string;
}

export async function addRobot(dingtalk: Simulator, title: string): Promise<Robot> {
  const groupId = textOf(await dingtalk.manage('POST', 'groups', { title }), 'openConversationId');
  const robot = await dingtalk.manage('POST', 'robots', {
    group: title,
    name: title,
    security: { mode: 'signature' },
  });
  const webhook = dingtalk.url + textOf(robot, 'webhookPath');
  return { group: title, groupId, webhook, secret: textOf(robot, 'secret') };
}

export async function addRobotDestination(
  world: World,
  orgId: string,
  robot: Robot,
  digestMax = 30,
): Promise<string> {
  const { destinationId } = await addDestination(
    world.services,
    {
      orgId,
      name: robot.group,
      kind: 'robot',
      webhook: robot.webhook,
      security: { mode: 'signature' },
      signingSecret: robot.secret,
      digestMax,
    },
    ACTOR,
  );
  return destinationId;
}

/** A branch of the tree: who hears of which accounts. */
export interface Branch {
  readonly name: string;
  readonly accountIds: readonly string[];
  readonly destinationIds: readonly string[];
  readonly lane?: 'urgent' | 'normal';
  /** Absent: movements and payments. */
  readonly about?: 'movement' | 'payment';
}

/** Writes the routing tree: warnings go to one destination, movements to those of their branch. */
export async function writeRoutes(
  world: World,
  orgId: string,
  tree: { readonly warnings?: string; readonly branches: readonly Branch[] },
): Promise<void> {
  const children: RouteTree[] = tree.branches.map((branch) => ({
    routeId: newId('rte'),
    name: branch.name,
    matchers: [
      { kind: 'account', values: branch.accountIds },
      ...(branch.about ? [{ kind: 'about' as const, values: [branch.about] }] : []),
    ],
    destinationIds: branch.destinationIds,
    settings: { alerts: false, ...(branch.lane ? { lane: branch.lane } : {}) },
  }));
  const root: RouteTree = {
    routeId: newId('rte'),
    name: 'Everything',
    destinationIds: tree.warnings === undefined ? [] : [tree.warnings],
    settings: { language: 'en', detail: 'full', alerts: true },
    children,
  };
  await replaceRoutes(world.services, { orgId, tree: root }, ACTOR);
}

/** Lifts the limits of the simulated DingTalk that are not what is measured. */
export async function liftMonthlyQuotas(dingtalk: Simulator): Promise<void> {
  await dingtalk.manage('POST', 'quotas', {
    apiCallsLimit: 100_000_000,
    webhookCallsLimit: 100_000_000,
  });
}
