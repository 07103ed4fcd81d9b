/** A JSON number whose digits are written exactly as given. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) throw new Error(`"${text}" is no JSON number`);
    this.text = text;
  }
}

export type Json =
  | string
  | number
  | boolean
  | null
  | JsonNumber
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Writes JSON; a {@link JsonNumber} keeps its digits, an undefined member is left out. */
export function writeJson(value: Json): string {
  if (value instanceof JsonNumber) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`;
  const members = Object.entries(value)
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${writeJson(member)}`);
  return `{${members.join(',')}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Reads JSON with every number as its own text, because a requested amount must not pass through
 * a float. The source argument of the reviver is part of ECMAScript but not yet of the types.
 */
export function parseJsonKeepingDigits(text: string): unknown {
  const keepDigits = (_key: string, value: unknown, ...[context]: { source?: string }[]) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  return JSON.parse(text, keepDigits);
}

/** Takes a parsed value as it is, so that an answer can repeat what was sent. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return null;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}

/** Narrows a parsed value to an object, or gives an empty one. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
