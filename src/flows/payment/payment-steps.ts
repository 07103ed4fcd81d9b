import { setTimeout as pause } from 'node:timers/promises';
import { msBetween } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { Happening, PaymentLife } from '#core/payment-happenings.ts';
import type { ApprovalReading } from '#core/payments.ts';
import { saveBalances } from '#store/balances.ts';
import { isDataError } from '#store/data-errors.ts';
import { claimAttempt } from '#store/payment-attempts.ts';
import { loadCash } from '#store/payment-checks.ts';
import { extendLease, findPayment, postponePayment } from '#store/payments.ts';
import type { Payment, PaymentRef } from '#store/payments.ts';
import { findTransferNotice, markNoticeRead } from '#store/transfer-notices.ts';
import { inTransaction } from '#store/transaction.ts';
import { passChokePoint, READING_FRESH_MS } from './choke-point.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { toInstruction, toLife } from './payment-facts.ts';
import type { PaymentSteps } from './payment-flow.ts';
import { LEASE_MS } from './payment-worker.ts';
import { recordHappening } from './record.ts';
import type { Recorded } from './record.ts';

/** What could not be read or asked is tried again after this. */
const POSTPONE_MS = 30_000;
/** A balance younger than this is not asked for again before a payment. */
const BALANCE_YOUNG_MS = 60_000;
const ACTOR = 'system';

/** Steps of one payment against the real world: our database, DingTalk, the bank. */
export function paymentSteps(deps: PaymentDeps, ref: PaymentRef): PaymentSteps {
  let heldFromMs = deps.now().epochMilliseconds;
  let readAt = deps.now();
  let current: Payment | undefined;
  let noticeId: string | undefined;

  const load = async (): Promise<{ payment: Payment; place: PaymentPlace }> => {
    const payment = current ?? (await findPayment(deps.services.pool, ref));
    if (!payment) throw new CashbellError('payment.notFound', { id: ref.paymentId });
    current = payment;
    return { payment, place: await placeOf(deps, payment) };
  };
  /** Calls to banks and to DingTalk take up to half a minute each; a few of them outlast the lease. */
  const hold = async (): Promise<void> => {
    const nowMs = deps.now().epochMilliseconds;
    if (nowMs - heldFromMs < LEASE_MS / 3) return;
    heldFromMs = nowMs;
    await extendLease(deps.services.pool, ref, new Date(nowMs + LEASE_MS));
  };
  const readApproval = async (payment: Payment): Promise<ApprovalReading> => {
    await hold();
    readAt = deps.now();
    return deps.readApproval(payment);
  };
  const keep = async ({ payment, rings }: Recorded): Promise<PaymentLife> => {
    current = payment;
    if (rings.length > 0) deps.onRings(rings);
    return toLife(payment, await placeOf(deps, payment));
  };

  return {
    nowMs: () => deps.now().epochMilliseconds,
    load: async () => {
      const { payment, place } = await load();
      return toLife(payment, place);
    },
    readApproval: async () => readApproval((await load()).payment),
    intend: async (reading: ApprovalReading) => {
      const { payment, place } = await load();
      // Only what will not be stopped by its approval is worth a question to the bank.
      if (reading.kind === 'agreed') await refreshBalance(deps, payment, place);
      // The bank may have taken its time.
      const isOld = msBetween(readAt, deps.now()) > READING_FRESH_MS / 2;
      const fresh = isOld ? await readApproval(payment) : reading;
      const now = dateOf(deps.now());
      return keep(
        await inTransaction(deps.services.pool, (_client, transaction) =>
          passChokePoint(transaction, deps, ref, fresh, { actor: ACTOR, now, readAt }),
        ),
      );
    },
    send: async () => {
      await hold();
      const { payment, place } = await load();
      return sendAttempt(deps, payment, place);
    },
    ask: async () => {
      await hold();
      const { payment, place } = await load();
      return askBank(deps, payment, place);
    },
    readNotice: async () => {
      const { payment } = await load();
      const notice = await findTransferNotice(deps.services.pool, payment);
      if (!notice) throw new CashbellError('payment.stateConflict', { id: ref.paymentId });
      noticeId = notice.noticeId;
      return { kind: 'notified', report: notice.report };
    },
    record: async (happening) => {
      const now = dateOf(deps.now());
      const attemptId = attemptKinds.has(happening.kind) ? current?.attempt?.attemptId : undefined;
      const context = { actor: ACTOR, now, attemptId };
      return keep(
        await persist(() =>
          inTransaction(deps.services.pool, async (client, transaction) => {
            if (happening.kind === 'notified' && noticeId !== undefined) {
              await markNoticeRead(client, ref.orgId, noticeId, now);
            }
            return recordHappening(transaction, deps, ref, happening, context);
          }),
        ),
      );
    },
    postpone: async () => {
      const until = new Date(deps.now().epochMilliseconds + POSTPONE_MS);
      await postponePayment(deps.services.pool, ref, until);
    },
  };
}

/** News of one sending, which must not be taken for news of another. */
const attemptKinds: ReadonlySet<Happening['kind']> = new Set([
  'answered',
  'refused',
  'notExecuted',
  'answerLost',
  'asked',
  'askFailed',
]);

const RECORD_PAUSES_MS = [50, 500, 2_000, 5_000];

/**
 * What a bank has said is not lost because our database was away for a moment, or because of a
 * deadlock. Whatever was committed without our hearing of it stands, and hearing it twice changes
 * nothing.
 */
async function persist<T>(record: () => Promise<T>): Promise<T> {
  for (const pauseMs of RECORD_PAUSES_MS) {
    try {
      return await record();
    } catch (error) {
      if (isCashbellError(error) || isDataError(error)) throw error;
      await pause(pauseMs);
    }
  }
  return record();
}

/**
 * Sends the intended attempt. The permission is taken by setting `sent_at`, which can be done once,
 * whoever else looks at the same row.
 */
async function sendAttempt(
  deps: PaymentDeps,
  payment: Payment,
  place: PaymentPlace,
): Promise<Happening> {
  const { attempt } = payment;
  if (attempt?.state !== 'intended') throw new CashbellError('payment.stateConflict');
  let isTaken = false;
  const claim = async (externalId: string, now: Instant): Promise<void> => {
    const claimed = await claimAttempt(
      deps.services.pool,
      {
        ...payment,
        attemptId: attempt.attemptId,
        settingsVersion: place.settingsVersion,
      },
      externalId,
      dateOf(now),
      dateOf(deps.now()),
    );
    switch (claimed) {
      case 'claimed':
        return;
      case 'stopped':
        throw new CashbellError('payment.stopped', { reason: '' });
      case 'old':
        throw new CashbellError('payment.intentStale');
      case 'taken':
        isTaken = true;
        throw new CashbellError('payment.stateConflict', { id: payment.paymentId });
    }
  };
  const outcome = await deps.transfers.initiate(
    { connection: place.connection, accountId: payment.accountId },
    toInstruction(payment, place),
    claim,
  );
  // Another run has it in hand: what becomes of it is that run's news.
  if (isTaken) throw new CashbellError('payment.stateConflict', { id: payment.paymentId });
  const sinceMs = Math.max(
    payment.notBefore.epochMilliseconds,
    payment.authorisedAt?.epochMilliseconds ?? 0,
  );
  const tookMs = deps.now().epochMilliseconds - sinceMs;
  deps.onSent?.(place.connector.id, outcome.kind, tookMs);
  return outcome;
}

/** Asks the bank by our reference; a failure to ask proves nothing. */
async function askBank(
  deps: PaymentDeps,
  payment: Payment,
  place: PaymentPlace,
): Promise<Happening> {
  const { lastSent } = payment;
  const askedAtMs = deps.now().epochMilliseconds;
  try {
    if (!lastSent) throw new CashbellError('payment.stateConflict');
    const answer = await deps.transfers.inquire(
      { connection: place.connection, accountId: payment.accountId },
      {
        instruction: toInstruction(payment, place),
        externalId: lastSent.externalId,
        sentAt: lastSent.at,
        ...(payment.bankReference === undefined ? {} : { bankReference: payment.bankReference }),
      },
    );
    return { kind: 'asked', answer, askedAtMs };
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    return { kind: 'askFailed', reason: { code: error.code, details: error.details } };
  }
}

const refreshing = new Map<string, Promise<void>>();

/** Brings a young balance, once for all payments of an account that wait for it. */
async function refreshBalance(
  deps: PaymentDeps,
  payment: Payment,
  place: PaymentPlace,
): Promise<void> {
  const { connector, account } = place;
  if (!connector.exchanges.fetchBalances) return;
  const known = await loadCash(deps.services.pool, payment);
  if (known && msBetween(known.asOf, deps.now()) < BALANCE_YOUNG_MS) return;
  const key = `${payment.orgId}/${account.accountId}`;
  const running =
    refreshing.get(key) ?? fetchBalance(deps, place).finally(() => refreshing.delete(key));
  refreshing.set(key, running);
  try {
    await running;
  } catch (error) {
    // The choke point says what is missing; the bank's silence is no reason to lose the payment.
    if (!isCashbellError(error)) throw error;
    if (error.code === 'connector.capabilityMissing') throw error;
  }
}

async function fetchBalance(
  deps: PaymentDeps,
  { connection, account }: PaymentPlace,
): Promise<void> {
  const balances = await deps.banks.ask(
    connection,
    (connector) => connector.exchanges.fetchBalances,
    { number: account.number, currency: account.currency },
    account.accountId,
  );
  await inTransaction(deps.services.pool, async (client) => {
    await saveBalances(
      client,
      balances.map((balance) => ({ account, balance, source: 'statement' as const })),
    );
  });
}

function dateOf(instant: Instant): Date {
  return new Date(instant.epochMilliseconds);
}
