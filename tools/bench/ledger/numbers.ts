import type { Random } from '../../harness/random.ts';
import { transposeDigits } from './amounts.ts';
import { dateText } from './calendar.ts';
import type { LedgerDraft } from './ledger-case.ts';
import type { Market } from './own-accounts.ts';

/** How each company of the group numbers its invoices: by the day of issue and a running number. */
const invoiceStyles: Readonly<Record<Market, (day: string, running: number) => string>> = {
  ID: (day, running) => `INV/${day.slice(0, 4)}/${day.slice(5, 7)}/${pad(running, 5)}`,
  HK: (day, running) => `INV-${day.slice(2, 4)}-${pad(running, 6)}`,
  CN: (day, running) => `XS${day.slice(2, 4)}${day.slice(5, 7)}${pad(running, 5)}`,
  AE: (_day, running) => `SINV-${pad(running + 10_000, 5)}`,
  KW: (day, running) => `K-${day.slice(0, 4)}/${pad(running, 4)}`,
  VN: (_day, running) => `HD${pad(running, 7)}`,
};

/** Gives every document its number: running by day of issue, with gaps, as books have them. */
export function numberDrafts(
  random: Random,
  drafts: readonly LedgerDraft[],
): ReadonlyMap<LedgerDraft, string> {
  const numbers = new Map<LedgerDraft, string>();
  const running = new Map<string, number>();
  const own = drafts.filter(({ copyOf, voids, replaces }) => !copyOf && !voids && !replaces);
  const ordered = own
    .map((draft) => ({ draft, order: draft.issueDay + random.next() }))
    .toSorted((left, right) => left.order - right.order);
  for (const { draft } of ordered) {
    const { market } = draft.party;
    const series = `${market} ${draft.kind}`;
    const next = (running.get(series) ?? random.whole(20, 900)) + random.whole(1, 3);
    running.set(series, next);
    numbers.set(draft, numberOf(random, draft, next));
  }
  for (const draft of drafts) {
    const source = draft.copyOf?.draft ?? draft.voids ?? draft.replaces;
    if (source === undefined) continue;
    numbers.set(draft, derivedNumber(draft, numbers.get(source) ?? ''));
  }
  return numbers;
}

function numberOf(random: Random, draft: LedgerDraft, running: number): string {
  if (draft.kind === 'bill') return supplierNumber(random);
  const number = invoiceStyles[draft.party.market](dateText(draft.issueDay), running);
  return draft.kind === 'creditNote' ? `CN-${number.replace(/^\D+/, '')}` : number;
}

/** Suppliers number as they like. */
function supplierNumber(random: Random): string {
  const letters = random.pick(['SI', 'F', 'TI-', 'R', 'A/', 'PNJ-', '']);
  const year = random.pick(['26', '2026', '']);
  return `${letters}${year}${year === '' ? '' : random.pick(['-', '/'])}${random.whole(1_000, 999_999)}`;
}

function derivedNumber(draft: LedgerDraft, source: string): string {
  if (draft.copyOf?.isRewritten === true) return source.replaceAll(/[-/]/g, ' ').toLowerCase();
  if (draft.replaces) return `${source}-R`;
  return source;
}

/** How a payer writes a number down: seldom as it was printed. */
export function writeNumber(random: Random, number: string): string {
  const share = random.next();
  if (share < 0.46) return number;
  if (share < 0.66) return number.replaceAll(/[-/ ]/g, '');
  if (share < 0.78) return number.replaceAll(/[-/]/g, ' ');
  if (share < 0.84) return number.replace('0', 'O').replace(/0(?=\d*$)/, 'O');
  if (share < 0.92)
    return `${random.pick(['INV', 'INV NO', 'NO', 'TAGIHAN', '#'])} ${lastDigits(number)}`;
  return number.toLowerCase().replaceAll(/[-/]/g, '.');
}

/** The number with two digits of its running part swapped; undefined when all are alike. */
export function transposeNumber(random: Random, number: string): string | undefined {
  const tail = lastDigits(number);
  const swapped = transposeDigits(random, tail);
  return swapped === undefined ? undefined : number.slice(0, -tail.length) + swapped;
}

/** Several numbers in one narrative: all in full, or only the first one. */
export function writeList(random: Random, numbers: readonly string[]): string {
  const join = random.pick([', ', ',', ' ', ' + ', '/']);
  if (random.chance(0.5)) {
    const isBare = random.chance(0.4);
    return numbers.map((one) => (isBare ? one.replaceAll(/[-/]/g, '') : one)).join(join);
  }
  const [first = '', ...others] = numbers;
  return [first, ...others.map(lastDigits)].join(join);
}

/** The running part, without what stands before it. */
export function lastDigits(number: string): string {
  return /\d+(?=\D*$)/.exec(number)?.[0] ?? number;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
