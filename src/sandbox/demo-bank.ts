import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Connector } from '#connectors/contract.ts';
import { addAccount } from '#store/accounts-admin.ts';
import { addConnection, changeConnection, listConnections } from '#store/connections-admin.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { Directory } from '#store/directory.ts';
import type { SimulatorProcess } from './simulator-process.ts';
import { textOf } from './simulator-process.ts';

/** An account of the demo world. */
export interface DemoAccount {
  readonly number: string;
  readonly name: string;
  readonly currency: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A bank of the demo world. */
export interface DemoBank {
  readonly connector: Connector;
  readonly name: string;
  readonly accounts: readonly DemoAccount[];
}

export interface BankPlace {
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly orgId: string;
  readonly banks: SimulatorProcess;
  /** Where the simulated banks call us. */
  readonly publicUrl: string;
}

const ACTOR = 'system';
/** The demo asks more often than one would ask a real bank, so that something is to be seen. */
const POLL_SECONDS = 10;

/**
 * Makes or mends one bank connection of the demo: the simulators forget everything when they stop,
 * so each start hands our public key and callback address in again, as an onboarding would.
 */
export async function ensureBank(place: BankPlace, bank: DemoBank): Promise<string> {
  const { services, orgId } = place;
  const known = (await listConnections(services, orgId)).find(
    ({ connector }) => connector === bank.connector.id,
  );
  const connectionId = known?.connectionId ?? (await addBank(place, bank));
  const connection = (await place.directory.org(orgId)).connections.get(connectionId);
  const values =
    bank.connector.id === 'airwallex'
      ? await registerAirwallex(place, connectionId, connection?.config ?? {})
      : await registerSnap(place, bank.connector.id, connectionId, connection?.config ?? {});
  await changeConnection(
    services,
    { orgId, connectionId, connector: bank.connector, baseUrl: place.banks.url, values },
    ACTOR,
  );
  place.directory.forget(orgId);
  return connectionId;
}

async function addBank(place: BankPlace, bank: DemoBank): Promise<string> {
  const { services, orgId, banks } = place;
  const { connectionId } = await addConnection(
    services,
    {
      orgId,
      connector: bank.connector,
      name: bank.name,
      environment: 'sandbox',
      baseUrl: banks.url,
      values: bank.connector.id === 'airwallex' ? airwallexValues() : snapValues(bank.connector.id),
    },
    ACTOR,
  );
  for (const account of bank.accounts) {
    const { accountId } = await addAccount(
      services,
      { orgId, connectionId, connector: bank.connector, historyDays: 0, ...account },
      ACTOR,
    );
    await services.pool.query(
      'UPDATE poll SET interval_seconds = $3 WHERE org_id = $1 AND account_id = $2',
      [orgId, accountId, POLL_SECONDS],
    );
  }
  place.directory.forget(orgId);
  return connectionId;
}

function snapValues(bank: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    clientId: `demo-client-${bank}`,
    clientSecret: randomBytes(24).toString('hex'),
    privateKey,
    partnerId: bank === 'bca' ? 'DEMOCORPID' : `demo-partner-${bank}`,
    channelId: '95051',
    inboundClientKey: `demo-inbound-${bank}`,
    inboundSecret: randomBytes(24).toString('hex'),
  };
}

function airwallexValues(): Record<string, string> {
  return {
    clientId: 'demo-client-airwallex',
    apiKey: randomBytes(24).toString('hex'),
    webhookSecret: `whsec_${randomBytes(16).toString('hex')}`,
  };
}

async function registerSnap(
  place: BankPlace,
  bank: string,
  connectionId: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Record<string, string>> {
  const publicKeyPem = createPublicKey(textOf(config, 'privateKey')).export({
    type: 'spki',
    format: 'pem',
  });
  const answer = await place.banks.manage('PUT', `snap/partners/${bank}`, {
    clientId: textOf(config, 'clientId'),
    clientSecret: textOf(config, 'clientSecret'),
    publicKeyPem,
    partnerId: textOf(config, 'partnerId'),
    channelId: textOf(config, 'channelId'),
    environment: 'sandbox',
    callbackUrl: `${place.publicUrl}/hooks/${connectionId}`,
    callbackClientKey: textOf(config, 'inboundClientKey'),
    callbackSecret: textOf(config, 'inboundSecret'),
  });
  return { bankPublicKey: textOf(answer, 'bankPublicKeyPem') };
}

async function registerAirwallex(
  place: BankPlace,
  connectionId: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Record<string, string>> {
  await place.banks.manage('PUT', 'airwallex/partner', {
    clientId: textOf(config, 'clientId'),
    apiKey: textOf(config, 'apiKey'),
    webhookSecret: textOf(config, 'webhookSecret'),
    webhookUrl: `${place.publicUrl}/hooks/${connectionId}`,
    environment: 'sandbox',
  });
  return {};
}

/**
 * The simulated banks begin anew with each start, so their running balances do too: the accounts
 * take today as their first day, and nothing from before is rung.
 */
export async function beginAnew(place: BankPlace): Promise<void> {
  await place.services.pool.query(
    `UPDATE account SET ring_from = now(), last_balance_minor_units = NULL, gap_since = NULL
     WHERE org_id = $1`,
    [place.orgId],
  );
  await place.services.pool.query(
    `UPDATE poll SET proven_until = now(), repull_from = NULL, next_at = now(), failures = 0,
            lease_owner = NULL, lease_until = NULL
     WHERE org_id = $1`,
    [place.orgId],
  );
  await place.services.pool.query('DELETE FROM session WHERE org_id = $1', [place.orgId]);
  await putFormerMovementsAside(place);
  place.directory.forget(place.orgId);
}

/**
 * What the banks of a former start told stays readable, but out of reach of identity: the new banks
 * do not list it, so today's first line would pass for its correction. Its cards are gone as well.
 */
async function putFormerMovementsAside({ services, orgId }: BankPlace): Promise<void> {
  const { pool } = services;
  await pool.query('DELETE FROM entry_key WHERE org_id = $1', [orgId]);
  await pool.query('DELETE FROM card WHERE org_id = $1', [orgId]);
  await pool.query(
    `UPDATE entry SET booking_date = booking_date - 30
     WHERE org_id = $1 AND booking_date > current_date - 15`,
    [orgId],
  );
}
