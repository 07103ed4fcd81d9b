import { bugs } from './bugs.ts';
import type { BugName } from './bugs.ts';
import type { Verdict } from './auditor.ts';
import { faults, firstFinding, isClean, tellLife, wordsOf } from './explain.ts';
import { simulateRealPay } from '../pay-real/run.ts';
import type { RealResult } from '../pay-real/run.ts';
import { simulatePay } from './run.ts';
import type { PayOptions, PayResult } from './run.ts';

export interface PayCommand {
  readonly seed: number;
  readonly payments: number;
  /** A mistake to be found out. */
  readonly bug: string | undefined;
  /** An invoice whose life is told, whatever it was like. */
  readonly about: string | undefined;
  readonly isQuiet: boolean;
}

/** The same with real processes that are killed. */
export interface RealPayCommand extends Omit<PayCommand, 'bug' | 'about'> {
  readonly kills: number;
}

const LINES_MAX = 120;
const FINDINGS_MAX = 20;

/** `npm run simulate -- pay` in virtual time; the last line is one JSON object. */
export async function payInVirtualTime(command: PayCommand): Promise<number> {
  const { seed, payments, bug } = command;
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  tell(`seed ${seed}`);
  const options: PayOptions = { seed, payments, ...swapOf(bug) };
  if (command.about !== undefined) {
    tellLines(tell, await tellLife(options, command.about));
    return 0;
  }
  const result = await simulatePay({
    ...options,
    ...(command.isQuiet ? {} : { onProgress: tell }),
  });
  const { verdict } = result;
  const first = firstFinding(verdict);
  if (first) {
    complain(tell, verdict, `pay --seed ${seed} --payments ${payments}${bugOption(bug)}`);
    tellLines(tell, await tellLife(options, first.finding.invoice));
  }
  process.stdout.write(`${JSON.stringify(summaryOf(seed, result))}\n`);
  return isClean(verdict) ? 0 : 1;
}

/** `npm run simulate -- pay --real`: the last line is one JSON object here too. */
export async function payForReal(command: RealPayCommand): Promise<number> {
  const { seed, payments, kills, isQuiet } = command;
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  tell(`seed ${seed}`);
  const result = await simulateRealPay({
    seed,
    payments,
    kills,
    tell: isQuiet ? () => undefined : tell,
  });
  const { verdict } = result;
  if (!isClean(verdict)) {
    complain(tell, verdict, `pay --real --seed ${seed} --payments ${payments} --kills ${kills}`);
    tellLines(tell, result.life);
  }
  process.stdout.write(`${JSON.stringify(realSummaryOf(seed, result))}\n`);
  return isClean(verdict) && result.unplannedEnds.length === 0 ? 0 : 1;
}

function complain(tell: (text: string) => void, verdict: Verdict, again: string): void {
  const lines = wordsOf(verdict);
  for (const line of lines.slice(0, FINDINGS_MAX)) tell(line);
  if (lines.length > FINDINGS_MAX) tell(`and ${lines.length - FINDINGS_MAX} more`);
  tell(`again: npm run simulate -- ${again}; the life of another: --about INVOICE`);
}

function tellLines(tell: (text: string) => void, life: readonly string[]): void {
  for (const line of life.slice(0, LINES_MAX)) tell(`  ${line}`);
  if (life.length > LINES_MAX) tell(`  and ${life.length - LINES_MAX} lines more`);
}

function swapOf(bug: string | undefined): Pick<PayOptions, 'swap'> | Record<string, never> {
  if (bug === undefined) return {};
  if (!isBug(bug)) throw new Error(`--bug must be one of ${Object.keys(bugs).join(', ')}`);
  return { swap: bugs[bug] };
}

function isBug(name: string): name is BugName {
  return Object.hasOwn(bugs, name);
}

function bugOption(bug: string | undefined): string {
  return bug === undefined ? '' : ` --bug ${bug}`;
}

function countsOf(verdict: PayResult['verdict']): Readonly<Record<string, number>> {
  return Object.fromEntries(faults.map((fault) => [fault, verdict[fault].length]));
}

function realSummaryOf(seed: number, { plan, verdict, books, ...result }: RealResult): object {
  const { overLimit: _never, ...asked } = countsOf(verdict);
  return {
    seed,
    payments: plan.requests.length,
    kills: result.killed,
    ...asked,
    details: {
      executed: verdict.executed,
      lastTold: verdict.lastTold,
      transfers: books.transfers.length,
      decided: result.decided,
      refusedByApi: result.refusedByApi,
      unplannedEnds: result.unplannedEnds,
      faults: plan.faults.length,
      seconds: result.seconds,
    },
  };
}

function summaryOf(seed: number, { plan, verdict, ...result }: PayResult): object {
  const { overLimit, ...asked } = countsOf(verdict);
  return {
    seed,
    payments: plan.requests.length,
    kills: result.kills,
    ...asked,
    details: {
      overLimit,
      paidTwiceByBank: verdict.paidTwiceByBank.length,
      overtakenByBank: verdict.overtakenByBank,
      withoutDebit: verdict.withoutDebit,
      executed: verdict.executed,
      lastTold: verdict.lastTold,
      transfers: result.transfers.length,
      cards: result.cards.length,
      alarms: result.alarms,
      stalls: result.stalls,
      happenings: result.happenings,
      virtualDays: result.virtualDays,
      seconds: result.seconds,
    },
  };
}
