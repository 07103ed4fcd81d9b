import type { GrantAction } from '#core/grants.ts';
import { listBeneficiaries } from '#store/beneficiaries.ts';
import { confirmBeneficiary, proposeBeneficiary } from '#store/beneficiary-changes.ts';
import type { BeneficiaryInput } from '#store/beneficiary-input.ts';
import { bootstrapGrants } from '#store/bootstrap.ts';
import { confirmGrant, proposeGrant } from '#store/grants-admin.ts';
import type { AdminServices } from '#store/orgs.ts';
import { decidePaymentSettings, proposePaymentSettings } from '#store/payment-settings.ts';
import { addPerson, listPersons } from '#store/persons.ts';
import type { PersonActor } from '#store/persons.ts';
import type { SimulatorProcess } from './simulator-process.ts';

const ACTOR = 'system';

/** People of the simulated DingTalk who have a part in paying. */
export interface DemoPeople {
  /** Asks for payments. */
  readonly maker: PersonActor;
  readonly manager: PersonActor;
  readonly director: PersonActor;
}

interface DemoPerson {
  readonly role: keyof DemoPeople;
  readonly dingtalkUserId: string;
  readonly name: string;
  readonly rights: readonly GrantAction[];
}

const CONTROL: readonly GrantAction[] = [
  'payment.approve',
  'payment.decide',
  'payment.stop',
  'payment.resume',
  'beneficiary.propose',
  'beneficiary.confirm',
  'limit.propose',
  'limit.confirm',
];

const PEOPLE: readonly DemoPerson[] = [
  {
    role: 'maker',
    dingtalkUserId: 'user01',
    name: '张伟 Zhang Wei',
    rights: ['payment.make', 'beneficiary.propose', 'payment.stop'],
  },
  { role: 'manager', dingtalkUserId: 'user02', name: 'Siti Rahma', rights: CONTROL },
  { role: 'director', dingtalkUserId: 'user03', name: '李娜 Li Na', rights: CONTROL },
];

const PAYEES: readonly BeneficiaryInput[] = [
  {
    name: 'PT PEMASOK SEJATI',
    country: 'ID',
    account: '8010001575',
    agent: 'CENAIDJA',
    kind: 'organisation',
    isResident: true,
    address: 'Jl. Sudirman 1, Jakarta',
  },
  {
    name: 'CV KARYA BERSAMA',
    country: 'ID',
    account: '888801000157508',
    agent: 'BRINIDJA',
    kind: 'organisation',
    isResident: true,
    address: 'Jl. Braga 12, Bandung',
  },
];

/**
 * Furnishes the demo with people, rights and payees, each by two people as it is done in earnest; only
 * the rest of a new payee is set to nothing, so that somebody who looks on need not wait a day.
 */
export async function ensurePaymentPeople(
  services: AdminServices,
  orgId: string,
  banks: SimulatorProcess,
): Promise<DemoPeople> {
  // The simulated banks know the payees by the same names, and forget them when they stop.
  for (const { name, account, agent } of PAYEES) {
    await banks.manage('POST', 'snap/payees', { bank: agent, account, name });
  }
  const known = await listPersons(services, orgId);
  const found = new Map<DemoPerson['role'], PersonActor>();
  for (const { role, dingtalkUserId, name } of PEOPLE) {
    const personId =
      known.find((person) => person.dingtalkUserId === dingtalkUserId)?.personId ??
      (await addPerson(services, { orgId, name, dingtalkUserId }, ACTOR)).personId;
    found.set(role, { orgId, personId });
  }
  const people: DemoPeople = {
    maker: member(found, 'maker'),
    manager: member(found, 'manager'),
    director: member(found, 'director'),
  };
  const payees = await listBeneficiaries(services.pool, { orgId });
  if (payees.length > 0) return people;
  await giveRights(services, people);
  await endRest(services, people);
  for (const payee of PAYEES) {
    const proposed = await proposeBeneficiary(services, people.maker, payee);
    const { beneficiaryId, version } = proposed;
    await confirmBeneficiary(services, people.director, { beneficiaryId, version });
  }
  return people;
}

function member(
  found: ReadonlyMap<DemoPerson['role'], PersonActor>,
  role: DemoPerson['role'],
): PersonActor {
  const person = found.get(role);
  if (!person) throw new Error(`the demo has no ${role}`);
  return person;
}

/** The operator makes the first two; everything else is granted by one and confirmed by the other. */
async function giveRights(services: AdminServices, people: DemoPeople): Promise<void> {
  const { manager, director } = people;
  for (const officer of [manager, director]) {
    await bootstrapGrants(services, officer, () => Promise.resolve());
  }
  for (const { role, rights } of PEOPLE) {
    const to = people[role];
    // Nobody confirms what they get themselves.
    const [proposer, checker] = to === director ? [director, manager] : [manager, director];
    for (const action of rights) {
      const { grantId } = await proposeGrant(services, proposer, {
        personId: to.personId,
        action,
      });
      await confirmGrant(services, checker, grantId);
    }
  }
}

async function endRest(services: AdminServices, { manager, director }: DemoPeople): Promise<void> {
  const { version } = await proposePaymentSettings(services, manager, { coolOffHours: 0 });
  await decidePaymentSettings(services, director, { version, isConfirmed: true });
}

/**
 * The simulated banks forget what they paid when they stop, so what was under way in a former start
 * has no end any more. It is put aside, so that nothing asks banks that never heard of it.
 */
export async function putFormerPaymentsAside(
  services: AdminServices,
  orgId: string,
): Promise<void> {
  await services.pool.query(
    `UPDATE payment SET next_at = NULL, decision_since = NULL, state = CASE
       WHEN state IN ('draft', 'awaitingApproval', 'authorised', 'blocked') THEN 'cancelled'
       WHEN state IN ('submitting', 'submitted', 'unknown', 'confirmed') THEN 'rejected'
       ELSE state END
     WHERE org_id = $1`,
    [orgId],
  );
}
