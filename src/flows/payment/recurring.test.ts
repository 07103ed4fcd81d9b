import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dayIn, parsePlainDate } from '#core/dates.ts';
import { findDuplicate } from '#store/payment-checks.ts';
import { setBankHolidays } from '#store/bank-holidays.ts';
import { getRecurring, listRecurring } from '#store/recurring-payments.ts';
import type { RecurringPayment } from '#store/recurring-payments.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import { raiseRecurring } from './raise-recurring.ts';
import { createRecurring, moveRecurring, previewOccurrences } from './recurring.ts';
import type { RecurringInput } from './recurring.ts';

const ZONE = 'Asia/Jakarta';

let database: TestDatabase;
let world: PayWorld;
let maker: string;
let payee: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  maker = await world.entitled('Maker', { 'payment.make': 'any' });
  payee = await world.payee({ name: 'Landlord', account: '111' });
});
afterAll(async () => {
  await world.close();
  await database.drop();
});
afterEach(async () => {
  await world.ask(`UPDATE recurring_payment SET state = 'ended'`);
  await world.ask('DELETE FROM alarm');
});

/** Moves the clock to noon of a day in Jakarta. */
function goTo(day: string): void {
  const noon = Date.parse(`${day}T12:00:00+07:00`);
  world.advance(noon - world.deps.now().epochMilliseconds);
}

async function create(changes: Partial<RecurringInput> = {}): Promise<RecurringPayment> {
  return createRecurring(
    world.deps,
    {
      orgId: world.orgId,
      accountId: world.accounts[0],
      name: 'Rent',
      rule: 'FREQ=MONTHLY;BYMONTHDAY=5',
      template: {
        beneficiaryId: payee,
        amount: '5000000',
        purpose: 'rent',
        remittanceInformation: 'Rent of the office',
      },
      firstDate: parsePlainDate('2031-01-01'),
      ...changes,
    },
    maker,
  );
}

const raise = () =>
  raiseRecurring(world.deps, (error) => {
    throw error;
  });

/** Days of the payments of a recurring one, in order, with their keys' days. */
async function paymentsOf({ recurrenceId }: RecurringPayment): Promise<string[]> {
  const rows = await world.ask<{ line: string }>(
    `SELECT right(source_key, 10) || ' on ' || requested_execution_date || ' ' || state AS line
     FROM payment WHERE recurrence_id = $1 ORDER BY source_key`,
    [recurrenceId],
  );
  return rows.map(({ line }) => line);
}

describe('recurring payments', () => {
  it('recurring: each occurrence is asked for some bank days ahead, once, on a bank day', async () => {
    goTo('2031-01-01');
    // 2031-01-05 is a Sunday: paid on Monday, asked for on Thursday, two bank days before.
    const rent = await create();
    expect(rent.nextDate?.toString()).toBe('2031-01-05');
    goTo('2031-01-01');
    expect(await raise()).toEqual({ raised: 0, skipped: 0, failed: 0 });
    goTo('2031-01-02');
    expect(await raise()).toEqual({ raised: 1, skipped: 0, failed: 0 });
    expect(await paymentsOf(rent)).toEqual(['2031-01-05 on 2031-01-06 awaitingApproval']);
    const after = await getRecurring(database.pool, rent);
    expect([after.state, after.nextDate?.toString()]).toEqual(['active', '2031-02-05']);
    goTo('2031-01-08');
    expect(await raise()).toMatchObject({ raised: 0 });
  });

  it.each<[RecurringInput['roll'], string]>([
    ['following', '2031-06-02'],
    ['preceding', '2031-05-30'],
    ['modifiedFollowing', '2031-05-30'],
  ])('recurring: a month that ends on a Saturday is paid by the rule %s', async (roll, day) => {
    goTo('2031-05-12');
    const salaries = await create({
      rule: 'FREQ=MONTHLY;BYMONTHDAY=-1',
      firstDate: parsePlainDate('2031-05-01'),
      roll,
      leadDays: 0,
    });
    const [first] = await previewOccurrences(world.deps, salaries, parsePlainDate('2031-05-12'));
    expect(first?.requestedExecutionDate.toString()).toBe(day);
    goTo(day);
    await raise();
    expect(await paymentsOf(salaries)).toEqual([`2031-05-31 on ${day} awaitingApproval`]);
  });

  it("recurring: the organisation's own holidays count", async () => {
    goTo('2031-09-01');
    const tax = await create({ rule: 'FREQ=MONTHLY;BYMONTHDAY=10', leadDays: 0 });
    const day = parsePlainDate('2031-09-10');
    const holidays = [{ country: 'ID', day, isOpen: false, name: 'Cuti bersama' }];
    await setBankHolidays(world.services, { orgId: world.orgId, holidays }, 'test');
    world.advance(60_000);
    const [first] = await previewOccurrences(world.deps, tax, parsePlainDate('2031-09-01'));
    expect(first?.requestedExecutionDate.toString()).toBe('2031-09-11');
  });

  it('recurring: two workers at once, and a look twice, make one payment', async () => {
    goTo('2032-03-04');
    const rent = await create({ rule: 'FREQ=MONTHLY;BYMONTHDAY=5', leadDays: 1 });
    const looks = await Promise.all([raise(), raise(), raise()]);
    expect(looks.reduce((sum, { raised }) => sum + raised, 0)).toBeGreaterThanOrEqual(1);
    // As after a crash between the payment and the next day: its key is taken already.
    await world.ask('UPDATE recurring_payment SET next_date = $2 WHERE recurrence_id = $1', [
      rent.recurrenceId,
      '2032-03-05',
    ]);
    await raise();
    expect(await paymentsOf(rent)).toEqual(['2032-03-05 on 2032-03-05 awaitingApproval']);
    expect((await getRecurring(database.pool, rent)).nextDate?.toString()).toBe('2032-04-05');
  });

  it('recurring: the occurrence of today is no double of the one of yesterday, but of others it is', async () => {
    goTo('2032-07-05');
    const daily = await create({ rule: 'FREQ=DAILY', leadDays: 0 });
    await raise();
    await world.ask(
      `UPDATE payment SET state = 'confirmed', first_sent_at = now() WHERE recurrence_id = $1`,
      [daily.recurrenceId],
    );
    goTo('2032-07-06');
    const other = await create({ rule: 'FREQ=DAILY', leadDays: 0 });
    await raise();
    const since = new Date(world.deps.now().epochMilliseconds - 7 * 86_400_000);
    const doubles = [];
    for (const { recurrenceId } of [daily, other]) {
      const [row] = await world.ask<{ payment_id: string }>(
        `SELECT payment_id FROM payment WHERE recurrence_id = $1 ORDER BY source_key DESC LIMIT 1`,
        [recurrenceId],
      );
      const payment = await world.payment(row?.payment_id ?? '');
      doubles.push((await findDuplicate(database.pool, payment, since)) !== undefined);
    }
    expect(doubles).toEqual([false, true]);
  });

  it('recurring: after a standstill the late ones of a week are asked for, older ones are not', async () => {
    goTo('2033-01-03');
    const weekly = await create({ rule: 'FREQ=WEEKLY;BYDAY=MO', leadDays: 0 });
    goTo('2033-01-26');
    const { raised, skipped } = await raise();
    // Mondays 3, 10 and 17 are past a week; 24 is two days late.
    expect([raised, skipped]).toEqual([1, 3]);
    const today = dayIn(world.deps.now(), ZONE).toString();
    expect(await paymentsOf(weekly)).toEqual([`2033-01-24 on ${today} awaitingApproval`]);
    const audit = await world.ask(
      `SELECT FROM audit WHERE subject = $1 AND action = 'recurring.skipped'`,
      [weekly.recurrenceId],
    );
    expect(audit).toHaveLength(3);
  });

  it('recurring: a counted one ends with its last occurrence', async () => {
    goTo('2034-02-01');
    const loan = await create({
      rule: 'FREQ=DAILY;COUNT=2',
      firstDate: parsePlainDate('2034-02-01'),
      leadDays: 0,
    });
    await raise();
    goTo('2034-02-02');
    await raise();
    expect(await paymentsOf(loan)).toHaveLength(2);
    const ended = await getRecurring(database.pool, loan);
    expect([ended.state, ended.nextDate]).toEqual(['ended', undefined]);
  });

  it('recurring: what cannot be asked for is told once, tried again, and told no more when it works', async () => {
    goTo('2035-03-01');
    const other = await world.payee({ name: 'Cleaner', account: '777' });
    const cleaning = await create({
      rule: 'FREQ=MONTHLY;BYMONTHDAY=1',
      leadDays: 0,
      template: {
        beneficiaryId: other,
        amount: '5',
        purpose: 'supplier',
        remittanceInformation: '',
      },
    });
    await world.ask(`UPDATE beneficiary SET state = 'retired' WHERE beneficiary_id = $1`, [other]);
    expect(await raise()).toMatchObject({ failed: 1, raised: 0 });
    expect(await raise()).toMatchObject({ failed: 1, raised: 0 });
    const told = await world.ask<{ fact: { code: string; details: Record<string, string> } }>(
      `SELECT fact FROM event WHERE kind = 'payment.notRaised'`,
    );
    expect(told).toHaveLength(1);
    expect(told[0]?.fact).toMatchObject({
      code: 'payment.beneficiaryUnknown',
      details: { name: 'Rent', day: '2035-03-01', field: 'beneficiary' },
    });
    await world.ask(`UPDATE beneficiary SET state = 'active' WHERE beneficiary_id = $1`, [other]);
    expect(await raise()).toMatchObject({ failed: 0, raised: 1 });
    expect(await world.ask('SELECT FROM alarm WHERE closed_at IS NULL')).toEqual([]);
    expect(await paymentsOf(cleaning)).toHaveLength(1);
  });

  it('recurring: whoever lost the right asks for nothing any more, not even by a rule', async () => {
    goTo('2036-04-01');
    const former = await world.entitled('Former', { 'payment.make': 'any' });
    const recurring = await createRecurring(
      world.deps,
      {
        orgId: world.orgId,
        accountId: world.accounts[0],
        name: 'Old habit',
        rule: 'FREQ=DAILY',
        template: {
          beneficiaryId: payee,
          amount: '5',
          purpose: 'other',
          remittanceInformation: '',
        },
        firstDate: parsePlainDate('2036-04-01'),
        leadDays: 0,
      },
      former,
    );
    await world.ask(`UPDATE person_grant SET removed_at = now() WHERE person_id = $1`, [former]);
    expect(await raise()).toMatchObject({ failed: 1 });
    expect(await paymentsOf(recurring)).toEqual([]);
  });

  it('recurring: a paused one asks for nothing, and what passed meanwhile is not made up for', async () => {
    goTo('2037-05-04');
    const rent = await create({ rule: 'FREQ=WEEKLY;BYDAY=MO', leadDays: 0 });
    const move = (to: 'active' | 'paused' | 'ended') =>
      moveRecurring(world.deps, rent, { to, actor: maker });
    await move('paused');
    expect(await raise()).toEqual({ raised: 0, skipped: 0, failed: 0 });
    goTo('2037-05-20');
    expect((await move('active')).nextDate?.toString()).toBe('2037-05-25');
    await move('ended');
    await expect(move('active')).rejects.toMatchObject({ code: 'payment.stateConflict' });
    const audit = await world.ask<{ action: string }>(
      'SELECT action FROM audit WHERE subject = $1 ORDER BY number',
      [rent.recurrenceId],
    );
    expect(audit.map(({ action }) => action)).toEqual([
      'recurring.created',
      'recurring.paused',
      'recurring.active',
      'recurring.ended',
    ]);
  });

  it('recurring: somebody without the right cannot go on with it', async () => {
    goTo('2038-05-04');
    const rent = await create();
    const stranger = await world.entitled('Stranger', {});
    await expect(
      moveRecurring(world.deps, rent, { to: 'paused', actor: stranger }),
    ).rejects.toMatchObject({ code: 'payment.notEntitled' });
    expect(
      await listRecurring(database.pool, { orgId: world.orgId, state: 'active' }),
    ).toHaveLength(1);
  });

  it.each<[string, Partial<RecurringInput>, Record<string, unknown>]>([
    [
      'a rule that is none',
      { rule: 'monthly' },
      { code: 'api.invalid', details: { field: 'rule' } },
    ],
    ['a rule that is over', { rule: 'FREQ=DAILY;UNTIL=20200101' }, { details: { field: 'rule' } }],
    ['lead days without end', { leadDays: 99 }, { details: { field: 'leadDays' } }],
    ['an account of nobody', { accountId: 'acc_0000' }, { code: 'api.notFound' }],
    [
      'a payee of nobody',
      {
        template: {
          creditorAccount: '999',
          amount: '5',
          purpose: 'other',
          remittanceInformation: '',
        },
      },
      { code: 'payment.beneficiaryUnknown' },
    ],
    [
      'an amount that is none',
      {
        template: {
          beneficiaryId: 'ben_1',
          amount: 'x',
          purpose: 'other',
          remittanceInformation: '',
        },
      },
      { code: 'payment.invalid', details: { field: 'amount' } },
    ],
  ])('recurring: %s is refused before anything is written', async (_title, changes, error) => {
    goTo('2039-01-01');
    await expect(create(changes)).rejects.toMatchObject(
      'details' in error ? { ...error, details: expect.objectContaining(error['details']) } : error,
    );
  });

  it('preview: the next twelve days, over the turn of a year', async () => {
    goTo('2031-10-01');
    const rent = await create({ firstDate: parsePlainDate('2031-10-01'), leadDays: 2 });
    const days = await previewOccurrences(world.deps, rent, parsePlainDate('2031-12-01'));
    expect(days).toHaveLength(12);
    expect(
      days
        .slice(0, 3)
        .map((one) => [one.day, one.requestedExecutionDate, one.raisedOn].map(String).join(' ')),
    ).toEqual([
      '2031-12-05 2031-12-05 2031-12-03',
      '2032-01-05 2032-01-05 2031-12-31',
      '2032-02-05 2032-02-05 2032-02-03',
    ]);
  });
});
