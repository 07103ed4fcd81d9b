import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { DecisionChoice, PaymentDecision } from './payment-decisions.ts';
import {
  confirmDecision,
  listDecisions,
  proposeDecision,
  refuseDecision,
} from './payment-decisions.ts';
import type { PersonActor } from './persons.ts';
import type { PeopleWorld } from './test-people.ts';
import { codeOf, createPeopleWorld } from './test-people.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let world: PeopleWorld;
let maker: PersonActor;
let one: PersonActor;
let two: PersonActor;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  maker = await world.entitled('Maker', 'payment.decide');
  one = await world.entitled('One', 'payment.decide');
  two = await world.entitled('Two', 'payment.decide');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

/** A payment of which nobody knows what became. */
async function lost(state = 'unknown'): Promise<string> {
  const paymentId = await world.insertPayment({ maker: maker.personId, state });
  await database.pool.query(
    `UPDATE payment SET decision_since = now(), bank_code = '5001801', inquiries = 7
     WHERE payment_id = $1`,
    [paymentId],
  );
  return paymentId;
}

async function blocked(code: string): Promise<string> {
  const paymentId = await world.insertPayment({ maker: maker.personId, state: 'blocked' });
  await database.pool.query('UPDATE payment SET reason_code = $2 WHERE payment_id = $1', [
    paymentId,
    code,
  ]);
  return paymentId;
}

function propose(
  paymentId: string,
  choice: DecisionChoice = 'executed',
  waivedCode?: string,
  by: PersonActor = one,
): Promise<PaymentDecision> {
  const reason = 'The statement in KlikBCA shows it.';
  return proposeDecision(world.services, by, { paymentId, choice, waivedCode, reason });
}

const confirm = (by: PersonActor, place: { paymentId: string; decisionId: string }) =>
  inTransaction(database.pool, (client) =>
    confirmDecision(client, by, place, world.services.now()),
  );

describe('decisions', () => {
  test('decision: two people with the right make it, with what the bank had said', async () => {
    const paymentId = await lost();
    const proposed = await propose(paymentId);
    expect(proposed.evidence).toMatchObject({
      state: 'unknown',
      bankCode: '5001801',
      inquiries: 7,
    });
    const { decision } = await confirm(two, proposed);
    expect(decision).toMatchObject({ outcome: 'confirmed', decidedBy: two.personId });
    const { rows } = await database.pool.query(
      'SELECT action FROM audit WHERE subject = $1 ORDER BY number',
      [paymentId],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'payment.decisionProposed',
      'payment.decided',
    ]);
  });

  test('decision: neither its proposer nor the maker of the payment confirms it', async () => {
    const proposed = await propose(await lost());
    expect(await codeOf(confirm(one, proposed))).toBe('api.secondPerson');
    expect(await codeOf(confirm(maker, proposed))).toBe('api.secondPerson');
    const forced = (by: string | null) =>
      database.pool.query(
        `UPDATE payment_decision SET outcome = 'confirmed', decided_by = $1 WHERE decision_id = $2`,
        [by, proposed.decisionId],
      );
    expect(await codeOf(forced(one.personId))).toBe('23514');
    expect(await codeOf(forced(null))).toBe('23514');
  });

  test('decision: the maker may say what they found, and somebody else confirms', async () => {
    const proposed = await propose(await lost(), 'notExecuted', undefined, maker);
    expect((await confirm(two, proposed)).decision.outcome).toBe('confirmed');
  });

  test('decision: of two who confirm at the same moment one does', async () => {
    const third = await world.entitled('Third', 'payment.decide');
    const proposed = await propose(await lost());
    const outcomes = await Promise.all([two, third].map((by) => codeOf(confirm(by, proposed))));
    expect(outcomes.toSorted()).toEqual(['api.conflict', 'nothing was refused']);
  });

  test('decision: one waits at a time; refusing makes room', async () => {
    const paymentId = await lost();
    const first = await propose(paymentId);
    expect(await codeOf(propose(paymentId, 'sendAgain', undefined, two))).toBe('api.conflict');
    await refuseDecision(world.services, two, first);
    expect(await codeOf(confirm(two, first))).toBe('api.conflict');
    await propose(paymentId, 'sendAgain', undefined, two);
    const waiting = await listDecisions(database.pool, { orgId: world.orgId });
    expect(waiting.some((decision) => decision.paymentId === paymentId)).toBe(true);
  });

  test('decision: the bank’s word that came meanwhile is stronger', async () => {
    const paymentId = await lost();
    const proposed = await propose(paymentId, 'sendAgain');
    await database.pool.query(
      `UPDATE payment SET state = 'confirmed', decision_since = NULL WHERE payment_id = $1`,
      [paymentId],
    );
    expect((await confirm(two, proposed)).decision.outcome).toBe('overtaken');
  });

  test.each<[string, DecisionChoice, boolean]>([
    ['unknown', 'executed', true],
    ['unknown', 'notExecuted', true],
    ['unknown', 'sendAgain', true],
    ['submitted', 'executed', true],
    ['submitted', 'notExecuted', true],
    // What the bank has accepted is never sent again.
    ['submitted', 'sendAgain', false],
    ['confirmed', 'notExecuted', false],
    ['settled', 'sendAgain', false],
    ['authorised', 'executed', false],
  ])('decision: a payment that is %s may be decided as %s: %s', async (state, choice, isFit) => {
    const code = await codeOf(propose(await lost(state), choice));
    expect(code).toBe(isFit ? 'nothing was refused' : 'payment.stateConflict');
  });

  test('decision: while the bank is still asked, nobody decides', async () => {
    const paymentId = await world.insertPayment({ state: 'unknown' });
    expect(await codeOf(propose(paymentId))).toBe('payment.stateConflict');
  });

  test('waiver: a check that holds a payment back is let pass by two people, once', async () => {
    const paymentId = await blocked('payment.duplicateSuspected');
    expect(await codeOf(propose(paymentId, 'waive', 'payment.cashShort'))).toBe(
      'payment.stateConflict',
    );
    const proposed = await propose(paymentId, 'waive', 'payment.duplicateSuspected');
    expect(await codeOf(confirm(maker, proposed))).toBe('api.secondPerson');
    await confirm(two, proposed);
    const { rows } = await database.pool.query('SELECT waived FROM payment WHERE payment_id = $1', [
      paymentId,
    ]);
    expect(rows[0].waived).toEqual(['payment.duplicateSuspected']);
  });

  test.each(['payment.limitExceeded', 'payment.stopped', 'payment.beneficiaryCoolOff', undefined])(
    'waiver: %s can be waived by nobody',
    async (code) => {
      const paymentId = await blocked(code ?? 'payment.cashShort');
      expect(await codeOf(propose(paymentId, 'waive', code))).toBe('api.invalid');
    },
  );

  test('decision: nobody proposes, confirms or refuses without the right', async () => {
    const stranger = await world.person('Stranger');
    const paymentId = await lost();
    expect(await codeOf(propose(paymentId, 'executed', undefined, stranger))).toBe(
      'payment.notEntitled',
    );
    const proposed = await propose(paymentId);
    expect(await codeOf(confirm(stranger, proposed))).toBe('payment.notEntitled');
    expect(await codeOf(refuseDecision(world.services, stranger, proposed))).toBe(
      'payment.notEntitled',
    );
  });

  test('decision: without a reason it is refused', async () => {
    const paymentId = await lost();
    const input = { paymentId, choice: 'executed' as const, reason: '  ' };
    expect(await codeOf(proposeDecision(world.services, one, input))).toBe('api.invalid');
  });
});
