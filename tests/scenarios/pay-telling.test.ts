import { afterAll, beforeAll, expect, test } from 'vitest';
import { replaceRoutes } from '../../src/store/routes-admin.ts';
import { newId } from '../../src/secret/ids.ts';
import { waitFor } from '../support/wait.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';
import type { DingtalkBooks } from './stand.ts';

type Card = DingtalkBooks['cards'][number] & {
  readonly outTrackId: string;
  readonly spaces?: readonly { readonly spaceType: string; readonly spaceId: string }[];
};

const LIFE = ['awaitingApproval', 'authorised', 'submitting', 'submitted', 'confirmed', 'settled'];

let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
  const { orgId, destinations, database, maker } = stand;
  const { services, directory } = stand.started.runtime;
  const tree = {
    routeId: newId('rte'),
    name: 'All',
    destinationIds: [destinations.finance, destinations.treasury],
  };
  await replaceRoutes(services, { orgId, tree }, 'test');
  await database.pool.query(
    `UPDATE person SET dingtalk_user_id = 'user01' WHERE org_id = $1 AND person_id = $2`,
    [orgId, maker],
  );
  directory.forget(orgId);
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

async function cardsOf(paymentId: string): Promise<readonly Card[]> {
  const { cards } = await stand.books();
  return cards.filter((card): card is Card =>
    'outTrackId' in card ? String(card.outTrackId).startsWith(`${paymentId}.`) : false,
  );
}

/** Both cards of a payment, once all of them show a state. */
const waitForCards = (paymentId: string, state: string) =>
  waitFor(
    async () => {
      const cards = await cardsOf(paymentId);
      const isShown = cards.length === 2 && cards.every(({ params }) => params['state'] === state);
      return isShown ? cards : undefined;
    },
    { what: `two cards that show ${state}`, deadlineMs: 90_000 },
  );

test('payment: group and maker watch one card go from waiting to paid to settled', async () => {
  // The first payment of a person makes the place where they are told.
  const first = await stand.request({ amount: '1000.00' });
  await waitFor(
    async () => {
      const { rows } = await stand.database.pool.query(
        `SELECT 1 FROM destination WHERE org_id = $1 AND kind = 'person'`,
        [stand.orgId],
      );
      return rows.length === 1;
    },
    { what: 'a place for the maker' },
  );
  stand.started.runtime.directory.forget(stand.orgId);
  const paymentId = await stand.request({ amount: '2345678.00' });
  const waiting = await waitForCards(paymentId, 'awaitingApproval');
  expect(waiting.map(({ group }) => group).toSorted()).toHaveLength(2);
  await stand.approve(paymentId);
  await waitForCards(paymentId, 'confirmed');
  await stand.pollNow();
  const settled = await waitForCards(paymentId, 'settled');
  for (const { params, updates } of settled) {
    expect(params).toMatchObject({ direction: 'debit', note: '' });
    expect(params['amount']?.replaceAll(/[\u2066\u2069\u00a0]/g, ' ').trim()).toMatch(
      /^IDR 2[.,]345[.,]678[.,]00$/,
    );
    const shown = updates.map((update) => LIFE.indexOf(update.params['state'] ?? ''));
    // Never back to what was.
    expect(shown).toEqual(shown.toSorted((left, right) => left - right));
    expect(shown.at(-1)).toBe(LIFE.length - 1);
  }
  // The debit rings by itself and says what it was for.
  const { endToEndId } = await stand.payment(paymentId);
  const { messages } = await stand.books();
  const told = messages.filter(({ text }) => text.includes('2,345,678.00'));
  expect(told.some(({ text }) => text.includes('Settles the payment to PT PEMASOK SEJATI'))).toBe(
    true,
  );
  const titles = told.filter(({ title }) => /waits for approval|Paid|settled/.test(title));
  expect(titles.length, JSON.stringify({ endToEndId, titles })).toBeGreaterThanOrEqual(2);
  expect(new Set(titles.map(({ title }) => title)).size).toBe(titles.length);
  expect(await cardsOf(first)).toHaveLength(1);
});
