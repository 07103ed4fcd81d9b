import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detailLevels, languages } from '#core/languages.ts';
import type { Language } from '#core/languages.ts';
import { toCardParams, toRobotBody } from '#dingtalk/messages.ts';
import { paymentStates } from '#core/payments.ts';
import { samplePayment, specialPayments } from './payment-samples.ts';
import { renderEntry, renderPayment } from './render.ts';
import { directions, entryStates, sampleEntry, sampleToldAt } from './render-samples.ts';

const folder = new URL('../../../tests/golden/cards-dingtalk/', import.meta.url);

/** What DingTalk gets for every payment. */
function writePaymentBook(language: Language): string {
  const payments = [
    ...paymentStates.map((state) => [state, samplePayment(state)] as const),
    ...Object.entries(specialPayments),
  ];
  const book = payments.map(([title, fact]) => {
    const options = { language, detail: 'full', mentions: [], toldAt: sampleToldAt } as const;
    const message = renderPayment(fact, options);
    const robot = toRobotBody(message, { msgUuid: 'dlv_01sample', style: 'markdown' });
    return [title, { robot, card: toCardParams(message) }];
  });
  return `${JSON.stringify(Object.fromEntries(book), null, 2)}\n`;
}

/** What DingTalk gets for every movement: the robot's exact body and the parameters of the card. */
function writeBook(language: Language): string {
  const book: Record<string, { robot: string; card: Record<string, string> }> = {};
  for (const detail of detailLevels) {
    for (const direction of directions) {
      for (const state of entryStates) {
        const message = renderEntry(sampleEntry(direction, state), {
          language,
          detail,
          mentions: ['13900001111', 'manager4220'],
          toldAt: sampleToldAt,
          linkUrl: 'https://cashbell.example/movements/1',
        });
        book[`${direction} ${state}, ${detail}`] = {
          robot: toRobotBody(message, { msgUuid: 'dlv_01sample', style: 'markdown' }),
          card: toCardParams(message),
        };
      }
    }
  }
  return `${JSON.stringify(book, null, 2)}\n`;
}

function expectGolden(name: string, text: string): void {
  const file = new URL(name, folder);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

describe('messages of DingTalk', () => {
  test.each(languages)(
    'messages of DingTalk: every movement in %s is its golden file',
    (language) => {
      expectGolden(`${language}.json`, writeBook(language));
    },
  );

  test.each(languages)(
    'messages of DingTalk: every payment in %s is its golden file',
    (language) => {
      expectGolden(`payments-${language}.json`, writePaymentBook(language));
    },
  );

  test.each(languages)(
    'messages of DingTalk: in %s no amount is told where amounts are hidden',
    (language) => {
      const book = JSON.parse(writeBook(language)) as Record<string, object>;
      for (const [title, parts] of Object.entries(book)) {
        if (!title.endsWith('amountFree')) continue;
        // Neither the amount nor the balance nor what it was before, in any grouping of digits.
        const digits = JSON.stringify(parts).replaceAll(/[^0-9٠-٩]/g, '');
        for (const amount of ['125000000', '3840050', '9875000000', '120359950', '3840005']) {
          expect(digits, title).not.toContain(amount);
        }
      }
    },
  );
});
