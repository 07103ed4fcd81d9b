/** What a column of a bank or ledger file holds. */
export type ColumnRole =
  | 'id'
  | 'date'
  | 'dueDate'
  | 'amount'
  | 'debit'
  | 'credit'
  | 'indicator'
  | 'currency'
  | 'text'
  | 'counterparty'
  | 'counterpartyKey'
  | 'counterpartyAccount'
  | 'reference'
  | 'number'
  | 'account';

/** Places of columns by role; several columns may hold text or references. */
export type Columns = ReadonlyMap<ColumnRole, readonly number[]>;

/** Recognises columns by their names; the first of a role wins where only one may be. */
export function recogniseColumns(header: readonly string[]): Columns {
  const columns = new Map<ColumnRole, number[]>();
  const folded = header.map(foldName);
  for (const [role, known] of rolesByNames) {
    for (const name of known) {
      folded.forEach((column, place) => {
        if (column !== name || isTaken(columns, place)) return;
        const before = columns.get(role);
        if (before === undefined) columns.set(role, [place]);
        else if (isPlural(role)) before.push(place);
      });
    }
  }
  return columns;
}

function isTaken(columns: Columns, place: number): boolean {
  return [...columns.values()].some((places) => places.includes(place));
}

function isPlural(role: ColumnRole): boolean {
  return role === 'text' || role === 'reference';
}

function foldName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/đ/gi, 'd')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Names in the languages of our users, folded: lower case, letters and digits only. */
const rolesByNames: readonly (readonly [ColumnRole, readonly string[]])[] = [
  [
    'id',
    names(
      'id, line id, row id, uid, uuid, key, transaction id, entry id, bank id, ledger id, txn id, trx id',
    ),
  ],
  [
    'dueDate',
    names(
      'due date, due, due on, jatuh tempo, tanggal jatuh tempo, tarikh akhir, 到期日, 付款期限, ngày đến hạn, hạn thanh toán, วันครบกำหนด, تاريخ الاستحقاق',
    ),
  ],
  [
    'date',
    names(
      'date, booking date, posting date, posted, transaction date, value date, entry date, document date, ' +
        'invoice date, issue date, issued, day, tanggal, tanggal transaksi, tgl, tarikh, 日期, 交易日期, 记账日期, 記賬日期, ' +
        'ngày, ngày giao dịch, วันที่, التاريخ, تاريخ',
    ),
  ],
  [
    'debit',
    names(
      'debit, debit amount, withdrawal, withdrawals, paid out, money out, out, debet, pengeluaran, 借方, 支出, ghi nợ, nợ, เดบิต, ถอน, مدين',
    ),
  ],
  [
    'credit',
    names(
      'credit, credit amount, deposit, deposits, paid in, money in, in, kredit, pemasukan, 贷方, 貸方, 收入, ghi có, có, เครดิต, ฝาก, دائن',
    ),
  ],
  [
    'amount',
    names(
      'amount, value, sum, total, transaction amount, open amount, amount due, balance due, outstanding, gross, gross amount, net amount, ' +
        'jumlah, nominal, nilai, amaun, 金额, 金額, 交易金额, số tiền, จำนวนเงิน, จำนวน, المبلغ, مبلغ',
    ),
  ],
  [
    'indicator',
    names(
      'credit debit indicator, creditdebit, debit credit, debitcredit, dc, d c, cd, drcr, dr cr, cdi, sign, direction, type, db cr, 借贷, 借貸, 借贷标志',
    ),
  ],
  [
    'currency',
    names(
      'currency, ccy, curr, currency code, mata uang, mata wang, 币种, 幣種, 货币, 貨幣, loại tiền, tiền tệ, สกุลเงิน, العملة',
    ),
  ],
  [
    'number',
    names(
      'invoice number, invoice no, invoice, document number, document no, document, doc no, bill number, bill no, voucher, voucher no, number, ' +
        'nomor faktur, no faktur, nomor invoice, faktur, no invois, 发票号, 发票号码, 發票號碼, 单据号, 單號, số hóa đơn, số chứng từ, เลขที่ใบแจ้งหนี้, เลขที่, رقم الفاتورة, الفاتورة',
    ),
  ],
  [
    'reference',
    names(
      'reference, ref, references, bank reference, payment reference, structured reference, creditor reference, end to end id, endtoendid, ' +
        'virtual account, va, va number, customer reference, cheque, cheque no, cheque number, check, check no, check number, ref no, reference number, ' +
        'referensi, rujukan, 参考号, 參考編號, 流水号, 凭证号, 支票号, tham chiếu, số tham chiếu, อ้างอิง, เลขอ้างอิง, المرجع, مرجع',
    ),
  ],
  [
    'counterpartyKey',
    names(
      'customer id, customer code, customer no, vendor id, vendor code, vendor no, supplier id, supplier code, party id, counterparty id, partner id',
    ),
  ],
  [
    'counterpartyAccount',
    names(
      'counterparty account, counterparty account number, counterparty iban, other account, payer account, payee account, beneficiary account, partner iban, iban of counterparty, 对方账号, 對方賬號',
    ),
  ],
  [
    'counterparty',
    names(
      'counterparty, counterparty name, name, party, payer, payee, customer, customer name, vendor, vendor name, supplier, supplier name, ' +
        'partner, partner name, beneficiary, beneficiary name, client, debtor, creditor, merchant, nama, pelanggan, pemasok, lawan transaksi, pembekal, ' +
        '对方户名, 對方戶名, 户名, 客户, 客戶, 供应商, 供應商, 对方, tên, khách hàng, nhà cung cấp, đối tác, ชื่อ, ลูกค้า, คู่ค้า, الاسم, العميل, المورد',
    ),
  ],
  [
    'account',
    names(
      'account, account number, account no, account id, own account, iban, rekening, nomor rekening, no rekening, akaun, 账号, 賬號, 账户, 帳戶, tài khoản, số tài khoản, บัญชี, เลขที่บัญชี, الحساب',
    ),
  ],
  [
    'text',
    names(
      'text, description, memo, narrative, narration, details, detail, particulars, note, notes, comment, remark, remarks, purpose, message, ' +
        'remittance information, remittance, booking text, transaction details, keterangan, uraian, berita, butiran, 摘要, 用途, 备注, 備註, 附言, ' +
        'nội dung, diễn giải, mô tả, รายละเอียด, รายการ, คำอธิบาย, البيان, الوصف, التفاصيل',
    ),
  ],
];

function names(list: string): readonly string[] {
  return list.split(', ').map(foldName);
}
