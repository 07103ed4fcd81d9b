import { describe, expect, it } from 'vitest';
import type { PaymentFact } from '#core/events.ts';
import type { DestinationId } from '#core/ids.ts';
import { paymentStates } from '#core/payments.ts';
import { inspectTree } from './inspect.ts';
import { compileTree, findRoutes } from './match.ts';
import type { RouteNode, RouteSettings } from './route.ts';
import { parseRouteTree, readRouteTree } from './schema.ts';
import {
  account,
  destination,
  noon,
  routeId,
  sampleAlert,
  sampleEntry,
  samplePayment as payment,
  sampleRoute as route,
} from './samples.ts';

const to = (...names: string[]) => ({ destinationIds: names.map(destination) });

let minted = 0;

/** A root that takes what its only child does not. */
function childWith(...matchers: object[]): RouteNode {
  const mintRouteId = () => {
    minted += 1;
    return routeId(String(minted));
  };
  const child = { name: 'child', matchers, destinationIds: ['dst_000c'] };
  const root = { name: 'root', destinationIds: ['dst_000r'], children: [child] };
  return parseRouteTree(root, { mintRouteId }).tree;
}

const toldOf = (tree: RouteNode, fact: Parameters<typeof findRoutes>[1]): string[] =>
  findRoutes(tree, fact, noon).map(({ destinationId }) => destinationId);

const isChild = (tree: RouteNode, fact: PaymentFact): boolean =>
  toldOf(tree, fact).includes('dst_000c');

describe('payments: matchers', () => {
  const rows: [string, object, Partial<PaymentFact>, boolean][] = [
    ['account', { kind: 'account', values: ['acc_000a'] }, {}, true],
    ['bank', { kind: 'bank', values: ['bri'] }, {}, false],
    ['currency', { kind: 'currency', values: ['IDR'] }, {}, true],
    ['amount', { kind: 'amount', bands: [{ currency: 'IDR', min: '1500000.01' }] }, {}, false],
    ['a payment goes out', { kind: 'direction', values: ['debit'] }, {}, true],
    ['a payment is no receipt', { kind: 'direction', values: ['credit'] }, {}, false],
    ['creditor', { kind: 'counterparty', how: 'equals', values: ['pt maju jaya'] }, {}, true],
    [
      'creditor’s account',
      { kind: 'counterparty', how: 'equals', values: ['9988776655'] },
      {},
      true,
    ],
    ['text', { kind: 'text', how: 'contains', values: ['inv-2026-11'] }, {}, true],
    ['end-to-end id', { kind: 'text', how: 'glob', values: ['20261123*117'] }, {}, true],
    [
      'the bank’s reference',
      { kind: 'text', how: 'contains', values: ['ft99'] },
      { bankReference: 'FT990001' },
      true,
    ],
    ['environment', { kind: 'environment', values: ['sandbox'] }, {}, false],
    ['payment state', { kind: 'paymentState', values: ['awaitingApproval', 'draft'] }, {}, true],
    ['another payment state', { kind: 'paymentState', values: ['settled'] }, {}, false],
    ['about payments', { kind: 'about', values: ['payment'] }, {}, true],
    ['about movements', { kind: 'about', values: ['movement'] }, {}, false],
    ['a payment has no state of a movement', { kind: 'state', values: ['booked'] }, {}, false],
    ['a payment has no source', { kind: 'source', values: ['push'] }, {}, false],
  ];
  it.each(rows)('%s', (_, matcher, changes, isMatch) => {
    expect(isChild(childWith(matcher), payment(changes))).toBe(isMatch);
    expect(isChild(childWith({ ...matcher, not: true }), payment(changes))).toBe(!isMatch);
  });

  it('a movement has no payment state and passes its negation', () => {
    const matcher = { kind: 'paymentState', values: [...paymentStates] };
    expect(toldOf(childWith(matcher), sampleEntry())).toEqual(['dst_000r']);
    expect(toldOf(childWith({ ...matcher, not: true }), sampleEntry())).toEqual(['dst_000c']);
  });

  it('a tree that says nothing of payments sends them where the debits of the account go', () => {
    const tree = childWith(
      { kind: 'account', values: ['acc_000a'] },
      { kind: 'direction', values: ['debit'] },
    );
    expect(toldOf(tree, payment())).toEqual(
      toldOf(tree, sampleEntry({ creditDebitIndicator: 'debit' })),
    );
  });

  it('alerts follow no route that asks for a topic', () => {
    const tree = childWith({ kind: 'about', values: ['payment'] });
    expect(toldOf(tree, sampleAlert({ accountId: account('a') }))).toEqual(['dst_000r']);
  });
});

describe('payments: who must hear', () => {
  const muteTimes = [{ from: '00:00', to: '23:59', zone: 'Asia/Jakarta' }] as const;
  const grouping = { by: ['account'], waitMs: 60_000, maximum: 9 } as const;
  const question = {
    sentAt: payment().at,
    attempts: 1,
    inquiries: 12,
    lastAnswer: '2001800 Pending',
  };
  const urgent: [string, Partial<PaymentFact>][] = [
    ['blocked', { state: 'blocked', code: 'payment.limitExceeded' }],
    ['blocked without a reason', { state: 'blocked' }],
    ['unknown with a question', { state: 'unknown', question }],
    ['rejected', { state: 'rejected' }],
    ['returned', { state: 'returned' }],
    ['voided', { state: 'voided' }],
  ];
  it.each(urgent)('%s is urgent, never muted and never grouped', (_, changes) => {
    const tree = route('root', { ...to('r'), settings: { muteTimes, grouping } });
    const [match] = findRoutes(tree, payment(changes), noon);
    expect(match).toMatchObject({ lane: 'urgent', routeId: 'rte_root' });
    expect(match).not.toHaveProperty('mutedUntilMs');
    expect(match).not.toHaveProperty('groupKey');
  });

  const calm: [string, Partial<PaymentFact>][] = [
    ...paymentStates
      .filter((state) => !['blocked', 'rejected', 'returned', 'voided'].includes(state))
      .map((state): [string, Partial<PaymentFact>] => [state, { state }]),
    ['blocked until the bank opens', { state: 'blocked', code: 'payment.railClosed' }],
    ['blocked until its day', { state: 'blocked', code: 'payment.notYetDue' }],
  ];
  it.each(calm)('%s waits as its route says', (_, changes) => {
    const tree = route('root', { ...to('r'), settings: { muteTimes, grouping } });
    const [match] = findRoutes(tree, payment(changes), noon);
    expect(match).toMatchObject({ lane: 'normal', groupKey: '["rte_root","acc_000a"]' });
    expect(match?.mutedUntilMs).toBeGreaterThan(noon.epochMilliseconds);
  });

  const silent = (root: Partial<RouteNode>) =>
    route('root', {
      ...root,
      children: [
        route('one', {
          matchers: [{ kind: 'account', values: [account('a')], isNegated: false }],
          ...to('c'),
          settings: { isSilent: true },
        }),
      ],
    });

  it('a silent route hands up what needs people, and nothing else', () => {
    const tree = silent(to('r'));
    expect(toldOf(tree, payment({ state: 'voided' }))).toEqual(['dst_000r']);
    expect(toldOf(tree, payment({ state: 'settled' }))).toEqual([]);
  });

  it('somebody hears of what needs people, also where nobody would', () => {
    expect(toldOf(silent({}), payment({ state: 'voided' }))).toEqual(['dst_000c']);
    const elsewhere = route('root', {
      ...to('r'),
      matchers: [{ kind: 'account', values: [account('z')], isNegated: false }],
    });
    expect(toldOf(elsewhere, payment({ state: 'voided' }))).toEqual(['dst_000r']);
    expect(toldOf(elsewhere, payment({ state: 'settled' }))).toEqual([]);
  });
});

describe('payments: the maker', () => {
  const context = {
    destinationOfPerson: (userId: string): DestinationId | undefined =>
      userId === 'user01' ? destination('m') : undefined,
  };
  const find = (settings: RouteSettings, fact = payment(), names = ['r']) =>
    compileTree(route('root', { ...to(...names), settings })).findRoutes(fact, noon, context);

  it('is told as well, in the manner of the route, without mention or group', () => {
    const grouping = { by: ['account'], waitMs: 60_000, maximum: 9 } as const;
    const settings = { language: 'id', detail: 'masked', mentions: ['138'], grouping } as const;
    expect(find(settings)[1]).toEqual({
      routeId: 'rte_root',
      destinationId: destination('m'),
      language: 'id',
      detail: 'masked',
      lane: 'normal',
      mentions: [],
    });
  });

  it('is told once, where the route names the maker’s own place', () => {
    expect(find({}, payment(), ['r', 'm'])).toHaveLength(2);
  });

  it('is not told where the route says so, is silent, or the maker is not known', () => {
    const { makerUserId: _unknown, ...nameless } = payment();
    for (const found of [
      find({ tellMaker: false }),
      find({}, nameless),
      find({}, payment({ makerUserId: 'user09' })),
    ]) {
      expect(found.map(({ destinationId }) => destinationId)).toEqual([destination('r')]);
    }
    expect(find({ isSilent: true })).toEqual([]);
  });

  it('is asked for only where a route would tell somebody', () => {
    const asks = (settings: RouteSettings, fact = payment()) =>
      compileTree(route('root', { ...to('r'), settings })).tellsMaker(fact, noon);
    expect([asks({}), asks({ tellMaker: false }), asks({ isSilent: true })]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('payments: the tree is checked', () => {
  it('a route that asks for a movement and a payment at once is warned of', () => {
    const rows: [object[], string[]][] = [
      [
        [
          { kind: 'paymentState', values: ['blocked'] },
          { kind: 'state', values: ['booked'] },
        ],
        ['contradiction'],
      ],
      [
        [
          { kind: 'about', values: ['movement'] },
          { kind: 'paymentState', values: ['blocked'] },
        ],
        ['contradiction'],
      ],
      [
        [
          { kind: 'about', values: ['payment'] },
          { kind: 'paymentState', values: ['blocked'] },
        ],
        [],
      ],
      [
        [
          { kind: 'about', values: ['movement'] },
          { kind: 'paymentState', values: ['blocked'], not: true },
        ],
        [],
      ],
    ];
    for (const [matchers, codes] of rows) {
      expect(inspectTree(childWith(...matchers)).map(({ code }) => code)).toEqual(codes);
    }
  });

  it('an unknown payment state is refused with the words that exist', () => {
    const reading = readRouteTree({
      routeId: 'rte_root',
      name: 'root',
      matchers: [{ kind: 'paymentState', values: ['paid'] }],
      settings: { tellMaker: true },
    });
    if (reading.ok) throw new Error('was accepted');
    expect(reading.problems).toMatchObject([{ path: 'matchers[0].values[0]' }]);
    expect(reading.problems[0]?.problem).toContain('awaitingApproval');
  });
});
