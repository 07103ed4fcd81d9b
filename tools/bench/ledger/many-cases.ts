import { drawAmount, drawFee, partOf } from './amounts.ts';
import { draftItem, draftLine, drawDays, laterDay, minusFee, settleAll } from './case-parts.ts';
import type { Scene } from './case-parts.ts';
import { ledgerCase } from './ledger-case.ts';
import type { BankDraft, DraftAllocation, LedgerCase, LedgerDraft, Quote } from './ledger-case.ts';
import type { CaseKind } from './shares.ts';

/** How many documents a batch pays: mostly few. */
const BATCH_SIZES = [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8, 10, 12];

export function batchListedCase(scene: Scene): LedgerCase {
  return batch(scene, 'batchListed', { isListed: true, hasFee: false });
}

export function batchUnlistedCase(scene: Scene): LedgerCase {
  return batch(scene, 'batchUnlisted', { isListed: false, hasFee: false });
}

export function batchFeeCase(scene: Scene): LedgerCase {
  return batch(scene, 'batchFee', { isListed: scene.random.chance(0.5), hasFee: true });
}

function batch(
  scene: Scene,
  kind: CaseKind,
  { isListed, hasFee }: { readonly isListed: boolean; readonly hasFee: boolean },
): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const items = Array.from({ length: random.pick(BATCH_SIZES) }, () =>
    draftItem(scene, party, { dueDay: dueDay - random.whole(0, 28) }),
  );
  const full = items.reduce((sum, item) => sum + item.amount, 0n);
  const line = draftLine(items, {
    day,
    amount: hasFee ? minusFee(full, drawFee(random, party.account.currency)) : full,
    ...(isListed ? { quote: 'list' as const } : {}),
  });
  return ledgerCase(kind, { bank: [line], ledger: items, allocations: settleAll(line, items) });
}

export function creditNoteCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const invoices = Array.from({ length: random.whole(1, 3) }, () =>
    draftItem(scene, party, { dueDay: dueDay - random.whole(0, 14) }),
  );
  const [first] = invoices;
  if (first === undefined) throw new Error('a credit note belongs to an invoice');
  const creditNote: LedgerDraft = {
    ...draftItem(scene, party, { dueDay: dueDay - random.whole(0, 20) }),
    amount: -partOf(first.amount, random.whole(30, 400), first.currency),
    kind: 'creditNote',
  };
  const items = [...invoices, creditNote];
  const quote: { quote?: Quote } = random.chance(0.6) ? { quote: 'list' } : {};
  const line = draftLine(items, { day, ...quote });
  return ledgerCase('creditNote', {
    bank: [line],
    ledger: items,
    allocations: settleAll(line, items),
  });
}

export function splitCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const amount = drawAmount(random, party.account.currency) * 4n;
  const item = draftItem(scene, party, { dueDay, amount });
  const quote: { quote?: Quote } = random.chance(0.7) ? { quote: 'number' } : {};
  const parts = random.chance(0.7) ? [random.whole(300, 800)] : [random.whole(250, 450), 300];
  return inParts('split', item, {
    parts: exactParts(item, parts),
    days: [0, ...parts].map((_part, index) => laterDay(party, day, index * random.whole(0, 1))),
    line: quote,
  });
}

export function partialCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const share = random.pick([300, 500, 500, 700, random.whole(100, 900)]);
  const parts = exactParts(item, [share]);
  const hasRest = random.chance(0.5);
  // Of a part alone, without a number, nobody could say what it is a part of.
  const quote: { quote?: Quote } = !hasRest || random.chance(0.6) ? { quote: 'number' } : {};
  return inParts('partial', item, {
    parts: hasRest ? parts : parts.slice(0, 1),
    days: [day, laterDay(party, day, random.whole(7, 45))],
    line: quote,
  });
}

/** Each part comes a month or a week after the last one, and a bank takes its fee each time. */
export function instalmentsCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const amount = drawAmount(random, party.account.currency) * 3n;
  const item = draftItem(scene, party, { dueDay, amount });
  const count = random.whole(3, 6);
  const step = random.pick([7, 14, 30]);
  const parts = exactParts(
    item,
    Array.from({ length: count - 1 }, () => Math.floor(1000 / count)),
  );
  return inParts('instalments', item, {
    parts,
    days: parts.map((_part, index) => laterDay(party, day, index * step)),
    fee: drawFee(random, item.currency),
    line: random.chance(0.8) ? { quote: 'number' } : {},
  });
}

interface Parts {
  readonly parts: readonly bigint[];
  readonly days: readonly number[];
  readonly fee?: bigint;
  readonly line: { quote?: Quote };
}

function inParts(kind: CaseKind, item: LedgerDraft, wish: Parts): LedgerCase {
  const settledParts = wish.parts.map((part, index): DraftAllocation => {
    const amount = minusFee(part, wish.fee ?? 0n);
    const day = wish.days[index] ?? item.dueDay;
    const bank: BankDraft = draftLine([item], { day, amount, ...wish.line });
    return { bank, ledger: item, amount: part };
  });
  return ledgerCase(kind, {
    bank: settledParts.map(({ bank }) => bank),
    ledger: [item],
    allocations: settledParts,
  });
}

/** The stated parts of a document and what is left of it. */
function exactParts(item: LedgerDraft, perMille: readonly number[]): bigint[] {
  const parts = perMille.map((share) => partOf(item.amount, share, item.currency));
  return [...parts, item.amount - parts.reduce((sum, part) => sum + part, 0n)];
}
