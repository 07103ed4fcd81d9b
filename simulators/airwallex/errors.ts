/** An answer in Airwallex's error shape: `{code, message, source?}`. */
export class WireError extends Error {
  readonly status: number;
  readonly code: string;
  readonly source: string | undefined;

  constructor(
    status: number,
    code: string,
    { message, source }: { message: string; source?: string },
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.source = source;
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
