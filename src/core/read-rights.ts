import type { Instant } from './dates.ts';
import { covers, type GrantAction, type GrantReach } from './grants.ts';
import type { Money } from './money.ts';

/** What somebody may read, and which amounts are masked. */
export interface ReadRights {
  /** Whether any account may be read. */
  readonly isAny: boolean;
  /** Whether this account may be looked at, perhaps with its amounts masked. */
  readonly mayRead: (accountId: string) => boolean;
  /** Whether this amount may be seen, whichever sign it has; without an account: of all accounts. */
  readonly maySee: (accountId: string | undefined, amount: Money) => boolean;
}

/** Reading by grants of one action at one moment; no grant reads nothing. */
export function readRightsOf(
  grants: readonly GrantReach[],
  action: GrantAction,
  at: Instant,
): ReadRights {
  // A band of amounts masks; what it never hides is that the account exists and moves.
  const unmasked = grants.map((grant) => ({ ...grant, amountMax: undefined }));
  const reads = (accountId: string | undefined): boolean =>
    unmasked.some((grant) => covers(grant, { action, accountId }, at));
  return {
    isAny: unmasked.some((grant) => covers(grant, { action, accountId: grant.accountId }, at)),
    mayRead: reads,
    maySee: (accountId, { amountMinorUnits, currency }) => {
      const size = amountMinorUnits < 0n ? -amountMinorUnits : amountMinorUnits;
      const amount = { amountMinorUnits: size, currency };
      return grants.some((grant) => covers(grant, { action, accountId, amount }, at));
    },
  };
}
