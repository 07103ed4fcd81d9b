import { parse as parseYaml } from 'yaml';
import type { Command } from 'commander';
import { operationServices } from '#api/api.ts';
import { pickLanguage } from '#api/explain.ts';
import type { OperationServices } from '#api/operations/services.ts';
import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { openDatabase } from '#database/connection.ts';
import { findRunningEmbedded, startEmbedded } from '#database/embedded.ts';
import { migrate, requireMigrated } from '#database/migrate.ts';
import type { Settings } from '#engine/settings.ts';
import { readSettings } from '#engine/settings.ts';
import type { Transport } from '#engine/transport.ts';
import { createTransport } from '#engine/transport.ts';
import { readMasterKey } from '#secret/master-key.ts';
import { openKeyring } from '#store/keyring.ts';
import { listOrgs } from '#store/orgs.ts';
import { VERSION } from '../version.ts';

/** Who the audit names for what the command line does. */
export const CLI_ACTOR = 'cli';

/** What every command can see of the outside; tests put their own in. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isInteractive: boolean;
  write(text: string): void;
  writeError(text: string): void;
  readStdin(): Promise<string>;
  /** Asks and reads one line; what is typed is not shown when it is a secret. */
  ask(question: string, options: { readonly isSecret: boolean }): Promise<string>;
}

/** Options that every command takes. */
export interface Shared {
  readonly json: boolean;
  readonly language: Language;
}

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Opens the services, runs the work, and closes them whatever happens. */
  readonly withServices: <T>(work: (opened: Opened) => Promise<T>) => Promise<T>;
  readonly shared: (command: Command) => Shared;
}

/** Help text with an example, the way every command shows it. */
export function example(text: string): string {
  return `\nExample:\n  ${text}\n`;
}

/** A command's own options together with those that stand above it. */
export function sharedOf(command: Command, terminal: Terminal): Shared {
  const options: { json?: boolean; language?: string } = command.optsWithGlobals();
  const { environment } = terminal;
  const wish =
    options.language ??
    environment['CASHBELL_LANGUAGE'] ??
    environment['LC_ALL'] ??
    environment['LC_MESSAGES'] ??
    environment['LANG'];
  return { json: options.json === true, language: pickLanguage(wish) };
}

/** Something wrong with how the command was called; ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A check that did not hold; what was wrong is printed already. Ends with exit code 1. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** Services for the time of one command. */
export interface Opened {
  readonly services: OperationServices & { readonly transport: Transport };
  readonly settings: Settings;
  close(): Promise<void>;
}

/**
 * Opens the database of this installation: the one that `DATABASE_URL` names, the embedded one that
 * runs, or the embedded one started for the time of the command.
 */
export async function openServices(terminal: Terminal): Promise<Opened> {
  const settings = readSettings(terminal.environment);
  const { url, stop } = await openServer(settings);
  const database = await openDatabase({ url, applicationName: 'cashbell cli', connectionsMax: 4 });
  // A connection's own environment decides: loopback is refused for production when it is saved.
  const allowedPrivateHosts = [...settings.allowedPrivateHosts, 'localhost', '127.0.0.1', '::1'];
  const transport = createTransport({ allowedPrivateHosts, userAgent: `Cashbell/${VERSION}` });
  const close = async (): Promise<void> => {
    await transport.close();
    await database.close();
    await stop();
  };
  try {
    const { rows } = await database.pool.query('SELECT FROM instance');
    const masterKey = await readMasterKey({
      file: settings.masterKeyFile,
      mustExist: rows.length > 0,
      ...(settings.masterKey === undefined ? {} : { fromEnvironment: settings.masterKey }),
    });
    const keyring = await openKeyring(database.pool, masterKey);
    const now = () => instantFromMs(Date.now());
    const services = { pool: database.pool, keyring, now };
    const shared = operationServices({
      services,
      transport,
      settings: { ...settings, allowedPrivateHosts },
      isSandbox: false,
    });
    return { services: { ...shared, transport }, settings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Finds or starts the database server; one that we started is brought up to this program. */
export async function openServer(
  settings: Settings,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (settings.databaseUrl !== undefined) {
    await requireMigrated({ url: settings.databaseUrl });
    return { url: settings.databaseUrl, stop: nothing };
  }
  const running = findRunningEmbedded(settings.home);
  if (running) {
    await requireMigrated({ url: running.url });
    return { url: running.url, stop: nothing };
  }
  const embedded = await startEmbedded({ home: settings.home });
  try {
    await migrate({ url: embedded.url });
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { url: embedded.url, stop: () => embedded.stop() };
}

/** The organisation that `--org` names, by id or name; without it, the only one there is. */
export async function findOrg(
  services: Pick<OperationServices, 'pool'>,
  wish: string | undefined,
): Promise<string> {
  const orgs = await listOrgs(services);
  if (wish !== undefined) {
    const found = orgs.filter((org) => org.orgId === wish || org.name === wish);
    const [only] = found;
    if (only && found.length === 1) return only.orgId;
    throw new CashbellError('api.notFound', {
      field: '--org',
      problem: `no organisation has the id or name "${wish.slice(0, 60)}"`,
    });
  }
  const [only] = orgs;
  if (only && orgs.length === 1) return only.orgId;
  if (!only) throw new UsageError('There is no organisation yet. Run: cashbell org create <name>');
  throw new UsageError(
    `There are ${orgs.length} organisations; name one with --org <id>. See: cashbell org list`,
  );
}

/** Reads YAML or JSON from a file, or from standard input when the file is `-`. */
export async function readDocument(
  terminal: Terminal,
  file: string,
  readText: (path: string) => Promise<string>,
): Promise<unknown> {
  const text = file === '-' ? await terminal.readStdin() : await readText(file);
  try {
    return parseYaml(text);
  } catch (error) {
    const [line = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new UsageError(`${file === '-' ? 'Standard input' : file} is not YAML or JSON: ${line}`);
  }
}

/** Splits `name=value`. */
export function parsePair(text: string): readonly [string, string] {
  const place = text.indexOf('=');
  if (place < 1) throw new UsageError(`"${text.slice(0, 40)}" must look like name=value`);
  return [text.slice(0, place), text.slice(place + 1)];
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
