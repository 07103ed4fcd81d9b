import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { alertKinds } from '#core/events.ts';
import { detailLevels } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { paymentStates } from '#core/payments.ts';
import { toAppMessage, toCardParams, toRobotBody } from '#dingtalk/messages.ts';
import { samplePayment, specialPayments } from './payment-samples.ts';
import type * as Render from './render.ts';
import {
  directions,
  entryStates,
  sampleAlert,
  sampleEntry,
  sampleMovements,
} from './render-samples.ts';

/**
 * A language with words three times as long as English, which no screen was made for. In ICU syntax
 * words for people stand at an even depth of braces, names and keywords at an odd one.
 */
function stretch(text: string): string {
  let depth = 0;
  return text.replaceAll(/[{}]|[^{}]+/g, (part) => {
    if (part === '{') depth += 1;
    if (part === '}') depth -= 1;
    return depth % 2 === 0 ? part.replaceAll(/\p{L}{2,}/gu, (word) => word.repeat(3)) : part;
  });
}

function stretchAll(tree: unknown): unknown {
  if (typeof tree === 'string') return stretch(tree);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, stretchAll(value)]));
}

const english: unknown = JSON.parse(
  readFileSync(new URL('../../i18n/en.json', import.meta.url), 'utf8'),
);

let render: typeof Render;
beforeAll(async () => {
  vi.resetModules();
  vi.doMock('../../i18n/en.json', () => ({ default: stretchAll(english) }));
  render = await import('./render.ts');
});
afterAll(() => {
  vi.doUnmock('../../i18n/en.json');
  vi.resetModules();
});

const CARD_VALUE_BYTES = 1_024;
const ROBOT_BODY_BYTES = 20_000;

function expectHolds(message: RenderedMessage, title: string): void {
  expect([...message.title].length, title).toBeLessThanOrEqual(64);
  const params = toCardParams(message);
  for (const [name, value] of Object.entries(params)) {
    expect(Buffer.byteLength(value), `${title}: ${name}`).toBeLessThanOrEqual(CARD_VALUE_BYTES);
  }
  expect(() => JSON.parse(params['lines'] ?? ''), title).not.toThrow();
  expect(JSON.parse(params['lines'] ?? '').length, title).toBeGreaterThan(0);
  const robot = toRobotBody(message, { msgUuid: 'dlv_1', style: 'markdown' });
  const app = toAppMessage(message).msgParam;
  for (const body of [robot, app]) {
    expect(() => JSON.parse(body), title).not.toThrow();
    expect(Buffer.byteLength(body), title).toBeLessThan(ROBOT_BODY_BYTES);
    // Whatever is cut, the amount and who it is about stand in front of it.
    expect(body, title).toContain(message.movement?.amount.replaceAll('\u00a0', ' ') ?? '');
  }
}

test('pseudo-language: cards and messages hold words three times as long', () => {
  expect(stretch('{count, plural, one {# payment} other {# payments}} of {name}')).toBe(
    '{count, plural, one {# paymentpaymentpayment} other {# paymentspaymentspayments}} ofofof {name}',
  );
  const facts = [
    ...paymentStates.map(samplePayment),
    ...Object.values(specialPayments),
    ...directions.flatMap((direction) => entryStates.map((state) => sampleEntry(direction, state))),
    ...alertKinds.map(sampleAlert),
  ];
  for (const detail of detailLevels) {
    const options = { language: 'en', detail, mentions: [] } as const;
    const texts = facts.map((fact) => {
      const message = render.renderFact(fact, options);
      expectHolds(message, `${fact.kind} ${'state' in fact ? fact.state : ''} ${detail}`);
      return message.heading;
    });
    expect(texts[1]).toContain('waitswaitswaits');
    const all = [...sampleMovements(), ...Object.values(specialPayments)];
    const digest = { ...options, linesMax: 30, reason: 'rate' } as const;
    expectHolds(render.renderDigest(all, digest), `digest ${detail}`);
  }
});
