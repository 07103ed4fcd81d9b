import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import type { ClaimFact } from '#core/events.ts';
import type { GrantAction } from '#core/grants.ts';
import { parseMoney } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import { verifyAudit } from '#store/audit.ts';
import { changeClaimSettings, setClaimGroup } from '#store/claim-settings.ts';
import { listClaimActs, listClaims, requireClaim } from '#store/claims.ts';
import type { Claim } from '#store/claims.ts';
import type { NewItem } from '#store/expected-items.ts';
import { addPerson } from '#store/persons.ts';
import type { PersonActor } from '#store/persons.ts';
import { codeOf } from '#store/test-people.ts';
import { inTransaction } from '#store/transaction.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn } from '#tests/ring-world.ts';
import type { StoryLine } from '#tests/story-bank.ts';
import { addItems } from '../reconciliation/add-items.ts';
import type { ActedClaim, ClaimOrder, ClaimRequest } from './act-on-claim.ts';
import { actAsPerson } from './act-on-claim.ts';
import type { ClaimDeps } from './claim-deps.ts';
import { claimMatching } from './settle-receipt.ts';
import { watchClaims } from './watch-claims.ts';

let database: TestDatabase;
let world: FlowWorld;
let deps: ClaimDeps;
let rings: string[];
let ani: PersonActor;
let budi: PersonActor;
let citra: PersonActor;

const today = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database, { destinations: 2 });
  rings = [];
  deps = {
    services: world.services,
    announcer: world.announcer,
    matching: claimMatching,
    onRings: (places) => rings.push(...places.map(({ destinationId }) => destinationId)),
  };
  const { services, orgId, accounts, destinations } = world;
  await setClaimGroup(
    services,
    { orgId, accountId: accounts[0], destinationId: destinations[1] ?? '', language: 'id' },
    'test',
  );
  world.directory.forget(orgId);
  ani = await person('Ani', 'claim.make', 'claim.confirm');
  budi = await person('Budi', 'claim.make');
  citra = await person('Citra', 'claim.confirm');
  await expectItems({ number: 'INV-1001', amount: '1000.00' });
});
afterAll(() => database.drop());

async function person(name: string, ...actions: readonly GrantAction[]): Promise<PersonActor> {
  const { orgId } = world;
  const { personId } = await addPerson(world.services, { orgId, name }, 'test');
  for (const action of actions) {
    await database.pool.query(
      `INSERT INTO person_grant (org_id, grant_id, person_id, action, account_id, state,
         proposed_by, confirmed_by, created_at, decided_at)
       VALUES ($1, $2, $3, $4, $5, 'active', 'per_officer1', 'per_officer2', now(), now())`,
      [orgId, newId('grt'), personId, action, world.accounts[0]],
    );
  }
  return { orgId, personId };
}

type Seed = Partial<Omit<NewItem, 'amount' | 'number'>> & { number: string; amount: string };

async function expectItems(...seeds: readonly Seed[]): Promise<string[]> {
  const items = seeds.map(
    ({ amount, ...seed }): NewItem => ({
      kind: 'invoice',
      creditDebitIndicator: 'credit',
      source: 'test',
      sourceKey: newId('itm'),
      counterpartyName: 'PT Maju Jaya',
      dueOn: parsePlainDate(today),
      ...seed,
      amount: parseMoney(amount, 'IDR'),
    }),
  );
  const scope = { orgId: world.orgId, createdBy: 'test', now: new Date() };
  const inserted = await inTransaction(database.pool, (client) => addItems(client, scope, items));
  return inserted.map(({ itemId }) => itemId);
}

let receipts = 0;

/** A receipt whose text says nothing, and what is asked about it. */
async function receive(line: Partial<StoryLine> = {}): Promise<Claim | undefined> {
  receipts += 1;
  const movement = {
    amount: '77.00',
    text: 'SETORAN TUNAI',
    key: `k${receipts}`,
    day: today,
    ...line,
  };
  await bringIn(world, { id: `m${receipts}`, movements: [movement] });
  await watchClaims(deps, { isThorough: true });
  const [newest] = await listClaims(database.pool, { orgId: world.orgId, limit: 1 });
  return newest;
}

async function receipt(line: Partial<StoryLine> = {}): Promise<Claim> {
  const claim = await receive(line);
  if (!claim) throw new Error('nothing is asked');
  return claim;
}

const act = (
  by: PersonActor,
  claim: Claim,
  order: ClaimOrder,
  more: Partial<ClaimRequest> = {},
): Promise<ActedClaim> =>
  actAsPerson(deps, { by, claim: claim.claimId, order, via: 'api', ...more });
const claimFor = (text: string, note?: string): ClaimOrder => ({
  kind: 'claim',
  subject: { text },
  note,
});
const now = (claim: Claim): Promise<Claim> =>
  requireClaim(database.pool, { orgId: world.orgId, claim: claim.claimId });
const diary = async (claim: Claim): Promise<string[]> =>
  (await listClaimActs(database.pool, claim)).map((line) => line.act);

async function factsOf(claim: Claim): Promise<ClaimFact[]> {
  const rows = await world.ask<{ fact: ClaimFact }>(
    `SELECT fact FROM event WHERE org_id = $1 AND kind LIKE 'claim.%'
       AND fact->>'claimId' = $2 ORDER BY created_at, event_id`,
    [world.orgId, claim.claimId],
  );
  return rows.map(({ fact }) => fact);
}

describe('asking about receipts', () => {
  test('claims: what matching left open is asked about once, in the group of its account', async () => {
    const claim = await receipt();
    expect(claim).toMatchObject({ number: 1, language: 'id', life: { state: 'open' } });
    expect(claim.destinationId).toBe(world.destinations[1]);
    await watchClaims(deps, { isThorough: true });
    expect(await diary(claim)).toEqual(['asked']);
    expect((await receipt()).number).toBe(2);
    expect(rings).toEqual([world.destinations[1], world.destinations[1]]);
    const [fact] = await factsOf(claim);
    expect(fact?.entry.balanceAfter).toBeUndefined();
  });

  test.each<[string, Partial<StoryLine>]>([
    ['of another account', { account: '1002' }],
    ['that is not booked yet', { status: 'pending' }],
    ['that names its invoice', { amount: '1000.00', text: 'BAYAR INV-1001' }],
    ['of long ago', { day: '2020-01-02' }],
    ['that goes out', { side: 'debit' }],
  ])('claims: a movement %s is not asked about', async (_what, line) => {
    expect(await receive(line)).toBeUndefined();
  });

  test('claims: what was there before the group was set is left alone', async () => {
    const { orgId, accounts, destinations } = world;
    const place = { orgId, accountId: accounts[1] };
    await receive({ account: '1002' });
    await setClaimGroup(world.services, { ...place, destinationId: destinations[0] ?? '' }, 'test');
    world.directory.forget(orgId);
    expect(await receive()).toMatchObject({ accountId: accounts[0] });
    expect(await receive({ account: '1002' })).toMatchObject({ accountId: accounts[1] });
    const all = await listClaims(database.pool, { orgId, limit: 10 });
    expect(all).toHaveLength(2);
  });

  test('claims: a receipt that the bank takes back needs no claim', async () => {
    const claim = await receipt({ key: 'gone' });
    await act(ani, claim, claimFor('PT Satu'));
    await bringIn(world, {
      id: 'reversal',
      movements: [
        { amount: '77.00', text: 'SETORAN TUNAI', key: 'gone', day: today, reversed: true },
      ],
    });
    expect(await codeOf(act(citra, claim, { kind: 'confirm' }))).toBe('claim.settled');
    await watchClaims(deps, { isThorough: false });
    expect(await now(claim)).toMatchObject({ ending: 'takenBack', life: { state: 'closed' } });
  });
});

describe('claiming', () => {
  test('claims: two who claim at the same moment are a conflict, whoever was first', async () => {
    const claim = await receipt();
    await Promise.all([act(ani, claim, claimFor('PT Satu')), act(budi, claim, claimFor('PT Dua'))]);
    const after = await now(claim);
    expect(after.life.state).toBe('conflict');
    expect(after.version).toBe(3);
    expect(await diary(claim)).toEqual(['asked', 'claimed', 'contested']);
  });

  test('claims: of two who saw the same card only the first counts', async () => {
    const claim = await receipt();
    const both = await Promise.allSettled([
      act(ani, claim, claimFor('PT Satu'), { version: 1 }),
      act(budi, claim, claimFor('PT Dua'), { version: 1 }),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await now(claim)).life.state).toBe('claimed');
  });

  test('claims: one press that comes eight times at once counts once', async () => {
    const claim = await receipt();
    const done = await Promise.all(
      Array.from({ length: 8 }, () =>
        act(ani, claim, claimFor('PT Satu'), { version: 1, eventKey: 'press:1' }),
      ),
    );
    expect(done.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
    expect(await diary(claim)).toEqual(['asked', 'claimed']);
  });

  test('claims: two confirmations at once make one match, and the audit is whole', async () => {
    const dewi = await person('Dewi', 'claim.confirm');
    const claim = await receipt({ amount: '400.00' });
    await act(ani, claim, claimFor('INV-1001'));
    const both = await Promise.allSettled([
      act(citra, claim, { kind: 'confirm' }),
      act(dewi, claim, { kind: 'confirm' }),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const matches = await world.ask(
      `SELECT m.kind, l.entry_minor_units::text AS units, i.state,
              (i.amount_minor_units - i.settled_minor_units)::text AS open
       FROM match m JOIN match_leg l USING (org_id, match_id)
       JOIN expected_item i USING (org_id, item_id) WHERE m.org_id = $1`,
      [world.orgId],
    );
    expect(matches).toEqual([{ kind: 'single', units: '40000', state: 'open', open: '60000' }]);
    expect((await verifyAudit(database.pool, world.orgId)).broken).toBeUndefined();
  });

  test('claims: a right for one account is none for another', async () => {
    const { orgId, accounts, destinations } = world;
    await setClaimGroup(
      world.services,
      { orgId, accountId: accounts[1], destinationId: destinations[0] ?? '' },
      'test',
    );
    world.directory.forget(orgId);
    const claim = await receipt({ account: '1002' });
    expect(claim.accountId).toBe(accounts[1]);
    expect(await codeOf(act(ani, claim, claimFor('PT Satu')))).toBe('payment.notEntitled');
    expect(await codeOf(act(citra, claim, { kind: 'confirm' }))).toBe('payment.notEntitled');
  });

  test('claims: the same human being under another id does not confirm', async () => {
    const { orgId } = world;
    await database.pool.query(
      `UPDATE person SET dingtalk_user_id = 'user77' WHERE person_id = $1`,
      [ani.personId],
    );
    const claim = await receipt();
    await act(ani, claim, claimFor('PT Satu'));
    await database.pool.query('UPDATE person SET removed_at = now() WHERE person_id = $1', [
      ani.personId,
    ]);
    const again = await person('Ani again', 'claim.confirm');
    await database.pool.query(
      `UPDATE person SET dingtalk_user_id = 'user77' WHERE org_id = $1 AND person_id = $2`,
      [orgId, again.personId],
    );
    expect(await codeOf(act(again, claim, { kind: 'confirm' }))).toBe('api.secondPerson');
  });

  test('claims: where the organisation says so, a claimant with the right confirms alone', async () => {
    const { orgId } = world;
    await changeClaimSettings(world.services, orgId, { confirmedBy: 'anyone' }, 'test');
    const claim = await receipt();
    await act(ani, claim, claimFor('PT Satu'));
    expect((await act(ani, claim, { kind: 'confirm' })).act).toBe('confirmed');
  });

  test('claims: one receipt pays several invoices in the order in which they are named', async () => {
    await expectItems(
      { number: 'INV-1002', amount: '50.00' },
      { number: 'INV-1003', amount: '60.00' },
    );
    const claim = await receipt();
    await act(budi, claim, claimFor('inv 1003, INV-1002'));
    await act(citra, claim, { kind: 'confirm' });
    const rows = await world.ask(
      `SELECT i.number, l.item_minor_units::text AS units, m.kind
       FROM match m JOIN match_leg l USING (org_id, match_id)
       JOIN expected_item i USING (org_id, item_id) WHERE m.org_id = $1 ORDER BY l.leg`,
      [world.orgId],
    );
    expect(rows).toEqual([
      { number: 'INV-1003', units: '6000', kind: 'batch' },
      { number: 'INV-1002', units: '1700', kind: 'batch' },
    ]);
  });

  test.each<[string, string, string]>([
    ['an invoice that is paid', 'INV-2001', 'claim.itemUnusable'],
    ['a bill of ours', 'BILL-1', 'claim.itemUnusable'],
    ['a number that two customers use', 'INV-SAME', 'claim.itemAmbiguous'],
    ['an invoice and a slip of the finger', 'INV-1001, INV-0001X', 'claim.itemUnusable'],
  ])('claims: %s is refused at once, not taken for a name', async (_what, text, code) => {
    await expectItems(
      { number: 'INV-2001', amount: '5.00' },
      { number: 'BILL-1', amount: '5.00', kind: 'bill', creditDebitIndicator: 'debit' },
      { number: 'INV-SAME', amount: '5.00' },
      { number: 'INV-SAME', amount: '6.00' },
    );
    await bringIn(world, {
      id: `pays-${text}`,
      movements: [{ amount: '5.00', text: 'BAYAR INV-2001', day: today, key: `pays-${text}` }],
    });
    const claim = await receipt();
    expect(await codeOf(act(budi, claim, claimFor(text)))).toBe(code);
    expect((await now(claim)).life.state).toBe('open');
  });

  test('claims: an invoice that was paid after it was claimed is not paid twice', async () => {
    const claim = await receipt();
    await act(budi, claim, claimFor('INV-1001'));
    await bringIn(world, {
      id: 'pays-1',
      movements: [{ amount: '1000.00', text: 'BAYAR INV-1001', day: today, key: 'pays-1' }],
    });
    expect(await codeOf(act(citra, claim, { kind: 'confirm' }))).toBe('claim.itemUnusable');
    expect((await now(claim)).life.state).toBe('claimed');
  });

  test('claims: in a locked period nothing is matched, and the claim stays as it was', async () => {
    const claim = await receipt();
    await act(budi, claim, claimFor('INV-1001'));
    await database.pool.query(
      `INSERT INTO period_lock (org_id, lock_id, account_id, locked_until, reason, locked_by,
         locked_at) VALUES ($1, $2, $3, $4, 'closed', 'test', now())`,
      [world.orgId, newId('lck'), world.accounts[0], today],
    );
    expect(await codeOf(act(citra, claim, { kind: 'confirm' }))).toBe('match.periodLocked');
    expect((await now(claim)).life.state).toBe('claimed');
    expect(await diary(claim)).toEqual(['asked', 'claimed']);
  });

  test('claims: what a claim says cannot reorder or break a card', async () => {
    const claim = await receipt();
    await act(budi, claim, claimFor('PT \u202Ejahat\u0000\nSatu', 'x'.repeat(2_000)));
    const [party] = (await now(claim)).life.parties;
    expect(party?.subject.text).toBe('PT jahat Satu');
    expect(party?.note?.length).toBeLessThanOrEqual(500);
  });
});

describe('time', () => {
  test('claims: what nobody claims is asked again and then brought before the owner, once', async () => {
    const { orgId } = world;
    await changeClaimSettings(world.services, orgId, { remindersMax: 1 }, 'test');
    const claim = await receipt();
    for (let step = 0; step < 4; step += 1) {
      await database.pool.query(
        `UPDATE claim SET due_at = now() - interval '1 second'
         WHERE claim_id = $1 AND due_at IS NOT NULL`,
        [claim.claimId],
      );
      await watchClaims(deps, { isThorough: false });
    }
    expect(await diary(claim)).toEqual(['asked', 'reminded', 'escalated']);
    const facts = await factsOf(claim);
    expect(facts.map(({ kind }) => kind)).toEqual([
      'claim.changed',
      'claim.reminder',
      'claim.changed',
    ]);
    const after = await now(claim);
    expect(after.life).toMatchObject({ state: 'open', dueAtMs: undefined });
    // It can be claimed all the same, and then time runs again.
    await act(budi, after, claimFor('PT Satu'));
    expect((await now(claim)).life.dueAtMs).toBeGreaterThan(Date.now());
  });

  test('claims: a reminder leaves the buttons of the card good', async () => {
    const claim = await receipt();
    await database.pool.query(
      `UPDATE claim SET due_at = now() - interval '1 second' WHERE claim_id = $1`,
      [claim.claimId],
    );
    await watchClaims(deps, { isThorough: false });
    expect(await diary(claim)).toEqual(['asked', 'reminded']);
    await act(budi, claim, claimFor('PT Satu'), { version: claim.version });
    expect((await now(claim)).life.state).toBe('claimed');
  });
});

describe('the worker', () => {
  test('claims: one receipt that fails does not hold up the others, and is tried again', async () => {
    const failed: string[] = [];
    const lost = await receipt();
    await database.pool.query('DELETE FROM claim_act WHERE org_id = $1', [world.orgId]);
    await database.pool.query('DELETE FROM claim WHERE org_id = $1', [world.orgId]);
    // A receipt of which nothing was told cannot be put on a card.
    await database.pool.query(
      `UPDATE event SET subject_id = 'ent_0000' WHERE org_id = $1 AND subject_id = $2`,
      [world.orgId, lost.entryId],
    );
    await bringIn(world, {
      id: 'next',
      movements: [{ amount: '78.00', text: 'SETORAN', key: 'next', day: today }],
    });
    const options = { isThorough: false, onFailed: (id: string) => failed.push(id) };
    await watchClaims(deps, options);
    expect(failed).toEqual([lost.entryId]);
    await watchClaims(deps, { ...options, without: failed });
    expect(failed).toHaveLength(1);
    const all = await listClaims(database.pool, { orgId: world.orgId, limit: 10 });
    expect(all).toHaveLength(1);
  });
});
