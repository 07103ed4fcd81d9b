import { requestPayments } from '../../src/flows/payment/request-payments.ts';
import type { PaymentRequest } from '../../src/flows/payment/request-payments.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { parseId } from '../../src/core/ids.ts';
import { parseMoney } from '../../src/core/money.ts';
import { foldAccount } from '../../src/core/payments.ts';
import type { PaymentState } from '../../src/core/payments.ts';
import { newId } from '../../src/secret/ids.ts';
import { approvePayment } from '../../src/store/approvals.ts';
import { findPayment, wakePayments } from '../../src/store/payments.ts';
import type { Payment } from '../../src/store/payments.ts';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

/** A transfer as the simulated bank has it in its books. */
export interface BankTransfer {
  readonly id: string;
  readonly partnerReferenceNo: string;
  readonly amount: { readonly value: string };
  readonly status: string;
  readonly debited: boolean;
  readonly reversed: boolean;
  readonly beneficiaryAccountNo: string;
}

/** A stand with people and payees, from which BCA's account can be paid. */
export interface PayStand extends Stand {
  readonly deps: PaymentDeps;
  readonly accountId: string;
  readonly maker: string;
  readonly checker: string;
  readonly payee: string;
  request(changes?: Partial<PaymentRequest> & { readonly amount?: string }): Promise<string>;
  approve(paymentId: string, person?: string): Promise<void>;
  payment(paymentId: string): Promise<Payment>;
  waitForState(paymentId: string, ...states: PaymentState[]): Promise<Payment>;
  wake(paymentId: string): Promise<void>;
  /** All transfers that moved money at the simulated SNAP banks. */
  transfers(): Promise<readonly BankTransfer[]>;
  fault(name: string, settings?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Lets "not found" count at once, as if the bank's visibility window were over; or no more. */
  endVisibilityWindow(isOver: boolean): void;
}

export const PAYEE_ACCOUNT = '8010001575';

export async function startPayStand(): Promise<PayStand> {
  const stand = await startStand();
  const { pool } = stand.database;
  const orgId = parseId('org', stand.orgId);
  const person = async (name: string): Promise<string> => {
    const personId = newId('per');
    await pool.query('INSERT INTO person (org_id, person_id, name) VALUES ($1, $2, $3)', [
      orgId,
      personId,
      name,
    ]);
    return personId;
  };
  const maker = await person('Maya Maker');
  const checker = await person('Chandra Checker');
  for (const holder of [maker, checker]) {
    await pool.query(
      `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
         confirmed_by, created_at, decided_at)
       VALUES ($1, $2, $3, 'payment.approve', 'active', 'per_officer1', 'per_officer2', now(), now())`,
      [orgId, newId('grt'), holder],
    );
  }
  const payee = await registerPayee(stand, { account: PAYEE_ACCOUNT, name: 'PT PEMASOK SEJATI' });
  const { rows } = await pool.query<{ account_id: string }>(
    "SELECT account_id FROM account WHERE org_id = $1 AND number = '1234567890'",
    [orgId],
  );
  const accountId = rows[0]?.account_id ?? '';
  let requests = 0;
  return Object.assign(Object.create(stand) as Stand, {
    get deps() {
      return stand.started.runtime.payments;
    },
    accountId,
    maker,
    checker,
    payee,
    request: async ({ amount = '1250000.00', ...changes } = {}) => {
      requests += 1;
      const [requested] = await requestPayments(stand.started.runtime.payments, [
        {
          orgId,
          accountId,
          beneficiary: { beneficiaryId: payee },
          instructedAmount: parseMoney(amount, 'IDR'),
          purpose: 'supplier',
          remittanceInformation: `Invoice ${requests}`,
          source: 'api',
          sourceKey: `test-${requests}`,
          maker,
          approval: { via: 'local' },
          ...changes,
        },
      ]);
      if (!requested) throw new Error('nothing was requested');
      return requested.paymentId;
    },
    approve: async (paymentId, by = checker) => {
      const payment = await findPayment(pool, { orgId, paymentId });
      if (!payment) throw new Error('no such payment');
      const { services } = stand.started.runtime;
      const { digest } = payment;
      await approvePayment(services, { orgId, personId: by }, { paymentId, digest });
      stand.started.runtime.payments.onWoken();
    },
    payment: async (paymentId) => {
      const payment = await findPayment(pool, { orgId, paymentId });
      if (!payment) throw new Error('no such payment');
      return payment;
    },
    waitForState: (paymentId, ...states) => {
      let last: Payment | undefined;
      return waitFor(
        async () => {
          last = await findPayment(pool, { orgId, paymentId });
          return last && states.includes(last.state) ? last : undefined;
        },
        { what: `${states.join(' or ')} of ${paymentId}`, deadlineMs: 90_000 },
      ).catch((error: unknown) => {
        throw new Error(`stands at ${last?.state} ${JSON.stringify(last?.reason)}`, {
          cause: error,
        });
      });
    },
    wake: async (paymentId) => {
      await wakePayments(pool, orgId, [paymentId], new Date());
      stand.started.runtime.payments.onWoken();
    },
    transfers: async () => {
      const state = (await stand.banks.manage('GET', 'snap/transfers')) as {
        transfers: BankTransfer[];
      };
      return state.transfers;
    },
    fault: async (name, settings = {}) => {
      await stand.banks.manage('POST', 'snap/faults', { name, ...settings });
    },
    endVisibilityWindow: (isOver) => {
      const { payments, connectorOf } = stand.started.runtime;
      Object.assign(payments, { connectorOf: isOver ? seeingAll(connectorOf) : connectorOf });
    },
  } satisfies Omit<PayStand, keyof Stand>);
}

/** Banks that show every transfer at once; rows are not aged, since banks go by the day of sending. */
function seeingAll(connectorOf: PaymentDeps['connectorOf']): PaymentDeps['connectorOf'] {
  return (id) => {
    const connector = connectorOf(id);
    if (connector?.payments?.inquiry.kind !== 'byReference') return connector;
    const inquiry = { ...connector.payments.inquiry, visibilityMs: 0 };
    return { ...connector, payments: { ...connector.payments, inquiry } };
  };
}

/** A payee that two people confirmed and whose rest is over. */
export async function registerPayee(
  stand: Stand,
  payee: {
    readonly account: string;
    readonly name: string;
    readonly agent?: string;
    readonly country?: string;
  },
): Promise<string> {
  const beneficiaryId = newId('ben');
  await stand.database.pool.query(
    `INSERT INTO beneficiary (org_id, beneficiary_id, version, state, name, account,
       folded_account, scheme, agent, country, details, usable_from, name_match, created_at)
     VALUES ($1, $2, 1, 'active', $3, $4, $5, 'domestic', $6, $7,
       '{"kind":"organisation","isResident":true,"address":"Jakarta"}', now() - interval '1 day',
       'matched', now())`,
    [
      stand.orgId,
      beneficiaryId,
      payee.name,
      payee.account,
      foldAccount(payee.account),
      payee.agent ?? '',
      payee.country ?? 'ID',
    ],
  );
  return beneficiaryId;
}
