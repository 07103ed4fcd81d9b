/** Controls of an approval form (dingtalk.md section 4.1, `oa-formcomponent-message`). */
import { createHash } from 'node:crypto';
import type { SchemaItemWire } from './workflow-wire.ts';
import { readWith } from './wire.ts';
import { FormSchemaWire, OptionWire } from './workflow-wire.ts';

/** A control as a form is made of. */
export interface FormComponent {
  readonly componentType: string;
  readonly props: {
    readonly componentId: string;
    readonly bizAlias: string;
    readonly label: string;
    readonly required?: boolean;
    readonly placeholder?: string;
    readonly upper?: string;
    readonly unit?: string;
    readonly options?: readonly { readonly key: string; readonly value: string }[];
  };
}

/** A control as a form has it. */
export interface FormControl {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly bizAlias?: string;
  readonly isRequired: boolean;
  /** Texts of a select's choices. */
  readonly options: readonly string[];
  /** Columns of a table. */
  readonly children: readonly FormControl[];
}

export interface FormSchema {
  readonly title: string;
  readonly controls: readonly FormControl[];
}

/** Reads a schema; undefined when it is none. Controls without an id only show something. */
export function readSchemaBody(body: unknown): FormSchema | undefined {
  const read = readWith(FormSchemaWire, body)?.result;
  if (!read) return undefined;
  const controls = read.schemaContent.items.flatMap(({ children, ...item }) => {
    const control = toControl(item);
    return control
      ? [{ ...control, children: children.flatMap((child) => toControl(child) ?? []) }]
      : [];
  });
  return { title: read.schemaContent.title ?? read.name ?? '', controls };
}

function toControl({
  componentName,
  componentType,
  props,
}: SchemaItemWire): FormControl | undefined {
  const id = props?.id ?? props?.componentId;
  if (!props || id === undefined) return undefined;
  return {
    id,
    type: componentName ?? componentType ?? '',
    label: props.label ?? '',
    ...(props.bizAlias ? { bizAlias: props.bizAlias } : {}),
    isRequired: props.required,
    options: toOptions(props.options),
    children: [],
  };
}

/** Choices are objects, the same as JSON text, or plain text; a list, or JSON text of one. */
function toOptions(raw: unknown): readonly string[] {
  const list = typeof raw === 'string' ? tryJson(raw) : raw;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const value = typeof item === 'string' ? (tryJson(item) ?? item) : item;
    if (typeof value === 'string') return [value];
    const option = readWith(OptionWire, value);
    return option ? [option.value] : typeof item === 'string' ? [item] : [];
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * SHA-256 over everything of a form that a mapping relies on: which controls there are, their kinds,
 * labels, whether they must be filled in, and their choices. Their order does not matter.
 */
export function digestOfSchema({ controls }: FormSchema): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(controls)))
    .digest('hex');
}

function canonical(controls: readonly FormControl[]): unknown {
  return controls
    .map(({ id, type, label, bizAlias = '', isRequired, options, children }) => [
      id,
      type,
      label,
      bizAlias,
      isRequired,
      options,
      canonical(children),
    ])
    .toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1));
}
