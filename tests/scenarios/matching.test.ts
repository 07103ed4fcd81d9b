import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '../../src/store/tokens.ts';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

const BCA = '1234567890';
const BRI = '111231271284142';

let stand: Stand;
let token: string;
let keys = 0;

beforeAll(async () => {
  stand = await startStand();
  await stand.pollNow();
  const made = await createToken(
    stand.started.runtime.services,
    { orgId: stand.orgId, name: 'books', scopes: ['write'] },
    'test',
  );
  token = made.token.reveal();
});
afterAll(() => stand.stop());

/** Expects an invoice, the way a company's books say it. */
async function expectInvoice(number: string, amount: string, more: object = {}): Promise<string> {
  keys += 1;
  const response = await fetch(`${stand.started.server?.url ?? ''}/api/v1/items`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `matching-item-${keys}`,
    },
    body: JSON.stringify({
      direction: 'receivable',
      number,
      counterpartyName: 'PT Maju Jaya',
      amount,
      currency: 'IDR',
      dueOn: new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10),
      ...more,
    }),
  });
  const body = (await response.json()) as { itemId?: string };
  if (response.status !== 201 || !body.itemId) throw new Error(JSON.stringify(body));
  return body.itemId;
}

/** What the ring of a receipt says: one on a virtual account is pushed, others stand in the statement. */
async function ringOf(order: Readonly<Record<string, unknown>>): Promise<string> {
  const channel = order['virtualAccountNo'] === undefined ? 'statementOnly' : 'va';
  const reference = await stand.move({ creditDebitIndicator: 'credit', channel, ...order });
  if (channel === 'statementOnly') await stand.pollNow();
  await stand.waitForTold(reference, 1);
  const { messages } = await stand.books();
  return messages.find(({ references }) => references.includes(reference))?.text ?? '';
}

async function stateOf(itemId: string): Promise<{ state: string; settled: string }> {
  const { rows } = await stand.database.pool.query<{ state: string; settled: string }>(
    `SELECT state, settled_minor_units::text AS settled FROM expected_item WHERE item_id = $1`,
    [itemId],
  );
  const [row] = rows;
  if (!row) throw new Error(`no item ${itemId}`);
  return row;
}

describe('matching', () => {
  it('matching: a receipt on the virtual account of its invoice rings as paid in full', async () => {
    const itemId = await expectInvoice('INV-2026-0101', '1250000.00', {
      virtualAccount: '12345000000000000000101',
    });
    const text = await ringOf({
      account: BCA,
      amount: '1250000.00',
      virtualAccountNo: '000000000000000101',
    });
    expect(text).toContain('INV-2026-0101');
    expect(text).toContain('paid in full');
    expect(await stateOf(itemId)).toEqual({ state: 'closed', settled: '125000000' });
  });

  it('matching: a receipt that nobody expected rings as unknown', async () => {
    const text = await ringOf({ account: BRI, amount: '31313.00', remark: 'SETORAN' });
    expect(text).toContain('unknown receipt');
  });

  it('matching: one receipt pays the two invoices that it names', async () => {
    const first = await expectInvoice('INV-2026-5001', '300000.00');
    const second = await expectInvoice('INV-2026-5002', '200000.00');
    const text = await ringOf({
      account: BRI,
      amount: '500000.00',
      remark: 'INV-2026-5001 INV-2026-5002',
    });
    expect(text).toContain('INV-2026-5001');
    expect(text).toContain('INV-2026-5002');
    expect([await stateOf(first), await stateOf(second)]).toMatchObject([
      { state: 'closed' },
      { state: 'closed' },
    ]);
  });

  it('matching: an invoice that was waited for in vain is found when its items come late', async () => {
    const text = await ringOf({ account: BRI, amount: '765432.00', remark: 'INV-2026-7654' });
    expect(text).toContain('unknown receipt');
    const itemId = await expectInvoice('INV-2026-7654', '765432.00');
    await waitFor(async () => (await stateOf(itemId)).state === 'closed', {
      what: 'the late invoice to be matched',
      deadlineMs: 60_000,
    });
  });

  it('matching: less or more than the invoice is asked about, and settles nothing by itself', async () => {
    const part = await expectInvoice('INV-2026-8001', '900000.00');
    const partText = await ringOf({ account: BRI, amount: '400000.00', remark: 'INV-2026-8001' });
    expect(partText).toContain('perhaps INV-2026-8001');
    const over = await expectInvoice('INV-2026-8002', '100000.00');
    const overText = await ringOf({ account: BRI, amount: '130000.00', remark: 'INV-2026-8002' });
    expect(overText).toContain('perhaps INV-2026-8002');
    expect([await stateOf(part), await stateOf(over)]).toMatchObject([
      { state: 'open', settled: '0' },
      { state: 'open', settled: '0' },
    ]);
  });

  it('matching: a restart in between settles nothing twice', async () => {
    const itemId = await expectInvoice('INV-2026-9001', '55000.00');
    await ringOf({ account: BRI, amount: '55000.00', remark: 'INV-2026-9001' });
    await stand.restart();
    await stand.pollNow();
    expect(await stateOf(itemId)).toEqual({ state: 'closed', settled: '5500000' });
    const { rows } = await stand.database.pool.query(
      `SELECT FROM match_leg l JOIN match m USING (org_id, match_id)
       WHERE l.item_id = $1 AND m.state = 'standing'`,
      [itemId],
    );
    expect(rows).toHaveLength(1);
  });
});
