import { z } from 'zod';
import { changeChoices, changeRules, changeStates } from '#core/item-changes.ts';
import { Day, IdText, MoneyWire, PageQuery, Time } from './common.ts';
import { AmountText } from './payments.ts';

const itemKinds = [
  'invoice',
  'bill',
  'creditNote',
  'payment',
  'ledgerLine',
  'recurring',
  'other',
] as const;
const statedKinds = ['invoice', 'bill', 'creditNote', 'ledgerLine', 'other'] as const;
const Words = z.string().trim().min(1).max(140);

/** What should appear at the bank: an invoice, a bill, a credit note. */
const stated = {
  /** `receivable`: customers pay it, money in. A credit note flows the other way. */
  direction: z.enum(['receivable', 'payable']),
  /** Absent: an invoice, or a supplier's bill. */
  kind: z.enum(statedKinds).optional(),
  /** The number of the document. With the supplier's, for bills, it says which document it is. */
  number: Words.optional(),
  counterpartyName: Words.optional(),
  /** Customer or supplier number of your own books. */
  counterpartyKey: Words.optional(),
  counterpartyAccount: z.string().trim().min(1).max(64).optional(),
  /** Of the whole document; where only bounds are known, the upper one. */
  amount: AmountText,
  amountMin: AmountText.optional(),
  currency: z.string().length(3),
  description: z.string().trim().max(500).optional(),
  creditorReference: z.string().trim().min(1).max(64).optional(),
  virtualAccount: z.string().trim().min(1).max(64).optional(),
  /** Only an entry of this account can settle it. */
  accountId: IdText.optional(),
};

export const ItemNew = z.strictObject({
  ...stated,
  /** Your own key: the same key is the same item for ever, whatever else is said of it. */
  externalId: z.string().min(1).max(200).optional(),
  /** What of it is still open, where part of it was paid before. */
  open: AmountText.optional(),
  issuedOn: Day.optional(),
  dueOn: Day.optional(),
  endToEndId: z.string().trim().min(1).max(64).optional(),
});

export const ITEMS_MAX = 2_000;
/** What becomes of items that are known and changed; nothing that is matched changes by itself. */
const changes = z.enum(changeChoices).default('propose');
export const ItemsQuery = PageQuery.extend({
  state: z.enum(['open', 'closed', 'cancelled']).optional(),
  direction: z.enum(['receivable', 'payable']).optional(),
  kind: z.enum(itemKinds).optional(),
  currency: z.string().length(3).optional(),
  dueFrom: Day.optional(),
  dueUntil: Day.optional(),
  importId: IdText.optional(),
  templateId: IdText.optional(),
  /** Part of the number, the name, a reference or the description. */
  text: z.string().min(1).max(100).optional(),
});
export const ItemQuery = z.object({ changes });
export const ItemsNew = z.strictObject({ items: z.array(ItemNew).min(1).max(ITEMS_MAX), changes });

export const ItemTemplateItem = z.strictObject(stated);

export const ItemWire = z.object({
  itemId: IdText,
  /** The caller may not read it in full: amounts, names and references are left out. */
  isMasked: z.boolean(),
  kind: z.enum(itemKinds),
  /** Which way the money goes: `credit` comes in. */
  creditDebitIndicator: z.enum(['credit', 'debit']),
  state: z.enum(['open', 'closed', 'cancelled']),
  number: z.string().optional(),
  counterpartyName: z.string().optional(),
  counterpartyKey: z.string().optional(),
  counterpartyAccount: z.string().optional(),
  amount: MoneyWire.optional(),
  amountMin: MoneyWire.optional(),
  /** What matches have used of it, fees and differences included. */
  settled: MoneyWire.optional(),
  open: MoneyWire.optional(),
  issuedOn: Day.optional(),
  dueOn: Day.optional(),
  creditorReference: z.string().optional(),
  virtualAccount: z.string().optional(),
  endToEndId: z.string().optional(),
  description: z.string(),
  accountId: IdText.optional(),
  paymentId: IdText.optional(),
  templateId: IdText.optional(),
  importId: IdText.optional(),
  source: z.string(),
  version: z.number().int(),
  createdBy: z.string(),
  createdAt: Time,
  changedAt: Time,
  closedAt: Time.optional(),
});

export const ItemChangeWire = z.object({
  changeId: IdText,
  itemId: IdText,
  importId: IdText.optional(),
  state: z.enum(changeStates),
  /** How it would be applied, with its sentence in the caller's language. */
  rule: z.enum(changeRules),
  explanation: z.string(),
  /** Only the fields that differ. */
  before: z.record(z.string(), z.string()),
  after: z.record(z.string(), z.string()),
  proposedBy: z.string(),
  proposedAt: Time,
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
});

/** What became of a statement. */
export const AddedItemWire = z.object({
  outcome: z.enum(['created', 'known', 'changeProposed', 'changeApplied']),
  /** Absent: nothing is open of it, so nothing is expected. */
  itemId: IdText.optional(),
  changeId: IdText.optional(),
  explanation: z.string().optional(),
});
export const AddedItemsWire = z.object({ items: z.array(AddedItemWire) });
export const ItemCancelNew = z.strictObject({ reason: z.string().trim().max(500).optional() });
export const ItemChangesQuery = PageQuery.extend({
  state: z.enum(changeStates).default('proposed'),
  itemId: IdText.optional(),
});
