import { describe, expect, it } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import { readTable } from './read-payment-file.ts';
import type { FileOptions } from './read-payment-file.ts';

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** Rows as `number: cells`. */
async function read(bytes: Uint8Array, options: FileOptions = {}): Promise<string[]> {
  const { rows } = await readTable(bytes, options);
  return rows.map(
    ({ number, cells }) =>
      `${number}: ${cells.map(({ text, trouble }) => trouble?.problem ?? text).join('|')}`,
  );
}

async function whyNot(bytes: Uint8Array, options: FileOptions = {}): Promise<string> {
  try {
    return (await read(bytes, options)).join('\n');
  } catch (error) {
    if (!isCashbellError(error, 'batch.fileUnreadable')) throw error;
    return String(error.details['problem']);
  }
}

// 收款人,账号,金额 / 张三,123,5.00, written by Excel in Chinese.
const gbk = Buffer.from('cad5bfeec8cb2cd5cbbac52cbdf0b6ee0ad5c5c8fd2c3132332c352e3030', 'hex');
// 收款人,帳號,金額 / 張三,123,5.00, in Hong Kong.
const big5 = Buffer.from('a6acb4daa4482cb162b8b92caaf7c3420ab169a4542c3132332c352e3030', 'hex');

describe('csv', () => {
  it.each<[string, Uint8Array, readonly string[]]>([
    ['plain', utf8('account,amount\n1,2\n3,4\n'), ['1: account|amount', '2: 1|2', '3: 3|4']],
    ['line ends of Windows', utf8('account,amount\r\n1,2\r\n'), ['1: account|amount', '2: 1|2']],
    ['without a last line end', utf8('account,amount\n1,2'), ['1: account|amount', '2: 1|2']],
    ['with a byte order mark', utf8('\ufeffaccount,amount\n1,2'), ['1: account|amount', '2: 1|2']],
    ['semicolons', utf8('account;amount\n1;2,50'), ['1: account|amount', '2: 1|2,50']],
    ['tabulators', utf8('account\tamount\n1\t2,50'), ['1: account|amount', '2: 1|2,50']],
    ['bars', utf8('account|amount\n1|2,50'), ['1: account|amount', '2: 1|2,50']],
    ["Excel's own first line", utf8('sep=;\naccount;amount\n1;2'), ['2: account|amount', '3: 1|2']],
    // A comma within quotation marks does not count against the semicolon.
    [
      'quoted',
      utf8('account;amount;remark\n1;2;"a;b ""c"""'),
      ['1: account|amount|remark', '2: 1|2|a;b "c"'],
    ],
    [
      'a line break in a cell',
      utf8('account,amount,remark\n1,2,"first\nsecond"\n3,4,x'),
      ['1: account|amount|remark', '2: 1|2|first\nsecond', '4: 3|4|x'],
    ],
    [
      'empty lines between',
      utf8('account,amount\n\n1,2\n\n\n3,4\n'),
      ['1: account|amount', '3: 1|2', '6: 3|4'],
    ],
    ['spaces around', utf8('account , amount\n 1 ,\u00a02 '), ['1: account|amount', '2: 1|2']],
    [
      'zeros in front stay',
      utf8('account,amount\n0012,1.10'),
      ['1: account|amount', '2: 0012|1.10'],
    ],
    [
      'UTF-16 of Excel',
      Buffer.from('\ufeffaccount\tamount\n张\t2', 'utf16le'),
      ['1: account|amount', '2: 张|2'],
    ],
    ['GBK, found out by its head', gbk, ['1: 收款人|账号|金额', '2: 张三|123|5.00']],
    ['Big5, found out by its head', big5, ['1: 收款人|帳號|金額', '2: 張三|123|5.00']],
    ['a formula', utf8('account,amount\n=1+1,2'), ['1: account|amount', '2: is a formula|2']],
  ])('csv: %s', async (_title, bytes, rows) => {
    expect(await read(bytes)).toEqual(rows);
  });

  it('csv: a named encoding is taken by its word', async () => {
    const latin = Buffer.from('account,amount,remark\n1,2,Soci\xe9t\xe9', 'latin1');
    expect(await read(latin, { encoding: 'windows-1252' })).toContain('2: 1|2|Société');
  });

  it.each<[string, Uint8Array, FileOptions, RegExp]>([
    ['empty', utf8(''), {}, /empty/],
    ['too large', new Uint8Array(5 * 1024 * 1024 + 1), {}, /more than 5 MB/],
    ['not text', Buffer.from([0x41, 0, 0x42]), {}, /not text/],
    // Its head is in plain letters, so nothing tells how the name is meant.
    [
      'old letters without a head that tells',
      Buffer.from('account,amount\n\xd5\xc5,2', 'latin1'),
      {},
      /save it as UTF-8/,
    ],
    ['another encoding than named', gbk, { encoding: 'utf-8' }, /not utf-8/],
    ['an encoding that nobody knows', gbk, { encoding: 'ebcdic' }, /not ebcdic/],
    [
      'a quotation mark that never ends',
      utf8(`account,amount\n"1,2\n${'3,4\n'.repeat(40)}`),
      {},
      /quotation marks/,
    ],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), {}, /save it as XLSX/],
    ['too many rows', utf8(`account,amount\n${'1,2\n'.repeat(2_100)}`), {}, /split it/],
    ['too many columns', utf8(`account,amount${','.repeat(80)}\n`), {}, /columns/],
  ])('csv: %s is refused with a reason', async (_title, bytes, options, reason) => {
    expect(await whyNot(bytes, options)).toMatch(reason);
  });
});
