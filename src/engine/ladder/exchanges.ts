import type {
  AccountReference,
  CallContext,
  Connector,
  SignedContext,
} from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { addMs, dayIn, instantFromMs, msBetween, startOfDay } from '#core/dates.ts';
import type { ErrorCode } from '#core/errors.ts';
import { CashbellError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import { formatDecimal } from '#core/money.ts';
import type { Transport } from '../transport.ts';
import type { KnownSecrets } from './redact.ts';
import { describeRequest, describeResponse, redactText } from './redact.ts';
import type { Finding, Rung, RungOutcome } from './rung.ts';
import { failed, failure, judged, passed, skipped, warning } from './rung.ts';

/** What the calls of a test need. */
export interface ExchangeInput {
  readonly connector: Connector;
  readonly environment: 'sandbox' | 'production';
  readonly baseUrl: string;
  /** The connector's configuration, parsed by its schema. */
  readonly config: unknown;
  readonly accounts: readonly AccountReference[];
  readonly transport: Pick<Transport, 'send'>;
  readonly now: () => Instant;
  readonly beginCall: BeginCall;
  /** Grows by the session's token as soon as there is one. */
  readonly secrets: Map<string, string>;
}

/**
 * Writes a call down before its first byte leaves, and gives it the id that the bank will see; no
 * two calls of a connection share one. `finish` writes down what came.
 */
export type BeginCall = (
  service: string,
  now: Instant,
) => Promise<{
  readonly externalId: string;
  finish(outcome: { readonly httpStatus?: number; readonly code?: string }): Promise<void>;
}>;

/** One call that was made, with what the connector thinks of its answer. */
export interface Attempt {
  readonly request: HttpRequest;
  readonly context: SignedContext<unknown>;
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  readonly response?: HttpResponse;
  /** Refusal or missing answer; absent when the answer may be read. */
  readonly error?: CashbellError;
}

function callContext(input: ExchangeInput): CallContext<unknown> {
  return {
    config: input.config,
    environment: input.environment,
    now: input.now(),
    basePath: new URL(input.baseUrl).pathname.replace(/\/+$/, ''),
  };
}

/** Asks for a session; `undefined` where the connector has none. */
export async function attemptSession(input: ExchangeInput): Promise<Attempt | undefined> {
  const { session } = input.connector;
  if (!session) return undefined;
  const context = { ...callContext(input), externalId: '' };
  return attempt(input, () => session.request(context), context);
}

/** Signs and sends one question. */
export async function attemptSigned(
  input: ExchangeInput,
  token: string | undefined,
  question: Pick<Question, 'name' | 'build'>,
): Promise<Attempt> {
  const base = callContext(input);
  const call = await input.beginCall(question.name, base.now);
  const context: SignedContext<unknown> = {
    ...base,
    externalId: call.externalId,
    ...(token === undefined ? {} : { token }),
  };
  const made = await attempt(
    input,
    () => input.connector.sign(question.build(context), context),
    context,
  );
  await call.finish({
    ...(made.response ? { httpStatus: made.response.status } : {}),
    ...(made.error ? { code: made.error.code } : {}),
  });
  return made;
}

async function attempt(
  input: ExchangeInput,
  build: () => HttpRequest,
  context: SignedContext<unknown>,
): Promise<Attempt> {
  const { tlsMin, timeoutMs } = input.connector.traits;
  const request = build();
  const sentAt = input.now();
  try {
    const target = { baseUrl: input.baseUrl, tlsMin, timeoutMs };
    const response = await input.transport.send(target, request);
    const answeredAt = input.now();
    const error = input.connector.judge(response, context);
    const made = { request, context, sentAt, answeredAt, response };
    return error ? { ...made, error } : made;
  } catch (error) {
    const ours =
      error instanceof CashbellError
        ? error
        : new CashbellError('transport.timeout', { cause: 'unknown' }, { cause: error });
    return { request, context, sentAt, answeredAt: input.now(), error: ours };
  }
}

/** What a rung shows of an attempt. */
export function partsOf(
  input: Pick<ExchangeInput, 'baseUrl' | 'secrets'>,
  made: Attempt,
): Pick<Rung, 'sent' | 'received'> {
  const secrets: KnownSecrets = input.secrets;
  return {
    sent: describeRequest(input.baseUrl, made.request, secrets),
    ...(made.response ? { received: describeResponse(made.response, secrets) } : {}),
  };
}

/** What explains a refusal: the connector's own diagnosis first, else the sentence of the code. */
export function explainRefusal(
  input: Pick<ExchangeInput, 'connector' | 'secrets'>,
  made: Attempt,
  error: CashbellError,
): Finding[] {
  const diagnoses = made.response
    ? (input.connector.diagnose?.(error, made.request, made.response, made.context) ?? [])
    : [];
  if (diagnoses.length > 0) {
    return diagnoses.map(({ key, details }) => failure(key, details, error.code));
  }
  return [fromError(error, input.secrets)];
}

/** A finding of an error whose sentence says enough. Details are texts of the bank: redacted. */
export function fromError(error: CashbellError, secrets: KnownSecrets): Finding {
  const details = Object.fromEntries(
    Object.entries(error.details).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactText(value, secrets) : value,
    ]),
  );
  return failure(error.code, details, error.code);
}

const SKEW_NOTED_MS = 5_000;
/** A Date header tells whole seconds: on average half a second is missing. */
const DATE_HEADER_LAG_MS = 500;

/**
 * Compares our clock with the bank's as an answer shows it (ask 64). No call is made for it. Beyond
 * the bank's tolerance it is the cause of a refusal; while the bank still accepts us, a warning.
 */
export function checkClock(input: Pick<ExchangeInput, 'connector'>, made: Attempt): RungOutcome {
  const { response } = made;
  const bankTime = response && bankTimeOf(input.connector, response);
  if (!bankTime) return skipped([]);
  const ours = addMs(made.sentAt, Math.round(msBetween(made.sentAt, made.answeredAt) / 2));
  const skewMs = msBetween(bankTime, ours);
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const parts = {
    sent: `our clock: ${ours.toString({ smallestUnit: 'millisecond' })}`,
    received: `the bank's clock: ${bankTime.toString({ smallestUnit: 'millisecond' })}`,
  };
  const toleranceMs = input.connector.traits.clockToleranceMs;
  if (Math.abs(skewMs) <= Math.min(SKEW_NOTED_MS, toleranceMs)) return passed(parts);
  const key = skewMs < 0 ? 'clock.slow' : 'clock.fast';
  const details = { seconds, toleranceSeconds: Math.round(toleranceMs / 1000) };
  const isCause = Math.abs(skewMs) > toleranceMs && made.error !== undefined;
  return judged([isCause ? failure(key, details) : warning(key, details)], parts);
}

function bankTimeOf(
  connector: Pick<Connector, 'bankTime'>,
  response: HttpResponse,
): Instant | undefined {
  const stated = connector.bankTime?.(response);
  if (stated) return stated;
  const epochMs = Date.parse(response.headers['date'] ?? '');
  return Number.isNaN(epochMs) ? undefined : instantFromMs(epochMs + DATE_HEADER_LAG_MS);
}

export interface TokenOutcome {
  readonly outcome: RungOutcome;
  readonly token?: string;
}

/** Reads the session out of the answer and adds its token to what is blanked out. */
export function checkToken(input: ExchangeInput, made: Attempt | undefined): TokenOutcome {
  const { session } = input.connector;
  if (!session || !made) return { outcome: skipped() };
  if (made.error || !made.response) {
    const error = made.error ?? new CashbellError('transport.timeout');
    return { outcome: failed(explainRefusal(input, made, error), partsOf(input, made)) };
  }
  try {
    const { token } = session.parse(made.response, made.context);
    input.secrets.set('token', token);
    return { outcome: passed(partsOf(input, made)), token };
  } catch (error) {
    return { outcome: failed([readFailure(error, input.secrets)], partsOf(input, made)) };
  }
}

function readFailure(error: unknown, secrets: KnownSecrets): Finding {
  if (error instanceof CashbellError) return fromError(error, secrets);
  return failure('connector.answerUnreadable', {}, 'connector.answerUnreadable');
}

/** Codes that say: we are not who we claim to be. */
const IDENTITY_CODES: ReadonlySet<ErrorCode> = new Set(['bank.unauthorised', 'bank.tokenInvalid']);
/** Codes that come after the bank has believed who we are. */
const KNOWN_CALLER_CODES: ReadonlySet<ErrorCode> = new Set([
  'bank.notAllowed',
  'bank.badRequest',
  'bank.refused',
]);

/** The signature holds when the bank answered, or refused for a reason that comes later. */
export function checkSignature(input: ExchangeInput, made: Attempt): RungOutcome {
  const parts = partsOf(input, made);
  const { error } = made;
  if (!error || KNOWN_CALLER_CODES.has(error.code)) return passed(parts);
  const findings = explainRefusal(input, made, error);
  return failed(IDENTITY_CODES.has(error.code) ? findings : findings.slice(0, 3), parts);
}

export function checkPermission(input: ExchangeInput, made: Attempt): RungOutcome {
  if (made.error?.code !== 'bank.notAllowed') return passed();
  return failed(explainRefusal(input, made, made.error), partsOf(input, made));
}

/** One question that proves signature, permission and data, with how its answer reads. */
export interface Question {
  readonly name: string;
  readonly build: (context: SignedContext<unknown>) => HttpRequest;
  /** Says in one line what came, without anybody's name. */
  readonly summarise: (response: HttpResponse, context: CallContext<unknown>) => string;
  /** What in the answer deserves a look. */
  readonly review?: (response: HttpResponse, context: CallContext<unknown>) => readonly Finding[];
}

/** The questions a test may ask with the accounts that are known, cheapest first. */
export function questionsOf(input: ExchangeInput): Question[] {
  const { fetchAccounts, fetchBalances, fetchStatement } = input.connector.exchanges;
  const [account] = input.accounts;
  const questions: Question[] = [];
  if (fetchBalances && account) {
    questions.push({
      name: fetchBalances.service,
      build: (context) => fetchBalances.request(account, context),
      summarise: (response, context) =>
        fetchBalances
          .parse(response, account, context)
          .map(({ type, amount }) => `${type} ${amount.currency} ${formatDecimal(amount)}`)
          .join('\n'),
      review: (response, context) =>
        fetchBalances
          .parse(response, account, context)
          .filter(({ amount }) => amount.currency !== account.currency)
          .slice(0, 1)
          .map(({ amount }) =>
            failure(
              'data.currencyMismatch',
              { expected: account.currency, received: amount.currency },
              'statement.currencyMismatch',
            ),
          ),
    });
  } else if (fetchAccounts) {
    questions.push({
      name: fetchAccounts.service,
      build: (context) => fetchAccounts.request(undefined, context),
      summarise: (response, context) =>
        `${fetchAccounts.parse(response, undefined, context).length} accounts`,
    });
  }
  if (fetchStatement && account) {
    const query = { account, ...windowOf(input) };
    questions.push({
      name: fetchStatement.service,
      build: (context) => fetchStatement.request(query, context),
      summarise: (response, context) => {
        const page = fetchStatement.parse(response, query, context);
        return `statement ${query.from.toString()} – ${query.to.toString()}: ${page.entries.length} entries`;
      },
    });
  }
  return questions;
}

const DAY_MS = 86_400_000;

/** Yesterday as whole days, or the last 24 hours: short, and always within what the bank offers. */
function windowOf({ connector, now }: ExchangeInput): { from: Instant; to: Instant } {
  const { poll, zone } = connector.traits;
  if (poll.granularity === 'day') {
    const today = dayIn(now(), zone);
    return { from: startOfDay(today.subtract({ days: 1 }), zone), to: startOfDay(today, zone) };
  }
  const to = addMs(now(), -poll.settleMinutes * 60_000);
  return { from: addMs(to, -DAY_MS), to };
}

/** Reads one answer: refusals that are no matter of identity, and answers that do not fit. */
export function checkAnswer(
  input: ExchangeInput,
  question: Question,
  made: Attempt,
): { readonly summary: string; readonly findings: readonly Finding[] } {
  if (made.error || !made.response) {
    const error = made.error ?? new CashbellError('transport.timeout');
    return { summary: '', findings: explainRefusal(input, made, error) };
  }
  try {
    const summary = question.summarise(made.response, made.context);
    const findings = question.review?.(made.response, made.context) ?? [];
    return { summary: `${question.name}: ${summary}`, findings };
  } catch (error) {
    return { summary: '', findings: [readFailure(error, input.secrets)] };
  }
}
