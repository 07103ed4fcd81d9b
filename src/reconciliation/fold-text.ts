/**
 * Text as it is compared: one width, capitals, no accents, Western digits, letters and digits only,
 * single spaces. Plain ASCII, which is most of what banks send, takes the short way.
 */
export function foldLine(text: string): string {
  if (isAscii(text)) {
    return text
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, ' ')
      .trim();
  }
  return westernDigits(text.normalize('NFKC'))
    .toUpperCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f\u064b-\u0652\u0640]/g, '')
    .normalize('NFC')
    .replace(/Đ/g, 'D')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
}

/** Digits of Arabic, Persian, Thai and other scripts as 0–9. */
export function westernDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    if (code < 128) return digit;
    for (const zero of DIGIT_ZEROS)
      if (code >= zero && code < zero + 10) return String(code - zero);
    return digit;
  });
}

/** Arabic, Persian, Devanagari, Bengali, Thai, Lao, Myanmar, Khmer, full width. */
const DIGIT_ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10];

function isAscii(text: string): boolean {
  for (let place = 0; place < text.length; place += 1) {
    if (text.charCodeAt(place) > 127) return false;
  }
  return true;
}
