import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alertKinds } from '#core/events.ts';
import { detailLevels, type Language, languages } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { paymentStates } from '#core/payments.ts';
import { sampleOfPayment, samplePayment, specialPayments } from './payment-samples.ts';
import { renderAlert, renderDigest, renderEntry, renderPayment } from './render.ts';
import {
  directions,
  entryStates,
  sampleAlert,
  sampleEntry,
  sampleMovements,
  sampleToldAt,
} from './render-samples.ts';

const folder = new URL('../../../tests/golden/cards/', import.meta.url);
const paymentFolder = new URL('../../../tests/golden/cards-payments/', import.meta.url);
const reasons = ['rate', 'group', 'month', 'unmuted'] as const;

describe('cards', () => {
  test.each(languages)('cards: every notice in %s reads as its golden file', (language) => {
    expectGolden(folder, language, writeBook(language));
  });

  test.each(languages)('cards: every payment in %s reads as its golden file', (language) => {
    expectGolden(paymentFolder, language, writePaymentBook(language));
  });
});

function expectGolden(place: URL, language: Language, text: string): void {
  const file = new URL(`${language}.md`, place);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(place, { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

function writePaymentBook(language: Language): string {
  const chapters = [
    `# Payments in ${language}`,
    'Written by `render-golden.test.ts` with `UPDATE_GOLDEN=1`; isolates are kept.',
  ];
  const add = (title: string, message: RenderedMessage): void => {
    chapters.push(`## ${title}`, writeMessage(message));
  };
  const common = { language, mentions: [], toldAt: sampleToldAt };
  for (const detail of detailLevels) {
    const options = { ...common, detail };
    for (const state of paymentStates) {
      add(`${state}, ${detail}`, renderPayment(samplePayment(state), options));
    }
    for (const [title, fact] of Object.entries(specialPayments)) {
      add(`${title}, ${detail}`, renderPayment(fact, options));
    }
    for (const role of ['settlement', 'return'] as const) {
      add(`movement, ${role}, ${detail}`, renderEntry(sampleOfPayment(role), options));
    }
    const facts = [sampleOfPayment('settlement'), ...Object.values(specialPayments)];
    add(
      `digest, ${detail}`,
      renderDigest([sampleAlert('payments.stopped'), ...facts], {
        ...options,
        linesMax: 30,
        reason: 'group',
      }),
    );
  }
  return `${chapters.join('\n\n')}\n`;
}

function writeBook(language: Language): string {
  const chapters = [
    `# Notices in ${language}`,
    'Written by `render-golden.test.ts` with `UPDATE_GOLDEN=1`; isolates are kept.',
  ];
  const add = (title: string, message: RenderedMessage): void => {
    chapters.push(`## ${title}`, writeMessage(message));
  };
  const common = { language, mentions: [], linkUrl: 'https://cashbell.example/movements/1' };
  for (const detail of detailLevels) {
    for (const direction of directions) {
      for (const state of entryStates) {
        const fact = sampleEntry(direction, state);
        const options = { ...common, detail, toldAt: sampleToldAt };
        add(`${direction} ${state}, ${detail}`, renderEntry(fact, options));
      }
    }
    const options = { ...common, detail, linesMax: 4, reason: 'rate' as const };
    add(`digest, ${detail}`, renderDigest(sampleMovements(), options));
  }
  for (const reason of reasons) {
    const facts = [sampleAlert('account.stale'), ...sampleMovements()];
    const options = { ...common, detail: 'full' as const, linesMax: 2, reason };
    add(`digest of ${reason}`, renderDigest(facts, options));
  }
  for (const kind of alertKinds) {
    const options = { ...common, detail: 'full' as const, zone: 'Asia/Jakarta' };
    add(kind, renderAlert(sampleAlert(kind), options));
  }
  return `${chapters.join('\n\n')}\n`;
}

function writeMessage({ title, heading, lines, footer, link }: RenderedMessage): string {
  return [
    `title: ${title}  `,
    `heading: ${heading}`,
    '',
    ...lines.map(({ label, value }) => `- ${label}: ${value}`),
    '',
    `> ${footer}`,
    '',
    `[${link?.text ?? ''}](${link?.url ?? ''})`,
  ].join('\n');
}
