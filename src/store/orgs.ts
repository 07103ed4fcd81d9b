import type { ClientBase, PoolClient } from 'pg';
import { instantFromMs, isTimeZone } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { languages } from '#core/languages.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from './audit.ts';
import type { Services } from './services.ts';
import { inTransaction } from './transaction.ts';

/** What every administrative function needs. */
export interface AdminServices extends Services {
  readonly now: () => Instant;
}

/** Who does it: a person's id, `token:<id>`, `cli` or `system`. Stands in the audit. */
export type Actor = string;

/** A change of settings with what the audit says about it. */
export interface SettingsChange<T> {
  readonly result: T;
  /** Absent when nothing changed; then nobody is woken either. */
  readonly audit?: {
    readonly action: string;
    readonly subject: string;
    readonly before?: unknown;
    readonly after?: unknown;
  };
}

/**
 * Runs a change of an organisation's settings: the rows, the audit line, the new settings version
 * and the wake-up of all caches are committed together or not at all.
 */
export async function changeSettings<T>(
  services: AdminServices,
  scope: { readonly orgId: string; readonly actor: Actor },
  work: (client: PoolClient) => Promise<SettingsChange<T>>,
): Promise<T> {
  return inTransaction(services.pool, async (client) => {
    // Taking the row first keeps two administrators from waiting for each other crosswise.
    const { rowCount } = await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [
      scope.orgId,
    ]);
    if (rowCount !== 1) throw new CashbellError('api.notFound', { what: 'org', id: scope.orgId });
    const { result, audit } = await work(client);
    if (audit) {
      await client.query(
        'UPDATE org SET settings_version = settings_version + 1 WHERE org_id = $1',
        [scope.orgId],
      );
      await appendAudit(client, { orgId: scope.orgId, actor: scope.actor, ...audit });
      await client.query("SELECT pg_notify('cashbell_settings', $1)", [scope.orgId]);
    }
    return result;
  });
}

/** A value that cannot be stored, with the field's name and a sentence in English. */
export function invalidField(field: string, problem: string): CashbellError {
  return new CashbellError('api.invalid', { field, problem });
}

/** Whether PostgreSQL refused a row because an equal one is there. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

/** A name that people read: trimmed, one line, not empty. */
export function parseName(text: string, field = 'name'): string {
  const name = text.trim();
  if (name === '' || name.length > 120 || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalidField(field, 'must be one line of 1 to 120 characters');
  }
  return name;
}

export function parseLanguage(text: string, field = 'language'): Language {
  const found = languages.find((language) => language === text);
  if (found) return found;
  throw invalidField(field, `must be one of ${languages.join(', ')}`);
}

export function parseZone(text: string, field = 'zone'): string {
  if (isTimeZone(text)) return text;
  throw invalidField(field, 'must be a zone of the IANA list, such as Asia/Jakarta');
}

/** Moment of a timestamptz column, which pg gives as a Date. */
export function toInstant(date: Date): Instant;
export function toInstant(date: Date | null): Instant | undefined;
export function toInstant(date: Date | null): Instant | undefined {
  return date === null ? undefined : instantFromMs(date.getTime());
}

/**
 * Monthly rights of DingTalk's editions (dingtalk.md section 2.3). `custom` takes the numbers as
 * given; without a number the organisation has no limit.
 */
export const dingtalkEditions = {
  standard: { apiCallsPerMonth: 5_000, webhookCallsPerMonth: 3_000 },
  standardBefore2025: { apiCallsPerMonth: 10_000, webhookCallsPerMonth: 5_000 },
  professional: { apiCallsPerMonth: 200_000, webhookCallsPerMonth: 50_000 },
  custom: { apiCallsPerMonth: undefined, webhookCallsPerMonth: undefined },
} as const;
export type DingtalkEdition = keyof typeof dingtalkEditions;
export const dingtalkEditionNames = [
  'standard',
  'standardBefore2025',
  'professional',
  'custom',
] as const satisfies readonly DingtalkEdition[];

export interface Org {
  readonly orgId: OrgId;
  readonly name: string;
  readonly corpId: string | undefined;
  readonly language: Language;
  readonly zone: string;
  readonly dingtalkEdition: string;
  readonly apiCallsPerMonth: number | undefined;
  readonly webhookCallsPerMonth: number | undefined;
  readonly settingsVersion: bigint;
  readonly createdAt: Instant;
}

export interface OrgInput {
  readonly name: string;
  readonly corpId?: string | undefined;
  readonly language?: string | undefined;
  readonly zone?: string | undefined;
  readonly dingtalkEdition?: DingtalkEdition | undefined;
  readonly apiCallsPerMonth?: number | undefined;
  readonly webhookCallsPerMonth?: number | undefined;
}

interface OrgRow {
  org_id: string;
  name: string;
  corp_id: string | null;
  language: string;
  zone: string;
  dingtalk_edition: string;
  api_calls_per_month: number | null;
  webhook_calls_per_month: number | null;
  settings_version: string;
  created_at: Date;
}

const COLUMNS = `org_id, name, corp_id, language, zone, dingtalk_edition, api_calls_per_month,
  webhook_calls_per_month, settings_version, created_at`;

function toOrg(row: OrgRow): Org {
  return {
    orgId: parseId('org', row.org_id),
    name: row.name,
    corpId: row.corp_id ?? undefined,
    language: parseLanguage(row.language),
    zone: row.zone,
    dingtalkEdition: row.dingtalk_edition,
    apiCallsPerMonth: row.api_calls_per_month ?? undefined,
    webhookCallsPerMonth: row.webhook_calls_per_month ?? undefined,
    settingsVersion: BigInt(row.settings_version),
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

/** Makes an organisation; its data key is made with the first secret. */
export async function createOrg(
  services: AdminServices,
  input: OrgInput,
  actor: Actor,
): Promise<Org> {
  const orgId = newId('org');
  const edition = input.dingtalkEdition ?? 'standard';
  const rights = dingtalkEditions[edition];
  const values = [
    orgId,
    parseName(input.name),
    input.corpId ?? null,
    parseLanguage(input.language ?? 'en'),
    parseZone(input.zone ?? 'Asia/Hong_Kong'),
    edition,
    input.apiCallsPerMonth ?? rights.apiCallsPerMonth ?? null,
    input.webhookCallsPerMonth ?? rights.webhookCallsPerMonth ?? null,
  ];
  await inTransaction(services.pool, async (client) => {
    await client.query(
      `INSERT INTO org (org_id, name, corp_id, language, zone, dingtalk_edition,
                        api_calls_per_month, webhook_calls_per_month)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values,
    );
    const org = await requireOrg(client, orgId);
    await appendAudit(client, {
      orgId,
      actor,
      action: 'org.created',
      subject: orgId,
      after: toAudit(org),
    });
    await client.query("SELECT pg_notify('cashbell_settings', $1)", [orgId]);
  });
  return getOrg(services, orgId);
}

/** All organisations of this installation, oldest first; for the command line only. */
export async function listOrgs(services: Pick<AdminServices, 'pool'>): Promise<Org[]> {
  const { rows } = await services.pool.query<OrgRow>(`SELECT ${COLUMNS} FROM org ORDER BY org_id`);
  return rows.map(toOrg);
}

export async function getOrg(services: Pick<AdminServices, 'pool'>, orgId: string): Promise<Org> {
  const { rows } = await services.pool.query<OrgRow>(
    `SELECT ${COLUMNS} FROM org WHERE org_id = $1`,
    [orgId],
  );
  return oneOrg(rows, orgId);
}

async function requireOrg(client: ClientBase, orgId: string): Promise<Org> {
  const { rows } = await client.query<OrgRow>(`SELECT ${COLUMNS} FROM org WHERE org_id = $1`, [
    orgId,
  ]);
  return oneOrg(rows, orgId);
}

function oneOrg(rows: readonly OrgRow[], orgId: string): Org {
  const [row] = rows;
  if (!row) throw new CashbellError('api.notFound', { what: 'org', id: orgId.slice(0, 60) });
  return toOrg(row);
}

/** Changes what is given. A new edition brings its own monthly rights unless they are given too. */
export async function updateOrg(
  services: AdminServices,
  input: Omit<OrgInput, 'name'> & { readonly orgId: string; readonly name?: string | undefined },
  actor: Actor,
): Promise<Org> {
  return changeSettings(services, { orgId: input.orgId, actor }, async (client) => {
    const before = await requireOrg(client, input.orgId);
    const rights = input.dingtalkEdition ? dingtalkEditions[input.dingtalkEdition] : before;
    await client.query(
      `UPDATE org SET name = $2, corp_id = $3, language = $4, zone = $5, dingtalk_edition = $6,
                      api_calls_per_month = $7, webhook_calls_per_month = $8
       WHERE org_id = $1`,
      [
        input.orgId,
        input.name === undefined ? before.name : parseName(input.name),
        input.corpId ?? before.corpId ?? null,
        input.language === undefined ? before.language : parseLanguage(input.language),
        input.zone === undefined ? before.zone : parseZone(input.zone),
        input.dingtalkEdition ?? before.dingtalkEdition,
        input.apiCallsPerMonth ?? rights.apiCallsPerMonth ?? null,
        input.webhookCallsPerMonth ?? rights.webhookCallsPerMonth ?? null,
      ],
    );
    const after = await requireOrg(client, input.orgId);
    return {
      result: after,
      audit: {
        action: 'org.changed',
        subject: input.orgId,
        before: toAudit(before),
        after: toAudit(after),
      },
    };
  });
}

function toAudit({ createdAt: _createdAt, settingsVersion: _version, ...rest }: Org): unknown {
  return rest;
}
