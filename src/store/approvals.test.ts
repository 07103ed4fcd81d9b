import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMs } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { approvePayment, declinePayment, listApprovals, readLocalApproval } from './approvals.ts';
import { listGrants } from './grants.ts';
import { confirmGrant, delegateGrant, removeGrant } from './grants-admin.ts';
import { findPayment } from './payments.ts';
import type { PersonActor } from './persons.ts';
import { addPerson, removePerson } from './persons.ts';
import type { PaymentSeed, PeopleWorld } from './test-people.ts';
import { codeOf, createPeopleWorld } from './test-people.ts';
import { createToken } from './tokens.ts';

let database: TestDatabase;
let world: PeopleWorld;
let maker: PersonActor;
let approver: PersonActor;
let second: PersonActor;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  // The maker may approve others' payments, so that nothing but being the maker stops them.
  maker = await world.entitled('Maker', 'payment.make', 'payment.approve');
  approver = await world.entitled('Approver', 'payment.approve');
  second = await world.entitled('Second', 'payment.approve');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const ask = (seed: Partial<PaymentSeed> = {}): Promise<string> =>
  world.insertPayment({ maker: maker.personId, ...seed });

const approve = (by: PersonActor, paymentId: string, digest = 'digest') =>
  approvePayment(world.services, by, { paymentId, digest });

const decline = (by: PersonActor, paymentId: string, remark?: string) =>
  declinePayment(world.services, by, { paymentId, digest: 'digest', remark });

async function read(paymentId: string) {
  const payment = await findPayment(database.pool, { orgId: world.orgId, paymentId });
  if (!payment) throw new Error('no payment');
  return readLocalApproval(database.pool, payment);
}

describe('local approvals', () => {
  test('approval: a second person who is entitled authorises it, and wakes the payment', async () => {
    const paymentId = await ask();
    expect(await read(paymentId)).toEqual({ kind: 'running' });
    await approve(approver, paymentId);
    expect(await read(paymentId)).toEqual({
      kind: 'agreed',
      digest: 'digest',
      originator: maker.personId,
      approvers: [approver.personId],
    });
    const { rows } = await database.pool.query(
      `SELECT p.woken_at IS NOT NULL AS woken, a.action, a.actor
       FROM payment p JOIN audit a ON a.subject = p.payment_id WHERE p.payment_id = $1`,
      [paymentId],
    );
    expect(rows).toEqual([{ woken: true, action: 'payment.approved', actor: approver.personId }]);
  });

  test('approval: the maker does not approve, by any door', async () => {
    const paymentId = await ask();
    expect(await codeOf(approve(maker, paymentId))).toBe('payment.selfApproval');
    const forced = database.pool.query(
      `INSERT INTO approval (org_id, approval_id, payment_id, person, decision, via, digest,
         decided_at)
       VALUES ($1, 'apr_forced', $2, $3, 'agreed', 'local', 'digest', now())`,
      [world.orgId, paymentId, maker.personId],
    );
    expect(await codeOf(forced)).toBe('23514');
  });

  test.each(['a DingTalk user', 'a machine’s token'])(
    'approval: the maker behind %s does not approve either',
    async (door) => {
      const who = await world.person('Two names', `two-${door.length}`);
      await world.grant(who, 'payment.approve');
      const { record } = await createToken(
        world.services,
        { orgId: world.orgId, name: 'ERP', scopes: ['write'] },
        who.personId,
      );
      const behind =
        door === 'a DingTalk user' ? `dingtalk:two-${door.length}` : `token:${record.tokenId}`;
      const paymentId = await ask({ maker: behind });
      expect(await codeOf(approve(who, paymentId))).toBe('payment.selfApproval');
      // Even a row that somebody wrote past the code does not count when it is read.
      await database.pool.query(
        `INSERT INTO approval (org_id, approval_id, payment_id, person, decision, via, digest,
           decided_at)
         VALUES ($1, $2, $2, $3, 'agreed', 'local', 'digest', now())`,
        [world.orgId, paymentId, who.personId],
      );
      expect(await read(paymentId)).toEqual({ kind: 'running' });
    },
  );

  test('approval: nobody is entitled by being an administrator or an officer', async () => {
    const paymentId = await ask();
    for (const who of [world.officers[0], await world.person('Administrator')]) {
      expect(await codeOf(approve(who, paymentId))).toBe('payment.notEntitled');
      expect(await codeOf(decline(who, paymentId))).toBe('payment.notEntitled');
    }
  });

  test('approval: a band of amounts and an account bound it', async () => {
    const bounded = await world.person('Bounded');
    const [accountId, otherAccount] = world.accounts;
    await world.grant(bounded, 'payment.approve', { accountId, amountMax: money(100_00n, 'IDR') });
    await approve(bounded, await ask({ amountMinorUnits: 100_00n }));
    for (const seed of [
      { amountMinorUnits: 100_01n },
      { currency: 'USD' },
      { accountId: otherAccount },
    ]) {
      expect(await codeOf(approve(bounded, await ask(seed)))).toBe('payment.notEntitled');
    }
  });

  test('approval: what was on the screen must be what is asked for', async () => {
    const paymentId = await ask({ digest: 'new-content' });
    expect(await codeOf(approve(approver, paymentId, 'old-content'))).toBe(
      'payment.contentChanged',
    );
    await approve(approver, paymentId, 'new-content');
    // A change after the approval leaves it bound to the old content.
    await database.pool.query(`UPDATE payment SET digest = 'other' WHERE payment_id = $1`, [
      paymentId,
    ]);
    expect(await read(paymentId)).toEqual({ kind: 'running' });
  });

  test('approval: pressed twice it is one; another word after the first is refused', async () => {
    const paymentId = await ask({ approvalsRequired: 2 });
    const [first, again] = await Promise.all([
      approve(approver, paymentId),
      approve(approver, paymentId),
    ]);
    expect(again.approvalId).toBe(first.approvalId);
    expect(await codeOf(decline(approver, paymentId))).toBe('payment.stateConflict');
    expect(await read(paymentId)).toEqual({ kind: 'running' });
    await approve(second, paymentId);
    expect(await read(paymentId)).toMatchObject({
      kind: 'agreed',
      approvers: [approver.personId, second.personId],
    });
    expect(await listApprovals(database.pool, { orgId: world.orgId, paymentId })).toHaveLength(2);
  });

  test('approval: one human being under two ids is one approver', async () => {
    const first = await world.person('Joko', 'joko01');
    await world.grant(first, 'payment.approve');
    const paymentId = await ask({ approvalsRequired: 2 });
    await approve(first, paymentId);
    await database.pool.query('UPDATE person SET removed_at = now() WHERE person_id = $1', [
      first.personId,
    ]);
    const again = await addPerson(
      world.services,
      { orgId: world.orgId, name: 'Joko', dingtalkUserId: 'joko01' },
      'test',
    );
    const back = { orgId: world.orgId, personId: again.personId };
    await world.grant(back, 'payment.approve');
    await approve(back, paymentId);
    await database.pool.query(
      'UPDATE person SET removed_at = NULL, dingtalk_user_id = $2 WHERE person_id = $1',
      [first.personId, 'joko01x'],
    );
    await database.pool.query('UPDATE person SET dingtalk_user_id = NULL WHERE person_id = $1', [
      first.personId,
    ]);
    // Without the shared user they would count as two; with it, as one.
    expect((await read(paymentId)).kind).toBe('agreed');
    await database.pool.query(
      `UPDATE person SET removed_at = now(), dingtalk_user_id = 'joko01' WHERE person_id = $1`,
      [first.personId],
    );
    expect((await read(paymentId)).kind).toBe('running');
  });

  test('approval: one no of somebody entitled ends it, with their words', async () => {
    const paymentId = await ask();
    await decline(approver, paymentId, '  wrong   invoice ');
    expect(await read(paymentId)).toEqual({
      kind: 'declined',
      by: approver.personId,
      remark: 'wrong invoice',
    });
  });

  test.each(['authorised', 'submitting', 'settled', 'cancelled'])(
    'approval: a payment that is %s takes none',
    async (state) => {
      expect(await codeOf(approve(approver, await ask({ state })))).toBe('payment.stateConflict');
    },
  );

  test('approval: what was asked for in DingTalk is approved there', async () => {
    const paymentId = await ask({ approvalVia: 'dingtalk' });
    expect(await codeOf(approve(approver, paymentId))).toBe('payment.stateConflict');
  });

  test('approval: of another organisation it cannot be seen', async () => {
    const other = await createPeopleWorld(database);
    const stranger = await other.entitled('Stranger', 'payment.approve');
    expect(await codeOf(approve(stranger, await ask()))).toBe('payment.notFound');
    await other.close();
  });

  test('approval: it counts no more when the right was taken away or the person removed', async () => {
    const leaver = await world.entitled('Leaver', 'payment.approve');
    const demoted = await world.entitled('Demoted', 'payment.approve');
    const [first, other] = [await ask(), await ask()];
    await approve(leaver, first);
    await approve(demoted, other);
    await removePerson(world.services, leaver, 'test');
    const [grant] = await listGrants(database.pool, demoted);
    await removeGrant(world.services, world.officers[0], grant?.grantId ?? '');
    expect(await read(first)).toEqual({ kind: 'running' });
    expect(await read(other)).toEqual({ kind: 'running' });
  });

  test('approval: of a stand-in it stays good when the absence is over', async () => {
    const absent = await world.person('Absent');
    const stand = await world.person('Stand-in');
    const { grantId } = await world.grant(absent, 'payment.approve');
    const validUntil = addMs(world.services.now(), 3_600_000);
    const lent = await delegateGrant(world.services, absent, {
      grantId,
      toPersonId: stand.personId,
      validUntil,
    });
    await confirmGrant(world.services, world.officers[1], lent.grantId);
    const [before, after] = [await ask(), await ask()];
    await approve(stand, before);
    world.advance(2 * 3_600_000);
    expect((await read(before)).kind).toBe('agreed');
    expect(await codeOf(approve(stand, after))).toBe('payment.notEntitled');
  });
});
