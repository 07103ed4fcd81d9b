import { describe, expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { bca } from '../bca/connector.ts';
import { bni } from '../bni/connector.ts';
import { bri } from '../bri/connector.ts';
import { loadFixture, toContext, toPlain, toResponse } from '../conformance-fixtures.ts';
import type { Connector } from '../contract.ts';

/** A statement line as banks write it; the sign stands in `type` alone (ask 83). */
function line(changed: Record<string, unknown> = {}) {
  return {
    amount: { value: '50000.00', currency: 'IDR' },
    transactionDate: '2025-06-30T10:15:30+07:00',
    remark: 'TRSF E-BANKING CR INV-001',
    type: 'CREDIT',
    ...changed,
  };
}

function read(
  lines: readonly unknown[],
  rest: Record<string, unknown> = {},
  connector: Connector = bni,
) {
  const fixture = loadFixture(connector.id);
  const body = JSON.stringify({ responseCode: '2001400', detailData: lines, ...rest });
  const account = { number: fixture.account.number, currency: 'IDR' };
  const from = parseInstant('2025-06-29T00:00:00+07:00');
  const query = { account, from, to: parseInstant('2025-06-30T12:00:00+07:00') };
  const response = toResponse({ status: 200, headers: {}, body });
  const exchange = connector.exchanges.fetchStatement;
  if (exchange === undefined) throw new Error('no statement');
  const page = (cursor?: string) =>
    exchange.parse(
      response,
      cursor === undefined ? query : { ...query, cursor },
      toContext(connector, fixture),
    );
  return { page: page(), page2: page };
}

describe('signs', () => {
  test.each([
    ['CREDIT', 'credit'],
    ['DEBIT', 'debit'],
    // BRI.
    ['Credit', 'credit'],
    ['debit ', 'debit'],
  ])('%s is %s, whatever the amount', (type, indicator) => {
    const [entry] = read([line({ type })]).page.entries;
    expect(entry?.creditDebitIndicator).toBe(indicator);
    expect(entry?.amount.amountMinorUnits).toBe(5_000_000n);
  });

  test('a type that is not in the table, or a sign in the amount, stops the page', () => {
    expect(() => read([line({ type: 'C' })])).toThrow(/connector\.statusUnknown/);
    const amount = { value: '-50000.00', currency: 'IDR' };
    expect(() => read([line({ amount })])).toThrow(/money\.amountInvalid/);
  });
});

describe('states', () => {
  test.each([
    [undefined, 'booked', undefined],
    ['SUCCESS', 'booked', undefined],
    ['ERROR CORECTION', 'booked', true],
    ['Error Correction', 'booked', true],
    ['PENDING', 'pending', undefined],
  ])('%s', (transactionDetailStatus, status, isReversed) => {
    const [entry] = read([line({ transactionDetailStatus })]).page.entries;
    expect([entry?.status, entry?.isReversed]).toEqual([status, isReversed]);
  });

  test('a state that is not in the table stops the page', () => {
    expect(() => read([line({ transactionDetailStatus: 'HALF' })])).toThrow(/statusUnknown/);
  });
});

describe('identity', () => {
  test('two equal lines stay two, and a blank id is no id', () => {
    const { entries } = read([line({ transactionId: ' ' }), line()]).page;
    expect(entries.map((entry) => entry.uniqueKey)).toEqual([undefined, undefined]);
  });

  test('an id that a transfer and its fee share is no key, but stays as reference', () => {
    const fee = { amount: { value: '2500.00', currency: 'IDR' }, type: 'DEBIT' };
    const { entries } = read([
      line({ transactionId: 'T00001' }),
      line({ transactionId: 'T00001', ...fee }),
      line({ transactionId: 'T00002' }),
    ]).page;
    expect(entries.map((entry) => entry.uniqueKey)).toEqual([
      'transaction:T00002',
      undefined,
      undefined,
    ]);
    expect(entries[2]?.accountServicerReference).toBe('T00001');
  });

  test('amounts of any length keep every digit', () => {
    const body =
      '{"responseCode":2001400,"detailData":[{"amount":{"value":12345678901234.56,"currency":"IDR"},"transactionDate":"2025-06-30","type":"CREDIT"}]}';
    const fixture = loadFixture('bni');
    const now = parseInstant(fixture.now);
    const page = bni.exchanges.fetchStatement?.parse(
      toResponse({ status: 200, headers: {}, body }),
      { account: fixture.account, from: now, to: now },
      { ...toContext(bni, fixture), config: bni.config.parse(fixture.config) },
    );
    expect(page?.entries[0]?.amount.amountMinorUnits).toBe(1_234_567_890_123_456n);
    expect(page?.entries[0]?.bookedAt).toBe(undefined);
    expect(page?.entries[0]?.bookingDate.toString()).toBe('2025-06-30');
  });

  test('a virtual account that fills BCA’s first remark field stays one word of evidence', () => {
    const remark = '123450000000000000000001 BUDI SANTOSO';
    const [entry] = read([line({ remark })], {}, bca).page.entries;
    expect(entry?.evidence).toContain('123450000000000000000001');
    expect(entry?.remittanceInformation).toBe(remark);
  });

  test.each(['2569-06-30T10:15:30+07:00', '0025-06-30T10:15:30+07:00', '30/06/2025'])(
    'a date that cannot be meant stops the page: %s',
    (transactionDate) => {
      expect(() => read([line({ transactionDate })])).toThrow(/date\./);
    },
  );

  test('a line that knows only its day, written as midnight, has no moment of booking', () => {
    const [entry] = read([line({ transactionDate: '2025-06-30T00:00:00+07:00' })], {}, bca).page
      .entries;
    expect(entry?.bookingDate.toString()).toBe('2025-06-30');
    expect(entry?.bookedAt).toBe(undefined);
  });

  test('a line of another account stops the page', () => {
    expect(() => read([line()], { accountNo: '9999999999' })).toThrow(/accountNo/);
    expect(read([line()], { accountNo: '00115476117' }).page.entries).toHaveLength(1);
  });
});

describe('paging', () => {
  const at = (second: string, remark: string) =>
    line({ transactionDate: `2025-06-30T10:00:${second}+07:00`, remark });
  const more = (second: string) => ({
    hasMore: 'Y',
    lastRecordDateTime: `2025-06-30T10:00:${second}+07:00`,
  });

  test('lines of the border moment that came before are left out, the others are kept', () => {
    const first = read([at('09', 'a'), at('05', 'b'), at('05', 'c')], more('05'));
    const second = read([at('05', 'b'), at('05', 'c'), at('05', 'd'), at('01', 'e')]);
    const { entries } = second.page2(first.page.nextCursor);
    expect(entries.map((entry) => entry.remittanceInformation)).toEqual(['e', 'd']);
  });

  test('a bank that lists the oldest first is followed forwards', () => {
    const { nextCursor } = read([at('01', 'a'), at('05', 'b')], more('05')).page;
    expect(nextCursor).toBe('from 2025-06-30T03:00:05Z 1');
  });

  test('a border that does not move is an error, never a silent loss', () => {
    const stuck = read([at('05', 'a'), at('05', 'b')], more('05'));
    expect(() => stuck.page2(stuck.page.nextCursor)).toThrow(/pagingStandsStill/);
  });

  test('a cursor of somebody else is refused', () => {
    expect(() => read([]).page2('nonsense')).toThrow(/cursor/);
  });

  test('BCA: nine thousand lines may have been cut off', () => {
    const lines = Array.from({ length: 9000 }, () => line());
    expect(() => read(lines, {}, bca)).toThrow(/windowTooLarge/);
  });
});

describe('windows', () => {
  const body = (connector: Connector, from: string, to: string) => {
    const fixture = loadFixture(connector.id);
    const query = { account: fixture.account, from: parseInstant(from), to: parseInstant(to) };
    const context = toContext(connector, fixture);
    const request = connector.exchanges.fetchStatement?.request(query, context);
    return JSON.parse(request?.body ?? '{}');
  };

  test.each([
    // UTC evening is the next day in Jakarta.
    ['2025-06-29T16:59:59Z', '2025-06-29T17:00:01Z', '2025-06-29', '2025-06-30'],
    // An end at midnight does not ask for tomorrow.
    ['2025-06-30T00:00:00+07:00', '2025-07-01T00:00:00+07:00', '2025-06-30', '2025-06-30'],
    ['2025-06-30T09:00:00+07:00', '2025-06-30T09:00:00+07:00', '2025-06-30', '2025-06-30'],
  ])('BCA asks for whole days: %s to %s', (from, to, first, last) => {
    expect(body(bca, from, to)).toMatchObject({
      fromDateTime: `${first}T00:00:00+07:00`,
      toDateTime: `${last}T00:00:00+07:00`,
    });
  });

  test('BRI asks with milliseconds, BNI without', () => {
    const window = ['2025-06-30T00:00:00.500Z', '2025-06-30T01:00:00Z'] as const;
    expect(body(bri, ...window).fromDateTime).toBe('2025-06-30T07:00:00.500+07:00');
    expect(body(bni, ...window).fromDateTime).toBe('2025-06-30T07:00:00+07:00');
  });
});

describe('transaction history (12)', () => {
  const fixture = loadFixture('bni');
  const context = toContext(bni, fixture, { config: { statementService: '12' } });
  const config = bni.config.parse(context.config);
  const query = {
    account: fixture.account,
    from: parseInstant('2025-06-30T00:00:00+07:00'),
    to: parseInstant('2025-06-30T12:00:00+07:00'),
  };
  const exchange = bni.exchanges.fetchStatement;
  const item = (type: string, status: string) => ({
    dateTime: '2025-06-30T10:15:30+07:00',
    amount: { value: '1000.00', currency: 'IDR' },
    remark: 'INV-000001',
    type,
    status,
  });
  const parse = (items: readonly unknown[], cursor?: string) =>
    exchange?.parse(
      toResponse({ status: 200, headers: {}, body: JSON.stringify({ detailData: items }) }),
      cursor === undefined ? query : { ...query, cursor },
      { ...context, config },
    );

  test('is asked for by page number under its own path', () => {
    const request = exchange?.request({ ...query, cursor: '2' }, { ...context, config });
    expect(request?.path).toBe('/snap-service/v1/transaction-history-list');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ pageSize: '50', pageNumber: '2' });
  });

  test.each([
    ['PAYMENT', 'SUCCESS', 'debit', 'booked', undefined],
    ['RECEIVE_MONEY', 'INIT', 'credit', 'pending', undefined],
    ['REFUND', 'CANCELLED', 'credit', 'booked', true],
    ['DISBURSMENT', 'CLOSED', 'debit', 'booked', undefined],
  ])('%s %s is %s %s', (type, status, indicator, ours, isReversed) => {
    const [entry] = parse([item(type, status)])?.entries ?? [];
    expect(toPlain(entry)).toMatchObject({ creditDebitIndicator: indicator, status: ours });
    expect(entry?.isReversed).toBe(isReversed);
    expect(entry?.evidence).toContain('INV-000001');
  });

  test('ends with a page that is not full, and never runs past two digits', () => {
    const full = Array.from({ length: 50 }, () => item('PAYMENT', 'SUCCESS'));
    expect(parse(full)?.nextCursor).toBe('1');
    expect(parse(full.slice(1), '1')?.nextCursor).toBe(undefined);
    expect(() => parse(full, '99')).toThrow(/windowTooLarge/);
    expect(() => parse([item('SOMETHING', 'SUCCESS')])).toThrow(/statusUnknown/);
    expect(() => parse([item('PAYMENT', 'MAYBE')])).toThrow(/statusUnknown/);
  });
});

describe('balances (11)', () => {
  const fixture = loadFixture('bni');
  const parse = (body: object, currency = 'IDR') =>
    bni.exchanges.fetchBalances?.parse(
      toResponse({ status: 200, headers: {}, body: JSON.stringify(body) }),
      { number: fixture.account.number, currency },
      { ...toContext(bni, fixture), config: bni.config.parse(fixture.config) },
    );
  const info = { amount: { value: '-1.50', currency: 'IDR' } };

  test('of another account or another currency are refused', () => {
    const accountInfos = [info];
    expect(() => parse({ accountNo: '0115476118', accountInfos })).toThrow(/accountNo/);
    expect(() => parse({ accountInfos }, 'USD')).toThrow(/statement\.currencyMismatch/);
  });

  test('may be negative, single, or none', () => {
    expect(toPlain(parse({ accountInfos: info }))).toMatchObject([{ amount: '-1.50 IDR' }]);
    expect(parse({ accountInfos: null })).toEqual([]);
  });
});

test('statement: a debit of ours carries our reference, a credit only as evidence', () => {
  const remark = 'TRSF E-BANKING DB 2183328000000000 17 INV 001';
  const { page } = read([line({ remark, type: 'DEBIT' }), line({ remark, type: 'CREDIT' })]);
  const ours = '218332800000000017';
  const [first, second] = page.entries;
  const [debit, credit] =
    first?.creditDebitIndicator === 'debit' ? [first, second] : [second, first];
  expect(debit).toMatchObject({ endToEndId: ours });
  expect(debit?.evidence).toContain(ours);
  expect(credit?.endToEndId).toBe(undefined);
  expect(credit?.evidence).toContain(ours);
});
