import type { Connector, InboundContent } from '#connectors/contract.ts';
import { instantFromMs } from '#core/dates.ts';
import type { InboundId } from '#core/ids.ts';
import type { Directory, DirectoryAccount, DirectoryConnection } from '#store/directory.ts';
import type { AccountReports, RecordOutcome } from '#store/entries.ts';
import { claimInbound, finishInbound } from '#store/inbound.ts';
import type { ClaimedInbound, InboundOutcome } from '#store/inbound.ts';
import { isDataError } from '#store/data-errors.ts';
import { sealedColumns } from '#store/services.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import { factsOfRecorded, saveFacts } from '../notification/announce.ts';
import type { Announcer, OrgFact, Ring } from '../notification/announce.ts';
import { recordReports } from '#store/entries.ts';
import { saveBalances } from '#store/balances.ts';
import type { AccountBalance } from '#store/balances.ts';
import { saveTransferNotices } from '#store/transfer-notices.ts';
import type { NewTransferNotice } from '#store/transfer-notices.ts';
import { linkEntries } from '../payment/link-entries.ts';
import type { EntryLinks } from '../payment/link-entries.ts';
import { matchEntries } from '../reconciliation/match-entries.ts';
import { unpackMessage } from './sealed-message.ts';

export interface IngestOptions {
  readonly services: Services;
  readonly directory: Directory;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly announcer: Announcer;
  /** Matching failed; what was recorded rings without it. */
  readonly onMatchProblem?: ((error: unknown) => void) | undefined;
}

/** How many messages one transaction takes. */
const BATCH_MAX = 64;
const PROBLEM_LENGTH_MAX = 2_000;

export interface IngestedBatch {
  readonly messages: number;
  /** A full batch: others probably wait. */
  readonly hasMore: boolean;
  readonly rings: readonly Ring[];
}

/**
 * Takes stored messages through `parse → entries → events → notices` in one transaction, and tells
 * which destinations have work now. A message that cannot be read goes to quarantine, and so does
 * one that the database will not take; neither ever holds up another (ask 55).
 */
export async function ingestBatch(options: IngestOptions): Promise<IngestedBatch> {
  const held: ClaimedInbound[] = [];
  try {
    return await ingestUpTo(options, BATCH_MAX, held);
  } catch (error) {
    if (!isDataError(error)) throw error;
    return ingestOneByOne(options, held.length);
  }
}

/** Finds the message that fails the others of its batch. */
async function ingestOneByOne(options: IngestOptions, count: number): Promise<IngestedBatch> {
  const rings: Ring[] = [];
  let messages = 0;
  for (; messages < count; messages += 1) {
    const held: ClaimedInbound[] = [];
    try {
      rings.push(...(await ingestUpTo(options, 1, held)).rings);
    } catch (error) {
      const [message] = held;
      if (!message || !isDataError(error)) throw error;
      rings.push(...(await quarantine(options, message, error)));
    }
  }
  return { messages, hasMore: true, rings };
}

async function quarantine(
  options: IngestOptions,
  message: ClaimedInbound,
  error: unknown,
): Promise<readonly Ring[]> {
  const at = new Date();
  const connection = await options.directory.connection(message.connectionId);
  const read = [quarantined(message, connection, error)];
  return inTransaction(options.services.pool, (client, transaction) => {
    transaction.write(
      finishInbound(
        client,
        read.map(({ outcome }) => outcome),
        at,
      ),
    );
    return saveFacts(transaction, options.announcer, quarantineFacts(read, at), at);
  });
}

async function ingestUpTo(
  options: IngestOptions,
  limit: number,
  held: ClaimedInbound[],
): Promise<IngestedBatch> {
  return inTransaction(options.services.pool, async (client, transaction) => {
    // This commit need not wait for the disk: the messages are on it, and would be read again. What
    // is told is flushed before it leaves, by the commit of its intent, which comes later in the log.
    transaction.write(client.query('SET LOCAL synchronous_commit = off'));
    const claimed = await claimInbound(client, limit);
    held.push(...claimed);
    if (claimed.length === 0) return { messages: 0, hasMore: false, rings: [] };
    const at = new Date();
    const read = await Promise.all(claimed.map((message) => readMessage(options, message)));
    const facts = await recordRounds(transaction, options, toRounds(read, at), at);
    transaction.write(
      saveBalances(
        client,
        read.flatMap((message) => message.balances),
      ),
    );
    await saveTransferNotices(
      client,
      read.flatMap(({ transfers }) => transfers),
      at,
    );
    const rings = await saveFacts(
      transaction,
      options.announcer,
      [...facts, ...quarantineFacts(read, at)],
      at,
    );
    transaction.write(
      finishInbound(
        client,
        read.map(({ outcome }) => outcome),
        at,
      ),
    );
    return { messages: claimed.length, hasMore: claimed.length === limit, rings };
  });
}

/** Records movements, finds what they belong to, and says what is to be told of them. */
async function recordRounds(
  transaction: Transaction,
  options: IngestOptions,
  rounds: readonly AccountReports[][],
  now: Date,
): Promise<OrgFact[]> {
  const { connectorOf, directory, announcer, onMatchProblem: onProblem } = options;
  const recorded: { outcome: RecordOutcome; links: EntryLinks }[] = [];
  for (const round of rounds) {
    const outcome = await recordReports(transaction, round);
    const links = await linkEntries(transaction, outcome.versions, { now, connectorOf });
    recorded.push({ outcome, links });
  }
  const versions = recorded.flatMap(({ outcome }) => outcome.versions);
  const links = new Map(recorded.flatMap((each) => [...each.links]));
  const matches = await matchEntries(transaction, versions, { directory, now, links, onProblem });
  const facts: OrgFact[] = [];
  for (const each of recorded) {
    facts.push(...(await factsOfRecorded(announcer, each.outcome, { ...each, matches })));
  }
  return facts;
}

interface ReadMessage {
  readonly message: ClaimedInbound;
  readonly outcome: InboundOutcome;
  readonly connection?: DirectoryConnection;
  readonly movements: readonly Movement[];
  readonly balances: readonly AccountBalance[];
  readonly transfers: readonly NewTransferNotice[];
}

interface Movement {
  readonly account: DirectoryAccount;
  readonly sourced: AccountReports['reports'][number];
}

async function readMessage(options: IngestOptions, message: ClaimedInbound): Promise<ReadMessage> {
  const { orgId, inboundId } = message;
  const connection = await options.directory.connection(message.connectionId);
  try {
    if (!connection) throw new Error(`connection ${message.connectionId} was removed`);
    const content = await parseMessage(options, message, connection);
    return {
      message,
      connection,
      outcome: { orgId, inboundId, state: 'processed' },
      movements: content.movements.map(({ accountIdentifiers, entry }, index) => ({
        account: accountOf(connection, accountIdentifiers),
        sourced: { report: entry, messageKey: `${message.messageKey}/${index}`, inboundId },
      })),
      balances: content.balances.map(({ accountIdentifiers, balance }) => ({
        account: accountOf(connection, accountIdentifiers),
        balance,
        source: 'push',
      })),
      transfers: (content.transfers ?? []).map((transfer) => ({
        ...transfer,
        orgId,
        connectionId: connection.connectionId,
      })),
    };
  } catch (error) {
    return quarantined(message, connection, error);
  }
}

/** What became of a message that cannot be taken in; NUL is the one sign that no column holds. */
function quarantined(
  message: ClaimedInbound,
  connection: DirectoryConnection | undefined,
  error: unknown,
): ReadMessage {
  const { orgId, inboundId } = message;
  const text = error instanceof Error ? error.message : String(error);
  const problem = text.replaceAll('\0', '�').slice(0, PROBLEM_LENGTH_MAX);
  const outcome: InboundOutcome = { orgId, inboundId, state: 'quarantined', problem };
  return {
    message,
    ...(connection ? { connection } : {}),
    outcome,
    movements: [],
    balances: [],
    transfers: [],
  };
}

async function parseMessage(
  options: IngestOptions,
  message: ClaimedInbound,
  connection: DirectoryConnection,
): Promise<InboundContent> {
  const connector = options.connectorOf(connection.connector);
  if (!connector?.inbound) throw new Error(`connector ${connection.connector} takes no messages`);
  const place = {
    orgId: message.orgId,
    column: sealedColumns.inbound,
    rowId: message.inboundId satisfies InboundId,
  };
  const { headers, body } = unpackMessage(
    await options.services.keyring.unseal(message.sealed, place),
  );
  const receivedAt = instantFromMs(message.receivedAt.getTime());
  return connector.inbound.parse(
    { subpath: message.subpath, headers, body, receivedAt },
    {
      config: connector.config.parse(connection.config),
      environment: connection.environment,
      now: receivedAt,
      basePath: '',
    },
  );
}

function accountOf(
  connection: DirectoryConnection,
  identifiers: readonly string[],
): DirectoryAccount {
  for (const identifier of identifiers) {
    const account = connection.accountsByIdentifier.get(identifier);
    if (account) return account;
  }
  throw new Error(`no account is known under ${identifiers.join(', ')}`);
}

/**
 * Groups movements by account into rounds: two reports under one key, such as pending and settled
 * of one deposit, must be decided one after the other, so the second goes into the next round.
 */
function toRounds(read: readonly ReadMessage[], seenAt: Date): AccountReports[][] {
  const rounds: { reports: Map<string, MutableReports>; keys: Set<string> }[] = [];
  for (const { account, sourced } of read.flatMap(({ movements }) => movements)) {
    const keys = [sourced.report.uniqueKey, sourced.messageKey]
      .filter((key) => key !== undefined)
      .map((key) => `${account.accountId}/${key}`);
    const lastWithKey = rounds.findLastIndex((round) => keys.some((key) => round.keys.has(key)));
    const index = lastWithKey + 1;
    const round = rounds[index] ?? { reports: new Map<string, MutableReports>(), keys: new Set() };
    rounds[index] = round;
    for (const key of keys) round.keys.add(key);
    const reports = round.reports.get(account.accountId) ?? emptyReports(account, seenAt);
    reports.reports.push(sourced);
    round.reports.set(account.accountId, reports);
  }
  return rounds.map(({ reports }) => [...reports.values()]);
}

type MutableReports = Omit<AccountReports, 'reports'> & {
  reports: AccountReports['reports'][number][];
};

function emptyReports(account: DirectoryAccount, seenAt: Date): MutableReports {
  const { orgId, accountId } = account;
  return { orgId, accountId, source: 'push', reports: [], completeDays: new Set(), seenAt };
}

function quarantineFacts(read: readonly ReadMessage[], at: Date): OrgFact[] {
  return read
    .filter(({ outcome, connection }) => outcome.state === 'quarantined' && connection)
    .map(({ message, outcome, connection }) => ({
      orgId: message.orgId,
      fact: {
        kind: 'inbound.quarantined' as const,
        at: instantFromMs(at.getTime()),
        connectionId: message.connectionId,
        subject: connection?.name ?? message.connectionId,
        code: 'inbound.unparseable' as const,
        details: { inbound: message.inboundId, problem: (outcome.problem ?? '').slice(0, 200) },
      },
    }));
}
