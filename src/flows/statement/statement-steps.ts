import { createHash } from 'node:crypto';
import type { Connector, StatementQuery } from '#connectors/contract.ts';
import { findGaps, orderLines } from '#core/continuity.ts';
import type { BalanceGap } from '#core/continuity.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { formatDecimal } from '#core/money.ts';
import type { BalanceReport, EntryReport, StatementPage } from '#core/statements.ts';
import type { BankCaller } from '#engine/bank-calls.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { saveBalances } from '#store/balances.ts';
import { isDatabaseError, isDataError } from '#store/data-errors.ts';
import type { Directory, DirectoryAccount, DirectoryConnection } from '#store/directory.ts';
import { recordReports } from '#store/entries.ts';
import { finishPolls, loadContinuity, saveContinuity } from '#store/polls.ts';
import type { AccountContinuity, DuePoll, PollResult } from '#store/polls.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import { linkEntries } from '../payment/link-entries.ts';
import { matchEntries } from '../reconciliation/match-entries.ts';
import { alertFact, factsOfRecorded, saveFacts } from '../notification/announce.ts';
import type { Announcer, OrgFact, Ring } from '../notification/announce.ts';
import type { FetchedStatement, StatementOutcome, StatementSteps } from './statement-flow.ts';
import { chooseWindow } from './window.ts';

export interface StatementOptions {
  readonly services: Services;
  readonly directory: Directory;
  readonly banks: BankCaller;
  readonly announcer: Announcer;
  /** Batches the ends of polls that changed nothing but their own row. */
  readonly finish: (result: PollResult) => Promise<unknown>;
  readonly onRings: (rings: readonly Ring[]) => void;
  /** What each account's last recorded statement said, so that an unchanged one costs nothing. */
  readonly unchanged: UnchangedStatements;
  /** Matching failed; what was recorded rings without it. */
  readonly onMatchProblem?: ((error: unknown) => void) | undefined;
}

const PAGES_MAX = 200;
/** Shorter than the lease of a poll (poller.ts). */
const PAGING_MAX_MS = 90_000;
/** A gap is looked at again so soon, and becomes an alarm when it is still there. */
const REPULL_MS = 5_000;
/** While a gap is open each poll reaches back to the days before it. */
const REPULL_REACH_MS = 2 * 86_400_000;
const BALANCE_AGE_MS = 10 * 60_000;
/** Failures in a row until a failing connection is told. */
const FAILURES_UNTIL_TOLD = 3;
const RETRY_MAX_MS = 15 * 60_000;
const RETRY_MIN_MS = 5_000;

/** Steps of one poll of one account. */
export async function statementSteps(
  options: StatementOptions,
  poll: DuePoll,
): Promise<StatementSteps> {
  const { directory, announcer, services } = options;
  const org = await directory.org(poll.orgId);
  const account = org.accounts.get(poll.accountId);
  const connection = org.connections.get(poll.connectionId);
  const connector = connection && announcer.connectorOf(connection.connector);
  if (!account || !connection || !connector) {
    throw new CashbellError('connection.notFound', { connection: poll.connectionId });
  }
  const nowMs = Date.now();
  const window = chooseWindow(connector.traits, { ...poll, nowMs });
  const place: PollPlace = { poll, account, connection, connector };

  return {
    fetchEntries: () => fetchAllPages(options.banks, place, window),
    fetchBalances: () => fetchOldBalances(options, place, nowMs),
    recordStatement: async (statement) => {
      // Most polls find nothing new; they leave no trace but their own row.
      const digest = digestStatement(statement, window);
      if (options.unchanged.is(poll.accountId, digest)) return { versions: 0, hasNewGap: false };
      const { outcome, rings } = await inTransaction(services.pool, (_client, transaction) =>
        // Seen when recorded: what was pushed and taken in while the bank answered is older.
        record(transaction, options, place, { statement, window, nowMs: Date.now() }),
      );
      options.onRings(rings);
      if (outcome.isContinuous) options.unchanged.note(poll.accountId, digest);
      else options.unchanged.forget(poll.accountId);
      return outcome;
    },
    scheduleNext: async (outcome) => {
      await options.finish({
        orgId: poll.orgId,
        accountId: poll.accountId,
        nextAtMs: outcome.hasNewGap ? Date.now() + REPULL_MS : nextInRhythm(poll, Date.now()),
        provenUntilMs: window.provenUntilMs,
        failures: 0,
        succeededAtMs: nowMs,
        ...(outcome.gapSinceMs === undefined
          ? {}
          : { repullFromMs: outcome.gapSinceMs - REPULL_REACH_MS }),
      });
      if (poll.failures >= FAILURES_UNTIL_TOLD) await tellRecovered(options, place);
    },
    scheduleRetry: async (error) => {
      const failures = poll.failures + 1;
      await options.finish({
        orgId: poll.orgId,
        accountId: poll.accountId,
        nextAtMs: Date.now() + retryDelay(error, failures, poll.intervalSeconds),
        failures,
        code: error.code,
        ...(poll.repullFromMs === undefined ? {} : { repullFromMs: poll.repullFromMs }),
      });
      if (failures === FAILURES_UNTIL_TOLD) await tellFailing(options, place, error);
    },
    toError,
  };
}

function toError(error: unknown): CashbellError {
  if (isCashbellError(error)) return error;
  const problem = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
  const isMoment = isDatabaseError(error) && !isDataError(error);
  const code = isMoment ? 'database.unavailable' : 'connector.answerUnreadable';
  return new CashbellError(code, { problem }, { cause: error });
}

interface PollPlace {
  readonly poll: DuePoll;
  readonly account: DirectoryAccount;
  readonly connection: DirectoryConnection;
  readonly connector: Connector;
}

async function fetchAllPages(
  banks: BankCaller,
  { account, connection }: PollPlace,
  window: Pick<StatementQuery, 'from' | 'to'>,
): Promise<FetchedStatement> {
  const entries: EntryReport[] = [];
  const balances: BalanceReport[] = [];
  const endsAtMs = Date.now() + PAGING_MAX_MS;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query: StatementQuery = {
      account: { number: account.number, currency: account.currency },
      from: window.from,
      to: window.to,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const ask = (): Promise<StatementPage> =>
      banks.ask(
        connection,
        (connector) => connector.exchanges.fetchStatement,
        query,
        account.accountId,
      );
    // The first page may be refused for want of budget; in the middle it is worth waiting, or a long
    // statement would begin anew for ever.
    const answer = await (page === 0 ? ask() : patiently(ask, endsAtMs));
    entries.push(...answer.entries);
    balances.push(...answer.balances);
    if (answer.nextCursor === undefined) return { entries, balances };
    if (answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  throw new CashbellError('connector.answerUnreadable', { problem: 'paging does not end' });
}

/** Waits for the call budget of the connection, as long as the poll's lease allows. */
async function patiently(
  ask: () => Promise<StatementPage>,
  endsAtMs: number,
): Promise<StatementPage> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isBudget = isCashbellError(error, 'transport.budgetExhausted');
      const seconds = isBudget ? error.details['waitSeconds'] : undefined;
      if (typeof seconds !== 'number' || Date.now() + seconds * 1000 > endsAtMs) throw error;
      await new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
}

async function fetchOldBalances(
  options: StatementOptions,
  { account, connection, connector, poll }: PollPlace,
  nowMs: number,
): Promise<readonly BalanceReport[]> {
  if (!connector.exchanges.fetchBalances) return [];
  const { rows } = await options.services.pool.query<{ as_of: Date | null }>({
    name: 'last-balance',
    text: 'SELECT max(as_of) AS as_of FROM balance WHERE org_id = $1 AND account_id = $2',
    values: [poll.orgId, poll.accountId],
  });
  const asOf = rows[0]?.as_of;
  if (asOf && nowMs - asOf.getTime() < BALANCE_AGE_MS) return [];
  return options.banks.ask(
    connection,
    (chosen) => chosen.exchanges.fetchBalances,
    { number: account.number, currency: account.currency },
    account.accountId,
  );
}

interface Recording {
  readonly statement: FetchedStatement;
  readonly window: ReturnType<typeof chooseWindow>;
  readonly nowMs: number;
}

async function record(
  transaction: Transaction,
  options: StatementOptions,
  place: PollPlace,
  { statement, window, nowMs }: Recording,
): Promise<{
  readonly outcome: StatementOutcome & { readonly isContinuous: boolean };
  readonly rings: readonly Ring[];
}> {
  const { client } = transaction;
  const { account, connector } = place;
  const at = new Date(nowMs);
  const foreign = statement.entries.find(({ amount }) => amount.currency !== account.currency);
  if (foreign) {
    throw new CashbellError('statement.currencyMismatch', {
      account: account.currency,
      stated: foreign.amount.currency,
    });
  }
  const continuity = await loadContinuity(client, account.orgId, account.accountId);
  const lines = orderLines(statement.entries.filter(isOfWindow(connector, window)));
  const outcome = await recordReports(transaction, [
    {
      orgId: account.orgId,
      accountId: account.accountId,
      source: 'statement',
      reports: lines.map((report) => ({ report })),
      completeDays: window.completeDays,
      seenAt: at,
    },
  ]);
  await saveBalances(
    client,
    statement.balances.map((balance) => ({ account, balance, source: 'statement' })),
  );
  const gap = connector.traits.hasRunningBalance ? findGap(lines, continuity) : undefined;
  const { connectorOf } = options.announcer;
  const links = await linkEntries(transaction, outcome.versions, { now: at, connectorOf });
  const matches = await matchEntries(transaction, outcome.versions, {
    directory: options.directory,
    now: at,
    links,
    onProblem: options.onMatchProblem,
  });
  const facts = [
    ...(await factsOfRecorded(options.announcer, outcome, { links, matches })),
    ...(await turnContinuity(transaction, place, { gap, continuity, nowMs })),
  ];
  const rings = await saveFacts(transaction, options.announcer, facts, at);
  const lastBalance = lines.findLast(({ status }) => status === 'booked')?.balanceAfter;
  const gapSinceMs = gap ? (continuity.gapSinceMs ?? nowMs) : undefined;
  await saveContinuity(client, {
    orgId: account.orgId,
    accountId: account.accountId,
    // While something is missing, the last proven balance stays the one to chain to.
    ...(lastBalance && !gap ? { lastBalanceMinorUnits: lastBalance.amountMinorUnits } : {}),
    ...(gapSinceMs === undefined ? {} : { gapSinceMs }),
  });
  const isContinuous = gap === undefined && outcome.vanished.length === 0;
  return {
    outcome: {
      versions: outcome.versions.length,
      // Only a gap that is new is looked at again at once; an old one waits for the normal rhythm.
      hasNewGap: gap !== undefined && continuity.gapSinceMs === undefined,
      isContinuous,
      ...(gapSinceMs === undefined ? {} : { gapSinceMs }),
    },
    rings,
  };
}

/**
 * Some banks answer with days beyond those that were asked for. Lines without a key can be counted
 * only in a day that is whole; those of other days come again in the window of their day.
 */
function isOfWindow({ traits }: Connector, { completeDays }: ReturnType<typeof chooseWindow>) {
  return ({ bookingDate, uniqueKey }: EntryReport): boolean =>
    traits.hasUniqueEntryKey || uniqueKey !== undefined || completeDays.has(bookingDate.toString());
}

/**
 * A break inside the lines, or between the last balance that we know and these lines. The last known
 * balance must be where a line starts or ends, since windows overlap.
 */
function findGap(
  lines: readonly EntryReport[],
  { lastBalanceMinorUnits }: AccountContinuity,
): BalanceGap | undefined {
  const booked = lines.filter(({ status }) => status === 'booked');
  const inside = findGaps(booked)[0];
  if (inside || lastBalanceMinorUnits === undefined || booked.length === 0) return inside;
  const isKnown = booked.some(
    ({ balanceAfter }) => balanceAfter?.amountMinorUnits === lastBalanceMinorUnits,
  );
  return isKnown ? undefined : findGaps(booked, lastBalanceMinorUnits)[0];
}

/** Opens or closes the alarm about a missing line; what is to be told of it. */
async function turnContinuity(
  { client }: Transaction,
  { account, connection }: PollPlace,
  state: {
    readonly gap: BalanceGap | undefined;
    readonly continuity: AccountContinuity;
    readonly nowMs: number;
  },
): Promise<readonly OrgFact[]> {
  const { gap, continuity, nowMs } = state;
  const at = new Date(nowMs);
  const place = { orgId: account.orgId, kind: 'statement.gap', subjectId: account.accountId };
  const base = {
    connectionId: connection.connectionId,
    accountId: account.accountId,
    subject: `${connection.name} · ${account.name}`,
    atMs: nowMs,
  };
  const tell = (
    kind: 'statement.gap' | 'statement.gapClosed',
    details: Record<string, string>,
  ): OrgFact[] => [{ orgId: account.orgId, fact: alertFact({ ...base, kind, details }) }];
  if (gap && continuity.gapSinceMs !== undefined) {
    const amount = (units: bigint): string =>
      formatDecimal({ amountMinorUnits: units, currency: account.currency });
    const details = {
      expected: amount(gap.expectedMinorUnits),
      stated: amount(gap.statedMinorUnits),
      currency: account.currency,
    };
    return (await openAlarm(client, place, details, at)) ? tell('statement.gap', details) : [];
  }
  if (!gap && continuity.gapSinceMs !== undefined && (await closeAlarm(client, place, at))) {
    return tell('statement.gapClosed', {});
  }
  return [];
}

/** Keeps the account's rhythm: the next multiple of the interval that lies ahead. */
function nextInRhythm(poll: DuePoll, nowMs: number): number {
  const intervalMs = poll.intervalSeconds * 1000;
  const missed = Math.max(0, Math.floor((nowMs - poll.dueAtMs) / intervalMs));
  return poll.dueAtMs + (missed + 1) * intervalMs;
}

function retryDelay(error: CashbellError, failures: number, intervalSeconds: number): number {
  const wait = error.details['waitSeconds'];
  if (typeof wait === 'number') return Math.max(1, wait) * 1000;
  const until = error.details['until'];
  if (error.code === 'bank.maintenance' && typeof until === 'string') {
    return Math.max(RETRY_MIN_MS, Date.parse(until) - Date.now());
  }
  const growing = RETRY_MIN_MS * 2 ** Math.min(failures, 10);
  return Math.min(RETRY_MAX_MS, Math.max(growing, (intervalSeconds * 1000) / 4));
}

async function tellFailing(
  options: StatementOptions,
  { connection, poll }: PollPlace,
  error: CashbellError,
): Promise<void> {
  const at = new Date();
  const place = {
    orgId: poll.orgId,
    kind: 'connection.failing',
    subjectId: connection.connectionId,
  };
  const rings = await inTransaction(options.services.pool, async (client, transaction) => {
    await client.query(
      `UPDATE connection SET failing_since = coalesce(failing_since, $3), failing_code = $4
       WHERE org_id = $1 AND connection_id = $2`,
      [poll.orgId, connection.connectionId, at, error.code],
    );
    if (!(await openAlarm(client, place, { code: error.code }, at))) return [];
    const fact = alertFact({
      kind: 'connection.failing',
      connectionId: connection.connectionId,
      subject: connection.name,
      code: error.code,
      details: { problem: error.code, failures: poll.failures + 1, since: at.toISOString() },
      atMs: at.getTime(),
    });
    return saveFacts(transaction, options.announcer, [{ orgId: poll.orgId, fact }], at);
  });
  options.onRings(rings);
}

async function tellRecovered(
  options: StatementOptions,
  { connection, poll }: PollPlace,
): Promise<void> {
  const at = new Date();
  const place = {
    orgId: poll.orgId,
    kind: 'connection.failing',
    subjectId: connection.connectionId,
  };
  const rings = await inTransaction(options.services.pool, async (client, transaction) => {
    await client.query(
      `UPDATE connection SET failing_since = NULL, failing_code = NULL, last_success_at = $3
       WHERE org_id = $1 AND connection_id = $2`,
      [poll.orgId, connection.connectionId, at],
    );
    const openedAt = await closeAlarm(client, place, at);
    if (!openedAt) return [];
    const fact = alertFact({
      kind: 'connection.recovered',
      connectionId: connection.connectionId,
      subject: connection.name,
      details: { since: openedAt.toISOString() },
      atMs: at.getTime(),
    });
    return saveFacts(transaction, options.announcer, [{ orgId: poll.orgId, fact }], at);
  });
  options.onRings(rings);
}

/** Remembers in memory what was recorded last; a restart only costs one recording each. */
export interface UnchangedStatements {
  is(accountId: string, digest: string): boolean;
  note(accountId: string, digest: string): void;
  forget(accountId: string): void;
}

const REMEMBERED_MAX = 50_000;

export function createUnchangedStatements(): UnchangedStatements {
  const digests = new Map<string, string>();
  return {
    is: (accountId, digest) => digests.get(accountId) === digest,
    note: (accountId, digest) => {
      if (digests.size >= REMEMBERED_MAX && !digests.has(accountId)) digests.clear();
      digests.set(accountId, digest);
    },
    forget: (accountId) => {
      digests.delete(accountId);
    },
  };
}

/** Equal for equal lines of equal days; the moment of asking and of a balance do not count. */
function digestStatement(
  { entries, balances }: FetchedStatement,
  { completeDays }: ReturnType<typeof chooseWindow>,
): string {
  const said = {
    days: [...completeDays],
    entries,
    balances: balances.map(({ type, amount }) => ({ type, amount })),
  };
  const text = JSON.stringify(said, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return createHash('sha256').update(text).digest('base64');
}

/** Ends many polls in one statement. */
export async function finishPollBatch(
  services: Services,
  results: readonly PollResult[],
): Promise<readonly true[]> {
  await finishPolls(services.pool, results);
  return results.map(() => true);
}
