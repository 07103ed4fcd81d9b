import { type Instant, msBetween } from '#core/dates.ts';
import type { ConfigField, Diagnosis } from './contract.ts';
import { checkConfigHygiene, type HygieneFinding, type HygieneKind } from './hygiene.ts';

/**
 * Every key that a connector's `diagnose` may return. Each has a sentence pair
 * `diagnosis.<key>.cause` and `diagnosis.<key>.fix`; the English ones are in diagnosis-texts.md.
 */
export const diagnosisKeys = [
  'secret.missing',
  'secret.leadingWhitespace',
  'secret.trailingWhitespace',
  'secret.innerWhitespace',
  'secret.invisibleCharacter',
  'secret.quoted',
  'secret.homoglyph',
  'secret.lookalike',
  'secret.patternMismatch',
  'secret.choiceUnknown',
  'pem.damaged',
  'pem.wrongKind',
  'pem.tooWeak',
  'pem.ownKeyAsBanks',
  'clock.slow',
  'clock.fast',
  'ip.notAllowed',
  'gateway.blocked',
  'bank.maintenance',
  'bank.throttled',
  'path.overridden',
  'path.notFound',
  'timestamp.format',
  'signature.encodingOverridden',
  'signature.mistake',
  'signature.keyNotRegistered',
  'signature.secretWrong',
  'client.unknown',
  'client.otherEnvironment',
  'partner.mismatch',
  'token.rejected',
  'service.notActivated',
  'field.invalid',
  'externalId.reused',
  'cause.unknown',
] as const;

export type DiagnosisKey = (typeof diagnosisKeys)[number];

/** A diagnosis whose key has a sentence. */
export interface KnownDiagnosis extends Diagnosis {
  readonly key: DiagnosisKey;
}

const HYGIENE_KEYS: Readonly<Record<HygieneKind, DiagnosisKey>> = {
  missing: 'secret.missing',
  leadingWhitespace: 'secret.leadingWhitespace',
  trailingWhitespace: 'secret.trailingWhitespace',
  innerWhitespace: 'secret.innerWhitespace',
  invisibleCharacter: 'secret.invisibleCharacter',
  quoted: 'secret.quoted',
  homoglyph: 'secret.homoglyph',
  lookalike: 'secret.lookalike',
  patternMismatch: 'secret.patternMismatch',
  choiceUnknown: 'secret.choiceUnknown',
  pemDamaged: 'pem.damaged',
  pemWrongKind: 'pem.wrongKind',
  pemTooWeak: 'pem.tooWeak',
};

/** What the values themselves show. Never holds a value: at most one character and its place. */
export function diagnoseValues(
  fields: readonly ConfigField[],
  config: Readonly<Record<string, unknown>>,
): KnownDiagnosis[] {
  const values = Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
  return checkConfigHygiene(fields, values).map(toDiagnosis);
}

function toDiagnosis(finding: HygieneFinding): KnownDiagnosis {
  const { field, kind, position, character, suggested, what } = finding;
  return {
    key: HYGIENE_KEYS[kind],
    details: {
      field,
      ...(position === undefined ? {} : { position }),
      ...(character === undefined
        ? {}
        : kind === 'lookalike'
          ? { found: character }
          : { character }),
      ...(suggested === undefined ? {} : { suggested }),
      ...(what === undefined ? {} : { what }),
    },
  };
}

/** Below this, a difference is the way of the answer, not the clock (ask 64: "94 s slow"). */
const CLOCK_NOTICE_MS = 45_000;

/** How far our clock is from the bank's, in the sentence that ask 64 wants. */
export function diagnoseClock(bankTime: Instant | undefined, now: Instant): KnownDiagnosis[] {
  if (bankTime === undefined) return [];
  const slowMs = msBetween(now, bankTime);
  if (Math.abs(slowMs) < CLOCK_NOTICE_MS) return [];
  const seconds = Math.round(Math.abs(slowMs) / 1000);
  return [{ key: slowMs > 0 ? 'clock.slow' : 'clock.fast', details: { seconds } }];
}
