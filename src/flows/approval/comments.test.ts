import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CashbellError } from '#core/errors.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { noteOutcomes, writeComments } from './comments.ts';
import { createApprovalWorld, makeInstance } from './test-approvals.ts';
import type { ApprovalWorld } from './test-approvals.ts';

let database: TestDatabase;
let world: ApprovalWorld;
let instances = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createApprovalWorld(database);
});
afterAll(() => database.drop());

/** An approval at DingTalk with payments in these states. */
async function ended(...states: readonly string[]): Promise<string> {
  instances += 1;
  const processInstanceId = `c-${instances}`;
  world.dingtalk.instances.set(processInstanceId, makeInstance());
  for (const state of states) {
    await world.payment({ state, processInstanceId, bankReference: 'BANK-1' });
  }
  return processInstanceId;
}

async function round(): Promise<void> {
  await noteOutcomes(world.deps);
  await writeComments(world.deps);
}

const remarksOf = (id: string): string[] =>
  (world.dingtalk.instances.get(id)?.records ?? []).map(({ remark }) => remark);
const stateOf = async (id: string): Promise<string | undefined> => {
  const [row] = await world.ask<{ state: string }>(
    'SELECT state FROM approval_comment WHERE process_instance_id = $1',
    [id],
  );
  return row?.state;
};

describe('comments', () => {
  test.each(['confirmed', 'settled'])('comments: %s is said once, as paid', async (state) => {
    const id = await ended(state);
    await round();
    await round();
    expect(remarksOf(id)).toEqual([
      expect.stringMatching(/^Paid: IDR 1500\.00 to PT Maju\. Bank reference BANK-1, our ref/),
    ]);
  });

  test('comments: paid and then settled is one outcome', async () => {
    const id = await ended('confirmed');
    await round();
    await database.pool.query(
      `UPDATE payment SET state = 'settled' WHERE process_instance_id = $1`,
      [id],
    );
    await round();
    expect(remarksOf(id)).toHaveLength(1);
  });

  test('comments: what comes back after it was paid is said as well', async () => {
    const id = await ended('settled');
    await round();
    await database.pool.query(
      `UPDATE payment SET state = 'returned', reason_code = 'payment.returnedByBank',
         reason_details = '{"bankCode":"","bankMessage":"closed"}' WHERE process_instance_id = $1`,
      [id],
    );
    await round();
    await round();
    expect(remarksOf(id)).toHaveLength(2);
    expect(remarksOf(id)[1]).toMatch(/^Came back/);
  });

  test('comments: several payments of one approval are said together, when all have ended', async () => {
    const id = await ended('settled', 'submitted', 'rejected');
    await round();
    expect(remarksOf(id)).toEqual([]);
    await database.pool.query(
      `UPDATE payment SET state = 'confirmed'
       WHERE process_instance_id = $1 AND state = 'submitted'`,
      [id],
    );
    await round();
    const [remark = ''] = remarksOf(id);
    expect(remark.split('\n').map((line) => line.slice(0, 12))).toEqual([
      '1. Paid: IDR',
      '2. Paid: IDR',
      '3. Not paid:',
    ]);
  });

  test('comments: long ones end with a whole line within 1,024 characters', async () => {
    const id = await ended(...Array.from({ length: 30 }, () => 'settled'));
    await round();
    const [remark = ''] = remarksOf(id);
    expect(remark.length).toBeLessThanOrEqual(1_024);
    expect(remark.split('\n').every((line) => /^\d+\. Paid: .*\.$/.test(line))).toBe(true);
  });

  test('comments: one whose answer was lost is looked for before it is written again', async () => {
    const id = await ended('settled');
    world.dingtalk.fail('comment', new CashbellError('transport.timeout'), 'after');
    await round();
    expect(await stateOf(id)).toBe('sending');
    world.advance(60_000);
    await round();
    expect(await stateOf(id)).toBe('written');
    expect(remarksOf(id)).toHaveLength(1);
  });

  test('comments: one that was lost before it was written is written', async () => {
    const id = await ended('settled');
    world.dingtalk.fail('comment', new CashbellError('transport.timeout'));
    await round();
    world.advance(60_000);
    await round();
    expect(remarksOf(id)).toHaveLength(1);
  });

  test('comments: without the permission they are left, and nothing else suffers', async () => {
    const id = await ended('settled');
    world.dingtalk.fail('comment', new CashbellError('dingtalk.permissionMissing'));
    await round();
    expect(await stateOf(id)).toBe('refused');
    world.advance(3_600_000);
    world.dingtalk.log.length = 0;
    await round();
    expect(world.dingtalk.log).toEqual([]);
  });

  test('comments: cancelled here it is said; taken back there it is not', async () => {
    const id = await ended('cancelled');
    await round();
    expect(remarksOf(id)).toEqual([expect.stringMatching(/^Not paid: .* Payment cancelled$/)]);
    instances += 1;
    const taken = `c-${instances}`;
    await world.payment({
      state: 'cancelled',
      processInstanceId: taken,
      reasonCode: 'payment.approvalWithdrawn',
    });
    await round();
    expect(await stateOf(taken)).toBeUndefined();
  });

  test('comments: nobody stands behind a machine’s payment, so nothing is said in its name', async () => {
    instances += 1;
    const id = `c-${instances}`;
    await world.payment({ state: 'settled', processInstanceId: id, maker: 'token:tok_1' });
    await round();
    expect(await stateOf(id)).toBe('refused');
  });
});
