import type { InstructionProblem } from '#connectors/contract.ts';
import { dayIn, instantFromMs } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import { occurrencesAfter } from '#core/recurrence.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { appendAudit } from '#store/audit.ts';
import { findDueRecurring, getRecurring, updateRecurring } from '#store/recurring-payments.ts';
import type { RecurringPayment, RecurringRef } from '#store/recurring-payments.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import { saveFacts } from '../notification/announce.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { checkInput, requireMaker } from './payment-input.ts';
import { requestPayments } from './request-payments.ts';
import { toOccurrence } from './recurring.ts';
import type { Occurrence } from './recurring.ts';

/** An occurrence that could not be asked for until so many days after its day is passed over. */
const LATE_DAYS_MAX = 7;
/** More occurrences than these at once would be a mistake; the next minute goes on. */
const AT_ONCE_MAX = 40;

/** What one look came to. */
export interface RaisedRecurring {
  readonly raised: number;
  readonly skipped: number;
  readonly failed: number;
}

/**
 * Asks for the payments of recurring ones whose time has come, each once: the occurrence is the key
 * of its payment, and its next day is written in the same transaction. Run by several workers at
 * once, or twice, it makes one payment.
 */
export async function raiseRecurring(
  deps: PaymentDeps,
  onError: (error: unknown) => void,
): Promise<RaisedRecurring> {
  const due = await findDueRecurring(deps.services.pool, dateOf(deps));
  const sum = { raised: 0, skipped: 0, failed: 0 };
  for (const ref of due) {
    try {
      for (let turn = 0; turn < AT_ONCE_MAX; turn += 1) {
        const outcome = await raiseNext(deps, ref);
        if (outcome === 'waits') break;
        sum[outcome] += 1;
        if (outcome === 'failed') break;
      }
    } catch (error) {
      // One that cannot be read must not keep the others waiting.
      onError(error);
      sum.failed += 1;
    }
  }
  return sum;
}

type Outcome = 'raised' | 'skipped' | 'failed' | 'waits';

async function raiseNext(deps: PaymentDeps, ref: RecurringRef): Promise<Outcome> {
  const recurring = await getRecurring(deps.services.pool, ref);
  const { nextDate, state } = recurring;
  if (state !== 'active' || !nextDate) return 'waits';
  const place = await placeOf(deps, recurring);
  const today = dayIn(deps.now(), place.account.zone);
  const occurrence = await toOccurrence(deps, place, recurring, nextDate);
  if (today.since(occurrence.raisedOn).days < 0) return 'waits';
  if (today.since(occurrence.requestedExecutionDate).days > LATE_DAYS_MAX) {
    await inTransaction(deps.services.pool, (_client, transaction) =>
      passOver(transaction, deps, recurring, occurrence),
    );
    return 'skipped';
  }
  return raiseOne(deps, recurring, place, occurrence);
}

async function raiseOne(
  deps: PaymentDeps,
  recurring: RecurringPayment,
  place: PaymentPlace,
  occurrence: Occurrence,
): Promise<Outcome> {
  const { orgId, accountId, recurrenceId, maker, template } = recurring;
  const day = occurrence.day.toString();
  try {
    const checked = await checkInput(
      deps,
      {
        ...template,
        accountId,
        requestedExecutionDate: occurrence.requestedExecutionDate.toString(),
      },
      { orgId, source: 'recurring', sourceKey: `${recurrenceId}:${day}`, maker, recurrenceId },
    );
    if (!checked.isValid)
      return await fail(deps, recurring, place, occurrence, checked.problems[0]);
    const { instructedAmount: amount } = checked.request;
    // Whoever has lost the right meanwhile asks for nothing any more, not even by a rule.
    const { pool } = deps.services;
    await requireMaker(pool, { orgId, maker, accountId, amount, at: deps.now() });
    await requestPayments(deps, [checked.request], (transaction) =>
      moveOn(transaction, deps, recurring),
    );
    return 'raised';
  } catch (error) {
    // Another worker was faster, or somebody paused it this very moment.
    if (isCashbellError(error, 'payment.stateConflict')) return 'waits';
    if (!isCashbellError(error)) throw error;
    const problem = String(error.details['problem'] ?? error.code);
    return fail(deps, recurring, place, occurrence, { code: error.code, field: '', problem });
  }
}

/** Writes the next day, if the row still stands where it was read. */
async function moveOn(
  { client }: Transaction,
  deps: PaymentDeps,
  recurring: RecurringPayment,
): Promise<void> {
  // The organisation's row first, as everybody does who changes a recurring payment.
  await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [recurring.orgId]);
  const now = await getRecurring(client, recurring, 'FOR NO KEY UPDATE');
  const isSame =
    now.state === 'active' && now.nextDate?.toString() === recurring.nextDate?.toString();
  if (!isSame) throw new CashbellError('payment.stateConflict', { id: recurring.recurrenceId });
  await updateRecurring(client, recurring, afterwards(recurring));
  const alarm = alarmPlace(recurring);
  await closeAlarm(client, alarm, dateOf(deps));
}

function afterwards(recurring: RecurringPayment): {
  readonly state: 'active' | 'ended';
  readonly nextDate: PlainDate | undefined;
} {
  const [nextDate] = occurrencesAfter(recurring, recurring.nextDate, 1);
  return { state: nextDate ? 'active' : 'ended', nextDate };
}

async function passOver(
  transaction: Transaction,
  deps: PaymentDeps,
  recurring: RecurringPayment,
  occurrence: Occurrence,
): Promise<void> {
  await moveOn(transaction, deps, recurring);
  await appendAudit(transaction.client, {
    orgId: recurring.orgId,
    actor: 'system',
    action: 'recurring.skipped',
    subject: recurring.recurrenceId,
    after: { day: occurrence.day.toString() },
  });
}

/** Tells, once until it can be asked for again, that an occurrence could not be asked for. */
async function fail(
  deps: PaymentDeps,
  recurring: RecurringPayment,
  { account, connection }: PaymentPlace,
  occurrence: Occurrence,
  found: InstructionProblem & { readonly code?: ErrorCode } = { field: '', problem: '' },
): Promise<'failed'> {
  const at = dateOf(deps);
  const details = {
    name: recurring.name,
    day: occurrence.requestedExecutionDate.toString(),
    field: found.field,
    problem: found.problem,
  };
  const rings = await inTransaction(deps.services.pool, async (client, transaction) => {
    if (!(await openAlarm(client, alarmPlace(recurring), details, at))) return [];
    const fact = {
      kind: 'payment.notRaised' as const,
      at: instantFromMs(at.getTime()),
      accountId: account.accountId,
      connectionId: connection.connectionId,
      subject: `${connection.name} · ${account.name}`,
      details,
      ...(found.code === undefined ? {} : { code: found.code }),
    };
    return saveFacts(transaction, deps.announcer, [{ orgId: recurring.orgId, fact }], at);
  });
  if (rings.length > 0) deps.onRings(rings);
  return 'failed';
}

function alarmPlace({ orgId, recurrenceId }: RecurringPayment) {
  return { orgId, kind: 'payment.notRaised', subjectId: recurrenceId };
}

function dateOf(deps: Pick<PaymentDeps, 'now'>): Date {
  return new Date(deps.now().epochMilliseconds);
}
