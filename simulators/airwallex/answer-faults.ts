import { JsonNumber, writeJson } from './json.ts';
import type { Json } from './json.ts';
import type { Answer } from './route.ts';

/** What goes onto the wire in place of an answer. */
export interface SpoiltAnswer {
  readonly status: number;
  readonly text: string;
  /** Whether the company learns from it what the true answer would have told. */
  readonly isTrue: boolean;
}

/** Writes an answer, spoilt when one of the faults struck that let the request happen first. */
export function writeAnswer({ status, body }: Answer, fault: string | undefined): SpoiltAnswer {
  const text = writeJson(body);
  if (status >= 400) return { status, text, isTrue: true };
  switch (fault) {
    case 'serverErrorAfterAccepting': {
      const error = { code: 'internal_error', message: 'Something went wrong.' };
      return { status: 500, text: writeJson(error), isTrue: false };
    }
    case 'malformedAnswer':
      return { status, text: text.slice(0, Math.ceil(text.length / 2)), isTrue: false };
    case 'answerWithoutId':
      return { status, text: writeJson(withoutId(body)), isTrue: false };
    default:
      return { status, text, isTrue: true };
  }
}

function withoutId(body: Json): Json {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  if (body instanceof JsonNumber) return body;
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]: [string, Json | undefined]) =>
      key === 'id' || value === undefined ? [] : [[key, value]],
    ),
  );
}
