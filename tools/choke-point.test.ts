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

/**
 * What was approved and what it is sent with: written with the payment, never changed. So nothing of it
 * that the digest leaves out (way of payment, fees, text, day, the payee's address) can become another.
 */
const contentChange =
  /UPDATE payment\b(?!_)(?:(?!\bWHERE\b|\bFROM\b|;)[^`])*?\b(?:creditor|folded_creditor_account|instructed_minor_units|currency|account_id|connection_id|environment|beneficiary_id|beneficiary_version|purpose|remittance_information|rail|charge_bearer|requested_execution_date|digest|end_to_end_id|maker|approval_via|approvals_required|source|source_key)\s*=/;

describe('choke point', () => {
  const sources = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));

  test.each(doors)('only one place: $what', (door) => {
    expect(strangers(door, sources)).toEqual([]);
    const isUsed = sources.some(({ text }) => door.pattern.test(text));
    expect(isUsed, 'a door that nobody uses protects nothing').toBe(true);
  });

  test('nothing changes what a payment pays after it was written', () => {
    const found = sources.filter(({ text }) => contentChange.test(withoutComments(text)));
    expect(found.map(({ file }) => file)).toEqual([]);
    for (const planted of [
      "'UPDATE payment SET rail = $2 WHERE org_id = $1'",
      "`UPDATE payment p SET state = 'x',\n  creditor = $3\n FROM b WHERE p.org_id = $1`",
    ]) {
      expect(planted).toMatch(contentChange);
    }
    for (const harmless of [
      '`UPDATE payment SET next_at = $3 WHERE org_id = $1 AND account_id = $2`',
      '`UPDATE payment p SET process_instance_id = $3 FROM bound b WHERE p.account_id = b.account_id`',
      '`UPDATE payment_attempt SET end_to_end_id = $1`',
    ]) {
      expect(harmless).not.toMatch(contentChange);
    }
  });

  test.each(doors)('a second place is found: $what', (door) => {
    const sample = sources.find(({ text }) => door.pattern.test(withoutComments(text)));
    const planted = { file: 'src/flows/watch/planted.ts', text: sample?.text ?? '' };
    expect(strangers(door, [planted])).toEqual([planted.file]);
  });
});
