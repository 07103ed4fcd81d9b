import ipaddr from 'ipaddr.js';
import type { Environment } from '#connectors/contract.ts';
import { CashbellError } from '#core/errors.ts';
import { invalidField } from './orgs.ts';

/**
 * Reads the address of a bank. Plain http is for simulators on this machine only, because keys
 * would travel in the open; and production never talks to this machine.
 */
export function parseBaseUrl(environment: Environment, text: string): string {
  const url = parseUrl(text);
  const isLocal = isLoopbackHost(url.hostname);
  if (environment === 'production' && isLocal) {
    throw new CashbellError('config.sandboxOnly', {
      field: 'baseUrl',
      problem: 'a simulated address on this machine cannot serve production',
    });
  }
  if (url.protocol !== 'https:' && !isLocal) {
    throw invalidField('baseUrl', 'must start with https://');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function parseUrl(text: string): URL {
  if (text.trim() !== text || text === '') {
    throw invalidField(
      'baseUrl',
      'must be an address without spaces, such as https://api.bank.example',
    );
  }
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw invalidField('baseUrl', 'must be an address such as https://api.bank.example');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalidField('baseUrl', 'must hold only host and path: no password, query or #');
  }
  return url;
}

/** Whether a host of a URL is this machine itself. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  if (!ipaddr.isValid(host)) return false;
  const range = ipaddr.process(host).range();
  return range === 'loopback' || range === 'unspecified';
}

/** Reads the addresses from which the bank may call: single ones or ranges such as 10.0.0.0/24. */
export function parseAllowedAddresses(addresses: readonly string[]): string[] {
  return addresses.map((text) => {
    const address = text.trim();
    if (ipaddr.isValid(address) || ipaddr.isValidCIDR(address)) return address;
    throw invalidField('allowedAddresses', `"${address.slice(0, 60)}" is no IP address or range`);
  });
}
