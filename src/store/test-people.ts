import type { TestWorld } from '#api/test-services.ts';
import { createTestWorld } from '#api/test-services.ts';
import type { Instant } from '#core/dates.ts';
import type { GrantAction } from '#core/grants.ts';
import type { AccountId } from '#core/ids.ts';
import type { Money } from '#core/money.ts';
import { rightValues, testBank } from '#engine/ladder/test-bank.ts';
import type { TestDatabase } from '#tests/database.ts';
import { newId } from '#secret/ids.ts';
import { addAccount } from './accounts-admin.ts';
import { bootstrapGrants } from './bootstrap.ts';
import { addConnection } from './connections-admin.ts';
import type { Grant } from './grants.ts';
import { confirmGrant, proposeGrant } from './grants-admin.ts';
import type { PersonActor } from './persons.ts';
import { addPerson } from './persons.ts';

/** An organisation with two people who can grant, and two accounts at a bank. */
export interface PeopleWorld extends TestWorld {
  readonly database: TestDatabase;
  /** The first two, made by the operator. */
  readonly officers: readonly [PersonActor, PersonActor];
  readonly connectionId: string;
  readonly accounts: readonly [AccountId, AccountId];
  person(name: string, dingtalkUserId?: string): Promise<PersonActor>;
  /** A right for somebody, asked for by one officer and confirmed by the other. */
  grant(
    to: PersonActor,
    action: GrantAction,
    reach?: {
      readonly accountId?: string;
      readonly amountMax?: Money;
      readonly validUntil?: Instant;
    },
  ): Promise<Grant>;
  /** A person who holds these rights without bounds. */
  entitled(name: string, ...actions: readonly GrantAction[]): Promise<PersonActor>;
  insertPayment(payment?: Partial<PaymentSeed>): Promise<string>;
}

/** What a test says of a payment; the rest is filled in. */
export interface PaymentSeed {
  readonly accountId: string;
  readonly amountMinorUnits: bigint;
  readonly currency: string;
  readonly purpose: string;
  readonly maker: string;
  readonly state: string;
  readonly firstSentAt: Instant | undefined;
  readonly digest: string;
  readonly approvalsRequired: number;
  readonly approvalVia: 'local' | 'dingtalk';
}

export async function createPeopleWorld(database: TestDatabase): Promise<PeopleWorld> {
  const world = await createTestWorld(database);
  const { services, orgId } = world;
  const person = async (name: string, dingtalkUserId?: string): Promise<PersonActor> => {
    const { personId } = await addPerson(services, { orgId, name, dingtalkUserId }, 'test');
    return { orgId, personId };
  };
  const first = await person('Officer One');
  const second = await person('Officer Two');
  for (const officer of [first, second]) {
    await bootstrapGrants(services, officer, () => Promise.resolve());
  }
  const { connectionId } = await addConnection(
    services,
    { orgId, connector: testBank, name: 'Bank', environment: 'sandbox', values: rightValues },
    'test',
  );
  const account = async (number: string): Promise<AccountId> => {
    const input = { orgId, connectionId, connector: testBank, number, name: number };
    return (await addAccount(services, { ...input, currency: 'IDR' }, 'test')).accountId;
  };
  const accounts = [await account('1001'), await account('1002')] as const;
  const grant: PeopleWorld['grant'] = async (to, action, reach = {}) => {
    const proposer = to.personId === second.personId ? second : first;
    const checker = proposer === first ? second : first;
    const proposed = await proposeGrant(services, proposer, {
      ...reach,
      personId: to.personId,
      action,
    });
    return confirmGrant(services, checker, proposed.grantId);
  };
  return {
    ...world,
    database,
    officers: [first, second],
    connectionId,
    accounts,
    person,
    grant,
    entitled: async (name, ...actions) => {
      const made = await person(name);
      for (const action of actions) await grant(made, action);
      return made;
    },
    insertPayment: (payment = {}) =>
      insertPayment(database, { orgId, connectionId, accountId: accounts[0], ...payment }),
  };
}

let payments = 0;

async function insertPayment(
  { pool }: TestDatabase,
  seed: Partial<PaymentSeed> & {
    readonly orgId: string;
    readonly connectionId: string;
    readonly accountId: string;
  },
): Promise<string> {
  payments += 1;
  const paymentId = newId('pay');
  await pool.query(
    `INSERT INTO payment (org_id, payment_id, end_to_end_id, account_id, connection_id, environment,
       creditor, folded_creditor_account, instructed_minor_units, currency, purpose,
       remittance_information, rail, charge_bearer, requested_execution_date, not_before, digest,
       source, source_key, maker, approval_via, approvals_required, state, state_since,
       first_sent_at, created_at)
     VALUES ($1, $2, $3, $4, $5, 'sandbox', '{"name":"PT Maju","account":"123","country":"ID"}',
       '123', $6, $7, $8, 'Invoice', 'intrabank', 'debtor', '2026-01-01', now(), $9, 'api', $2, $10,
       $11, $12, $13, now(), $14, now())`,
    [
      seed.orgId,
      paymentId,
      String(payments).padStart(12, '0'),
      seed.accountId,
      seed.connectionId,
      (seed.amountMinorUnits ?? 100_00n).toString(),
      seed.currency ?? 'IDR',
      seed.purpose ?? 'supplier',
      seed.digest ?? 'digest',
      seed.maker ?? 'token:tok_test',
      seed.approvalVia ?? 'local',
      seed.approvalsRequired ?? 1,
      seed.state ?? 'awaitingApproval',
      seed.firstSentAt?.toString() ?? null,
    ],
  );
  return paymentId;
}

/** The code with which something is refused. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  return 'nothing was refused';
}
