import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/secret/ids.ts';
import type { Payment } from '../../src/store/payments.ts';
import { findPayment } from '../../src/store/payments.ts';
import { createToken } from '../../src/store/tokens.ts';
import { waitFor } from '../support/wait.ts';
import { PAYEE_ACCOUNT, startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

// A form that people made themselves in the simulated DingTalk, mapped through the API, and an app
// that may only read.

const FORM = 'Supplier payments 供应商付款';
let stand: PayStand;
let appKey: string;
let permissions: string[];
let processCode: string;
const tokens: Record<'admin' | 'maker' | 'checker', string> = { admin: '', maker: '', checker: '' };

const manage = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> => stand.dingtalk.manage(method, path, body);

async function api(
  method: string,
  path: string,
  body?: unknown,
  token: string = tokens.admin,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${stand.started.server?.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const control = (
  componentType: string,
  label: string,
  props: Record<string, unknown> = {},
): Record<string, unknown> => ({
  componentType,
  props: { componentId: `${componentType}_${label}`, label, required: true, ...props },
});

beforeAll(async () => {
  stand = await startPayStand();
  const { pool } = stand.database;
  for (const [person, userId] of [
    [stand.maker, 'user01'],
    [stand.checker, 'user02'],
  ] as const) {
    await pool.query('UPDATE person SET dingtalk_user_id = $2 WHERE person_id = $1', [
      person,
      userId,
    ]);
    for (const action of ['limit.propose', 'limit.confirm', 'payment.make']) {
      await pool.query(
        `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
           confirmed_by, created_at, decided_at)
         VALUES ($1, $2, $3, $4, 'active', 'per_officer1', 'per_officer2', now(), now())`,
        [stand.orgId, newId('grt'), person, action],
      );
    }
  }
  const { services } = stand.started.runtime;
  const make = async (name: string, scopes: ['admin'] | ['write'], personId?: string) => {
    const input = { orgId: stand.orgId, name, scopes, personId };
    return (await createToken(services, input, 'test')).token.reveal();
  };
  tokens.admin = await make('admin', ['admin']);
  tokens.maker = await make('maker', ['write'], stand.maker);
  tokens.checker = await make('checker', ['write'], stand.checker);
  const world = (await manage('GET', 'world')) as {
    app: { appKey: string; permissions: string[] };
  };
  ({ appKey, permissions } = world.app);
  const form = (await manage('POST', 'forms', {
    name: FORM,
    formComponents: [
      control('DDSelectField', '付款账户', {
        options: [{ key: 'option_0', value: '基本户' }],
      }),
      control('DDSelectField', '用途', {
        options: [
          { key: 'option_0', value: '货款' },
          { key: 'option_1', value: '税款' },
        ],
      }),
      {
        ...control('TableField', '明细', { tableViewMode: 'table' }),
        children: [
          control('TextField', '收款人'),
          control('TextField', '收款账号'),
          control('MoneyField', '金额（元）', { upper: '0' }),
        ],
      },
    ],
  })) as { processCode: string };
  ({ processCode } = form);
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

const mapping = () => ({
  table: '明细',
  fields: {
    debtorAccount: { control: '付款账户', options: { 基本户: stand.accountId } },
    purpose: { control: '用途', options: { 货款: 'supplier', 税款: 'tax' } },
    currency: { fixed: 'IDR' },
    creditorName: { control: '收款人' },
    creditorAccount: { control: '收款账号' },
    amount: { control: '金额（元）' },
  },
});

async function paymentsOf(processInstanceId: string, count: number): Promise<Payment[]> {
  return waitFor(
    async () => {
      const { rows } = await stand.database.pool.query<{ payment_id: string }>(
        `SELECT payment_id FROM payment WHERE process_instance_id = $1 ORDER BY source_key`,
        [processInstanceId],
      );
      if (rows.length !== count) return undefined;
      const found = await Promise.all(
        rows.map((row) =>
          findPayment(stand.database.pool, { orgId: stand.orgId, paymentId: row.payment_id }),
        ),
      );
      return found.filter((payment) => payment !== undefined);
    },
    { what: `${count} payments`, deadlineMs: 90_000 },
  );
}

/** Somebody fills the table in. */
async function file(amounts: readonly string[]): Promise<string> {
  const rows = amounts.map((amount) => [
    { name: '收款人', value: 'PT PEMASOK SEJATI' },
    { name: '收款账号', value: PAYEE_ACCOUNT },
    { name: '金额（元）', value: amount },
  ]);
  const instance = (await manage('POST', 'instances', {
    form: processCode,
    userId: 'user01',
    values: { 付款账户: '基本户', 用途: '货款', 明细: JSON.stringify(rows) },
    approvers: [{ actionType: 'NONE', userIds: ['user02'] }],
  })) as { processInstanceId: string };
  return instance.processInstanceId;
}

describe('mapping a form', () => {
  test('mapping: the controls are shown, and problems are named before anything is stored', async () => {
    const shown = await api('GET', `/approval-forms/${processCode}/controls`);
    expect(shown.status).toBe(200);
    expect(JSON.stringify(shown.body)).toContain('金额（元）');
    const { fields, ...rest } = mapping();
    const wrong = {
      ...rest,
      fields: { ...fields, purpose: { control: '用途', options: { 货款: 'supplier' } } },
    };
    const refused = await api('PUT', `/approval-forms/${processCode}`, wrong);
    expect(refused.body['problems']).toEqual([
      { field: 'purpose', control: '用途', problem: 'say what the choice "税款" means' },
    ]);
    expect((await api('GET', '/approval-forms')).body['items']).toEqual([]);
  });

  test('mapping: each row is paid once, whoever tells of the approval', async () => {
    const mapped = await api('PUT', `/approval-forms/${processCode}`, mapping());
    expect(mapped.body).toMatchObject({ problems: [], form: { state: 'active', kind: 'mapped' } });
    const id = await file(['100001.00', '200002', '300003.0']);
    const asked = await paymentsOf(id, 3);
    expect(asked.map(({ sourceKey }) => sourceKey)).toEqual([`${id}#1`, `${id}#2`, `${id}#3`]);
    await manage('POST', `instances/${id}/agree`, { userId: 'user02' });
    for (const { paymentId } of asked) await stand.waitForState(paymentId, 'confirmed', 'settled');
    const transfers = await stand.transfers();
    expect(
      asked.map(
        ({ endToEndId }) =>
          transfers.filter(({ partnerReferenceNo }) => partnerReferenceNo === endToEndId).length,
      ),
    ).toEqual([1, 1, 1]);
  });

  test('mapping: an app that may only read reacts to approvals all the same', async () => {
    const readOnly = permissions.filter((name) => !/^Workflow\..*\.Write$/.test(name));
    expect(readOnly.length).toBeLessThan(permissions.length);
    await manage('POST', `apps/${appKey}`, { permissions: readOnly });
    const id = await file(['400004.00']);
    const [payment] = await paymentsOf(id, 1);
    await manage('POST', `instances/${id}/agree`, { userId: 'user02' });
    await stand.waitForState(payment?.paymentId ?? '', 'confirmed', 'settled');
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query<{ state: string; last_code: string }>(
          'SELECT state, last_code FROM approval_comment WHERE process_instance_id = $1',
          [id],
        );
        return rows[0]?.state === 'refused' && rows[0].last_code === 'dingtalk.permissionMissing';
      },
      { what: 'a remark that was refused', deadlineMs: 90_000 },
    );
    await manage('POST', `apps/${appKey}`, { permissions });
  });
});

describe('rules', () => {
  const rule = () => ({
    ordinal: 1,
    currency: 'IDR',
    amountBelow: { amount: '1000000.00', currency: 'IDR' },
    via: 'dingtalk',
    nodes: [{ action: 'NONE', persons: [stand.checker] }],
  });

  test('rules: proposed by one, confirmed by another; what is left open is said', async () => {
    const made = await api('POST', '/approval-rules', rule(), tokens.maker);
    expect([made.status, made.body['state']]).toEqual([201, 'proposed']);
    const ruleId = String(made.body['ruleId']);
    const own = await api('POST', `/approval-rules/${ruleId}/confirm`, {}, tokens.maker);
    expect(own.body['code']).toBe('api.secondPerson');
    const confirmed = await api('POST', `/approval-rules/${ruleId}/confirm`, {}, tokens.checker);
    expect(confirmed.body['state']).toBe('active');
    const { body } = await api('GET', '/approval-rules/check');
    const gaps = body['gaps'] as { accountId: string; purpose: string; amounts: string }[];
    expect(gaps).toContainEqual({
      accountId: stand.accountId,
      purpose: 'supplier',
      amounts: 'IDR 1000000.00 and more',
    });
    // The checker may make payments too, and nobody else could approve those.
    expect(body['problems']).toContainEqual(
      expect.objectContaining({
        kind: 'doubtful',
        problem: expect.stringContaining(stand.checker),
      }),
    );
  });

  test('rules: an approver whom DingTalk does not know is refused before anything is saved', async () => {
    await manage('DELETE', 'users/user02');
    const refused = await api('POST', '/approval-rules', rule(), tokens.maker);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('DingTalk does not know the user');
    await manage('POST', 'users', { userId: 'user02' });
  });

  test('rules: a machine cannot ask for one', async () => {
    const refused = await api('POST', '/approval-rules', rule());
    expect(refused.status).toBe(403);
  });
});

describe('asking through the API', () => {
  const ask = (amount: string, token: string) =>
    fetch(`${stand.started.server?.url}/api/v1/payments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': amount,
      },
      body: JSON.stringify({
        accountId: stand.accountId,
        beneficiaryId: stand.payee,
        amount,
        purpose: 'supplier',
        remittanceInformation: 'Invoice',
      }),
    });

  test('asking: the rule’s people decide in DingTalk, and then it is paid', async () => {
    // The only form so far has a table, in which nothing can be started.
    const without = await ask('500001.00', tokens.maker);
    expect([without.status, await without.text()]).toEqual([
      expect.any(Number),
      expect.stringContaining('no approval form there can carry it'),
    ]);
    const made = await api('POST', '/approval-forms', {});
    expect(made.status).toBe(201);
    const answer = await ask('500001.00', tokens.maker);
    expect(answer.status).toBe(201);
    const { paymentId, approvalVia } = (await answer.json()) as Record<string, string>;
    expect(approvalVia).toBe('dingtalk');
    const id = await waitFor(async () => (await stand.payment(paymentId ?? '')).processInstanceId, {
      what: 'a started approval',
      deadlineMs: 90_000,
    });
    const instance = (await manage('GET', `instances/${id}`)) as {
      originatorUserId: string;
      tasks: { userId: string }[];
    };
    expect(instance.originatorUserId).toBe('user01');
    expect(instance.tasks.map(({ userId }) => userId)).toEqual(['user02']);
    await manage('POST', `instances/${id}/agree`, { userId: 'user02' });
    await stand.waitForState(paymentId ?? '', 'confirmed', 'settled');
  });

  test('asking: what no rule covers, and what a machine asks for, is refused with the reason', async () => {
    const tooLarge = await ask('5000000.00', tokens.maker);
    expect(await tooLarge.text()).toContain('no rule that says who approves');
    const machine = await ask('500002.00', tokens.admin);
    expect(await machine.text()).toContain('DingTalk user id');
  });
});
