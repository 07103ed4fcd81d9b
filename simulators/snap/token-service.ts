import { strike } from './faults.ts';
import { header, readJson, requiredHeader } from './inbound.ts';
import type { Answer, InboundRequest } from './inbound.ts';
import type { Profile } from './profiles.ts';
import { invalidFormat, missingField, unauthorized } from './refusal.ts';
import { tokenStringToSign, verifyRsa } from './signatures.ts';
import { parseMoment } from './times.ts';
import type { World } from './world.ts';

/** How far a caller's clock may be off: the one number that any bank's code shows (A7.5). */
export const CLOCK_TOLERANCE_MS = 300_000;

const SERVICE = '73';

/** Service 73: proves the company's RSA signature and hands out a token (A5.1). */
export async function issueToken(
  world: World,
  profile: Profile,
  request: InboundRequest,
): Promise<Answer> {
  const clientKey = requiredHeader(request, 'X-CLIENT-KEY', SERVICE);
  const timestamp = requiredHeader(request, 'X-TIMESTAMP', SERVICE);
  const signature = requiredHeader(request, 'X-SIGNATURE', SERVICE);
  const stringToSign = tokenStringToSign(clientKey, timestamp);
  checkTimestamp(world, timestamp, {
    form: profile.tokenTimestamp,
    service: SERVICE,
    stringToSign,
  });
  if (clientKey !== world.partners.of(profile.bank).clientId) {
    throw unauthorized(SERVICE, 'Unknown client');
  }
  const key = await world.partners.publicKey(profile.bank);
  const refuse = strike(world.faults, 'tokenSignatureAlwaysWrong', { bank: profile.bank });
  // The token signature is base64 at every bank that could be checked (A7.4).
  const right = await verifyRsa(key, stringToSign, { text: signature, encoding: 'base64' });
  if (refuse || !right) throw unauthorized(SERVICE, 'Signature', { stringToSign });
  checkGrant(request);
  return granted(world, profile, clientKey);
}

/** The timestamp's form, then its age. A wrong clock reads like a wrong signature (E2). */
export function checkTimestamp(
  world: World,
  timestamp: string,
  expected: { form: RegExp; service: string; stringToSign: string },
): void {
  const at = parseMoment(timestamp, expected.form);
  if (!at) throw invalidFormat(expected.service, 'X-TIMESTAMP');
  const age = world.clock.now().getTime() - at.getTime();
  if (Math.abs(age) > CLOCK_TOLERANCE_MS) {
    const detail = `X-TIMESTAMP is ${age} ms behind the bank's clock`;
    throw unauthorized(expected.service, 'Signature', {
      detail,
      stringToSign: expected.stringToSign,
    });
  }
}

/** The body is not signed, but its grant type is read; `grant_type` is no such field (A5.1). */
function checkGrant(request: InboundRequest): void {
  const body = readJson(request, SERVICE);
  if (body['grantType'] === undefined) throw missingField(SERVICE, 'grantType');
  if (body['grantType'] !== 'client_credentials') throw invalidFormat(SERVICE, 'grantType');
}

/** An earlier token stays valid until its own end (A5.1). */
function granted(world: World, profile: Profile, clientKey: string): Answer {
  const now = world.clock.now().getTime();
  for (const [token, { expiresAt }] of world.tokens) {
    if (expiresAt <= now) world.tokens.delete(token);
  }
  const accessToken = Buffer.from(crypto.getRandomValues(new Uint8Array(36))).toString('base64url');
  const expiresAt = now + profile.tokenTtlSeconds * 1000;
  world.tokens.set(accessToken, { bank: profile.bank, expiresAt });
  return {
    fields: {
      accessToken,
      tokenType: profile.tokenType,
      // Seconds as text at all three banks (A5.1).
      expiresIn: String(profile.tokenTtlSeconds),
    },
    headers: { 'X-CLIENT-KEY': clientKey },
  };
}

/** The bare token of the Authorization header, as it is signed; undefined without `Bearer `. */
export function bearerToken(request: InboundRequest): string | undefined {
  return /^Bearer (\S+)$/.exec(header(request, 'Authorization') ?? '')?.[1];
}
