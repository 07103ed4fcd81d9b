import { isCashbellError } from '#core/errors.ts';
import { fetchFailedPushes, pushKey } from '#dingtalk/push.ts';
import { queryInstanceIds, readForm, workflowLimits } from '#dingtalk/workflow.ts';
import { digestOfSchema } from '#dingtalk/form-schema.ts';
import type { FormSchema } from '#dingtalk/form-schema.ts';
import {
  claimDueForm,
  finishSweep,
  listApprovalForms,
  noteFormChecked,
} from '#store/approval-forms.ts';
import { listAwaitingInstances, unknownInstances } from '#store/approval-requests.ts';
import { storeDingtalkEvents } from '#store/dingtalk-events.ts';
import type { NewDingtalkEvent } from '#store/dingtalk-events.ts';
import type { BudgetWatch } from '../notification/budget-watch.ts';
import type { ApprovalDeps, FormPlace, KnownForm, PaymentIntake } from './approval-deps.ts';
import { findFormPlace } from './approval-deps.ts';
import type { FormMapping } from './form-mapping.ts';
import { checkMapping, wishOf } from './form-mapping.ts';
import { besideFullHours, sweepPauseMs } from './sweep-pace.ts';

export interface SweepDeps extends ApprovalDeps {
  readonly intake: PaymentIntake;
  readonly budgets: BudgetWatch;
  /** Events were found and stored. */
  readonly onStored: () => void;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LEASE_MS = 5 * MINUTE_MS;
/** A new approval may appear in the list later than it was started. */
const OVERLAP_MS = 15 * MINUTE_MS;
/** Payments younger than this are still told of by their own event. */
const YOUNG_MS = 2 * MINUTE_MS;
/** So many waiting approvals are read one by one; more are found by a list of the ended ones. */
const FEW = 2;
const SCHEMA_AGE_MS = DAY_MS;
const RETRY_MS = [1, 2, 5, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);

/** Lists one form whose turn it is; false when none is due. */
export async function sweepNext(deps: SweepDeps): Promise<boolean> {
  const { services } = deps;
  const now = new Date(services.now().epochMilliseconds);
  const leaseUntil = new Date(now.getTime() + LEASE_MS);
  const form = await claimDueForm<FormMapping>(services.pool, { now, leaseUntil });
  if (!form) return false;
  const place = await findFormPlace(deps, form.orgId, form.processCode);
  if (!place) {
    const nextAt = new Date(now.getTime() + DAY_MS);
    await finishSweep(services.pool, form, { at: now, nextAt, failures: 0 });
    return true;
  }
  let calls = 0;
  const counted: SweepDeps = {
    ...deps,
    calls: {
      call: (...call) => {
        calls += 1;
        return deps.calls.call(...call);
      },
    },
  };
  try {
    await sweepForm(counted, place, now.getTime());
    const pauseMs = await pauseOf(deps, place, Math.max(1, calls));
    const nextAt = new Date(besideFullHours(now.getTime() + pauseMs, deps.random()));
    await finishSweep(services.pool, form, { at: now, nextAt, sweptUntil: now, failures: 0 });
  } catch (error) {
    deps.onError(error);
    const failures = form.failures + 1;
    const waitMs = RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? MINUTE_MS;
    const nextAt = new Date(besideFullHours(now.getTime() + waitMs, deps.random()));
    const code = isCashbellError(error) ? error.code : 'bug';
    await finishSweep(services.pool, form, { at: now, nextAt, failures, code });
  }
  return true;
}

/**
 * Finds what events did not tell: approvals that nobody has looked at, and ends of those that
 * payments wait for. A lost event costs minutes, not a payment (ask 30).
 */
async function sweepForm(deps: SweepDeps, place: FormPlace, nowMs: number): Promise<void> {
  await checkSchema(deps, place, nowMs);
  await takeFailedPushes(deps, place, nowMs);
  await findUnknown(deps, place, nowMs);
  await findEnded(deps, place, nowMs);
}

/** Stores every approval of the window that has neither payment nor past as an event of its own. */
async function findUnknown(
  deps: SweepDeps,
  { form, app }: FormPlace,
  nowMs: number,
): Promise<void> {
  const { orgId, processCode } = form;
  const startMs = windowStart(form.sweptUntil.epochMilliseconds - OVERLAP_MS, nowMs);
  const ids = await listIds(deps, { form, app }, { startMs, endMs: nowMs });
  const unknown = await unknownInstances(deps.services.pool, orgId, ids);
  await store(
    deps,
    unknown.map((processInstanceId) => ({
      orgId,
      appId: app.appId,
      eventKey: `instance:${processInstanceId}`,
      kind: 'event',
      eventType: 'bpms_instance_change',
      source: 'sweep',
      data: JSON.stringify({ processInstanceId, processCode }),
      isCounted: false,
    })),
    nowMs,
  );
}

/** Wakes payments whose approval ended, as far as DingTalk's lists or a reading can tell. */
async function findEnded(deps: SweepDeps, { form, app }: FormPlace, nowMs: number): Promise<void> {
  const { orgId, processCode } = form;
  const waiting = await listAwaitingInstances(deps.services.pool, orgId, processCode);
  const old = waiting.filter(({ since }) => since.getTime() < nowMs - YOUNG_MS);
  const [oldest] = old;
  if (!oldest) return;
  let ended = old;
  if (old.length > FEW) {
    // The approval of a form is older than its payment; a day covers what people leave lying.
    const startMs = windowStart(oldest.since.getTime() - DAY_MS, nowMs);
    const statuses = ['COMPLETED', 'TERMINATED'] as const;
    const ids = new Set(await listIds(deps, { form, app }, { startMs, endMs: nowMs, statuses }));
    ended = old.filter(({ processInstanceId }) => ids.has(processInstanceId));
  }
  await deps.intake.wake(
    orgId,
    ended.flatMap(({ paymentIds }) => paymentIds),
  );
}

interface Window {
  readonly startMs: number;
  readonly endMs: number;
  readonly statuses?: readonly ('COMPLETED' | 'TERMINATED')[];
}

function windowStart(wishMs: number, nowMs: number): number {
  return Math.max(wishMs, nowMs - (workflowLimits.idsWindowDays - 1) * DAY_MS);
}

/** Every page of a window; what is beyond DingTalk's own limit is found by the next window. */
async function listIds(
  { calls }: SweepDeps,
  { form, app }: FormPlace,
  window: Window,
): Promise<readonly string[]> {
  const { processCode } = form;
  const ids: string[] = [];
  let nextToken: number | undefined = 0;
  while (nextToken !== undefined && ids.length < workflowLimits.idsMost) {
    const page: { ids: readonly string[]; nextToken?: number } = await calls.call(
      app,
      queryInstanceIds,
      { processCode, ...window, nextToken },
    );
    ids.push(...page.ids);
    // A token that does not grow would never end.
    nextToken = (page.nextToken ?? 0) > nextToken ? page.nextToken : undefined;
  }
  return ids;
}

/** Pushes by HTTP that DingTalk gave up stand in a list for a while (dingtalk.md section 5.1). */
async function takeFailedPushes(
  deps: SweepDeps,
  { form, app }: FormPlace,
  nowMs: number,
): Promise<void> {
  if (app.eventMode !== 'callback') return;
  const forms = await listApprovalForms<FormMapping>(deps.services.pool, form.orgId);
  const [first] = forms.filter(({ appId }) => appId === app.appId);
  // Once per app, not once per form.
  if (first?.processCode !== form.processCode) return;
  for (let page = 0; page < FAILED_PAGES_MAX; page += 1) {
    const { pushes, hasMore } = await deps.calls.call(app, fetchFailedPushes, {});
    await store(
      deps,
      pushes.map(({ eventType, bornAtMs, data }) => ({
        orgId: form.orgId,
        appId: app.appId,
        eventKey: pushKey('failed', app.appId, eventType, data, String(bornAtMs ?? '')),
        kind: 'event',
        eventType: eventType.slice(0, 128),
        source: 'callback',
        data,
        isCounted: false,
        ...(bornAtMs === undefined ? {} : { bornAt: new Date(bornAtMs) }),
      })),
      nowMs,
    );
    if (!hasMore || pushes.length === 0) return;
  }
}

const FAILED_PAGES_MAX = 10;

async function store(
  deps: SweepDeps,
  events: readonly NewDingtalkEvent[],
  nowMs: number,
): Promise<void> {
  if (events.length === 0) return;
  const stored = await storeDingtalkEvents(deps.services, events, new Date(nowMs));
  if (stored.includes('stored')) deps.onStored();
}

/** Looks at the form itself once a day; a changed one is not trusted until a person has checked it. */
async function checkSchema(deps: SweepDeps, place: FormPlace, nowMs: number): Promise<void> {
  const { form, app } = place;
  if (nowMs - form.checkedAt.epochMilliseconds < SCHEMA_AGE_MS) return;
  const { orgId, processCode } = form;
  try {
    const schema = await deps.calls.call(app, readForm, { processCode });
    const problem = problemOfSchema(form, schema, await accountIdsOf(deps, orgId));
    // One that is broken is mended by a person's check, not by time.
    if (form.state === 'active' || problem) await noteFormChecked(deps.services, form, problem);
  } catch (error) {
    // Without the permission to read forms everything else still works; readings are strict anyway.
    if (!isCashbellError(error, 'dingtalk.permissionMissing')) throw error;
    await noteFormChecked(deps.services, form, form.problem);
  }
}

async function accountIdsOf(
  { directory }: ApprovalDeps,
  orgId: string,
): Promise<ReadonlySet<string>> {
  return new Set((await directory.org(orgId)).accounts.keys());
}

/** What is wrong with a form whose schema is not the checked one any more. */
export function problemOfSchema(
  form: KnownForm,
  schema: FormSchema,
  accountIds: ReadonlySet<string>,
): { readonly field: string; readonly problem: string } | undefined {
  if (digestOfSchema(schema) === form.schemaDigest) return undefined;
  const result = checkMapping(schema, wishOf(form.mapping), { accountIds });
  const [first] = result.isValid ? [] : result.problems;
  if (first) return { field: first.control ?? first.field, problem: first.problem };
  return { field: form.name, problem: 'the form was changed; check its mapping again' };
}

async function pauseOf(
  { directory, budgets, services }: SweepDeps,
  { form, app }: FormPlace,
  calls: number,
): Promise<number> {
  const nowMs = services.now().epochMilliseconds;
  const org = await directory.org(form.orgId);
  const { used, limit, reserve, month } = await budgets.forecastOf(org, 'api', nowMs);
  const forms = await listApprovalForms<FormMapping>(services.pool, form.orgId);
  return sweepPauseMs({
    nowMs,
    zone: org.zone,
    limit,
    used,
    reserve,
    monthEndsAtMs: month.endsAtMs,
    callsPerRound: calls * Math.max(1, forms.length),
    hasEvents: app.eventMode !== 'none',
  });
}
