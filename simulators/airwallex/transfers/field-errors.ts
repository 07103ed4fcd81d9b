import { WireError } from '../errors.ts';
import { asRecord } from '../json.ts';

/** What is wrong with one field; the codes are those of the guide's table of field errors. */
export interface FieldError {
  readonly source: string;
  readonly code: '001' | '011' | '021';
  readonly message: string;
}

/** Reads the fields of a body and gathers everything that is wrong with them before refusing it. */
export interface FieldReader {
  /** A field that may be absent. */
  text(path: string): string | undefined;
  requiredText(path: string, max?: number): string;
  oneOf<T extends string>(path: string, values: readonly T[]): T | undefined;
  record(path: string): Readonly<Record<string, unknown>> | undefined;
  wrong(path: string, message: string): void;
  missing(path: string, message?: string): void;
  /** Throws when anything was wrong. */
  finish(): void;
}

/** Makes a reader of the fields below a body, named as the guide names them: `a.b.c`. */
export function createFieldReader(body: Readonly<Record<string, unknown>>): FieldReader {
  const errors: FieldError[] = [];
  const valueAt = (path: string): unknown => {
    let value: unknown = body;
    for (const name of path.split('.')) value = asRecord(value)[name];
    return value ?? undefined;
  };
  const add = (source: string, code: FieldError['code'], message: string): void => {
    errors.push({ source, code, message });
  };
  const reader: FieldReader = {
    text(path) {
      const value = valueAt(path);
      if (value === undefined || value === '') return undefined;
      if (typeof value === 'string') return value;
      add(path, '011', `${path} must be text`);
      return undefined;
    },
    requiredText(path, max) {
      const isThere = valueAt(path) !== undefined && valueAt(path) !== '';
      const value = reader.text(path);
      if (!isThere) reader.missing(path);
      if (value !== undefined && max !== undefined && value.length > max) {
        add(path, '021', `${path} must not be longer than ${max} characters`);
      }
      return value ?? '';
    },
    oneOf(path, values) {
      const value = reader.text(path);
      if (value === undefined) return undefined;
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) add(path, '011', `${path} must be one of ${values.join(', ')}`);
      return found;
    },
    record(path) {
      const value = valueAt(path);
      if (value === undefined) return undefined;
      if (typeof value === 'object' && !Array.isArray(value)) return asRecord(value);
      add(path, '011', `${path} must be an object`);
      return undefined;
    },
    wrong: (path, message) => add(path, '011', message),
    missing: (path, message) => add(path, '001', message ?? `${path} must be provided`),
    finish() {
      const [first] = errors;
      if (!first) return;
      throw new WireError(400, 'validation_failed', {
        message: errors.map(({ message }) => message).join('; '),
        source: first.source,
        details: { errors: errors.map(({ source, code, message }) => ({ source, code, message })) },
      });
    },
  };
  return reader;
}
