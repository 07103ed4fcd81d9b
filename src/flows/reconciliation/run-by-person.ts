import { requireGrant } from '#store/grants.ts';
import type { MatchRun } from '#store/match-runs.ts';
import { finishRun, startRun } from '#store/match-runs.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import { runMatching } from './run-matching.ts';
import type { RunDeps } from './run-matching.ts';

/** Matches everything that is open, on one account or all, for somebody who may decide there. */
export async function runByPerson(
  services: AdminServices & Pick<RunDeps, 'directory'>,
  by: PersonActor,
  request: { readonly accountId?: string | undefined; readonly digest?: string | undefined },
): Promise<MatchRun> {
  const { accountId, digest } = request;
  const at = services.now();
  await requireGrant(services.pool, { ...by, action: 'match.decide', accountId, at });
  const now = new Date(at.epochMilliseconds);
  const { personId: startedBy, orgId } = by;
  const wanted = { orgId, accountId, digest, kind: 'run' as const, startedBy, now };
  const { run, counts } = await runMatching(services, wanted);
  if (run) return run;
  const settings = { accountId };
  const runId = await startRun(services.pool, orgId, { kind: 'run', settings, startedBy, now });
  return finishRun(services.pool, orgId, runId, { counts, now });
}
