import { describe, expect, test } from 'vitest';
import { parsePlainDate } from './dates.ts';
import { parseMoney } from './money.ts';
import { findPaymentOfEntry, possibleReferences } from './payment-links.ts';
import type { LinkablePayment } from './payment-links.ts';
import type { EntryReport } from './statements.ts';

const OURS = '218332800000000017';
const THEIRS = '218332800000000018';

function payment(changes: Partial<LinkablePayment> = {}): LinkablePayment {
  return {
    paymentId: `pay_${changes.endToEndId ?? OURS}`,
    endToEndId: OURS,
    amount: parseMoney('1000.00', 'IDR'),
    creditorName: 'PT PEMASOK SEJATI',
    creditorAccount: '8010001575',
    state: 'confirmed',
    hasDebit: false,
    isReferenced: false,
    ...changes,
  };
}

function line(text: string, changes: Partial<EntryReport> = {}): EntryReport {
  return {
    creditDebitIndicator: 'debit',
    amount: parseMoney('1000.00', 'IDR'),
    status: 'booked',
    bookingDate: parsePlainDate('2026-11-23'),
    remittanceInformation: text,
    evidence: [],
    ...changes,
  };
}

const other = payment({
  endToEndId: THEIRS,
  creditorAccount: '9990001111',
  creditorName: 'CV LAIN',
});

describe('the payment behind a line', () => {
  test.each<[string, EntryReport, LinkablePayment[], string | undefined, string?]>([
    // References prove, however the bank broke them.
    ['our reference', line(`TRSF ${OURS}`), [payment(), other], OURS, 'endToEndId'],
    [
      'our reference in two fields',
      line('TRSF 2183328000000000 17'),
      [payment(), other],
      OURS,
      'endToEndId',
    ],
    [
      'the field of the reference',
      line('TRSF', { endToEndId: OURS }),
      [payment(), other],
      OURS,
      'endToEndId',
    ],
    [
      'the reference of a payment in doubt',
      line(OURS),
      [payment({ state: 'unknown' })],
      OURS,
      'endToEndId',
    ],
    [
      "the bank's reference",
      line('TRSF', { evidence: ['BANK-77'] }),
      [payment({ bankReference: 'BANK-77' }), other],
      OURS,
      'bankReference',
    ],
    // A second debit of one payment must not settle another of the same amount and payee.
    [
      'a second debit of a settled payment',
      line(`TRSF ${OURS}`),
      [payment({ hasDebit: true }), payment({ endToEndId: THEIRS })],
      undefined,
    ],
    [
      'a second debit by the reference of the bank',
      line('TRSF', { evidence: ['BANK-77'] }),
      [payment({ hasDebit: true, bankReference: 'BANK-77' }), other],
      undefined,
    ],
    [
      'a fee of one that is as much as another',
      line(`BY ${OURS}`, { amount: parseMoney('2.50', 'IDR') }),
      [payment(), payment({ endToEndId: THEIRS, amount: parseMoney('2.50', 'IDR') })],
      undefined,
    ],
    [
      'a line of the day before it was sent',
      line('TRSF PEMASOK SEJATI'),
      [payment({ sentDay: parsePlainDate('2026-11-24') })],
      undefined,
    ],
    // A fee carries the same reference and another amount.
    [
      'a fee of it',
      line(`BY ${OURS}`, { amount: parseMoney('2.50', 'IDR') }),
      [payment()],
      undefined,
    ],
    [
      'another currency',
      line(OURS, { amount: parseMoney('1000.00', 'USD') }),
      [payment()],
      undefined,
    ],
    // Settled once.
    ['a second line for a settled payment', line(OURS), [payment({ hasDebit: true })], undefined],
    // The payee proves when only one fits.
    [
      "the payee's account",
      line('TRSF KE 8010001575'),
      [payment({ state: 'submitted' }), other],
      OURS,
      'creditor',
    ],
    // Somebody may have paid the same by hand: nothing but a reference proves what nobody knows.
    [
      "the payee's account of a payment in doubt",
      line('TRSF KE 8010001575'),
      [payment({ state: 'unknown' }), other],
      undefined,
    ],
    [
      "the payee's account of a payment that is being sent",
      line('TRSF KE 8010001575'),
      [payment({ state: 'submitting' }), other],
      undefined,
    ],
    // Where the bank repeats our reference, a line without it is somebody else's.
    [
      "the payee's account, where references are repeated",
      line('TRSF KE 8010001575'),
      [payment({ isReferenced: true })],
      undefined,
    ],
    [
      'the amount, where references are repeated',
      line('TRSF'),
      [payment({ isReferenced: true })],
      undefined,
    ],
    [
      'the amount of two, of which one shows its reference',
      line('TRSF'),
      [payment(), payment({ endToEndId: THEIRS, isReferenced: true })],
      OURS,
      'amount',
    ],
    ["the payee's name", line('PT PEMASOK SEJATI'), [payment(), other], OURS, 'creditor'],
    [
      'a payee of two payments',
      line('TRSF KE 8010001575'),
      [payment(), payment({ endToEndId: THEIRS })],
      undefined,
    ],
    ['another payee', line('X', { counterparty: { account: '123456' } }), [payment()], undefined],
    // The amount alone is weak.
    ['the amount of one confirmed payment', line('TRSF'), [payment()], OURS, 'amount'],
    ['the amount of a payment in doubt', line('TRSF'), [payment({ state: 'unknown' })], undefined],
    ['the amount of two', line('TRSF'), [payment(), other], undefined],
    // Money that comes back.
    [
      'a return',
      line(`RTR ${OURS}`, { creditDebitIndicator: 'credit' }),
      [payment({ hasDebit: true, state: 'settled' })],
      OURS,
      'endToEndId',
    ],
    [
      'a return that quotes the line of the debit',
      line('RTR MV000000000090', {
        creditDebitIndicator: 'credit',
        evidence: ['MV000000000091', 'MV000000000090'],
      }),
      [payment({ hasDebit: true, state: 'settled', debitEvidence: ['MV000000000090'] })],
      OURS,
      'bankReference',
    ],
    [
      'income of the same amount',
      line('BUDI', { creditDebitIndicator: 'credit' }),
      [payment()],
      undefined,
    ],
  ])('%s', (_title, entry, payments, endToEndId, by) => {
    const link = findPaymentOfEntry(entry, payments);
    expect(link?.payment.endToEndId).toBe(endToEndId);
    expect(link?.by).toBe(by);
    if (link) {
      expect(link.role).toBe(entry.creditDebitIndicator === 'debit' ? 'settlement' : 'return');
    }
  });

  test('references are looked for inside longer runs of digits', () => {
    expect(possibleReferences(line(`KE8010001575${OURS}`))).toContain(OURS);
    expect(possibleReferences(line('KE 8010001575'))).toEqual([]);
  });
});
