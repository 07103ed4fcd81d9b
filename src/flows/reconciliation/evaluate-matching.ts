import type { EntryLine, ItemLine, ProposedMatch } from '#core/matches.ts';
import { wilsonLowerBound } from '#reconciliation/decision.ts';
import { loadMatchedLines } from '#store/match-history.ts';
import type { DecisionCounts } from '#store/match-history.ts';
import { countDecisions } from '#store/match-history.ts';
import { getMatchSettings } from '#store/match-settings.ts';
import { inTransaction } from '#store/transaction.ts';
import { loadMatchContext } from './knowledge.ts';
import { matchApart } from './match-apart.ts';
import type { RunDeps } from './run-matching.ts';

/** Pairs of entry and item: how many were proposed, how many of them people stand by. */
export interface Agreement {
  readonly proposed: number;
  readonly right: number;
  /** Share of what was proposed that is right; absent where nothing was proposed. */
  readonly precision: number | undefined;
  /** What is safe to say of the precision, with 95 % confidence. */
  readonly precisionAtLeast: number;
}

export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** What was estimated, and what came true. */
  readonly estimated: number;
  readonly right: number;
}

/** How well matching does by the organisation's own decisions. Nothing is changed by asking. */
export interface Evaluation {
  readonly statedPrecision: number;
  /** What people did with what was decided or suggested until now. */
  readonly decided: DecisionCounts;
  /** The lines of all standing matches, matched again as if nobody had decided anything. */
  readonly replay: {
    readonly entries: number;
    readonly items: number;
    readonly pairs: number;
    readonly recall: number | undefined;
    readonly f1: number | undefined;
    readonly automatic: Agreement;
    readonly all: Agreement;
    readonly calibration: readonly CalibrationBin[];
    /** Mean distance between what was estimated and what came true. */
    readonly calibrationError: number | undefined;
  };
}

const NOW_KNOWN_MAX = 100_000;

/**
 * Matches the lines that stand matched once more, without what decisions taught, and compares. Aliases
 * and refusals are left out: they come from the very decisions that would be predicted.
 */
export async function evaluateMatching(
  deps: RunDeps,
  orgId: string,
  now: Date,
): Promise<Evaluation> {
  const org = await deps.directory.org(orgId);
  const read = await inTransaction(deps.pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const stored = await getMatchSettings(client, orgId);
    const context = await loadMatchContext(client, org, stored, { now });
    const lines = await loadMatchedLines(client, orgId, NOW_KNOWN_MAX);
    return { stored, context, lines, decided: await countDecisions(client, orgId) };
  });
  const { stored, context, lines, decided } = read;
  const { matches } = await matchApart(lines.entries, lines.items, context.settings, {
    ...context.knowledge,
    aliases: [],
    refusals: [],
  });
  return {
    statedPrecision: stored.statedPrecision,
    decided,
    replay: compare(matches, lines),
  };
}

interface MatchedLines {
  readonly entries: readonly EntryLine[];
  readonly items: readonly ItemLine[];
  /** Pairs that stand: entry and item with a space between. */
  readonly pairs: ReadonlySet<string>;
}

function compare(matches: readonly ProposedMatch[], lines: MatchedLines): Evaluation['replay'] {
  const { entries, items, pairs } = lines;
  const all = agreementOf(matches, pairs);
  const automatic = agreementOf(
    matches.filter(({ decision }) => decision === 'automatic'),
    pairs,
  );
  const recall = pairs.size === 0 ? undefined : all.right / pairs.size;
  const { precision } = all;
  const sum = (precision ?? 0) + (recall ?? 0);
  const calibration = calibrate(matches, pairs);
  return {
    entries: entries.length,
    items: items.length,
    pairs: pairs.size,
    recall,
    f1: sum === 0 ? undefined : (2 * (precision ?? 0) * (recall ?? 0)) / sum,
    automatic,
    all,
    calibration,
    calibrationError: errorOf(calibration),
  };
}

function agreementOf(matches: readonly ProposedMatch[], pairs: ReadonlySet<string>): Agreement {
  const proposed = matches.flatMap(pairsOf);
  const right = proposed.filter((pair) => pairs.has(pair)).length;
  return {
    proposed: proposed.length,
    right,
    precision: proposed.length === 0 ? undefined : right / proposed.length,
    precisionAtLeast: wilsonLowerBound(right, proposed.length),
  };
}

function pairsOf({ allocations }: ProposedMatch): string[] {
  return allocations.map(({ entryId, itemId }) => `${entryId} ${itemId}`);
}

const BIN_EDGES = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

function calibrate(
  matches: readonly ProposedMatch[],
  pairs: ReadonlySet<string>,
): CalibrationBin[] {
  return BIN_EDGES.slice(1).flatMap((to, place) => {
    const from = BIN_EDGES[place] ?? 0;
    const inside = matches.filter(
      ({ probability, allocations }) =>
        allocations.length > 0 && probability > from && probability <= to,
    );
    if (inside.length === 0) return [];
    const estimated = inside.reduce((sum, { probability }) => sum + probability, 0);
    const right = inside.filter((match) => pairsOf(match).every((pair) => pairs.has(pair)));
    return [
      {
        from,
        to,
        count: inside.length,
        estimated: estimated / inside.length,
        right: right.length / inside.length,
      },
    ];
  });
}

function errorOf(bins: readonly CalibrationBin[]): number | undefined {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (count === 0) return undefined;
  return (
    bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.estimated - bin.right), 0) / count
  );
}
