import { z } from 'zod';
import type { ConfigField } from '../contract.ts';

/** A form sends empty text for a field that was left out. */
const optionalText = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const optionalPath = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~\-/]*)?$/, 'must start with a slash')
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** `intrabank=/a,status=/b`: full paths of payment services by their names. */
const pathMap = z
  .union([
    z
      .string()
      .regex(
        /^([A-Za-z]+=\/[A-Za-z0-9._~\-/]*(,|$))*$/,
        'must look like intrabank=/path,status=/path',
      )
      .transform((text) =>
        Object.fromEntries(
          text.split(',').flatMap((part): [string, string][] => {
            const [name, value] = part.split('=');
            return name === undefined || value === undefined ? [] : [[name, value]];
          }),
        ),
      ),
    z.record(z.string(), z.string()),
  ])
  .default({});

/** Configuration of every SNAP connection; what is absent comes from the bank's profile. */
export const SnapConfigSchema = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  privateKey: z.string().min(1),
  partnerId: z.string().min(1).max(36),
  channelId: z.string().min(1).max(5),
  pathPrefix: optionalPath,
  tokenPath: optionalPath,
  balancePath: optionalPath,
  statementPath: optionalPath,
  historyPath: optionalPath,
  transferPaths: pathMap,
  senderType: z.enum(['1', '2', '3']).default('2'),
  senderResidence: z.enum(['1', '2']).default('1'),
  statementService: z.enum(['14', '12']).default('14'),
  timestampPrecision: z.enum(['second', 'millisecond']).optional(),
  signatureEncoding: z.enum(['base64', 'hex']).optional(),
  bankPublicKey: optionalText,
  inboundClientKey: optionalText,
  inboundSecret: optionalText,
  inboundPartnerId: optionalText,
  inboundSignature: z.enum(['symmetric', 'asymmetric']).optional(),
  otherEnvironmentClientId: optionalText,
  otherEnvironmentPartnerId: optionalText,
});

export type SnapConfig = z.infer<typeof SnapConfigSchema>;

const PATH = /^\/[A-Za-z0-9._~\-/]*$/;

/** Fields of the set-up form, in the order in which a person meets them at the bank. */
export const snapFields: readonly ConfigField[] = [
  textField('clientId', true, 'Client id of the bank’s developer portal; sent as X-CLIENT-KEY.'),
  {
    ...textField('clientSecret', true, 'Client secret; key of the HMAC under every request.'),
    isSecret: true,
  },
  {
    name: 'privateKey',
    isSecret: true,
    kind: 'pemPrivateKey',
    isRequired: true,
    hint: 'Your RSA private key (PEM). Its public half is registered at the bank.',
  },
  textField('partnerId', true, 'Partner id of the contract; sent as X-PARTNER-ID.'),
  {
    name: 'channelId',
    isSecret: false,
    kind: 'digits',
    isRequired: true,
    hint: 'Channel code that the bank gave you; sent as CHANNEL-ID.',
    pattern: /^\d{1,5}$/,
  },
  {
    name: 'bankPublicKey',
    isSecret: false,
    kind: 'pemPublicKey',
    isRequired: false,
    hint: 'Public key of the bank (PEM), for calls that the bank makes to you.',
  },
  textField(
    'inboundClientKey',
    false,
    'Client key that you gave to the bank for its calls to you.',
  ),
  {
    ...textField(
      'inboundSecret',
      false,
      'Client secret that you gave to the bank for its calls to you.',
    ),
    isSecret: true,
  },
  textField('inboundPartnerId', false, 'X-PARTNER-ID that the bank sends, if only one may pass.'),
  {
    ...choice('inboundSignature', ['symmetric', 'asymmetric']),
    hint: 'Signature of the bank’s calls, if only one kind may pass.',
  },
  {
    ...choice('statementService', ['14', '12']),
    hint: 'Statement by service 14, or transaction history (12) where the contract has no 14.',
  },
  path('pathPrefix', 'In front of all paths, if the bank gave you another.'),
  path('tokenPath', 'Full path of the token service, if other than usual.'),
  path('balancePath', 'Full path of the balance service, if other than usual.'),
  path('statementPath', 'Full path of the statement service, if other than usual.'),
  path('historyPath', 'Full path of the transaction history, if other than usual.'),
  {
    ...textField(
      'transferPaths',
      false,
      'Full paths of payment services, if other than usual, such as intrabank=/a,status=/b; names: intrabank, switch, instant, urgent, clearing, status, inquiryInternal, inquiryExternal.',
    ),
    pattern: /^([A-Za-z]+=\/[A-Za-z0-9._~\-/]*(,|$))*$/,
  },
  {
    ...choice('senderType', ['1', '2', '3']),
    hint: 'What you are to RTGS and SKN: 1 person, 2 company (usual), 3 government.',
  },
  {
    ...choice('senderResidence', ['1', '2']),
    hint: 'Where you reside for RTGS and SKN: 1 Indonesia (usual), 2 elsewhere.',
  },
  {
    ...choice('timestampPrecision', ['second', 'millisecond']),
    hint: 'Form of X-TIMESTAMP, if the bank answers 4007301 to the usual one.',
  },
  {
    ...choice('signatureEncoding', ['base64', 'hex']),
    hint: 'Encoding of X-SIGNATURE, if the bank wants another than usual.',
  },
  textField(
    'otherEnvironmentClientId',
    false,
    'Client id of the other environment, to refuse it here.',
  ),
  textField(
    'otherEnvironmentPartnerId',
    false,
    'Partner id of the other environment, to refuse it here.',
  ),
];

function textField(name: string, isRequired: boolean, hint: string): ConfigField {
  return { name, isSecret: false, kind: 'text', isRequired, hint };
}

function path(name: string, hint: string): ConfigField {
  return { name, isSecret: false, kind: 'text', isRequired: false, hint, pattern: PATH };
}

function choice(name: string, choices: readonly string[]): Omit<ConfigField, 'hint'> {
  return { name, isSecret: false, kind: 'choice', isRequired: false, choices };
}

/** Values that must never appear in a text, whatever a bank repeats to us. */
export function secretsOf(config: SnapConfig): (string | undefined)[] {
  return [config.clientSecret, config.privateKey, config.inboundSecret];
}
