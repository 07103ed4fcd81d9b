import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../src/core/errors.ts';
import { languages } from '../src/core/languages.ts';
import { findLockGaps } from './complete-lock.ts';
import { root } from './steps.ts';
import {
  findDefaultExports,
  findEditedMigrations,
  findErrorGaps,
  findLeftOvers,
  findLooseVersions,
  findNamelessFolders,
  findRegistryHosts,
  findReexports,
  findSilencedTests,
  findUnimportedFiles,
  readTree,
} from './tidy.ts';

const treeOf = (files: Record<string, string>) => new Map(Object.entries(files));

describe('tidy: this checkout', () => {
  const tree = readTree(root);

  test('no left-over markers and no commented-out code', () => {
    expect(findLeftOvers(tree)).toEqual([]);
  });
  test('no test shuts others out or is skipped without a reason', () => {
    expect(findSilencedTests(tree)).toEqual([]);
  });
  test('no default exports', () => {
    expect(findDefaultExports(tree)).toEqual([]);
  });
  test('no folder without a meaning in its name', () => {
    expect(findNamelessFolders(tree)).toEqual([]);
  });
  test('no index file that only passes on', () => {
    expect(findReexports(tree)).toEqual([]);
  });
  test('every file is imported by something other than its own test', () => {
    expect(findUnimportedFiles(tree)).toEqual([]);
  });
  test('every version is exact', () => {
    expect(findLooseVersions(tree.get('package.json') ?? '')).toEqual([]);
  });
  test('the lock file names every optional package, or npm ci refuses it', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(lock) as { packages: Parameters<typeof findLockGaps>[0] };
    expect([...findLockGaps(packages).keys()]).toEqual([]);
  });
  test('no address of a package registry', () => {
    expect(findRegistryHosts(tree)).toEqual([]);
  });
  test('no released migration has been edited', () => {
    const released = readFileSync(join(root, 'tools/released-migrations.json'), 'utf8');
    expect(findEditedMigrations(tree, JSON.parse(released))).toEqual([]);
  });
  test('every error code has a page and a sentence in every language', () => {
    const catalogues = languages.map(
      (tag) => [tag, tree.get(`src/i18n/${tag}.json`) ?? '{}'] as const,
    );
    const document = tree.get('docs/errors.md') ?? '';
    expect(findErrorGaps(Object.keys(errorCodes), document, new Map(catalogues))).toEqual([]);
  });
});

describe('tidy: planted faults are found', () => {
  // In two halves: this file is read by the checks above.
  const marker = 'TO' + 'DO';

  test('markers and commented-out code', () => {
    const tree = treeOf({
      'src/a.ts': `// ${marker}: later\nconst ${marker}S = 1;\n// const x = 1;\n// Returns x; nothing else.\n`,
      'src/b.md': `${marker} in prose is allowed`,
    });
    expect(findLeftOvers(tree)).toEqual([
      `src/a.ts:1: // ${marker}: later`,
      'src/a.ts:3: // const x = 1;',
    ]);
  });

  test('silenced tests', () => {
    const only = 'on' + 'ly';
    const skip = 'sk' + 'ip';
    const tree = treeOf({
      'a.test.ts': `test.${only}('x')\ntest.${skip}('x')\n// The bank is closed.\ntest.${skip}('y')\ndescribe.each([]).${only}`,
      'a.ts': `stream.${skip}(3)`,
    });
    expect(findSilencedTests(tree).map((found) => found.split(': ')[0])).toEqual([
      'a.test.ts:1',
      'a.test.ts:2',
    ]);
  });

  test('default exports', () => {
    const tree = treeOf({
      'src/a.ts': 'export default 1;',
      'src/b.ts': 'const b = 1;\nexport { b as default };',
      'vitest.config.ts': 'export default {};',
      'src/c.ts': 'export const defaultValue = 1;',
    });
    expect(findDefaultExports(tree)).toEqual(['src/a.ts:1', 'src/b.ts:2']);
  });

  test('folders without a meaning', () => {
    const tree = treeOf({
      'src/utils/a.ts': '',
      'src/store/helper/b.ts': '',
      'src/store/c.ts': '',
    });
    expect(findNamelessFolders(tree)).toEqual(['src/utils', 'src/store/helper']);
  });

  test('index files that pass on', () => {
    const tree = treeOf({
      'src/a/index.ts': `export * from './b.ts';`,
      'src/c/index.ts': 'export const c = 1;',
    });
    expect(findReexports(tree)).toEqual(['src/a/index.ts']);
  });

  test('files that nobody imports', () => {
    const tree = treeOf({
      'package.json': JSON.stringify({
        imports: { '#core/*': './src/core/*' },
        scripts: { x: 'node bin/run.mjs tools/script.ts' },
      }),
      'src/cli.ts': `import '#core/used.ts'; import { b } from './b.ts'; await import('./lazy.ts');`,
      'src/b.ts': '',
      'src/lazy.ts': `const url = new URL('../tests/child.ts', import.meta.url);`,
      'src/core/used.ts': '',
      'src/core/dead.ts': '',
      'src/core/dead.test.ts': `import './dead.ts';`,
      'tests/child.ts': '',
      'tools/script.ts': '',
      'bin/run.mjs': '',
    });
    expect(findUnimportedFiles(tree)).toEqual(['src/core/dead.ts']);
  });

  test('loose versions', () => {
    const text = JSON.stringify({
      dependencies: { a: '1.2.3', b: '^1.2.3', c: 'latest' },
      devDependencies: { d: '1.0.0-beta.2', e: '1.x' },
    });
    expect(findLooseVersions(text)).toEqual(['b: ^1.2.3', 'c: latest', 'e: 1.x']);
  });

  test('gaps in the lock file', () => {
    const gaps = findLockGaps({
      'node_modules/a': {
        dev: true,
        optionalDependencies: {
          '@a/linux-x64-musl': '1.2.3',
          '@a/there': '1.0.0',
          'a-win32-ia32': '2.0.0',
        },
      },
      'node_modules/@a/there': { version: '1.0.0' },
    });
    const common = { dev: true, optional: true };
    expect([...gaps]).toEqual([
      [
        'node_modules/@a/linux-x64-musl',
        { ...common, version: '1.2.3', cpu: ['x64'], os: ['linux'], libc: ['musl'] },
      ],
      ['node_modules/a-win32-ia32', { ...common, version: '2.0.0', cpu: ['ia32'], os: ['win32'] }],
    ]);
    const unknown = { 'node_modules/b': { optionalDependencies: { 'b-extra': '1.0.0' } } };
    expect(() => findLockGaps(unknown)).toThrow(/b-extra/);
  });

  test('addresses of registries', () => {
    const host = 'https://registry.' + 'npmjs.org/x';
    const tree = treeOf({ '.npmrc.md': `registry=${host}`, 'src/a.ts': 'https://nodejs.org' });
    expect(findRegistryHosts(tree)).toEqual([`.npmrc.md:1: ${host}`]);
  });

  test('error codes without page or sentence', () => {
    const document = '## `a.known`\n\n### gone.code\n\nText about `a.silent`.\n';
    const catalogues = new Map([
      ['en', JSON.stringify({ error: { a: { known: { title: 'x' }, silent: 'x' } } })],
      ['ar', JSON.stringify({ error: { a: { known: 'x', silentToo: 'x' } } })],
    ]);
    expect(findErrorGaps(['a.known', 'a.silent'], document, catalogues)).toEqual([
      'a.silent has no section in docs/errors.md',
      'gone.code is documented but does not exist',
      'a.silent has no sentence in ar',
    ]);
  });

  test('edited migrations', () => {
    const checksum = createHash('sha256').update('SELECT 1;\n').digest('hex');
    const released = { '0001-a': checksum, '0002-b': checksum, '0003-c': checksum };
    const tree = treeOf({
      'migrations/0001-a.sql': 'SELECT 1;\r\n',
      'migrations/0002-b.sql': 'SELECT 2;\n',
    });
    expect(findEditedMigrations(tree, released)).toEqual([
      'migrations/0002-b.sql',
      'migrations/0003-c.sql',
    ]);
  });
});
