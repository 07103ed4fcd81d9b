import type { ClaimSubject } from '#core/claims.ts';
import { CashbellError } from '#core/errors.ts';
import { cutText, stripControls } from '#i18n/format.ts';
import { wholeKeyOf } from '#reconciliation/key-forms.ts';
import { findItemIdsByKey, isKnownNumber, loadUsableItems } from '#store/claim-items.ts';
import type { ClaimItem } from '#store/claim-items.ts';
import type { Claim } from '#store/claims.ts';
import type { Queryable } from '#store/grants.ts';

/** What somebody says that a receipt is for. */
export interface SubjectWords {
  /** Invoice numbers, with commas between them, or a customer. */
  readonly text?: string | undefined;
  readonly itemIds?: readonly string[] | undefined;
  readonly isNotOurs?: boolean | undefined;
}

const TEXT_LENGTH_MAX = 200;
/** One receipt rarely pays more invoices than people can type. */
const PARTS_MAX = 20;

/**
 * Finds out what the words of a claim mean: open invoices that the receipt can pay, else a customer. An
 * invoice that is named and cannot be paid is refused rather than taken for a customer's name.
 */
export async function readSubject(
  client: Queryable,
  claim: Claim,
  { text = '', itemIds, isNotOurs }: SubjectWords,
): Promise<ClaimSubject> {
  const words = cutText(stripControls(text), TEXT_LENGTH_MAX);
  if (isNotOurs) return { text: words, items: [], isNotOurs: true };
  if (itemIds && itemIds.length > 0) {
    const items = await requireUsable(client, claim, itemIds);
    return { text: words === '' ? labelsOf(items) : words, items };
  }
  if (words === '') return { text: '', items: [] };
  return { text: words, items: await findItems(client, claim, words) };
}

function labelsOf(items: readonly ClaimItem[]): string {
  return cutText(items.map(({ label }) => label).join(', '), TEXT_LENGTH_MAX);
}

async function requireUsable(
  client: Queryable,
  { orgId, entryId }: Claim,
  itemIds: readonly string[],
): Promise<ClaimItem[]> {
  const usable = await loadUsableItems(client, { orgId, entryId, itemIds });
  // In the order in which they were named: the receipt pays them one after the other.
  return itemIds.map((id) => {
    const item = usable.find(({ itemId }) => itemId === id);
    if (!item) throw unusable(id);
    return item;
  });
}

/** All parts are invoices, or none is; what stands between is a slip of the finger. */
async function findItems(
  client: Queryable,
  claim: Claim,
  words: string,
): Promise<readonly ClaimItem[]> {
  const whole = await findItem(client, claim, words);
  if (whole) return [whole];
  const parts = words
    .split(/[,;+&，；、]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .slice(0, PARTS_MAX);
  const found: ClaimItem[] = [];
  const others: string[] = [];
  for (const part of parts) {
    // `INV-4711 Maju Jaya`: the number first, then what helps people.
    const item =
      (await findItem(client, claim, part)) ??
      (await findItem(client, claim, part.split(/\s/)[0] ?? ''));
    if (item) found.push(item);
    else others.push(part);
  }
  const [other] = others;
  if (found.length > 0 && other !== undefined) throw unusable(other);
  return [...new Map(found.map((item) => [item.itemId, item] as const)).values()];
}

async function findItem(
  client: Queryable,
  claim: Claim,
  text: string,
): Promise<ClaimItem | undefined> {
  const key = wholeKeyOf(text);
  if (key === '') return undefined;
  const { orgId, entryId } = claim;
  const itemIds = await findItemIdsByKey(client, orgId, `=${key}`);
  const usable = await loadUsableItems(client, { orgId, entryId, itemIds });
  const [item, second] = usable;
  if (second) throw new CashbellError('claim.itemAmbiguous', { text });
  if (item) return item;
  if (itemIds.length > 0 || (await isKnownNumber(client, orgId, text))) throw unusable(text);
  return undefined;
}

function unusable(text: string): CashbellError {
  return new CashbellError('claim.itemUnusable', { text });
}
