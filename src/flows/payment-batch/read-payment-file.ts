import { readCsv } from './read-csv.ts';
import type { CsvOptions } from './read-csv.ts';
import { readXlsx } from './read-xlsx.ts';
import { FILE_BYTES_MAX, unreadable } from './table.ts';
import type { Table } from './table.ts';

export interface FileOptions extends CsvOptions {
  /** Name of the sheet, where a workbook has several. */
  readonly sheet?: string | undefined;
}

/** Reads an uploaded file as a table. What it is, its first bytes tell; its name proves nothing. */
export async function readTable(bytes: Uint8Array, options: FileOptions): Promise<Table> {
  if (bytes.byteLength === 0) throw unreadable('it is empty');
  if (bytes.byteLength > FILE_BYTES_MAX) {
    throw unreadable(`it has more than ${FILE_BYTES_MAX / 1024 / 1024} MB`);
  }
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return readXlsx(bytes, options.sheet);
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) {
    throw unreadable('it is an old or encrypted workbook; save it as XLSX without a password');
  }
  return readCsv(bytes, options);
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, place) => bytes[place] === byte);
}
