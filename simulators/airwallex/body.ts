import { WireError } from './errors.ts';
import { asRecord, parseJsonKeepingDigits } from './json.ts';

/** Reads a body in which amounts may be numbers, each of them as its text. */
export function parseBody(body: string): Readonly<Record<string, unknown>> {
  return readBody(body, parseJsonKeepingDigits);
}

/** Reads a body in which amounts have to be texts. */
export function parseTextBody(body: string): Readonly<Record<string, unknown>> {
  return readBody(body, (text) => JSON.parse(text));
}

function readBody(
  body: string,
  parse: (text: string) => unknown,
): Readonly<Record<string, unknown>> {
  try {
    return asRecord(parse(body));
  } catch {
    throw new WireError(400, 'malformed_request', { message: 'The body is not valid JSON.' });
  }
}
