import { header, readJson, requiredHeader } from './inbound.ts';
import type { InboundRequest } from './inbound.ts';
import type { Profile } from './profiles.ts';
import { conflict, invalidFormat, invalidToken, unauthorized } from './refusal.ts';
import { bodyHash, transactionStringToSign, verifyHmac } from './signatures.ts';
import { wibDay } from './times.ts';
import { bearerToken, checkTimestamp } from './token-service.ts';
import type { World } from './world.ts';

const MANDATORY = [
  'Authorization',
  'X-TIMESTAMP',
  'X-SIGNATURE',
  'X-PARTNER-ID',
  'X-EXTERNAL-ID',
  'CHANNEL-ID',
] as const;

/**
 * Lets a call to a service through or refuses it, in the order of A12.3: headers, timestamp, token,
 * partner, signature, X-EXTERNAL-ID, body. Answers the parsed body.
 */
export async function passGate(
  world: World,
  profile: Profile,
  request: InboundRequest,
  called: { readonly service: string; readonly operation: string },
): Promise<Record<string, unknown>> {
  const { service } = called;
  for (const name of MANDATORY) requiredHeader(request, name, service);
  checkForms(profile, request, called);
  const timestamp = requiredHeader(request, 'X-TIMESTAMP', service);
  const accessToken = bearerToken(request) ?? '';
  const stringToSign = transactionStringToSign({
    method: request.method,
    relativeUrl: request.relativeUrl,
    accessToken,
    bodyHash: await bodyHash(request.body),
    timestamp,
  });
  checkTimestamp(world, timestamp, { form: profile.timestamp, service, stringToSign });
  checkToken(world, profile, accessToken, service);
  checkPartner(world, profile, request, service);
  await checkSignature(world, profile, { request, service, stringToSign });
  useExternalId(world, profile, request, service);
  return readJson(request, service);
}

function checkForms(
  profile: Profile,
  request: InboundRequest,
  { service, operation }: { readonly service: string; readonly operation: string },
): void {
  const externalId = requiredHeader(request, 'X-EXTERNAL-ID', service);
  const form = profile.externalIds[operation] ?? profile.externalId;
  if (!form.test(externalId)) throw invalidFormat(service, 'X-EXTERNAL-ID');
  if (!/^\d{1,5}$/.test(requiredHeader(request, 'CHANNEL-ID', service))) {
    throw invalidFormat(service, 'CHANNEL-ID');
  }
  if (requiredHeader(request, 'X-PARTNER-ID', service).length > 36) {
    throw invalidFormat(service, 'X-PARTNER-ID');
  }
}

function checkToken(world: World, profile: Profile, accessToken: string, service: string): void {
  const token = world.tokens.get(accessToken);
  if (!token) throw invalidToken(service, 'no such token, or no "Bearer " before it');
  if (token.bank !== profile.bank) throw invalidToken(service, `a token of ${token.bank}`);
  if (token.expiresAt <= world.clock.now().getTime()) throw invalidToken(service, 'expired');
}

/** X-PARTNER-ID means another thing at each bank (A22); a wrong one reads as an unknown client. */
function checkPartner(
  world: World,
  profile: Profile,
  request: InboundRequest,
  service: string,
): void {
  const partner = world.partners.of(profile.bank);
  if (header(request, 'X-PARTNER-ID') !== partner[profile.partnerIdField]) {
    const detail = `X-PARTNER-ID is not the ${profile.partnerIdField}`;
    throw unauthorized(service, 'Unknown client', { detail });
  }
  if (header(request, 'CHANNEL-ID') !== partner.channelId) {
    const detail = `CHANNEL-ID is not ${partner.channelId}`;
    throw unauthorized(service, 'Unknown client', { detail });
  }
}

async function checkSignature(
  world: World,
  profile: Profile,
  signed: { request: InboundRequest; service: string; stringToSign: string },
): Promise<void> {
  const secret = world.partners.of(profile.bank)[profile.hmacKey];
  const signature = {
    text: requiredHeader(signed.request, 'X-SIGNATURE', signed.service),
    encoding: profile.signatureEncoding,
  };
  if (await verifyHmac(secret, signed.stringToSign, signature)) return;
  throw unauthorized(signed.service, 'Signature', { stringToSign: signed.stringToSign });
}

/** Unique within the partner's day, whatever the service and however the call ends later (A6). */
function useExternalId(
  world: World,
  profile: Profile,
  request: InboundRequest,
  service: string,
): void {
  const day = `${profile.bank}:${wibDay(world.clock.now())}`;
  const used = world.externalIds.get(day) ?? new Set();
  world.externalIds.set(day, used);
  const externalId = requiredHeader(request, 'X-EXTERNAL-ID', service);
  if (used.has(externalId)) throw conflict(service);
  used.add(externalId);
}
