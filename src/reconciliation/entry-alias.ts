import type { EntryLine } from '#core/matches.ts';
import type { Memory } from './memory.ts';

/** The counterparty that earlier decisions say an entry is from: by account, by name, by text. */
export function findAlias(memory: Memory, entry: EntryLine | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const { counterpartyAccount, counterpartyName, text } = entry;
  return (
    (counterpartyAccount ? memory.findCounterparty('account', counterpartyAccount) : undefined) ??
    (counterpartyName ? memory.findCounterparty('name', counterpartyName) : undefined) ??
    memory.findCounterparty('text', text)
  );
}
