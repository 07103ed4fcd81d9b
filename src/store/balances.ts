import type { ClientBase } from 'pg';
import type { BalanceReport, EntrySource } from '#core/statements.ts';
import type { DirectoryAccount } from './directory.ts';

/** A balance that a bank stated for one of our accounts. */
export interface AccountBalance {
  readonly account: Pick<DirectoryAccount, 'orgId' | 'accountId' | 'currency'>;
  readonly balance: BalanceReport;
  readonly source: EntrySource;
}

/** Keeps stated balances, one per type and moment; balances of another currency are not ours. */
export async function saveBalances(
  client: ClientBase,
  stated: readonly AccountBalance[],
): Promise<void> {
  const own = stated.filter(({ account, balance }) => account.currency === balance.amount.currency);
  if (own.length === 0) return;
  await client.query({
    name: 'save-balances',
    text: `INSERT INTO balance (org_id, account_id, type, as_of, amount_minor_units, currency, source)
           SELECT DISTINCT ON (org_id, account_id, type, as_of) *
           FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::numeric[],
                       $6::text[], $7::text[])
             AS b (org_id, account_id, type, as_of, amount, currency, source)
           ON CONFLICT (org_id, account_id, type, as_of)
           DO UPDATE SET amount_minor_units = excluded.amount_minor_units`,
    values: [
      own.map(({ account }) => account.orgId),
      own.map(({ account }) => account.accountId),
      own.map(({ balance }) => balance.type),
      own.map(({ balance }) => balance.asOf.toString()),
      own.map(({ balance }) => balance.amount.amountMinorUnits.toString()),
      own.map(({ balance }) => balance.amount.currency),
      own.map(({ source }) => source),
    ],
  });
}
