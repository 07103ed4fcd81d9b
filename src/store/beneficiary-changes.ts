import type { PoolClient } from 'pg';
import type { AccountRemark } from '#core/creditor-account.ts';
import type { Instant } from '#core/dates.ts';
import { addMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Creditor } from '#core/payments.ts';
import { foldAccount } from '#core/payments.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited } from './audited.ts';
import type {
  Beneficiary,
  BeneficiaryContent,
  BeneficiaryVersion,
  NameCheck,
} from './beneficiaries.ts';
import { getBeneficiary, requireOpenVersion } from './beneficiaries.ts';
import type { BeneficiaryChange, BeneficiaryInput } from './beneficiary-input.ts';
import { applyChange, isSameAccount, isSameCreditor, readCreditor } from './beneficiary-input.ts';
import { requireSecondPerson } from './four-eyes.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, isUniqueViolation } from './orgs.ts';
import { loadPaymentSettings } from './payment-settings.ts';
import type { PersonActor } from './persons.ts';

/** Asks for a creditor account to be registered. It cannot be paid before a second person confirms. */
export async function proposeBeneficiary(
  services: AdminServices,
  by: PersonActor,
  input: BeneficiaryInput,
): Promise<Beneficiary> {
  const { creditor, warnings } = readCreditor(input);
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    await requireGrant(client, { ...by, action: 'beneficiary.propose', at: now });
    const beneficiaryId = newId('ben');
    const doubles = await findDoubles(client, by.orgId, creditor);
    await insertBeneficiary(client, { orgId: by.orgId, beneficiaryId, creditor, at: now });
    const content: BeneficiaryContent = {
      kind: 'register',
      creditor,
      isAccountChanged: true,
      warnings: [...warnings, ...doubles],
    };
    const version = await insertVersion(client, by, { beneficiaryId, content, at: now });
    const result = await getBeneficiary(client, by.orgId, beneficiaryId);
    return { result, audit: line('beneficiary.proposed', beneficiaryId, { version, ...content }) };
  });
}

/** Asks for a change. Until it is confirmed, payments go where they went before. */
export async function proposeBeneficiaryChange(
  services: AdminServices,
  by: PersonActor,
  beneficiaryId: string,
  change: BeneficiaryChange,
): Promise<Beneficiary> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    await requireGrant(client, { ...by, action: 'beneficiary.propose', at: now });
    const current = await requireActive(client, by.orgId, beneficiaryId);
    const { creditor, warnings } = readCreditor(applyChange(current.creditor, change));
    if (isSameCreditor(creditor, current.creditor)) {
      throw invalidField('account', 'must differ in something; nothing would change');
    }
    const isAccountChanged = !isSameAccount(creditor, current.creditor);
    const doubles = await findDoubles(client, by.orgId, creditor, beneficiaryId);
    const content: BeneficiaryContent = {
      kind: 'change',
      creditor,
      isAccountChanged,
      warnings: [...warnings, ...doubles],
    };
    const version = await insertVersion(client, by, { beneficiaryId, content, at: now });
    const result = await getBeneficiary(client, by.orgId, beneficiaryId);
    const audit = line('beneficiary.changeProposed', beneficiaryId, { version, ...content });
    return { result, audit: { ...audit, before: current.creditor } };
  });
}

/** Asks for an account to be taken out of use, which also needs a second person. */
export async function proposeBeneficiaryRetirement(
  services: AdminServices,
  by: PersonActor,
  beneficiaryId: string,
): Promise<Beneficiary> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    await requireGrant(client, { ...by, action: 'beneficiary.propose', at: now });
    const { creditor } = await requireActive(client, by.orgId, beneficiaryId);
    const content: BeneficiaryContent = {
      kind: 'retire',
      creditor,
      isAccountChanged: false,
      warnings: [],
    };
    const version = await insertVersion(client, by, { beneficiaryId, content, at: now });
    const result = await getBeneficiary(client, by.orgId, beneficiaryId);
    return { result, audit: line('beneficiary.retirementProposed', beneficiaryId, { version }) };
  });
}

/**
 * Says yes as the second person. A new or changed account then rests for the cool-off. Where the bank
 * holds another name, whoever confirms must say that this was seen.
 */
export async function confirmBeneficiary(
  services: AdminServices,
  by: PersonActor,
  confirmation: {
    readonly beneficiaryId: string;
    /** The version that the person looked at. */
    readonly version: number;
    readonly isMismatchAccepted?: boolean | undefined;
  },
): Promise<Beneficiary> {
  const { beneficiaryId, version, isMismatchAccepted = false } = confirmation;
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    await requireGrant(client, { ...by, action: 'beneficiary.confirm', at: now });
    const open = await requireOpenVersion(client, by.orgId, confirmation);
    await requireSecondPerson(client, by, [open.proposedBy]);
    refuseMismatch(open, isMismatchAccepted);
    await client.query(
      `UPDATE beneficiary_version SET decision = 'confirmed', decided_by = $4, decided_at = $5,
              is_mismatch_accepted = $6
       WHERE org_id = $1 AND beneficiary_id = $2 AND version = $3`,
      [by.orgId, beneficiaryId, version, by.personId, now.toString(), isMismatchAccepted],
    );
    await putInForce(client, by.orgId, { beneficiaryId, open, at: now });
    const result = await getBeneficiary(client, by.orgId, beneficiaryId);
    const after = {
      version,
      kind: open.kind,
      proposedBy: open.proposedBy,
      nameMatch: open.nameCheck?.match,
      isMismatchAccepted,
      usableFrom: result.usableFrom?.toString(),
    };
    return { result, audit: line('beneficiary.confirmed', beneficiaryId, after) };
  });
}

/** Says no, or takes one's own proposal back. A first proposal that ends so frees its account. */
export async function refuseBeneficiary(
  services: AdminServices,
  by: PersonActor,
  place: { readonly beneficiaryId: string; readonly version: number },
): Promise<Beneficiary> {
  const { beneficiaryId, version } = place;
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    const open = await requireOpenVersion(client, by.orgId, place);
    const isOwn = open.proposedBy === by.personId;
    if (!isOwn) await requireGrant(client, { ...by, action: 'beneficiary.confirm', at: now });
    const decision = isOwn ? 'withdrawn' : 'refused';
    await client.query(
      `UPDATE beneficiary_version SET decision = $4, decided_by = $5, decided_at = $6
       WHERE org_id = $1 AND beneficiary_id = $2 AND version = $3`,
      [by.orgId, beneficiaryId, version, decision, by.personId, now.toString()],
    );
    await client.query(
      `UPDATE beneficiary SET state = 'retired'
       WHERE org_id = $1 AND beneficiary_id = $2 AND state = 'proposed'`,
      [by.orgId, beneficiaryId],
    );
    const result = await getBeneficiary(client, by.orgId, beneficiaryId);
    return { result, audit: line(`beneficiary.${decision}`, beneficiaryId, { version }) };
  });
}

/** Writes down what the bank said of the holder's name, on the version that waits or that holds. */
export async function recordNameCheck(
  services: AdminServices,
  place: { readonly orgId: string; readonly beneficiaryId: string; readonly version: number },
  check: NameCheck,
  actor: string,
): Promise<void> {
  const { orgId, beneficiaryId, version } = place;
  const values = [
    orgId,
    beneficiaryId,
    version,
    check.match,
    check.nameAtBank ?? null,
    check.checkedAt.toString(),
  ];
  await changeAudited(services, { orgId, actor }, async (client) => {
    const { rowCount } = await client.query(
      // A confirmed version keeps what its checker saw; the news stands on the beneficiary.
      `UPDATE beneficiary_version SET name_match = $4, name_at_bank = $5, name_checked_at = $6
       WHERE org_id = $1 AND beneficiary_id = $2 AND version = $3 AND decision IS NULL`,
      values,
    );
    if (rowCount === 0) {
      await client.query(
        `UPDATE beneficiary SET name_match = $4, name_at_bank = $5, name_checked_at = $6
         WHERE org_id = $1 AND beneficiary_id = $2 AND version = $3 AND state = 'active'`,
        values,
      );
    }
    const after = { version, match: check.match, nameAtBank: check.nameAtBank };
    return { result: undefined, audit: line('beneficiary.nameChecked', beneficiaryId, after) };
  });
}

function refuseMismatch(open: BeneficiaryVersion, isAccepted: boolean): void {
  if (open.kind === 'retire' || open.nameCheck?.match !== 'noMatch' || isAccepted) return;
  throw new CashbellError('payment.nameMismatch', {
    nameAtBank: open.nameCheck.nameAtBank ?? '–',
    field: 'isMismatchAccepted',
    problem: `the bank has "${open.nameCheck.nameAtBank ?? 'no such account'}"; say that you saw it, or refuse`,
  });
}

async function putInForce(
  client: PoolClient,
  orgId: string,
  {
    beneficiaryId,
    open,
    at,
  }: { readonly beneficiaryId: string; readonly open: BeneficiaryVersion; readonly at: Instant },
): Promise<void> {
  if (open.kind === 'retire') {
    await client.query(
      `UPDATE beneficiary SET state = 'retired', version = $3
       WHERE org_id = $1 AND beneficiary_id = $2`,
      [orgId, beneficiaryId, open.version],
    );
    return;
  }
  const { coolOffHours } = await loadPaymentSettings(client, orgId);
  const usableFrom = open.isAccountChanged ? addMs(at, coolOffHours * 3_600_000) : undefined;
  const { creditor, nameCheck } = open;
  await refuseDoubleRow(
    client.query(
      `UPDATE beneficiary SET state = 'active', version = $3, name = $4, account = $5,
         folded_account = $6, scheme = $7, agent = $8, agent_name = $9, country = $10, details = $11,
         usable_from = coalesce($12::timestamptz, usable_from), name_match = $13,
         name_at_bank = $14, name_checked_at = $15
       WHERE org_id = $1 AND beneficiary_id = $2`,
      [
        orgId,
        beneficiaryId,
        open.version,
        ...creditorColumns(creditor),
        usableFrom?.toString() ?? null,
        nameCheck?.match ?? null,
        nameCheck?.nameAtBank ?? null,
        nameCheck?.checkedAt.toString() ?? null,
      ],
    ),
  );
}

/** name, account, folded_account, scheme, agent, agent_name, country, details. */
function creditorColumns(creditor: Creditor): (string | null)[] {
  const { address, email, kind, isResident } = creditor;
  return [
    creditor.name,
    creditor.account,
    foldAccount(creditor.account),
    creditor.scheme,
    creditor.agent ?? '',
    creditor.agentName ?? null,
    creditor.country,
    JSON.stringify({ address, email, kind, isResident }),
  ];
}

async function insertBeneficiary(
  client: PoolClient,
  row: {
    readonly orgId: string;
    readonly beneficiaryId: string;
    readonly creditor: Creditor;
    readonly at: Instant;
  },
): Promise<void> {
  await refuseDoubleRow(
    client.query(
      `INSERT INTO beneficiary (org_id, beneficiary_id, version, state, name, account,
         folded_account, scheme, agent, agent_name, country, details, created_at)
       VALUES ($1, $2, 1, 'proposed', $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [row.orgId, row.beneficiaryId, ...creditorColumns(row.creditor), row.at.toString()],
    ),
  );
}

async function insertVersion(
  client: PoolClient,
  by: PersonActor,
  proposal: {
    readonly beneficiaryId: string;
    readonly content: BeneficiaryContent;
    readonly at: Instant;
  },
): Promise<number> {
  try {
    const { rows } = await client.query<{ version: number }>(
      `INSERT INTO beneficiary_version (org_id, beneficiary_id, version, content, proposed_by,
         proposed_at)
       SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5
       FROM beneficiary_version WHERE org_id = $1 AND beneficiary_id = $2
       RETURNING version`,
      [
        by.orgId,
        proposal.beneficiaryId,
        JSON.stringify(proposal.content),
        by.personId,
        proposal.at.toString(),
      ],
    );
    return rows[0]?.version ?? 1;
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new CashbellError(
      'api.conflict',
      { field: 'beneficiaryId', problem: 'a change of it waits already; decide that one first' },
      { cause },
    );
  }
}

async function refuseDoubleRow(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new CashbellError(
      'api.conflict',
      { field: 'account', problem: 'is registered already, at this bank' },
      { cause },
    );
  }
}

/** Things that look like doubles and may be two: told to the maker and the checker. */
async function findDoubles(
  client: PoolClient,
  orgId: string,
  creditor: Creditor,
  exceptId?: string,
): Promise<AccountRemark[]> {
  const { rows } = await client.query<{ name: string; agent: string; folded_account: string }>(
    `SELECT name, agent, folded_account FROM beneficiary
     WHERE org_id = $1 AND state <> 'retired' AND beneficiary_id IS DISTINCT FROM $2
       AND (folded_account = $3 OR upper(name) = upper($4)) ORDER BY beneficiary_id LIMIT 20`,
    [orgId, exceptId ?? null, foldAccount(creditor.account), creditor.name],
  );
  return rows.map((row) =>
    row.folded_account === foldAccount(creditor.account)
      ? {
          field: 'account' as const,
          problem: `is registered at another bank (${row.agent || 'none named'}) for ${row.name}`,
        }
      : {
          field: 'account' as const,
          problem: `is another one than ${row.name} has in the book already`,
        },
  );
}

async function requireActive(
  client: PoolClient,
  orgId: string,
  beneficiaryId: string,
): Promise<Beneficiary> {
  const found = await getBeneficiary(client, orgId, beneficiaryId);
  if (found.state === 'active') return found;
  throw new CashbellError('api.conflict', {
    field: 'beneficiaryId',
    problem:
      found.state === 'retired'
        ? 'it was retired; register the account anew'
        : 'it was never confirmed; refuse the proposal and make another',
  });
}

function line(action: string, beneficiaryId: string, after: unknown) {
  return { action, subject: beneficiaryId, after };
}
