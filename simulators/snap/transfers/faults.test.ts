import { expect, test } from 'vitest';
import { ACCOUNTS } from '../test-kit.ts';
import { startTransfers } from './transfer-kit.ts';

test.each([
  ['errorAfterAccepting', {}, 500, '5001701'],
  ['errorAfterAccepting', { status: 504 }, 504, '5041700'],
  ['errorAfterAccepting', { code: '02' }, 500, '5001702'],
  ['conflictAfterAccepting', {}, 409, '4091700'],
  ['htmlErrorAfterAccepting', {}, 502, undefined],
  ['inProgress', {}, 202, '2021700'],
])('fault: after %s %j the account is debited', async (name, settings, status, code) => {
  const bench = await startTransfers();
  await bench.fault(name, { count: 1, ...settings });
  const reply = await bench.pay('bca', '17');
  expect([reply.status, reply.json['responseCode']]).toEqual([status, code]);
  const answered = `${status} ${code ?? 'page'}`;
  expect(await bench.transfers()).toMatchObject([{ debited: true, answered }]);
  expect((await bench.manage('GET', 'transfers'))['refusedTransfers']).toEqual([]);
});

test.each([
  ['serverError', { status: 504, code: '00' }, 504, '5041700'],
  ['conflict', {}, 409, '4091700'],
  ['htmlError', {}, 502, undefined],
  ['tokenInvalidated', {}, 401, '4011701'],
  ['suspectedFraud', {}, 403, '4031703'],
  ['switchUnavailable', {}, 404, '4041702'],
])('fault: after %s %j nothing is debited', async (name, settings, status, code) => {
  const bench = await startTransfers();
  await bench.token('bca');
  const before = await bench.balanceOf(ACCOUNTS.bca);
  await bench.fault(name, { count: 1, service: '17', ...settings });
  const reply = await bench.pay('bca', '17');
  expect([reply.status, reply.json['responseCode']]).toEqual([status, code]);
  expect(await bench.balanceOf(ACCOUNTS.bca)).toBe(before);
  const { transfers, refusedTransfers } = await bench.manage('GET', 'transfers');
  expect([transfers.length, refusedTransfers.length]).toEqual([0, 1]);
  expect(refusedTransfers[0]).toMatchObject({
    accountNo: ACCOUNTS.bca,
    answered: `${status} ${code ?? 'page'}`,
  });
});

test('fault: a token that was invalidated is dead for every later call', async () => {
  const bench = await startTransfers();
  await bench.token('bca');
  await bench.fault('tokenInvalidated', { count: 1, path: '/openapi/v1.0/transfer-intrabank' });
  expect((await bench.balance('bca')).status).toBe(200);
  expect((await bench.pay('bca', '17')).status).toBe(401);
  expect((await bench.balance('bca')).json['responseCode']).toBe('4011101');
});

test('fault: the switch of BCA reports RTGS and SKN under the service of interbank', async () => {
  const bench = await startTransfers();
  await bench.fault('switchUnavailable');
  for (const service of ['18', '22', '23'] as const) {
    expect((await bench.pay('bca', service)).json['responseCode']).toBe('4041802');
  }
  expect((await bench.pay('bni', '22')).json['responseCode']).toBe('4042202');
});

test('fault: a transfer in progress ends well, or is taken back', async () => {
  const bench = await startTransfers();
  await bench.fault('inProgress', { count: 1, ms: 60_000 });
  const good = await bench.pay('bni', '18');
  await bench.fault('inProgress', { count: 1, ms: 60_000, outcome: 'rejected' });
  const bad = await bench.pay('bni', '18');
  const statuses = async () => {
    const replies = [good, bad].map(({ json }) =>
      bench.status('bni', '18', json['partnerReferenceNo']),
    );
    return (await Promise.all(replies)).map(({ json }) => json['latestTransactionStatus']);
  };
  expect(await statuses()).toEqual(['03', '03']);
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect(await statuses()).toEqual(['00', '06']);
  expect(await bench.transfers()).toMatchObject([{ reversed: false }, { reversed: true }]);
});

test('fault: money that was paid comes back, and RTGS that was accepted is rejected', async () => {
  const bench = await startTransfers();
  await bench.fault('returnAfterSuccess', { count: 1, ms: 60_000 });
  await bench.fault('rejectAfterAcceptance', { count: 1, ms: 60_000 });
  await bench.pay('bri', '17');
  await bench.pay('bri', '22');
  expect(await bench.transfers()).toMatchObject([{ status: '00' }, { status: '03' }]);
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect(await bench.transfers()).toMatchObject([
    { status: '04', reversed: true },
    { status: '06', reversed: true },
  ]);
});

test('fault: the answer waits while the transfer is done already', async () => {
  const bench = await startTransfers();
  await bench.token('bca');
  await bench.fault('slowAnswer', { count: 1, ms: 60_000, service: '17' });
  const waiting = bench.pay('bca', '17').catch(() => 'lost');
  await expect.poll(async () => (await bench.transfers()).length).toBe(1);
  expect((await bench.transfers())[0]).toMatchObject({ debited: true, answered: null });
  await bench.simulator.stop();
  await waiting;
});

test('fault: a success lacks a field, or has a wrong one', async () => {
  const bench = await startTransfers();
  await bench.fault('answerFieldMissing', { count: 1, service: '17' });
  expect((await bench.pay('bni', '17')).json).not.toHaveProperty('referenceNo');
  await bench.fault('answerFieldWrong', { count: 1, service: '17' });
  expect((await bench.pay('bni', '17')).json['amount'].value).toBe('910000.00');
  const lie = { field: 'latestTransactionStatus', value: '06' };
  await bench.fault('answerFieldWrong', { count: 1, service: '36', ...lie });
  const { json } = await bench.pay('bni', '17');
  const asked = await bench.status('bni', '17', json['partnerReferenceNo']);
  expect(asked.json['latestTransactionStatus']).toBe('06');
});
