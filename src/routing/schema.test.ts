import { describe, expect, it } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import { parseRouteTree, type PlainRoute, readRouteTree, toPlain } from './schema.ts';
import { routeId } from './samples.ts';

const plain: PlainRoute = {
  routeId: 'rte_root',
  name: 'Everybody',
  matchers: [],
  destinationIds: ['dst_0001'],
  continueMatching: false,
  settings: {
    language: 'id',
    grouping: { by: ['account'], waitMs: 30_000, maximum: 20 },
    muteTimes: [{ weekdays: ['sat'], from: '22:00', to: '07:00', zone: 'Asia/Jakarta' }],
  },
  children: [
    {
      routeId: 'rte_0002',
      name: 'Big',
      matchers: [
        { kind: 'account', values: ['acc_0001'] },
        { kind: 'amount', bands: [{ currency: 'IDR', min: '1500000.00' }], not: true },
        { kind: 'direction', values: ['credit'] },
        { kind: 'paymentState', values: ['blocked', 'unknown'], not: true },
        { kind: 'counterparty', how: 'glob', values: ['PT *'] },
        { kind: 'text', how: 'contains', values: ['INV'] },
        { kind: 'bank', values: ['bca'] },
        { kind: 'currency', values: ['IDR'] },
        { kind: 'hour', from: '09:00', to: '17:00', zone: 'Asia/Jakarta' },
      ],
      destinationIds: [],
      continueMatching: true,
      settings: {
        grouping: 'none',
        lane: 'urgent',
        isSilent: false,
        alerts: true,
        tellMaker: false,
      },
      children: [],
    },
  ],
};

const child = (changes: object) => ({
  ...plain,
  children: [{ routeId: 'rte_0002', name: 'x', ...changes }],
});

describe('schema', () => {
  it('reads and writes the same tree', () => {
    const { tree, warnings } = parseRouteTree(plain);
    expect(toPlain(tree)).toEqual(plain);
    expect(warnings).toEqual([]);
    expect(parseRouteTree(JSON.parse(JSON.stringify(toPlain(tree)))).tree).toEqual(tree);
  });

  it('gives ids to new routes when told how', () => {
    const { tree } = parseRouteTree({ name: 'new' }, { mintRouteId: () => routeId('new') });
    expect(tree.routeId).toBe(routeId('new'));
  });

  const matcher = (one: object) => child({ matchers: [one] });
  const muted = (...muteTimes: object[]) => child({ settings: { muteTimes } });
  const hours = { from: '09:00', to: '17:00', zone: 'Asia/Jakarta' };
  const m = 'children[0].matchers[0]';
  const rows: [string, unknown, string, string][] = [
    ['number as amount', matcher(amount({ min: 5 })), `${m}.bands[0].min`, 'in quotes'],
    ['amount with commas', matcher(amount({ min: '1,5' })), `${m}.bands[0]`, 'digits and a point'],
    ['too many decimals', matcher(amount({ min: '1.001' })), `${m}.bands[0]`, 'more decimals'],
    ['no end', matcher(amount({})), `${m}.bands[0]`, 'needs min, max or both'],
    ['upside down', matcher(amount({ min: '2', max: '1' })), `${m}.bands[0]`, 'swap'],
    ['negative', matcher(amount({ min: '-2' })), `${m}.bands[0]`, 'direction'],
    ['currency', matcher({ kind: 'currency', values: ['RPX'] }), `${m}.values[0]`, 'ISO 4217'],
    ['account id', matcher({ kind: 'account', values: ['x'] }), `${m}.values[0]`, 'acc_'],
    ['kind', matcher({ kind: 'colour' }), `${m}.kind`, 'must be one of account'],
    ['word', matcher({ kind: 'state', values: ['done'] }), `${m}.values[0]`, 'pending'],
    ['zone', matcher({ kind: 'hour', ...hours, zone: 'Jakarta' }), m, 'Asia/Jakarta'],
    ['hour', matcher({ kind: 'hour', ...hours, from: '9:00' }), m, 'HH:mm'],
    ['same hour', matcher({ kind: 'hour', ...hours, to: '09:00' }), m, '00:00 to 24:00'],
    ['field', child({ destination: 'x' }), 'children[0]', 'destination'],
    ['destination', child({ destinationIds: ['g'] }), 'children[0].destinationIds[0]', 'dst_'],
    ['same id', child({ routeId: 'rte_root' }), 'children[0].routeId', 'twice'],
    ['no id', { name: 'x' }, 'routeId', 'routeId'],
    [
      'always muted',
      muted({ ...hours, from: '00:00', to: '24:00' }),
      'children[0].settings.muteTimes',
      'isSilent',
    ],
    [
      'dates',
      muted({ ...hours, dates: [{ from: '2026-02-02', to: '2026-02-01' }] }),
      'children[0].settings.muteTimes[0]',
      'before they begin',
    ],
    [
      'day',
      muted({ ...hours, dates: [{ from: '2569-02-02', to: '2569-02-03' }] }),
      'children[0].settings.muteTimes[0]',
      'yyyy-MM-dd',
    ],
  ];
  it.each(rows)('refuses: %s', (_, input, path, part) => {
    const reading = readRouteTree(input);
    if (reading.ok) throw new Error('was accepted');
    expect(reading.problems).toHaveLength(1);
    expect(reading.problems[0]?.path).toBe(path);
    expect(reading.problems[0]?.problem).toContain(part);
  });

  it('throws the first problem and their number', () => {
    const bad = { kind: 'currency', values: ['RPX', 'IDR', 'QQQ'] };
    try {
      parseRouteTree(matcher(bad));
      expect.unreachable();
    } catch (error) {
      if (!isCashbellError(error, 'route.invalid')) throw error;
      expect(error.details).toMatchObject({ path: `${m}.values[0]`, count: 2 });
    }
  });

  it('refuses a tree that is too deep before walking into it', () => {
    let deep: object = { routeId: 'rte_0000', name: 'x' };
    for (let level = 0; level < 50_000; level += 1) deep = { name: 'x', children: [deep] };
    expect(readRouteTree(deep)).toMatchObject({ ok: false });
  });
});

function amount(band: object) {
  return { kind: 'amount', bands: [{ currency: 'IDR', ...band }] };
}
