import type { Random } from '../../harness/random.ts';
import { drawAmount, drawFee, exchange } from './amounts.ts';
import { businessDayFrom, drawPaymentDay, FIRST_DAY, LAST_DAY } from './calendar.ts';
import { draftItem, draftLine, drawDays, laterDay, settleAll, signed } from './case-parts.ts';
import type { Scene } from './case-parts.ts';
import { ledgerCase } from './ledger-case.ts';
import type { BankDraft, LedgerCase, LedgerDraft, Quote } from './ledger-case.ts';
import { transactionId } from './narratives.ts';
import { ownAccounts } from './own-accounts.ts';
import type { Market, OwnAccount } from './own-accounts.ts';

/** The voided document and its void cancel each other; what is paid is the new one. */
export function voidReissueCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day, dueDay } = drawDays(scene, party);
  const old = draftItem(scene, party, { dueDay: dueDay - random.whole(0, 10) });
  const voiding: LedgerDraft = {
    ...old,
    amount: -old.amount,
    issueDay: old.issueDay + random.whole(0, 5),
    kind: 'void',
    voids: old,
  };
  const corrected = random.chance(0.6)
    ? old.amount
    : signed(party, drawAmount(random, old.currency));
  const isRenumbered = random.chance(0.4);
  const fresh: LedgerDraft = {
    ...draftItem(scene, party, { dueDay }),
    amount: corrected,
    ...(isRenumbered ? {} : { replaces: old }),
  };
  // Three in ten customers still quote the number that they were first sent.
  const quoted = random.chance(0.3) ? old : fresh;
  const quote: { quote?: Quote } = random.chance(0.7) ? { quote: 'number' } : {};
  const line: BankDraft = { ...draftLine([fresh], { day, ...quote }), quotes: [quoted] };
  return ledgerCase('voidReissue', {
    bank: [line],
    ledger: [old, voiding, fresh],
    allocations: settleAll(line, [fresh]),
    ledgerPairs: [[old, voiding]],
  });
}

const returnWords: Readonly<Record<Market, readonly string[]>> = {
  ID: ['RETUR', 'PENGEMBALIAN DANA', 'REV BI-FAST'],
  HK: ['RETURN PAYMENT', 'RTN CHATS'],
  CN: ['退汇', '退款'],
  AE: ['RETURNED FUNDS', 'RTN TRF'],
  KW: ['RETURNED FUNDS'],
  VN: ['HOAN TRA', 'HOAN TIEN'],
};

/** A payment comes back: the account was closed or misspelt. */
export function returnedCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = { ...book.draw(random), role: 'supplier' as const };
  const { day, dueDay } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay });
  const { market } = party.account;
  const quote: { quote?: Quote } = random.chance(0.6) ? { quote: 'number' } : {};
  const bankReference = transactionId(random, day);
  const first = draftLine([item], { day, bankReference, ...quote });
  const backDay = laterDay(party, day, random.whole(1, 4));
  const back: BankDraft = {
    ...draftLine([item], { day: backDay, amount: -item.amount, ...quote }),
    note: random.pick(returnWords[market]),
    ...(random.chance(0.6) ? { bankReference } : {}),
  };
  if (!random.chance(0.7)) {
    return ledgerCase('returned', {
      bank: [first, back],
      ledger: [item],
      bankPairs: [[first, back]],
    });
  }
  const again = draftLine([item], { day: laterDay(party, backDay, random.whole(1, 6)), ...quote });
  return ledgerCase('returned', {
    bank: [first, back, again],
    ledger: [item],
    allocations: settleAll(again, [item]),
    bankPairs: [[first, back]],
  });
}

/** Settles what was closed long ago or is booked elsewhere. */
export function priorBankCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const { day } = drawDays(scene, party);
  // Its document gets a number like any other, and is then left out of the books.
  const item = draftItem(scene, party, { dueDay: FIRST_DAY - random.whole(5, 120) });
  const quote: { quote?: Quote } = random.chance(0.5) ? { quote: 'number' } : {};
  const line = draftLine([item], { day: Math.min(day, LAST_DAY), ...quote });
  return ledgerCase('priorBank', { bank: [line] });
}

/** Somebody whom the books do not know sends money, with few words or with wrong ones. */
export function unknownReceiptCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = { ...book.drawStranger(random), role: 'customer' as const };
  const { day } = drawDays(scene, party);
  const item = draftItem(scene, party, { dueDay: day - random.whole(0, 30) });
  const isOwner = random.chance(0.3);
  const quote: { quote?: Quote } = random.chance(0.2) ? { quote: 'purchaseOrder' } : {};
  const line = draftLine([item], { day, payer: isOwner ? 'other' : 'self', ...quote });
  return ledgerCase('unknownReceipt', { bank: [line] });
}

const correctionWords: Readonly<Record<Market, readonly string[]>> = {
  ID: ['KOREKSI', 'REVERSAL'],
  HK: ['CORRECTION', 'REVERSAL'],
  CN: ['冲正', '更正'],
  AE: ['REVERSAL', 'ERROR CORRECTION'],
  KW: ['REVERSAL'],
  VN: ['DIEU CHINH', 'HUY GD'],
};

/** The bank credits what belongs to somebody else, and takes it back within days. */
export function bankCorrectionCase({ random }: Scene): LedgerCase {
  const account = random.pick(ownAccounts);
  const { market } = account;
  const day = drawPaymentDay(random, market);
  const amount = drawAmount(random, account.currency);
  const reference = transactionId(random, day);
  const wrong: BankDraft = {
    day,
    amount,
    account,
    payer: 'none',
    quotes: [],
    fixed: { text: `TRF ${random.whole(100_000, 999_999)}`, counterparty: '' },
    bankReference: reference,
  };
  const words = random.pick(correctionWords[market]);
  const back: BankDraft = {
    ...wrong,
    day: businessDayFrom(market, day + random.whole(0, 2)),
    amount: -amount,
    fixed: { text: random.chance(0.6) ? `${words} ${reference}` : words, counterparty: '' },
    bankReference: random.chance(0.5) ? reference : '',
  };
  return ledgerCase('bankCorrection', { bank: [wrong, back], bankPairs: [[wrong, back]] });
}

/** Paid in a statement before this one, or not yet. */
export function priorLedgerCase(scene: Scene): LedgerCase {
  const { random, book } = scene;
  const party = book.draw(random);
  const dueDay = random.chance(0.5)
    ? FIRST_DAY - random.whole(1, 40)
    : LAST_DAY - random.whole(-20, 25);
  return ledgerCase('priorLedger', { ledger: [draftItem(scene, party, { dueDay })] });
}

export function internalCase(scene: Scene): LedgerCase {
  return transfer(scene, 'internal');
}

export function internalExchangeCase(scene: Scene): LedgerCase {
  return transfer(scene, 'internalExchange');
}

const transferWords: Readonly<Record<Market, readonly string[]>> = {
  ID: ['PINDAH BUKU', 'OVERBOOKING', 'TRF DANA INTERNAL'],
  HK: ['INTERNAL TRANSFER', 'FUND TRF'],
  CN: ['内部转账', '资金调拨'],
  AE: ['OWN ACCOUNT TRANSFER', 'FUNDS TRF'],
  KW: ['OWN ACCOUNT TRANSFER'],
  VN: ['CHUYEN TIEN NOI BO', 'DIEU CHUYEN VON'],
};

function transfer(scene: Scene, kind: 'internal' | 'internalExchange'): LedgerCase {
  const { random } = scene;
  const [from, to] = drawAccounts(random, kind === 'internal');
  const day = drawPaymentDay(random, from.market);
  const amount = drawAmount(random, from.currency) * BigInt(random.whole(1, 8));
  const isAbroad = from.market !== to.market;
  const converted =
    from.currency === to.currency
      ? undefined
      : exchange(random, { amount, currency: from.currency }, to.currency);
  const arrived = converted?.amount ?? amount;
  // A bank on the way takes something from one transfer in five that leaves the country.
  const fee = isAbroad && random.chance(0.2) ? drawFee(random, to.currency) : 0n;
  const arrival = businessDayFrom(to.market, day + (isAbroad ? random.whole(0, 2) : 0));
  const rate = converted && random.chance(0.5) ? ` RATE ${converted.rate}` : '';
  const out = ownLine(random, { from, to, day, amount: -amount, rate });
  const into = ownLine(random, { from: to, to: from, day: arrival, amount: arrived - fee, rate });
  return ledgerCase(kind, { bank: [out, into], bankPairs: [[out, into]] });
}

function drawAccounts(random: Random, isOneCurrency: boolean): readonly [OwnAccount, OwnAccount] {
  for (;;) {
    const from = random.pick(ownAccounts);
    const to = random.pick(ownAccounts);
    if (from !== to && (from.currency === to.currency) === isOneCurrency) return [from, to];
  }
}

interface OwnLine {
  readonly from: OwnAccount;
  readonly to: OwnAccount;
  readonly day: number;
  readonly amount: bigint;
  readonly rate: string;
}

/** Mostly the other account is named; one bank in five says no more than that it is a transfer. */
function ownLine(random: Random, { from, to, day, amount, rate }: OwnLine): BankDraft {
  const isNamed = random.chance(0.8);
  const words = random.pick(transferWords[from.market]);
  const text = `${words} ${isNamed ? to.number : ''}${rate}`.trim();
  return {
    day,
    amount,
    account: from,
    payer: 'none',
    quotes: [],
    fixed: { text, counterparty: random.chance(0.6) ? to.company.toUpperCase() : '' },
    ...(random.chance(0.5) ? { bankReference: transactionId(random, day) } : {}),
  };
}

const charges: Readonly<Record<Market, readonly (readonly [text: string, sign: bigint])[]>> = {
  ID: [
    ['BIAYA ADM', -1n],
    ['BUNGA', 1n],
    ['PAJAK BUNGA', -1n],
    ['BIAYA TXN BI-FAST', -1n],
    ['MATERAI', -1n],
  ],
  HK: [
    ['SERVICE CHARGE', -1n],
    ['CREDIT INTEREST', 1n],
    ['CHATS CHARGE', -1n],
    ['LOW BAL FEE', -1n],
  ],
  CN: [
    ['手续费', -1n],
    ['结息', 1n],
    ['账户管理费', -1n],
  ],
  AE: [
    ['MONTHLY FEE', -1n],
    ['VAT ON CHARGES', -1n],
    ['رسوم تحويل', -1n],
    ['PROFIT CREDIT', 1n],
  ],
  KW: [
    ['TRANSFER COMMISSION', -1n],
    ['عمولة', -1n],
    ['INTEREST CREDIT', 1n],
  ],
  VN: [
    ['PHI DICH VU', -1n],
    ['LAI TIEN GUI', 1n],
    ['THU PHI SMS', -1n],
  ],
};

export function bankChargeCase({ random }: Scene): LedgerCase {
  const account = random.pick(ownAccounts);
  const day = drawPaymentDay(random, account.market);
  const [text, sign] = random.pick(charges[account.market]);
  const amount = sign * drawFee(random, account.currency) * BigInt(random.whole(1, 9));
  const line: BankDraft = {
    day,
    amount,
    account,
    payer: 'none',
    quotes: [],
    fixed: { text, counterparty: '' },
  };
  return ledgerCase('bankCharge', { bank: [line] });
}
