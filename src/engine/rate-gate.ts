/** Lets so many through a second, evenly; whoever comes earlier waits (dingtalk.md section 2.3). */
export interface RateGate {
  pass(): Promise<void>;
}

export function createRateGate(perSecond: number): RateGate {
  const gapMs = 1000 / perSecond;
  let nextMs = 0;
  return {
    pass: async () => {
      const now = performance.now();
      const at = Math.max(now, nextMs);
      nextMs = at + gapMs;
      if (at > now) await new Promise<void>((resolve) => setTimeout(resolve, at - now));
    },
  };
}
