import { rolls } from '#core/bank-calendar.ts';
import type { Roll } from '#core/bank-calendar.ts';
import { dayIn, isTimeZone } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import { occurrencesAfter, parseRule } from '#core/recurrence.ts';
import { newId } from '#secret/ids.ts';
import { getTemplate, insertTemplate, updateTemplate } from '#store/item-templates.ts';
import type { ItemTemplate, TemplateRef, TemplateState } from '#store/item-templates.ts';
import type { AdminServices } from '#store/orgs.ts';
import { getOrg, invalidField, parseName } from '#store/orgs.ts';
import type { BankCalendar } from '../payment/payment-deps.ts';
import { readStated } from './add-stated.ts';
import type { StatedInput } from './add-stated.ts';
import { changeItems, requireItemManager } from './take-items.ts';

/** What comes again: as it is stated, without its days. */
export type TemplateItem = Omit<
  StatedInput,
  'externalId' | 'open' | 'issuedOn' | 'dueOn' | 'endToEndId'
>;

export interface TemplateDeps extends Pick<AdminServices, 'pool' | 'now'> {
  readonly calendar: Pick<BankCalendar, 'roll'>;
}

/** A template as somebody wants it. */
export interface TemplateInput {
  readonly orgId: OrgId;
  readonly name: string;
  readonly item: TemplateItem;
  readonly rule: string;
  readonly startsOn: PlainDate;
  readonly endsOn?: PlainDate | undefined;
  /** Absent: the organisation's own. */
  readonly zone?: string | undefined;
  readonly roll?: Roll | undefined;
  readonly country?: string | undefined;
  readonly aheadDays: number;
}

/** One time that it comes: the rule's own day, and the day on which it is due. */
export interface TemplateOccurrence {
  readonly day: PlainDate;
  readonly dueOn: PlainDate;
}

export const AHEAD_DAYS_MAX = 400;
export const PREVIEW_MAX = 12;
/** What lies further back than this when a template is made is not expected any more. */
const BACK_DAYS_MAX = 31;

/** Writes down a template; the worker makes its items ahead of their days. */
export async function createTemplate(
  deps: TemplateDeps,
  input: TemplateInput,
  actor: string,
): Promise<ItemTemplate<TemplateItem>> {
  const { orgId } = input;
  await requireItemManager(deps, { orgId, actor });
  const template = await checkTemplate(deps, input);
  return changeItems(deps, { orgId, actor }, async (client, now) => {
    const written = { ...template, templateId: newId('tpl'), createdBy: actor };
    await insertTemplate(client, written, now);
    const { templateId, name, rule } = written;
    return {
      result: await getTemplate<TemplateItem>(client, { orgId, templateId }),
      audit: {
        action: 'item.templateCreated',
        subject: templateId,
        after: { name, rule, startsOn: input.startsOn.toString(), item: input.item },
      },
    };
  });
}

type CheckedTemplate = Omit<ItemTemplate<TemplateItem>, 'templateId' | 'createdBy' | 'createdAt'>;

/** Everything that can be wrong with a template, before anything is written. */
export async function checkTemplate(
  deps: TemplateDeps,
  input: TemplateInput,
): Promise<CheckedTemplate> {
  const rule = parseRule(input.rule);
  const zone = input.zone ?? (await getOrg(deps, input.orgId)).zone;
  if (!isTimeZone(zone)) throw invalidField('zone', 'must be a time zone such as Asia/Jakarta');
  if (input.roll !== undefined && !rolls.includes(input.roll)) {
    throw invalidField('roll', `must be one of ${rolls.join(', ')}`);
  }
  if (input.roll !== undefined && !/^[A-Z]{2}$/.test(input.country ?? '')) {
    throw invalidField('country', 'must say whose bank days count, such as ID');
  }
  const { aheadDays } = input;
  if (!Number.isInteger(aheadDays) || aheadDays < 0 || aheadDays > AHEAD_DAYS_MAX) {
    throw invalidField('aheadDays', `must be 0 to ${AHEAD_DAYS_MAX}`);
  }
  readStated(withWords(input.item, input.startsOn), (field, problem) => {
    throw invalidField(`item.${field}`, problem);
  });
  const { accountId } = input.item;
  if (accountId !== undefined) await requireAccount(deps, input.orgId, accountId);
  const { startsOn, endsOn } = input;
  const nextOn = firstFrom({ rule, startsOn, endsOn }, dayIn(deps.now(), zone));
  if (!nextOn) throw invalidField('rule', 'gives no day that is still to come');
  return {
    orgId: input.orgId,
    name: parseName(input.name),
    item: input.item,
    rule,
    startsOn,
    endsOn,
    zone,
    roll: input.roll,
    country: input.country,
    aheadDays,
    nextOn,
    state: 'active',
  };
}

async function requireAccount(
  { pool }: TemplateDeps,
  orgId: string,
  accountId: string,
): Promise<void> {
  const { rowCount } = await pool.query(
    'SELECT FROM account WHERE org_id = $1 AND account_id = $2',
    [orgId, accountId],
  );
  if (rowCount !== 1) throw invalidField('item.accountId', 'is no account of this organisation');
}

interface RuleDays {
  readonly rule: string;
  readonly startsOn: PlainDate;
  readonly endsOn: PlainDate | undefined;
}

function firstFrom(days: RuleDays, today: PlainDate): PlainDate | undefined {
  return daysAfter(days, today.subtract({ days: BACK_DAYS_MAX + 1 }), 1)[0];
}

/** Days of a rule after a day. */
export function daysAfter(
  { rule, startsOn, endsOn }: RuleDays,
  after: PlainDate | undefined,
  countMax: number,
): PlainDate[] {
  return occurrencesAfter({ rule, firstDate: startsOn, lastDate: endsOn }, after, countMax);
}

/** Where a day of the rule is due, with the bank days of the template's country. */
export async function occurrenceOf(
  { calendar }: Pick<TemplateDeps, 'calendar'>,
  template: Pick<ItemTemplate, 'orgId' | 'roll' | 'country'>,
  day: PlainDate,
): Promise<TemplateOccurrence> {
  const { orgId, roll, country } = template;
  if (roll === undefined || country === undefined) return { day, dueOn: day };
  return { day, dueOn: await calendar.roll({ orgId, country }, day, roll) };
}

/** The next times that it comes. */
export async function nextOccurrences(
  deps: Pick<TemplateDeps, 'calendar'>,
  template: Omit<CheckedTemplate, 'name' | 'item'>,
): Promise<TemplateOccurrence[]> {
  const { nextOn } = template;
  if (!nextOn || template.state === 'ended') return [];
  const days = daysAfter(template, nextOn.subtract({ days: 1 }), PREVIEW_MAX);
  return Promise.all(days.map((day) => occurrenceOf(deps, template, day)));
}

/** Fills `{yyyy}`, `{MM}` and `{dd}` in number, reference and description. */
export function withWords(item: TemplateItem, day: PlainDate): StatedInput {
  const [year = '', month = '', date = ''] = day.toString().split('-');
  const fill = (text: string | undefined): string | undefined =>
    text?.replaceAll('{yyyy}', year).replaceAll('{MM}', month).replaceAll('{dd}', date);
  return {
    ...item,
    number: fill(item.number),
    creditorReference: fill(item.creditorReference),
    description: fill(item.description),
    dueOn: day.toString(),
  };
}

/** Pauses, resumes or ends a template. What passed while it was paused is not made up for. */
export async function moveTemplate(
  deps: TemplateDeps,
  ref: TemplateRef,
  move: { readonly to: TemplateState; readonly actor: string },
): Promise<ItemTemplate<TemplateItem>> {
  const { to, actor } = move;
  await requireItemManager(deps, { ...ref, actor });
  return changeItems(deps, { ...ref, actor }, async (client) => {
    const before = await getTemplate<TemplateItem>(client, ref, 'FOR NO KEY UPDATE');
    if (before.state === 'ended' || before.state === to) {
      const problem = `it is ${before.state} already`;
      throw new CashbellError('api.conflict', { field: 'state', problem });
    }
    const nextOn = nextAfterMove(before, to, deps.now());
    const state = to === 'active' && !nextOn ? 'ended' : to;
    await updateTemplate(client, ref, { state, nextOn });
    return {
      result: await getTemplate<TemplateItem>(client, ref),
      audit: {
        action: `item.template.${state}`,
        subject: ref.templateId,
        before: { state: before.state },
        after: { state, nextOn: nextOn?.toString() },
      },
    };
  });
}

function nextAfterMove(
  template: ItemTemplate,
  to: TemplateState,
  now: Instant,
): PlainDate | undefined {
  if (to === 'ended') return undefined;
  const { nextOn } = template;
  if (to === 'paused' || !nextOn) return nextOn;
  const today = dayIn(now, template.zone);
  if (nextOn.since(today).days >= 0) return nextOn;
  return daysAfter(template, today.subtract({ days: 1 }), 1)[0];
}
