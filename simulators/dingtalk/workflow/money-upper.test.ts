import { expect, test } from 'vitest';
import { moneyUpper } from './money-upper.ts';

test.each([
  // The first is a real capture (dingtalk.md 4.3); the others follow the rules of Chinese cheques.
  ['1000', '壹仟元整'],
  ['900', '玖佰元整'],
  ['0', '零元整'],
  ['10', '壹拾元整'],
  ['1001', '壹仟零壹元整'],
  ['10010000', '壹仟零壹万元整'],
  ['100000000', '壹亿元整'],
  ['100000001', '壹亿零壹元整'],
  ['12345.67', '壹万贰仟叁佰肆拾伍元陆角柒分'],
  ['900.5', '玖佰元伍角整'],
  ['900.05', '玖佰元零伍分'],
  ['0.05', '伍分'],
  ['-1', '负壹元整'],
])('%s in Chinese capitals is %s', (amount, upper) => {
  expect(moneyUpper(amount)).toBe(upper);
});
