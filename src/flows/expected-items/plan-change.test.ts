import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantFromMs } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { ExpectedItem } from '#store/expected-items.ts';
import type { StatedItem } from '#store/item-stated.ts';
import { planChange } from './plan-change.ts';
import { toNewItem } from './stated-item.ts';

const stated: StatedItem = {
  kind: 'invoice',
  creditDebitIndicator: 'credit',
  number: 'A-1',
  counterpartyName: 'Acme',
  currency: 'HKD',
  amount: '100.00',
  dueOn: '2026-12-01',
};

/** An item as its statement made it, of which so much is matched. */
function known(settledUnits: bigint, said: StatedItem = stated) {
  const made = toNewItem(said, { sourceKey: 'invoice:A-1' });
  const { amountMinorUnits } = made.amount;
  const at = instantFromMs(0);
  const item: ExpectedItem = {
    ...made,
    orgId: 'org_test1',
    itemId: 'itm_test1',
    counterpartyFold: 'ACME',
    description: '',
    settled: money(settledUnits, 'HKD'),
    open: money(amountMinorUnits - settledUnits, 'HKD'),
    state: settledUnits === amountMinorUnits ? 'closed' : 'open',
    version: 1,
    createdBy: 'test',
    createdAt: at,
    changedAt: at,
    closedAt: undefined,
  };
  return { item, stated: said };
}

function plan(settledUnits: bigint, now: Partial<StatedItem>, said: StatedItem = stated) {
  const planned = planChange(known(settledUnits, said), { ...said, ...now });
  if (planned.kind !== 'change') return planned.kind;
  const { rule, next } = planned.change;
  return [rule, next?.item.amount.amountMinorUnits, next?.state];
}

const open = (amount: string): StatedItem => ({ ...stated, open: amount });

describe('a new word of the source', () => {
  test.each<[string, bigint, Partial<StatedItem>, unknown, StatedItem?]>([
    ['the same again', 0n, {}, 'same'],
    ['another amount of nothing matched', 0n, { amount: '90.00' }, ['replace', 9000n, 'open']],
    ['another amount, part matched', 4000n, { amount: '90.00' }, ['openAdjusted', 9000n, 'open']],
    ['exactly what is matched', 4000n, { amount: '40.00' }, ['openAdjusted', 4000n, 'closed']],
    ['less than is matched', 4000n, { amount: '39.99' }, ['belowSettled', undefined, undefined]],
    ['more than was paid in full', 10000n, { amount: '120' }, ['openAdjusted', 12000n, 'open']],
    ['another day', 0n, { dueOn: '2026-12-09' }, ['replace', 10000n, 'open']],
    ['another day, part matched', 4000n, { dueOn: '2026-12-09' }, ['openAdjusted', 10000n, 'open']],
    ['another currency', 0n, { currency: 'USD' }, ['replace', 10000n, 'open']],
    [
      'another currency, part matched',
      1n,
      { currency: 'USD' },
      ['belowSettled', undefined, undefined],
    ],
    // Books that state what is open learn of payments from us, or from elsewhere.
    ['what we know already', 4000n, { open: '60.00' }, 'agrees', open('100.00')],
    ['less than we know', 4000n, { open: '50.00' }, ['openStated', 9000n, 'open'], open('100.00')],
    [
      'nothing, though nothing is matched',
      0n,
      { open: '0' },
      ['closes', 0n, 'cancelled'],
      open('100.00'),
    ],
    ['nothing, part matched', 4000n, { open: '0.00' }, ['closes', 4000n, 'closed'], open('100.00')],
    ['the whole as before', 4000n, { amount: '100.00' }, 'same', open('100.00')],
  ])('change: %s', (_name, settledUnits, now, expected, said) => {
    expect(plan(settledUnits, now, said)).toEqual(expected);
  });

  test('property: what is matched stays, and what is open never falls below nothing', () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(units, units, fc.option(units, { nil: undefined }), (settled, amount, left) => {
        const before = known(settled, { ...stated, amount: decimal(settled + 5n) });
        const now = { ...stated, amount: decimal(amount) };
        const planned = planChange(before, {
          ...now,
          ...(left === undefined ? {} : { open: decimal(left) }),
        });
        if (planned.kind !== 'change' || !planned.change.next) return;
        const { item, state } = planned.change.next;
        expect(item.amount.amountMinorUnits).toBeGreaterThanOrEqual(settled);
        expect(state).toBe(item.amount.amountMinorUnits === settled ? 'closed' : 'open');
      }),
    );
  });
});

function decimal(units: bigint): string {
  const text = units.toString().padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}
