import type { KnownDocument, Statement, StatedItem } from '#store/item-stated.ts';
import type { ItemProblem } from './import-words.ts';
import { planChange } from './plan-change.ts';
import type { PlannedChange } from './plan-change.ts';
import { isAnythingOpen, isNumberless, isSameStatement } from './stated-item.ts';

/** A statement with the place at which it was made: a row of a file, or a place in a list. */
export interface StatedRow {
  readonly row: number;
  readonly documentKey: string;
  readonly stated: StatedItem;
}

export interface PlannedInsert extends StatedRow {
  readonly sourceKey: string;
}

export interface PlannedItemChange extends StatedRow {
  readonly known: KnownDocument;
  readonly change: PlannedChange;
}

export interface ItemPlan {
  readonly inserts: readonly PlannedInsert[];
  /** Rows that say nothing new. */
  readonly known: readonly { readonly row: number; readonly itemId: string | undefined }[];
  readonly changes: readonly PlannedItemChange[];
  /** What is to be remembered as said, though nothing of the item changes. */
  readonly agreed: readonly Statement[];
}

/**
 * Rows of one document: instalments differ in their due day. A row that says the same as another is
 * a slip, and so is one that says something else of the same document and day.
 */
export function splitRepeats(
  rows: readonly StatedRow[],
  columnOfNumber: string,
): { readonly good: readonly StatedRow[]; readonly problems: readonly ItemProblem[] } {
  const seen = new Map<string, StatedRow>();
  const good: StatedRow[] = [];
  const problems: ItemProblem[] = [];
  for (const one of rows) {
    const { row, documentKey, stated } = one;
    const key = `${documentKey}@${stated.dueOn ?? ''}`;
    const first = isNumberless(documentKey) ? undefined : seen.get(key);
    if (!first) {
      seen.set(key, one);
      good.push(one);
      continue;
    }
    const code = isSameStatement(first.stated, stated) ? 'rowRepeated' : 'numberRepeated';
    const values = { row: String(first.row), text: stated.number ?? '' };
    problems.push({ row, column: columnOfNumber, code, values });
  }
  return { good, problems };
}

/** Decides for each row whether it is new, known or changed. Nothing is written here. */
export function planItems(
  rows: readonly StatedRow[],
  documents: readonly KnownDocument[],
): ItemPlan {
  const known = groupBy(documents, ({ documentKey }) => documentKey);
  const plan: Writable = { inserts: [], known: [], changes: [], agreed: [] };
  for (const [documentKey, group] of groupBy(rows, (row) => row.documentKey)) {
    planDocument(group, known.get(documentKey) ?? [], plan);
  }
  return plan;
}

interface Writable {
  readonly inserts: PlannedInsert[];
  readonly known: { readonly row: number; readonly itemId: string | undefined }[];
  readonly changes: PlannedItemChange[];
  readonly agreed: Statement[];
}

function planDocument(
  rows: readonly StatedRow[],
  documents: readonly KnownDocument[],
  plan: Writable,
): void {
  const free = new Set(documents);
  const left: StatedRow[] = [];
  for (const row of rows) {
    const same = [...free].find(({ stated }) => stated.dueOn === row.stated.dueOn);
    if (!same) left.push(row);
    else {
      free.delete(same);
      compare(row, same, plan);
    }
  }
  // One row and one item that are left speak of each other: its due day was moved.
  const [only, another] = left;
  const [before, other] = free;
  if (only && before && !another && !other && !isNumberless(only.documentKey)) {
    compare(only, before, plan);
    return;
  }
  const isAlone = documents.length === 0 && rows.length === 1;
  left.forEach((row, index) => {
    if (!isAnythingOpen(row.stated)) plan.known.push({ row: row.row, itemId: undefined });
    else plan.inserts.push({ ...row, sourceKey: sourceKeyOf(row, index, documents, isAlone) });
  });
}

/** A document that is one item has its own key; instalments add their day, equal lines a number. */
function sourceKeyOf(
  { documentKey, stated }: StatedRow,
  index: number,
  documents: readonly KnownDocument[],
  isAlone: boolean,
): string {
  if (isNumberless(documentKey)) return `${documentKey}#${documents.length + index + 1}`;
  return isAlone ? documentKey : `${documentKey}@${stated.dueOn ?? ''}`;
}

function compare(row: StatedRow, known: KnownDocument, plan: Writable): void {
  const { itemId } = known.item;
  const planned = planChange(known, row.stated);
  if (planned.kind === 'change') {
    plan.changes.push({ ...row, known, change: planned.change });
    return;
  }
  plan.known.push({ row: row.row, itemId });
  if (planned.kind === 'agrees') {
    plan.agreed.push({ itemId, documentKey: row.documentKey, stated: row.stated });
  }
}

function groupBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
