import type { AccountReference, Connector, Environment } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import type { Transport } from '../transport.ts';
import type { CallbackFacts } from './callback.ts';
import { checkCallback } from './callback.ts';
import { checkConfiguration } from './configuration.ts';
import type { Attempt, BeginCall, ExchangeInput, Question } from './exchanges.ts';
import {
  attemptSession,
  attemptSigned,
  checkAnswer,
  checkClock,
  checkPermission,
  checkSignature,
  checkToken,
  partsOf,
  questionsOf,
} from './exchanges.ts';
import type { LadderNetwork } from './network.ts';
import { checkDns, checkTcp, checkTls } from './reach.ts';
import type { Rung, RungName, RungOutcome } from './rung.ts';
import { failed, failure, isGreen, judged, rungNames, skipped } from './rung.ts';

/** Everything a connection test needs; it reaches nothing else. */
export interface LadderInput {
  readonly connector: Connector;
  readonly environment: Environment;
  readonly baseUrl: string;
  /** Configuration and secrets by field name, as entered. */
  readonly values: Readonly<Record<string, string>>;
  /** Accounts to ask about; the first one is used. */
  readonly accounts: readonly AccountReference[];
  readonly foreignFingerprints: ReadonlySet<string>;
  readonly callback: CallbackFacts;
  readonly transport: Pick<Transport, 'send'>;
  readonly network: LadderNetwork;
  readonly allowedPrivateHosts: readonly string[];
  readonly now: () => Instant;
  readonly beginCall: BeginCall;
  /** Told of each rung as soon as it is done, for a screen that fills while one waits. */
  readonly onRung?: (rung: Rung) => void;
}

export interface LadderResult {
  readonly isGreen: boolean;
  readonly rungs: readonly Rung[];
}

/**
 * Climbs from what can be checked for nothing to what only the bank can tell, and stops at the
 * first rung that does not hold. It makes at most three calls, because failed attempts cost quota
 * (ask 59), and it never moves money.
 */
export async function runLadder(input: LadderInput): Promise<LadderResult> {
  const climb = createClimb(input.onRung);
  const url = URL.parse(input.baseUrl);
  await climb.step('configuration', () => judged(checkConfiguration(input)));
  if (url) {
    const reach = { ...input, url };
    await climb.step('dns', () => checkDns(reach));
    await climb.step('tcp', () => checkTcp(reach));
    await climb.step('tls', () => checkTls(reach));
  }
  if (!climb.isBroken()) await climbExchanges(climb, toExchangeInput(input));
  await climb.step('callback', () =>
    checkCallback(input.connector, input.callback, input.transport),
  );
  const rungs = climb.finish();
  return { isGreen: isGreen(rungs), rungs };
}

function toExchangeInput(input: LadderInput): ExchangeInput {
  const secretFields = input.connector.fields.filter((field) => field.isSecret);
  return {
    ...input,
    config: input.connector.config.parse(input.values),
    secrets: new Map(
      secretFields.flatMap(({ name }) => {
        const value = input.values[name];
        return value === undefined || value === '' ? [] : [[name, value] as const];
      }),
    ),
  };
}

/**
 * The calls. Whichever goes out first also tells the bank's time, so that the clock needs no call
 * of its own; the question for the balance proves signature and permission on its way.
 */
async function climbExchanges(climb: Climb, input: ExchangeInput): Promise<void> {
  const questions = questionsOf(input);
  const [first] = questions;
  const session = await climb.measure(() => attemptSession(input));
  if (session) await climb.step('clock', () => checkClock(input, session));
  const { outcome, token } = checkToken(input, session);
  if (session) await climb.step('token', () => outcome);
  if (climb.isBroken()) return;
  if (!first) {
    if (!session) await climb.step('token', () => skipped());
    await climb.step('signature', () => failed([failure('data.accountMissing')]));
    return;
  }
  const made = await climb.measure(() => attemptSigned(input, token, first));
  if (!session) {
    await climb.step('clock', () => checkClock(input, made));
    await climb.step('token', () => outcome);
  }
  await climb.step('signature', () => checkSignature(input, made));
  await climb.step('permission', () => checkPermission(input, made));
  await climb.step('data', () => checkData(input, { token, made, questions }));
}

interface DataInput {
  readonly token: string | undefined;
  readonly made: Attempt;
  readonly questions: readonly Question[];
}

/** Reads the answer to the first question, then asks the others, such as the statement. */
async function checkData(
  input: ExchangeInput,
  { token, made, questions }: DataInput,
): Promise<RungOutcome> {
  const summaries: string[] = [];
  let current = made;
  for (const [index, question] of questions.entries()) {
    if (index > 0) current = await attemptSigned(input, token, question);
    const { summary, findings } = checkAnswer(input, question, current);
    if (findings.length > 0) return judged(findings, partsOf(input, current));
    summaries.push(summary);
  }
  const sent = questions.map((question) => question.name).join('\n');
  return judged([], { sent, received: summaries.join('\n') });
}

interface Climb {
  /** Does a rung unless one below it has failed. */
  step(name: RungName, work: () => RungOutcome | Promise<RungOutcome>): Promise<void>;
  /** Waits for a call whose time belongs to the next rung. */
  measure<T>(call: () => Promise<T>): Promise<T>;
  isBroken(): boolean;
  /** All rungs from bottom to top; what was not reached is skipped. */
  finish(): Rung[];
}

function createClimb(onRung: ((rung: Rung) => void) | undefined): Climb {
  const done = new Map<RungName, Rung>();
  let carriedMs = 0;
  const isBroken = (): boolean => [...done.values()].some((rung) => rung.status === 'failed');
  const add = (rung: Rung): Rung => {
    done.set(rung.name, rung);
    onRung?.(rung);
    return rung;
  };
  return {
    isBroken,
    measure: async (call) => {
      const start = performance.now();
      try {
        return await call();
      } finally {
        carriedMs = performance.now() - start;
      }
    },
    step: async (name, work) => {
      if (isBroken()) return;
      const start = performance.now();
      const outcome = await work();
      add({ name, ...outcome, durationMs: Math.round(performance.now() - start + carriedMs) });
      carriedMs = 0;
    },
    finish: () =>
      rungNames.map((name) => done.get(name) ?? add({ name, ...skipped(), durationMs: 0 })),
  };
}
