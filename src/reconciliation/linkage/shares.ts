/** A share, leaning on a belief where little was seen. */
export function smooth(count = 0, all = 0, belief = 0.5, strength = 1): number {
  return (count + belief * strength) / (all + strength);
}

export function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** Neighbouring values are alike. */
export function blurred(
  values: Float64Array,
  belief: readonly number[],
  strength: number,
): number[] {
  return Array.from(values, (_, at) => {
    let sum = 0;
    for (let by = -2; by <= 2; by += 1) sum += (3 - Math.abs(by)) * (values[at + by] ?? 0);
    return sum / 9 + strength * (belief[at] ?? 0) + 1e-3;
  });
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export function bump(values: Float64Array, at: number, by: number): void {
  if (at >= 0 && at < values.length) values[at] = (values[at] ?? 0) + by;
}
