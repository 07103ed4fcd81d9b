import { bugs } from './bugs.ts';
import type { BugName } from './bugs.ts';
import { faults, firstFinding, isClean, tellLife } from './explain.ts';
import { simulatePay } from './run.ts';
import type { PayOptions, PayResult } from './run.ts';

export interface PayCommand {
  readonly seed: number;
  readonly payments: number;
  /** A mistake to be found out. */
  readonly bug: string | undefined;
  readonly isQuiet: boolean;
}

const LINES_MAX = 120;

/** `npm run simulate -- pay` in virtual time; the last line is one JSON object. */
export async function payInVirtualTime(command: PayCommand): Promise<number> {
  const { seed, payments, bug } = command;
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  tell(`seed ${seed}`);
  const options: PayOptions = { seed, payments, ...swapOf(bug) };
  const result = await simulatePay({
    ...options,
    ...(command.isQuiet ? {} : { onProgress: tell }),
  });
  const { verdict } = result;
  const first = firstFinding(verdict);
  if (first) {
    const { fault, finding } = first;
    const { endToEndId, invoice, why } = finding;
    tell(`${fault}: ${endToEndId} for ${invoice}: ${why}`);
    tell(`again: npm run simulate -- pay --seed ${seed} --payments ${payments}${bugOption(bug)}`);
    const life = await tellLife(options, finding);
    for (const line of life.slice(0, LINES_MAX)) tell(`  ${line}`);
    if (life.length > LINES_MAX) tell(`  and ${life.length - LINES_MAX} lines more`);
  }
  process.stdout.write(`${JSON.stringify(summaryOf(seed, result))}\n`);
  return isClean(verdict) ? 0 : 1;
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

function summaryOf(seed: number, { plan, verdict, ...result }: PayResult): object {
  const counts = Object.fromEntries(faults.map((fault) => [fault, verdict[fault].length]));
  const { overLimit, ...asked } = counts;
  return {
    seed,
    payments: plan.requests.length,
    kills: result.kills,
    ...asked,
    details: {
      overLimit,
      paidTwiceByBank: verdict.paidTwiceByBank.length,
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
