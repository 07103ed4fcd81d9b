import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlainDate } from '../../src/core/dates.ts';
import { passChokePoint } from '../../src/flows/payment/choke-point.ts';
import { newId } from '../../src/secret/ids.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

let stand: PayStand;

beforeAll(async () => {
  stand = await startPayStand();
}, 60_000);

afterAll(() => stand.stop());

/** A person who is known by an id and by a DingTalk user, and who made a machine's token. */
async function manyNames(): Promise<{ person: string; user: string; machine: string }> {
  const { pool } = stand.database;
  const [person, userId, tokenId] = [newId('per'), `user-${newId('evt')}`, newId('tok')];
  await pool.query(
    'INSERT INTO person (org_id, person_id, name, dingtalk_user_id) VALUES ($1, $2, $3, $4)',
    [stand.orgId, person, 'Many Names', userId],
  );
  await pool.query(
    `INSERT INTO api_token (org_id, token_id, name, digest, scopes, created_by)
     VALUES ($1, $2, 'ERP', $3, '{write}', $4)`,
    [stand.orgId, tokenId, Buffer.from(tokenId), person],
  );
  return { person, user: `dingtalk:${userId}`, machine: `token:${tokenId}` };
}

/** A payment that is approved and waits for its day, so that only the choke point decides. */
async function waiting(maker: string): Promise<string> {
  const later = parsePlainDate(new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10));
  const paymentId = await stand.request({ maker, requestedExecutionDate: later });
  await stand.approve(paymentId);
  await stand.waitForState(paymentId, 'authorised');
  return paymentId;
}

async function judge(paymentId: string, originator: string, approvers: readonly string[]) {
  const payment = await stand.payment(paymentId);
  const now = new Date();
  const { digest } = payment;
  const recorded = await inTransaction(stand.database.pool, (_client, transaction) =>
    passChokePoint(
      transaction,
      stand.deps,
      payment,
      { kind: 'agreed', digest, originator, approvers },
      { actor: 'test', now, readAt: stand.deps.now() },
    ),
  );
  const { state, reason } = recorded.payment;
  return `${state} ${reason?.code ?? ''}`;
}

describe('people at the choke point', () => {
  test.each([
    ['the maker under another name', 'user' as const, 'person' as const],
    ['the maker of the machine that asked', 'machine' as const, 'user' as const],
    ['the maker of the machine that asked, by id', 'machine' as const, 'person' as const],
  ])('payment: %s approves nothing', async (_what, maker, approver) => {
    const names = await manyNames();
    const paymentId = await waiting(names[maker]);
    expect(await judge(paymentId, names[maker], [names[approver]])).toBe(
      'blocked payment.selfApproval',
    );
    expect((await stand.payment(paymentId)).attempt).toBeUndefined();
  });

  test('payment: somebody else under any name does, and then only its day is missing', async () => {
    const names = await manyNames();
    const paymentId = await waiting(stand.maker);
    expect(await judge(paymentId, stand.maker, [names.user])).toBe('authorised payment.notYetDue');
  });
});
