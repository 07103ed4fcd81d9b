import type { AccountId, NoticeId } from '#core/ids.ts';
import type { SubjectId } from '#core/events.ts';
import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import { digestEveryMs, type MonthState } from './meter.ts';
import {
  type DeliveryLimits,
  drainMs,
  earliestAtAll,
  earliestForNormal,
  earliestToSpare,
  type Expiries,
  expiriesOf,
} from './tokens.ts';

/** A notice that waits to be told to one destination. */
export interface WaitingNotice {
  readonly noticeId: NoticeId;
  /** Order in which notices came; unique within the destination. */
  readonly position: number;
  readonly lane: Lane;
  readonly createdAtMs: number;
  /** End of a mute or of a pause after a failure. */
  readonly notBeforeMs: number;
  readonly groupKey?: string | undefined;
  readonly groupWaitMs?: number | undefined;
  readonly groupMaximum?: number | undefined;
  readonly accountId?: AccountId | undefined;
  /**
   * The payment, claim or report that it tells of; its notices keep their order, movements of the
   * account are another line.
   */
  readonly followedId?: SubjectId | undefined;
  /** One live card shows it here: it tells all that waits of it at once. */
  readonly isLiveCard?: boolean | undefined;
  /**
   * Updates a card in place: a movement's is folded only when the month is short, a payment's never,
   * because a card that shows what was is worse than none.
   */
  readonly isCardUpdate: boolean;
  readonly isAlert: boolean;
  /** A file: no digest can hold it, however short the month is. */
  readonly isAlone?: boolean | undefined;
  readonly language: Language;
  readonly detail: DetailLevel;
}

export interface PlanInput {
  readonly nowMs: number;
  readonly limits: DeliveryLimits;
  /** Sends of any lane that may still count; older ones do no harm. */
  readonly recentSentAtMs: readonly number[];
  /** Last message of the urgent lane, which paces the next while messages are scarce. */
  readonly lastUrgentSentAtMs: number | undefined;
  /** The destination refuses everything until then. */
  readonly blockedUntilMs?: number | undefined;
  readonly month: MonthState;
  /** In order of `position`. */
  readonly waiting: readonly WaitingNotice[];
}

export type DigestReason = 'rate' | 'group' | 'month' | 'unmuted';
export type WaitReason = 'blocked' | 'rate' | 'group' | 'month' | 'notYet';

export interface SendPlan {
  readonly kind: 'send';
  /** One notice, or all of one payment that one card tells; the last one is what is shown. */
  readonly noticeIds: readonly [NoticeId, ...NoticeId[]];
  readonly lane: Lane;
}

export interface DigestPlan {
  readonly kind: 'digest';
  readonly noticeIds: readonly NoticeId[];
  readonly lane: Lane;
  readonly reason: DigestReason;
}

export interface WaitPlan {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly reason: WaitReason;
}

export type Plan = SendPlan | DigestPlan | WaitPlan | { readonly kind: 'idle' };

/**
 * What the drainer of one destination does next. It acts, records, and asks again; a wait ends
 * early when a notice comes. Every rule is here, so the drainer has no judgement of its own.
 */
export function planDelivery(input: PlanInput): Plan {
  const plan = planLanes(input);
  return plan.kind === 'send' ? withEarlierOfSame(plan, input.waiting) : plan;
}

/** What a live card of a payment tells: everything of it that waits, however it was held back. */
function withEarlierOfSame(plan: SendPlan, waiting: readonly WaitingNotice[]): SendPlan {
  const [headId] = plan.noticeIds;
  const head = waiting.find(({ noticeId }) => noticeId === headId);
  if (head?.isLiveCard !== true || head.followedId === undefined) return plan;
  const [first = headId, ...others] = waiting
    .filter(({ followedId }) => followedId === head.followedId)
    .map(({ noticeId }) => noticeId);
  return { ...plan, noticeIds: [first, ...others] };
}

function planLanes(input: PlanInput): Plan {
  const { nowMs, limits, blockedUntilMs, waiting } = input;
  if (waiting.length === 0) return { kind: 'idle' };
  if (blockedUntilMs !== undefined && blockedUntilMs > nowMs) {
    return { kind: 'wait', untilMs: blockedUntilMs, reason: 'blocked' };
  }
  const expiries = expiriesOf(limits, input.recentSentAtMs, nowMs);
  const urgent = planUrgent(input, expiries);
  if (urgent.kind === 'send' || urgent.kind === 'digest') return urgent;
  const normal = planNormal(input, expiries);
  if (normal.kind === 'send' || normal.kind === 'digest') return normal;
  return sooner(urgent, normal);
}

type Idle = { readonly kind: 'idle' };

function sooner(left: WaitPlan | Idle, right: WaitPlan | Idle): WaitPlan | Idle {
  if (left.kind === 'idle') return right;
  if (right.kind === 'idle') return left;
  return left.untilMs <= right.untilMs ? left : right;
}

function planUrgent(input: PlanInput, expiries: Expiries): Plan {
  const { nowMs, limits, lastUrgentSentAtMs } = input;
  const { open, nextReadyMs } = openNotices(input.waiting.filter(isUrgent), nowMs);
  const head = open[0];
  if (head === undefined) return waitFor(nextReadyMs, 'notYet');
  // One within the gap must be spared; one at its end has been kept room for.
  const paceMs = Math.max(nowMs, (lastUrgentSentAtMs ?? 0) + limits.urgentGapMs);
  const sendAtMs = Math.min(
    earliestToSpare(limits, expiries, nowMs),
    earliestAtAll(limits, expiries, paceMs),
  );
  if (sendAtMs > nowMs) return waitFor(sendAtMs, 'rate');
  const drain = { nowMs, count: open.length, enoughMs: 0, earliest: earliestToSpare };
  const goesSingly = open.length === 1 || drainMs(limits, expiries, drain) === 0;
  return goesSingly ? send(head) : digest(foldOf(open, head, limits, foldable), 'rate');
}

function planNormal(input: PlanInput, expiries: Expiries): Plan {
  const { nowMs, limits } = input;
  const { open, nextReadyMs } = openNotices(input.waiting.filter(isNormal), nowMs);
  const everyMs = digestEveryMs(input.month, nowMs);
  if (open.length === 0) return waitFor(nextReadyMs, 'notYet');
  if (everyMs > 0) return planShortMonth(input, { open, expiries, everyMs, nextReadyMs });
  const { due, nextDueMs } = dueNotices(open, nowMs);
  const head = due[0];
  if (head === undefined)
    return sooner(waitFor(nextDueMs, 'group'), waitFor(nextReadyMs, 'notYet'));
  const sendAtMs = earliestForNormal(limits, expiries, nowMs);
  if (sendAtMs > nowMs) return waitFor(sendAtMs, 'rate');
  if (isBehind(due, limits, expiries, nowMs)) {
    return digest(foldOf(due, head, limits, foldable), 'rate');
  }
  return tellTogether(due, head, limits);
}

/** What belongs together goes together; else one by one. */
function tellTogether(due: readonly WaitingNotice[], head: WaitingNotice, limits: DeliveryLimits) {
  if (head.groupKey !== undefined) {
    return digest(foldOf(due, head, limits, inGroupOf(due, head)), 'group');
  }
  const wasHeld = head.notBeforeMs > head.createdAtMs;
  const wereHeldToo = (one: WaitingNotice) =>
    foldable(one) && wasHeld && one.notBeforeMs === head.notBeforeMs;
  return digest(foldOf(due, head, limits, wereHeldToo), 'unmuted');
}

interface ShortMonth {
  readonly open: readonly WaitingNotice[];
  readonly expiries: Expiries;
  readonly everyMs: number;
  readonly nextReadyMs: number;
}

const HOUR_MS = 3_600_000;

/**
 * The month will not last: normal notices leave only in digests, ever further apart. Cards of payments
 * are kept true all the same, within the minute's limit; ask 27 wants the reserve for them.
 */
function planShortMonth(input: PlanInput, at: ShortMonth): Plan {
  const { nowMs, limits } = input;
  const update = at.open.find(isLiveUpdate);
  const sendAtMs = earliestForNormal(limits, at.expiries, nowMs);
  if (update !== undefined && sendAtMs <= nowMs) return send(update);
  const others = at.open.filter((notice) => !isLiveUpdate(notice));
  const rest = planSparing(input, { ...at, open: others });
  if (update === undefined || rest.kind === 'send' || rest.kind === 'digest') return rest;
  return sooner(waitFor(sendAtMs, 'rate'), rest);
}

function isLiveUpdate(notice: WaitingNotice): boolean {
  return notice.isCardUpdate && notice.isLiveCard === true;
}

function planSparing(input: PlanInput, at: ShortMonth): Plan {
  const { nowMs, limits, month } = input;
  const head = at.open[0];
  if (head === undefined) return waitFor(at.nextReadyMs, 'notYet');
  const fold = foldOf(at.open, head, limits, canShare);
  // A full digest is worth its message; waiting would only let the heap grow.
  const fullMs = month.level === 'short' ? 0 : HOUR_MS;
  const everyMs = fold.length >= limits.digestMax ? Math.min(at.everyMs, fullMs) : at.everyMs;
  const dueMs = Math.min(
    (month.lastNormalSentAtMs ?? head.createdAtMs) + everyMs,
    month.resetsAtMs,
  );
  const sendAtMs = earliestForNormal(limits, at.expiries, Math.max(nowMs, dueMs));
  if (sendAtMs <= nowMs) return digest(fold, 'month');
  const reason = dueMs > nowMs ? 'month' : 'rate';
  return sooner(waitFor(sendAtMs, reason), waitFor(at.nextReadyMs, 'notYet'));
}

function isUrgent(notice: WaitingNotice): boolean {
  return notice.lane === 'urgent' || notice.isAlert;
}

function isNormal(notice: WaitingNotice): boolean {
  return !isUrgent(notice);
}

/**
 * Whose order counts. Alerts and payments are not held up by movements of their account, nor hold them
 * up; one payment's notices follow each other.
 */
function chainOf(notice: WaitingNotice): string {
  if (notice.followedId !== undefined) return notice.followedId;
  if (notice.accountId === undefined) return notice.noticeId;
  return notice.isAlert ? `alert ${notice.accountId}` : notice.accountId;
}

/** Notices that may go now: none of its account that waits longer is still held back. */
function openNotices(
  waiting: readonly WaitingNotice[],
  nowMs: number,
): { open: WaitingNotice[]; nextReadyMs: number } {
  const held = new Set<string>();
  const open: WaitingNotice[] = [];
  let nextReadyMs = Number.POSITIVE_INFINITY;
  for (const notice of waiting) {
    const chain = chainOf(notice);
    if (held.has(chain)) continue;
    if (notice.notBeforeMs <= nowMs) {
      open.push(notice);
    } else {
      held.add(chain);
      nextReadyMs = Math.min(nextReadyMs, notice.notBeforeMs);
    }
  }
  return { open, nextReadyMs };
}

/**
 * Notices that no group holds back. One that is due takes all before it of its account along,
 * because order goes before company.
 */
function dueNotices(
  open: readonly WaitingNotice[],
  nowMs: number,
): { due: WaitingNotice[]; nextDueMs: number } {
  const groups = groupsOf(open);
  const lastDue = new Map<string, number>();
  let nextDueMs = Number.POSITIVE_INFINITY;
  for (const notice of open) {
    const dueMs = groupDueMs(notice, groups);
    if (dueMs <= nowMs) lastDue.set(chainOf(notice), notice.position);
    else nextDueMs = Math.min(nextDueMs, dueMs);
  }
  const due = open.filter((one) => one.position <= (lastDue.get(chainOf(one)) ?? -1));
  return { due, nextDueMs };
}

interface Group {
  readonly firstMs: number;
  readonly count: number;
}

function groupsOf(open: readonly WaitingNotice[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { groupKey, createdAtMs } of open) {
    if (groupKey === undefined) continue;
    const group = groups.get(groupKey);
    const firstMs = Math.min(group?.firstMs ?? createdAtMs, createdAtMs);
    groups.set(groupKey, { firstMs, count: (group?.count ?? 0) + 1 });
  }
  return groups;
}

function groupDueMs(notice: WaitingNotice, groups: ReadonlyMap<string, Group>): number {
  const group = notice.groupKey === undefined ? undefined : groups.get(notice.groupKey);
  if (group === undefined) return 0;
  const isFull = group.count >= (notice.groupMaximum ?? Number.POSITIVE_INFINITY);
  return isFull ? 0 : group.firstMs + (notice.groupWaitMs ?? 0);
}

/** Members of the head's group, and what stands between them in the same account. */
function inGroupOf(
  due: readonly WaitingNotice[],
  head: WaitingNotice,
): (notice: WaitingNotice) => boolean {
  const last = new Map<string, number>();
  for (const notice of due) {
    if (notice.groupKey === head.groupKey) last.set(chainOf(notice), notice.position);
  }
  return (notice) => foldable(notice) && notice.position <= (last.get(chainOf(notice)) ?? -1);
}

function foldable(notice: WaitingNotice): boolean {
  return !notice.isCardUpdate && canShare(notice);
}

function canShare(notice: WaitingNotice): boolean {
  return notice.isAlone !== true;
}

/** A fold that leads with the head: of each account a prefix, so that its order is kept. */
function foldOf(
  notices: readonly WaitingNotice[],
  head: WaitingNotice,
  limits: DeliveryLimits,
  isWanted: (notice: WaitingNotice) => boolean,
): readonly [WaitingNotice, ...WaitingNotice[]] {
  const left = new Set<string>();
  const rest: WaitingNotice[] = [];
  for (const notice of notices) {
    if (notice === head) {
      // A card update goes by itself, and so does the one that leads.
      if (!isWanted(head)) return [head];
      continue;
    }
    const chain = chainOf(notice);
    const looksAlike = notice.language === head.language && notice.detail === head.detail;
    const isFull = rest.length + 1 >= limits.digestMax;
    if (!left.has(chain) && looksAlike && !isFull && isWanted(notice)) rest.push(notice);
    else left.add(chain);
  }
  return [head, ...rest];
}

/** Whether telling one message after the other no longer keeps up. */
function isBehind(
  due: readonly WaitingNotice[],
  limits: DeliveryLimits,
  expiries: Expiries,
  nowMs: number,
): boolean {
  // A group is one message however many notices it has.
  const count = new Set(due.map((one) => one.groupKey ?? one.noticeId)).size;
  const left = limits.perWindow - limits.urgentReserve - expiries.length;
  if (count > 1 && limits.foldWhenWaiting && count > left) return true;
  const { backlogMaxMs } = limits;
  const drain = { nowMs, count, enoughMs: backlogMaxMs, earliest: earliestForNormal };
  return count > 1 && drainMs(limits, expiries, drain) > backlogMaxMs;
}

function waitFor(untilMs: number, reason: WaitReason): WaitPlan | Idle {
  return Number.isFinite(untilMs) ? { kind: 'wait', untilMs, reason } : { kind: 'idle' };
}

function send(notice: WaitingNotice): SendPlan {
  const lane = isUrgent(notice) ? 'urgent' : 'normal';
  return { kind: 'send', noticeIds: [notice.noticeId], lane };
}

/** A digest of one notice is that notice. */
function digest(
  fold: readonly [WaitingNotice, ...WaitingNotice[]],
  reason: DigestReason,
): SendPlan | DigestPlan {
  const [head] = fold;
  if (fold.length === 1) return send(head);
  const lane = isUrgent(head) ? 'urgent' : 'normal';
  return { kind: 'digest', noticeIds: fold.map((one) => one.noticeId), lane, reason };
}
