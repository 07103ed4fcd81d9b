import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkRecords } from './link-records.ts';
import type { LinkOptions, LinkRecord, LinkResult } from './link-types.ts';

const OPTIONS: LinkOptions = {
  delayDays: { min: -2, max: 10 },
  amountRatio: { min: 0.9, max: 1.1 },
};
const DAY = 20_000;

function record(id: string, fields: Partial<LinkRecord> = {}): LinkRecord {
  return { id, day: DAY, amount: 100_00, currency: 'EUR', text: '', ...fields };
}

const words = ['ACME', 'SMITH', 'J', 'B', 'PAYMENT', 'INV', '4711', 'LTD', '张伟', 'RENT', '88'];
const records = (side: string) =>
  fc
    .array(
      fc.record({
        day: fc.integer({ min: DAY, max: DAY + 9 }),
        amount: fc.oneof(fc.integer({ min: -9_000, max: 9_000 }), fc.constant(5_000)),
        currency: fc.constantFrom('EUR', 'IDR'),
        text: fc.array(fc.constantFrom(...words), { maxLength: 4 }).map((some) => some.join(' ')),
        name: fc.constantFrom('', 'ACME LTD', 'J SMITH'),
        account: fc.constantFrom('', 'DE02 1203 0000', '0088'),
      }),
      { maxLength: 25 },
    )
    .map((some) => some.map((one, at): LinkRecord => ({ ...one, id: `${side}${at}` })));

/** Pairs by the ids of their lines, so that two orders of the same lines can be compared. */
function named(
  result: LinkResult,
  left: readonly LinkRecord[],
  right: readonly LinkRecord[],
): readonly string[] {
  return result.pairs
    .map((pair) =>
      JSON.stringify({
        left: left[pair.left]?.id,
        right: right[pair.right]?.id,
        probability: pair.probability,
        margin: pair.margin,
        levels: pair.levels,
        rivals: pair.rivals.map((rival) => [
          left[rival.left]?.id,
          right[rival.right]?.id,
          rival.probability,
        ]),
      }),
    )
    .toSorted();
}

function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  return items
    .map((item, at) => ({ item, key: Math.imul(at + 1, (seed | 1) * 0x9e3779b1) >>> 0 }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item);
}

describe('linkRecords, whatever the lines', () => {
  it('gives each line one partner at most, inside the windows and its currency', () => {
    fc.assert(
      fc.property(records('l'), records('r'), (left, right) => {
        const { pairs } = linkRecords(left, right, OPTIONS);
        expect(new Set(pairs.map((pair) => pair.left)).size).toBe(pairs.length);
        expect(new Set(pairs.map((pair) => pair.right)).size).toBe(pairs.length);
        for (const pair of pairs) {
          const one = left[pair.left];
          const other = right[pair.right];
          expect(other?.currency).toBe(one?.currency);
          const [from, to] = [Number(one?.amount), Number(other?.amount)];
          expect(Math.sign(from) * Math.sign(to)).not.toBe(-1);
          expect(Math.abs(to)).toBeGreaterThanOrEqual(Math.floor(Math.abs(from) * 0.9));
          expect(Math.abs(to)).toBeLessThanOrEqual(Math.ceil(Math.abs(from) * 1.1));
          expect((other?.day ?? 0) - (one?.day ?? 0)).toBeGreaterThanOrEqual(-2);
        }
      }),
    );
  });

  it('says probabilities between 0 and 1, and finite weights', () => {
    fc.assert(
      fc.property(records('l'), records('r'), (left, right) => {
        const { pairs, undecided } = linkRecords(left, right, { ...OPTIONS, probabilityMin: 0 });
        for (const pair of pairs) {
          expect(pair.probability).toBeGreaterThanOrEqual(0);
          expect(pair.probability).toBeLessThanOrEqual(1);
          expect(Number.isFinite(pair.margin)).toBe(true);
          for (const { weight } of pair.levels) expect(Number.isFinite(weight)).toBe(true);
          const rivals = pair.rivals.filter((rival) => rival.left === pair.left);
          const sum = rivals.reduce((total, rival) => total + rival.probability, pair.probability);
          expect(sum).toBeLessThanOrEqual(1 + 1e-6);
        }
        for (const { probability } of undecided) expect(probability).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });

  it('does not care in which order the lines are given', () => {
    fc.assert(
      fc.property(records('l'), records('r'), fc.integer(), (left, right, seed) => {
        const otherLeft = shuffled(left, seed);
        const otherRight = shuffled(right, seed + 1);
        expect(named(linkRecords(otherLeft, otherRight, OPTIONS), otherLeft, otherRight)).toEqual(
          named(linkRecords(left, right, OPTIONS), left, right),
        );
      }),
    );
  });

  it('gives the same result twice, and with its own model read back from JSON', () => {
    fc.assert(
      fc.property(records('l'), records('r'), (left, right) => {
        const first = linkRecords(left, right, OPTIONS);
        expect(linkRecords(left, right, OPTIONS)).toEqual(first);
        const model = JSON.parse(JSON.stringify(first.model));
        expect(linkRecords(left, right, { ...OPTIONS, model }).pairs).toEqual(first.pairs);
      }),
    );
  });

  it('is not moved by an unrelated line once it has learnt', () => {
    const unrelated = fc.constantFrom<Partial<LinkRecord>>(
      { currency: 'THB' },
      { day: DAY + 500 },
      { amount: 7_777_777 },
    );
    fc.assert(
      fc.property(records('l'), records('r'), unrelated, (left, right, fields) => {
        const { model, pairs } = linkRecords(left, right, OPTIONS);
        const more = [...right, record('unrelated', { text: 'ACME SMITH', ...fields })];
        expect(linkRecords(left, more, { ...OPTIONS, model }).pairs).toEqual(pairs);
      }),
    );
  });
});

describe('linkRecords on lines made by hand', () => {
  const customers = ['ALPHA WERKE', 'BETA STAHL', 'GAMMA OPTIK', 'DELTA MODE', 'EPSILON BAU'];
  const payer = (at: number): string => customers[at % customers.length] ?? '';
  const invoices = Array.from({ length: 60 }, (_, at) =>
    record(`invoice${at}`, {
      amount: 50_000 + 1_370 * (at % 23),
      day: DAY + (at % 12),
      text: `INV ${4_700 + at}`,
      name: payer(at),
    }),
  );
  const payments = invoices.map((invoice, at) =>
    record(`payment${at}`, {
      amount: invoice.amount,
      day: invoice.day + 1 + (at % 3),
      text: `SEPA CREDIT ${payer(at)} INV-${4_700 + at}`,
    }),
  );

  it('finds every pair where a number is shared, and is sure of it', () => {
    const { pairs } = linkRecords(invoices, payments, OPTIONS);
    expect(pairs.map(({ left, right }) => left === right)).toEqual(invoices.map(() => true));
    for (const pair of pairs) {
      expect(pair.probability).toBeGreaterThan(0.95);
      expect(pair.isAmbiguous).toBe(false);
    }
  });

  it('leaves out the line whose partner is not there', () => {
    const { pairs } = linkRecords(invoices, payments.slice(0, 45), OPTIONS);
    const sure = pairs.filter(({ probability }) => probability > 0.5);
    expect(sure.map(({ left }) => left).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 45 }, (_, at) => at),
    );
  });

  it('decides two equal amounts of one day by a rare word rather than by a frequent one', () => {
    const [first, second] = [
      record('one', { amount: 9_900, text: 'PAYMENT ZWIEBELFISCH' }),
      record('two', { amount: 9_900, text: 'PAYMENT QUITTENMUS' }),
    ];
    const mirrored = [
      record('b', { amount: 9_900, day: DAY + 1, text: 'QUITTENMUS PAYMENT' }),
      record('a', { amount: 9_900, day: DAY + 1, text: 'TRANSFER ZWIEBELFISCH' }),
    ];
    const { pairs } = linkRecords(
      [...invoices, first, second],
      [...payments, ...mirrored],
      OPTIONS,
    );
    const found = pairs.filter(({ left }) => left >= invoices.length);
    expect(found.map(({ left, right }) => `${left - 60} ${right - 60}`).toSorted()).toEqual([
      '0 1',
      '1 0',
    ]);
  });

  it('names the rivals of a pair, and none where no other partner is likely', () => {
    const twin = record('twin', { ...invoices[3], id: 'twin', text: 'INV', day: DAY + 3 });
    const open = record('open', { ...payments[3], id: 'open', text: 'SEPA CREDIT DELTA MODE' });
    const { pairs } = linkRecords([...invoices, twin], [...payments, open], {
      ...OPTIONS,
      model: linkRecords(invoices, payments, OPTIONS).model,
    });
    expect(pairs.find(({ left }) => left === 5)?.rivals).toEqual([]);
    const known = linkRecords([twin, { ...twin, id: 'twin2' }], [open], OPTIONS).pairs;
    expect(known[0]?.isAmbiguous).toBe(true);
    expect(known[0]?.rivals.map(({ left, right }) => [left, right])).toEqual([[1, 0]]);
  });

  it('names the levels that spoke for a pair, and the account when both sides know it', () => {
    const left = [...invoices, record('known', { account: 'DE02 1203', text: 'INV 1' })];
    const right = [...payments, record('same', { account: 'de021203', text: 'INV 1' })];
    const pair = linkRecords(left, right, OPTIONS).pairs.find((one) => one.left === 60);
    expect(pair?.right).toBe(60);
    expect(pair?.levels.map(({ field, level }) => [field, level])).toEqual([
      ['amount', 'equal'],
      ['day', 'same day'],
      ['text', '2 of 2 words'],
      ['account', 'same'],
    ]);
    for (const { weight } of pair?.levels ?? []) expect(weight).toBeGreaterThan(-1);
  });

  it('reads a text that the bank cut off as far as it goes', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRST';
    const long = Array.from({ length: 400 }, (_, at) => {
      const code = `${letters.charAt(at % 20)}${letters.charAt(Math.floor(at / 20))}`;
      return record(`l${String(at).padStart(3, '0')}`, { text: `MIETE ${code}INGEN KG` });
    });
    const short = long.map((one, at) =>
      record(`r${String(at).padStart(3, '0')}`, {
        day: DAY + 1,
        text: at % 5 === 0 ? 'BAR' : one.text.slice(0, 10),
      }),
    );
    const { model, pairs } = linkRecords(long, short, OPTIONS);
    expect(model.text.rightCut).toBe(10);
    const told = pairs.filter(({ probability }) => probability > 0.5);
    expect(told.every((pair) => pair.left === pair.right)).toBe(true);
    expect(told).toHaveLength(320);
  });

  it('applies what it learnt to a single line', () => {
    const { model } = linkRecords(invoices, payments, OPTIONS);
    const { pairs } = linkRecords(invoices.slice(7, 8), payments, { ...OPTIONS, model });
    expect(pairs.map(({ left, right }) => [left, right])).toEqual([[0, 7]]);
    expect(pairs[0]?.probability).toBeGreaterThan(0.95);
  });

  it('compares different currencies only when it is told to', () => {
    const euro = invoices.map((one) => record(one.id, { ...one, currency: 'EUR' }));
    const dollars = payments.map((one) =>
      record(one.id, { ...one, currency: 'USD', amount: Math.round(Number(one.amount) * 1.08) }),
    );
    expect(linkRecords(euro, dollars, OPTIONS).pairs).toEqual([]);
    const { pairs } = linkRecords(euro, dollars, { ...OPTIONS, crossCurrency: true });
    expect(pairs.filter(({ left, right }) => left === right)).toHaveLength(60);
  });

  it('holds amounts up to 2^53 exactly and refuses larger ones', () => {
    const large = record('large', { amount: 2n ** 53n - 1n, text: 'INV 9' });
    const { pairs } = linkRecords([large], [{ ...large, id: 'other' }], OPTIONS);
    expect(pairs).toHaveLength(1);
    for (const amount of [2n ** 53n, -(2n ** 53n), 0.5, Number.NaN]) {
      expect(() => linkRecords([], [record('beyond', { amount })], OPTIONS)).toThrow(
        'The amount of beyond is not a whole number below 2^53',
      );
    }
  });
});

describe('linkRecords at the edges', () => {
  it('has nothing to say where a side is empty', () => {
    expect(linkRecords([], [record('r')], OPTIONS).pairs).toEqual([]);
    expect(linkRecords([record('l')], [], OPTIONS).pairs).toEqual([]);
  });

  it('refuses windows that are none', () => {
    const refuse = (options: Partial<LinkOptions>): (() => LinkResult) => {
      return () => linkRecords([], [], { ...OPTIONS, ...options });
    };
    expect(refuse({ delayDays: { min: 3, max: 2 } })).toThrow(RangeError);
    expect(refuse({ delayDays: { min: 0.5, max: 2 } })).toThrow(RangeError);
    expect(refuse({ amountRatio: { min: 1.2, max: 1.1 } })).toThrow(RangeError);
    expect(refuse({ amountRatio: { min: 0, max: 1 } })).toThrow(RangeError);
  });

  it('compares equal amounts only, where the window says so', () => {
    const left = [record('l', { text: 'INV 4711' })];
    const right = [
      record('near', { amount: 100_01, text: 'INV 4711' }),
      record('equal', { text: 'INV 4711' }),
    ];
    const { pairs } = linkRecords(left, right, { ...OPTIONS, amountRatio: { min: 1, max: 1 } });
    expect(pairs.map((pair) => pair.right)).toEqual([1]);
  });

  it('leaves out the explanation when none is asked for', () => {
    const lines = [record('a', { text: 'INV 4711' })];
    const [told] = linkRecords(lines, lines, OPTIONS).pairs;
    const [bare] = linkRecords(lines, lines, { ...OPTIONS, explain: false }).pairs;
    expect(told?.levels).toHaveLength(3);
    expect(bare).toEqual({ ...told, levels: [], rivals: [] });
  });
});

describe('linkRecords where few lines have a partner', () => {
  /** The same numbers every time: a plain congruence. */
  function createChance(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
  }

  it('does not learn to believe in chance', () => {
    const chance = createChance(11);
    const letters = 'ABCDEFGHJKLMNPRSTW';
    const letter = (): string => letters.charAt(chance(letters.length));
    const line = (id: string): LinkRecord =>
      record(id, {
        day: DAY + chance(90),
        amount: 1_000 + chance(20_000),
        text: `${letter()} ${letter()} ${['MONEY', 'PAYMENT', 'RENT'][chance(3)] ?? ''}`,
      });
    const left = Array.from({ length: 2_000 }, (_, at) => line(`l${at}`));
    const right = Array.from({ length: 2_000 }, (_, at) => {
      const one = left[at];
      if (at >= 200 || one === undefined) return line(`r${at}`);
      return { ...one, id: `r${at}`, day: one.day + 1 + chance(2), amount: Number(one.amount) - 9 };
    });
    const { pairs, expectedMatches } = linkRecords(left, right, OPTIONS);
    const told = pairs.filter(({ probability }) => probability >= 0.9);
    const isTrue = told.filter((pair) => pair.left === pair.right && pair.left < 200);
    expect(isTrue.length).toBeGreaterThan(0.85 * told.length);
    expect(isTrue.length).toBeGreaterThan(100);
    expect(expectedMatches).toBeGreaterThan(150);
    expect(expectedMatches).toBeLessThan(300);
  });

  it('learns that a line without number may be known by its payer, beside lines with numbers', () => {
    const chance = createChance(5);
    const left = Array.from({ length: 600 }, (_, at) =>
      record(`l${at}`, {
        day: DAY + chance(60),
        amount: 5_000 + chance(50_000),
        text: `INV ${90_000 + at}`,
        name: `${'KLMNPRST'.charAt(at % 8)}ANO ${'BDFGHVWZ'.charAt(at % 7)}ELIX ${at % 40}`,
      }),
    );
    const right = left.map((one, at) =>
      record(`r${at}`, {
        day: one.day + chance(9),
        amount: one.amount,
        text:
          at % 4 === 0
            ? `TRANSFER FROM ${one.name ?? ''} REF ${chance(1_000_000)}`
            : `SEPA CREDIT ${one.name ?? ''} ${one.text} ${chance(1_000_000)}`,
      }),
    );
    const { pairs, model } = linkRecords(left, right, OPTIONS);
    const told = pairs.filter(({ probability }) => probability >= 0.9);
    expect(told.filter((pair) => pair.left === pair.right).length).toBeGreaterThan(585);
    expect(model.text.styles.map(({ share }) => share > 0.15)).toEqual([true, true]);
  });
});

describe('linkRecords on lines that are all alike', () => {
  const alike = (side: string, fields: (at: number) => Partial<LinkRecord>) =>
    Array.from({ length: 10_000 }, (_, at) =>
      record(`${side}${String(at).padStart(5, '0')}`, fields(at)),
    );

  it('looks at few of ten thousand equal amounts of one day and tells all as undecided', () => {
    const lines = (side: string) => alike(side, () => ({ text: 'PAYMENT' }));
    const { pairs, undecided, candidates } = linkRecords(lines('l'), lines('r'), OPTIONS);
    expect(candidates).toBeLessThan(10_000 * 100);
    expect(pairs.filter(({ isAmbiguous }) => !isAmbiguous)).toEqual([]);
    expect(pairs.length + undecided.length).toBe(10_000);
  });

  it('still finds the partner by its number among ten thousand equal amounts of one day', () => {
    const left = alike('l', (at) => ({ text: `INV ${100_000 + at}` }));
    const right = alike('r', (at) => ({ text: `PAYMENT INV${100_000 + at}` }));
    const { pairs } = linkRecords(left, right, OPTIONS);
    expect(pairs.filter((pair) => pair.left === pair.right && !pair.isAmbiguous)).toHaveLength(
      10_000,
    );
  });

  it('bounds the lines compared when ten thousand near amounts share all their words', () => {
    const lines = (side: string) =>
      alike(side, (at) => ({ amount: 10_000 + (at % 1_000), text: 'ACME LTD MONTHLY RENT' }));
    const { candidates, pairs } = linkRecords(lines('l'), lines('r'), OPTIONS);
    expect(candidates).toBeLessThan(10_000 * 1_000);
    expect(pairs.filter(({ isAmbiguous }) => !isAmbiguous)).toEqual([]);
  });
});
