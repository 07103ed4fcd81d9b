import { isFields } from '../content.ts';
import type { World } from '../world.ts';
import { moneyUpper } from './money-upper.ts';
import type { Component, FormValue } from './model.ts';

/** A value as the instance's details give it back (dingtalk.md 4.3, real capture). */
export interface ReadValue {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly componentType: string;
  readonly bizAlias?: string;
  readonly extValue?: string;
}

/** Turns what was written into the different shape that is read back. */
export function viewFormValue(world: World, { component, value }: FormValue): ReadValue {
  const { read, ext } = convert(world, component, value);
  return {
    id: component.id,
    name: component.componentType === 'TextNote' ? '' : component.label,
    value: read,
    componentType: component.componentType,
    ...(component.bizAlias ? { bizAlias: component.bizAlias } : {}),
    ...(ext === undefined ? {} : { extValue: JSON.stringify(ext) }),
  };
}

interface Converted {
  readonly read: string;
  readonly ext?: unknown;
}

function convert(world: World, component: Component, value: string): Converted {
  if (value === '') return { read: '' };
  return CONVERSIONS[component.componentType]?.(world, component, value) ?? { read: value };
}

type Conversion = (world: World, component: Component, value: string) => Converted;

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  TextareaField: (_world, _component, value) => ({ read: value.replaceAll('\r\n', '\n') }),
  MoneyField: convertMoney,
  DDSelectField: convertSelect,
  DDMultiSelectField: convertMultiSelect,
  DDDateRangeField: (_world, _component, value) => {
    const [from, to] = parseList(value);
    return { read: JSON.stringify([from ?? null, to ?? null, null]) };
  },
  PhoneField: (_world, _component, value) => ({
    read: value.replace(/^\+86-?/, ''),
    ext: { mode: 'phone', countryCode: '+86', countryName: '中国', flag: 'CN', areaNumber: '' },
  }),
  DDAttachment: (_world, _component, value) => {
    // Documents show the size as a text, captures as a number; captures are believed.
    const files = parseList(value).map((file) =>
      isFields(file) ? { ...file, fileSize: Number(file['fileSize']) } : file,
    );
    return { read: JSON.stringify(files) };
  },
  InnerContactField: convertContacts,
  DepartmentField: convertDepartments,
  TableField: convertTable,
};

function parseList(text: string): unknown[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [];
}

// Trailing zeros are lost on the way, so "900.00" comes back as "900".
function convertMoney(_world: World, component: Component, value: string): Converted {
  const read = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
  const upper = component.props['upper'] === '0' ? {} : { upper: moneyUpper(read) };
  return { read, ext: { ...upper, componentName: 'MoneyField' } };
}

function optionOf(component: Component, label: string): { label: string; key: string } {
  const option = component.options.find((candidate) => candidate.value === label);
  return { label, key: option?.key ?? label };
}

function convertSelect(_world: World, component: Component, value: string): Converted {
  return { read: value, ext: optionOf(component, value) };
}

function convertMultiSelect(_world: World, component: Component, value: string): Converted {
  const labels = parseList(value).map(String);
  const ext = labels.map((label) => ({ ...optionOf(component, label), value: label }));
  return { read: JSON.stringify(labels), ext };
}

function convertContacts(world: World, _component: Component, value: string): Converted {
  const people = parseList(value).map((entry) => {
    const emplId = String(entry);
    return { emplId, name: world.users.get(emplId)?.name ?? emplId, avatar: '' };
  });
  return { read: people.map((person) => person.name).join(','), ext: people };
}

function convertDepartments(world: World, _component: Component, value: string): Converted {
  const departments = value.split(',').map((id) => {
    const name = world.departments.get(Number(id))?.name ?? id;
    return { id, name };
  });
  return { read: departments.map((department) => department.name).join(','), ext: departments };
}

const LIST_TYPES = new Set(['DDPhotoField', 'DDAttachment', 'DDMultiSelectField']);

// Rows were checked when they were written; people and options may have gone since.
function convertTable(world: World, component: Component, value: string): Converted {
  const rows = parseList(value).map((row, index) => ({
    rowValue: (Array.isArray(row) ? row : []).flatMap((cell: unknown) =>
      isFields(cell) ? viewCell(world, component, String(cell['name']), cell['value']) : [],
    ),
    rowNumber: `${component.id}_${(index + 1).toString(36).toUpperCase().padStart(12, '0')}`,
  }));
  return { read: JSON.stringify(rows), ext: { statValue: [], componentName: 'TableField' } };
}

function viewCell(
  world: World,
  table: Component,
  label: string,
  value: unknown,
): Record<string, unknown>[] {
  const column = table.children.find((candidate) => candidate.label === label);
  if (!column || typeof value !== 'string' || value === '') return [];
  const { read, ext } = convert(world, column, value);
  const isList = world.workflow.settings.rowLists && LIST_TYPES.has(column.componentType);
  return [
    {
      label,
      value: isList ? parseList(read) : read,
      key: column.id,
      ...(ext === undefined ? {} : { extendValue: ext }),
      componentType: column.componentType,
    },
  ];
}
