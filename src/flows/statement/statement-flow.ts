import type { CashbellError } from '#core/errors.ts';
import type { BalanceReport, EntryReport } from '#core/statements.ts';

/** Everything that a poll of one account does to the world; the story decides, these do. */
export interface StatementSteps {
  /** Asks the bank for the whole window, page by page. */
  fetchEntries(): Promise<FetchedStatement>;
  /** Asks for balances when the statement brought none and the last are old. */
  fetchBalances(): Promise<readonly BalanceReport[]>;
  /** Records entries, balances, continuity and the proven window in one transaction. */
  recordStatement(statement: FetchedStatement): Promise<StatementOutcome>;
  /** The next poll in the rhythm of the account; a failing connection has recovered. */
  scheduleNext(outcome: StatementOutcome): Promise<void>;
  /** The window stays where it was; the next attempt comes later. */
  scheduleRetry(error: CashbellError): Promise<void>;
  toError(error: unknown): CashbellError;
}

export interface FetchedStatement {
  readonly entries: readonly EntryReport[];
  readonly balances: readonly BalanceReport[];
}

export interface StatementOutcome {
  readonly versions: number;
  /** The running balance does not follow: look again soon before raising the alarm. */
  readonly hasNewGap: boolean;
  /** Since when the running balance does not chain; each poll reaches back before it. */
  readonly gapSinceMs?: number;
}

/**
 * The life of one poll: ask for a window that overlaps what is proven, record it, move on. Whatever
 * fails, the window does not move and the next attempt is not barred (asks 55 and 56).
 */
export async function pollStatement(steps: StatementSteps): Promise<StatementOutcome | undefined> {
  let outcome: StatementOutcome;
  try {
    let statement = await steps.fetchEntries();
    if (statement.balances.length === 0) {
      statement = { ...statement, balances: await steps.fetchBalances() };
    }
    outcome = await steps.recordStatement(statement);
  } catch (error) {
    await steps.scheduleRetry(steps.toError(error));
    return undefined;
  }
  await steps.scheduleNext(outcome);
  return outcome;
}
