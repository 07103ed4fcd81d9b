/** What a person may tell the robot about payments. */
export type ChatCommand =
  | {
      readonly kind: 'stop' | 'resume';
      /** What stands behind the command: an account, or why. */
      readonly rest: string;
    }
  | { readonly kind: 'status' };

/**
 * The commands in the languages of our users. A message is a command only when it begins with one of
 * them: "please do not stop payments" is none.
 */
const WORDS: Readonly<Record<ChatCommand['kind'], readonly string[]>> = {
  stop: [
    'stop payments',
    'stop payment',
    'stop paying',
    'hentikan pembayaran',
    'stop pembayaran',
    'setop pembayaran',
    '停止付款',
    '停止支付',
    '暂停付款',
    '暫停付款',
    '暂停支付',
    'hentikan bayaran',
    'henti bayaran',
    'หยุดการจ่ายเงิน',
    'หยุดจ่ายเงิน',
    'หยุดการชำระเงิน',
    'dừng thanh toán',
    'ngừng thanh toán',
    'أوقف المدفوعات',
    'إيقاف المدفوعات',
    'أوقف الدفع',
  ],
  resume: [
    'resume payments',
    'resume payment',
    'resume paying',
    'lanjutkan pembayaran',
    '恢复付款',
    '恢復付款',
    '恢复支付',
    'sambung semula bayaran',
    'sambung bayaran',
    'teruskan bayaran',
    'เริ่มจ่ายเงินต่อ',
    'จ่ายเงินต่อ',
    'ชำระเงินต่อ',
    'tiếp tục thanh toán',
    'استأنف المدفوعات',
    'استئناف المدفوعات',
  ],
  status: [
    'payments status',
    'payment status',
    'status of payments',
    'status pembayaran',
    '付款状态',
    '付款狀態',
    '支付状态',
    'status bayaran',
    'สถานะการจ่ายเงิน',
    'สถานะการชำระเงิน',
    'tình trạng thanh toán',
    'trạng thái thanh toán',
    'حالة المدفوعات',
  ],
};

const LETTERS: Readonly<Record<string, string>> = { đ: 'd', Đ: 'd', أ: 'ا', إ: 'ا', آ: 'ا' };

const FOLDED = Object.entries(WORDS).flatMap(([kind, words]) =>
  words.map((word) => ({ kind, word: foldWords(word) })),
);

/** Reads a message; `undefined` when it is no command of ours. */
export function readChatCommand(text: string): ChatCommand | undefined {
  const folded = foldWords(text);
  const found = FOLDED.filter(({ word }) => beginsWith(folded, word)).toSorted(
    (left, right) => right.word.length - left.word.length,
  )[0];
  if (!found) return undefined;
  const rest = foldSpaces(text).slice(found.word.length);
  const clean = rest.replace(/^[\s:：,，.。!！?？؟-]+/u, '').trim();
  // "Payment status INV-7" asks about one payment, which is a question for others to answer.
  if (found.kind === 'status') return clean === '' ? { kind: 'status' } : undefined;
  return { kind: found.kind === 'stop' ? 'stop' : 'resume', rest: clean };
}

/** After Chinese and Thai words anything may follow; after others the word must end. */
function beginsWith(text: string, word: string): boolean {
  if (!text.startsWith(word)) return false;
  const next = text.slice(word.length, word.length + 1);
  return next === '' || !/[\p{Script=Latin}\p{Script=Arabic}\p{N}]/u.test(next);
}

function foldSpaces(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/**
 * Small letters without accents, one for one, so that places in the text stay the same: people type
 * `dung thanh toan` on a phone.
 */
function foldWords(text: string): string {
  return [...foldSpaces(text)].map(foldLetter).join('');
}

function foldLetter(letter: string): string {
  const plain = LETTERS[letter] ?? letter.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  // A Thai vowel sign is a mark of its own; without it nothing would be left.
  return plain.length === letter.length ? plain : letter;
}
