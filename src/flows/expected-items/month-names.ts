/** Months as people write them in our languages, long and short; one line for each month. */
const lines: readonly string[] = [
  'january|jan|januari|januari|มกราคม|ม.ค.|يناير|كانون الثاني|tháng một|thg 1',
  'february|feb|februari|februari|กุมภาพันธ์|ก.พ.|فبراير|شباط|tháng hai|thg 2',
  'march|mar|maret|mac|มีนาคม|มี.ค.|مارس|آذار|tháng ba|thg 3',
  'april|apr|เมษายน|เม.ย.|أبريل|نيسان|tháng tư|thg 4',
  'may|mei|พฤษภาคม|พ.ค.|مايو|أيار|tháng năm|thg 5',
  'june|jun|juni|มิถุนายน|มิ.ย.|يونيو|حزيران|tháng sáu|thg 6',
  'july|jul|juli|julai|กรกฎาคม|ก.ค.|يوليو|تموز|tháng bảy|thg 7',
  'august|aug|agustus|agu|agt|agst|ogos|ogo|สิงหาคม|ส.ค.|أغسطس|آب|tháng tám|thg 8',
  'september|sep|sept|กันยายน|ก.ย.|سبتمبر|أيلول|tháng chín|thg 9',
  'october|oct|oktober|okt|ตุลาคม|ต.ค.|أكتوبر|تشرين الأول|tháng mười|thg 10',
  'november|nov|nopember|nop|พฤศจิกายน|พ.ย.|نوفمبر|تشرين الثاني|tháng mười một|thg 11',
  'december|dec|desember|des|disember|dis|ธันวาคม|ธ.ค.|ديسمبر|كانون الأول|tháng mười hai|thg 12',
];

function fold(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[.\s]+/g, '')
    .replace(/[أإآ]/g, 'ا');
}

const monthByName: ReadonlyMap<string, number> = new Map(
  lines.flatMap((line, index) => line.split('|').map((name) => [fold(name), index + 1] as const)),
);

/** Number of a month by its name, or undefined. */
export function monthNamed(name: string): number | undefined {
  return monthByName.get(fold(name));
}
