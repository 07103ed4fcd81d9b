import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/**
 * Nothing reaches a bank's transfer service but through the choke point. Each door on the way may be
 * opened in one place only; another place that names it fails here, and must be argued for in review.
 */
const doors: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: readonly RegExp[];
}[] = [
  {
    what: 'building a transfer request',
    pattern: /\binitiateTransfer\b/,
    allowed: [/^src\/connectors\//, /^src\/engine\/transfer-calls\.ts$/],
  },
  {
    what: 'a call to a bank that somebody else judges',
    pattern: /\bbanks\.run\(/,
    allowed: [/^src\/engine\/transfer-calls\.ts$/],
  },
  {
    what: 'a caller of transfers',
    pattern: /\bcreateTransferCaller\(/,
    allowed: [/^src\/engine\/transfer-calls\.ts$/, /^src\/flows\/payment\/assemble-payments\.ts$/],
  },
  {
    what: 'sending a transfer',
    pattern: /\.initiate\(/,
    allowed: [/^src\/flows\/payment\/payment-steps\.ts$/],
  },
  {
    what: 'the permission to send',
    pattern: /\bclaimAttempt\b/,
    allowed: [/^src\/store\/payment-attempts\.ts$/, /^src\/flows\/payment\/payment-steps\.ts$/],
  },
  {
    what: 'an attempt',
    pattern: /\binsertAttempt\b/,
    allowed: [/^src\/store\/payment-attempts\.ts$/, /^src\/flows\/payment\/choke-point\.ts$/],
  },
  {
    what: 'a row of an attempt',
    pattern: /INSERT INTO payment_attempt\b/,
    allowed: [/^src\/store\/payment-attempts\.ts$/],
  },
  {
    what: 'the moment of sending',
    pattern: /UPDATE payment_attempt\b[\s\S]{0,80}sent_at =/,
    allowed: [/^src\/store\/payment-attempts\.ts$/],
  },
  {
    what: 'passing the choke point',
    pattern: /\bpassChokePoint\(/,
    allowed: [/^src\/flows\/payment\/choke-point\.ts$/, /^src\/flows\/payment\/payment-steps\.ts$/],
  },
  {
    what: 'a path of a transfer service',
    pattern: /transfer-(?:intrabank|interbank|rtgs|skn)|\/transfers\/create/,
    allowed: [/^src\/connectors\//],
  },
];

const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));

/** Files in which a door stands where none is allowed. */
function strangers(
  door: Pick<(typeof doors)[number], 'pattern' | 'allowed'>,
  sources: readonly { readonly file: string; readonly text: string }[],
): string[] {
  return sources
    .filter(({ file }) => !door.allowed.some((allowed) => allowed.test(file)))
    .filter(({ text }) => door.pattern.test(withoutComments(text)))
    .map(({ file }) => file);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

describe('choke point', () => {
  const sources = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));

  test.each(doors)('only one place: $what', (door) => {
    expect(strangers(door, sources)).toEqual([]);
    const isUsed = sources.some(({ text }) => door.pattern.test(text));
    expect(isUsed, 'a door that nobody uses protects nothing').toBe(true);
  });

  test.each(doors)('a second place is found: $what', (door) => {
    const sample = sources.find(({ text }) => door.pattern.test(withoutComments(text)));
    const planted = { file: 'src/flows/watch/planted.ts', text: sample?.text ?? '' };
    expect(strangers(door, [planted])).toEqual([planted.file]);
  });
});
