import type { ClientBase } from 'pg';
import type { Connector, PaymentCapability, RailTraits } from '#connectors/contract.ts';
import type { Roll } from '#core/bank-calendar.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { TransferPolicy } from '#core/payment-happenings.ts';
import type { ApprovalReading } from '#core/payments.ts';
import type { BankCaller } from '#engine/bank-calls.ts';
import type { TransferCaller } from '#engine/transfer-calls.ts';
import type { Directory, DirectoryAccount, DirectoryConnection } from '#store/directory.ts';
import type { Payment } from '#store/payments.ts';
import type { Services } from '#store/services.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

/** What the flow of payments is made of; put together once per process. */
export interface PaymentDeps {
  readonly services: Services;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly transfers: TransferCaller;
  readonly banks: Pick<BankCaller, 'ask'>;
  /** Reads an approval anew from where it was given. */
  readonly readApproval: (payment: Payment) => Promise<ApprovalReading>;
  readonly calendar: BankCalendar;
  readonly now: () => Instant;
  readonly onRings: (rings: readonly Ring[]) => void;
  /** Told of each sending, for the metrics. */
  readonly onSent?: (connector: string, outcome: string, sinceAuthorisedMs: number) => void;
  /** A payment was woken: a worker should look now. */
  readonly onWoken: () => void;
}

/** Business days and hours of banks, with the organisation's own words about its country's days. */
export interface BankCalendar {
  /** When the rail takes a transfer at the earliest; undefined: now. */
  opensAt(
    place: { readonly orgId: string; readonly country: string; readonly zone: string },
    rail: RailTraits,
    at: Instant,
  ): Promise<Instant | undefined>;
  /** Where a day moves to when the country's banks are closed on it. */
  roll(
    place: { readonly orgId: string; readonly country: string },
    day: PlainDate,
    roll: Roll,
  ): Promise<PlainDate>;
}

/** Where a payment's money comes from, with what the bank can do. */
export interface PaymentPlace {
  readonly account: DirectoryAccount;
  readonly connection: DirectoryConnection;
  readonly connector: Connector;
  /** Absent: nothing can be paid from here (any more). */
  readonly capability: PaymentCapability<unknown> | undefined;
  /** Of the settings that all this was read from. */
  readonly settingsVersion: string;
}

export async function placeOf(
  deps: Pick<PaymentDeps, 'directory' | 'connectorOf'>,
  payment: { readonly orgId: string; readonly accountId: string },
): Promise<PaymentPlace> {
  const org = await deps.directory.org(payment.orgId);
  const account = org.accounts.get(payment.accountId);
  const connection = account && org.connections.get(account.connectionId);
  if (!account || !connection) {
    throw new CashbellError('api.notFound', { what: 'account', id: payment.accountId });
  }
  const connector = deps.connectorOf(connection.connector);
  if (!connector) throw new CashbellError('connector.unknown', { id: connection.connector });
  const { settingsVersion } = org;
  return { account, connection, connector, capability: connector.payments, settingsVersion };
}

/** The same from the settings as the database has them now, whatever was heard of their changes. */
export async function placeOfNow(
  client: Pick<ClientBase, 'query'>,
  deps: Pick<PaymentDeps, 'directory' | 'connectorOf'>,
  payment: { readonly orgId: string; readonly accountId: string },
): Promise<PaymentPlace> {
  const { rows } = await client.query<{ settings_version: string }>(
    'SELECT settings_version FROM org WHERE org_id = $1',
    [payment.orgId],
  );
  const place = await placeOf(deps, payment);
  if (rows[0]?.settings_version === place.settingsVersion) return place;
  deps.directory.forget(payment.orgId);
  return placeOf(deps, payment);
}

const DAY_MS = 86_400_000;

/** The connector's promises as the life of a payment needs them. */
export function policyOf(
  capability: PaymentCapability<unknown> | undefined,
  payment: Pick<Payment, 'rail'>,
): TransferPolicy {
  const rail = capability?.rails.find((candidate) => candidate.rail === payment.rail);
  return {
    visibilityMs: capability?.inquiry.kind === 'byReference' ? capability.inquiry.visibilityMs : 0,
    safeResendMs: capability?.idempotency.kind === 'key' ? capability.idempotency.windowMs : 0,
    finalWithinMs: rail?.finalWithinMs ?? DAY_MS,
  };
}
