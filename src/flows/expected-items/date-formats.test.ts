import { describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import { dayOfNumber, dayUnder, isDayNumber, readDayText } from './date-formats.ts';
import type { DateFormat } from './date-formats.ts';

const context = { today: parsePlainDate('2026-11-23'), isThai: false };
const thai = { ...context, isThai: true };

describe('date formats', () => {
  test.each<[string, DateFormat, string]>([
    ['31/12/2026', 'dd/MM/yyyy', '2026-12-31'],
    ['3.4.2026', 'dd/MM/yyyy', '2026-04-03'],
    ['03-04-2026', 'MM/dd/yyyy', '2026-03-04'],
    ['03/04/26', 'dd/MM/yyyy', '2026-04-03'],
    ['26/04/03', 'yyyy-MM-dd', '2026-04-03'],
    ['20261231', 'yyyy-MM-dd', '2026-12-31'],
    ['31122026', 'dd/MM/yyyy', '2026-12-31'],
    // A year of four digits in front is read the same under all.
    ['2026-12-31', 'MM/dd/yyyy', '2026-12-31'],
    ['2026/1/5', 'dd/MM/yyyy', '2026-01-05'],
    ['31/12/2026 23:59:59', 'dd/MM/yyyy', '2026-12-31'],
    ['2026-12-31T00:00', 'dd/MM/yyyy', '2026-12-31'],
    ['31/12/2569', 'dd/MM/yyyy', '2026-12-31'],
    ['๓๑/๑๒/๒๕๖๙', 'dd/MM/yyyy', '2026-12-31'],
    ['٣١/١٢/٢٠٢٦', 'dd/MM/yyyy', '2026-12-31'],
    ['2026年12月31日', 'dd/MM/yyyy', '2026-12-31'],
    ['31 Desember 2026', 'MM/dd/yyyy', '2026-12-31'],
    ['23 Nopember 2026', 'MM/dd/yyyy', '2026-11-23'],
    ['31-Dec-26', 'MM/dd/yyyy', '2026-12-31'],
    ['Dec 31, 2026', 'dd/MM/yyyy', '2026-12-31'],
    ['31st December 2026', 'dd/MM/yyyy', '2026-12-31'],
    ['31 ธ.ค. 2569', 'dd/MM/yyyy', '2026-12-31'],
    ['31 ديسمبر 2026', 'dd/MM/yyyy', '2026-12-31'],
    ['31 Ogos 2026', 'dd/MM/yyyy', '2026-08-31'],
    ['ngày 5 tháng 11 năm 2026', 'MM/dd/yyyy', '2026-11-05'],
  ])('dates: %s under %s is %s', (text, format, day) => {
    expect(dayUnder(text, format, context)).toBe(day);
  });

  test.each<[string, DateFormat]>([
    ['31/12/2026', 'MM/dd/yyyy'],
    ['12/31/2026', 'dd/MM/yyyy'],
    ['30/02/2026', 'dd/MM/yyyy'],
    ['2026-13-01', 'yyyy-MM-dd'],
    ['20261331', 'yyyy-MM-dd'],
    ['tomorrow', 'dd/MM/yyyy'],
    ['12/2026', 'dd/MM/yyyy'],
    ['1/2/3/2026', 'dd/MM/yyyy'],
    ['31/12-2026', 'dd/MM/yyyy'],
    ['31 Foo 2026', 'dd/MM/yyyy'],
    ['0/12/2026', 'dd/MM/yyyy'],
  ])('dates: %s under %s is none', (text, format) => {
    expect(dayUnder(text, format, context)).toBeUndefined();
  });

  test('dates: years far from today are said to be so, Buddhist ones of two digits only in Thai', () => {
    expect(readDayText('31/12/1926', 'dd/MM/yyyy', context).kind).toBe('implausible');
    expect(readDayText('31/12/2126', 'dd/MM/yyyy', context).kind).toBe('implausible');
    expect(readDayText('31/12/69', 'dd/MM/yyyy', context).kind).toBe('implausible');
    expect(dayUnder('31/12/69', 'dd/MM/yyyy', thai)).toBe('2026-12-31');
    expect(dayUnder('31/12/26', 'dd/MM/yyyy', thai)).toBe('2026-12-31');
  });

  test('dates: a moment with a zone is no day, since its day depends on where one stands', () => {
    expect(readDayText('2026-12-30T17:00:00Z', 'dd/MM/yyyy', context).kind).toBe('zoned');
    expect(readDayText('2026-12-30 17:00:00+07:00', 'dd/MM/yyyy', context).kind).toBe('zoned');
  });

  test('dates: a number of days counts from 1900 or from 1904, four years apart', () => {
    expect(isDayNumber('46349')).toBe(true);
    expect(isDayNumber('20261123')).toBe(false);
    expect(dayOfNumber('46349', 'excel1900', context)).toBe('2026-11-23');
    expect(dayOfNumber('44887', 'excel1904', context)).toBe('2026-11-23');
    expect(dayOfNumber('20000', 'excel1900', context)).toBeUndefined();
  });
});
