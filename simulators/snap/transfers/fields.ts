import type { ServiceCall } from '../inbound.ts';
import { isObject } from '../inbound.ts';
import { parseAmount } from '../money.ts';
import { invalidFormat, missingField } from '../refusal.ts';

/** An object of the body with the name under which its fields are refused. */
export interface FieldSource {
  readonly service: string;
  readonly members: Readonly<Record<string, unknown>>;
  /** `additionalInfo.` or the like; empty for the body itself. */
  readonly prefix: string;
}

/** The body of a call as a source of fields. */
export function bodyOf(call: Pick<ServiceCall, 'service' | 'body'>): FieldSource {
  return { service: call.service, members: call.body, prefix: '' };
}

/** An object within the body; an absent one has no fields. */
export function objectOf(source: FieldSource, name: string): FieldSource {
  const value = source.members[name];
  if (value !== undefined && value !== null && !isObject(value)) {
    throw invalidFormat(source.service, source.prefix + name);
  }
  const members = isObject(value) ? value : {};
  return { service: source.service, members, prefix: `${source.prefix}${name}.` };
}

/** Text of one form; undefined when absent or empty, 400xx01 when it has another form. */
export function optional(source: FieldSource, name: string, form: RegExp): string | undefined {
  const value = source.members[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw invalidFormat(source.service, source.prefix + name);
}

/** The same, mandatory: 400xx02 when absent. */
export function mandatory(source: FieldSource, name: string, form: RegExp): string {
  const value = optional(source, name, form);
  if (value === undefined) throw missingField(source.service, source.prefix + name);
  return value;
}

/** Any text up to a length. */
export function upTo(longest: number): RegExp {
  return new RegExp(`^[^\\p{Cc}]{1,${longest}}$`, 'u');
}

/** The amount object (A1): text with exactly two decimals, so many digits before them. */
export function amountOf(
  source: FieldSource,
  name: string,
  digits: number,
): { amount: bigint; currency: string } {
  if (source.members[name] === undefined) {
    throw missingField(source.service, source.prefix + name);
  }
  const members = objectOf(source, name);
  const value = mandatory(members, 'value', new RegExp(`^\\d{1,${digits}}\\.\\d{2}$`));
  return { amount: parseAmount(value), currency: mandatory(members, 'currency', /^[A-Z]{3}$/) };
}
