import type { Scene } from './case-parts.ts';
import { FIRST_DAY, LAST_DAY } from './calendar.ts';
import type { BankDraft, LedgerCase } from './ledger-case.ts';
import * as many from './many-cases.ts';
import * as oneSided from './one-sided-cases.ts';
import * as oneToOne from './one-to-one-cases.ts';
import { kindAt } from './shares.ts';
import type { CaseKind } from './shares.ts';

const makers: Readonly<Record<CaseKind, (scene: Scene) => LedgerCase>> = {
  reference: oneToOne.referenceCase,
  name: oneToOne.nameCase,
  bare: oneToOne.bareCase,
  batchListed: many.batchListedCase,
  batchUnlisted: many.batchUnlistedCase,
  batchFee: many.batchFeeCase,
  creditNote: many.creditNoteCase,
  feeDeducted: oneToOne.feeDeductedCase,
  rounding: oneToOne.roundingCase,
  exchange: oneToOne.exchangeCase,
  split: many.splitCase,
  partial: many.partialCase,
  instalments: many.instalmentsCase,
  amountTransposed: oneToOne.amountTransposedCase,
  referenceTransposed: oneToOne.referenceTransposedCase,
  voidReissue: oneSided.voidReissueCase,
  bankCorrection: oneSided.bankCorrectionCase,
  returned: oneSided.returnedCase,
  duplicateReal: oneToOne.duplicateRealCase,
  duplicateBank: oneToOne.duplicateBankCase,
  duplicateLedger: oneToOne.duplicateLedgerCase,
  unknownReceipt: oneSided.unknownReceiptCase,
  recurring: oneToOne.recurringCase,
  priorBank: oneSided.priorBankCase,
  priorLedger: oneSided.priorLedgerCase,
  internal: oneSided.internalCase,
  internalExchange: oneSided.internalExchangeCase,
  bankCharge: oneSided.bankChargeCase,
  equalAmounts: oneToOne.equalAmountsCase,
  similarNames: oneToOne.similarNamesCase,
};

/** Kinds whose later lines may come after the statements end, and are then simply not there. */
const openEnded: ReadonlySet<CaseKind> = new Set(['partial', 'instalments', 'split']);

/** One thing that happens, all of it inside the statements. */
export function makeCase(scene: Scene): LedgerCase {
  const kind = kindAt(scene.random.next());
  for (;;) {
    const made = makers[kind](scene);
    if (made.bank.every(isInside)) return made;
    if (openEnded.has(kind) && made.bank.some(isInside) && made.bank.every(isQuoted)) {
      return withoutLater(made);
    }
  }
}

function isInside({ day }: BankDraft): boolean {
  return day >= FIRST_DAY && day <= LAST_DAY;
}

/** A part without a number can only be told by the other parts. */
function isQuoted({ quote }: BankDraft): boolean {
  return quote !== undefined;
}

function withoutLater(made: LedgerCase): LedgerCase {
  return {
    ...made,
    bank: made.bank.filter(isInside),
    allocations: made.allocations.filter(({ bank }) => isInside(bank)),
  };
}
