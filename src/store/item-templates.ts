import type { Roll } from '#core/bank-calendar.ts';
import { parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export type TemplateState = 'active' | 'paused' | 'ended';

/** Something that is expected again and again; each time it is an item of its own. */
export interface ItemTemplate<Item = unknown> {
  readonly orgId: OrgId;
  readonly templateId: string;
  readonly name: string;
  /** The item as the API takes it, without its days. */
  readonly item: Item;
  readonly rule: string;
  readonly startsOn: PlainDate;
  readonly endsOn: PlainDate | undefined;
  readonly zone: string;
  /** Absent: days stay where the rule puts them. */
  readonly roll: Roll | undefined;
  readonly country: string | undefined;
  readonly aheadDays: number;
  /** The next day of the rule for which there is no item yet. */
  readonly nextOn: PlainDate | undefined;
  readonly state: TemplateState;
  readonly createdBy: string;
  readonly createdAt: Instant;
}

interface TemplateRow<Item> {
  org_id: OrgId;
  template_id: string;
  name: string;
  item: Item;
  rule: string;
  starts_on: string;
  ends_on: string | null;
  zone: string;
  roll: Roll | null;
  country: string | null;
  ahead_days: number;
  next_on: string | null;
  state: TemplateState;
  created_by: string;
  created_at: Date;
}

const COLUMNS = `org_id, template_id, name, item, rule, starts_on::text AS starts_on,
  ends_on::text AS ends_on, zone, roll, country, ahead_days, next_on::text AS next_on, state,
  created_by, created_at`;

function toTemplate<Item>(row: TemplateRow<Item>): ItemTemplate<Item> {
  return {
    orgId: row.org_id,
    templateId: row.template_id,
    name: row.name,
    item: row.item,
    rule: row.rule,
    startsOn: parsePlainDate(row.starts_on),
    endsOn: row.ends_on === null ? undefined : parsePlainDate(row.ends_on),
    zone: row.zone,
    roll: row.roll ?? undefined,
    country: row.country ?? undefined,
    aheadDays: row.ahead_days,
    nextOn: row.next_on === null ? undefined : parsePlainDate(row.next_on),
    state: row.state,
    createdBy: row.created_by,
    createdAt: toInstant(row.created_at),
  };
}

export async function insertTemplate(
  client: Queryable,
  template: Omit<ItemTemplate, 'createdAt'>,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO expected_template (org_id, template_id, name, item, rule, starts_on, ends_on, zone,
       roll, country, ahead_days, next_on, state, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      template.orgId,
      template.templateId,
      template.name,
      JSON.stringify(template.item),
      template.rule,
      template.startsOn.toString(),
      template.endsOn?.toString() ?? null,
      template.zone,
      template.roll ?? null,
      template.country ?? null,
      template.aheadDays,
      template.nextOn?.toString() ?? null,
      template.state,
      template.createdBy,
      now,
    ],
  );
}

export interface TemplateRef {
  readonly orgId: string;
  readonly templateId: string;
}

export async function getTemplate<Item>(
  client: Queryable,
  { orgId, templateId }: TemplateRef,
  lock: '' | 'FOR NO KEY UPDATE' = '',
): Promise<ItemTemplate<Item>> {
  const { rows } = await client.query<TemplateRow<Item>>(
    `SELECT ${COLUMNS} FROM expected_template WHERE org_id = $1 AND template_id = $2 ${lock}`,
    [orgId, templateId],
  );
  const [row] = rows;
  if (row) return toTemplate(row);
  throw new CashbellError('api.notFound', { what: 'template', id: templateId.slice(0, 60) });
}

/** Templates of an organisation, newest first. */
export async function listTemplates<Item>(
  client: Queryable,
  scope: { readonly orgId: string; readonly state?: TemplateState | undefined },
): Promise<ItemTemplate<Item>[]> {
  const { rows } = await client.query<TemplateRow<Item>>(
    `SELECT ${COLUMNS} FROM expected_template
     WHERE org_id = $1 AND ($2::text IS NULL OR state = $2)
     ORDER BY template_id DESC LIMIT 1000`,
    [scope.orgId, scope.state ?? null],
  );
  return rows.map(toTemplate);
}

/** Writes where a template stands; the caller holds its row. */
export async function updateTemplate(
  client: Queryable,
  { orgId, templateId }: TemplateRef,
  change: { readonly state: TemplateState; readonly nextOn: PlainDate | undefined },
): Promise<void> {
  await client.query(
    'UPDATE expected_template SET state = $3, next_on = $4 WHERE org_id = $1 AND template_id = $2',
    [orgId, templateId, change.state, change.nextOn?.toString() ?? null],
  );
}

/** A day may move so far ahead of a closure of banks, and a day for zones. */
const MARGIN_DAYS = 62;

/** Templates of which an item may have to be made; who makes it looks closer. */
export async function findDueTemplates(client: Queryable, at: Date): Promise<TemplateRef[]> {
  const { rows } = await client.query<{ org_id: string; template_id: string }>(
    `SELECT org_id, template_id FROM expected_template
     WHERE state = 'active' AND next_on <= $1::date + ahead_days + ${MARGIN_DAYS}
     ORDER BY next_on LIMIT 1000`,
    [at],
  );
  return rows.map((row) => ({ orgId: row.org_id, templateId: row.template_id }));
}
