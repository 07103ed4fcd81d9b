import type { Language } from '#core/languages.ts';

export const questionKinds = [
  'balance',
  'movements',
  'hasPaid',
  'find',
  'payment',
  'claims',
  'help',
] as const;
export type QuestionKind = (typeof questionKinds)[number];

export interface QuestionTemplate {
  readonly kind: QuestionKind;
  readonly language: Language;
  /**
   * `(a|b)` either, `[a]` perhaps, `{x}` what is asked about, `{n}` a count. The whole
   * message must fit: a sentence that merely mentions a balance is no question for one.
   */
  readonly text: string;
}

type Templates = Readonly<Record<QuestionKind, readonly string[]>>;

const WORDS: Readonly<Partial<Record<Language, Templates>>> = {
  en: {
    balance: [
      "[(what|what's|whats) (is|are)] [show] [the|our|my] (balance|balances|cash position) [(of|for|at|in|on) {x}]",
      "(what's|whats) [the|our|my] (balance|balances) [(of|for|at|in|on) {x}]",
      '(balance|balances) {x}',
      '{x} (balance|balances)',
      'how much (money|cash) (do we have|have we got|is there) [(at|in|on) {x}]',
    ],
    movements: [
      '[show] [the|our] (last|latest|recent) [{n}] (movements|movement|transactions|transaction|entries) [(of|for|at|in|on) {x}]',
      '[show] [{n}] (last|latest|recent) (movements|transactions|entries) [(of|for|at|in|on) {x}]',
      '(movements|transactions) [(of|for|at|in|on)] {x}',
      '(movements|transactions)',
    ],
    hasPaid: [
      '(has|have|did) {x} (paid|pay|payed) [us|already|yet]',
      '(has|have) {x} been paid [already|yet]',
      'is {x} paid [already|yet]',
      '(is|has) [the] (payment|money) (from|of) {x} (here|in|there|arrived|come|received)',
      '(have|did) we (received|receive|get|got) [a|the] [payment|money] from {x}',
    ],
    find: ['(find|search|search for|look for|look up|where is) {x}'],
    payment: [
      '[what is|show] [the] status of [the] payment [to] {x}',
      '(payment status|status of payment) [of|for] {x}',
      '[where is|show] [the] payment {x}',
    ],
    claims: [
      '[show] [the|our] [open] (claims|unclaimed receipts|unknown receipts)',
      '(what is|which receipts are) unclaimed',
    ],
    help: ['(help|commands|what can you do|what do you understand|hi|hello)'],
  },
  id: {
    balance: [
      '[(berapa|cek|lihat|tampilkan)] [total|sisa] saldo [kita|kami] [(rekening|di|bank|rekening bank|di bank)] {x}',
      '[(berapa|cek|lihat|tampilkan)] [total|sisa] saldo [kita|kami] [berapa]',
      'posisi kas',
    ],
    movements: [
      '[lihat|tampilkan] [{n}] (mutasi|transaksi) (terakhir|terbaru) [(rekening|di|bank)] [{x}]',
      '[lihat|tampilkan] (mutasi|transaksi) {n} (terakhir|terbaru) [{x}]',
      '(mutasi|transaksi) [(rekening|di)] {x}',
      'mutasi',
    ],
    hasPaid: [
      '(apakah|apa) {x} sudah (bayar|membayar|dibayar|lunas|transfer)',
      '{x} sudah (bayar|membayar|dibayar|lunas|transfer) [belum|apa belum|atau belum]',
      'sudahkah {x} (bayar|membayar|dibayar)',
    ],
    find: ['(cari|temukan|di mana) {x}'],
    payment: ['status pembayaran [ke|untuk] {x}', 'pembayaran {x}'],
    claims: ['[lihat] (klaim|klaim terbuka|klaim yang terbuka|penerimaan belum diklaim)'],
    help: ['(bantuan|perintah|bisa apa|halo)'],
  },
  ms: {
    balance: [
      '[(berapa|semak|tunjuk)] baki [akaun] [(akaun|di|bank)] {x}',
      '[(berapa|semak|tunjuk)] baki [akaun|kita] [berapa]',
      'kedudukan tunai',
    ],
    movements: [
      '[tunjuk] [{n}] (pergerakan|transaksi|urus niaga) (terkini|terakhir) [(akaun|di)] [{x}]',
      '(pergerakan|urus niaga) [(akaun|di)] {x}',
      '(pergerakan|urus niaga)',
    ],
    hasPaid: [
      'adakah {x} (sudah|telah|dah) (bayar|membayar|dibayar)',
      '{x} (telah|dah) (bayar|membayar|dibayar) [ke|belum]',
    ],
    find: ['cari {x}'],
    payment: ['status bayaran [kepada|untuk] {x}', 'bayaran {x}'],
    claims: ['[tunjuk] (tuntutan|tuntutan terbuka|terimaan belum dituntut)'],
    help: ['(bantu|tolong|arahan)'],
  },
  'zh-CN': {
    balance: [
      '[查|查询|查一下|看|看看|看一下]{x}[的](余额|结余)[是多少|有多少|多少]',
      '[查|查询|查一下|看|看看|看一下][账户|所有|全部](余额|结余)[是多少|有多少|多少]',
      '(余额|结余){x}',
      '{x}(还有|有)多少(钱|余额)',
    ],
    movements: [
      '[查|看|看看][{x}][的](最近|最新|最后)[的]{n}[笔|条](交易|流水|动账|收支|明细|记录|交易记录)',
      '[查|看|看看][{x}][的](最近|最新|最后)[的](交易|流水|动账|收支|明细|记录|交易记录)',
      '(流水|交易明细|明细|交易记录)[{x}]',
      '{x}[的](流水|交易明细|交易记录)',
    ],
    hasPaid: [
      '{x}(付款|付钱|付|打款|汇款|转账|给钱|付清|结清)(了吗|了没|了没有|了么|没有|没)',
      '{x}[的](款|钱|货款)?到(账)?(了吗|了没|了没有|了么|没有|没)',
      '(收到|有没有收到){x}[的](款|钱|付款|汇款|货款)(了吗|了没|了没有|吗|没有)',
      '(收到|有没有收到){x}[的](款|钱|付款|汇款|货款)',
    ],
    find: ['(查找|找|找一下|搜|搜索|查){x}'],
    payment: ['(付款|支付)状态{x}', '{x}[的](付款|支付)状态', '付款{x}'],
    claims: ['[查|看|看看][有哪些](待认领|未认领)[的][款项|收款|到账|入账]', '认领'],
    help: ['(帮助|怎么用|你会什么|你能做什么|命令|菜单|你好)'],
  },
  'zh-HK': {
    balance: [
      '[查|查詢|查一下|睇|睇下|看看]{x}[的|嘅](餘額|結餘)[是多少|有多少|多少|係幾多|幾多]',
      '[查|查詢|查一下|睇|睇下|看看][帳戶|賬戶|所有|全部](餘額|結餘)[是多少|有多少|多少|係幾多|幾多]',
      '(餘額|結餘){x}',
      '{x}(還有|有|仲有)(多少|幾多)(錢|餘額)',
    ],
    movements: [
      '[查|睇|看看][{x}][的|嘅](最近|最新|最後)[的|嘅]{n}[筆|條](交易|流水|動賬|收支|明細|紀錄|交易紀錄)',
      '[查|睇|看看][{x}][的|嘅](最近|最新|最後)[的|嘅](交易|流水|動賬|收支|明細|紀錄|交易紀錄)',
      '(流水|交易明細|明細|交易紀錄)[{x}]',
      '{x}[的|嘅](流水|交易明細|交易紀錄)',
    ],
    hasPaid: [
      '{x}(付款|付錢|付|打款|匯款|轉賬|轉帳|給錢|畀錢|俾錢|找數)(了嗎|了沒|了沒有|咗未|未|沒有|沒)',
      '{x}[的|嘅](款|錢|貨款)到(賬|帳)?(了嗎|了沒|了沒有|咗未|未|沒有)',
      '(收到|有沒有收到|有冇收到){x}[的|嘅](款|錢|付款|匯款|貨款)[了嗎|了沒|了沒有|嗎|沒有|未]',
    ],
    find: ['(查找|找|找一下|搜|搜尋|查|搵){x}'],
    payment: ['(付款|支付)狀態{x}', '{x}[的|嘅](付款|支付)狀態', '付款{x}'],
    claims: ['[查|睇|看看][有哪些](待認領|未認領)[的|嘅][款項|收款|到賬|入賬]', '認領'],
    help: ['(幫助|幫手|怎麼用|點用|你會什麼|指令|選單|你好)'],
  },
  th: {
    balance: [
      '(เช็คยอด|ดูยอด|ขอยอด|ยอด)[เงิน|คงเหลือ|เงินคงเหลือ][ใน|ของ][บัญชี]{x}[เท่าไหร่|เท่าไร]',
      '(เช็คยอด|ดูยอด|ขอยอด|ยอดเงิน|ยอดคงเหลือ|ยอดเงินคงเหลือ|มีเงิน)[เงิน|คงเหลือ][เท่าไหร่|เท่าไร]',
    ],
    movements: [
      '[ดู|ขอ](รายการ|ธุรกรรม|รายการเดินบัญชี)(ล่าสุด|ล่าสุดของ){n}[รายการ]',
      '[ดู|ขอ][{n}](รายการ|ธุรกรรม|รายการเดินบัญชี)ล่าสุด[ของ|บัญชี][{x}]',
      'รายการเดินบัญชี[{x}]',
    ],
    hasPaid: [
      '{x}(จ่าย|จ่ายเงิน|ชำระ|ชำระเงิน|โอน|โอนเงิน)(แล้วหรือยัง|หรือยัง|แล้วยัง|รึยัง|แล้วรึยัง|แล้วใช่ไหม)',
      '(ได้รับเงินจาก|เงินจาก){x}(แล้วหรือยัง|หรือยัง|เข้าหรือยัง|เข้ายัง)',
    ],
    find: ['(ค้นหา|หา|ค้น){x}'],
    payment: ['สถานะ(การจ่ายเงิน|การชำระเงิน|การโอน|การโอนเงิน){x}'],
    claims: ['[ดู](การอ้างสิทธิ์|รายการที่ยังไม่มีผู้อ้างสิทธิ์|เงินเข้าที่ไม่รู้ที่มา)'],
    help: ['(ช่วยเหลือ|ช่วยด้วย|วิธีใช้|คำสั่ง|สวัสดี)'],
  },
  vi: {
    balance: [
      '[xem|kiem tra] so du [tai khoan] [(cua|tai|o|tai khoan)] {x} [la bao nhieu|bao nhieu]',
      '[xem|kiem tra] so du [tai khoan] [la bao nhieu|bao nhieu]',
      'con bao nhieu tien [(o|trong|tai) {x}]',
    ],
    movements: [
      '[xem] [{n}] (giao dich|bien dong) (gan day|gan nhat|moi nhat|cuoi) [(cua|tai|o)] [{x}]',
      '(giao dich|bien dong) [cua|tai] {x}',
    ],
    hasPaid: [
      '{x} [da] (thanh toan|tra tien|tra|chuyen tien|chuyen khoan) chua',
      '(da nhan|nhan) [duoc] tien (cua|tu) {x} chua',
    ],
    find: ['(tim|tim kiem|tra cuu) {x}'],
    payment: ['(tinh trang|trang thai) thanh toan {x}', 'thanh toan {x}'],
    claims: ['[xem] (khoan chua nhan|yeu cau nhan|khoan thu chua ro)'],
    help: ['(tro giup|huong dan|giup toi|lenh|xin chao)'],
  },
  ar: {
    balance: [
      '[(كم|ما|ما هو|اعرض|اظهر)] (الرصيد|رصيدنا|الارصده|رصيد) [(حساب|في|بنك|الحساب)] {x}',
      '[(كم|ما|ما هو|اعرض|اظهر)] (الرصيد|رصيدنا|الارصده|الارصده كلها)',
    ],
    movements: [
      '[اعرض|اظهر] (اخر|احدث) [{n}] (الحركات|حركات|حركه|المعاملات|معاملات|معامله|العمليات|عمليات) [(في|حساب|على) {x}]',
      '(حركات|الحركات) [حساب|في] {x}',
    ],
    hasPaid: [
      'هل (دفع|دفعت|سدد|سددت|حول|حولت) {x}',
      '(دفع|دفعت|سدد|سددت) {x}',
      'هل (وصل|وصلت) (دفعه|مبلغ|حواله) [من] {x}',
    ],
    find: ['(ابحث عن|ابحث|اين|جد) {x}'],
    payment: ['[ما] حاله (الدفعه|الدفع|المدفوعات|التحويل|دفعه) {x}'],
    claims: ['[اعرض] (المطالبات|المطالبات المفتوحه|مطالبات مفتوحه|الايداعات المجهوله)'],
    help: ['(مساعده|المساعده|الاوامر|ماذا تفهم|مرحبا)'],
  },
};

/** Said around a question out of politeness, in front or at the end. */
export const POLITE_BEFORE: readonly string[] = [
  'please',
  'pls',
  'can you',
  'could you',
  'tell me',
  'tolong',
  'mohon',
  'minta',
  'sila',
  '请问',
  '請問',
  '请',
  '請',
  '麻烦',
  '麻煩',
  '帮我',
  '幫我',
  '我想',
  'ขอ',
  'ช่วย',
  'กรุณา',
  'xin',
  'vui long',
  'cho toi',
  'لو سمحت',
  'من فضلك',
  'رجاء',
];
export const POLITE_AFTER: readonly string[] = [
  'please',
  'pls',
  'now',
  'today',
  'ya',
  'dong',
  'sekarang',
  'hari ini',
  '谢谢',
  '謝謝',
  '唔该',
  '唔該',
  '现在',
  '而家',
  'ครับ',
  'ค่ะ',
  'คะ',
  'หน่อย',
  'ตอนนี้',
  'nhe',
  'bay gio',
  'لو سمحت',
  'من فضلك',
  'الان',
];

export const questionTemplates: readonly QuestionTemplate[] = Object.entries(WORDS).flatMap(
  ([language, templates]) =>
    questionKinds.flatMap((kind) =>
      templates[kind].map((text) => ({ kind, language: languageOf(language), text })),
    ),
);

function languageOf(text: string): Language {
  const all = ['en', 'id', 'zh-CN', 'zh-HK', 'ms', 'th', 'vi', 'ar'] as const;
  return all.find((language) => language === text) ?? 'en';
}
