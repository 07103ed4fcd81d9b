import type { ClaimSubject } from '#core/claims.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

/** What a receipt becomes when its claim is confirmed; done in the transaction that confirms it. */
export interface ClaimMatching {
  /** Allocates the open part of the receipt to these items, as the person who confirms decides. */
  matchByHand(
    transaction: Transaction,
    match: {
      readonly orgId: string;
      readonly entryId: string;
      readonly items: ClaimSubject['items'];
      readonly by: string;
      readonly at: Date;
    },
  ): Promise<{ readonly matchId: string }>;
  /** Says that nothing of ours belongs to it. */
  setAside(
    transaction: Transaction,
    entry: {
      readonly orgId: string;
      readonly entryId: string;
      readonly by: string;
      readonly at: Date;
    },
  ): Promise<void>;
}

/** What everything about claims is made of; put together once per process. */
export interface ClaimDeps {
  readonly services: AdminServices;
  readonly announcer: Announcer;
  readonly matching: ClaimMatching;
  readonly onRings: (rings: readonly Ring[]) => void;
}
