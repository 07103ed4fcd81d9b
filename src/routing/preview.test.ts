import { describe, expect, it } from 'vitest';
import { addMs } from '#core/dates.ts';
import { compareTrees, whoWouldBeTold } from './preview.ts';
import type { RouteNode } from './route.ts';
import { account, at, destination, noon, sampleEntry, sampleRoute as route } from './samples.ts';

const entries = (count: number, gapMs: number) =>
  Array.from({ length: count }, (_, index) =>
    sampleEntry({ seenAt: addMs(at('2026-11-01T00:00:00+07:00'), index * gapMs) }),
  );
const root = (changes: Partial<RouteNode> = {}) =>
  route('root', { destinationIds: [destination('r')], ...changes });

describe('preview', () => {
  it('routes each fact at the time at which it was seen', () => {
    const muteTimes = [{ from: '22:00', to: '07:00', zone: 'Asia/Jakarta' }];
    const tree = root({ settings: { muteTimes } });
    const isMuted = (now: typeof noon | 'whenSeen') =>
      whoWouldBeTold(tree, entries(1, 0), now)[0]?.matches[0]?.mutedUntilMs !== undefined;
    expect([isMuted('whenSeen'), isMuted(noon)]).toEqual([true, false]);
  });

  it('shows added, removed and changed deliveries and leaves out the rest', () => {
    const other = sampleEntry({ accountId: account('b') });
    const after = root({
      children: [
        route('b', {
          matchers: [{ kind: 'account', values: [account('b')], isNegated: false }],
          destinationIds: [destination('x')],
        }),
      ],
    });
    const moved = compareTrees(root(), after, [sampleEntry(), other]);
    expect(moved.facts).toHaveLength(1);
    expect(moved.facts[0]?.added.map((one) => one.destinationId)).toEqual([destination('x')]);
    expect(moved.facts[0]?.removed.map((one) => one.destinationId)).toEqual([destination('r')]);
    const spoken = compareTrees(root(), root({ settings: { language: 'th' } }), [other]);
    expect(spoken.facts[0]?.changed[0]?.fields).toEqual(['language']);
    expect(compareTrees(root(), root(), [other]).facts).toEqual([]);
  });

  it('estimates messages a month, before and after grouping', () => {
    const grouping = { by: ['account'], waitMs: 3_600_000, maximum: 100 } as const;
    const facts = entries(96, 1_800_000);
    const pairs = root({ settings: { grouping: { ...grouping, maximum: 2 } } });
    expect(compareTrees(root(), pairs, facts).destinations[0]?.after.messages).toBe(48);
    const spanMs = 2 * 86_400_000;
    const made = compareTrees(root(), root({ settings: { grouping } }), facts, { spanMs });
    // Every half hour for two days; a group holds its first hour: three notices.
    expect(made.destinations).toEqual([
      {
        destinationId: destination('r'),
        before: { notices: 96, messages: 96, messagesPerMonth: 1_440 },
        after: { notices: 96, messages: 32, messagesPerMonth: 480 },
      },
    ]);
  });
});
