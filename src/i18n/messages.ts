import { IntlMessageFormat } from 'intl-messageformat';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import ar from './ar.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import id from './id.json' with { type: 'json' };
import ms from './ms.json' with { type: 'json' };
import th from './th.json' with { type: 'json' };
import vi from './vi.json' with { type: 'json' };
import zhCN from './zh-CN.json' with { type: 'json' };
import zhHK from './zh-HK.json' with { type: 'json' };

type Leaves<Tree> = {
  [Key in keyof Tree & string]: Tree[Key] extends string ? Key : `${Key}.${Leaves<Tree[Key]>}`;
}[keyof Tree & string];

/** Every sentence, as a path into the English catalogue, such as `entry.credit.booked`. */
export type MessageKey = Leaves<typeof en>;
export type MessageArguments = Readonly<Record<string, string | number>>;

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

export const catalogues: Readonly<Record<Language, Catalogue>> = {
  en,
  id,
  'zh-CN': zhCN,
  'zh-HK': zhHK,
  ms,
  th,
  vi,
  ar,
};

/**
 * Locale tags with Western digits. Some Arabic regions print Arabic digits, which readers of bank
 * references and tests of ours do not expect (ask 87).
 */
export const locales: Readonly<Record<Language, string>> = {
  en: 'en-GB',
  id: 'id',
  'zh-CN': 'zh-CN',
  'zh-HK': 'zh-HK',
  ms: 'ms',
  th: 'th-u-nu-latn-ca-gregory',
  vi: 'vi',
  ar: 'ar-u-nu-latn-ca-gregory',
};

interface Sentence {
  readonly format: IntlMessageFormat | undefined;
  readonly text: string;
  readonly argumentNames: readonly string[];
  /** Arguments that choose among words and are not shown themselves. */
  readonly choices: ReadonlySet<string>;
}

const sentences = new Map<Language, Map<string, Sentence>>();

/** Makes a catalogue flat: `{ 'entry.credit.booked': 'Money in' }`. */
export function flatten(catalogue: Catalogue, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') flat.set(prefix + name, value);
    else for (const [key, text] of flatten(value, `${prefix}${name}.`)) flat.set(key, text);
  }
  return flat;
}

/** Names of the arguments of a sentence, plural and select branches included. */
export function argumentNames(text: string, language: Language = 'en'): readonly string[] {
  return [...argumentsOf(text, language).names].toSorted();
}

/** Of the AST: literal, select, # and tag. */
const LITERAL = 0;
const SELECT = 5;
const POUND = 7;
const TAG = 8;

function argumentsOf(text: string, language: Language) {
  const names = new Set<string>();
  const choices = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const child of node) visit(child);
    else if (typeof node === 'object' && node !== null) {
      if ('type' in node && 'value' in node && typeof node.value === 'string') {
        const { type, value } = node;
        if (type !== LITERAL && type !== POUND && type !== TAG) names.add(value);
        if (type === SELECT) choices.add(value);
      }
      if ('options' in node && typeof node.options === 'object' && node.options !== null) {
        for (const option of Object.values(node.options)) visit(option);
      }
      if ('children' in node) visit(node.children);
      if (!('type' in node) && 'value' in node) visit(node.value);
    }
  };
  visit(new IntlMessageFormat(text, locales[language]).getAst());
  return { names, choices };
}

const noArguments = { names: new Set<string>(), choices: new Set<string>() };

function sentence(language: Language, key: string): Sentence | undefined {
  let known = sentences.get(language);
  if (!known) {
    known = new Map();
    sentences.set(language, known);
  }
  const cached = known.get(key);
  if (cached) return cached;
  const text = lookUp(catalogues[language], key);
  if (text === undefined) return undefined;
  const hasSyntax = /[{}'<]/.test(text);
  const { names, choices } = hasSyntax ? argumentsOf(text, language) : noArguments;
  const format = hasSyntax ? new IntlMessageFormat(text, locales[language]) : undefined;
  const made = { format, text, argumentNames: [...names], choices };
  known.set(key, made);
  return made;
}

function lookUp(catalogue: Catalogue, key: string): string | undefined {
  let node: string | Catalogue | undefined = catalogue;
  for (const part of key.split('.')) {
    if (typeof node !== 'object' || !Object.hasOwn(node, part)) return undefined;
    node = node[part];
  }
  return typeof node === 'string' ? node : undefined;
}

/**
 * Writes a sentence in a language. A missing argument throws: it is a mistake of ours that tests
 * must find, because a notice with a hole in it is worse than a failing test.
 */
export function translate(
  language: Language,
  key: MessageKey,
  values: MessageArguments = {},
): string {
  const found = sentence(language, key);
  if (!found) throw new Error(`no text for ${key} in ${language}`);
  return found.format ? String(found.format.format(values)) : found.text;
}

/** Whether a text exists, for keys that come from elsewhere such as a diagnosis. */
export function isMessageKey(key: string): key is MessageKey {
  return lookUp(en, key) !== undefined;
}

/**
 * Writes a sentence whose arguments somebody else supplies (error details, diagnosis details).
 * What is missing reads as a dash: explaining an error must never fail.
 */
export function explain(language: Language, key: MessageKey, details: ErrorDetails = {}): string {
  const found = sentence(language, key);
  if (!found) throw new Error(`no text for ${key} in ${language}`);
  const values: Record<string, string | number> = {};
  for (const name of found.argumentNames) {
    const value = details[name] ?? '–';
    if (typeof value === 'number') values[name] = value;
    else values[name] = found.choices.has(name) ? String(value) : isolate(language, String(value));
  }
  return translate(language, key, values);
}

/** Host names and fields in an Arabic sentence would drag its punctuation along (ask 87). */
function isolate(language: Language, value: string): string {
  const isIsolated = /^[\u2066-\u2068].*\u2069$/s.test(value);
  return language === 'ar' && !isIsolated ? `\u2068${value}\u2069` : value;
}

/** What happened and what to do, for any error code. */
export function errorSentence(
  language: Language,
  code: ErrorCode,
  details: ErrorDetails = {},
): string {
  return explain(language, `error.${code}`, details);
}

/** Cause and fix of a diagnosis (connectors/contract.ts), or `undefined` for an unknown key. */
export function diagnosisTexts(
  language: Language,
  key: string,
  details: ErrorDetails = {},
): { readonly cause: string; readonly fix: string } | undefined {
  const cause = `diagnosis.${key}.cause`;
  const fix = `diagnosis.${key}.fix`;
  if (!isMessageKey(cause) || !isMessageKey(fix)) return undefined;
  return { cause: explain(language, cause, details), fix: explain(language, fix, details) };
}
