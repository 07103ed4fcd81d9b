import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FixtureSchema } from '#connectors/conformance-fixtures.ts';
import { PaymentFixtureSchema } from '#connectors/conformance-payment-fixtures.ts';
import { createConnector } from './new-connector.ts';

function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'cashbell-new-connector-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test.each([
  [undefined, ['README.md', 'connector.ts', 'mapping.ts', 'signature.ts', 'wire.ts']],
  ['snap', ['README.md', 'connector.ts', 'payments.ts']],
])('new-connector: family %s gets its files', (family, names) => {
  const root = makeRoot();
  const written = createConnector({ id: 'acmebank', family, root });
  expect(readdirSync(join(root, 'src/connectors/acmebank')).toSorted()).toEqual(names);
  expect(written).toContain('vectors/acmebank/conformance.json');
  const text = readFileSync(join(root, 'src/connectors/acmebank/connector.ts'), 'utf8');
  expect(text).toContain("id: 'acmebank'");
});

test('new-connector: its fixture fails conformance until it is filled', () => {
  const root = makeRoot();
  createConnector({ id: 'acmebank', family: 'snap', root });
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(root, 'vectors/acmebank', name), 'utf8'));
  expect(FixtureSchema.safeParse(read('conformance.json')).success).toBe(false);
  expect(PaymentFixtureSchema.safeParse(read('payments.json')).success).toBe(false);
});

test('new-connector: an existing bank is left alone, also when only its vectors exist', () => {
  const root = makeRoot();
  createConnector({ id: 'acmebank', root });
  const before = readFileSync(join(root, 'src/connectors/acmebank/connector.ts'), 'utf8');
  expect(() => createConnector({ id: 'acmebank', family: 'snap', root })).toThrow(/exists already/);
  expect(readFileSync(join(root, 'src/connectors/acmebank/connector.ts'), 'utf8')).toBe(before);
  mkdirSync(join(root, 'vectors/other'), { recursive: true });
  expect(() => createConnector({ id: 'other', root })).toThrow(/exists already/);
  expect(readdirSync(join(root, 'src/connectors'))).toEqual(['acmebank']);
});

test.each(['../x', 'Acme', '', '1bank', 'a-b'])('new-connector: %j is no id', (id) => {
  expect(() => createConnector({ id, root: makeRoot() })).toThrow(/no connector id/);
});

test('new-connector: an unknown family is refused', () => {
  expect(() => createConnector({ id: 'acme', family: 'swift', root: makeRoot() })).toThrow(
    /family/,
  );
});
