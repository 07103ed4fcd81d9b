import type { Connector } from '#connectors/contract.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { compareNames } from '#core/name-match.ts';
import type { NameReason } from '#core/name-match.ts';
import type { Creditor } from '#core/payments.ts';
import type { TransferCaller, TransferPlace } from '#engine/transfer-calls.ts';
import type { NameCheck } from '#store/beneficiaries.ts';
import { getBeneficiary } from '#store/beneficiaries.ts';
import { recordNameCheck } from '#store/beneficiary-changes.ts';
import type { Directory, DirectoryAccount } from '#store/directory.ts';
import type { AdminServices } from '#store/orgs.ts';

/** What asking a bank for a holder's name needs. */
export interface NameCheckDeps {
  readonly services: AdminServices;
  readonly directory: Pick<Directory, 'org'>;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly transfers: Pick<TransferCaller, 'askCreditorName'>;
}

/** The result with the reason of the comparison, for the people who look at it. */
export interface CheckedName extends NameCheck {
  readonly reason: NameReason | 'noSuchAccount' | 'notOffered' | 'noAnswer';
  /** Account through whose bank it was asked. */
  readonly askedThrough: string | undefined;
}

/**
 * Asks a bank of ours who holds a beneficiary's account (asks 12 and 13): of the version that waits
 * for a second person, else of the one in force. What the bank says is written down, whole; a bank
 * that gives no answer leaves `pending`, and none that can be asked leaves `unsupported`.
 */
export async function checkBeneficiaryName(
  deps: NameCheckDeps,
  place: {
    readonly orgId: string;
    readonly beneficiaryId: string;
    /** Ask through this account only; otherwise through the first whose bank can tell. */
    readonly accountId?: string | undefined;
  },
  actor: string,
): Promise<CheckedName> {
  const { orgId, beneficiaryId } = place;
  const beneficiary = await getBeneficiary(deps.services.pool, orgId, beneficiaryId);
  if (beneficiary.state === 'retired') {
    throw new CashbellError('api.conflict', { field: 'beneficiaryId', problem: 'it was retired' });
  }
  const { creditor, version } = beneficiary.open ?? beneficiary;
  const checked = await ask(deps, place, creditor);
  await recordNameCheck(deps.services, { orgId, beneficiaryId, version }, checked, actor);
  return checked;
}

async function ask(
  deps: NameCheckDeps,
  place: { readonly orgId: string; readonly accountId?: string | undefined },
  creditor: Creditor,
): Promise<CheckedName> {
  const checkedAt = deps.services.now();
  let silent: string | undefined;
  for (const { account, place: asked } of await findPlaces(deps, place)) {
    const debtorAccount = { number: account.number, currency: account.currency };
    try {
      const answer = await deps.transfers.askCreditorName(asked, { creditor, debtorAccount });
      if (answer === 'unsupported') continue;
      const askedThrough = account.accountId;
      return { ...judge(creditor.name, answer.name), checkedAt, askedThrough };
    } catch (error) {
      if (!isCashbellError(error)) throw error;
      // The next bank may be awake; if none is, somebody asks again later.
      silent = account.accountId;
    }
  }
  return silent === undefined
    ? nothing('unsupported', 'notOffered', checkedAt)
    : { ...nothing('pending', 'noAnswer', checkedAt), askedThrough: silent };
}

function judge(
  ours: string,
  theirs: string | undefined,
): Pick<CheckedName, 'match' | 'nameAtBank' | 'reason'> {
  if (theirs === undefined) {
    return { match: 'noMatch', nameAtBank: undefined, reason: 'noSuchAccount' };
  }
  return { ...compareNames(ours, theirs), nameAtBank: theirs };
}

function nothing(
  match: 'unsupported' | 'pending',
  reason: 'notOffered' | 'noAnswer',
  checkedAt: NameCheck['checkedAt'],
): CheckedName {
  return { match, reason, checkedAt, nameAtBank: undefined, askedThrough: undefined };
}

/** One account of each connection that can pay and is set up; or the one that is named. */
async function findPlaces(
  deps: NameCheckDeps,
  { orgId, accountId }: { readonly orgId: string; readonly accountId?: string | undefined },
): Promise<{ readonly account: DirectoryAccount; readonly place: TransferPlace }[]> {
  const org = await deps.directory.org(orgId);
  if (accountId !== undefined && !org.accounts.has(accountId)) {
    throw new CashbellError('api.notFound', { what: 'account', id: accountId.slice(0, 60) });
  }
  const places: { account: DirectoryAccount; place: TransferPlace }[] = [];
  for (const connection of org.connections.values()) {
    const account = connection.accounts.find(
      (one) => accountId === undefined || one.accountId === accountId,
    );
    const canPay = deps.connectorOf(connection.connector)?.payments !== undefined;
    if (!account || !connection.isActive || !canPay) continue;
    places.push({ account, place: { connection, accountId: account.accountId } });
  }
  return places;
}
