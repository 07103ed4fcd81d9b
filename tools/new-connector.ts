/**
 * Writes the empty files of a new bank: `node tools/new-connector.ts <id> [--family snap]`.
 * What it writes compiles and fails conformance until it is filled; docs/adding-a-bank.md says how.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Families whose shared code a bank can stand on. */
const FAMILIES = ['snap'] as const;

export interface NewConnector {
  readonly id: string;
  readonly family?: string | undefined;
  /** Root of the repository. */
  readonly root: string;
}

/** Writes the files and returns their paths; refuses a bank that exists and a name that is none. */
export function createConnector({ id, family, root }: NewConnector): string[] {
  if (!/^[a-z][a-z0-9]{1,30}$/.test(id)) {
    throw new Error(`"${id}" is no connector id: lower-case letters and digits, as in "bca".`);
  }
  if (family !== undefined && !FAMILIES.some((one) => one === family)) {
    throw new Error(`There is no family "${family}"; known: ${FAMILIES.join(', ')}.`);
  }
  const folder = join('src', 'connectors', id);
  const vectors = join('vectors', id);
  for (const path of [folder, vectors]) {
    if (existsSync(join(root, path)))
      throw new Error(`${path} exists already; nothing was written.`);
  }
  const files = family === 'snap' ? snapFiles(id) : ownFiles(id);
  const written = Object.entries({
    ...prefixed(folder, { ...files, 'README.md': readme(id) }),
    ...prefixed(vectors, {
      'conformance.json': fixture(`${id}: what every connector must show`),
      // A bank of its own gets it with its capability `payments`.
      ...(family === 'snap' ? { 'payments.json': fixture(`${id}: how it pays and answers`) } : {}),
    }),
  });
  for (const [path, text] of written) {
    const full = join(root, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, text, { flag: 'wx' });
  }
  return written.map(([path]) => path);
}

function prefixed(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [join(folder, name), text]),
  );
}

function readme(id: string): string {
  return `# ${id}

Guide: (address of the bank's documentation, with date)

| What | How | Source |
|---|---|---|

Not seen live: everything.
Not built: everything.
`;
}

/** Parses as JSON and fails the fixture's schema, so that nobody takes it for a test. */
function fixture(title: string): string {
  return `${JSON.stringify({ title, source: '' }, undefined, 2)}\n`;
}

function traits(): string {
  return `{
    country: 'ID',
    zone: 'Asia/Jakarta',
    baseUrls: {},
    clockToleranceMs: 300_000,
    timeoutMs: 30_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 30 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 31,
      windowDaysMax: 31,
      granularity: 'instant',
      overlapMinutes: 60,
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: false,
    hasRunningBalance: false,
    push: undefined,
  }`;
}

/** A bank of the SNAP family is two profiles and nothing else. */
function snapFiles(id: string): Record<string, string> {
  return {
    'connector.ts': `import { parsePlainDate } from '#core/dates.ts';
import { defineSnapConnector } from '../snap/connector.ts';
import { ${id}Payments } from './payments.ts';

/** Name of the bank, section of its guide. */
export const ${id} = defineSnapConnector({
  id: '${id}',
  displayName: '${id.toUpperCase()}',
  documentation: '',
  factsAsOf: parsePlainDate('2025-01-01'),
  traits: ${traits()},
  pathPrefix: '',
  paths: {
    token: '/v1.0/access-token/b2b',
    balance: '/v1.0/balance-inquiry',
    statement: '/v1.0/bank-statement',
    history: '/v1.0/transaction-history-list',
  },
  timestampPrecision: 'second',
  signatureEncoding: 'base64',
  query: 'asSent',
  hasPartnerReference: true,
  statement: { window: 'moments' },
  formatExternalId: (_now, sequence) => String(sequence).padStart(9, '0'),
  payments: ${id}Payments,
  inbound: {
    services: { '/access-token/b2b': '73' },
    signatureWording: { token: '[Signature]', message: '[Signature]' },
    repeatedPayment: 'sameAnswer',
  },
});
`,
    'payments.ts': `import type { SnapPayments } from '../snap/payment-profile.ts';

/** How the bank pays, section of its guide; without it accounts are watched only. */
export const ${id}Payments: SnapPayments = {
  ownAgent: '',
  accountDigits: [10, 10],
  amountDigits: 16,
  remark: { length: 50, charset: 'swift' },
  isAddressRequired: false,
  hasOptionalMembers: false,
  // Only ways to pay that the guide describes.
  rails: { intrabank: { service: '17', path: '/v1.0/transfer-intrabank' } },
  status: { path: '/v1.0/transfer/status', retentionDays: 31, date: 'moment' },
  nameInquiry: {
    internalPath: '/v1.0/account-inquiry-internal',
    externalPath: '/v1.0/account-inquiry-external',
    agentForm: 'national',
  },
};
`,
  };
}

function ownFiles(id: string): Record<string, string> {
  return {
    'connector.ts': `import { z } from 'zod';
import { parsePlainDate } from '#core/dates.ts';
import { defineConnector } from '../contract.ts';
import { judgeAnswer } from './mapping.ts';
import { sign } from './signature.ts';

const Config = z.object({ apiKey: z.string().min(1) });

export type ${typeName(id)}Config = z.infer<typeof Config>;

/** Name of the bank, section of its guide. */
export const ${id} = defineConnector<${typeName(id)}Config>({
  id: '${id}',
  displayName: '${id.toUpperCase()}',
  documentation: '',
  factsAsOf: parsePlainDate('2025-01-01'),
  traits: ${traits()},
  config: Config,
  fields: [{ name: 'apiKey', isSecret: true, kind: 'text', isRequired: true, hint: '' }],
  identifiersOf: (account) => [\`account:\${account.number}\`],
  formatExternalId: (_now, sequence) => String(sequence).padStart(9, '0'),
  sign: (request, { config }) => sign(request, config.apiKey),
  judge: (response) => judgeAnswer(response),
  // A capability is a key that is present.
  exchanges: {},
});
`,
    'signature.ts': `/** Signing and verifying, section of the bank's guide. Keys and clock are arguments. */
import type { HttpRequest } from '#core/http.ts';

export function sign(request: HttpRequest, apiKey: string): HttpRequest {
  return { ...request, headers: { ...request.headers, Authorization: \`Bearer \${apiKey}\` } };
}
`,
    'wire.ts': `/** Bodies of the bank, field names untouched; unknown members pass, missing ones fail. */
import { z } from 'zod';

export const ErrorWire = z.looseObject({ code: z.string() });
`,
    'mapping.ts': `import { CashbellError, type ErrorCode } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import { tryParseJson } from '../reading.ts';
import { ErrorWire } from './wire.ts';

/** Response codes; what is not here is unknown, because guessing "failed" pays twice. */
export const codeTable: Readonly<Record<string, ErrorCode>> = {};

export function judgeAnswer(response: HttpResponse): CashbellError | undefined {
  if (response.status >= 200 && response.status < 300) return undefined;
  const wire = ErrorWire.safeParse(tryParseJson(bodyText(response.body)));
  const code = wire.success ? codeTable[wire.data.code] : undefined;
  return new CashbellError(code ?? 'bank.outcomeUnknown', { status: response.status });
}
`,
  };
}

function typeName(id: string): string {
  return `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`;
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: { family: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const [id] = positionals;
  if (values.help === true || id === undefined) {
    process.stdout.write('Usage: node tools/new-connector.ts <id> [--family snap]\n');
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  try {
    const root = join(import.meta.dirname, '..');
    for (const path of createConnector({ id, family: values.family, root })) {
      process.stdout.write(`${path}\n`);
    }
    process.stdout.write('Next: docs/adding-a-bank.md; add it to src/connectors/catalogue.ts.\n');
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) main();
