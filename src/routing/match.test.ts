import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryFact } from '#core/events.ts';
import { parseMoney } from '#core/money.ts';
import { compileTree, findRoutes, type RouteMatch } from './match.ts';
import type { Matcher, RouteNode } from './route.ts';
import {
  account,
  at,
  connection,
  destination,
  noon,
  sampleAlert as alert,
  sampleEntry as entry,
  sampleRoute as route,
} from './samples.ts';

const to = (...names: string[]) => ({ destinationIds: names.map(destination) });
const only = (...matchers: Matcher[]) => ({ matchers });
const accounts = (...names: string[]): Matcher => ({
  kind: 'account',
  isNegated: false,
  values: names.map(account),
});
const text = (how: 'contains' | 'glob', ...values: string[]): Matcher => ({
  kind: 'text',
  how,
  values,
  isNegated: false,
});
const party = (how: 'contains' | 'equals' | 'glob', ...values: string[]): Matcher => ({
  kind: 'counterparty',
  how,
  values,
  isNegated: false,
});
const band = (currency: 'IDR' | 'HKD', min?: string, max?: string): Matcher => ({
  kind: 'amount',
  isNegated: false,
  bands: [
    {
      currency,
      ...(min && { min: parseMoney(min, currency) }),
      ...(max && { max: parseMoney(max, currency) }),
    },
  ],
});
const word = (
  kind: 'direction' | 'state' | 'environment' | 'source',
  ...values: string[]
): Matcher => ({
  kind,
  values,
  isNegated: false,
});
const office: Matcher = {
  kind: 'hour',
  isNegated: false,
  weekdays: ['mon', 'fri'],
  from: '22:00',
  to: '06:00',
  zone: 'Asia/Jakarta',
};

function told(tree: RouteNode, fact = entry(), now = noon): string[] {
  return findRoutes(tree, fact, now).map((match) =>
    match.destinationId.slice(4).replace(/^0+/, ''),
  );
}

describe('match: one matcher', () => {
  const rows: [string, Matcher, Partial<EntryFact>, boolean][] = [
    ['account of the list', accounts('a', 'b'), {}, true],
    ['account of another', accounts('b'), {}, false],
    ['bank', { kind: 'bank', values: ['bca'], isNegated: false }, {}, true],
    ['direction', word('direction', 'debit'), {}, false],
    ['state', word('state', 'booked', 'reversed'), {}, true],
    ['environment', word('environment', 'sandbox'), {}, false],
    ['source', word('source', 'push'), {}, true],
    ['currency', { kind: 'currency', values: ['HKD'], isNegated: false }, {}, false],
    ['band with both ends included: low', band('IDR', '1500000.00', '2000000'), {}, true],
    ['band with both ends included: high', band('IDR', undefined, '1500000.00'), {}, true],
    ['one minor unit below', band('IDR', '1500000.01'), {}, false],
    ['a band of another currency never matches', band('HKD', '1.00'), {}, false],
    ['text in another case', text('contains', 'inv-2026'), {}, true],
    [
      'full-width digits in the entry',
      text('contains', '2026'),
      { remittanceInformation: '請求書２０２６' },
      true,
    ],
    ['full-width pattern', text('contains', 'ＩＮＶ－2026'), {}, true],
    ['CJK part', text('contains', '貨款'), { remittanceInformation: '支付十月貨款' }, true],
    [
      'invisible mark inside',
      text('contains', 'inv12'),
      { remittanceInformation: 'INV\u200f12' },
      true,
    ],
    ['text in a reference', text('contains', 'fx99'), { endToEndId: 'FX990001' }, true],
    ['glob covers the whole field', text('glob', 'INV-????-??'), {}, false],
    ['glob with stars', text('glob', '*inv-????-??*'), {}, true],
    [
      'glob one character of an emoji',
      text('glob', 'a?b'),
      { remittanceInformation: 'a🙂b' },
      true,
    ],
    [
      'signs of regular expressions are plain',
      text('contains', '(a+)+$'),
      { remittanceInformation: 'aaaa' },
      false,
    ],
    ['counterparty contains', party('contains', 'maju'), {}, true],
    ['counterparty equals', party('equals', 'pt  MAJU jaya'), {}, true],
    ['counterparty equals is not contains', party('equals', 'maju'), {}, false],
    ['counterparty by account number', party('equals', '9988776655'), {}, true],
    ['counterparty glob', party('glob', 'PT * Jaya'), {}, true],
    ['hour outside', office, {}, false],
  ];
  it.each(rows)('%s', (_, matcher, changes, isMatch) => {
    const tree = route('root', { ...only(matcher), ...to('x') });
    expect(told(tree, entry(changes)).length > 0).toBe(isMatch);
    const negated = route('root', { ...only({ ...matcher, isNegated: true }), ...to('x') });
    expect(told(negated, entry(changes)).length > 0).toBe(!isMatch);
  });

  it('an absent counterparty matches no counterparty', () => {
    const { counterparty: _, ...fact } = entry();
    expect(told(route('root', { ...only(party('glob', '*')), ...to('x') }), fact)).toEqual([]);
  });

  const hours: [string, string, boolean][] = [
    ['Monday 22:00 begins', '2026-11-23T22:00:00+07:00', true],
    ['Monday 21:59 is before', '2026-11-23T21:59:00+07:00', false],
    ['Tuesday 05:59 belongs to Monday', '2026-11-24T05:59:00+07:00', true],
    ['Tuesday 06:00 is after', '2026-11-24T06:00:00+07:00', false],
    ['Monday 05:59 would belong to Sunday', '2026-11-23T05:59:00+07:00', false],
  ];
  it.each(hours)('hours past midnight: %s', (_, moment, isMatch) => {
    const tree = route('root', { ...only(office), ...to('x') });
    expect(told(tree, entry(), at(moment)).length > 0).toBe(isMatch);
  });
});

describe('match: the tree', () => {
  const children = [
    route('one', { ...only(accounts('a')), ...to('a') }),
    route('two', { ...only(word('direction', 'credit')), ...to('b') }),
  ];

  it('the first child that matches wins, unless it lets others match', () => {
    expect(told(route('root', { ...to('r'), children }))).toEqual(['a']);
    const [one, two] = children;
    if (!one || !two) throw new Error('two children');
    const open = [{ ...one, continueMatching: true }, two];
    expect(told(route('root', { ...to('r'), children: open }))).toEqual(['a', 'b']);
  });

  it('a node none of whose children match takes the fact itself', () => {
    const tree = route('root', { ...to('r'), children });
    const fact = entry({ accountId: account('z'), creditDebitIndicator: 'debit' });
    expect(told(tree, fact)).toEqual(['r']);
  });

  it('a destination is told once, by the first route that names it', () => {
    const open = children.map((one) => ({ ...one, ...to('same'), continueMatching: true }));
    const found = findRoutes(route('root', { children: open }), entry(), noon);
    expect(found.map((match) => match.routeId)).toEqual([children[0]?.routeId]);
  });

  it('settings and destinations come from above, each by itself; silence is explicit', () => {
    const tree = route('root', {
      ...to('r'),
      settings: { language: 'id', detail: 'masked', mentions: ['1380000'] },
      children: [route('one', { ...only(accounts('a')), settings: { lane: 'urgent' } })],
    });
    expect(findRoutes(tree, entry(), noon)).toEqual([
      {
        routeId: 'rte_0one',
        destinationId: destination('r'),
        language: 'id',
        detail: 'masked',
        lane: 'urgent',
        mentions: ['1380000'],
      },
    ]);
    const silent = route('one', { ...only(accounts('a')), settings: { isSilent: true } });
    expect(told(route('root', { ...to('r'), children: [silent] }))).toEqual([]);
  });

  it('grouping names what is grouped by, and urgent notices have none', () => {
    const grouping = { by: ['account', 'currency'], waitMs: 1_000, maximum: 9 } as const;
    const find = (lane: 'normal' | 'urgent'): RouteMatch | undefined =>
      findRoutes(route('root', { ...to('r'), settings: { grouping, lane } }), entry(), noon)[0];
    expect(find('normal')).toMatchObject({
      groupKey: '["rte_root","acc_000a","IDR"]',
      groupWaitMs: 1_000,
      groupMaximum: 9,
    });
    expect(find('urgent')).not.toHaveProperty('groupKey');
  });

  it('a muted route says until when', () => {
    const muteTimes = [{ from: '11:00', to: '13:00', zone: 'Asia/Jakarta' }];
    const tree = compileTree(route('root', { ...to('r'), settings: { muteTimes } }));
    const until = (moment: string) => tree.findRoutes(entry(), at(moment))[0]?.mutedUntilMs;
    expect(until('2026-11-23T10:59:59+07:00')).toBeUndefined();
    expect(until('2026-11-23T11:00:00+07:00')).toBe(
      at('2026-11-23T13:00:00+07:00').epochMilliseconds,
    );
    expect(until('2026-11-23T13:00:00+07:00')).toBeUndefined();
    expect(until('2026-11-23T12:00:00+07:00')).toBeDefined();
  });
});

describe('match: alerts', () => {
  const muteTimes = [{ from: '00:00', to: '23:59', zone: 'Asia/Jakarta' }];
  const tree = route('root', {
    ...to('r'),
    settings: { muteTimes },
    children: [
      route('big', { ...only(accounts('a'), band('IDR', '1')), ...to('boss') }),
      route('a', { ...only(accounts('a')), ...to('a') }),
      route('b', { ...only(accounts('b')), ...to('b'), settings: { alerts: false } }),
      route('c', { ...only(accounts('c')), ...to('c'), settings: { isSilent: true } }),
      route('bank', { ...only({ kind: 'bank', values: ['dbs'], isNegated: false }), ...to('dbs') }),
    ],
  });
  const directory = {
    accountsOf: (id: string) => (id === connection('bca') ? [account('a'), account('b')] : []),
    connectionOf: () => connection('bca'),
    bankIdOf: (id: string) => (id === connection('dbs') ? 'dbs' : 'bca'),
  };
  const rows: [string, Parameters<typeof alert>[0], string[]][] = [
    ['without account the root is told', {}, ['r']],
    ['its account, not routes about movements', { accountId: account('a') }, ['a']],
    ['a route that takes none hands it up', { accountId: account('b') }, ['r']],
    ['a silent route hands it up', { accountId: account('c') }, ['r']],
    ['a connection concerns its accounts', { connectionId: connection('bca') }, ['a', 'r']],
    ['a connection by its bank', { connectionId: connection('dbs') }, ['dbs']],
  ];
  it.each(rows)('%s', (_, changes, names) => {
    const found = compileTree(tree).findRoutes(alert(changes), noon, { directory });
    expect(found.map((one) => one.destinationId)).toEqual(names.map(destination));
    for (const one of found) {
      expect(one.lane).toBe('urgent');
      expect(one).not.toHaveProperty('mutedUntilMs');
    }
  });

  it('somebody is told even where the root has nobody', () => {
    const only1 = route('root', {
      children: [route('one', { ...only(accounts('a')), ...to('x') })],
    });
    expect(findRoutes(only1, alert(), noon)).toHaveLength(1);
  });
});

describe('match: the index', () => {
  const wide = (count: number) =>
    route('root', {
      ...to('r'),
      children: Array.from({ length: count }, (_, index) =>
        route(`r${index}`, { ...only(accounts(`n${index}`)), ...to(`d${index}`) }),
      ),
    });

  it('a thousand siblings by account cost as much as one', () => {
    const work = { nodes: 0, matchers: 0 };
    const fact = entry({ accountId: account('n999') });
    const found = compileTree(wide(1_000)).findRoutes(fact, noon, { work });
    expect(found[0]?.destinationId).toBe(destination('d999'));
    expect(work).toEqual({ nodes: 2, matchers: 1 });
  });

  it('five hundred routes without any account look at each once', () => {
    const children = Array.from({ length: 500 }, (_, index) =>
      route(`r${index}`, { ...only(band('HKD', '1'), text('contains', 'x')), ...to('x') }),
    );
    const work = { nodes: 0, matchers: 0 };
    compileTree(route('root', { ...to('r'), children })).findRoutes(entry(), noon, { work });
    expect(work).toEqual({ nodes: 501, matchers: 500 });
  });

  it('finds what a search without index finds', () => {
    const matcher = fc.oneof(
      fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((names) => accounts(...names)),
      fc.constantFrom<Matcher>(
        { kind: 'bank', values: ['bca'], isNegated: false },
        { kind: 'bank', values: ['dbs'], isNegated: false },
        word('direction', 'credit'),
      ),
    );
    const node = fc.record({
      matchers: fc.array(
        fc.tuple(matcher, fc.boolean()).map(([one, isNegated]) => ({ ...one, isNegated })),
        { maxLength: 2 },
      ),
      continueMatching: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(node, fc.array(node, { maxLength: 4 })), { maxLength: 6 }),
        fc.constantFrom('a', 'b', 'z'),
        (nodes, name) => {
          const children = nodes.map(([one, below], index) =>
            route(`n${index}`, {
              ...one,
              ...to(`d${index}`),
              children: below.map((child, at2) =>
                route(`n${index}x${at2}`, { ...child, ...to(`d${index}x${at2}`) }),
              ),
            }),
          );
          const tree = route('root', { ...to('r'), children });
          const fact = entry({ accountId: account(name) });
          const found = findRoutes(tree, fact, noon).map((match) => match.routeId);
          expect(found).toEqual(plainSearch(tree, fact)?.map((one) => one.routeId));
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});

/** The rule as alertmanager words it, without index and without inheritance. */
function plainSearch(node: RouteNode, fact: EntryFact): RouteNode[] | undefined {
  const isMatch = node.matchers.every((matcher) => {
    const alone = route('alone', { matchers: [matcher], ...to('x') });
    return findRoutes(alone, fact, noon).length > 0;
  });
  if (!isMatch) return undefined;
  const found: RouteNode[] = [];
  for (const child of node.children) {
    const below = plainSearch(child, fact);
    if (!below) continue;
    found.push(...below);
    if (!child.continueMatching) break;
  }
  return found.length > 0 ? found : [node];
}
