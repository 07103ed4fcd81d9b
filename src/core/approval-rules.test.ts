import { describe, expect, test } from 'vitest';
import { checkRule, findGaps, findRule } from './approval-rules.ts';
import type { ApprovalRule, RuleNode, RulePeople } from './approval-rules.ts';
import { money } from './money.ts';

const one = (person: string): RuleNode => ({ action: 'NONE', persons: [person] });
const all = (...persons: string[]): RuleNode => ({ action: 'AND', persons });
const any = (...persons: string[]): RuleNode => ({ action: 'OR', persons });

const rule = (over: Partial<ApprovalRule> = {}): ApprovalRule => ({
  ruleId: 'rul_1',
  ordinal: 1,
  via: 'dingtalk',
  nodes: [one('per_boss')],
  approvalsRequired: 1,
  ...over,
});

const staff = ['per_boss', 'per_cfo', 'per_ceo', 'per_maker', 'per_clerk'];
const people = (over: Partial<RulePeople> = {}): RulePeople => ({
  userIds: new Map(staff.map((person) => [person, `user-${person}`])),
  makers: ['per_maker', 'per_clerk'],
  unknownUsers: new Set(),
  ...over,
});

const told = (checked: ApprovalRule, known: RulePeople = people()): readonly string[] =>
  checkRule(checked, known).map(({ kind, field, problem }) => `${kind} ${field}: ${problem}`);

describe('rule', () => {
  const rules = [
    rule({ ruleId: 'small', ordinal: 2, currency: 'CNY', amountBelow: 1_000_00n }),
    rule({ ruleId: 'tax', ordinal: 1, purpose: 'tax' }),
    rule({ ruleId: 'rest', ordinal: 9 }),
    rule({
      ruleId: 'large',
      ordinal: 3,
      currency: 'CNY',
      amountFrom: 1_000_00n,
      accountId: 'acc_1',
    }),
  ];

  test.each([
    ['acc_1', 'supplier', 'CNY', 999_99n, 'small'],
    ['acc_1', 'supplier', 'CNY', 1_000_00n, 'large'],
    ['acc_2', 'supplier', 'CNY', 1_000_00n, 'rest'],
    ['acc_1', 'tax', 'CNY', 1n, 'tax'],
    // The same number in another currency is another amount.
    ['acc_1', 'supplier', 'IDR', 999_99n, 'rest'],
  ])('rule: %s, %s, %s %i is decided by %s', (accountId, purpose, currency, units, expected) => {
    const amount = money(units, currency);
    expect(findRule(rules, { accountId, purpose, amount })?.ruleId).toBe(expected);
  });

  test('rule: without one that fits there is none', () => {
    const question = { accountId: 'acc_1', purpose: 'other', amount: money(1n, 'CNY') };
    expect(findRule([rule({ purpose: 'tax' })], question)).toBeUndefined();
  });
});

describe('check of a rule', () => {
  test('check of a rule: a good one has no problem', () => {
    expect(told(rule())).toEqual([]);
    expect(
      told(rule({ nodes: [any('per_boss', 'per_cfo'), one('per_ceo')], approvalsRequired: 2 })),
    ).toEqual([]);
  });

  test.each([
    ['no approver', { nodes: [] }, 'impossible nodes: name at least one approver'],
    [
      'NONE for two',
      { nodes: [{ action: 'NONE', persons: ['per_boss', 'per_cfo'] }] },
      'NONE is one single person',
    ],
    ['AND for one', { nodes: [all('per_boss')] }, 'AND needs two people'],
    ['somebody twice', { nodes: [all('per_boss', 'per_boss')] }, 'names somebody twice'],
    ['a stranger', { nodes: [one('per_x')] }, 'per_x is nobody of this organisation'],
    ['an amount without currency', { amountFrom: 1n }, 'impossible currency: is needed'],
    [
      'an empty band',
      { currency: 'CNY', amountFrom: 2n, amountBelow: 2n },
      'impossible amountBelow: must be more than amountFrom',
    ],
    [
      'two required of one',
      { approvalsRequired: 2 },
      'impossible approvalsRequired: only 1 of the people named can ever agree',
    ],
    [
      'three required where an OR gives one',
      { nodes: [any('per_boss', 'per_cfo', 'per_ceo'), one('per_boss')], approvalsRequired: 3 },
      'only 2 of the people named can ever agree',
    ],
    [
      'two OR nodes of the same single other person',
      {
        nodes: [one('per_boss'), any('per_boss', 'per_cfo'), any('per_boss', 'per_cfo')],
        approvalsRequired: 3,
      },
      'only 2 of the people named can ever agree',
    ],
  ] as const)('check of a rule: %s is impossible', (_, over, expected) => {
    expect(told(rule(over)).join('\n')).toContain(expected);
  });

  test('check of a rule: somebody without a DingTalk user, or with one that is gone', () => {
    const without = people({ userIds: new Map([['per_boss', undefined]]) });
    expect(told(rule(), without)).toEqual([expect.stringContaining('has no DingTalk user id')]);
    expect(told(rule({ via: 'local' }), without)).toEqual([]);
    const gone = people({ unknownUsers: new Set(['per_boss']) });
    expect(told(rule(), gone)).toEqual([expect.stringContaining('does not know the user')]);
  });

  test('check of a rule: the only approver is the only maker (ask 21)', () => {
    const alone = people({ makers: ['per_boss'] });
    expect(told(rule(), alone)).toEqual([
      expect.stringMatching(/^impossible nodes: everybody who may ask .* \(per_boss\)/),
    ]);
  });

  test('check of a rule: one maker of several cannot be served', () => {
    const known = people({ makers: ['per_boss', 'per_clerk'] });
    expect(told(rule(), known)).toEqual([expect.stringMatching(/^doubtful nodes: what per_boss/)]);
    // With somebody else beside, the maker is not needed.
    expect(told(rule({ nodes: [any('per_boss', 'per_cfo')] }), known)).toEqual([]);
  });

  test('check of a rule: DingTalk may finish with fewer people than required', () => {
    const doubtfulRule = rule({
      nodes: [any('per_boss', 'per_cfo'), any('per_boss', 'per_ceo')],
      approvalsRequired: 2,
    });
    expect(told(doubtfulRule)).toEqual([expect.stringContaining('may finish with 1 person')]);
  });
});

describe('gaps', () => {
  const kind = { accountId: 'acc_1', purpose: 'supplier', currency: 'CNY' };
  const band = (amountFrom: bigint | undefined, amountBelow: bigint | undefined) =>
    rule({ currency: 'CNY', amountFrom, amountBelow });

  test('gaps: between bands, and above them', () => {
    expect(findGaps([band(undefined, 100n), band(200n, 300n)], kind)).toEqual([
      { currency: 'CNY', from: 100n, below: 200n },
      { currency: 'CNY', from: 300n },
    ]);
  });

  test('gaps: none where bands meet or overlap, or where a rule takes all', () => {
    expect(findGaps([band(50n, undefined), band(undefined, 60n)], kind)).toEqual([]);
    expect(findGaps([rule()], kind)).toEqual([]);
  });

  test('gaps: everything, where rules are about something else', () => {
    expect(findGaps([rule({ purpose: 'tax' }), rule({ currency: 'IDR' })], kind)).toEqual([
      { currency: 'CNY', from: 0n },
    ]);
  });
});
