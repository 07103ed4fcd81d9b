import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { BandRecord, MatchBasis, MatchKnowledge, MatchSettings } from '#core/matches.ts';

/** Bands of log odds: half a unit each, so that 0.5 lies in band 10 and 0.995 in band 20. */
export const BAND_COUNT = 24;
const BAND_WIDTH = 0.5;
const BAND_OF_EVEN = 10;
/** One-sided 95 %. */
const Z = 1.6449;
const ODDS_MAX = 12;

/** Weighs whether a match may be decided alone. */
export interface Decider {
  /** Why a score may not decide, or nothing when it may. */
  readonly objectTo: (claim: Claim) => MatchReason | undefined;
}

/** What is claimed for a match that rests on no exact key. */
export interface Claim {
  readonly basis: MatchBasis;
  readonly probability: number;
  /** Distance to the second best explanation, in log odds. */
  readonly margin: number;
}

/**
 * A score decides alone where decisions that people took in its band prove the stated precision:
 * the lower Wilson bound of right ones, not their share. Without history the calibration may stand
 * in, if the settings allow it, for a probability and a margin that both reach the precision.
 */
export function createDecider(settings: MatchSettings, knowledge: MatchKnowledge): Decider {
  const bands = new Map<string, BandRecord>();
  for (const record of knowledge.bands) {
    const key = `${record.basis}:${record.band}`;
    const before = bands.get(key);
    bands.set(key, before ? addRecords(before, record) : record);
  }
  const { statedPrecision, mayTrustCalibration } = settings;
  return {
    objectTo: ({ basis, probability, margin }) => {
      const wanted = percentOf(statedPrecision);
      const record = bands.get(`${basis}:${bandOf(probability)}`);
      const seen = record ? record.right + record.wrong : 0;
      if (record && wilsonLowerBound(record.right, seen) >= statedPrecision) {
        return margin > 0 ? undefined : reason('why.rivals');
      }
      if (!mayTrustCalibration || (record !== undefined && record.wrong > 0)) {
        return reason('why.precisionUnproven', { wanted, seen: String(seen) });
      }
      if (probability < statedPrecision) {
        return reason('why.belowPrecision', { probability: percentOf(probability), wanted });
      }
      return margin < logOdds(statedPrecision) ? reason('why.marginSmall') : undefined;
    },
  };
}

function addRecords(left: BandRecord, right: BandRecord): BandRecord {
  return { ...left, right: left.right + right.right, wrong: left.wrong + right.wrong };
}

/** The band of a probability, by which decisions are counted. */
export function bandOf(probability: number): number {
  const band = BAND_OF_EVEN + Math.floor(logOdds(probability) / BAND_WIDTH);
  return Math.max(0, Math.min(BAND_COUNT - 1, band));
}

export function logOdds(probability: number): number {
  if (probability <= 0) return -ODDS_MAX;
  if (probability >= 1) return ODDS_MAX;
  return Math.max(-ODDS_MAX, Math.min(ODDS_MAX, Math.log(probability / (1 - probability))));
}

/** The share of right decisions that is safe to claim after `seen`, with 95 % confidence. */
export function wilsonLowerBound(right: number, seen: number): number {
  if (seen <= 0) return 0;
  const share = right / seen;
  const z2 = Z * Z;
  const middle = share + z2 / (2 * seen);
  const spread = Z * Math.sqrt((share * (1 - share) + z2 / (4 * seen)) / seen);
  return Math.max(0, (middle - spread) / (1 + z2 / seen));
}

/** `0.995` as `99.5`; never rounded up to 100. */
export function percentOf(probability: number): string {
  const tenths = Math.floor(probability * 1000 + 1e-9);
  return probability >= 1 ? '100' : `${Math.floor(tenths / 10)}.${tenths % 10}`;
}
