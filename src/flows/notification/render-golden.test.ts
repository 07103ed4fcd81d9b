import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alertKinds } from '#core/events.ts';
import { detailLevels, type Language, languages } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { renderAlert, renderDigest, renderEntry } from './render.ts';
import {
  directions,
  entryStates,
  sampleAlert,
  sampleEntry,
  sampleMovements,
  sampleToldAt,
} from './render-samples.ts';

const folder = new URL('../../../tests/golden/cards/', import.meta.url);
const reasons = ['rate', 'group', 'month', 'unmuted'] as const;

describe('cards', () => {
  test.each(languages)('cards: every notice in %s reads as its golden file', (language) => {
    const file = new URL(`${language}.md`, folder);
    const text = writeBook(language);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

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
