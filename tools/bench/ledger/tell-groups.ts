import { decimalText } from './amounts.ts';
import type { BankDraft, LedgerCase, LedgerDraft } from './ledger-case.ts';
import type { CaseKind } from './shares.ts';
import type { Truth, TruthGroup, TruthResidual } from './truth.ts';

type Draft = BankDraft | LedgerDraft;
type IdOf = (draft: Draft) => string;

/** What belongs together in all cases, and what belongs to nothing, by the ids of the files. */
export function tellGroups(
  cases: readonly LedgerCase[],
  idOf: IdOf,
): Pick<Truth, 'groups' | 'open'> {
  const groups: TruthGroup[] = [];
  const open: { id: string; kind: CaseKind }[] = [];
  for (const one of cases) {
    const parts = components(one);
    groups.push(...parts.map((members) => tellGroup(one, members, idOf)));
    const settled = new Set(parts.flatMap((members) => [...members]));
    for (const draft of [...one.bank, ...one.ledger]) {
      if (!settled.has(draft)) open.push({ id: idOf(draft), kind: one.kind });
    }
  }
  return { groups, open };
}

function links({ allocations, bankPairs, ledgerPairs }: LedgerCase): (readonly [Draft, Draft])[] {
  return [
    ...allocations.map(({ bank, ledger }) => [bank, ledger] as const),
    ...bankPairs,
    ...ledgerPairs,
  ];
}

function components(one: LedgerCase): Set<Draft>[] {
  const home = new Map<Draft, Set<Draft>>();
  for (const [left, right] of links(one)) {
    const joined = new Set([left, right, ...(home.get(left) ?? []), ...(home.get(right) ?? [])]);
    for (const draft of joined) home.set(draft, joined);
  }
  return [...new Set(home.values())];
}

function tellGroup(one: LedgerCase, members: ReadonlySet<Draft>, idOf: IdOf): TruthGroup {
  const bank = one.bank.filter((draft) => members.has(draft));
  const allocations = one.allocations.filter((each) => members.has(each.bank));
  const bankPairs = one.bankPairs.filter(([first]) => members.has(first));
  const ledgerPairs = one.ledgerPairs.filter(([first]) => members.has(first));
  return {
    kind: one.kind,
    bank: bank.map(idOf),
    ledger: one.ledger.filter((draft) => members.has(draft)).map(idOf),
    allocations: allocations.map((each) => ({
      bank: idOf(each.bank),
      ledger: idOf(each.ledger),
      amount: decimalText(each.amount, each.ledger.currency),
    })),
    pairs: [...bankPairs, ...ledgerPairs].map(([first, second]) => [idOf(first), idOf(second)]),
    residuals: [
      ...bank.flatMap((draft) => residualOf(one, draft, idOf)),
      ...bankPairs.flatMap((pair) => residualOfPair(pair, idOf)),
    ],
  };
}

const residualKinds: Partial<Readonly<Record<CaseKind, TruthResidual['kind']>>> = {
  rounding: 'rounding',
  amountTransposed: 'transposed',
};

function residualOf(one: LedgerCase, bank: BankDraft, idOf: IdOf): TruthResidual[] {
  const settled = one.allocations.filter((each) => each.bank === bank);
  if (settled.length === 0) return [];
  const { currency } = bank.account;
  if (settled.some(({ ledger }) => ledger.currency !== currency)) {
    return [{ kind: 'exchange', bank: idOf(bank), amount: decimalText(bank.amount, currency) }];
  }
  const left = bank.amount - settled.reduce((sum, { amount }) => sum + amount, 0n);
  const kind = residualKinds[one.kind] ?? 'fee';
  return left === 0n ? [] : [{ kind, bank: idOf(bank), amount: decimalText(left, currency) }];
}

/** What a transfer between own accounts lost on its way; nothing can be said across currencies. */
function residualOfPair(
  [first, second]: readonly [BankDraft, BankDraft],
  idOf: IdOf,
): TruthResidual[] {
  const { currency } = second.account;
  const amount = decimalText(second.amount, currency);
  if (first.account.currency !== currency)
    return [{ kind: 'exchange', bank: idOf(second), amount }];
  const left = first.amount + second.amount;
  if (left === 0n) return [];
  return [{ kind: 'fee', bank: idOf(second), amount: decimalText(left, currency) }];
}
