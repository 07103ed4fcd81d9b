import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';
import { wholeKeyOf } from './key-forms.ts';

const IDENTIFIER_MIN = 6;

/** Recognises the organisation's own accounts in what stands on an entry. */
export interface OwnAccounts {
  /** Own accounts, other than the entry's, that the entry names. */
  readonly namedOn: (entry: number) => ReadonlySet<string>;
  readonly isOwnName: (name: string) => boolean;
  readonly count: number;
}

export function createOwnAccounts({ entries, settings }: Board): OwnAccounts {
  const identifiers = new Map<string, string>();
  const names = new Set<string>();
  for (const account of settings.ownAccounts) {
    for (const identifier of [...account.identifiers, account.accountId]) {
      const key = wholeKeyOf(identifier);
      if (key.length >= IDENTIFIER_MIN) identifiers.set(key, account.accountId);
    }
    for (const name of account.names) names.add(foldLine(name));
  }
  const namedOn = (entry: number): ReadonlySet<string> => {
    const found = new Set<string>();
    const line = entries.lines[entry];
    if (!line || identifiers.size === 0) return found;
    const texts = [line.text, line.counterpartyAccount ?? '', line.counterpartyName ?? ''];
    for (const word of texts.flatMap((text) => foldLine(text).split(' '))) {
      const account = identifiers.get(wholeKeyOf(word));
      if (account !== undefined && account !== line.accountId) found.add(account);
    }
    return found;
  };
  return {
    namedOn,
    isOwnName: (name) => names.has(foldLine(name)),
    count: settings.ownAccounts.length,
  };
}
