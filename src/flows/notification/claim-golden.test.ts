import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Language } from '#core/languages.ts';
import { languages } from '#core/languages.ts';
import { toCardParams, toRobotBody } from '#dingtalk/messages.ts';
import { sampleClaims } from './claim-samples.ts';
import { renderClaim } from './render-claim.ts';
import { sampleToldAt } from './render-samples.ts';

const folder = new URL('../../../tests/golden/cards-claims/', import.meta.url);

/** What people read, and what DingTalk gets for it: the card's parameters and a robot's message. */
function writeBook(language: Language): string {
  const book = Object.entries(sampleClaims).map(([title, fact]) => {
    const options = { language, detail: 'full', mentions: [], toldAt: sampleToldAt } as const;
    const message = renderClaim(fact, options);
    const robot = JSON.parse(toRobotBody(message, { msgUuid: 'dlv_01sample', style: 'markdown' }));
    return [title, { robot: robot.markdown, card: toCardParams(message) }];
  });
  return `${JSON.stringify(Object.fromEntries(book), null, 2)}\n`;
}

describe('claims', () => {
  test.each(languages)('claims: every card in %s is its golden file', (language) => {
    const file = new URL(`${language}.json`, folder);
    const text = writeBook(language);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test.each(languages)('claims: in %s no value of a card is too large for DingTalk', (language) => {
    const long = 'ไทย长文'.repeat(200);
    for (const fact of Object.values(sampleClaims)) {
      const parties = fact.parties.map((party) => ({
        ...party,
        name: long,
        claimedFor: long,
        note: long,
      }));
      const suggestions = fact.suggestions.map((one) => ({ ...one, label: long }));
      const options = { language, detail: 'full', mentions: [], toldAt: sampleToldAt } as const;
      const card = toCardParams(renderClaim({ ...fact, parties, suggestions }, options));
      for (const [name, value] of Object.entries(card)) {
        expect(Buffer.byteLength(value), name).toBeLessThanOrEqual(1_024);
      }
      expect(() => JSON.parse(card['buttons'] ?? '')).not.toThrow();
    }
  });
});
