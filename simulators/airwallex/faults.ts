import type { Fault, Faults } from '../lib/faults.ts';

/**
 * The misbehaviour that can be switched on, each with what it does. Wire faults take a setting
 * `path` (a prefix such as `/api/v1/deposits`) to strike only there.
 */
export const AIRWALLEX_FAULTS: Readonly<Record<string, string>> = {
  timeoutBeforeAccepting:
    'The request is swallowed: nothing happens and no answer comes (ms, 120000).',
  timeoutAfterAccepting: 'The request is carried out, but the answer never comes (ms, 120000).',
  lateAnswer:
    'The request is carried out at once and answered late, after its events (ms, default 3000).',
  serverErrorAfterAccepting: 'The request is carried out, but answered with 500.',
  malformedAnswer: 'The request is carried out, but its answer breaks off in the middle.',
  answerWithoutId: 'The request is carried out, but its answer lacks the id.',
  conflict: '409 as if another request were in the way; nothing happens.',
  slow: 'The answer comes late (ms, default 3000).',
  serverError: '500 with an Airwallex error body.',
  htmlError: '502 with an HTML page of a gateway instead of JSON.',
  throttle: '429 without any header that says when to come back.',
  maintenance: '503 for every call.',
  ipNotAllowed: '403 as if the caller stood outside the allow-list of the API key.',
  tokenExpiresAtOnce: 'Login answers a token that has already expired.',
  pageSize: 'Pages are smaller than asked for (size, default 3); has_more stays true to the facts.',
  shuffledOrder: 'The items of a page come in any order.',
  transferFails:
    'A new transfer fails after SENT (failureType BENEFICIARY_BANK_RETURNED, ms 0 after SENT).',
  transferReturned:
    'A new transfer comes back after PAID (failureType BENEFICIARY_BANK_RETURNED, ms 0 after PAID).',
  duplicateCallback: 'Each event is delivered twice with the same id.',
  lateCallback: 'Events leave late (ms, default 5000).',
  reorderedCallbacks: 'An event waits until the next one has gone out (ms at most, default 2000).',
  callbackBadSignature: 'The signature is computed with another secret.',
  callbackStaleTimestamp: 'x-timestamp lies in the past, correctly signed (ms, default 600000).',
  callbackFutureTimestamp: 'x-timestamp lies in the future, correctly signed (ms, default 600000).',
  callbackNotJson: 'The body is no JSON, correctly signed.',
  callbackTooLarge: 'The body is very large, correctly signed (bytes, default 4194304).',
  callbackUnparseable: 'Authentic JSON in which the fields of the deposit are missing.',
};

/** Asks whether a fault strikes a call; one aimed at other paths is not used up by this one. */
export function strikesPath(faults: Faults, name: string, path: string): Fault | undefined {
  const aim = faults.list().find((fault) => fault.name === name)?.settings['path'];
  if (typeof aim === 'string' && !path.startsWith(aim)) return undefined;
  return faults.strikes(name);
}

/** A number setting of a fault, such as `ms`, or the default when it was not given. */
export function faultSetting(fault: Fault, name: string, defaultValue: number): number {
  const value = fault.settings[name];
  return typeof value === 'number' && value >= 0 ? value : defaultValue;
}
