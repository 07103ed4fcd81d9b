import type { ToleranceRule, ToleranceUse } from '#core/matches.ts';

/** Keeps how much each rule has let pass on each day. */
export interface ToleranceLedger {
  /** The rule that lets a residual pass, and what stands against it where none does. */
  readonly find: (asked: ToleranceAsked) => ToleranceFound;
  /** Counts a residual that a rule let pass. */
  readonly use: (ruleId: string, day: number, minorUnits: number) => void;
}

export interface ToleranceAsked {
  readonly accountId: string;
  readonly currency: string;
  readonly day: number;
  /** The residual, never negative. It is the only amount that a limit is compared with (ask 77). */
  readonly residual: number;
  /** What should have come; a share is of this. */
  readonly expected: number;
}

export type ToleranceFound =
  | { readonly outcome: 'allowed'; readonly ruleId: string }
  | { readonly outcome: 'capSpent'; readonly ruleId: string }
  | { readonly outcome: 'none' };

export function createToleranceLedger(
  rules: readonly ToleranceRule[],
  uses: readonly ToleranceUse[],
): ToleranceLedger {
  const used = new Map<string, number>();
  const add = (ruleId: string, day: number, minorUnits: number): void => {
    const key = `${ruleId} ${day}`;
    used.set(key, (used.get(key) ?? 0) + minorUnits);
  };
  for (const { ruleId, day, usedMinorUnits } of uses) add(ruleId, day, Number(usedMinorUnits));
  const sorted = rules.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return {
    use: add,
    find: (asked) => {
      let spent: string | undefined;
      for (const rule of sorted) {
        if (!covers(rule, asked)) continue;
        const before = used.get(`${rule.id} ${asked.day}`) ?? 0;
        const cap = rule.dailyCapMinorUnits;
        if (cap === undefined || before + asked.residual <= Number(cap)) {
          return { outcome: 'allowed', ruleId: rule.id };
        }
        spent ??= rule.id;
      }
      return spent === undefined ? { outcome: 'none' } : { outcome: 'capSpent', ruleId: spent };
    },
  };
}

function covers(rule: ToleranceRule, asked: ToleranceAsked): boolean {
  const { accountId, currency, residual, expected } = asked;
  if (rule.currency !== currency) return false;
  if (rule.accountId !== undefined && rule.accountId !== accountId) return false;
  if (residual > Number(rule.limitMinorUnits)) return false;
  return rule.shareMax === undefined || residual <= rule.shareMax * expected;
}
