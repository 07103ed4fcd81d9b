import type { ClaimDeed } from '#core/claims.ts';
import { actOnClaim, changesCard, openClaim } from '#core/claims.ts';
import { newId } from '#secret/ids.ts';
import { loadClaimSettings, policyOf } from '#store/claim-settings.ts';
import type { AskableEntry } from '#store/claim-work.ts';
import {
  findAskable,
  loadAskable,
  loadDueClaims,
  loadOvertaken,
  loadStanding,
  loadUnsettled,
} from '#store/claim-work.ts';
import { appendClaimAct, insertClaim, requireClaim } from '#store/claims.ts';
import { parseLanguage } from '#store/orgs.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Ring } from '../notification/announce.ts';
import { saveFacts } from '../notification/announce.ts';
import { record } from './act-on-claim.ts';
import type { ClaimDeps } from './claim-deps.ts';
import { factsAfter } from './claim-facts.ts';

/** How much one look takes up; the next one follows at once when there was as much. */
const LOOK_MAX = 50;

/** What a look depends on beside the claims: what to leave alone, and where failures go. */
export interface LookOptions {
  /** Settled claims are looked at too, in case what settled them was undone. */
  readonly isThorough: boolean;
  /** Entries and claims that failed a moment ago; one of them must not hold up the others. */
  readonly without?: readonly string[];
  readonly onFailed?: (id: string, error: unknown) => void;
}

/**
 * One look of the worker: asks about receipts that matching left open, lets time have its say, and
 * follows what became of receipts elsewhere. Says whether more waits.
 */
export async function watchClaims(
  deps: ClaimDeps,
  { isThorough, without = [], onFailed }: LookOptions,
): Promise<boolean> {
  const { services } = deps;
  const now = new Date(services.now().epochMilliseconds);
  const look = { now, limit: LOOK_MAX, without };
  const attempt = async (id: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!onFailed) throw error;
      onFailed(id, error);
    }
  };
  const askable = await loadAskable(services.pool, look);
  for (const entry of askable) await attempt(entry.entryId, () => ask(deps, entry, now));
  const due = await loadDueClaims(services.pool, look);
  for (const place of due) await attempt(place.claimId, () => passTime(deps, place, now));
  const overtaken = await loadOvertaken(services.pool, look);
  const unsettled = isThorough ? await loadUnsettled(services.pool, look) : [];
  for (const place of [...overtaken, ...unsettled]) {
    await attempt(place.claimId, () => follow(deps, place, now));
  }
  return [askable, due, overtaken, unsettled].some((found) => found.length === LOOK_MAX);
}

interface ClaimPlace {
  readonly orgId: string;
  readonly claimId: string;
}

/** Asks about one receipt, if it is still to be asked about. */
async function ask(deps: ClaimDeps, entry: AskableEntry, at: Date): Promise<void> {
  const { services, announcer } = deps;
  const { orgId, entryId } = entry;
  const rings = await inOrg(deps, orgId, async (transaction) => {
    const { client } = transaction;
    const place = await findAskable(client, entry);
    if (!place) return [];
    const settings = await loadClaimSettings(client, orgId);
    const org = await announcer.directory.org(orgId);
    if (!org.destinations.has(place.destinationId)) {
      // Made a moment ago, and not known here yet: without its place nobody would be told.
      announcer.directory.forget(orgId);
      return [];
    }
    const claim = await insertClaim(
      client,
      {
        orgId,
        entryId,
        claimId: newId('clm'),
        accountId: place.accountId,
        destinationId: place.destinationId,
        language: parseLanguage(place.language ?? org.language),
        life: openClaim(policyOf(settings), services.now().epochMilliseconds),
      },
      at,
    );
    if (!claim) return [];
    await appendClaimAct(client, claim, { act: 'asked' }, at);
    const facts = await factsAfter(transaction, announcer, { claim, act: 'asked', settings, at });
    return saveFacts(transaction, announcer, facts, at);
  });
  deps.onRings(rings);
}

async function passTime(deps: ClaimDeps, place: ClaimPlace, at: Date): Promise<void> {
  await happen(deps, place, at, () => Promise.resolve({ kind: 'timePassed' }));
}

/** A receipt that was matched, set aside or taken back needs no claim; one that is open again does. */
async function follow(deps: ClaimDeps, place: ClaimPlace, at: Date): Promise<void> {
  await happen(deps, place, at, async ({ client }, claim) => {
    const because = await loadStanding(client, claim);
    return because ? { kind: 'settledElsewhere', because } : { kind: 'unsettled' };
  });
}

/** Lets something happen to a claim that no person does. */
async function happen(
  deps: ClaimDeps,
  { orgId, claimId }: ClaimPlace,
  at: Date,
  find: (
    transaction: Transaction,
    claim: Awaited<ReturnType<typeof requireClaim>>,
  ) => Promise<ClaimDeed>,
): Promise<void> {
  const rings = await inOrg(deps, orgId, async (transaction) => {
    const { client } = transaction;
    const before = await requireClaim(client, { orgId, claim: claimId }, true);
    const settings = await loadClaimSettings(client, orgId);
    const deed = await find(transaction, before);
    const outcome = actOnClaim(before.life, deed, {
      policy: policyOf(settings),
      nowMs: at.getTime(),
    });
    if (outcome.kind !== 'changed') return [];
    const { life, act } = outcome;
    const ending = deed.kind === 'settledElsewhere' ? deed.because : undefined;
    const change = { life, isCardChanged: changesCard(act), ending };
    const details = ending === undefined ? {} : { because: ending };
    const recorded = await record(
      deps,
      transaction,
      before,
      change,
      { act, details },
      settings,
      at,
    );
    return recorded.rings;
  });
  deps.onRings(rings);
}

/** With the organisation's row first, in the order in which people's acts take it. */
async function inOrg(
  { services }: ClaimDeps,
  orgId: string,
  work: (transaction: Transaction) => Promise<readonly Ring[]>,
): Promise<readonly Ring[]> {
  return inTransaction(services.pool, async (client, transaction) => {
    await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [orgId]);
    return work(transaction);
  });
}
