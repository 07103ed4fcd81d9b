/** Calls of a SNAP bank to us, in the order of checks of A12.3. */
import { dayIn, formatWithOffset, type Instant, msBetween, parseInstant } from '#core/dates.ts';
import { CashbellError, type ErrorDetails } from '#core/errors.ts';
import { bodyText, type HttpReply, type InboundCall } from '#core/http.ts';
import type {
  CallContext,
  InboundContent,
  InboundContext,
  InboundReplies,
  InboundVerdict,
  RefusalReason,
  StoredMessage,
} from '../contract.ts';
import { headerOf, tryParseJson } from '../reading.ts';
import type { SnapConfig } from './config.ts';
import { type InboundBody, type InboundServiceCode, readInboundBody } from './inbound-services.ts';
import { verifyInbound } from './inbound-signature.ts';
import type { SnapProfile } from './profile.ts';
import { formatTokenString, readPublicKey, verifyRsaSha256 } from './signature.ts';
import { TokenRequestWire } from './wire.ts';

type Context = InboundContext<SnapConfig>;

/** A token that we issue lives as long as the standard's own (A5.1). */
const TOKEN_LIFETIME_SECONDS = 900;

/** Service by the ending of the path: banks put their own prefix in front. */
export function findService(profile: SnapProfile, subpath: string): InboundServiceCode | undefined {
  const path = subpath.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const found = Object.entries(profile.inbound.services).find(([end]) => path.endsWith(end));
  return found?.[1];
}

/** Judges a call. Never throws: whatever goes wrong is a refusal with its reason. */
export function receiveSnap(
  profile: SnapProfile,
  call: InboundCall,
  context: Context,
): InboundVerdict {
  try {
    return judgeCall(profile, call, context);
  } catch (error) {
    const isOurs = error instanceof CashbellError;
    const reason = isOurs && isRefusalReason(error.code) ? error.code : 'inbound.unparseable';
    const details = isOurs ? error.details : { what: 'unexpected' };
    const reply = refuseSnap(profile, reason, call, context.now, details);
    return { kind: 'refused', reason, details, reply };
  }
}

function isRefusalReason(code: string): code is RefusalReason {
  return code.startsWith('inbound.');
}

function judgeCall(profile: SnapProfile, call: InboundCall, context: Context): InboundVerdict {
  const service = findService(profile, call.subpath);
  if (service === undefined || call.method.toUpperCase() !== 'POST') {
    throw new CashbellError('inbound.pathUnknown', { method: call.method.slice(0, 10) });
  }
  return service === '73'
    ? judgeTokenRequest(profile, call, context)
    : judgeMessage(profile, service, call, context);
}

/** A12.1: the bank proves itself by its key and gets a token for its calls. */
function judgeTokenRequest(
  profile: SnapProfile,
  call: InboundCall,
  context: Context,
): InboundVerdict {
  const { config, now } = context;
  const clientKey = demandHeader(call, 'X-CLIENT-KEY');
  const timestamp = demandHeader(call, 'X-TIMESTAMP');
  const signature = demandHeader(call, 'X-SIGNATURE');
  checkAge(timestamp, now, profile.traits.clockToleranceMs);
  refuseOtherEnvironment(clientKey, config);
  if (clientKey !== config.inboundClientKey) {
    throw new CashbellError('inbound.clientUnknown', { header: 'X-CLIENT-KEY' });
  }
  const key = config.bankPublicKey === undefined ? undefined : readPublicKey(config.bankPublicKey);
  if (key === undefined) {
    throw new CashbellError('inbound.signatureInvalid', { what: 'bankPublicKeyUnreadable' });
  }
  if (!verifyRsaSha256(key, formatTokenString(clientKey, timestamp), signature)) {
    throw new CashbellError('inbound.signatureInvalid', { what: 'rsa-sha256' });
  }
  const body = tryParseJson(bodyText(call.body));
  if (body === undefined) throw new CashbellError('inbound.notJson');
  if (!TokenRequestWire.safeParse(body).success) {
    throw new CashbellError('inbound.unparseable', { field: 'grantType', kind: 'format' });
  }
  return {
    kind: 'tokenRequested',
    lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
    reply: (token) => formatTokenReply(profile, now, clientKey, token),
  };
}

function formatTokenReply(
  profile: SnapProfile,
  now: Instant,
  clientKey: string,
  accessToken: string,
): HttpReply {
  const reply = formatReply(profile, now, '2007300', 'Successful', {
    accessToken,
    tokenType: 'Bearer',
    expiresIn: String(TOKEN_LIFETIME_SECONDS),
  });
  return { ...reply, headers: { ...reply.headers, 'X-CLIENT-KEY': clientKey } };
}

function judgeMessage(
  profile: SnapProfile,
  service: Exclude<InboundServiceCode, '73'>,
  call: InboundCall,
  context: Context,
): InboundVerdict {
  const timestamp = demandHeader(call, 'X-TIMESTAMP');
  const signature = demandHeader(call, 'X-SIGNATURE');
  const partnerId = demandHeader(call, 'X-PARTNER-ID');
  const externalId = demandHeader(call, 'X-EXTERNAL-ID');
  const moment = checkAge(timestamp, context.now, profile.traits.clockToleranceMs);
  const token = readBearer(call);
  // A type 2 call carries no token; a token that is there must be ours (A6).
  if (token !== undefined && !context.isIssuedToken(token)) {
    throw new CashbellError('inbound.tokenInvalid');
  }
  refuseOtherEnvironment(partnerId, context.config);
  const wanted = context.config.inboundPartnerId;
  if (wanted !== undefined && partnerId !== wanted) {
    throw new CashbellError('inbound.clientUnknown', { header: 'X-PARTNER-ID' });
  }
  const verified = verifyInbound(call, { timestamp, signature, token }, context);
  const json = tryParseJson(bodyText(call.body));
  if (json === undefined) throw new CashbellError('inbound.notJson');
  const body = readInboundBody(service, json, call.headers);
  return {
    kind: 'accepted',
    verifiedBy: verified.verifiedBy,
    nonce: `${externalId}:${dayIn(moment, profile.traits.zone).toString()}`,
    messageKey: body.messageKey,
    accountIdentifiers: body.accountIdentifiers,
    learned: { inboundDialect: verified.dialect },
    replies: formatReplies(profile, service, body, context.now),
  };
}

function demandHeader(call: InboundCall, name: string): string {
  const value = headerOf(call.headers, name)?.trim() ?? '';
  if (value === '') throw new CashbellError('inbound.headerMissing', { field: name });
  return value;
}

function readBearer(call: InboundCall): string | undefined {
  const header = headerOf(call.headers, 'authorization')?.trim() ?? '';
  return /^bearer\s+(\S+)$/i.exec(header)?.[1];
}

/** BCA's own sample writes `+07:000`, so the form is read leniently, the age is not (A13). */
function checkAge(text: string, now: Instant, toleranceMs: number): Instant {
  const moment = parseTimestamp(text);
  const ageMs = msBetween(moment, now);
  const seconds = Math.round(Math.abs(ageMs) / 1000);
  if (ageMs > toleranceMs) throw new CashbellError('inbound.timestampStale', { seconds });
  if (ageMs < -toleranceMs) throw new CashbellError('inbound.timestampFuture', { seconds });
  return moment;
}

function parseTimestamp(text: string): Instant {
  try {
    return parseInstant(text);
  } catch (cause) {
    throw new CashbellError('inbound.timestampInvalid', { field: 'X-TIMESTAMP' }, { cause });
  }
}

function refuseOtherEnvironment(id: string, config: SnapConfig): void {
  if (id === config.otherEnvironmentClientId || id === config.otherEnvironmentPartnerId) {
    throw new CashbellError('inbound.environmentMismatch');
  }
}

function formatReplies(
  profile: SnapProfile,
  service: Exclude<InboundServiceCode, '73'>,
  body: InboundBody,
  now: Instant,
): InboundReplies {
  const format = (status: string, caseCode: string, message: string, rest = {}) =>
    formatReply(profile, now, `${status}${service}${caseCode}`, message, rest);
  const accepted = format('200', '00', 'Successful', body.echo);
  const isInconsistent =
    service === '25' && profile.inbound.repeatedPayment === 'inconsistentRequest';
  const [unknown, unknownMessage] = unknownAccounts[service];
  return {
    accepted,
    repeated: isInconsistent ? format('404', '18', 'Inconsistent Request', body.echo) : accepted,
    nonceReused: format('409', '00', 'Conflict'),
    accountUnknown: format('404', unknown, unknownMessage, body.refusedEcho),
    // A timeout is what makes a bank ask again instead of failing the payment (A13.1).
    unavailable: format('504', '00', 'Timeout'),
  };
}

/** Case and words for money that is for none of our accounts (A8.2). */
const unknownAccounts = {
  '25': ['12', 'Invalid Bill/Virtual Account [Not Found]'],
  '34': ['12', 'Invalid Bill/Virtual Account [Not Found]'],
  '52': ['08', 'Invalid Merchant'],
  '75': ['11', 'Invalid Account'],
  '76': ['11', 'Invalid Account'],
} as const;

/** HTTP status and first three digits are the same number (A8.1). */
function formatReply(
  profile: SnapProfile,
  now: Instant,
  responseCode: string,
  responseMessage: string,
  rest: Readonly<Record<string, unknown>> = {},
): HttpReply {
  return {
    status: Number(responseCode.slice(0, 3)),
    headers: {
      'Content-Type': 'application/json',
      'X-TIMESTAMP': formatWithOffset(now, profile.traits.zone, profile.timestampPrecision),
    },
    body: JSON.stringify({ responseCode, responseMessage, ...rest }),
  };
}

/** A refusal as the bank's acceptance test expects it (A12). */
export function refuseSnap(
  profile: SnapProfile,
  reason: RefusalReason,
  call: { readonly subpath: string },
  now: Instant,
  details: ErrorDetails = {},
): HttpReply {
  const service = findService(profile, call.subpath) ?? '00';
  const field = typeof details.field === 'string' ? ` ${details.field}` : '';
  const wording = profile.inbound.signatureWording[service === '73' ? 'token' : 'message'];
  const [status, caseCode, message] = refusalOf(reason, field, details.kind === 'missing', wording);
  return formatReply(profile, now, `${status}${service}${caseCode}`, message);
}

function refusalOf(
  reason: RefusalReason,
  field: string,
  isMissing: boolean,
  signatureWording: string,
): readonly [string, string, string] {
  switch (reason) {
    case 'inbound.signatureInvalid':
      return ['401', '00', `Unauthorized. ${signatureWording}`];
    case 'inbound.timestampStale':
    case 'inbound.timestampFuture':
      return ['401', '00', 'Unauthorized. [X-TIMESTAMP]'];
    case 'inbound.timestampInvalid':
      return ['400', '01', 'Invalid Field Format X-TIMESTAMP'];
    case 'inbound.headerMissing':
      return ['400', '02', `Invalid Mandatory Field${field}`];
    case 'inbound.nonceReplayed':
      return ['409', '00', 'Conflict'];
    case 'inbound.tokenInvalid':
      return ['401', '01', 'Invalid Token (B2B)'];
    case 'inbound.addressNotAllowed':
      return ['401', '00', 'Unauthorized. [Connection not allowed]'];
    case 'inbound.environmentMismatch':
    case 'inbound.clientUnknown':
      return ['401', '00', 'Unauthorized. [Unknown client]'];
    case 'inbound.tooLarge':
    case 'inbound.notJson':
      return ['400', '00', 'Bad Request'];
    case 'inbound.accountUnknown':
      return ['404', '12', 'Invalid Bill/Virtual Account [Not Found]'];
    case 'inbound.pathUnknown':
      return ['405', '00', 'Requested Function Is Not Supported'];
    case 'inbound.connectionUnknown':
      return ['404', '16', 'Partner Not Found'];
    case 'inbound.rateLimited':
      return ['429', '00', 'Too Many Requests'];
    case 'inbound.unparseable':
      if (field === '') return ['400', '00', 'Bad Request'];
      return isMissing
        ? ['400', '02', `Invalid Mandatory Field${field}`]
        : ['400', '01', `Invalid Field Format${field}`];
  }
}

/** Reads a stored message. A throw puts it into quarantine. */
export function parseSnapMessage(
  profile: SnapProfile,
  message: StoredMessage,
  _context: CallContext<SnapConfig>,
): InboundContent {
  const service = findService(profile, message.subpath);
  if (service === undefined) throw new CashbellError('inbound.pathUnknown');
  if (service === '73') return { movements: [], balances: [], note: 'token request' };
  const json = tryParseJson(bodyText(message.body));
  if (json === undefined) throw new CashbellError('inbound.notJson');
  const body = readInboundBody(service, json, message.headers);
  const entry = body.readEntry(profile.traits.zone, message.receivedAt);
  const { accountIdentifiers } = body;
  const transfer = body.readTransfer?.();
  return {
    movements: entry === undefined ? [] : [{ accountIdentifiers, entry }],
    balances: [],
    ...(transfer === undefined ? {} : { transfers: [transfer] }),
    ...(body.note === undefined ? {} : { note: body.note }),
  };
}
