import { parsePlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import type { ChangeChoice } from '#core/item-changes.ts';
import { formatDecimal, parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { isCreditorReference } from '#reconciliation/key-forms.ts';
import type { StatedItem } from '#store/item-stated.ts';
import type { AdminServices } from '#store/orgs.ts';
import { splitRepeats } from './plan-items.ts';
import type { StatedRow } from './plan-items.ts';
import { documentKeyOf, withoutEmpty } from './stated-item.ts';
import { changeItems, requireItemManager, takeItems } from './take-items.ts';
import type { Taken } from './take-items.ts';

/** A document as a program or a person states it, amounts as decimal text. */
export interface StatedInput extends Omit<StatedItem, 'kind' | 'creditDebitIndicator'> {
  readonly direction: 'receivable' | 'payable';
  /** Absent: an invoice to a customer, or a supplier's bill. */
  readonly kind?: 'invoice' | 'bill' | 'creditNote' | 'ledgerLine' | 'other' | undefined;
  /** The caller's own key: the same key is the same item for ever. */
  readonly externalId?: string | undefined;
}

/** What is wrong with one of the inputs; `place` counts from 0. */
export interface InputProblem {
  readonly place: number;
  readonly field: string;
  readonly problem: string;
}

export type AddedStated =
  | { readonly isValid: true; readonly taken: Taken }
  | { readonly isValid: false; readonly problems: readonly InputProblem[] };

/** Expects documents that a program or a person states; all of them, or none. */
export async function addStated(
  services: Pick<AdminServices, 'pool' | 'now'>,
  request: {
    readonly orgId: string;
    readonly actor: string;
    readonly inputs: readonly StatedInput[];
    readonly changes: ChangeChoice;
  },
): Promise<AddedStated> {
  const { orgId, actor, inputs, changes } = request;
  await requireItemManager(services, request);
  const problems: InputProblem[] = [];
  const stated = inputs.map((input, place): StatedRow => {
    const statement = readStated(input, (field, problem) => {
      problems.push({ place, field, problem });
    });
    const documentKey = documentKeyOf(statement, input.externalId);
    return { row: place, stated: statement, documentKey };
  });
  problems.push(...(await unknownAccounts(services, orgId, inputs)));
  const { problems: repeats } = splitRepeats(stated, 'number');
  for (const { row: place, values } of repeats) {
    const problem = `says the same document as item ${values['row'] ?? ''}`;
    problems.push({ place, field: 'number', problem });
  }
  if (problems.length > 0) return { isValid: false, problems };
  const taken = await changeItems(services, { orgId, actor }, async (client, now) => {
    const result = await takeItems(client, { orgId, actor, changes, now }, stated);
    const [first] = result.created;
    const isNothing = result.created.length === 0 && result.changes.length === 0;
    if (isNothing) return { result };
    const after = {
      created: result.created.length,
      changes: result.changes.length,
      known: result.known.length,
      itemIds: result.created.slice(0, 50).map(({ itemId }) => itemId),
    };
    const subject = first?.itemId ?? result.changes[0]?.itemId ?? orgId;
    return { result, audit: { action: 'item.added', subject, after } };
  });
  return { isValid: true, taken };
}

export type Refuse = (field: string, problem: string) => void;

/** Reads what somebody states; everything wrong with it is told to `refuse`. */
export function readStated(input: StatedInput, refuse: Refuse): StatedItem {
  const { direction, kind, externalId: _key, currency, ...words } = input;
  const isOurs = direction === 'receivable';
  const isCredit = kind === 'creditNote';
  const amount = readAmount(input.amount, 'amount', currency, refuse);
  const open = readAmount(input.open, 'open', currency, refuse);
  const amountMin = readAmount(input.amountMin, 'amountMin', currency, refuse);
  if (amount && amount.amountMinorUnits === 0n) refuse('amount', 'must be more than zero');
  if (amount && open && open.amountMinorUnits > amount.amountMinorUnits) {
    refuse('open', 'must not be more than the amount');
  }
  if (amount && amountMin && amountMin.amountMinorUnits > amount.amountMinorUnits) {
    refuse('amountMin', 'must not be more than the amount');
  }
  const stated = withoutEmpty({
    ...words,
    kind: kind ?? (isOurs ? 'invoice' : 'bill'),
    creditDebitIndicator: isOurs === isCredit ? 'debit' : 'credit',
    currency: amount?.currency ?? currency,
    amount: amount ? formatDecimal(amount) : input.amount,
    open: open && formatDecimal(open),
    amountMin: amountMin && formatDecimal(amountMin),
    creditorReference: readReference(input.creditorReference, refuse),
    issuedOn: readDay(input.issuedOn, 'issuedOn', refuse),
    dueOn: readDay(input.dueOn, 'dueOn', refuse),
  });
  if (!isRecognisable(stated)) {
    refuse('number', 'must be given, or a name, an account, a reference or a description');
  }
  return stated;
}

function isRecognisable(stated: StatedItem): boolean {
  return [
    stated.number,
    stated.counterpartyName,
    stated.counterpartyKey,
    stated.counterpartyAccount,
    stated.creditorReference,
    stated.virtualAccount,
    stated.endToEndId,
    stated.description,
  ].some((text) => text !== undefined && text.trim() !== '');
}

function readAmount(
  text: string | undefined,
  field: string,
  currency: string,
  refuse: Refuse,
): Money | undefined {
  if (text === undefined) return undefined;
  try {
    return parseMoney(text, currency);
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    const isCurrency = error.code === 'money.currencyUnknown';
    if (isCurrency && field !== 'amount') return undefined;
    refuse(isCurrency ? 'currency' : field, wordsOf(error.code));
    return undefined;
  }
}

function wordsOf(code: string): string {
  if (code === 'money.currencyUnknown') return 'must be an ISO 4217 code';
  return code === 'money.tooManyDecimals'
    ? 'has more decimals than its currency'
    : 'must be decimal text such as 1250000.00';
}

function readDay(text: string | undefined, field: string, refuse: Refuse): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parsePlainDate(text).toString();
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    refuse(field, 'must be a day such as 2026-11-23');
    return undefined;
  }
}

function readReference(text: string | undefined, refuse: Refuse): string | undefined {
  const compact = text?.replace(/\s/g, '').toUpperCase();
  if (text === undefined || !/^RF\d{2}[0-9A-Z]+$/.test(compact ?? '')) return text;
  if (!isCreditorReference(compact ?? '')) refuse('creditorReference', 'has wrong check digits');
  return compact;
}

async function unknownAccounts(
  { pool }: Pick<AdminServices, 'pool'>,
  orgId: string,
  inputs: readonly StatedInput[],
): Promise<InputProblem[]> {
  const wanted = inputs.flatMap(({ accountId }) => accountId ?? []);
  if (wanted.length === 0) return [];
  const { rows } = await pool.query<{ account_id: string }>(
    'SELECT account_id FROM account WHERE org_id = $1 AND account_id = ANY($2::text[])',
    [orgId, wanted],
  );
  const known = new Set(rows.map((row) => row.account_id));
  return inputs.flatMap(({ accountId }, place) =>
    accountId === undefined || known.has(accountId)
      ? []
      : [{ place, field: 'accountId', problem: 'is no account of this organisation' }],
  );
}
