import type { Command } from 'commander';
import type { z } from 'zod';
import type { EvaluationWire, MatchRunWire, PreviewWire } from '#api/contract/matching.ts';
import { toPreviewWire, toRunWire, viewerOf } from '#api/operations/matching.ts';
import { evaluateMatching } from '#flows/reconciliation/evaluate-matching.ts';
import { runByPerson } from '#flows/reconciliation/run-by-person.ts';
import { previewMatching } from '#flows/reconciliation/run-matching.ts';
import { listRuns } from '#store/match-runs.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { describeLines } from './match-decisions.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

interface ScopeFlags {
  readonly org?: string;
  readonly account?: string;
}

/** `cashbell match preview|run|runs|evaluate` */
export function addMatchRunCommands(match: Command, context: CommandContext): void {
  addPreview(match, context);
  addRun(match, context);
  addRuns(match, context);
  addEvaluate(match, context);
}

function addPreview(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('preview')
    .option('--account <id>', 'only entries of this account (acc_…)')
    .option(...ORG_OPTION)
    .description('Show what a run would match, and write nothing.')
    .addHelpText('after', example('cashbell match preview --account acc_01…'))
    .action((flags: ScopeFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language } = shared(command);
        const at = services.now();
        const deps = { pool: services.pool, directory: services.payments.directory };
        const scope = { orgId, accountId: flags.account };
        const proposal = await previewMatching(deps, scope, new Date(at.epochMilliseconds));
        const viewer = await viewerOf(services.pool, { orgId, language, at });
        const wire = await toPreviewWire(services.pool, viewer, proposal);
        print(terminal, shared(command), wire, () => describePreview(wire));
      }),
    );
}

function describePreview(preview: z.infer<typeof PreviewWire>): string {
  const { counts, matches, digest } = preview;
  const lines = matches.map((match) => `${match.decision}  ${match.kind}\n${describeLines(match)}`);
  return [
    ...lines,
    `${counts.automatic} would be matched, ${counts.suggested} suggested, ${counts.open} stay open.`,
    `Post exactly this: cashbell match run --digest ${digest}`,
  ].join('\n');
}

function addRun(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('run')
    .option('--account <id>', 'only entries of this account (acc_…)')
    .option('--digest <text>', 'only if exactly this was shown by preview')
    .option(...TOKEN_OPTION)
    .description('Match everything that is open, as one run that can be taken back as one.')
    .addHelpText('after', example('cashbell match run'))
    .action((flags: TokenFlag & { account?: string; digest?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const { directory } = services.payments;
        const request = { accountId: flags.account, digest: flags.digest };
        const run = toRunWire(await runByPerson({ ...services, directory }, by, request));
        print(terminal, shared(command), run, () => describeRun(run));
      }),
    );
}

function describeRun({ runId, counts }: z.infer<typeof MatchRunWire>): string {
  const skipped = counts.skipped ? `, ${counts.skipped} changed meanwhile` : '';
  return [
    `${runId}  ${counts.automatic ?? 0} matched, ${counts.suggested ?? 0} suggested, ${counts.open ?? 0} open${skipped}`,
    `Take it back: cashbell match undo ${runId} --reason "…"`,
  ].join('\n');
}

const RUNS_MAX = 100;

function addRuns(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('runs')
    .option(...ORG_OPTION)
    .description('List runs, newest first.')
    .addHelpText('after', example('cashbell match runs'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const runs = await listRuns(services.pool, orgId, { limit: RUNS_MAX });
        const items = runs.map(toRunWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (run) => run.runId },
              { title: 'KIND', read: (run) => run.kind },
              { title: 'STARTED', read: (run) => run.startedAt },
              { title: 'BY', read: (run) => run.startedBy },
              {
                title: 'MATCHED',
                align: 'right',
                read: (run) => String(run.counts.automatic ?? 0),
              },
              {
                title: 'SUGGESTED',
                align: 'right',
                read: (run) => String(run.counts.suggested ?? 0),
              },
              { title: 'UNDONE', read: (run) => run.undoneAt },
            ],
            'No run yet. Run: cashbell match run',
          ),
        );
      }),
    );
}

function addEvaluate(match: Command, { terminal, shared, withServices }: CommandContext): void {
  match
    .command('evaluate')
    .option(...ORG_OPTION)
    .description(
      'Judge matching by your own decisions: precision, recall, calibration. Reads only.',
    )
    .addHelpText('after', example('cashbell match evaluate --json'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const deps = { pool: services.pool, directory: services.payments.directory };
        const now = new Date(services.now().epochMilliseconds);
        const evaluation = await evaluateMatching(deps, orgId, now);
        const { replay } = evaluation;
        const wire = { ...evaluation, replay: { ...replay, calibration: [...replay.calibration] } };
        print(terminal, shared(command), wire, () => describeEvaluation(wire));
      }),
    );
}

function describeEvaluation({
  statedPrecision,
  decided,
  replay,
}: z.infer<typeof EvaluationWire>): string {
  const percent = (share: number | undefined): string =>
    share === undefined ? '–' : `${(share * 100).toFixed(2)} %`;
  const { automatic, all } = replay;
  const bins = toTable(
    replay.calibration,
    [
      { title: 'ESTIMATED', read: ({ from, to }) => `${percent(from)} – ${percent(to)}` },
      { title: 'COUNT', align: 'right', read: ({ count }) => String(count) },
      { title: 'MEAN', align: 'right', read: ({ estimated }) => percent(estimated) },
      { title: 'RIGHT', align: 'right', read: ({ right }) => percent(right) },
    ],
    'Nothing stands matched yet.',
  );
  return [
    `Decided until now: ${decided.automaticStanding} automatic, of which ${decided.automaticUndone} more were taken back; ${decided.suggestedConfirmed} suggestions confirmed, ${decided.suggestedRefused} refused; ${decided.byHand} made by hand.`,
    `Matched again without what decisions taught: ${replay.pairs} pairs of ${replay.entries} entries and ${replay.items} items.`,
    `Automatic: ${automatic.right} of ${automatic.proposed} right, precision ${percent(automatic.precision)} (at least ${percent(automatic.precisionAtLeast)}; you ask for ${percent(statedPrecision)}).`,
    `All: precision ${percent(all.precision)}, recall ${percent(replay.recall)}, F1 ${percent(replay.f1)}.`,
    bins,
  ].join('\n');
}
