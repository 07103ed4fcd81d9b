import type { Random } from '../../harness/random.ts';
import { printedText } from './amounts.ts';
import { dateText } from './calendar.ts';
import type { BankDraft, LedgerDraft } from './ledger-case.ts';
import { lastDigits, transposeNumber, writeList, writeNumber } from './numbers.ts';
import type { Market } from './own-accounts.ts';

/** What the bank writes beside day and amount. */
export interface Narrative {
  readonly text: string;
  readonly counterparty: string;
  readonly reference: string;
}

type Numbers = ReadonlyMap<LedgerDraft, string>;

/** How banks of a market begin a narrative, for money in and money out. */
const openings: Readonly<Record<Market, { in: readonly string[]; out: readonly string[] }>> = {
  ID: {
    in: [
      'TRSF E-BANKING CR %d/FTSCY/WS95031 %a',
      'BI-FAST CR TRANSFER DR 014',
      'SWITCHING CR TRANSFER DR 008',
      'MCM InhouseTrf CS-CS DARI',
      'KR OTOMATIS LLG-BNI',
      'SETORAN KLIRING',
    ],
    out: [
      'TRSF E-BANKING DB %d/FTFVA/WS95051',
      'BI-FAST DB BIF TRANSFER KE 002',
      'RTGS KE',
      'MCM InhouseTrf KE',
    ],
  },
  HK: {
    in: ['FPS CR', 'CHATS INWARD', 'AUTOPAY IN', 'TT INWARD O/B', 'CR TO %n'],
    out: ['FPS DR', 'CHATS OUTWARD', 'AUTOPAY OUT', 'TT OUTWARD'],
  },
  CN: {
    in: ['网银转账', '大额来账', '小额来账', '货款', '跨行汇入'],
    out: ['网银付款', '往账 货款', '跨行汇出'],
  },
  AE: {
    in: ['INWARD REMITTANCE', 'UAEFTS CR %n', 'TRF FROM', 'حوالة واردة'],
    out: ['OUTWARD REMITTANCE', 'UAEFTS DR %n', 'TRF TO', 'حوالة صادرة'],
  },
  KW: {
    in: ['KASSIP CR', 'TRF FROM', 'حوالة واردة من'],
    out: ['KASSIP DR', 'TRF TO', 'حوالة صادرة الى'],
  },
  VN: {
    in: ['CT DEN:%n', 'IBFT', 'MBVCB.%n.CHUYEN TIEN', 'TT TIEN HANG'],
    out: ['CT DI:%n', 'IBFT CT DI', 'UNC TT'],
  },
};

/** The narrative of a line, cut where its bank cuts, with what the case promised still in it. */
export function writeNarrative(random: Random, draft: BankDraft, numbers: Numbers): Narrative {
  if (draft.fixed) return { ...draft.fixed, reference: draft.bankReference ?? '' };
  const quote = writeQuote(random, draft, numbers);
  const name = payerName(draft);
  const cut = quote.length > 60 ? random.pick([140, 210, 280]) : random.pick(draft.account.cuts);
  const isNameColumn = name !== '' && random.chance(0.65);
  const isQuoteColumn = quote !== '' && quote.length <= 35 && random.chance(0.3);
  const text = cutText(draft, cut, {
    opening: opening(random, draft),
    name: isNameColumn && random.chance(0.6) ? '' : name,
    quote: isQuoteColumn ? '' : quote,
  });
  const isNameLost = name !== '' && !text.includes(written(draft, name).slice(0, 12));
  const isQuoteLost = quote !== '' && quote.length <= 60 && !text.includes(written(draft, quote));
  return {
    text,
    counterparty: isNameColumn || isNameLost ? cutName(random, written(draft, name)) : '',
    reference: isQuoteColumn || isQuoteLost ? quote : bankReference(random, draft),
  };
}

function payerName({ party, payer }: BankDraft): string {
  if (party === undefined || payer === 'none') return '';
  return payer === 'self' ? party.bankName : party.otherPayer;
}

function writeQuote(random: Random, draft: BankDraft, numbers: Numbers): string {
  const [first] = draft.quotes;
  const numbersOf = draft.quotes.map((one) => numbers.get(one) ?? '');
  const number = numbersOf[0] ?? '';
  if (draft.quote === undefined || first === undefined) return '';
  if (draft.quote === 'list') return writeList(random, numbersOf);
  if (draft.quote === 'purchaseOrder') return first.purchaseOrder;
  if (draft.quote === 'number') return writeNumber(random, number);
  return transposeNumber(random, number) ?? `${number.slice(0, -lastDigits(number).length)}9`;
}

function opening(random: Random, draft: BankDraft): string {
  const words = openings[draft.account.market][draft.amount > 0n ? 'in' : 'out'];
  const [, month, day] = dateText(draft.day).split('-');
  return random
    .pick(words)
    .replace('%d', `${day}${month}`)
    .replace('%a', printedText(draft.amount, draft.account.currency).replaceAll(',', ''))
    .replace('%n', String(random.whole(100_000_000, 999_999_999)));
}

/** Banks that leave 18 characters carry only what the payer wrote. */
function cutText(
  draft: BankDraft,
  cut: number,
  parts: { readonly opening: string; readonly name: string; readonly quote: string },
): string {
  const said = [parts.quote, draft.note ?? '', parts.name].filter((part) => part !== '');
  const all = cut <= 18 && said.length > 0 ? said : [parts.opening, ...said];
  return written(draft, all.join(' ')).slice(0, cut).trim();
}

/** In capitals and, in Vietnam, without accents; Chinese banks leave words as they are. */
function written(draft: BankDraft, text: string): string {
  const { market } = draft.account;
  if (market === 'CN') return text;
  const plain = market === 'VN' ? text.normalize('NFD').replaceAll(/\p{M}/gu, '') : text;
  return plain.replaceAll('đ', 'd').replaceAll('Đ', 'D').toUpperCase();
}

function cutName(random: Random, name: string): string {
  const share = random.next();
  if (share < 0.55) return name;
  return name.slice(0, share < 0.8 ? 18 : 35).trim();
}

/** The bank's own id of a transaction, which says nothing to our books. */
function bankReference(random: Random, draft: BankDraft): string {
  if (draft.bankReference !== undefined) return draft.bankReference;
  if (random.chance(0.35)) return '';
  return transactionId(random, draft.day);
}

export function transactionId(random: Random, day: number): string {
  const date = dateText(day).replaceAll('-', '');
  const serial = random.whole(10_000_000, 99_999_999);
  return random.pick([
    `FT${date.slice(2)}${serial.toString(36).toUpperCase()}`,
    `${date}${serial}`,
    `TX${serial}`,
  ]);
}
