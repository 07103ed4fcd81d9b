import type { EpochDay } from '#core/epoch-day.ts';
import type { MatchKnowledge, MatchSettings } from '#core/matches.ts';

/** What holds when an organisation has set nothing. */
export function defaultMatchSettings(asOf: EpochDay): MatchSettings {
  return {
    statedPrecision: 0.995,
    asOf,
    windowDays: { early: 30, late: 180 },
    transferDays: 7,
    tolerances: [],
    feeProfiles: [],
    ownAccounts: [],
    rates: [],
    rateSlack: 0.02,
    paymentCodeTemplates: [],
    plausibleFeeShare: 0.02,
    workPerSearch: 200_000,
    workMax: 400_000_000,
    mayTrustCalibration: false,
    mayScore: true,
  };
}

/** An organisation that has decided nothing yet. */
export const noKnowledge: MatchKnowledge = {
  aliases: [],
  refusals: [],
  bands: [],
  toleranceUses: [],
};
