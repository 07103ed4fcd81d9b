import type { Books, Row } from './make-books.ts';
import type { Outcome, OutcomeMatch } from './outcome.ts';

/** What a spreadsheet does: the same amount and currency, and of these the nearest date. */
export function matchByAmountAndDate({ bank, ledger }: Books): Outcome {
  const unused = Map.groupBy(ledger, amountKey);
  const matches: OutcomeMatch[] = [];
  for (const line of bank) {
    const rivals = unused.get(amountKey(line)) ?? [];
    const nearest = rivals.reduce<Row | undefined>(
      (best, item) =>
        best === undefined || daysApart(line, item) < daysApart(line, best) ? item : best,
      undefined,
    );
    if (nearest === undefined) continue;
    rivals.splice(rivals.indexOf(nearest), 1);
    matches.push(toMatch(line, [nearest]));
  }
  return { matches, open: { bank: [], ledger: [] } };
}

/** What a rule does: a number of the books stands in the line of the bank, letter for letter. */
export function matchByReference({ bank, ledger }: Books): Outcome {
  const byNumber = Map.groupBy(ledger, ({ reference }) => (reference ?? '').toLowerCase());
  const matches = bank.flatMap((line) => {
    const words = `${line['text']} ${line['reference']}`.toLowerCase().matchAll(/[^\s,+]+/gu);
    const items = [...new Set([...words].flatMap(([word]) => byNumber.get(word) ?? []))];
    return items.length === 0 ? [] : [toMatch(line, items)];
  });
  return { matches, open: { bank: [], ledger: [] } };
}

function amountKey({ amount, currency }: Row): string {
  return `${amount} ${currency}`;
}

function daysApart(line: Row, item: Row): number {
  return Math.abs(Date.parse(line['date'] ?? '') - Date.parse(item['due_date'] ?? ''));
}

function toMatch(line: Row, items: readonly Row[]): OutcomeMatch {
  const bank = line['id'] ?? '';
  const ids = items.map((item) => item['id'] ?? '');
  return {
    bank: [bank],
    ledger: ids,
    allocations: ids.map((ledger) => ({ bank, ledger })),
    kind: ids.length === 1 ? 'single' : 'batch',
    decision: 'suggested',
    score: undefined,
  };
}
