import type { ClientBase } from 'pg';
import { canonicalAgent } from '#core/creditor-account.ts';
import type { BeneficiaryId } from '#core/ids.ts';
import { foldAccount } from '#core/payments.ts';
import type { Creditor, CreditorAccountScheme } from '#core/payments.ts';

/** A registered payee with the version that a payment pins. */
export interface ResolvedBeneficiary {
  readonly beneficiaryId: BeneficiaryId;
  readonly version: number;
  readonly creditor: Creditor;
}

interface BeneficiaryRow {
  beneficiary_id: BeneficiaryId;
  version: number;
  name: string;
  account: string;
  scheme: CreditorAccountScheme;
  agent: string;
  agent_name: string | null;
  country: string;
  details: Pick<Creditor, 'address' | 'email' | 'kind' | 'isResident'>;
}

/**
 * Finds a confirmed payee by id, or by account and bank. The payment takes everything from the book,
 * never from the request: what a form says beside the account is only compared (ask 11).
 */
export async function resolveBeneficiary(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  wanted: { readonly beneficiaryId: string } | Pick<Creditor, 'name' | 'account' | 'agent'>,
): Promise<ResolvedBeneficiary | undefined> {
  const isById = 'beneficiaryId' in wanted;
  const { rows } = await client.query<BeneficiaryRow>(
    `SELECT beneficiary_id, version, name, account, scheme, agent, agent_name, country, details
     FROM beneficiary
     WHERE org_id = $1 AND state = 'active'
       AND ($2::text IS NULL OR beneficiary_id = $2)
       AND ($3::text IS NULL OR folded_account = $3)
     LIMIT 20`,
    [orgId, isById ? wanted.beneficiaryId : null, isById ? null : foldAccount(wanted.account)],
  );
  const [row, another] = rows.filter((one) => isById || isAtBank(one, wanted.agent));
  // The same number at two banks, and no bank named: refusing is better than choosing.
  if (!row || another) return undefined;
  return {
    beneficiaryId: row.beneficiary_id,
    version: row.version,
    creditor: {
      ...row.details,
      name: row.name,
      account: row.account,
      scheme: row.scheme,
      country: row.country,
      ...(row.agent === '' ? {} : { agent: row.agent }),
      ...(row.agent_name === null ? {} : { agentName: row.agent_name }),
    },
  };
}

/** Forms name a bank by its BIC or by its national code; the book knows it by one of them. */
function isAtBank({ country, agent }: BeneficiaryRow, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === '') return true;
  return canonicalAgent(country, wanted) === canonicalAgent(country, agent);
}
