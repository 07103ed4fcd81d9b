import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RobotMessage } from '#dingtalk/push.ts';
import { testBank } from '#engine/ladder/test-bank.ts';
import { newId } from '#secret/ids.ts';
import { bootstrapGrants } from '#store/bootstrap.ts';
import { addDestination } from '#store/destinations-admin.ts';
import { createDirectory } from '#store/directory.ts';
import { createOrg, updateOrg } from '#store/orgs.ts';
import { isStopped, listStops } from '#store/payment-stops.ts';
import type { PersonActor } from '#store/persons.ts';
import { addPerson, removePerson } from '#store/persons.ts';
import { replaceRoutes } from '#store/routes-admin.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { codeOf, createPeopleWorld } from '#store/test-people.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { ChatServices } from './chat-commands.ts';
import { handleRobotMessage } from './chat-commands.ts';
import type { ControlServices } from './stop-payments.ts';
import { proposeToResume, resumePayments, stopByOperator, stopPayments } from './stop-payments.ts';

let database: TestDatabase;
let world: PeopleWorld;
let services: ControlServices;
let guard: PersonActor;
let other: PersonActor;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  const { orgId } = world;
  const { destinationId } = await addDestination(
    world.services,
    {
      orgId,
      name: 'Finance',
      kind: 'robot',
      webhook: `https://oapi.dingtalk.com/robot/send?access_token=${randomBytes(32).toString('hex')}`,
      security: { mode: 'keyword', keyword: 'Pay' },
    },
    'test',
  );
  const tree = { routeId: newId('rte'), name: 'All', destinationIds: [destinationId] };
  await replaceRoutes(world.services, { orgId, tree }, 'test');
  services = {
    ...world.services,
    announcer: {
      directory: createDirectory(world.services),
      connectorOf: (id) => (id === testBank.id ? testBank : undefined),
    },
  };
  guard = await world.person('Guard', 'guard01');
  other = await world.person('Other guard', 'guard02');
  for (const who of [guard, other]) {
    await world.grant(who, 'payment.stop');
    await world.grant(who, 'payment.resume');
  }
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM payment_stop');
  await database.pool.query('DELETE FROM notice');
  await database.pool.query('DELETE FROM event');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const stopAll = (by = guard) => stopPayments(services, by, { reason: 'lost phone' });
const stopped = (accountId: string = world.accounts[0]) =>
  isStopped(database.pool, world.orgId, accountId);

async function told(): Promise<{ kind: string; by: string; notices: number }[]> {
  const { rows } = await database.pool.query(
    `SELECT e.kind, e.fact->'details'->>'by' AS by, count(n.*)::int AS notices
     FROM event e LEFT JOIN notice n USING (org_id, event_id)
     GROUP BY e.event_id, e.kind, e.fact ORDER BY e.event_id`,
  );
  return rows;
}

describe('kill switch', () => {
  test('stop: one entitled person stops everything, and everybody is told', async () => {
    expect(await stopped()).toBe(false);
    await stopAll();
    expect(await stopped()).toBe(true);
    expect(await stopped(world.accounts[1])).toBe(true);
    expect(await told()).toEqual([{ kind: 'payments.stopped', by: 'Guard', notices: 1 }]);
  });

  test('stop: of one account leaves the others alone', async () => {
    const [accountId, otherAccount] = world.accounts;
    await stopPayments(services, guard, { accountId, reason: 'wrong invoices' });
    expect([await stopped(accountId), await stopped(otherAccount)]).toEqual([true, false]);
  });

  test('stop: a second pull is no error and is not told twice', async () => {
    const first = await stopAll();
    const again = await stopAll(other);
    expect(again.stopId).toBe(first.stopId);
    expect(await told()).toHaveLength(1);
  });

  test('stop: a right for one account does not stop all', async () => {
    const clerk = await world.person('Clerk');
    const [accountId] = world.accounts;
    await world.grant(clerk, 'payment.stop', { accountId });
    expect(await codeOf(stopAll(clerk))).toBe('payment.notEntitled');
    await stopPayments(services, clerk, { accountId, reason: 'odd' });
    expect(await stopped(accountId)).toBe(true);
    expect(await codeOf(stopAll(world.officers[0]))).toBe('payment.notEntitled');
  });

  test('resume: two people let payments go on; one alone does not', async () => {
    const { stopId } = await stopAll();
    expect(await codeOf(resumePayments(services, guard, stopId))).toBe('api.conflict');
    await proposeToResume(services, guard, stopId);
    expect(await stopped()).toBe(true);
    expect(await codeOf(resumePayments(services, guard, stopId))).toBe('api.secondPerson');
    await resumePayments(services, other, stopId);
    expect(await stopped()).toBe(false);
    expect((await told()).at(-1)).toEqual({
      kind: 'payments.resumed',
      by: 'Guard, Other guard',
      notices: 1,
    });
  });

  test('resume: the table refuses one person, and nobody', async () => {
    const { stopId } = await stopAll();
    const release = (proposer: string | null, by: string | null) =>
      database.pool.query(
        `UPDATE payment_stop SET release_proposed_by = $2, released_by = $3, released_at = now()
         WHERE stop_id = $1`,
        [stopId, proposer, by],
      );
    expect(await codeOf(release(guard.personId, guard.personId))).toBe('23514');
    expect(await codeOf(release(null, guard.personId))).toBe('23514');
    expect(await codeOf(release(guard.personId, null))).toBe('23514');
  });

  test('resume: pulling again says that it is not over', async () => {
    const { stopId } = await stopAll();
    await proposeToResume(services, guard, stopId);
    await stopAll(other);
    expect(await codeOf(resumePayments(services, other, stopId))).toBe('api.conflict');
    expect(await stopped()).toBe(true);
  });

  test('resume: two who confirm at the same moment do it once, and what waited is woken', async () => {
    const third = await world.entitled('Third guard', 'payment.resume');
    const { stopId } = await stopAll();
    const paymentId = await world.insertPayment({ state: 'blocked' });
    await database.pool.query(
      `UPDATE payment SET reason_code = 'payment.stopped' WHERE payment_id = $1`,
      [paymentId],
    );
    await proposeToResume(services, guard, stopId);
    const outcomes = await Promise.all(
      [other, third].map((by) => codeOf(resumePayments(services, by, stopId))),
    );
    expect(outcomes.toSorted()).toEqual(['api.conflict', 'nothing was refused']);
    const { rows } = await database.pool.query(
      'SELECT woken_at IS NOT NULL AS woken FROM payment WHERE payment_id = $1',
      [paymentId],
    );
    expect(rows).toEqual([{ woken: true }]);
  });

  test('bootstrap: recovering the right to grant stops everything loudly', async () => {
    const { orgId } = await createOrg(world.services, { name: 'Lost' }, 'test');
    const people: PersonActor[] = [];
    for (const name of ['A', 'B', 'C']) {
      const { personId } = await addPerson(world.services, { orgId, name }, 'test');
      people.push({ orgId, personId });
    }
    const help = (who: PersonActor | undefined) =>
      bootstrapGrants(world.services, who ?? guard, async (client, reason) => {
        await stopByOperator(services, client, { orgId, reason, by: 'cli' });
      });
    await help(people[0]);
    await help(people[1]);
    expect(await listStops(database.pool, { orgId })).toEqual([]);
    await removePerson(world.services, { orgId, personId: people[0]?.personId ?? '' }, 'test');
    await help(people[2]);
    expect(await listStops(database.pool, { orgId })).toMatchObject([{ pulledBy: 'cli' }]);
    expect((await told()).map(({ kind, by }) => [kind, by])).toEqual([['payments.stopped', 'cli']]);
  });
});

describe('chat', () => {
  let answers: string[] = [];
  const chat = (): ChatServices => ({
    ...services,
    reply: (_message, text) => {
      answers.push(text);
      return Promise.resolve();
    },
  });

  beforeEach(() => {
    answers = [];
  });

  function message(text: string, more: Partial<RobotMessage> = {}): RobotMessage {
    return {
      msgId: newId('evt'),
      text,
      messageType: 'text',
      isGroup: true,
      conversationId: 'cid1',
      conversationTitle: 'Finance',
      senderUserId: 'guard01',
      isFromOwnCorp: true,
      senderCorpId: 'corp1',
      isWithoutContent: false,
      ...more,
    };
  }

  async function say(text: string, more: Partial<RobotMessage> = {}): Promise<string> {
    await handleRobotMessage(chat(), world.orgId, message(text, more));
    return answers.at(-1) ?? 'no answer';
  }

  test('chat: an entitled person stops everything, with the words as the reason', async () => {
    expect(await say('Stop payments, my phone was stolen')).toContain(
      'Payments are stopped for all accounts',
    );
    expect(await listStops(database.pool, { orgId: world.orgId })).toMatchObject([
      { reason: 'my phone was stolen', pulledBy: guard.personId, accountId: undefined },
    ]);
    expect(await say('stop payments')).toContain('stopped already');
    expect(await told()).toHaveLength(1);
  });

  test('chat: an account that is named is stopped alone', async () => {
    expect(await say('hentikan pembayaran 1002')).toContain('1002');
    expect([await stopped(world.accounts[0]), await stopped(world.accounts[1])]).toEqual([
      false,
      true,
    ]);
  });

  test('chat: it answers in the language of the person', async () => {
    const { personId } = await addPerson(
      world.services,
      { orgId: world.orgId, name: 'Wang', dingtalkUserId: 'wang01', language: 'zh-CN' },
      'test',
    );
    await world.grant({ orgId: world.orgId, personId }, 'payment.stop');
    expect(await say('停止付款', { senderUserId: 'wang01' })).toContain('已停止付款：所有账户');
  });

  test('chat: going on can be proposed and never done by the chat', async () => {
    await say('stop payments');
    expect(await say('resume payments')).toContain('another person confirms it outside the chat');
    expect(await say('resume payments', { senderUserId: 'guard02' })).toContain('outside the chat');
    expect(await stopped()).toBe(true);
    const [open] = await listStops(database.pool, { orgId: world.orgId });
    expect(open).toMatchObject({ releaseProposedBy: guard.personId, releasedAt: undefined });
  });

  test('chat: the status tells counts and no amount, and only to those entitled', async () => {
    await world.insertPayment({ amountMinorUnits: 987_654_321_00n });
    const answer = await say('payments status');
    expect(answer).toMatch(/running[\s\S]*Waiting for approval: \d+/);
    expect(answer).not.toMatch(/987|IDR/);
    await world.person('Curious', 'curious01');
    expect(await say('payments status', { senderUserId: 'curious01' })).toContain(
      'may not do this',
    );
  });

  test.each<[string, Partial<RobotMessage>, string]>([
    ['somebody without the right', { senderUserId: 'nobody01' }, 'may not do this'],
    ['an unknown colleague', { senderUserId: 'stranger' }, 'belongs to nobody'],
    // Outsiders learn nothing, not even that there is somebody who listens.
    ['an outsider', { isFromOwnCorp: false }, 'no answer'],
    ['a message without a sender', { senderUserId: '' }, 'belongs to nobody'],
  ])('chat: %s stops nothing', async (who, more, answer) => {
    if (who.startsWith('somebody')) await world.person('Nobody', 'nobody01');
    expect(await say('stop payments', more)).toContain(answer);
    expect(await stopped()).toBe(false);
  });

  test('chat: another company’s people are refused once ours is known', async () => {
    await updateOrg(world.services, { orgId: world.orgId, corpId: 'corp1' }, 'test');
    expect(await say('stop payments', { senderCorpId: 'corp2' })).toBe('no answer');
    expect(await stopped()).toBe(false);
    expect(await say('stop payments')).toContain('stopped');
  });

  test('chat: a person who was removed is nobody', async () => {
    const gone = await world.person('Gone', 'gone01');
    await world.grant(gone, 'payment.stop');
    await removePerson(world.services, gone, 'test');
    expect(await say('stop payments', { senderUserId: 'gone01' })).toContain('belongs to nobody');
  });

  test('chat: anything else is left to others', async () => {
    expect(await handleRobotMessage(chat(), world.orgId, message('hello'))).toBe(false);
    expect(answers).toEqual([]);
  });
});
