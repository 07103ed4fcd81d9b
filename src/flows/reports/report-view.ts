import type { Connector } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { covers } from '#core/grants.ts';
import { money } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { Directory } from '#store/directory.ts';
import { heldGrants } from '#store/grants.ts';
import type { Grant, Queryable } from '#store/grants.ts';

/** An account as far as the maker of a report may read it. */
export interface ReportAccount {
  readonly accountId: string;
  /** Display name of the bank, never translated. */
  readonly bank: string;
  readonly name: string;
  readonly number: string;
  readonly currency: CurrencyCode;
  readonly zone: string;
  /** Whether an amount of this account may be shown; larger ones are masked. */
  readonly mayShow: (minorUnits: bigint) => boolean;
}

/** What a report may be made of: everything else does not exist for it. */
export interface ReportView {
  readonly orgId: string;
  readonly organisation: string;
  readonly environment: 'sandbox' | 'production';
  readonly accounts: readonly ReportAccount[];
  /** Accounts that were asked for, or stand there, and may not be read. */
  readonly hiddenAccounts: number;
}

/**
 * Finds what the maker may read. A person reads by grants of `report.read`, per account and up to an
 * amount; a program and the operator on the machine read by their token and place, as everywhere.
 */
export async function viewOf(
  deps: {
    readonly client: Queryable;
    readonly directory: Directory;
    readonly connectorOf: (id: string) => Connector | undefined;
  },
  maker: { readonly orgId: string; readonly actor: string; readonly at: Instant },
  accountIds: readonly string[] | undefined,
): Promise<ReportView> {
  const org = await deps.directory.org(maker.orgId);
  const unknown = accountIds?.find((id) => !org.accounts.has(id));
  if (unknown !== undefined) {
    throw new CashbellError('api.notFound', { what: 'account', id: unknown.slice(0, 60) });
  }
  const isPerson = maker.actor.startsWith('per_');
  const grants = isPerson
    ? await heldGrants(deps.client, {
        orgId: maker.orgId,
        personId: maker.actor,
        action: 'report.read',
      })
    : undefined;
  const wanted = [...org.accounts.values()].filter(
    ({ accountId, connectionId }) =>
      org.connections.has(connectionId) && (accountIds?.includes(accountId) ?? true),
  );
  const accounts = wanted.flatMap((account): ReportAccount[] => {
    const { accountId, currency } = account;
    const own = grants?.filter((grant) => concerns(grant, accountId, maker.at));
    if (own?.length === 0) return [];
    const connector = org.connections.get(account.connectionId)?.connector ?? '';
    return [
      {
        accountId,
        currency,
        bank: deps.connectorOf(connector)?.displayName ?? connector,
        name: account.name,
        number: account.number,
        zone: account.zone,
        mayShow: (minorUnits) =>
          own === undefined || showsAmount(own, minorUnits, { accountId, currency, at: maker.at }),
      },
    ];
  });
  if (isPerson && accounts.length === 0) {
    throw new CashbellError('report.nothingToRead', { person: maker.actor });
  }
  const connections = [...org.connections.values()];
  return {
    orgId: maker.orgId,
    organisation: org.name,
    environment: connections.every(({ environment }) => environment === 'production')
      ? 'production'
      : 'sandbox',
    accounts: accounts.toSorted(byBankAndName),
    hiddenAccounts: wanted.length - accounts.length,
  };
}

/** Whether a grant lets an account be read at all, whatever the amounts. */
function concerns(grant: Grant, accountId: string, at: Instant): boolean {
  const request = { action: 'report.read' as const, accountId };
  return covers({ ...grant, amountMax: undefined }, request, at);
}

function showsAmount(
  grants: readonly Grant[],
  minorUnits: bigint,
  at: { readonly accountId: string; readonly currency: CurrencyCode; readonly at: Instant },
): boolean {
  const amount = money(minorUnits < 0n ? -minorUnits : minorUnits, at.currency);
  const request = { action: 'report.read' as const, accountId: at.accountId, amount };
  return grants.some((grant) => covers(grant, request, at.at));
}

function byBankAndName(left: ReportAccount, right: ReportAccount): number {
  const key = ({ bank, name, accountId }: ReportAccount): string =>
    `${bank}\n${name}\n${accountId}`;
  return key(left) < key(right) ? -1 : 1;
}
