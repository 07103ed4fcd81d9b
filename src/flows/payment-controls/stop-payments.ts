import type { PoolClient } from 'pg';
import type { AlertFact } from '#core/events.ts';
import { parseId } from '#core/ids.ts';
import { appendAudit } from '#store/audit.ts';
import { changeAudited } from '#store/audited.ts';
import { requireGrant } from '#store/grants.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PaymentStop, StopChange } from '#store/payment-stops.ts';
import { confirmResume, proposeResume, pullStop } from '#store/payment-stops.ts';
import { wakePayments } from '#store/payments.ts';
import type { PersonActor } from '#store/persons.ts';
import { findPersons } from '#store/persons.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Announcer } from '../notification/announce.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';

/** Stopping and resuming is told to everybody, so it needs to know who that is. */
export interface ControlServices extends AdminServices {
  readonly announcer: Announcer;
}

/** Pulls the kill switch: one entitled person, one account or all; nothing leaves from now on. */
export async function stopPayments(
  services: ControlServices,
  by: PersonActor,
  pull: { readonly accountId?: string | undefined; readonly reason: string },
): Promise<PaymentStop> {
  const at = services.now();
  const { accountId } = pull;
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client, tx) => {
    await requireGrant(client, { ...by, action: 'payment.stop', accountId, at });
    const change = await pullStop(client, { ...pull, orgId: by.orgId, by: by.personId, at });
    if (change.audit?.action === 'payments.stopped') {
      await tell(services, tx, { orgId: by.orgId, kind: 'payments.stopped', stop: change.stop });
    }
    return { result: change.stop, audit: change.audit };
  });
}

/** Stops everything for the operator on the machine, in a transaction that is under way. */
export async function stopByOperator(
  services: ControlServices,
  client: PoolClient,
  { orgId, reason, by }: { readonly orgId: string; readonly reason: string; readonly by: string },
): Promise<StopChange> {
  const change = await pullStop(client, { orgId, reason, by, at: services.now() });
  if (change.audit) {
    await appendAudit(client, { orgId, actor: by, ...change.audit });
    const writes: Promise<unknown>[] = [];
    const transaction: Transaction = {
      client,
      write: (query) => void writes.push(query),
      atEnd: (work) => void writes.push(work()),
    };
    await tell(services, transaction, { orgId, kind: 'payments.stopped', stop: change.stop });
    await Promise.all(writes);
  }
  return change;
}

/** Proposes to go on; told nobody but who asks, because nothing has changed yet. */
export async function proposeToResume(
  services: AdminServices,
  by: PersonActor,
  stopId: string,
): Promise<PaymentStop> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const { stop, audit } = await proposeResume(client, by, { stopId, at: services.now() });
    return { result: stop, audit };
  });
}

/** Lets payments go on, as the second of two people. */
export async function resumePayments(
  services: ControlServices,
  by: PersonActor,
  stopId: string,
): Promise<PaymentStop> {
  const resumed = await changeAudited(
    services,
    { orgId: by.orgId, actor: by.personId },
    async (client, tx) => {
      const { stop, audit } = await confirmResume(client, by, { stopId, at: services.now() });
      await tell(services, tx, { orgId: by.orgId, kind: 'payments.resumed', stop });
      return { result: stop, audit };
    },
  );
  await wakeStopped(services, by.orgId, resumed.accountId);
  return resumed;
}

/**
 * What waited for this is looked at now, not when its time comes by itself. After the commit: the
 * story of a payment takes its row first and the organisation's later, never the other way round.
 */
async function wakeStopped(
  { pool, now }: AdminServices,
  orgId: string,
  accountId: string | undefined,
): Promise<void> {
  const { rows } = await pool.query<{ payment_id: string }>(
    `SELECT payment_id FROM payment
     WHERE org_id = $1 AND ($2::text IS NULL OR account_id = $2)
       AND state = 'blocked' AND reason_code = 'payment.stopped'`,
    [orgId, accountId ?? null],
  );
  const ids = rows.map((row) => row.payment_id);
  await wakePayments(pool, orgId, ids, new Date(now().epochMilliseconds));
}

/** Writes the alert with everybody who is told of it, and wakes who tells it. */
async function tell(
  { announcer }: ControlServices,
  transaction: Transaction,
  told: {
    readonly orgId: string;
    readonly kind: 'payments.stopped' | 'payments.resumed';
    readonly stop: PaymentStop;
  },
): Promise<void> {
  const { client } = transaction;
  const orgId = parseId('org', told.orgId);
  const fact = await factOf(client, { ...told, orgId });
  const at = new Date(fact.at.epochMilliseconds);
  const rings = await saveFacts(transaction, announcer, [{ orgId, fact }], at);
  for (const ring of rings) {
    // Sent with the commit; a missed one is found by the sweep.
    transaction.write(
      client.query("SELECT pg_notify('cashbell_ring', $1)", [`${orgId}/${ring.destinationId}`]),
    );
  }
}

async function factOf(
  client: PoolClient,
  told: {
    readonly orgId: string;
    readonly kind: 'payments.stopped' | 'payments.resumed';
    readonly stop: PaymentStop;
  },
): Promise<AlertFact> {
  const { orgId, kind, stop } = told;
  const isStop = kind === 'payments.stopped';
  const by = isStop ? stop.pulledBy : (stop.releasedBy ?? '');
  const at = isStop ? stop.pulledAt : (stop.releasedAt ?? stop.pulledAt);
  const names = await findPersons(client, orgId, [by, stop.releaseProposedBy ?? '']);
  const nameOf = (word: string): string => names.get(word)?.name ?? word;
  const account = await findAccount(client, orgId, stop.accountId);
  const subject = account?.subject ?? (await nameOfOrg(client, orgId));
  return alertFact({
    kind,
    atMs: at.epochMilliseconds,
    subject,
    ...(account
      ? {
          accountId: parseId('acc', account.account_id),
          connectionId: parseId('con', account.connection_id),
        }
      : {}),
    details: {
      by: isStop ? nameOf(by) : `${nameOf(stop.releaseProposedBy ?? '')}, ${nameOf(by)}`,
      reason: stop.reason,
    },
  });
}

interface AccountWords {
  account_id: string;
  connection_id: string;
  subject: string;
}

async function findAccount(
  client: PoolClient,
  orgId: string,
  accountId: string | undefined,
): Promise<AccountWords | undefined> {
  if (accountId === undefined) return undefined;
  const { rows } = await client.query<AccountWords>(
    `SELECT a.account_id, a.connection_id, c.name || ' · ' || a.name AS subject
     FROM account a JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     WHERE a.org_id = $1 AND a.account_id = $2`,
    [orgId, accountId],
  );
  return rows[0];
}

/** A stop of everything concerns the company as a whole. */
async function nameOfOrg(client: PoolClient, orgId: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM org WHERE org_id = $1', [
    orgId,
  ]);
  return rows[0]?.name ?? orgId;
}
