import { parseInstant, parsePlainDate } from '#core/dates.ts';
import { type Language, languages } from '#core/languages.ts';
import { type CurrencyCode, money } from '#core/money.ts';
import type { ReportCell, ReportDocument } from '#core/report-document.ts';

/** Words of the sample in one language, as a reader of it would write them. */
interface SampleWords {
  readonly title: string;
  readonly summary: string;
  readonly note: string;
  readonly total: string;
  readonly inflow: string;
  readonly outflow: string;
  readonly matched: string;
  readonly open: string;
  readonly byDay: string;
  readonly movements: string;
  readonly columns: readonly [string, string, string, string, string, string];
  readonly counterparty: string;
  readonly narrative: string;
  readonly millions: string;
  readonly nothing: string;
}

const english: SampleWords = {
  title: 'Daily cash position',
  summary: 'Summary',
  note: 'Converted with the middle rates of Bank Indonesia of 23 November 2026.',
  total: 'Total cash',
  inflow: 'Money in',
  outflow: 'Money out',
  matched: 'Matched',
  open: 'Open',
  byDay: 'Cash by day and account',
  movements: 'Movements',
  columns: ['Day', 'Account', 'Counterparty', 'Text', 'Amount', 'Balance'],
  counterparty: 'PT Maju Jaya (Persero)',
  narrative: 'Invoice 4711, second instalment',
  millions: 'IDR, millions',
  nothing: 'Nothing happened.',
};

const words: Partial<Record<Language, SampleWords>> = {
  en: english,
  'zh-CN': {
    title: '每日资金头寸',
    summary: '概览',
    note: '按印度尼西亚银行2026年11月23日的中间价折算。',
    total: '资金总额',
    inflow: '流入',
    outflow: '流出',
    matched: '已匹配',
    open: '未匹配',
    byDay: '按日期和账户的资金',
    movements: '收支明细',
    columns: ['日期', '账户', '对方', '摘要', '金额', '余额'],
    counterparty: '深圳市前海广进贸易有限公司',
    narrative: '支付发票4711第二期货款，请核对',
    millions: '印尼盾，百万',
    nothing: '没有收支。',
  },
  'zh-HK': {
    title: '每日資金頭寸',
    summary: '概覽',
    note: '按印尼央行2026年11月23日的中間價折算。',
    total: '資金總額',
    inflow: '流入',
    outflow: '流出',
    matched: '已配對',
    open: '未配對',
    byDay: '按日期和賬戶的資金',
    movements: '收支明細',
    columns: ['日期', '賬戶', '對方', '摘要', '金額', '結餘'],
    counterparty: '香港龍騰國際貿易有限公司',
    narrative: '支付發票4711第二期貨款，請核對；嘅咗喺',
    millions: '印尼盾，百萬',
    nothing: '沒有收支。',
  },
  ar: {
    title: 'الوضع النقدي اليومي',
    summary: 'ملخص',
    note: 'حُوِّلت المبالغ بالأسعار الوسطية لبنك إندونيسيا بتاريخ 23 نوفمبر 2026.',
    total: 'إجمالي النقد',
    inflow: 'الوارد',
    outflow: 'الصادر',
    matched: 'مُطابَق',
    open: 'مفتوح',
    byDay: 'النقد حسب اليوم والحساب',
    movements: 'الحركات',
    columns: ['اليوم', 'الحساب', 'الطرف المقابل', 'البيان', 'المبلغ', 'الرصيد'],
    counterparty: 'شركة الأمل للتجارة (جدة)',
    narrative: 'فاتورة رقم 4711، الدفعة الثانية (INV-4711/B)',
    millions: 'بملايين الروبية الإندونيسية',
    nothing: 'لا توجد حركات.',
  },
  th: {
    title: 'ฐานะเงินสดประจำวัน',
    summary: 'สรุป',
    note: 'แปลงค่าด้วยอัตรากลางของธนาคารกลางอินโดนีเซีย ณ วันที่ 23 พฤศจิกายน 2026',
    total: 'เงินสดรวม',
    inflow: 'เงินเข้า',
    outflow: 'เงินออก',
    matched: 'จับคู่แล้ว',
    open: 'ยังไม่จับคู่',
    byDay: 'เงินสดตามวันและบัญชี',
    movements: 'รายการเคลื่อนไหว',
    columns: ['วันที่', 'บัญชี', 'คู่บัญชี', 'รายละเอียด', 'จำนวนเงิน', 'ยอดคงเหลือ'],
    counterparty: 'บริษัท ก้าวหน้าการค้า จำกัด',
    narrative: 'ชำระใบแจ้งหนี้เลขที่ 4711 งวดที่สอง กรุณาตรวจสอบ',
    millions: 'ล้านรูเปียห์',
    nothing: 'ไม่มีรายการ',
  },
  vi: {
    title: 'Tình hình tiền mặt hằng ngày',
    summary: 'Tóm tắt',
    note: 'Quy đổi theo tỷ giá trung tâm của Ngân hàng Indonesia ngày 23 tháng 11 năm 2026.',
    total: 'Tổng tiền',
    inflow: 'Tiền vào',
    outflow: 'Tiền ra',
    matched: 'Đã khớp',
    open: 'Chưa khớp',
    byDay: 'Tiền theo ngày và tài khoản',
    movements: 'Biến động',
    columns: ['Ngày', 'Tài khoản', 'Đối tác', 'Nội dung', 'Số tiền', 'Số dư'],
    counterparty: 'Công ty TNHH Thương mại Tiến Bộ',
    narrative: 'Thanh toán hoá đơn 4711 đợt hai, đề nghị kiểm tra',
    millions: 'triệu IDR',
    nothing: 'Không có biến động.',
  },
};

/** Languages that the sample is written in; the others read the English one. */
export const sampleLanguages = languages.filter((language) => language in words);

/** A report with everything a report can hold, of so many movements; always the same. */
export function sampleReport(language: Language = 'en', movements = 60): ReportDocument {
  const said = words[language] ?? english;
  return {
    title: said.title,
    organisation: 'PT Sinar Maju Sejahtera',
    language,
    isRightToLeft: language === 'ar',
    zone: 'Asia/Jakarta',
    asOf: parseInstant('2026-11-23T15:59:05+07:00'),
    madeAt: parseInstant('2026-11-23T16:01:12+07:00'),
    reportId: 'rep_01JDK2Y8QX',
    sections: [
      {
        title: said.summary,
        notes: [said.note],
        figures: [
          { label: said.total, cell: amount(1_284_350_225_000n), note: said.note },
          { label: said.inflow, cell: amount(96_420_000_000n) },
          { label: said.outflow, cell: amount(-38_115_950_050n) },
          { label: said.matched, cell: { kind: 'share', share: 0.9734 } },
        ],
        charts: [
          {
            kind: 'line',
            title: said.byDay,
            categories: Array.from({ length: 23 }, (_, day) => `2026-11-${pad(day + 1)}`),
            series: ['BCA 0613', 'Mandiri 1270', said.counterparty].map((name, series) => ({
              name,
              values: Array.from({ length: 23 }, (_, day) => wave(day, series)),
            })),
            unit: said.millions,
          },
          {
            kind: 'bar',
            title: `${said.inflow} / ${said.outflow}`,
            categories: ['09', '10', '11'].map((month) => `2026-${month}`),
            series: [
              { name: said.inflow, values: [820, 940, 964] },
              { name: said.outflow, values: [-610, -702, -381] },
            ],
            unit: said.millions,
          },
          {
            kind: 'pie',
            title: said.matched,
            categories: [said.matched, said.open],
            series: [{ name: said.matched, values: [97.34, 2.66] }],
          },
          {
            kind: 'stackedBar',
            title: said.movements,
            categories: [said.counterparty, 'PT Maju Jaya', said.total],
            series: [
              { name: said.matched, values: [12, 7, 19] },
              { name: said.open, values: [3, 1, 4] },
            ],
          },
        ],
      },
      {
        title: said.movements,
        tables: [
          {
            columns: said.columns.map((title, index) => ({ title, width: index === 3 ? 3 : 1 })),
            rows: Array.from({ length: movements }, (_, index) => movement(index, said)),
            totals: [
              [
                { kind: 'text', text: said.total },
                null,
                null,
                null,
                amount(96_420_000_000n),
                amount(1_284_350_225_000n),
              ],
            ],
            empty: said.nothing,
          },
          { title: said.open, columns: [{ title: said.open }], rows: [], empty: said.nothing },
        ],
      },
    ],
  };
}

function movement(index: number, said: SampleWords): readonly (ReportCell | null)[] {
  const sum = BigInt(index * 7_919_250 + 1_250_000) * (index % 3 === 0 ? -1n : 1n);
  return [
    { kind: 'date', date: parsePlainDate(`2026-11-${pad(1 + (index % 23))}`) },
    { kind: 'code', text: `0613-0058-${pad(index % 100)}` },
    { kind: 'text', text: index % 4 === 1 ? 'Bürger & Söhne Handels-GmbH' : said.counterparty },
    { kind: 'text', text: said.narrative, isStrong: index % 20 === 0 },
    amount(sum),
    amount(1_284_350_225_000n + sum),
  ];
}

function amount(minorUnits: bigint, currency: CurrencyCode = 'IDR'): ReportCell {
  return { kind: 'money', money: money(minorUnits, currency), withCurrency: true };
}

function wave(day: number, series: number): number {
  return Math.round(400 + 120 * series + 90 * Math.sin(day / 3 + series) + day * 4);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
