import { isFields } from '../content.ts';
import { ids } from './store.ts';
import type { Component, Workflow } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Controls that an app may put into a form (`oa-formcomponent-message`). */
const APP_TYPES = new Set([
  'TextField',
  'TextareaField',
  'NumberField',
  'MoneyField',
  'DDSelectField',
  'DDMultiSelectField',
  'DDDateField',
  'DDDateRangeField',
  'TextNote',
  'PhoneField',
  'DDPhotoField',
  'DDAttachment',
  'TableField',
  'InnerContactField',
  'DepartmentField',
  'RelateField',
  'AddressField',
  'StarRatingField',
  'TimeAndLocationField',
]);

/** Made by hand in the console only, and not to be filled by an app (dingtalk.md 4.3). */
const CONSOLE_TYPES = new Set(['RecipientAccountField']);

const COMPONENTS_MAX = 200;
const ID_CHARACTERS_MAX = 64;
const LABEL_CHARACTERS_MAX = 20;
const PLACEHOLDER_CHARACTERS_MAX = 128;
const NOTE_CHARACTERS_MAX = 500;

/** A form that cannot be; the reason goes into `formschema.error`. */
class SchemaRefused extends Error {}

function refuse(reason: string): never {
  throw new SchemaRefused(reason);
}

interface Reading {
  readonly workflow: Workflow;
  readonly by: 'app' | 'person';
  readonly taken: Set<string>;
  count: number;
}

/** Reads a form's controls with all limits of dingtalk.md 4.1; the reason when they are refused. */
export function readComponents(
  workflow: Workflow,
  value: unknown,
  by: 'app' | 'person',
): readonly Component[] | string {
  const reading: Reading = { workflow, by, taken: new Set(), count: 0 };
  try {
    if (!Array.isArray(value) || value.length === 0) return 'formComponents 不能为空';
    return value.map((entry) => readComponent(reading, entry, false));
  } catch (error) {
    if (error instanceof SchemaRefused) return error.message;
    throw error;
  }
}

function readComponent(reading: Reading, value: unknown, isColumn: boolean): Component {
  reading.count += 1;
  if (reading.count > COMPONENTS_MAX) refuse(`控件数量超过 ${COMPONENTS_MAX}`);
  if (!isFields(value)) refuse('formComponents 不合法');
  const componentType = value['componentType'];
  const props = value['props'];
  if (typeof componentType !== 'string' || !isKnown(reading, componentType)) {
    refuse(`不支持的控件类型: ${String(componentType)}`);
  }
  if (!isFields(props)) refuse(`控件 ${componentType} 缺少 props`);
  if (isColumn && componentType === 'TableField') refuse('明细控件不能嵌套');
  const label = readLabel(props, componentType);
  const bizAlias = readText(props, 'bizAlias', ID_CHARACTERS_MAX) || undefined;
  const given = readText(props, 'componentId', ID_CHARACTERS_MAX);
  const id = given || ids.component(reading.workflow, componentType);
  claim(reading, `id:${id}`, 'componentId 重复');
  if (bizAlias) claim(reading, `alias:${bizAlias}`, 'bizAlias 重复');
  readText(props, 'placeholder', PLACEHOLDER_CHARACTERS_MAX);
  const required = props['required'];
  if (required !== undefined && typeof required !== 'boolean') refuse('required 不合法');
  return {
    id,
    bizAlias,
    label,
    componentType,
    required: required === true,
    options: readOptions(props, componentType),
    props,
    children: readChildren(reading, value, componentType),
  };
}

function isKnown(reading: Reading, componentType: string): boolean {
  if (APP_TYPES.has(componentType)) return true;
  return reading.by === 'person' && CONSOLE_TYPES.has(componentType);
}

function claim(reading: Reading, key: string, reason: string): void {
  if (reading.taken.has(key)) refuse(`${reason}: ${key.slice(key.indexOf(':') + 1)}`);
  reading.taken.add(key);
}

function readText(props: Fields, name: string, charactersMax: number): string {
  const text = props[name] ?? '';
  if (typeof text !== 'string') return refuse(`${name} 不合法`);
  if ([...text].length > charactersMax) refuse(`${name} 长度超过 ${charactersMax}`);
  return text;
}

function readLabel(props: Fields, componentType: string): string {
  if (componentType === 'TextNote') return readText(props, 'content', NOTE_CHARACTERS_MAX);
  const label = readText(props, 'label', LABEL_CHARACTERS_MAX);
  if (label === '') refuse('label 不能为空');
  return label;
}

function readOptions(props: Fields, componentType: string): Component['options'] {
  if (componentType !== 'DDSelectField' && componentType !== 'DDMultiSelectField') return [];
  const options = props['options'];
  if (!Array.isArray(options) || options.length === 0) return refuse('options 不能为空');
  const values = new Set<string>();
  return options.map((option: unknown, index) => {
    const value = isFields(option) ? option['value'] : undefined;
    const key = isFields(option) ? (option['key'] ?? `option_${index}`) : undefined;
    if (typeof value !== 'string' || value === '' || typeof key !== 'string') {
      return refuse('options 不合法');
    }
    if (values.has(value)) refuse(`options 重复: ${value}`);
    values.add(value);
    return { key, value };
  });
}

function readChildren(reading: Reading, value: Fields, componentType: string): Component[] {
  const children = value['children'];
  if (componentType !== 'TableField') {
    if (Array.isArray(children) && children.length > 0) refuse('只有明细控件支持 children');
    return [];
  }
  if (!Array.isArray(children) || children.length === 0) return refuse('明细控件缺少 children');
  return children.map((child) => readComponent(reading, child, true));
}

/** A form as `GET …/forms/schemas/processCodes` shows it (`obtain-the-form-schema`). */
export function viewSchemaItems(components: readonly Component[]): unknown[] {
  return components.map((component) => ({
    componentName: component.componentType,
    props: viewProps(component),
    ...(component.children.length > 0 ? { children: viewSchemaItems(component.children) } : {}),
  }));
}

const SHOWN_PROPS = ['placeholder', 'unit', 'format', 'duration', 'link', 'tableViewMode'] as const;

function viewProps(component: Component): Record<string, unknown> {
  const { props, options } = component;
  const shown = SHOWN_PROPS.filter((name) => props[name] !== undefined);
  const isNote = component.componentType === 'TextNote';
  return {
    id: component.id,
    label: isNote ? '' : component.label,
    ...(isNote ? { content: component.label } : {}),
    ...(component.bizAlias ? { bizAlias: component.bizAlias } : {}),
    required: component.required,
    ...Object.fromEntries(shown.map((name) => [name, props[name]])),
    ...(options.length > 0
      ? {
          options: options.map((option) => option.value),
          objOptions: options.map((option) => ({ key: option.key, value: option.value })),
        }
      : {}),
    ...(component.componentType === 'MoneyField'
      ? { notUpper: props['upper'] === '0' ? '1' : '0' }
      : {}),
    ...(Array.isArray(props['statField']) ? { statField: viewStatField(props['statField']) } : {}),
  };
}

function viewStatField(fields: readonly unknown[]): unknown[] {
  return fields
    .filter(isFields)
    .map((field) => ({ id: field['componentId'], label: field['label'] }));
}
