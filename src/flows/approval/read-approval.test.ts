import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { Payment } from '#store/payments.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { readDingtalkApproval } from './read-approval.ts';
import { agreedBy, createApprovalWorld, makeInstance } from './test-approvals.ts';
import type { ApprovalWorld } from './test-approvals.ts';
import { withdrawNeedless } from './withdraw-needless.ts';
import type { ApprovalInstance } from '#dingtalk/instance.ts';

let database: TestDatabase;
let world: ApprovalWorld;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createApprovalWorld(database);
});
beforeEach(() => {
  world.dingtalk.log.length = 0;
  world.dingtalk.hidden.clear();
});
afterAll(() => database.drop());

const read = (payment: Payment) => readDingtalkApproval(world.deps, payment);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isCashbellError(error) ? error.code : String(error)),
  );
const starts = () => world.dingtalk.log.filter((call) => call === 'start').length;
const agree = (id: string, change: Partial<ApprovalInstance> = {}): void =>
  world.dingtalk.change(id, {
    status: 'COMPLETED',
    result: 'agree',
    records: [agreedBy('user02')],
    ...change,
  });

/** A payment whose approval was started, with the approval's id. */
async function started(): Promise<{ payment: Payment; id: string }> {
  const asked = await world.payment();
  expect(await read(asked)).toEqual({ kind: 'running' });
  const payment = await world.reload(asked);
  const id = payment.processInstanceId ?? '';
  expect(world.dingtalk.instances.has(id)).toBe(true);
  return { payment, id };
}

describe('starting', () => {
  test('starting: once, with the rule’s approvers, and the reference in a field', async () => {
    const { payment, id } = await started();
    await read(payment);
    expect(starts()).toBe(1);
    const values = world.dingtalk.instances.get(id)?.values.map(({ raw }) => raw);
    expect(values).toContain(payment.endToEndId);
    expect(values).toContain('1500.00');
  });

  test('starting: an answer that was lost is searched for, never asked for again blindly', async () => {
    const payment = await world.payment();
    world.dingtalk.fail('start', new CashbellError('transport.timeout'), 'after');
    expect(await codeOf(read(payment))).toBe('transport.timeout');
    expect(await codeOf(read(payment))).toBe('done');
    expect(starts()).toBe(1);
    expect((await world.reload(payment)).processInstanceId).toBeDefined();
  });

  test('starting: while the list may lag nothing is started; afterwards it is, once', async () => {
    const payment = await world.payment();
    world.dingtalk.fail('start', new CashbellError('transport.timeout'));
    expect(await codeOf(read(payment))).toBe('transport.timeout');
    expect(await codeOf(read(payment))).toBe('dingtalk.outcomeUnknown');
    expect(await codeOf(read(payment))).toBe('dingtalk.outcomeUnknown');
    expect(starts()).toBe(1);
    world.advance(4 * 60_000);
    expect(await codeOf(read(payment))).toBe('done');
    expect(starts()).toBe(2);
    expect(await codeOf(read(await world.reload(payment)))).toBe('done');
    expect(starts()).toBe(2);
  });

  test('starting: a process that died after asking leaves the search to the next one', async () => {
    const payment = await world.payment();
    // As if the process had ended between the call and its answer.
    world.dingtalk.fail('start', new CashbellError('transport.timeout'), 'after');
    await codeOf(read(payment));
    const [row] = await world.ask<{ asked_at: Date | null; process_instance_id: string | null }>(
      'SELECT asked_at, process_instance_id FROM approval_request WHERE payment_id = $1',
      [payment.paymentId],
    );
    expect([row?.asked_at, row?.process_instance_id]).toEqual([expect.any(Date), null]);
    await read(payment);
    expect(starts()).toBe(1);
  });

  test.each(['dingtalk.throttled', 'dingtalk.requestInvalid', 'transport.connectFailed'] as const)(
    'starting: %s means that nothing was started, so it is tried again at once',
    async (code) => {
      const payment = await world.payment();
      world.dingtalk.fail('start', new CashbellError(code));
      expect(await codeOf(read(payment))).toBe(code);
      expect(await codeOf(read(payment))).toBe('done');
      expect(starts()).toBe(2);
      expect(world.dingtalk.log).not.toContain('list');
    },
  );

  test('starting: without a rule, or for a machine, nothing is sent', async () => {
    const tooForeign = await world.payment({ maker: 'token:tok_1' });
    expect(await codeOf(read(tooForeign))).toBe('payment.notEntitled');
    const own = await world.payment({ maker: world.approver });
    expect(await codeOf(read(own))).toBe('payment.selfApproval');
    await database.pool.query(`UPDATE approval_rule SET purpose = 'tax'`);
    expect(await codeOf(read(await world.payment()))).toBe('approval.ruleMissing');
    await database.pool.query('UPDATE approval_rule SET purpose = NULL');
    expect(starts()).toBe(0);
  });

  test('starting: a broken form is not filled in, nor believed', async () => {
    const { payment, id } = await started();
    agree(id);
    await database.pool.query(
      `UPDATE approval_form SET state = 'broken', problem = '{"field":"Amount","problem":"p"}'`,
    );
    expect(await codeOf(read(payment))).toBe('approval.formMismatch');
    await database.pool.query(`UPDATE approval_form SET state = 'active', problem = NULL`);
    expect((await read(payment)).kind).toBe('agreed');
  });
});

describe('taking back', () => {
  const needless = (): Promise<void> => withdrawNeedless(world.deps);
  const cancel = (payment: Payment, reason: string | null = null): Promise<unknown> =>
    database.pool.query(
      `UPDATE payment SET state = 'cancelled', reason_code = $2 WHERE payment_id = $1`,
      [payment.paymentId, reason],
    );
  const terminations = () => world.dingtalk.log.filter((call) => call === 'terminate').length;

  test('taking back: a payment that was cancelled here, once', async () => {
    const { payment, id } = await started();
    await needless();
    expect(terminations()).toBe(0);
    await cancel(payment);
    await needless();
    await needless();
    expect(terminations()).toBe(1);
    expect(world.dingtalk.instances.get(id)?.status).toBe('TERMINATED');
  });

  test('taking back: too young it is tried again, and without the permission left', async () => {
    const { payment } = await started();
    await cancel(payment);
    world.dingtalk.fail('terminate', new CashbellError('dingtalk.requestInvalid'));
    await needless();
    await needless();
    expect(terminations()).toBe(2);
    const other = await started();
    await cancel(other.payment);
    world.dingtalk.log.length = 0;
    world.dingtalk.fail('terminate', new CashbellError('dingtalk.permissionMissing'));
    await needless();
    await needless();
    expect(terminations()).toBe(1);
  });

  test('taking back: what was taken back in DingTalk is left alone', async () => {
    const { payment } = await started();
    await cancel(payment, 'payment.approvalWithdrawn');
    await needless();
    expect(terminations()).toBe(0);
  });
});

describe('reading', () => {
  test('reading: agreed, with the digest of what stands there now and who agreed by hand', async () => {
    const { payment, id } = await started();
    agree(id, { records: [agreedBy('user02'), agreedBy('user77')] });
    expect(await read(payment)).toEqual({
      kind: 'agreed',
      digest: payment.digest,
      originator: world.maker,
      approvers: [world.approver, 'dingtalk:user77'],
    });
  });

  test('reading: a field that was changed gives another digest', async () => {
    const { payment, id } = await started();
    const values = world.dingtalk.instances.get(id)?.values ?? [];
    agree(id, {
      values: values.map((value) =>
        value.name === 'Amount' ? { ...value, raw: '1500.01' } : value,
      ),
    });
    const reading = await read(payment);
    expect(reading.kind).toBe('agreed');
    expect(reading).not.toHaveProperty('digest', payment.digest);
  });

  test.each<[string, Partial<ApprovalInstance>, Record<string, unknown>]>([
    ['running', { status: 'RUNNING' }, { kind: 'running' }],
    ['taken back', { status: 'TERMINATED' }, { kind: 'withdrawn' }],
    [
      'refused',
      {
        status: 'COMPLETED',
        result: 'refuse',
        records: [{ ...agreedBy('user02'), result: 'REFUSE', remark: 'no' }],
      },
      { kind: 'declined', remark: 'no' },
    ],
    ['about another', { bizAction: 'MODIFY' }, { kind: 'changed', field: 'bizAction' }],
    ['emptied', { values: [] }, { kind: 'changed' }],
  ])('reading: %s', async (_, change, expected) => {
    const { payment, id } = await started();
    agree(id, change);
    expect(await read(payment)).toMatchObject(expected);
  });

  test.each<[string, Partial<ApprovalInstance>, Record<string, unknown>]>([
    ['undecided', { status: 'RUNNING' }, { kind: 'running' }],
    ['agreed', { status: 'COMPLETED', result: 'agree' }, { kind: 'withdrawn' }],
    ['refused', { status: 'COMPLETED', result: 'refuse' }, { kind: 'agreed' }],
  ])('reading: with a revocation that is %s', async (_, change, expected) => {
    const { payment, id } = await started();
    const attached = `${id}-revoke`;
    world.dingtalk.instances.set(attached, makeInstance({ bizAction: 'REVOKE', ...change }));
    agree(id, { attachedProcessInstanceIds: [attached] });
    expect(await read(payment)).toMatchObject(expected);
  });

  test.each([
    'dingtalk.quotaExhausted',
    'dingtalk.permissionMissing',
    'dingtalk.busy',
    'transport.timeout',
    'dingtalk.answerUnreadable',
  ] as const)('reading: %s is no answer', async (code) => {
    const { payment, id } = await started();
    agree(id);
    world.dingtalk.fail('read', new CashbellError(code));
    expect(await codeOf(read(payment))).toBe(code);
    expect((await read(payment)).kind).toBe('agreed');
  });

  test('reading: one that is gone is withdrawn, unless it is so new that it may only be late', async () => {
    const { payment, id } = await started();
    world.dingtalk.instances.delete(id);
    expect(await codeOf(read(payment))).toBe('approval.instanceGone');
    world.advance(11 * 60_000);
    expect(await read(payment)).toEqual({ kind: 'withdrawn' });
  });
});
