import type { ServerResponse } from 'node:http';
import { hangMs, page } from './disturbance.ts';
import type { Gateway } from './disturbance.ts';
import { numberSetting, strike, textSetting } from './faults.ts';
import type { FaultScope } from './faults.ts';
import { isObject } from './inbound.ts';
import type { Transfer } from './transfers/journal.ts';
import type { World } from './world.ts';

/** What a call came to: an answer on the wire, and what is remembered of it. */
export interface Outcome {
  /** Status 0 stands for a call that got no answer. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly hint: { readonly detail?: string; readonly stringToSign?: string };
  /** The transfer that the call executed. */
  readonly transfer?: Transfer;
}

/** What is still to be sent; `sent` means that nothing is. */
export interface Aftermath {
  readonly outcome: Outcome;
  readonly isSent: boolean;
}

/** Lets the faults strike that come between a call carried out and its answer. */
export async function spoilAnswer(
  world: World,
  gateway: Gateway,
  { scope, response, outcome }: { scope: FaultScope; response: ServerResponse; outcome: Outcome },
): Promise<Aftermath> {
  const timeout = strike(world.faults, 'timeoutAfterAccepting', scope);
  if (timeout) {
    const hint = { detail: 'fault timeoutAfterAccepting: carried out, not answered' };
    gateway.hang(response, hangMs(timeout));
    return { outcome: { ...outcome, status: 0, hint }, isSent: true };
  }
  const slow = strike(world.faults, 'slowAnswer', scope);
  if (slow) await gateway.delay(numberSetting(slow, 'ms', 3000));
  const html = outcome.transfer && strike(world.faults, 'htmlErrorAfterAccepting', scope);
  if (html) {
    const { ended } = page(response, numberSetting(html, 'status', 502), 'Bad Gateway');
    const status = ended?.status ?? 502;
    const hint = { detail: `fault htmlErrorAfterAccepting: carried out, page ${status}` };
    return { outcome: { ...outcome, status, body: {}, hint }, isSent: true };
  }
  const failed = failedAnswer(world, scope, outcome);
  return { outcome: failed ?? spoiltFields(world, scope, outcome), isSent: false };
}

/** An error or a conflict in place of the success of an executed transfer. */
function failedAnswer(world: World, scope: FaultScope, outcome: Outcome): Outcome | undefined {
  if (!outcome.transfer) return undefined;
  const conflict = strike(world.faults, 'conflictAfterAccepting', scope);
  if (conflict) return replaced(outcome, { status: 409, code: '00', message: 'Conflict', scope });
  const failed = strike(world.faults, 'errorAfterAccepting', scope);
  if (!failed) return undefined;
  const status = numberSetting(failed, 'status', 500);
  const code = textSetting(failed, 'code', status === 504 ? '00' : '01');
  const message = status === 504 ? 'Timeout' : 'Internal Server Error';
  return replaced(outcome, { status, code, message, scope });
}

function replaced(
  outcome: Outcome,
  {
    status,
    code,
    message,
    scope,
  }: Readonly<Record<'code' | 'message', string>> & {
    status: number;
    scope: FaultScope;
  },
): Outcome {
  const responseCode = `${status}${scope.service ?? '00'}${code}`;
  const hint = { detail: 'a fault put this in the place of a success' };
  return { ...outcome, status, body: { responseCode, responseMessage: message }, hint };
}

/** Members of a success that are left out or changed. */
function spoiltFields(world: World, scope: FaultScope, outcome: Outcome): Outcome {
  if (outcome.status !== 200) return outcome;
  const missing = strike(world.faults, 'answerFieldMissing', scope);
  if (missing) {
    const field = textSetting(missing, 'field', 'referenceNo');
    const kept = Object.entries(outcome.body).filter(([name]) => name !== field);
    return { ...outcome, body: Object.fromEntries(kept) };
  }
  const wrong = strike(world.faults, 'answerFieldWrong', scope);
  if (!wrong) return outcome;
  const field = textSetting(wrong, 'field', 'amount');
  const value = wrong.settings['value'] ?? wrongValue(outcome.body[field]);
  return { ...outcome, body: { ...outcome.body, [field]: value } };
}

/** Another value of the same shape, so that only its content is wrong. */
function wrongValue(value: unknown): unknown {
  if (isObject(value) && typeof value['value'] === 'string') {
    return { ...value, value: `9${value['value']}` };
  }
  return typeof value === 'string' ? [...value].reverse().join('') || 'X' : null;
}
