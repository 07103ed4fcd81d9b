import { parsePlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import type { BankHoliday } from '#store/bank-holidays.ts';
import { foldHeader } from './columns.ts';
import { readTable } from './read-payment-file.ts';
import { unreadable } from './table.ts';

const names = {
  country: ['country', 'negara', '国家', '國家'],
  day: ['day', 'date', 'tanggal', 'tarikh', '日期', 'วันที่', 'ngày', 'التاريخ'],
  isOpen: ['open', 'is open', 'working day', '上班'],
  name: ['name', 'holiday', 'nama', 'keterangan', '名称', '名稱', 'ชื่อ', 'tên', 'الاسم'],
} as const;
type Column = keyof typeof names;

const yes = new Set(['yes', 'y', 'true', '1', 'open', 'ya', '是', '班']);
const no = new Set(['', 'no', 'n', 'false', '0', 'closed', 'tidak', '否', '休']);

/**
 * Reads a list of bank holidays: a line each, with day and name; `open` marks days that are worked
 * against the rule. Anything that is not understood refuses the whole list.
 */
export async function readHolidays(
  bytes: Uint8Array,
  defaultCountry: string | undefined,
): Promise<BankHoliday[]> {
  const { rows } = await readTable(bytes, {});
  const [head, ...body] = rows;
  const headers = (head?.cells ?? []).map(({ text }) => columnOf(text));
  if (!headers.includes('day'))
    throw unreadable('its first line must name the columns day and name');
  return body.map(({ number, cells }) => {
    const value = (column: Column): string => cells[headers.indexOf(column)]?.text ?? '';
    const country = value('country') || defaultCountry;
    if (country === undefined) throw unreadable(`row ${number} names no country`);
    const open = value('isOpen').toLowerCase();
    if (!yes.has(open) && !no.has(open)) throw unreadable(`row ${number}: open must be yes or no`);
    return {
      country,
      day: dayOf(value('day'), number),
      isOpen: yes.has(open),
      name: value('name'),
    };
  });
}

function columnOf(header: string): Column | undefined {
  const folded = foldHeader(header);
  const known: readonly Column[] = ['country', 'day', 'isOpen', 'name'];
  return known.find((column) => names[column].some((name) => foldHeader(name) === folded));
}

function dayOf(text: string, row: number): BankHoliday['day'] {
  try {
    return parsePlainDate(text.replace(/^(\d{4})[/.](\d{2})[/.](\d{2})$/, '$1-$2-$3'));
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    throw unreadable(`row ${row}: "${text.slice(0, 20)}" is no day such as 2026-11-23`, error);
  }
}
