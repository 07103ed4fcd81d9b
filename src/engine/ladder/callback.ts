import type { Connector } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import type { ErrorCode } from '#core/errors.ts';
import { CashbellError } from '#core/errors.ts';
import { isLoopback } from '../settings.ts';
import type { Transport } from '../transport.ts';
import type { Finding, RungOutcome } from './rung.ts';
import { judged, skipped, warning } from './rung.ts';

/** What our side knows of the bank's calls to us. */
export interface CallbackFacts {
  readonly connectionId: string;
  /** Where the bank reaches us; absent when nobody has set it. */
  readonly publicUrl?: string;
  readonly lastAcceptedAt?: Instant;
  readonly lastRefused?: { readonly at: Instant; readonly code: ErrorCode };
}

/** Address that the bank has to register for a connection. */
export function hookAddress(publicUrl: string, connectionId: string): string {
  return `${publicUrl}/hooks/${connectionId}`;
}

/**
 * Looks whether the bank can reach us. It warns and never fails: polling works without, and from
 * our own side nobody can prove that somebody else gets through.
 */
export async function checkCallback(
  connector: Pick<Connector, 'inbound'>,
  facts: CallbackFacts,
  transport: Pick<Transport, 'send'>,
): Promise<RungOutcome> {
  if (!connector.inbound) return skipped();
  const { publicUrl, connectionId } = facts;
  if (publicUrl === undefined) {
    return judged([warning('callback.noPublicUrl', { path: `/hooks/${connectionId}` })]);
  }
  const url = hookAddress(publicUrl, connectionId);
  const findings = [...(await checkReach(publicUrl, url, transport)), ...checkHistory(facts, url)];
  const last = facts.lastAcceptedAt?.toString() ?? 'never';
  return judged(findings, {
    sent: `our address for the bank: ${url}`,
    received: `last accepted call: ${last}`,
  });
}

async function checkReach(
  publicUrl: string,
  url: string,
  transport: Pick<Transport, 'send'>,
): Promise<Finding[]> {
  const { hostname, protocol, host } = new URL(publicUrl);
  // The address of the demo world: the simulated bank stands on the same machine.
  if (isLoopback(hostname.replace(/^\[|\]$/g, ''))) return [];
  if (protocol !== 'https:') return [warning('callback.notHttps', { url })];
  try {
    const target = { baseUrl: publicUrl, timeoutMs: 5_000 };
    const { status } = await transport.send(target, {
      method: 'GET',
      path: '/healthz',
      headers: {},
    });
    return status === 200 ? [] : [warning('callback.wrongServer', { host, status })];
  } catch (error) {
    const code = error instanceof CashbellError ? error.code : 'transport.timeout';
    return [warning('callback.unreachable', { host }, code)];
  }
}

function checkHistory(facts: CallbackFacts, url: string): Finding[] {
  const { lastAcceptedAt, lastRefused } = facts;
  if (
    lastRefused &&
    (!lastAcceptedAt || lastRefused.at.epochMilliseconds > lastAcceptedAt.epochMilliseconds)
  ) {
    const details = { at: lastRefused.at.toString(), url, refusal: lastRefused.code };
    return [warning('callback.refusedLately', details, lastRefused.code)];
  }
  return lastAcceptedAt ? [] : [warning('callback.noneYet', { url })];
}
