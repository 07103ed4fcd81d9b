import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { languages } from '#core/languages.ts';

/** Every setting of a process (design.md section 7). Settings of organisations are rows. */
export interface Settings {
  readonly home: string;
  /** Absent: the embedded PostgreSQL below `home`. */
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Where banks, DingTalk and browsers reach us, without a slash at the end. */
  readonly publicUrl?: string;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  readonly masterKey?: string;
  readonly masterKeyFile: string;
  readonly logLevel: LogLevel;
  /** Language of the command line, when it is not taken from `LANG`. */
  readonly language?: (typeof languages)[number];
  /** Hosts that may lie in a private network, such as a bank behind a VPN. */
  readonly allowedPrivateHosts: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly sandbox: {
    readonly dingtalkPort: number;
    readonly banksPort: number;
    readonly dingtalkAdminPort: number;
    readonly banksAdminPort: number;
  };
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const port = (fallback: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535; 0 picks a free port')
    .transform(Number)
    .refine((value) => value <= 65_535, 'must be at most 65535')
    .default(fallback);

const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .default([]);

const proxies = list.refine(
  (items) => items.every((item) => ipaddr.isValid(item) || ipaddr.isValidCIDR(item)),
  'must be IP addresses or ranges, separated by commas, such as 10.0.0.0/8',
);

const publicUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const isClean = url && url.search === '' && url.hash === '' && url.username === '';
  if (isClean && (url.protocol === 'https:' || url.protocol === 'http:')) {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  context.addIssue('must be an address such as https://cashbell.example.com');
  return z.NEVER;
});

/** One schema for all variables; the names are those of the environment. */
const Environment = z.object({
  CASHBELL_HOME: z.string().min(1, 'must name a folder').default('./.cashbell'),
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      'must look like postgresql://user:password@host:5432/database, or be left out',
    )
    .optional(),
  CASHBELL_HOST: z
    .string()
    .regex(/^[0-9A-Za-z.:_-]+$/, 'must be a host name or an IP address without a port')
    .default('127.0.0.1'),
  CASHBELL_PORT: port(7420),
  CASHBELL_PUBLIC_URL: publicUrl.optional(),
  CASHBELL_TLS_CERT_FILE: z.string().min(1, 'must name a PEM file').optional(),
  CASHBELL_TLS_KEY_FILE: z.string().min(1, 'must name a PEM file').optional(),
  CASHBELL_MASTER_KEY: z
    .string()
    .regex(
      /^\s*([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=?)\s*$/,
      'must be 32 bytes in base64 or hex; make one with: openssl rand -base64 32',
    )
    .optional(),
  CASHBELL_MASTER_KEY_FILE: z.string().min(1, 'must name a file').optional(),
  CASHBELL_LOG_LEVEL: z
    .enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` })
    .default('info'),
  CASHBELL_LANGUAGE: z
    .enum(languages, { error: `must be one of ${languages.join(', ')}` })
    .optional(),
  CASHBELL_ALLOWED_PRIVATE_HOSTS: list,
  CASHBELL_TRUSTED_PROXIES: proxies,
  CASHBELL_SANDBOX_DINGTALK_PORT: port(7421),
  CASHBELL_SANDBOX_BANKS_PORT: port(7422),
  CASHBELL_SANDBOX_DINGTALK_ADMIN_PORT: port(7431),
  CASHBELL_SANDBOX_BANKS_ADMIN_PORT: port(7432),
});

/** Names of all variables, for the documentation test and for the file's key check. */
export const settingNames: readonly string[] = [
  ...Object.keys(Environment.shape),
  'CASHBELL_CONFIG',
];

type Variables = Readonly<Record<string, string | undefined>>;

/** Of whoever types a command, not of the installation (cli/acting.ts); it stands in no file. */
const OWN_TOKEN = 'CASHBELL_TOKEN';

/**
 * Reads the settings from the environment over those of the file named by `CASHBELL_CONFIG`. A
 * variable that is set but empty counts as absent, as in compose files. Throws `config.invalid`
 * with the variable's name and the fix; the value itself is never shown, for it may be a secret.
 */
export function readSettings(
  environment: Variables,
  readText: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Settings {
  const names = Object.keys(environment).filter((name) => name !== OWN_TOKEN);
  refuseUnknown(names, 'the environment');
  const fromFile = readFile(environment['CASHBELL_CONFIG'], readText);
  const given = [...Object.entries(fromFile), ...Object.entries(environment)].filter(
    ([, value]) => value !== undefined && value !== '',
  );
  const read = Environment.safeParse(Object.fromEntries(given));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(String(issue?.path[0] ?? ''), issue?.message ?? 'cannot be read');
  }
  return toSettings(read.data);
}

function toSettings(read: z.infer<typeof Environment>): Settings {
  const home = resolve(read.CASHBELL_HOME);
  return {
    home,
    ...(read.DATABASE_URL === undefined ? {} : { databaseUrl: read.DATABASE_URL }),
    host: read.CASHBELL_HOST,
    port: read.CASHBELL_PORT,
    ...(read.CASHBELL_PUBLIC_URL === undefined ? {} : { publicUrl: read.CASHBELL_PUBLIC_URL }),
    ...toTls(read),
    ...(read.CASHBELL_MASTER_KEY === undefined ? {} : { masterKey: read.CASHBELL_MASTER_KEY }),
    masterKeyFile: resolve(read.CASHBELL_MASTER_KEY_FILE ?? `${home}/master.key`),
    logLevel: read.CASHBELL_LOG_LEVEL,
    ...(read.CASHBELL_LANGUAGE === undefined ? {} : { language: read.CASHBELL_LANGUAGE }),
    allowedPrivateHosts: read.CASHBELL_ALLOWED_PRIVATE_HOSTS,
    trustedProxies: read.CASHBELL_TRUSTED_PROXIES,
    sandbox: {
      dingtalkPort: read.CASHBELL_SANDBOX_DINGTALK_PORT,
      banksPort: read.CASHBELL_SANDBOX_BANKS_PORT,
      dingtalkAdminPort: read.CASHBELL_SANDBOX_DINGTALK_ADMIN_PORT,
      banksAdminPort: read.CASHBELL_SANDBOX_BANKS_ADMIN_PORT,
    },
  };
}

function toTls(read: z.infer<typeof Environment>): Pick<Settings, 'tls'> {
  const certificateFile = read.CASHBELL_TLS_CERT_FILE;
  const keyFile = read.CASHBELL_TLS_KEY_FILE;
  if (certificateFile !== undefined && keyFile !== undefined) {
    return { tls: { certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) } };
  }
  if (certificateFile !== undefined) {
    throw invalid('CASHBELL_TLS_KEY_FILE', 'must be set together with CASHBELL_TLS_CERT_FILE');
  }
  if (keyFile !== undefined) {
    throw invalid('CASHBELL_TLS_CERT_FILE', 'must be set together with CASHBELL_TLS_KEY_FILE');
  }
  return {};
}

/**
 * Reads the optional file. Its keys are the variables' names, so that there is one list of
 * settings; secrets may stand there as well, which is the operator's choice.
 */
function readFile(path: string | undefined, readText: (path: string) => string): Variables {
  if (path === undefined || path === '') return {};
  let content: unknown;
  try {
    content = parseYaml(readText(path));
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown reason';
    throw invalid('CASHBELL_CONFIG', `names a file that cannot be read as YAML: ${why}`);
  }
  if (content === null || content === undefined) return {};
  const read = z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .safeParse(content);
  if (!read.success) {
    const key = String(read.error.issues[0]?.path[0] ?? '');
    throw invalid(
      'CASHBELL_CONFIG',
      `must hold one "NAME: value" a line; look at ${key || 'line 1'}`,
    );
  }
  refuseUnknown(Object.keys(read.data), 'CASHBELL_CONFIG', true);
  return Object.fromEntries(Object.entries(read.data).map(([name, value]) => [name, `${value}`]));
}

/** A mistyped name would silently leave the default in force. */
function refuseUnknown(names: readonly string[], where: string, isWholeFileOurs = false): void {
  for (const name of names) {
    if (settingNames.includes(name)) continue;
    if (!isWholeFileOurs && !name.startsWith('CASHBELL_')) continue;
    const [near] = settingNames
      .filter((known) => distance(known, name) <= 3)
      .toSorted((left, right) => distance(left, name) - distance(right, name));
    throw invalid(
      name,
      `is no setting (found in ${where})${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
}

function invalid(variable: string, problem: string): CashbellError {
  const fix = `Correct or remove ${variable}, then start again.`;
  return new CashbellError('config.invalid', { variable, problem, fix });
}

/** Edit distance, for "did you mean". */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [place, other] of [...right].entries()) {
      const replaced = (row[place] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Whether a host to listen on is this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/**
 * Refuses to listen beyond this machine in the open (design.md section 8): tokens and amounts would
 * travel unencrypted. Own certificate files, or a proxy with an https public URL, make it safe.
 */
export function requireSecureListen(settings: Pick<Settings, 'host' | 'tls' | 'publicUrl'>): void {
  if (isLoopback(settings.host) || settings.tls) return;
  if (settings.publicUrl?.startsWith('https://') === true) return;
  throw new CashbellError('config.insecureListen', {
    variable: 'CASHBELL_HOST',
    host: settings.host,
    problem: `${settings.host} is reachable from other machines, and nothing encrypts the way`,
    fix: 'Set CASHBELL_TLS_CERT_FILE and CASHBELL_TLS_KEY_FILE, or put a reverse proxy in front and set CASHBELL_PUBLIC_URL to its https address.',
  });
}
