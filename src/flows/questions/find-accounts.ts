import type { AccountStanding } from '#store/questions.ts';
import { foldWords } from './fold-words.ts';

/** Fewer digits of a number would fit several accounts by chance. */
const DIGITS_MIN = 4;

/**
 * The accounts that are meant by a name, a bank, a currency or the last digits of a number. Whatever
 * is said whole wins over what merely contains it; nothing is meant by nothing.
 */
export function findAccounts(
  accounts: readonly AccountStanding[],
  about: string,
): readonly AccountStanding[] {
  if (about === '') return accounts;
  const digits = about.replace(/[\s.-]/g, '');
  const isNumber = /^\d+$/.test(digits) && digits.length >= DIGITS_MIN;
  const exact = accounts.filter((account) => namesOf(account).includes(about));
  if (exact.length > 0) return exact;
  return accounts.filter(
    (account) =>
      (isNumber && account.number.endsWith(digits)) ||
      namesOf(account).some((name) => containsWords(name, about)),
  );
}

function namesOf({ name, connectionName, connector, currency, number }: AccountStanding): string[] {
  return [name, connectionName, connector, currency, number].map(foldWords);
}

/** `bca` is in `bca jakarta`, and not in `abcab`; Chinese and Thai names have no spaces. */
function containsWords(name: string, words: string): boolean {
  const place = name.indexOf(words);
  if (place < 0) return false;
  const wordy = /[\p{Script=Latin}\p{Script=Arabic}\p{N}]/u;
  const before = name.charAt(place - 1);
  const after = name.charAt(place + words.length);
  const [first, last] = [words.charAt(0), words.charAt(words.length - 1)];
  return !(wordy.test(before) && wordy.test(first)) && !(wordy.test(after) && wordy.test(last));
}
