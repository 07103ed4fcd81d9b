// npm run simulate -- ring --seed N --movements M --kills K [--json]
// npm run simulate -- pay --seed N --payments M [--bug NAME] [--json]
// npm run simulate -- pay --real --seed N --payments M --kills K [--json]
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { payForReal, payInVirtualTime } from './pay/command.ts';
import { simulateRing } from './run.ts';
import type { RunResult } from './run.ts';

const USAGE = `Usage: npm run simulate -- ring [--seed N] [--movements M] [--kills K] [--json]
       npm run simulate -- pay [--seed N] [--payments M] [--bug NAME] [--about INVOICE] [--json]
       npm run simulate -- pay --real [--seed N] [--payments M] [--kills K] [--json]
`;
const SHOWN = 20;

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
    movements: { type: 'string', default: '300' },
    kills: { type: 'string', default: '6' },
    payments: { type: 'string', default: '3000' },
    bug: { type: 'string' },
    about: { type: 'string' },
    real: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

if (positionals[0] === 'ring') {
  process.exitCode = await ring();
} else if (positionals[0] === 'pay') {
  const command = {
    seed: readWhole('seed', values.seed),
    payments: readWhole('payments', values.payments),
    isQuiet: values.json,
  };
  process.exitCode = values.real
    ? await payForReal({ ...command, kills: readWhole('kills', values.kills) })
    : await payInVirtualTime({ ...command, bug: values.bug, about: values.about });
} else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

async function ring(): Promise<number> {
  const tell = (text: string): void => {
    if (!values.json) process.stdout.write(`${text}\n`);
  };
  const seed = readWhole('seed', values.seed);
  tell(`seed ${seed}`);
  const result = await simulateRing({
    seed,
    movements: readWhole('movements', values.movements),
    kills: readWhole('kills', values.kills),
    tell,
  });
  explain(result, tell);
  const { verdict, plan, chat } = result;
  process.stdout.write(
    `${JSON.stringify({
      seed,
      movements: result.movements.length,
      kills: plan.kills.length,
      lost: verdict.lost.length + verdict.notTheLast.length,
      toldTwice: verdict.toldTwice.length,
      toldTwiceUnavoidable: verdict.toldTwiceUnavoidable.length,
      outOfOrder: verdict.outOfOrder.length,
      details: {
        notTold: verdict.lost.length,
        notInTheirLastState: verdict.notTheLast.length,
        pairsCompared: verdict.pairsCompared,
        killed: result.killed,
        unplannedEnds: result.unplannedEnds.length,
        faults: plan.faults.length,
        messages: chat.messageCount,
        digests: chat.digestCount,
        cards: chat.cardCount,
        cardUpdates: chat.cardUpdates,
        refusals: Object.fromEntries(chat.refusals),
        endedQuiet: result.isQuiet,
        seconds: result.seconds,
      },
    })}\n`,
  );
  return isBad(result) ? 1 : 0;
}

function isBad({ verdict }: RunResult): boolean {
  const isTwiceAvoidable = verdict.toldTwice.length > verdict.toldTwiceUnavoidable.length;
  return verdict.lost.length + verdict.notTheLast.length > 0 || isTwiceAvoidable;
}

function explain({ verdict, unplannedEnds }: RunResult, tell: (text: string) => void): void {
  const show = (title: string, lines: readonly string[]): void => {
    for (const line of lines.slice(0, SHOWN)) tell(`${title}: ${line}`);
    if (lines.length > SHOWN) tell(`${title}: and ${lines.length - SHOWN} more`);
  };
  show('ended by itself', unplannedEnds);
  show('lost', verdict.lost);
  show('known only as pending', verdict.notTheLast);
  show(
    'told twice',
    verdict.toldTwice.map(
      ({ reference, state, group, why }) => `${reference} (${state}) in ${group}: ${why}`,
    ),
  );
  show('out of order', verdict.outOfOrder);
}

function readWhole(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
}
