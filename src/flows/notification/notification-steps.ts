import { dayIn, instantFromMs } from '#core/dates.ts';
import { isAlertFact, isEntryFact, subjectOf } from '#core/events.ts';
import type { DestinationId, NoticeId, OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { Lane } from '#core/languages.ts';
import type { SendOutcome } from './dingtalk-sender.ts';
import { DINGTALK_ZONE } from '#routing/meter.ts';
import type { MonthState } from '#routing/meter.ts';
import { planDelivery } from '#routing/plan.ts';
import type { Plan, WaitingNotice as PlannedNotice } from '#routing/plan.ts';
import { defaultLimits } from '#routing/tokens.ts';
import { newId } from '#secret/ids.ts';
import { noteCardsRefused } from '#store/card-refusals.ts';
import type { Directory, DirectoryDestination, DirectoryOrg } from '#store/directory.ts';
import {
  addUsage,
  beginDelivery,
  findShown,
  finishDelivery,
  loadOpenDelivery,
  loadWaiting,
  repeatDelivery,
  saveCard,
  saveMeter,
  takeDestination,
} from '#store/notices.ts';
import type { Delivery, Meter, MeterUpdate, WaitingNotice } from '#store/notices.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Announcer, Ring } from './announce.ts';
import type { BudgetWatch } from './budget-watch.ts';
import { judgeOutcome, tellDeliveryTrouble } from './delivery-outcome.ts';
import { tellLostFile } from './report-files.ts';
import {
  cardSubjectOf,
  chooseForm,
  followedAmong,
  isFollowed,
  showNewest,
  showsCards,
} from './live-cards.ts';
import type { Form } from './live-cards.ts';
import type { NotificationSteps, Taken } from './notification-flow.ts';

/** A message whose intent is on disk. */
export interface Work {
  readonly delivery: Delivery;
  readonly destination: DirectoryDestination;
  readonly org: DirectoryOrg;
  readonly notices: readonly WaitingNotice[];
  readonly reason?: 'rate' | 'group' | 'month' | 'unmuted';
  /** The card that is made or updated. */
  readonly outTrackId?: string;
}

export interface NotificationOptions {
  readonly services: Services;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly budgets: BudgetWatch;
  readonly workerId: string;
  readonly send: (work: Work) => Promise<SendOutcome>;
  readonly onDelivered: (work: Work, outcome: SendOutcome) => void;
  readonly onRings: (rings: readonly Ring[]) => void;
}

/** Longer than the longest call to DingTalk, so that a living drainer never loses its lease. */
const LEASE_MS = 20_000;
/** A file is uploaded before its message leaves. */
const FILE_LEASE_MS = 40_000;

/** Steps of the drain of one destination. */
export function notificationSteps(
  options: NotificationOptions,
  place: Ring,
): NotificationSteps<Work, SendOutcome> {
  return {
    send: options.send,
    settleAndTake: async (last) => {
      const org = await options.directory.org(place.orgId);
      const destination = org.destinations.get(place.destinationId);
      if (!destination) return { kind: 'idle' };
      // Asked before the transaction begins, which must not wait for another connection.
      const month = await options.budgets.monthOf(org, destination, Date.now());
      const scene: Scene = { options, place, org, destination, month };
      const { taken, rings } = await inTransaction(options.services.pool, (_client, transaction) =>
        settleAndTake(transaction, scene, last),
      );
      if (last) options.onDelivered(last.work, last.outcome);
      if (rings.length > 0) options.onRings(rings);
      return taken;
    },
  };
}

interface Scene {
  readonly options: NotificationOptions;
  readonly place: Ring;
  readonly org: DirectoryOrg;
  readonly destination: DirectoryDestination;
  readonly month: Omit<MonthState, 'lastNormalSentAtMs'>;
}

interface Finished {
  readonly work: Work;
  readonly outcome: SendOutcome;
}

type MutableMeter = { -readonly [Key in keyof MeterUpdate]: MeterUpdate[Key] };

async function settleAndTake(
  transaction: Transaction,
  scene: Scene,
  last?: Finished,
): Promise<{ readonly taken: Taken<Work>; readonly rings: readonly Ring[] }> {
  const now = new Date();
  const { client } = transaction;
  const { options, place, destination } = scene;
  // All sent at once and done in this order; an acceptance needs nothing of the meter to be written.
  const meterQuery = takeDestination(client, place, options.workerId, now);
  if (last?.outcome.kind === 'accepted') {
    const { answer } = judgeOutcome(last.outcome, { failures: 0, isPossiblyTold: false });
    if (answer) transaction.write(finishDelivery(client, last.work.delivery, answer, now));
  }
  const openQuery = loadOpenDelivery(client, place);
  const waitingQuery = loadWaiting(client, place, destination.digestMax * 2);
  const [held, open, waiting] = await Promise.all([meterQuery, openQuery, waitingQuery]);
  if (!held) return { taken: { kind: 'held' }, rings: [] };
  const meter: MutableMeter = { ...held, recentSentAtMs: recentOf(held, destination, now) };
  const rings = last ? await settle(transaction, scene, meter, last, now) : [];
  // What a failure gave back to the queue was not there yet when the queue was read.
  const isFresh = last === undefined || last.outcome.kind === 'accepted';
  const queue = isFresh
    ? { open, waiting }
    : {
        open: await loadOpenDelivery(client, place),
        waiting: await loadWaiting(client, place, destination.digestMax * 2),
      };
  const taken = await take(transaction, scene, meter, queue, now);
  if (taken.kind === 'send') {
    meter.leaseOwner = options.workerId;
    const isFile = taken.work.delivery.kind === 'file';
    meter.leaseUntilMs = now.getTime() + (isFile ? FILE_LEASE_MS : LEASE_MS);
  }
  if (taken.kind === 'wait') meter.nextLookAtMs = taken.untilMs;
  transaction.write(saveMeter(client, place, meter));
  return { taken, rings };
}

function recentOf(meter: Meter, destination: DirectoryDestination, now: Date): number[] {
  const spanMs = defaultLimits.windowMs + defaultLimits.safetyMs;
  return meter.recentSentAtMs
    .filter((sentMs) => sentMs > now.getTime() - spanMs)
    .slice(-Math.max(destination.messagesPerMinute, 1) * 2);
}

/** Writes down what came of the last message. */
async function settle(
  transaction: Transaction,
  scene: Scene,
  meter: MutableMeter,
  { work, outcome }: Finished,
  now: Date,
): Promise<readonly Ring[]> {
  const { client } = transaction;
  const judged = judgeOutcome(outcome, {
    failures: meter.failures,
    isPossiblyTold: work.delivery.attempts > 1,
  });
  if (judged.answer && outcome.kind !== 'accepted') {
    await finishDelivery(client, work.delivery, judged.answer, now);
  }
  if (work.delivery.kind === 'cardCreated' && isCardRefused(outcome)) {
    transaction.write(noteCardsRefused(client, work.delivery, now));
  }
  const failuresBefore = meter.failures;
  meter.failures = judged.failures;
  if (judged.pauseMs > 0) meter.blockedUntilMs = now.getTime() + judged.pauseMs;
  else delete meter.blockedUntilMs;
  if (outcome.kind === 'accepted') {
    const shown = work.notices.at(-1);
    if (work.outTrackId !== undefined && shown?.subjectId !== undefined) {
      transaction.write(
        saveCard(client, {
          orgId: work.delivery.orgId,
          destinationId: work.delivery.destinationId,
          subjectId: shown.subjectId,
          outTrackId: work.outTrackId,
          version: shown.subjectVersion ?? 1,
        }),
      );
    }
  }
  const rings = await tellDeliveryTrouble(transaction, scene.options.announcer, {
    work,
    outcome,
    judged,
    failuresBefore,
    now,
  });
  if (work.delivery.kind !== 'file' || judged.answer?.state !== 'refused') return rings;
  const told = await tellLostFile(transaction, scene.options.announcer, { work, outcome, now });
  return [...rings, ...told];
}

/** DingTalk does not take this kind of card; a message it may take all the same. */
function isCardRefused(outcome: SendOutcome): boolean {
  if (outcome.kind !== 'refused') return false;
  return ['dingtalk.permissionMissing', 'dingtalk.requestInvalid'].includes(outcome.code);
}

interface Queue {
  readonly open: Awaited<ReturnType<typeof loadOpenDelivery>>;
  readonly waiting: readonly WaitingNotice[];
}

/** Takes up an unanswered message first, then what the plan says. */
async function take(
  transaction: Transaction,
  scene: Scene,
  meter: MutableMeter,
  { open, waiting }: Queue,
  now: Date,
): Promise<Taken<Work>> {
  const { client } = transaction;
  const { place, destination, org, month } = scene;
  const blockedUntilMs = meter.blockedUntilMs ?? 0;
  if (open) {
    if (blockedUntilMs > now.getTime()) return { kind: 'wait', untilMs: blockedUntilMs };
    const isKeyless = open.delivery.idempotencyKey === undefined;
    transaction.write(repeatDelivery(client, open.delivery, now, isKeyless));
    noteSend(transaction, scene, meter, open.delivery, now);
    const card = cardOf(open.delivery);
    return {
      kind: 'send',
      work: {
        delivery: { ...open.delivery, attempts: open.delivery.attempts + 1 },
        destination,
        org,
        notices: card === undefined ? open.notices : await showNewest(client, open.notices, place),
        ...(card === undefined ? {} : { outTrackId: card }),
      },
    };
  }
  const shown = await findShown(client, place, followedAmong(waiting));
  const plan = planDelivery({
    nowMs: now.getTime(),
    limits: {
      ...defaultLimits,
      perWindow: destination.messagesPerMinute,
      urgentReserve: Math.min(destination.urgentReserve, destination.messagesPerMinute - 1),
      urgentGapMs: Math.min(
        defaultLimits.urgentGapMs,
        (defaultLimits.urgentGapMs * 20) / destination.messagesPerMinute,
      ),
      digestMax: destination.digestMax,
    },
    recentSentAtMs: meter.recentSentAtMs,
    lastUrgentSentAtMs: meter.lastUrgentSentAtMs,
    blockedUntilMs: meter.blockedUntilMs,
    month: { ...month, lastNormalSentAtMs: meter.lastNormalSentAtMs },
    waiting: waiting.map((notice) => toPlanned(notice, scene, shown)),
  });
  if (plan.kind === 'idle' || plan.kind === 'wait') return plan;
  return beginPlanned(transaction, scene, meter, { plan, waiting, now });
}

function toPlanned(
  notice: WaitingNotice,
  { org, destination }: Scene,
  shown: ReadonlySet<string>,
): PlannedNotice {
  const { fact } = notice;
  const followedId = isEntryFact(fact) ? undefined : subjectOf(fact)?.subjectId;
  const { config } = destination;
  const isMovementCard =
    config.kind === 'appGroup' && config.style === 'card' && (notice.subjectVersion ?? 1) > 1;
  return {
    noticeId: notice.noticeId,
    position: Number(notice.position),
    lane: notice.lane,
    createdAtMs: notice.createdAtMs,
    notBeforeMs: notice.notBeforeMs ?? 0,
    groupKey: notice.groupKey,
    groupWaitMs: notice.groupWaitMs,
    groupMaximum: notice.groupMaximum,
    accountId: notice.accountId === undefined ? undefined : parseId('acc', notice.accountId),
    followedId,
    isLiveCard: isFollowed(fact) && showsCards(org, destination, cardSubjectOf(fact)),
    isCardUpdate: followedId === undefined ? isMovementCard : shown.has(followedId),
    isAlert: isAlertFact(fact),
    isAlone: fact.kind === 'report.file',
    language: notice.language,
    detail: notice.detail,
  };
}

async function beginPlanned(
  transaction: Transaction,
  scene: Scene,
  meter: MutableMeter,
  chosen: {
    readonly plan: Extract<Plan, { kind: 'send' | 'digest' }>;
    readonly waiting: readonly WaitingNotice[];
    readonly now: Date;
  },
): Promise<Taken<Work>> {
  const { client } = transaction;
  const { place, destination, org } = scene;
  const { plan, waiting, now } = chosen;
  const ids = new Set<string>(plan.noticeIds);
  const planned = waiting.filter(({ noticeId }) => ids.has(noticeId));
  const form = await chooseForm(client, scene, planned, plan.kind);
  const notices =
    form.outTrackId === undefined ? planned : await showNewest(client, planned, place);
  const deliveryId = newId('dlv');
  const delivery: Delivery = {
    ...place,
    deliveryId,
    kind: form.kind,
    lane: plan.lane,
    attempts: 1,
    ...idempotencyOf(destination, form, deliveryId),
  };
  transaction.write(beginDelivery(client, delivery, noticeIdsOf(notices), now));
  noteSend(transaction, scene, meter, delivery, now);
  return {
    kind: 'send',
    work: {
      delivery,
      destination,
      org,
      notices,
      ...(plan.kind === 'digest' ? { reason: plan.reason } : {}),
      ...(form.outTrackId === undefined ? {} : { outTrackId: form.outTrackId }),
    },
  };
}

function noticeIdsOf(notices: readonly WaitingNotice[]): readonly NoticeId[] {
  return notices.map(({ noticeId }) => noticeId);
}

/** What makes a repetition harmless: `msgUuid` of a custom robot, `outTrackId` of a card. */
function idempotencyOf(
  destination: DirectoryDestination,
  form: Form,
  deliveryId: string,
): { readonly idempotencyKey?: string } {
  if (form.outTrackId !== undefined) return { idempotencyKey: form.outTrackId };
  return destination.config.kind === 'robot' ? { idempotencyKey: deliveryId } : {};
}

function cardOf(delivery: Delivery): string | undefined {
  const isCard = delivery.kind === 'cardCreated' || delivery.kind === 'cardUpdated';
  return isCard ? delivery.idempotencyKey : undefined;
}

/** Every attempt counts against the window and the month, before its outcome is known. */
function noteSend(
  { client, write }: Transaction,
  { options, destination }: Scene,
  meter: MutableMeter,
  delivery: { readonly orgId: OrgId; readonly destinationId: DestinationId; readonly lane: Lane },
  now: Date,
): void {
  meter.recentSentAtMs = [...meter.recentSentAtMs, now.getTime()];
  if (delivery.lane === 'urgent') meter.lastUrgentSentAtMs = now.getTime();
  else meter.lastNormalSentAtMs = now.getTime();
  const budget = destination.config.kind === 'robot' ? 'webhook' : 'api';
  options.budgets.noteSend(delivery.orgId, budget);
  const day = dayIn(instantFromMs(now.getTime()), DINGTALK_ZONE).toString();
  const { orgId, destinationId } = delivery;
  write(addUsage(client, { orgId, destinationId, budget, day }));
}
