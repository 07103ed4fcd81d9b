import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';

/** Text files by their path from the root of the checkout, with forward slashes. */
export type Tree = ReadonlyMap<string, string>;

const textEndings = /\.(ts|tsx|mjs|js|css|html|json|sql|md|yml|yaml|sh|toml)$|^\.ci\/run$/;
const foldersLeftOut = new Set(['node_modules', '.git', '.cashbell', 'coverage', 'dist', 'build']);

/** Reads the checkout, without what is installed or built. */
export function readTree(root: string, folder: string = root): Map<string, string> {
  const tree = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = relative(root, path).replaceAll('\\', '/');
    if (entry.isDirectory()) {
      if (foldersLeftOut.has(entry.name)) continue;
      for (const [inner, text] of readTree(root, path)) tree.set(inner, text);
    } else if (textEndings.test(name)) {
      tree.set(name, readFileSync(path, 'utf8'));
    }
  }
  return tree;
}

// Written in two halves, so that this file does not find itself.
const markers = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK', 'XX' + 'X'].join('|')})\\b`,
);
const commentedCode =
  /^\s*\/\/ ?(const|let|import|export|return|await|if \(|for \(|\} else) ?.*[;{]$/;

/** Markers of unfinished work, and code that somebody has only commented out. */
export function findLeftOvers(tree: Tree): string[] {
  return linesOf(tree, (path) => /\.(ts|tsx|mjs|css|sql|sh)$/.test(path))
    .filter(({ line }) => markers.test(line) || commentedCode.test(line))
    .map(({ path, number, line }) => `${path}:${number}: ${line.trim()}`);
}

const onlyCall = /\b(test|it|describe|suite)(\.\w+)*\.only\b/;
const skipCall = /\b(test|it|describe|suite)(\.\w+)*\.(skip|todo)\b/;

/** Tests that shut others out, and skipped tests without a comment that says why. */
export function findSilencedTests(tree: Tree): string[] {
  return linesOf(tree, (path) => path.endsWith('.test.ts'))
    .filter(({ line, before }) => {
      if (onlyCall.test(line)) return true;
      return skipCall.test(line) && !/\/\/ \w+/.test(line) && !/^\s*(\/\/|\*)/.test(before);
    })
    .map(({ path, number, line }) => `${path}:${number}: ${line.trim()}`);
}

/** Vitest, vite and the like ask for a default export in the files that they load by name. */
const defaultExportsAllowed =
  /(^|\/)(vitest|vite)\.config\.ts$|^tests\/support\/global-[\w-]+\.ts$/;

/** Default exports, which have a different name wherever they are used. */
export function findDefaultExports(tree: Tree): string[] {
  return linesOf(tree, (path) => /\.(ts|tsx|mjs)$/.test(path) && !defaultExportsAllowed.test(path))
    .filter(({ line }) => /^export default\b|^export \{[^}]*\bas default\b/.test(line))
    .map(({ path, number }) => `${path}:${number}`);
}

/** Folders whose name says nothing about what is in them. */
export function findNamelessFolders(tree: Tree): string[] {
  const folders = new Set([...tree.keys()].map((path) => dirname(path)));
  return [...folders].filter((folder) =>
    folder.split('/').some((part) => /^(utils?|helpers?|common|misc|shared)$/.test(part)),
  );
}

/** Files called index that only pass on what others export. */
export function findReexports(tree: Tree): string[] {
  return [...tree]
    .filter(([path, text]) => /(^|\/)index\.tsx?$/.test(path) && /^export .* from '/m.test(text))
    .map(([path]) => path);
}

/** Files that are started, by us or by a tool, and need nobody to import them. */
const entryPoints = [
  /\.test\.tsx?$/,
  /^src\/(cli|server|worker)\.ts$/,
  /^simulators\/[\w-]+\/main\.ts$/,
  /(^|\/)(vitest|vite)\.config\.ts$/,
  /^bin\/(run|prepare|cashbell)\.mjs$/,
  /^tools\/simulate\/main\.ts$/,
  // `cashbell bench <name>` imports them by name.
  /^tools\/bench\/[\w-]+\.ts$/,
  /^tools\/new-connector\.ts$/,
];

/** Source files that nothing imports, or nothing but their own test. */
export function findUnimportedFiles(tree: Tree): string[] {
  const imports = readImports(tree);
  const used = new Set<string>();
  for (const [path, text] of tree) {
    if (path.endsWith('.md')) continue;
    const own = path.replace(/\.test\.(tsx?)$/, '.$1');
    for (const target of findTargets(path, text, imports)) {
      // A tool may be nothing but a test with its checks beside it.
      if (target !== own || path.startsWith('tools/')) used.add(target);
    }
  }
  return [...tree.keys()].filter(
    (path) =>
      /\.(ts|tsx|mjs)$/.test(path) &&
      !path.endsWith('.d.ts') &&
      !used.has(path) &&
      !entryPoints.some((entry) => entry.test(path)),
  );
}

/** What a file imports, or names by its path from itself or from the root. */
function findTargets(path: string, text: string, imports: readonly [string, string][]): string[] {
  const targets: string[] = [];
  for (const [, name = ''] of text.matchAll(/["'`]([#./\w][^"'`\s]*\.(?:tsx?|mjs))["'`]/g)) {
    const alias = imports.find(([prefix]) => name.startsWith(prefix));
    if (alias !== undefined) targets.push(posix.join(alias[1], name.slice(alias[0].length)));
    targets.push(posix.join(posix.dirname(path), name), posix.normalize(name));
    // The programs of a simulator's page are read by its server from the folder "page" beside it.
    if (name.endsWith('.mjs')) targets.push(posix.join(posix.dirname(path), 'page', name));
  }
  // Scripts of package.json and of the shell name files between blanks.
  if (/\.(json|html)$|^\.ci\//.test(path)) {
    for (const [name] of text.matchAll(/[\w./-]+\.(?:tsx?|mjs)\b/g)) {
      targets.push(posix.normalize(name), posix.join(posix.dirname(path), name));
    }
  }
  return targets;
}

function readImports(tree: Tree): [prefix: string, folder: string][] {
  const { imports = {} } = JSON.parse(tree.get('package.json') ?? '{}') as {
    imports?: Record<string, string>;
  };
  return Object.entries(imports).map(([name, folder]) => [
    name.replace('*', ''),
    posix.normalize(folder.replace('*', '')),
  ]);
}

/** Versions that may resolve to something else tomorrow. */
export function findLooseVersions(packageJson: string): string[] {
  const parsed = JSON.parse(packageJson) as Record<string, Record<string, string>>;
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
    .flatMap((kind) => Object.entries(parsed[kind] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name}: ${version}`);
}

const registry =
  /https?:\/\/[\w.-]*(npmjs\.(org|com)|npmmirror|yarnpkg|unpkg|jsdelivr|pypi|registry\.)[\w./-]*/;

/** Addresses of package registries: which one is used is the business of whoever installs. */
export function findRegistryHosts(tree: Tree): string[] {
  return linesOf(tree, (path) => path !== 'package-lock.json' && !path.startsWith('tools/tidy'))
    .filter(({ line }) => registry.test(line))
    .map(({ path, number, line }) => `${path}:${number}: ${registry.exec(line)?.[0]}`);
}

/** Error codes without a section in the document or a sentence in a language, and sections of codes that are gone. */
export function findErrorGaps(
  codes: readonly string[],
  documentText: string,
  catalogues: ReadonlyMap<string, string>,
): string[] {
  const headings = documentText.matchAll(/^#{2,4} +`?([\w-]+\.[\w.-]+)`?\s*$/gm);
  const documented = new Set([...headings].map(([, code]) => code));
  const gaps = codes
    .filter((code) => !documented.has(code))
    .map((code) => `${code} has no section in docs/errors.md`);
  for (const code of documented) {
    if (code !== undefined && !codes.includes(code))
      gaps.push(`${code} is documented but does not exist`);
  }
  for (const [language, text] of catalogues) {
    const keys = new Set(flatKeys(JSON.parse(text)));
    for (const code of codes) {
      const isThere = [...keys].some(
        (key) => key === `error.${code}` || key.startsWith(`error.${code}.`),
      );
      if (!isThere) gaps.push(`${code} has no sentence in ${language}`);
    }
  }
  return gaps;
}

/** Released migrations whose file is gone or no longer the one that was released. */
export function findEditedMigrations(
  tree: Tree,
  released: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(released)
    .filter(([name, checksum]) => {
      const text = tree.get(`migrations/${name}.sql`)?.replaceAll('\r\n', '\n');
      return text === undefined || createHash('sha256').update(text).digest('hex') !== checksum;
    })
    .map(([name]) => `migrations/${name}.sql`);
}

function flatKeys(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatKeys(inner, prefix === '' ? key : `${prefix}.${key}`),
  );
}

interface Line {
  readonly path: string;
  readonly number: number;
  readonly line: string;
  readonly before: string;
}

function linesOf(tree: Tree, wanted: (path: string) => boolean): Line[] {
  return [...tree]
    .filter(([path]) => wanted(path))
    .flatMap(([path, text]) => {
      const lines = text.split('\n');
      return lines.map((line, index) => ({
        path,
        number: index + 1,
        line,
        before: lines[index - 1] ?? '',
      }));
    });
}
