import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';

const root = dirname(import.meta.dirname);

/** A file that breaks one rule, and the rule that has to notice. */
const planted: readonly [path: string, text: string, rule: string][] = [
  ['src/core/a.ts', `import '#engine/run.ts';`, 'no-restricted-imports'],
  ['src/core/b.ts', `import 'undici';`, 'no-restricted-imports'],
  ['src/core/c.ts', `import 'node:fs';`, 'no-restricted-imports'],
  ['src/core/d.ts', 'export const now = () => new Date();', 'no-restricted-globals'],
  ['src/core/e.ts', 'export const chance = () => Math.random();', 'no-restricted-properties'],
  ['src/connectors/bca/a.ts', `import '#store/x.ts';`, 'no-restricted-imports'],
  ['src/connectors/bca/b.ts', `import '../bri/connector.ts';`, 'no-restricted-imports'],
  ['src/connectors/bca/c.ts', `import '#connectors/bri/connector.ts';`, 'no-restricted-imports'],
  ['src/dingtalk/a.ts', `import '#routing/route.ts';`, 'no-restricted-imports'],
  ['src/routing/a.ts', `import '#store/x.ts';`, 'no-restricted-imports'],
  ['src/database/a.ts', `import '#store/x.ts';`, 'no-restricted-imports'],
  ['src/store/a.ts', `import '#flows/x.ts';`, 'no-restricted-imports'],
  ['src/store/b.ts', `import '#connectors/catalogue.ts';`, 'no-restricted-imports'],
  ['src/engine/a.ts', `import '#flows/payment/payment-flow.ts';`, 'no-restricted-imports'],
  ['src/engine/b.ts', `import '#connectors/bca/connector.ts';`, 'no-restricted-imports'],
  ['src/flows/pay/pay-flow.ts', `import '#store/x.ts';`, 'no-restricted-imports'],
  ['src/flows/pay/wait-flow.ts', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['src/flows/pay/pay-steps.ts', `import '#connectors/catalogue.ts';`, 'no-restricted-imports'],
  ['src/api/a.ts', `import '#connectors/bca/connector.ts';`, 'no-restricted-imports'],
  ['src/api/b.ts', `import '../../tests/x.ts';`, 'no-restricted-imports'],
  ['src/server.ts', `import '../simulators/bca/main.ts';`, 'no-restricted-imports'],
  ['simulators/bca/a.ts', `import '#core/money.ts';`, 'no-restricted-imports'],
  ['simulators/bca/b.ts', `import '../../src/core/money.ts';`, 'no-restricted-imports'],
  ['console/a.ts', `import '#store/x.ts';`, 'no-restricted-imports'],
  [
    'src/engine/c.ts',
    'export const read = (x: unknown) => x as string;',
    'no-unsafe-type-assertion',
  ],
  ['src/engine/d.ts', 'export function run() { Promise.resolve(1); }', 'no-floating-promises'],
  [
    'src/engine/e.ts',
    `export const f = (p: Promise<boolean>) => { if (p) return 1; return 2; };`,
    'no-misused-promises',
  ],
  [
    'src/engine/f.ts',
    `export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }`,
    'switch-exhaustiveness-check',
  ],
  ['src/engine/g.ts', 'export const f = (x: any) => x;', 'no-explicit-any'],
  [
    'src/engine/h.ts',
    `import { T } from './t.ts'; export const f = (x: T) => x;`,
    'consistent-type-imports',
  ],
  ['src/engine/i.ts', 'export default 1;', 'no-default-export'],
  ['src/engine/j.ts', 'export const x = 1; export const f = (x: number) => x;', 'no-shadow'],
  ['src/engine/k.ts', `export { l } from './l.ts'; export const k = 1;`, 'no-cycle'],
];

/** Files that break nothing, so that a rule which always fires would be seen. */
const innocent: readonly [path: string, text: string][] = [
  ['src/core/ok.ts', `import './other.ts'; export const f = (x: unknown) => x as string;`],
  [
    'src/connectors/bca/ok.ts',
    `import '#core/ok.ts'; import '../contract.ts'; import '../snap/x.ts';`,
  ],
  ['src/flows/pay/ok-steps.ts', `import '#core/ok.ts'; import '#connectors/contract.ts';`],
  ['src/flows/pay/ok-flow.ts', `import '#core/ok.ts';`],
  ['src/cli/ok.ts', `import '#engine/x.ts'; import '#connectors/catalogue.ts';`],
  ['src/engine/l.ts', `export { k } from './k.ts'; export const l = 1;`],
  ['src/engine/t.ts', 'export interface T { readonly a: string }'],
  ['tests/scenarios/ok.test.ts', `import '../../src/core/ok.ts';`],
  ['simulators/bca/ok.ts', `import '../lib/http.ts';`],
];

let findings: Set<string>;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'cashbell-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    cpSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of [...planted, ...innocent]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--type-aware', '--format=unix'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  rmSync(folder, { recursive: true });
  // path:line:column: message [Error/plugin(rule)]
  const lines = stdout.matchAll(/^(.+?):\d+:\d+: .*\[\w+\/\S+\(([\w-]+)\)\]$/gm);
  findings = new Set([...lines].map(([, path, rule]) => `${path} ${rule}`));
});

test.each(planted)('lint: %s with %s is found', (path, _text, rule) => {
  expect([...findings]).toContain(`${path} ${rule}`);
});

test.each(innocent)('lint: %s with %s breaks no layer', (path) => {
  const found = [...findings].filter((finding) => finding.startsWith(`${path} no-restricted`));
  expect(found).toEqual([]);
});
