import { CashbellError } from '#core/errors.ts';
import type { Happening } from '#core/payment-happenings.ts';
import type { ApprovalReading, TransferReport } from '#core/payments.ts';
import { outcomeOf } from '#engine/transfer-calls.ts';
import { READING_FRESH_MS } from '#flows/payment/choke-point.ts';
import type { PaymentSteps } from '#flows/payment/payment-flow.ts';
import { LEASE_MS } from '#flows/payment/payment-worker.ts';
import { INTENT_FRESH_MS, REQUEST_FRESH_MS } from '#store/payment-attempts.ts';
import type { BankAnswer, Banks } from './bank.ts';
import type { Chance } from './chance.ts';
import { isHeardOf, isStopped, passChokePoint } from './checks.ts';
import type { Settings } from './checks.ts';
import type { Ledger } from './ledger.ts';
import { sentOf, toLife } from './rows.ts';
import type { Row } from './rows.ts';
import { MINUTE_MS } from './places.ts';
import type { Mortal, VirtualTime } from './virtual-time.ts';

/** What the steps of all payments share. */
export interface StepsWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly settings: Settings;
  readonly banks: Banks;
  /** How an approval stands, read where it was given. */
  readonly readApproval: (row: Row) => ApprovalReading;
  readonly trace: (paymentId: string, text: () => string) => void;
}

/** A worker's process, as its work sees it. */
export interface Process {
  readonly owner: Mortal;
  readonly workerId: string;
  /** By the process's own clock. */
  nowMs(): number;
  /** A moment at which it may die or stand still; each lies before or after something that counts. */
  pass(paymentId: string, where: string): Promise<void>;
}

const POSTPONE_MS = 30_000;
const BALANCE_YOUNG_MS = MINUTE_MS;
const RECORD_PAUSES_MS = [50, 500, 2_000, 5_000];
/** Our connection to the database breaks, before or after the commit. */
const DATABASE_FAILS = 0.0008;
/** Our own budget or circuit breaker lets no call out. */
const NOT_ASKED = 0.01;

/** Steps of one payment against the model world; the same commits as `paymentSteps` makes. */
export function memorySteps(world: StepsWorld, process: Process, paymentId: string): PaymentSteps {
  const { time, chance, ledger, settings, banks } = world;
  let heldFromMs = process.nowMs();
  let readAtMs = process.nowMs();
  let current: Row | undefined;
  let noticeId: number | undefined;

  const keep = (row: Row) => {
    current = copyOf(row);
    return toLife(row, ledger.hasNotice(row));
  };
  const load = (): Row => current ?? copyOf(ledger.get(paymentId));
  const commit = async (where: string, work: () => Row) => {
    await process.pass(paymentId, `before ${where}`);
    if (chance.chance(DATABASE_FAILS)) throw new DatabaseGone();
    const life = keep(work());
    await process.pass(paymentId, `after ${where}`);
    if (chance.chance(DATABASE_FAILS)) throw new DatabaseGone();
    return life;
  };

  const hold = async (): Promise<void> => {
    const nowMs = process.nowMs();
    if (nowMs - heldFromMs < LEASE_MS / 3) return;
    heldFromMs = nowMs;
    await process.pass(paymentId, 'before holding it longer');
    const row = ledger.get(paymentId);
    if (row.leaseUntilMs === undefined) return;
    ledger.change(row, { leaseUntilMs: Math.max(row.leaseUntilMs, nowMs + LEASE_MS) });
  };
  const readApproval = async (): Promise<ApprovalReading> => {
    await hold();
    readAtMs = process.nowMs();
    await process.pass(paymentId, 'before reading the approval');
    const reading = world.readApproval(load());
    await process.pass(paymentId, 'after reading the approval');
    return reading;
  };
  const refreshBalance = async (row: Row): Promise<void> => {
    const known = settings.cash.get(row.account.accountId);
    if (known && process.nowMs() - known.asOfMs < BALANCE_YOUNG_MS) return;
    const answer = await askWithin<bigint>(process, row, (answered) =>
      banks.balance(row.account, answered),
    );
    if (answer.kind === 'error') return;
    const asOfMs = process.nowMs();
    settings.cash.set(row.account.accountId, { availableMinorUnits: answer.value, asOfMs });
  };
  const askWithin = <T>(
    asking: Process,
    row: Row,
    ask: (answer: (said: BankAnswer<T>) => void) => void,
  ): Promise<BankAnswer<T>> =>
    time.wait<BankAnswer<T>>(asking.owner, ask, {
      ms: row.account.bank.timeoutMs,
      value: { kind: 'error', code: 'transport.timeout' },
    });

  return {
    nowMs: () => process.nowMs(),
    load: async () => {
      await process.pass(paymentId, 'load');
      return keep(ledger.get(paymentId));
    },
    readApproval,
    intend: async (reading) => {
      if (reading.kind === 'agreed') await refreshBalance(load());
      const isOld = process.nowMs() - readAtMs > READING_FRESH_MS / 2;
      const fresh = isOld ? await readApproval() : reading;
      const nowMs = process.nowMs();
      return commit('the intent', () => {
        const context = { nowMs, readAtMs, atMs: process.nowMs() };
        return passChokePoint(ledger, settings, paymentId, fresh, context);
      });
    },
    send: async () => {
      await hold();
      const row = load();
      if (row.attempt?.state !== 'intended') throw new CashbellError('payment.stateConflict');
      return sendAttempt(world, process, row);
    },
    ask: async () => {
      await hold();
      const row = load();
      const askedAtMs = process.nowMs();
      await process.pass(paymentId, 'before asking');
      const lastSent = sentOf(row).at(-1);
      if (!lastSent) return failed('payment.stateConflict');
      if (chance.chance(NOT_ASKED)) return failed('transport.budgetExhausted');
      const { account, endToEndId, bankReference } = row;
      const externalId = lastSent.externalId ?? '';
      const said = await askWithin<Extract<Happening, { kind: 'asked' }>['answer']>(
        process,
        row,
        (answer) => banks.inquire({ account, endToEndId, externalId, bankReference }, answer),
      );
      await process.pass(paymentId, 'after asking');
      return said.kind === 'error'
        ? failed(said.code)
        : { kind: 'asked', answer: said.value, askedAtMs };
    },
    readNotice: async () => {
      await process.pass(paymentId, 'before reading a notice');
      const notice = ledger.oldestNotice(load());
      if (!notice) throw new CashbellError('payment.stateConflict', { id: paymentId });
      noticeId = notice.noticeId;
      return { kind: 'notified', report: notice.report };
    },
    record: async (happening) => {
      const attemptId = isOfAttempt(happening) ? current?.attempt?.attemptId : undefined;
      const context = { nowMs: process.nowMs(), attemptId };
      const work = (): Row => {
        const notice = ledger.oldestNotice(ledger.get(paymentId));
        if (happening.kind === 'notified' && notice?.noticeId === noticeId && notice) {
          notice.isRead = true;
        }
        return ledger.record(paymentId, happening, context);
      };
      for (const pauseMs of RECORD_PAUSES_MS) {
        try {
          return await commit('the record', work);
        } catch (error) {
          if (!(error instanceof DatabaseGone)) throw error;
          await time.pause(process.owner, pauseMs);
        }
      }
      return commit('the record', work);
    },
    postpone: async () => {
      const nextAtMs = process.nowMs() + POSTPONE_MS;
      await process.pass(paymentId, 'before postponing');
      ledger.change(ledger.get(paymentId), { nextAtMs });
    },
  };
}

/** The connection to our database broke; nobody knows whether the commit was heard. */
export class DatabaseGone extends Error {
  constructor() {
    super('the database is gone');
    this.name = 'DatabaseGone';
  }
}

function failed(code: CashbellError['code']): Happening {
  return { kind: 'askFailed', reason: { code, details: {} } };
}

const attemptKinds: ReadonlySet<Happening['kind']> = new Set([
  'answered',
  'refused',
  'notExecuted',
  'answerLost',
  'asked',
  'askFailed',
]);

function isOfAttempt({ kind }: Happening): boolean {
  return attemptKinds.has(kind);
}

function copyOf(row: Row): Row {
  return {
    ...row,
    attempt: row.attempt && { ...row.attempt },
    earlier: row.earlier.map((attempt) => ({ ...attempt })),
  };
}

/** The order as its bank gets it. */
export function callTheBank(
  { time, banks }: StepsWorld,
  process: Process,
  row: Row,
  signed: { readonly externalId: string; readonly signedAtMs: number },
): Promise<BankAnswer<TransferReport>> {
  const { account, rail, endToEndId, content } = row;
  return time.wait<BankAnswer<TransferReport>>(
    process.owner,
    (answer) =>
      banks.transfer(
        {
          ...signed,
          account,
          rail,
          endToEndId,
          creditor: content.creditor,
          amount: content.instructedAmount,
          remark: `${endToEndId}${row.invoice}`,
        },
        answer,
      ),
    { ms: account.bank.timeoutMs, value: { kind: 'error', code: 'transport.timeout' } },
  );
}

/** Takes the permission, once, and sends; see `sendAttempt` of payment-steps.ts. */
async function sendAttempt(world: StepsWorld, process: Process, row: Row): Promise<Happening> {
  const { chance } = world;
  const { paymentId } = row;
  let mayHaveLeft = false;
  try {
    if (chance.chance(NOT_ASKED)) throw new CashbellError('transport.circuitOpen');
    const signedAtMs = process.nowMs();
    await process.pass(paymentId, 'before the claim');
    if (chance.chance(DATABASE_FAILS)) throw new DatabaseGone();
    const externalId = claimAttempt(world, row, signedAtMs, process.nowMs());
    if (chance.chance(DATABASE_FAILS)) throw new DatabaseGone();
    await process.pass(paymentId, 'after the claim, before the first byte');
    mayHaveLeft = true;
    const said = await callTheBank(world, process, row, { externalId, signedAtMs });
    await process.pass(paymentId, 'after the answer');
    if (said.kind === 'error') throw new CashbellError(said.code);
    return { kind: 'answered', report: said.value };
  } catch (error) {
    if (error instanceof CashbellError && error.code === 'payment.stateConflict') throw error;
    return outcomeOf(error, mayHaveLeft);
  }
}

/** Sets `sent_at`, which can be done once (store/payment-attempts.ts). Gives the id of the call. */
function claimAttempt(
  { ledger, settings }: StepsWorld,
  seen: Row,
  signedAtMs: number,
  nowMs: number,
): string {
  const row = ledger.get(seen.paymentId);
  const { attempt } = row;
  const isOurs = attempt !== undefined && attempt.attemptId === seen.attempt?.attemptId;
  if (!isOurs || attempt.state !== 'intended') {
    throw new CashbellError('payment.stateConflict', { id: row.paymentId });
  }
  if (isStopped(settings, row.account)) throw new CashbellError('payment.stopped', { reason: '' });
  const isOld =
    attempt.intendedAtMs < nowMs - INTENT_FRESH_MS || signedAtMs < nowMs - REQUEST_FRESH_MS;
  if (isOld || isHeardOf(ledger, row)) {
    throw new CashbellError('payment.intentStale');
  }
  attempt.state = 'sending';
  attempt.sentAtMs = signedAtMs;
  attempt.externalId = `x${attempt.attemptId}`;
  return attempt.externalId;
}
