import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Creditor, CreditorAccountScheme, NameMatch } from '#core/payments.ts';
import { creditorAccountSchemes, foldAccount } from '#core/payments.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';
import type { ProposalDecision } from './payment-settings.ts';

export type BeneficiaryState = 'proposed' | 'active' | 'retired';

/** What the bank said of the holder's name. */
export interface NameCheck {
  readonly match: NameMatch;
  /** As the bank has it, whole (ask 13). */
  readonly nameAtBank: string | undefined;
  readonly checkedAt: Instant;
}

/** A registered creditor account as it stands. */
export interface Beneficiary {
  readonly beneficiaryId: string;
  /** The newest confirmed one; a payment pins it. */
  readonly version: number;
  readonly state: BeneficiaryState;
  readonly creditor: Creditor;
  /** Payments wait until then; absent while it was never confirmed. */
  readonly usableFrom: Instant | undefined;
  readonly nameCheck: NameCheck | undefined;
  readonly createdAt: Instant;
  /** A change that waits for a second person. */
  readonly open: BeneficiaryVersion | undefined;
}

/** The whole of what was proposed. */
export interface BeneficiaryContent {
  readonly kind: 'register' | 'change' | 'retire';
  readonly creditor: Creditor;
  /** Whether the money would go elsewhere than before. */
  readonly isAccountChanged: boolean;
  /** What the maker was warned of; the checker sees it too. */
  readonly warnings: readonly { readonly field: string; readonly problem: string }[];
}

export interface BeneficiaryVersion extends BeneficiaryContent {
  readonly version: number;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly decision: ProposalDecision | undefined;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
  readonly nameCheck: NameCheck | undefined;
  /** The checker saw that the bank's name is another one and confirmed all the same. */
  readonly isMismatchAccepted: boolean;
}

interface VersionRow {
  version: number;
  content: BeneficiaryContent;
  proposed_by: string;
  proposed_at: Date;
  decision: ProposalDecision | null;
  decided_by: string | null;
  decided_at: Date | null;
  name_match: NameMatch | null;
  name_at_bank: string | null;
  name_checked_at: Date | null;
  is_mismatch_accepted: boolean;
}

const VERSION_COLUMNS = `version, content, proposed_by, proposed_at, decision, decided_by,
  decided_at, name_match, name_at_bank, name_checked_at, is_mismatch_accepted`;

interface BeneficiaryRow {
  beneficiary_id: string;
  version: number;
  state: BeneficiaryState;
  name: string;
  account: string;
  scheme: string;
  agent: string;
  agent_name: string | null;
  country: string;
  details: Pick<Creditor, 'address' | 'email' | 'kind' | 'isResident'>;
  usable_from: Date | null;
  name_match: NameMatch | null;
  name_at_bank: string | null;
  name_checked_at: Date | null;
  created_at: Date;
}

const COLUMNS = `beneficiary_id, version, state, name, account, scheme, agent, agent_name, country,
  details, usable_from, name_match, name_at_bank, name_checked_at, created_at`;

function toNameCheck(row: {
  name_match: NameMatch | null;
  name_at_bank: string | null;
  name_checked_at: Date | null;
}): NameCheck | undefined {
  if (row.name_match === null || row.name_checked_at === null) return undefined;
  return {
    match: row.name_match,
    nameAtBank: row.name_at_bank ?? undefined,
    checkedAt: toInstant(row.name_checked_at),
  };
}

function toVersion(row: VersionRow): BeneficiaryVersion {
  return {
    ...row.content,
    version: row.version,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    decision: row.decision ?? undefined,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
    nameCheck: toNameCheck(row),
    isMismatchAccepted: row.is_mismatch_accepted,
  };
}

function toBeneficiary(row: BeneficiaryRow, open: BeneficiaryVersion | undefined): Beneficiary {
  return {
    beneficiaryId: row.beneficiary_id,
    version: row.version,
    state: row.state,
    creditor: {
      ...row.details,
      name: row.name,
      account: row.account,
      scheme: toScheme(row.scheme),
      country: row.country,
      ...(row.agent === '' ? {} : { agent: row.agent }),
      ...(row.agent_name === null ? {} : { agentName: row.agent_name }),
    },
    usableFrom: toInstant(row.usable_from),
    nameCheck: toNameCheck(row),
    createdAt: toInstant(row.created_at),
    open,
  };
}

function toScheme(text: string): CreditorAccountScheme {
  const found = creditorAccountSchemes.find((scheme) => scheme === text);
  if (!found) throw new Error(`a beneficiary has the scheme ${text}`);
  return found;
}

/** The book, by name; retired ones only when asked for. */
export async function listBeneficiaries(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly state?: BeneficiaryState | undefined;
    /** Part of a name or of an account. */
    readonly search?: string | undefined;
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  },
): Promise<Beneficiary[]> {
  const { rows } = await client.query<BeneficiaryRow>(
    `SELECT ${COLUMNS} FROM beneficiary
     WHERE org_id = $1
       AND CASE WHEN $2::text IS NULL THEN state <> 'retired' ELSE state = $2 END
       AND ($3::text IS NULL OR strpos(upper(name), upper($3)) > 0
            OR strpos(folded_account, $4) > 0)
       AND ($5::text IS NULL OR beneficiary_id > $5)
     ORDER BY beneficiary_id LIMIT $6`,
    [
      scope.orgId,
      scope.state ?? null,
      scope.search ?? null,
      foldAccount(scope.search ?? ''),
      scope.after ?? null,
      scope.limit ?? 500,
    ],
  );
  const open = await loadOpen(
    client,
    scope.orgId,
    rows.map((row) => row.beneficiary_id),
  );
  return rows.map((row) => toBeneficiary(row, open.get(row.beneficiary_id)));
}

export async function getBeneficiary(
  client: Queryable,
  orgId: string,
  beneficiaryId: string,
): Promise<Beneficiary> {
  const { rows } = await client.query<BeneficiaryRow>(
    `SELECT ${COLUMNS} FROM beneficiary WHERE org_id = $1 AND beneficiary_id = $2`,
    [orgId, beneficiaryId],
  );
  const row = oneOf(rows, 'beneficiary', beneficiaryId);
  const open = await loadOpen(client, orgId, [beneficiaryId]);
  return toBeneficiary(row, open.get(beneficiaryId));
}

/** Every version of one, newest first: what was asked for, by whom, and who said what. */
export async function listBeneficiaryVersions(
  client: Queryable,
  orgId: string,
  beneficiaryId: string,
): Promise<BeneficiaryVersion[]> {
  const { rows } = await client.query<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM beneficiary_version
     WHERE org_id = $1 AND beneficiary_id = $2 ORDER BY version DESC`,
    [orgId, beneficiaryId],
  );
  return rows.map(toVersion);
}

/** A version that waits, locked; its number says that the caller saw this very one. */
export async function requireOpenVersion(
  client: Queryable,
  orgId: string,
  place: { readonly beneficiaryId: string; readonly version: number },
): Promise<BeneficiaryVersion> {
  const { rows } = await client.query<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM beneficiary_version
     WHERE org_id = $1 AND beneficiary_id = $2 AND version = $3 FOR UPDATE`,
    [orgId, place.beneficiaryId, place.version],
  );
  const found = toVersion(oneOf(rows, 'beneficiary version', place.beneficiaryId));
  if (found.decision === undefined) return found;
  throw new CashbellError('api.conflict', {
    field: 'version',
    problem: `it was decided already: ${found.decision}`,
  });
}

async function loadOpen(
  client: Queryable,
  orgId: string,
  beneficiaryIds: readonly string[],
): Promise<ReadonlyMap<string, BeneficiaryVersion>> {
  if (beneficiaryIds.length === 0) return new Map();
  const { rows } = await client.query<VersionRow & { beneficiary_id: string }>(
    `SELECT beneficiary_id, ${VERSION_COLUMNS} FROM beneficiary_version
     WHERE org_id = $1 AND beneficiary_id = ANY($2) AND decision IS NULL`,
    [orgId, beneficiaryIds],
  );
  return new Map(rows.map((row) => [row.beneficiary_id, toVersion(row)]));
}
