/** What a drain of one destination does to the world; the story decides, these do. */
export interface NotificationSteps<Work, Outcome> {
  /**
   * In one transaction: writes down what came of the last message, and either commits the intent of
   * the next one or says why there is none. After it the world may be touched.
   */
  settleAndTake(last?: { readonly work: Work; readonly outcome: Outcome }): Promise<Taken<Work>>;
  /** Sends the message whose intent is on disk. Never throws: no answer is an outcome too. */
  send(work: Work): Promise<Outcome>;
}

export type Taken<Work> =
  | { readonly kind: 'send'; readonly work: Work }
  /** Nothing waits. */
  | { readonly kind: 'idle' }
  /** Something waits for a token, a group or the end of a penalty. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Another drainer is at it. */
  | { readonly kind: 'held' };

/**
 * The life of a destination's queue: take what is next within the budget, send it, write down the
 * answer, go on. Each message is on disk before its first byte leaves and again after its answer,
 * so that a crash at any point repeats at most the message that was on its way, with the same key.
 */
export async function drainDestination<Work, Outcome>(
  steps: NotificationSteps<Work, Outcome>,
): Promise<Exclude<Taken<Work>, { kind: 'send' }>> {
  let taken = await steps.settleAndTake();
  while (taken.kind === 'send') {
    const { work } = taken;
    const outcome = await steps.send(work);
    taken = await steps.settleAndTake({ work, outcome });
  }
  return taken;
}
