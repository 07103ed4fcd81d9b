import {
  drawFee,
  drawListPrice,
  drawRounding,
  exchange,
  printedText,
  transposeAmount,
} from './amounts.ts';
import { FIRST_DAY, LAST_DAY } from './calendar.ts';
import { draftItem, draftLine, drawDays, laterDay, minusFee, settleAll } from './case-parts.ts';
import type { Scene } from './case-parts.ts';
import { ledgerCase } from './ledger-case.ts';
import type { BankDraft, LedgerCase, LedgerDraft, Quote } from './ledger-case.ts';
import type { Party } from './parties.ts';
import type { CaseKind } from './shares.ts';

/** One document and one line of the bank that settles it, whatever the two amounts are. */
function settled(kind: CaseKind, item: LedgerDraft, line: BankDraft): LedgerCase {
  return ledgerCase(kind, { bank: [line], ledger: [item], allocations: settleAll(line, [item]) });
}

export function referenceCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const share = scene.random.next();
  const payer = share < 0.06 ? 'other' : share < 0.2 ? 'none' : 'self';
  return settled('reference', item, draftLine([item], { day, payer, quote: 'number' }));
}

export function nameCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const quote: { quote?: Quote } = scene.random.chance(0.1) ? { quote: 'purchaseOrder' } : {};
  return settled('name', item, draftLine([item], { day, ...quote }));
}

export function bareCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const payer = scene.random.chance(0.5) ? 'other' : 'none';
  return settled('bare', item, draftLine([item], { day, payer }));
}

export function feeDeductedCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const amount = minusFee(item.amount, drawFee(scene.random, item.currency));
  return settled('feeDeducted', item, draftLine([item], { day, amount, ...oftenQuoted(scene) }));
}

export function roundingCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const amount = item.amount + drawRounding(scene.random, item.currency);
  return settled('rounding', item, draftLine([item], { day, amount, ...oftenQuoted(scene) }));
}

/** The books are in dollars, the account is not; the bank prints the rate in seven of ten cases. */
export function exchangeCase(scene: Scene): LedgerCase {
  const party = drawParty(scene, ({ account }) => account.currency !== 'USD');
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay, currency: 'USD' });
  const { amount, rate } = exchange(scene.random, item, party.account.currency);
  const isPrinted = scene.random.chance(0.7);
  const note = isPrinted ? `USD ${printedText(item.amount, 'USD')} @${rate}` : '';
  const quote: { quote?: Quote } =
    !isPrinted || scene.random.chance(0.5) ? { quote: 'number' } : {};
  return settled('exchange', item, draftLine([item], { day, amount, note, ...quote }));
}

export function amountTransposedCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const amount = transposeAmount(scene.random, item.amount, item.currency);
  if (amount === undefined) return amountTransposedCase(scene);
  const line = draftLine([item], { day, amount, ...oftenQuoted(scene) });
  return settled('amountTransposed', item, line);
}

export function referenceTransposedCase(scene: Scene): LedgerCase {
  const party = scene.book.draw(scene.random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const payer = scene.random.chance(0.7) ? 'self' : 'none';
  const line = draftLine([item], { day, payer, quote: 'transposed' });
  return settled('referenceTransposed', item, line);
}

export function duplicateRealCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const first = draftItem(scene, party, { dueDay });
  const apart = random.pick([0, 0, 2, 7, 14, 30]);
  const second = { ...draftItem(scene, party, { dueDay: dueDay + apart }), amount: first.amount };
  const quote: { quote?: Quote } = random.chance(0.6) ? { quote: 'number' } : {};
  const lines = [
    draftLine([first], { day, ...quote }),
    draftLine([second], {
      day: laterDay(party, day, Math.max(apart, random.whole(0, 2))),
      ...quote,
    }),
  ] as const;
  return ledgerCase('duplicateReal', {
    bank: lines,
    ledger: [first, second],
    allocations: [...settleAll(lines[0], [first]), ...settleAll(lines[1], [second])],
    // Who pays the same twice without a word pays either of two that are due together.
    sameLedger: quote.quote === undefined && apart <= 2 ? [[first, second]] : [],
  });
}

export function duplicateBankCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const line = draftLine([item], { day, ...oftenQuoted(scene) });
  const isDeliveredTwice = random.chance(0.5);
  const again: BankDraft = isDeliveredTwice
    ? { ...line, copyOf: line }
    : { ...line, day: laterDay(party, day, random.whole(2, 10)) };
  return ledgerCase('duplicateBank', {
    bank: [line, again],
    ledger: [item],
    allocations: settleAll(line, [item]),
    sameBank: isDeliveredTwice ? [[line, again]] : [],
  });
}

export function duplicateLedgerCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const isRewritten = random.chance(0.5);
  const again: LedgerDraft = { ...item, copyOf: { draft: item, isRewritten } };
  const line = draftLine([item], { day, ...oftenQuoted(scene) });
  return ledgerCase('duplicateLedger', {
    bank: [line],
    ledger: [item, again],
    allocations: settleAll(line, [item]),
    // Entered once more in another spelling, it is still the same document.
    sameLedger: [[item, again]],
  });
}

/** Rent, a subscription, a retainer: the same amount every month, each paid soon after it is due. */
export function recurringCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const amount = drawListPrice(random, party.account.currency);
  const firstDue = FIRST_DAY + random.whole(0, 25);
  const quote: { quote?: Quote } = random.chance(0.4) ? { quote: 'number' } : {};
  const months = [0, 30, 61].map((offset) => {
    const item = draftItem(scene, party, { dueDay: firstDue + offset, amount });
    const day = laterDay(party, firstDue + offset, random.whole(0, 6));
    return { item, line: draftLine([item], { day, ...quote }) };
  });
  const paid = months.filter(({ line }) => line.day <= LAST_DAY);
  return ledgerCase('recurring', {
    bank: paid.map(({ line }) => line),
    ledger: months.map(({ item }) => item),
    allocations: paid.flatMap(({ item, line }) => settleAll(line, [item])),
  });
}

/** Two to four parties with one amount in one week; what each says decides, if it says anything. */
export function equalAmountsCase(scene: Scene): LedgerCase {
  const { random } = scene;
  const first = drawParty(scene, ({ role }) => role === 'customer');
  const others = Array.from({ length: random.whole(1, 3) }, () =>
    drawParty(scene, (one) => one.role === first.role && one.account === first.account),
  );
  const amount = drawListPrice(random, first.account.currency);
  return severalOverOneAmount('equalAmounts', scene, [...new Set([first, ...others])], () => ({
    amount,
    silent: 0.1,
    quoted: 0.45,
  }));
}

/** Two parties whose names resemble each other, with one amount or each with its own. */
export function similarNamesCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const pair = random.pick(book.lookalikes);
  const amount = drawListPrice(random, pair[0].account.currency);
  const isSame = random.chance(0.5);
  return severalOverOneAmount('similarNames', scene, pair, () => ({
    ...(isSame ? { amount } : {}),
    silent: 0,
    quoted: 0.4,
  }));
}

interface Voice {
  readonly amount?: bigint;
  /** The share that says neither name nor number. */
  readonly silent: number;
  readonly quoted: number;
}

function severalOverOneAmount(
  kind: CaseKind,
  scene: Scene,
  parties: readonly Party[],
  voiceOf: () => Voice,
): LedgerCase {
  const { random } = scene;
  const [leader] = parties;
  if (leader === undefined) throw new Error('a trap needs a party');
  const { day, dueDay } = drawDays(scene, leader);
  const settledOnes = parties.map((party) => {
    const { silent, quoted, ...wish } = voiceOf();
    const item = draftItem(scene, party, { dueDay: dueDay + random.whole(0, 5), ...wish });
    const share = random.next();
    const line = draftLine([item], {
      day: laterDay(party, day, random.whole(0, 5)),
      payer: share < silent ? 'none' : 'self',
      ...(share >= silent && share < silent + quoted ? { quote: 'number' as const } : {}),
    });
    return { item, line };
  });
  return ledgerCase(kind, {
    bank: settledOnes.map(({ line }) => line),
    ledger: settledOnes.map(({ item }) => item),
    allocations: settledOnes.flatMap(({ item, line }) => settleAll(line, [item])),
  });
}

/** Quoted in six of ten cases, else the name alone. */
function oftenQuoted({ random }: Scene): { quote?: Quote } {
  return random.chance(0.6) ? { quote: 'number' } : {};
}

function drawParty({ random, book }: Scene, isWanted: (party: Party) => boolean): Party {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const party = book.draw(random);
    if (isWanted(party)) return party;
  }
  return book.parties.find(isWanted) ?? book.draw(random);
}
