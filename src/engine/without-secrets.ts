import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { SecretText } from '#core/secret-text.ts';

/** Shorter ones would hide half of every sentence. */
const SECRET_LENGTH_MIN = 6;

/**
 * The error as it is, or one like it without the secrets that stood in its words. Connectors keep
 * secrets out of what they throw; this is the second door.
 */
export function withoutSecrets(error: unknown, secrets: readonly SecretText[]): unknown {
  const words = secrets
    .map((secret) => secret.reveal().trim())
    .filter((word) => word.length >= SECRET_LENGTH_MIN);
  const clean = (text: string): string =>
    words.reduce((rest, word) => rest.replaceAll(word, '[secret]'), text);
  if (!(error instanceof Error) || !isTelling(error, words)) return error;
  // The cause and the stack hold the same words.
  if (!isCashbellError(error)) return new Error(clean(error.message));
  const details = Object.entries(error.details).map(
    ([name, value]) => [name, typeof value === 'string' ? clean(value) : value] as const,
  );
  return new CashbellError(error.code, Object.fromEntries(details));
}

function isTelling(error: Error, words: readonly string[]): boolean {
  const { cause, message } = error;
  if (words.some((word) => message.includes(word) || error.stack?.includes(word) === true)) {
    return true;
  }
  return cause instanceof Error && isTelling(cause, words);
}
