import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { msBetween } from '#core/dates.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { verifyAudit } from './audit.ts';
import type { Beneficiary } from './beneficiaries.ts';
import { getBeneficiary, listBeneficiaries, listBeneficiaryVersions } from './beneficiaries.ts';
import {
  confirmBeneficiary,
  proposeBeneficiary,
  proposeBeneficiaryChange,
  proposeBeneficiaryRetirement,
  recordNameCheck,
  refuseBeneficiary,
} from './beneficiary-changes.ts';
import type { BeneficiaryInput } from './beneficiary-input.ts';
import { remarksOf } from './beneficiary-input.ts';
import { resolveBeneficiary } from './payment-beneficiaries.ts';
import {
  decidePaymentSettings,
  loadPaymentSettings,
  proposePaymentSettings,
} from './payment-settings.ts';
import type { PersonActor } from './persons.ts';
import { removePerson } from './persons.ts';
import type { PeopleWorld } from './test-people.ts';
import { codeOf, createPeopleWorld } from './test-people.ts';

let database: TestDatabase;
let world: PeopleWorld;
let maker: PersonActor;
let checker: PersonActor;

const HOUR = 3_600_000;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  const rights = [
    'beneficiary.propose',
    'beneficiary.confirm',
    'limit.propose',
    'limit.confirm',
  ] as const;
  maker = await world.entitled('Maker', ...rights);
  checker = await world.entitled('Checker', ...rights);
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM beneficiary_version');
  await database.pool.query('DELETE FROM beneficiary');
  await database.pool.query('DELETE FROM payment_settings');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const bca: BeneficiaryInput = {
  name: 'PT Maju Jaya',
  country: 'ID',
  account: '1234567890',
  agent: '014',
};

function propose(change: Partial<BeneficiaryInput> = {}): Promise<Beneficiary> {
  return proposeBeneficiary(world.services, maker, { ...bca, ...change });
}

function confirm(
  { beneficiaryId, open }: Beneficiary,
  by: PersonActor = checker,
  more: { isMismatchAccepted?: boolean } = {},
): Promise<Beneficiary> {
  const version = open?.version ?? 0;
  return confirmBeneficiary(world.services, by, { beneficiaryId, version, ...more });
}

async function registered(change: Partial<BeneficiaryInput> = {}): Promise<Beneficiary> {
  return confirm(await propose(change));
}

const payable = (beneficiaryId: string) =>
  resolveBeneficiary(database.pool, world.orgId, { beneficiaryId });

describe('beneficiaries', () => {
  test('beneficiary: it can be paid only after a second person confirmed it', async () => {
    const proposed = await propose();
    expect(await payable(proposed.beneficiaryId)).toBeUndefined();
    expect(await codeOf(confirm(proposed, maker))).toBe('api.secondPerson');
    const active = await confirm(proposed);
    expect(active).toMatchObject({ state: 'active', version: 1, open: undefined });
    expect(await payable(proposed.beneficiaryId)).toMatchObject({
      version: 1,
      creditor: { account: '1234567890', agent: 'CENAIDJA', agentName: 'BCA' },
    });
  });

  test('beneficiary: the table refuses a confirmation by the maker or by nobody', async () => {
    const proposed = await propose();
    const forced = (by: string | null) =>
      database.pool.query(
        `UPDATE beneficiary_version SET decision = 'confirmed', decided_by = $1
         WHERE beneficiary_id = $2`,
        [by, proposed.beneficiaryId],
      );
    expect(await codeOf(forced(maker.personId))).toBe('23514');
    expect(await codeOf(forced(null))).toBe('23514');
  });

  test('beneficiary: the maker under a second name is still the maker', async () => {
    const one = await world.person('Rina', 'rina01');
    await world.grant(one, 'beneficiary.propose');
    const proposed = await proposeBeneficiary(world.services, one, bca);
    await removePerson(world.services, one, 'test');
    const again = await world.person('Rina again', 'rina01');
    await world.grant(again, 'beneficiary.confirm');
    expect(await codeOf(confirm(proposed, again))).toBe('api.secondPerson');
  });

  test('beneficiary: two who confirm at the same moment do it once', async () => {
    const third = await world.entitled('Third', 'beneficiary.confirm');
    const proposed = await propose();
    const outcomes = await Promise.all([checker, third].map((by) => codeOf(confirm(proposed, by))));
    expect(outcomes.toSorted()).toEqual(['api.conflict', 'nothing was refused']);
  });

  test('beneficiary: a confirmation names the version that the person saw', async () => {
    const active = await registered();
    const { beneficiaryId } = active;
    const change = { name: 'PT Maju Jaya Abadi' };
    const first = await proposeBeneficiaryChange(world.services, maker, beneficiaryId, change);
    await refuseBeneficiary(world.services, maker, { beneficiaryId, version: 2 });
    await proposeBeneficiaryChange(world.services, maker, beneficiaryId, { account: '9999999999' });
    // What was open on somebody's screen is not what waits now.
    expect(await codeOf(confirm(first))).toBe('api.conflict');
    expect((await getBeneficiary(database.pool, world.orgId, beneficiaryId)).version).toBe(1);
  });

  test('beneficiary: a new account rests for the cool-off, and so does a changed one', async () => {
    const before = world.services.now();
    const active = await registered();
    const rest = msBetween(before, active.usableFrom ?? before);
    expect(rest).toBeGreaterThanOrEqual(24 * HOUR);
    expect(rest).toBeLessThan(24 * HOUR + 60_000);
    const { beneficiaryId } = active;
    world.advance(48 * HOUR);
    const renamed = await confirm(
      await proposeBeneficiaryChange(world.services, maker, beneficiaryId, { name: 'PT Maju' }),
    );
    // A name alone does not lead the money elsewhere.
    expect(renamed.version).toBe(2);
    expect(renamed.usableFrom?.toString()).toBe(active.usableFrom?.toString());
    const moved = await confirm(
      await proposeBeneficiaryChange(world.services, maker, beneficiaryId, {
        account: '2222222222',
      }),
    );
    expect(moved.version).toBe(3);
    expect(msBetween(world.services.now(), moved.usableFrom ?? before)).toBeGreaterThan(23 * HOUR);
  });

  test('beneficiary: until a change is confirmed, money goes where it went before', async () => {
    const { beneficiaryId } = await registered();
    await proposeBeneficiaryChange(world.services, maker, beneficiaryId, { account: '2222222222' });
    expect(await payable(beneficiaryId)).toMatchObject({
      version: 1,
      creditor: { account: '1234567890' },
    });
    const second = proposeBeneficiaryChange(world.services, maker, beneficiaryId, { name: 'X' });
    expect(await codeOf(second)).toBe('api.conflict');
  });

  test('beneficiary: taking it out of use needs two people, and frees its account', async () => {
    const active = await registered();
    const { beneficiaryId } = active;
    const leaving = await proposeBeneficiaryRetirement(world.services, maker, beneficiaryId);
    expect(await codeOf(confirm(leaving, maker))).toBe('api.secondPerson');
    expect(await payable(beneficiaryId)).toBeDefined();
    expect(await confirm(leaving)).toMatchObject({ state: 'retired' });
    expect(await payable(beneficiaryId)).toBeUndefined();
    expect((await propose()).state).toBe('proposed');
  });

  test('beneficiary: refusing the first proposal frees its account, and tells who did it', async () => {
    const proposed = await propose();
    const place = { beneficiaryId: proposed.beneficiaryId, version: 1 };
    await refuseBeneficiary(world.services, checker, place);
    const [version] = await listBeneficiaryVersions(
      database.pool,
      world.orgId,
      proposed.beneficiaryId,
    );
    expect(version).toMatchObject({ decision: 'refused', decidedBy: checker.personId });
    expect(await codeOf(confirm(proposed))).toBe('api.conflict');
    await propose();
  });

  test('beneficiary: the same account by another way of writing is a double', async () => {
    await registered();
    for (const change of [
      { account: '123-456 7890' },
      { agent: 'CENAIDJAXXX' },
      { account: '１２３４５６７８９O', name: 'Other' },
    ]) {
      expect(await codeOf(propose(change))).toBe('api.conflict');
    }
    const elsewhere = await propose({ agent: '009' });
    expect(elsewhere.open?.warnings.map(({ problem }) => problem)).toEqual([
      'is registered at another bank (CENAIDJA) for PT Maju Jaya',
    ]);
  });

  test('beneficiary: a change to an account that another one took meanwhile is refused', async () => {
    const { beneficiaryId } = await registered();
    const moving = await proposeBeneficiaryChange(world.services, maker, beneficiaryId, {
      account: '2222222222',
    });
    await propose({ account: '2222222222' });
    expect(await codeOf(confirm(moving))).toBe('api.conflict');
    expect(await payable(beneficiaryId)).toMatchObject({ creditor: { account: '1234567890' } });
  });

  test('beneficiary: a request finds it by account and by either code of its bank', async () => {
    const { beneficiaryId } = await registered();
    const find = async (agent?: string, account = '1234 567890') =>
      (
        await resolveBeneficiary(database.pool, world.orgId, {
          name: 'X',
          account,
          ...(agent === undefined ? {} : { agent }),
        })
      )?.beneficiaryId;
    for (const agent of [undefined, '', '014', 'CENAIDJA', 'cenaidjaxxx']) {
      expect(await find(agent)).toBe(beneficiaryId);
    }
    expect(await find('009')).toBeUndefined();
    expect(await find('014', '1234567891')).toBeUndefined();
    await registered({ agent: '009' });
    // The same number at two banks, and none named: refusing is better than choosing.
    expect(await find()).toBeUndefined();
    expect(await find('014')).toBe(beneficiaryId);
  });

  test('beneficiary: all that is wrong is told by field, and nothing is stored', async () => {
    const refused = propose({ account: '12345A', agent: undefined, scheme: 'domestic' });
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(remarksOf(error).map(({ field }) => field)).toEqual(['account', 'agent']);
    expect(await listBeneficiaries(database.pool, world)).toEqual([]);
  });

  test('beneficiary: nobody proposes, confirms or refuses without the right', async () => {
    const stranger = await world.person('Stranger');
    const { services } = world;
    expect(await codeOf(proposeBeneficiary(services, stranger, bca))).toBe('payment.notEntitled');
    const proposed = await propose();
    expect(await codeOf(confirm(proposed, stranger))).toBe('payment.notEntitled');
    const place = { beneficiaryId: proposed.beneficiaryId, version: 1 };
    expect(await codeOf(refuseBeneficiary(services, stranger, place))).toBe('payment.notEntitled');
  });

  test('beneficiary: the book is found by name and by account, and pages', async () => {
    await registered();
    await registered({ name: 'CV Sumber', account: '2222222222' });
    const found = async (search: string) =>
      (await listBeneficiaries(database.pool, { orgId: world.orgId, search })).map(
        ({ creditor }) => creditor.name,
      );
    expect(await found('maju')).toEqual(['PT Maju Jaya']);
    expect(await found('2222 22')).toEqual(['CV Sumber']);
    expect(await found('%')).toEqual([]);
    const [first] = await listBeneficiaries(database.pool, { orgId: world.orgId, limit: 1 });
    const rest = await listBeneficiaries(database.pool, {
      orgId: world.orgId,
      after: first?.beneficiaryId,
    });
    expect(rest).toHaveLength(1);
  });

  test('beneficiary: everything about it stands in the audit', async () => {
    const { beneficiaryId } = await registered();
    const { rows } = await database.pool.query(
      'SELECT action, actor FROM audit WHERE subject = $1 ORDER BY number',
      [beneficiaryId],
    );
    expect(rows).toEqual([
      { action: 'beneficiary.proposed', actor: maker.personId },
      { action: 'beneficiary.confirmed', actor: checker.personId },
    ]);
    expect((await verifyAudit(database.pool, world.orgId)).broken).toBeUndefined();
  });
});

describe('name of the holder', () => {
  const check = (
    { beneficiaryId }: Beneficiary,
    version: number,
    match: 'matched' | 'noMatch',
    nameAtBank?: string,
  ) =>
    recordNameCheck(
      world.services,
      { orgId: world.orgId, beneficiaryId, version },
      { match, nameAtBank, checkedAt: world.services.now() },
      'system',
    );

  test('name: another one at the bank stops the confirmation until somebody says they saw it', async () => {
    const proposed = await propose();
    await check(proposed, 1, 'noMatch', 'BUDI SANTOSO');
    expect(await codeOf(confirm(proposed))).toBe('payment.nameMismatch');
    const bypass = database.pool.query(
      `UPDATE beneficiary_version SET decision = 'confirmed', decided_by = $1
       WHERE beneficiary_id = $2`,
      [checker.personId, proposed.beneficiaryId],
    );
    expect(await codeOf(bypass)).toBe('23514');
    const active = await confirm(proposed, checker, { isMismatchAccepted: true });
    expect(active.nameCheck).toMatchObject({ match: 'noMatch', nameAtBank: 'BUDI SANTOSO' });
    const [version] = await listBeneficiaryVersions(
      database.pool,
      world.orgId,
      active.beneficiaryId,
    );
    expect(version?.isMismatchAccepted).toBe(true);
  });

  test('name: a check after the confirmation does not rewrite what the checker saw', async () => {
    const proposed = await propose();
    await check(proposed, 1, 'matched', 'PT MAJU JAYA');
    const active = await confirm(proposed);
    await check(active, 1, 'noMatch', 'BUDI SANTOSO');
    const now = await getBeneficiary(database.pool, world.orgId, active.beneficiaryId);
    expect(now.nameCheck).toMatchObject({ match: 'noMatch', nameAtBank: 'BUDI SANTOSO' });
    const [version] = await listBeneficiaryVersions(
      database.pool,
      world.orgId,
      active.beneficiaryId,
    );
    expect(version?.nameCheck?.match).toBe('matched');
  });
});

describe('payment settings', () => {
  test('settings: the cool-off is changed by two people and holds for what comes after', async () => {
    const { services, orgId } = world;
    expect(await loadPaymentSettings(database.pool, orgId)).toEqual({ coolOffHours: 24 });
    const { version } = await proposePaymentSettings(services, maker, { coolOffHours: 0 });
    expect((await registered()).usableFrom).toSatisfy(
      (at) => msBetween(services.now(), at) > 23 * HOUR,
    );
    const own = decidePaymentSettings(services, maker, { version, isConfirmed: true });
    expect(await codeOf(own)).toBe('api.secondPerson');
    await decidePaymentSettings(services, checker, { version, isConfirmed: true });
    const free = await registered({ account: '2222222222' });
    expect(free.usableFrom).toSatisfy((at) => msBetween(services.now(), at) <= 0);
  });

  test.each([-1, 721, 1.5])('settings: a cool-off of %s hours is refused', async (coolOffHours) => {
    const refused = proposePaymentSettings(world.services, maker, { coolOffHours });
    expect(await codeOf(refused)).toBe('api.invalid');
  });
});
