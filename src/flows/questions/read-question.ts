import type { Language } from '#core/languages.ts';
import { foldWords } from './fold-words.ts';
import {
  POLITE_AFTER,
  POLITE_BEFORE,
  type QuestionKind,
  questionTemplates,
} from './question-words.ts';

/** What somebody asks the robot. */
export interface Question {
  readonly kind: QuestionKind;
  /** What it is about, folded: a bank, an account, a customer, an amount, a payment. */
  readonly about: string;
  /** How many movements. */
  readonly count?: number;
  /** The language of its words; absent where they belong to several. */
  readonly language?: Language;
}

/** What a message may have meant when it is no question that can be answered. */
export interface Unclear {
  readonly kind: 'unclear';
  /** Kinds of which a word stands in it, perhaps mistyped: asked back, never acted on. */
  readonly maybe: readonly QuestionKind[];
}

interface Compiled {
  readonly kind: QuestionKind;
  readonly language: Language;
  readonly pattern: RegExp;
  /** Letters that are no placeholder: the template that says most wins. */
  readonly words: readonly string[];
}

const COUNT_MAX = 20;
const LENGTH_MAX = 200;
/** In shorter words a slip makes another word: `thank` and `thanh`. */
const SLIP_LENGTH_MIN = 6;

/** Scripts that put spaces between words; Chinese and Thai do not. */
const WORDY_LETTER = '[\\p{Script=Latin}\\p{Script=Arabic}\\p{N}]';
const WORDY = new RegExp(WORDY_LETTER, 'u');
const NOT_INSIDE_A_WORD = `(?!(?<=${WORDY_LETTER})(?=${WORDY_LETTER}))`;

const compiled: readonly Compiled[] = questionTemplates.map(({ kind, language, text }) => ({
  kind,
  language,
  pattern: compile(text),
  words: foldWords(text).match(/[\p{L}\p{M}]{2,}/gu) ?? [],
}));

/**
 * Reads a question by the words of its language. The whole message must fit one of the known forms;
 * capitals, accents, width, punctuation, politeness and digits of any script do not matter. Nothing
 * is guessed: a mistyped word gives `unclear` with what may have been meant.
 */
export function readQuestion(text: string): Question | Unclear {
  const whole = trimmed(foldWords(text.slice(0, LENGTH_MAX)));
  const asked = withoutPoliteness(whole);
  if (asked === '') return { kind: 'help', about: '' };
  // As it stands as well: what is politeness in one sentence is the question in another.
  const fits = [...new Set([asked, whole])].flatMap(fitsOf);
  // What is left over for `{x}` is least where the words say most.
  const [best] = fits.toSorted((left, right) => left.about.length - right.about.length);
  if (!best) return { kind: 'unclear', maybe: maybeOf(asked) };
  const { template, about, count } = best;
  const languages = new Set(
    fits.filter((fit) => fit.about === about).map((fit) => fit.template.language),
  );
  return {
    kind: template.kind,
    about,
    ...(count === undefined ? {} : { count: Math.min(Math.max(Number(count), 1), COUNT_MAX) }),
    ...(languages.size === 1 ? { language: template.language } : {}),
  };
}

interface Fit {
  readonly template: Compiled;
  readonly about: string;
  readonly count: string | undefined;
}

function fitsOf(asked: string): Fit[] {
  return compiled.flatMap((template) => {
    const found = template.pattern.exec(asked);
    if (!found) return [];
    return [{ template, about: trimmed(found.groups?.['x'] ?? ''), count: found.groups?.['n'] }];
  });
}

function withoutPoliteness(text: string): string {
  let rest = trimmed(text);
  for (let before = ''; before !== rest; ) {
    before = rest;
    const head = POLITE_BEFORE.find((word) => beginsWith(rest, word) && rest.length > word.length);
    if (head !== undefined) rest = trimmed(rest.slice(head.length));
    const tail = POLITE_AFTER.find((word) => endsWith(rest, word) && rest.length > word.length);
    if (tail !== undefined) rest = trimmed(rest.slice(0, -tail.length));
  }
  return rest;
}

function trimmed(text: string): string {
  return text
    .replace(/^[\s:：,，、;；!！。.]+/u, '')
    .replace(/[\s:：,，、;؛；!！。.?？؟]+$/u, '')
    .trim();
}

function beginsWith(text: string, word: string): boolean {
  return text.startsWith(word) && !(WORDY.test(word) && WORDY.test(text.charAt(word.length)));
}

function endsWith(text: string, word: string): boolean {
  const before = text.slice(0, -word.length);
  return text.endsWith(word) && !(WORDY.test(word) && WORDY.test(before.slice(-1)));
}

/** `[show] {x} balance` as a pattern of the whole message. */
function compile(template: string): RegExp {
  const body = foldWords(template)
    // The longest first: of `look` and `look up` the second is meant where it stands.
    .replace(/(?<=[[(])[^[\](){}]*\|[^[\](){}]*(?=[\])])/g, longestFirst)
    .replace(/\[/g, '(?:')
    .replace(/\]/g, ')?')
    .replace(/\((?!\?)/g, '(?:')
    .replace(/ +/g, `\\s*${NOT_INSIDE_A_WORD}`)
    .replace(/\{n\}/g, '\\s*(?<n>\\d{1,3})\\s*')
    .replace(/\{x\}/g, '\\s*(?<x>.+?)\\s*');
  return new RegExp(`^${body}$`, 'u');
}

function longestFirst(choices: string): string {
  const words = choices.split('|');
  return words.toSorted((left, right) => right.length - left.length).join('|');
}

/** Kinds of which a longer word stands in the text with at most one slip. */
function maybeOf(text: string): QuestionKind[] {
  const typed = text.split(/[^\p{L}\p{M}]+/u).filter((word) => word.length >= 4);
  const found = compiled
    .filter(
      ({ kind, words }) =>
        kind !== 'help' &&
        words.some((word) => word.length >= 5 && typed.some((one) => isNear(one, word))),
    )
    .map(({ kind }) => kind);
  return [...new Set(found)];
}

/** At most one letter added, missing, wrong, or two neighbours changed over. */
function isNear(left: string, right: string): boolean {
  if (left === right) return true;
  if (right.length < SLIP_LENGTH_MIN) return false;
  if (Math.abs(left.length - right.length) > 1) return false;
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  let end = 0;
  const room = Math.min(left.length, right.length) - start;
  while (end < room && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const [ofLeft, ofRight] = [left.length - start - end, right.length - start - end];
  if (ofLeft <= 1 && ofRight <= 1) return true;
  return (
    ofLeft === 2 &&
    ofRight === 2 &&
    left[start] === right[start + 1] &&
    left[start + 1] === right[start]
  );
}
