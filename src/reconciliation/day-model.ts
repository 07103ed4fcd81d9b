/** What the days between an item and its entry say, in log odds against chance. */
export interface DayModel {
  readonly weightOf: (days: number) => number;
}

/** Upper ends of the bands of days; the last takes all that is later. */
const BANDS = [-31, -8, -4, -2, -1, 0, 1, 2, 3, 5, 8, 15, 31, 61, 10_000];
/** How a hundred pairs usually spread, for when few are known: near the day, seldom before it. */
const USUAL = [1, 4, 3, 4, 5, 26, 12, 8, 6, 8, 8, 7, 5, 2, 1];
const USUAL_WEIGHT = 30;
const WEIGHT_MAX = 4;

/**
 * Learns the usual delay from pairs that are known by other means, such as by key or because their
 * amount occurs only once on both sides. Chance pairs are spread evenly over the window.
 */
export function createDayModel(
  samples: readonly number[],
  window: { readonly early: number; readonly late: number },
): DayModel {
  const counts = USUAL.map((count) => (count * USUAL_WEIGHT) / 100);
  for (const days of samples) {
    const band = bandOf(days);
    counts[band] = (counts[band] ?? 0) + 1;
  }
  const all = samples.length + USUAL_WEIGHT;
  const span = window.early + window.late + 1;
  const weights = BANDS.map((end, band) => {
    const start = band === 0 ? -window.early : (BANDS[band - 1] ?? 0) + 1;
    const width = Math.max(1, Math.min(end, window.late) - Math.max(start, -window.early) + 1);
    const weight = Math.log(((counts[band] ?? 0) + 0.02) / all / (width / span));
    return Math.max(-WEIGHT_MAX, Math.min(WEIGHT_MAX, weight));
  });
  return { weightOf: (days) => weights[bandOf(days)] ?? 0 };
}

function bandOf(days: number): number {
  let band = 0;
  while (band < BANDS.length - 1 && days > (BANDS[band] ?? 0)) band += 1;
  return band;
}
