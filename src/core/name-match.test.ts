import { describe, expect, test } from 'vitest';
import { compareNames } from './name-match.ts';

/** Ours, the bank's, and why. */
type Row = readonly [ours: string, theirs: string, reason: string];

const same: readonly Row[] = [
  ['PT Maju Jaya', 'PT MAJU JAYA', 'equal'],
  ['PT. Maju Jaya, Tbk.', 'PT MAJU JAYA TBK', 'equal'],
  ['Siti  Rahma', 'SITI RAHMA', 'equal'],
  ['P.T. Maju Jaya', 'PT MAJU JAYA', 'writing'],
  ['ＰＴ Ｍａｊｕ', 'PT MAJU', 'equal'],
  // The bank puts the form behind, or leaves it out.
  ['PT Maju Jaya', 'MAJU JAYA PT', 'writing'],
  ['PT Maju Jaya', 'MAJU JAYA', 'legalFormMissing'],
  ['PT Maju Jaya Tbk', 'PT MAJU JAYA', 'legalFormMissing'],
  ['Golden Star Trading Limited', 'GOLDEN STAR TRADING LTD', 'writing'],
  ['Golden Star Co., Ltd.', 'GOLDEN STAR COMPANY LIMITED', 'writing'],
  ['Maju Sendirian', 'MAJU SENDIRIAN SDN BHD', 'legalFormMissing'],
  ['Maju Sdn. Bhd.', 'MAJU SDN BHD', 'equal'],
  // Family name first or last.
  ['Tai Man Chan', 'CHAN TAI MAN', 'wordOrder'],
  // Accents, and letters that have no accent to take off.
  ['Công ty TNHH Đại Phát', 'CONG TY TNHH DAI PHAT', 'equal'],
  ['José Nuñez', 'JOSE NUNEZ', 'equal'],
  ["O'Brien Supplies", 'OBRIEN SUPPLIES', 'equal'],
  ['Al-Futtaim Trading LLC', 'ALFUTTAIM TRADING LLC', 'writing'],
  ['Sumber & Makmur', 'SUMBER DAN MAKMUR', 'equal'],
  // How people are addressed is no part of their name.
  ['Bpk. Budi Santoso', 'BUDI SANTOSO', 'writing'],
  ['Ibu Dewi Lestari', 'DEWI LESTARI', 'writing'],
  ['深圳市大发贸易有限公司', '深圳市大发贸易有限公司', 'equal'],
  ['深圳市大发贸易有限公司', '深圳市大发贸易有限责任公司', 'writing'],
  ['大發貿易 有限公司', '大發貿易有限公司', 'equal'],
  ['شركة الأمل', 'شركة الامل', 'equal'],
  ['บริษัท มั่งคั่ง', 'บริษัท มั่งคั่ง', 'equal'],
];

const near: readonly Row[] = [
  // BCA gives 24 characters; what is cut off is not proven.
  ['PT Sumber Makmur Sejahtera Abadi', 'PT SUMBER MAKMUR SEJAHTE', 'cut'],
  // Two forms are two companies.
  ['PT Maju Jaya', 'CV MAJU JAYA', 'legalFormDiffers'],
  ['大发贸易有限公司', '大发贸易股份有限公司', 'legalFormDiffers'],
  ['Siti Rahma Wulandari', 'SITI RAHMA W', 'abbreviated'],
  ['Golden International Trading', 'GOLDEN INTER TRADING', 'abbreviated'],
  ['Sumber Makmur Sejahtera', 'SUMBER MAKMUR SEJAHTRA', 'misspelt'],
  ['Muhammad Rizki', 'MUHAMAD RIZKI', 'misspelt'],
  ['Sumber Makmur Sejahtera', 'SUMBER MAKMUR', 'wordsMissing'],
  ['深圳市大发贸易有限公司', '大发贸易有限公司', 'wordsMissing'],
  ['Chan Tai Man', 'CHAN T** M**', 'masked'],
  ['Budi Santoso', 'BUDI S*******', 'masked'],
];

const other: readonly Row[] = [
  ['PT Maju Jaya', 'PT MUNDUR JAYA', 'different'],
  // An abbreviation that is no beginning.
  ['Golden International Trading', 'GOLDEN INTL TRADING', 'different'],
  ['Siti Rahma', 'BUDI SANTOSO', 'different'],
  // One common word of a company proves nothing.
  ['Sumber Makmur', 'SUMBER REJEKI', 'different'],
  ['Sumber Makmur Sejahtera', 'SUMBER', 'different'],
  // Initials alone prove nothing.
  ['Siti Rahma', 'S R', 'different'],
  // A surname that is a title elsewhere stays.
  ['Ong Tai Man', 'TAI MANG', 'different'],
  // Short names differ by one letter and are two people.
  ['Ani', 'ANA', 'different'],
  ['Chan Tai Man', 'WONG T** M**', 'different'],
  ['Chan Tai Man', '***', 'empty'],
  ['Chan Tai Man', 'C*', 'different'],
  // What cannot be compared is not the same.
  ['大发贸易有限公司', 'DAFA TRADING CO LTD', 'otherScript'],
  ['', 'PT MAJU', 'empty'],
  ['PT Maju', ' – ', 'empty'],
];

describe('name match', () => {
  test.each(same)('name: "%s" is "%s" (%s)', (ours, theirs, reason) => {
    expect(compareNames(ours, theirs)).toEqual({ match: 'matched', reason });
  });

  test.each(near)('name: "%s" is close to "%s" (%s)', (ours, theirs, reason) => {
    expect(compareNames(ours, theirs)).toEqual({ match: 'close', reason });
  });

  test.each(other)('name: "%s" is not "%s" (%s)', (ours, theirs, reason) => {
    expect(compareNames(ours, theirs)).toEqual({ match: 'noMatch', reason });
  });

  test('name: every name matches itself, whatever it is made of', () => {
    for (const [ours] of [...same, ...near]) {
      expect(compareNames(ours, ours).match).toBe('matched');
    }
  });

  test('name: a masked pattern is text, not an expression', () => {
    expect(compareNames('Budi Santoso', 'BU.I S*')).toEqual({
      match: 'noMatch',
      reason: 'different',
    });
  });
});
