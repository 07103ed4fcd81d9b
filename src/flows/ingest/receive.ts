import { createHash } from 'node:crypto';
import type { Connector, InboundVerdict, RefusalReason } from '#connectors/contract.ts';
import { instantFromMs } from '#core/dates.ts';
import type { ErrorDetails } from '#core/errors.ts';
import type { HttpReply, InboundCall } from '#core/http.ts';
import { isAddressAllowed } from '#engine/addresses.ts';
import { createCoalescer } from '#engine/coalesce.ts';
import { isInboundToken, issueInboundToken } from '#engine/inbound-tokens.ts';
import { newId } from '#secret/ids.ts';
import { seal } from '#secret/seal.ts';
import type { DataKey } from '#secret/seal.ts';
import type { Directory, DirectoryConnection } from '#store/directory.ts';
import { storeInbound, storeRefusal } from '#store/inbound.ts';
import type { NewInbound, StoreOutcome } from '#store/inbound.ts';
import { sealedColumns } from '#store/services.ts';
import type { Services } from '#store/services.ts';
import { packMessage } from './sealed-message.ts';

/** What came of a call, for metrics and logs. */
export interface ReceivedCall {
  readonly reply: HttpReply;
  readonly outcome: 'stored' | 'repeated' | 'token' | RefusalReason;
  readonly connection?: DirectoryConnection;
}

export interface Receiver {
  /** Judges one call of a bank. A message that is answered with success is on disk. */
  receive(connectionId: string, call: InboundCall): Promise<ReceivedCall>;
  /** A refusal that the web server found before the call was read, in the bank's own format. */
  refuse(
    connectionId: string,
    call: Pick<InboundCall, 'subpath' | 'remoteAddress'>,
    reason: RefusalReason,
    details: ErrorDetails,
  ): Promise<ReceivedCall>;
}

export interface ReceiverOptions {
  readonly services: Services;
  readonly directory: Directory;
  readonly connectorOf: (id: string) => Connector | undefined;
  /** Called after messages were committed, so that a worker can start at once. */
  readonly onStored: () => void;
  readonly onLearned: (
    connection: DirectoryConnection,
    learned: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** Something beside the answer failed: the bank is answered all the same. */
  readonly onError?: (error: unknown) => void;
}

/** Headers that are kept with a message; authorisation is not needed after the check. */
const HEADERS_DROPPED = new Set(['authorization', 'authorization-customer', 'cookie']);
const REFUSED_BODY_BYTES = 2_048;
/** Refusals stored per connection and minute; a flood is counted, not stored. */
const REFUSALS_PER_MINUTE = 60;
const STORE_ITEMS_MAX = 200;
/** One batch at a time: two could commit in the other order than their calls came. */
const STORE_CONCURRENCY = 1;

export function createReceiver(options: ReceiverOptions): Receiver {
  const { services, directory } = options;
  const writer = createCoalescer<NewInbound, StoreOutcome>({
    write: (messages) => storeInbound(services.pool, messages),
    itemsMax: STORE_ITEMS_MAX,
    concurrency: STORE_CONCURRENCY,
  });
  const refusals = createRefusalLimit();

  const keepRefusal = async (
    connection: DirectoryConnection,
    call: Pick<InboundCall, 'subpath' | 'remoteAddress'> & Partial<InboundCall>,
    reason: RefusalReason,
    details: ErrorDetails,
  ): Promise<void> => {
    // Only strangers can flood; what is authentic is kept however many they send.
    const isAuthentic = reason === 'inbound.accountUnknown' || reason === 'inbound.nonceReplayed';
    if (!isAuthentic && !refusals.allows(connection.connectionId)) return;
    const { orgId, connectionId } = connection;
    const inboundId = newId('inb');
    const body = call.body ?? new Uint8Array();
    // An authentic message for an account we do not know is kept whole: it may be taken in later.
    const kept = reason === 'inbound.accountUnknown' ? body : body.subarray(0, REFUSED_BODY_BYTES);
    const packed = packMessage(keptHeaders(call.headers ?? {}), kept);
    const place = { orgId, column: sealedColumns.inbound, rowId: inboundId };
    await storeRefusal(services.pool, {
      orgId,
      inboundId,
      connectionId,
      receivedAt: new Date(),
      subpath: call.subpath.slice(0, 300),
      remoteAddress: call.remoteAddress,
      sealed: await services.keyring.seal(packed, place),
      digest: createHash('sha256').update(body).digest(),
      code: reason,
      details,
    });
  };

  /** A refusal stands even when it cannot be written down. */
  const tryKeepRefusal: typeof keepRefusal = (...refusal) =>
    keepRefusal(...refusal).catch((error: unknown) => options.onError?.(error));

  const refuse: Receiver['refuse'] = async (connectionId, call, reason, details) => {
    const connection = await directory.connection(connectionId);
    const inbound = connection && options.connectorOf(connection.connector)?.inbound;
    if (!connection || !inbound) return unknownConnection();
    await tryKeepRefusal(connection, call, reason, details);
    const reply = inbound.refuse(reason, call, instantFromMs(Date.now()));
    return { reply, outcome: reason, connection };
  };

  const accept = async (
    connection: DirectoryConnection,
    call: InboundCall,
    verdict: Extract<InboundVerdict, { kind: 'accepted' }>,
    key: DataKey,
  ): Promise<ReceivedCall> => {
    const { replies } = verdict;
    if (!knowsAccount(connection, verdict.accountIdentifiers)) {
      const identifiers = verdict.accountIdentifiers.join(', ').slice(0, 200);
      try {
        await keepRefusal(connection, call, 'inbound.accountUnknown', { identifiers });
      } catch (error) {
        // Authentic, and we do not have it: the bank should come again.
        options.onError?.(error);
        return { reply: replies.unavailable, outcome: 'inbound.rateLimited', connection };
      }
      return { reply: replies.accountUnknown, outcome: 'inbound.accountUnknown', connection };
    }
    let stored: StoreOutcome;
    try {
      stored = await writer.add(toRow(connection, call, verdict, key));
    } catch (error) {
      options.onError?.(error);
      // Not on disk: the bank must not believe that we have it.
      return { reply: replies.unavailable, outcome: 'inbound.rateLimited', connection };
    }
    if (stored === 'replayed') {
      await tryKeepRefusal(connection, call, 'inbound.nonceReplayed', { nonce: verdict.nonce });
      return { reply: replies.nonceReused, outcome: 'inbound.nonceReplayed', connection };
    }
    if (stored === 'repeated') return { reply: replies.repeated, outcome: 'repeated', connection };
    options.onStored();
    if (verdict.learned) {
      // What a call taught can be learnt again from the next one.
      await options
        .onLearned(connection, verdict.learned)
        .catch((error: unknown) => options.onError?.(error));
    }
    return { reply: replies.accepted, outcome: 'stored', connection };
  };

  return {
    refuse,
    receive: async (connectionId, call) => {
      const connection = await directory.connection(connectionId);
      const connector = connection && options.connectorOf(connection.connector);
      if (!connection || !connector?.inbound) return unknownConnection();
      if (!connection.isActive || !connection.isArmed) {
        return refuse(connectionId, call, 'inbound.environmentMismatch', {
          state: connection.isActive ? 'not armed' : 'paused',
        });
      }
      if (!isAddressAllowed(call.remoteAddress, connection.allowedAddresses)) {
        return refuse(connectionId, call, 'inbound.addressNotAllowed', {
          address: call.remoteAddress,
        });
      }
      const keys = await services.keyring.keys(connection.orgId);
      const key = keys.at(-1) ?? (await services.keyring.currentKey(connection.orgId));
      const nowMs = Date.now();
      const verdict = connector.inbound.receive(call, {
        config: connector.config.parse(connection.config),
        environment: connection.environment,
        now: instantFromMs(nowMs),
        basePath: '',
        learned: connection.learned,
        // While the data key rotates, tokens of either key are good until their end.
        isIssuedToken: (token) =>
          keys.some((one) => isInboundToken(token, connectionId, one, nowMs)),
      });
      if (verdict.kind === 'refused' && verdict.reason === 'inbound.unparseable') {
        // Authentic, yet not what we can read: the bank hears so, and ingest quarantines it whole.
        const digest = createHash('sha256').update(call.body).digest('hex');
        const unreadKey = `unreadable:${digest}`;
        const unread = {
          verifiedBy: 'authentic, unreadable',
          nonce: unreadKey,
          messageKey: unreadKey,
        };
        // The bank hears the same whether or not we could keep it: it has to send something else.
        await writer
          .add(toRow(connection, call, unread, key))
          .then(options.onStored, options.onError);
        return { reply: verdict.reply, outcome: verdict.reason, connection };
      }
      if (verdict.kind === 'refused') {
        await tryKeepRefusal(connection, call, verdict.reason, verdict.details);
        return { reply: verdict.reply, outcome: verdict.reason, connection };
      }
      if (verdict.kind === 'tokenRequested') {
        const token = issueInboundToken(connectionId, key, nowMs, verdict.lifetimeSeconds);
        return { reply: verdict.reply(token), outcome: 'token', connection };
      }
      return accept(connection, call, verdict, key);
    },
  };
}

function knowsAccount(connection: DirectoryConnection, identifiers: readonly string[]): boolean {
  if (identifiers.length === 0) return true;
  return identifiers.some((identifier) => connection.accountsByIdentifier.has(identifier));
}

function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HEADERS_DROPPED.has(name.toLowerCase())),
  );
}

function toRow(
  connection: DirectoryConnection,
  call: InboundCall,
  verdict: Pick<
    Extract<InboundVerdict, { kind: 'accepted' }>,
    'verifiedBy' | 'nonce' | 'messageKey'
  >,
  key: DataKey,
): NewInbound {
  const { orgId, connectionId } = connection;
  const inboundId = newId('inb');
  const place = { orgId, column: sealedColumns.inbound, rowId: inboundId };
  return {
    orgId,
    inboundId,
    connectionId,
    receivedAt: new Date(),
    subpath: call.subpath,
    remoteAddress: call.remoteAddress,
    sealed: seal(packMessage(keptHeaders(call.headers), call.body), place, key),
    digest: createHash('sha256').update(call.body).digest(),
    verifiedBy: verdict.verifiedBy,
    nonce: verdict.nonce,
    messageKey: verdict.messageKey,
  };
}

function unknownConnection(): ReceivedCall {
  // No bank format is known here, and nothing is told about which connections exist.
  const body = JSON.stringify({ code: 'inbound.connectionUnknown' });
  const headers = { 'content-type': 'application/json' };
  return { reply: { status: 404, headers, body }, outcome: 'inbound.connectionUnknown' };
}

function createRefusalLimit(): { allows(connectionId: string): boolean } {
  let minute = 0;
  const counts = new Map<string, number>();
  return {
    allows: (connectionId) => {
      const now = Math.floor(Date.now() / 60_000);
      if (now !== minute) {
        minute = now;
        counts.clear();
      }
      const count = (counts.get(connectionId) ?? 0) + 1;
      counts.set(connectionId, count);
      return count <= REFUSALS_PER_MINUTE;
    },
  };
}
