const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];
const GROUPS = ['', '万', '亿', '万亿', '亿亿'];

/** An amount in Chinese capitals, as a MoneyField adds it to its value: "1000" is 壹仟元整. */
export function moneyUpper(amount: string): string {
  const [whole = '0', fraction = ''] = amount.replace(/^-/, '').split('.');
  const sign = amount.startsWith('-') ? '负' : '';
  const cents = fraction.padEnd(2, '0').slice(0, 2);
  const jiao = DIGITS.charAt(Number(cents.charAt(0)));
  const fen = DIGITS.charAt(Number(cents.charAt(1)));
  const yuan = upperWhole(whole);
  if (cents === '00') return `${sign}${yuan || '零'}元整`;
  const head = yuan ? `${yuan}元` : '';
  if (cents.endsWith('0')) return `${sign}${head}${jiao}角整`;
  if (cents.startsWith('0')) return `${sign}${head}${yuan ? '零' : ''}${fen}分`;
  return `${sign}${head}${jiao}角${fen}分`;
}

function upperWhole(whole: string): string {
  const digits = whole.replace(/^0+/, '');
  let text = '';
  let isZeroOpen = false;
  for (let index = 0; index < digits.length; index += 1) {
    const place = digits.length - 1 - index;
    const digit = Number(digits.charAt(index));
    if (digit === 0) {
      isZeroOpen = true;
    } else {
      text += `${isZeroOpen ? '零' : ''}${DIGITS.charAt(digit)}${PLACES[place % 4] ?? ''}`;
      isZeroOpen = false;
    }
    const isGroupEnd = place > 0 && place % 4 === 0;
    if (isGroupEnd && /[1-9]/.test(digits.slice(Math.max(0, index - 3), index + 1))) {
      text += GROUPS[place / 4] ?? '';
    }
  }
  return text;
}
