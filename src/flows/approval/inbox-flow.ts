/** News that something happened to an approval. What happened is read, never believed. */
export interface ApprovalNews {
  readonly processInstanceId: string;
  /** Empty when the news did not say it. */
  readonly processCode: string;
  /** The news said that people decided, or that it was taken back. */
  readonly isEnd: boolean;
  /** Times that this news was worked on before. */
  readonly attempts: number;
}

/** A payment that the approval is about, as far as the story cares. */
export interface NewsPayment {
  readonly paymentId: string;
  readonly isAwaiting: boolean;
  /** Made from the form itself, not by an approval that we started. */
  readonly isFromForm: boolean;
}

/** An approval as it stands now. */
export interface InstanceView {
  readonly status: 'running' | 'agreed' | 'refused' | 'withdrawn';
  /** Changes or revokes an earlier one; `mainId` says which, when known. */
  readonly isAboutAnother: boolean;
  readonly mainId: string;
  /** What stands in the field for our reference; empty for what people filled in themselves. */
  readonly reference: string;
}

/** What the story needs of the world. Each step is safe to run again. */
export interface InboxSteps {
  findPayments(processInstanceId: string): Promise<readonly NewsPayment[]>;
  wake(paymentIds: readonly string[]): Promise<void>;
  /** What kind of form it is, or that we do not know it. */
  kindOfForm(processCode: string): Promise<'unknown' | 'single' | 'table'>;
  readInstance(news: ApprovalNews): Promise<InstanceView>;
  /**
   * Binds an approval that carries a reference of ours: to its payment, which is given back; or it is
   * another one than the one that is bound (`double`), or nothing of ours (`unknown`).
   */
  bindOwn(
    news: ApprovalNews,
    instance: InstanceView,
  ): Promise<{ readonly paymentId: string } | 'double' | 'unknown'>;
  /** Asks for the payments of the form: all of them or none. */
  request(news: ApprovalNews): Promise<
    | { readonly kind: 'requested'; readonly paymentIds: readonly string[] }
    /** Told to the people concerned; `mayPassLater` when they can mend it. */
    | { readonly kind: 'refused'; readonly problem: string; readonly mayPassLater: boolean }
  >;
  /** Says below the approval why it is not paid. */
  remark(news: ApprovalNews, why: 'duplicate' | 'linked'): Promise<void>;
  /** Nothing about this approval will change for us any more: it need not be read again. */
  forget(news: ApprovalNews): Promise<void>;
}

export type NewsEnd =
  | { readonly kind: 'processed' }
  | { readonly kind: 'ignored' | 'failed'; readonly problem: string }
  | { readonly kind: 'again'; readonly afterMs: number; readonly problem: string };

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** DingTalk's pages may lag behind its events: a payment that still waits is woken again. */
const FOLLOW_UPS_MS = [15 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS];
/** A payee may be registered after the approval: it is tried again for a week. */
const LATER_MS = [
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  ...Array.from({ length: 28 }, () => 6 * HOUR_MS),
];

/**
 * What follows from news about an approval. Payments that exist are only woken: their own story reads
 * the approval afresh. A form that people filled in becomes payments, once per row, whatever told of
 * it and how often. An approval that we started belongs to its payment; a second one of it, and one
 * that changes an earlier request, is never paid by itself.
 */
export async function takeApprovalNews(news: ApprovalNews, steps: InboxSteps): Promise<NewsEnd> {
  const payments = await steps.findPayments(news.processInstanceId);
  const known = payments.map(({ paymentId }) => paymentId);
  // A reading costs one of the month's calls: only an end is worth it.
  if (news.isEnd) await steps.wake(known);
  const form = await steps.kindOfForm(news.processCode);
  // Rows may have been added to a table before it was agreed; all others are complete.
  const mayGrow = form === 'table' && news.isEnd && payments.every((one) => one.isFromForm);
  if (known.length > 0 && !(mayGrow && news.attempts === 0)) return followUp(news, payments);
  if (form === 'unknown') return { kind: 'ignored', problem: 'not a form of ours' };
  return takeInstance(news, steps);
}

/** Wakes a payment again while its approval ended and it does not know yet. */
function followUp(news: ApprovalNews, payments: readonly NewsPayment[]): NewsEnd {
  const afterMs = FOLLOW_UPS_MS[news.attempts];
  const isStillWaiting = payments.some(({ isAwaiting }) => isAwaiting);
  if (!news.isEnd || !isStillWaiting || afterMs === undefined) return { kind: 'processed' };
  return { kind: 'again', afterMs, problem: 'still waiting for approval' };
}

async function takeInstance(news: ApprovalNews, steps: InboxSteps): Promise<NewsEnd> {
  const instance = await steps.readInstance(news);
  if (instance.reference !== '') {
    const own = await steps.bindOwn(news, instance);
    if (own === 'double') return leave(news, steps, 'duplicate');
    if (own !== 'unknown') {
      await steps.wake([own.paymentId]);
      return { kind: 'processed' };
    }
  }
  if (instance.isAboutAnother) {
    const others = instance.mainId === '' ? [] : await steps.findPayments(instance.mainId);
    await steps.wake(others.map(({ paymentId }) => paymentId));
    return instance.status === 'running' ? { kind: 'processed' } : leave(news, steps, 'linked');
  }
  if (instance.status === 'refused' || instance.status === 'withdrawn') {
    await steps.forget(news);
    return { kind: 'ignored', problem: instance.status };
  }
  const outcome = await steps.request(news);
  if (outcome.kind === 'requested') {
    // What was agreed before we knew of it goes on at once.
    await steps.wake(outcome.paymentIds);
    return { kind: 'processed' };
  }
  const { problem, mayPassLater } = outcome;
  // While it runs people may mend the form itself; news of its end may be lost, so it is kept.
  const mayChange = mayPassLater || instance.status === 'running';
  const afterMs = LATER_MS[news.attempts];
  if (mayChange && afterMs !== undefined) return { kind: 'again', afterMs, problem };
  await steps.forget(news);
  return { kind: 'failed', problem };
}

async function leave(
  news: ApprovalNews,
  steps: InboxSteps,
  why: 'duplicate' | 'linked',
): Promise<NewsEnd> {
  await steps.remark(news, why);
  await steps.forget(news);
  return { kind: 'ignored', problem: why };
}
