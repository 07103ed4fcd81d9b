import { expect, test } from 'vitest';
import { formatDecimal } from '#core/money.ts';
import { day, entry, item, match, told } from './match-cases.ts';

const files = { mayTrustCalibration: true };

test('an invoice number in the text, with the same amount, is decided at once', () => {
  const result = match(
    [entry('e1', '1250000.00', { text: 'TRSF E-BANKING CR INV/2026/O4/00042 PT MAJU' })],
    [item('i1', '1250000.00', { number: 'INV-2026-04-00042' }), item('i2', '1250000.00')],
  );
  expect(told(result)).toEqual(['automatic single e1 = i1']);
  expect(result.matches[0]?.reasons.map(({ code }) => code)).toContain('invoiceNumber');
});

test('a creditor reference and an end-to-end id decide; an amount that differs does not', () => {
  const items = [
    item('i1', '100.00', { references: ['RF18539007547034'] }),
    item('i2', '200.00', { references: ['CB-20260510-77881'] }),
  ];
  expect(
    told(
      match(
        [
          entry('e1', '100.00', { text: 'RF18 5390 0754 7034' }),
          entry('e2', '200.00', { references: ['CB-20260510-77881'] }),
        ],
        items,
      ),
    ),
  ).toEqual(['automatic single e1 = i1', 'automatic single e2 = i2']);
  const [short] = match(
    [entry('e1', '60.00', { references: ['RF18539007547034'] })],
    items,
  ).matches;
  expect(short).toMatchObject({ decision: 'suggested', whyNotAutomatic: { code: 'why.partial' } });
  expect(short?.allocations.map(({ itemAmount }) => formatDecimal(itemAmount))).toEqual(['60.00']);
});

test('a payment of ours meets its debit by the id that the entry knows', () => {
  const result = match(
    [entry('e1', '-500.00', { paymentId: 'pay_1' })],
    [item('i1', '-500.00', { paymentId: 'pay_1' }), item('i2', '-500.00')],
  );
  expect(told(result)).toEqual(['automatic payment e1 = i1']);
});

test('two entries that name the same invoice are never decided: one may be told twice', () => {
  const twice = { text: 'INV 2026 00042' };
  const result = match(
    [entry('e1', '75.00', twice), entry('e2', '75.00', twice)],
    [
      item('i1', '75.00', { number: 'INV-2026-00042' }),
      item('i2', '75.00', { number: 'INV-2026-00043' }),
    ],
    files,
  );
  expect(result.matches.filter(({ decision }) => decision === 'automatic')).toEqual([]);
});

test('one entry settles all invoices that it lists', () => {
  const result = match(
    [entry('e1', '600.00', { text: 'INV-2026-00041, INV-2026-00042, 00043' })],
    [
      item('i1', '100.00', { number: 'INV-2026-00041', counterpartyName: 'PT Maju Jaya' }),
      item('i2', '200.00', { number: 'INV-2026-00042', counterpartyName: 'PT Maju Jaya' }),
      item('i3', '300.00', { number: 'INV-2026-00043', counterpartyName: 'PT Maju Jaya' }),
      item('i4', '300.00', { number: 'INV-2026-00044', counterpartyName: 'PT Maju Jaya' }),
    ],
    files,
  );
  expect(told(result)).toEqual(['automatic batch e1 = i1 i2 i3']);
});

test('a credit note that the entry lists comes off the batch', () => {
  const result = match(
    [entry('e1', '250.00', { text: 'INV-2026-00041 INV-2026-00042 CN-2026-00007' })],
    [
      item('i1', '100.00', { number: 'INV-2026-00041', counterpartyName: 'PT Maju Jaya' }),
      item('i2', '200.00', { number: 'INV-2026-00042', counterpartyName: 'PT Maju Jaya' }),
      item('i3', '-50.00', {
        number: 'CN-2026-00007',
        counterpartyName: 'PT Maju Jaya',
        text: 'Credit note CN-2026-00007',
      }),
    ],
    files,
  );
  expect(told(result)).toEqual([expect.stringContaining('batch e1 = i1 i2 i3')]);
  const sum = result.matches[0]?.allocations.reduce(
    (all, { entryAmount }) => all + entryAmount.amountMinorUnits,
    0n,
  );
  expect(sum).toBe(25_000n);
});

const maju = { counterpartyName: 'PT Maju Jaya Tekstil' };
const odd = ['1034.17', '2210.93', '905.41', '3307.09', '1777.77'];

test('the only set of a named customer that adds up is found, and needs proof to be decided', () => {
  const items = odd.map((amount, place) => item(`i${place}`, amount, maju));
  const entries = [entry('e1', '3116.34', { counterpartyName: 'PT MAJU JAYA TEKSTIL' })];
  const [fresh] = match(entries, items).matches;
  expect(fresh).toMatchObject({
    kind: 'batch',
    itemIds: ['i1', 'i2'],
    decision: 'suggested',
    isUnique: true,
    whyNotAutomatic: { code: 'why.precisionUnproven' },
  });
  expect(match(entries, items, files).matches[0]).toMatchObject({ isUnique: true });
});

test('two sets that add up are told as alternatives, and neither is decided', () => {
  const result = match(
    [entry('e1', '300.00', { counterpartyName: 'PT MAJU JAYA TEKSTIL' })],
    [
      item('i1', '100.00', maju),
      item('i2', '200.00', maju),
      item('i3', '120.00', maju),
      item('i4', '180.00', maju),
    ],
    files,
  );
  expect(result.matches).toMatchObject([
    {
      kind: 'batch',
      decision: 'suggested',
      isUnique: false,
      whyNotAutomatic: { code: 'why.ambiguousSubset' },
    },
  ]);
  expect(result.matches[0]?.alternatives).toHaveLength(1);
});

test('several entries that name an invoice settle it together', () => {
  const result = match(
    [
      entry('e1', '400.00', { text: 'TERMIN 1 INV/2026/00042' }),
      entry('e2', '600.00', { text: 'TERMIN 2 INV-2026-00042' }),
    ],
    [item('i1', '1000.00', { number: 'INV/2026/00042' })],
  );
  expect(told(result)).toEqual(['automatic split e1 e2 = i1']);
});

test('several entries and several items that name each other flow into each other', () => {
  const text = 'INV-2026-00041 INV-2026-00042';
  const result = match(
    [entry('e1', '250.00', { text }), entry('e2', '150.00', { text })],
    [
      item('i1', '300.00', { number: 'INV-2026-00041' }),
      item('i2', '100.00', { number: 'INV-2026-00042' }),
    ],
  );
  expect(told(result)).toEqual(['automatic manyToMany e1 e2 = i1 i2']);
  expect(result.matches[0]?.allocations).toHaveLength(3);
});

test('a fee is a leg of its own: believed once it was seen, suggested before', () => {
  const pair = (id: string, number: string) => ({
    entries: [entry(`e${id}`, '997500.00', { text: number })],
    items: [item(`i${id}`, '1000000.00', { number })],
  });
  const one = pair('1', 'INV-2026-00041');
  const [first] = match(one.entries, one.items).matches;
  expect(first).toMatchObject({
    decision: 'suggested',
    whyNotAutomatic: { code: 'why.feeUnproven' },
  });
  const profile = { currency: 'IDR', feeMinorUnits: 250_000n, seen: 5 } as const;
  const [known] = match(one.entries, one.items, { feeProfiles: [profile] }).matches;
  expect(known).toMatchObject({
    decision: 'automatic',
    residuals: [{ kind: 'fee', amount: { amountMinorUnits: -250_000n } }],
  });
  expect(known?.allocations[0]?.itemAmount.amountMinorUnits).toBe(100_000_000n);
});

test('a tolerance tests the residual only, and no more than its daily cap passes', () => {
  const rule = {
    id: 'tol_1',
    currency: 'IDR',
    limitMinorUnits: 5_000n,
    dailyCapMinorUnits: 6_000n,
  } as const;
  const entries = ['41', '42'].map((tail) =>
    entry(`e${tail}`, '100040.00', { text: `INV-2026-000${tail}` }),
  );
  const items = ['41', '42'].map((tail) =>
    item(`i${tail}`, '100000.00', { number: `INV-2026-000${tail}` }),
  );
  const { matches } = match(entries, items, { tolerances: [rule] });
  expect(matches.map(({ decision }) => decision)).toEqual(['automatic', 'suggested']);
  expect(matches[1]?.whyNotAutomatic?.code).toBe('why.toleranceSpent');
});

test('an entry in another currency is explained by the rate that the bank itself writes', () => {
  const result = match(
    [entry('e1', '16200000.00', { text: 'INV-2026-00042 USD 1,000.00 @16200' })],
    [item('i1', '1000.00 USD', { number: 'INV-2026-00042' })],
  );
  expect(result.matches).toMatchObject([
    { decision: 'automatic', residuals: [{ kind: 'exchange', rateSource: 'bank' }] },
  ]);
});

test('a voided document and its void cancel each other, so that the new one is paid', () => {
  const vendor = { counterpartyName: 'PT Baja' };
  const result = match(
    [entry('e1', '-500.00', { counterpartyName: 'PT BAJA' })],
    [
      item('i1', '-500.00', { ...vendor, number: 'BILL-10041' }),
      item('i2', '500.00', { ...vendor, number: 'BILL-10041', text: 'VOID BILL-10041' }),
      item('i3', '-500.00', { ...vendor, number: 'BILL-10055' }),
    ],
    files,
  );
  expect(told(result)).toEqual([
    'automatic netting  = i1 i2',
    expect.stringContaining('single e1 = i3'),
  ]);
});

test('a payment that came back is netted with its return, and the second one pays the bill', () => {
  const back = { counterpartyName: 'PT BAJA' };
  const result = match(
    [
      entry('e1', '-500.00', { ...back, bookingDay: day('2026-05-04'), text: 'BILL-10041' }),
      entry('e2', '500.00', { ...back, bookingDay: day('2026-05-06'), text: 'RETUR BILL-10041' }),
      entry('e3', '-500.00', { ...back, bookingDay: day('2026-05-08'), text: 'BILL-10041' }),
    ],
    [item('i1', '-500.00', { counterpartyName: 'PT Baja', number: 'BILL-10041' })],
  );
  expect(told(result)).toEqual(['automatic netting e1 e2 = ', 'automatic single e3 = i1']);
});

test('equal amounts of strangers are not netted, even when one is called a return', () => {
  const result = match(
    [
      entry('e1', '-500.00', { counterpartyName: 'PT BAJA' }),
      entry('e2', '500.00', { counterpartyName: 'CV ANGIN', text: 'RETUR' }),
    ],
    [],
  );
  expect(result.matches).toEqual([]);
});

const ownAccounts = [
  { accountId: 'acc_1', currency: 'IDR', identifiers: ['1240009876543'], names: [] },
  { accountId: 'acc_2', currency: 'USD', identifiers: ['5220990077'], names: [] },
] as const;

test('a transfer between own accounts is recognised across banks and currencies', () => {
  const result = match(
    [
      entry('e1', '-16161700.00', { text: 'PINDAH BUKU 5220990077 RATE 16161.70' }),
      entry('e2', '1000.00 USD', { accountId: 'acc_2', text: 'TRF DANA INTERNAL 1240009876543' }),
    ],
    [],
    { ownAccounts },
  );
  expect(told(result)).toEqual(['automatic transfer e1 e2 = ']);
});

test('a confirmed alias leads to the right customer; twice refused, it does not', () => {
  const entries = [entry('e1', '500.00', { text: 'SETORAN TUNAI BUDI' })];
  const items = [
    item('i1', '500.00', { counterpartyKey: 'C1', counterpartyName: 'PT Maju' }),
    item('i2', '500.00', { counterpartyKey: 'C2', counterpartyName: 'PT Jaya' }),
  ];
  const alias = {
    kind: 'text',
    text: 'SETORAN TUNAI BUDI',
    counterpartyKey: 'C2',
    confirmations: 2,
  } as const;
  const [led] = match(entries, items, {}, { aliases: [{ ...alias, refusedOn: [] }] }).matches;
  expect(led).toMatchObject({ itemIds: ['i2'], basis: 'memory' });
  const refusedOn = [day('2026-05-30'), day('2026-05-31')];
  const [torn] = match(entries, items, {}, { aliases: [{ ...alias, refusedOn }] }).matches;
  expect(torn?.basis ?? 'score').toBe('score');
});

test('what somebody refused yesterday is not proposed again', () => {
  const entries = [entry('e1', '500.00', { counterpartyName: 'PT MAJU JAYA TEKSTIL' })];
  const items = [item('i1', '500.00', maju)];
  expect(match(entries, items).matches).toHaveLength(1);
  const refusals = [{ entryId: 'e1', itemId: 'i1', refusedOn: day('2026-05-30') }];
  expect(match(entries, items, {}, { refusals }).matches).toEqual([]);
});

test('a score decides alone only where decisions of this organisation prove the precision', () => {
  const entries = [entry('e1', '1034.17', { counterpartyName: 'PT MAJU JAYA TEKSTIL' })];
  const items = [item('i1', '1034.17', maju)];
  const [unproven] = match(entries, items).matches;
  expect(unproven?.whyNotAutomatic?.code).toBe('why.precisionUnproven');
  const bands = Array.from(
    { length: 24 },
    (_, band) => ({ basis: 'score', band, right: 2000, wrong: 1 }) as const,
  );
  expect(match(entries, items, {}, { bands }).matches[0]?.decision).toBe('automatic');
  const few = bands.map((record) => ({ ...record, right: 200, wrong: 0 }));
  expect(match(entries, items, {}, { bands: few }).matches[0]?.decision).toBe('suggested');
});

test('digits that are exchanged, in the number or in the amount, are suggested with the reason', () => {
  const [number] = match(
    [entry('e1', '1034.17', { text: 'INV-2026-90042', counterpartyName: 'PT MAJU JAYA TEKSTIL' })],
    [item('i1', '1034.17', { ...maju, number: 'INV-2026-09042' })],
  ).matches;
  expect(number?.reasons.map(({ code }) => code)).toContain('digitsTransposed');
  const [amount] = match(
    [entry('e1', '1304.17', { text: 'INV-2026-09042' })],
    [item('i1', '1034.17', { ...maju, number: 'INV-2026-09042' })],
  ).matches;
  expect(amount).toMatchObject({
    decision: 'suggested',
    whyNotAutomatic: { code: 'why.digitsDiffer' },
  });
});

test('an item of one account is settled by entries of that account only', () => {
  const items = [item('i1', '500.00', { number: 'INV-2026-00042', accountId: 'acc_2' })];
  expect(match([entry('e1', '500.00', { text: 'INV-2026-00042' })], items).matches).toEqual([]);
});

test('an amount beyond what a double holds is matched by its key, to the last unit', () => {
  const huge = '123456789012345678.90';
  const result = match(
    [entry('e1', huge, { text: 'INV-2026-00042' })],
    [item('i1', huge, { number: 'INV-2026-00042' })],
  );
  expect(told(result)).toEqual(['automatic single e1 = i1']);
  expect(result.matches[0]?.allocations[0]?.entryAmount.amountMinorUnits).toBe(
    12_345_678_901_234_567_890n,
  );
});

test('what stays open says why: told twice, or too many that fit', () => {
  const twice = { text: 'INV-2026-00042 PT MAJU' };
  const { open } = match(
    [entry('e1', '75.00', twice), entry('e2', '75.00', twice)],
    [item('i1', '75.00', { number: 'INV-2026-00042' })],
    files,
  );
  expect(open).toEqual([
    { side: 'entry', id: 'e2', reason: { code: 'open.duplicate', values: {} } },
  ]);
  const many = match(
    Array.from({ length: 9 }, (_, place) => entry(`e${place}`, '500.00')),
    Array.from({ length: 9 }, (_, place) => item(`i${place}`, '500.00')),
    files,
  );
  expect(new Set(many.open.map(({ reason }) => reason.code))).toEqual(new Set(['why.rivals']));
});

test('a ledger with nothing but descriptions is read: its numbers and names are found in them', () => {
  const { matches } = match(
    [
      entry('e1', '500.00', { text: 'TRSF INV/2026/00042' }),
      entry('e2', '3116.34', { text: 'RTGS PT SINAR ABADI LOGAM' }),
    ],
    [
      item('i1', '500.00', { text: 'PT Maju Jaya Invoice INV-2026-00042' }),
      item('i2', '905.41', { text: 'PT Sinar Abadi Logam Invoice INV-2026-00043' }),
      item('i3', '2210.93', { text: 'PT Sinar Abadi Logam Invoice INV-2026-00044' }),
      item('i4', '777.77', { text: 'PT Sinar Abadi Logam Invoice INV-2026-00045' }),
    ],
    files,
  );
  expect(matches).toMatchObject([
    { entryIds: ['e1'], itemIds: ['i1'], decision: 'automatic' },
    { entryIds: ['e2'], itemIds: ['i2', 'i3'], isUnique: true },
  ]);
});

test('a payment made again after its return is no return itself', () => {
  const party = { counterpartyName: 'PT BAJA', text: 'TI-26-404332' };
  const result = match(
    [
      entry('e1', '500.00', {
        ...party,
        text: 'RETUR TI-26-404332',
        bookingDay: day('2026-05-06'),
      }),
      entry('e2', '-500.00', { ...party, bookingDay: day('2026-05-08') }),
    ],
    [],
  );
  expect(result.matches).toEqual([]);
});
