import type { z } from 'zod';
import type { ChangeChoice } from '#core/item-changes.ts';
import type { Language } from '#core/languages.ts';
import { addStated } from '#flows/expected-items/add-stated.ts';
import type { StatedInput } from '#flows/expected-items/add-stated.ts';
import type { Taken } from '#flows/expected-items/take-items.ts';
import { translate } from '#i18n/messages.ts';
import type { ExpectedItem } from '#store/expected-items.ts';
import { mayDo } from '#store/grants.ts';
import type { ItemChange } from '#store/item-changes.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { AddedItemWire, ItemChangeWire, ItemWire } from '../contract/items.ts';
import { viewerOf } from './matching.ts';
import { toMoneyWire } from './payments.ts';
import { problemsError } from './refusal.ts';

/** Who states items, and in which language they are told. */
export interface Stater {
  readonly orgId: string;
  readonly actor: string;
  readonly language: Language;
}

/** Expects what is stated, and tells what became of each statement in its order. */
export async function stateItems(
  services: Pick<AdminServices, 'pool' | 'now'>,
  inputs: readonly StatedInput[],
  changes: ChangeChoice,
  { language, ...by }: Stater,
): Promise<z.infer<typeof AddedItemWire>[]> {
  const added = await addStated(services, { ...by, inputs, changes });
  if (!added.isValid) {
    const isList = inputs.length > 1;
    const problems = added.problems.map(({ place, field, problem }) => ({
      field: isList ? `items.${place}.${field}` : field,
      problem,
    }));
    throw problemsError('api.invalid', problems);
  }
  return toAdded(added.taken, inputs.length, language);
}

function toAdded(
  { created, known, changes }: Taken,
  count: number,
  language: Language,
): z.infer<typeof AddedItemWire>[] {
  const byPlace = new Map<number, z.infer<typeof AddedItemWire>>();
  for (const { row, itemId } of created) byPlace.set(row, { outcome: 'created', itemId });
  for (const { row, itemId } of known) {
    byPlace.set(row, { outcome: 'known', ...(itemId === undefined ? {} : { itemId }) });
  }
  for (const { row, itemId, changeId, rule, isApplied } of changes) {
    const outcome = isApplied ? 'changeApplied' : 'changeProposed';
    const explanation = translate(language, `items.rule.${rule}`);
    byPlace.set(row, { outcome, itemId, changeId, explanation });
  }
  return Array.from({ length: count }, (_one, place) => byPlace.get(place) ?? { outcome: 'known' });
}

/** Whether somebody may read an item in full. */
export type MayReadItem = (item: ExpectedItem) => boolean;

/** The operator on the machine and machines read all that their token's scope gives. */
export const readsAll: MayReadItem = () => true;

/** A person reads items who manages them, or who may read or match what would settle them. */
export async function itemReaderOf(
  services: Pick<AdminServices, 'pool' | 'now'>,
  caller: { readonly orgId: string; readonly personId?: string | undefined },
): Promise<MayReadItem> {
  const { orgId, personId } = caller;
  if (personId === undefined) return readsAll;
  const { pool } = services;
  const at = services.now();
  if (await mayDo(pool, { orgId, personId, action: 'item.manage', at })) return readsAll;
  const viewer = await viewerOf(pool, { orgId, personId, language: 'en', at });
  return ({ accountId, amount }) => viewer.mayRead(accountId, amount);
}

export function toItemWire(item: ExpectedItem, mayRead: MayReadItem): z.infer<typeof ItemWire> {
  return mayRead(item) ? toFullWire(item) : toMaskedWire(item);
}

function toMaskedWire(item: ExpectedItem): z.infer<typeof ItemWire> {
  return {
    isMasked: true,
    itemId: item.itemId,
    kind: item.kind,
    creditDebitIndicator: item.creditDebitIndicator,
    state: item.state,
    description: '',
    dueOn: item.dueOn?.toString(),
    issuedOn: item.issuedOn?.toString(),
    source: item.source,
    version: item.version,
    createdBy: item.createdBy,
    createdAt: item.createdAt.toString(),
    changedAt: item.changedAt.toString(),
    closedAt: item.closedAt?.toString(),
  };
}

function toFullWire(item: ExpectedItem): z.infer<typeof ItemWire> {
  const { orgId: _org, counterpartyFold: _fold, sourceKey: _key, ...rest } = item;
  return {
    ...rest,
    isMasked: false,
    amount: toMoneyWire(item.amount),
    amountMin: item.amountMin && toMoneyWire(item.amountMin),
    settled: toMoneyWire(item.settled),
    open: toMoneyWire(item.open),
    issuedOn: item.issuedOn?.toString(),
    dueOn: item.dueOn?.toString(),
    createdAt: item.createdAt.toString(),
    changedAt: item.changedAt.toString(),
    closedAt: item.closedAt?.toString(),
  };
}

export function toItemChangeWire(
  change: ItemChange,
  language: Language,
): z.infer<typeof ItemChangeWire> {
  const { orgId: _org, stated: _stated, proposedAt, decidedAt, ...rest } = change;
  return {
    ...rest,
    explanation: translate(language, `items.rule.${change.rule}`),
    before: { ...change.before },
    after: { ...change.after },
    proposedAt: proposedAt.toString(),
    decidedAt: decidedAt?.toString(),
  };
}
