import type { ErrorCode } from '#core/errors.ts';
import type { Chance } from './chance.ts';
import { HOUR_MS, MINUTE_MS } from './places.ts';
import type { BankTraits } from './places.ts';

/** What goes wrong with one sending. */
export interface SendingFault {
  /** No connection stood: nothing left. */
  readonly neverLeft?: true;
  /** The bank never gets it. */
  readonly isLost?: true;
  /** The bank gets it, does nothing with it and says so. */
  readonly dropped?: ErrorCode;
  /** Lies at the bank for so long before it is looked at. */
  readonly restsMs?: number;
  /** It rests longer than the bank promises to show it within. */
  readonly isBeyondItsWord?: true;
  /** Done, and nothing answers; or this is answered instead of the truth. */
  readonly answer?: 'silence' | ErrorCode;
}

/** Per thousand sendings; the rest goes well. */
const kinds = [
  ['well', 780],
  ['neverLeft', 15],
  ['lost', 25],
  ['acceptedThenSilent', 35],
  ['late', 12],
  ['conflictAfter', 8],
  ['conflictBefore', 8],
  ['errorAfter', 15],
  ['errorBefore', 15],
  ['pageAfter', 6],
  ['unreadable', 6],
  ['closed', 12],
  ['tokenRefused', 8],
  ['throttled', 8],
  ['badRequest', 3],
  ['refused', 25],
  ['slow', 19],
] as const satisfies readonly (readonly [string, number])[];

/** Of so many lost answers one belongs to a sending that breaks the bank's word. */
const BEYOND = 0.004;

export function drawSendingFault(
  chance: Chance,
  bank: BankTraits,
  visibilityMs: number,
): SendingFault {
  switch (chance.weighted(kinds)) {
    case 'well':
      return {};
    case 'neverLeft':
      return { neverLeft: true };
    case 'lost':
      return { isLost: true };
    case 'acceptedThenSilent':
      return chance.chance(BEYOND) ? beyond(chance, visibilityMs) : { answer: 'silence' };
    case 'late':
      // Looked at after our patience, yet within the time after which it must be found.
      return {
        restsMs: chance.between(bank.timeoutMs + 1_000, Math.round(visibilityMs * 0.6)),
        answer: 'silence',
      };
    case 'slow':
      return { restsMs: chance.between(1_000, bank.timeoutMs - 2_000) };
    case 'conflictAfter':
    case 'errorAfter':
    case 'pageAfter':
      return { answer: 'bank.outcomeUnknown' };
    case 'conflictBefore':
    case 'errorBefore':
    case 'throttled':
      return { dropped: 'bank.outcomeUnknown' };
    case 'unreadable':
      return { answer: 'connector.answerUnreadable' };
    case 'closed':
      return { dropped: 'bank.maintenance' };
    case 'tokenRefused':
      return { dropped: 'bank.tokenInvalid' };
    case 'badRequest':
      return { dropped: 'bank.badRequest' };
    case 'refused':
      return { dropped: 'bank.refused' };
  }
}

function beyond(chance: Chance, visibilityMs: number): SendingFault {
  return {
    restsMs: visibilityMs + chance.between(10 * MINUTE_MS, 30 * HOUR_MS),
    isBeyondItsWord: true,
    answer: 'silence',
  };
}

/** Times in which a bank answers no question about transfers. */
export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function planOutages(chance: Chance, fromMs: number, untilMs: number): Outage[] {
  const outages: Outage[] = [];
  for (let atMs = fromMs + chance.exponential(8 * HOUR_MS); atMs < untilMs; ) {
    const isLong = chance.chance(0.1);
    const lastsMs = chance.between(MINUTE_MS, isLong ? 20 * HOUR_MS : 90 * MINUTE_MS);
    outages.push({ fromMs: atMs, untilMs: atMs + lastsMs });
    atMs += lastsMs + chance.exponential(30 * HOUR_MS);
  }
  return outages;
}
