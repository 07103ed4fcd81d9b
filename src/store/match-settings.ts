import type { Instant } from '#core/dates.ts';
import type { FeeProfile } from '#core/matches.ts';
import { parseCurrency } from '#core/money.ts';
import { changeAudited } from './audited.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** How an organisation matches. */
export interface StoredMatchSettings {
  readonly orgId: string;
  /** Share of automatic matches that must be right. */
  readonly statedPrecision: number;
  /** False: everything is only suggested. */
  readonly isAutomatic: boolean;
  /** How long before and after its due day an item may be paid. */
  readonly daysBefore: number;
  readonly daysAfter: number;
  readonly paymentCodeTemplates: readonly string[];
  readonly feeProfiles: readonly FeeProfile[];
  /** Whether anything was ever expected in this direction. */
  readonly expectsCredit: boolean;
  readonly expectsDebit: boolean;
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: Instant | undefined;
}

interface SettingsRow {
  org_id: string;
  stated_precision: string;
  is_automatic: boolean;
  days_before: number;
  days_after: number;
  payment_code_templates: string[];
  fee_profiles: Record<string, { currency: string; feeMinorUnits: string; seen: number }[]>;
  expects_credit: boolean;
  expects_debit: boolean;
  version: number;
  changed_by: string;
  changed_at: Date;
}

const COLUMNS = `org_id, stated_precision, is_automatic, days_before, days_after,
  payment_code_templates, fee_profiles, expects_credit, expects_debit, version, changed_by,
  changed_at`;

/** What holds where nobody has set anything. */
export function unsetMatchSettings(orgId: string): StoredMatchSettings {
  return {
    orgId,
    statedPrecision: 0.995,
    isAutomatic: true,
    daysBefore: 60,
    daysAfter: 120,
    paymentCodeTemplates: [],
    feeProfiles: [],
    expectsCredit: false,
    expectsDebit: false,
    version: 0,
    changedBy: 'system',
    changedAt: undefined,
  };
}

function toSettings(row: SettingsRow): StoredMatchSettings {
  return {
    orgId: row.org_id,
    // A share, not money: five digits of it are what the column holds.
    statedPrecision: Number(row.stated_precision),
    isAutomatic: row.is_automatic,
    daysBefore: row.days_before,
    daysAfter: row.days_after,
    paymentCodeTemplates: row.payment_code_templates,
    feeProfiles: toProfiles(row.fee_profiles),
    expectsCredit: row.expects_credit,
    expectsDebit: row.expects_debit,
    version: row.version,
    changedBy: row.changed_by,
    changedAt: toInstant(row.changed_at),
  };
}

function toProfiles(stored: SettingsRow['fee_profiles']): FeeProfile[] {
  return Object.entries(stored).flatMap(([accountId, profiles]) =>
    profiles.map(({ currency, feeMinorUnits, seen }) => ({
      accountId,
      currency: parseCurrency(currency),
      feeMinorUnits: BigInt(feeMinorUnits),
      seen,
    })),
  );
}

/** Settings of the organisations that match at all: those that ever expected something. */
export async function loadMatchSettings(
  client: Queryable,
  orgIds: readonly string[],
): Promise<ReadonlyMap<string, StoredMatchSettings>> {
  const { rows } = await client.query<SettingsRow>({
    name: 'load-match-settings',
    text: `SELECT ${COLUMNS} FROM match_settings WHERE org_id = ANY($1::text[])`,
    values: [orgIds],
  });
  return new Map(rows.map((row) => [row.org_id, toSettings(row)]));
}

/** Settings of one organisation, or what holds without. */
export async function getMatchSettings(
  client: Queryable,
  orgId: string,
): Promise<StoredMatchSettings> {
  return (await loadMatchSettings(client, [orgId])).get(orgId) ?? unsetMatchSettings(orgId);
}

/** Notes that something is expected, and that the open entries have to be looked at again. */
export async function noteExpectations(
  client: Queryable,
  note: {
    readonly orgId: string;
    readonly by: string;
    readonly now: Date;
    readonly expectsCredit: boolean;
    readonly expectsDebit: boolean;
  },
): Promise<void> {
  await client.query({
    name: 'note-expectations',
    text: `INSERT INTO match_settings AS s
             (org_id, expects_credit, expects_debit, rematch_since, changed_by, changed_at)
           VALUES ($1, $2, $3, $4, $5, $4)
           ON CONFLICT (org_id) DO UPDATE SET
             expects_credit = s.expects_credit OR excluded.expects_credit,
             expects_debit = s.expects_debit OR excluded.expects_debit,
             rematch_since = least(s.rematch_since, excluded.rematch_since)`,
    values: [note.orgId, note.expectsCredit, note.expectsDebit, note.now, note.by],
  });
  // Heard by the workers when the transaction is committed.
  await client.query("SELECT pg_notify('cashbell_matching', $1)", [note.orgId]);
}

export interface MatchSettingsChange {
  readonly statedPrecision?: number | undefined;
  readonly isAutomatic?: boolean | undefined;
  readonly daysBefore?: number | undefined;
  readonly daysAfter?: number | undefined;
  readonly paymentCodeTemplates?: readonly string[] | undefined;
}

const PRECISION_MIN = 0.9;
const DAYS_MAX = 730;
const TEMPLATES_MAX = 20;

/** Changes how an organisation matches; whoever may decide matches may say how sure they must be. */
export async function changeMatchSettings(
  services: AdminServices,
  by: PersonActor,
  change: MatchSettingsChange,
): Promise<StoredMatchSettings> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'match.decide', at: services.now() });
    const before = await getMatchSettings(client, by.orgId);
    const wanted = { ...before, ...definedOf(change) };
    refuseImpossible(wanted);
    const { rows } = await client.query<SettingsRow>(
      `INSERT INTO match_settings AS s (org_id, stated_precision, is_automatic, days_before,
         days_after, payment_code_templates, rematch_since, changed_by, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $8, $7, $8)
       ON CONFLICT (org_id) DO UPDATE SET
         stated_precision = excluded.stated_precision, is_automatic = excluded.is_automatic,
         days_before = excluded.days_before, days_after = excluded.days_after,
         payment_code_templates = excluded.payment_code_templates, version = s.version + 1,
         rematch_since = least(s.rematch_since, excluded.rematch_since),
         changed_by = excluded.changed_by, changed_at = excluded.changed_at
       RETURNING ${COLUMNS}`,
      [
        by.orgId,
        wanted.statedPrecision,
        wanted.isAutomatic,
        wanted.daysBefore,
        wanted.daysAfter,
        wanted.paymentCodeTemplates,
        by.personId,
        new Date(services.now().epochMilliseconds),
      ],
    );
    const result = rows.map(toSettings)[0] ?? before;
    const audit = {
      action: 'match.settingsChanged',
      subject: by.orgId,
      before: auditable(before),
      after: auditable(result),
    };
    return { result, audit };
  });
}

function definedOf(change: MatchSettingsChange): Partial<StoredMatchSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function refuseImpossible(settings: StoredMatchSettings): void {
  const { statedPrecision, daysBefore, daysAfter, paymentCodeTemplates } = settings;
  if (!(statedPrecision >= PRECISION_MIN && statedPrecision < 1)) {
    throw invalidField('statedPrecision', 'must be at least 0.9 and less than 1');
  }
  for (const [field, days] of Object.entries({ daysBefore, daysAfter })) {
    if (!Number.isInteger(days) || days < 0 || days > DAYS_MAX) {
      throw invalidField(field, `must be a whole number of days from 0 to ${DAYS_MAX}`);
    }
  }
  const isPossible = (template: string): boolean =>
    template.length <= 60 && template.split('{number}').length === 2;
  if (paymentCodeTemplates.length > TEMPLATES_MAX || !paymentCodeTemplates.every(isPossible)) {
    throw invalidField(
      'paymentCodeTemplates',
      'must each contain {number} once, such as PAY-{number}',
    );
  }
}

function auditable(settings: StoredMatchSettings) {
  const { statedPrecision, isAutomatic, daysBefore, daysAfter, paymentCodeTemplates } = settings;
  return { statedPrecision, isAutomatic, daysBefore, daysAfter, paymentCodeTemplates };
}

/** Keeps what banks were seen to keep of transfers, by account. */
export async function saveFeeProfiles(
  client: Queryable,
  orgId: string,
  profiles: readonly FeeProfile[],
): Promise<void> {
  const byAccount: Record<string, { currency: string; feeMinorUnits: string; seen: number }[]> = {};
  for (const { accountId = '', currency, feeMinorUnits, seen } of profiles) {
    const list = (byAccount[accountId] ??= []);
    list.push({ currency, feeMinorUnits: feeMinorUnits.toString(), seen });
  }
  await client.query('UPDATE match_settings SET fee_profiles = $2 WHERE org_id = $1', [
    orgId,
    JSON.stringify(byAccount),
  ]);
}

/** Sees to it that an organisation has settings, without touching those that it has. */
export async function requireMatchSettings(
  client: Queryable,
  orgId: string,
  now: Date,
): Promise<void> {
  await client.query({
    name: 'require-match-settings',
    text: `INSERT INTO match_settings (org_id, changed_by, changed_at) VALUES ($1, 'system', $2)
           ON CONFLICT DO NOTHING`,
    values: [orgId, now],
  });
}
