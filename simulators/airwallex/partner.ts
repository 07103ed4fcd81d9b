import { asRecord } from './json.ts';

/** The company's registration with the simulated Airwallex. Everything can be changed while it runs. */
export interface Partner {
  readonly clientId: string;
  readonly apiKey: string;
  /** In `production` the `/api/v1/simulation/…` calls do not exist, as at the real thing. */
  readonly environment: 'sandbox' | 'production';
  readonly accountId: string;
  /** Where events go; empty means that nobody subscribed. */
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  /** Further subscriptions; the real thing has one secret per endpoint, too. */
  readonly webhookEndpoints: readonly { readonly url: string; readonly secret: string }[];
  /**
   * `object` puts the deposit into `data.object` as vector V12 does; `flat` makes `data` the
   * deposit itself, as the published payload examples for deposits show it.
   */
  readonly webhookDataShape: 'object' | 'flat';
  /** Delay before the second attempt; every further one doubles it. */
  readonly retryBaseMs: number;
  readonly retryAttemptsMax: number;
  readonly webhookTimeoutMs: number;
  /** Remote addresses that may call; absent or empty means all. */
  readonly allowedIps: readonly string[];
  /** A subscription beyond this machine is refused unless this is set. */
  readonly allowRemoteWebhook: boolean;
}

/** The registration that a freshly started simulator has; printed in the README. */
export const DEFAULT_PARTNER: Partner = {
  clientId: 'sim_client_hk_0001',
  apiKey: 'sim_apikey_sandbox_0123456789abcdef',
  environment: 'sandbox',
  accountId: 'acct_SimCashbellHK0001',
  webhookUrl: '',
  webhookSecret: 'whsec_sim_0123456789',
  webhookEndpoints: [],
  webhookDataShape: 'object',
  retryBaseMs: 2_000,
  retryAttemptsMax: 16,
  webhookTimeoutMs: 10_000,
  allowedIps: [],
  allowRemoteWebhook: false,
};

/** Applies the given members to a registration; an unknown or wrong one is refused by name. */
export function changePartner(partner: Partner, change: unknown): Partner {
  const wanted = asRecord(change);
  for (const key of Object.keys(wanted)) {
    if (!(key in DEFAULT_PARTNER)) throw new Error(`partner has no member "${key}"`);
  }
  const merged: Record<string, unknown> = { ...partner, ...wanted };
  const next: Partner = {
    clientId: textMember(merged, 'clientId'),
    apiKey: textMember(merged, 'apiKey'),
    environment: oneOf(merged, 'environment', ['sandbox', 'production']),
    accountId: textMember(merged, 'accountId'),
    webhookUrl: merged['webhookUrl'] ? textMember(merged, 'webhookUrl') : '',
    webhookSecret: textMember(merged, 'webhookSecret'),
    webhookEndpoints: endpointsMember(merged['webhookEndpoints']),
    webhookDataShape: oneOf(merged, 'webhookDataShape', ['object', 'flat']),
    retryBaseMs: wholeMember(merged, 'retryBaseMs', 0),
    retryAttemptsMax: wholeMember(merged, 'retryAttemptsMax', 1),
    webhookTimeoutMs: wholeMember(merged, 'webhookTimeoutMs', 1),
    allowedIps: textsMember(merged, 'allowedIps'),
    allowRemoteWebhook: merged['allowRemoteWebhook'] === true,
  };
  for (const { url } of endpointsOf(next)) {
    if (!next.allowRemoteWebhook && !isLoopback(new URL(url).hostname)) {
      throw new Error(`${url} is not on this machine; set allowRemoteWebhook to call it anyway`);
    }
  }
  return next;
}

/** All subscriptions of a registration. */
export function endpointsOf(partner: Partner): { readonly url: string; readonly secret: string }[] {
  const first = partner.webhookUrl
    ? [{ url: partner.webhookUrl, secret: partner.webhookSecret }]
    : [];
  return [...first, ...partner.webhookEndpoints];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function textMember(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  if (typeof value !== 'string' || value === '') throw new Error(`${name} must be text`);
  return value;
}

function textsMember(record: Record<string, unknown>, name: string): string[] {
  const value: unknown = record[name] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new Error(`${name} must be a list of texts`);
  }
  return value;
}

function wholeMember(record: Record<string, unknown>, name: string, min: number): number {
  const value = record[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min) {
    throw new Error(`${name} must be a whole number from ${min}`);
  }
  return value;
}

function oneOf<T extends string>(
  record: Record<string, unknown>,
  name: string,
  values: readonly T[],
): T {
  const found = values.find((value) => value === record[name]);
  if (found === undefined) throw new Error(`${name} must be one of ${values.join(', ')}`);
  return found;
}

function endpointsMember(value: unknown): { url: string; secret: string }[] {
  if (!Array.isArray(value)) throw new Error('webhookEndpoints must be a list');
  return value.map((item: unknown) => {
    const record = asRecord(item);
    return { url: textMember(record, 'url'), secret: textMember(record, 'secret') };
  });
}
