/** 95 % on one side of a normal distribution with both tails cut. */
const Z = 1.959_964;

/** The share that is hardly undercut: the lower end of Wilson's interval at 95 %. */
export function wilsonLower(right: number, all: number): number {
  if (all === 0) return 0;
  const share = right / all;
  const middle = share + Z ** 2 / (2 * all);
  const spread = Z * Math.sqrt((share * (1 - share)) / all + Z ** 2 / (4 * all ** 2));
  return (middle - spread) / (1 + Z ** 2 / all);
}
