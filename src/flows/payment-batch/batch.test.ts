import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, money } from '#core/money.ts';
import { countBatch, loadBatchItems } from '#store/payment-batches.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import { approvePayment } from '#store/approvals.ts';
import { cancelPayment } from '../payment/cancel-payment.ts';
import { decideBatch, readWaiting } from './decide-batch.ts';
import { readTable } from './read-payment-file.ts';
import { readRows } from './read-rows.ts';
import { BatchRefused, checkBatch, createBatch } from './upload-batch.ts';
import type { BatchUpload } from './upload-batch.ts';

let database: TestDatabase;
let world: PayWorld;
let maker: string;
let checker: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  maker = await world.entitled('Maker', { 'payment.make': 'any', 'payment.approve': 'any' });
  checker = await world.entitled('Checker', { 'payment.approve': 'any' });
  await world.payee({ name: 'PT Maju Jaya', account: '111' });
  await world.payee({ name: 'Siti Rahma', account: '222' });
  await world.payee({ name: 'CV Elsewhere', account: '333', agent: 'BRINIDJA' });
  // The same number at two banks.
  await world.payee({ name: 'Budi', account: '444' });
  await world.payee({ name: 'Budi', account: '444', agent: 'BNINIDJA' });
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

async function upload(text: string, changes: Partial<BatchUpload> = {}): Promise<BatchUpload> {
  const table = await readTable(Buffer.from(text), {});
  const { rows } = readRows(table, { currency: 'IDR' });
  return {
    orgId: world.orgId,
    accountId: world.accounts[0],
    name: 'Salaries',
    rows,
    maker,
    defaultPurpose: 'salary',
    ...changes,
  };
}

async function problemsOf(text: string, changes: Partial<BatchUpload> = {}): Promise<string[]> {
  const { problems } = await checkBatch(world.deps, await upload(text, changes));
  return problems.map(({ row, column, problem }) => `${row} ${column} ${problem}`);
}

async function countPayments(): Promise<number> {
  const [row] = await world.ask<{ count: number }>(
    'SELECT count(*)::integer AS count FROM payment WHERE org_id = $1',
    [world.orgId],
  );
  return row?.count ?? 0;
}

/** A day so many days from now. */
function dayIn(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

function as(personId: string) {
  return { orgId: world.orgId, personId };
}

describe('checking', () => {
  it.each<[string, string, readonly string[]]>([
    ['all right', 'account,amount,remark\n111,5,a\n222,6,b', []],
    [
      'a payee who is not registered',
      'account,amount\n999,5',
      ['2 beneficiary is not registered; register the account and have a second person confirm it'],
    ],
    // Refusing is better than choosing.
    [
      'an account at two banks',
      'account,amount\n444,5',
      ['2 beneficiary is not registered; register the account and have a second person confirm it'],
    ],
    ['an account at two banks, and one is named', 'account,bank,amount\n444,BNINIDJA,5', []],
    ['no amount', 'account,amount,remark\n111,,x', ['2 amount is missing']],
    ['nobody', 'account,amount\n,5', ['2 creditorAccount is missing; give it, or a beneficiaryId']],
    [
      'another currency than the account',
      'account,amount,currency\n111,5,USD',
      [
        '2 currency must be IDR, the currency of the paying account',
        '2 currency intrabank does not carry this currency',
      ],
    ],
    [
      "the bank's own rules",
      `account,amount,remark\n111,5,${'x'.repeat(61)}`,
      ['2 remittanceInformation must be at most 60 characters'],
    ],
    [
      'a day too far away',
      'account,amount,date\n111,5,2190-01-01',
      ['2 requestedExecutionDate must lie within a year'],
    ],
    ["a slip in the payee's name passes", 'payee,account,amount\nPT. Maju Jaya,111,5', []],
    [
      "another payee's name",
      'payee,account,amount\nSiti Rahma,111,5',
      ['2 creditorName is not the registered holder of this account, "PT Maju Jaya"'],
    ],
    [
      'the same twice',
      'account,amount,remark\n111,5,a\n222,5,a\n111,5.00,A',
      ['4  pays the same as row 2: creditor, amount, day and text are equal'],
    ],
    ['the same on two days', `account,amount,date\n111,5,${dayIn(3)}\n111,5,${dayIn(4)}`, []],
    [
      'several in one go, in the order of the file',
      'account,amount\n999,5\n111,x\n222,5\n111,0',
      [
        '2 beneficiary is not registered; register the account and have a second person confirm it',
        '3 amount is no amount',
        '5 amount must be more than zero',
      ],
    ],
  ])('rows: %s', async (_title, text, expected) => {
    expect(await problemsOf(text)).toEqual(expected);
  });

  it('rows: every problem has a remedy, and progress reaches the end', async () => {
    const rows = Array.from({ length: 20 }, (_none, index) => `99${index},5`).join('\n');
    const seen: [number, number][] = [];
    const { problems } = await checkBatch(
      world.deps,
      await upload(`account,amount\n${rows}`),
      (done, all) => seen.push([done, all]),
    );
    expect(problems).toHaveLength(20);
    for (const { fix } of problems) expect(fix).not.toBe('');
    expect(seen.at(-1)).toEqual([20, 20]);
  });
});

describe('asking', () => {
  it('batch: one row that is wrong stops all, and nothing is written', async () => {
    const before = await countPayments();
    const refused = createBatch(world.deps, await upload('account,amount\n111,7.01\n999,5'));
    await expect(refused).rejects.toThrow(BatchRefused);
    await expect(refused).rejects.toMatchObject({
      code: 'batch.rowInvalid',
      details: { row: 3, field: 'beneficiary' },
      problems: [{ row: 3 }],
    });
    expect(await countPayments()).toBe(before);
    expect(await world.ask('SELECT FROM payment_batch')).toEqual([]);
  });

  it('batch: its rows become payments of their own that wait for approval', async () => {
    const { batch, check } = await createBatch(
      world.deps,
      await upload('account,bank,amount,remark,date\n111,,7.02,one,\n333,BRINIDJA,8.03,two,'),
    );
    expect(check.problems).toEqual([]);
    expect({ ...batch, total: formatDecimal(batch.total) }).toMatchObject({
      name: 'Salaries',
      itemCount: 2,
      total: '15.05',
      maker,
    });
    const items = await loadBatchItems(database.pool, batch);
    expect(items.map(({ item, state }) => [item, state])).toEqual([
      [2, 'awaitingApproval'],
      [3, 'awaitingApproval'],
    ]);
    const second = await world.payment(items[1]?.paymentId ?? '');
    expect(second).toMatchObject({
      source: 'file',
      sourceKey: `${batch.batchId}:3`,
      rail: 'urgent',
      purpose: 'salary',
      approvalVia: 'local',
      remittanceInformation: 'two',
    });
  });

  it('batch: rows that are right can be asked for alone', async () => {
    const file = 'account,amount\n111,9.01\n999,5\n222,9.02';
    const { batch, check } = await createBatch(
      world.deps,
      await upload(file, { isOnlyValid: true }),
    );
    expect(check.problems.map(({ row }) => row)).toEqual([3]);
    expect(batch.itemCount).toBe(2);
    expect(formatDecimal(batch.total)).toBe('18.03');
    const none = createBatch(
      world.deps,
      await upload('account,amount\n999,5', { isOnlyValid: true }),
    );
    await expect(none).rejects.toMatchObject({ code: 'batch.rowInvalid' });
  });

  it('batch: the same payments again are refused, however the file looks, unless they are meant', async () => {
    const first = await createBatch(
      world.deps,
      await upload('account,amount,remark\n111,10.01,x\n222,10.02,y'),
    );
    const before = await countPayments();
    const again = 'No. Rekening;Jumlah;Keterangan\n222;10,02;y\n111;10.01;x';
    expect((await checkBatch(world.deps, await upload(again))).repeats?.batchId).toBe(
      first.batch.batchId,
    );
    await expect(createBatch(world.deps, await upload(again))).rejects.toMatchObject({
      code: 'batch.repeated',
      details: { batch: first.batch.batchId },
    });
    expect(await countPayments()).toBe(before);
    await createBatch(world.deps, await upload(again, { isRepeated: true }));
    expect(await countPayments()).toBe(before + 2);
    // From another account they are others.
    const elsewhere = await upload(again, { accountId: world.accounts[1] });
    await createBatch(world.deps, elsewhere);
  });

  it('batch: of two equal uploads at the same time one is made', async () => {
    const file = 'account,amount\n111,11.01\n222,11.02';
    const both = await Promise.allSettled(
      [0, 1].map(async () => createBatch(world.deps, await upload(file))),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('batch: a person without the right for the total cannot ask; a machine may', async () => {
    const small = await world.entitled('Small', { 'payment.make': money(10_00n, 'IDR') });
    const file = 'account,amount\n111,6.01\n222,6.02';
    const refused = createBatch(world.deps, await upload(file, { maker: small }));
    await expect(refused).rejects.toMatchObject({ code: 'payment.notEntitled' });
    await createBatch(world.deps, await upload(file, { maker: 'token:tok_1234' }));
  });

  it('property: the sum of rows is the total of the batch, and every row comes back once', async () => {
    const row = fc.record({
      account: fc.constantFrom('111', '222'),
      units: fc.bigInt(1n, 10n ** 12n),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
        run += 1;
        const lines = rows.map(
          ({ account, units }, index) =>
            `${account};${formatDecimal(money(units, 'IDR'))};run ${run} row ${index}`,
        );
        const { batch } = await createBatch(
          world.deps,
          await upload(`account;amount;remark\n${lines.join('\n')}`),
        );
        const sum = rows.reduce((total, { units }) => total + units, 0n);
        expect(batch.total.amountMinorUnits).toBe(sum);
        const items = await loadBatchItems(database.pool, batch);
        const stored = await Promise.all(items.map(({ paymentId }) => world.payment(paymentId)));
        expect(
          stored.map(
            ({ creditor, instructedAmount, remittanceInformation }) =>
              `${creditor.account};${formatDecimal(instructedAmount)};${remittanceInformation}`,
          ),
        ).toEqual(lines);
        const counts = await countBatch(database.pool, batch);
        expect(counts).toEqual([
          { state: 'awaitingApproval', count: rows.length, sum: money(sum, 'IDR') },
        ]);
      }),
      { numRuns: 15 },
    );
  });
});

describe('deciding', () => {
  let files = 0;
  async function make(changes: Partial<BatchUpload> = {}) {
    files += 1;
    const { batch } = await createBatch(
      world.deps,
      await upload(`account,amount\n111,20.${10 + files}\n222,21.${10 + files}`, changes),
    );
    const waiting = await readWaiting(world.deps, batch);
    return { batch, waiting, digest: waiting.approvalDigest ?? '' };
  }

  it('batch: one word of a second person agrees to all of it', async () => {
    const { batch, waiting, digest } = await make();
    expect(waiting.count).toBe(2);
    const { batchId } = batch;
    const said = await decideBatch(world.deps, as(checker), {
      batchId,
      digest,
      decision: 'agreed',
    });
    expect(said).toEqual({ decided: 2, total: waiting.total });
    for (const { paymentId } of await loadBatchItems(database.pool, batch)) {
      const payment = await world.payment(paymentId);
      expect(await world.deps.readApproval(payment)).toMatchObject({
        kind: 'agreed',
        digest: payment.digest,
        approvers: [checker],
      });
    }
    const audit = await world.ask<{ action: string }>(
      `SELECT action FROM audit WHERE subject = $1 ORDER BY number`,
      [batchId],
    );
    expect(audit.map(({ action }) => action)).toEqual(['batch.uploaded', 'batch.approved']);
  });

  it('batch: the maker cannot agree to it, though entitled for everything', async () => {
    const { batch, digest } = await make();
    const said = decideBatch(world.deps, as(maker), {
      batchId: batch.batchId,
      digest,
      decision: 'agreed',
    });
    await expect(said).rejects.toMatchObject({ code: 'payment.selfApproval' });
  });

  it('batch: a right for each payment is not one for all of them', async () => {
    const { batch, digest } = await make();
    const small = await world.entitled('Band', { 'payment.approve': money(22_00n, 'IDR') });
    const said = decideBatch(world.deps, as(small), {
      batchId: batch.batchId,
      digest,
      decision: 'agreed',
    });
    await expect(said).rejects.toMatchObject({ code: 'payment.notEntitled' });
    const approvals = await world.ask('SELECT FROM approval WHERE person = $1', [small]);
    expect(approvals).toEqual([]);
  });

  it('batch: what has changed since it was looked at makes the word void', async () => {
    const { batch, digest } = await make();
    const [first] = await loadBatchItems(database.pool, batch);
    await cancelPayment(
      world.deps,
      { orgId: world.orgId, paymentId: first?.paymentId ?? 'pay_0000' },
      { actor: maker },
    );
    const { batchId } = batch;
    const said = decideBatch(world.deps, as(checker), { batchId, digest, decision: 'agreed' });
    await expect(said).rejects.toMatchObject({ code: 'payment.contentChanged' });
    const now = await readWaiting(world.deps, batch);
    expect(now.count).toBe(1);
    const again = { batchId, digest: now.approvalDigest ?? '', decision: 'declined' as const };
    expect(await decideBatch(world.deps, as(checker), again)).toMatchObject({ decided: 1 });
  });

  it('batch: with somebody deciding about one of its payments nobody waits for ever', async () => {
    const { batch, digest } = await make();
    const other = await world.entitled('Other', { 'payment.approve': 'any' });
    const items = await loadBatchItems(database.pool, batch);
    const { batchId } = batch;
    const said = await Promise.allSettled([
      decideBatch(world.deps, as(checker), { batchId, digest, decision: 'agreed' }),
      ...items.map(({ paymentId, digest: own }) =>
        approvePayment(world.services, as(other), { paymentId, digest: own }),
      ),
    ]);
    expect(said.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('batch: drafts wait for nobody yet', async () => {
    const { waiting } = await make({ isDraft: true });
    expect(waiting).toMatchObject({ count: 0, approvalDigest: undefined });
  });
});
