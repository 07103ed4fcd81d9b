import { pino } from 'pino';
import type { Logger } from 'pino';
import { isCashbellError } from '#core/errors.ts';
import type { LogLevel } from './settings.ts';

export type { Logger } from 'pino';

/**
 * Makes the logger: one JSON object a line. Secrets are hidden by type (SecretText prints as
 * `[secret]`); the paths below catch what libraries might log of a request.
 */
export function createLogger(level: LogLevel, role: string): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'headers.authorization',
          'headers["x-signature"]',
          'headers["x-api-key"]',
          'headers.cookie',
          'accessToken',
          'appSecret',
          'token',
          'secret',
          'password',
        ],
        censor: '[secret]',
      },
      serializers: { error: describeError },
    },
    // What a person reads goes to the standard output, what a machine collects beside it.
    pino.destination(2),
  );
}

/** An error for the log: our code and details, or the message and where it came from. */
export function describeError(error: unknown): unknown {
  if (isCashbellError(error)) {
    const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
    return { code: error.code, disposition: error.disposition, details: error.details, ...cause };
  }
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return { message: String(error) };
}
