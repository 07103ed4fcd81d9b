import type { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';

/**
 * Reads JSON with every number as the characters that the bank wrote: `100.50` stays `100.50` and
 * twenty digits stay twenty. A float would round before we could object. Node's `JSON.parse` hands
 * the source text to the reviver, so no library is needed.
 */
export function parseJsonLosslessly(text: string): unknown {
  const parsed: unknown = JSON.parse(text, (_key, value: unknown, ...rest: unknown[]) =>
    typeof value === 'number' ? sourceOf(rest[0]) : value,
  );
  return parsed;
}

function sourceOf(context: unknown): string {
  if (typeof context === 'object' && context !== null && 'source' in context) {
    if (typeof context.source === 'string') return context.source;
  }
  throw new CashbellError('connector.answerUnreadable', { what: 'numberWithoutSource' });
}

/** The same, yet `undefined` where the text is no JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJsonLosslessly(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads an answer by its schema. What does not fit is named by its place, never by its value: a
 * body may hold a token or a name.
 */
export function readAnswer<T>(schema: z.ZodType<T>, response: HttpResponse): T {
  const json = tryParseJson(bodyText(response.body));
  if (json === undefined) {
    throw new CashbellError('connector.answerUnreadable', {
      what: 'notJson',
      status: response.status,
    });
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  throw new CashbellError('connector.answerUnreadable', { what: placeOf(read.error) });
}

/** Path of the first thing that does not fit, such as `detailData.3.amount`. */
export function placeOf(error: z.ZodError): string {
  return error.issues[0]?.path.map(String).join('.') ?? '';
}

/** A header by any casing. */
export function headerOf(
  headers: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === wanted) return value;
  }
  return undefined;
}

/** Seconds of a `Retry-After` header that is written as a number. */
export function retryAfterSeconds(response: HttpResponse): number | undefined {
  const text = headerOf(response.headers, 'retry-after')?.trim() ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/**
 * Takes secrets out of a sentence that a bank wrote: some banks repeat what they were sent. Cut
 * to a length that a screen can show.
 */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  // A key is taken out line by line: part of it is as secret as the whole.
  const pieces = secrets.flatMap((secret) => secret?.split(/\s*\n\s*/) ?? []);
  for (const piece of pieces) {
    if (piece.length >= 4) clean = clean.replaceAll(piece, '•••');
  }
  return clean.slice(0, 160);
}

/** Digits of an `endToEndId` as the engine mints it; shorter numbers could be anything. */
const END_TO_END_DIGITS = 18;

/**
 * References of ours in a narrative. Banks break it into fields (BCA after 18 characters) and may
 * put spaces between them, so up to three runs of digits are read as one where together they have
 * the length of an `endToEndId`.
 */
export function endToEndIdsIn(narrative: string): string[] {
  const found = new Set<string>();
  for (const [text] of narrative.matchAll(/\d[\d ]*/g)) {
    const pieces = text.trim().split(/ +/);
    for (const index of pieces.keys()) {
      for (const count of [1, 2, 3]) {
        const joined = pieces.slice(index, index + count).join('');
        if (joined.length === END_TO_END_DIGITS) found.add(joined);
      }
    }
  }
  return [...found];
}

/** The one reference of ours in the narrative of a debit; two would be a guess. */
export function endToEndIdOf(narrative: string): { readonly endToEndId?: string } {
  const [only, ...others] = endToEndIdsIn(narrative);
  return only === undefined || others.length > 0 ? {} : { endToEndId: only };
}
