import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMs } from '#core/dates.ts';
import { covers } from '#core/grants.ts';
import { money } from '#core/money.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { bootstrapGrants } from './bootstrap.ts';
import { listGrants, mayDo, personsWhoMay } from './grants.ts';
import {
  confirmGrant,
  delegateGrant,
  proposeGrant,
  refuseGrant,
  removeGrant,
} from './grants-admin.ts';
import { createOrg } from './orgs.ts';
import type { PersonActor } from './persons.ts';
import { addPerson, isSamePerson, othersThan, removePerson } from './persons.ts';
import type { PeopleWorld } from './test-people.ts';
import { codeOf, createPeopleWorld } from './test-people.ts';
import { authenticateToken, createToken } from './tokens.ts';

let database: TestDatabase;
let world: PeopleWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const idr = (amount: bigint) => money(amount, 'IDR');
const now = () => world.services.now();

function may(
  who: PersonActor,
  request: Partial<Parameters<typeof mayDo>[1]> = {},
): Promise<boolean> {
  const asked = { ...who, action: 'payment.approve' as const, at: now(), ...request };
  return mayDo(database.pool, asked);
}

describe('grants', () => {
  test('grant: nobody may do anything by being there', async () => {
    const somebody = await world.person('Nobody in particular');
    expect(await may(somebody)).toBe(false);
    expect(await may(world.officers[0])).toBe(false);
  });

  test('grant: it holds only after a second person confirmed it', async () => {
    const [one, two] = world.officers;
    const approver = await world.person('Approver');
    const input = { personId: approver.personId, action: 'payment.approve' as const };
    const proposed = await proposeGrant(world.services, one, input);
    expect(await may(approver)).toBe(false);
    await confirmGrant(world.services, two, proposed.grantId);
    expect(await may(approver)).toBe(true);
    expect(await may(approver, { action: 'payment.make' })).toBe(false);
  });

  test('grant: neither who proposes it nor who gets it confirms it', async () => {
    const [one, two] = world.officers;
    const own = await proposeGrant(world.services, one, {
      personId: two.personId,
      action: 'payment.make',
    });
    expect(await codeOf(confirmGrant(world.services, one, own.grantId))).toBe('api.secondPerson');
    expect(await codeOf(confirmGrant(world.services, two, own.grantId))).toBe('api.secondPerson');
    // The table itself refuses both, whatever the code above believes.
    const force = (by: string) =>
      database.pool.query(
        `UPDATE person_grant SET state = 'active', confirmed_by = $1 WHERE grant_id = $2`,
        [by, own.grantId],
      );
    expect(await codeOf(force(one.personId))).toBe('23514');
    expect(await codeOf(force(two.personId))).toBe('23514');
    const bare = database.pool.query(
      `UPDATE person_grant SET state = 'active' WHERE grant_id = $1`,
      [own.grantId],
    );
    expect(await codeOf(bare)).toBe('23514');
    await refuseGrant(world.services, one, own.grantId);
    expect(await codeOf(confirmGrant(world.services, two, own.grantId))).toBe('api.conflict');
  });

  test('grant: whoever has no right to grant can neither propose nor confirm', async () => {
    const stranger = await world.person('Stranger');
    const input = { personId: stranger.personId, action: 'payment.approve' as const };
    expect(await codeOf(proposeGrant(world.services, stranger, input))).toBe('payment.notEntitled');
    const proposed = await proposeGrant(world.services, world.officers[0], input);
    const other = await world.person('Other stranger');
    expect(await codeOf(confirmGrant(world.services, other, proposed.grantId))).toBe(
      'payment.notEntitled',
    );
  });

  test('grant: two who confirm at the same moment do it once', async () => {
    const three = await world.entitled('Officer Three', 'grant.confirm');
    const target = await world.person('Target');
    const proposed = await proposeGrant(world.services, world.officers[0], {
      personId: target.personId,
      action: 'payment.stop',
    });
    const outcomes = await Promise.all(
      [world.officers[1], three].map((who) =>
        codeOf(confirmGrant(world.services, who, proposed.grantId)),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['api.conflict', 'nothing was refused']);
  });

  test('grant: account and amount bound it, and what is left open is the widest', async () => {
    const approver = await world.person('Bounded');
    const [accountId, other] = world.accounts;
    await world.grant(approver, 'payment.approve', { accountId, amountMax: idr(1000_00n) });
    expect(await may(approver, { accountId, amount: idr(1000_00n) })).toBe(true);
    expect(await may(approver, { accountId, amount: idr(1000_01n) })).toBe(false);
    expect(await may(approver, { accountId, amount: money(1n, 'USD') })).toBe(false);
    expect(await may(approver, { accountId: other, amount: idr(1n) })).toBe(false);
    expect(await may(approver, { amount: idr(1n) })).toBe(false);
    expect(await may(approver, { accountId })).toBe(false);
  });

  test.each([
    ['an account where none is concerned', { action: 'limit.confirm' as const, isAccount: true }],
    ['an amount where none is concerned', { action: 'payment.stop' as const, amountMax: 1n }],
    ['nothing at all as an amount', { action: 'payment.approve' as const, amountMax: 0n }],
  ])('grant: %s is refused before it is stored', async (_what, { action, ...reach }) => {
    const proposal = proposeGrant(world.services, world.officers[0], {
      personId: world.officers[1].personId,
      action,
      ...('isAccount' in reach ? { accountId: world.accounts[0] } : {}),
      ...('amountMax' in reach ? { amountMax: idr(reach.amountMax) } : {}),
    });
    expect(await codeOf(proposal)).toBe('api.invalid');
  });

  test('grant: it ends at its end', () => {
    const from = now();
    const grant = { action: 'payment.stop' as const, validFrom: from, validUntil: addMs(from, 10) };
    const request = { action: 'payment.stop' as const };
    const at = [-1, 0, 9, 10].map((ms) => covers(grant, request, addMs(from, ms)));
    expect(at).toEqual([false, true, true, false]);
  });

  test('grant: taking one away needs one person; the last two who can grant stay', async () => {
    const own = await createPeopleWorld(database);
    const [one] = own.officers;
    const approver = await own.entitled('Approver', 'payment.approve');
    const [grant] = await listGrants(database.pool, { ...approver });
    if (!grant) throw new Error('no grant');
    expect(await codeOf(removeGrant(own.services, approver, 'grt_0000'))).toBe('api.notFound');
    await removeGrant(own.services, one, grant.grantId);
    expect(await may(approver)).toBe(false);
    const right = (await listGrants(database.pool, { ...one })).find(
      ({ action }) => action === 'grant.confirm',
    );
    const both = await listGrants(database.pool, { ...own.officers[1] });
    if (!right) throw new Error('no right');
    await removeGrant(own.services, one, right.grantId);
    const last = both.find(({ action }) => action === 'grant.confirm');
    expect(await codeOf(removeGrant(own.services, one, last?.grantId ?? ''))).toBe('api.conflict');
    await own.close();
  });

  test('grant: a person who was removed holds nothing, neither rights nor tokens', async () => {
    const leaver = await world.entitled('Leaver', 'payment.approve');
    const { token } = await createToken(
      world.services,
      { ...leaver, name: 'phone', scopes: ['write'] },
      'cli',
    );
    expect(await authenticateToken(world.services, token.reveal())).toMatchObject(leaver);
    expect(await may(leaver)).toBe(true);
    await removePerson(world.services, leaver, 'test');
    expect(await may(leaver)).toBe(false);
    expect(await authenticateToken(world.services, token.reveal())).toBeUndefined();
    const all = await personsWhoMay(database.pool, {
      orgId: world.orgId,
      action: 'payment.approve',
      at: now(),
    });
    expect(all).not.toContain(leaver.personId);
  });

  test('person: added again under the same DingTalk user is still the same human being', async () => {
    const { orgId } = world;
    const first = await world.person('Dewi', 'dewi01');
    await removePerson(world.services, first, 'test');
    const again = await addPerson(
      world.services,
      { orgId, name: 'Dewi', dingtalkUserId: 'dewi01' },
      'test',
    );
    const same = (other: string) => isSamePerson(database.pool, orgId, [again.personId, other]);
    expect(await same(first.personId)).toBe(true);
    expect(await same('dingtalk:dewi01')).toBe(true);
    expect(await same('dingtalk:dewi02')).toBe(false);
    expect(await same('cli')).toBe(false);
    const others = await othersThan(database.pool, orgId, {
      makers: [first.personId],
      checkers: [again.personId, 'dingtalk:dewi02', 'dingtalk:dewi02', 'per_0000'],
    });
    expect(others).toEqual(['dingtalk:dewi02', 'per_0000']);
  });

  test('person: whoever made a machine’s token stands behind what it asks for', async () => {
    const { orgId, services } = world;
    const admin = await world.person('Admin');
    const made = async (name: string, by: string): Promise<string> => {
      const input = { orgId, name, scopes: ['write'] as const };
      return `token:${(await createToken(services, input, by)).record.tokenId}`;
    };
    const direct = await made('ERP', admin.personId);
    const onward = await made('ERP two', direct);
    const operators = await made('ERP three', 'cli');
    const same = (maker: string) => isSamePerson(database.pool, orgId, [admin.personId, maker]);
    expect([await same(direct), await same(onward), await same(operators)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('delegation', () => {
  test('delegation: it reaches as far as one’s own, ends by itself and with its origin', async () => {
    const absent = await world.person('Absent');
    const stand = await world.person('Stand-in');
    const amountMax = idr(500_00n);
    const { grantId } = await world.grant(absent, 'payment.approve', { amountMax });
    const validUntil = addMs(now(), 7 * 86_400_000);
    const input = { grantId, toPersonId: stand.personId, validUntil };
    const lent = await delegateGrant(world.services, absent, input);
    expect(await may(stand, { amount: amountMax })).toBe(false);
    await confirmGrant(world.services, world.officers[0], lent.grantId);
    expect(await may(stand, { amount: amountMax })).toBe(true);
    expect(await may(stand, { amount: idr(500_01n) })).toBe(false);
    expect(await may(stand, { amount: amountMax, at: validUntil })).toBe(false);
    const onward = { grantId: lent.grantId, toPersonId: absent.personId, validUntil };
    expect(await codeOf(delegateGrant(world.services, stand, onward))).toBe('api.invalid');
    await removeGrant(world.services, absent, grantId);
    expect(await may(stand, { amount: amountMax })).toBe(false);
  });

  test('delegation: whoever gains by it does not confirm it, nor who lends it', async () => {
    const [one, two] = world.officers;
    const { grantId } = await world.grant(one, 'payment.approve');
    const validUntil = addMs(now(), 86_400_000);
    const lent = await delegateGrant(world.services, one, {
      grantId,
      toPersonId: two.personId,
      validUntil,
    });
    for (const who of [one, two]) {
      expect(await codeOf(confirmGrant(world.services, who, lent.grantId))).toBe(
        'api.secondPerson',
      );
    }
  });
});

describe('bootstrap', () => {
  const never = () => Promise.reject(new Error('nothing may be stopped'));

  async function company() {
    const { orgId } = await createOrg(world.services, { name: 'New' }, 'test');
    const add = async (name: string): Promise<PersonActor> => {
      const { personId } = await addPerson(world.services, { orgId, name }, 'test');
      return { orgId, personId };
    };
    return { orgId, people: [await add('A'), await add('B'), await add('C')] as const };
  }

  test('bootstrap: the first two may grant and nothing else; then it is closed', async () => {
    const { people } = await company();
    const first = await bootstrapGrants(world.services, people[0], never);
    expect(first.isComplete).toBe(false);
    expect(first.grants.map(({ action }) => action)).toEqual(['grant.propose', 'grant.confirm']);
    const second = await bootstrapGrants(world.services, people[1], never);
    expect(second).toMatchObject({ isComplete: true, isRecovery: false });
    const third = bootstrapGrants(world.services, people[2], never);
    expect(await codeOf(third)).toBe('api.conflict');
    expect(await may(people[0], { action: 'payment.make' })).toBe(false);
    const forced = database.pool.query(
      `UPDATE person_grant SET action = 'payment.approve' WHERE org_id = $1`,
      [people[0].orgId],
    );
    expect(await codeOf(forced)).toBe('23514');
  });

  test('bootstrap: an organisation that lost its two is helped, and everything is stopped', async () => {
    const { people } = await company();
    for (const person of people.slice(0, 2)) await bootstrapGrants(world.services, person, never);
    await removePerson(world.services, people[0], 'test');
    const reasons: string[] = [];
    const helped = await bootstrapGrants(world.services, people[2], (_client, reason) => {
      reasons.push(reason);
      return Promise.resolve();
    });
    expect(helped).toMatchObject({ isRecovery: true, isComplete: true });
    expect(reasons).toHaveLength(1);
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS lines FROM audit
       WHERE org_id = $1 AND action = 'grant.bootstrapped' AND actor = 'cli'`,
      [people[0].orgId],
    );
    expect(rows[0]).toEqual({ lines: 3 });
  });
});
