import type { Connector } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { instantFromMs, msBetween } from '#core/dates.ts';
import { isPrivateAddress } from '../transport.ts';
import type { LadderNetwork, TlsFacts } from './network.ts';
import { codeOf } from './network.ts';
import type { Finding, RungOutcome } from './rung.ts';
import { failed, failure, judged, passed, skipped, warning } from './rung.ts';

export interface ReachInput {
  readonly url: URL;
  readonly network: LadderNetwork;
  readonly connector: Pick<Connector, 'traits'>;
  readonly allowedPrivateHosts: readonly string[];
  readonly now: () => Instant;
}

const CERTIFICATE_WARNING_MS = 14 * 86_400_000;

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

export async function checkDns(input: ReachInput): Promise<RungOutcome> {
  const host = hostOf(input.url);
  const sent = `look up ${host}`;
  try {
    const addresses = await input.network.resolve(host);
    const received = addresses.join(', ');
    const inside = addresses.find((address) => isPrivateAddress(address));
    const allowed = input.allowedPrivateHosts;
    if (inside === undefined || allowed.includes('*') || allowed.includes(host)) {
      return passed({ sent, received });
    }
    const details = { host, address: inside };
    return failed([failure('dns.privateAddress', details, 'transport.addressForbidden')], {
      sent,
      received,
    });
  } catch (error) {
    const code = codeOf(error);
    const isSilent = code === 'ETIMEDOUT' || code === 'EAI_AGAIN';
    const key = isSilent ? 'dns.noAnswer' : 'dns.notFound';
    return failed([failure(key, { host, cause: code }, 'transport.dnsFailed')], { sent });
  }
}

export async function checkTcp(input: ReachInput): Promise<RungOutcome> {
  const place = { host: hostOf(input.url), port: portOf(input.url) };
  const sent = `connect to ${place.host} port ${place.port}`;
  try {
    await input.network.connect(place);
    return passed({ sent, received: 'connected' });
  } catch (error) {
    const cause = codeOf(error);
    const key = TCP_KEYS[cause] ?? 'tcp.failed';
    return failed([failure(key, { ...place, cause }, 'transport.connectFailed')], { sent });
  }
}

/** Silence usually means that the bank's firewall does not know our address yet (E1). */
const TCP_KEYS: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'tcp.timeout',
  ECONNREFUSED: 'tcp.refused',
  EHOSTUNREACH: 'tcp.unreachable',
  ENETUNREACH: 'tcp.unreachable',
};

export async function checkTls(input: ReachInput): Promise<RungOutcome> {
  const place = { host: hostOf(input.url), port: portOf(input.url) };
  if (input.url.protocol !== 'https:') {
    return skipped([warning('tls.plainHttp', place)]);
  }
  const { tlsMin } = input.connector.traits;
  const sent = `TLS handshake with ${place.host} port ${place.port}, at least ${tlsMin}`;
  try {
    const facts = await input.network.handshake(place, { tlsMin });
    const received = [
      `${facts.protocol} ${facts.cipher}`,
      `certificate ${facts.subject} (${facts.names})`,
      `issued by ${facts.issuer}, valid ${facts.validFrom} – ${facts.validTo}`,
    ].join('\n');
    return judged(judgeCertificate(facts, place.host, input.now()), { sent, received });
  } catch (error) {
    const cause = codeOf(error);
    const key = tlsKey(cause);
    return failed([failure(key, { ...place, cause, tlsMin }, 'transport.tlsFailed')], { sent });
  }
}

function tlsKey(code: string): string {
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE/.test(code)) {
    return 'tls.clientCertificateWanted';
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_VERSION/.test(code)) return 'tls.protocol';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'tls.reset';
  return code === 'ETIMEDOUT' ? 'tls.timeout' : 'tls.failed';
}

function judgeCertificate(facts: TlsFacts, host: string, now: Instant): Finding[] {
  const { distrust, issuer, subject, names, validTo, validFrom } = facts;
  const details = { host, issuer, subject, names, validFrom, validTo, cause: distrust ?? '' };
  if (distrust !== undefined) {
    return [failure(DISTRUST_KEYS[distrust] ?? 'tls.untrusted', details, 'transport.tlsFailed')];
  }
  const end = Date.parse(validTo);
  if (Number.isNaN(end)) return [];
  const leftMs = msBetween(now, instantFromMs(end));
  if (leftMs > CERTIFICATE_WARNING_MS) return [];
  return [warning('tls.expiresSoon', { ...details, days: Math.floor(leftMs / 86_400_000) })];
}

const DISTRUST_KEYS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'tls.expired',
  CERT_NOT_YET_VALID: 'tls.notYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls.nameMismatch',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls.chainIncomplete',
};
