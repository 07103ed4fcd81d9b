import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectors, findConnector } from './catalogue.ts';
import { describeConformance } from './conformance.ts';

/** Folders that hold a family and no bank. */
const FAMILIES = ['snap'];

for (const connector of connectors) describeConformance(connector);

test('catalogue: every folder is listed, under its own name, once', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !FAMILIES.includes(entry.name))
    .map((entry) => entry.name);
  expect(connectors.map((connector) => connector.id).toSorted()).toEqual(folders.toSorted());
});

test('catalogue: an unknown id is our own error', () => {
  expect(findConnector('bca').displayName).toBe('BCA');
  expect(() => findConnector('nobank')).toThrow(/connector\.unknown/);
});
