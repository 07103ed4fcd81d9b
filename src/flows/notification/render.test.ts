import { describe, expect, test } from 'vitest';
import { instantFromMs, parseInstant } from '#core/dates.ts';
import { alertKinds, type EntryFact } from '#core/events.ts';
import { type DetailLevel, detailLevels, languages } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { renderAlert, renderDigest, renderEntry, renderFact } from './render.ts';
import {
  directions,
  entryStates,
  sampleAlert,
  sampleEntry,
  sampleMovements,
} from './render-samples.ts';

const plain = { language: 'en', detail: 'full', mentions: [] } as const;
const digest = { ...plain, linesMax: 30, reason: 'rate' } as const;
const levels = languages.flatMap((language) =>
  detailLevels.map((detail) => ({ language, detail })),
);

function textOf({ title, heading, lines, footer }: RenderedMessage): string {
  return [title, heading, ...lines.map(({ label, value }) => `${label} ${value}`), footer].join(
    '\n',
  );
}

/** Whether every isolate is closed in the same text. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (/[\u2066-\u2068]/.test(letter)) depth += 1;
    if (letter === '\u2069') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The bank's words stand there whole, or without the other side's name where that is masked. */
function expectNarrative(text: string, fact: EntryFact, detail: DetailLevel): void {
  const { name = '' } = fact.counterparty ?? {};
  const words = fact.remittanceInformation;
  if (detail === 'full' || name === '') {
    expect(text).toContain(words);
    return;
  }
  expect(text).not.toContain(name);
  const [before = ''] = words.split(name);
  expect(text).toContain(before.trim());
}

describe('movement', () => {
  test.each(levels)(
    'movement: $language $detail carries the bank’s own reference and text in every state',
    ({ language, detail }) => {
      for (const direction of directions) {
        for (const state of entryStates) {
          const fact = sampleEntry(direction, state);
          const message = renderEntry(fact, { language, detail, mentions: [] });
          expect(textOf(message)).toContain(fact.accountServicerReference);
          expectNarrative(textOf(message), fact, detail);
          expect([...message.title].length).toBeLessThanOrEqual(64);
          expect(message.lines.length).toBeLessThanOrEqual(6);
          expect(message.lines.length).toBeGreaterThanOrEqual(2);
          for (const text of textOf(message).split('\n')) expect(isBalanced(text)).toBe(true);
        }
      }
    },
  );

  test.each(languages)('movement: amount-free in %s shows no amount and no balance', (language) => {
    for (const state of entryStates) {
      const message = renderEntry(sampleEntry('credit', state), {
        ...plain,
        language,
        detail: 'amountFree',
      });
      expect(textOf(message)).not.toMatch(/IDR|250[.,]000/);
      expect(message.movement?.amount).toBe('');
    }
    const folded = renderDigest(sampleMovements(), { ...digest, language, detail: 'amountFree' });
    expect(textOf(folded)).not.toMatch(/IDR|HKD|VND|KWD/);
    const gap = renderAlert(sampleAlert('statement.gap'), {
      ...plain,
      language,
      detail: 'amountFree',
    });
    expect(textOf(gap)).not.toMatch(/IDR|97[.,]500/);
    for (const kind of alertKinds) {
      const alert = renderAlert(sampleAlert(kind), { ...plain, language, detail: 'amountFree' });
      expect(textOf(alert), kind).not.toMatch(/IDR/);
    }
  });

  test('movement: masked hides the name, both accounts and the balance', () => {
    const text = textOf(
      renderEntry(sampleEntry('credit', 'booked'), { ...plain, detail: 'masked' }),
    );
    expect(text).toContain('B••• S•••');
    expect(text).toContain('••••5878');
    expect(text).not.toMatch(/0613005878|8830471234|98,750,000/);
  });

  test('movement: the bank’s delay is said in words once it exceeds a minute', () => {
    const fact: EntryFact = {
      ...sampleEntry('credit', 'booked'),
      bookedAt: parseInstant('2026-11-23T15:30:00+07:00'),
    };
    const toldAt = instantFromMs(fact.seenAt.epochMilliseconds + 3 * 60_000);
    const { footer } = renderEntry(fact, { ...plain, toldAt });
    expect(footer).toMatch(/Seen .*15:59:07.*, 29 minutes later/);
    expect(footer).toMatch(/Told .*16:02:07.*, 3 minutes later/);
    expect(renderEntry(sampleEntry('credit', 'booked'), plain).footer).not.toContain('later');
  });

  test('movement: a correction shows the amount before and now', () => {
    const text = textOf(renderEntry(sampleEntry('credit', 'corrected'), plain));
    expect(text).toMatch(/IDR\u00a01,250\.00\u2069 → \u2066IDR\u00a01,250,000\.00/);
  });

  test('movement: a sandbox is marked in title and footer', () => {
    const fact: EntryFact = { ...sampleEntry('debit', 'booked'), environment: 'sandbox' };
    const message = renderFact(fact, plain);
    expect(message.title).toContain('(sandbox)');
    expect(message.footer).toContain('no real money');
  });

  test('movement: without counterparty, reference or text it still says which account', () => {
    const {
      counterparty: _party,
      accountServicerReference: _ours,
      endToEndId: _end,
      ...rest
    } = sampleEntry('credit', 'booked');
    const { lines, movement } = renderEntry({ ...rest, remittanceInformation: ' ' }, plain);
    expect(lines.map(({ label }) => label)).toEqual(['Account', 'Balance after']);
    expect(movement?.reference).toBe('');
  });

  test('movement: a payer cannot reorder the card or flood it', () => {
    const fact: EntryFact = {
      ...sampleEntry('credit', 'booked'),
      remittanceInformation: `\u202e${'x'.repeat(5_000)}`,
      counterparty: { name: 'A\u2069\u202eB' },
    };
    const text = textOf(renderEntry(fact, plain));
    expect(text.length).toBeLessThan(900);
    expect(text).not.toContain('\u202e');
    for (const one of text.split('\n')) expect(isBalanced(one)).toBe(true);
  });
});

describe('digest', () => {
  test.each(levels)('digest: $language $detail lists every reference', ({ language, detail }) => {
    const message = renderDigest(sampleMovements(), { ...digest, language, detail });
    for (const fact of sampleMovements()) {
      expect(textOf(message)).toContain(fact.accountServicerReference);
      expectNarrative(textOf(message), fact, detail);
    }
    expect([...message.title].length).toBeLessThanOrEqual(64);
    for (const text of textOf(message).split('\n')) expect(isBalanced(text)).toBe(true);
  });

  test('digest: facts keep the order in which they were recorded, whatever the clocks say', () => {
    const facts = sampleMovements().toReversed();
    const { lines, footer } = renderDigest(facts, digest);
    const references = facts.map(({ accountServicerReference = '' }) => accountServicerReference);
    const shown = lines.flatMap(({ value }) => references.filter((one) => value.includes(one)));
    expect(shown).toEqual(references);
    const again = facts.slice(0, 1).map((fact) => ({ ...fact, version: 9 }));
    expect(renderDigest([...facts, ...again], digest).lines).toEqual(lines);
    expect(footer.replaceAll(/[\u2066\u2069\u00a0]/g, ' ')).toMatch(/15:59:07.* – .*16:01:07/);
  });

  test('digest: newest stands last and the rest is counted', () => {
    const message = renderDigest(sampleMovements(), { ...digest, linesMax: 2 });
    expect(message.lines.at(-1)).toEqual({ label: 'More', value: 'and 4 more' });
    const whole = renderDigest(sampleMovements(), digest);
    expect(whole.lines.at(-1)?.value).toContain('2311FTSCYWS95050');
  });

  test('digest: sums are by currency, and what is not booked stays out of them', () => {
    const { lines } = renderDigest(sampleMovements(), digest);
    const plainLines = lines.map(
      ({ label, value }) => `${label}: ${value.replaceAll(/[\u2066\u2069]/g, '')}`,
    );
    expect(plainLines[0]).toBe('In: IDR\u00a01,250,000.50 · KWD\u00a01,234.567 (3 credits)');
    expect(plainLines[2]).toBe('Not in the sums: 1 reversed');
  });

  test('digest: an entry that was booked and then reversed appears once, outside the sums', () => {
    const facts = [sampleEntry('credit', 'booked'), sampleEntry('credit', 'reversed')];
    const { title, lines } = renderDigest(facts, digest);
    expect(title).toBe('1 movement');
    expect(lines.map(({ label }) => label)[0]).toBe('Not in the sums');
    expect(lines).toHaveLength(2);
  });

  test('digest: a correction counts as money only with the booking it corrects', () => {
    const corrected = sampleEntry('credit', 'corrected');
    expect(renderDigest([corrected], digest).lines[0]?.label).toBe('Not in the sums');
    const both = renderDigest([sampleEntry('credit', 'booked'), corrected], digest);
    expect(both.lines[0]?.label).toBe('In');
  });
});

describe('alert', () => {
  test.each(languages)(
    'alert: every kind reads in %s, also when all details are missing',
    (language) => {
      for (const kind of alertKinds) {
        const { code: _code, ...bare } = sampleAlert(kind);
        const message = renderAlert({ ...bare, details: {} }, { ...plain, language });
        expect([...message.title].length).toBeLessThanOrEqual(64);
        expect(textOf(message)).not.toMatch(/NaN|undefined|\{/);
        for (const text of textOf(message).split('\n')) expect(isBalanced(text)).toBe(true);
      }
    },
  );

  test('alert: what its own words say is not said again as its cause', () => {
    const fact = { ...sampleAlert('payment.lateOutcome'), code: 'payment.lateOutcome' } as const;
    const { lines } = renderAlert(fact, plain);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.value).toContain('(rejected by the bank → settled)');
  });

  test('alert: details that do not read as expected are shown as they are', () => {
    const fact = sampleAlert('connection.failing');
    const message = renderAlert({ ...fact, details: { since: '2026-13-45 soon' } }, plain);
    expect(textOf(message)).toContain('2026-13-45 soon');
  });
});

describe('speed', () => {
  test('speed: a card takes a fraction of a millisecond', () => {
    const fact = sampleEntry('credit', 'booked');
    const run = (count: number): number => {
      const started = performance.now();
      for (let index = 0; index < count; index += 1)
        renderEntry(fact, { ...plain, language: 'ar' });
      return (performance.now() - started) / count;
    };
    run(200);
    // Three times what is wanted, because the machine may be busy.
    expect(Math.min(run(500), run(500), run(500))).toBeLessThan(0.9);
  });
});
