import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { money } from '#core/money.ts';
import type { RobotMessage } from '#dingtalk/push.ts';
import { foldLine } from '#reconciliation/fold-text.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { createDirectory } from '#store/directory.ts';
import type { PersonActor } from '#store/persons.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import { newId } from '#secret/ids.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { createBudgetWatch } from '../notification/budget-watch.ts';
import type { Outgoing } from '../notification/dingtalk-sender.ts';
import { createChatReply } from '../payment-controls/chat-reply.ts';
import { createQuestionChat } from './question-chat.ts';

let database: TestDatabase;
let world: PeopleWorld;
let appId: string;
let reader: PersonActor;
/** What was said where the question stood, and to the person alone. */
let here: string[] = [];
let alone: { readonly userId: string; readonly text: string }[] = [];
let isPersonReached = true;
let pushes = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  const { appId: made } = await addDingtalkApp(
    world.services,
    { orgId: world.orgId, name: 'Ask', appKey: 'key', appSecret: 'secret-of-the-app' },
    'test',
  );
  appId = made;
  const [first, second] = world.accounts;
  await world.person('Nobody', 'nobody1');
  reader = await world.person('Reader', 'reader1');
  await world.grant(reader, 'account.read', { accountId: first });
  const clerk = await world.person('Clerk', 'clerk1');
  await world.grant(clerk, 'account.read', { amountMax: money(1_000_000_00n, 'IDR') });
  const chief = await world.person('Chief', 'chief1');
  await world.grant(chief, 'account.read');
  await balance(first, 5_000_000_00n);
  await balance(second, 700_000_00n);
  await entry(first, 'credit', 1_250_000_00n, 'PT Maju Jaya', 'INV 4711');
  await entry(second, 'credit', 500_000_00n, 'PT Maju Jaya', 'second account');
  await entry(first, 'debit', 88_000_00n, 'CV Sumber', 'rent');
  await item('INV-4711', 'PT Maju Jaya', 1_250_000_00n, 1_250_000_00n);
  await item('INV-4712', 'PT Maju Jaya', 300_000_00n, 100_000_00n);
  await world.insertPayment({ accountId: second, amountMinorUnits: 42_00n, state: 'submitted' });
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM chat_question');
  here = [];
  alone = [];
  isPersonReached = true;
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

async function balance(accountId: string, minorUnits: bigint): Promise<void> {
  await database.pool.query(
    `INSERT INTO balance (org_id, account_id, type, as_of, amount_minor_units, currency, source)
     VALUES ($1, $2, 'interimBooked', now() - interval '1 hour', $3, 'IDR', 'poll'),
            ($1, $2, 'interimBooked', now() - interval '2 hours', 1, 'IDR', 'poll'),
            ($1, $2, 'interimAvailable', now(), 2, 'IDR', 'poll')`,
    [world.orgId, accountId, minorUnits.toString()],
  );
}

let position = 0;
async function entry(
  accountId: string,
  indicator: 'credit' | 'debit',
  minorUnits: bigint,
  name: string,
  text: string,
): Promise<void> {
  position += 1;
  const entryId = newId('ent');
  await database.pool.query(
    `INSERT INTO entry (org_id, entry_id, account_id, version, state, credit_debit_indicator,
       amount_minor_units, currency, booking_date, remittance_information, sources, position,
       seen_at, counterparty_fold)
     VALUES ($1, $2, $3, 1, 'booked', $4, $5, 'IDR', now()::date, $6, '{poll}', $7, now(), $8)`,
    [
      world.orgId,
      entryId,
      accountId,
      indicator,
      minorUnits.toString(),
      text,
      position,
      foldLine(name),
    ],
  );
  await database.pool.query(
    `INSERT INTO entry_version (org_id, entry_id, version, state, amount_minor_units, currency,
       source, report, seen_at)
     VALUES ($1, $2, 1, 'booked', $3, 'IDR', 'poll', $4, now())`,
    [world.orgId, entryId, minorUnits.toString(), { counterparty: { name } }],
  );
}

async function item(
  number: string,
  name: string,
  minorUnits: bigint,
  settled: bigint,
): Promise<void> {
  const isClosed = minorUnits === settled;
  await database.pool.query(
    `INSERT INTO expected_item (org_id, item_id, kind, credit_debit_indicator, source, source_key,
       number, counterparty_name, counterparty_fold, currency, amount_minor_units,
       settled_minor_units, state, closed_at, created_by, created_at, changed_at, account_id)
     VALUES ($1, $2, 'invoice', 'credit', 'test', $3, $3, $4, $5, 'IDR', $6, $7, $8, $9, 'test',
       now(), now(), $10)`,
    [
      world.orgId,
      newId('itm'),
      number,
      name,
      foldLine(name),
      minorUnits.toString(),
      settled.toString(),
      isClosed ? 'closed' : 'open',
      isClosed ? new Date() : null,
      world.accounts[0],
    ],
  );
}

interface Asking extends Partial<RobotMessage> {
  readonly eventKey?: string;
}

async function ask(
  senderUserId: string,
  text: string,
  { eventKey, ...more }: Asking = {},
): Promise<boolean> {
  const { services } = world;
  const directory = createDirectory(services);
  pushes += 1;
  const chat = createQuestionChat({
    services: { ...services, announcer: { directory, connectorOf: () => undefined } },
    budgets: createBudgetWatch(database.pool),
    reply: createChatReply({
      transport: {
        send: (_target, request) => {
          here.push(String(request.body));
          const body = Buffer.from('{"errcode":0}');
          return Promise.resolve({ status: 200, headers: {}, body });
        },
      },
      sender: {
        send: (message: Outgoing) => {
          if (message.kind !== 'personalMessage') throw new Error(message.kind);
          if (!isPersonReached) return Promise.resolve({ kind: 'refused', code: 'x' });
          alone.push({ userId: message.userId, text: message.msgParam });
          return Promise.resolve({ kind: 'accepted' });
        },
      },
      nowMs: () => services.now().epochMilliseconds,
    }),
  });
  const message: RobotMessage = {
    msgId: `msg${pushes}`,
    text,
    messageType: 'text',
    isGroup: false,
    conversationId: 'cid',
    conversationTitle: '',
    senderUserId,
    isFromOwnCorp: true,
    senderCorpId: 'corp1',
    isWithoutContent: false,
    sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=abc',
    sessionWebhookEndsAtMs: services.now().epochMilliseconds + 3_600_000,
    ...more,
  };
  return chat(message, {
    orgId: world.orgId,
    appId,
    eventKey: eventKey ?? `key${pushes}`,
    receivedAt: new Date(),
  });
}

const said = (): string =>
  here
    .join('\n')
    .replaceAll(/[\u00a0]/g, ' ')
    .replaceAll(/[\u2066-\u2069]/g, '');

describe('answers to questions', () => {
  test('question: a balance is told of the accounts that the asker may read, and of no other', async () => {
    expect(await ask('reader1', 'balance')).toBe(true);
    expect(said()).toContain('••••1: IDR 5,000,000.00');
    expect(said()).not.toContain('700,000');
  });

  test('question: with two accounts of a currency the sum is told, but not where a part is masked', async () => {
    await ask('chief1', 'balance');
    expect(said()).toContain('IDR together: IDR 5,700,000.00');
    here = [];
    await ask('clerk1', 'balance');
    expect(said()).toContain('••••1: •••');
    expect(said()).toContain('IDR 700,000.00');
    expect(said()).not.toContain('together');
    expect(said()).not.toContain('5,');
  });

  test('question: in a group the figures go to the asker alone', async () => {
    await ask('chief1', 'balance', { isGroup: true });
    expect(alone).toHaveLength(1);
    expect(alone[0]).toMatchObject({ userId: 'chief1' });
    expect(alone[0]?.text).toContain('5,000,000.00');
    expect(said()).toContain('answered you privately');
    expect(said()).not.toContain('5,000,000');
  });

  test('question: whoever cannot be reached alone is told so, and the group learns nothing', async () => {
    isPersonReached = false;
    await ask('chief1', 'balance', { isGroup: true });
    expect(said()).toContain('could not write to you privately');
    expect(said()).not.toContain('5,000,000');
  });

  test('question: movements are told newest first, in the language of the question', async () => {
    await ask('chief1', '2 mutasi terakhir');
    expect(said()).toMatch(/2 mutasi terakhir.*88\.000,00.*CV Sumber.*500\.000,00.*PT Maju Jaya/s);
    expect(said()).not.toContain('1.250.000');
  });

  test('question: an amount above the band is masked, and searching for it finds nothing', async () => {
    await ask('clerk1', 'last movements');
    expect(said()).toContain('+ •••');
    expect(said()).toContain('500,000.00');
    expect(said()).not.toContain('1,250,000');
    here = [];
    await ask('clerk1', 'find 1,250,000');
    expect(said()).toContain('Nothing found');
    here = [];
    await ask('chief1', 'find 1.250.000');
    expect(said()).toContain('PT Maju Jaya');
  });

  test('question: "has X paid" names receipts that may be read and what is still open', async () => {
    await ask('reader1', 'has Maju Jaya paid?');
    expect(said()).toContain('1,250,000.00');
    expect(said()).not.toContain('500,000.00');
    expect(said()).toMatch(/Still open of .*1 item, IDR 200,000\.00/);
    here = [];
    await ask('reader1', 'has Acme paid?');
    expect(said()).toContain('Nothing received from “acme”');
  });

  test('question: an invoice number is looked up as an invoice', async () => {
    await ask('reader1', 'is INV-4711 paid?');
    expect(said()).toContain('INV-4711 (PT Maju Jaya): paid in full on');
    here = [];
    await ask('reader1', 'has invoice inv-4712 been paid');
    expect(said()).toContain('IDR 200,000.00 of IDR 300,000.00 is still open');
  });

  test('question: the status of a payment is told to readers of its account', async () => {
    await ask('chief1', 'payment status PT Maju');
    expect(said()).toMatch(/IDR 42\.00 to PT Maju: with the bank/);
    here = [];
    await ask('reader1', 'payment status PT Maju');
    expect(said()).toContain('No payment that you may see');
  });

  test('question: what is mistyped is asked back', async () => {
    await ask('chief1', 'balanse');
    expect(said()).toContain('Did you mean: balance BCA?');
    expect(said()).not.toContain('5,000,000');
  });

  test('question: an account that is not there is said, with those that may be read', async () => {
    await ask('reader1', 'balance Mandiri');
    expect(said()).toContain('No account that you may read is called “mandiri”');
    expect(said()).not.toContain('••••2');
  });

  test('question: whoever may read nothing learns nothing', async () => {
    for (const text of [
      'balance',
      'last movements',
      'find 1,250,000',
      'has Maju paid',
      'open claims',
    ]) {
      await ask('nobody1', text);
    }
    expect(here).toHaveLength(5);
    for (const text of here) expect(text).toContain('You may read no account');
  });

  test('question: outsiders get no answer, strangers of the own company who to ask', async () => {
    await ask('reader1', 'balance', { isFromOwnCorp: false });
    expect([here, alone]).toEqual([[], []]);
    await ask('stranger', 'balance');
    expect(said()).toContain('belongs to nobody in Cashbell');
  });

  test('question: the same push is answered once', async () => {
    await ask('reader1', 'balance', { eventKey: 'once' });
    await ask('reader1', 'balance', { eventKey: 'once' });
    expect(here).toHaveLength(1);
  });

  test('question: the seventh in a minute is refused once, then in silence, and a minute later answered', async () => {
    for (let count = 0; count < 6; count += 1) await ask('reader1', 'balance');
    here = [];
    await ask('reader1', 'balance');
    await ask('reader1', 'balance');
    expect(here).toHaveLength(1);
    expect(said()).toContain('Many questions in a short time');
    here = [];
    await ask('chief1', 'help');
    expect(said()).toContain('You can ask');
    here = [];
    world.advance(61_000);
    await ask('reader1', 'balance');
    expect(said()).toContain('5,000,000.00');
  });

  test('question: when the month is nearly spent, what is left is kept for money that moves', async () => {
    const { orgId } = world;
    await database.pool.query('UPDATE org SET api_calls_per_month = 100 WHERE org_id = $1', [
      orgId,
    ]);
    await database.pool.query(
      `INSERT INTO usage_month (org_id, day, budget, destination_id, calls)
       VALUES ($1, (now() AT TIME ZONE 'Asia/Shanghai')::date, 'api', 'x', 99)`,
      [orgId],
    );
    try {
      await ask('reader1', 'balance');
      await ask('reader1', 'balance');
      expect(here).toHaveLength(1);
      expect(said()).toContain('allowance is nearly used up');
    } finally {
      await database.pool.query('UPDATE org SET api_calls_per_month = NULL');
      await database.pool.query(`DELETE FROM usage_month WHERE destination_id = 'x'`);
    }
  });

  test('question: every answer counts against the month', async () => {
    const used = async (): Promise<number> => {
      const { rows } = await database.pool.query<{ calls: string }>(
        'SELECT coalesce(sum(calls), 0)::text AS calls FROM usage_month',
      );
      return Number(rows[0]?.calls);
    };
    const before = await used();
    await ask('chief1', 'balance', { isGroup: true });
    expect((await used()) - before).toBe(2);
  });
});
