import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { changeAudited, oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** How careful paying is in an organisation. */
export interface PaymentSettings {
  /** A new or changed account rests so long before it can be paid (ask 11). */
  readonly coolOffHours: number;
}

/** What holds where nobody said anything else. */
export const defaultPaymentSettings: PaymentSettings = { coolOffHours: 24 };

const COOL_OFF_HOURS_MAX = 30 * 24;

export type ProposalDecision = 'confirmed' | 'refused' | 'withdrawn';

export interface PaymentSettingsVersion extends PaymentSettings {
  readonly version: number;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly decision: ProposalDecision | undefined;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
}

interface SettingsRow {
  version: number;
  content: PaymentSettings;
  proposed_by: string;
  proposed_at: Date;
  decision: ProposalDecision | null;
  decided_by: string | null;
  decided_at: Date | null;
}

const COLUMNS = 'version, content, proposed_by, proposed_at, decision, decided_by, decided_at';

function toVersion(row: SettingsRow): PaymentSettingsVersion {
  return {
    coolOffHours: row.content.coolOffHours,
    version: row.version,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    decision: row.decision ?? undefined,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
  };
}

/** The settings in force. */
export async function loadPaymentSettings(
  client: Queryable,
  orgId: string,
): Promise<PaymentSettings> {
  const { rows } = await client.query<SettingsRow>(
    `SELECT ${COLUMNS} FROM payment_settings
     WHERE org_id = $1 AND decision = 'confirmed' ORDER BY version DESC LIMIT 1`,
    [orgId],
  );
  return rows[0] ? { coolOffHours: rows[0].content.coolOffHours } : defaultPaymentSettings;
}

/** All versions, newest first; one without a decision waits for a second person. */
export async function listPaymentSettings(
  client: Queryable,
  orgId: string,
): Promise<PaymentSettingsVersion[]> {
  const { rows } = await client.query<SettingsRow>(
    `SELECT ${COLUMNS} FROM payment_settings WHERE org_id = $1 ORDER BY version DESC LIMIT 100`,
    [orgId],
  );
  return rows.map(toVersion);
}

/** Asks for other settings. They hold when a second person says so. */
export async function proposePaymentSettings(
  services: AdminServices,
  by: PersonActor,
  content: PaymentSettings,
): Promise<PaymentSettingsVersion> {
  refuseImpossible(content);
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.propose', at: services.now() });
    const versions = await listPaymentSettings(client, by.orgId);
    const open = versions.find(({ decision }) => decision === undefined);
    if (open) throw conflict(`version ${open.version} waits for a second person already`);
    const { rows } = await client.query<SettingsRow>(
      `INSERT INTO payment_settings (org_id, version, content, proposed_by, proposed_at)
       VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [
        by.orgId,
        (versions[0]?.version ?? 0) + 1,
        JSON.stringify(content),
        by.personId,
        services.now().toString(),
      ],
    );
    const result = toVersion(oneOf(rows, 'payment settings', by.orgId));
    const before = await loadPaymentSettings(client, by.orgId);
    const audit = { action: 'paymentSettings.proposed', subject: by.orgId, before, after: content };
    return { result, audit };
  });
}

/** Says yes or no to a proposal; yes only as the second person, no also as its maker. */
export async function decidePaymentSettings(
  services: AdminServices,
  by: PersonActor,
  { version, isConfirmed }: { readonly version: number; readonly isConfirmed: boolean },
): Promise<PaymentSettingsVersion> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const open = await requireOpen(client, by.orgId, version);
    const isOwn = open.proposedBy === by.personId;
    if (isConfirmed || !isOwn) {
      await requireGrant(client, { ...by, action: 'limit.confirm', at: services.now() });
    }
    if (isConfirmed) await requireSecondPerson(client, by, [open.proposedBy]);
    const decision = isConfirmed ? 'confirmed' : isOwn ? 'withdrawn' : 'refused';
    const { rows } = await client.query<SettingsRow>(
      `UPDATE payment_settings SET decision = $3, decided_by = $4, decided_at = $5
       WHERE org_id = $1 AND version = $2 RETURNING ${COLUMNS}`,
      [by.orgId, version, decision, by.personId, services.now().toString()],
    );
    const result = toVersion(oneOf(rows, 'payment settings', String(version)));
    const after = { coolOffHours: result.coolOffHours, version, proposedBy: open.proposedBy };
    const audit = { action: `paymentSettings.${decision}`, subject: by.orgId, after };
    return { result, audit };
  });
}

async function requireOpen(
  client: PoolClient,
  orgId: string,
  version: number,
): Promise<PaymentSettingsVersion> {
  const { rows } = await client.query<SettingsRow>(
    `SELECT ${COLUMNS} FROM payment_settings WHERE org_id = $1 AND version = $2`,
    [orgId, version],
  );
  const found = toVersion(oneOf(rows, 'payment settings', String(version)));
  if (found.decision !== undefined) throw conflict(`it was decided already: ${found.decision}`);
  return found;
}

function refuseImpossible({ coolOffHours }: PaymentSettings): void {
  if (!Number.isInteger(coolOffHours) || coolOffHours < 0 || coolOffHours > COOL_OFF_HOURS_MAX) {
    throw invalidField('coolOffHours', `must be a whole number from 0 to ${COOL_OFF_HOURS_MAX}`);
  }
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'version', problem });
}
