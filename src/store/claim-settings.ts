import type { ClaimPolicy } from '#core/claims.ts';
import { CashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { changeAudited } from './audited.ts';
import type { Queryable } from './grants.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, parseLanguage } from './orgs.ts';
import { requirePerson } from './persons.ts';

/** How patient an organisation is with claims, and who decides. */
export interface ClaimSettings {
  readonly openHours: number;
  readonly claimedHours: number;
  readonly remindersMax: number;
  readonly confirmedBy: 'other' | 'anyone';
  /** Is told of conflicts, and of what nobody claims. */
  readonly ownerPersonId: string | undefined;
}

/** What holds where nobody said anything else. */
export const defaultClaimSettings: ClaimSettings = {
  openHours: 24,
  claimedHours: 24,
  remindersMax: 2,
  confirmedBy: 'other',
  ownerPersonId: undefined,
};

const HOUR_MS = 3_600_000;

export function policyOf(settings: ClaimSettings): ClaimPolicy {
  return {
    openMs: settings.openHours * HOUR_MS,
    claimedMs: settings.claimedHours * HOUR_MS,
    remindersMax: settings.remindersMax,
    needsOther: settings.confirmedBy === 'other',
  };
}

export async function loadClaimSettings(client: Queryable, orgId: string): Promise<ClaimSettings> {
  const { rows } = await client.query<{
    open_hours: number;
    claimed_hours: number;
    reminders_max: number;
    confirmed_by: 'other' | 'anyone';
    owner_person_id: string | null;
  }>(
    `SELECT open_hours, claimed_hours, reminders_max, confirmed_by, owner_person_id
     FROM claim_settings WHERE org_id = $1`,
    [orgId],
  );
  const [row] = rows;
  if (!row) return defaultClaimSettings;
  return {
    openHours: row.open_hours,
    claimedHours: row.claimed_hours,
    remindersMax: row.reminders_max,
    confirmedBy: row.confirmed_by,
    ownerPersonId: row.owner_person_id ?? undefined,
  };
}

/** What changes; null takes the owner away. */
export interface ClaimSettingsPatch {
  readonly openHours?: number | undefined;
  readonly claimedHours?: number | undefined;
  readonly remindersMax?: number | undefined;
  readonly confirmedBy?: 'other' | 'anyone' | undefined;
  readonly ownerPersonId?: string | null | undefined;
}

/** Changes what is given; what runs already keeps the time that it was given. */
export async function changeClaimSettings(
  services: Pick<AdminServices, 'pool' | 'now'>,
  orgId: string,
  patch: ClaimSettingsPatch,
  actor: Actor,
): Promise<ClaimSettings> {
  return changeAudited(services, { orgId, actor }, async (client) => {
    const before = await loadClaimSettings(client, orgId);
    const after: ClaimSettings = {
      openHours: hours('openHours', patch.openHours ?? before.openHours),
      claimedHours: hours('claimedHours', patch.claimedHours ?? before.claimedHours),
      remindersMax: reminders(patch.remindersMax ?? before.remindersMax),
      confirmedBy: patch.confirmedBy ?? before.confirmedBy,
      ownerPersonId:
        patch.ownerPersonId === undefined
          ? before.ownerPersonId
          : (patch.ownerPersonId ?? undefined),
    };
    if (after.ownerPersonId !== undefined) {
      await requirePerson(client, orgId, after.ownerPersonId);
    }
    await client.query(
      `INSERT INTO claim_settings (org_id, open_hours, claimed_hours, reminders_max, confirmed_by,
         owner_person_id, changed_by, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (org_id) DO UPDATE SET open_hours = $2, claimed_hours = $3, reminders_max = $4,
         confirmed_by = $5, owner_person_id = $6, changed_by = $7, changed_at = $8`,
      [
        orgId,
        after.openHours,
        after.claimedHours,
        after.remindersMax,
        after.confirmedBy,
        after.ownerPersonId ?? null,
        actor,
        services.now().toString(),
      ],
    );
    return {
      result: after,
      audit: { action: 'claimSettings.changed', subject: orgId, before, after },
    };
  });
}

function hours(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 720) return value;
  throw invalidField(field, 'must be a whole number from 1 to 720');
}

function reminders(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 10) return value;
  throw invalidField('remindersMax', 'must be a whole number from 0 to 10');
}

/** Where receipts of an account are asked about, and in which language. */
export interface ClaimGroup {
  readonly accountId: string;
  readonly destinationId: string | undefined;
  readonly language: Language | undefined;
}

interface GroupRow {
  account_id: string;
  claim_destination_id: string | null;
  claim_language: string | null;
}

function toGroup(row: GroupRow): ClaimGroup {
  return {
    accountId: row.account_id,
    destinationId: row.claim_destination_id ?? undefined,
    language: row.claim_language === null ? undefined : parseLanguage(row.claim_language),
  };
}

export async function loadClaimGroup(
  client: Queryable,
  { orgId, accountId }: { readonly orgId: string; readonly accountId: string },
): Promise<ClaimGroup> {
  const { rows } = await client.query<GroupRow>(
    `SELECT account_id, claim_destination_id, claim_language FROM account
     WHERE org_id = $1 AND account_id = $2`,
    [orgId, accountId],
  );
  const [row] = rows;
  if (!row)
    throw new CashbellError('api.notFound', { what: 'account', id: accountId.slice(0, 60) });
  return toGroup(row);
}

/**
 * Sets or takes away the claim group of an account. What was seen before it was first set is not asked
 * about; another group goes on where the one before it was.
 */
export async function setClaimGroup(
  services: AdminServices,
  input: {
    readonly orgId: string;
    readonly accountId: string;
    /** Null: receipts of this account are no longer asked about. */
    readonly destinationId: string | null;
    readonly language?: string | undefined;
  },
  actor: Actor,
): Promise<ClaimGroup> {
  const { orgId, accountId, destinationId } = input;
  const language = input.language === undefined ? null : parseLanguage(input.language);
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await loadClaimGroup(client, input);
    if (destinationId !== null) await requireDestination(client, orgId, destinationId);
    const { rows } = await client.query<GroupRow>(
      `UPDATE account SET claim_destination_id = $3, claim_language = coalesce($4, claim_language),
         claim_from = CASE WHEN $3::text IS NULL THEN NULL ELSE coalesce(claim_from, $5) END
       WHERE org_id = $1 AND account_id = $2
       RETURNING account_id, claim_destination_id, claim_language`,
      [orgId, accountId, destinationId, language, services.now().toString()],
    );
    const result = rows[0] ? toGroup(rows[0]) : before;
    const audit = { action: 'account.claimGroupSet', subject: accountId, before, after: result };
    return { result, audit };
  });
}

async function requireDestination(
  client: Queryable,
  orgId: string,
  destinationId: string,
): Promise<void> {
  const { rows } = await client.query(
    `SELECT FROM destination WHERE org_id = $1 AND destination_id = $2 AND state <> 'removed'`,
    [orgId, destinationId],
  );
  if (rows.length === 0) {
    throw new CashbellError('destination.notFound', { id: destinationId.slice(0, 60) });
  }
}
