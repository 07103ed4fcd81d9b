import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClaimDeed, ClaimLife, ClaimOutcome, ClaimPolicy } from './claims.ts';
import { actOnClaim, openClaim, saysWhatFor } from './claims.ts';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;
const policy: ClaimPolicy = {
  openMs: 24 * HOUR,
  claimedMs: 24 * HOUR,
  remindersMax: 2,
  needsOther: true,
};
const people = ['per_ani', 'per_budi', 'per_citra'];
const invoice = { text: 'INV-1', items: [{ itemId: 'itm_1', label: 'INV-1' }] };
const nothing = { text: '', items: [] };

function after(life: ClaimLife, deed: ClaimDeed, nowMs = NOW): ClaimOutcome {
  return actOnClaim(life, deed, { policy, nowMs });
}

function must(life: ClaimLife, deed: ClaimDeed, nowMs = NOW): ClaimLife {
  const outcome = after(life, deed, nowMs);
  if (outcome.kind !== 'changed') throw new Error(`${deed.kind} was ${JSON.stringify(outcome)}`);
  return outcome.life;
}

const claimOf = (by: string): ClaimDeed => ({ kind: 'claim', by, subject: invoice });
const open = openClaim(policy, NOW);
const claimed = must(open, claimOf('per_ani'));
const contested = must(claimed, claimOf('per_budi'));
const confirmed = must(claimed, { kind: 'confirm', by: 'per_citra' });

describe('the life of a claim', () => {
  test('claim: one claims, another confirms, and nothing more can be done', () => {
    expect(claimed.state).toBe('claimed');
    expect(confirmed).toMatchObject({ state: 'confirmed', parties: [{ personId: 'per_ani' }] });
    for (const kind of ['claim', 'release', 'confirm', 'refuse', 'assign'] as const) {
      const deed = { kind, by: 'per_budi', to: 'per_ani', subject: invoice } as ClaimDeed;
      expect(after(confirmed, deed)).toEqual({ kind: 'refused', code: 'claim.settled' });
    }
  });

  test.each<[string, ClaimLife, ClaimDeed, string]>([
    ['one’s own is not confirmed', claimed, { kind: 'confirm', by: 'per_ani' }, 'api.secondPerson'],
    ['what is contested', contested, { kind: 'confirm', by: 'per_citra' }, 'claim.contested'],
    ['what nobody claims', open, { kind: 'confirm', by: 'per_citra' }, 'claim.notClaimed'],
    ['another’s release', claimed, { kind: 'release', by: 'per_budi' }, 'claim.notYours'],
    ['a refusal of nothing', open, { kind: 'refuse', by: 'per_citra' }, 'claim.notClaimed'],
    [
      'a decision for oneself',
      contested,
      { kind: 'assign', by: 'per_ani', to: 'per_ani' },
      'api.secondPerson',
    ],
    [
      'a decision for a stranger',
      contested,
      { kind: 'assign', by: 'per_citra', to: 'per_dewi' },
      'claim.notYours',
    ],
    [
      'a decision where there is no conflict',
      claimed,
      { kind: 'assign', by: 'per_citra', to: 'per_ani' },
      'claim.notContested',
    ],
    [
      'a claim for nothing said',
      must(open, { kind: 'claim', by: 'per_ani', subject: nothing }),
      { kind: 'confirm', by: 'per_citra' },
      'claim.subjectMissing',
    ],
  ])('claim: %s is refused', (_what, life, deed, code) => {
    expect(after(life, deed)).toEqual({ kind: 'refused', code });
  });

  test('claim: where anyone may confirm, so may the claimant', () => {
    const anyone = { policy: { ...policy, needsOther: false }, nowMs: NOW };
    const outcome = actOnClaim(claimed, { kind: 'confirm', by: 'per_ani' }, anyone);
    expect(outcome).toMatchObject({ kind: 'changed', act: 'confirmed' });
  });

  test('claim: a claimant corrects what for without a conflict and without more time', () => {
    const again = must(contested, claimOf('per_ani'), NOW + HOUR);
    expect(again.state).toBe('conflict');
    expect(again.dueAtMs).toBe(contested.dueAtMs);
    expect(must(claimed, claimOf('per_ani'), NOW + HOUR).parties).toHaveLength(1);
  });

  test('claim: who is left of a conflict claims it alone', () => {
    const left = must(contested, { kind: 'release', by: 'per_ani' });
    expect(left).toMatchObject({ state: 'claimed', parties: [{ personId: 'per_budi' }] });
    const given = must(contested, { kind: 'assign', by: 'per_citra', to: 'per_ani' });
    expect(given).toMatchObject({ state: 'claimed', parties: [{ personId: 'per_ani' }] });
  });

  test('claim: a claim that nobody confirms is asked about in equal steps, then falls back', () => {
    const steps: string[] = [];
    let life = claimed;
    let nowMs = NOW;
    while (life.state === 'claimed') {
      nowMs = life.dueAtMs ?? 0;
      const outcome = after(life, { kind: 'timePassed' }, nowMs);
      if (outcome.kind !== 'changed') throw new Error('time stood still');
      steps.push(outcome.act);
      life = outcome.life;
    }
    expect(steps).toEqual(['reminded', 'reminded', 'expired']);
    expect(nowMs).toBe(NOW + policy.claimedMs);
    expect(life).toMatchObject({ state: 'open', parties: [] });
  });

  test('claim: before its time nothing happens', () => {
    const early = (claimed.dueAtMs ?? 0) - 1;
    expect(after(claimed, { kind: 'timePassed' }, early)).toEqual({ kind: 'unchanged' });
  });

  test('claim: what was settled elsewhere is closed, and asked about again when that is undone', () => {
    const closed = must(contested, { kind: 'settledElsewhere', because: 'matched' });
    expect(closed).toMatchObject({ state: 'closed', parties: [] });
    expect(after(confirmed, { kind: 'settledElsewhere', because: 'matched' }).kind).toBe(
      'unchanged',
    );
    expect(must(closed, { kind: 'unsettled' }).state).toBe('open');
    expect(must(confirmed, { kind: 'unsettled' })).toMatchObject({ state: 'open', parties: [] });
    expect(after(claimed, { kind: 'unsettled' }).kind).toBe('unchanged');
  });
});

const person = fc.constantFrom(...people);
const deeds: fc.Arbitrary<ClaimDeed> = fc.oneof(
  fc.record({
    kind: fc.constant('claim' as const),
    by: person,
    subject: fc.constantFrom(invoice, nothing, { text: '', items: [], isNotOurs: true as const }),
  }),
  fc.record({
    kind: fc.constantFrom('release' as const, 'confirm' as const, 'refuse' as const),
    by: person,
  }),
  fc.record({ kind: fc.constant('assign' as const), by: person, to: person }),
  fc.constant<ClaimDeed>({ kind: 'timePassed' }),
  fc.constant<ClaimDeed>({ kind: 'settledElsewhere', because: 'takenBack' }),
  fc.constant<ClaimDeed>({ kind: 'unsettled' }),
);
const stories = fc.array(fc.record({ deed: deeds, waitMs: fc.nat(30 * HOUR) }), { maxLength: 40 });
const policies = fc.record({
  openMs: fc.integer({ min: HOUR, max: 50 * HOUR }),
  claimedMs: fc.integer({ min: HOUR, max: 50 * HOUR }),
  remindersMax: fc.nat(4),
  needsOther: fc.boolean(),
});

/** What an onlooker who knows only who claims would expect of each deed. */
function expectSound(
  before: ClaimLife,
  deed: ClaimDeed,
  outcome: ClaimOutcome,
  { needsOther, remindersMax }: ClaimPolicy,
): void {
  if (outcome.kind !== 'changed') return;
  const { life, act } = outcome;
  const ids = life.parties.map(({ personId }) => personId);
  expect(new Set(ids).size).toBe(ids.length);
  const counts = {
    open: [0, 0],
    claimed: [1, 1],
    conflict: [2, 3],
    confirmed: [1, 1],
    closed: [0, 0],
  };
  const [least = 0, most = 0] = counts[life.state];
  expect(ids.length).toBeGreaterThanOrEqual(least);
  expect(ids.length).toBeLessThanOrEqual(most);
  expect(life.reminders).toBeLessThanOrEqual(remindersMax + 1);
  const isSettled = life.state === 'confirmed' || life.state === 'closed';
  if (isSettled) expect(life.dueAtMs).toBeUndefined();
  if (act === 'confirmed') {
    expect(deed.kind).toBe('confirm');
    const [party] = before.parties;
    expect(before.parties).toHaveLength(1);
    expect(party && saysWhatFor(party.subject)).toBe(true);
    if (deed.kind === 'confirm' && needsOther) expect(deed.by).not.toBe(party?.personId);
  }
  // People leave a settled claim alone.
  if (before.state === 'confirmed' || before.state === 'closed')
    expect(deed.kind).toBe('unsettled');
  if (deed.kind === 'assign')
    expect(before.parties.map((one) => one.personId)).not.toContain(deed.by);
  // Somebody who claims is dropped only by release, by a decision of others, or by time.
  const dropped = before.parties.filter(({ personId }) => !ids.includes(personId));
  if (dropped.length > 0) {
    expect(['released', 'refused', 'assigned', 'expired', 'closed', 'reopened']).toContain(act);
    if (deed.kind === 'release') expect(dropped.map((one) => one.personId)).toEqual([deed.by]);
  }
}

describe('any story of a claim', () => {
  test('claim: whatever people and time do, nobody is lost and nobody confirms their own', () => {
    fc.assert(
      fc.property(policies, stories, (chosen, story) => {
        let life = openClaim(chosen, NOW);
        let nowMs = NOW;
        for (const { deed, waitMs } of story) {
          nowMs += waitMs;
          const outcome = actOnClaim(life, deed, { policy: chosen, nowMs });
          expectSound(life, deed, outcome, chosen);
          if (outcome.kind === 'changed') life = outcome.life;
        }
        // Left alone, time has its last word after a bounded number of steps.
        for (let step = 0; step <= 3 * (chosen.remindersMax + 2); step += 1) {
          const outcome = actOnClaim(
            life,
            { kind: 'timePassed' },
            { policy: chosen, nowMs: life.dueAtMs ?? nowMs },
          );
          if (outcome.kind === 'changed') life = outcome.life;
        }
        expect(life.dueAtMs).toBeUndefined();
        expect(['open', 'conflict', 'confirmed', 'closed']).toContain(life.state);
      }),
      { numRuns: 2_000 },
    );
  });

  test('claim: the same deed told again is never applied as another one', () => {
    fc.assert(
      fc.property(stories, (story) => {
        let life = open;
        for (const { deed } of story) {
          const once = after(life, deed);
          if (once.kind !== 'changed') continue;
          life = once.life;
          const twice = after(life, deed);
          if (deed.kind === 'claim' && twice.kind === 'changed') {
            expect(twice.life.parties).toEqual(life.parties);
          } else if (deed.kind !== 'timePassed' && deed.kind !== 'release') {
            expect(twice.kind).not.toBe('changed');
          }
        }
      }),
    );
  });
});
