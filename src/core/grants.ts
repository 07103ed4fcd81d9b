import type { Instant } from './dates.ts';
import type { Money } from './money.ts';

/** What a person may be entitled to. Whoever has no grant for it may not do it; nobody is exempt. */
export const grantActions = [
  'payment.make',
  'payment.approve',
  'payment.decide',
  'payment.stop',
  'payment.resume',
  'beneficiary.propose',
  'beneficiary.confirm',
  'limit.propose',
  'limit.confirm',
  'grant.propose',
  'grant.confirm',
  'item.manage',
  'match.decide',
  'match.undo',
  'tolerance.propose',
  'tolerance.confirm',
  'period.lock',
  'period.reopen',
  'claim.make',
  'claim.confirm',
  'account.read',
  'report.read',
] as const;
export type GrantAction = (typeof grantActions)[number];

/** Actions that concern an account, so that a grant may name one. */
const accountActions: ReadonlySet<GrantAction> = new Set([
  'payment.make',
  'payment.approve',
  'payment.decide',
  'payment.stop',
  'payment.resume',
  'match.decide',
  'match.undo',
  'period.lock',
  'period.reopen',
  'claim.make',
  'claim.confirm',
  'account.read',
  'report.read',
]);

/**
 * Actions that concern an amount, so that a grant may end at one. For reading it is a mask: what is
 * larger is shown without its amount.
 */
const amountActions: ReadonlySet<GrantAction> = new Set([
  'payment.make',
  'payment.approve',
  'payment.decide',
  'account.read',
  'report.read',
]);

/** How far a grant reaches. */
export interface GrantReach {
  readonly action: GrantAction;
  /** Absent: all accounts. */
  readonly accountId?: string | undefined;
  /** Absent: any amount in any currency. */
  readonly amountMax?: Money | undefined;
  readonly validFrom?: Instant | undefined;
  readonly validUntil?: Instant | undefined;
}

/** What somebody is about to do. */
export interface GrantRequest {
  readonly action: GrantAction;
  /** Absent: it concerns all accounts. */
  readonly accountId?: string | undefined;
  readonly amount?: Money | undefined;
}

/**
 * Whether a grant allows it at a moment. What a request leaves open is the widest there is: to stop
 * all accounts, a grant for one account is not enough; a band of amounts does not allow what has no
 * amount, nor another currency.
 */
export function covers(grant: GrantReach, request: GrantRequest, at: Instant): boolean {
  if (grant.action !== request.action) return false;
  if (grant.accountId !== undefined && grant.accountId !== request.accountId) return false;
  const ms = at.epochMilliseconds;
  if (grant.validFrom && ms < grant.validFrom.epochMilliseconds) return false;
  if (grant.validUntil && ms >= grant.validUntil.epochMilliseconds) return false;
  const { amountMax } = grant;
  if (!amountMax) return true;
  const { amount } = request;
  return (
    amount !== undefined &&
    amount.currency === amountMax.currency &&
    amount.amountMinorUnits <= amountMax.amountMinorUnits
  );
}

/** Why a grant like this could never allow anything, or `undefined`; checked before it is stored. */
export function impossibleGrant(
  grant: GrantReach,
): { readonly field: string; readonly problem: string } | undefined {
  const { action, accountId, amountMax, validFrom, validUntil } = grant;
  if (accountId !== undefined && !accountActions.has(action)) {
    return {
      field: 'accountId',
      problem: `must be left out: ${action} concerns no single account`,
    };
  }
  if (amountMax && !amountActions.has(action)) {
    return { field: 'amountMax', problem: `must be left out: ${action} concerns no amount` };
  }
  if (amountMax && amountMax.amountMinorUnits <= 0n) {
    return { field: 'amountMax', problem: 'must be more than nothing' };
  }
  if (validFrom && validUntil && validUntil.epochMilliseconds <= validFrom.epochMilliseconds) {
    return { field: 'validUntil', problem: 'must be later than validFrom' };
  }
  return undefined;
}
