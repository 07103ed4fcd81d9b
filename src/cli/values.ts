import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ConfigField } from '#connectors/contract.ts';
import type { Terminal } from './context.ts';
import { parsePair, readDocument, UsageError } from './context.ts';

/** Where values come from. A secret is never an argument: others on the machine see those. */
export interface ValueSources {
  /** `name=value`, for fields that are no secrets. */
  readonly set: readonly string[];
  /** `name=path`: the file's content is the value. */
  readonly file: readonly string[];
  /** YAML or JSON with one member per field; `-` is standard input. */
  readonly values?: string | undefined;
}

const Values = z.record(z.string(), z.string());

/** Gathers the values of fields, and asks on the terminal for required ones that are missing. */
export async function readValues(
  terminal: Terminal,
  fields: readonly ConfigField[],
  sources: ValueSources,
  wanted: (field: ConfigField) => boolean,
): Promise<Record<string, string>> {
  const values = {
    ...(await readValuesFile(terminal, sources.values)),
    ...readSet(fields, sources.set),
    ...(await readFiles(sources.file)),
  };
  refuseUnknown(fields, Object.keys(values));
  for (const field of fields) {
    if (values[field.name] !== undefined || !wanted(field)) continue;
    values[field.name] = await askFor(terminal, field);
  }
  return values;
}

async function readValuesFile(
  terminal: Terminal,
  file: string | undefined,
): Promise<Record<string, string>> {
  if (file === undefined) return {};
  const read = Values.safeParse(await readDocument(terminal, file, readText));
  if (read.success) return read.data;
  const field = read.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new UsageError(`--values must hold "field: text" lines; look at "${field}"`);
}

function readSet(fields: readonly ConfigField[], set: readonly string[]): Record<string, string> {
  const pairs = set.map(parsePair);
  for (const [name] of pairs) {
    if (fields.some((field) => field.name === name && field.isSecret)) {
      throw new UsageError(
        `${name} is a secret and must not stand on the command line, where other users see it. ` +
          `Use --file ${name}=<path>, --values - on standard input, or leave it out to be asked.`,
      );
    }
  }
  return Object.fromEntries(pairs);
}

async function readFiles(files: readonly string[]): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, path] of files.map(parsePair)) {
    // Editors end a file with a line feed; it is not part of a key. Anything else is.
    values[name] = (await readText(path)).replace(/\r?\n$/, '');
  }
  return values;
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`${path} cannot be read (${why})`);
  }
}

function refuseUnknown(fields: readonly ConfigField[], names: readonly string[]): void {
  const known = fields.map((field) => field.name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new UsageError(`There is no field "${stranger}". The fields are: ${known.join(', ')}`);
  }
}

async function askFor(terminal: Terminal, field: ConfigField): Promise<string> {
  if (!terminal.isInteractive) {
    const way = field.isSecret ? `--file ${field.name}=<path>` : `--set ${field.name}=<value>`;
    throw new UsageError(`${field.name} is missing. Give it with ${way} or --values <file|->.`);
  }
  if (field.kind === 'pemPrivateKey' || field.kind === 'pemPublicKey') {
    const path = await terminal.ask(`${field.name}: path of the PEM file (${field.hint}): `, {
      isSecret: false,
    });
    return readText(path.trim());
  }
  return terminal.ask(`${field.name} (${field.hint}): `, { isSecret: field.isSecret });
}
