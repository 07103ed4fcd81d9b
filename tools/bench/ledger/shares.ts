/**
 * How often each thing happens, what it is, and why so often. Nobody publishes the composition of
 * statements, so most shares are judgement; what is known sets the frame:
 * - a match by number and exact amount should settle less than 60 % of the lines, because only one
 *   team in four applies more than 60 % of its receipts without hands (AFP, quoted by HighRadius);
 * - payers combine documents, take deductions and pay old differences along (Aite Group, 2013);
 * - banks are called to order when 3 % of an originator's debits come back for wrong account data
 *   (Nacha Operating Rules, administrative return rate), so returns are about half of that;
 * - the rest are errors and traps, raised on purpose above what an office sees, so that 2,000 lines
 *   hold a dozen of each and a change in one of them can be measured.
 */
export const shares = {
  reference: [310, 'one line for one document, its number quoted somehow', 'frame'],
  name: [150, 'one to one, no number; the name is there (one in ten quotes our order)', 'frame'],
  bare: [20, 'one to one, neither number nor a known name: only amount and date', 'judgement'],
  batchListed: [
    40,
    'one line pays 2 to 12 documents, lists them (long lists are cut off)',
    'frame',
  ],
  batchUnlisted: [35, 'one line pays 2 to 12 documents, the name only', 'frame'],
  batchFee: [20, 'a batch minus a bank fee, half of them with a list', 'judgement'],
  creditNote: [15, 'one to three invoices minus a credit note, in one line', 'frame'],
  feeDeducted: [30, 'one document minus a bank fee', 'judgement'],
  rounding: [10, 'one document, a little too much or too little', 'judgement'],
  exchange: [10, 'a document in US dollars, received in the currency of the account', 'judgement'],
  split: [25, 'one document in two or three transfers within days, to the last unit', 'judgement'],
  partial: [25, 'a first part; the rest follows in half of the cases', 'frame'],
  instalments: [15, 'one document in three to six instalments, each minus a fee', 'judgement'],
  amountTransposed: [15, 'two digits of the amount changed places in the books', 'raised'],
  referenceTransposed: [20, 'two digits of the quoted number changed places', 'raised'],
  voidReissue: [15, 'an invoice voided and issued again; the new one is paid', 'raised'],
  bankCorrection: [6, 'a credit that the bank takes back: the two cancel each other', 'raised'],
  returned: [15, 'a payment that came back; repeated in seven of ten cases', 'frame'],
  duplicateReal: [20, 'two documents of one party over one amount, both paid', 'raised'],
  duplicateBank: [10, 'paid twice, or delivered twice: one of the two stays open', 'raised'],
  duplicateLedger: [10, 'one document entered twice: one of the two stays open', 'raised'],
  unknownReceipt: [20, 'from somebody whom the books do not know', 'judgement'],
  recurring: [15, 'the same amount every month, two of five with a number', 'judgement'],
  priorBank: [20, 'settles something of an earlier period: not in the books', 'judgement'],
  priorLedger: [30, 'paid before or after the period: not in the statements', 'judgement'],
  internal: [20, 'between own accounts in one currency', 'judgement'],
  internalExchange: [10, 'between own accounts in two currencies', 'judgement'],
  bankCharge: [50, 'fees, interest and tax of the bank: nothing in the books', 'judgement'],
  equalAmounts: [30, 'two to four parties, one amount, one week (one in ten is silent)', 'raised'],
  similarNames: [30, 'two parties whose names resemble, half of them over one amount', 'raised'],
} as const satisfies Readonly<
  Record<
    string,
    readonly [perMille: number, meaning: string, why: 'frame' | 'judgement' | 'raised']
  >
>;

export type CaseKind = keyof typeof shares;

export const caseKinds = Object.keys(shares).filter(isCaseKind);

const whole = caseKinds.reduce((sum, kind) => sum + shares[kind][0], 0);

function isCaseKind(text: string): text is CaseKind {
  return text in shares;
}

/** The shares as a table for people. */
export function describeShares(): string {
  return caseKinds
    .map((kind) => {
      const [part, meaning, why] = shares[kind];
      const percent = ((100 * part) / whole).toFixed(1).padStart(5);
      return `  ${kind.padEnd(20)} ${percent} %  ${why.padEnd(9)}  ${meaning}`;
    })
    .join('\n');
}

/** The kind that a number in [0, 1) falls on. */
export function kindAt(position: number): CaseKind {
  let left = position * whole;
  for (const kind of caseKinds) {
    left -= shares[kind][0];
    if (left < 0) return kind;
  }
  return 'reference';
}
