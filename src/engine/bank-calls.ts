import { createHash } from 'node:crypto';
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';
import type {
  CallContext,
  Connector,
  Exchange,
  MaintenanceWindow,
  Session,
  SignedContext,
} from '#connectors/contract.ts';
import { addMs, dayIn, instantFromMs, minuteOfDay, weekdayIn } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import { bodyText } from '#core/http.ts';
import { SecretText } from '#core/secret-text.ts';
import { dropSession, loadSession, saveSession } from '#store/bank-sessions.ts';
import type { StoredSession } from '#store/bank-sessions.ts';
import { beginCalls, finishCalls } from '#store/calls.ts';
import type { BegunCall, FinishedCall, NewCall } from '#store/calls.ts';
import type { DirectoryConnection } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';
import { createCallBudget } from './call-budget.ts';
import { createCoalescer } from './coalesce.ts';
import { createLimit } from './limit.ts';
import { withoutSecrets } from './without-secrets.ts';
import type { Transport, TransportTarget } from './transport.ts';

/** Asks banks on behalf of connections, within their budgets, and writes every call down. */
export interface BankCaller {
  /**
   * Makes one exchange: session, id, signature, request, judgement, reading. A token that the bank
   * refuses is renewed once. Throws CashbellError; `retry` dispositions are for the caller to
   * schedule, nothing is repeated here that could act twice.
   */
  ask<Question, Answer>(
    connection: DirectoryConnection,
    choose: (connector: Connector) => Exchange<unknown, Question, Answer> | undefined,
    question: Question,
    accountId?: string,
  ): Promise<Answer>;
  /**
   * Makes one call that is not read here. For `transfer-calls.ts` only: everything else asks. The
   * token is renewed for a later call when the bank refuses it, the call itself is not repeated.
   */
  run(job: BankJob): Promise<BankRun>;
}

/** A call whose answer somebody else judges and reads. */
export interface BankJob {
  readonly connection: DirectoryConnection;
  readonly accountId: string;
  readonly service: string;
  readonly request: (context: SignedContext<unknown>) => HttpRequest;
  readonly judge: (
    response: HttpResponse,
    context: CallContext<unknown>,
  ) => CashbellError | undefined;
  /**
   * Asked when everything is ready and before the first byte leaves; it must commit that this id is
   * used. When it throws, nothing leaves.
   */
  readonly beforeSending?: (externalId: string, now: Instant) => Promise<void>;
  /** Whether a refused token may be renewed and the call made again at once. */
  readonly isRepeatable: boolean;
  /** Counts against a budget of its own, so that watching never holds up paying. */
  readonly isPayment?: boolean;
}

export interface BankRun {
  readonly response: HttpResponse;
  readonly context: CallContext<unknown>;
}

export interface BankCallerOptions {
  readonly services: Services;
  readonly transport: Transport;
  readonly connectorOf: (id: string) => Connector | undefined;
}

/** After so many failures in a row a connection rests, so that a sick bank is not hammered. */
const FAILURES_UNTIL_REST = 5;
const REST_MS = 30_000;
const CALL_BATCH_MAX = 200;
/** No bank of ours publishes a figure; ten a second is far below what their gateways take. */
const PAYMENTS_PER_MINUTE = 600;
/**
 * A transfer that meets a connection which the bank is closing is lost without an answer, and people
 * may have to decide about it. Servers keep resting connections for five seconds at least.
 */
const PAYMENT_REST_MS = 3_000;
/**
 * Each renewal holds a database connection while the bank thinks. Banks whose token service is slow
 * must not take all of them from the ring.
 */
const RENEWALS_AT_ONCE = 8;

export function createBankCaller(options: BankCallerOptions): BankCaller {
  const { services } = options;
  const budget = createCallBudget();
  const breakers = new Map<string, CircuitBreakerPolicy>();
  const sessions = new Map<string, StoredSession>();
  const renewals = new Map<string, Promise<StoredSession>>();
  const renewalLimit = createLimit(RENEWALS_AT_ONCE);
  const begin = createCoalescer<NewCall, BegunCall>({
    write: (calls) => beginCalls(services.pool, calls),
    itemsMax: CALL_BATCH_MAX,
    concurrency: 1,
  });
  const finish = createCoalescer<FinishedCall, true>({
    write: async (calls) => {
      await finishCalls(services.pool, calls);
      return calls.map(() => true);
    },
    itemsMax: CALL_BATCH_MAX,
    concurrency: 1,
  });

  const breakerOf = (key: string): CircuitBreakerPolicy => {
    let breaker = breakers.get(key);
    if (!breaker) {
      breaker = circuitBreaker(handleWhen(isSickness), {
        halfOpenAfter: REST_MS,
        breaker: new ConsecutiveBreaker(FAILURES_UNTIL_REST),
      });
      breakers.set(key, breaker);
    }
    return breaker;
  };

  const takeBudget = (connectionId: string, connector: Connector, isPayment: boolean): void => {
    const { perMinute, paymentsPerMinute = PAYMENTS_PER_MINUTE } = connector.traits.callBudget;
    if (isPayment) budget.take(`${connectionId}/pay`, paymentsPerMinute, Date.now());
    else budget.take(connectionId, perMinute, Date.now());
  };

  const perform = async (
    call: PreparedCall,
    job: Pick<BankJob, 'request' | 'judge' | 'beforeSending' | 'isPayment'>,
    token: string | undefined,
  ): Promise<HttpResponse> => {
    const { connection, connector } = call;
    const now = instantFromMs(Date.now());
    takeBudget(connection.connectionId, connector, job.isPayment ?? false);
    const begun = await begin.add({
      orgId: connection.orgId,
      connectionId: connection.connectionId,
      service: call.service,
      day: dayIn(now, connector.traits.zone).toString(),
      formatExternalId: (sequence) => connector.formatExternalId(now, sequence),
      ...(call.accountId === undefined ? {} : { accountId: call.accountId }),
    });
    const context: SignedContext<unknown> = {
      ...contextOf(connection, call.config, now),
      externalId: begun.externalId,
      ...(token === undefined ? {} : { token }),
    };
    const request = connector.sign(job.request(context), context);
    await job.beforeSending?.(begun.externalId, now);
    try {
      const target = targetOf(connection, connector);
      const response = await options.transport.send(
        job.isPayment ? { ...target, restMs: PAYMENT_REST_MS } : target,
        request,
      );
      const refusal = job.judge(response, context);
      const logged = finish.add({
        orgId: connection.orgId,
        callId: begun.callId,
        httpStatus: response.status,
        bankCode: bankCodeOf(response),
        ...(refusal ? { code: refusal.code } : {}),
      });
      // What a bank says about money is not lost because it could not be logged.
      await (job.isPayment ? logged.catch(() => undefined) : logged);
      if (refusal) throw refusal;
      return response;
    } catch (error) {
      if (isCashbellError(error) && error.code.startsWith('transport.')) {
        await finish.add({ orgId: connection.orgId, callId: begun.callId, code: error.code });
      }
      throw error;
    }
  };

  const fetchSession = async (call: PreparedCall): Promise<StoredSession> => {
    const { connector, connection } = call;
    const { session } = connector;
    if (!session) throw new CashbellError('connector.capabilityMissing', { what: 'session' });
    const response = await sendUnsigned(options.transport, call, (context) =>
      session.request(context),
    );
    const context = contextOf(connection, call.config, instantFromMs(Date.now()));
    const refusal = connector.judge(response, context);
    if (refusal) throw refusal;
    const { token, expiresAt }: Session = session.parse(response, context);
    return { token, expiresAtMs: expiresAt.epochMilliseconds };
  };

  /** One token per credential, shared by all processes; renewals wait for each other. */
  const renewSession = (call: PreparedCall, refused?: string): Promise<StoredSession> =>
    inTransaction(services.pool, async (client) => {
      const { orgId, connectionId } = call.connection;
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7420))', [
        connectionId,
      ]);
      const stored = await loadSession(client, services, orgId, connectionId);
      if (stored && stored.token !== refused && isFresh(stored, call.connector)) return stored;
      if (stored) await dropSession(client, orgId, connectionId);
      const fetched = await fetchSession(call);
      await saveSession(client, services, orgId, connectionId, fetched);
      return fetched;
    });

  /** One renewal per credential in this process; who comes meanwhile shares its outcome. */
  const renewOnce = (key: string, call: PreparedCall, refused?: string): Promise<StoredSession> => {
    const known = renewals.get(key);
    if (known) return known;
    const renewing = renewalLimit
      .run(() => renewSession(call, refused))
      .then((session) => {
        sessions.set(key, session);
        return session;
      })
      .finally(() => renewals.delete(key));
    renewals.set(key, renewing);
    return renewing;
  };

  const sessionOf = async (call: PreparedCall, refused?: string): Promise<string | undefined> => {
    if (!call.connector.session) return undefined;
    const key = sessionKey(call.connection);
    const known = sessions.get(key);
    if (known && known.token !== refused && isFresh(known, call.connector)) return known.token;
    const shared = await renewOnce(key, call, refused);
    if (shared.token !== refused) return shared.token;
    // The renewal that was under way did not know yet that this token is refused.
    return (await renewOnce(key, call, refused)).token;
  };

  /** One call through budget, breaker and session. */
  const run = async (connector: Connector, job: Omit<BankJob, 'accountId'> & AccountOfJob) => {
    const { connection } = job;
    if (!connection.isArmed) {
      throw new CashbellError('connection.notArmed', { connection: connection.name });
    }
    refuseMaintenance(connector, instantFromMs(Date.now()));
    const call: PreparedCall = {
      connection,
      connector,
      config: connector.config.parse(connection.config),
      service: job.service,
      ...(job.accountId === undefined ? {} : { accountId: job.accountId }),
    };
    const attempt = async (): Promise<HttpResponse> => {
      const token = await sessionOf(call);
      try {
        return await perform(call, job, token);
      } catch (error) {
        if (!isCashbellError(error, 'bank.tokenInvalid') || token === undefined) throw error;
        const renewed = await sessionOf(call, token);
        if (!job.isRepeatable) throw error;
        return perform(call, job, renewed);
      }
    };
    // A statement service that is sick must not keep us from asking what became of a payment.
    const breaker = breakerOf(`${connection.connectionId}${job.isPayment ? '/pay' : ''}`);
    const response = await throughBreaker(breaker, attempt, connection);
    return { response, context: contextOf(connection, call.config, instantFromMs(Date.now())) };
  };

  /** Access tokens are secrets that nobody entered. */
  const secretsOf = (connection: DirectoryConnection): readonly SecretText[] => {
    const session = sessions.get(sessionKey(connection));
    return session ? [...connection.secrets, new SecretText(session.token)] : connection.secrets;
  };

  const connectorFor = (connection: DirectoryConnection): Connector => {
    const connector = options.connectorOf(connection.connector);
    if (connector) return connector;
    throw new CashbellError('connector.unknown', { id: connection.connector });
  };

  return {
    ask: async (connection, choose, question, accountId) => {
      try {
        const connector = connectorFor(connection);
        const exchange = choose(connector);
        if (!exchange) {
          throw new CashbellError('connector.capabilityMissing', { connector: connector.id });
        }
        const { response, context } = await run(connector, {
          connection,
          service: exchange.service,
          request: (signed) => exchange.request(question, signed),
          judge: (answer, judged) => connector.judge(answer, judged),
          isRepeatable: true,
          ...(accountId === undefined ? {} : { accountId }),
        });
        return exchange.parse(response, question, context);
      } catch (error) {
        // Some banks repeat what they were sent; whatever is thrown is logged and shown.
        throw withoutSecrets(error, secretsOf(connection));
      }
    },
    run: async (job) => {
      try {
        return await run(connectorFor(job.connection), job);
      } catch (error) {
        throw withoutSecrets(error, secretsOf(job.connection));
      }
    },
  };
}

interface AccountOfJob {
  readonly accountId?: string;
}

const sessionKeys = new WeakMap<DirectoryConnection, string>();

/** A changed credential or address has a new configuration and must not use the old token. */
function sessionKey(connection: DirectoryConnection): string {
  let key = sessionKeys.get(connection);
  if (key === undefined) {
    const { connectionId, baseUrl, config } = connection;
    key = createHash('sha256')
      .update(JSON.stringify([connectionId, baseUrl, config]))
      .digest('hex');
    sessionKeys.set(connection, key);
  }
  return key;
}

interface PreparedCall {
  readonly connection: DirectoryConnection;
  readonly connector: Connector;
  readonly config: unknown;
  readonly service: string;
  readonly accountId?: string;
}

/** Failures that say the bank is sick; a refusal of one request is none. */
function isSickness(error: unknown): boolean {
  return (
    isCashbellError(error) &&
    [
      'transport.connectFailed',
      'transport.timeout',
      'bank.unavailable',
      'bank.maintenance',
    ].includes(error.code)
  );
}

async function throughBreaker(
  breaker: CircuitBreakerPolicy,
  attempt: () => Promise<HttpResponse>,
  connection: DirectoryConnection,
): Promise<HttpResponse> {
  try {
    return await breaker.execute(attempt);
  } catch (error) {
    if (!(error instanceof BrokenCircuitError)) throw error;
    throw new CashbellError('transport.circuitOpen', {
      connection: connection.name,
      waitSeconds: REST_MS / 1000,
    });
  }
}

function sendUnsigned(
  transport: Transport,
  call: PreparedCall,
  build: (context: CallContext<unknown>) => HttpRequest,
): Promise<HttpResponse> {
  const context = contextOf(call.connection, call.config, instantFromMs(Date.now()));
  return transport.send(targetOf(call.connection, call.connector), build(context));
}

/** Context for a connector's functions. */
export function contextOf(
  connection: Pick<DirectoryConnection, 'environment' | 'baseUrl'>,
  config: unknown,
  now: Instant,
): CallContext<unknown> {
  const basePath = new URL(connection.baseUrl).pathname.replace(/\/+$/, '');
  return { config, environment: connection.environment, now, basePath };
}

function targetOf(connection: DirectoryConnection, connector: Connector): TransportTarget {
  return {
    baseUrl: connection.baseUrl,
    tlsMin: connector.traits.tlsMin,
    timeoutMs: connector.traits.timeoutMs,
  };
}

function isFresh(session: StoredSession, connector: Connector): boolean {
  const earlyMs = (connector.session?.renewEarlySeconds ?? 60) * 1000;
  return session.expiresAtMs - earlyMs > Date.now();
}

function bankCodeOf(response: HttpResponse): string {
  const found = /"(?:responseCode|code)"\s*:\s*"?([\w.-]{1,40})/.exec(
    bodyText(response.body.subarray(0, 2_000)),
  );
  return found?.[1] ?? '';
}

function refuseMaintenance(connector: Connector, now: Instant): void {
  const end = maintenanceEnd(connector.traits.maintenance, connector.traits.zone, now);
  if (end) throw new CashbellError('bank.maintenance', { until: end.toString() });
}

/** End of the maintenance windows that cover this moment, the latest one, or undefined. */
export function maintenanceEnd(
  windows: readonly MaintenanceWindow[],
  zone: string,
  now: Instant,
): Instant | undefined {
  const minute = minuteOfDay(now, zone);
  const weekday = weekdayIn(now, zone);
  const left = windows.map((window) => minutesLeft(window, minute, weekday));
  const longest = Math.max(0, ...left);
  if (longest === 0) return undefined;
  const sinceMinuteMs = now.epochMilliseconds % MINUTE_MS;
  return addMs(now, longest * MINUTE_MS - sinceMinuteMs);
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Minutes until this window ends, counted from the full minute; 0 outside of it. */
function minutesLeft(
  { weekdays, fromMinute, toMinute }: MaintenanceWindow,
  minute: number,
  weekday: number,
): number {
  const isWrapped = toMinute <= fromMinute;
  const isInside = isWrapped
    ? minute >= fromMinute || minute < toMinute
    : minute >= fromMinute && minute < toMinute;
  const startDay = isWrapped && minute < toMinute ? ((weekday + 5) % 7) + 1 : weekday;
  if (!isInside || (weekdays.length > 0 && !weekdays.includes(startDay))) return 0;
  return (toMinute - minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
}
