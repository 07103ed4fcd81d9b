import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/core/ids.ts';
import { createForm } from '../../src/flows/approval/forms.ts';
import type { Payment } from '../../src/store/payments.ts';
import { findPayment } from '../../src/store/payments.ts';
import { newId } from '../../src/secret/ids.ts';
import { waitFor } from '../support/wait.ts';
import { PAYEE_ACCOUNT, registerPayee, startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

// A payment from its approval in the simulated DingTalk to the simulated bank's books, over sockets.

interface Instance {
  readonly processInstanceId: string;
  readonly status: string;
  readonly originatorUserId: string;
  readonly startedBy: string;
  readonly tasks: readonly { readonly userId: string; readonly status: string }[];
}

let stand: PayStand;
let processCode: string;
beforeAll(async () => {
  stand = await startPayStand();
  const { pool } = stand.database;
  await pool.query(`UPDATE person SET dingtalk_user_id = 'user01' WHERE person_id = $1`, [
    stand.maker,
  ]);
  await pool.query(`UPDATE person SET dingtalk_user_id = 'user02' WHERE person_id = $1`, [
    stand.checker,
  ]);
  await pool.query(
    `INSERT INTO approval_rule (org_id, rule_id, ordinal, via, nodes, approvals_required,
       proposed_by, confirmed_by, created_at, confirmed_at)
     VALUES ($1, $2, 1, 'dingtalk', $3, 1, 'per_officer1', 'per_officer2', now(), now())`,
    [stand.orgId, newId('rul'), JSON.stringify([{ action: 'NONE', persons: [stand.checker] }])],
  );
  const made = await createForm(stand.started.runtime.approvals, { orgId: stand.orgId }, 'test');
  expect(made.problems).toEqual([]);
  processCode = made.form?.processCode ?? '';
  // People may take a request back at once here; half a minute of waiting proves nothing.
  await manage('POST', 'limits', { withdrawAfterMs: 0 });
  await streamIsOpen();
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});
afterEach(async () => {
  await stand.dingtalk.manage('DELETE', 'faults');
});

const manage = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> => stand.dingtalk.manage(method, path, body);

async function streamIsOpen(): Promise<void> {
  await waitFor(
    async () => {
      const { connections } = (await manage('GET', 'push')) as {
        connections: { state: string }[];
      };
      return connections.some(({ state }) => state === 'open');
    },
    { what: 'an open Stream connection', deadlineMs: 90_000 },
  );
}

let invoices = 0;
const filled = (change: Readonly<Record<string, string>> = {}): Record<string, string> => {
  invoices += 1;
  return {
    cashbell_debtor: 'BCA Operations …7890 IDR',
    cashbell_creditor: 'PT PEMASOK SEJATI',
    cashbell_account: PAYEE_ACCOUNT,
    cashbell_amount: `${1_000_000 + invoices}.00`,
    cashbell_currency: 'IDR',
    cashbell_purpose: 'supplier',
    cashbell_text: `Faktur ${invoices}`,
    ...change,
  };
};

/** A person fills the form in and sends it. */
async function fileForm(change: Readonly<Record<string, string>> = {}): Promise<string> {
  const instance = (await manage('POST', 'instances', {
    form: processCode,
    userId: 'user01',
    values: filled(change),
    approvers: [{ actionType: 'NONE', userIds: ['user02'] }],
  })) as Instance;
  return instance.processInstanceId;
}

const deed = (id: string, name: string, order: Record<string, unknown> = {}): Promise<unknown> =>
  manage('POST', `instances/${id}/${name}`, { userId: 'user02', ...order });

async function paymentsOf(processInstanceId: string): Promise<Payment[]> {
  const { rows } = await stand.database.pool.query<{ payment_id: string }>(
    'SELECT payment_id FROM payment WHERE process_instance_id = $1 ORDER BY payment_id',
    [processInstanceId],
  );
  const found = await Promise.all(
    rows.map((row) =>
      findPayment(stand.database.pool, { orgId: stand.orgId, paymentId: row.payment_id }),
    ),
  );
  return found.filter((payment) => payment !== undefined);
}

const paymentOf = (processInstanceId: string): Promise<Payment> =>
  waitFor(async () => (await paymentsOf(processInstanceId))[0], {
    what: `the payment of ${processInstanceId}`,
    deadlineMs: 90_000,
  });

async function debitsOf({ endToEndId }: Payment): Promise<number> {
  const transfers = await stand.transfers();
  return transfers.filter(({ partnerReferenceNo }) => partnerReferenceNo === endToEndId).length;
}

async function instanceOf(id: string): Promise<Instance> {
  return (await manage('GET', `instances/${id}`)) as Instance;
}

async function commentsOf(id: string): Promise<string[]> {
  const { instanceComments } = (await manage('GET', 'state')) as {
    instanceComments: { processInstanceId: string; text: string }[];
  };
  return instanceComments
    .filter(({ processInstanceId }) => processInstanceId === id)
    .map(({ text }) => text);
}

/** Every event was worked off, so that nothing more comes of them. */
const inboxIsEmpty = (): Promise<unknown> =>
  waitFor(
    async () => {
      const { rows } = await stand.database.pool.query(
        `SELECT FROM dingtalk_event WHERE state = 'stored' AND (next_at IS NULL OR next_at < now())`,
      );
      return rows.length === 0;
    },
    { what: 'an empty inbox', deadlineMs: 90_000 },
  );

const sweepNow = (): Promise<unknown> =>
  stand.database.pool.query(`UPDATE approval_form SET next_sweep_at = now()`);

describe('a form that a person filled in', () => {
  test('form: agreed in DingTalk it is paid once, and the outcome stands below it', async () => {
    const id = await fileForm();
    const waiting = await paymentOf(id);
    expect(waiting).toMatchObject({
      state: 'awaitingApproval',
      source: 'dingtalkForm',
      sourceKey: id,
      maker: stand.maker,
      approvalVia: 'dingtalk',
    });
    await deed(id, 'agree');
    const paid = await stand.waitForState(waiting.paymentId, 'confirmed', 'settled');
    expect(await debitsOf(paid)).toBe(1);
    await stand.pollNow();
    await stand.waitForState(waiting.paymentId, 'settled');
    const comments = await waitForComments(id);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('Paid: IDR');
    expect(comments[0]).toContain(paid.endToEndId);
  });

  test('form: refused it is declined, with who and why', async () => {
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await deed(id, 'refuse', { remark: 'too much' });
    const declined = await stand.waitForState(paymentId, 'declined');
    expect(declined.reason?.details).toMatchObject({ by: stand.checker, remark: 'too much' });
    expect(await debitsOf(declined)).toBe(0);
  });

  test('form: taken back by its originator it is cancelled', async () => {
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await deed(id, 'revoke', { userId: 'user01' });
    expect(await debitsOf(await stand.waitForState(paymentId, 'cancelled'))).toBe(0);
  });

  test('form: changed while it ran it is void, whatever was agreed', async () => {
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await deed(id, 'edit', { values: { cashbell_amount: '9999999.00' } });
    await deed(id, 'agree');
    const voided = await stand.waitForState(paymentId, 'voided');
    expect(voided.reason?.code).toBe('payment.contentChanged');
    expect(await debitsOf(voided)).toBe(0);
  });

  test('form: approved by its own originator it is held back', async () => {
    const instance = (await manage('POST', 'instances', {
      form: processCode,
      userId: 'user01',
      values: filled(),
      approvers: [{ actionType: 'NONE', userIds: ['user01'] }],
    })) as Instance;
    const { paymentId } = await paymentOf(instance.processInstanceId);
    await deed(instance.processInstanceId, 'agree', { userId: 'user01' });
    const blocked = await stand.waitForState(paymentId, 'blocked');
    expect(blocked.reason?.code).toBe('payment.selfApproval');
    expect(await debitsOf(blocked)).toBe(0);
  });

  test('form: for somebody who is not registered it is told, and paid once they are', async () => {
    const id = await fileForm({ cashbell_account: '8010001576', cashbell_creditor: 'PT BARU' });
    await deed(id, 'agree');
    const [comment] = await waitForComments(id);
    expect(comment).toContain('Cannot be paid as it stands');
    expect(await paymentsOf(id)).toEqual([]);
    await registerPayee(stand, { account: '8010001576', name: 'PT BARU' });
    await stand.database.pool.query(
      `UPDATE dingtalk_event SET next_at = now() WHERE state = 'stored'`,
    );
    const { paymentId } = await paymentOf(id);
    expect(await debitsOf(await stand.waitForState(paymentId, 'confirmed', 'settled'))).toBe(1);
    const complaints = (await commentsOf(id)).filter((text) => text.startsWith('Cannot'));
    expect(complaints).toHaveLength(1);
  });

  test('form: events that come twice, and once more after a restart, make one payment', async () => {
    await manage('POST', 'faults', { name: 'eventDuplicated' });
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await deed(id, 'agree');
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    await inboxIsEmpty();
    await sweepNow();
    await inboxIsEmpty();
    expect(await paymentsOf(id)).toHaveLength(1);
    expect(await debitsOf(paid)).toBe(1);
  });

  test('form: told only by the listing, because every event was lost, it is paid', async () => {
    await manage('POST', 'faults', { name: 'eventLost' });
    const id = await fileForm();
    await sweepNow();
    const { paymentId } = await paymentOf(id);
    await stand.database.pool.query(
      `UPDATE payment SET created_at = created_at - interval '5 minutes' WHERE payment_id = $1`,
      [paymentId],
    );
    await deed(id, 'agree');
    expect((await stand.payment(paymentId)).state).toBe('awaitingApproval');
    await sweepNow();
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    expect(await debitsOf(paid)).toBe(1);
  });

  test('form: a spent quota is no answer; when there are calls again it is paid', async () => {
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await inboxIsEmpty();
    await manage('POST', 'faults', { name: 'quotaExhausted' });
    await deed(id, 'agree');
    await waitFor(
      async () => {
        const { refusals } = await stand.books();
        return refusals.some(({ code }) => String(code).includes('ApiCountLimit'));
      },
      { what: 'a refused call', deadlineMs: 90_000 },
    );
    expect((await stand.payment(paymentId)).state).toBe('awaitingApproval');
    await manage('DELETE', 'faults');
    // A spent quota is asked about every ten seconds, however often somebody wakes the payment.
    const paid = await waitFor(
      async () => {
        const payment = await stand.payment(paymentId);
        if (payment.state === 'awaitingApproval') await stand.wake(paymentId);
        return payment.state === 'confirmed' || payment.state === 'settled' ? payment : undefined;
      },
      { what: 'the payment', deadlineMs: 90_000 },
    );
    expect(await debitsOf(paid)).toBe(1);
  });

  test('form: a page that lags behind the event is read again', async () => {
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    await inboxIsEmpty();
    await manage('POST', 'faults', { name: 'staleInstance', count: 1 });
    await deed(id, 'agree');
    await waitFor(
      async () => {
        const { rows } = await stand.database.pool.query<{ problem: string | null }>(
          `SELECT problem FROM dingtalk_event WHERE state = 'stored' AND next_at IS NOT NULL`,
        );
        return rows.some(({ problem }) => problem === 'still waiting for approval');
      },
      { what: 'a follow-up', deadlineMs: 90_000 },
    );
    await stand.database.pool.query(
      `UPDATE dingtalk_event SET next_at = now() WHERE state = 'stored'`,
    );
    await stand.waitForState(paymentId, 'confirmed', 'settled');
  });

  test('form: a request that changes or undoes an agreed one is never paid by itself', async () => {
    const id = await fileForm();
    const first = await paymentOf(id);
    await deed(id, 'agree');
    await stand.waitForState(first.paymentId, 'confirmed', 'settled');
    await deed(id, 'follow', {
      userId: 'user01',
      bizAction: 'MODIFY',
      values: filled({ cashbell_amount: '7777777.00' }),
    });
    const follow = await followOf(id);
    await agreeAll(follow);
    const [comment] = await waitForComments(follow.processInstanceId);
    expect(comment).toContain('changes or takes back an earlier request');
    expect(await paymentsOf(follow.processInstanceId)).toEqual([]);
    expect(await debitsOf(first)).toBe(1);
  });

  test('form: agreed for a later day and revoked before it, it is not paid', async () => {
    const later = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    const id = await fileForm({ cashbell_date: later });
    const { paymentId } = await paymentOf(id);
    await deed(id, 'agree');
    await stand.waitForState(paymentId, 'authorised');
    await deed(id, 'follow', { userId: 'user01', bizAction: 'REVOKE' });
    const revocation = await followOf(id);
    // Its day has come while people still decide about the revocation: it waits for them.
    await stand.database.pool.query(
      `UPDATE payment SET not_before = now() - interval '1 hour' WHERE payment_id = $1`,
      [paymentId],
    );
    await stand.wake(paymentId);
    await stand.waitForState(paymentId, 'blocked');
    await agreeAll(revocation);
    await stand.wake(paymentId);
    const voided = await stand.waitForState(paymentId, 'voided');
    expect(voided.reason?.code).toBe('payment.approvalWithdrawn');
    expect(await debitsOf(voided)).toBe(0);
  });
});

/** The request that changes or revokes another one. */
async function followOf(id: string): Promise<Instance> {
  const { instances } = (await manage('GET', 'instances?limit=1000')) as {
    instances: (Instance & { mainProcessInstanceId: string | null })[];
  };
  const found = instances.find(({ mainProcessInstanceId }) => mainProcessInstanceId === id);
  if (!found) throw new Error('no request follows it');
  return found;
}

async function agreeAll({ processInstanceId }: Instance): Promise<void> {
  for (;;) {
    const { status, tasks } = await instanceOf(processInstanceId);
    const task = tasks.find((one) => one.status === 'RUNNING');
    if (status !== 'RUNNING' || !task) return;
    await deed(processInstanceId, 'agree', { userId: task.userId });
  }
}

const waitForComments = (id: string): Promise<string[]> =>
  waitFor(
    async () => {
      const found = await commentsOf(id);
      return found.length > 0 ? found : undefined;
    },
    { what: 'a remark', deadlineMs: 90_000 },
  );

describe('an approval that we start', () => {
  const viaDingtalk = () => ({
    approval: { via: 'dingtalk' as const, processCode },
  });

  const startedFor = async (endToEndId: string): Promise<Instance[]> => {
    const { instances } = (await manage('GET', 'instances?limit=1000')) as {
      instances: (Instance & { values: { value: unknown }[] })[];
    };
    return instances.filter(({ values }) => values.some(({ value }) => value === endToEndId));
  };

  const boundOf = (paymentId: string): Promise<string> =>
    waitFor(async () => (await stand.payment(paymentId)).processInstanceId, {
      what: 'a started approval',
      deadlineMs: 90_000,
    });

  test('start: with approvers by rule, in the name of the maker; agreed it is paid once', async () => {
    const paymentId = await stand.request({ ...viaDingtalk(), amount: '2000001.00' });
    const id = await boundOf(paymentId);
    const instance = await instanceOf(id);
    expect(instance.originatorUserId).toBe('user01');
    expect(instance.startedBy).toMatch(/^app:/);
    expect(instance.tasks.map(({ userId }) => userId)).toEqual(['user02']);
    await inboxIsEmpty();
    await deed(id, 'agree');
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    expect(await debitsOf(paid)).toBe(1);
    expect(await paymentsOf(id)).toHaveLength(1);
  });

  test('start: an answer that was lost is searched for, not asked for again', async () => {
    await manage('POST', 'faults', {
      name: 'timeoutAfterAccepting',
      count: 1,
      path: '/v1.0/workflow/processInstances',
    });
    const paymentId = await stand.request({ ...viaDingtalk(), amount: '2000002.00' });
    await waitFor(
      async () => {
        await stand.wake(paymentId);
        return (await stand.payment(paymentId)).processInstanceId;
      },
      { what: 'the approval that was found', deadlineMs: 90_000 },
    );
    const { endToEndId, processInstanceId = '' } = await stand.payment(paymentId);
    await inboxIsEmpty();
    expect(await startedFor(endToEndId)).toHaveLength(1);
    await deed(processInstanceId, 'agree');
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    expect(await debitsOf(paid)).toBe(1);
  });

  test('start: one that certainly did not happen is made again at once', async () => {
    await manage('POST', 'faults', {
      name: 'throttleQps',
      count: 1,
      path: '/v1.0/workflow/processInstances',
    });
    const paymentId = await stand.request({ ...viaDingtalk(), amount: '2000003.00' });
    await waitFor(
      async () => {
        await stand.wake(paymentId);
        return (await stand.payment(paymentId)).processInstanceId;
      },
      { what: 'the started approval', deadlineMs: 90_000 },
    );
    const { endToEndId } = await stand.payment(paymentId);
    expect(await startedFor(endToEndId)).toHaveLength(1);
  });

  test('start: a second approval with the same reference is not paid', async () => {
    const paymentId = await stand.request({ ...viaDingtalk(), amount: '2000004.00' });
    const id = await boundOf(paymentId);
    const { endToEndId } = await stand.payment(paymentId);
    const double = await fileForm({
      cashbell_amount: '2000004.00',
      cashbell_reference: endToEndId,
    });
    await deed(double, 'agree').catch(() => undefined);
    await deed(id, 'agree');
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    await inboxIsEmpty();
    expect(await paymentsOf(double)).toEqual([]);
    expect(await debitsOf(paid)).toBe(1);
  });
});

describe('hearing DingTalk', () => {
  const pushState = async () =>
    (await manage('GET', 'push')) as {
      openCount: number;
      connections: { state: string; zombie: boolean }[];
    };
  const open = async (): Promise<number> =>
    (await pushState()).connections.filter(({ state }) => state === 'open').length;

  test('stream: after a disconnect the next event arrives on a new connection', async () => {
    await streamIsOpen();
    const before = (await pushState()).openCount;
    await manage('POST', 'push/connections/all', { action: 'disconnect', reason: 'test' });
    await waitFor(async () => (await pushState()).openCount > before, {
      what: 'a new connection',
      deadlineMs: 90_000,
    });
    await streamIsOpen();
    const id = await fileForm();
    expect((await paymentOf(id)).state).toBe('awaitingApproval');
    expect(await open()).toBe(1);
  });

  test('stream: a connection that is cut comes back, and what was missed is listed', async () => {
    await manage('POST', 'faults', { name: 'eventLost', count: 1 });
    const id = await fileForm();
    const before = (await pushState()).openCount;
    await stand.database.pool.query(
      `UPDATE approval_form SET last_swept_at = now() - interval '5 minutes'`,
    );
    await manage('POST', 'push/connections/all', { action: 'drop' });
    // Nothing but the new connection tells that something may have been missed.
    expect((await paymentOf(id)).state).toBe('awaitingApproval');
    expect((await pushState()).openCount).toBeGreaterThan(before);
  });

  test('stream: no ticket, secret or payee stands in the database in clear', async () => {
    const { rows } = await stand.database.pool.query<{ row: string }>(
      `SELECT dingtalk_event::text || encode(sealed_data, 'escape') AS row FROM dingtalk_event`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) {
      expect(row).not.toContain('ticket');
      expect(row).not.toContain('processCode');
    }
  });

  test('stream: a person who writes to the robot can stop payments', async () => {
    const { pool } = stand.database;
    await pool.query(
      `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
         confirmed_by, created_at, decided_at)
       VALUES ($1, $2, $3, 'payment.stop', 'active', 'per_officer1', 'per_officer2', now(), now())`,
      [stand.orgId, newId('grt'), stand.checker],
    );
    await streamIsOpen();
    await manage('POST', 'robot-messages', { userId: 'user02', text: 'stop payments' });
    await waitFor(
      async () => {
        const { rows } = await pool.query('SELECT 1 FROM payment_stop WHERE released_at IS NULL');
        return rows.length > 0;
      },
      { what: 'a stop', deadlineMs: 90_000 },
    );
    await pool.query('DELETE FROM payment_stop');
  });

  test('callback: events come encrypted, and lost ones from the list of failed pushes', async () => {
    const { services, directory } = stand.started.runtime;
    const { changeDingtalkApp, listDingtalkApps } = await import(
      '../../src/store/dingtalk-apps-admin.ts'
    );
    const [app] = await listDingtalkApps(services, stand.orgId);
    const keys = {
      callbackToken: 'TestToken123',
      callbackAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
    };
    const place = { orgId: parseId('org', stand.orgId), appId: app?.appId ?? '' };
    await changeDingtalkApp(services, { ...place, eventMode: 'callback', ...keys }, 'test');
    directory.forget(stand.orgId);
    const url = `${stand.started.server?.url}/dingtalk/callback/${stand.orgId}`;
    // DingTalk calls the address at once and refuses to save a wrong answer.
    await manage('POST', `push/apps/${app?.appKey}/callback`, {
      url,
      token: keys.callbackToken,
      aesKey: keys.callbackAesKey,
    });
    await manage('POST', `push/apps/${app?.appKey}`, { eventMode: 'http' });
    const id = await fileForm();
    const { paymentId } = await paymentOf(id);
    const { rows } = await stand.database.pool.query<{ source: string }>(
      `SELECT source FROM dingtalk_event ORDER BY received_at DESC LIMIT 1`,
    );
    expect(rows[0]?.source).toBe('callback');
    await deed(id, 'agree');
    const paid = await stand.waitForState(paymentId, 'confirmed', 'settled');
    expect(await debitsOf(paid)).toBe(1);

    // While our token is another one nothing can be taken in; DingTalk gives up and lists it.
    await manage('POST', 'push/settings', { httpRetryMs: [20, 30], failedListAfterMs: [0, 0] });
    await changeDingtalkApp(services, { ...place, callbackToken: 'AnotherToken1' }, 'test');
    directory.forget(stand.orgId);
    const missed = await fileForm();
    const isListed = async (): Promise<boolean> => {
      const { deliveries } = (await manage('GET', 'push/deliveries?kind=event')) as {
        deliveries: { outcome: string; data: { processInstanceId?: string } }[];
      };
      return deliveries.some(
        ({ outcome, data }) => outcome === 'givenUp' && JSON.stringify(data).includes(missed),
      );
    };
    await waitFor(isListed, { what: 'a push that was given up', deadlineMs: 90_000 });
    await changeDingtalkApp(services, { ...place, callbackToken: keys.callbackToken }, 'test');
    directory.forget(stand.orgId);
    await sweepNow();
    await waitFor(
      async () => {
        const found = await stand.database.pool.query(
          `SELECT 1 FROM dingtalk_event WHERE event_key LIKE 'failed:%'`,
        );
        return found.rows.length > 0;
      },
      { what: 'an event of the list', deadlineMs: 90_000 },
    );
    expect((await paymentOf(missed)).state).toBe('awaitingApproval');
    expect(await paymentsOf(missed)).toHaveLength(1);
  });
});
