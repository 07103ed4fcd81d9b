/** Requests to a SNAP bank: token, headers and signature (A5, A6, A7). */
import { addMs, formatWithOffset } from '#core/dates.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { CallContext, Session, SignedContext } from '../contract.ts';
import { readAnswer } from '../reading.ts';
import type { SnapConfig } from './config.ts';
import type { SnapProfile } from './profile.ts';
import {
  formatTokenString,
  formatTransactionString,
  hashBody,
  hmacSha512,
  signRsaSha256,
  sortQuery,
} from './signature.ts';
import { TokenWire } from './wire.ts';

/** Full paths of the services: the connection's own, else prefix and the bank's usual path. */
export function pathsOf(profile: SnapProfile, config: SnapConfig | undefined) {
  const prefix = config?.pathPrefix ?? profile.pathPrefix;
  return {
    token: config?.tokenPath ?? `${prefix}${profile.paths.token}`,
    balance: config?.balancePath ?? `${prefix}${profile.paths.balance}`,
    statement: config?.statementPath ?? `${prefix}${profile.paths.statement}`,
    history: config?.historyPath ?? `${prefix}${profile.paths.history}`,
  };
}

/** Precision of X-TIMESTAMP: BCA answers 4007301 to anything but 25 characters (A7.5). */
export function precisionOf(profile: SnapProfile, config: SnapConfig): 'second' | 'millisecond' {
  return config.timestampPrecision ?? profile.timestampPrecision;
}

/** Service 73; the signature of the token call is base64 everywhere (A7.4). */
export function toTokenRequest(
  profile: SnapProfile,
  { config, now }: CallContext<SnapConfig>,
): HttpRequest {
  const timestamp = formatWithOffset(now, profile.traits.zone, precisionOf(profile, config));
  const text = formatTokenString(config.clientId, timestamp);
  return {
    method: 'POST',
    path: pathsOf(profile, config).token,
    headers: {
      'Content-Type': 'application/json',
      'X-TIMESTAMP': timestamp,
      'X-CLIENT-KEY': config.clientId,
      'X-SIGNATURE': signRsaSha256(config.privateKey, text).toString('base64'),
    },
    body: '{"grantType":"client_credentials"}',
  };
}

export function parseToken(response: HttpResponse, { now }: CallContext<SnapConfig>): Session {
  const { accessToken, expiresIn } = readAnswer(TokenWire, response);
  return { token: accessToken, expiresAt: addMs(now, Number(expiresIn) * 1000) };
}

/** A request of an account service; serialised once, so what is hashed is what is sent (A7.3). */
export function toPost(path: string, body: Readonly<Record<string, unknown>>): HttpRequest {
  return { method: 'POST', path, headers: {}, body: JSON.stringify(body) };
}

/** Adds the headers of A6 and the type 1 signature of A7.1. */
export function signSnap(
  profile: SnapProfile,
  request: HttpRequest,
  { config, now, token = '', externalId, basePath }: SignedContext<SnapConfig>,
): HttpRequest {
  const path = profile.query === 'sorted' ? sortQuery(request.path) : request.path;
  const timestamp = formatWithOffset(now, profile.traits.zone, precisionOf(profile, config));
  const text = formatTransactionString({
    method: request.method,
    target: `${basePath}${path}`,
    token,
    bodyHash: hashBody(request.body),
    timestamp,
  });
  const encoding = config.signatureEncoding ?? profile.signatureEncoding;
  return {
    ...request,
    path,
    headers: {
      ...request.headers,
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': hmacSha512(config.clientSecret, text).toString(encoding),
      'X-PARTNER-ID': config.partnerId,
      'X-EXTERNAL-ID': externalId,
      'CHANNEL-ID': config.channelId,
      ...profile.extraHeaders?.(config),
    },
  };
}
