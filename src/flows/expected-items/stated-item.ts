import { createHash } from 'node:crypto';
import { parsePlainDate } from '#core/dates.ts';
import { formatDecimal, parseMoney } from '#core/money.ts';
import type { NewItem } from '#store/expected-items.ts';
import type { StatedItem } from '#store/item-stated.ts';
import { foldParty } from '../reconciliation/line-keys.ts';
import type { ItemDraft } from './read-item-row.ts';

/** Where items come from whose document is known by its number: files and the API alike. */
export const BOOKS_SOURCE = 'books';
/** Where a program names its items by keys of its own. */
export const API_SOURCE = 'api';

/** A row of a file as its statement. */
export function toStated(draft: ItemDraft): StatedItem {
  const isOurs = draft.side === 'receivable';
  return withoutEmpty({
    kind: draft.isCredit ? 'creditNote' : isOurs ? 'invoice' : 'bill',
    creditDebitIndicator: isOurs === draft.isCredit ? 'debit' : 'credit',
    number: draft.number,
    counterpartyName: draft.counterpartyName,
    counterpartyKey: draft.counterpartyKey,
    counterpartyAccount: draft.counterpartyAccount,
    currency: draft.amount.currency,
    amount: formatDecimal(draft.amount),
    amountMin: draft.amountMin && formatDecimal(draft.amountMin),
    open: draft.open && formatDecimal(draft.open),
    issuedOn: draft.issuedOn?.toString(),
    dueOn: draft.dueOn?.toString(),
    creditorReference: draft.creditorReference,
    virtualAccount: draft.virtualAccount,
    description: draft.description === '' ? undefined : draft.description,
  });
}

/** Only what is said, so that equal statements are equal texts. */
export function withoutEmpty(stated: StatedItem): StatedItem {
  const { kind, creditDebitIndicator, currency, amount } = stated;
  const said = Object.entries(stated).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(said), kind, creditDebitIndicator, currency, amount };
}

/** Whether two statements say the same. */
export function isSameStatement(left: StatedItem, right: StatedItem): boolean {
  return canonical(left) === canonical(right);
}

function canonical(stated: StatedItem): string {
  const said = Object.entries(stated).filter(([, value]) => value !== undefined);
  return JSON.stringify(said.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * The document that a statement speaks of. Our own numbers are ours alone; those of suppliers are
 * unique only beside the supplier. What has no number is known by all that is said of it.
 */
export function documentKeyOf(stated: StatedItem, externalId?: string): string {
  if (externalId !== undefined) return `${API_SOURCE}:${externalId}`;
  const { kind, number, creditDebitIndicator, counterpartyKey, counterpartyName } = stated;
  if (number === undefined) {
    return `line:${createHash('sha256').update(canonical(stated)).digest('hex').slice(0, 40)}`;
  }
  const folded = number.normalize('NFKC').toUpperCase().replace(/\s+/g, '');
  const isOurs = kind === 'invoice' || (kind === 'creditNote' && creditDebitIndicator === 'debit');
  const party = isOurs ? '' : `:${counterpartyKey ?? foldParty(counterpartyName) ?? ''}`;
  return `${kind}:${folded}${party}`;
}

/** Whether a document is known by everything that is said of it, so that equal ones are several. */
export function isNumberless(documentKey: string): boolean {
  return documentKey.startsWith('line:');
}

/** The item that is expected of a statement. Of a document that is partly paid, the open part. */
export function toNewItem(
  stated: StatedItem,
  place: { readonly sourceKey: string; readonly importId?: string | undefined },
): NewItem {
  const { currency } = stated;
  const amount = parseMoney(stated.open ?? stated.amount, currency);
  const min = stated.amountMin === undefined ? undefined : parseMoney(stated.amountMin, currency);
  const isBelow = min !== undefined && min.amountMinorUnits <= amount.amountMinorUnits;
  return {
    kind: stated.kind,
    creditDebitIndicator: stated.creditDebitIndicator,
    source: place.sourceKey.startsWith(`${API_SOURCE}:`) ? API_SOURCE : BOOKS_SOURCE,
    sourceKey: place.sourceKey,
    number: stated.number,
    counterpartyName: stated.counterpartyName,
    counterpartyKey: stated.counterpartyKey,
    counterpartyAccount: stated.counterpartyAccount,
    amount,
    amountMin: isBelow ? min : undefined,
    issuedOn: stated.issuedOn === undefined ? undefined : parsePlainDate(stated.issuedOn),
    dueOn: stated.dueOn === undefined ? undefined : parsePlainDate(stated.dueOn),
    creditorReference: stated.creditorReference,
    virtualAccount: stated.virtualAccount,
    endToEndId: stated.endToEndId,
    description: stated.description,
    accountId: stated.accountId,
    importId: place.importId,
  };
}

/** Whether anything is still to come of it. */
export function isAnythingOpen({ open, currency }: StatedItem): boolean {
  return open === undefined || parseMoney(open, currency).amountMinorUnits > 0n;
}
