import { parseId } from '../../src/core/ids.ts';
import { parseMoney } from '../../src/core/money.ts';
import type { GrantAction } from '../../src/core/grants.ts';
import { addItems } from '../../src/flows/reconciliation/add-items.ts';
import { newId } from '../../src/secret/ids.ts';
import { setClaimGroup } from '../../src/store/claim-settings.ts';
import { listClaimActs, requireClaim } from '../../src/store/claims.ts';
import type { Claim } from '../../src/store/claims.ts';
import { addPerson } from '../../src/store/persons.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

/** A card as the simulated DingTalk shows it. */
export interface ShownCard {
  readonly outTrackId: string;
  readonly group: string;
  readonly callbackType: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly privateData: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Delivery {
  readonly key: string;
  readonly kind: string;
  readonly via: string;
  readonly outcome: string;
  readonly attempts: readonly { readonly verdict: string; readonly answer: unknown }[];
}

/** A stand whose receipts are asked about: BCA's in the finance group with cards, BRI's by a robot. */
export interface ClaimStand extends Stand {
  /** DingTalk users of the default world: two who claim, one who confirms, one unknown to us. */
  readonly users: { ani: string; budi: string; citra: string; stranger: string };
  readonly people: { ani: string; budi: string; citra: string };
  invoice(number: string, amount: string): Promise<string>;
  /** A receipt that nobody expects, and the claim that asks about it. */
  receipt(account: string, amount: string): Promise<Claim>;
  claim(claimId: string): Promise<Claim>;
  waitForClaim(claimId: string, isSo: (claim: Claim) => boolean): Promise<Claim>;
  acts(claimId: string): Promise<string[]>;
  /** The claim's card in the group, once it shows this version. */
  card(claim: Claim, version?: number): Promise<ShownCard>;
  press(
    card: ShownCard,
    userId: string,
    act: string,
    params?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** What DingTalk was answered to the last press on a card. */
  answerTo(card: ShownCard): Promise<{ readonly via: string; readonly text: string }>;
  entry(claim: Claim): Promise<{ match_state: string; claimed_customer: string | null }>;
}

export const BCA = '1234567890';
export const BRI = '111231271284142';

export async function startClaimStand(): Promise<ClaimStand> {
  const stand = await startStand();
  const { pool } = stand.database;
  const { services, directory } = stand.started.runtime;
  const orgId = parseId('org', stand.orgId);
  const users = { ani: 'user01', budi: 'user03', citra: 'user02', stranger: 'user04' };
  const person = async (
    name: string,
    dingtalkUserId: string,
    ...actions: readonly GrantAction[]
  ): Promise<string> => {
    const { personId } = await addPerson(services, { orgId, name, dingtalkUserId }, 'test');
    for (const action of actions) await grant(stand, personId, action);
    return personId;
  };
  const people = {
    ani: await person('Ani', users.ani, 'claim.make', 'claim.confirm'),
    budi: await person('Budi', users.budi, 'claim.make'),
    citra: await person('Citra', users.citra, 'claim.confirm'),
  };
  await stand.pollNow();
  const groups = [
    [BCA, stand.destinations.finance],
    [BRI, stand.destinations.treasury],
  ] as const;
  for (const [number, destinationId] of groups) {
    const { rows } = await pool.query<{ account_id: string }>(
      'SELECT account_id FROM account WHERE org_id = $1 AND number = $2',
      [orgId, number],
    );
    const accountId = rows[0]?.account_id ?? '';
    await setClaimGroup(services, { orgId, accountId, destinationId, language: 'en' }, 'test');
  }
  directory.forget(orgId);
  await streamIsOpen(stand);
  const made: ClaimStand = Object.assign(Object.create(stand) as Stand, {
    users,
    people,
    invoice: async (number, amount) => {
      const scope = { orgId, createdBy: 'test', now: new Date() };
      const item = {
        kind: 'invoice' as const,
        creditDebitIndicator: 'credit' as const,
        source: 'test',
        sourceKey: number,
        number,
        counterpartyName: `Customer of ${number}`,
        amount: parseMoney(amount, 'IDR'),
      };
      const [inserted] = await inTransaction(pool, (client) => addItems(client, scope, [item]));
      return inserted?.itemId ?? '';
    },
    receipt: async (account, amount) => {
      const before = await pool.query('SELECT entry_id FROM entry WHERE org_id = $1', [orgId]);
      const known = before.rows.map((row: { entry_id: string }) => row.entry_id);
      await stand.move({ account, creditDebitIndicator: 'credit', amount, channel: 'va' });
      return waitFor(
        async () => {
          const { rows } = await pool.query<{ claim_id: string }>(
            'SELECT claim_id FROM claim WHERE org_id = $1 AND NOT entry_id = ANY($2)',
            [orgId, known],
          );
          const [row] = rows;
          return row && made.claim(row.claim_id);
        },
        { what: 'a claim', deadlineMs: 90_000 },
      );
    },
    claim: (claimId) => requireClaim(pool, { orgId, claim: claimId }),
    waitForClaim: async (claimId, isSo) => {
      let last: Claim | undefined;
      return waitFor(
        async () => {
          last = await made.claim(claimId);
          return isSo(last) ? last : undefined;
        },
        { what: `the claim ${claimId}`, deadlineMs: 60_000 },
      ).catch((error: unknown) => {
        throw new Error(`it stands at ${JSON.stringify(last)}`, { cause: error });
      });
    },
    acts: async (claimId) => (await listClaimActs(pool, { orgId, claimId })).map(({ act }) => act),
    card: ({ claimId, destinationId }, version = 1) =>
      waitFor(
        async () => {
          const { cards } = (await stand.dingtalk.manage('GET', 'state')) as {
            cards: ShownCard[];
          };
          const id = `${claimId}.${destinationId}`;
          const found = cards.find(({ outTrackId }) => outTrackId === id);
          // Settled cards have no buttons; their version stands in none.
          const isShown =
            version === 0 || buttonsOf(found).some((one) => one.endsWith(`@${version}`));
          // The simulator hands out its own objects, which change with the card.
          return found && isShown ? structuredClone(found) : undefined;
        },
        { what: `version ${version} of the card`, deadlineMs: 60_000 },
      ),
    press: async (card, userId, act, params = {}) => {
      const actionId = buttonsOf(card).find((id) => id.startsWith(act)) ?? act;
      await stand.dingtalk.manage('POST', `cards/${card.outTrackId}/press`, {
        userId,
        actionId,
        params,
      });
    },
    answerTo: ({ outTrackId }) =>
      waitFor(
        async () => {
          const { deliveries } = (await stand.dingtalk.manage(
            'GET',
            'push/deliveries?kind=cardCallback',
          )) as { deliveries: Delivery[] };
          const last = deliveries.findLast(({ key }) => key.startsWith(`${outTrackId}#`));
          const answer = last?.attempts.at(-1)?.answer;
          return last?.outcome === 'acknowledged' && answer !== null && answer !== undefined
            ? { via: last.via, text: JSON.stringify(answer) }
            : undefined;
        },
        { what: 'the answer to the press' },
      ),
    entry: async ({ entryId }) => {
      const { rows } = await pool.query<{ match_state: string; claimed_customer: string | null }>(
        'SELECT match_state, claimed_customer FROM entry WHERE org_id = $1 AND entry_id = $2',
        [orgId, entryId],
      );
      return rows[0] ?? { match_state: '', claimed_customer: null };
    },
  } satisfies Omit<ClaimStand, keyof Stand>);
  // Where nothing was ever expected, nothing is unknown.
  await made.invoice('INV-0', '1.00');
  return made;
}

export function buttonsOf(card: ShownCard | undefined): string[] {
  const buttons = JSON.parse(card?.params['buttons'] ?? '[]') as { id: string }[];
  return buttons.map(({ id }) => id);
}

export async function grant(stand: Stand, personId: string, action: GrantAction): Promise<void> {
  await stand.database.pool.query(
    `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
       confirmed_by, created_at, decided_at)
     VALUES ($1, $2, $3, $4, 'active', 'per_officer1', 'per_officer2', now(), now())`,
    [stand.orgId, newId('grt'), personId, action],
  );
}

export async function streamIsOpen(stand: Stand): Promise<void> {
  await waitFor(
    async () => {
      const { connections } = (await stand.dingtalk.manage('GET', 'push')) as {
        connections: { state: string }[];
      };
      return connections.some(({ state }) => state === 'open');
    },
    { what: 'an open Stream connection', deadlineMs: 90_000 },
  );
}
