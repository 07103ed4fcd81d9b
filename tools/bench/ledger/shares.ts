/** How often each thing happens, in per mille of all cases, and what it is. */
export const shares = {
  reference: [310, 'one receipt or payment for one document, its number quoted somehow'],
  name: [150, 'one to one, no number; the name is there (one in ten quotes the order number)'],
  bare: [20, 'one to one, neither number nor a known name: only amount and date'],
  batchListed: [40, 'one receipt pays 2 to 12 documents and lists them (long lists are cut off)'],
  batchUnlisted: [35, 'one receipt pays 2 to 12 documents, the name only'],
  batchFee: [20, 'a batch minus a bank fee, half of them with a list'],
  creditNote: [15, 'one to three invoices minus a credit note, in one receipt'],
  feeDeducted: [30, 'one document minus a bank fee'],
  rounding: [10, 'one document, a little too much or too little'],
  exchange: [10, 'a document in US dollars, received in the currency of the account'],
  split: [25, 'one document in two or three transfers within days, which sum up exactly'],
  partial: [25, 'a first part; the rest follows in half of the cases'],
  instalments: [15, 'one document in three to six instalments, each minus a fee'],
  amountTransposed: [15, 'two digits of the amount changed places in the books'],
  referenceTransposed: [20, 'two digits of the quoted number changed places'],
  voidReissue: [15, 'an invoice voided and issued again; the new one is paid'],
  bankCorrection: [6, 'a credit that the bank takes back: the two cancel each other'],
  returned: [15, 'a payment returned by the bank; repeated in seven of ten cases'],
  duplicateReal: [20, 'two documents of one party over one amount, both paid'],
  duplicateBank: [10, 'paid twice, or delivered twice by the bank: one of the two stays open'],
  duplicateLedger: [10, 'one document entered twice: one of the two stays open'],
  unknownReceipt: [20, 'from somebody whom the books do not know'],
  recurring: [15, 'the same amount every month, two of five with a number'],
  priorBank: [20, 'settles something of an earlier period: not in the books'],
  priorLedger: [30, 'paid before or after the period: not in the statements'],
  internal: [20, 'between own accounts in one currency'],
  internalExchange: [10, 'between own accounts in two currencies'],
  bankCharge: [50, 'fees, interest and tax of the bank: nothing in the books'],
  equalAmounts: [30, 'two to four parties over one amount in one week (one in ten says nothing)'],
  similarNames: [30, 'two parties with names that resemble, half of the time over one amount'],
} as const satisfies Readonly<Record<string, readonly [perMille: number, meaning: string]>>;

export type CaseKind = keyof typeof shares;

export const caseKinds = Object.keys(shares) as readonly CaseKind[];

/** The shares as a table for `--help`. */
export function describeShares(): string {
  return caseKinds
    .map((kind) => {
      const [perMille, meaning] = shares[kind];
      return `  ${kind.padEnd(20)} ${(perMille / 10).toFixed(1).padStart(5)} %  ${meaning}`;
    })
    .join('\n');
}

/** The kind that a number in [0, 1) falls on. */
export function kindAt(position: number): CaseKind {
  let left = position * caseKinds.reduce((sum, kind) => sum + shares[kind][0], 0);
  for (const kind of caseKinds) {
    left -= shares[kind][0];
    if (left < 0) return kind;
  }
  return 'reference';
}
