import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Fastify from 'fastify';
import type { Command, Option } from 'commander';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { buildApi } from '../src/api/api.ts';
import { createProgram } from '../src/cli/program.ts';
import { parseInstant } from '../src/core/dates.ts';
import { settingNames } from '../src/engine/settings.ts';
import { createTransport } from '../src/engine/transport.ts';
import type { Keyring } from '../src/store/keyring.ts';

/** Text files for people, by their path from the root. */
const pages: ReadonlyMap<string, string> = new Map(
  ['*.md', 'docs/**/*.md', 'src/**/*.md', 'simulators/**/*.md']
    .flatMap((pattern) => globSync(pattern))
    .map((path) => [path, readFileSync(path, 'utf8')]),
);

/** What is wrong with the links of a page that lead to files and headings of ours. */
function deadLinks(path: string, text: string): string[] {
  const plain = text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
  const targets = [
    ...[...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    ...[...plain.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target),
  ];
  return targets.filter((target) => !isAlive(path, target)).map((target) => `${path}: ${target}`);
}

function isAlive(from: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(path)) return false;
  if (anchor === undefined) return true;
  return !statSync(path).isDirectory() && anchorsOf(readFileSync(path, 'utf8')).has(anchor);
}

/** Headings as GitHub makes anchors of them: small letters, no signs, spaces as hyphens. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replace(/```[\s\S]*?```/g, '').matchAll(/^#{1,6} +(.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

/** Commands that a page tells people to type; a line may go on after a backslash. */
function commandsOf(text: string): string[] {
  const joined = text.replace(/\\\n\s*/g, '');
  return [...joined.matchAll(/\bnpx cashbell ([^\n`]*)/g)].map(([, words = '']) =>
    words.replace(/\s+#.*$/, '').trim(),
  );
}

/** Why a command line of a page cannot be typed, or undefined. */
function wrongCommand(program: Command, line: string): string | undefined {
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  let command = program;
  while (words[0] !== undefined && command.commands.length > 0) {
    const name = words[0];
    const next = command.commands.find((one) => one.name() === name);
    if (!next) return name.startsWith('-') || name.startsWith('<') ? undefined : `no ${name}`;
    command = next;
    words.shift();
  }
  for (const word of words) {
    const name = /^--[a-z-]+/.exec(word)?.[0];
    if (name !== undefined && !optionsOf(command).some((option) => option.long === name)) {
      return `${command.name()} has no ${name}`;
    }
  }
  return undefined;
}

function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent ? optionsOf(command.parent) : [])];
}

/** The command line without anything behind it: nothing is run. */
function makeProgram(): Command {
  const never = (): never => {
    throw new Error('a page is read, nothing is run');
  };
  return createProgram({
    terminal: {
      environment: {},
      isInteractive: false,
      write: never,
      writeError: never,
      readStdin: never,
      ask: never,
    },
    withServices: never,
    shared: () => ({ json: false, language: 'en' }),
  });
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Routes of the API, such as `GET /accounts/{id}`, from its own description; nothing is asked. */
async function readRoutes(): Promise<ReadonlySet<string>> {
  const app = Fastify();
  const pool = new pg.Pool();
  const transport = createTransport({ allowedPrivateHosts: [], userAgent: 'docs' });
  try {
    await app.register(
      buildApi({
        services: { pool, keyring: {} as Keyring, now: () => parseInstant('2026-11-23T00:00:00Z') },
        transport,
        settings: { allowedPrivateHosts: [] },
        isSandbox: true,
      }),
    );
    const answer = await app.inject('/api/openapi.json');
    const { paths } = answer.json() as OpenApi;
    return new Set(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${shortPath(path)}`),
      ),
    );
  } finally {
    await transport.close();
    await pool.end();
    await app.close();
  }
}

/** Without what stands before every path, and with one name for every parameter. */
function shortPath(path: string): string {
  return path
    .replace(/^\/api\/v1/, '')
    .replace(/^\/v1/, '')
    .replace(/\{[^}]*\}/g, '{id}');
}

/** Routes that a table names, such as `GET /org` · `PATCH /org` or `GET /tokens` · `POST`. */
function documentedRoutes(text: string): ReadonlySet<string> {
  const routes = new Set<string>();
  for (const [, cell = ''] of text.matchAll(/^\| (`(?:GET|POST|PUT|PATCH|DELETE)[^|]*) \|/gm)) {
    let path = '';
    // Methods that share a path stand side by side: `GET`/`PATCH /x`.
    for (const [, words = ''] of cell.replaceAll('`/`', '/').matchAll(/`([^`]+)`/g)) {
      const named = /\/\S*$/.exec(words)?.[0];
      if (named !== undefined) {
        const isRest = path !== '' && !/[A-Z]/.test(words) && named.split('/').length === 2;
        path = isRest ? `${path.replace(/\/[^/{]*$/, '')}${named}` : named;
      }
      for (const [method] of words.matchAll(/\b(?:GET|POST|PUT|PATCH|DELETE)\b/g)) {
        routes.add(`${method} ${shortPath(path)}`);
      }
      if (!/[A-Z]{3}/.test(words)) routes.add(`POST ${shortPath(path)}`);
    }
  }
  return routes;
}

describe('documents', () => {
  test('documents: every link to a file or heading of ours leads there', () => {
    expect([...pages].flatMap(([path, text]) => deadLinks(path, text))).toEqual([]);
  });

  test('documents: every command that they tell to type exists, with its options', () => {
    const program = makeProgram();
    const wrong = [...pages].flatMap(([path, text]) =>
      commandsOf(text).flatMap((line) => {
        const problem = wrongCommand(program, line);
        return problem === undefined ? [] : [`${path}: ${line}: ${problem}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('documents: the table of settings names every one of them', () => {
    const table = pages.get('README.md') ?? '';
    expect(settingNames.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });

  test('documents: the API page names every route, and none that does not exist', async () => {
    const routes = await readRoutes();
    const named = documentedRoutes(pages.get('docs/api.md') ?? '');
    expect([...named].filter((route) => !routes.has(route))).toEqual([]);
    expect([...routes].filter((route) => !named.has(route))).toEqual([]);
  });
});

describe('the checks of documents themselves', () => {
  test('checks: a dead file and a dead heading are found', () => {
    const text = '[a](README.md#nowhere) [b](nothing.md) [c](README.md#cashbell) `[d](x.md)`';
    expect(deadLinks('README.md', text)).toEqual([
      'README.md: README.md#nowhere',
      'README.md: nothing.md',
    ]);
  });

  test.each([
    ['account list --org org_1', undefined],
    ['account lost', 'no lost'],
    ['account list --colour red', 'list has no --colour'],
    ['connection add bca --set clientId=…', undefined],
  ])('checks: %s', (line, problem) => {
    expect(wrongCommand(makeProgram(), line)).toBe(problem);
  });

  test('checks: a command goes on after a backslash and ends before its remark', () => {
    const text = 'npx cashbell connection add bca \\\n    --file key=x  # why\n';
    expect(commandsOf(text)).toEqual(['connection add bca --file key=x']);
  });

  test('checks: a row of routes is read with what it leaves out', () => {
    const row =
      '| `GET /a` · `POST` · `GET`/`PATCH /a/{id}` | x |\n| `POST /b/{id}/on` · `/off` | y |';
    expect([...documentedRoutes(row)].toSorted()).toEqual([
      'GET /a',
      'GET /a/{id}',
      'PATCH /a/{id}',
      'POST /a',
      'POST /b/{id}/off',
      'POST /b/{id}/on',
    ]);
  });
});
