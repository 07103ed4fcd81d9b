import { describe, expect, it } from 'vitest';
import { inspectTree } from './inspect.ts';
import { parseRouteTree } from './schema.ts';
import { routeId, sampleRoute as route } from './samples.ts';

let minted = 0;

/** Warnings of a tree whose root has a destination, as `code path`. */
function warningsOf(children: readonly object[], root: object = {}): string[] {
  const mintRouteId = () => {
    minted += 1;
    return routeId(String(minted));
  };
  const input = { name: 'root', destinationIds: ['dst_0001'], ...root, children };
  const { warnings } = parseRouteTree(input, { mintRouteId });
  return warnings.map((warning) => `${warning.code} ${warning.path}`.trim());
}

const matching = (...matchers: object[]) => ({ name: 'x', matchers });
const idr = (min: string, max: string) => ({
  kind: 'amount',
  bands: [{ currency: 'IDR', min, max }],
});
const account = (...values: string[]) => ({ kind: 'account', values });

describe('inspect', () => {
  const rows: [string, string[], string[]][] = [
    ['a sound tree', warningsOf([matching(account('acc_0001'))]), []],
    ['nobody anywhere', warningsOf([], { destinationIds: [] }), ['emptyTree', 'noDestination']],
    ['silent on purpose', warningsOf([{ name: 'x', settings: { isSilent: true } }]), []],
    [
      'a root with matchers',
      warningsOf([], { matchers: [account('acc_0001')] }),
      ['rootHasMatchers'],
    ],
    [
      'after one that takes all',
      warningsOf([{ name: 'a' }, { name: 'b' }]),
      ['unreachable children[1]'],
    ],
    [
      'after one that lets others match',
      warningsOf([{ name: 'a', continueMatching: true }, { name: 'b' }]),
      [],
    ],
    [
      'after a wider list',
      warningsOf([matching(account('acc_0001', 'acc_0002')), matching(account('acc_0002'))]),
      ['unreachable children[1]'],
    ],
    [
      'after a narrower list',
      warningsOf([matching(account('acc_0002')), matching(account('acc_0001', 'acc_0002'))]),
      [],
    ],
    [
      'after a wider band',
      warningsOf([matching(idr('1', '100')), matching(idr('5', '100'))]),
      ['unreachable children[1]'],
    ],
    [
      'accounts that exclude each other',
      warningsOf([{ ...matching(account('acc_0001')), children: [matching(account('acc_0002'))] }]),
      ['contradiction children[0].children[0]'],
    ],
    [
      'bands that exclude each other',
      warningsOf([{ ...matching(idr('1', '5')), children: [matching(idr('6', '9'))] }]),
      ['impossibleBand children[0].children[0]'],
    ],
    [
      'a band in another currency',
      warningsOf([matching(idr('1', '5'), { kind: 'currency', values: ['HKD'] })]),
      ['impossibleBand children[0]'],
    ],
    [
      'urgent with grouping',
      warningsOf([
        { name: 'x', settings: { lane: 'urgent', grouping: { by: [], waitMs: 1, maximum: 2 } } },
      ]),
      ['groupingWithoutEffect children[0]'],
    ],
    [
      'alerts without a root destination',
      warningsOf([{ name: 'x', destinationIds: ['dst_0002'] }], { destinationIds: [] }),
      ['alertsReachNobody'],
    ],
  ];
  it.each(rows)('%s', (_, found, wanted) => {
    expect(found).toEqual(wanted);
  });

  it('names a zone that the machine no longer knows', () => {
    const muteTimes = [{ from: '01:00', to: '02:00', zone: 'Mars/Base' }];
    expect(
      inspectTree(route('root', { settings: { muteTimes } })).map((one) => one.code),
    ).toContain('unknownZone');
  });
});
