import type { Instant } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import type { Money } from '#core/money.ts';
import type { ReadRights } from '#core/read-rights.ts';
import {
  cutText,
  formatDay,
  formatMoney,
  isolateText,
  maskAccount,
  stripControls,
} from '#i18n/format.ts';
import type { AccountStanding, FoundEntry } from '#store/questions.ts';

/** Who asks, and what may be shown to them. */
export interface Asker {
  readonly orgId: string;
  readonly personId: string;
  /** All words under which the asker stands in our books as the maker of something. */
  readonly makerWords: readonly string[];
  readonly language: Language;
  readonly rights: ReadRights;
  /** The accounts that may be read, by name. */
  readonly accounts: readonly AccountStanding[];
  readonly at: Instant;
}

/** Stands where an amount is above what the asker may see. */
export const HIDDEN_AMOUNT = '•••';
const PARTY_LENGTH_MAX = 40;

/** An amount, or bullets where it is more than the asker may see. */
export function showMoney(
  { language, rights }: Asker,
  accountId: string | undefined,
  amount: Money,
): string {
  return rights.maySee(accountId, amount) ? formatMoney(language, amount) : HIDDEN_AMOUNT;
}

/** What somebody else wrote, in one piece. */
export function showText({ language }: Asker, text: string): string {
  return isolateText(language, cutText(stripControls(text), PARTY_LENGTH_MAX));
}

/** `Main account ••••1234`. */
export function showAccount(asker: Asker, account: AccountStanding | undefined): string {
  if (!account) return '';
  const masked = maskAccount(account.number);
  return showText(asker, account.name === account.number ? masked : `${account.name} ${masked}`);
}

/** What the lines about a movement say. */
export function entryValues(
  asker: Asker,
  entry: FoundEntry,
): { readonly day: string; readonly amount: string; readonly party: string; account: string } {
  const { language, rights, accounts } = asker;
  const { accountId, amount, creditDebitIndicator } = entry;
  const isCredit = creditDebitIndicator === 'credit';
  const account = accounts.find((one) => one.accountId === accountId);
  return {
    day: formatDay(language, entry.bookingDate),
    amount: rights.maySee(accountId, amount)
      ? formatMoney(language, amount, isCredit ? 'plus' : 'minus')
      : `${isCredit ? '+' : '−'} ${HIDDEN_AMOUNT}`,
    party: showText(asker, entry.counterpartyName ?? entry.remittanceInformation),
    account: showAccount(asker, account),
  };
}
