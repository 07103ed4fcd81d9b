import { createRandom } from '../../harness/random.ts';
import type { Random } from '../../harness/random.ts';
import { decimalText } from './amounts.ts';
import { dateText } from './calendar.ts';
import { makeCase } from './case-makers.ts';
import { findEqualLines } from './equal-lines.ts';
import type { BankDraft, LedgerCase, LedgerDraft } from './ledger-case.ts';
import { writeNarrative } from './narratives.ts';
import type { Narrative } from './narratives.ts';
import { numberDrafts } from './numbers.ts';
import { makeParties } from './parties.ts';
import type { Truth } from './truth.ts';
import { tellGroups } from './tell-groups.ts';

/** A line of a file: what stands in each column. */
export type Row = Readonly<Record<string, string>>;

/** The two files, and what really happened. */
export interface Books {
  readonly bank: readonly Row[];
  readonly ledger: readonly Row[];
  readonly truth: Truth;
}

/** Who does business with the group: every one of them about six times in the quarter. */
const LINES_PER_PARTY = 6;
const MIN_PARTIES = 40;
const MAX_PARTIES = 1_500;

/** Makes up so many lines of the bank, or a few more, and the books that belong to them. */
export function makeBooks({ seed, rows }: { readonly seed: number; readonly rows: number }): Books {
  const random = createRandom(Math.imul(seed, 2_654_435_761));
  const parties = Math.round(rows / LINES_PER_PARTY);
  const book = makeParties(random, Math.min(MAX_PARTIES, Math.max(MIN_PARTIES, parties)));
  const cases: LedgerCase[] = [];
  for (let lines = 0; lines < rows; ) {
    const made = makeCase({ random, book });
    cases.push(made);
    lines += made.bank.length;
  }
  const bankDrafts = cases.flatMap(({ bank }) => bank);
  const ledgerDrafts = cases.flatMap(({ ledger }) => ledger);
  const numbers = numberDrafts(random, [
    ...new Set([...ledgerDrafts, ...bankDrafts.flatMap(({ quotes }) => quotes)]),
  ]);
  const narratives = writeNarratives(random, bankDrafts, numbers);
  const ids = drawIds(random, [...bankDrafts, ...ledgerDrafts]);
  const idOf = (draft: BankDraft | LedgerDraft): string => ids.get(draft) ?? '';
  const equal = findEqualLines(cases);
  return {
    bank: bankDrafts
      .map((draft) => bankRow(draft, idOf(draft), narratives.get(draft)))
      .toSorted(byDateAndId),
    ledger: ledgerDrafts
      .map((draft) => ledgerRow(draft, idOf(draft), numbers.get(draft) ?? ''))
      .toSorted(byDateAndId),
    truth: {
      seed,
      rows,
      ...tellGroups(cases, idOf),
      sameBank: equal.bank.map((set) => set.map(idOf)),
      sameLedger: equal.ledger.map((set) => set.map(idOf)),
    },
  };
}

function writeNarratives(
  random: Random,
  drafts: readonly BankDraft[],
  numbers: ReadonlyMap<LedgerDraft, string>,
): ReadonlyMap<BankDraft, Narrative> {
  const narratives = new Map<BankDraft, Narrative>();
  for (const draft of drafts) {
    const source = draft.copyOf && narratives.get(draft.copyOf);
    narratives.set(draft, source ?? writeNarrative(random, draft, numbers));
  }
  return narratives;
}

/** Drawn, so that neither an id nor the order of ids says anything. */
function drawIds(
  random: Random,
  drafts: readonly (BankDraft | LedgerDraft)[],
): ReadonlyMap<BankDraft | LedgerDraft, string> {
  const taken = new Set<string>();
  const ids = new Map<BankDraft | LedgerDraft, string>();
  for (const draft of drafts) {
    let id = '';
    do {
      id = random.whole(0, 0xffff_ffff).toString(16).padStart(8, '0');
    } while (taken.has(id));
    taken.add(id);
    ids.set(draft, id);
  }
  return ids;
}

function bankRow(draft: BankDraft, id: string, narrative: Narrative | undefined): Row {
  const { currency, number } = draft.account;
  return {
    id,
    account: number,
    date: dateText(draft.day),
    amount: decimalText(draft.amount, currency),
    currency,
    text: narrative?.text ?? '',
    counterparty: narrative?.counterparty ?? '',
    reference: narrative?.reference ?? '',
  };
}

const kindWords: Readonly<Record<LedgerDraft['kind'], string>> = {
  invoice: 'Invoice',
  bill: 'Bill',
  creditNote: 'Credit note',
  void: 'VOID',
};

function ledgerRow(draft: LedgerDraft, id: string, number: string): Row {
  return {
    id,
    date: dateText(draft.issueDay),
    due_date: dateText(draft.dueDay),
    amount: decimalText(draft.amount, draft.currency),
    currency: draft.currency,
    counterparty: draft.party.ledgerName,
    reference: number,
    text: `${kindWords[draft.kind]} ${number} ${draft.purchaseOrder}`,
  };
}

function byDateAndId(left: Row, right: Row): number {
  const [first, second] = [left, right].map(({ date, id }) => `${date} ${id}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
