/** Columns that a file of payments may have. */
export const paymentColumns = [
  'beneficiaryId',
  'creditorName',
  'creditorAccount',
  'creditorAgent',
  'amount',
  'currency',
  'purpose',
  'remittanceInformation',
  'requestedExecutionDate',
  'rail',
] as const;
export type PaymentColumn = (typeof paymentColumns)[number];

/**
 * Names of columns as people head them, one line each for English, Indonesian, Chinese (simplified,
 * traditional), Malay, Thai, Vietnamese and Arabic.
 */
const names: Readonly<Record<PaymentColumn, readonly string[]>> = {
  beneficiaryId: [
    'beneficiary id',
    'id penerima',
    '收款人编号',
    '收款人編號',
    'รหัสผู้รับเงิน',
    'mã người thụ hưởng',
    'رقم المستفيد',
  ],
  creditorName: [
    'creditor name|creditor|beneficiary name|beneficiary|payee name|payee|account name|recipient',
    'nama penerima|penerima|nama rekening|nama pemilik rekening',
    '收款人|收款人名称|收款人姓名|收款方|收款方名称|户名|收款户名',
    '收款人名稱|收款方名稱|戶名|收款戶名',
    'nama penerima bayaran|nama akaun|nama benefisiari',
    'ชื่อผู้รับเงิน|ชื่อผู้รับ|ชื่อบัญชี|ผู้รับเงิน',
    'tên người thụ hưởng|người thụ hưởng|tên người nhận|tên tài khoản',
    'اسم المستفيد|المستفيد|اسم الحساب',
  ],
  creditorAccount: [
    'creditor account|account number|account no|account|beneficiary account|payee account|iban|fps id',
    'nomor rekening|no rekening|no rek|rekening|rekening tujuan|rekening penerima|virtual account',
    '账号|收款账号|收款人账号|银行账号|收款账户|帐号|收款帐号',
    '帳號|收款帳號|收款人帳號|銀行帳號|戶口號碼|收款戶口',
    'nombor akaun|no akaun|akaun penerima',
    'เลขที่บัญชี|เลขบัญชี|บัญชีผู้รับเงิน',
    'số tài khoản|stk|tài khoản|tài khoản thụ hưởng',
    'رقم الحساب|حساب المستفيد|رقم الآيبان|الآيبان',
  ],
  creditorAgent: [
    'creditor agent|bank code|bank|bic|swift|swift code|beneficiary bank|clearing code',
    'kode bank|bank penerima|bank tujuan|kode bank tujuan',
    '收款银行|开户行|收款人开户行|银行代码|行号|联行号',
    '收款銀行|開戶行|銀行代碼|銀行編號',
    'kod bank|bank penerima bayaran',
    'รหัสธนาคาร|ธนาคาร|ธนาคารผู้รับเงิน',
    'mã ngân hàng|ngân hàng|ngân hàng thụ hưởng',
    'رمز البنك|البنك|بنك المستفيد|رمز السويفت',
  ],
  amount: [
    'amount|instructed amount|payment amount',
    'jumlah|nominal|nilai|jumlah transfer',
    '金额|付款金额|转账金额',
    '金額|付款金額|轉帳金額|轉賬金額',
    'amaun|jumlah bayaran',
    'จำนวนเงิน|จำนวน|ยอดเงิน',
    'số tiền|giá trị',
    'المبلغ|مبلغ|القيمة',
  ],
  currency: [
    'currency|ccy',
    'mata uang',
    '币种|货币',
    '幣種|貨幣|幣別',
    'mata wang',
    'สกุลเงิน',
    'loại tiền|tiền tệ',
    'العملة|عملة',
  ],
  purpose: [
    'purpose|payment purpose|purpose code',
    'tujuan|tujuan pembayaran|keperluan',
    '用途类别|付款类别',
    '用途類別|付款類別',
    'tujuan bayaran',
    'วัตถุประสงค์',
    'mục đích|mục đích thanh toán',
    'الغرض|غرض الدفع',
  ],
  remittanceInformation: [
    'remittance information|remittance|reference|description|remark|remarks|memo|message|details',
    'berita|berita acara|keterangan|deskripsi|catatan|referensi',
    '附言|备注|摘要|用途',
    '備註|附註|摘要說明',
    'rujukan|catatan bayaran|butiran bayaran|penerangan',
    'รายละเอียด|หมายเหตุ|ข้อความ|อ้างอิง',
    'nội dung|nội dung thanh toán|nội dung chuyển khoản|diễn giải|ghi chú',
    'البيان|الوصف|ملاحظات|تفاصيل الدفع|المرجع',
  ],
  requestedExecutionDate: [
    'requested execution date|execution date|payment date|value date|date|pay on',
    'tanggal|tanggal bayar|tanggal pembayaran|tanggal eksekusi|tanggal efektif',
    '日期|付款日期|执行日期|预约日期',
    '執行日期|預約日期',
    'tarikh|tarikh bayaran|tarikh pelaksanaan',
    'วันที่|วันที่ชำระเงิน|วันที่โอน|วันที่ทำรายการ',
    'ngày|ngày thanh toán|ngày thực hiện|ngày hiệu lực',
    'التاريخ|تاريخ الدفع|تاريخ التنفيذ',
  ],
  rail: [
    'rail|transfer type|payment type|method',
    'jenis transfer|metode transfer|layanan transfer',
    '转账方式|付款方式',
    '轉帳方式|轉賬方式',
    'jenis pindahan',
    'ประเภทการโอน|วิธีโอน',
    'hình thức chuyển|loại chuyển khoản',
    'طريقة التحويل|نوع التحويل',
  ],
};

/** A header as it is compared: without case, width, signs and doubled spaces; `creditorName` too. */
export function foldHeader(header: string): string {
  return (
    header
      .normalize('NFKC')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toLowerCase()
      // What stands in brackets explains, such as "Amount (IDR)" or 金额（元）.
      .replace(/\([^)]*\)/g, ' ')
      .replace(/[\s_\-./:*#'"]+/g, ' ')
      .trim()
  );
}

const columnByName: ReadonlyMap<string, PaymentColumn> = new Map(
  paymentColumns.flatMap((column) =>
    [column, ...names[column].flatMap((line) => line.split('|'))].map(
      (name) => [foldHeader(name), column] as const,
    ),
  ),
);

/** The column that a header means, or undefined. */
export function columnOf(header: string): PaymentColumn | undefined {
  return columnByName.get(foldHeader(header));
}

/** How many of these headers we know; a line with two is the head of a table. */
export function countKnownHeaders(headers: readonly string[]): number {
  return new Set(headers.map(columnOf).filter((column) => column !== undefined)).size;
}
