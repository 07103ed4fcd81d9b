import { z } from 'zod';
import type { ConfigField } from '../contract.ts';

/** A form sends empty text for a field that was left out. */
const optionalText = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** The version that the mapping was written for; Airwallex's own SDK pins the same (B2). */
const API_VERSION = '2025-06-30';

export const AirwallexConfigSchema = z.object({
  clientId: z.string().min(1),
  apiKey: z.string().min(1),
  webhookSecret: optionalText,
  apiVersion: z
    .string()
    .regex(/^(\d{4}-\d{2}-\d{2})?$/)
    .default(API_VERSION)
    .transform((version) => (version === '' ? API_VERSION : version)),
  onBehalfOf: optionalText,
  accountId: optionalText,
  otherEnvironmentAccountId: optionalText,
});

export type AirwallexConfig = z.infer<typeof AirwallexConfigSchema>;

export const airwallexFields: readonly ConfigField[] = [
  textField('clientId', true, 'Client ID of the API key (Airwallex: Developer, API keys).'),
  { ...textField('apiKey', true, 'API key, shown once when it is made.'), isSecret: true },
  {
    ...textField('webhookSecret', false, 'Secret of the webhook endpoint (Developer, Webhooks).'),
    isSecret: true,
  },
  {
    ...textField('apiVersion', false, 'API version as a date, if other than 2025-06-30.'),
    pattern: /^\d{4}-\d{2}-\d{2}$/,
  },
  textField('onBehalfOf', false, 'Connected account that is read, for platforms only.'),
  textField('accountId', false, 'Your account id; events of another account are refused.'),
  textField(
    'otherEnvironmentAccountId',
    false,
    'Account id of the other environment, to refuse it.',
  ),
];

function textField(name: string, isRequired: boolean, hint: string): ConfigField {
  return { name, isSecret: false, kind: 'text', isRequired, hint };
}

/** Values that must never appear in a text. */
export function secretsOf(config: AirwallexConfig): (string | undefined)[] {
  return [config.apiKey, config.webhookSecret];
}
