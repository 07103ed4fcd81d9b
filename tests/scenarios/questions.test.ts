import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/secret/ids.ts';
import { waitFor } from '../support/wait.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

// Questions to the robot, over the Stream of the simulated DingTalk and back into its books.

interface Said {
  readonly sequence: number;
  readonly group: string | null;
  readonly via: string;
  readonly text: string;
  readonly userIds?: readonly string[];
}

let stand: PayStand;

beforeAll(async () => {
  stand = await startPayStand();
  const { pool } = stand.database;
  await pool.query(`UPDATE person SET dingtalk_user_id = 'user02' WHERE person_id = $1`, [
    stand.checker,
  ]);
  await pool.query(
    `INSERT INTO person_grant (org_id, grant_id, person_id, action, account_id, state, proposed_by,
       confirmed_by, created_at, decided_at)
     VALUES ($1, $2, $3, 'account.read', $4, 'active', 'per_officer1', 'per_officer2', now(), now())`,
    [stand.orgId, newId('grt'), stand.checker, stand.accountId],
  );
  const reference = await stand.move({
    account: '1234567890',
    creditDebitIndicator: 'credit',
    amount: '1250000.00',
    channel: 'va',
    counterparty: 'PT MAJU JAYA',
  });
  await stand.pollNow();
  await stand.waitForTold(reference, 1);
  await waitFor(
    async () => {
      const push = (await stand.dingtalk.manage('GET', 'push')) as {
        connections: { state: string }[];
      };
      return push.connections.some(({ state }) => state === 'open');
    },
    { what: 'an open Stream connection', deadlineMs: 90_000 },
  );
}, 120_000);

afterAll(async () => {
  await stand?.stop();
});

async function messages(): Promise<readonly Said[]> {
  const state = (await stand.dingtalk.manage('GET', 'state')) as { messages: Said[] };
  return state.messages;
}

/** Asks in a one-to-one conversation or in a group, and gives back all that is said about it. */
async function ask(text: string, count = 1, more: object = {}): Promise<readonly Said[]> {
  const before = (await messages()).length;
  await stand.dingtalk.manage('POST', 'robot-messages', { userId: 'user02', text, ...more });
  return waitFor(
    async () => {
      const since = (await messages()).slice(before).filter(({ via }) => via !== 'person');
      return since.length >= count ? since : undefined;
    },
    { what: `an answer to "${text}"`, deadlineMs: 90_000 },
  );
}

const plain = (text: string): string =>
  text.replaceAll(/[\u2066-\u2069\u200f]/g, '').replaceAll(' ', ' ');

describe('questions over Stream', () => {
  test('question: the last movements are told to whoever may read the account', async () => {
    const [answer] = await ask('最近10笔交易');
    expect(plain(answer?.text ?? '')).toContain('1,250,000.00');
    expect(answer?.text).toContain('MAJU');
  });

  test('question: an amount is found in the writing of the asker', async () => {
    const [answer] = await ask('cari 1,25 juta');
    expect(answer?.text).toContain('MAJU');
  });

  test('question: in a group the figures go to the asker alone', async () => {
    const groups = (await stand.dingtalk.manage('GET', 'world')) as {
      groups: readonly { title: string; robotCodes?: readonly string[] }[];
    };
    const group = groups.groups.find(({ robotCodes }) => (robotCodes ?? []).length > 0);
    const said = await ask('has Maju paid', 2, { group: group?.title });
    const personal = said.find(({ userIds }) => userIds?.includes('user02'));
    expect(plain(personal?.text ?? '')).toContain('1,250,000.00');
    const shown = said.filter((one) => one !== personal).map(({ text }) => text);
    expect(shown).toHaveLength(1);
    expect(shown.join()).not.toContain('250');
  });

  test('question: a word that is no question is asked back', async () => {
    const [answer] = await ask('balanse');
    expect(answer?.text).toContain('balance');
  });
});
