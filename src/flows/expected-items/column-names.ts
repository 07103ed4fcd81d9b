import type { ColumnRole } from './import-words.ts';

/**
 * Names of columns as people and their programs head them; lines for English, Indonesian, Malay,
 * Vietnamese, Chinese (simplified, traditional), Thai and Arabic, names parted by `|`. `weak` names
 * count only where no column has a strong one: they mean other things in other files.
 */
export interface RoleNames {
  readonly strong: readonly string[];
  readonly weak?: readonly string[];
}

/** Names of the other side that say whose documents these are. */
export const customerNames: readonly string[] = [
  'customer|customer name|client|client name|bill to|billed to|sold to|buyer|debtor|debtor name',
  'pelanggan|nama pelanggan|pembeli|nama pembeli|klien',
  'nama pelanggan|penghutang|nama penghutang',
  'khách hàng|tên khách hàng|người mua',
  '客户|客户名称|购方|购方名称|购买方|购买方名称|买方|付款方|付款单位',
  '客戶|客戶名稱|買方|買方名稱|付款方|付款單位',
  'ลูกค้า|ชื่อลูกค้า|ผู้ซื้อ',
  'العميل|اسم العميل|الزبون|اسم الزبون|المشتري',
];

export const supplierNames: readonly string[] = [
  'supplier|supplier name|vendor|vendor name|payee|creditor|creditor name|seller|bill from',
  'pemasok|nama pemasok|vendor|nama vendor|penjual',
  'pembekal|nama pembekal|pemiutang',
  'nhà cung cấp|tên nhà cung cấp|người bán',
  '供应商|供应商名称|销方|销方名称|销售方|销售方名称|卖方|收款方|收款单位',
  '供應商|供應商名稱|賣方|賣方名稱|收款方|收款單位',
  'ผู้ขาย|ชื่อผู้ขาย|ผู้จำหน่าย|ซัพพลายเออร์|เจ้าหนี้',
  'المورد|اسم المورد|البائع',
];

export const roleNames: Readonly<Record<ColumnRole, RoleNames>> = {
  number: {
    strong: [
      'invoice number|invoice no|invoice|invoice id|inv no|inv number|bill number|bill no|document number|document no|doc no|voucher no|invoice #|tax invoice no',
      'nomor faktur|no faktur|nomor invoice|no invoice|faktur|nomor tagihan|no tagihan|nomor dokumen|no dokumen',
      'nombor invois|no invois|invois|nombor bil|no bil',
      'số hóa đơn|hóa đơn số|hóa đơn|số chứng từ|mã hóa đơn',
      '发票号|发票号码|发票编号|单据编号|单据号|账单号|应收单号|应付单号',
      '發票號|發票號碼|發票編號|單據編號|賬單號|帳單號碼',
      'เลขที่ใบแจ้งหนี้|ใบแจ้งหนี้|เลขที่ใบกำกับภาษี|เลขที่เอกสาร|เลขที่บิล',
      'رقم الفاتورة|الفاتورة|فاتورة رقم|رقم المستند',
    ],
    weak: ['number|no|id|ref no|nomor|nombor|số|编号|编码|單號|单号|เลขที่|الرقم|رقم'],
  },
  counterparty: {
    strong: [
      ...customerNames,
      ...supplierNames,
      'counterparty|counterparty name|partner|business partner|company|company name|nama perusahaan|往来单位|往来单位名称|公司名称|公司名稱|คู่ค้า|đối tác|tên công ty|nama syarikat|الشركة|اسم الشركة|الطرف الآخر',
    ],
    weak: ['name|nama|名称|名稱|姓名|ชื่อ|tên|الاسم'],
  },
  counterpartyKey: {
    strong: [
      'customer number|customer no|customer id|customer code|client id|client code|supplier number|supplier no|supplier id|supplier code|vendor number|vendor no|vendor id|vendor code|counterparty key|account code',
      'kode pelanggan|no pelanggan|nomor pelanggan|id pelanggan|kode pemasok|kode vendor',
      'kod pelanggan|kod pembekal',
      'mã khách hàng|mã nhà cung cấp|mã đối tác',
      '客户编号|客户编码|客户代码|供应商编号|供应商编码|供应商代码',
      '客戶編號|客戶代碼|供應商編號|供應商代碼',
      'รหัสลูกค้า|รหัสผู้ขาย',
      'رقم العميل|رمز العميل|رقم المورد|رمز المورد',
    ],
  },
  counterpartyAccount: {
    strong: [
      'counterparty account|customer account|supplier account|vendor account|account number|account no|bank account|bank account number|iban',
      'nomor rekening|no rekening|rekening|rekening bank|rekening pelanggan',
      'nombor akaun|no akaun|akaun bank',
      'số tài khoản|tài khoản ngân hàng',
      '银行账号|账号|对方账号|银行账户|客户账号',
      '銀行帳號|帳號|對方帳號|銀行賬戶|賬號',
      'เลขที่บัญชี|เลขบัญชี|บัญชีธนาคาร',
      'رقم الحساب|الحساب البنكي|الآيبان|رقم الآيبان',
    ],
  },
  amount: {
    strong: [
      'amount|invoice amount|total amount|grand total|invoice total|amount total|gross amount|gross|total incl tax|total including tax|bill amount|expected amount',
      'jumlah|nominal|nilai|nilai faktur|nilai tagihan|total tagihan|jumlah tagihan|nilai invoice|total faktur',
      'amaun|jumlah invois|amaun invois|jumlah keseluruhan',
      'số tiền|tổng tiền|tổng cộng|thành tiền|tổng thanh toán|giá trị hóa đơn',
      '金额|发票金额|价税合计|含税金额|总金额|应收金额|应付金额|账单金额',
      '金額|發票金額|總金額|應收金額|應付金額|賬單金額|帳單金額|含稅金額',
      'จำนวนเงิน|ยอดเงิน|ยอดรวม|จำนวนเงินรวม|มูลค่า|ยอดสุทธิ',
      'المبلغ|مبلغ الفاتورة|المبلغ الإجمالي|الإجمالي|القيمة|قيمة الفاتورة|المجموع',
    ],
    weak: ['total|value|合计|合計|รวม|tổng'],
  },
  amountMin: {
    strong: [
      'minimum amount|amount min|min amount|amount from|lower bound|minimum',
      'jumlah minimum|nilai minimum|minimal',
      'amaun minimum',
      'số tiền tối thiểu',
      '最低金额|最小金额|金额下限',
      '最低金額|最小金額|金額下限',
      'จำนวนเงินขั้นต่ำ|ยอดขั้นต่ำ',
      'الحد الأدنى|المبلغ الأدنى|أقل مبلغ',
    ],
  },
  amountMax: {
    strong: [
      'maximum amount|amount max|max amount|amount to|upper bound|maximum',
      'jumlah maksimum|nilai maksimum|maksimal',
      'amaun maksimum',
      'số tiền tối đa',
      '最高金额|最大金额|金额上限',
      '最高金額|最大金額|金額上限',
      'จำนวนเงินสูงสุด|ยอดสูงสุด',
      'الحد الأقصى|المبلغ الأقصى|أعلى مبلغ',
    ],
  },
  openAmount: {
    strong: [
      'open amount|outstanding|outstanding amount|amount due|balance due|open balance|amount outstanding|residual|residual amount|unpaid|unpaid amount|remaining|remaining amount|due amount',
      'sisa|sisa tagihan|belum dibayar|saldo terutang|sisa piutang|sisa hutang|kurang bayar',
      'baki|baki tertunggak|amaun tertunggak|belum bayar',
      'còn lại|số tiền còn lại|chưa thanh toán|còn nợ|số dư nợ',
      '未收金额|未付金额|未收|未付|未结金额|欠款|欠款金额|剩余金额|未核销金额',
      '未收金額|未付金額|未結金額|欠款金額|尚欠金額|未清金額',
      'ยอดค้างชำระ|ค้างชำระ|ยอดคงเหลือ|คงเหลือ',
      'المبلغ المستحق|الرصيد المستحق|المتبقي|المبلغ المتبقي|غير مدفوع',
    ],
    weak: ['balance|saldo|余额|餘額|結餘|الرصيد'],
  },
  currency: {
    strong: [
      'currency|ccy|currency code|curr|invoice currency',
      'mata uang|kode mata uang|valuta',
      'mata wang',
      'loại tiền|tiền tệ|đơn vị tiền tệ',
      '币种|货币|币别',
      '幣種|貨幣|幣別',
      'สกุลเงิน',
      'العملة|رمز العملة',
    ],
  },
  dueDate: {
    strong: [
      'due date|due|date due|payment due|payment due date|maturity|maturity date|due on|expected date',
      'jatuh tempo|tanggal jatuh tempo|tgl jatuh tempo',
      'tarikh akhir|tarikh matang|tarikh akhir bayaran',
      'ngày đến hạn|hạn thanh toán|đến hạn|hạn trả',
      '到期日|到期日期|付款到期日|应收日期|应付日期|预计收款日期',
      '到期日|到期日期|付款限期|繳費限期|應收日期',
      'วันครบกำหนด|ครบกำหนด|วันที่ครบกำหนด|กำหนดชำระ|วันครบกำหนดชำระ',
      'تاريخ الاستحقاق|الاستحقاق|موعد السداد',
    ],
  },
  issuedDate: {
    strong: [
      'invoice date|issue date|issued|issued on|date issued|bill date|document date|doc date|posting date|date of issue|tax date',
      'tanggal faktur|tgl faktur|tanggal invoice|tanggal terbit|tanggal tagihan',
      'tarikh invois|tarikh dikeluarkan',
      'ngày hóa đơn|ngày lập|ngày phát hành|ngày xuất hóa đơn|ngày chứng từ',
      '开票日期|发票日期|单据日期|出账日期|账单日期',
      '開票日期|發票日期|單據日期|賬單日期|帳單日期',
      'วันที่ออก|วันที่ใบแจ้งหนี้|วันที่เอกสาร|วันที่ออกใบแจ้งหนี้',
      'تاريخ الفاتورة|تاريخ الإصدار|تاريخ المستند',
    ],
    weak: ['date|tanggal|tgl|tarikh|日期|วันที่|ngày|التاريخ'],
  },
  direction: {
    strong: [
      'direction|receivable payable|ar ap|in out|credit debit|item direction',
      'arah|piutang hutang|masuk keluar',
      'arah aliran',
      'chiều|phải thu phải trả|thu chi',
      '收付方向|收支方向|应收应付|借贷方向',
      '收付方向|收支方向|應收應付',
      'ทิศทาง|ลูกหนี้เจ้าหนี้|รับจ่าย',
      'الاتجاه|مدين دائن|وارد صادر',
    ],
  },
  creditorReference: {
    strong: [
      'creditor reference|payment reference|structured reference|rf reference|reference number|payment ref',
      'referensi pembayaran|kode referensi|nomor referensi|kode bayar|kode pembayaran',
      'rujukan bayaran|nombor rujukan',
      'mã tham chiếu|mã thanh toán',
      '付款参考号|付款参考|参考号',
      '付款參考編號|參考編號|參考號',
      'เลขอ้างอิง|รหัสอ้างอิง|เลขที่อ้างอิง',
      'مرجع الدفع|رقم المرجع|الرقم المرجعي',
    ],
    weak: ['reference|ref|referensi|rujukan|参考|參考|อ้างอิง|tham chiếu|المرجع'],
  },
  virtualAccount: {
    strong: [
      'virtual account|virtual account number|va number|va no|va',
      'rekening virtual|nomor va|no va|nomor virtual account|akun virtual',
      'akaun maya',
      'tài khoản ảo|số tài khoản ảo',
      '虚拟账号|虚拟账户|虚拟户',
      '虛擬帳號|虛擬賬戶|虛擬戶口',
      'บัญชีเสมือน|เลขบัญชีเสมือน',
      'الحساب الافتراضي|رقم الحساب الافتراضي',
    ],
  },
  text: {
    strong: [
      'description|remark|remarks|memo|note|notes|details|text|narrative|comment|subject|item description',
      'keterangan|deskripsi|catatan|berita|uraian',
      'penerangan|butiran|nota',
      'diễn giải|ghi chú|mô tả|nội dung',
      '备注|摘要|说明|描述|用途',
      '備註|附註|摘要|說明|描述',
      'รายละเอียด|หมายเหตุ|คำอธิบาย',
      'البيان|الوصف|ملاحظات|التفاصيل',
    ],
  },
};
