import { asRecord } from '../json.ts';
import { parseMinorUnits } from '../money.ts';
import { DEFAULT_FEES } from './quote.ts';
import type { Fees } from './quote.ts';

/** How the simulated bank goes about transfers. Everything can be changed while it runs. */
export interface TransferSettings {
  /**
   * `steps` leads a transfer on by the simulated clock, `immediate` to PAID in one go, `manual`
   * leaves it where it is until somebody leads it on.
   */
  readonly mode: 'steps' | 'immediate' | 'manual';
  /** From SCHEDULED to PROCESSING; the sandbox was seen to take about 300 ms. */
  readonly processingMs: number;
  readonly sentMs: number;
  readonly paidMs: number;
  /** From FAILED to CANCELLED, in every mode: 0 makes FAILED visible in the events only. */
  readonly cancelFailedMs: number;
  /** So long a new transfer stays out of the list, by request id too. */
  readonly visibilityMs: number;
  readonly fees: Fees;
}

export const DEFAULT_SETTINGS: TransferSettings = {
  mode: 'steps',
  processingMs: 300,
  sentMs: 2_000,
  paidMs: 2_000,
  cancelFailedMs: 0,
  visibilityMs: 0,
  fees: DEFAULT_FEES,
};

const MODES = ['steps', 'immediate', 'manual'] as const;

/** Applies the given members; an unknown or wrong one is refused by name. */
export function changeSettings(settings: TransferSettings, change: unknown): TransferSettings {
  const wanted = asRecord(change);
  for (const key of Object.keys(wanted)) {
    if (!(key in DEFAULT_SETTINGS)) throw new Error(`progress has no member "${key}"`);
  }
  const milliseconds = (name: keyof TransferSettings, present: number): number => {
    const value = wanted[name];
    if (value === undefined) return present;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new Error(`${name} must be a whole number of milliseconds`);
  };
  const mode = wanted['mode'] ?? settings.mode;
  const found = MODES.find((candidate) => candidate === mode);
  if (!found) throw new Error(`mode must be one of ${MODES.join(', ')}`);
  return {
    mode: found,
    processingMs: milliseconds('processingMs', settings.processingMs),
    sentMs: milliseconds('sentMs', settings.sentMs),
    paidMs: milliseconds('paidMs', settings.paidMs),
    cancelFailedMs: milliseconds('cancelFailedMs', settings.cancelFailedMs),
    visibilityMs: milliseconds('visibilityMs', settings.visibilityMs),
    fees: changeFees(settings.fees, wanted['fees']),
  };
}

function changeFees(fees: Fees, change: unknown): Fees {
  const wanted = asRecord(change);
  for (const [key, value] of Object.entries(wanted)) {
    if (!(key in DEFAULT_FEES)) throw new Error(`fees has no member "${key}"`);
    if (typeof value !== 'string') throw new Error(`fees.${key} must be decimal text in USD`);
    parseMinorUnits(value, 'USD');
  }
  const text = (name: keyof Fees): string => {
    const value = wanted[name];
    return typeof value === 'string' ? value : fees[name];
  };
  return {
    fps: text('fps'),
    local: text('local'),
    swiftShared: text('swiftShared'),
    swiftPayer: text('swiftPayer'),
  };
}
