import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlainDate } from './dates.ts';
import { decideIdentity } from './entry-identity.ts';
import type { IdentityDecision, IdentityInput, KnownEntry } from './entry-identity.ts';
import { money, parseMoney } from './money.ts';
import type { EntryReport, EntrySource } from './statements.ts';

const DAY = '2026-11-23';

function report(change: Partial<EntryReport> = {}): EntryReport {
  return {
    creditDebitIndicator: 'credit',
    amount: parseMoney('100.00', 'IDR'),
    status: 'booked',
    bookingDate: parsePlainDate(DAY),
    remittanceInformation: 'TRSF INV 4711',
    evidence: [],
    ...change,
  };
}

/** A store as small as possible: what decisions write, the next decision knows. */
class Books {
  readonly entries: KnownEntry[] = [];

  tell(
    source: EntrySource,
    reports: readonly EntryReport[],
    options: { readonly days?: readonly string[]; readonly messageKeys?: readonly string[] } = {},
  ): IdentityDecision[] {
    const input: IdentityInput = {
      source,
      reports: reports.map((one, index) => {
        const messageKey = options.messageKeys?.[index];
        return { report: one, ...(messageKey === undefined ? {} : { messageKey }) };
      }),
      known: this.entries,
      completeDays: new Set(options.days ?? []),
    };
    const decisions = decideIdentity(input);
    for (const decision of decisions) this.#write(source, decision);
    return decisions;
  }

  #write(source: EntrySource, decision: IdentityDecision): void {
    if (decision.kind === 'new') {
      const { report: said, keys, state } = decision;
      this.entries.push({
        entryId: `ent_${this.entries.length}`,
        version: 1,
        state,
        creditDebitIndicator: said.creditDebitIndicator,
        amount: said.amount,
        bookingDate: said.bookingDate,
        remittanceInformation: said.remittanceInformation,
        evidence: said.evidence,
        sources: [source],
        keys,
        ...(said.balanceAfter
          ? { balanceAfterMinorUnits: said.balanceAfter.amountMinorUnits }
          : {}),
      });
      return;
    }
    if (decision.kind === 'vanished') return;
    const index = this.entries.findIndex(({ entryId }) => entryId === decision.entry.entryId);
    const entry = this.entries[index];
    if (!entry) throw new Error('unknown entry');
    const said = decision.kind === 'withdrawn' ? undefined : decision.report;
    const addedKeys = decision.kind === 'withdrawn' ? [] : decision.addedKeys;
    const state =
      decision.kind === 'changed'
        ? decision.state
        : decision.kind === 'withdrawn'
          ? 'withdrawn'
          : entry.state;
    this.entries[index] = {
      ...entry,
      state,
      version: entry.version + (decision.kind === 'seen' ? 0 : 1),
      sources: [...new Set([...entry.sources, source])],
      keys: [...new Set([...entry.keys, ...addedKeys])],
      evidence: [...new Set([...entry.evidence, ...(said?.evidence ?? [])])],
      ...(decision.kind === 'changed'
        ? {
            amount: decision.report.amount,
            remittanceInformation: decision.report.remittanceInformation,
          }
        : {}),
    };
  }
}

const kinds = (decisions: readonly IdentityDecision[]): string[] =>
  decisions.map((decision) =>
    decision.kind === 'changed' ? `changed:${decision.state}` : decision.kind,
  );

describe('identity of an entry', () => {
  it('two equal lines of one statement stay two, however often it is read (ask 48)', () => {
    const books = new Books();
    const statement = [report(), report()];
    expect(kinds(books.tell('statement', statement, { days: [DAY] }))).toEqual(['new', 'new']);
    expect(kinds(books.tell('statement', statement, { days: [DAY] }))).toEqual(['seen', 'seen']);
    expect(kinds(books.tell('statement', [...statement, report()], { days: [DAY] }))).toEqual([
      'seen',
      'seen',
      'new',
    ]);
    expect(books.entries).toHaveLength(3);
  });

  it('a line is itself when the bank re-wraps its narrative', () => {
    const books = new Books();
    books.tell('statement', [report()], { days: [DAY] });
    const again = report({ remittanceInformation: ' trsf  inv\n4711' });
    expect(kinds(books.tell('statement', [again], { days: [DAY] }))).toEqual(['seen']);
  });

  it('a push that is delivered twice is one entry, in one batch and in two', () => {
    const books = new Books();
    const both = { messageKeys: ['m1', 'm1'] };
    expect(kinds(books.tell('push', [report(), report()], both))).toEqual(['new']);
    expect(kinds(books.tell('push', [report()], { messageKeys: ['m1'] }))).toEqual(['seen']);
    expect(kinds(books.tell('push', [report()], { messageKeys: ['m2'] }))).toEqual(['new']);
  });

  it('a push and the statement line that repeats its reference are one entry', () => {
    const books = new Books();
    const push = report({ evidence: ['00113696201'], remittanceInformation: 'VA 12345' });
    books.tell('push', [push], { messageKeys: ['m1'] });
    const line = report({ remittanceInformation: 'TRSF VA/00113696201 BUDI' });
    expect(kinds(books.tell('statement', [line], { days: [DAY] }))).toEqual(['seen']);
    expect(books.entries[0]?.sources).toEqual(['push', 'statement']);
  });

  it('two pushes to one virtual account and their two lines are two entries', () => {
    const books = new Books();
    const push = report({ evidence: ['VA1234567'] });
    books.tell('push', [push], { messageKeys: ['m1'] });
    books.tell('push', [push], { messageKeys: ['m2'] });
    const line = report({ remittanceInformation: 'CR VA1234567' });
    expect(kinds(books.tell('statement', [line, line], { days: [DAY] }))).toEqual(['seen', 'seen']);
    expect(books.entries).toHaveLength(2);
  });

  it('another amount or a far day is another entry, whatever the reference', () => {
    const books = new Books();
    books.tell('push', [report({ evidence: ['00113696201'] })], { messageKeys: ['m1'] });
    const dearer = report({
      amount: parseMoney('100.01', 'IDR'),
      remittanceInformation: '00113696201',
    });
    const later = report({
      bookingDate: parsePlainDate('2026-11-30'),
      remittanceInformation: '00113696201',
    });
    expect(kinds(books.tell('statement', [dearer, later]))).toEqual(['new', 'new']);
  });

  it('short evidence proves nothing', () => {
    const books = new Books();
    books.tell('push', [report({ evidence: ['4711'] })], { messageKeys: ['m1'] });
    expect(kinds(books.tell('statement', [report()], { days: [DAY] }))).toEqual(['new']);
  });

  it('pending becomes booked under the same key, and never goes back (ask 45)', () => {
    const books = new Books();
    const key = { uniqueKey: 'source:dep_1' };
    books.tell('push', [report({ ...key, status: 'pending' })]);
    expect(kinds(books.tell('push', [report(key)]))).toEqual(['changed:booked']);
    expect(kinds(books.tell('push', [report({ ...key, status: 'pending' })]))).toEqual(['seen']);
    expect(kinds(books.tell('push', [report({ ...key, isReversed: true })]))).toEqual([
      'changed:reversed',
    ]);
    expect(kinds(books.tell('push', [report(key)]))).toEqual(['seen']);
    expect(books.entries).toHaveLength(1);
    expect(books.entries[0]?.version).toBe(3);
  });

  it('pending becomes booked under another id when it is the only one that fits', () => {
    const books = new Books();
    books.tell('statement', [report({ uniqueKey: 'a', status: 'pending' })]);
    expect(kinds(books.tell('statement', [report({ uniqueKey: 'b' })]))).toEqual([
      'changed:booked',
    ]);
  });

  it('two pending movements that fit equally are not guessed between', () => {
    const books = new Books();
    books.tell('statement', [
      report({ uniqueKey: 'a', status: 'pending' }),
      report({ uniqueKey: 'b', status: 'pending' }),
    ]);
    expect(kinds(books.tell('statement', [report({ uniqueKey: 'c' })]))).toEqual(['new']);
  });

  it('a pending line that the whole statement no longer shows is withdrawn, and may come back', () => {
    const books = new Books();
    books.tell('statement', [report({ uniqueKey: 'a', status: 'pending' })], { days: [DAY] });
    expect(kinds(books.tell('statement', [], { days: [DAY] }))).toEqual(['withdrawn']);
    expect(kinds(books.tell('statement', [], { days: [DAY] }))).toEqual([]);
    const back = report({ uniqueKey: 'a', status: 'pending' });
    expect(kinds(books.tell('statement', [back], { days: [DAY] }))).toEqual(['changed:pending']);
  });

  it('a corrected line takes the place of the one that vanished', () => {
    const books = new Books();
    const balanceAfter = money(500n, 'IDR');
    books.tell('statement', [report({ balanceAfter })], { days: [DAY] });
    const corrected = report({ balanceAfter, remittanceInformation: 'TRSF INV 4712' });
    expect(kinds(books.tell('statement', [corrected], { days: [DAY] }))).toEqual([
      'changed:corrected',
    ]);
    expect(books.entries).toHaveLength(1);
  });

  it('a booked line that vanished without a successor is reported, not removed', () => {
    const books = new Books();
    books.tell('statement', [report()], { days: [DAY] });
    expect(kinds(books.tell('statement', [], { days: [DAY] }))).toEqual(['vanished']);
    expect(books.entries[0]?.state).toBe('booked');
  });

  it('an unfinished window says nothing about what it does not show', () => {
    const books = new Books();
    books.tell('statement', [report()], { days: [DAY] });
    expect(kinds(books.tell('statement', []))).toEqual([]);
  });

  it('another amount under a unique key is a correction', () => {
    const books = new Books();
    books.tell('statement', [report({ uniqueKey: 'a' })]);
    const changed = report({ uniqueKey: 'a', amount: parseMoney('90.00', 'IDR') });
    expect(kinds(books.tell('statement', [changed]))).toEqual(['changed:corrected']);
  });

  it('the wording of a push and of the statement may differ without being a correction', () => {
    const books = new Books();
    books.tell('push', [report({ uniqueKey: 'a', remittanceInformation: 'hello' })]);
    const line = report({ uniqueKey: 'a', remittanceInformation: 'HELLO WORLD' });
    expect(kinds(books.tell('statement', [line]))).toEqual(['seen']);
  });

  it('counts any statement right, whatever it repeats and however often it is read', () => {
    const line = fc.record({
      amount: fc.constantFrom(1n, 2n, 3n),
      remark: fc.constantFrom('A', 'B'),
      side: fc.constantFrom('credit' as const, 'debit' as const),
    });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (lines, reads) => {
          const books = new Books();
          const statement = lines.map(({ amount, remark, side }) =>
            report({
              amount: money(amount, 'IDR'),
              remittanceInformation: remark,
              creditDebitIndicator: side,
            }),
          );
          // The day grows: each read shows all of before and more.
          for (let read = 1; read <= reads; read += 1) {
            const shown = statement.slice(0, Math.ceil((statement.length * read) / reads));
            books.tell('statement', shown, { days: [DAY] });
          }
          expect(books.entries).toHaveLength(statement.length);
          expect(books.entries.every(({ version }) => version === 1)).toBe(true);
        },
      ),
    );
  });
});
