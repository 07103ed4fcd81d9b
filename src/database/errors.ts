import { CashbellError, type ErrorCode } from '#core/errors.ts';

/** The codes that speak of the database itself rather than of what is in it. */
export type DatabaseErrorCode = Extract<ErrorCode, `database.${string}`>;

/**
 * A refusal before the product can run. Nobody has a language yet at that time, so the message itself is the
 * sentence for the person at the terminal: what is wrong, and what to do about it.
 */
export class DatabaseError extends CashbellError {
  constructor(code: DatabaseErrorCode, sentence: string, options: { cause?: unknown } = {}) {
    super(code, { reason: sentence }, options);
    this.name = 'DatabaseError';
    this.message = sentence;
  }
}
