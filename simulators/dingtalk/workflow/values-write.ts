import { isFields } from '../content.ts';
import type { World } from '../world.ts';
import type { Component, Form, FormValue } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Why values are refused; `code` is DingTalk's (dingtalk.md 4.4). */
export class ValueRefused extends Error {
  readonly code: 'formConverterError' | 'illegalComponent' | 'invalidParameter';
  constructor(code: ValueRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const VALUES_MAX = 150;
const VALUE_CHARACTERS_MAX = 65_535;
const ROWS_MAX = 500;

function unconvertible(label: string, why: string): never {
  throw new ValueRefused('formConverterError', `表单数据校验失败，失败控件：${label}（${why}）`);
}

function illegal(why: string): never {
  throw new ValueRefused('illegalComponent', `表单组件入参错误：${why}`);
}

/**
 * Reads `formComponentValues` as an app writes them (dingtalk.md 4.3): every value a text, every name exactly
 * the control's label. Throws `ValueRefused`.
 */
export function readFormValues(
  world: World,
  form: Pick<Form, 'components'>,
  value: unknown,
): FormValue[] {
  if (!Array.isArray(value)) {
    throw new ValueRefused('invalidParameter', 'formComponentValues 不能为空');
  }
  if (value.length > VALUES_MAX) {
    throw new ValueRefused('invalidParameter', `formComponentValues 最大列表长度：${VALUES_MAX}`);
  }
  const written = new Map<Component, string>();
  for (const entry of value) {
    const { component, text } = readEntry(form.components, entry);
    if (written.has(component)) unconvertible(component.label, '重复');
    if (text !== '') checkValue(world, component, text);
    written.set(component, text);
  }
  return form.components.map((component) => {
    if (component.componentType === 'TextNote') return { component, value: component.label };
    const text = written.get(component) ?? '';
    if (component.required && text === '') unconvertible(component.label, '必填');
    return { component, value: text };
  });
}

function readEntry(
  components: readonly Component[],
  entry: unknown,
): { component: Component; text: string } {
  if (!isFields(entry)) return illegal('formComponentValues');
  const { name, value } = entry;
  if (typeof name !== 'string' || name === '') return illegal('name 不能为空');
  if (typeof value !== 'string') return illegal(`${name} 的 value 必须为字符串`);
  checkLength(name, value);
  const extValue = entry['extValue'];
  if (extValue !== undefined && typeof extValue !== 'string') {
    return illegal(`${name} 的 extValue 必须为字符串`);
  }
  checkLength(name, extValue ?? '');
  // Rows are taken from `value` only; losing what came in `details` silently would be worse.
  if (entry['details'] !== undefined) return illegal(`${name} 的 details`);
  const component = findComponent(components, entry, name);
  if (component.componentType === 'TextNote') illegal(`${name} 不支持赋值`);
  if (component.componentType === 'RecipientAccountField') illegal(`${name} 不支持通过接口赋值`);
  return { component, text: value };
}

function checkLength(name: string, text: string): void {
  if (text.length > VALUE_CHARACTERS_MAX) illegal(`${name} 超过 ${VALUE_CHARACTERS_MAX} 字符`);
}

function findComponent(components: readonly Component[], entry: Fields, name: string): Component {
  const { id, bizAlias } = entry;
  const component = components.find((candidate) => {
    if (typeof id === 'string' && id !== '') return candidate.id === id;
    if (typeof bizAlias === 'string' && bizAlias !== '') return candidate.bizAlias === bizAlias;
    return candidate.label === name;
  });
  return component && component.label === name ? component : unconvertible(name, '控件不存在');
}

/** Checks one text against its control; an empty one is for the rule of required controls. */
export function checkValue(world: World, component: Component, text: string): void {
  CHECKS[component.componentType]?.(world, component, text);
}

type Check = (world: World, component: Component, text: string) => void;

const NUMBER = /^-?\d+(\.\d+)?$/;
const DAY = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const DATE = new RegExp(`^${DAY}$`);
const DATE_AND_HOUR = new RegExp(`^${DAY} ([01]\\d|2[0-3]):[0-5]\\d$`);

const CHECKS: Readonly<Record<string, Check>> = {
  NumberField: checkNumber,
  MoneyField: checkNumber,
  DDSelectField: (world, component, text) => checkOption(world, component, text),
  DDMultiSelectField: (world, component, text) => {
    for (const option of texts(component, text)) checkOption(world, component, option);
  },
  DDDateField: checkDate,
  DDDateRangeField: checkDateRange,
  PhoneField: (_world, component, text) => {
    if (!/^[+\d][\d -]{4,20}$/.test(text)) unconvertible(component.label, '电话格式错误');
  },
  DDPhotoField: (_world, component, text) => void texts(component, text),
  DDAttachment: checkAttachments,
  InnerContactField: checkContacts,
  DepartmentField: checkDepartments,
  RelateField: checkRelated,
  AddressField: (_world, component, text) => {
    if (text.includes('，')) unconvertible(component.label, '需使用英文逗号分隔');
  },
  StarRatingField: (_world, component, text) => {
    const limit = Number(component.props['limit'] ?? 5);
    if (!/^\d+$/.test(text) || Number(text) > limit) unconvertible(component.label, '评分错误');
  },
  TableField: (world, component, text) => void readRows(world, component, text),
};

function checkNumber(_world: World, component: Component, text: string): void {
  if (!NUMBER.test(text)) unconvertible(component.label, '不是数字');
}

function checkOption(world: World, component: Component, text: string): void {
  if (!world.workflow.settings.strictValues) return;
  const isListed = component.options.some((option) => option.value === text);
  if (!isListed) unconvertible(component.label, `选项不存在 ${text}`);
}

function isHourly(component: Component): boolean {
  return component.props['unit'] === '小时' || component.props['format'] === 'yyyy-MM-dd HH:mm';
}

function checkDate(_world: World, component: Component, text: string): void {
  const pattern = isHourly(component) ? DATE_AND_HOUR : DATE;
  if (!pattern.test(text)) unconvertible(component.label, '日期格式错误');
}

function checkDateRange(world: World, component: Component, text: string): void {
  const [from, to, ...rest] = texts(component, text);
  if (from === undefined || to === undefined || rest.length > 0) {
    unconvertible(component.label, '需要两个日期');
  }
  checkDate(world, component, from);
  checkDate(world, component, to);
}

function checkAttachments(_world: World, component: Component, text: string): void {
  for (const file of list(component, text)) {
    const names = ['spaceId', 'fileName', 'fileSize', 'fileType', 'fileId'];
    const isWhole = isFields(file) && names.every((name) => file[name] !== undefined);
    if (!isWhole) unconvertible(component.label, '附件字段不全');
  }
}

function checkContacts(world: World, component: Component, text: string): void {
  for (const userId of texts(component, text)) {
    const isKnown = world.users.has(userId) || !world.workflow.settings.strictValues;
    if (!isKnown) unconvertible(component.label, `用户不存在 ${userId}`);
  }
}

function checkDepartments(world: World, component: Component, text: string): void {
  for (const id of text.split(',')) {
    const isKnown = world.departments.has(Number(id)) || !world.workflow.settings.strictValues;
    if (!isKnown) unconvertible(component.label, `部门不存在 ${id}`);
  }
}

function checkRelated(world: World, component: Component, text: string): void {
  const { instances, settings } = world.workflow;
  for (const id of texts(component, text)) {
    if (settings.strictValues && !instances.has(id)) {
      unconvertible(component.label, `审批实例不存在 ${id}`);
    }
  }
}

function list(component: Component, text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Falls through to the refusal.
  }
  return unconvertible(component.label, '不是 JSON 数组');
}

function texts(component: Component, text: string): string[] {
  return list(component, text).map((entry) =>
    typeof entry === 'string' ? entry : unconvertible(component.label, '不是字符串数组'),
  );
}

/** One row of a table: its columns in the order of the form, with what was written. */
export type Row = readonly FormValue[];

/** Reads a table's text: a list of rows, each a list of `{name, value}`. */
export function readRows(world: World, component: Component, text: string): Row[] {
  const rows = list(component, text);
  if (rows.length > ROWS_MAX) unconvertible(component.label, `明细超过 ${ROWS_MAX} 行`);
  return rows.map((row) => {
    if (!Array.isArray(row)) return unconvertible(component.label, '明细行不是数组');
    try {
      return readFormValues(world, { components: component.children }, row);
    } catch (error) {
      if (!(error instanceof ValueRefused)) throw error;
      return unconvertible(component.label, error.message);
    }
  });
}
