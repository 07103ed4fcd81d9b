import { linkRecords } from '../../../src/reconciliation/linkage/link-records.ts';
import type { LinkRecord } from '../../../src/reconciliation/linkage/link-types.ts';
import { round } from '../../harness/figures.ts';

/** One size of `bench match-scale`. */
export interface ScaleRow {
  readonly n: number;
  readonly seconds: number;
  /** Processor time: what the clock shows when nothing else runs. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  /** Memory that the lines alone take before they are matched. */
  readonly linesMb: number;
  readonly precision: number;
  readonly recall: number;
  readonly candidatesPerLine: number;
}

/** Of a hundred ledger lines: so many are paid with their number, with the name alone, … */
const WITH_NUMBER = 70;
const WITH_NAME = 22;
/** … not at all; the rest is paid without a word. */
const UNPAID = 5;
const DAYS = 365;
const FIRST_DAY = 20_000;

function measure(lines: number, from: number): ScaleRow {
  const { items, entries, partner } = makeLines(lines, from);
  const linesMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  const { pairs, candidates } = linkRecords(items, entries, {
    delayDays: { min: -10, max: 60 },
    amountRatio: { min: 0.97, max: 1.01 },
    explain: false,
  });
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBegan);
  const told = pairs.filter(({ probability }) => probability >= 0.5);
  const right = told.filter((pair) => partner[pair.left] === pair.right).length;
  const paid = partner.reduce((sum, at) => sum + (at >= 0 ? 1 : 0), 0);
  return {
    n: lines,
    seconds: round(seconds),
    cpuSeconds: round((cpu.user + cpu.system) / 1e6),
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    linesMb,
    precision: round(right / Math.max(1, told.length), 4),
    recall: round(right / Math.max(1, paid), 4),
    candidatesPerLine: round(candidates / lines, 1),
  };
}

interface Lines {
  readonly items: readonly LinkRecord[];
  readonly entries: readonly LinkRecord[];
  /** By item: its entry, or -1. */
  readonly partner: Int32Array;
}

/** Invoices of many customers, few of whom are most of the trade, and the bank lines of a year. */
function makeLines(lines: number, from: number): Lines {
  const chance = createChance(from);
  const customers = Array.from({ length: Math.ceil(lines / 20) + 5 }, () => makeName(chance));
  const items: LinkRecord[] = [];
  const paid: { readonly item: number; readonly line: LinkRecord }[] = [];
  for (let at = 0; at < lines; at += 1) {
    const name = customers[Math.floor(customers.length * chance() ** 3)] ?? '';
    const day = FIRST_DAY + Math.floor(chance() * DAYS);
    const amount = makeAmount(chance);
    const number = `INV-${2_026_000_000 + at}`;
    items.push({ id: `i${at}`, day, amount, currency: 'EUR', text: number, name });
    const lot = chance() * 100;
    const delay = Math.floor(chance() ** 2 * 45) - 3;
    const fee = chance() < 0.1 ? Math.round(amount * 0.01 * chance()) + 50 : 0;
    if (lot < UNPAID) {
      const text = `CARD ${makeName(chance)}`;
      paid.push({ item: -1, line: makeLine(day, makeAmount(chance), text) });
      continue;
    }
    const text = writeLine(lot, { name, number }, chance);
    paid.push({ item: at, line: makeLine(day + delay, Math.max(1, amount - fee), text) });
  }
  return { items, ...shuffle(paid, lines, chance) };
}

function writeLine(
  lot: number,
  { name, number }: { readonly name: string; readonly number: string },
  chance: () => number,
): string {
  const reference = Math.floor(chance() * 1e9);
  if (lot < UNPAID + WITH_NUMBER) return `SEPA CREDIT ${name} ${number} ${reference}`;
  if (lot < UNPAID + WITH_NUMBER + WITH_NAME) return `TRANSFER FROM ${name} REF ${reference}`;
  return `CREDIT ${reference}`;
}

function makeLine(day: number, amount: number, text: string): LinkRecord {
  return { id: '', day, amount, currency: 'EUR', text };
}

function shuffle(
  paid: readonly { readonly item: number; readonly line: LinkRecord }[],
  lines: number,
  chance: () => number,
): Pick<Lines, 'entries' | 'partner'> {
  const order = paid.map((_, at) => at);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(chance() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  const partner = new Int32Array(lines).fill(-1);
  const entries = order.map((from, at) => {
    const one = paid[from];
    if (one !== undefined && one.item >= 0) partner[one.item] = at;
    return { ...(one?.line ?? makeLine(0, 0, '')), id: `e${at}` };
  });
  return { entries, partner };
}

const SYLLABLES = 'KA LO MI TEN BERG STA WOR NA SI RU PHO QUIN DAL VES TOR HAN ZU ELD OX IM'.split(
  ' ',
);
const FORMS = ['LTD', 'GMBH', 'PTE LTD', 'CO', 'SARL', 'TRADING', 'LOGISTICS', ''];

function makeName(chance: () => number): string {
  const part = (): string => SYLLABLES[Math.floor(chance() * SYLLABLES.length)] ?? '';
  const form = FORMS[Math.floor(chance() * FORMS.length)] ?? '';
  return `${part()}${part()}${part()} ${part()}${part()} ${form}`.trim();
}

/** Many small amounts, few large ones; every tenth a round one. */
function makeAmount(chance: () => number): number {
  const amount = Math.round(Math.exp(6 + 6 * (chance() + chance()) * 0.7));
  return chance() < 0.1 ? Math.ceil(amount / 5_000) * 5_000 : amount;
}

/** Mulberry32: the same lines from the same seed, on any machine. */
function createChance(from: number): () => number {
  let state = from | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const [n, seed] = process.argv.slice(2).map(Number);
if (n !== undefined && seed !== undefined && process.send) process.send(measure(n, seed));
