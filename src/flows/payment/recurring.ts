import { rolls } from '#core/bank-calendar.ts';
import type { Roll } from '#core/bank-calendar.ts';
import { dayIn } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import { parseMoney } from '#core/money.ts';
import { occurrencesAfter, parseRule } from '#core/recurrence.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited } from '#store/audited.ts';
import { invalidField, parseName } from '#store/orgs.ts';
import { getRecurring, insertRecurring, updateRecurring } from '#store/recurring-payments.ts';
import type {
  RecurringPayment,
  RecurringRef,
  RecurringState,
  RecurringTemplate,
} from '#store/recurring-payments.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { checkInput, requireMaker } from './payment-input.ts';

/** A recurring payment as somebody wants it. */
export interface RecurringInput {
  readonly orgId: OrgId;
  readonly accountId: string;
  readonly name: string;
  readonly rule: string;
  readonly template: RecurringTemplate;
  readonly roll?: Roll | undefined;
  readonly firstDate: PlainDate;
  readonly lastDate?: PlainDate | undefined;
  readonly leadDays?: number | undefined;
}

/** One occurrence: the rule's own day, the bank day on which it is paid, and when it is asked for. */
export interface Occurrence {
  readonly day: PlainDate;
  readonly requestedExecutionDate: PlainDate;
  readonly raisedOn: PlainDate;
}

const LEAD_DAYS = 2;
const LEAD_DAYS_MAX = 30;
export const PREVIEW_MAX = 12;

/** Writes down a recurring payment whose first occurrence could be asked for as it stands. */
export async function createRecurring(
  deps: PaymentDeps,
  input: RecurringInput,
  maker: string,
): Promise<RecurringPayment> {
  const { orgId, accountId, firstDate, lastDate } = input;
  const rule = parseRule(input.rule);
  const place = await placeOf(deps, input);
  const leadDays = checkLeadDays(input.leadDays ?? LEAD_DAYS);
  await checkTemplate(deps, input, maker);
  const today = dayIn(deps.now(), place.account.zone);
  const nextDate = firstFrom({ rule, firstDate, lastDate }, today);
  if (!nextDate) throw invalidField('rule', 'gives no day that is still to come');
  const recurring = {
    orgId,
    recurrenceId: newId('rec'),
    accountId,
    name: parseName(input.name),
    rule,
    template: input.template,
    roll: checkRoll(input.roll ?? 'following'),
    firstDate,
    lastDate,
    nextDate,
    leadDays,
    state: 'active' as const,
    maker,
  };
  return changeAudited(deps.services, { orgId, actor: maker }, async (client) => {
    await insertRecurring(client, recurring, new Date(deps.now().epochMilliseconds));
    return {
      result: await getRecurring(client, recurring),
      audit: {
        action: 'recurring.created',
        subject: recurring.recurrenceId,
        after: textOf(recurring),
      },
    };
  });
}

function textOf(recurring: Omit<RecurringPayment, 'createdAt'>): unknown {
  const { firstDate, lastDate, nextDate, ...rest } = recurring;
  return {
    ...rest,
    firstDate: firstDate.toString(),
    lastDate: lastDate?.toString(),
    nextDate: nextDate?.toString(),
  };
}

function checkLeadDays(days: number): number {
  if (Number.isInteger(days) && days >= 0 && days <= LEAD_DAYS_MAX) return days;
  throw invalidField('leadDays', `must be 0 to ${LEAD_DAYS_MAX} bank days`);
}

function checkRoll(text: string): Roll {
  const roll = rolls.find((one) => one === text);
  if (roll) return roll;
  throw invalidField('roll', `must be one of ${rolls.join(', ')}`);
}

async function checkTemplate(
  deps: PaymentDeps,
  { orgId, accountId, template }: RecurringInput,
  maker: string,
): Promise<void> {
  const checked = await checkInput(
    deps,
    { ...template, accountId },
    { orgId, source: 'recurring', sourceKey: 'template', maker },
  );
  if (!checked.isValid) {
    const [first] = checked.problems;
    const { code = 'payment.invalid', field = '', problem = '' } = first ?? {};
    throw new CashbellError(code, { field, problem });
  }
  const { instructedAmount: amount } = checked.request;
  await requireMaker(deps.services.pool, { orgId, maker, accountId, amount, at: deps.now() });
}

/** The first occurrence that is not over; `undefined` when none is to come. */
export function firstFrom(
  recurrence: Parameters<typeof occurrencesAfter>[0],
  today: PlainDate,
): PlainDate | undefined {
  return occurrencesAfter(recurrence, today.subtract({ days: 1 }), 1)[0];
}

/** The next occurrences with the days on which they are paid and asked for. */
export async function previewOccurrences(
  deps: PaymentDeps,
  recurring: Pick<
    RecurringPayment,
    'orgId' | 'accountId' | 'rule' | 'firstDate' | 'lastDate' | 'roll' | 'leadDays'
  >,
  from: PlainDate,
  countMax: number = PREVIEW_MAX,
): Promise<Occurrence[]> {
  const place = await placeOf(deps, recurring);
  const days = occurrencesAfter(recurring, from.subtract({ days: 1 }), countMax);
  const occurrences: Occurrence[] = [];
  for (const day of days) occurrences.push(await toOccurrence(deps, place, recurring, day));
  return occurrences;
}

/** Where an occurrence falls: rolled to a bank day, and so many bank days before it. */
export async function toOccurrence(
  deps: Pick<PaymentDeps, 'calendar'>,
  { connector }: Pick<PaymentPlace, 'connector'>,
  { orgId, roll, leadDays }: Pick<RecurringPayment, 'orgId' | 'roll' | 'leadDays'>,
  day: PlainDate,
): Promise<Occurrence> {
  const place = { orgId, country: connector.traits.country };
  const requestedExecutionDate = await deps.calendar.roll(place, day, roll);
  let raisedOn = requestedExecutionDate;
  for (let step = 0; step < leadDays; step += 1) {
    raisedOn = await deps.calendar.roll(place, raisedOn.subtract({ days: 1 }), 'preceding');
  }
  return { day, requestedExecutionDate, raisedOn };
}

/** What each state may become by somebody's word. An ended one stays so. */
const MOVES: Readonly<Record<RecurringState, readonly RecurringState[]>> = {
  active: ['paused', 'ended'],
  paused: ['active', 'ended'],
  ended: [],
};

/**
 * Pauses, goes on with or ends a recurring payment. Occurrences whose day passed during a pause are
 * not made up for; payments that were asked for already are others, and stay.
 */
export async function moveRecurring(
  deps: PaymentDeps,
  ref: RecurringRef,
  move: { readonly to: RecurringState; readonly actor: string },
): Promise<RecurringPayment> {
  const { orgId } = ref;
  return changeAudited(deps.services, { orgId, actor: move.actor }, async (client) => {
    const before = await getRecurring(client, ref, 'FOR NO KEY UPDATE');
    if (before.state === move.to) return { result: before };
    await requireRight(deps, before, move.actor);
    if (!MOVES[before.state].includes(move.to)) {
      throw new CashbellError('payment.stateConflict', {
        field: 'recurrenceId',
        problem: `it is ${before.state}; make a new one`,
      });
    }
    const nextDate = await nextAfterMove(deps, before, move.to);
    const state = move.to === 'active' && !nextDate ? 'ended' : move.to;
    await updateRecurring(client, before, { state, nextDate });
    return {
      result: { ...before, state, nextDate },
      audit: {
        action: `recurring.${state}`,
        subject: before.recurrenceId,
        before: { state: before.state },
        after: { state, nextDate: nextDate?.toString() },
      },
    };
  });
}

async function requireRight(
  deps: PaymentDeps,
  recurring: RecurringPayment,
  maker: string,
): Promise<void> {
  if (maker === recurring.maker) return;
  const { orgId, accountId, template } = recurring;
  const { account } = await placeOf(deps, recurring);
  const amount = parseMoney(template.amount, template.currency ?? account.currency);
  await requireMaker(deps.services.pool, { orgId, maker, accountId, amount, at: deps.now() });
}

async function nextAfterMove(
  deps: PaymentDeps,
  recurring: RecurringPayment,
  to: RecurringState,
): Promise<PlainDate | undefined> {
  if (to === 'ended') return undefined;
  if (to === 'paused') return recurring.nextDate;
  const { account } = await placeOf(deps, recurring);
  const today = dayIn(deps.now(), account.zone);
  const known = recurring.nextDate;
  return known && known.since(today).days >= 0 ? known : firstFrom(recurring, today);
}
