import type { BankDraft, LedgerCase, LedgerDraft } from './ledger-case.ts';

/** Documents due so few days apart are paid in any order by who does not say which. */
const DUE_TOGETHER_DAYS = 2;
/** Payers take a week and more anyway, so such a distance tells nothing about who paid. */
const SILENT_DAYS = 10;

/**
 * Lines that nobody can tell apart with the two files before them. Beside what the cases know
 * themselves: documents of one party over one amount, due together, of which no line of the bank
 * quotes any; and lines of one account over one amount that name neither payer nor document.
 */
export function findEqualLines(cases: readonly LedgerCase[]): {
  readonly bank: readonly (readonly BankDraft[])[];
  readonly ledger: readonly (readonly LedgerDraft[])[];
} {
  const quoted = new Set(
    cases.flatMap(({ bank }) => bank.flatMap(({ quotes, quote }) => (quote ? quotes : []))),
  );
  const documents = cases.flatMap(({ ledger }) => ledger.filter((one) => !quoted.has(one)));
  const silent = cases.flatMap(({ bank, allocations }) =>
    bank.filter(
      (one) => one.payer !== 'self' && !one.quote && allocations.some((each) => each.bank === one),
    ),
  );
  return {
    ledger: joinSets([
      ...cases.flatMap(({ sameLedger }) => sameLedger),
      ...chains(
        documents,
        ({ party, amount, currency, kind }) => `${party.ledgerName} ${amount} ${currency} ${kind}`,
        ({ dueDay }) => dueDay,
        DUE_TOGETHER_DAYS,
      ),
    ]),
    bank: joinSets([
      ...cases.flatMap(({ sameBank }) => sameBank),
      ...chains(
        silent,
        ({ account, amount }) => `${account.number} ${amount}`,
        ({ day }) => day,
        SILENT_DAYS,
      ),
    ]),
  };
}

/** Things with the same key whose days follow each other without a wide gap. */
function chains<T>(
  things: readonly T[],
  keyOf: (thing: T) => string,
  dayOf: (thing: T) => number,
  gap: number,
): T[][] {
  const found: T[][] = [];
  for (const alike of Map.groupBy(things, keyOf).values()) {
    let chain: T[] = [];
    for (const thing of alike.toSorted((left, right) => dayOf(left) - dayOf(right))) {
      const last = chain.at(-1);
      if (last !== undefined && dayOf(thing) - dayOf(last) > gap) {
        found.push(chain);
        chain = [];
      }
      chain.push(thing);
    }
    found.push(chain);
  }
  return found.filter(({ length }) => length > 1);
}

/** Sets that share a thing become one. */
function joinSets<T>(sets: readonly (readonly T[])[]): T[][] {
  const home = new Map<T, Set<T>>();
  for (const set of sets) {
    const joined = new Set(set);
    for (const thing of set) for (const other of home.get(thing) ?? []) joined.add(other);
    for (const thing of joined) home.set(thing, joined);
  }
  return [...new Set(home.values())].map((joined) => [...joined]);
}
