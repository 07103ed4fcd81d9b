import { foldLine } from './fold-text.ts';

/** Words by which banks say that money went back, folded. */
const returned = pattern(
  'REVERSAL|REVERSED|REVERSE|REV|RTN|RTD|RETURN|RETURNED|RETUR|REFUND|REFUNDED|REJECT|REJECTED|BOUNCED|CHARGEBACK|' +
    'CORRECTION|KOREKSI|BATAL|PEMBATALAN|DIBATALKAN|PENGEMBALIAN|DIKEMBALIKAN|DITOLAK|TOLAKAN|STORNO|' +
    'VOID|VOIDED|CANCEL|CANCELLED|CANCELED|HOAN TRA|HOAN TIEN|TRA LAI|HUY LENH|HUY GD|HUY|DIEU CHINH',
  '退回|退款|退汇|退匯|退票|冲正|沖正|冲销|沖銷|撤销|撤銷|คืนเงิน|ตีกลับ|ยกเลิก|مرتجع|مرتجعه|ارجاع|عكس|الغاء|استرداد|رد مبلغ|إلغاء|إرجاع',
);

/** Words by which ledgers say that a document holds no more. */
const voided = pattern(
  'VOID|VOIDED|CANCEL|CANCELLED|CANCELED|CANCELLATION|REVERSAL|REVERSED|REVERSE|STORNO|BATAL|' +
    'PEMBATALAN|DIBATALKAN|KOREKSI|CORRECTION|HUY|HUY BO',
  '作废|作廢|冲销|沖銷|冲正|沖正|红字|紅字|撤销|撤銷|ยกเลิก|الغاء|إلغاء|ملغي|عكس',
);

const transferred = pattern(
  'OWN ACCOUNT|OWN ACC|INTERNAL|INTERNAL TRANSFER|PINDAH BUKU|PEMINDAHBUKUAN|PINDAH DANA|OVERBOOKING|BETWEEN ACCOUNTS|' +
    'INTERCOMPANY|SWEEP|SWEEPING|TOPUP|TOP UP|FUNDING|CHUYEN NOI BO|DIEU CHUYEN VON|DIEU VON|ANTAR REKENING|FUNDS TRF|FUND TRF|TRF DANA|CHUYEN TIEN NOI BO|FUND TRANSFER|FUNDS TRANSFER',
  '资金调拨|資金調撥|内部转账|內部轉賬|同名转账|同名轉賬|调拨|調撥|结汇|購匯|购汇|結匯|โอนระหว่างบัญชี|โอนภายใน|تحويل داخلي|تحويل بين الحسابات|بين حساباتي',
);

const credited = pattern(
  'CREDIT NOTE|CREDIT MEMO|CREDITNOTE|CN|NOTA KREDIT|NOTA RETUR|RETUR|REFUND|RETURN|REBATE|DISCOUNT|GIAM TRU|GIAM GIA|' +
    'HOA DON DIEU CHINH|VOID|CANCELLED',
  '贷项|貸項|红字|紅字|折让|折讓|退货|退貨|ใบลดหนี้|إشعار دائن|اشعار دائن|مرتجع',
);

/** Whether a document takes something off what is owed. */
export function saysCredited(text: string): boolean {
  return credited.test(foldLine(text));
}

export function saysReturned(text: string): boolean {
  return returned.test(foldLine(text));
}

export function saysVoided(text: string): boolean {
  return voided.test(foldLine(text));
}

export function saysTransferred(text: string): boolean {
  return transferred.test(foldLine(text));
}

/** Words with spaces stand alone; scripts without spaces are found anywhere. */
function pattern(spaced: string, unspaced: string): RegExp {
  const folded = unspaced
    .split('|')
    .map((word) => foldLine(word))
    .join('|');
  return new RegExp(`(?:^| )(?:${spaced})(?= |$)|${folded}`, 'u');
}
