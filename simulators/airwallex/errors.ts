import type { Json } from './json.ts';

/** An answer in Airwallex's error shape: `{code, message, source?, details?}`. */
export class WireError extends Error {
  readonly status: number;
  readonly code: string;
  readonly source: string | undefined;
  readonly details: Json | undefined;

  constructor(
    status: number,
    code: string,
    { message, source, details }: { message: string; source?: string; details?: Json },
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.source = source;
    this.details = details;
  }
}

/** A request whose parameter is wrong; `source` names it. */
export function invalid(source: string, message: string): WireError {
  return new WireError(400, 'validation_error', { message, source });
}

/** Something that does not exist, or not for this account. */
export function notFound(message: string): WireError {
  return new WireError(404, 'not_found', { message });
}
