import { describe, expect, test } from 'vitest';
import { judgeOutcome } from './delivery-outcome.ts';
import type { SendOutcome } from './dingtalk-sender.ts';

const MINUTE = 60_000;

type Row = [
  what: string,
  outcome: SendOutcome,
  failures: number,
  state: string | undefined,
  pauseMs: number,
  isTrouble: boolean,
];

const retry = (code: string, retryAfterMs?: number): SendOutcome => ({
  kind: 'retry',
  code,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const refused = (code: string): SendOutcome => ({ kind: 'refused', code });
const unknown: SendOutcome = { kind: 'unknown', code: 'dingtalk.outcomeUnknown' };

const table: Row[] = [
  ['accepted', { kind: 'accepted' }, 7, 'accepted', 0, false],
  // Certainly not done: back into the queue, with growing rests up to a minute.
  ['a first failure', retry('dingtalk.busy'), 0, 'abandoned', 1_000, false],
  ['a second', retry('dingtalk.busy'), 1, 'abandoned', 2_000, false],
  ['a third, which is told', retry('dingtalk.busy'), 2, 'abandoned', 4_000, true],
  ['the hundredth', retry('dingtalk.busy'), 99, 'abandoned', MINUTE, true],
  // The robot is silent for ten minutes because somebody used it up.
  ['a muted robot', retry('dingtalk.throttled', 10 * MINUTE), 0, 'abandoned', 10 * MINUTE, false],
  ['a short wait after many failures', retry('dingtalk.busy', 5), 9, 'abandoned', MINUTE, true],
  // Perhaps done: the delivery stays open, and its key with it.
  ['no answer', unknown, 0, undefined, 1_000, false],
  ['no answer again', unknown, 3, undefined, 8_000, true],
  // Somebody must mend a setting: told at once, tried again each minute.
  ['a disabled robot', refused('dingtalk.robotDisabled'), 0, 'abandoned', MINUTE, true],
  ['a missing keyword', refused('dingtalk.keywordMissing'), 5, 'abandoned', MINUTE, true],
  ['a code that nobody knows', refused('dingtalk.new'), 0, 'abandoned', MINUTE, true],
  ['an exhausted month', refused('dingtalk.quotaExhausted'), 0, 'abandoned', 60 * MINUTE, true],
  // The words themselves: another attempt cannot help.
  ['refused content', refused('dingtalk.contentRefused'), 0, 'refused', 0, true],
  ['a message that is too large', refused('dingtalk.messageTooLarge'), 0, 'refused', 0, true],
  ['a partly delivered one', refused('dingtalk.partlyDelivered'), 0, 'refused', 0, true],
  // A body that is rejected for no known reason gets four chances.
  ['an invalid request', refused('dingtalk.requestInvalid'), 0, 'abandoned', MINUTE, true],
  ['one for the third time', refused('dingtalk.requestInvalid'), 2, 'abandoned', MINUTE, true],
  ['one for the fourth time', refused('dingtalk.requestInvalid'), 3, 'refused', 0, true],
];

describe('outcome of a delivery', () => {
  test.each(table)(
    'outcome of a delivery: %s',
    (_what, outcome, failures, state, pauseMs, isTrouble) => {
      const judged = judgeOutcome(outcome, { failures, isPossiblyTold: false });
      expect(judged.answer?.state).toBe(state);
      expect(judged).toMatchObject({ pauseMs, isTrouble });
      const isOver = state === 'accepted' || state === 'refused';
      expect(judged.failures).toBe(isOver ? 0 : failures + 1);
    },
  );

  test.each(table)(
    'outcome of a delivery: %s, after an attempt without an answer, never gets a new key',
    (_what, outcome, failures, state) => {
      const judged = judgeOutcome(outcome, { failures, isPossiblyTold: true });
      expect(judged.answer?.state).toBe(state === 'abandoned' ? undefined : state);
    },
  );

  test('outcome of a delivery: DingTalk’s own words are kept with the answer', () => {
    const outcome: SendOutcome = {
      kind: 'retry',
      code: 'dingtalk.busy',
      dingtalkCode: '-1',
      dingtalkMessage: '系统繁忙',
    };
    const { answer } = judgeOutcome(outcome, { failures: 0, isPossiblyTold: false });
    expect(answer).toEqual({
      state: 'abandoned',
      code: 'dingtalk.busy',
      dingtalkCode: '-1',
      dingtalkMessage: '系统繁忙',
    });
  });
});
