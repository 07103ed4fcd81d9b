import type { World } from './world.ts';

/** A management call that cannot be carried out; the sender gets 400 with the reason. */
export class OrderRefused extends Error {}

/** Refuses the management call at hand. */
export function refuseOrder(reason: string): never {
  throw new OrderRefused(reason);
}

/** Reads a management call's body and query; a wrong type names the field. */
export class Order {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(body: unknown, query: URLSearchParams = new URLSearchParams()) {
    const own = typeof body === 'object' && body !== null ? body : {};
    this.fields = { ...Object.fromEntries(query), ...own };
  }

  raw(name: string): unknown {
    return this.fields[name];
  }

  text(name: string): string | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : refuseOrder(`${name} must be a text`);
  }

  needText(name: string): string {
    return this.text(name) ?? refuseOrder(`${name} is missing`);
  }

  flag(name: string): boolean | undefined {
    const value = this.fields[name];
    if (value === undefined) return undefined;
    return typeof value === 'boolean' ? value : refuseOrder(`${name} must be true or false`);
  }

  number(name: string): number | undefined {
    const value = this.fields[name];
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    return refuseOrder(`${name} must be a number`);
  }

  whole(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
    return refuseOrder(`${name} must be a whole number, 0 or more`);
  }

  wholes(name: string): number[] | undefined {
    const value = this.fields[name];
    if (value === undefined) return undefined;
    const isWhole = (entry: unknown): entry is number =>
      Number.isInteger(entry) && Number(entry) >= 0;
    if (Array.isArray(value) && value.every(isWhole)) return value;
    return refuseOrder(`${name} must be a list of whole numbers, 0 or more`);
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.fields[name];
    if (value === undefined) return undefined;
    const known = words.find((word) => word === value);
    return known ?? refuseOrder(`${name} must be one of ${words.join(', ')}`);
  }

  texts(name: string): string[] | undefined {
    const value = this.fields[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    return refuseOrder(`${name} must be a list of texts`);
  }
}

/** One management call; `*` in the path stands for a part that is handed on. */
export interface Action {
  readonly method: string;
  readonly path: string;
  readonly act: (world: World, order: Order, parts: readonly string[]) => unknown;
}
