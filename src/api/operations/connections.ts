import type { AccountReference, Connector } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { dayIn, instantFromMs } from '#core/dates.ts';
import type { ErrorCode } from '#core/errors.ts';
import { errorCodes } from '#core/errors.ts';
import type { CallbackFacts } from '#engine/ladder/callback.ts';
import { checkConfiguration, repairValues } from '#engine/ladder/configuration.ts';
import type { BeginCall } from '#engine/ladder/exchanges.ts';
import { runLadder } from '#engine/ladder/ladder.ts';
import type { Rung } from '#engine/ladder/rung.ts';
import { listAccounts } from '#store/accounts-admin.ts';
import { beginCalls, finishCalls } from '#store/calls.ts';
import { configDigest, recordConnectionTest } from '#store/connection-tests.ts';
import type { ConnectionInput, ConnectionRecord } from '#store/connections-admin.ts';
import {
  addConnection,
  changeConnection,
  getConnection,
  listForeignFingerprints,
} from '#store/connections-admin.ts';
import type { Actor } from '#store/orgs.ts';
import { loadSecrets } from '#store/secrets.ts';
import { refuseFindings } from './refusal.ts';
import type { OperationServices } from './services.ts';
import { connectorOf } from './services.ts';

export interface CheckedConnectionInput extends Omit<ConnectionInput, 'connector'> {
  readonly connector: string;
  /** Take away stray spaces, line breaks and quotation marks instead of refusing them. */
  readonly repair: boolean;
}

/** Adds a connection after the dry check: what is mistyped never reaches the database or the bank. */
export async function addCheckedConnection(
  services: OperationServices,
  input: CheckedConnectionInput,
  actor: Actor,
): Promise<ConnectionRecord> {
  const connector = connectorOf(services, input.connector);
  const values = input.repair ? repairValues(connector.fields, input.values) : input.values;
  const place = { orgId: input.orgId, connector: connector.id, environment: input.environment };
  refuseFindings(
    checkConfiguration({
      connector,
      environment: input.environment,
      baseUrl: input.baseUrl ?? connector.traits.baseUrls[input.environment] ?? '',
      values,
      foreignFingerprints: await listForeignFingerprints(services, place),
    }),
  );
  return addConnection(services, { ...input, connector, values }, actor);
}

export interface CheckedConnectionChange {
  readonly orgId: string;
  readonly connectionId: string;
  readonly name?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
  readonly repair: boolean;
}

/** Changes a connection after the same dry check over what it will be as a whole. */
export async function changeCheckedConnection(
  services: OperationServices,
  change: CheckedConnectionChange,
  actor: Actor,
): Promise<ConnectionRecord> {
  const record = await getConnection(services, change);
  const connector = connectorOf(services, record.connector);
  const given = change.values ?? {};
  const values = change.repair ? repairValues(connector.fields, given) : given;
  if (change.values !== undefined || change.baseUrl !== undefined) {
    const current = await loadValues(services, change.orgId, record);
    refuseFindings(
      checkConfiguration({
        connector,
        environment: record.environment,
        baseUrl: change.baseUrl ?? record.baseUrl,
        values: { ...current, ...values },
        foreignFingerprints: await foreignOf(services, change.orgId, record),
      }),
    );
  }
  return changeConnection(services, { ...change, connector, values }, actor);
}

function foreignOf(
  services: OperationServices,
  orgId: string,
  { connector, environment }: ConnectionRecord,
): Promise<ReadonlySet<string>> {
  return listForeignFingerprints(services, { orgId, connector, environment });
}

async function loadValues(
  services: OperationServices,
  orgId: string,
  record: ConnectionRecord,
): Promise<Record<string, string>> {
  const secrets = await loadSecrets(services, { orgId, ownerId: record.connectionId });
  const revealed = [...secrets].map(([field, text]) => [field, text.reveal()]);
  return { ...record.config, ...Object.fromEntries(revealed) };
}

export interface ConnectionTest {
  readonly orgId: string;
  readonly connectionId: string;
  /** Asked about instead of the accounts that are set up, such as on the very first test. */
  readonly account?: AccountReference | undefined;
  readonly onRung?: ((rung: Rung) => void) | undefined;
}

export interface ConnectionTestOutcome {
  readonly passed: boolean;
  readonly armed: boolean;
  readonly testedAt: Instant;
  readonly rungs: readonly Rung[];
}

/** Climbs the ladder for a stored connection, keeps the outcome, and arms it when it is green. */
export async function testConnection(
  services: OperationServices,
  test: ConnectionTest,
  actor: Actor,
): Promise<ConnectionTestOutcome> {
  const { orgId, connectionId } = test;
  const record = await getConnection(services, test);
  const connector = connectorOf(services, record.connector);
  // Taken before the first call: a change while the test runs must not be armed by it.
  const digest = configDigest(record);
  const testedAt = services.now();
  const known = await listAccounts(services, { orgId, connectionId });
  const result = await runLadder({
    connector,
    environment: record.environment,
    baseUrl: record.baseUrl,
    values: await loadValues(services, orgId, record),
    accounts: test.account ? [test.account] : known,
    foreignFingerprints: await foreignOf(services, orgId, record),
    callback: await loadCallbackFacts(services, orgId, connectionId),
    transport: services.transport,
    network: services.network,
    allowedPrivateHosts: services.allowedPrivateHosts,
    now: services.now,
    beginCall: callWriter(services, { orgId, connectionId, connector }),
    ...(test.onRung ? { onRung: test.onRung } : {}),
  });
  const outcome = { orgId, connectionId, passed: result.isGreen, digest, rungs: result.rungs };
  const armed = await recordConnectionTest(services, outcome, actor);
  return { passed: result.isGreen, armed, testedAt, rungs: result.rungs };
}

/** Calls of a test stand in the same log and count to the same day as all others. */
function callWriter(
  { pool }: OperationServices,
  place: { readonly orgId: string; readonly connectionId: string; readonly connector: Connector },
): BeginCall {
  const { orgId, connectionId, connector } = place;
  return async (service, now) => {
    const day = dayIn(now, connector.traits.zone).toString();
    const formatExternalId = (number: number): string => connector.formatExternalId(now, number);
    const [call] = await beginCalls(pool, [
      { orgId, connectionId, service, day, formatExternalId },
    ]);
    if (!call) throw new Error('a call was not written down');
    return {
      externalId: call.externalId,
      finish: (outcome) => finishCalls(pool, [{ orgId, callId: call.callId, ...outcome }]),
    };
  };
}

async function loadCallbackFacts(
  services: OperationServices,
  orgId: string,
  connectionId: string,
): Promise<CallbackFacts> {
  const last = async (states: readonly string[]): Promise<CallRow | undefined> => {
    const { rows } = await services.pool.query<CallRow>(
      `SELECT received_at, refusal_code FROM inbound
       WHERE org_id = $1 AND connection_id = $2 AND state = ANY($3)
       ORDER BY received_at DESC LIMIT 1`,
      [orgId, connectionId, states],
    );
    return rows[0];
  };
  const accepted = await last(['stored', 'processed', 'quarantined']);
  const refused = await last(['refused']);
  const code = toErrorCode(refused?.refusal_code);
  return {
    connectionId,
    ...(services.publicUrl === undefined ? {} : { publicUrl: services.publicUrl }),
    ...(accepted ? { lastAcceptedAt: instantFromMs(accepted.received_at.getTime()) } : {}),
    ...(refused && code
      ? { lastRefused: { at: instantFromMs(refused.received_at.getTime()), code } }
      : {}),
  };
}

interface CallRow {
  received_at: Date;
  refusal_code: string | null;
}

/** A stored text as a code of ours; rows of older versions may hold one that is gone. */
export function toErrorCode(text: string | null | undefined): ErrorCode | undefined {
  return text !== null && text !== undefined && isErrorCode(text) ? text : undefined;
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}
