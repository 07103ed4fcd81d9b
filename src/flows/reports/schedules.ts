import { CLOSED_DAYS_MAX } from '#core/bank-calendar.ts';
import type { IsBankDay } from '#core/bank-calendar.ts';
import { dayIn, instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import { parseRule } from '#core/recurrence.ts';
import { nextDue, parseTimeOfDay } from '#core/report-times.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from '#store/audit.ts';
import { changeAudited } from '#store/audited.ts';
import { requireGrant } from '#store/grants.ts';
import { invalidField, parseName } from '#store/orgs.ts';
import {
  findDueSchedules,
  getSchedule,
  insertSchedule,
  updateSchedule,
} from '#store/report-schedules.ts';
import type { ReportSchedule, ScheduleRef, ScheduleState } from '#store/report-schedules.ts';
import { insertReport } from '#store/reports.ts';
import type { NewReport } from '#store/reports.ts';
import { inTransaction } from '#store/transaction.ts';
import { checkDestination, checkReport, orderLine } from './order-report.ts';
import type { ReportInput } from './order-report.ts';
import type { ReportDeps } from './report-deps.ts';
import { settleSettings } from './report-settings.ts';
import { viewOf } from './report-view.ts';

/** A report that should come again and again. */
export interface ScheduleInput extends Omit<ReportInput, 'asOf' | 'destinationId'> {
  readonly name: string;
  /** RFC 5545, days only. */
  readonly rule: string;
  /** `HH:mm` in the zone. */
  readonly at: string;
  /** Country whose bank days count. */
  readonly calendar?: string | undefined;
  readonly startsOn?: string | undefined;
  readonly destinationId: string;
}

/** Writes down a schedule that could be made as it stands, by whom it is made. */
export async function createSchedule(
  deps: ReportDeps,
  input: ScheduleInput,
  actor: string,
): Promise<ReportSchedule> {
  const { services, directory } = deps;
  const orgId = parseId('org', input.orgId);
  const org = await directory.org(orgId);
  const checked = checkReport(org, input);
  const now = services.now();
  const { settings } = input;
  // Words such as `lastMonth` are settled each time; that they can be is seen now.
  const settled = settleSettings(checked.report, settings, { asOf: now, zone: checked.zone });
  const { pool: client } = services;
  await viewOf({ ...deps, client }, { orgId, actor, at: now }, settled.accountIds);
  const calendar = parseCalendar(input.calendar);
  const times = {
    rule: parseRule(input.rule),
    at: parseTimeOfDay(input.at),
    zone: checked.zone,
    startsOn:
      input.startsOn === undefined ? dayIn(now, checked.zone) : parsePlainDate(input.startsOn),
  };
  const nextAt = await dueAfter(deps, { ...times, orgId, calendar }, now);
  if (!nextAt) throw invalidField('rule', 'gives no day that is still to come');
  const schedule = {
    ...checked,
    ...times,
    orgId,
    settings,
    calendar,
    nextAt,
    scheduleId: newId('sch'),
    name: parseName(input.name),
    destinationId: checkDestination(org, input.destinationId),
    createdBy: actor,
  };
  return changeAudited(services, { orgId, actor }, async (transactionClient) => {
    await insertSchedule(transactionClient, schedule, new Date(now.epochMilliseconds));
    return {
      result: await getSchedule(transactionClient, schedule),
      audit: {
        action: 'reportSchedule.created',
        subject: schedule.scheduleId,
        after: { ...schedule, startsOn: times.startsOn.toString(), nextAt: nextAt.toString() },
      },
    };
  });
}

function parseCalendar(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const country = text.trim().toUpperCase();
  if (/^[A-Z]{2}$/.test(country)) return country;
  throw invalidField('calendar', 'must be a country of ISO 3166, such as ID');
}

interface Times {
  readonly orgId: string;
  readonly rule: string;
  readonly startsOn: PlainDate;
  readonly at: string;
  readonly zone: string;
  readonly calendar: string | undefined;
}

/** Years ahead are looked at for a rule that has come to its end or says `every leap day`. */
async function dueAfter(
  { calendar }: Pick<ReportDeps, 'calendar'>,
  times: Times,
  after: Instant,
): Promise<Instant | undefined> {
  if (times.calendar === undefined) return nextDue(times, after, undefined);
  const place = { orgId: times.orgId, country: times.calendar };
  // The calendar is asked for the days around each place that is looked at.
  let at = after;
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const around = dayIn(at, times.zone);
    const isBankDay: IsBankDay = await calendar.daysAround(place, around);
    const due = nextDue(times, at, isBankDay);
    if (!due) return undefined;
    const distance = around.until(dayIn(due, times.zone)).days;
    if (distance <= CLOSED_DAYS_MAX) return due;
    // Beyond what was asked for; ask again from just before it.
    at = instantFromMs(due.epochMilliseconds - MARGIN_MS);
  }
  return undefined;
}

const LOOKS_MAX = 10;
const MARGIN_MS = 20 * 86_400_000;

/** Pauses, goes on with or removes a schedule; what passed during a pause is not made up for. */
export async function moveSchedule(
  deps: ReportDeps,
  ref: ScheduleRef,
  move: { readonly to: ScheduleState; readonly actor: string },
): Promise<ReportSchedule> {
  const { services } = deps;
  return changeAudited(services, { orgId: ref.orgId, actor: move.actor }, async (client) => {
    const before = await getSchedule(client, ref, 'FOR NO KEY UPDATE');
    if (before.state === move.to) return { result: before };
    await requireSay(deps, before, move.actor);
    const nextAt = move.to === 'active' ? await dueAfter(deps, before, services.now()) : undefined;
    await updateSchedule(client, before, { state: move.to, nextAt });
    return {
      result: { ...before, state: move.to, nextAt },
      audit: {
        action: `reportSchedule.${move.to}`,
        subject: before.scheduleId,
        before: { state: before.state },
        after: { state: move.to },
      },
    };
  });
}

/** A schedule is its maker's, and theirs who may read everything; programs act for the company. */
async function requireSay(
  { services }: ReportDeps,
  { orgId, createdBy }: ReportSchedule,
  actor: string,
): Promise<void> {
  if (actor === createdBy || !actor.startsWith('per_')) return;
  const request = { orgId, personId: actor, action: 'report.read' as const, at: services.now() };
  await requireGrant(services.pool, request);
}

/** Orders everything whose moment has come; gives back how much. A worker makes them. */
export async function raiseDueReports(
  deps: ReportDeps,
  onError: (error: unknown) => void,
): Promise<number> {
  const now = deps.services.now();
  let raised = 0;
  for (const ref of await findDueSchedules(deps.services.pool, dateOf(now))) {
    try {
      if (await raise(deps, ref, now)) raised += 1;
    } catch (error) {
      onError(error);
    }
  }
  return raised;
}

/**
 * One moment is ordered once, whoever else looks at it: the schedule's row is held, the order is
 * unique by schedule and moment, and both are committed with the next moment. After a long silence
 * only the newest moment is made.
 */
async function raise(deps: ReportDeps, ref: ScheduleRef, now: Instant): Promise<boolean> {
  return inTransaction(deps.services.pool, async (client) => {
    // The organisation's row first, as everybody does who writes its audit.
    await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [ref.orgId]);
    const schedule = await getSchedule(client, ref, 'FOR NO KEY UPDATE');
    let due = schedule.nextAt;
    if (schedule.state !== 'active' || !due || isAfter(due, now)) return false;
    let passed = 0;
    let next = await dueAfter(deps, schedule, due);
    while (next && !isAfter(next, now) && passed < PASSED_MAX) {
      due = next;
      passed += 1;
      next = await dueAfter(deps, schedule, due);
    }
    if (next && !isAfter(next, now)) next = await dueAfter(deps, schedule, now);
    await updateSchedule(client, schedule, { state: 'active', nextAt: next, lastAt: due });
    const order: NewReport = {
      orgId: schedule.orgId,
      reportId: newId('rep'),
      scheduleId: schedule.scheduleId,
      dueAt: due,
      report: schedule.report,
      settings: settleSettings(schedule.report, schedule.settings, {
        asOf: due,
        zone: schedule.zone,
      }),
      formats: schedule.formats,
      language: schedule.language,
      zone: schedule.zone,
      asOf: due,
      destinationId: schedule.destinationId,
      requestedBy: schedule.createdBy,
    };
    if (!(await insertReport(client, order))) return false;
    const line = orderLine(order);
    const after = passed === 0 ? line.after : { ...Object(line.after), passedOver: passed };
    await appendAudit(client, { ...line, after, orgId: schedule.orgId, actor: 'system' });
    return true;
  });
}

/** A schedule of every day that slept for a year. */
const PASSED_MAX = 400;

function isAfter(left: Instant, right: Instant): boolean {
  return left.epochMilliseconds > right.epochMilliseconds;
}

function dateOf(moment: Instant): Date {
  return new Date(moment.epochMilliseconds);
}
