import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setClaimSettings } from '../../src/api/operations/claims.ts';
import { parseId } from '../../src/core/ids.ts';
import { undoMatch } from '../../src/flows/reconciliation/undo-by-person.ts';
import { waitFor } from '../support/wait.ts';
import { BCA, BRI, buttonsOf, grant, startClaimStand } from './claims-stand.ts';
import type { ClaimStand } from './claims-stand.ts';

// A receipt that nobody expected, from the bank's push to the buttons of a card in the group, over sockets.

let stand: ClaimStand;
beforeAll(async () => {
  stand = await startClaimStand();
}, 120_000);
afterAll(async () => {
  await stand?.stop();
});

const state = async (claimId: string): Promise<string> => (await stand.claim(claimId)).life.state;

describe('claims by cards over Stream', () => {
  test('claims: claimed for an invoice by one, confirmed by another, it is matched', async () => {
    await stand.invoice('INV-4711', '1250000.00');
    const claim = await stand.receipt(BCA, '1250001.00');
    const card = await stand.card(claim);
    expect(card.params['stateText']).toContain('nobody has claimed it yet');
    expect(card.params['title']).toContain('1,250,001.00');
    expect(card.callbackType).toBe('STREAM');
    await stand.press(card, stand.users.ani, 'claim@', { for: 'inv 4711', note: 'by phone' });
    const claimed = await stand.card(claim, 2);
    expect(claimed.params['lines']).toContain('Ani');
    expect(await stand.answerTo(card)).toMatchObject({ via: 'stream' });
    await stand.press(claimed, stand.users.citra, 'confirm');
    const done = await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    expect(done.settledBy).toBe(stand.people.citra);
    const { rows } = await stand.database.pool.query(
      `SELECT l.entry_minor_units::text AS units, i.number, i.state, m.decided_by, m.basis
       FROM match m JOIN match_leg l USING (org_id, match_id)
       JOIN expected_item i USING (org_id, item_id) WHERE m.match_id = $1`,
      [done.matchId],
    );
    expect(rows).toEqual([
      {
        units: '125000000',
        number: 'INV-4711',
        state: 'closed',
        decided_by: stand.people.citra,
        basis: 'person',
      },
    ]);
    // One rupiah more than the invoice is left unexplained.
    expect(await stand.entry(claim)).toMatchObject({ match_state: 'partial' });
    expect(await stand.acts(claim.claimId)).toEqual(['asked', 'claimed', 'confirmed']);
    const shown = await waitFor(
      async () => {
        const now = await stand.card(claim, 0);
        return buttonsOf(now).length === 0 ? now : undefined;
      },
      { what: 'the settled card' },
    );
    expect(shown.params['lines']).toContain('Citra');
    const audit = await stand.database.pool.query<{ action: string; actor: string }>(
      'SELECT action, actor FROM audit WHERE subject = $1 ORDER BY number',
      [claim.claimId],
    );
    expect(audit.rows).toEqual([
      { action: 'claim.claimed', actor: stand.people.ani },
      { action: 'claim.confirmed', actor: stand.people.citra },
    ]);
  });

  test('claims: nobody confirms their own; without the right nobody confirms at all', async () => {
    const claim = await stand.receipt(BCA, '310001.00');
    const card = await stand.card(claim);
    await stand.press(card, stand.users.ani, 'claim@', { for: 'PT Maju Jaya' });
    const claimed = await stand.card(claim, 2);
    await stand.press(claimed, stand.users.ani, 'confirm');
    expect((await stand.answerTo(claimed)).text).toContain('Another person has to confirm');
    await stand.press(claimed, stand.users.budi, 'confirm');
    await waitFor(
      async () => (await stand.answerTo(claimed)).text.includes('You may not do this'),
      { what: 'a refusal' },
    );
    expect(await state(claim.claimId)).toBe('claimed');
    await stand.press(claimed, stand.users.citra, 'confirm');
    await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    // No invoice was named: the receipt says whose it is, and stays unmatched.
    expect(await stand.entry(claim)).toEqual({
      match_state: 'unknown',
      claimed_customer: 'PT Maju Jaya',
    });
  });

  test('claims: a second one is a conflict, which one of them ends by releasing', async () => {
    const claim = await stand.receipt(BCA, '320001.00');
    const card = await stand.card(claim);
    await stand.press(card, stand.users.ani, 'claim@', { for: 'PT Satu' });
    const claimed = await stand.card(claim, 2);
    await stand.press(claimed, stand.users.budi, 'claim@', { for: 'PT Dua' });
    const contested = await stand.card(claim, 3);
    expect(contested.params['state']).toBe('conflict');
    expect(contested.params['lines']).toContain('Budi');
    await stand.press(contested, stand.users.citra, `assign:${stand.people.budi}`);
    const assigned = await stand.card(claim, 4);
    expect((await stand.claim(claim.claimId)).life.parties).toMatchObject([
      { personId: stand.people.budi },
    ]);
    await stand.press(assigned, stand.users.budi, 'release');
    const released = await stand.card(claim, 5);
    expect(released.params['state']).toBe('open');
    expect(await stand.acts(claim.claimId)).toEqual([
      'asked',
      'claimed',
      'contested',
      'assigned',
      'released',
    ]);
  });

  test('claims: a press on a card that shows what was is refused and not applied', async () => {
    const claim = await stand.receipt(BCA, '330001.00');
    const old = await stand.card(claim);
    await stand.press(old, stand.users.ani, 'claim@', { for: 'PT Satu' });
    await stand.card(claim, 2);
    await stand.press(old, stand.users.budi, 'claim@', { for: 'PT Dua' });
    await waitFor(
      async () => (await stand.answerTo(old)).text.includes('changed since this card was shown'),
      { what: 'the word for a late press' },
    );
    expect((await stand.claim(claim.claimId)).life).toMatchObject({
      state: 'claimed',
      parties: [{ personId: stand.people.ani }],
    });
  });

  test('claims: somebody unknown to us is told so alone, and changes nothing', async () => {
    const claim = await stand.receipt(BCA, '340001.00');
    const card = await stand.card(claim);
    await stand.press(card, stand.users.stranger, 'claim@', { for: 'mine' });
    const { text } = await stand.answerTo(card);
    expect(text).toContain('belongs to nobody in Cashbell');
    expect(await state(claim.claimId)).toBe('open');
    const now = await stand.card(claim);
    expect(now.params['hint']).toBe('');
    expect(JSON.stringify(now.privateData[stand.users.stranger])).toContain('belongs to nobody');
  });

  test('claims: not ours, confirmed by another, is set aside', async () => {
    const claim = await stand.receipt(BCA, '350001.00');
    await stand.press(await stand.card(claim), stand.users.budi, 'notOurs');
    await stand.press(await stand.card(claim, 2), stand.users.citra, 'confirm');
    await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    expect(await stand.entry(claim)).toMatchObject({ match_state: 'exempt' });
  });

  test('claims: the same press told twice counts once', async () => {
    const claim = await stand.receipt(BCA, '360001.00');
    const card = await stand.card(claim);
    await stand.press(card, stand.users.ani, 'claim@', { for: 'PT Satu' });
    await stand.card(claim, 2);
    const { pool } = stand.database;
    // As after a crash between the commit and the end of the event: the inbox works it off again.
    await pool.query(
      `UPDATE dingtalk_event SET state = 'stored', lease_until = NULL, next_at = now()
       WHERE kind = 'cardPress'`,
    );
    await waitFor(
      async () => {
        const { rows } = await pool.query(
          `SELECT FROM dingtalk_event WHERE kind = 'cardPress' AND state = 'stored'`,
        );
        return rows.length === 0;
      },
      { what: 'an empty inbox' },
    );
    expect(await stand.acts(claim.claimId)).toEqual(['asked', 'claimed']);
    expect((await stand.claim(claim.claimId)).version).toBe(2);
  });

  test('claims: what nobody confirms in time falls back, and the group is told', async () => {
    const claim = await stand.receipt(BCA, '370001.00');
    await stand.press(await stand.card(claim), stand.users.ani, 'claim@', { for: 'PT Satu' });
    await stand.card(claim, 2);
    const { pool } = stand.database;
    for (const _ of [1, 2, 3]) {
      await pool.query(
        `UPDATE claim SET due_at = now() - interval '1 second' WHERE claim_id = $1`,
        [claim.claimId],
      );
      await stand.waitForClaim(claim.claimId, ({ life }) => (life.dueAtMs ?? 0) > Date.now() - 500);
    }
    expect(await stand.acts(claim.claimId)).toEqual([
      'asked',
      'claimed',
      'reminded',
      'reminded',
      'expired',
    ]);
    expect((await stand.card(claim, 3)).params['state']).toBe('open');
    const reminders = await waitFor(
      async () => {
        const { messages } = await stand.books();
        const found = messages.filter(({ text }) => text.includes('370,001.00'));
        const told = found.filter(({ title }) => title.startsWith('Reminder'));
        return told.length >= 3 ? told : undefined;
      },
      { what: 'the reminders' },
    );
    expect(reminders.every(({ group }) => group.startsWith('Finance'))).toBe(true);
  });

  test('claims: matched elsewhere meanwhile, it needs no claim any more', async () => {
    const claim = await stand.receipt(BCA, '380001.00');
    const card = await stand.card(claim);
    await stand.database.pool.query(`UPDATE entry SET match_state = 'exempt' WHERE entry_id = $1`, [
      claim.entryId,
    ]);
    await stand.press(card, stand.users.ani, 'claim@', { for: 'PT Satu' });
    const closed = await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'closed');
    expect(closed.ending).toBe('exempt');
    expect(closed.life.parties).toEqual([]);
  });
});

describe('claims that people must decide', () => {
  test('claims: a conflict is told to the finance owner personally, who decides it there', async () => {
    const { services, directory } = stand.started.runtime;
    const orgId = parseId('org', stand.orgId);
    await setClaimSettings(services, orgId, { ownerPersonId: stand.people.citra }, 'test');
    directory.forget(orgId);
    const claim = await stand.receipt(BCA, '610001.00');
    await stand.press(await stand.card(claim), stand.users.ani, 'claim@', { for: 'PT Satu' });
    await stand.press(await stand.card(claim, 2), stand.users.budi, 'claim@', { for: 'PT Dua' });
    const place = (await directory.org(orgId)).destinations.values();
    const own = [...place].find(
      ({ config }) => config.kind === 'person' && config.userId === stand.users.citra,
    );
    if (!own) throw new Error('the owner has no place');
    const atOwner = { ...claim, destinationId: own.destinationId };
    const card = await stand.card(atOwner, 3);
    await stand.press(card, stand.users.citra, `assign:${stand.people.ani}`);
    await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'claimed');
    // Both cards show it, the one of the group and the owner's.
    await stand.card(claim, 4);
    await stand.card(atOwner, 4);
  });

  test('claims: where DingTalk takes no card, words say how to do the same', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'permissionMissing',
      path: '/v1.0/card/instances/createAndDeliver',
    });
    const claim = await stand.receipt(BCA, '620001.00');
    const { pool } = stand.database;
    const told = await waitFor(
      async () => {
        // A refused setting rests for a minute; nobody waits for that here.
        await pool.query('UPDATE destination_meter SET blocked_until = NULL, next_look_at = now()');
        const { messages } = await stand.books();
        return messages.find(({ text }) => text.includes(`claim ${claim.number}`));
      },
      { what: 'a message instead of the card' },
    );
    expect(told.text).toContain('620,001.00');
    await stand.dingtalk.manage('DELETE', 'faults');
    await pool.query('UPDATE destination_meter SET cards_refused_at = NULL');
  });

  test('claims: undone, its match leaves the receipt open, and it is asked about again', async () => {
    await stand.invoice('INV-99', '630001.00');
    const claim = await stand.receipt(BCA, '630002.00');
    await stand.press(await stand.card(claim), stand.users.budi, 'claim@', { for: 'INV-99' });
    await stand.press(await stand.card(claim, 2), stand.users.citra, 'confirm');
    const done = await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    await grant(stand, stand.people.citra, 'match.undo');
    const by = { orgId: stand.orgId, personId: stand.people.citra };
    const { services } = stand.started.runtime;
    await undoMatch(services, by, done.matchId ?? '', { reason: 'another customer' });
    const again = await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'open');
    expect(again.matchId).toBeUndefined();
    expect((await stand.acts(claim.claimId)).at(-1)).toBe('reopened');
  });
});

describe('claims by words', () => {
  const say = (userId: string, text: string): Promise<unknown> =>
    stand.dingtalk.manage('POST', 'robot-messages', { userId, text });

  test('claims: where a robot has no cards, the words are written to the app', async () => {
    await stand.invoice('INV-88', '410002.00');
    const claim = await stand.receipt(BRI, '410001.00');
    const told = await waitFor(
      async () => {
        const { messages } = await stand.books();
        return messages.find(
          ({ text, group }) =>
            text.includes(`claim ${claim.number}`) && group.startsWith('Treasury'),
        );
      },
      { what: 'the message of the robot' },
    );
    expect(told.text).toContain('410,001.00');
    await say(stand.users.ani, `认领 ${claim.number} INV-88 | part payment`);
    const claimed = await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'claimed');
    expect(claimed.life.parties).toMatchObject([
      { personId: stand.people.ani, note: 'part payment', subject: { text: 'INV-88' } },
    ]);
    await say(stand.users.ani, `confirm ${claim.number}`);
    await say(stand.users.stranger, `confirm ${claim.number}`);
    await say(stand.users.citra, `konfirmasi ${claim.number}`);
    await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    expect(await stand.acts(claim.claimId)).toEqual(['asked', 'claimed', 'confirmed']);
    expect(await stand.entry(claim)).toMatchObject({ match_state: 'matched' });
  });
});
