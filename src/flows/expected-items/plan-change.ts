import type { ChangeRule } from '#core/item-changes.ts';
import { formatDecimal, money, parseMoney } from '#core/money.ts';
import type { ExpectedItem, ItemState, NewItem } from '#store/expected-items.ts';
import type { ChangedFields } from '#store/item-changes.ts';
import type { StatedItem } from '#store/item-stated.ts';
import { isSameStatement, toNewItem } from './stated-item.ts';

/** What a new word of the source would make of an item. */
export interface PlannedChange {
  readonly rule: ChangeRule;
  readonly before: ChangedFields;
  readonly after: ChangedFields;
  /** Absent where the rule forbids it. */
  readonly next: { readonly item: NewItem; readonly state: ItemState } | undefined;
}

export type ChangePlan =
  | { readonly kind: 'same' }
  /** The source says something else, and the item is so already: its match was booked there too. */
  | { readonly kind: 'agrees' }
  | { readonly kind: 'change'; readonly change: PlannedChange };

/**
 * Compares what a source says now with what it said before and with what matching has made of the
 * item since. What is matched stays matched; only what is open moves.
 */
export function planChange(
  known: { readonly item: ExpectedItem; readonly stated: StatedItem },
  now: StatedItem,
): ChangePlan {
  if (isSameStatement(known.stated, now)) return { kind: 'same' };
  const { item } = known;
  const amounts = planAmount(known, now);
  const settledUnits = item.settled.amountMinorUnits;
  const next =
    amounts.rule === 'belowSettled'
      ? undefined
      : {
          item: {
            ...toNewItem({ ...now, open: undefined }, item),
            amount: money(amounts.units, amounts.rule ? now.currency : item.amount.currency),
            amountMin: boundOf(now, amounts.units),
          },
          state: stateOf(amounts, settledUnits, item.state),
        };
  const { before, after } = difference(item, now, next);
  if (Object.keys(after).length === 0 && amounts.rule === undefined) return { kind: 'agrees' };
  const rule = amounts.rule ?? (settledUnits > 0n ? 'openAdjusted' : 'replace');
  return { kind: 'change', change: { rule, before, after, next } };
}

interface PlannedAmount {
  /** Absent: the amount stays. */
  readonly rule: ChangeRule | undefined;
  readonly units: bigint;
}

function planAmount(
  { item, stated }: { readonly item: ExpectedItem; readonly stated: StatedItem },
  now: StatedItem,
): PlannedAmount {
  const settled = item.settled.amountMinorUnits;
  const units = parseMoney(now.amount, now.currency).amountMinorUnits;
  const open =
    now.open === undefined ? undefined : parseMoney(now.open, now.currency).amountMinorUnits;
  const stays: PlannedAmount = { rule: undefined, units: item.amount.amountMinorUnits };
  if (now.currency !== item.amount.currency) {
    return { rule: settled > 0n ? 'belowSettled' : 'replace', units: open ?? units };
  }
  if (open !== undefined) {
    if (open === item.open.amountMinorUnits || now.open === stated.open) return stays;
    if (open === 0n) return { rule: 'closes', units: settled };
    if (settled === 0n) return { rule: 'replace', units: open };
    return { rule: 'openStated', units: settled + open };
  }
  if (now.amount === stated.amount) return stays;
  if (settled === 0n) return { rule: 'replace', units };
  return units < settled ? { rule: 'belowSettled', units } : { rule: 'openAdjusted', units };
}

function stateOf({ rule, units }: PlannedAmount, settled: bigint, state: ItemState): ItemState {
  if (rule === 'closes') return settled > 0n ? 'closed' : 'cancelled';
  if (rule === undefined && state === 'cancelled') return 'open';
  return units > settled ? 'open' : 'closed';
}

function boundOf({ amountMin, currency }: StatedItem, units: bigint): NewItem['amountMin'] {
  if (amountMin === undefined) return undefined;
  const min = parseMoney(amountMin, currency);
  return min.amountMinorUnits <= units ? min : undefined;
}

/** The fields that would change, as people read them. */
function difference(
  item: ExpectedItem,
  now: StatedItem,
  next: PlannedChange['next'],
): Pick<PlannedChange, 'before' | 'after'> {
  const before: Record<string, string> = {};
  const after: Record<string, string> = {};
  const add = (field: string, old: string | undefined, fresh: string | undefined): void => {
    if ((old ?? '') === (fresh ?? '')) return;
    before[field] = old ?? '';
    after[field] = fresh ?? '';
  };
  const amount = next ? formatDecimal(next.item.amount) : now.amount;
  const open = next
    ? formatDecimal(
        money(next.item.amount.amountMinorUnits - item.settled.amountMinorUnits, now.currency),
      )
    : undefined;
  add('currency', item.amount.currency, now.currency);
  add('amount', formatDecimal(item.amount), amount);
  if (open !== undefined) add('open', formatDecimal(item.open), open);
  add('amountMin', item.amountMin && formatDecimal(item.amountMin), now.amountMin);
  add('kind', item.kind, now.kind);
  add('creditDebitIndicator', item.creditDebitIndicator, now.creditDebitIndicator);
  add('number', item.number, now.number);
  add('counterpartyName', item.counterpartyName, now.counterpartyName);
  add('counterpartyKey', item.counterpartyKey, now.counterpartyKey);
  add('counterpartyAccount', item.counterpartyAccount, plainAccount(now, item));
  add('issuedOn', item.issuedOn?.toString(), now.issuedOn);
  add('dueOn', item.dueOn?.toString(), now.dueOn);
  add('creditorReference', item.creditorReference, now.creditorReference);
  add('virtualAccount', item.virtualAccount, now.virtualAccount);
  add('endToEndId', item.endToEndId, now.endToEndId);
  add('description', item.description, now.description);
  add('accountId', item.accountId, now.accountId);
  return { before, after };
}

/** An item keeps the account folded; a mere way of writing it is no change. */
function plainAccount(now: StatedItem, item: ExpectedItem): string | undefined {
  const { counterpartyAccount: account } = now;
  const folded = account
    ?.normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
  return folded === item.counterpartyAccount ? item.counterpartyAccount : account;
}
