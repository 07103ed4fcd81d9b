import { describe, expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { type ErrorCode, errorCodes } from '#core/errors.ts';
import type { PaymentFact } from '#core/events.ts';
import { detailLevels, languages } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { parseMoney } from '#core/money.ts';
import { paymentPurposes, paymentRails, paymentStates } from '#core/payments.ts';
import { toCardParams, toRobotBody } from '#dingtalk/messages.ts';
import { isMessageKey } from '#i18n/messages.ts';
import { sampleOfPayment, samplePayment, specialPayments } from './payment-samples.ts';
import { renderDigest, renderEntry, renderFact, renderPayment } from './render.ts';

const plain = { language: 'en', detail: 'full', mentions: [] } as const;
const levels = languages.flatMap((language) =>
  detailLevels.map((detail) => ({ language, detail })),
);
const everyPayment = [...paymentStates.map(samplePayment), ...Object.values(specialPayments)];
const isReason = (code: string): code is ErrorCode => /^(payment|approval)\./.test(code);
const reasons = Object.keys(errorCodes).filter(isReason);

function textOf({ title, heading, lines, footer }: RenderedMessage): string {
  return [title, heading, ...lines.map(({ label, value }) => `${label}: ${value}`), footer].join(
    '\n',
  );
}

/** Without the marks of direction, which a reader does not see. */
const seen = (text: string): string => text.replaceAll(/[\u2066-\u2069\u200f]/g, '');

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

const special = (title: string): PaymentFact => {
  const fact = specialPayments[title];
  if (!fact) throw new Error(title);
  return fact;
};

describe('payment', () => {
  test('payment: every state, purpose and way of payment has its words', () => {
    const keys = [
      ...[...paymentStates, 'scheduled', 'decision'].flatMap((state) => [
        `payment.title.${state}`,
        `payment.state.${state}`,
      ]),
      ...paymentPurposes.map((purpose) => `payment.purpose.${purpose}`),
      ...paymentRails.map((rail) => `payment.rail.${rail}`),
    ];
    expect(keys.filter((key) => !isMessageKey(key))).toEqual([]);
  });

  test.each(languages)('payment: no two states read alike in %s', (language) => {
    const messages = everyPayment
      .filter(({ environment }) => environment === 'production')
      .map((fact) => renderPayment(fact, { ...plain, language }));
    const headings = new Set(messages.map(({ heading }) => heading));
    // The special blocked and waiting ones share the words of their states.
    expect(headings.size).toBe(paymentStates.length + 3);
    expect(new Set(messages.map(({ movement }) => movement?.stateText)).size).toBe(
      paymentStates.length + 2,
    );
  });

  test.each(levels)(
    'payment: $language $detail is whole in every state',
    ({ language, detail }) => {
      for (const fact of everyPayment) {
        const message = renderFact(fact, { language, detail, mentions: [] });
        const title = `${fact.state} ${fact.code ?? ''}`;
        expect(message.lines.length, title).toBeGreaterThanOrEqual(2);
        expect(message.lines.length, title).toBeLessThanOrEqual(6);
        expect([...message.title].length, title).toBeLessThanOrEqual(64);
        expect(textOf(message), title).not.toMatch(/NaN|undefined|\{|–\)/);
        for (const text of textOf(message).split('\n')) expect(isBalanced(text), text).toBe(true);
      }
    },
  );

  test.each(languages)('payment: amount-free in %s shows no amount at all', (language) => {
    for (const fact of everyPayment) {
      const options = { ...plain, language, detail: 'amountFree' } as const;
      const message = renderPayment(fact, options);
      const digest = renderDigest([fact, sampleOfPayment('return')], {
        ...options,
        linesMax: 9,
        reason: 'rate',
      });
      for (const text of [textOf(message), textOf(digest), JSON.stringify(toCardParams(message))]) {
        expect(text).not.toMatch(/IDR|KWD|HKD|15[.,]000[.,]000|1[.,]234/);
      }
    }
  });

  test.each(languages)('payment: masked in %s hides who is paid and what there is', (language) => {
    for (const fact of everyPayment) {
      const text = seen(textOf(renderPayment(fact, { ...plain, language, detail: 'masked' })));
      expect(text).not.toMatch(/MAJU|5270098765|1440012345|0613005878|SANTOSO|شركة النور/);
      // Balances are less for everybody than amounts.
      expect(text).not.toMatch(/9[.,]750[.,]000|22[.,]500[.,]000/);
    }
  });

  test('payment: words of the bank lose the name of the creditor where it is masked', () => {
    const fact: PaymentFact = {
      ...samplePayment('rejected'),
      bankMessage: 'Account of PT MAJU JAYA 5270098765 is closed',
    };
    const open = textOf(renderPayment(fact, plain));
    expect(open).toContain('PT MAJU JAYA 5270098765 is closed');
    const masked = textOf(renderPayment(fact, { ...plain, detail: 'masked' }));
    expect(masked).toContain('Account of P••• M••• J•••');
    expect(masked).not.toMatch(/MAJU|5270098765/);
  });

  test.each(reasons)('payment: %s reads in every language without any value', (code) => {
    for (const language of languages) {
      const fact: PaymentFact = { ...samplePayment('cancelled'), state: 'blocked', code };
      const note = renderPayment(fact, { ...plain, language }).lines.find(({ isNote }) => isNote);
      expect(note?.value, language).toBeTruthy();
      expect(note?.value, language).not.toMatch(/undefined|\{/);
    }
  });

  test('payment: values of a reason read as amounts, moments and names of the language', () => {
    const fact: PaymentFact = {
      ...samplePayment('blocked'),
      details: {
        amount: 'IDR 15000000.00',
        limit: 'HKD 1000.50',
        used: 'IDR 0.00',
        resets: '2026-11-24T00:00:00+07:00',
      },
    };
    const text = seen(textOf(renderPayment(fact, { ...plain, language: 'id' })));
    expect(text).toContain('IDR\u00a015.000.000,00 akan melampaui batas HKD\u00a01.000,50');
    expect(text).toContain('24 Nov 2026 00:00:00\u00a0WIB');
    const odd = { ...fact, details: { amount: 'IDR 1.234', limit: 'XXY 5', used: 'none' } };
    expect(textOf(renderPayment(odd, plain))).toContain('IDR 1.234 would exceed');
  });

  test('payment: whoever decides sees what was sent, under which reference, and what came back', () => {
    const message = renderPayment(special('unknown, people must decide'), plain);
    const text = seen(textOf(message));
    expect(text).toContain('⚠️ IDR\u00a015,000,000.00 · Payment needs a decision');
    expect(text).toMatch(/We sent: .*15:02:11\u00a0WIB, reference 20261123000000000417, 1 attempt/);
    expect(text).toContain('4041800 Transaction Not Found (asked 14 times)');
    expect(text).toContain('two people then decide in Cashbell');
    expect(message.movement).toMatchObject({ state: 'unknown', stateText: 'needs a decision' });
  });

  test.each(languages)('payment: the silence of a bank has words in %s', (language) => {
    const fact = special('unknown, people must decide');
    const said = (lastAnswer: string): string => {
      const question = fact.question && { ...fact.question, lastAnswer };
      const asked = {
        ...fact,
        code: 'payment.notFoundAtBank' as const,
        ...(question && { question }),
      };
      const { lines } = renderPayment(asked, { ...plain, language });
      // Whatever led here, people are told to decide and how.
      expect(lines.find(({ isNote }) => isNote)?.value).toContain('Cashbell');
      return lines[3]?.value ?? '';
    };
    const [silent, broken, missing] = ['', 'transport.timeout', 'payment.notFoundAtBank'].map(said);
    expect(silent).toBe(broken);
    expect(missing).not.toBe(silent);
    expect(missing).not.toContain('payment.');
    expect(said('E99 Try later')).toContain('E99 Try later');
  });

  test('payment: the account of before stands against the new one until somebody has decided', () => {
    const fact = special('awaitingApproval, account changed and another name at the bank');
    const text = seen(textOf(renderPayment(fact, plain)));
    expect(text).toContain('Account changed: 1440012345 → 5270098765');
    expect(text).toContain('Name at the bank: PT MAJU JAYA ABADI (not quite the same name)');
    const paid = seen(textOf(renderPayment({ ...fact, state: 'confirmed' }, plain)));
    expect(paid).not.toContain('1440012345');
    const same: PaymentFact = { ...fact, nameMatch: 'matched' };
    expect(textOf(renderPayment(same, plain))).not.toContain('Name at the bank');
  });

  test('payment: who asked, who approved and who said no are named', () => {
    const approved = textOf(renderPayment(samplePayment('confirmed'), plain));
    expect(approved).toContain('Siti Rahma · approved by 陈志明, Ahmad Zaki');
    const declined = textOf(renderPayment(samplePayment('declined'), plain));
    expect(declined).toContain('Declined by: 陈志明 · Faktur belum lengkap');
  });

  test('payment: the reference is ours until the bank has given its own; the fee stands beside it', () => {
    expect(seen(renderPayment(samplePayment('submitting'), plain).movement?.reference ?? '')).toBe(
      '20261123000000000417',
    );
    const { movement, lines } = renderPayment(samplePayment('settled'), plain);
    expect(seen(movement?.reference ?? '')).toBe('2026112312345600');
    expect(seen(lines.at(-1)?.value ?? '')).toBe('2026112312345600 · fee IDR\u00a02,500.00');
  });

  test('payment: only what needs people carries the sign of warning', () => {
    const urgent = paymentStates.filter((state) =>
      renderPayment(samplePayment(state), plain).heading.startsWith('⚠️'),
    );
    expect(urgent).toEqual(['blocked', 'rejected', 'returned', 'voided']);
    const closed = renderPayment(special('blocked until the bank opens'), plain);
    expect(closed.heading.startsWith('⚠️')).toBe(false);
  });

  test('payment: a sandbox is marked in title and footer', () => {
    const message = renderPayment(special('settled, of an Arabic creditor, sandbox'), plain);
    expect(message.title).toContain('(sandbox)');
    expect(message.footer).toContain('no real money');
  });

  test('payment: a creditor cannot reorder the card, flood it or put a link into it', () => {
    const base = samplePayment('awaitingApproval');
    const fact: PaymentFact = {
      ...base,
      creditor: { ...base.creditor, name: 'A\u2069\u202eB', agentName: 'x'.repeat(500) },
      remittanceInformation: `\u202ehttps://evil.example/${'x'.repeat(5_000)}`,
      maker: '[pay](https://evil.example)',
    };
    const message = renderPayment(fact, plain);
    expect(textOf(message).length).toBeLessThan(900);
    expect(textOf(message)).not.toContain('\u202e');
    for (const one of textOf(message).split('\n')) expect(isBalanced(one)).toBe(true);
    const body = toRobotBody(message, { msgUuid: 'dlv_1', style: 'markdown' });
    expect(body).not.toMatch(/https:\/\/evil/);
  });

  test.each(languages)(
    'payment: the card in %s has room for everything that is said',
    (language) => {
      for (const fact of everyPayment) {
        const message = renderPayment(fact, { ...plain, language });
        const params = toCardParams(message);
        const shown = JSON.parse(params['lines'] ?? '[]') as { value: string }[];
        const title = `${language} ${fact.state} ${fact.code ?? ''}`;
        const note = message.lines.find(({ isNote }) => isNote);
        expect(shown.length, title).toBe(message.lines.length - (note ? 1 : 0));
        expect(shown.map(({ value }) => value).join(''), title).not.toContain('…');
        expect(params['note'], title).toBe(note?.value.replaceAll('\u00a0', ' ') ?? '');
        expect(params).toMatchObject({ direction: 'debit', state: fact.state, language });
      }
    },
  );
});

describe('digest of payments', () => {
  const digest = { ...plain, linesMax: 30, reason: 'rate' } as const;

  test('digest of payments: a payment stands once, as it is now, and is no movement', () => {
    const facts = [samplePayment('awaitingApproval'), { ...samplePayment('settled'), version: 5 }];
    const message = renderDigest([...facts, sampleOfPayment('settlement')], digest);
    expect(message.heading).toContain('1 movement · 1 payment');
    const text = seen(textOf(message));
    expect(text).toContain('IDR\u00a015,000,000.00 · Payment settled: PT MAJU JAYA');
    expect(text).not.toContain('waits for approval');
    // What was ordered is counted when the debit comes.
    expect(text).not.toMatch(/Out: .*IDR/);
  });

  test('digest of payments: what needs people says why', () => {
    const text = textOf(renderDigest([samplePayment('voided')], digest));
    expect(text).toContain('the amount differs');
  });

  test('digest of payments: only payments have a time and a count of their own', () => {
    const early = { ...samplePayment('declined'), at: parseInstant('2026-11-22T10:00:00+07:00') };
    const other = { ...samplePayment('expired'), paymentId: 'pay_2' } as const;
    const message = renderDigest([other, early], digest);
    expect(message.heading).toBe('2 payments');
    expect(seen(message.footer)).toMatch(/22 Nov 2026 10:00:00.* – 23 Nov 2026 15:59:07/);
  });
});

describe('movement of a payment', () => {
  test.each(languages)('movement of a payment: in %s it says which one', (language) => {
    const texts = (['settlement', 'return'] as const).map((role) => {
      const { lines } = renderEntry(sampleOfPayment(role), { ...plain, language });
      return lines.find(({ value }) => value.includes('PT MAJU JAYA'))?.value;
    });
    expect(texts.every((text) => text !== undefined)).toBe(true);
    expect(new Set(texts).size).toBe(2);
  });

  test('movement of a payment: the creditor’s name is masked with the others', () => {
    const message = renderEntry(sampleOfPayment('settlement'), { ...plain, detail: 'masked' });
    expect(textOf(message)).toContain('Settles the payment to P••• M••• J•••');
    expect(textOf(message)).not.toContain('MAJU');
  });

  test('movement of a payment: an amount in a foreign currency stays that of the account', () => {
    const fact = { ...sampleOfPayment('return'), amount: parseMoney('99.50', 'HKD') };
    expect(seen(renderEntry(fact, plain).heading)).toContain('＋ HKD\u00a099.50');
  });
});
