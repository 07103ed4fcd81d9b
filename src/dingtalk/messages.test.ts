import fc from 'fast-check';
import { expect, test } from 'vitest';
import { languages } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { escapeMarkdown } from './markdown.ts';
import { toAppMessage, toCardParams, toRobotBody, toRobotText } from './messages.ts';
import { bytesOf, dingtalkLimits } from './size.ts';

const moneyIn: RenderedMessage = {
  language: 'en',
  isRightToLeft: false,
  title: '＋ IDR 1,250,000.00',
  heading: '＋ IDR 1,250,000.00 · Money in',
  lines: [
    { label: 'From', value: 'PT Maju *Jaya*' },
    { label: 'For', value: 'INV_2026_001' },
  ],
  footer: 'Seen 10:21 · told 10:21',
  link: { text: 'Open', url: 'https://cashbell.example/e/1' },
  mentions: ['13800000000', 'user01'],
  cutMark: '(shortened)',
  movement: {
    amount: 'IDR 1,250,000.00',
    creditDebitIndicator: 'credit',
    state: 'booked',
    stateText: 'Booked',
    reference: 'TRX-1',
  },
};

const plainNotice: RenderedMessage = {
  language: 'zh-CN',
  isRightToLeft: false,
  title: '收款',
  heading: '收款',
  lines: [{ label: '付款方', value: '张三' }],
  footer: '',
  mentions: [],
  cutMark: '（已截断）',
};

const markdown = { msgUuid: 'u-1', style: 'markdown' } as const;

test('toRobotBody: markdown with heading, list, quote, link and mentions', () => {
  const text = [
    '### ＋ IDR 1,250,000.00 · Money in',
    '- From: **PT Maju \\*Jaya\\***\n- For: **INV_2026_001**',
    '> Seen 10:21 · told 10:21',
    '[Open](https://cashbell.example/e/1)',
    '@13800000000 @user01',
  ].join('\n\n');
  expect(JSON.parse(toRobotBody(moneyIn, markdown))).toEqual({
    msgUuid: 'u-1',
    msgtype: 'markdown',
    markdown: { title: '＋ IDR 1,250,000.00', text },
    at: { atMobiles: ['13800000000'], atUserIds: ['user01'], isAtAll: false },
  });
});

test('toRobotBody: an action card has the link as its button, and mentions in its text only', () => {
  const body = JSON.parse(toRobotBody(moneyIn, { msgUuid: 'u-1', style: 'actionCard' }));
  expect(body).toMatchObject({
    msgtype: 'actionCard',
    actionCard: {
      singleTitle: 'Open',
      singleURL: 'https://cashbell.example/e/1',
      btnOrientation: '0',
    },
  });
  expect(body.actionCard.text).toContain('@user01');
  expect(body.actionCard.text).not.toContain('](');
  expect(body).not.toHaveProperty('at');
});

test('toRobotBody: without a link an action card becomes markdown; Chinese has its own colon', () => {
  const body = JSON.parse(toRobotBody(plainNotice, { msgUuid: 'u-2', style: 'actionCard' }));
  expect(body).toEqual({
    msgUuid: 'u-2',
    msgtype: 'markdown',
    markdown: { title: '收款', text: '### 收款\n\n- 付款方：**张三**' },
  });
});

function robotText(message: RenderedMessage, keyword?: string): string {
  const options = keyword === undefined ? markdown : { ...markdown, keyword };
  return JSON.parse(toRobotBody(message, options)).markdown.text;
}

test.each([
  ['that the text has is not repeated', 'Money in', '> Seen 10:21 · told 10:21'],
  ['that is missing stands in the footer', 'bank', '> Seen 10:21 · told 10:21 · bank'],
  // As text "*Jaya*" stands there, but escaped: the robot compares the characters that we send.
  ['that escaping broke stands there too', '*Jaya*', '> Seen 10:21 · told 10:21 · *Jaya*'],
])('toRobotBody: a keyword %s', (_, keyword, footer) => {
  const text = robotText(moneyIn, keyword);
  expect(text).toContain(keyword);
  expect(text.split('\n')).toContain(footer);
});

test.each([
  ['mobile numbers, also of other countries', ['139', '+62-812345678'], 2, 0],
  ['long digits are user ids', ['264853612937582964'], 0, 1],
  ['twice is once, an at sign is ours', ['user01', '@user01', ' user01 '], 0, 1],
  ['what cannot be a name is left out', ['', 'a b', 'x'.repeat(65), 'a"b'], undefined, undefined],
  ['fifty at most', Array.from({ length: 60 }, (_, index) => `user${index}`), 0, 50],
])('toRobotBody: mentions, %s', (_, mentions, mobiles, userIds) => {
  const { at } = JSON.parse(toRobotBody({ ...moneyIn, mentions }, markdown));
  expect([at?.atMobiles.length, at?.atUserIds.length]).toEqual([mobiles, userIds]);
});

test('toRobotBody: a long notice keeps heading, first lines, footer and says that it was cut', () => {
  const lines = Array.from({ length: 900 }, (_, index) => ({
    label: `第${index}`,
    value: '收款一百万元整🔔',
  }));
  const body = toRobotBody({ ...moneyIn, lines }, { ...markdown, keyword: '到账' });
  expect(bytesOf(body)).toBeLessThanOrEqual(dingtalkLimits.robotBodyBytesKept);
  // No more is left out than needed.
  expect(bytesOf(body)).toBeGreaterThan(dingtalkLimits.robotBodyBytesKept - 200);
  const { text } = JSON.parse(body).markdown;
  expect(text).toMatch(/^### .*\n\n- 第0: \*\*收款一百万元整🔔\*\*\n- 第1: /);
  expect(text).toContain('- (shortened)\n\n> Seen 10:21 · told 10:21 · 到账\n\n[Open]');
});

test('toRobotBody: one endless value does not push out the lines behind it', () => {
  const lines = [
    { label: 'For', value: '款'.repeat(9_000) },
    { label: 'Account', value: 'Operations' },
  ];
  const text = robotText({ ...moneyIn, lines });
  expect(text).toContain('款…**\n- Account: **Operations**\n- (shortened)');
});

test.each([
  ['emphasis', 'a*b*c', 'a\\*b\\*c'],
  ['an underscore inside a reference stays', 'TRX_1', 'TRX_1'],
  ['an underscore at a border', '_x_', '\\_x\\_'],
  ['links', '[x](y)', '\\[x\\](y)'],
  ['pages', '<b>', '\\<b\\>'],
  ['code', '`x`', '\\`x\\`'],
  ['its own sign', '\\*', '\\\\\\*'],
  ['strike', '~~x~~ ~', '\\~\\~x\\~\\~ ~'],
  ['entities', 'A&amp;B & C', 'A\\&amp;B & C'],
  ['a heading at the start', '# x #', '\\# x #'],
  ['a list at the start', '- x', '\\- x'],
  ['a number at the start', '1. x', '1\u200B. x'],
  ['an amount at the start stays', '100 IDR', '100 IDR'],
  ['lines become one', 'a\r\n\n b\u0000c', 'a b c'],
  ['a sign that turns the direction', 'a\u202Eb', 'ab'],
  ['isolates stay', '\u2068x\u2069', '\u2068x\u2069'],
  ['half of an emoji', 'a\ud83d', 'a\ufffd'],
  ['addresses of strangers are no links', 'https://evil.example', 'https:\u200B//evil.example'],
  ['nor without scheme', 'www.evil.example', 'www\u200B.evil.example'],
])('escapeMarkdown: %s', (_, text, expected) => {
  expect(escapeMarkdown(text)).toBe(expected);
});

test('toRobotBody: brackets and blanks in an address do not end the link', () => {
  const link = { text: 'O[p]en', url: 'https://x.example/a(b) c' };
  const text = robotText({ ...moneyIn, link });
  expect(text).toContain('[O\\[p\\]en](https://x.example/a%28b%29%20c)');
});

test('toAppMessage: a link makes an action card, none makes markdown; nobody is mentioned', () => {
  const card = toAppMessage(moneyIn);
  expect(card.msgKey).toBe('sampleActionCard');
  expect(JSON.parse(card.msgParam)).toMatchObject({
    title: '＋ IDR 1,250,000.00',
    singleTitle: 'Open',
    singleURL: 'https://cashbell.example/e/1',
  });
  expect(card.msgParam).not.toContain('@');
  expect(toAppMessage(plainNotice)).toEqual({
    msgKey: 'sampleMarkdown',
    msgParam: '{"title":"收款","text":"### 收款\\n\\n- 付款方：**张三**"}',
  });
});

test('toCardParams: everything is text, and what does not apply is empty', () => {
  expect(toCardParams(moneyIn)).toEqual({
    title: '＋ IDR 1,250,000.00',
    amount: 'IDR 1,250,000.00',
    direction: 'credit',
    state: 'booked',
    stateText: 'Booked',
    lines: JSON.stringify(moneyIn.lines),
    note: '',
    time: 'Seen 10:21 · told 10:21',
    linkText: 'Open',
    linkUrl: 'https://cashbell.example/e/1',
    language: 'en',
    reference: 'TRX-1',
  });
  expect(toCardParams(plainNotice)).toMatchObject({ amount: '', state: '', linkUrl: '' });
});

test('toCardParams: a whole sentence stands apart, so that it takes no room from the lines', () => {
  const sentence = 'ธนาคารปฏิเสธการจ่ายเงิน '.repeat(20);
  const lines = [
    { label: 'To', value: 'PT Maju' },
    { label: 'Cause', value: sentence, isNote: true as const },
    { label: 'Paid from', value: 'Operations' },
  ];
  const params = toCardParams({ ...moneyIn, lines });
  expect(JSON.parse(params['lines'] ?? '')).toEqual([lines[0], lines[2]]);
  expect(params['note']).toContain('ธนาคารปฏิเสธการจ่ายเงิน');
  expect(bytesOf(params['note'] ?? '')).toBeLessThanOrEqual(1_024);
  const tempting = { label: 'Cause', value: 'see https://evil.example', isNote: true as const };
  expect(toCardParams({ ...moneyIn, lines: [tempting] })['note']).not.toContain('https://evil');
  // A message has room for all of it.
  expect(toAppMessage({ ...moneyIn, lines }).msgParam).toContain(sentence.trim());
});

test.each([
  ['Chinese', '款'.repeat(2_000)],
  ['quotes', '"\\'.repeat(2_000)],
  ['emoji', '👨‍👩‍👧‍👦'.repeat(100)],
])('toCardParams: long lines are shortened and stay JSON, %s', (_, value) => {
  const lines = [
    { label: 'From', value: 'PT Maju' },
    { label: 'For', value },
    { label: 'Account', value: 'Operations' },
  ];
  const params = toCardParams({ ...moneyIn, lines });
  const read = JSON.parse(params['lines'] ?? '');
  expect(read[0]).toEqual(lines[0]);
  expect(read[1].value.endsWith('…')).toBe(true);
  expect(bytesOf(params['lines'] ?? '')).toBeLessThanOrEqual(1_024);
});

test('toCardParams: an address cannot be cut, so one above 1 KB is left out with its words', () => {
  const link = { text: 'Open', url: `https://x.example/${'a'.repeat(1_024)}` };
  expect(toCardParams({ ...moneyIn, link })).toMatchObject({ linkText: '', linkUrl: '' });
});

test('toRobotText: keeps line ends, adds the keyword, stays within the size', () => {
  expect(JSON.parse(toRobotText('a\nb\u0000', { keyword: 'bank', msgUuid: 'u' }))).toEqual({
    msgUuid: 'u',
    msgtype: 'text',
    text: { content: 'a\nb  · bank' },
  });
  expect(toRobotText('x bank', { keyword: 'bank' })).toBe(
    '{"msgtype":"text","text":{"content":"x bank"}}',
  );
  expect(bytesOf(toRobotText('"'.repeat(30_000)))).toBeLessThan(dingtalkLimits.robotBodyBytesKept);
});

const markdownSigns = Array.from('*_`[]()<>~#\\"&@|!\n 收🔔é');

/** Anything that a text can hold: halves of emoji, control characters, every sign of markdown. */
const wildText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...markdownSigns), maxLength: 4_000 }),
  fc.array(fc.nat(0xffff), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.constantFrom('a', '款', '🔔', '"', '\u0001', '\ud800'), fc.nat(9_000))
    .map(([unit, count]) => unit.repeat(count)),
);

const wildMessage = fc.record<RenderedMessage>(
  {
    language: fc.constantFrom(...languages),
    isRightToLeft: fc.boolean(),
    title: wildText,
    heading: wildText,
    lines: fc.array(fc.record({ label: wildText, value: wildText }), { maxLength: 12 }),
    footer: wildText,
    link: fc.record({ text: wildText, url: wildText }),
    mentions: fc.array(wildText, { maxLength: 60 }),
    cutMark: wildText,
    movement: fc.record({
      amount: wildText,
      creditDebitIndicator: fc.constantFrom('credit' as const, 'debit' as const),
      state: fc.constantFrom('pending' as const, 'booked' as const),
      stateText: wildText,
      reference: wildText,
    }),
  },
  {
    requiredKeys: [
      'language',
      'isRightToLeft',
      'title',
      'heading',
      'lines',
      'footer',
      'mentions',
      'cutMark',
    ],
  },
);

function expectWellFormed(value: unknown): void {
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'string') expect(part.isWellFormed()).toBe(true);
    return part;
  });
}

test('messages: any notice gives valid JSON within the limits', () => {
  const style = fc.constantFrom('markdown' as const, 'actionCard' as const);
  const keywords = fc.constantFrom(undefined, '到账', 'a*b');
  fc.assert(
    fc.property(wildMessage, style, keywords, (message, chosen, keyword) => {
      const given = keyword === undefined ? {} : { keyword };
      const body = toRobotBody(message, { msgUuid: 'u', style: chosen, ...given });
      expect(bytesOf(body)).toBeLessThanOrEqual(dingtalkLimits.robotBodyBytesKept);
      const parsed = JSON.parse(body);
      expectWellFormed(parsed);
      const shown = parsed.markdown ?? parsed.actionCard;
      expect(shown.title).not.toBe('');
      if (keyword !== undefined) expect(shown.text).toContain(keyword);
      for (const id of [...(parsed.at?.atMobiles ?? []), ...(parsed.at?.atUserIds ?? [])]) {
        expect(shown.text).toContain(`@${id}`);
      }

      const { msgParam } = toAppMessage(message);
      expect(bytesOf(msgParam)).toBeLessThanOrEqual(dingtalkLimits.msgParamBytesKept);
      expectWellFormed(JSON.parse(msgParam));

      const params = toCardParams(message);
      expectWellFormed(params);
      for (const value of Object.values(params)) {
        expect(bytesOf(value)).toBeLessThanOrEqual(dingtalkLimits.cardValueBytes);
      }
      expect(Array.isArray(JSON.parse(params['lines'] ?? ''))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('messages: in any notice no value reaches beyond its own list item', () => {
  fc.assert(
    fc.property(wildText, (value) => {
      const text = robotText({ ...moneyIn, lines: [{ label: 'For', value }] });
      const blocks = text.split('\n\n');
      expect(blocks).toHaveLength(5);
      expect(blocks[1]?.split('\n').every((line) => line.startsWith('- '))).toBe(true);
      // Outside of escapes there are no brackets but those of our own link.
      expect(text.replaceAll(/\\./gu, '').match(/[[\]]/g)).toEqual(['[', ']']);
    }),
  );
});
