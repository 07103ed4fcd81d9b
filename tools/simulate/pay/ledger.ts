import { CashbellError } from '#core/errors.ts';
import type { Development, Happening, Reason } from '#core/payment-happenings.ts';
import { judgeNews } from '#core/payment-news.ts';
import { foldAccount } from '#core/payments.ts';
import type { PaymentState, TransferReport } from '#core/payments.ts';
import { policyFor } from './places.ts';
import { makeRow, toLife, wordsOf } from './rows.ts';
import type { NewRow, Row } from './rows.ts';

/** What people are told of a payment; committed together with what it tells. */
export interface Card {
  readonly paymentId: string;
  readonly atMs: number;
  readonly state: PaymentState;
  readonly sourceKey: string;
  readonly endToEndId: string;
  readonly invoice: string;
  readonly reason: Reason | undefined;
  /** People are asked what became of it. */
  readonly isQuestion: boolean;
}

export interface Alarm {
  readonly paymentId: string;
  readonly atMs: number;
  readonly reason: Reason;
}

export interface Sending {
  readonly row: Row;
  readonly atMs: number;
}

/** When it is recorded. */
export interface Context {
  readonly nowMs: number;
  readonly attemptId?: string | undefined;
}

interface Notice {
  readonly noticeId: number;
  readonly words: string;
  readonly report: TransferReport;
  readonly endToEndId: string;
  readonly bankReference: string;
  isRead: boolean;
}

/** The rows of all payments, changed as our transactions change them: at one moment, or not at all. */
export interface Ledger {
  readonly cards: readonly Card[];
  readonly alarms: readonly Alarm[];
  rows(): Iterable<Row>;
  insert(row: NewRow, nowMs: number): { readonly row: Row; readonly isNew: boolean };
  get(paymentId: string): Row;
  bySource(sourceKey: string): Row | undefined;
  record(paymentId: string, happening: Happening, context: Context): Row;
  insertAttempt(row: Row, nowMs: number): void;
  wake(paymentIds: readonly string[], nowMs: number): void;
  /** Anything else that a statement of ours changes in one row. */
  change(row: Row, change: Partial<Mutable>): void;
  saveNotice(notice: Omit<Notice, 'noticeId' | 'words' | 'isRead'>, nowMs: number): void;
  oldestNotice(row: Row): Notice | undefined;
  /** Payments that may show on an account, and those that an entry names. */
  linkable(accountId: string, references: readonly string[]): Row[];
  /** Sent from an account and not yet seen there. */
  unsettled(accountId: string): Iterable<Row>;
  /** Intents of an account in the order of their time. */
  sendings(accountId: string): readonly Sending[];
  lookingLike(row: Row): readonly Row[];
  hasNotice(row: Row): boolean;
}

type Mutable = { -readonly [K in keyof Row]: Row[K] };

export interface LedgerOptions {
  /** A payment is due then. */
  readonly onDue: (row: Row) => void;
  readonly onCard: (card: Card, row: Row) => void;
  readonly trace: (paymentId: string, text: () => string) => void;
}

const ON_THE_WAY: ReadonlySet<PaymentState> = new Set([
  'submitting',
  'submitted',
  'unknown',
  'confirmed',
]);

export function createLedger({ onDue, onCard, trace }: LedgerOptions): Ledger {
  const cards: Card[] = [];
  const alarms: Alarm[] = [];
  const told = new Set<string>();
  const rows = new Map<string, Row>();
  const bySource = new Map<string, Row>();
  const byReference = new Map<string, Row[]>();
  const unsettled = new Map<string, Set<Row>>();
  const sendings = new Map<string, Sending[]>();
  const alike = new Map<string, Row[]>();
  const notices = new Map<string, Notice[]>();
  let attempts = 0;
  let noticeCount = 0;

  const noticesOf = ({ endToEndId, bankReference }: Row): Notice[] => {
    const byOurs = notices.get(endToEndId) ?? [];
    const byTheirs = bankReference === undefined ? [] : (notices.get(bankReference) ?? []);
    if (byTheirs.length === 0) return byOurs;
    return [...new Set([...byOurs, ...byTheirs])].toSorted((a, b) => a.noticeId - b.noticeId);
  };
  const hasNotice = (row: Row): boolean =>
    notices.size > 0 && noticesOf(row).some(({ isRead }) => !isRead);

  const reindex = (row: Row): void => {
    const waiting = setOf(unsettled, row.account.accountId);
    if (ON_THE_WAY.has(row.state) && row.settlementEntryId === undefined) waiting.add(row);
    else waiting.delete(row);
  };
  const change = (row: Row, changes: Partial<Mutable>): void => {
    const { bankReference } = row;
    Object.assign(row, changes);
    if (bankReference === undefined && row.bankReference !== undefined) {
      listOf(byReference, row.bankReference).push(row);
    }
    reindex(row);
    onDue(row);
  };
  const tell = (row: Row, nowMs: number): void => {
    const card: Card = {
      paymentId: row.paymentId,
      atMs: nowMs,
      state: row.state,
      sourceKey: row.sourceKey,
      endToEndId: row.endToEndId,
      invoice: row.invoice,
      reason: row.reason,
      isQuestion: row.decisionSinceMs !== undefined,
    };
    cards.push(card);
    onCard(card, row);
  };
  const alarm = (row: Row, reason: Reason, nowMs: number): void => {
    const key = `${row.paymentId}/${reason.code}`;
    if (told.has(key)) return;
    told.add(key);
    alarms.push({ paymentId: row.paymentId, atMs: nowMs, reason });
    trace(row.paymentId, () => `ALARM ${reason.code}`);
  };

  return {
    cards,
    alarms,
    rows: () => rows.values(),
    insert: (row, nowMs) => {
      const known = bySource.get(row.sourceKey);
      if (known) return { row: known, isNew: false };
      const inserted = makeRow(row, `pay_${rows.size + 1}`, nowMs);
      rows.set(inserted.paymentId, inserted);
      bySource.set(inserted.sourceKey, inserted);
      listOf(byReference, inserted.endToEndId).push(inserted);
      for (const key of likenesses(inserted)) listOf(alike, key).push(inserted);
      trace(inserted.paymentId, () => `requested by ${row.maker} as ${row.endToEndId}`);
      tell(inserted, nowMs);
      onDue(inserted);
      return { row: inserted, isNew: true };
    },
    get: (paymentId) => {
      const row = rows.get(paymentId);
      if (!row) throw new CashbellError('payment.notFound', { id: paymentId });
      return row;
    },
    bySource: (sourceKey) => bySource.get(sourceKey),
    record: (paymentId, happening, context) => {
      const row = rows.get(paymentId);
      if (!row) throw new CashbellError('payment.notFound', { id: paymentId });
      const { attemptId, nowMs } = context;
      const {
        development,
        alarms: raised,
        lookAtMs,
      } = judgeNews(toLife(row, hasNotice(row)), {
        happening,
        isOfOlderAttempt: attemptId !== undefined && row.attempt?.attemptId !== attemptId,
        instructedAmount: row.content.instructedAmount,
        bankReference: row.bankReference,
        policy: policyFor(row.account, row.rail),
        nowMs,
      });
      const before = row.state;
      trace(
        paymentId,
        () => `${before} + ${wordsOf(happening)} -> ${development?.state ?? 'no change'}`,
      );
      if (development) {
        change(row, changesOf(row, happening, development, nowMs));
        if (development.isTold) tell(row, nowMs);
      } else {
        change(row, { nextAtMs: isWoken(row) ? nowMs : lookAtMs });
      }
      for (const one of raised) alarm(row, one, nowMs);
      return row;
    },
    insertAttempt: (row, nowMs) => {
      const open = row.attempt?.state;
      // The partial unique index of the table.
      if (open && ['intended', 'sending', 'unknown', 'accepted'].includes(open)) {
        throw new Error(`${row.paymentId} has an attempt under way`);
      }
      attempts += 1;
      if (row.attempt) row.earlier = [...row.earlier, row.attempt];
      listOf(sendings, row.account.accountId).push({ row, atMs: nowMs });
      row.attempt = {
        attemptId: `att_${attempts}`,
        number: (row.attempt?.number ?? 0) + 1,
        intendedAtMs: nowMs,
        state: 'intended',
        externalId: undefined,
        sentAtMs: undefined,
      };
    },
    wake: (paymentIds, nowMs) => {
      for (const paymentId of paymentIds) {
        const row = rows.get(paymentId);
        if (row) change(row, { nextAtMs: least(row.nextAtMs, nowMs), wokenAtMs: nowMs });
      }
    },
    change,
    saveNotice: (notice, nowMs) => {
      const words = `${notice.bankReference} ${notice.report.status}`;
      const known = listOf(notices, notice.endToEndId);
      if (!known.some((one) => one.words === words)) {
        noticeCount += 1;
        const saved = { ...notice, noticeId: noticeCount, words, isRead: false };
        known.push(saved);
        listOf(notices, notice.bankReference).push(saved);
      }
      const meant = new Set([
        ...(byReference.get(notice.endToEndId) ?? []),
        ...(byReference.get(notice.bankReference) ?? []),
      ]);
      for (const row of meant) {
        trace(row.paymentId, () => `notice: ${notice.report.status}`);
        change(row, { nextAtMs: least(row.nextAtMs, nowMs), wokenAtMs: nowMs });
      }
    },
    oldestNotice: (row) => noticesOf(row).find(({ isRead }) => !isRead),
    linkable: (accountId, references) => {
      const found = new Set(setOf(unsettled, accountId));
      for (const reference of references) {
        for (const row of byReference.get(reference) ?? []) {
          if (row.account.accountId === accountId && row.firstSentAtMs !== undefined)
            found.add(row);
        }
      }
      return [...found];
    },
    unsettled: (accountId) => setOf(unsettled, accountId),
    sendings: (accountId) => sendings.get(accountId) ?? [],
    lookingLike: (row) => likenesses(row).flatMap((key) => alike.get(key) ?? []),
    hasNotice,
  };
}

/** Since a worker took it. */
function isWoken({ wokenAtMs }: Row): boolean {
  return wokenAtMs !== undefined;
}

/** What `updatePayment` and `updateAttempt` write. */
function changesOf(
  row: Row,
  happening: Happening,
  development: Development,
  nowMs: number,
): Partial<Mutable> {
  const { report, reason } = development;
  const isMoved = development.state !== row.state;
  if (development.attempt !== undefined && development.attempt !== 'intended' && row.attempt) {
    row.attempt.state = development.attempt;
  }
  return {
    version: row.version + (development.isTold ? 1 : 0),
    state: development.state,
    stateSinceMs: isMoved ? nowMs : row.stateSinceMs,
    reason: isMoved || reason ? reason : row.reason,
    transferStatus: report?.status ?? row.transferStatus,
    bankReference: report?.bankReference ?? row.bankReference,
    inquiries: development.inquiries ?? row.inquiries,
    notFoundCount: development.notFoundCount ?? row.notFoundCount,
    failures: development.failures ?? row.failures,
    decisionSinceMs: decisionOf(row, development, nowMs),
    nextAtMs: isWoken(row) ? nowMs : development.nextAtMs,
    authorisedAtMs: row.authorisedAtMs ?? (development.state === 'authorised' ? nowMs : undefined),
    firstSentAtMs: row.firstSentAtMs ?? (happening.kind === 'intended' ? nowMs : undefined),
  };
}

function decisionOf(row: Row, { decision }: Development, nowMs: number): number | undefined {
  if (decision === 'end') return undefined;
  return decision === 'begin' ? (row.decisionSinceMs ?? nowMs) : row.decisionSinceMs;
}

/** By account and by payee: who is paid may have another account by now. */
function likenesses({ content, invoice, payee }: Row): string[] {
  const { creditor, instructedAmount } = content;
  const { amountMinorUnits, currency } = instructedAmount;
  const owed = `${amountMinorUnits} ${currency} ${invoice}`;
  return [`${foldAccount(creditor.account)} ${owed}`, `payee ${payee} ${owed}`];
}

/** As the database takes the least: what is not set does not count. */
export function least(left: number | undefined, right: number): number {
  return left === undefined ? right : Math.min(left, right);
}

function setOf<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  let found = map.get(key);
  if (!found) map.set(key, (found = new Set()));
  return found;
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  let found = map.get(key);
  if (!found) map.set(key, (found = []));
  return found;
}
