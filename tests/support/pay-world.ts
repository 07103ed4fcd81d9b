import type {
  Connector,
  InstructionProblem,
  PaymentCapability,
} from '../../src/connectors/contract.ts';
import { addMs } from '../../src/core/dates.ts';
import type { GrantAction } from '../../src/core/grants.ts';
import type { BeneficiaryId } from '../../src/core/ids.ts';
import type { Money } from '../../src/core/money.ts';
import { foldAccount } from '../../src/core/payments.ts';
import type { TransferInstruction, TransferReport } from '../../src/core/payments.ts';
import { CashbellError } from '../../src/core/errors.ts';
import { createBankCaller } from '../../src/engine/bank-calls.ts';
import { createTransport } from '../../src/engine/transport.ts';
import type { Transport } from '../../src/engine/transport.ts';
import { assemblePayments } from '../../src/flows/payment/assemble-payments.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { newId } from '../../src/secret/ids.ts';
import { addPerson } from '../../src/store/persons.ts';
import { findPayment } from '../../src/store/payments.ts';
import type { Payment } from '../../src/store/payments.ts';
import type { TestDatabase } from './database.ts';
import { createFlowWorld } from './flow-world.ts';
import type { FlowWorld } from './flow-world.ts';
import { storyBank } from './story-bank.ts';

/** Nothing is sent in these worlds; whatever would reach a bank is a mistake of the test. */
function neverSent(): never {
  throw new CashbellError('connector.capabilityMissing', { what: 'a bank in this test' });
}

const payments: PaymentCapability<unknown> = {
  idempotency: { kind: 'none' },
  inquiry: { kind: 'byReference', visibilityMs: 60_000, retentionDays: 7 },
  isDebitReferenced: true,
  rails: [
    {
      rail: 'intrabank',
      currencies: ['IDR'],
      schemes: ['domestic'],
      creditorAgent: 'same',
      isBusinessDaysOnly: false,
      finalWithinMs: 60_000,
    },
    {
      rail: 'urgent',
      currencies: ['IDR'],
      schemes: ['domestic'],
      creditorAgent: 'other',
      hours: { fromMinute: 7 * 60, toMinute: 15 * 60 },
      isBusinessDaysOnly: true,
      finalWithinMs: 86_400_000,
    },
  ],
  checkInstruction: (instruction) => checkStory(instruction),
  initiateTransfer: {
    serviceOf: () => 'story transfer',
    request: neverSent,
    judge: () => undefined,
    parse: neverSent,
  },
  fetchTransfer: {
    service: 'story inquiry',
    request: neverSent,
    judge: () => undefined,
    parse: neverSent,
  },
  cancelTransfer: { service: 'story cancel', request: neverSent, parse: neverSent },
};

/** The rules of this bank: short texts, and a bank's code with real-time gross settlement only. */
function checkStory(instruction: TransferInstruction): InstructionProblem[] {
  const problems: InstructionProblem[] = [];
  if (instruction.remittanceInformation.length > 60) {
    problems.push({ field: 'remittanceInformation', problem: 'must be at most 60 characters' });
  }
  const isElsewhere = instruction.creditor.agent !== undefined;
  if (isElsewhere !== (instruction.rail === 'urgent')) {
    const problem = isElsewhere ? 'must be left out within the bank' : 'is missing';
    problems.push({ field: 'creditor.agent', problem });
  }
  return problems;
}

/** The bank of the stories, which can be paid from. */
export const payingBank: Connector = { ...storyBank, payments };

export interface PayWorld extends FlowWorld {
  readonly deps: PaymentDeps;
  readonly transport: Transport;
  /** What the bank answers when it is asked to stop a transfer; nothing: it does not answer. */
  cancelAnswer: TransferReport | undefined;
  /** A person who holds these rights. */
  entitled(name: string, rights: Partial<Record<GrantAction, Money | 'any'>>): Promise<string>;
  payee(payee: PayeeSeed): Promise<BeneficiaryId>;
  payment(paymentId: string): Promise<Payment>;
  /** Moves the clock of everything that asks for the time. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

export interface PayeeSeed {
  readonly name: string;
  readonly account: string;
  readonly agent?: string;
}

/** An organisation at a bank that can be paid from, with payees and people; nothing runs by itself. */
export async function createPayWorld(database: TestDatabase): Promise<PayWorld> {
  const world = await createFlowWorld(database, { connector: payingBank });
  const { services, directory, announcer, connectorOf, orgId } = world;
  const { pool } = services;
  const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
  let offsetMs = 0;
  const now = () => addMs(services.now(), offsetMs);
  const assembled = assemblePayments({
    services: { ...services, now },
    directory,
    announcer,
    connectorOf,
    banks: createBankCaller({ services, transport, connectorOf }),
    signal: () => undefined,
  });
  const made: PayWorld = {
    ...world,
    services: { ...services, now },
    transport,
    cancelAnswer: undefined,
    deps: {
      ...assembled,
      transfers: {
        ...assembled.transfers,
        cancel: () =>
          made.cancelAnswer
            ? Promise.resolve(made.cancelAnswer)
            : Promise.reject(new CashbellError('transport.timeout')),
      },
    },
    entitled: async (name, rights) => {
      const { personId } = await addPerson(services, { orgId, name }, 'test');
      for (const [action, reach] of Object.entries(rights)) {
        const max = reach === 'any' ? undefined : reach;
        await pool.query(
          `INSERT INTO person_grant (org_id, grant_id, person_id, action, amount_max_minor_units,
             currency, state, proposed_by, confirmed_by, created_at, decided_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'active', 'per_officer1', 'per_officer2', now(), now())`,
          [
            orgId,
            newId('grt'),
            personId,
            action,
            max?.amountMinorUnits.toString() ?? null,
            max?.currency ?? null,
          ],
        );
      }
      return personId;
    },
    payee: async ({ name, account, agent = '' }) => {
      const beneficiaryId = newId('ben');
      await pool.query(
        `INSERT INTO beneficiary (org_id, beneficiary_id, version, state, name, account,
           folded_account, scheme, agent, country, details, usable_from, name_match, created_at)
         VALUES ($1, $2, 1, 'active', $3, $4, $5, 'domestic', $6, 'ID', '{}',
           now() - interval '1 day', 'matched', now())`,
        [orgId, beneficiaryId, name, account, foldAccount(account), agent],
      );
      return beneficiaryId;
    },
    payment: async (paymentId) => {
      const payment = await findPayment(pool, { orgId, paymentId });
      if (!payment) throw new Error('no such payment');
      return payment;
    },
    advance: (milliseconds) => {
      offsetMs += milliseconds;
    },
    close: () => transport.close(),
  };
  return made;
}
