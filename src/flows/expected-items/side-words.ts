import { foldColumnName } from './column-roles.ts';
import type { ItemSide } from './import-words.ts';

/**
 * What a column of directions may say, in our languages. "Debit" and "credit" are not among them:
 * the books of a company and its bank mean opposite things by them.
 */
const words: Readonly<Record<ItemSide, string>> = {
  receivable:
    'receivable|ar|in|incoming|income|receipt|customer|sales|piutang|masuk|penerimaan|terimaan|phải thu|thu|应收|收|收款|收入|應收|ลูกหนี้|รับ|ขาย|مدينون|وارد|قبض|مبيعات',
  payable:
    'payable|ap|out|outgoing|expense|payment|supplier|vendor|purchase|hutang|utang|keluar|pengeluaran|bayaran|phải trả|chi|应付|付|付款|支出|應付|เจ้าหนี้|จ่าย|ซื้อ|دائنون|صادر|دفع|مشتريات',
};

const sideByWord: ReadonlyMap<string, ItemSide> = new Map([
  ...words.receivable.split('|').map((word) => [foldColumnName(word), 'receivable'] as const),
  ...words.payable.split('|').map((word) => [foldColumnName(word), 'payable'] as const),
]);

/** Whose document a row is, by the word in its column of directions. */
export function sideNamed(text: string): ItemSide | undefined {
  return sideByWord.get(foldColumnName(text));
}

const totals: ReadonlySet<string> = new Set(
  'total|grand total|sub total|subtotal|sum|jumlah|jumlah keseluruhan|total keseluruhan|tổng|tổng cộng|合计|总计|小计|合計|總計|小計|รวม|รวมทั้งสิ้น|ยอดรวม|المجموع|الاجمالي|الإجمالي|المجموع الكلي'
    .split('|')
    .map(foldColumnName),
);

/** Whether a text heads a row of sums rather than a document. */
export function isTotalWord(text: string): boolean {
  return totals.has(foldColumnName(text));
}
