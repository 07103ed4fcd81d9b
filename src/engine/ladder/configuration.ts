import type { ConfigField, Connector, Environment } from '#connectors/contract.ts';
import { diagnoseValues } from '#connectors/diagnosis.ts';
import type { HygieneFinding } from '#connectors/hygiene.ts';
import { checkConfigHygiene, isSameKeyPair } from '#connectors/hygiene.ts';
import { fingerprint } from '#secret/seal.ts';
import { isLoopback } from '../settings.ts';
import type { Finding } from './rung.ts';
import { failure, warning } from './rung.ts';

/** What is checked without a single call, so that a typing error costs no quota (ask 59). */
export interface ConfigurationInput {
  readonly connector: Pick<Connector, 'fields' | 'config' | 'traits'>;
  readonly environment: Environment;
  readonly baseUrl: string;
  /** Values by field name, secrets among them. */
  readonly values: Readonly<Record<string, string>>;
  /** Fingerprints of keys that serve the other environment of this bank. */
  readonly foreignFingerprints: ReadonlySet<string>;
}

/** Checks everything that can be known without the bank; lists all that is wrong, not the first. */
export function checkConfiguration(input: ConfigurationInput): Finding[] {
  const hygiene = checkFields(input);
  return [
    ...checkAddress(input),
    ...hygiene,
    ...checkSchema(input, hygiene),
    ...checkEnvironment(input),
    ...checkOwnKeyAsBankKey(input),
  ];
}

/** The connectors' own words for what is wrong with a value, with our judgement how grave it is. */
function checkFields({ connector: { fields }, values }: ConfigurationInput): Finding[] {
  const diagnoses = diagnoseValues(fields, values);
  return checkConfigHygiene(fields, values).flatMap((found, index) => {
    const diagnosis = diagnoses[index];
    if (!diagnosis) return [];
    const field = fields.find((candidate) => candidate.name === found.field);
    const details = { ...diagnosis.details, repairable: found.repaired !== undefined };
    const make = isHarmless(found, field) ? warning : failure;
    return [make(diagnosis.key, details, 'secret.hygiene')];
  });
}

/** A name may hold a space or a dash; a key, a number or anything with a pattern may not. */
function isHarmless(found: HygieneFinding, field: ConfigField | undefined): boolean {
  if (found.kind === 'pemTooWeak') return true;
  if (found.kind !== 'innerWhitespace' && found.kind !== 'homoglyph') return false;
  return field?.kind === 'text' && !field.isSecret && field.pattern === undefined;
}

function checkSchema(
  { connector, values }: ConfigurationInput,
  hygiene: readonly Finding[],
): Finding[] {
  const read = connector.config.safeParse(values);
  if (read.success) return [];
  const explained = new Set(hygiene.map((finding) => finding.details['field']));
  return read.error.issues
    .map((issue) => ({ field: issue.path.map(String).join('.'), problem: issue.message }))
    .filter(({ field }) => !explained.has(field))
    .map((details) => failure('config.invalid', details, 'config.invalid'));
}

function checkAddress({ connector, environment, baseUrl }: ConfigurationInput): Finding[] {
  const url = URL.parse(baseUrl);
  if (!url) return [failure('config.addressInvalid', { field: 'baseUrl' }, 'config.invalid')];
  const isLocal = isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  const details = { field: 'baseUrl', host: url.host };
  if (environment === 'production' && isLocal) {
    return [failure('config.loopbackInProduction', details, 'config.sandboxOnly')];
  }
  if (url.protocol !== 'https:' && !isLocal) {
    return [failure('config.addressNotHttps', details, 'config.invalid')];
  }
  const other = connector.traits.baseUrls[environment === 'production' ? 'sandbox' : 'production'];
  const own = connector.traits.baseUrls[environment];
  if (other !== undefined && other !== own && URL.parse(other)?.host === url.host) {
    return [failure('config.addressOfOtherEnvironment', details, 'connection.environmentMismatch')];
  }
  return [];
}

function checkEnvironment({
  connector,
  values,
  foreignFingerprints,
}: ConfigurationInput): Finding[] {
  return connector.fields
    .filter((field) => field.isSecret && values[field.name] !== undefined)
    .map((field) => ({ field: field.name, fingerprint: fingerprint(values[field.name] ?? '') }))
    .filter((key) => foreignFingerprints.has(key.fingerprint))
    .map((key) => failure('config.environmentMismatch', key, 'connection.environmentMismatch'));
}

/** In every portal both keys are called "public key"; many paste their own where the bank's belongs. */
function checkOwnKeyAsBankKey({ connector, values }: ConfigurationInput): Finding[] {
  const ofKind = (kind: ConfigField['kind']): ConfigField[] =>
    connector.fields.filter((field) => field.kind === kind && values[field.name] !== undefined);
  return ofKind('pemPrivateKey').flatMap((own) =>
    ofKind('pemPublicKey')
      .filter((bank) => isSameKeyPair(values[own.name] ?? '', values[bank.name] ?? ''))
      .map((bank) =>
        failure('pem.ownKeyAsBanks', { field: bank.name, own: own.name }, 'secret.hygiene'),
      ),
  );
}

/**
 * Takes away what copying left behind. Only repairs that cannot be wrong: a look-alike character
 * stays, because which of the two was meant is for a person to say.
 */
export function repairValues(
  fields: readonly ConfigField[],
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const repaired = { ...values };
  for (const finding of checkConfigHygiene(fields, values)) {
    if (finding.repaired !== undefined && finding.kind !== 'lookalike') {
      repaired[finding.field] = finding.repaired;
    }
  }
  return repaired;
}
