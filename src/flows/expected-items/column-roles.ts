import { foldHeader } from '../payment-batch/columns.ts';
import { customerNames, roleNames, supplierNames } from './column-names.ts';
import { columnRoles } from './import-words.ts';
import type { ColumnRole, ItemSide } from './import-words.ts';

/** What a name means, and how surely. */
export interface NamedRole {
  readonly role: ColumnRole;
  readonly isStrong: boolean;
}

/** Behind so many signs a name says nothing new. */
const NAME_LENGTH_MAX = 120;

/** A header as it is compared: without case, signs, brackets and the variants of Arabic letters. */
export function foldColumnName(header: string): string {
  return foldHeader(header.slice(0, NAME_LENGTH_MAX))
    .replace(/[\u064b-\u0652\u0640]/g, '')
    .replace(/[أإآٱ]/g, 'ا')
    .replace(/ة/g, 'ه')
    .replace(/ى/g, 'ي')
    .normalize('NFC');
}

function split(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split('|')).map(foldColumnName);
}

const roleByName: ReadonlyMap<string, NamedRole> = new Map<string, NamedRole>([
  ...columnRoles.flatMap((role) =>
    split(roleNames[role].weak ?? []).map((name) => [name, { role, isStrong: false }] as const),
  ),
  ...columnRoles.flatMap((role) =>
    [foldColumnName(role), ...split(roleNames[role].strong)].map(
      (name) => [name, { role, isStrong: true }] as const,
    ),
  ),
]);

const customers: ReadonlySet<string> = new Set(split(customerNames));
const suppliers: ReadonlySet<string> = new Set(split(supplierNames));

/** The role that a header names, or undefined. */
export function namedRoleOf(header: string): NamedRole | undefined {
  return roleByName.get(foldColumnName(header));
}

/** How many roles these headers name; a line with two is the head of a table. */
export function countKnownRoles(headers: readonly string[]): number {
  const roles = headers.map((header) => namedRoleOf(header)?.role);
  return new Set(roles.filter((role) => role !== undefined)).size;
}

/** Whose documents a file holds, where the name of the other side's column says it. */
export function sideOfHeader(header: string): ItemSide | undefined {
  const folded = foldColumnName(header);
  const isCustomer = customers.has(folded);
  const isSupplier = suppliers.has(folded);
  if (isCustomer === isSupplier) return undefined;
  return isCustomer ? 'receivable' : 'payable';
}
