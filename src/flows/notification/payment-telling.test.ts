import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { instantFromMs } from '#core/dates.ts';
import type { PaymentFact } from '#core/events.ts';
import type { DestinationId, PaymentId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import { samplePayment } from '#routing/samples.ts';
import { addPersonOnce, addDestination, removeDestination } from '#store/destinations-admin.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { newId } from '#secret/ids.ts';
import { inTransaction } from '#store/transaction.ts';
import { replaceRoutes } from '#store/routes-admin.ts';
import { createBudgetWatch } from './budget-watch.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn, workerOf } from '#tests/ring-world.ts';
import type { NewMaker } from './announce.ts';
import { saveFacts } from './announce.ts';
import { composeMessage } from './compose.ts';
import type { Outgoing, SendOutcome } from './dingtalk-sender.ts';
import { drainDestination } from './notification-flow.ts';
import { notificationSteps } from './notification-steps.ts';

/** A robot and a group with cards; what DingTalk shows of each. */
interface Stand {
  readonly world: FlowWorld;
  readonly robot: DestinationId;
  readonly group: DestinationId;
  readonly appId: string;
  readonly newMakers: NewMaker[];
}

let database: TestDatabase;
let stand: Stand;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  stand = await createStand();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 8) });
});
afterEach(() => vi.useRealTimers());
afterAll(() => database.drop());

async function createStand(): Promise<Stand> {
  const world = await createFlowWorld(database);
  const { services, orgId } = world;
  const { appId } = await addDingtalkApp(
    services,
    {
      orgId,
      name: 'Bell',
      appKey: 'dingabc',
      appSecret: 'test-secret-1',
      cardTemplateId: 't.schema',
    },
    'test',
  );
  const { destinationId } = await addDestination(
    services,
    {
      orgId,
      name: 'Cards',
      kind: 'appGroup',
      appId,
      openConversationId: 'cid==',
      style: 'card',
    },
    'test',
  );
  const [robot] = world.destinations;
  if (!robot) throw new Error('no robot');
  const newMakers: NewMaker[] = [];
  const announcer = { ...world.announcer, onNewMaker: (maker: NewMaker) => newMakers.push(maker) };
  const made = { world: { ...world, announcer }, robot, group: destinationId, appId, newMakers };
  await route(made, { destinationIds: [robot, destinationId] });
  return made;
}

async function route({ world }: Stand, tree: Record<string, unknown>): Promise<void> {
  const root = { routeId: newId('rte'), name: 'All', ...tree };
  await replaceRoutes(world.services, { orgId: world.orgId, tree: root }, 'test');
  world.directory.forget();
}

const later = (milliseconds: number): unknown => vi.setSystemTime(Date.now() + milliseconds);

/** A payment's life: each change is one version more, the first one told maybe not the first. */
function payment(number = 1, versionBefore = 0) {
  const paymentId: PaymentId = parseId('pay', `pay_${String(number).padStart(26, '0')}`);
  let version = versionBefore;
  return async (changes: Partial<PaymentFact>): Promise<void> => {
    const { world } = stand;
    version += 1;
    const fact = samplePayment({
      paymentId,
      version,
      accountId: world.accounts[0],
      connectionId: world.connectionId,
      at: instantFromMs(Date.now()),
      remittanceInformation: `P${number}`,
      ...changes,
    });
    await inTransaction(world.services.pool, (_client, transaction) =>
      saveFacts(transaction, world.announcer, [{ orgId: world.orgId, fact }], new Date()),
    );
  };
}

interface Drained {
  readonly messages: Outgoing[];
  readonly end: unknown;
}

/** Drains one place; DingTalk accepts, unless the answers say otherwise. */
async function drain(
  destinationId: DestinationId,
  answers: SendOutcome[] = [],
  budgets = createBudgetWatch(stand.world.services.pool),
): Promise<Drained> {
  const messages: Outgoing[] = [];
  const { world } = stand;
  const options = workerOf(
    world,
    'wrk_a',
    (work) => {
      messages.push(composeMessage(work, Date.now()));
      return answers.shift() ?? { kind: 'accepted' };
    },
    { budgets },
  );
  const place = { orgId: world.orgId, destinationId };
  return { messages, end: await drainDestination(notificationSteps(options, place)) };
}

const paramsOf = (message: Outgoing | undefined): Readonly<Record<string, string>> =>
  message && 'params' in message ? message.params : {};
const statesOf = ({ messages }: Drained) =>
  messages.map((message) => `${message.kind} ${paramsOf(message)['state'] ?? ''}`.trim());
const trackIdsOf = ({ messages }: Drained) => [
  ...new Set(messages.map((message) => ('outTrackId' in message ? message.outTrackId : ''))),
];
const titlesOf = ({ messages }: Drained) =>
  messages.map((message) =>
    message.kind === 'robot'
      ? String(JSON.parse(message.body).markdown.title).replaceAll(/[\u2066-\u2069]/g, '')
      : '',
  );
const waiting = async (): Promise<number> =>
  (
    await stand.world.ask(
      `SELECT 1 FROM notice WHERE org_id = $1 AND state IN ('waiting', 'sending')`,
      [stand.world.orgId],
    )
  ).length;

describe('a payment’s card', () => {
  test('a payment’s card: one card is changed in place through its whole life', async () => {
    const change = payment();
    const all: Drained[] = [];
    const states = ['awaitingApproval', 'authorised', 'submitting', 'submitted', 'confirmed'];
    for (const state of [...states, 'settled'] as PaymentFact['state'][]) {
      await change({ state });
      all.push(await drain(stand.group));
    }
    expect(all.flatMap(statesOf)).toEqual([
      'cardCreated awaitingApproval',
      'cardUpdated authorised',
      'cardUpdated submitting',
      'cardUpdated submitted',
      'cardUpdated confirmed',
      'cardUpdated settled',
    ]);
    expect(new Set(all.flatMap(trackIdsOf)).size).toBe(1);
  });

  test('a payment’s card: what came while it could not be told is one update', async () => {
    const change = payment();
    await change({ state: 'awaitingApproval' });
    await drain(stand.group);
    for (const state of ['authorised', 'submitting', 'submitted', 'confirmed'] as const) {
      await change({ state });
    }
    const drained = await drain(stand.group);
    expect(statesOf(drained)).toEqual(['cardUpdated confirmed']);
    const rows = await stand.world.ask<{ state: string }>(
      `SELECT DISTINCT state FROM notice WHERE org_id = $1 AND destination_id = $2`,
      [stand.world.orgId, stand.group],
    );
    expect(rows).toEqual([{ state: 'told' }]);
  });

  test('a payment’s card: lanes that overtake each other never turn it back', async () => {
    const muteTimes = [{ from: '00:00', to: '23:59', zone: 'Asia/Jakarta' }];
    await route(stand, { destinationIds: [stand.group], settings: { muteTimes } });
    const change = payment();
    await change({ state: 'awaitingApproval' });
    expect(await drain(stand.group)).toMatchObject({ messages: [], end: { kind: 'wait' } });
    await change({ state: 'blocked', code: 'payment.cashShort' });
    // Urgent, so it rings at night, and takes along what was muted.
    expect(statesOf(await drain(stand.group))).toEqual(['cardCreated blocked']);
    expect(await waiting()).toBe(0);
    // An update of a card that stands makes no noise and need not wait for the morning.
    await change({ state: 'confirmed' });
    expect(statesOf(await drain(stand.group))).toEqual(['cardUpdated confirmed']);
  });

  test('a payment’s card: a message whose answer was lost shows the payment as it is by then', async () => {
    const change = payment();
    await change({ state: 'awaitingApproval' });
    const lost = await drain(stand.group, [{ kind: 'unknown', code: 'dingtalk.outcomeUnknown' }]);
    expect(statesOf(lost)).toEqual(['cardCreated awaitingApproval']);
    await change({ state: 'confirmed' });
    later(60_000);
    const again = await drain(stand.group);
    expect(statesOf(again)).toEqual(['cardCreated confirmed', 'cardUpdated confirmed']);
    expect(trackIdsOf(again)).toEqual(trackIdsOf(lost));
    const [card] = await stand.world.ask<{ version_shown: number }>(
      'SELECT version_shown FROM card WHERE org_id = $1',
      [stand.world.orgId],
    );
    expect(card).toEqual({ version_shown: 2 });
  });

  test('a payment’s card: it follows its payment where the route takes only some states', async () => {
    await route(stand, {
      destinationIds: [stand.robot],
      children: [
        {
          routeId: newId('rte'),
          name: 'Approvers',
          matchers: [{ kind: 'paymentState', values: ['awaitingApproval'] }],
          destinationIds: [stand.group],
          settings: { language: 'zh-CN', detail: 'masked' },
        },
      ],
    });
    const change = payment();
    await change({ state: 'awaitingApproval' });
    await drain(stand.group);
    await change({ state: 'declined', code: 'payment.approvalDeclined' });
    const drained = await drain(stand.group);
    expect(statesOf(drained)).toEqual(['cardUpdated declined']);
    expect(paramsOf(drained.messages[0])).toMatchObject({
      language: 'zh-CN',
      stateText: '未获批准',
    });
    expect(JSON.stringify(drained.messages)).not.toContain('Maju');
    const [event] = await stand.world.ask(
      `SELECT notices_expected FROM event WHERE org_id = $1 AND subject_version = 2`,
      [stand.world.orgId],
    );
    expect(event).toEqual({ notices_expected: 2 });
  });

  test('a payment’s card: a short month spares messages, not the truth of cards', async () => {
    const changes = [payment(1), payment(2), payment(3)];
    for (const change of changes) await change({ state: 'awaitingApproval' });
    await drain(stand.group);
    for (const change of changes) await change({ state: 'confirmed' });
    await bringIn(stand.world, { id: 'm', movements: [{ amount: '5.00', text: 'rent' }] });
    const budgets = createBudgetWatch(stand.world.services.pool);
    const month = {
      level: 'short' as const,
      used: 3_000,
      limit: 5_000,
      reserve: 500,
      resetsAtMs: Date.now() + 20 * 86_400_000,
    };
    const drained = await drain(stand.group, [], {
      ...budgets,
      monthOf: () => Promise.resolve(month),
    });
    expect(statesOf(drained)).toEqual(Array(3).fill('cardUpdated confirmed'));
    expect(drained.end).toMatchObject({ kind: 'wait' });
  });

  test('a payment’s card: many at once may be folded, and still get their card later', async () => {
    const changes = Array.from({ length: 60 }, (_, index) => payment(index + 1, 1));
    for (const change of changes) await change({ state: 'awaitingApproval' });
    const first = await drain(stand.group);
    expect(first.messages.map(({ kind }) => kind)).toContain('groupMessage');
    for (let turn = 0; turn < 4; turn += 1) {
      later(62_000);
      await drain(stand.group);
    }
    expect(await waiting()).toBeGreaterThan(0);
    await changes[40]?.({ state: 'rejected', code: 'payment.bankRejected' });
    later(62_000);
    const [message] = (await drain(stand.group)).messages;
    expect(message?.kind).toBe('cardCreated');
    expect(paramsOf(message)).toMatchObject({ state: 'rejected' });
  });
});

describe('a payment’s messages', () => {
  test('a payment’s messages: a robot tells what matters, each once', async () => {
    const change = payment();
    const told: string[] = [];
    const life: Partial<PaymentFact>[] = [
      { state: 'draft' },
      { state: 'awaitingApproval' },
      { state: 'authorised' },
      { state: 'submitting' },
      { state: 'unknown', code: 'payment.noAnswer' },
      { state: 'submitted' },
      { state: 'confirmed' },
      { state: 'settled' },
    ];
    for (const changes of life) {
      await change(changes);
      const drained = await drain(stand.robot);
      told.push(...titlesOf(drained).map((title) => title.split(' · ')[1] ?? ''));
    }
    expect(told).toEqual(['Payment waits for approval', 'Paid', 'Payment settled']);
  });

  test('a payment’s messages: waiting for its day and a question of people are worth one', async () => {
    const change = payment();
    await change({ state: 'authorised', notBefore: instantFromMs(Date.now() + 86_400_000) });
    const at = instantFromMs(Date.now());
    const question = { sentAt: at, attempts: 1, inquiries: 3, lastAnswer: '' };
    await change({ state: 'unknown', code: 'payment.decisionNeeded', question });
    const titles = titlesOf(await drain(stand.robot)).map((title) => title.split(' · ')[1]);
    // What needs people goes first.
    expect(titles).toEqual(['Payment needs a decision', 'Payment approved, waits for its day']);
  });

  test('a payment’s messages: a group of movements that waits is not broken up by a payment', async () => {
    const grouping = { by: ['account'], waitMs: 60_000, maximum: 50 };
    await route(stand, {
      destinationIds: [stand.robot],
      children: [
        {
          routeId: newId('rte'),
          name: 'Movements',
          matchers: [{ kind: 'about', values: ['movement'] }],
          settings: { grouping },
        },
      ],
    });
    await bringIn(stand.world, {
      id: 'g',
      movements: [
        { amount: '1.00', text: 'one' },
        { amount: '2.00', text: 'two' },
      ],
    });
    await payment()({ state: 'confirmed' });
    expect(titlesOf(await drain(stand.robot))).toMatchObject([expect.stringContaining('Paid')]);
    later(60_000);
    expect(titlesOf(await drain(stand.robot))).toMatchObject([expect.stringContaining('2 move')]);
  });
});

describe('a payment’s maker', () => {
  const personOf = async () => {
    const org = await stand.world.directory.org(stand.world.orgId);
    return [...org.destinations.values()].find(({ config }) => config.kind === 'person');
  };
  const makeRoom = async () => {
    for (const maker of stand.newMakers) await addPersonOnce(stand.world.services, maker);
    stand.world.directory.forget();
  };

  test('a payment’s maker: a place is made for them, and from then on they have the card', async () => {
    const change = payment();
    await change({ state: 'awaitingApproval' });
    expect(stand.newMakers).toEqual([
      { orgId: stand.world.orgId, userId: 'user01', name: 'Siti Rahma' },
    ]);
    await makeRoom();
    const person = await personOf();
    if (!person) throw new Error('no place for the maker');
    expect(person).toMatchObject({ name: 'Siti Rahma', config: { userId: 'user01' } });
    await change({ state: 'authorised' });
    await change({ state: 'blocked', code: 'payment.limitExceeded' });
    const drained = await drain(person.destinationId);
    expect(drained.messages).toMatchObject([
      { kind: 'cardCreated', target: { userId: 'user01' }, cardTemplateId: 't.schema' },
    ]);
    await change({ state: 'confirmed' });
    expect(statesOf(await drain(person.destinationId))).toEqual(['cardUpdated confirmed']);
    expect(stand.newMakers).toHaveLength(1);
    // Movements are not for them.
    await bringIn(stand.world, { id: 'n', movements: [{ amount: '5.00', text: 'rent' }] });
    expect((await drain(person.destinationId)).messages).toEqual([]);
  });

  test('a payment’s maker: a place that was made twice is one, and one that was removed stays away', async () => {
    const { services, orgId } = stand.world;
    const maker = { orgId, userId: 'user01', name: 'Siti Rahma' };
    const made = await Promise.all([
      addPersonOnce(services, maker),
      addPersonOnce(services, maker),
    ]);
    expect(made.filter((record) => record !== undefined)).toHaveLength(1);
    const destinationId = made.find((record) => record !== undefined)?.destinationId ?? '';
    await removeDestination(services, { orgId, destinationId }, 'test');
    expect(await addPersonOnce(services, maker)).toBeUndefined();
  });

  test('a payment’s maker: nobody is asked for where the route does not want it', async () => {
    await route(stand, { destinationIds: [stand.group], settings: { tellMaker: false } });
    await payment()({ state: 'awaitingApproval' });
    expect(stand.newMakers).toEqual([]);
  });

  test('a payment’s maker: without a card template they get messages of what matters', async () => {
    await stand.world.ask('UPDATE dingtalk_app SET card_template_id = NULL WHERE org_id = $1', [
      stand.world.orgId,
    ]);
    stand.newMakers.push({ orgId: stand.world.orgId, userId: 'user01', name: 'Siti' });
    await makeRoom();
    const person = await personOf();
    if (!person) throw new Error('no place for the maker');
    const change = payment();
    await change({ state: 'submitting' });
    await change({ state: 'confirmed' });
    const { messages } = await drain(person.destinationId);
    expect(messages).toMatchObject([{ kind: 'personalMessage', userId: 'user01' }]);
  });
});
