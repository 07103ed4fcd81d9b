import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToken } from '#store/tokens.ts';
import type { PersonActor } from '#store/persons.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { buildApiServer } from './app.ts';

let database: TestDatabase;
let world: PeopleWorld;
let api: FastifyInstance;
/** An administrator's machine: every scope, no person. */
let machine: string;
let one: string;
let two: string;
let onePerson: PersonActor;

const rights = [
  'beneficiary.propose',
  'beneficiary.confirm',
  'limit.propose',
  'limit.confirm',
  'payment.stop',
  'payment.resume',
  'payment.approve',
  'payment.decide',
] as const;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  api = await buildApiServer(world.services);
  machine = await world.token(['admin']);
  onePerson = await world.entitled('One', ...rights);
  one = await tokenOf(onePerson);
  two = await tokenOf(await world.entitled('Two', ...rights));
});

afterAll(async () => {
  await api.close();
  await world.close();
  await database.drop();
});

async function tokenOf(person: PersonActor, scope: 'read' | 'write' | 'admin' = 'write') {
  const input = { ...person, name: 'console', scopes: [scope] };
  return (await createToken(world.services, input, 'cli')).token.reveal();
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function call(
  token: string,
  method: Method,
  path: string,
  payload?: object,
): Promise<LightMyRequestResponse> {
  return api.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(payload === undefined ? {} : { payload }),
  });
}

const bca = { name: 'PT Maju Jaya', country: 'ID', account: '1234567890', agent: '014' };

describe('api of people who pay', () => {
  test('api: a caller is told who they are and what they hold', async () => {
    const me = (await call(one, 'GET', '/me')).json();
    expect(me).toMatchObject({ actor: onePerson.personId, personId: onePerson.personId });
    expect(me.grants.map(({ action }: { action: string }) => action)).toContain('payment.stop');
    const itself = (await call(machine, 'GET', '/me')).json();
    expect(itself.personId).toBeUndefined();
    expect(itself.grants).toEqual([]);
  });

  test.each<[Method, string, object | undefined]>([
    ['POST', '/beneficiaries', bca],
    ['POST', '/grants', { personId: 'per_0000', action: 'payment.make' }],
    ['POST', '/limits', { period: 'day', amountMax: { amount: '1.00', currency: 'IDR' } }],
    ['POST', '/payment-settings', { coolOffHours: 0 }],
    ['POST', '/payment-stops', { reason: 'test' }],
    ['POST', '/payments/pay_0000/approve', { digest: 'x' }],
    ['POST', '/payments/pay_0000/decline', { digest: 'x' }],
    ['POST', '/payments/pay_0000/decisions', { choice: 'executed', reason: 'x' }],
    ['POST', '/payments/pay_0000/decisions/dec_0000/confirm', undefined],
    ['POST', '/payment-stops/stp_0000/resume', undefined],
    ['POST', '/grants/grt_0000/confirm', undefined],
    ['DELETE', '/grants/grt_0000', undefined],
  ])('api: %s %s is refused to a machine, the administrator’s too', async (method, path, body) => {
    const answer = await call(machine, method, path, body);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({
      code: 'api.forbidden',
      errors: [{ field: 'authorization' }],
    });
  });

  test('api: an administrator makes no token for somebody else, and a person one for themselves', async () => {
    const asked = { name: 'mine', scopes: ['write'], personId: onePerson.personId };
    const refused = await call(machine, 'POST', '/tokens', asked);
    expect(refused.statusCode).toBe(403);
    expect(refused.json().errors).toMatchObject([{ field: 'personId' }]);
    const admin = await tokenOf(onePerson, 'admin');
    const made = await call(admin, 'POST', '/tokens', asked);
    expect(made.statusCode).toBe(201);
    expect(made.json().personId).toBe(onePerson.personId);
    const foreign = { ...asked, personId: world.officers[0].personId };
    expect((await call(admin, 'POST', '/tokens', foreign)).statusCode).toBe(403);
  });

  test('api: a beneficiary is proposed by one person and confirmed by another', async () => {
    const made = await call(one, 'POST', '/beneficiaries', { ...bca, account: '123 456 789O' });
    expect(made.statusCode).toBe(201);
    const { beneficiaryId, open } = made.json();
    expect(open.creditor).toMatchObject({ account: '1234567890', agent: 'CENAIDJA' });
    expect(open.warnings.length).toBeGreaterThan(0);
    const path = `/beneficiaries/${beneficiaryId}/versions/1/confirm`;
    const own = await call(one, 'POST', path, {});
    expect(own.statusCode).toBe(403);
    expect(own.json().code).toBe('api.secondPerson');
    const confirmed = await call(two, 'POST', path, {});
    expect(confirmed.json()).toMatchObject({ state: 'active', version: 1 });
    const again = await call(two, 'POST', path, {});
    expect(again.statusCode).toBe(409);
    const found = (await call(machine, 'GET', '/beneficiaries?search=maju')).json();
    expect(found.items).toHaveLength(1);
    const checked = await call(one, 'POST', `/beneficiaries/${beneficiaryId}/check-name`, {});
    expect(checked.json()).toMatchObject({ match: 'unsupported', reason: 'notOffered' });
    const changed = await call(one, 'PATCH', `/beneficiaries/${beneficiaryId}`, {
      name: 'PT Maju',
    });
    expect(changed.json().open).toMatchObject({ version: 2, isAccountChanged: false });
    const versions = (await call(one, 'GET', `/beneficiaries/${beneficiaryId}/versions`)).json();
    expect(versions.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
  });

  test('api: every fault of an account is named by its field, with the fix', async () => {
    const refused = await call(one, 'POST', '/beneficiaries', {
      name: 'X',
      country: 'AE',
      scheme: 'iban',
      account: 'AE07033123456789012345',
      agent: 'nonsense',
    });
    expect(refused.statusCode).toBe(400);
    expect(refused.headers['content-type']).toContain('application/problem+json');
    const { errors } = refused.json();
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(['account', 'agent']);
    expect(errors[0].problem).toContain('must have 23 characters for AE, not 22');
  });

  test('api: a limit shows what is used of it', async () => {
    const amountMax = { amount: '1000.00', currency: 'IDR' };
    const made = await call(one, 'POST', '/limits', { period: 'day', amountMax });
    const { limitId } = made.json();
    await call(two, 'POST', `/limits/${limitId}/confirm`);
    await world.insertPayment({
      amountMinorUnits: 250_00n,
      state: 'submitted',
      firstSentAt: world.services.now(),
    });
    const { items } = (await call(machine, 'GET', '/limits')).json();
    expect(items).toMatchObject([
      { limitId, state: 'active', amountMax, used: { amount: '250.00', count: 1 } },
    ]);
    const removal = (await call(one, 'DELETE', `/limits/${limitId}`)).json();
    expect(removal).toMatchObject({ isRemoval: true, state: 'proposed' });
  });

  test('api: payments are stopped by one and released by two', async () => {
    const { stopId } = (await call(one, 'POST', '/payment-stops', { reason: 'odd mail' })).json();
    expect((await call(one, 'POST', `/payment-stops/${stopId}/resume`)).statusCode).toBe(409);
    await call(one, 'POST', `/payment-stops/${stopId}/propose-resume`);
    expect((await call(one, 'POST', `/payment-stops/${stopId}/resume`)).statusCode).toBe(403);
    const released = await call(two, 'POST', `/payment-stops/${stopId}/resume`);
    expect(released.json().releasedAt).toBeDefined();
    expect((await call(one, 'GET', '/payment-stops')).json().items).toEqual([]);
  });

  test('api: the cool-off is proposed and confirmed', async () => {
    const { version } = (await call(one, 'POST', '/payment-settings', { coolOffHours: 48 })).json();
    await call(two, 'POST', `/payment-settings/${version}/confirm`);
    const settings = (await call(one, 'GET', '/payment-settings')).json();
    expect(settings.inForce).toEqual({ coolOffHours: 48 });
  });

  test('api: a payment is approved as it was shown, and a stranger’s id is not found', async () => {
    const paymentId = await world.insertPayment({ digest: 'shown' });
    const stale = await call(one, 'POST', `/payments/${paymentId}/approve`, { digest: 'older' });
    expect(stale.statusCode).toBe(409);
    expect(stale.json().code).toBe('payment.contentChanged');
    const approved = await call(one, 'POST', `/payments/${paymentId}/approve`, { digest: 'shown' });
    expect(approved.json()).toMatchObject({ decision: 'agreed', person: onePerson.personId });
    const { items } = (await call(two, 'GET', `/payments/${paymentId}/approvals`)).json();
    expect(items).toHaveLength(1);
    const missing = await call(one, 'POST', '/payments/pay_0000/approve', { digest: 'shown' });
    expect(missing.statusCode).toBe(404);
    expect((await call(one, 'GET', '/payments/pay_0000/approvals')).statusCode).toBe(404);
  });

  test('api: a maker is refused as approver with the sentence for it', async () => {
    const paymentId = await world.insertPayment({ maker: onePerson.personId });
    const own = await call(one, 'POST', `/payments/${paymentId}/approve`, { digest: 'digest' });
    expect(own.statusCode).toBe(403);
    expect(own.json()).toMatchObject({ code: 'payment.selfApproval' });
  });

  test('api: what became of a payment is decided by two, and the payment follows', async () => {
    const paymentId = await world.insertPayment({ state: 'unknown' });
    await database.pool.query(
      `UPDATE payment SET decision_since = now(), first_sent_at = now() WHERE payment_id = $1`,
      [paymentId],
    );
    const proposal = { choice: 'notExecuted', reason: 'Not in the statement of the bank.' };
    const made = await call(one, 'POST', `/payments/${paymentId}/decisions`, proposal);
    expect(made.statusCode).toBe(201);
    const { decisionId } = made.json();
    const waiting = (await call(two, 'GET', '/payment-decisions')).json();
    expect(waiting.items).toHaveLength(1);
    const path = `/payments/${paymentId}/decisions/${decisionId}/confirm`;
    expect((await call(one, 'POST', path)).statusCode).toBe(403);
    expect((await call(two, 'POST', path)).json().outcome).toBe('confirmed');
    const { rows } = await database.pool.query('SELECT state FROM payment WHERE payment_id = $1', [
      paymentId,
    ]);
    expect(rows).toEqual([{ state: 'rejected' }]);
  });

  test('api: the description names all of it', async () => {
    const document = (await api.inject('/api/openapi.json')).json();
    for (const path of [
      '/me',
      '/grants/{grantId}/delegate',
      '/beneficiaries/{beneficiaryId}/versions/{version}/confirm',
      '/limits/{limitId}/confirm',
      '/payment-stops/{stopId}/resume',
      '/payments/{paymentId}/decisions/{decisionId}/confirm',
    ]) {
      expect(document.paths).toHaveProperty([`/api/v1${path}`]);
    }
  });
});
