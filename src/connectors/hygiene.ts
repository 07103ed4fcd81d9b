import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { ConfigField } from './contract.ts';

/** What can be wrong with a value that somebody copied from a portal, a mail or a scan. */
export const hygieneKinds = [
  'missing',
  'leadingWhitespace',
  'trailingWhitespace',
  'innerWhitespace',
  'invisibleCharacter',
  'quoted',
  'homoglyph',
  'lookalike',
  'patternMismatch',
  'choiceUnknown',
  'pemDamaged',
  'pemWrongKind',
  'pemTooWeak',
] as const;

export type HygieneKind = (typeof hygieneKinds)[number];

/** One finding. Only `repaired` holds the value itself: show or store it, never log it. */
export interface HygieneFinding {
  readonly field: string;
  readonly kind: HygieneKind;
  /** First place, counted in characters from 1. */
  readonly position?: number;
  /** Name of the character, such as `LINE FEED (U+000A)`. */
  readonly character?: string;
  /** What should probably stand there. */
  readonly suggested?: string;
  /** For PEM: what about it is wrong. */
  readonly what?: string;
  /** The whole value without this and all other safe-to-repair faults. */
  readonly repaired?: string;
}

const CHARACTER_NAMES: Readonly<Record<string, string>> = {
  '\t': 'TAB',
  '\n': 'LINE FEED',
  '\v': 'VERTICAL TAB',
  '\r': 'CARRIAGE RETURN',
  ' ': 'SPACE',
  '\u00a0': 'NO-BREAK SPACE',
  '\u00ad': 'SOFT HYPHEN',
  '\u200b': 'ZERO WIDTH SPACE',
  '\u200c': 'ZERO WIDTH NON-JOINER',
  '\u200d': 'ZERO WIDTH JOINER',
  '\u200e': 'LEFT-TO-RIGHT MARK',
  '\u200f': 'RIGHT-TO-LEFT MARK',
  '\u202f': 'NARROW NO-BREAK SPACE',
  '\u2028': 'LINE SEPARATOR',
  '\u2060': 'WORD JOINER',
  '\u3000': 'IDEOGRAPHIC SPACE',
  '\ufeff': 'BYTE ORDER MARK',
};

/** Letters of other alphabets and typographic signs that look like ASCII, with what they imitate. */
const HOMOGLYPHS: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  Х: 'X',
  Ο: 'O',
  Α: 'A',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
};

/** Pairs that a reader of a printed key confuses. */
const LOOKALIKES: Readonly<Record<string, readonly string[]>> = {
  '0': ['O', 'o'],
  O: ['0'],
  o: ['0'],
  '1': ['l', 'I'],
  l: ['1', 'I'],
  I: ['1', 'l'],
  '5': ['S'],
  S: ['5'],
  '8': ['B'],
  B: ['8'],
  '2': ['Z'],
  Z: ['2'],
};

const WHITESPACE = /[\s\u0085]/u;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const QUOTES = /^(["'`])([\s\S]*)\1$/;

/** Name of a character, with its code point. */
export function nameCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = CHARACTER_NAMES[character];
  return name === undefined ? `U+${code}` : `${name} (U+${code})`;
}

/**
 * Looks at one value before it is stored or after a bank refused it. Pure, and safe to call with
 * anything. The bank never tells why a signature fails; a trailing line feed is the usual reason.
 */
export function checkHygiene(field: ConfigField, value: string | undefined): HygieneFinding[] {
  if (value === undefined || value === '') {
    return field.isRequired ? [{ field: field.name, kind: 'missing' }] : [];
  }
  if (field.kind === 'pemPrivateKey' || field.kind === 'pemPublicKey') {
    return checkPem(field, value);
  }
  if (field.kind === 'choice') {
    const isKnown = field.choices?.includes(value) ?? true;
    return isKnown ? [] : [{ field: field.name, kind: 'choiceUnknown' }];
  }
  return checkText(field, value);
}

/** All fields of a connector at once. */
export function checkConfigHygiene(
  fields: readonly ConfigField[],
  values: Readonly<Record<string, string | undefined>>,
): HygieneFinding[] {
  return fields.flatMap((field) => checkHygiene(field, values[field.name]));
}

function checkText(field: ConfigField, value: string): HygieneFinding[] {
  const repaired = repairText(value);
  const found = [...findCharacters(field.name, value)];
  if (QUOTES.test(value.trim())) {
    found.push({ field: field.name, kind: 'quoted', position: 1, character: 'QUOTATION MARK' });
  }
  const findings = found.map((finding) => ({ ...finding, repaired }));
  return [...findings, ...checkPattern(field, repaired)];
}

function* findCharacters(field: string, value: string): Generator<HygieneFinding> {
  const characters = [...value];
  const first = characters.findIndex((character) => !isBlank(character));
  const last = characters.findLastIndex((character) => !isBlank(character));
  const seen = new Set<HygieneKind>();
  for (const [index, character] of characters.entries()) {
    const kind = classify(character, index, first, last);
    // One finding of a kind is enough: the repair takes all of them away.
    if (kind === undefined || seen.has(kind)) continue;
    seen.add(kind);
    const suggested = HOMOGLYPHS[character];
    yield {
      field,
      kind,
      position: index + 1,
      character: nameCharacter(character),
      ...(suggested === undefined ? {} : { suggested }),
    };
  }
}

function isBlank(character: string): boolean {
  return WHITESPACE.test(character) || INVISIBLE.test(character);
}

function classify(
  character: string,
  index: number,
  first: number,
  last: number,
): HygieneKind | undefined {
  // U+FEFF counts as white space for JavaScript, yet nobody sees it: it belongs to the invisible.
  if (character !== '\ufeff' && WHITESPACE.test(character)) {
    if (first === -1 || index > last) return 'trailingWhitespace';
    return index < first ? 'leadingWhitespace' : 'innerWhitespace';
  }
  if (INVISIBLE.test(character)) return 'invisibleCharacter';
  return Object.hasOwn(HOMOGLYPHS, character) ? 'homoglyph' : undefined;
}

function repairText(value: string): string {
  const visible = [...value]
    .filter((character) => character === ' ' || !isBlank(character))
    .map((character) => HOMOGLYPHS[character] ?? character)
    .join('')
    .trim();
  return QUOTES.exec(visible)?.[2]?.trim() ?? visible;
}

function checkPattern(field: ConfigField, value: string): HygieneFinding[] {
  const pattern = field.pattern ?? (field.kind === 'digits' ? /^\d+$/ : undefined);
  if (pattern === undefined || matches(pattern, value)) return [];
  const swap = findLookalike(pattern, value);
  if (swap === undefined) return [{ field: field.name, kind: 'patternMismatch' }];
  return [{ field: field.name, kind: 'lookalike', ...swap }];
}

/** A pattern with the `g` flag keeps a position; a fresh one never does. */
function matches(pattern: RegExp, value: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(value);
}

type Swap = Pick<HygieneFinding, 'position' | 'character' | 'suggested' | 'repaired'>;

/** Tries each confusable character alone, then all of them: the pattern tells which one fits. */
function findLookalike(pattern: RegExp, value: string): Swap | undefined {
  const characters = [...value];
  const swaps: Swap[] = [];
  for (const [index, character] of characters.entries()) {
    for (const suggested of LOOKALIKES[character] ?? []) {
      const repaired = characters.with(index, suggested).join('');
      if (matches(pattern, repaired)) {
        swaps.push({ position: index + 1, character, suggested, repaired });
      }
    }
  }
  // Two answers are a guess; a guess must not be offered as a repair.
  const [first] = swaps;
  if (first === undefined) return findManyLookalikes(pattern, characters);
  if (swaps.length === 1) return first;
  const { repaired: _guess, ...place } = first;
  return place;
}

function findManyLookalikes(pattern: RegExp, characters: readonly string[]): Swap | undefined {
  const digits = characters.map((character) =>
    /\d/.test(character)
      ? character
      : (LOOKALIKES[character]?.find((one) => /\d/.test(one)) ?? character),
  );
  const repaired = digits.join('');
  const index = digits.findIndex((digit, place) => digit !== characters[place]);
  const character = characters[index];
  const suggested = digits[index];
  if (character === undefined || suggested === undefined) return undefined;
  return matches(pattern, repaired)
    ? { position: index + 1, character, suggested, repaired }
    : undefined;
}

const ARMOUR = /-----\s*(BEGIN|END)\s+([A-Z0-9 ]+?)\s*-----/g;

function checkPem(field: ConfigField, value: string): HygieneFinding[] {
  const isPrivate = field.kind === 'pemPrivateKey';
  const damages = damagesOf(value);
  const repaired = repairPem(value, isPrivate);
  const wrong = wrongKind(repaired, isPrivate);
  if (wrong !== undefined) return [{ field: field.name, kind: 'pemWrongKind', what: wrong }];
  const bits = modulusBits(repaired, isPrivate);
  if (bits === undefined) {
    const what = damages[0] ?? 'unreadable';
    return [{ field: field.name, kind: 'pemDamaged', what }];
  }
  const findings: HygieneFinding[] = damages.map((what) => ({
    field: field.name,
    kind: 'pemDamaged',
    what,
    repaired,
  }));
  if (bits < 2048) {
    findings.push({ field: field.name, kind: 'pemTooWeak', what: `rsa${bits}` });
  }
  return findings;
}

/** What about the armour is not as it should be, in the order in which a person should fix it. */
function damagesOf(value: string): string[] {
  const damages: string[] = [];
  if (/\\r|\\n/.test(value)) damages.push('escapedNewlines');
  if (/[–—−]/.test(value)) damages.push('typographicDashes');
  if (/[\ufeff\u200b-\u200f\u2060\u00ad]/.test(value)) damages.push('invisibleCharacters');
  if (/\u00a0/.test(value)) damages.push('noBreakSpaces');
  if (QUOTES.test(value.trim())) damages.push('quoted');
  const armour = [...tidyText(value).matchAll(ARMOUR)];
  if (!armour.some((line) => line[1] === 'BEGIN')) damages.push('beginLineMissing');
  if (!armour.some((line) => line[1] === 'END')) damages.push('endLineMissing');
  if (armour.length >= 2 && armour[0]?.[2] !== armour[1]?.[2]) damages.push('labelsDiffer');
  if (armour.length >= 2 && !/-----\s*[\r\n]/.test(tidyText(value))) damages.push('onOneLine');
  if (/\n[ \t]+\S/.test(value)) damages.push('indented');
  return damages;
}

function tidyText(value: string): string {
  const text = value
    .replace(/\\r/g, '')
    .replace(/\\n/g, '\n')
    .replace(/[–—−]/g, '-')
    .replace(/[\ufeff\u200b-\u200f\u2060\u00ad]/g, '')
    .replace(/\u00a0/g, ' ')
    .trim();
  return QUOTES.exec(text)?.[2] ?? text;
}

/** Writes the PEM anew: armour on lines of its own, 64 characters each. */
function repairPem(value: string, isPrivate: boolean): string {
  const text = tidyText(value);
  const label = ARMOUR_LABEL.exec(text)?.[1] ?? (isPrivate ? 'PRIVATE KEY' : 'PUBLIC KEY');
  const content = text.replace(ARMOUR, '').replace(/\s+/g, '');
  const lines = content.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const ARMOUR_LABEL = /-----\s*BEGIN\s+([A-Z0-9 ]+?)\s*-----/;

function wrongKind(pem: string, isPrivate: boolean): string | undefined {
  const label = ARMOUR_LABEL.exec(pem)?.[1] ?? '';
  if (label.includes('ENCRYPTED')) return 'encryptedPrivateKey';
  if (label.includes('OPENSSH')) return 'opensshKey';
  if (label.includes('REQUEST')) return 'certificateRequest';
  if (isPrivate && label.includes('CERTIFICATE')) return 'certificate';
  if (isPrivate && label.includes('PUBLIC')) return 'publicKey';
  if (!isPrivate && label.includes('PRIVATE')) return 'privateKey';
  if (label.startsWith('EC ') || label.startsWith('DSA ')) return 'notRsa';
  return undefined;
}

/** Size of the RSA key; `undefined` when it cannot be read. */
function modulusBits(pem: string, isPrivate: boolean): number | undefined {
  try {
    const key = isPrivate ? createPrivateKey(pem) : createPublicKey(pem);
    return key.asymmetricKeyDetails?.modulusLength;
  } catch {
    return undefined;
  }
}

/**
 * Whether two PEM texts hold the same key pair. Customers upload their own public key where the
 * bank's belongs, because both are called "public key" in the portal.
 */
export function isSameKeyPair(privatePem: string, publicPem: string): boolean {
  try {
    const own = createPublicKey(createPrivateKey(privatePem)).export({
      type: 'spki',
      format: 'der',
    });
    return own.equals(createPublicKey(publicPem).export({ type: 'spki', format: 'der' }));
  } catch {
    return false;
  }
}
