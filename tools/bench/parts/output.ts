import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

/** What a benchmark prints as its last line (design.md section 7). */
export interface BenchResult {
  readonly name: string;
  readonly work: Readonly<Record<string, unknown>>;
  readonly cashbell: Readonly<Record<string, unknown>>;
  readonly floor: Readonly<Record<string, unknown>>;
  readonly peers: Readonly<Record<string, unknown>>;
  readonly ratios: Readonly<Record<string, unknown>>;
}

/** How `cashbell bench` calls a benchmark. */
export interface BenchCall {
  /** Leaves out the lines for people. */
  readonly json: boolean;
  readonly args: readonly string[];
}

/** Options that are numbers, and `--json`. */
export function readNumbers<Name extends string>(
  call: BenchCall,
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> & { readonly isQuiet: boolean } {
  const names = Object.keys(defaults);
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      json: { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
    },
  });
  const given: Record<string, unknown> = values;
  const numbers: Record<Name, number> = { ...defaults };
  for (const [name, fallback] of Object.entries<number>(defaults)) {
    const text = given[name];
    const value = typeof text === 'string' ? Number(text) : fallback;
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number`);
    Object.assign(numbers, { [name]: value });
  }
  return { ...numbers, isQuiet: call.json || given['json'] === true };
}

/** Prints what is going on, to people. */
export function createTeller(isQuiet: boolean): (text: string) => void {
  return (text) => {
    if (!isQuiet) process.stdout.write(`${text}\n`);
  };
}

/** Prints the result as the last line. */
export function printResult(result: BenchResult): BenchResult {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

/** The machine, for whoever reads the figures later. */
export function machine(): Readonly<Record<string, unknown>> {
  return {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
