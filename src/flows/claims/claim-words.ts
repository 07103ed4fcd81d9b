/** What a person may tell the robot about a claim, by its number. */
export interface ClaimCommand {
  readonly kind: 'claim' | 'release' | 'confirm' | 'refuse' | 'notOurs';
  readonly number: number;
  /** Invoice or customer, or why it is refused. */
  readonly rest: string;
  readonly note?: string;
}

/**
 * The commands in the languages of our users. A message is one only when the number of a claim follows:
 * `confirm 7`; the first of each language is what the card says to write (`claim.word.…`).
 */
const WORDS: Readonly<Record<ClaimCommand['kind'], readonly string[]>> = {
  claim: [
    'claim',
    'klaim',
    'tuntut',
    'อ้างสิทธิ์',
    'ขอรับยอด',
    'nhận',
    'nhận khoản',
    'مطالبة',
    'أطالب',
    '认领',
    '認領',
  ],
  release: [
    'release',
    'lepaskan',
    'lepas',
    'ปล่อย',
    'nhả',
    'trả lại',
    'تنازل',
    'أتنازل',
    '放弃',
    '放棄',
    '释放',
    '釋放',
  ],
  confirm: ['confirm', 'konfirmasi', 'sahkan', 'ยืนยัน', 'xác nhận', 'تأكيد', 'أؤكد', '确认', '確認'],
  refuse: [
    'refuse',
    'reject',
    'tolak',
    'ปฏิเสธ',
    'từ chối',
    'رفض',
    'أرفض',
    '驳回',
    '駁回',
    '拒绝',
    '拒絕',
  ],
  notOurs: [
    'not ours',
    'bukan milik kami',
    'ไม่ใช่ของเรา',
    'không phải của chúng tôi',
    'ليس لنا',
    'ليست لنا',
    '非我方',
    '不是我们的',
    '不是我們的',
  ],
};

const LETTERS: Readonly<Record<string, string>> = { đ: 'd', Đ: 'd', أ: 'ا', إ: 'ا', آ: 'ا' };

const FOLDED = Object.entries(WORDS)
  .flatMap(([kind, words]) => words.map((word) => ({ kind, word: fold(word) })))
  .toSorted((left, right) => right.word.length - left.word.length);

/** No organisation counts further. */
const NUMBER = /^\s*[#№:：]?\s*(\d{1,9})(?!\d)/u;
const NOTE_MARK = /\s*(?:[|｜]|\/\/)\s*/u;

/** Reads a message; undefined when it is no command about a claim. */
export function readClaimCommand(text: string): ClaimCommand | undefined {
  const folded = fold(text);
  for (const { kind, word } of FOLDED) {
    if (!folded.startsWith(word)) continue;
    const number = NUMBER.exec(folded.slice(word.length));
    if (!number) continue;
    const behind = spaced(text).slice(word.length + number[0].length);
    const [rest = '', ...notes] = behind.replace(/^[\s:：,，.。、-]+/u, '').split(NOTE_MARK);
    const note = notes.join(' ').trim();
    return {
      kind: kindOf(kind),
      number: Number(number[1]),
      rest: rest.trim(),
      ...(note === '' ? {} : { note }),
    };
  }
  return undefined;
}

const KINDS: readonly ClaimCommand['kind'][] = ['claim', 'release', 'confirm', 'refuse', 'notOurs'];

function kindOf(name: string): ClaimCommand['kind'] {
  return KINDS.find((kind) => kind === name) ?? 'claim';
}

function spaced(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/**
 * Small letters without accents, Western digits; one for one, so that places in the text stay the
 * same. People type `nhan 7` on a phone, and `٧` in Arabic.
 */
function fold(text: string): string {
  return [...spaced(text)].map(foldLetter).join('');
}

function foldLetter(letter: string): string {
  const plain =
    LETTERS[letter] ??
    digitOf(letter) ??
    letter.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  // A Thai vowel sign is a mark of its own; without it nothing would be left.
  return plain.length === letter.length ? plain : letter;
}

/** Arabic, Persian and Thai digits. */
function digitOf(letter: string): string | undefined {
  const code = letter.codePointAt(0) ?? 0;
  for (const zero of [0x660, 0x6f0, 0xe50]) {
    if (code >= zero && code <= zero + 9) return String(code - zero);
  }
  return undefined;
}
